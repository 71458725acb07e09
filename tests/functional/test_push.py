"""davit push."""

import json
import os

import pytest
from testing import images
from testing.fixtures import USER, on_each_registry


def short(name):
    return name.removeprefix("sha256:")[:12]


@pytest.fixture
def app(davit, registry):
    """An image that was pulled from one registry path: its Image and its reference."""
    image = images.busybox(text="one\n")
    reference = registry.push("team/app:1.0.0", image)
    davit("pull", "-q", reference)
    return image, reference


@on_each_registry
def test_pushed_layers_and_the_last_line(davit, app, other):
    image, reference = app
    target = f"{other.address}/copy/app:2"
    davit("tag", reference, target)

    pushed = davit("push", target)

    assert pushed.lines[0] == f"The push refers to repository [{other.address}/copy/app]"
    for one in image.layers:
        assert f"{short(one.diff_id)}: Preparing" in pushed.lines
        assert f"{short(one.diff_id)}: Pushed" in pushed.lines
    assert pushed.lines[-1] == f"2: digest: {image.digest} size: {len(image.manifest)}"


@on_each_registry
def test_push_sends_the_very_bytes_that_were_pulled(davit, app, other):
    image, reference = app
    target = f"{other.address}/copy/app:2"
    davit("tag", reference, target)

    davit("push", target)

    assert other.get_manifest("copy/app", "2") == (image.media_type, image.manifest)
    assert all(other.has_blob("copy/app", one.digest) for one in image.layers)


@on_each_registry
def test_layers_that_are_there_are_not_sent(davit, app, registry):
    image, reference = app
    registry.forget_requests()

    pushed = davit("push", reference)

    for one in image.layers:
        assert f"{short(one.diff_id)}: Layer already exists" in pushed.lines
    assert registry.requests("PATCH|POST") == []


@on_each_registry
def test_layers_of_another_repository_are_mounted(davit, app, registry):
    image, reference = app
    target = f"{registry.address}/team/second:1"
    davit("tag", reference, target)
    registry.forget_requests()

    pushed = davit("push", target)

    for one in image.layers:
        assert f"{short(one.diff_id)}: Mounted from team/app" in pushed.lines
    assert len(registry.requests("PATCH")) <= 1, "more than the config was sent"
    assert registry.get_manifest("team/second", "1")[1] == image.manifest


def test_quiet_prints_the_reference_alone(davit, app):
    _, reference = app
    assert davit("push", "-q", reference).output == f"{reference}\n"


def test_default_tag_is_latest_and_is_said(davit, app, registry):
    image, reference = app
    davit("tag", reference, f"{registry.address}/team/app")

    pushed = davit("push", f"{registry.address}/team/app")

    assert pushed.lines[0] == "Using default tag: latest"
    assert pushed.lines[-1] == f"latest: digest: {image.digest} size: {len(image.manifest)}"


def test_unknown_image(davit, registry):
    target = f"{registry.address}/team/nothere"

    failed = davit("push", f"{target}:1.0", code=1)

    assert failed.lines == [f"The push refers to repository [{target}]"]
    assert failed.stderr == f"An image does not exist locally with the tag: {target}\n"


def test_unknown_tag_of_a_known_repository(davit, app, registry):
    target = f"{registry.address}/team/app:nosuch"
    failed = davit("push", target, code=1)
    assert failed.stderr == f"tag does not exist: {target}\n"


def test_digest_reference_is_refused(davit, app, registry):
    image, _ = app
    failed = davit("push", f"{registry.address}/team/app@{image.digest}", code=1)
    assert failed.stderr == "cannot push a digest reference\n"


def test_whole_index_is_pushed_when_all_of_it_is_here(davit, registry, other):
    parts = [(images.image(images.layer(images.file("a", name)), architecture=name), {"os": "linux", "architecture": name}) for name in ("amd64", "arm64")]
    reference, digest = registry.push_index("team/many:1", *parts)
    for _, platform in parts:
        davit("pull", "-q", "--platform", f"linux/{platform['architecture']}", reference)
    davit("tag", reference, f"{other.address}/team/many:1")

    pushed = davit("push", f"{other.address}/team/many:1")

    assert pushed.lines[-1].startswith(f"1: digest: {digest} ")
    assert images.digest(other.get_manifest("team/many", "1")[1]) == digest


def test_index_of_which_a_part_is_here_pushes_that_part_and_says_so(davit, registry, other):
    parts = [(images.image(images.layer(images.file("a", name)), architecture=name), {"os": "linux", "architecture": name}) for name in ("amd64", "arm64")]
    reference, digest = registry.push_index("team/many:1", *parts)
    davit("pull", "-q", reference)
    davit("tag", reference, f"{other.address}/team/many:1")

    pushed = davit("push", f"{other.address}/team/many:1")

    assert other.get_manifest("team/many", "1")[1] == parts[0][0].manifest
    assert parts[0][0].digest in pushed.stdout
    assert f"Not all platforms of {other.address}/team/many:1 are here" in pushed.stdout


def test_without_credentials(davit, app, basic_registry):
    _, reference = app
    target = f"{basic_registry.address}/team/app:1"
    davit("tag", reference, target)

    failed = davit("push", target, code=1)

    assert failed.stderr == "no basic auth credentials\n"


@on_each_registry
def test_under_htpasswd(davit, app, password_registry):
    image, reference = app
    target = f"{password_registry.address}/team/app:1"
    davit("tag", reference, target)
    davit("login", "-u", USER[0], "--password-stdin", password_registry.address, stdin=USER[1])

    davit("push", target)

    assert password_registry.get_manifest("team/app", "1")[1] == image.manifest


def test_under_token_authentication(davit, app, token_registry):
    image, reference = app
    target = f"{token_registry.address}/team/app:1"
    davit("tag", reference, target)
    davit("push", target, code=1)
    davit("login", "-u", USER[0], "--password-stdin", token_registry.address, stdin=USER[1])

    assert davit("push", target).lines[-1] == f"1: digest: {image.digest} size: {len(image.manifest)}"
    scopes = [scope for request in token_registry.tokens.requests for scope in request.scopes]
    assert "repository:team/app:pull,push" in scopes or "repository:team/app:push,pull" in scopes


@on_each_registry
def test_under_tls(davit, app, trusted_tls_registry):
    image, reference = app
    target = f"{trusted_tls_registry.address}/team/app:1"
    davit("tag", reference, target)

    davit("push", target)

    assert trusted_tls_registry.get_manifest("team/app", "1")[1] == image.manifest


def test_imported_image_is_pushed_and_pulled_back(davit, registry, folder):
    (folder / "a.tar").write_bytes(images.tar_of(*images.busybox_entries(images.file("big", os.urandom(3_000_000)))))
    target = f"{registry.address}/team/imported:1"
    identity = davit("import", folder / "a.tar", target).stdout.strip()
    davit("push", target)
    davit("rmi", target)

    davit("pull", target)

    assert davit.id_of(target) == identity
    manifest = json.loads(registry.get_manifest("team/imported", "1")[1])
    assert len(manifest["layers"]) == 1


def test_unreachable_registry(davit, app):
    _, reference = app
    davit("tag", reference, "127.0.0.1:1/x:1")

    failed = davit("push", "127.0.0.1:1/x:1", code=1)

    assert "127.0.0.1:1" in failed.stderr and "refused" in failed.stderr.lower()


def test_upload_is_tried_again_after_a_5xx(davit, app, fake_registry):
    image, reference = app
    target = f"{fake_registry.address}/team/app:1"
    davit("tag", reference, target)
    stored = {}

    def begin(exchange):
        exchange.reply(202, Location=f"/v2/team/app/blobs/uploads/u{len(stored)}", Docker_Upload_UUID="u")

    fake_registry.on("POST ", lambda exchange: exchange.reply(503, b"{}"), times=1)
    fake_registry.on("POST ", begin)
    fake_registry.on("PATCH ", lambda exchange: exchange.reply(202, Location=exchange.seen.path, Range="0-0"))
    fake_registry.on("PUT .*/uploads/", lambda exchange: (stored.update({exchange.seen.path: 1}), exchange.reply(201, Location="/x")))
    fake_registry.on("PUT .*/manifests/", lambda exchange: exchange.reply(201, Docker_Content_Digest=image.digest))

    davit("push", target)

    assert len(fake_registry.requests("PUT .*/manifests/1")) == 1
