"""davit login, logout, and where credentials go."""

import base64
import json
import stat

import pytest
from testing.davit_registry import DavitRegistry
from testing.fixtures import USER, on_each_registry
from testing.peers import run
from testing.registry import Registry


# What a pull of team/app:1 says then, as docker does (test_pull_under_authentication).
WITHOUT_LOGIN = {
    DavitRegistry: "Error response from daemon: pull access denied for {address}/team/app, repository does not exist or may require 'davit login': "
                   "denied: requested access to the resource is denied\n",
    Registry: 'Error response from daemon: Head "http://{address}/v2/team/app/manifests/1": no basic auth credentials\n'}


def login(davit, registry, password=USER[1], **more):
    return davit("login", "-u", USER[0], "--password-stdin", registry.address, stdin=password, **more)


def config(davit):
    return json.loads((davit.docker_config / "config.json").read_text())


@pytest.fixture(params=["password_registry", "basic_registry", "token_registry"])
def guarded(request):
    return request.getfixturevalue(request.param)


def test_login_is_checked_and_kept_in_dockers_config(davit, guarded):
    result = login(davit, guarded)

    assert "Login Succeeded" in result.lines
    assert f"Your credentials are stored unencrypted in '{davit.docker_config}/config.json'" in result.output
    kept, = config(davit)["auths"].items()
    # davit's registry gives a token in the password's place; the others that are here do not.
    token = kept[1].pop("identitytoken", None)
    assert kept == (guarded.address, {"auth": base64.b64encode(f"{USER[0]}:{'' if token else USER[1]}".encode()).decode()})
    assert (token or "").startswith("davit_rt_") == isinstance(guarded, DavitRegistry)


def test_config_is_the_users_alone(davit, password_registry):
    login(davit, password_registry)
    assert stat.S_IMODE((davit.docker_config / "config.json").stat().st_mode) == 0o600


def test_newline_after_the_password_is_dropped(davit, password_registry):
    login(davit, password_registry, password=USER[1] + "\n")


@on_each_registry
def test_wrong_password(davit, password_registry, registry_program):
    failed = login(davit, password_registry, password="wrong-Passw0rd", code=1)

    assert failed.stderr == "Error response from daemon: " + {
        DavitRegistry: f'Get "http://{password_registry.address}/v2/": unauthorized: authentication required\n',
        Registry: f"login attempt to http://{password_registry.address}/v2/ failed with status: 401 Unauthorized\n"}[registry_program]
    assert not (davit.docker_config / "config.json").exists()


def test_wrong_password_at_a_token_server(davit, token_registry):
    failed = login(davit, token_registry, password="wrong-Passw0rd", code=1)
    assert "401 Unauthorized" in failed.stderr or "unauthorized" in failed.stderr
    assert not (davit.docker_config / "config.json").exists()


@on_each_registry
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


@on_each_registry
def test_logout(davit, password_registry, registry_program):
    login(davit, password_registry)

    assert davit("logout", password_registry.address).output == f"Removing login credentials for {password_registry.address}\n"

    assert config(davit).get("auths", {}) == {}
    reference = password_registry.push_busybox("team/app:1")
    assert WITHOUT_LOGIN[registry_program].format(address=password_registry.address) in davit("pull", reference, code=1).stderr


def test_logout_without_a_login(davit):
    assert davit("logout", "nosuch.example").output == "Removing login credentials for nosuch.example\n"
    assert davit("logout").output == "Removing login credentials for https://index.docker.io/v1/\n"


@on_each_registry
def test_pull_under_authentication(davit, docker, password_registry, registry_program):
    reference = password_registry.push_busybox("team/app:1")
    refused = davit("pull", reference, code=1).stderr
    assert refused == WITHOUT_LOGIN[registry_program].format(address=password_registry.address)
    theirs = run("docker", "pull", reference, env=docker.environment, code=1).stderr.decode()
    assert theirs.replace("docker login", "davit login") == refused
    login(davit, password_registry)
    davit("pull", reference)


@on_each_registry
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
