"""davit login, logout, and where credentials go."""

import base64
import json
import stat

import pytest
from testing.fixtures import USER


def login(davit, registry, password=USER[1], **more):
    return davit("login", "-u", USER[0], "--password-stdin", registry.address, stdin=password, **more)


def config(davit):
    return json.loads((davit.docker_config / "config.json").read_text())


@pytest.fixture(params=["htpasswd", "token"])
def guarded(request):
    return request.getfixturevalue({"htpasswd": "password_registry", "token": "token_registry"}[request.param])


def test_login_is_checked_and_kept_in_dockers_config(davit, guarded):
    result = login(davit, guarded)

    assert "Login Succeeded" in result.lines
    assert f"Your credentials are stored unencrypted in '{davit.docker_config}/config.json'" in result.output
    secret = base64.b64encode(":".join(USER).encode()).decode()
    assert config(davit)["auths"] == {guarded.address: {"auth": secret}}


def test_config_is_the_users_alone(davit, password_registry):
    login(davit, password_registry)
    assert stat.S_IMODE((davit.docker_config / "config.json").stat().st_mode) == 0o600


def test_newline_after_the_password_is_dropped(davit, password_registry):
    login(davit, password_registry, password=USER[1] + "\n")


def test_wrong_password(davit, password_registry):
    failed = login(davit, password_registry, password="wrong-Passw0rd", code=1)

    assert failed.stderr == (f"Error response from daemon: login attempt to http://{password_registry.address}/v2/ failed with status: "
                             "401 Unauthorized\n")
    assert not (davit.docker_config / "config.json").exists()


def test_wrong_password_at_a_token_server(davit, token_registry):
    failed = login(davit, token_registry, password="wrong-Passw0rd", code=1)
    assert "401 Unauthorized" in failed.stderr or "unauthorized" in failed.stderr
    assert not (davit.docker_config / "config.json").exists()


def test_password_is_in_no_message_and_no_log(davit, password_registry):
    reference = password_registry.push_busybox("team/app:1")
    for result in (login(davit, password_registry), davit("--debug", "--log-level", "debug", "pull", reference),
                   login(davit, password_registry, password="wrong-Passw0rd", code=1)):
        for secret in (USER[1], "wrong-Passw0rd", base64.b64encode(":".join(USER).encode()).decode()):
            assert secret not in result.output


def test_other_entries_of_the_config_are_kept(davit, password_registry):
    davit.docker_config.mkdir()
    (davit.docker_config / "config.json").write_text(json.dumps({"auths": {"other.example": {"auth": "eDp5"}}, "HttpHeaders": {"A": "b"}}))

    login(davit, password_registry)

    assert config(davit)["HttpHeaders"] == {"A": "b"}
    assert set(config(davit)["auths"]) == {"other.example", password_registry.address}


def test_logout(davit, password_registry):
    login(davit, password_registry)

    assert davit("logout", password_registry.address).output == f"Removing login credentials for {password_registry.address}\n"

    assert config(davit).get("auths", {}) == {}
    reference = password_registry.push_busybox("team/app:1")
    assert "no basic auth credentials" in davit("pull", reference, code=1).stderr


def test_logout_without_a_login(davit):
    assert davit("logout", "nosuch.example").output == "Removing login credentials for nosuch.example\n"
    assert davit("logout").output == "Removing login credentials for https://index.docker.io/v1/\n"


def test_pull_under_authentication(davit, password_registry):
    reference = password_registry.push_busybox("team/app:1")
    assert davit("pull", reference, code=1).stderr == \
        f'Error response from daemon: Head "http://{password_registry.address}/v2/team/app/manifests/1": no basic auth credentials\n'
    login(davit, password_registry)
    davit("pull", reference)


def test_docker_reads_davits_login_and_davit_dockers(davit, docker, password_registry):
    reference = password_registry.push_busybox("team/app:1")
    login(davit, password_registry)
    docker("--config", davit.docker_config, "pull", reference)

    davit("logout", password_registry.address)
    # An entry keeps docker from choosing a credential helper by itself.
    (davit.docker_config / "config.json").write_text(json.dumps({"auths": {"other.example": {"auth": "eDp5"}}}))
    docker("--config", davit.docker_config, "login", "-u", USER[0], "--password-stdin", password_registry.address, stdin=USER[1].encode())
    davit("pull", reference)


@pytest.mark.parametrize("arguments, words", [
    (["--password-stdin"], "the --password-stdin option requires --username to be set\n"),
    (["-u", "a", "-p", ""], "password is empty\n"),
    (["-u", "a", "-p", "b", "--password-stdin"], "conflicting options: cannot specify both --password and --password-stdin\n"),
])
def test_options_that_do_not_fit(davit, registry, arguments, words):
    assert davit("login", *arguments, registry.address, stdin="x", code=1).stderr == words


def test_without_a_terminal_or_a_password(davit, registry):
    assert davit("login", registry.address, code=1).stderr == "Error: Cannot perform an interactive login from a non TTY device\n"


def test_unreachable_registry(davit):
    failed = davit("login", "-u", "a", "--password-stdin", "127.0.0.1:1", stdin="x", code=1)
    assert failed.stderr.startswith("Error response from daemon: ") and "127.0.0.1:1" in failed.stderr and "refused" in failed.stderr.lower()
