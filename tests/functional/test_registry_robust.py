"""davit's registry where things fail: killed at any point, several servers on one store, a full disk, stops in mid-request; and its administration beside it."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading

import pytest
from testing import images
from testing.davit import PROGRAM
from testing.davit_registry import DavitRegistry
from testing.processes import stop, wait_until


@pytest.fixture
def server(folder):
    with DavitRegistry(folder / "own") as running:
        yield running


def push_all(server):
    """A push as clients do it, and a mount, and a delete; returns what must be there then."""
    image = images.busybox()
    server.push("team/app:1.0.0", image)
    server.push("team/app:latest", image)
    for blob in image.blobs():
        server.expect(201, "POST", f"/v2/team/copy/blobs/uploads/?mount={images.digest(blob)}&from=team/app")
    place = server.expect(202, "POST", "/v2/team/app/blobs/uploads/")[0]["Location"]
    server.expect(202, "PATCH", place, b"x" * 1000)
    server.expect(201, "PUT", f"{place}?digest={images.digest(b'x' * 1000)}")
    if server.request("DELETE", f"/v2/team/app/blobs/{images.digest(b'x' * 1000)}")[0] != 202:
        raise OSError("the delete failed")
    return image


def calls_of_a_push(folder):
    counter = folder / "calls"
    with DavitRegistry(folder / "counted", environment={"DAVIT_FAULT": f"count:{counter}"}) as server:
        push_all(server)
    return int(counter.read_text().split()[0])


def test_killed_at_any_call_it_is_sound_and_the_clients_retry_succeeds(folder):
    count = calls_of_a_push(folder)
    assert count > 30
    for point in range(1, count + 1, 1 if os.environ.get("DAVIT_LONG") else max(1, count // 15)):
        server = None
        try:
            server = DavitRegistry(folder / f"killed-{point}", environment={"DAVIT_FAULT": f"{point}:kill"})
            push_all(server)
        except (OSError, http.client.HTTPException, AssertionError):
            pass  # it died in mid-answer
        if server is None:  # before it listened
            server = DavitRegistry(folder / f"killed-{point}")
        else:
            try:
                server.process.wait(1)
            except subprocess.TimeoutExpired:
                server.stop()  # this time it made fewer calls
            server.environment = os.environ | {"DAVIT_FAULT": ""}
            server.start()
        with server:
            server("fsck")
            image = push_all(server)
            assert server.get_manifest("team/app", "1.0.0") == (image.media_type, image.manifest)
            server("fsck")


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_disk_that_fails_once_is_told_and_harms_nothing(folder, error):
    count = calls_of_a_push(folder)
    for point in range(1, count + 1, max(1, count // 10)):
        try:
            server = DavitRegistry(folder / f"failed-{point}", environment={"DAVIT_FAULT": f"{point}:{error}"})
        except AssertionError:
            continue  # it said so at its start
        with server:
            try:
                push_all(server)
            except (OSError, AssertionError) as failure:
                assert re.search(r": 5\d\d |the delete failed|405", str(failure)), failure
            image = push_all(server)
            assert server.get_manifest("team/app", "latest") == (image.media_type, image.manifest)
            server("fsck")


def test_a_full_disk_is_told_and_the_space_given_back(folder):
    (folder / "full/data").mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder / "full/data"], check=True)
    try:
        with DavitRegistry(folder / "full") as server:
            blob = os.urandom(30_000_000)
            place = server.expect(202, "POST", "/v2/team/app/blobs/uploads/")[0]["Location"]
            status, _, body = server.request("PATCH", place, iter([blob[i:i + 100_000] for i in range(0, len(blob), 100_000)]))
            assert status == 507 and "no space left" in json.loads(body)["errors"][0]["message"]
            server.push_busybox("team/app:1")
            assert server.request("GET", place)[0] == 404
            server("fsck")
    finally:
        subprocess.run(["umount", "-l", folder / "full/data"], check=True)


def test_two_servers_on_one_store_agree_at_once(folder, server):
    """Each answers with what the other was told, from its memory or not."""
    with DavitRegistry(folder / "beside") as beside:
        beside.stop()
        os.rmdir(beside.data / "damaged")
        subprocess.run(["rm", "-rf", beside.data], check=True)
        os.symlink(server.data, beside.data)
        beside.start()
        first, second = images.busybox(), images.busybox(text="two")
        for number in range(30):
            image, other = (first, second) if number % 2 else (second, first)
            server.push("team/app:latest", image)
            for _ in range(3):
                assert beside.get_manifest("team/app", "latest")[1] == image.manifest
            beside.push("team/app:latest", other)
            assert server.get_manifest("team/app", "latest")[1] == other.manifest
        assert server.request("DELETE", "/v2/team/app/manifests/latest")[0] == 202
        assert beside.request("GET", "/v2/team/app/manifests/latest")[0] == 404


def test_pushes_of_one_blob_at_once_all_succeed(server):
    blob, failed = os.urandom(3_000_000), []

    def push(number):
        try:
            place = server.expect(202, "POST", f"/v2/team/app{number % 3}/blobs/uploads/")[0]["Location"]
            server.expect(201, "PUT", f"{place}?digest={images.digest(blob)}", blob)
        except (AssertionError, OSError) as failure:
            failed.append(failure)
    threads = [threading.Thread(target=push, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    for number in range(3):
        assert server.expect(200, "GET", f"/v2/team/app{number}/blobs/{images.digest(blob)}")[1] == blob
    assert [path for path in (server.data / "uploads").rglob("*") if path.is_file()] == []


class TestStop:
    def test_what_is_under_way_is_finished(self, server):
        place = server.expect(202, "POST", "/v2/team/app/blobs/uploads/")[0]["Location"]
        with socket.create_connection(server.address.split(":"), timeout=30) as busy:
            server.begin_request(busy, f"PUT {place}?digest={images.digest(b'x' * 10)}", 10)
            busy.sendall(b"xxxxx")
            assert server.request("PATCH", place, b"x")[0] == 409
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: _refuses(server), what="no new connections to be taken")
            busy.sendall(b"xxxxx")
            assert b"".join(iter(lambda: busy.recv(65536), b"")).startswith(b"HTTP/1.1 201")
        assert server.process.wait(30) == 0

    def test_it_does_not_wait_for_ever(self, folder):
        with DavitRegistry(folder / "impatient", config="drain = 1\n") as server:
            place = server.expect(202, "POST", "/v2/team/app/blobs/uploads/")[0]["Location"]
            with socket.create_connection(server.address.split(":"), timeout=30) as busy:
                server.begin_request(busy, f"PATCH {place}", 10)
                busy.sendall(b"xxxxx")
                server.process.send_signal(signal.SIGTERM)
                assert server.process.wait(30) == 0
            server.start()
            assert server.request("GET", place)[1]["Range"] == "0-4"


def _refuses(server):
    try:
        server.request("GET", "/v2/")
        return False
    except OSError:
        return True


class TestAdministration:
    def test_lists_sizes_and_removals_while_it_serves(self, server):
        image = images.busybox()
        for name in ("team/app:1.0.0", "team/app:1.1.0", "team/other:1"):
            server.push(name, image)
        assert server("ls") == "team/app\nteam/other\n" and server("ls", "team/app") == "1.0.0\n1.1.0\n"
        rows = server("du").splitlines()
        assert rows[1].split()[:4] == ["team/app", "2", "1", "2"] and rows[-1].startswith("Shared blobs once: 2 blobs")
        server.get_manifest("team/app", "1.1.0")
        assert server("rm", "team/app:1.1.0", f"team/other@{image.digest}") == f"team/app:1.1.0\nteam/other@{image.digest}\n"
        assert server.request("GET", "/v2/team/app/manifests/1.1.0")[0] == 404 and server.request("GET", "/v2/team/other/manifests/1")[0] == 404
        server("rm", "team/other")
        assert server("ls") == "team/app\n"
        for wrong in (["rm", "nowhere:1"], ["rm", "BAD"], ["rm", "team/app@sha256:x"], ["ls", "nowhere"]):
            server(*wrong, code=1)

    def test_what_nothing_names_is_removed_when_it_is_asked(self, server):
        server.push_busybox("team/app:1")
        server("rm", "team/app")
        assert "0 named by nothing" in server("fsck", "--remove-orphans")  # it may be about to be named: it is young
        later = os.environ | {"DAVIT_TEST_NOW": "2099-01-01T00:00:00Z"}
        result = subprocess.run([PROGRAM, "registry", "fsck", "--remove-orphans", "--root", server.data], env=later, capture_output=True, text=True)
        assert "2 named by nothing, which were removed" in result.stdout, result
        assert list((server.data / "blobs/sha256").iterdir()) == []

    def test_a_folder_that_is_none_is_told(self, folder):
        result = subprocess.run([PROGRAM, "registry", "ls", "--root", folder], capture_output=True, text=True)
        assert result.returncode == 1 and "is no registry's folder" in result.stderr

    def test_figures(self, folder):
        with DavitRegistry(folder / "measured") as server:
            server.push_busybox("team/app:1")
            text = server.expect(200, "GET", "/metrics")[1].decode()
            assert re.search(r'^davit_registry_requests_total\{method="PUT",status="2xx"\} 3$', text, re.M)
            assert re.search(r"^davit_registry_connections 1$", text, re.M) and 'le="+Inf"' in text
        with DavitRegistry(folder / "apart", config='metrics_address = "127.0.0.1:0"\n') as server:
            assert server.request("GET", "/metrics")[0] == 404


def test_addresses(folder):
    taken = DavitRegistry(folder / "first")
    with taken:
        for address, words in ((taken.address, "already in use"), ("nonsense", "expected HOST:PORT"), ("127.0.0.1:99999", "0 to 65535"), ("::1:5000", "brackets")):
            result = subprocess.run([PROGRAM, "registry", "serve", "--root", folder / "x", "--addr", address], capture_output=True, text=True)
            assert result.returncode == 1 and words in result.stderr, result.stderr
    place = folder / "socket"
    process = subprocess.Popen([PROGRAM, "registry", "serve", "--root", folder / "by-socket", "--addr", f"unix:{place}", "--addr", "[::1]:0"], stderr=subprocess.PIPE, text=True)
    lines = [process.stderr.readline() for _ in range(2)]
    assert lines[0] == f"listening on unix:{place}\n" and lines[1].startswith("listening on http://[::1]:")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(place))
        connection.sendall(b"GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    stop(process)


def test_a_socket_of_systemd_is_served(folder):
    with socket.create_server(("127.0.0.1", 0)) as given:
        process = subprocess.Popen(["sh", "-c", f'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$0" registry serve --root {folder}/data', PROGRAM],
                                   pass_fds=[3], preexec_fn=lambda: os.dup2(given.fileno(), 3), stderr=subprocess.PIPE, text=True)
        port = given.getsockname()[1]
        assert process.stderr.readline() == f"listening on http://127.0.0.1:{port}\n"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/v2/")
        assert connection.getresponse().status == 200
        stop(process)


def test_uploads_that_nobody_goes_on_with_end(folder):
    with DavitRegistry(folder / "forgetful") as server:
        place = server.expect(202, "POST", "/v2/team/app/blobs/uploads/")[0]["Location"]
        server.expect(202, "PATCH", place, b"x")
        server.stop()
        server.environment = os.environ | {"DAVIT_TEST_NOW": "2099-01-01T00:00:00Z"}
        server.start()
        wait_until(lambda: server.request("GET", place)[0] == 404, what="the upload to expire")
        assert [path for path in (server.data / "uploads").rglob("*") if path.is_file()] == []
