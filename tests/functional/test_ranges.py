"""Fetching layers: in ranges over a far link, after cuts, from servers that lie or stall, by many at once."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
from collections import Counter

import pytest
from testing import archives, images
from testing.fake_registry import FakeRegistry
from testing.processes import wait_until
from testing.relay import Relay

MIB = 1 << 20
BLOCK = 64 * 1024


@pytest.fixture
def far(fake_registry):
    """The registry at the other end of a link of 40 ms."""
    with Relay(fake_registry.address) as link:
        yield link


@pytest.fixture
def options(folder):
    """Ranges of 1 MiB, so that small layers are large ones."""
    (folder / "davit.toml").write_text(f"[pull]\nrange_size = {MIB}\n")
    return ["--config", folder / "davit.toml"]


def big_image(*sizes):
    return images.image(*(images.layer(images.file(f"big{number}", os.urandom(size))) for number, size in enumerate(sizes)))


def bounds(seen):
    """The first and the last byte that a request asked for."""
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", seen.headers.get("Range", ""))
    return match and (int(match[1]), match[2] and int(match[2]))


def test_far_layer_comes_in_several_ranges_at_once(davit, fake_registry, far, options):
    image = big_image(6 * MIB)
    fake_registry.add("team/big:1", image)
    blob = image.layers[0]

    davit(*options, "pull", f"{far.address}/team/big:1")

    asked = sorted(bounds(seen) for seen in fake_registry.requests(f"GET .*/blobs/{blob.digest}"))
    assert asked == [(at, min(at + MIB, len(blob.blob)) - 1) for at in range(0, len(blob.blob), MIB)]
    assert far.connections > 3
    assert davit.id_of(f"{far.address}/team/big:1") == image.id


def test_one_connection_is_never_in_ranges(davit, fake_registry, far, folder):
    (folder / "davit.toml").write_text(f"[pull]\nconnections = 1\nrange_size = {MIB}\n")
    image = big_image(3 * MIB)
    fake_registry.add("team/big:1", image)

    davit("--config", folder / "davit.toml", "pull", f"{far.address}/team/big:1")

    (seen,) = fake_registry.requests(f"GET .*/blobs/{image.layers[0].digest}")
    assert "Range" not in seen.headers


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_after_a_cut_at_half_way_the_second_try_fetches_at_most_half(davit, fake_registry, options, how):
    """The first try ends with ranges here and there; the second goes on with each, from near by one stream a range, from far by several."""
    image = big_image(12 * MIB)
    fake_registry.add("team/big:1", image)
    blob = image.layers[0]
    for number, second_is_far in enumerate([True, False]):
        store = davit.another(f"store{number}")
        with Relay(fake_registry.address) as link:
            running = store.start(*options, "pull", f"{link.address}/team/big:1")
            wait_until(lambda: link.bytes_down >= len(blob.blob) * 0.6, what="more than half of the layer", step=0.002)
            running.send_signal(how)
            _, errors = running.communicate(timeout=10)
            assert running.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL), errors
        assert store("images", "-a", "-q").lines == []
        fake_registry.forget_requests()

        with Relay(fake_registry.address) as link:
            address = link.address if second_is_far else fake_registry.address
            store(*options, "pull", f"{address}/team/big:1")
            if second_is_far:
                assert link.bytes_down <= len(blob.blob) / 2 + 20_000  # manifest, config, heads

        assert fake_registry.bytes_sent(f"GET .*/blobs/{blob.digest}") <= len(blob.blob) / 2
        assert len(fake_registry.requests(f"GET .*/blobs/{blob.digest}")) > 1
        assert store.id_of(f"{address}/team/big:1") == image.id


def test_layer_of_which_a_cut_pull_left_pieces_without_a_beginning_is_loaded(davit, fake_registry, far, options, folder):
    image = big_image(4 * MIB)
    fake_registry.add("team/big:1", image)
    blob = image.layers[0]
    (folder / "image.tar").write_bytes(archives.oci_archive(image, name="docker.io/team/big:1"))
    released = threading.Event()

    def late(exchange):
        if bounds(exchange.seen)[0] == 0:
            released.wait(60)
        exchange.default()

    fake_registry.on(f"GET .*/blobs/{blob.digest}", late)
    running = davit.start(*options, "pull", f"{far.address}/team/big:1")
    wait_until(lambda: far.bytes_down >= 2 * MIB, what="other ranges than the first")
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=10)
    released.set()

    davit("load", "-i", folder / "image.tar")

    assert davit.id_of("team/big:1") == image.id


def test_cuts_are_taken_up_where_they_were(davit, fake_registry, far, options):
    image = big_image(5 * MIB)
    fake_registry.add("team/big:1", image)
    blob = image.layers[0]
    fake_registry.on(f"GET .*/blobs/{blob.digest}", lambda exchange: exchange.default(cut_after=300_000), times=6)

    davit(*options, "pull", f"{far.address}/team/big:1")

    assert fake_registry.bytes_sent(f"GET .*/blobs/{blob.digest}") <= len(blob.blob) + 6 * BLOCK


def test_link_that_breaks_all_connections_at_once(davit, fake_registry, options):
    image = big_image(6 * MIB)
    fake_registry.add("team/big:1", image)
    with Relay(fake_registry.address, cut_after=3 * MIB) as link:
        davit(*options, "pull", f"{link.address}/team/big:1")
        assert link.cuts == 1
        assert davit.id_of(f"{link.address}/team/big:1") == image.id


def wrong_content_range(exchange, blob):
    if "Range" not in exchange.headers:
        return exchange.default()
    exchange.reply(206, blob[:1000], Content_Range=f"bytes 0-999/{len(blob)}")


def right_head_and_too_much(exchange, blob):
    first, last = bounds(exchange.seen) or (0, "")
    if last == "":
        return exchange.default()
    exchange.reply(206, blob[first:last + 100_000], Content_Range=f"bytes {first}-{last}/{len(blob)}")


def empty_ranges(exchange, blob):
    first, last = bounds(exchange.seen) or (0, "")
    if last == "":
        return exchange.default()
    exchange.reply(206, b"", Content_Range=f"bytes {first}-{last}/{len(blob)}")


def halves_of_ranges(exchange, blob):
    first, last = bounds(exchange.seen) or (0, len(blob) - 1)
    last = first + (last - first) // 2
    exchange.reply(206, blob[first:last + 1], Content_Range=f"bytes {first}-{last}/{len(blob)}")


def refused_ranges(exchange, blob):
    exchange.reply(416) if "Range" in exchange.headers else exchange.default()


def ignored_ranges(exchange, blob):
    exchange.reply(200, blob)


def ignored_but_for_the_first(exchange, blob):
    exchange.default() if (bounds(exchange.seen) or (1,))[0] == 0 else exchange.reply(200, blob)


@pytest.mark.parametrize("wrong", [wrong_content_range, right_head_and_too_much, empty_ranges, halves_of_ranges, refused_ranges, ignored_ranges,
                                   ignored_but_for_the_first], ids=lambda wrong: wrong.__name__)
def test_registry_whose_ranges_are_wrong(davit, fake_registry, far, options, wrong):
    image = big_image(3 * MIB)
    fake_registry.add("team/big:1", image)
    blob = image.layers[0]
    fake_registry.on(f"GET .*/blobs/{blob.digest}", lambda exchange: wrong(exchange, blob.blob))

    davit(*options, "pull", f"{far.address}/team/big:1")

    assert davit.id_of(f"{far.address}/team/big:1") == image.id


def test_wrong_bytes_in_ranges_are_told_and_dropped(davit, fake_registry, far, options):
    image = big_image(3 * MIB)
    fake_registry.add("team/big:1", image)
    blob = image.layers[0]
    fake_registry.blobs[blob.digest] = blob.blob[:2 * MIB] + bytes(1000) + blob.blob[2 * MIB + 1000:]

    failed = davit(*options, "pull", f"{far.address}/team/big:1", code=1)

    assert f"expected {blob.digest}" in failed.stderr
    assert davit("images", "-a", "-q").lines == []
    fake_registry.blobs[blob.digest] = blob.blob
    davit(*options, "pull", f"{far.address}/team/big:1")


def test_refusal_in_mid_layer_leaves_what_came(davit, fake_registry):
    """As of a store behind the registry whose addresses have a time limit."""
    image = big_image(4 * MIB)
    reference = fake_registry.add("team/big:1", image)
    blob = image.layers[0]
    fake_registry.on(f"GET .*/blobs/{blob.digest}", lambda exchange: exchange.default(cut_after=3 * MIB), times=1)
    fake_registry.on(f"GET .*/blobs/{blob.digest}", lambda exchange: exchange.reply(400), times=1)
    davit("pull", reference, code=1)
    fake_registry.forget_requests()

    davit("pull", reference)

    assert fake_registry.bytes_sent(f"GET .*/blobs/{blob.digest}") <= len(blob.blob) - 2 * MIB


def test_wrong_bytes_that_look_like_something_unknown_are_dropped(davit, fake_registry):
    image = big_image(4 * MIB)
    reference = fake_registry.add("team/big:1", image)
    blob = image.layers[0]
    fake_registry.on(f"GET .*/blobs/{blob.digest}", lambda exchange: exchange.reply(200, b"BZh91AY&SY" + blob.blob[10:]), times=1)
    assert "bzip2" in davit("pull", reference, code=1).stderr

    davit("pull", reference)

    assert davit.id_of(reference) == image.id


# Mirrors.

def mirrored(folder, location, mirror):
    (folder / "davit.toml").write_text(f'[pull]\nrange_size = {MIB}\n[registry."{location}"]\nmirrors = {json.dumps([mirror])}\n')
    return ["--config", folder / "davit.toml"]


@pytest.fixture
def second_registry():
    server = FakeRegistry()
    yield server
    server.stop()


@pytest.mark.parametrize("what", ["layer", "config"])
@pytest.mark.parametrize("distance", ["near", "far"])
def test_mirror_that_delivers_wrong_bytes_is_passed_over(davit, fake_registry, second_registry, folder, distance, what):
    image = big_image(3 * MIB, 10_000)
    reference = second_registry.add("team/big:1", image)
    fake_registry.add("team/big:1", image)
    wrong = image.layers[0].digest if what == "layer" else image.id
    fake_registry.blobs[wrong] = b"wrong" + fake_registry.blobs[wrong][5:]
    with Relay(fake_registry.address, delay=0.04 if distance == "far" else 0) as link:
        davit(*mirrored(folder, second_registry.address, link.address), "pull", reference)
    assert fake_registry.requests(f"GET .*/blobs/{wrong}") and second_registry.requests(f"GET .*/blobs/{wrong}")
    assert davit.id_of(reference) == image.id


def test_mirror_that_fails_in_mid_layer_is_taken_over(davit, fake_registry, second_registry, far, folder):
    image = big_image(6 * MIB)
    reference = second_registry.add("team/big:1", image)
    fake_registry.add("team/big:1", image)
    blob = image.layers[0]
    fake_registry.on(f"GET .*/blobs/{blob.digest}", lambda exchange: exchange.default(cut_after=MIB // 2), times=4)
    fake_registry.on(f"GET .*/blobs/{blob.digest}", lambda exchange: exchange.reply(404))

    davit(*mirrored(folder, second_registry.address, far.address), "pull", reference)

    assert davit.id_of(reference) == image.id
    assert second_registry.bytes_sent(f"GET .*/blobs/{blob.digest}") <= len(blob.blob) - MIB


# Slow ones, and failures.

class Stall:
    """A rule that sends a part of a blob and the rest when released."""

    def __init__(self, blob, first):
        self.blob, self.first, self.released, self.begun = blob, first, threading.Event(), threading.Event()

    def __call__(self, exchange):
        handler = exchange.handler
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(self.blob)))
        handler.end_headers()
        handler.wfile.write(self.blob[:self.first])
        handler.wfile.flush()
        self.begun.set()
        self.released.wait(90)
        try:
            handler.wfile.write(self.blob[self.first:])
        except OSError:
            pass


def test_stalled_layer_holds_up_no_other(davit, fake_registry):
    image = big_image(*[200_000] * 12)
    reference = fake_registry.add("team/big:1", image)
    slow, *others = image.layers
    stall = Stall(slow.blob, 70_000)
    fake_registry.on(f"GET .*/blobs/{slow.digest}", stall)
    running = davit.start("--log-level", "debug", "pull", reference, stdout=subprocess.DEVNULL, stderr=open(davit.folder / "log", "wb"))
    try:
        def unpacked():
            return set(re.findall(r"layer (sha256:[0-9a-f]+) is unpacked", (davit.folder / "log").read_text()))

        wait_until(lambda: unpacked() == {one.diff_id for one in others}, what=lambda: f"the others: {(davit.folder / 'log').read_text()[-3000:]}")
        assert running.poll() is None
    finally:
        stall.released.set()
    assert running.wait(30) == 0
    assert davit.id_of(reference) == image.id


def test_stalled_server_of_a_layer_that_cannot_be_unpacked_is_not_waited_for(davit, fake_registry):
    bad = images.Layer(tar=os.urandom(3_000_000))
    reference = fake_registry.add("team/bad:1", images.image(bad))
    stall = Stall(bad.blob, 300_000)  # more than is read at once, less than is read ahead
    fake_registry.on(f"GET .*/blobs/{bad.digest}", stall)
    try:
        failed = davit("pull", reference, code=1, timeout=40)  # a stalled server is else given a minute
    finally:
        stall.released.set()
    assert f"layer {bad.digest}" in failed.stderr


def test_failure_of_one_layer_ends_the_stalled_others(davit, fake_registry, second_registry):
    image = big_image(300_000, 300_000)
    reference = fake_registry.add("team/big:1", image)
    stall = Stall(image.layers[0].blob, 100_000)
    fake_registry.on(f"GET .*/blobs/{image.layers[0].digest}", stall)

    def absent(exchange):
        stall.begun.wait(30)
        exchange.reply(404)

    fake_registry.on(f"GET .*/blobs/{image.layers[1].digest}", absent)
    try:
        failed = davit("pull", reference, code=1, timeout=40)
    finally:
        stall.released.set()
    assert f"blob {image.layers[1].digest} not found" in failed.stderr and "cancel" not in failed.stderr


# Many at once.

def test_layers_that_many_images_share_are_fetched_and_unpacked_once_by_many_processes(davit, fake_registry):
    """64 images of 10 shared layers and one of their own, by 8 processes in different orders."""
    shared = [images.layer(images.file(f"shared{number}", os.urandom(20_000))) for number in range(10)]
    references, owns = [], []
    for number in range(64):
        owns.append(images.layer(images.file("own", str(number))))
        layers = shared[number % 10:] + shared[:number % 10]
        references.append(fake_registry.add(f"team/app{number}:1", images.image(*layers, owns[-1])))
    davit("images")

    pulls = [davit.start("--log-level", "debug", "pull", "-q", *references[number::8]) for number in range(8)]
    ended = [(pull.communicate(timeout=100), pull.returncode) for pull in pulls]

    assert [code for _, code in ended] == [0] * 8, ended
    fetched = Counter(seen.path.split("/")[-1] for seen in fake_registry.requests("GET .*/blobs/"))
    assert {one.digest: fetched[one.digest] for one in shared + owns} == {one.digest: 1 for one in shared + owns}
    unpacked = Counter(layer for (_, errors), _ in ended for layer in re.findall(rb"layer (sha256:[0-9a-f]+) is unpacked", errors))
    assert unpacked == {one.diff_id.encode(): 1 for one in shared + owns}
    assert len(davit("images", "-q").lines) == 64


def test_two_pulls_in_opposite_order_do_not_wait_for_each_other(davit, fake_registry, folder):
    """Each has sealed what the other wants before it asks for it: layers one at a time."""
    (folder / "davit.toml").write_text("[pull]\nparallel = 1\n")
    first, second = (images.layer(images.file(name, os.urandom(50_000))) for name in "ab")
    references = [fake_registry.add("team/ab:1", images.image(first, second)), fake_registry.add("team/ba:1", images.image(second, first))]
    meet = threading.Barrier(2, timeout=30)

    def together(exchange):
        meet.wait()
        exchange.default()

    fake_registry.on("GET .*/blobs/" + first.digest, together, times=1)
    fake_registry.on("GET .*/blobs/" + second.digest, together, times=1)
    pulls = [davit.start("--config", folder / "davit.toml", "pull", reference) for reference in references]
    ended = [(pull.communicate(timeout=60), pull.returncode) for pull in pulls]
    assert [code for _, code in ended] == [0, 0], ended
    assert len(fake_registry.requests(f"GET .*/blobs/({first.digest}|{second.digest})")) == 2


def test_artifact_of_more_blobs_than_a_process_may_have_open_files(davit, fake_registry):
    blobs = [images.Layer(b"", compression="none", blob=f"blob {number}".encode()) for number in range(1100)]
    manifest = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "config": {"mediaType": "application/vnd.made.up", "size": 2, "digest": images.digest(b"{}")},
                "layers": [{"mediaType": "application/vnd.made.up", "size": len(one.blob), "digest": one.digest} for one in blobs]}
    reference = fake_registry.add("team/parts:1", images.Image(blobs, b"{}", json.dumps(manifest).encode(), images.OCI_MANIFEST))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    try:
        davit("pull", "-q", reference)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    davit("save", "-o", davit.folder / "all.tar", reference)


@pytest.mark.parametrize("distance", ["near", "far"])
def test_memory_of_a_pull_does_not_grow_with_the_number_of_layers(davit, fake_registry, options, distance):
    """Peak resident memory of a pull of 64 layers, in ranges where the registry is far."""
    size, compression = (2 * MIB + 1000, "none") if distance == "far" else (300_000, "gzip")
    image = images.image(*(images.layer(images.file(f"big{number}", os.urandom(size)), compression=compression) for number in range(64)))
    fake_registry.add("team/many:1", image)
    measure = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    with Relay(fake_registry.address, delay=0.04 if distance == "far" else 0, rate=1e9) as link:
        command = davit.command(*options, "pull", "-q", f"{link.address}/team/many:1")
        run = subprocess.run([sys.executable, "-c", measure, *command], env=davit.environment, check=True, capture_output=True, text=True)
    peak = int(run.stdout.split()[-1])
    assert peak < 64 * 1024, f"{peak} KiB"
