"""davit pull -a and push -a."""

import json

import pytest
from testing import images
from testing.fixtures import on_each_registry
from testing.pushable_registry import PushableRegistry


def short(name):
    return name.removeprefix("sha256:")[:12]


def made(text):
    return images.image(images.layer(images.file("base", "the same in all\n")), images.layer(images.file("text", text)))


@pytest.fixture
def app(registry):
    """A repository of three tags, two of one image."""
    one, two = made("one"), made("two")
    registry.push("team/app:1.0.0", one)
    registry.push("team/app:1.1.0", two)
    registry.push("team/app:latest", two)
    return f"{registry.address}/team/app", one, two


def listed(registry, repository):
    """The tags in the order in which the registry gives them."""
    return json.loads(registry.request("GET", f"/v2/{repository}/tags/list")[2])["tags"]


def test_pull_says_what_docker_says(davit, registry, app, docker):
    name, one, two = app
    theirs = docker("pull", "-a", name).splitlines()

    ours = davit("pull", "-a", name)

    def heads(lines):
        return [line for line in lines if "Pulling from" in line or line.startswith(("Digest:", "Status:"))]
    assert heads(ours.lines) == heads(theirs)
    def ended(lines, how):
        return sorted(line for line in lines if line.endswith(how))
    assert ended(ours.lines, "Pull complete") == ended(theirs, "Pull complete")
    # For a tag of an image that is here already docker tells no layers; davit tells that they are.
    assert set(ended(theirs, "Already exists")) <= set(ended(ours.lines, "Already exists"))
    assert ours.lines[-2:] == [f"Status: Downloaded newer image for {name}", name]
    assert ours.stderr == ""


def test_pull_brings_every_tag_and_each_blob_once(davit, registry, app):
    name, one, two = app
    registry.forget_requests()

    davit("pull", "-a", name)

    assert {tag: davit.id_of(f"{name}:{tag}") for tag in listed(registry, "team/app")} == {"1.0.0": one.id, "1.1.0": two.id, "latest": two.id}
    blobs = [request.path.split("/")[-1] for request in registry.requests("GET .*/blobs/")]
    assert sorted(blobs) == sorted({one.id, two.id, *(layer.digest for layer in one.layers + two.layers)})


def test_pull_again_and_quiet(davit, app):
    name, _, _ = app
    davit("pull", "-a", name)
    assert davit("pull", "--all-tags", name).lines[-2:] == [f"Status: Image is up to date for {name}", name]
    assert davit("pull", "-aq", name).output == f"{name}\n"


@pytest.mark.parametrize("command", ["pull", "push"])
def test_a_tag_or_digest_with_the_flag_is_refused(davit, command):
    for suffix in (":1.0.0", "@sha256:" + "0" * 64):
        refused = davit(command, "-a", f"127.0.0.1:1/team/app{suffix}", code=1)
        assert refused.output == "tag can't be used with --all-tags/-a\n"


def test_pull_of_an_unknown_repository(davit, registry):
    name = f"{registry.address}/team/none"
    assert davit("pull", "-a", name, code=1).stderr == \
        f"Error response from daemon: repository {name} not found: name unknown: repository name not known to registry\n"


@on_each_registry
def test_pull_goes_on_after_a_tag_that_fails_and_names_it(davit, registry, app):
    name, one, two = app
    broken = made("broken")
    registry.push("team/app:0.9.0", broken)
    registry.push("team/app:zz", broken)
    manifest = json.loads(broken.manifest)
    file = registry.file_of(manifest["layers"][1]["digest"])
    file.write_bytes(b"x" * file.stat().st_size)

    failed = davit("pull", "-a", name, code=1)

    assert davit.id_of(f"{name}:1.0.0") == one.id and davit.id_of(f"{name}:latest") == two.id
    said = failed.stderr.splitlines()
    assert sorted(line.split(": ")[1] if line.startswith("Error") else line.split(": ")[0] for line in said) == ["0.9.0", "zz"], failed
    assert not any(line.startswith("Status:") for line in failed.lines)


def test_pull_stops_where_the_registry_cannot_be_reached(davit):
    failed = davit("pull", "-a", "127.0.0.1:1/team/app", code=1)
    assert len(failed.stderr.splitlines()) == 1 and "refused" in failed.stderr


def test_push_says_what_docker_says_and_sends_each_layer_once(davit, app, other):
    name, one, two = app
    target = f"{other.address}/other/app"
    davit("pull", "-aq", name)
    for tag in ("latest", "1.0.0", "1.1.0"):
        davit("tag", f"{name}:{tag}", f"{target}:{tag}")

    pushed = davit("push", "-a", target)

    assert pushed.lines[0] == f"The push refers to repository [{target}]"
    assert [line for line in pushed.lines if "digest:" in line] == [
        f"1.0.0: digest: {one.digest} size: {len(one.manifest)}", f"1.1.0: digest: {two.digest} size: {len(two.manifest)}",
        f"latest: digest: {two.digest} size: {len(two.manifest)}"]
    base = short(one.layers[0].diff_id)
    assert [line for line in pushed.lines if line.startswith(base) and "Preparing" not in line] == \
        [f"{base}: Pushed", f"{base}: Layer already exists", f"{base}: Layer already exists"]
    assert len(other.requests("PATCH .* 202")) == 5, "three layers and two configs"
    assert other.get_manifest("other/app", "latest")[1] == two.manifest
    assert davit("push", "-aq", target).output == f"{target}\n"


def test_push_of_a_repository_that_is_not_here(davit, registry):
    target = f"{registry.address}/other/none"
    failed = davit("push", "-a", target, code=1)
    assert failed.lines == [f"The push refers to repository [{target}]"]
    assert failed.stderr == f"An image does not exist locally with the tag: {target}\n"


def test_push_goes_on_after_a_tag_that_is_refused_and_names_it(davit, app):
    name, one, two = app
    davit("pull", "-aq", name)
    other = PushableRegistry()
    target = f"{other.address}/other/app"
    for tag in ("1.0.0", "1.1.0", "latest"):
        davit("tag", f"{name}:{tag}", f"{target}:{tag}")
    other.on("PUT .*/manifests/1.1.0", lambda exchange: exchange.reply(403, b'{"errors":[{"code":"DENIED","message":"1.1.0 is immutable"}]}'))

    failed = davit("push", "-a", target, code=1)

    assert failed.stderr == "1.1.0: denied: 1.1.0 is immutable\n"
    assert other.tags("other/app") == ["1.0.0", "latest"]
    other.stop()
