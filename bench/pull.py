"""Pull of the reference image from docker-registry on loopback: davit with each driver, docker.io's dockerd, and skopeo (which does
not unpack). Then the first `run` of what was pulled, and what it takes of the disk."""

import os
from pathlib import Path

from measure import Series, report, settle, rotated, tell
from pullers import NOTE, DavitPuller, DockerPuller, SkopeoPuller, davits
from reference_image import push
from testing.registry import Registry

ROUNDS = int(os.environ.get("DAVIT_BENCH_ROUNDS", "5"))


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    registry = Registry(work / "registry")
    reference = push(registry, "bench/big:1.0.0")
    pullers = [*davits(work), DockerPuller(work), SkopeoPuller(work)]
    runs = {puller.name: Series(puller.name) for puller in pullers if puller.unpacks}
    disk = {}
    for number in range(ROUNDS + 1):  # the first warms the registry's page cache and is dropped
        for puller in rotated(pullers, number):
            puller.fresh(number)
            settle()
            puller.pull(reference)
            if puller.unpacks:
                puller.first_run(reference, runs[puller.name])
            puller.rest()
            if number == ROUNDS:
                disk[puller.name] = puller.disk()
    lean(work, reference, [puller for puller in pullers if puller.name == "davit erofs"], disk)
    registry.stop()
    for series in [puller.series for puller in pullers] + list(runs.values()):
        series.drop_first()
    report("pull of the reference image", [puller.series for puller in pullers], "docker.io 20.10", note=NOTE)
    report("first run --rm --network none after the pull", list(runs.values()), "docker.io 20.10", unit="ms",
           note="CPU and memory are those of the command itself; davit's target: 150 ms")
    base = disk["docker.io 20.10"]
    tell(["disk after the pull: MB, ratio to docker.io 20.10"] +
         [f"{name:36}{size / 1e6:>10.1f}{size / base:>10.3f}" for name, size in disk.items()])


def lean(work, reference, drivers, disk):
    """What davit takes with keep_compressed = false, which is for the erofs driver."""
    for driver in drivers:
        puller = DavitPuller(work, f"{driver.name}, blobs not kept", driver.flags, config="keep_compressed = false\n")
        puller.fresh("once")
        puller.pull(reference)
        disk[puller.name] = puller.disk()
