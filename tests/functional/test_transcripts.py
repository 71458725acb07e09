"""What docker 28 with dockerd 20.10 printed, block by block (tests/transcripts), and what davit prints for the same commands. Where davit
differs on purpose, the step says so and why."""

import ast
import json
import re
from pathlib import Path

import pytest
from testing import images
from testing.fixtures import USER
from testing.transcripts import Play, blocks

FIRST, IN_USE, DISK = "docker-transcripts.txt", "docker-transcripts-2.txt", "docker-transcripts-4.txt"


def built(base, *layers, config=None, history=()):
    """An image as docker's classic builder makes it: `history` has (created_by, whether it made a layer)."""
    image = images.image(*base, *layers, config=config)
    body = json.loads(image.config)
    body["history"] = [{"created": body["created"], "created_by": text} | ({} if layer else {"empty_layer": True}) for text, layer in history]
    image.config = json.dumps(body).encode()
    manifest = json.loads(image.manifest)
    manifest["config"] |= {"size": len(image.config), "digest": images.digest(image.config)}
    image.manifest = json.dumps(manifest, indent=1).encode()
    return image


BUSYBOX_LAYERS = [images.layer(*images.busybox_entries()), images.layer(images.symlink("bin/vi", "busybox"))]
BUSYBOX_HISTORY = [("/bin/sh -c #(nop) COPY file:73e2b2d48642b21b8f7 in /bin/busybox ", True), ("/bin/busybox --install -s /bin", True),
                   ('/bin/sh -c #(nop)  CMD ["sh"]', False)]
APP_LAYER = images.layer(images.file("etc/app.conf", "x" * 95))
APP_HISTORY = [("/bin/sh -c #(nop) COPY file:9602f0b64f2f41ab in /etc/app.conf ", True), ('/bin/sh -c #(nop)  CMD ["cat" "/etc/app.conf"]', False)]


@pytest.fixture
def busybox():
    return built(BUSYBOX_LAYERS, history=BUSYBOX_HISTORY)


@pytest.fixture
def app():
    return built(BUSYBOX_LAYERS, APP_LAYER, config={"Cmd": ["cat", "/etc/app.conf"]}, history=BUSYBOX_HISTORY + APP_HISTORY)


def here(davit, registry, image, name):
    """Brings an image here under a name alone, as a build leaves it: without a repository digest."""
    reference = registry.push("origin/image:1", image)
    davit("pull", "-q", reference)
    davit("tag", reference, name)
    davit("rmi", reference)


def without(*parts):
    """Drops docker's lines that hold one of the parts."""
    return lambda lines: [line for line in lines if not any(part in line for part in parts)]


def without_store_columns(said):
    """A table of `system df` without what davit adds to it (ADR 0055): the last column and the last row."""
    lines = said.splitlines()
    return [line[:lines[0].index("ON DISK")].rstrip() for line in lines if not line.startswith("Other")]


# --- docker-transcripts.txt ------------------------------------------------------------------------------------------

def test_push_login_list_remove_prune(davit, registry, basic_registry, busybox, app):
    address = basic_registry.address
    here(davit, registry, busybox, "busybox:1.36")
    play = Play(davit, FIRST, address=address)
    step = play.step

    step("tag busybox:1.36 127.0.0.1:5001/library/busybox:1.36")
    step("push 127.0.0.1:5001/library/busybox:1.36")
    step("login -u alice --password-stdin 127.0.0.1:5001", stdin="wrong")
    said = step("login -u alice --password-stdin 127.0.0.1:5001", stdin=USER[1], differs=lambda lines: [
        line.replace("/home/alice/.docker", str(davit.docker_config)) for line in lines])
    assert said.endswith("Login Succeeded\n")
    step("push 127.0.0.1:5001/library/busybox:1.36", unordered=True)
    step("push 127.0.0.1:5001/library/busybox:1.36", unordered=True)
    here(davit, registry, app, "127.0.0.1:5001/team/app:1.0.0".replace("127.0.0.1:5001", address))
    step("push 127.0.0.1:5001/team/app:1.0.0", unordered=True)
    step("push 127.0.0.1:5001/team/nothere:1.0")
    # By date, and of one date by ID: docker's were made one after the other.
    step("images", unordered=True)
    step("images --digests", unordered=True)
    # davit keeps no parent images: of a build's steps only the last has an ID.
    step("history 127.0.0.1:5001/team/app:1.0.0", differs=lambda lines: [
        re.sub(r"^(166c2cda9e96|b180c9ef8250|9b128363c6fa|bb061e1e166e)", "<missing>   ", line) for line in lines])
    step("rmi 127.0.0.1:5001/team/app:1.0.0", differs=without("166c2cda9e96"))  # a parent image
    step("pull 127.0.0.1:5001/team/app")
    davit("pull", "-q", f"{address}/team/app:1.0.0")
    step("pull 127.0.0.1:5001/team/app:1.0.0")
    step("rmi busybox:1.36")  # the image has another name
    step("rmi busybox:1.36")
    step("rmi -f busybox:1.36")
    step("rmi nosuch:1")
    step("rmi BAD:Name")
    step("tag nosuch:1 x:2")


def test_df_and_prune_of_two_images(davit, registry, basic_registry, busybox, app):
    address = basic_registry.address
    davit("login", "-u", USER[0], "--password-stdin", address, stdin=USER[1])
    for name, image in (("library/busybox:1.36", busybox), ("team/app:1.0.0", app)):
        basic_registry.push(name, image)
        davit("pull", "-q", f"{address}/{name}")
    play = Play(davit, FIRST, address=address)

    said = davit("system", "df").stdout
    block = next(block for block in blocks(FIRST) if block.command == "system df")
    assert [play.ours.plain(line) for line in without_store_columns(said)] == [play.docker.plain(line) for line in block.output.splitlines()]
    step = play.step
    step("image prune -f")
    # No parent images (9b12…, bb06…, a2c0…'s image); davit's order is newest first; layers go with the last image that has them in either.
    said = step("image prune -af", differs=without("9b128363c6fa", "bb061e1e166e"), unordered=True)
    assert said.splitlines()[0] == "Deleted Images:" and said.splitlines()[-2] == ""
    step("logout 127.0.0.1:5001")
    step("pull 127.0.0.1:5001/team/app:1.0.0")


# --- docker-transcripts-2.txt ----------------------------------------------------------------------------------------

def test_several_tags_and_wrong_names(davit, registry, app):
    here(davit, registry, app, "app:1.0.0")
    davit("tag", "app:1.0.0", "more:2")
    davit("tag", "app:1.0.0", "other:1")
    short = app.id[7:19]
    step = Play(davit, IN_USE, address=registry.address).step

    step("rmi bc9491b0857e", arguments=["rmi", short])
    # Instead of the parent image and the one layer that docker's builder left unshared: all three layers, as no other image has them.
    layers = 3 - 1
    step("rmi -f bc9491b0857e", arguments=["rmi", "-f", short], differs=lambda lines: [
        line for line in lines if "3fb0a8385668" not in line] + ["Deleted: sha256:" + f"{number:02x}" * 32 for number in range(0xa0, 0xa0 + layers)])
    here(davit, registry, app, "app:1.0.0")
    step("rmi nosuch:1 app:1.0.0 BAD", differs=lambda lines: lines[:3] + ["Deleted: sha256:" + f"{number:02x}" * 32 for number in range(0xb0, 0xb2)] + lines[4:],
         unordered=True)
    step("rmi -f nosuch:1")
    step("rmi")


def test_inspect_and_templates_and_commands_that_are_wrong(davit, registry, app):
    here(davit, registry, app, "app:1.0.0")
    step = Play(davit, IN_USE).step
    step("inspect nosuch")
    step("images --format {{.Nope}}", arguments=["images", "--format", "{{.Nope}}"])
    step("images --format {{.ID", arguments=["images", "--format", "{{.ID"])
    step("nosuch")


# --- docker-transcripts-4.txt ----------------------------------------------------------------------------------------

@pytest.fixture
def three(davit, registry):
    """team/box:1, team/app:1 and team/app:2 of the recording, in the registry."""
    registry.push("team/box:1", images.busybox())
    registry.push("team/app:1", images.busybox(text="one\n"))
    registry.push("team/app:2", images.busybox(text="two\n", Labels={"stage": "test", "team": "a"}))
    return Play(davit, DISK, docker_address="127.0.0.1:5000", address=registry.address)


def test_system_df_of_an_empty_store(davit, three):
    block = blocks(DISK)[0]
    assert block.command == "system df"
    assert without_store_columns(davit("system", "df").stdout) == block.output.splitlines()
    block = blocks(DISK)[1]
    ours = davit("system", "df", "-v").stdout.replace("   ON DISK   UNIQUE ON DISK", "").replace("   ON DISK", "")
    assert [line.rstrip() for line in ours.splitlines()[:-2]] == block.output.splitlines()  # the last line is that of the rest of the store
    for command in ("image prune -f", "system prune -f", "system prune -af"):
        three.step(command)


def test_questions_filters_and_what_is_taken(davit, registry, three):
    step = three.step
    for command in ("pull 127.0.0.1:5000/team/app:1", "pull 127.0.0.1:5000/team/app:2", "pull 127.0.0.1:5000/team/box:1"):
        davit(*command.replace("127.0.0.1:5000", registry.address).split())
    step("system df extra")
    davit("run", "--network", "none", "--name", "c1", f"{registry.address}/team/app:1")
    for command in ("image prune", "image prune", "image prune", "image prune", "image prune -a", "image prune", "image prune --filter label=x",
                    "image prune -a --filter until=1h", "image prune -f --filter nope=1", "image prune -f --filter until=bad",
                    "image prune -f --filter noequals", "image prune -f --filter until=1h --filter until=2h",
                    "image prune -f --filter dangling=false --filter label=zzz", "image prune -f --filter dangling=maybe", "image prune -f extra",
                    "system prune", "system prune -a", "system prune --volumes", "system prune -a --volumes --filter label=x --filter label!=y",
                    "system prune --volumes --filter until=1h -f", "system prune -f --filter nope=1", "system prune -f --filter until=bad",
                    "system prune extra", "system prune -a --filter until=1h", "image prune -af --filter label=stage=prod",
                    "image prune -af --filter label!=stage"):
        step(command)
    davit("pull", "-q", f"{registry.address}/team/box:1")
    step("image prune -af --filter until=2020-01-01")
    step("image prune -af --filter label=stage=test")
    davit("pull", "-q", f"{registry.address}/team/app:2")
    davit("tag", f"{registry.address}/team/app:1", "mine:1")
    three.docker.numbers.clear(), three.ours.numbers.clear()
    step("system prune -f")


def test_what_a_moved_tag_leaves(davit, registry, three):
    step = three.step
    for name in ("app:1", "app:2", "box:1"):
        davit("pull", "-q", f"{registry.address}/team/{name}")
    davit("tag", f"{registry.address}/team/app:1", "mine:1")
    registry.push("team/app:1", images.busybox(text="three\n"))
    davit("pull", "-q", f"{registry.address}/team/app:1")
    step("images", unordered=True)
    step("images --digests", unordered=True)
    step("images -f dangling=true")
    step("rmi mine:1")
    step("images", unordered=True)
    # History keeps what the pull displaced, for `tags restore`; when policy lets it go, it goes.
    assert davit("image", "prune", "-f").lines == ["Total reclaimed space: 0B"]
    davit.environment["DAVIT_TEST_NOW"] = "2050-01-01T00:00:00Z"
    three.docker.numbers.clear(), three.ours.numbers.clear()
    step("image prune -f")
    step("system prune -af", unordered=True)
    del davit.environment["DAVIT_TEST_NOW"]
    davit("pull", "-q", f"{registry.address}/team/app:2")
    davit("run", "--network", "none", "--name", "c2", f"{registry.address}/team/app:2")
    step("image prune -af")
    three.docker.numbers.clear(), three.ours.numbers.clear()
    step("system prune -af")
    step("images")


# --- all of them -----------------------------------------------------------------------------------------------------

# What is no test here, and why. By the beginning of the command; the first that fits.
NOT_OF_IMAGES = {
    "build": "builds come later", "run": "containers", "ps": "containers", "stop": "containers", "start": "containers", "rm ": "containers",
    "port": "containers", "exec": "containers", "pause": "containers", "unpause": "containers", "rename": "containers", "update": "containers",
    "wait": "containers", "cp": "containers", "diff": "containers", "commit": "containers", "top": "containers", "logs": "containers",
    "kill": "containers", "volume": "volumes", "network": "networks",
    # In the second recording, with a container on the image: functional/test_rmi.py has them with containers.
    "rmi app:1.0.0": "in use by a container", "rmi -f app:1.0.0": "in use by a container", "rmi b7041af2041a": "in use by a container",
    "rmi -f b7041af2041a": "in use by a container", "rmi sha256:b7041af2041a": "in use by a container", "rmi other:1": "in use by a container",
    "rmi 6e6018b3f4aa": "a parent image of the classic builder", "rmi -f 6e6018b3f4aa": "a parent image of the classic builder",
    "rmi -f busybox:1.36": "in use by a container", "images -a": "parent images of the classic builder",
    "rmi busybox:1.36": "a parent image, or in use by a container", "rmi 127.0.0.1:5001/library/busybox:1.36": "in use by a container",
    "rmi sha256:b180c9ef8250": "in use by a container",
}


def played():
    """The commands of this file's steps."""
    return {node.value for node in ast.walk(ast.parse(Path(__file__).read_text())) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("recording", [FIRST, IN_USE])
def test_every_block_of_images_alone_is_played(recording):
    here_said = played()
    left = [f"{block.line}: {block.command}" for block in blocks(recording)
            if block.command not in here_said and not any(block.command.startswith(begin) for begin in NOT_OF_IMAGES)]
    assert not left, "\n".join(left)
