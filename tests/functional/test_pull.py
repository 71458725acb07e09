"""davit pull."""

import base64
import json
import os
import signal

import pytest
from testing import images
from testing.fixtures import USER, on_each_registry
from testing.peers import skopeo
from testing.processes import wait_until


def short(name):
    return name.removeprefix("sha256:")[:12]


@on_each_registry
def test_first_pull_says_what_docker_says(davit, registry):
    image = images.busybox(text="one\n")
    reference = registry.push("team/app:latest", image)

    pulled = davit("pull", reference.removesuffix(":latest"))

    assert pulled.lines[:2] == ["Using default tag: latest", "latest: Pulling from team/app"]
    assert pulled.lines[-3:] == [f"Digest: {image.digest}", f"Status: Downloaded newer image for {reference}", reference]
    for one in image.layers:
        assert f"{short(one.digest)}: Pulling fs layer" in pulled.lines
        assert f"{short(one.digest)}: Pull complete" in pulled.lines
    assert pulled.stderr == ""


@on_each_registry
def test_unchanged_tag_makes_one_manifest_head_and_nothing_else(davit, registry):
    image = images.busybox()
    reference = registry.push("team/app:1.0.0", image)
    davit("pull", reference)
    registry.forget_requests()

    again = davit("pull", reference)

    assert list(map(str, registry.requests())) == ["HEAD /v2/team/app/manifests/1.0.0 200"]
    assert again.lines == ["1.0.0: Pulling from team/app", f"Digest: {image.digest}", f"Status: Image is up to date for {reference}", reference]


@on_each_registry
def test_first_pull_fetches_each_thing_once_without_ping(davit, registry):
    image = images.busybox(text="one\n")
    reference = registry.push("team/app:1.0.0", image)
    registry.forget_requests()

    davit("pull", reference)

    gets = sorted(request.path for request in registry.requests("^GET"))
    wanted = [f"/v2/team/app/blobs/{name}" for name in {images.digest(image.config), *(one.digest for one in image.layers)}]
    assert gets == sorted([*wanted, next(path for path in gets if "/manifests/" in path)])
    assert registry.requests("/v2/ ") == []


def test_moved_tag_fetches_only_what_is_new(davit, registry):
    registry.push_busybox("team/app:latest", text="one\n")
    davit("pull", f"{registry.address}/team/app")
    changed = images.busybox(text="two\n")
    reference = registry.push("team/app:latest", changed)
    registry.forget_requests()

    pulled = davit("pull", reference)

    assert f"{short(changed.layers[0].digest)}: Already exists" in pulled.lines
    assert {request.path.split("/")[-1] for request in registry.requests("GET .*/blobs/")} == {changed.id, changed.layers[1].digest}


def test_quiet_prints_the_reference_alone(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    assert davit("pull", "-q", reference).output == f"{reference}\n"
    assert davit("pull", "--quiet", reference).output == f"{reference}\n"


@on_each_registry
def test_by_digest(davit, registry):
    image = images.busybox()
    registry.push("team/app:1.0.0", image)
    reference = f"{registry.address}/team/app@{image.digest}"

    pulled = davit("pull", reference)

    assert pulled.lines[0] == f"{reference}: Pulling from team/app"
    assert pulled.lines[-2:] == [f"Status: Downloaded newer image for {reference}", reference]
    assert json.loads(davit("inspect", reference).stdout)[0]["RepoTags"] == []


def test_by_tag_and_digest_the_digest_counts(davit, registry):
    image = images.busybox(text="one\n")
    registry.push("team/app:1.0.0", image)
    registry.push_busybox("team/app:1.0.0", text="two\n")
    reference = f"{registry.address}/team/app:1.0.0@{image.digest}"

    pulled = davit("pull", reference)

    assert f"Digest: {image.digest}" in pulled.lines
    assert pulled.lines[-1] == reference
    assert davit.id_of(f"{registry.address}/team/app@{image.digest}") == image.id


def test_pull_of_a_digest_that_is_here_asks_nobody(davit, registry):
    image = images.busybox()
    registry.push("team/app:1.0.0", image)
    reference = f"{registry.address}/team/app@{image.digest}"
    davit("pull", reference)
    registry.forget_requests()

    assert f"Status: Image is up to date for {reference}" in davit("pull", reference).lines
    assert registry.requests("GET .*/blobs/") == []


def test_several_references_in_one_call(davit, registry):
    first, second = registry.push_busybox("team/a:1", text="a"), registry.push_busybox("team/b:1", text="b")

    pulled = davit("pull", "-q", first, second)

    assert pulled.lines == [first, second]


def variants():
    def part(name, architecture, **more):
        return images.image(images.layer(images.file("which", name)), architecture=architecture, **more)
    return {"amd64": part("amd64", "amd64"), "arm64": part("arm64", "arm64", variant="v8"), "armv6": part("armv6", "arm", variant="v6"),
            "armv7": part("armv7", "arm", variant="v7")}


def push_variants(registry, name, oci=False):
    parts = variants()
    platforms = {"amd64": {"architecture": "amd64"}, "arm64": {"architecture": "arm64", "variant": "v8"},
                 "armv6": {"architecture": "arm", "variant": "v6"}, "armv7": {"architecture": "arm", "variant": "v7"}}
    reference, digest = registry.push_index(name, *((parts[key], {"os": "linux"} | platforms[key]) for key in parts), oci=oci)
    return reference, digest, parts


@on_each_registry
@pytest.mark.parametrize("oci", [False, True], ids=["docker list", "OCI index"])
def test_index_gives_this_machine_its_platform(davit, registry, oci):
    reference, digest, parts = push_variants(registry, "team/many:1", oci=oci)

    pulled = davit("pull", reference)

    assert f"Digest: {digest}" in pulled.lines
    inspected = json.loads(davit("inspect", reference).stdout)[0]
    assert inspected["Id"] == parts["amd64"].id
    assert inspected["RepoDigests"] == [f"{registry.address}/team/many@{digest}"]


@pytest.mark.parametrize("platform, which", [("linux/arm64", "arm64"), ("linux/arm64/v8", "arm64"), ("linux/arm/v7", "armv7"), ("linux/arm/v6", "armv6"),
                                             ("linux/arm", "armv7"), ("arm64", "arm64")])
def test_platform_variant(davit, registry, platform, which):
    reference, _, parts = push_variants(registry, "team/many:1")

    davit("pull", "--platform", platform, reference)

    assert davit.id_of(reference) == parts[which].id


def test_older_variant_serves_where_the_newer_is_not(davit, registry):
    old = variants()["armv6"]
    reference, _ = registry.push_index("team/old:1", (old, {"os": "linux", "architecture": "arm", "variant": "v6"}))

    davit("pull", "--platform", "linux/arm/v7", reference)

    assert davit.id_of(reference) == old.id


def test_unsupported_platform_lists_those_there_are(davit, registry):
    reference, _, _ = push_variants(registry, "team/many:1")

    failed = davit("pull", "--platform", "linux/s390x", reference, code=1)

    assert "no matching manifest for linux/s390x in the manifest list entries" in failed.stderr
    for platform in ("linux/amd64", "linux/arm64/v8", "linux/arm/v6", "linux/arm/v7"):
        assert platform in failed.stderr
    assert davit("images", "-q").lines == []


def test_two_platforms_of_one_index_share_a_store(davit, registry):
    reference, digest, parts = push_variants(registry, "team/many:1")
    davit("pull", "--platform", "linux/arm64", reference)
    davit("pull", "--platform", "linux/amd64", reference)

    assert set(davit("images", "-a", "-q", "--no-trunc").lines) >= {parts["amd64"].id}
    assert json.loads(davit("inspect", parts["arm64"].id).stdout)[0]["Architecture"] == "arm64"


@pytest.mark.parametrize("compression", ["gzip", "gzip-members", "zstd", "none"])
def test_layer_compression(davit, registry, compression):
    program = images.layer(*images.busybox_entries(images.file("etc/text", "hello\n" * 10000)), compression=compression, oci=True)
    reference = registry.push("team/app:1", images.image(program, oci=True, config={"Cmd": ["wc", "-l", "/etc/text"]}))

    davit("pull", reference)

    assert davit("run", "--rm", reference).stdout == "10000 /etc/text\n"


def test_empty_layer_and_the_same_layer_twice(davit, registry):
    base, empty = images.layer(*images.busybox_entries()), images.layer()
    reference = registry.push("team/app:1", images.image(base, empty, base, empty, config={"Cmd": ["echo", "fine"]}))

    davit("pull", reference)

    assert davit("run", "--rm", reference).stdout == "fine\n"


def test_unknown_media_type_is_carried_but_not_unpacked(davit, registry):
    artifact = images.image(images.layer(images.file("a", "b"), oci=True), oci=True, config={})
    manifest = json.loads(artifact.manifest)
    manifest["layers"][0]["mediaType"] = "application/vnd.example.model"
    artifact.manifest = json.dumps(manifest).encode()
    reference = registry.push("team/model:1", artifact)

    davit("pull", reference)

    assert json.loads(davit("inspect", reference).stdout)[0]["RepoDigests"] == [f"{registry.address}/team/model@{artifact.digest}"]
    davit("run", "--rm", reference, "true", code=125)


def test_interrupted_pull_goes_on_from_the_bytes_it_has(davit, fake_registry, folder):
    big = images.layer(images.file("big", os.urandom(4_000_000)))
    reference = fake_registry.add("team/big:1", images.image(big))
    fake_registry.on(f"GET .*/blobs/{big.digest}", lambda exchange: exchange.default(pace=(100_000, 0.05)), times=1)
    running = davit.start("pull", reference)
    wait_until(lambda: fake_registry.bytes_sent(f"GET .*/blobs/{big.digest}") >= 1_000_000, what="a part of the layer")

    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=10)

    assert running.returncode == 130, errors
    fake_registry.forget_requests()
    davit("pull", reference)
    (again,) = fake_registry.requests(f"GET .*/blobs/{big.digest}")
    assert again.sent <= len(big.blob) - 500_000, "the bytes of the first try were fetched again"
    assert again.headers["Range"].startswith("bytes=")


def test_token_registry_asks_for_one_token_when_nothing_changed(davit, token_registry, registry):
    source = registry.push_busybox("team/app:1")
    reference = f"{token_registry.address}/team/app:1"
    skopeo("copy", "--src-tls-verify=false", "--dest-tls-verify=false", "--dest-creds", ":".join(USER), f"docker://{source}", f"docker://{reference}")
    davit("pull", reference)
    token_registry.forget_requests()
    token_registry.tokens.requests.clear()

    davit("pull", reference)

    assert [request.scopes for request in token_registry.tokens.requests] == [["repository:team/app:pull"]]
    assert list(map(str, token_registry.requests())) == ["HEAD /v2/team/app/manifests/1 401", "HEAD /v2/team/app/manifests/1 200"]


def test_refused_token_is_renewed_once_in_mid_pull(davit, fake_registry):
    tokens = []

    def token(exchange):
        tokens.append(f"t{len(tokens)}")
        exchange.reply(200, json.dumps({"token": tokens[-1], "expires_in": 300}).encode(), Content_Type="application/json")

    def needs_fresh_token(exchange):
        if exchange.headers.get("Authorization") != f"Bearer t{1 if '/blobs/' in exchange.seen.path else 0}":
            realm = f"http://{fake_registry.address}/token"
            return exchange.reply(401, WWW_Authenticate=f'Bearer realm="{realm}",service="s",scope="repository:team/app:pull"')
        return exchange.default()

    reference = fake_registry.add("team/app:1", images.busybox())
    fake_registry.on(" /token", token)
    fake_registry.on(" /v2/", needs_fresh_token)

    davit("pull", reference)

    assert tokens == ["t0", "t1"]


def test_credentials_do_not_follow_a_redirect_to_another_host(davit, fake_registry, registry):
    image = images.busybox()
    reference = fake_registry.add("team/app:1", image)
    secret = base64.b64encode(b"alice:secret").decode()

    def needs_password(exchange):
        if exchange.headers.get("Authorization") != f"Basic {secret}":
            return exchange.reply(401, WWW_Authenticate='Basic realm="x"')
        if "/blobs/" in exchange.seen.path and "127.0.0.1" in exchange.headers["Host"]:
            return exchange.reply(307, Location=f"http://localhost:{fake_registry.port}/elsewhere/{exchange.seen.path.split('/')[-1]}")
        return exchange.default()

    fake_registry.on("/elsewhere/", lambda exchange: exchange.reply(200, fake_registry.blobs[exchange.seen.path.split("/")[-1]]))
    fake_registry.on(" /v2/", needs_password)
    davit("login", "-u", "alice", "--password-stdin", fake_registry.address, stdin="secret")
    fake_registry.forget_requests()

    davit("pull", reference)

    elsewhere = fake_registry.requests("/elsewhere/")
    assert elsewhere and not any("Authorization" in seen.headers for seen in elsewhere)


def test_tls_registry_with_its_ca(davit, trusted_tls_registry):
    reference = trusted_tls_registry.push_busybox("team/app:1")

    davit("pull", reference)

    assert davit("images", "-q").lines


def test_tls_registry_with_the_ca_of_the_configuration(davit, tls_registry, folder):
    reference = tls_registry.push_busybox("team/app:1")
    (folder / "davit.toml").write_text(f'[registry."{tls_registry.address}"]\nca = "{tls_registry.tls.ca}"\n')

    davit("--config", folder / "davit.toml", "pull", reference)

    assert davit("images", "-q").lines


def test_tls_registry_that_is_configured_as_insecure(davit, tls_registry, folder):
    reference = tls_registry.push_busybox("team/app:1")
    (folder / "davit.toml").write_text(f'[registry."{tls_registry.address}"]\ninsecure = true\n')

    davit("--config", folder / "davit.toml", "pull", reference)


@pytest.mark.parametrize("status, more", [(500, {}), (503, {}), (429, {"Retry_After": "1"})])
def test_a_failing_answer_is_tried_again(davit, fake_registry, status, more):
    reference = fake_registry.add("team/app:1", images.busybox())
    fake_registry.on("GET .*/blobs/", lambda exchange: exchange.reply(status, b"{}", **more), times=2)
    fake_registry.on(".*/manifests/", lambda exchange: exchange.reply(status, b"{}", **more), times=1)

    davit("pull", reference)

    assert davit("images", "-q").lines


def test_broken_connection_is_taken_up_where_it_stopped(davit, fake_registry):
    big = images.layer(images.file("big", os.urandom(2_000_000)))
    reference = fake_registry.add("team/big:1", images.image(big))
    fake_registry.on(f"GET .*/blobs/{big.digest}", lambda exchange: exchange.default(cut_after=700_000), times=2)

    davit("pull", reference)

    assert fake_registry.bytes_sent(f"GET .*/blobs/{big.digest}") <= len(big.blob) + 1000


def test_bad_bytes_of_an_interrupted_pull_are_fetched_again(davit, fake_registry):
    big = images.layer(images.file("big", os.urandom(4_000_000)))
    reference = fake_registry.add("team/big:1", images.image(big))
    fake_registry.on(f"GET .*/blobs/{big.digest}", lambda exchange: exchange.default(pace=(100_000, 0.05)), times=1)
    running = davit.start("pull", reference)
    wait_until(lambda: fake_registry.bytes_sent(f"GET .*/blobs/{big.digest}") >= 1_000_000, what="a part of the layer")
    running.kill()
    running.wait(10)
    (partial,) = (davit.root / "blobs/ingest").glob(big.digest.replace(":", "-"))
    with partial.open("r+b") as file:
        file.seek(partial.stat().st_size // 2)
        file.write(b"x" * 1000)
    fake_registry.forget_requests()

    davit("pull", reference)

    resumed, anew = fake_registry.requests(f"GET .*/blobs/{big.digest}")
    assert "Range" in resumed.headers and "Range" not in anew.headers
    assert davit.id_of(reference) == images.image(big).id


def test_registry_without_ranges_starts_anew(davit, fake_registry):
    big = images.layer(images.file("big", os.urandom(2_000_000)))
    reference = fake_registry.add("team/big:1", images.image(big))
    fake_registry.ranges = False
    fake_registry.on(f"GET .*/blobs/{big.digest}", lambda exchange: exchange.default(cut_after=700_000), times=1)

    davit("pull", reference)

    assert davit.id_of(reference) == images.image(big).id


@pytest.mark.parametrize("reference", ["alpine", "alpine:3", "library/alpine", "docker.io/alpine"])
def test_short_names_are_docker_hub_library(davit, reference):
    """There is no way to docker.io here; the message names what was asked for."""
    failed = davit("pull", reference, code=1)
    assert "docker.io" in failed.stderr
