"""davit's registry under tools that move images: buildah, crane, oras, regctl, containerd's ctr; anonymous and logged in, public and private, pull and push."""

import json
import os

import pytest
from testing import images
from testing.access_rules import ALICE, BOB, basic, guarded_registry
from testing.davit_registry import DavitRegistry
from testing.go_programs import InstallFailed, has_go
from testing.registry_tools import ORAS, PROGRAMS, SOURCE, Buildah, Crane, Ctr, Oras, Regctl

NOT_INSTALLED = "DAVIT_REGISTRY_TOOLS_NOT_INSTALLED"

# (who, what, name) -> allowed
MATRIX = [(None, "pull", SOURCE, True), (None, "pull", "private/app:1", False), (None, "push", "public/app:2", False),
          (ALICE, "pull", "private/app:1", True), (ALICE, "push", "public/app:2", True), (ALICE, "push", "private/app:2", True),
          (BOB, "pull", SOURCE, True), (BOB, "pull", "private/app:1", False), (BOB, "push", "public/app:3", False), (BOB, "push", "bob/app:1", True)]


def before_sandbox():
    if not has_go():
        return
    try:
        for program in PROGRAMS:
            program.install()
    except InstallFailed as error:
        os.environ[NOT_INSTALLED] = str(error)


def require_go():
    if not has_go():
        pytest.skip("it is a Go program, and there is no go here")
    assert NOT_INSTALLED not in os.environ, os.environ[NOT_INSTALLED]  # where Go is, one that did not run is a failure


@pytest.fixture(params=[Buildah, Crane, Oras, Regctl, Ctr], ids=lambda kind: kind.__name__.lower())
def kind(request):
    if request.param in (Crane, Oras, Regctl):
        require_go()
    return request.param


@pytest.fixture
def tool(kind, folder, request):
    """The tool, and the registry with its users."""
    with guarded_registry(folder) as server:
        more = [request.getfixturevalue("podman")] if kind is Buildah else []
        made = kind(folder / "tool", server, *more)
        yield made, server
        made.stop()


def test_each_tool_may_what_the_rules_say(tool):
    client, server = tool
    wrong = []
    for who, what, name, allowed in MATRIX:
        if what == "push" and name.startswith("public/") and not client.pushes_after_anonymous_head:
            continue
        client.login(who)
        if getattr(client, what)(name) != allowed:
            wrong.append((who and who[0], what, name, allowed))
    assert not wrong, server.log.read_text()[-3000:]
    # What was pushed is what was pulled.
    server.headers = basic(*ALICE)
    assert json.loads(server.get_manifest("bob/app", "1")[1])["layers"] == json.loads(server.get_manifest("public/app", "1")[1])["layers"]


def test_artifacts_and_their_referrers(folder):
    """An SBOM that refers to an image: pushed, found and fetched by oras."""
    require_go()
    with DavitRegistry(folder / "open") as server:
        image = images.busybox()
        server.push("team/app:1", image)
        client = Oras(folder / "tool", server)
        (folder / "sbom.json").write_text('{"bomFormat": "CycloneDX"}')
        client.environment |= {"PWD": str(folder)}
        ok, said = client.run("sh", "-c", f"cd {folder} && {ORAS.path} attach --plain-http --artifact-type application/vnd.cyclonedx+json {server.address}/team/app:1 sbom.json:application/json")
        assert ok, said
        ok, said = client.run(ORAS.path, "discover", "--plain-http", "--format", "json", f"{server.address}/team/app:1")
        assert ok, said
        (found,) = json.loads(said)["referrers"]
        assert found["artifactType"] == "application/vnd.cyclonedx+json"
        assert client.done(ORAS.path, "pull", "--plain-http", "-o", folder / "out", f"{server.address}/team/app@{found['digest']}")
        assert (folder / "out/sbom.json").read_text() == '{"bomFormat": "CycloneDX"}'
