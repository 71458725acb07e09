"""davit tags ls and tags rm: the tags of a repository in its registry."""

import json
import os
import pty

import pytest
from testing import images
from testing.fixtures import USER, on_docker_registry, on_each_registry
from testing.peers import skopeo
from testing.pushable_registry import PushableRegistry


def made(text, **how):
    return images.image(images.layer(images.file("text", text)), **how)


def tags_of(registry, repository):
    return sorted(json.loads(registry.request("GET", f"/v2/{repository}/tags/list")[2])["tags"] or [])


# --- ls --------------------------------------------------------------------------------------------------------------

@pytest.fixture
def app(registry):
    image = made("x")
    for tag in ("1.9.0", "1.10.0", "v2.0.0", "2.0.0-rc.1", "latest", "main", "1.9", "1.10"):
        registry.push(f"team/app:{tag}", image)
    return f"{registry.address}/team/app"


def test_versions_highest_first_and_how_many_others(davit, app):
    listed = davit("tags", "ls", app)
    assert listed.lines == ["v2.0.0", "2.0.0-rc.1", "1.10.0", "1.9.0"]
    assert listed.stderr == "4 other tags are no full versions: --all shows them too\n"
    assert not davit.root.exists()


def test_all(davit, app):
    for flag in ("--all", "-a"):
        listed = davit("tags", "ls", flag, app)
        assert listed.lines == ["v2.0.0", "2.0.0-rc.1", "1.10.0", "1.9.0", "1.9", "1.10", "main", "latest"]
        assert listed.stderr == ""


def test_json_and_table(davit, app):
    rows = [json.loads(line) for line in davit("tags", "ls", "--format", "json", app).lines]
    assert rows[0] == {"Repository": app, "Tag": "v2.0.0", "Version": "2.0.0"}
    rows = [json.loads(line) for line in davit("tags", "ls", "--format", "json", "-a", app).lines]
    assert rows[-1] == {"Repository": app, "Tag": "latest", "Version": ""}
    table = davit("tags", "ls", "--format", "table {{.Tag}}\t{{.Version}}", app).lines
    assert table[0].split() == ["TAG", "VERSION"] and table[1].split() == ["v2.0.0", "2.0.0"]


def test_repository_that_the_registry_does_not_know(davit, registry):
    name = f"{registry.address}/team/none"
    assert davit("tags", "ls", name, code=1).stderr == \
        f"Error response from daemon: repository {name} not found: name unknown: repository name not known to registry\n"


@on_each_registry
def test_repository_without_tags(davit, registry):
    registry.push("team/app:1", made("x"))
    registry.delete_manifest("team/app", made("x").digest)
    assert registry.request("GET", "/v2/team/app/tags/list")[2] in (b'{"name":"team/app","tags":null}\n', b'{"name":"team/app","tags":[]}')
    listed = davit("tags", "ls", f"{registry.address}/team/app")
    assert listed.stdout == "" and listed.stderr == f"{registry.address}/team/app has no tags\n"


def test_ten_thousand_tags_in_pages(davit, fake_registry):
    tags = [f"1.{minor}.{patch}" for minor in range(100) for patch in range(100)]
    tags.sort()  # as registries do: by text
    asked = []

    def page(exchange):
        query = dict(part.split("=") for part in exchange.seen.path.split("?")[1].split("&"))
        asked.append(query)
        begin = tags.index(query["last"]) + 1 if "last" in query else 0
        some = tags[begin:begin + int(query["n"])]
        more = {"Link": f'</v2/team/app/tags/list?n={query["n"]}&last={some[-1]}>; rel="next"'} if begin + len(some) < len(tags) else {}
        exchange.reply(200, json.dumps({"name": "team/app", "tags": some}).encode(), Content_Type="application/json", **more)

    fake_registry.on("GET .*/tags/list", page)
    listed = davit("tags", "ls", f"{fake_registry.address}/team/app").lines
    assert len(listed) == 10_000 and listed[0] == "1.99.99" and listed[-1] == "1.0.0"
    assert listed == sorted(tags, key=lambda tag: [-int(part) for part in tag.split(".")])
    assert len(asked) == 10


def test_list_that_is_none(davit, fake_registry):
    name = f"{fake_registry.address}/team/app"
    fake_registry.on("GET .*/tags/list", lambda exchange: exchange.reply(200, b"<html>"), times=1)
    assert "the answer is no list of tags" in davit("tags", "ls", name, code=1).stderr
    fake_registry.on("GET .*/tags/list", lambda exchange: exchange.reply(200, b'{"tags":["\\u001b[2J"]}'), times=1)
    assert "invalid tag" in davit("tags", "ls", name, code=1).stderr


def test_ls_wants_a_repository(davit, app):
    refused = davit("tags", "ls", app + ":1.9.0", code=1)
    assert refused.stderr == f"a repository has tags, not '{app}:1.9.0': give {app}\n"


@pytest.mark.parametrize("guarded, words", [("password_registry", "denied: requested access to the resource is denied"), ("basic_registry", "no basic auth credentials")])
def test_ls_under_htpasswd(davit, request, guarded, words):
    password_registry = request.getfixturevalue(guarded)
    password_registry.push("team/app:1.0.0", made("x"))
    name = f"{password_registry.address}/team/app"
    assert words in davit("tags", "ls", name, code=1).stderr
    davit("login", "-u", USER[0], "--password-stdin", password_registry.address, stdin=USER[1])
    assert davit("tags", "ls", name).lines == ["1.0.0"]


# --- rm --------------------------------------------------------------------------------------------------------------

def test_tag_goes_alone_where_the_registry_removes_tags(davit):
    registry = PushableRegistry(deletes_tags=True)
    image = made("x")
    registry.add("team/app:1.0.0", image)
    registry.add("team/app:latest", image)

    removed = davit("tags", "rm", f"{registry.address}/team/app:1.0.0")

    assert removed.output == f"Untagged: {registry.address}/team/app:1.0.0\n"
    assert registry.tags("team/app") == ["latest"]
    assert registry.requests("DELETE .*sha256") == []
    registry.stop()


def test_tag_goes_alone_where_davits_registry_has_it(davit, registry):
    image = made("x")
    for tag in ("1.0.0", "latest"):
        registry.push(f"team/app:{tag}", image)
    registry.forget_requests()

    removed = davit("tags", "rm", f"{registry.address}/team/app:1.0.0")

    assert removed.output == f"Untagged: {registry.address}/team/app:1.0.0\n"
    assert tags_of(registry, "team/app") == ["latest"] and registry.get_manifest("team/app", "latest")[1] == image.manifest
    assert registry.requests("DELETE .*sha256") == []


# docker-registry deletes manifests by their digests alone.

@on_docker_registry
def test_tag_that_no_other_shares_goes_with_its_manifest(davit, registry):
    image = made("x")
    registry.push("team/app:1.0.0", image)
    registry.push("team/app:1.1.0", made("y"))

    removed = davit("tags", "rm", f"{registry.address}/team/app:1.0.0")

    assert removed.lines == [f"Untagged: {registry.address}/team/app:1.0.0", f"Deleted: {image.digest}"]
    assert tags_of(registry, "team/app") == ["1.1.0"]
    assert not davit.root.exists()


@pytest.fixture
def shared(registry):
    """A tag whose image two more tags mean and an index lists."""
    image = made("x")
    for tag in ("1.0.0", "latest", "stable"):
        registry.push(f"team/app:{tag}", image)
    registry.push("team/app:other", made("y"))
    registry.push_index("team/app:many", (image, {"os": "linux", "architecture": "amd64"}))
    return f"{registry.address}/team/app:1.0.0", image


LOSSES = "these tags mean the same image and are removed too: latest, stable; this index lists it and would lack it: many"


@on_docker_registry
def test_what_else_would_be_lost_is_said_and_nothing_removed(davit, registry, shared):
    reference, image = shared
    refused = davit("tags", "rm", reference, code=1)
    assert refused.stderr == (f"{registry.address} deletes manifests by digest only, here {image.digest} of {reference}: {LOSSES}. "
                              "Nothing was removed: --force does it\n")
    assert tags_of(registry, "team/app") == ["1.0.0", "latest", "many", "other", "stable"]


@on_docker_registry
@pytest.mark.parametrize("flag", ["-f", "--force", "--yes"])
def test_forced(davit, registry, shared, flag):
    reference, image = shared
    name = f"{registry.address}/team/app"
    removed = davit("tags", "rm", flag, reference)
    assert removed.lines == [f"Untagged: {name}:1.0.0", f"Untagged: {name}:latest", f"Untagged: {name}:stable", f"Deleted: {image.digest}"]
    assert tags_of(registry, "team/app") == ["many", "other"]
    assert skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{name}:other").encode() == made("y").manifest


@on_docker_registry
@pytest.mark.parametrize("answer, removed", [("y\n", True), ("n\n", False), ("\n", False)])
def test_asked_on_a_terminal(davit, registry, shared, answer, removed):
    reference, _ = shared
    ours, theirs = pty.openpty()
    process = davit.start("tags", "rm", reference, stdin=theirs)
    os.close(theirs)
    os.write(ours, answer.encode())
    output, errors = process.communicate(timeout=20)
    os.close(ours)
    assert LOSSES.encode() in output and b"Are you sure you want to continue? [y/N] " in output
    assert process.returncode == (0 if removed else 1), errors
    assert ("1.0.0" in tags_of(registry, "team/app")) != removed
    assert removed or errors == b"Nothing was removed\n"


@on_each_registry
def test_registry_that_does_not_delete(davit, folder, registry_program):
    registry = registry_program(folder / "kept", deletes=False)
    image = made("x")
    reference = registry.push("team/app:1.0.0", image)
    registry.push("team/app:latest", image)
    registry.forget_requests()

    for flags in ([], ["--force"]):
        failed = davit("tags", "rm", *flags, reference, code=1)
        assert f"{registry.address} does not delete: {reference} is as it was" in failed.stderr

    assert registry.requests("HEAD .*/latest") == [], "found out before the other tags were looked at"
    assert tags_of(registry, "team/app") == ["1.0.0", "latest"]
    registry.stop()


def test_tag_that_is_not_there(davit, registry):
    reference = f"{registry.address}/team/app:1.0.0"
    assert davit("tags", "rm", reference, code=1).stderr == f"Error response from daemon: No such tag in the registry: {reference}\n"


def test_rm_wants_a_tag(davit, registry):
    name = f"{registry.address}/team/app"
    for wrong in (name, f"{name}@sha256:{'0' * 64}"):
        assert davit("tags", "rm", wrong, code=1).stderr == f"give the tag that is to be removed: {name}:TAG\n"


def test_rm_under_token_authentication(davit, token_registry):
    image = made("x")
    reference = f"{token_registry.address}/team/app:1.0.0"
    source = PushableRegistry()
    davit("login", "-u", USER[0], "--password-stdin", token_registry.address, stdin=USER[1])
    davit("copy", source.add("team/app:1.0.0", image), reference)

    davit("tags", "rm", reference)

    assert any("repository:team/app:delete,pull" in request.scopes for request in token_registry.tokens.requests)
    assert "not found" in davit("pull", reference, code=1).stderr
    source.stop()
