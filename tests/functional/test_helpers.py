"""The helpers do what the other tests rely on: shown on davit's registry, docker-registry, docker and skopeo themselves."""

import io
import json
import tarfile

from testing import images
from testing.fixtures import USER, on_each_registry
from testing.peers import skopeo


def test_an_image_made_here_is_pulled_and_run_by_docker(docker, registry):
    reference = registry.push_busybox("team/app:1.0.0", text="hello\n")

    docker("pull", reference)

    assert docker("run", "--rm", "--network", "none", reference) == "hello\n"
    assert json.loads(docker("inspect", reference))[0]["Id"] == images.busybox(text="hello\n").id


@on_each_registry
def test_the_request_log_tells_each_request_once(registry):
    registry.push_busybox("team/app:1.0.0")
    registry.forget_requests()

    registry.get_manifest("team/app", "1.0.0")

    assert list(map(str, registry.requests())) == ["GET /v2/team/app/manifests/1.0.0 200"]
    registry.forget_requests()
    assert registry.requests() == []


def test_skopeo_reads_oci_zstd_and_index(registry, folder):
    part = images.image(images.layer(images.file("a", "b"), compression="zstd", oci=True), oci=True)
    reference, digest = registry.push_index("team/many:1", (part, {"os": "linux", "architecture": "amd64"}), oci=True)

    raw = skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{reference}")

    assert images.digest(raw.encode()) == digest
    skopeo("copy", "--src-tls-verify=false", f"docker://{reference}", f"oci:{folder}/copy:1")


def test_password_registry_knows_the_user_and_asks_for_tokens(password_registry):
    assert password_registry.request("GET", "/v2/")[0] == 200
    password_registry.headers = {}
    status, headers, _ = password_registry.request("GET", "/v2/")
    assert status == 401 and headers["WWW-Authenticate"].startswith(f'Bearer realm="{password_registry.url}/token",')


def test_basic_registry_knows_the_user_and_asks_for_basic_credentials(basic_registry):
    assert basic_registry.request("GET", "/v2/")[0] == 200
    basic_registry.headers = {}
    status, headers, _ = basic_registry.request("GET", "/v2/")
    assert (status, headers["WWW-Authenticate"]) == (401, 'Basic realm="test"')


def test_skopeo_logs_in_by_token(token_registry, registry, folder):
    source = registry.push_busybox("team/app:1")
    target = f"docker://{token_registry.address}/team/app:1"
    copy = ["copy", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{source}", target]

    skopeo(*copy, code=1)
    skopeo("copy", "--dest-creds", ":".join(USER), *copy[1:])

    assert {request.user for request in token_registry.tokens.requests} == {"", USER[0]}
    skopeo("inspect", "--tls-verify=false", target)


@on_each_registry
def test_tls_registry_is_trusted_by_its_ca(tls_registry):
    assert tls_registry.push_busybox("team/app:1").startswith("localhost:")


def test_fake_registry_cuts_where_told(fake_registry):
    reference = fake_registry.add("team/app:1", images.busybox())
    fake_registry.on("GET .*/blobs/", lambda exchange: exchange.default(cut_after=1000), times=1)

    skopeo("copy", "--src-tls-verify=false", f"docker://{reference}", "dir:/run/copy", code=None)

    assert min(seen.sent for seen in fake_registry.requests("GET .*/blobs/")) == 1000


def test_tar_entries_keep_nanoseconds_and_xattrs():
    data = images.tar_of(images.file("f", "x", mtime="1700000000.123456789", xattrs={"security.capability": b"\1\0\0\2\xff"}))
    info = tarfile.open(fileobj=io.BytesIO(data)).getmember("f")
    assert info.pax_headers["mtime"] == "1700000000.123456789"
    assert info.pax_headers["SCHILY.xattr.security.capability"].encode("utf-8", "surrogateescape") == b"\1\0\0\2\xff"


def test_docker_merged_tree_has_the_layers(docker, registry):
    image = images.image(images.layer(images.file("a", "1"), images.file("b", "2")), images.layer(images.whiteout("a"), images.file("c", "3")))
    reference = registry.push("team/tree:1", image)
    docker("pull", reference)

    tree, release = docker.merged_tree(reference)

    try:
        assert sorted(path.name for path in tree.iterdir()) == ["b", "c"]
    finally:
        release()
