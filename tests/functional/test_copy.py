"""davit copy: from registry to registry, past the store."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading

import pytest
from testing import images
from testing.davit_registry import DavitRegistry
from testing.fixtures import USER, on_each_registry
from testing.peers import skopeo
from testing.processes import wait_until
from testing.pushable_registry import PushableRegistry
from testing.registry import Registry


def short(name):
    return name.removeprefix("sha256:")[:12]


@pytest.fixture
def target():
    """One in memory."""
    server = PushableRegistry()
    yield server
    server.stop()


def made(text, **how):
    return images.image(images.layer(images.file("base", "the same in all\n")), images.layer(images.file("text", text)), **how)


def push_many(registry, name, oci=True):
    """An index of two platforms and an attestation, as BuildKit makes it: (reference, digest, parts)."""
    parts = [(made(architecture, architecture=architecture, oci=oci), {"os": "linux", "architecture": architecture}) for architecture in ("amd64", "arm64")]
    parts.append((images.image(images.layer(images.file("statement", "{}")), oci=oci), {"os": "unknown", "architecture": "unknown"}))
    reference, digest = registry.push_index(name, *parts, oci=oci)
    return reference, digest, parts


@on_each_registry
def test_copied_layers_and_the_last_line_and_no_store(davit, registry, other):
    image = made("one")
    reference = registry.push("team/app:1.0.0", image)
    target = f"{other.address}/prod/app:1.0.0"

    copied = davit("copy", reference, target)

    assert copied.lines[0] == f"Copying {reference} to [{other.address}/prod/app]"
    for one in image.layers:
        assert f"{short(one.digest)}: Preparing" in copied.lines
        assert f"{short(one.digest)}: Copied" in copied.lines
    assert copied.lines[-1] == f"1.0.0: digest: {image.digest} size: {len(image.manifest)}"
    assert copied.stderr == ""
    assert other.get_manifest("prod/app", "1.0.0") == (image.media_type, image.manifest)
    assert all(other.has_blob("prod/app", images.digest(blob)) for blob in image.blobs())
    assert not davit.root.exists()


def test_store_that_is_there_is_not_touched(davit, registry, other):
    reference = registry.push_busybox("team/app:1.0.0")
    davit("pull", "-q", reference)
    davit("tag", reference, "mine:1")
    def everything():
        return sorted((str(path), path.lstat().st_mtime_ns, path.lstat().st_size) for path in davit.root.rglob("*"))
    before = everything()

    davit("copy", reference, f"{other.address}/prod/app:1.0.0")

    assert everything() == before


@on_each_registry
@pytest.mark.parametrize("oci", [False, True], ids=["docker list", "OCI index"])
def test_index_is_copied_byte_by_byte_with_all_it_lists(davit, registry, other, oci):
    reference, digest, parts = push_many(registry, "team/app:1.0.0", oci=oci)

    copied = davit("copy", reference, f"{other.address}/prod/app:1.0.0")

    assert "All platforms: linux/amd64, linux/arm64" in copied.lines
    assert copied.lines[-1].startswith(f"1.0.0: digest: {digest} size: ")
    assert skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{other.address}/prod/app:1.0.0").encode() == registry.get_manifest("team/app", "1.0.0")[1]
    for image, _ in parts:
        assert other.get_manifest("prod/app", image.digest) == (image.media_type, image.manifest)
    puts = [request.path.split("/")[-1] for request in other.requests("PUT .*/manifests/")]
    assert puts == [*(image.digest for image, _ in parts), "1.0.0"], "children first, the tag last"


def test_one_platform_is_copied_and_its_other_digest_is_said(davit, registry, other):
    reference, digest, parts = push_many(registry, "team/app:1.0.0")

    copied = davit("copy", "--platform", "linux/arm64", reference, f"{other.address}/prod/app:1.0.0")

    arm = parts[1][0]
    assert f"Of {reference} the manifest for linux/arm64 alone: its digest is {arm.digest}, the index's is {digest}" in copied.lines
    assert copied.lines[-1] == f"1.0.0: digest: {arm.digest} size: {len(arm.manifest)}"
    assert other.get_manifest("prod/app", "1.0.0")[1] == arm.manifest
    assert not other.has_blob("prod/app", parts[0][0].layers[1].digest)


def test_platform_that_is_not_there(davit, registry, other):
    many, _, _ = push_many(registry, "team/many:1")
    single = registry.push("team/single:1", made("x"))

    of_index = davit("copy", "--platform", "linux/s390x", many, f"{other.address}/prod/app:1", code=1)
    of_manifest = davit("copy", "--platform", "linux/arm64", single, f"{other.address}/prod/app:1", code=1)

    assert f"no matching manifest for linux/s390x in the manifest list entries: {many} is there for linux/amd64, linux/arm64" in of_index.stderr
    assert f"image with reference {single} was found but its platform (linux/amd64) does not match the specified platform (linux/arm64)" in of_manifest.stderr
    assert other.requests("PUT|POST") == []


def test_platform_of_an_image_for_it(davit, registry, other):
    image = made("x")
    davit("copy", "--platform", "linux/amd64", registry.push("team/single:1", image), f"{other.address}/prod/app:1")
    assert other.get_manifest("prod/app", "1")[1] == image.manifest


@on_each_registry
def test_blobs_of_the_same_registry_are_mounted(davit, registry):
    image = made("one")
    reference = registry.push("team/app:1.0.0", image)
    registry.forget_requests()

    copied = davit("copy", reference, f"{registry.address}/prod/app:1.0.0")

    for one in image.layers:
        assert f"{short(one.digest)}: Mounted from team/app" in copied.lines
    assert registry.requests("PATCH|GET .*/blobs/") == []
    assert registry.get_manifest("prod/app", "1.0.0")[1] == image.manifest


@on_each_registry
def test_new_tag_in_the_same_repository_sends_no_blob(davit, registry):
    image = made("one")
    reference = registry.push("team/app:1.0.0", image)
    registry.forget_requests()

    copied = davit("copy", reference, f"{registry.address}/team/app:stable")

    assert f"{short(image.layers[0].digest)}: Layer already exists" in copied.lines
    assert registry.requests("PATCH|POST|GET .*/blobs/") == []
    assert registry.get_manifest("team/app", "stable")[1] == image.manifest


def test_what_is_there_is_not_sent_again(davit, registry, other):
    first, second = made("one"), made("two")
    davit("copy", registry.push("team/app:1.0.0", first), f"{other.address}/prod/app:1.0.0")
    registry.forget_requests()

    copied = davit("copy", registry.push("team/app:1.1.0", second), f"{other.address}/prod/app:1.1.0")

    assert f"{short(second.layers[0].digest)}: Layer already exists" in copied.lines
    assert f"{short(second.layers[1].digest)}: Copied" in copied.lines
    assert {request.path.split("/")[-1] for request in registry.requests("GET .*/blobs/")} == {second.layers[1].digest, second.id}


def test_layer_listed_twice_and_an_empty_one_are_copied_once(davit, registry, other):
    one = images.layer(images.file("a", "x"))
    image = images.image(one, one)
    copied = davit("copy", registry.push("team/app:1", image), f"{other.address}/prod/app:1")
    assert copied.lines.count(f"{short(one.digest)}: Copied") == 1
    assert other.get_manifest("prod/app", "1")[1] == image.manifest


def test_target_takes_the_sources_tag(davit, registry, other):
    image = made("one")
    registry.push("team/app:2.1.0", image)
    registry.push("team/app:latest", image)

    davit("copy", f"{registry.address}/team/app:2.1.0", f"{other.address}/prod/app")
    by_default = davit("copy", f"{registry.address}/team/app", f"{other.address}/prod/app")

    assert by_default.lines[0] == "Using default tag: latest"
    assert other.get_manifest("prod/app", "2.1.0") == other.get_manifest("prod/app", "latest")


def test_source_by_digest(davit, registry, other):
    image = made("one")
    registry.push("team/app:1.0.0", image)
    source = f"{registry.address}/team/app@{image.digest}"

    refused = davit("copy", source, f"{other.address}/prod/app", code=1)
    davit("copy", source, f"{other.address}/prod/app:1.0.0")
    plain = davit("copy", source, f"{other.address}/prod/second@{image.digest}")

    assert refused.stderr == (f"the source has no tag to take: give the target one ({other.address}/prod/app:TAG), or copy by digest "
                              f"({other.address}/prod/app@{image.digest})\n")
    assert other.get_manifest("prod/app", "1.0.0")[1] == image.manifest
    assert plain.lines[-1] == f"{image.digest}: digest: {image.digest} size: {len(image.manifest)}"
    assert other.get_manifest("prod/second", image.digest)[1] == image.manifest


def test_digest_of_the_target_must_be_that_of_the_source(davit, registry, other):
    image = made("one")
    reference = registry.push("team/app:1.0.0", image)
    wrong = "sha256:" + "0" * 64

    refused = davit("copy", reference, f"{other.address}/prod/app:1.0.0@{wrong}", code=1)
    davit("copy", reference, f"{other.address}/prod/app:1.0.0@{image.digest}")

    assert f"{reference} is {image.digest}, not the {wrong} that the target names" in refused.stderr
    assert other.get_manifest("prod/app", "1.0.0")[1] == image.manifest


def test_quiet_prints_the_target_alone(davit, registry, other):
    target = f"{other.address}/prod/app:1.0.0"
    assert davit("copy", "-q", registry.push_busybox("team/app:1.0.0"), target).output == f"{target}\n"


def test_foreign_layers_are_passed_over(davit, registry, target):
    image = made("one")
    manifest = json.loads(image.manifest)
    foreign = {"mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "size": 5, "digest": "sha256:" + "f" * 64, "urls": ["https://example.com/x"]}
    manifest["layers"].insert(0, foreign)
    source = PushableRegistry()
    image.manifest = json.dumps(manifest).encode()
    reference = source.add("team/app:1", image)

    copied = davit("copy", reference, f"{target.address}/prod/app:1")

    assert f"{'f' * 12}: Skipped foreign layer" in copied.lines
    assert target.manifests["prod/app", "1"][0] == image.manifest
    assert source.requests(f"blobs/{foreign['digest']}") == [] and target.requests(f"blobs/{foreign['digest']}") == []
    source.stop()


@on_each_registry
def test_what_is_no_image_is_copied_too(davit, registry, other):
    chart = made("chart", oci=True)
    manifest = json.loads(chart.manifest)
    manifest["config"]["mediaType"] = "application/vnd.cncf.helm.config.v1+json"
    chart.manifest = json.dumps(manifest).encode()
    davit("copy", registry.push("charts/app:0.1.0", chart), f"{other.address}/charts/app:0.1.0")
    assert other.get_manifest("charts/app", "0.1.0")[1] == chart.manifest


def test_on_a_terminal(davit, registry, other):
    image = made("one")
    reference = registry.push("team/app:1.0.0", image)
    ours, theirs = pty.openpty()
    process = davit.start("copy", reference, f"{other.address}/prod/app:1.0.0", stdout=theirs, stderr=theirs, env={"TERM": "xterm"})
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # the end, as Linux tells it
        pass
    assert process.wait(timeout=20) == 0
    process.stdout = process.stderr = None
    for one in image.layers:
        assert f"{short(one.digest)}: Copied".encode() in shown
    assert f"1.0.0: digest: {image.digest}".encode() in shown
    os.close(ours)


def test_docker_pulls_what_was_copied(davit, registry, other, docker):
    image = images.busybox(text="promoted\n")
    target = f"{other.address}/prod/app:1.0.0"
    davit("copy", registry.push("team/app:1.0.0", image), target)
    docker("pull", "-q", target)
    assert json.loads(docker("inspect", target))[0]["Id"] == image.id


# --- the release rule ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("tag", ["1.0.0", "v1.0.0", "1.0.0-rc.1", "1.0.0-alpine"])
def test_full_version_that_means_another_is_not_overwritten(davit, registry, other, tag):
    old, new = made("old"), made("new")
    davit("copy", registry.push("team/app:old", old), f"{other.address}/prod/app:{tag}")
    other.forget_requests()

    refused = davit("copy", registry.push("team/app:new", new), f"{other.address}/prod/app:{tag}", code=1)

    assert f"{other.address}/prod/app:{tag}" in refused.stderr and old.digest in refused.stderr and new.digest in refused.stderr
    assert "--force-tag" in refused.stderr
    assert [str(request) for request in other.requests()] == [f"HEAD /v2/prod/app/manifests/{tag} 200"]

    davit("copy", "--force-tag", f"{registry.address}/team/app:new", f"{other.address}/prod/app:{tag}")
    assert other.get_manifest("prod/app", tag)[1] == new.manifest


def test_same_digest_is_no_move_and_other_tags_move(davit, registry, other):
    old, new = made("old"), made("new")
    reference = registry.push("team/app:old", old)
    davit("copy", reference, f"{other.address}/prod/app:1.0.0")
    davit("copy", reference, f"{other.address}/prod/app:1.0")

    davit("copy", reference, f"{other.address}/prod/app:1.0.0")
    davit("copy", registry.push("team/app:new", new), f"{other.address}/prod/app:1.0")

    assert other.get_manifest("prod/app", "1.0.0")[1] == old.manifest
    assert other.get_manifest("prod/app", "1.0")[1] == new.manifest


def test_version_that_appears_meanwhile_is_not_overwritten(davit, registry, target):
    theirs, ours = made("theirs"), made("ours")
    reference = registry.push("team/app:1.0.0", ours)

    def somebody_else(exchange):
        target.add_manifest("prod/app", "1.0.0", theirs.manifest, theirs.media_type)
        exchange.default()

    target.on("POST .*/uploads/", somebody_else, times=1)
    refused = davit("copy", reference, f"{target.address}/prod/app:1.0.0", code=1)

    assert theirs.digest in refused.stderr
    assert target.digest_of("prod/app", "1.0.0") == theirs.digest


# --- credentials, TLS ------------------------------------------------------------------------------------------------

def login(davit, registry):
    davit("login", "-u", USER[0], "--password-stdin", registry.address, stdin=USER[1])


@on_each_registry
def test_under_htpasswd(davit, registry, registry_program, password_registry):
    image = made("one")
    reference, target = registry.push("team/app:1.0.0", image), f"{password_registry.address}/prod/app:1.0.0"

    refused = davit("copy", reference, target, code=1)
    login(davit, password_registry)
    davit("copy", reference, target)
    davit("copy", target, f"{password_registry.address}/prod/second:1.0.0")

    assert {DavitRegistry: "denied: requested access to the resource is denied", Registry: "no basic auth credentials"}[registry_program] in refused.stderr
    assert password_registry.get_manifest("prod/app", "1.0.0")[1] == image.manifest
    assert password_registry.get_manifest("prod/second", "1.0.0")[1] == image.manifest


def test_tokens_for_both_repositories_and_the_mount(davit, registry, token_registry):
    image = made("one")
    reference = registry.push("team/app:1.0.0", image)
    target = f"{token_registry.address}/prod/app:1.0.0"
    anonymous = davit("copy", reference, target, code=1)
    login(davit, token_registry)
    davit("copy", reference, target)
    token_registry.tokens.requests.clear()

    copied = davit("copy", target, f"{token_registry.address}/prod/second:1.0.0")

    assert "denied" in anonymous.stderr
    assert f"{short(image.layers[0].digest)}: Mounted from prod/app" in copied.lines
    asked = [sorted(request.scopes) for request in token_registry.tokens.requests]
    assert ["repository:prod/app:pull", "repository:prod/second:pull,push"] in asked
    assert all(request.user == USER[0] for request in token_registry.tokens.requests)


def test_under_tls(davit, registry, trusted_tls_registry):
    image = made("one")
    reference = registry.push("team/app:1.0.0", image)
    target = f"{trusted_tls_registry.address}/prod/app:1.0.0"

    davit("copy", reference, target)
    davit("copy", target, f"{registry.address}/back/app:1.0.0")

    assert registry.get_manifest("back/app", "1.0.0")[1] == image.manifest


# --- bad input -------------------------------------------------------------------------------------------------------

def test_source_that_is_not_there(davit, registry, other):
    registry.push_busybox("team/app:1.0.0")
    no_tag = davit("copy", f"{registry.address}/team/app:9.9.9", f"{other.address}/prod/app", code=1)
    no_repository = davit("copy", f"{registry.address}/team/none:1", f"{other.address}/prod/app", code=1)
    nobody = davit("copy", "127.0.0.1:1/team/app:1", f"{other.address}/prod/app", code=1)
    assert no_tag.stderr == f"Error response from daemon: manifest for {registry.address}/team/app:9.9.9 not found: manifest unknown: manifest unknown\n"
    assert f"{registry.address}/team/none" in no_repository.stderr and "unknown" in no_repository.stderr
    assert "127.0.0.1:1" in nobody.stderr and "refused" in nobody.stderr
    assert other.requests() == []


def test_source_and_target_are_the_same(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    registry.forget_requests()
    refused = davit("copy", reference, f"{registry.address}/team/app", code=1)
    assert f"source and target are the same: {reference}" in refused.stderr
    assert registry.requests() == []


@pytest.mark.parametrize("names, words", [(["a", "BAD"], "must be lowercase"), (["x y", "b"], "invalid reference format"), (["a"], "requires 2 arguments")])
def test_malformed_names(davit, names, words):
    assert words in davit("copy", *names, code=None).stderr


def test_interrupted_copy_leaves_no_tag(davit, fake_registry, other):
    image = images.image(images.layer(images.file("big", os.urandom(4_000_000))))
    reference = fake_registry.add("team/app:1.0.0", image)
    fake_registry.on("GET .*/blobs/" + image.layers[0].digest, lambda exchange: exchange.default(pace=(20_000, 0.05)))
    process = davit.start("copy", reference, f"{other.address}/prod/app:1.0.0")
    wait_until(lambda: fake_registry.bytes_sent() > 100_000, what="bytes")

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)

    assert process.returncode == 130 and b"interrupted" in errors
    assert other.requests("PUT .*/manifests/") == []
    assert other.request("GET", "/v2/prod/app/manifests/1.0.0")[0] == 404


def test_broken_connection_to_the_source_goes_on_where_it_stopped(davit, fake_registry, other):
    image = images.image(images.layer(images.file("big", os.urandom(3_000_000))))
    layer = image.layers[0].digest
    reference = fake_registry.add("team/app:1.0.0", image)
    fake_registry.on(f"GET .*/blobs/{layer}", lambda exchange: exchange.default(cut_after=1_000_000), times=2)

    davit("copy", reference, f"{other.address}/prod/app:1.0.0")

    ranges = [seen.headers.get("Range") for seen in fake_registry.requests(f"GET .*/blobs/{layer}")]
    assert ranges[0] is None and len(ranges) == 3 and all(one.startswith("bytes=") for one in ranges[1:])
    assert len(other.requests("PATCH 202|PATCH .* 202")) == 2, "layer and config, each once"
    assert other.get_manifest("prod/app", "1.0.0")[1] == image.manifest


def test_broken_upload_is_tried_again(davit, registry, target):
    image = made("one")
    reference = registry.push("team/app:1.0.0", image)
    target.on("PATCH ", lambda exchange: exchange.hang_up(), times=1)
    davit("copy", reference, f"{target.address}/prod/app:1.0.0")
    assert target.digest_of("prod/app", "1.0.0") == image.digest


def test_target_that_takes_pieces_only(davit, fake_registry, target):
    image = images.image(images.layer(images.file("big", os.urandom(3_000_000))))
    reference = fake_registry.add("team/app:1.0.0", image)
    target.on("PATCH ", lambda exchange: exchange.reply(413) if len(exchange.body) > 1_000_000 else exchange.default())

    davit("copy", reference, f"{target.address}/prod/app:1.0.0")

    assert target.blobs[image.layers[0].digest] == image.layers[0].blob
    assert len(fake_registry.requests(f"GET .*/blobs/{image.layers[0].digest}")) <= 3, "opened once for each size that was tried"


def test_target_that_takes_no_more(davit, registry, target):
    reference = registry.push_busybox("team/app:1.0.0")
    target.on("PATCH ", lambda exchange: exchange.reply(503, b"no space", Retry_After="1000"))
    failed = davit("copy", reference, f"{target.address}/prod/app:1.0.0", code=1)
    assert "503" in failed.stderr and target.address in failed.stderr
    assert target.requests("PUT ") == []


@on_each_registry
def test_target_whose_disk_is_full(davit, registry, registry_program, folder):
    (folder / "small").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder / "small"], check=True)
    small = registry_program(folder / "small")
    reference = registry.push("team/app:1.0.0", images.image(images.layer(images.file("big", os.urandom(2_000_000)))))

    failed = davit("copy", reference, f"{small.address}/prod/app:1.0.0", code=1)

    assert {DavitRegistry: "507 Insufficient Storage", Registry: "500 Internal Server Error"}[registry_program] in failed.stderr and small.address in failed.stderr
    assert small.requests("PUT .*/manifests/") == []
    small.stop()
    subprocess.run(["umount", folder / "small"], check=True)


@pytest.mark.parametrize("which", ["layer", "config"])
def test_source_blob_that_is_not_its_digest(davit, fake_registry, target, which):
    image = made("one")
    reference = fake_registry.add("team/app:1.0.0", image)
    name = image.layers[0].digest if which == "layer" else image.id
    blob = fake_registry.blobs[name]
    fake_registry.blobs[name] = blob[:-1] + bytes([blob[-1] ^ 1])

    failed = davit("copy", reference, f"{target.address}/prod/app:1.0.0", code=1)

    assert f"wrong digest of a blob: expected {name}" in failed.stderr
    assert target.requests("PUT .*/manifests/") == [] and name not in target.blobs


def test_first_failure_is_told_and_the_others_are_broken_off(davit, fake_registry, target):
    layers = [images.layer(images.file(name, os.urandom(1_500_000))) for name in ("bottom", "middle", "top")]
    image = images.image(*layers)
    reference = fake_registry.add("team/app:1.0.0", image)
    wrong = layers[1].digest
    fake_registry.blobs[wrong] = fake_registry.blobs[wrong][:-1] + b"?"
    for slow in (layers[0].digest, layers[2].digest):
        fake_registry.on(f"GET .*/blobs/{slow}", lambda exchange: exchange.default(pace=(20_000, 0.05)))

    failed = davit("copy", reference, f"{target.address}/prod/app:1.0.0", code=1)

    assert failed.stderr == f"Error response from daemon: wrong digest of a blob: expected {wrong}, got {images.digest(fake_registry.blobs[wrong])}\n"
    assert target.requests("PUT ") == []


def test_stalled_source_of_another_blob_is_not_waited_for(davit, fake_registry, target):
    layers = [images.layer(images.file(name, os.urandom(1_500_000))) for name in ("bottom", "top")]
    reference = fake_registry.add("team/app:1.0.0", images.image(*layers))
    stalled, missing = layers[0].digest, layers[1].digest
    begun, released = threading.Event(), threading.Event()

    def stall(exchange):
        handler = exchange.handler
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(layers[0].blob)))
        handler.end_headers()
        handler.wfile.write(layers[0].blob[:100_000])
        handler.wfile.flush()
        begun.set()
        released.wait(90)
        exchange.hang_up()

    def absent(exchange):
        begun.wait(30)
        exchange.reply(404)

    fake_registry.on(f"GET .*/blobs/{stalled}", stall)
    fake_registry.on(f"GET .*/blobs/{missing}", absent)
    try:
        failed = davit("copy", reference, f"{target.address}/prod/app:1.0.0", code=1, timeout=40)  # a stalled server is else given a minute
    finally:
        released.set()
    assert f"blob {missing} not found" in failed.stderr and "cancel" not in failed.stderr


def test_source_blob_that_is_missing(davit, fake_registry, target):
    image = made("one")
    reference = fake_registry.add("team/app:1.0.0", image)
    del fake_registry.blobs[image.layers[1].digest]
    failed = davit("copy", reference, f"{target.address}/prod/app:1.0.0", code=1)
    assert f"blob {image.layers[1].digest} not found" in failed.stderr
    assert target.requests("PUT .*/manifests/") == []


def test_missing_manifest_of_an_index_is_named_by_its_platform(davit, registry, other):
    reference, _, parts = push_many(registry, "team/app:1.0.0")
    registry.delete_manifest("team/app", parts[1][0].digest)

    failed = davit("copy", reference, f"{other.address}/prod/app:1.0.0", code=1)

    assert f"{registry.address}/team/app lists a manifest for linux/arm64 that the registry does not have: {parts[1][0].digest}" in failed.stderr
    assert other.requests("PUT|POST") == []


def test_schema_1_is_refused(davit, fake_registry, target):
    reference = fake_registry.add_manifest("team/app", "1", b'{"schemaVersion":1}', "application/vnd.docker.distribution.manifest.v1+prettyjws")
    failed = davit("copy", reference, f"{target.address}/prod/app:1", code=1)
    assert "schema 1" in failed.stderr and target.requests("PUT|POST") == []


def test_memory_is_bounded(davit, registry, other):
    content = os.urandom(1 << 20) * 80
    layers = [images.layer(images.file(name, content), compression="none") for name in ("a", "b", "c")]
    reference = registry.push("team/app:1", images.image(*layers))
    # Measured by a small process: what a child of ours counts begins with our own size.
    measure = ("import os, subprocess, sys; process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL); "
               "_, status, usage = os.wait4(process.pid, 0); print(status, usage.ru_maxrss)")
    command = davit.command("copy", "-q", reference, f"{other.address}/prod/app:1")
    status, peak = map(int, subprocess.run([sys.executable, "-c", measure, *command], env=davit.environment, capture_output=True, check=True).stdout.split())
    assert status == 0
    assert peak < 60 * 1024, f"{peak} KiB for three layers of 80 MiB"
