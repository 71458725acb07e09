"""Who asks: prompts on a terminal, credential helpers, identity tokens."""

import base64
import json
import os
import re
import signal
import subprocess
import termios
from pathlib import Path

import pytest
from testing import images
from testing.davit import PROGRAM
from testing.fixtures import USER
from testing.processes import wait_until
from testing.registry import Registry
from testing.terminal import Terminal
from testing.token_server import TokenServer

NAME, PASSWORD = USER
WARNING = "Your credentials are stored unencrypted"


def config(davit):
    return json.loads((davit.docker_config / "config.json").read_text())


def write_config(davit, content):
    davit.docker_config.mkdir(exist_ok=True)
    (davit.docker_config / "config.json").write_text(json.dumps(content))


def basic(user, password):
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def at_terminal(davit):
    """at_terminal("login", …): davit whose streams are a terminal 200 wide."""
    started = []

    def start(*arguments, **more):
        terminal = Terminal(davit.command(*arguments), columns=200, env=davit.environment, cwd=davit.folder, **more)
        started.append(terminal)
        return terminal

    yield start
    for terminal in started:
        terminal.kill()


def answer(terminal, prompt, text):
    wait_until(lambda: terminal.shown and terminal.shown[-1].endswith(prompt.rstrip()), what=lambda: f"{prompt!r} in {terminal.shown}")
    terminal.type(text)


def echoes(terminal):
    return bool(termios.tcgetattr(terminal.master)[3] & termios.ECHO)


# Prompts.

def test_prompts_for_user_and_password_without_echo(davit, at_terminal, basic_registry):
    terminal = at_terminal("login", basic_registry.address)
    answer(terminal, "Username:", NAME + "\n")
    wait_until(lambda: "Password:" in terminal.shown[-1] and not echoes(terminal), what="a silent prompt")
    terminal.type(PASSWORD + "\n")
    shown = terminal.wait().all

    assert shown[:2] == [f"Username: {NAME}", "Password:"]
    assert shown[-1] == "Login Succeeded" and WARNING in "\n".join(shown)
    assert PASSWORD.encode() not in terminal.written
    assert config(davit)["auths"] == {basic_registry.address: basic(*USER)}


def test_prompts_for_what_is_missing(at_terminal, password_registry):
    terminal = at_terminal("login", "-u", NAME, password_registry.address)
    answer(terminal, "Password:", PASSWORD + "\n")
    assert terminal.wait().all[0] == "Password:"

    terminal = at_terminal("login", "-p", PASSWORD, password_registry.address)
    answer(terminal, "Username:", NAME + "\n")
    assert terminal.wait().all[:2] == ["WARNING! Using --password via the CLI is insecure. Use --password-stdin.", f"Username: {NAME}"]


@pytest.mark.parametrize("typed, words", [("\n", "Error: Non-null Username Required"), (f"{NAME}\n\n", "Error: Password Required")])
def test_empty_answers(at_terminal, password_registry, typed, words):
    terminal = at_terminal("login", password_registry.address)
    for prompt, line in zip(["Username:", "Password:"], typed.splitlines(keepends=True)):
        answer(terminal, prompt, line)
    assert terminal.wait(1).all[-1] == words


def test_end_of_input_at_a_prompt(at_terminal, password_registry):
    terminal = at_terminal("login", password_registry.address)
    answer(terminal, "Username:", "\x04")
    assert terminal.wait(1).all[-1] == "Error: Non-null Username Required"


def test_wrong_password_at_the_prompt(davit, at_terminal, basic_registry):
    terminal = at_terminal("login", "-u", NAME, basic_registry.address)
    answer(terminal, "Password:", "wrong\n")
    assert terminal.wait(1).all[-1].endswith("failed with status: 401 Unauthorized")
    assert not (davit.docker_config / "config.json").exists()


@pytest.mark.parametrize("how", ["ctrl-c", "SIGTERM"])
def test_interrupt_at_the_password_restores_the_terminal(at_terminal, password_registry, how):
    terminal = at_terminal("login", "-u", NAME, password_registry.address)
    wait_until(lambda: terminal.shown and "Password:" in terminal.shown[-1] and not echoes(terminal), what="a silent prompt")
    if how == "ctrl-c":
        terminal.type("\x03")
    else:
        terminal.process.send_signal(signal.SIGTERM)
    terminal.process.wait(20)
    after = echoes(terminal)
    shown = terminal.wait(130 if how == "ctrl-c" else 143).all
    assert after
    assert shown == ["Password:", "davit: interrupted"]


def test_docker_hubs_hints(at_terminal):
    terminal = at_terminal("login")
    answer(terminal, "Username:", NAME + "\n")
    wait_until(lambda: "Password:" in terminal.shown[-1], what="the prompt")
    shown = "\n".join(terminal.shown)
    terminal.type("\x03")
    terminal.wait(130)
    assert "Log in with your Docker ID" in shown and "A Personal Access Token (PAT) can be used instead." in shown


def test_without_a_terminal_nothing_is_asked(davit, registry):
    for arguments in ([], ["-u", NAME]):
        failed = davit("login", *arguments, registry.address, code=1)
        assert failed.output == "Error: Cannot perform an interactive login from a non TTY device\n"


# Stored credentials.

def test_stored_credentials_are_tried_first(davit, password_registry):
    write_config(davit, {"auths": {password_registry.address: basic(*USER)}})
    result = davit("login", password_registry.address)
    assert result.stdout == "Login Succeeded\n"
    assert result.stderr == (f"Authenticating with existing credentials... [Username: {NAME}]\n\n"
                             " Info -> To login with a different account, run 'davit logout' followed by 'davit login'\n\n\n")


def test_stored_credentials_that_fail_lead_to_a_prompt(davit, at_terminal, basic_registry):
    write_config(davit, {"auths": {basic_registry.address: basic(NAME, "old")}})
    failed = davit("login", basic_registry.address, code=1)
    assert failed.stderr.splitlines()[-2:] == [
        f"Login did not succeed, error: Error response from daemon: login attempt to http://{basic_registry.address}/v2/ failed with status: "
        "401 Unauthorized", "Error: Cannot perform an interactive login from a non TTY device"]

    terminal = at_terminal("login", basic_registry.address)
    answer(terminal, f"Username ({NAME}):", "\n")
    answer(terminal, "Password:", PASSWORD + "\n")
    assert terminal.wait().all[-1] == "Login Succeeded"
    assert config(davit)["auths"] == {basic_registry.address: basic(*USER)}


# Helpers.

def add_helper(davit, name, script):
    folder = davit.folder / "helpers"
    folder.mkdir(exist_ok=True)
    program = folder / f"docker-credential-{name}"
    program.write_text(script)
    program.chmod(0o755)
    davit.environment["PATH"] = f"{folder}:{os.environ['PATH']}"


KEEPER = """#!/usr/bin/env python3
import json, sys
from pathlib import Path
file = Path({file!r})
kept = json.loads(file.read_text()) if file.exists() else {{}}
action, text = sys.argv[1], sys.stdin.read().strip()
with open({log!r}, "a") as log:
    log.write(action + " " + (json.loads(text)["ServerURL"] if action == "store" else text) + "\\n")
if action == "store":
    one = json.loads(text)
    kept[one["ServerURL"]] = one
elif action == "erase":
    kept.pop(text, None)
elif action == "list":
    print(json.dumps({{server: one["Username"] for server, one in kept.items()}}))
elif text in kept:
    print(json.dumps(kept[text]))
else:
    print("credentials not found in native keychain")
    sys.exit(1)
file.write_text(json.dumps(kept))
"""


@pytest.fixture
def keeper(davit):
    """A helper by docker's protocol; .calls() lists what it was asked."""
    class Keeper:
        file, log = davit.folder / "kept.json", davit.folder / "helper.log"

        def calls(self):
            return self.log.read_text().splitlines() if self.log.exists() else []

        def kept(self):
            return json.loads(self.file.read_text())

    add_helper(davit, "keeper", KEEPER.format(file=str(Keeper.file), log=str(Keeper.log)))
    return Keeper()


def login(davit, registry, **more):
    return davit("login", "-u", NAME, "--password-stdin", registry.address, stdin=PASSWORD, **more)


@pytest.mark.parametrize("choice", ["credsStore", "credHelpers"])
def test_helper_keeps_what_login_got(davit, keeper, basic_registry, choice):
    address = basic_registry.address
    chosen = {"credsStore": "keeper"} if choice == "credsStore" else {"credHelpers": {address: "keeper"}, "credsStore": "nosuch"}
    write_config(davit, chosen)
    reference = basic_registry.push_busybox("team/app:1")

    assert WARNING not in login(davit, basic_registry).output

    assert keeper.kept() == {address: {"ServerURL": address, "Username": NAME, "Secret": PASSWORD}}
    assert config(davit) == chosen | {"auths": {address: {}}}
    davit("pull", reference)
    davit("tag", reference, f"{address}/team/other:1")
    davit("push", f"{address}/team/other:1")
    davit("copy", reference, f"{address}/team/copy:1")
    assert f"get {address}" in keeper.calls()

    davit("logout", address)
    assert keeper.kept() == {} and keeper.calls()[-1] == f"erase {address}"
    assert config(davit)["auths"] == {}
    assert "no basic auth credentials" in davit("pull", f"{address}/team/app:2", code=1).stderr


def test_helper_of_docker_hub_has_the_key_of_old(davit, keeper):
    write_config(davit, {"credHelpers": {"https://index.docker.io/v1/": "keeper"}})
    davit("logout")
    assert keeper.calls() == ["erase https://index.docker.io/v1/"]


def test_login_tries_what_the_helper_has(davit, keeper, basic_registry):
    write_config(davit, {"credsStore": "keeper"})
    login(davit, basic_registry)
    assert "Authenticating with existing credentials..." in davit("login", basic_registry.address).stderr


BROKEN = {
    "missing": (None, 'exec: "docker-credential-broken": executable file not found in $PATH'),
    "exit": ("#!/bin/sh\necho some words; exit 3\n", "docker-credential-broken: exit status 3, out: `some words`"),
    "garbage": ("#!/bin/sh\necho not-json-s3cret\n", "docker-credential-broken: its answer is no JSON object"),
    "large": ("#!/bin/sh\nhead -c 1000000 /dev/zero\n", "docker-credential-broken: its answer is larger than 262144 bytes"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_broken_helper_is_named(davit, basic_registry, how):
    script, words = BROKEN[how]
    if script:
        add_helper(davit, "broken", script)
    write_config(davit, {"credsStore": "broken"})
    reference = basic_registry.push_busybox("team/app:1")

    failed = davit("pull", reference, code=1)
    assert "error getting credentials - err: " in failed.stderr and words in failed.stderr.splitlines()[-1]
    assert failed.stderr.splitlines()[-1].startswith("Error response from daemon: ") and "s3cret" not in failed.output
    if how in ("missing", "exit"):
        assert words in davit("logout", basic_registry.address, code=1).stderr
        failed = login(davit, basic_registry, code=1)
        assert failed.stderr.startswith("Error saving credentials: error storing credentials - err: ") and words in failed.stderr


def test_broken_helper_keeps_nobody_from_what_all_may_have(davit, token_registry):
    write_config(davit, {"credsStore": "nosuch"})
    reference = token_registry.address + "/team/app:1"
    push_with_password(token_registry, "team/app:1")
    result = davit("pull", reference)
    assert "docker-credential-nosuch" in result.stderr and "going on without credentials" in result.stderr


def push_with_password(registry, name):
    """Pushes to a registry under token authentication."""
    token = registry.tokens.token(NAME, [f"repository:{name.rsplit(':', 1)[0]}:pull,push"])
    registry.headers["Authorization"] = "Bearer " + token
    try:
        return registry.push(name, images.busybox())
    finally:
        del registry.headers["Authorization"]


@pytest.mark.skipif(not Path("/usr/bin/docker-credential-pass").exists(), reason="Debian's golang-docker-credential-helpers is not installed: ./dev setup test")
def test_debians_pass_helper(davit, basic_registry, folder):
    home = folder / "gpg"
    home.mkdir(mode=0o700)
    davit.environment |= {"GNUPGHOME": str(home), "PASSWORD_STORE_DIR": str(folder / "store-of-pass")}
    run = lambda *command, **more: subprocess.run(command, env=davit.environment, check=True, capture_output=True, **more)
    run("gpg", "--batch", "--passphrase", "", "--quick-gen-key", "davit test", "default", "default", "never")
    try:
        run("pass", "init", "davit test")
        write_config(davit, {"credsStore": "pass"})
        reference = basic_registry.push_busybox("team/app:1")
        login(davit, basic_registry)
        listed = run("docker-credential-pass", "list").stdout
        assert json.loads(listed) == {basic_registry.address: NAME}
        davit("pull", reference)
        davit("logout", basic_registry.address)
        assert json.loads(run("docker-credential-pass", "list").stdout or b"{}") == {}
    finally:
        run("gpgconf", "--kill", "all")


# Identity tokens.

@pytest.fixture
def refreshing_registry(folder):
    """Under tokens, with a token server that gives identity tokens."""
    tokens = TokenServer(folder / "tokens", {NAME: PASSWORD}, refresh=True)
    server = Registry(folder / "by-refresh", auth=tokens.auth_section())
    server.tokens = tokens
    yield server
    server.stop()
    tokens.stop()


def test_identity_token_stands_in_the_passwords_place(davit, refreshing_registry):
    login(davit, refreshing_registry)

    kept = config(davit)["auths"][refreshing_registry.address]
    assert kept["identitytoken"] in refreshing_registry.tokens.refresh_tokens
    assert base64.b64decode(kept["auth"]).decode() == f"{NAME}:"
    push_with_password(refreshing_registry, "team/app:1")
    refreshing_registry.tokens.requests.clear()

    result = davit("--debug", "pull", f"{refreshing_registry.address}/team/app:1")

    first = refreshing_registry.tokens.requests[0]
    assert (first.method, first.user, first.scopes) == ("POST", NAME, ["repository:team/app:pull"])
    assert kept["identitytoken"] not in result.output


def test_identity_token_of_davits_registry(davit, password_registry):
    login(davit, password_registry)

    kept = config(davit)["auths"][password_registry.address]
    assert kept["identitytoken"].startswith("davit_rt_") and base64.b64decode(kept["auth"]).decode() == f"{NAME}:"
    reference = password_registry.push_busybox("team/app:1")
    password_registry.forget_requests()

    result = davit("--debug", "pull", reference)
    davit("tag", reference, f"{password_registry.address}/team/other:1")
    davit("push", f"{password_registry.address}/team/other:1")
    davit("copy", reference, f"{password_registry.address}/team/copy:1")

    assert password_registry.requests("POST /token 200") and not password_registry.requests("GET /token")
    assert kept["identitytoken"] not in result.output
    number = password_registry("token", "ls").splitlines()[-1].split()[0]
    password_registry("token", "rm", number)
    assert "unauthorized" in davit("pull", f"{password_registry.address}/team/app:2", code=1).stderr


@pytest.mark.parametrize("guarded", ["refreshing_registry", "password_registry"])
def test_identity_token_in_a_helper(davit, keeper, request, guarded):
    registry = request.getfixturevalue(guarded)
    write_config(davit, {"credsStore": "keeper"})
    login(davit, registry)
    kept = keeper.kept()[registry.address]
    assert kept["Username"] == "<token>"
    if guarded == "password_registry":
        assert kept["Secret"].startswith("davit_rt_")
        registry.push_busybox("team/app:1")
    else:
        assert kept["Secret"] in registry.tokens.refresh_tokens
        push_with_password(registry, "team/app:1")
    davit("pull", f"{registry.address}/team/app:1")


@pytest.mark.parametrize("guarded", ["refreshing_registry", "password_registry"])
def test_identity_token_that_is_void(davit, request, guarded):
    registry = request.getfixturevalue(guarded)
    write_config(davit, {"auths": {registry.address: basic(NAME, "") | {"identitytoken": "void"}}})
    failed = davit("pull", f"{registry.address}/team/app:1", code=1)
    assert "unauthorized" in failed.stderr and "void" not in failed.stderr


def test_registry_token_is_sent_as_it_is(davit, token_registry):
    push_with_password(token_registry, "team/app:1")
    token = token_registry.tokens.token(NAME, ["repository:team/app:pull"])
    write_config(davit, {"auths": {token_registry.address: {"registrytoken": token}}})
    token_registry.tokens.requests.clear()
    davit("pull", f"{token_registry.address}/team/app:1")
    assert token_registry.tokens.requests == []
    assert re.search("unauthorized|denied", davit("pull", f"{token_registry.address}/team/other:1", code=1).stderr)
