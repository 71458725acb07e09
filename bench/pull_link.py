"""Pull of the reference image over a link of 40 ms and 200 Mbit/s (a relay process, with the slow start of TCP: testing/relay.py): davit with each driver, docker.io's dockerd,
skopeo. Then what the second try fetches after the link was cut at half way."""

import json
import os
import time
from http.client import HTTPConnection
from pathlib import Path

from link import Link
from measure import measured, report, rotated, settle, tell
from pullers import NOTE, DockerPuller, SkopeoPuller, davits
from reference_image import folder, push
from testing.processes import free_port
from testing.registry import Registry

ROUNDS = int(os.environ.get("DAVIT_BENCH_ROUNDS", "5"))
ROUND_TRIP, BITS = 0.040, 200e6


def plain_fetch(link, layers, repository):
    """Bytes a second of plain GETs, one after the other on one connection."""
    connection = HTTPConnection(link.address)
    buffer, begin, count = bytearray(1 << 18), time.monotonic(), 0
    for layer in layers:
        connection.request("GET", f"/v2/{repository}/blobs/{layer['digest']}")
        answer = connection.getresponse()
        assert answer.status == 200
        while got := answer.readinto(buffer):
            count += got
    connection.close()
    return count / (time.monotonic() - begin)


def check_relay(registry, layers):
    """The relay itself must not be what bounds: without limits it must be much faster, and with them it gives what it says."""
    results = {}
    for name, how in {"unlimited": {"round_trip": 0, "bits": 1e12}, "limited": {"round_trip": ROUND_TRIP, "bits": BITS}}.items():
        link = Link(free_port(), registry.port, **how)
        results[name] = plain_fetch(link, layers, "bench/big") * 8 / 1e6
        link.stop()
    tell([f"relay: {results['unlimited']:.0f} Mbit/s without limits, {results['limited']:.0f} Mbit/s of {BITS / 1e6:.0f} with them, one connection"])
    assert results["unlimited"] > 3 * BITS / 1e6, "the relay is too slow on this machine to measure anything"


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    registry = Registry(work / "registry")
    push(registry, "bench/big:1.0.0")
    layers = json.loads((folder() / "manifest.json").read_text())["layers"]
    check_relay(registry, layers)
    link = Link(free_port(), registry.port, ROUND_TRIP, BITS)
    reference = f"{link.address}/bench/big:1.0.0"
    pullers = [*davits(work), DockerPuller(work), SkopeoPuller(work)]
    for number in range(ROUNDS):
        for puller in rotated(pullers, number):
            puller.fresh(number)
            settle()
            puller.pull(reference)
            puller.rest()
    floor = sum(layer["size"] for layer in layers) * 8 / BITS
    report(f"pull over {ROUND_TRIP * 1000:.0f} ms and {BITS / 1e6:.0f} Mbit/s", [puller.series for puller in pullers],
           "skopeo, not unpacked", note=f"{NOTE}; the bytes alone need {floor:.1f} s on that line")
    cut(link, reference, pullers, layers)
    link.stop()
    registry.stop()


def cut(link, reference, pullers, layers):
    whole = sum(layer["size"] for layer in layers)
    lines = [f"after a cut at half way: of {whole / 1e6:.1f} MB of layers the first try got, and the second fetched (part of the whole)"]
    for puller in pullers:
        puller.fresh("cut")
        before = link.received()
        link.cut_after(whole // 2)
        first = measured(*puller.pull_command(reference), env=puller.environment())
        got = link.received() - before
        link.mend()
        middle = link.received()
        puller.pull(reference)
        puller.rest()
        assert first.status != 0, f"{puller.name} pulled over a link that was cut: {first.output}"
        second = link.received() - middle
        lines.append(f"{puller.name:24}{got / 1e6:>10.1f} MB{second / 1e6:>10.1f} MB{second / whole:>10.3f}")
    tell(lines)
