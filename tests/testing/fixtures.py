"""The fixtures of the functional tests. Everything a test makes lies below `folder`; the end of the sandbox removes it."""

import itertools
import os
import re
import subprocess
from pathlib import Path

import pytest

from testing import networks
from testing import tls as certificates
from testing.davit import PROGRAM, Davit
from testing.davit_registry import DavitRegistry
from testing.fake_registry import FakeRegistry
from testing.peers import Docker, Podman
from testing.processes import free_port
from testing.registry import Registry
from testing.token_server import TokenServer

_numbers = itertools.count(1)

USER = ("alice", "s3cret-Passw0rd")


@pytest.fixture(autouse=True)
def long_only_when_asked(request):
    if request.node.get_closest_marker("long") and not os.environ.get("DAVIT_LONG"):
        pytest.skip("a long one: ./dev test --long")


@pytest.fixture
def folder():
    """An empty folder on a real disk."""
    path = Path(os.environ["DAVIT_SANDBOX"]) / f"t{next(_numbers)}"
    path.mkdir()
    return path


@pytest.fixture
def driver():
    """The storage driver that davit is told to use; nothing: its own choice. A file whose tests are to run under each has its own."""
    return None


@pytest.fixture
def davit(folder, driver):
    assert PROGRAM.exists(), f"there is no {PROGRAM}: ./dev build"
    program = Davit(folder, driver=driver)
    yield program
    for store in folder.iterdir():  # containers that the test left running
        if (store / "run").is_dir():
            running = program.another(store.name)("ps", "-a", "-q", code=None)
            if running.code == 0 and running.lines:
                program.another(store.name)("rm", "-f", *running.lines, code=None)
    networks.remove_links()


@pytest.fixture
def host():
    """Another machine on the sandbox's network."""
    machine = networks.Host()
    yield machine
    machine.stop()


@pytest.fixture
def registry_program(request):
    """Which registry the fixtures below start: davit's own, unless the test says otherwise by one of the marks below."""
    return getattr(request, "param", DavitRegistry)


def _registries(**programs):
    return pytest.mark.parametrize("registry_program", programs.values(), ids=[name.replace("_", "-") for name in programs], indirect=True)


# For a test of what davit and a registry say to each other in every pull, push or copy: once with its own, once with one that others wrote.
on_each_registry = _registries(davit=DavitRegistry, docker_registry=Registry)
# For a test of what Debian's docker-registry has otherwise; the comment beside it says what.
on_docker_registry = _registries(docker_registry=Registry)


@pytest.fixture
def registry(folder, registry_program):
    with registry_program(folder / "registry", port=free_port()) as server:
        yield server


@pytest.fixture
def other(folder, registry_program):
    """A second registry."""
    with registry_program(folder / "other", port=free_port()) as server:
        yield server


@pytest.fixture
def htpasswd(folder):
    """A file with USER's password."""
    path = folder / "htpasswd"
    path.write_bytes(subprocess.run(["htpasswd", "-nbB", "-C", "4", *USER], check=True, capture_output=True).stdout)
    return path


@pytest.fixture
def password_registry(folder, htpasswd, registry_program):
    """A registry under htpasswd; USER may do everything. davit's asks for tokens, which its /token gives for a password; docker-registry for Basic credentials."""
    with registry_program.under_passwords(folder / "guarded", htpasswd, USER, port=free_port()) as server:
        yield server


@pytest.fixture
def basic_registry(folder, htpasswd):
    """One that asks for Basic credentials alone: docker-registry."""
    with Registry.under_passwords(folder / "basic", htpasswd, USER) as server:
        yield server


@pytest.fixture
def token_registry(folder):
    """A docker-registry that believes a token server, `.tokens`; everybody may pull, USER may do everything."""
    tokens = TokenServer(folder / "tokens", {USER[0]: USER[1]}, anonymous=["pull"])
    server = Registry(folder / "by-token", auth=tokens.auth_section())
    server.tokens = tokens
    yield server
    server.stop()
    tokens.stop()


@pytest.fixture
def tls_registry(folder, registry_program):
    """A registry under TLS as localhost, by an authority that nobody trusts: `.tls.ca`. See trusted_tls_registry."""
    made = certificates.make_certificates(folder / "tls", "localhost", "127.0.0.1")
    with registry_program(folder / "by-tls", tls=made, host="localhost", port=free_port()) as server:
        server.tls = made
        yield server


@pytest.fixture
def trusted_tls_registry(tls_registry, folder):
    """The same, where the authority is one of the sandbox's system."""
    system = Path("/etc/ssl/certs/ca-certificates.crt").resolve()
    (folder / "bundle.crt").write_text(system.read_text() + tls_registry.tls.ca.read_text())
    subprocess.run(["mount", "--bind", folder / "bundle.crt", system], check=True)
    yield tls_registry
    subprocess.run(["umount", system], check=True)


@pytest.fixture
def fake_registry():
    server = FakeRegistry()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def docker():
    path = Path(os.environ["DAVIT_SANDBOX"]) / "docker"
    engine = Docker(path)
    yield engine
    engine.stop()


@pytest.fixture
def networked_docker(registry):
    """A dockerd with its default bridge and its rules, and the image box:1 in it."""
    engine = Docker(Path(os.environ["DAVIT_SANDBOX"]) / "networked-docker", networks=True)
    origin = registry.push_busybox("team/box:1")
    engine("pull", "-q", origin)
    engine("tag", origin, "box:1")
    yield engine
    for container in engine("ps", "-aq").split():
        engine("rm", "-f", container, code=None)
    engine.stop()


@pytest.fixture(scope="module")
def podman():
    engine = Podman(Path(os.environ["DAVIT_SANDBOX"]) / "podman")
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def has_docker_28():
    """Whether docker's command has the words that are davit's norm: Debian's own is older and has others."""
    version = subprocess.run(["docker", "--version"], capture_output=True, text=True).stdout
    found = re.search(r"version (\d+)", version)
    return bool(found) and int(found[1]) >= 28


@pytest.fixture(scope="session")
def docker_28(has_docker_28):
    """For tests that compare words with those of docker's command 28."""
    if not has_docker_28:
        version = subprocess.run(["docker", "--version"], capture_output=True, text=True).stdout
        pytest.skip(f"words are compared with docker's command 28: here is {version.strip() or 'none'}")
