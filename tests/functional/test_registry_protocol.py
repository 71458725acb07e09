"""davit's registry by plain HTTP: what the OCI suites (test_registry_conformance.py) do not ask, and what nobody should send."""

import hashlib
import json
import os
import socket

import pytest
from testing import images
from testing.davit_registry import DavitRegistry
from testing.processes import wait_until


@pytest.fixture
def server(folder):
    with DavitRegistry(folder / "own") as running:
        yield running


def begin(server, repository="team/app", query=""):
    headers, _ = server.expect(202, "POST", f"/v2/{repository}/blobs/uploads/{query}")
    return headers["Location"]


def problem(answer):
    return json.loads(answer[2])["errors"][0]["code"]


def raw(server, text):
    """What comes back for these bytes, until the server ends the connection."""
    with socket.create_connection(server.address.split(":"), timeout=30) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


NAMES = ["a", "a/b/c/d/e/f", "tags", "manifests", "blobs", "x/tags/list", "x/manifests", "x/blobs/uploads", "a.b_c__d-e---f", "a" * 255, "/".join(["ab"] * 85)]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:20])
def test_a_repository_may_have_any_valid_name(server, name):
    server.push_busybox(f"{name}:1.0.0")
    assert server.get_manifest(name, "1.0.0")
    assert json.loads(server.expect(200, "GET", f"/v2/{name}/tags/list")[1]) == {"name": name, "tags": ["1.0.0"]}
    assert json.loads(server.expect(200, "GET", "/v2/_catalog")[1]) == {"repositories": [name]}


@pytest.mark.parametrize("name", ["A", "a//b", "a/", "a..b", "a.-b", "a___b", "-a", "a_", "a" * 256, "%C3%BC", "a%2fb", "a%00b", "..", "a/../b", "a b"])
def test_a_bad_name_is_refused(server, name):
    status, _, body = server.request("POST", f"/v2/{name.replace(' ', '%20')}/blobs/uploads/")
    assert status in (400, 404) and json.loads(body)["errors"]
    assert server.expect(200, "GET", "/v2/_catalog")[1] == b'{"repositories":[]}'


def test_what_is_no_page_or_no_method_is_said(server):
    assert server.request("GET", "/v2/team/app")[0] == 404
    assert server.request("GET", "/nowhere")[0] == 404
    status, headers, body = server.request("POST", "/v2/team/app/manifests/1")
    assert status == 405 and headers["Allow"] == "GET, HEAD, PUT, DELETE" and json.loads(body)["errors"][0]["code"] == "UNSUPPORTED"
    assert server.request("PUT", "/v2/")[0] == 405
    assert server.expect(200, "GET", "/healthz")[1] == b"ok\n" and server.expect(200, "GET", "/readyz")[1] == b"ready\n"


class TestUploads:
    BLOB = os.urandom(100_000)

    def test_a_chunk_that_does_not_continue_is_416_also_on_the_closing_put(self, server):
        place = begin(server)
        assert server.request("PATCH", place, b"x" * 10, {"Content-Range": "5-14"})[0] == 416
        headers, _ = server.expect(202, "PATCH", place, self.BLOB[:50_000], {"Content-Range": "0-49999"})
        assert headers["Range"] == "0-49999"
        name = images.digest(self.BLOB)
        status, headers, _ = server.request("PUT", f"{place}?digest={name}", self.BLOB[60_000:], {"Content-Range": "60000-99999"})
        assert status == 416 and headers["Range"] == "0-49999" and headers["Location"] == place
        server.expect(201, "PUT", f"{place}?digest={name}", self.BLOB[50_000:], {"Content-Range": "50000-99999"})
        assert server.expect(200, "GET", f"/v2/team/app/blobs/{name}")[1] == self.BLOB

    @pytest.mark.parametrize("field", ["0", "a-b", "0-", "-5", "5-0", "0-99999999999999999999", "bytes 0-9/10"])
    def test_a_malformed_content_range_is_refused(self, server, field):
        place = begin(server)
        assert problem(server.request("PATCH", place, b"x" * 10, {"Content-Range": field})) == "BLOB_UPLOAD_INVALID"
        assert server.request("GET", place)[1]["Range"] == "0-0"

    def test_lengths_that_lie_change_nothing(self, server):
        place = begin(server)
        assert problem(server.request("PATCH", place, b"x" * 10, {"Content-Range": "0-8"})) == "SIZE_INVALID"
        chunked = iter([b"x" * 10])
        assert problem(server.request("PATCH", place, chunked, {"Content-Range": "0-8"})) == "SIZE_INVALID"
        assert server.request("GET", place)[1]["Range"] == "0-0"

    def test_another_digest_is_refused_and_the_upload_goes_on(self, server):
        place, name = begin(server), images.digest(self.BLOB)
        assert problem(server.request("PUT", f"{place}?digest={name}", b"other")) == "DIGEST_INVALID"
        server.expect(201, "PUT", f"{place}?digest={name}", self.BLOB)

    @pytest.mark.parametrize("digest", ["", "sha256:abc", "md5:" + "0" * 32, "sha256:" + "A" * 64, "x"])
    def test_a_bad_digest_is_refused(self, server, digest):
        assert problem(server.request("PUT", f"{begin(server)}?digest={digest}", b"x")) == "DIGEST_INVALID"

    def test_sha512_by_its_parameter_and_without(self, server):
        name = "sha512:" + hashlib.sha512(self.BLOB).hexdigest()
        for query in ("", "?digest-algorithm=sha512"):
            server.expect(201, "PUT", f"{begin(server, query=query)}?digest={name}", self.BLOB)
            assert server.expect(200, "GET", f"/v2/team/app/blobs/{name}")[1] == self.BLOB
        assert server.request("POST", "/v2/team/app/blobs/uploads/?digest-algorithm=md5")[0] == 400

    def test_a_cancelled_or_ended_upload_is_unknown(self, server):
        place = begin(server)
        assert server.request("DELETE", place)[0] == 204
        for method in ("GET", "DELETE", "PATCH"):
            assert problem(server.request(method, place)) == "BLOB_UPLOAD_UNKNOWN" if method != "HEAD" else True
        place = begin(server)
        server.expect(201, "PUT", f"{place}?digest={images.digest(b'x')}", b"x")
        assert server.request("GET", place)[0] == 404

    def test_an_upload_belongs_to_its_repository(self, server):
        place = begin(server)
        assert server.request("GET", place.replace("team/app", "team/other"))[0] == 404
        assert server.request("GET", "/v2/team/app/blobs/uploads/../../x")[0] in (400, 404)

    @pytest.mark.parametrize("how", ["stop", "kill"])
    def test_it_goes_on_after_the_server_ended(self, server, how):
        place, name = begin(server), images.digest(self.BLOB)
        server.expect(202, "PATCH", place, self.BLOB[:70_000])
        if how == "kill":
            server.process.kill()
            server.process.wait()
        else:
            server.stop()
        server.start()
        assert server.request("GET", place)[1]["Range"] == "0-69999"
        server.expect(201, "PUT", f"{place}?digest={name}", self.BLOB[70_000:])
        assert server.expect(200, "GET", f"/v2/team/app/blobs/{name}")[1] == self.BLOB

    def test_a_client_that_vanishes_leaves_what_came(self, server):
        place = begin(server)
        with socket.create_connection(server.address.split(":")) as connection:
            connection.sendall(f"PATCH {place} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".encode() + b"x" * 400)
        wait_until(lambda: server.request("GET", place)[1]["Range"] == "0-399", what="what came to be kept")
        server.expect(201, "PUT", f"{place}?digest={images.digest(b'x' * 400 + b'y')}", b"y")

    def test_two_requests_do_not_write_to_one_upload(self, server):
        place = begin(server)
        with socket.create_connection(server.address.split(":")) as connection:
            server.begin_request(connection, f"PATCH {place}", 1000)
            assert server.request("PATCH", place, b"x")[0] == 409

    def test_a_limit_on_blobs(self, folder):
        with DavitRegistry(folder / "limited", config="[limits]\nblob_bytes = 1000\n") as server:
            assert server.request("PUT", f"{begin(server)}?digest={images.digest(b'x' * 1001)}", b"x" * 1001)[0] == 413
            server.expect(201, "PUT", f"{begin(server)}?digest={images.digest(b'x' * 1000)}", b"x" * 1000)


class TestBlobs:
    BLOB = bytes(range(256)) * 1000

    @pytest.fixture
    def path(self, server):
        return f"/v2/team/app/blobs/{server.put_blob('team/app', self.BLOB)}"

    @pytest.mark.parametrize("field, part", [("bytes=0-0", slice(0, 1)), ("bytes=100-199", slice(100, 200)), ("bytes=255990-", slice(255_990, None)),
                                             ("bytes=-10", slice(-10, None)), ("bytes=-999999", slice(None)), ("bytes=255000-999999", slice(255_000, None))])
    def test_a_range(self, server, path, field, part):
        status, headers, body = server.request("GET", path, headers={"Range": field})
        first = range(256_000)[part][0]
        assert status == 206 and body == self.BLOB[part] and headers["Content-Range"] == f"bytes {first}-{first + len(body) - 1}/256000"

    @pytest.mark.parametrize("field", ["bytes=256000-", "bytes=5-1", "bytes=-0"])
    def test_a_range_outside_is_416(self, server, path, field):
        status, headers, _ = server.request("GET", path, headers={"Range": field})
        assert status == 416 and headers["Content-Range"] == "bytes */256000"

    @pytest.mark.parametrize("field", ["bytes=0-1,5-6", "bytes=a-b", "lines=1-2", "bytes=", "bytes=1"])
    def test_a_range_that_means_nothing_is_passed_over(self, server, path, field):
        assert server.expect(200, "GET", path, headers={"Range": field})[1] == self.BLOB

    def test_what_the_client_has_is_not_sent_again(self, server, path):
        etag = server.expect(200, "HEAD", path)[0]["ETag"]
        for field in (etag, f'"other", {etag}', f"W/{etag}", etag.strip('"'), "*"):
            status, headers, body = server.request("GET", path, headers={"If-None-Match": field})
            assert (status, body) == (304, b"") and headers["ETag"] == etag
        assert server.request("GET", path, headers={"If-None-Match": '"other"'})[0] == 200
        assert server.request("GET", path, headers={"Range": "bytes=0-9", "If-Range": '"other"'})[0] == 200
        assert server.request("GET", path, headers={"Range": "bytes=0-9", "If-Range": etag})[0] == 206

    def test_deleted_in_one_repository_it_stays_in_another(self, server, path):
        name = path.rsplit("/", 1)[1]
        assert server.request("POST", f"/v2/team/copy/blobs/uploads/?mount={name}&from=team/app")[0] == 201
        assert server.request("DELETE", path)[0] == 202
        assert server.request("HEAD", path)[0] == 404 and server.request("DELETE", path)[0] == 404
        assert server.expect(200, "GET", path.replace("team/app", "team/copy"))[1] == self.BLOB

    def test_a_mount_that_cannot_be_is_an_upload(self, server):
        name = images.digest(b"nowhere")
        for query in (f"?mount={name}&from=team/app", f"?mount={name}", f"?mount={name}&from=BAD", f"?mount={name}&from="):
            place = begin(server, "team/copy", query)
            server.expect(201, "PUT", f"{place}?digest={images.digest(b'x')}", b"x")
        assert server.request("POST", "/v2/team/copy/blobs/uploads/?mount=bad")[0] == 400

    @pytest.mark.parametrize("size", [1000, 10_000_000])
    def test_a_damaged_blob_is_an_error_until_it_is_pushed_again(self, folder, size):
        blob = os.urandom(size)
        with DavitRegistry(folder / "damaged") as server:
            name = server.put_blob("team/app", blob)
            server.stop()
            file = server.data / "blobs/sha256" / name.split(":")[1]
            with open(file, "r+b") as out:
                out.seek(size // 2)
                out.write(bytes([blob[size // 2] ^ 1]))
            server.start()
            path = f"/v2/team/app/blobs/{name}"
            assert server.request("GET", path)[0] == 500
            assert server.request("HEAD", path)[0] == 404  # so that a client pushes it again
            assert f"blob {name} is missing" in server("fsck", code=1)
            server.put_blob("team/app", blob)
            assert server.expect(200, "GET", path)[1] == blob
            server("fsck")


class TestManifests:
    def test_bytes_and_type_stay_as_they_came(self, server):
        image = images.busybox()
        for blob in image.blobs():
            server.put_blob("team/app", blob)
        odd = image.manifest.replace(b"{", b"{\n\t \"custom\": [1, 2.50, {\"x\": null}],", 1)
        server.put_manifest("team/app", "1", odd, image.media_type)
        assert server.get_manifest("team/app", "1") == (image.media_type, odd)

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"schemaVersion": 1}', b'{"schemaVersion": 2}', b"\x00", b"\xff\xfe", b'{"schemaVersion":2,"layers":[],"manifests":[]}',
                                      b"[" * 100_000, b'{"schemaVersion": 2, "mediaType": "x/y", "config": {}, "layers": []}',
                                      b'{"schemaVersion": 2, "schemaVersion": 2}'], ids=lambda body: body[:20].decode("latin-1"))
    def test_what_is_none_is_refused(self, server, body):
        assert problem(server.request("PUT", "/v2/team/app/manifests/1", body, {"Content-Type": images.OCI_MANIFEST})) == "MANIFEST_INVALID"
        assert server.request("GET", "/v2/team/app/manifests/1")[0] == 404

    def test_type_and_content_type_must_agree(self, server):
        image = images.busybox()
        for blob in image.blobs():
            server.put_blob("team/app", blob)
        assert server.request("PUT", "/v2/team/app/manifests/1", image.manifest, {"Content-Type": images.OCI_INDEX})[0] == 400

    def test_what_it_names_must_be_here_and_of_that_size(self, server):
        image = images.busybox()
        answer = server.request("PUT", "/v2/team/app/manifests/1", image.manifest, {"Content-Type": image.media_type})
        assert answer[0] == 404 and problem(answer) == "MANIFEST_BLOB_UNKNOWN"
        for blob in image.blobs():
            server.put_blob("team/app", blob)
        parsed = json.loads(image.manifest)
        parsed["layers"][0]["size"] += 1
        assert problem(server.request("PUT", "/v2/team/app/manifests/1", json.dumps(parsed).encode(), {"Content-Type": image.media_type})) == "MANIFEST_INVALID"
        body, media_type = images.index(image.descriptor(os="linux", architecture="amd64"), oci=True)
        assert problem(server.request("PUT", "/v2/team/app/manifests/1", body, {"Content-Type": media_type})) == "MANIFEST_BLOB_UNKNOWN"

    def test_sparse_ones_are_a_setting(self, folder):
        with DavitRegistry(folder / "sparse", config="[registry]\nsparse_manifests = true\n") as server:
            image = images.busybox()
            server.put_manifest("team/app", "1", image.manifest, image.media_type)

    def test_four_mebibytes_are_taken_and_not_more(self, server):
        image = images.busybox()
        for blob in image.blobs():
            server.put_blob("team/app", blob)
        padded = image.manifest + b" " * (4 * 1024 * 1024 - len(image.manifest))
        server.put_manifest("team/app", "1", padded, image.media_type)
        assert server.get_manifest("team/app", "1")[1] == padded
        assert server.request("PUT", "/v2/team/app/manifests/2", padded + b" ", {"Content-Type": image.media_type})[0] == 413

    def test_several_tags_at_once_all_or_none(self, server):
        image = images.busybox()
        for blob in image.blobs():
            server.put_blob("team/app", blob)
        path = f"/v2/team/app/manifests/{image.digest}"
        headers, _ = server.expect(201, "PUT", f"{path}?tag=1.0.0&tag=1.0", image.manifest, {"Content-Type": image.media_type})
        assert headers.get_all("OCI-Tag") == ["1.0.0", "1.0"]
        assert server.request("PUT", f"{path}?tag=new&tag=.bad", image.manifest, {"Content-Type": image.media_type})[0] == 400
        assert json.loads(server.expect(200, "GET", "/v2/team/app/tags/list")[1])["tags"] == ["1.0", "1.0.0"]

    def test_deleting_a_digest_takes_its_tags_and_a_tag_only_itself(self, server):
        image = images.busybox()
        server.push("team/app:1", image)
        server.push("team/app:2", image)
        assert server.request("DELETE", "/v2/team/app/manifests/1")[0] == 202
        assert server.request("HEAD", f"/v2/team/app/manifests/{image.digest}")[0] == 200
        server.delete_manifest("team/app", image.digest)
        assert json.loads(server.expect(200, "GET", "/v2/team/app/tags/list")[1])["tags"] == []
        assert server.request("DELETE", "/v2/team/app/manifests/2")[0] == 404

    @pytest.mark.parametrize("reference", [".bad", "a" * 129, "sha256:abc", "a b", "-x"])
    def test_a_bad_reference_is_refused(self, server, reference):
        image = images.busybox()
        path = "/v2/team/app/manifests/" + reference.replace(" ", "%20")
        assert server.request("PUT", path, image.manifest, {"Content-Type": image.media_type})[0] == 400
        assert server.request("GET", path)[0] == 404

    def test_deletes_are_a_setting(self, folder):
        with DavitRegistry(folder / "fixed", config="[registry]\ndelete = false\n") as server:
            image = images.busybox()
            server.push("team/app:1", image)
            assert server.request("DELETE", f"/v2/team/app/manifests/{image.digest}")[0] == 405
            assert server.request("DELETE", "/v2/team/app/manifests/1")[0] == 405


class TestLists:
    TAGS = sorted(["latest", "1.0.0", "1.0", "Z", "a", "_b", "10", "9"])

    def test_tags_in_pages(self, server):
        for tag in reversed(self.TAGS):
            server.push_busybox(f"team/app:{tag}")
        seen, path = [], "/v2/team/app/tags/list?n=3"
        while path:
            headers, body = server.expect(200, "GET", path)
            page = json.loads(body)["tags"]
            assert len(page) <= 3
            seen += page
            path = headers["Link"] and headers["Link"].split("<")[1].split(">")[0]
        assert seen == self.TAGS
        headers, body = server.expect(200, "GET", "/v2/team/app/tags/list?n=0")
        assert json.loads(body)["tags"] == [] and headers["Link"] is None
        assert json.loads(server.expect(200, "GET", "/v2/team/app/tags/list?last=a")[1])["tags"] == ["latest"]
        assert json.loads(server.expect(200, "GET", "/v2/team/app/tags/list?n=99999999999999999999")[1])["tags"] == self.TAGS
        assert server.request("GET", "/v2/team/app/tags/list?n=x")[0] == 400
        assert server.request("GET", "/v2/team/app/tags/list?n=-1")[0] == 400
        assert problem(server.request("GET", "/v2/nowhere/tags/list")) == "NAME_UNKNOWN"

    def test_repositories_in_pages(self, server):
        for name in ("c", "a", "b/x"):
            server.push_busybox(f"{name}:1")
        headers, body = server.expect(200, "GET", "/v2/_catalog?n=2")
        assert json.loads(body) == {"repositories": ["a", "b/x"]} and headers["Link"] == '</v2/_catalog?n=2&last=b%2Fx>; rel="next"'
        assert json.loads(server.expect(200, "GET", "/v2/_catalog?n=2&last=b%2Fx")[1]) == {"repositories": ["c"]}

    def test_referrers_in_pages_and_by_type(self, server):
        subject = images.busybox()
        server.push("team/app:1", subject)
        config = server.put_blob("team/app", b"{}")
        for number in range(5):
            body = json.dumps({"schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "artifactType": f"t/{number % 2}",
                               "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2}, "layers": [],
                               "subject": subject.descriptor(), "annotations": {"n": str(number)}}).encode()
            headers, _ = server.expect(201, "PUT", f"/v2/team/app/manifests/{images.digest(body)}", body, {"Content-Type": images.OCI_MANIFEST})
            assert headers["OCI-Subject"] == subject.digest
        seen, path = [], f"/v2/team/app/referrers/{subject.digest}?n=2&artifactType=t%2F0"
        while path:
            headers, body = server.expect(200, "GET", path)
            assert headers["OCI-Filters-Applied"] == "artifactType" and headers["Content-Type"] == images.OCI_INDEX
            seen += json.loads(body)["manifests"]
            path = headers["Link"] and headers["Link"].split("<")[1].split(">")[0]
        assert sorted(entry["annotations"]["n"] for entry in seen) == ["0", "2", "4"] and {entry["artifactType"] for entry in seen} == {"t/0"}
        assert json.loads(server.expect(200, "GET", f"/v2/team/app/referrers/{images.digest(b'none')}")[1])["manifests"] == []
        assert server.request("GET", "/v2/team/app/referrers/bad")[0] == 400


def test_no_request_of_bad_bytes_ends_the_server_or_reaches_another(server):
    for text in (b"\x00" * 100, b"GET\r\n\r\n", b"GET /v2/ HTTP/1.1\r\n\r\n", b"GET /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                 b"GET /v2/" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /v2/ HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
                 b"GET /v2/%00 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /v2/..%2f..%2fetc/manifests/passwd HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"):
        assert not raw(server, text).startswith(b"HTTP/1.1 2"), text[:60]
    assert raw(server, b"GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n" * 20).count(b"HTTP/1.1 200") == 20


def test_idle_and_slow_clients_end_and_others_do_not_wait(folder):
    with DavitRegistry(folder / "timed", config="[limits]\nheader_timeout = 1\nidle_timeout = 1\nstall_timeout = 1\n") as server:
        place = begin(server)
        silent, slow_header, slow_body = (socket.create_connection(server.address.split(":"), timeout=20) for _ in range(3))
        slow_header.sendall(b"GET /v2/ HTTP/1.1\r\nHo")
        slow_body.sendall(f"PATCH {place} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc".encode())
        assert server.request("GET", "/v2/")[0] == 200
        for connection in (silent, slow_header, slow_body):
            assert connection.recv(100) == b""
            connection.close()
        assert server.request("GET", place)[1]["Range"] == "0-2"


def test_connections_have_a_limit(folder):
    with DavitRegistry(folder / "few", config="[limits]\nconnections = 3\n") as server:
        held = [socket.create_connection(server.address.split(":"), timeout=20) for _ in range(3)]
        wait_until(lambda: _refused(server), what="a fourth connection to be refused")
        for connection in held:
            connection.close()
        wait_until(lambda: not _refused(server), what="room for another")


def _refused(server):
    try:
        return server.request("GET", "/v2/")[0] != 200
    except OSError:
        return True
