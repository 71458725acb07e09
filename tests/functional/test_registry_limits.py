"""What davit's registry allows each client: requests, uploads at once, bytes; and each namespace: bytes."""

import base64
import contextlib
import json
import os
import socket
import sqlite3
import threading

import pytest
from testing import images
from testing.davit_registry import DavitRegistry
from testing.peers import run
from testing.processes import wait_until

RULES = """
[access]
password_file = "{file}"
[[access.rule]]
repositories = "**"
users = ["alice", "bob"]
actions = ["pull", "push", "delete"]
[[access.rule]]
repositories = "public/**"
users = ["anonymous"]
actions = ["pull"]
"""


def basic(user):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:password-of-{user}".encode()).decode()}


def from_address(address):
    return {"X-Forwarded-For": address}


def is_refusal(answer, words):
    """429 as clients read it."""
    status, headers, body = answer
    if status == 429:
        assert int(headers["Retry-After"]) >= 1, headers
        if body:
            error = json.loads(body)["errors"][0]
            assert error["code"] == "TOOMANYREQUESTS" and words in error["message"]
    return status == 429


@pytest.fixture
def limited(folder):
    """A registry with limits, behind a proxy that tells each client's address; with rules, when users are asked for."""
    running = []

    def start(limits, users=(), more=""):
        config = 'trusted_proxies = ["127.0.0.0/8"]\n[limits]\n' + limits + "\n" + more
        if users:
            (folder / "passwords").write_text("")
            config += RULES.format(file=folder / "passwords")
        server = DavitRegistry(folder / f"own-{len(running)}", config=config)
        running.append(server)
        for user in users:
            server("user", "add", user, "--password-stdin", stdin=f"password-of-{user}\n")
        return server

    yield start
    for server in running:
        server.stop()


class TestRequests:
    """One a second: ten may come at once. The tests take less than the time in which another ten become free."""

    PATHS = ["/v2/", "/v2/public/app/manifests/1", "/v2/public/app/tags/list", "/v2/_catalog", "/nowhere", "/v2/public/app/nonsense", "/v2/UPPER/manifests/1"]

    @pytest.mark.parametrize("path", PATHS)
    def test_beyond_the_rate_it_is_429_at_each_place(self, limited, path):
        server = limited("client_requests = 1")
        server.headers = from_address("192.0.2.1")
        server.push_busybox("public/app:1")
        server.headers = from_address("192.0.2.2")
        seen = [is_refusal(server.request("GET", path), "1 per second") for _ in range(40)]
        assert not any(seen[:10]) and any(seen)
        # Of another client it is not.
        assert not is_refusal(server.request("GET", path, headers=from_address("192.0.2.3")), "")

    def test_what_is_answered_from_memory_counts(self, limited):
        server = limited("client_requests = 1")
        server.headers = from_address("192.0.2.1")
        image = images.busybox()
        server.push("public/app:1", image)
        for path in ("/v2/public/app/manifests/1", f"/v2/public/app/blobs/{images.digest(image.config)}"):
            server.headers = from_address("198.51.100." + str(len(path)))
            seen = [is_refusal(server.request("GET", path), "1 per second") for _ in range(40)]
            assert not any(seen[:10]) and any(seen), path

    def test_health_and_figures_are_never_limited(self, limited):
        server = limited("client_requests = 1")
        for path in ("/healthz", "/readyz", "/metrics"):
            assert {server.request("GET", path)[0] for _ in range(40)} == {200}

    def test_users_are_told_apart_wherever_they_are(self, limited):
        server = limited("client_requests = 1", users=["alice", "bob"])
        def refused(headers):
            return is_refusal(server.request("GET", "/v2/x/tags/list", headers=headers), "1 per second")
        server.expect(404, "GET", "/v2/x/tags/list", headers=basic("bob") | from_address("192.0.2.1"))
        assert any([refused(basic("alice") | from_address(f"192.0.2.{number}")) for number in range(40)])
        assert not refused(basic("bob") | from_address("192.0.2.1"))
        assert not refused(from_address("192.0.2.1"))

    def test_bad_credentials_count_to_their_address(self, limited):
        server = limited("client_requests = 1", users=["alice"])
        bad = from_address("192.0.2.1") | {"Authorization": "Bearer nonsense"}
        seen = [server.request("GET", "/v2/x/tags/list", headers=bad)[0] for _ in range(40)]
        assert seen[:10] == [401] * 10 and 429 in seen
        assert server.request("GET", "/v2/x/tags/list", headers=basic("alice") | from_address("192.0.2.2"))[0] == 404

    def test_tokens_are_asked_for_within_it(self, limited):
        server = limited("client_requests = 1", users=["alice"])
        seen = [is_refusal(server.request("GET", "/token", headers=from_address("192.0.2.1")), "1 per second") for _ in range(40)]
        assert not any(seen[:10]) and any(seen)

    def test_who_waits_as_told_gets_all(self, limited, davit, folder):
        server = limited("client_requests = 10")
        with DavitRegistry(folder / "source") as source:
            reference = source.push_busybox("public/app:1")
            while server.request("GET", "/v2/")[0] != 429:
                pass
            davit("copy", reference, f"{server.address}/public/app:1")
        assert server.requests("public.* 429$"), "it did not have to wait"


class TestUploads:
    def begin(self, server, address):
        """An upload whose body does not come; its connection."""
        place = server.expect(202, "POST", "/v2/a/blobs/uploads/", headers=from_address(address))[0]["Location"]
        connection = socket.create_connection(("127.0.0.1", server.port))
        server.begin_request(connection, f"PATCH {place}", 10, f"X-Forwarded-For: {address}\r\n")
        return connection

    def put(self, server, address):
        body = os.urandom(10)
        return server.request("POST", f"/v2/a/blobs/uploads/?digest={images.digest(body)}", body, from_address(address))

    def test_more_at_once_are_429_until_one_ends(self, limited):
        server = limited("client_uploads = 2")
        with self.begin(server, "192.0.2.1") as first, self.begin(server, "192.0.2.1"):
            assert is_refusal(self.put(server, "192.0.2.1"), "2 at once")
            assert self.put(server, "192.0.2.2")[0] == 201
            # What has no body is no upload.
            server.expect(202, "POST", "/v2/a/blobs/uploads/", headers=from_address("192.0.2.1"))
            first.sendall(b"0123456789")
            assert first.recv(100).startswith(b"HTTP/1.1 202 ")
            assert self.put(server, "192.0.2.1")[0] == 201
        # Also those whose clients went.
        wait_until(lambda: self.put(server, "192.0.2.1")[0] == 201, what="an upload that was cut off to end")

    def test_one_after_the_other_there_may_be_any_number(self, limited):
        server = limited("client_uploads = 1")
        assert {self.put(server, "192.0.2.1")[0] for _ in range(50)} == {201}


class TestBytes:
    """A thousand a second: sixty thousand may come at once."""

    def test_downloads_are_a_debt(self, limited):
        server = limited("client_bytes = 1000")
        server.headers = from_address("192.0.2.1")
        name = server.put_blob("a", os.urandom(100_000))
        server.headers = from_address("192.0.2.2")
        path = f"/v2/a/blobs/{name}"
        assert server.request("GET", path)[0] == 200
        assert is_refusal(server.request("GET", path), "1000 per second")
        assert 1 <= int(server.request("GET", path)[1]["Retry-After"]) <= 40
        # What is little goes on.
        assert server.request("HEAD", path)[0] == 200
        assert server.request("GET", "/v2/")[0] == 200
        assert server.request("GET", path, headers=from_address("192.0.2.3"))[0] == 200

    def test_what_is_answered_from_memory_is_one_too(self, limited):
        server = limited("client_bytes = 1000")
        server.headers = from_address("192.0.2.1")
        name = server.put_blob("a", os.urandom(30_000))
        server.headers = from_address("192.0.2.2")
        seen = [is_refusal(server.request("GET", f"/v2/a/blobs/{name}"), "1000 per second") for _ in range(10)]
        assert not any(seen[:3]) and any(seen[3:])

    def test_uploads_are_one_and_what_was_begun_is_ended(self, limited):
        server = limited("client_bytes = 1000")
        server.headers = from_address("192.0.2.1")
        body = os.urandom(100_000)
        place = server.expect(202, "POST", "/v2/a/blobs/uploads/")[0]["Location"]
        server.expect(202, "PATCH", place, body)
        server.expect(201, "PUT", f"{place}?digest={images.digest(body)}")
        place = server.expect(202, "POST", "/v2/a/blobs/uploads/")[0]["Location"]
        assert is_refusal(server.request("PATCH", place, b"x"), "1000 per second")
        assert server.put_manifest("a", "1", *images.index())

    def test_chunked_bodies_count_as_they_come(self, limited):
        server = limited("client_bytes = 1000")
        server.headers = from_address("192.0.2.1")
        place = server.expect(202, "POST", "/v2/a/blobs/uploads/")[0]["Location"]
        server.expect(202, "PATCH", place, (bytes(50_000) for _ in range(4)))
        assert is_refusal(server.request("PATCH", place, b"x"), "1000 per second")

    def test_a_download_that_is_broken_off_costs_what_was_sent(self, limited):
        server = limited("client_bytes = 100000")
        server.headers = from_address("192.0.2.1")
        name = server.put_blob("a", os.urandom(40_000_000))
        server.headers = from_address("192.0.2.2")
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(f"GET /v2/a/blobs/{name} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.2\r\n\r\n".encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
            assert is_refusal(server.request("GET", f"/v2/a/blobs/{name}"), "100000 per second")
        # Forty megabytes would be a debt for minutes, those that went into buffers are none.
        wait_until(lambda: server.request("GET", f"/v2/a/blobs/{name}")[0] == 200, what="what was not sent to be given back")


class TestQuotas:
    """A hundred thousand bytes for all of team/."""

    @pytest.fixture
    def server(self, folder):
        with DavitRegistry(folder / "quotas", config='[[quota]]\nrepositories = "team/**"\nbytes = 100000\n') as running:
            yield running

    @staticmethod
    def is_denied(answer, size=None, used=0):
        status, _, body = answer
        if status == 403:
            error = json.loads(body)["errors"][0]
            assert error["code"] == "DENIED" and f"quota exceeded: the blobs of team/** may have 100000 bytes, {used} are used" in error["message"], error
            assert size is None or error["message"].endswith(f"this one has {size}"), error
        return status == 403

    def put(self, server, repository, body):
        return server.request("POST", f"/v2/{repository}/blobs/uploads/?digest={images.digest(body)}", body)

    def begin(self, server, repository):
        return server.expect(202, "POST", f"/v2/{repository}/blobs/uploads/")[0]["Location"]

    def uploads(self, server):
        return [path for path in (server.data / "uploads").rglob("*") if path.is_file()]

    def test_it_is_told_at_the_push(self, server):
        server.put_blob("team/app", os.urandom(60_000))
        body = os.urandom(50_000)
        assert self.is_denied(self.put(server, "team/other/app", body), 50_000, 60_000)
        assert self.put(server, "elsewhere/app", body)[0] == 201
        assert self.put(server, "team/app", os.urandom(40_000))[0] == 201
        assert not self.uploads(server)

    def test_what_is_there_already_costs_nothing(self, server):
        body = os.urandom(90_000)
        name = server.put_blob("team/app", body)
        assert self.put(server, "team/app", body)[0] == 201
        assert self.put(server, "team/pushed", body)[0] == 201
        server.expect(201, "POST", f"/v2/team/mounted/blobs/uploads/?mount={name}&from=team/app")
        place = self.begin(server, "team/in/parts")
        server.expect(202, "PATCH", place, body)
        server.expect(201, "PUT", f"{place}?digest={name}")
        assert self.put(server, "team/app", os.urandom(10_000))[0] == 201

    def test_a_mount_from_elsewhere_costs(self, server):
        server.put_blob("team/app", os.urandom(60_000))
        name = server.put_blob("elsewhere/app", os.urandom(50_000))
        assert self.is_denied(server.request("POST", f"/v2/team/app/blobs/uploads/?mount={name}&from=elsewhere/app"), 50_000, 60_000)
        server.expect(404, "HEAD", f"/v2/team/app/blobs/{name}")

    def test_before_the_bytes_are_taken(self, server):
        """The answer comes while the server has none of them (of up to 64 KiB it lets the client send all, and keeps none)."""
        server.put_blob("team/app", os.urandom(60_000))
        place = self.begin(server, "team/app")
        for line, size in ((f"POST /v2/team/app/blobs/uploads/?digest={images.digest(b'x')}", 70_000), (f"PUT {place}?digest={images.digest(b'x')}", 70_000),
                           (f"PATCH {self.begin(server, 'team/app')}", 100_001)):
            with socket.create_connection(("127.0.0.1", server.port)) as connection:
                connection.sendall(f"{line} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {size}\r\n\r\n".encode())
                answer = connection.recv(10_000)
                assert answer.startswith(b"HTTP/1.1 403 ") and b"quota exceeded" in answer, answer
        assert not self.uploads(server)

    def test_bytes_of_which_nobody_told_the_number(self, server):
        place = self.begin(server, "team/app")
        assert self.is_denied(server.request("PATCH", place, (bytes(50_000) for _ in range(5))))
        place, body = self.begin(server, "team/app"), os.urandom(70_000)
        server.put_blob("team/app", os.urandom(60_000))
        server.expect(202, "PATCH", place, iter([body]))
        assert self.is_denied(server.request("PUT", f"{place}?digest={images.digest(body)}"), 70_000, 60_000)
        assert not self.uploads(server) and len(list((server.data / "blobs").rglob("*"))) == 2 + 1

    def test_what_goes_makes_room(self, server):
        name = server.put_blob("team/app", os.urandom(90_000))
        body = os.urandom(50_000)
        assert self.is_denied(self.put(server, "team/app", body), 50_000, 90_000)
        server.expect(202, "DELETE", f"/v2/team/app/blobs/{name}")
        assert self.put(server, "team/app", body)[0] == 201
        server("rm", "team/app")
        assert self.put(server, "team/app", os.urandom(100_000))[0] == 201

    def test_docker_and_davit_tell_the_user(self, server, docker, davit, folder):
        with DavitRegistry(folder / "source") as source:
            reference = source.push_busybox("team/app:1")
            docker("pull", reference)
            docker("tag", reference, f"{server.address}/team/app:1")
            told = run("docker", "push", f"{server.address}/team/app:1", env=docker.environment, code=1).stderr.decode()
            assert "denied: quota exceeded: the blobs of team/** may have 100000 bytes" in told, told
            assert "quota exceeded: the blobs of team/** may have 100000 bytes" in davit("copy", reference, f"{server.address}/team/app:1", code=1).stderr

    def test_du_shows_them_and_another_limit_counts_from_the_next_start(self, server):
        server.put_blob("team/app", os.urandom(60_000))
        assert ["team/**", "60kB", "100kB"] in [line.split() for line in server("du").splitlines()]
        server.stop()
        (server.folder / "config.toml").write_text('[[quota]]\nrepositories = "team/**"\nbytes = 70000\n[[quota]]\nrepositories = "**"\nbytes = 1000000\n')
        server.start()
        assert self.put(server, "team/app", os.urandom(20_000))[0] == 403
        assert [line.split() for line in server("du").splitlines() if line.startswith(("team/**", "**"))] == [["**", "60kB", "1MB"], ["team/**", "60kB", "70kB"]]

    def test_a_store_of_the_version_before_gets_them(self, server):
        server.put_blob("team/app", os.urandom(60_000))
        server.stop()
        with contextlib.closing(sqlite3.connect(server.data / "registry.db")) as database:
            for kind, name in database.execute("SELECT type, name FROM sqlite_schema WHERE (name LIKE 'quota%' AND type = 'table') OR type = 'trigger'").fetchall():
                database.execute(f"DROP {kind} IF EXISTS {name}")
            database.execute("PRAGMA user_version = 1")
            database.commit()
        server.start()
        assert self.is_denied(self.put(server, "team/app", os.urandom(50_000)), 50_000, 60_000)

    def test_two_pushes_at_once_do_not_pass_together(self, server):
        bodies = [os.urandom(60_000) for _ in range(6)]
        seen = []
        threads = [threading.Thread(target=lambda body=body: seen.append(self.put(server, "team/app", body)[0])) for body in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(seen) == [201] + [403] * 5


def test_docker_pushes_and_pulls_within_limits(limited, docker, folder):
    server = limited("client_requests = 50\nclient_uploads = 5\nclient_bytes = 100000000")
    with DavitRegistry(folder / "source") as source:
        reference = source.push_busybox("public/app:1")
        docker("pull", reference)
        docker("tag", reference, f"{server.address}/public/app:1")
        docker("push", f"{server.address}/public/app:1")
        docker("rmi", reference, f"{server.address}/public/app:1")
        docker("pull", f"{server.address}/public/app:1")
