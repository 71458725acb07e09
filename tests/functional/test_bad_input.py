"""Bad input: a clear error that names the input and what to do, docker's exit code, nothing half-done."""

import json
import os
import re
import subprocess

import pytest
from testing import images
from testing.davit_registry import DavitRegistry


def nothing_half_done(davit):
    assert davit("images", "-a", "-q").lines == []


# References.

@pytest.mark.parametrize("reference, words", [
    ("BAD", "invalid reference format: repository name (library/BAD) must be lowercase"),
    ("team/BAD:1", "invalid reference format: repository name (team/BAD) must be lowercase"),
    ("x:", "invalid reference format"), (":x", "invalid reference format"), ("a//b", "invalid reference format"), ("a b", "invalid reference format"),
    ("x:" + "t" * 129, "invalid reference format"), ("", "invalid reference format"), ("http://x/y", "invalid reference format"),
    ("127.0.0.1:5000/team/app@sha256:abc", "invalid reference format"), ("x@sha256:" + "g" * 64, "invalid reference format"),
    ("a" * 64, f"invalid repository name ({'a' * 64}), cannot specify 64-byte hexadecimal strings"),
])
def test_invalid_reference(davit, reference, words):
    failed = davit("pull", reference, code=1)
    assert failed.stderr.startswith(words)
    assert failed.stdout == ""


def test_digest_of_an_unknown_algorithm(davit):
    assert "x@md5:" in davit("pull", "x@md5:" + "0" * 32, code=1).stderr or "digest" in davit("pull", "x@md5:" + "0" * 32, code=1).stderr


def test_unknown_tag(davit, registry):
    registry.push_busybox("team/app:1")
    failed = davit("pull", f"{registry.address}/team/app:2", code=1)
    assert failed.stderr == f"Error response from daemon: manifest for {registry.address}/team/app:2 not found: manifest unknown: manifest unknown\n"


def test_unknown_repository(davit, registry):
    failed = davit("pull", f"{registry.address}/team/nosuch:2", code=1)
    assert failed.stderr.startswith(f"Error response from daemon: manifest for {registry.address}/team/nosuch:2 not found: ")


def test_unknown_digest(davit, registry):
    reference = f"{registry.address}/team/app@sha256:{'0' * 64}"
    failed = davit("pull", reference, code=1)
    assert failed.stderr.startswith(f"Error response from daemon: manifest for {reference} not found: manifest unknown")


@pytest.mark.parametrize("platform", ["bad/x/y/z", "linux/", "/amd64", ""])
def test_invalid_platform(davit, registry, platform):
    reference = registry.push_busybox("team/app:1")
    if platform == "":
        davit("pull", "--platform", platform, reference, code=None)
        return
    failed = davit("pull", "--platform", platform, reference, code=1)
    assert f'"{platform}"' in failed.stderr and "platform" in failed.stderr


# Registries.

def test_unreachable_registry(davit):
    failed = davit("pull", "127.0.0.1:1/x:1", code=1)
    assert failed.stderr.startswith("Error response from daemon: ")
    assert "127.0.0.1:1" in failed.stderr and "refused" in failed.stderr.lower()


def test_registry_name_that_does_not_resolve(davit):
    failed = davit("pull", "registry.invalid/x:1", code=1)
    assert "registry.invalid" in failed.stderr


def test_tls_by_an_unknown_authority(davit, tls_registry):
    reference = tls_registry.push_busybox("team/app:1")
    failed = davit("pull", reference, code=1)
    assert "localhost" in failed.stderr and re.search(r"certificate|TLS|SSL", failed.stderr)
    nothing_half_done(davit)


def test_tls_by_another_name(davit, trusted_tls_registry, folder):
    """The certificate is for localhost and 127.0.0.1; 127.0.0.2 is neither."""
    with DavitRegistry(folder / "second", tls=trusted_tls_registry.tls, host="127.0.0.2") as second:
        failed = davit("pull", f"{second.address}/team/app:1", code=1)
        assert "127.0.0.2" in failed.stderr and re.search(r"certificate|TLS|SSL", failed.stderr)


def test_plain_registry_that_is_not_loopback_is_not_asked_in_the_clear(davit, folder):
    subprocess.run(["ip", "address", "add", "10.99.0.1/32", "dev", "lo"], check=True)
    try:
        with DavitRegistry(folder / "plain", host="10.99.0.1") as server:
            reference = server.push_busybox("team/app:1")
            server.forget_requests()
            failed = davit("pull", reference, code=1)
            assert re.search(r"TLS|SSL|HTTPS", failed.stderr, re.I)
            assert server.requests("/v2/team") == []
    finally:
        subprocess.run(["ip", "address", "del", "10.99.0.1/32", "dev", "lo"], check=True)


def test_too_many_requests_in_the_end_is_told(davit, fake_registry):
    reference = fake_registry.add("team/app:1", images.busybox())
    fake_registry.on("manifests", lambda exchange: exchange.reply(429, b'{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}', Retry_After="0"))
    failed = davit("pull", reference, code=1)
    assert "toomanyrequests" in failed.stderr.lower() or "429" in failed.stderr
    assert 2 <= len(fake_registry.requests("manifests")) <= 10


@pytest.mark.parametrize("guarded, words", [("password_registry", "denied: requested access to the resource is denied"), ("basic_registry", "no basic auth credentials")])
def test_unauthorized(davit, request, guarded, words):
    reference = request.getfixturevalue(guarded).push_busybox("team/app:1")
    assert words in davit("pull", reference, code=1).stderr


# Manifests.

@pytest.fixture
def serve(fake_registry):
    """serve(manifest bytes): the reference of a tag with that manifest; the busybox blobs are there."""
    def put(body, media_type=images.DOCKER_MANIFEST, image=None):
        fake_registry.add("team/app:good", image or images.busybox())
        return fake_registry.add_manifest("team/app", "bad", body, media_type)
    return put


def changed(image, change):
    manifest = json.loads(image.manifest)
    change(manifest)
    return json.dumps(manifest).encode()


def test_manifest_whose_digest_is_not_as_told(davit, fake_registry, serve):
    good = images.busybox()
    reference = serve(good.manifest)
    for method in ("GET", "HEAD"):
        fake_registry.on(f"{method} .*/manifests/", lambda exchange: exchange.reply(200, good.manifest, Content_Type=good.media_type,
                                                                                    Docker_Content_Digest="sha256:" + "2" * 64))
    failed = davit("pull", reference, code=1)
    assert "sha256:" + "2" * 64 in failed.stderr and good.digest in failed.stderr
    nothing_half_done(davit)


def test_manifest_asked_by_digest_that_is_another(davit, fake_registry, serve):
    good, asked = images.busybox(), "sha256:" + "3" * 64
    serve(good.manifest)
    fake_registry.manifests["team/app", asked] = (good.manifest, good.media_type)
    failed = davit("pull", f"{fake_registry.address}/team/app@{asked}", code=1)
    assert asked in failed.stderr
    nothing_half_done(davit)


def test_index_entry_whose_size_is_wrong(davit, fake_registry):
    good = images.busybox()
    fake_registry.add("team/app:good", good)
    body, media_type = images.index(good.descriptor(os="linux", architecture="amd64") | {"size": 12})
    reference = fake_registry.add_manifest("team/app", "bad", body, media_type)
    failed = davit("pull", reference, code=1)
    assert good.digest in failed.stderr and "12" in failed.stderr
    nothing_half_done(davit)


def test_schema_1_is_refused_in_clear_words(davit, serve):
    body = {"schemaVersion": 1, "name": "team/app", "tag": "bad", "architecture": "amd64", "fsLayers": [{"blobSum": "sha256:" + "a" * 64}],
            "history": [{"v1Compatibility": "{}"}]}
    reference = serve(json.dumps(body).encode(), "application/vnd.docker.distribution.manifest.v1+prettyjws")
    failed = davit("pull", reference, code=1)
    assert re.search(r"schema ?(version )?1", failed.stderr, re.I)
    nothing_half_done(davit)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b'{"schemaVersion":2}', b"\xff\xfe{}", b'{"schemaVersion":2,"config":5,"layers":"x"}'],
                         ids=["empty", "cut short", "array", "null", "string", "no config", "not UTF-8", "wrong types"])
def test_manifest_that_is_none(davit, serve, body):
    reference = serve(body)
    failed = davit("pull", reference, code=1)
    assert failed.stderr.startswith("Error response from daemon: ") and len(failed.stderr) < 1000
    nothing_half_done(davit)


@pytest.mark.parametrize("depth", [200, 500_000])
def test_json_too_deep(davit, serve, depth):
    good = images.busybox()
    body = good.manifest.rstrip()[:-1] + b',"annotations":' + b"[" * depth + b"]" * depth + b"}"
    failed = davit("pull", serve(body), code=1)
    assert failed.stderr.startswith("Error response from daemon: ")
    nothing_half_done(davit)


def test_manifest_larger_than_4_mib(davit, serve):
    good = images.busybox()
    body = good.manifest.rstrip()[:-1] + b',"annotations":{"a":"' + b"x" * (5 << 20) + b'"}}'
    failed = davit("pull", serve(body), code=1)
    assert re.search(r"4 ?MiB|4194304|too large", failed.stderr)
    nothing_half_done(davit)


def test_manifest_just_below_4_mib(davit, serve):
    good = images.busybox()
    body = good.manifest.rstrip()[:-1] + b',"annotations":{"a":"' + b"x" * ((4 << 20) - len(good.manifest) - 100) + b'"}}'
    davit("pull", serve(body))


def test_missing_config(davit, serve, fake_registry):
    good = images.busybox()
    reference = serve(good.manifest, image=good)
    del fake_registry.blobs[good.id]
    failed = davit("pull", reference, code=1)
    assert good.id in failed.stderr
    nothing_half_done(davit)


def test_config_that_is_another(davit, serve, fake_registry):
    good = images.busybox()
    reference = serve(good.manifest, image=good)
    fake_registry.blobs[good.id] = b"{" + b" " * (len(good.config) - 2) + b"}"
    failed = davit("pull", reference, code=1)
    assert good.id in failed.stderr
    nothing_half_done(davit)


def test_config_whose_diff_ids_are_not_the_layers(davit, fake_registry):
    good = images.busybox()
    config = json.loads(good.config)
    config["rootfs"]["diff_ids"][0] = "sha256:" + "4" * 64
    body = json.dumps(config).encode()
    bad = images.Image(good.layers, body, changed(good, lambda m: m["config"].update(size=len(body), digest=images.digest(body))), good.media_type)
    failed = davit("pull", fake_registry.add("team/app:bad", bad), code=1)
    assert "sha256:" + "4" * 64 in failed.stderr and good.layers[0].diff_id in failed.stderr
    nothing_half_done(davit)


def test_config_with_too_few_diff_ids(davit, fake_registry):
    good = images.busybox(text="two layers")
    config = json.loads(good.config)
    del config["rootfs"]["diff_ids"][1]
    body = json.dumps(config).encode()
    bad = images.Image(good.layers, body, changed(good, lambda m: m["config"].update(size=len(body), digest=images.digest(body))), good.media_type)
    davit("pull", fake_registry.add("team/app:bad", bad), code=1)
    nothing_half_done(davit)


def with_diff_ids(image, *diff_ids):
    """The image with another list of diff IDs in its config."""
    config = json.loads(image.config)
    config["rootfs"]["diff_ids"] = list(diff_ids)
    body = json.dumps(config).encode()
    return images.Image(image.layers, body, changed(image, lambda m: m["config"].update(size=len(body), digest=images.digest(body))), image.media_type)


def test_a_layer_that_is_here_is_not_given_to_a_blob_that_does_not_hold_it(davit, fake_registry):
    good = images.busybox()
    davit("pull", fake_registry.add("team/app:good", good))
    other = images.image(images.layer(images.file("other", "content")))
    thief = with_diff_ids(other, good.layers[0].diff_id)
    failed = davit("pull", fake_registry.add("team/app:thief", thief), code=1)
    assert good.layers[0].diff_id in failed.stderr and other.layers[0].diff_id in failed.stderr
    assert "thief" not in davit("images").stdout


def test_a_blob_listed_twice_with_two_diff_ids(davit, fake_registry):
    layer = images.layer(images.file("f", "content"))
    bad = with_diff_ids(images.image(layer, layer), layer.diff_id, "sha256:" + "5" * 64)
    failed = davit("pull", fake_registry.add("team/app:twice", bad), code=1)
    assert layer.digest in failed.stderr and "listed twice" in failed.stderr
    nothing_half_done(davit)


# Layers.

def test_layer_cut_short(davit, fake_registry):
    image = images.busybox()
    name = image.layers[0].digest
    reference = fake_registry.add("team/app:1", image)
    fake_registry.blobs[name] = fake_registry.blobs[name][:-5000]
    failed = davit("pull", reference, code=1)
    assert name in failed.stderr
    assert str(len(image.layers[0].blob)) in failed.stderr
    nothing_half_done(davit)


def test_layer_longer_than_told(davit, fake_registry):
    image = images.busybox()
    name = image.layers[0].digest
    reference = fake_registry.add("team/app:1", image)
    fake_registry.blobs[name] += b"more"
    failed = davit("pull", reference, code=1)
    assert name in failed.stderr
    nothing_half_done(davit)


def test_layer_with_other_bytes(davit, fake_registry):
    image = images.busybox()
    name = image.layers[0].digest
    reference = fake_registry.add("team/app:1", image)
    fake_registry.blobs[name] = os.urandom(len(image.layers[0].blob))
    failed = davit("pull", reference, code=1)
    assert name in failed.stderr
    nothing_half_done(davit)


def test_size_in_the_manifest_is_wrong(davit, fake_registry):
    image = images.busybox()
    reference = fake_registry.add("team/app:1", image, changed(image, lambda m: m["layers"][0].update(size=len(image.layers[0].blob) + 5)))
    failed = davit("pull", reference, code=1)
    assert image.layers[0].digest in failed.stderr
    nothing_half_done(davit)


@pytest.mark.parametrize("blob", [b"not a tar" * 500, b"\x1f\x8b rubbish", b"\x28\xb5\x2f\xfd rubbish"], ids=["rubbish", "bad gzip", "bad zstd"])
def test_layer_that_is_no_archive(davit, fake_registry, blob):
    layer = images.Layer(tar=blob, compression="gzip", blob=blob)
    reference = fake_registry.add("team/app:1", images.image(layer))
    failed = davit("pull", reference, code=1)
    assert layer.digest in failed.stderr or layer.diff_id in failed.stderr
    nothing_half_done(davit)


def test_tar_cut_short_inside_a_whole_blob(davit, fake_registry):
    whole = images.tar_of(images.file("a", "x" * 5000), images.file("b", "y" * 5000))
    layer = images.Layer(whole[:3000])
    failed = davit("pull", fake_registry.add("team/app:1", images.image(layer)), code=1)
    assert layer.diff_id in failed.stderr or layer.digest in failed.stderr
    nothing_half_done(davit)


def test_missing_layer(davit, fake_registry):
    image = images.busybox(text="x")
    reference = fake_registry.add("team/app:1", image)
    del fake_registry.blobs[image.layers[1].digest]
    failed = davit("pull", reference, code=1)
    assert image.layers[1].digest in failed.stderr
    nothing_half_done(davit)


def test_after_a_bad_layer_the_good_one_is_pulled(davit, fake_registry):
    image = images.busybox(text="fine\n")
    name = image.layers[0].digest
    reference = fake_registry.add("team/app:1", image)
    good, fake_registry.blobs[name] = fake_registry.blobs[name], os.urandom(len(image.layers[0].blob))
    davit("pull", reference, code=1)
    fake_registry.blobs[name] = good
    davit("pull", reference)
    assert davit("run", "--rm", reference).stdout == "fine\n"


def test_bomb_is_refused_without_filling_the_disk(davit, fake_registry):
    """The diff ID can only be wrong at the end; what was unpacked until then goes away."""
    layer = images.layer(images.file("zeros", b"\0" * 50_000_000))
    config_says = images.Layer(b"other", blob=layer.blob)
    davit("pull", fake_registry.add("team/app:1", images.image(config_says)), code=1)
    left = sum(path.stat().st_blocks * 512 for path in davit.root.rglob("*") if path.is_file())
    assert left < 5_000_000


def test_terminal_control_characters_of_a_registry_are_not_passed_on(davit, fake_registry):
    reference = fake_registry.add("team/app:1", images.busybox())
    fake_registry.on("manifests", lambda exchange: exchange.reply(403, b'{"errors":[{"code":"DENIED","message":"\\u001b[2Jno"}]}', Content_Type="application/json"))
    assert "\x1b" not in davit("pull", reference, code=1).output


@pytest.mark.parametrize("config, words", [
    ({"Env": ["A=b\0c"]}, r'invalid environment variable "A=b\x00c": it holds a NUL character'),
    ({"Cmd": ["echo", "b\0c"]}, r'invalid argument "b\x00c": it holds a NUL character'),
    ({"Entrypoint": ["/bin/echo\0"]}, r'invalid argument "/bin/echo\x00": it holds a NUL character'),
    ({"User": "root\0"}, r'invalid user "root\x00": it holds a NUL character'),
    ({"WorkingDir": "/\0x"}, r'invalid working directory "/\x00x": it holds a NUL character'),
], ids=lambda value: next(iter(value)) if isinstance(value, dict) else "")
def test_config_with_a_nul_is_not_run(davit, registry, config, words):
    reference = registry.push("team/app:1", images.busybox(**config))
    failed = davit("run", "--rm", "-q", "--network", "none", reference, code=125)
    assert failed.stderr == f"davit: Error response from daemon: {words}\n\nRun 'davit run --help' for more information\n"
    assert davit("ps", "-a", "-q").lines == []


def test_control_characters_of_a_config_are_not_passed_on(davit, registry):
    """An image's environment may hold them; what davit prints of an image does not."""
    image = images.busybox(Cmd=["echo", "\x1b[2J\n"], Env=["PATH=/bin", "A=\x1b[1m\n"], Labels={"a": "\x1b[2J"})
    reference = registry.push("team/app:1", image)
    davit("pull", "-q", reference)
    assert davit("run", "--network", "none", reference, "sh", "-c", 'echo "$A"').stdout == "\x1b[1m\n\n"
    davit("run", "--network", "none", reference)
    for command in (["ps", "-a"], ["ps", "-a", "--no-trunc"], ["ps", "-a", "--format", "json"], ["images"], ["history", reference], ["inspect", reference]):
        assert "\x1b" not in davit(*command).output, command
    assert '"echo \\x1b[2J\\n"' in davit("ps", "-a", "--no-trunc").stdout
