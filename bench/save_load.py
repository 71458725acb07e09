"""Save and load of the reference image, from file to file: davit and docker.io's dockerd, each with the archive that it writes itself,
and both with docker's (layers plain) and with davit's (layers compressed)."""

import os
from pathlib import Path

from measure import DAVIT, Series, report, settle
from reference_image import push
from testing.peers import Docker
from testing.registry import Registry

ROUNDS = int(os.environ.get("DAVIT_BENCH_ROUNDS", "5"))


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    registry = Registry(work / "registry")
    reference = push(registry, "bench/big:1.0.0")
    Series("davit").run(DAVIT, "--root", work / "davit", "pull", "-q", reference)
    docker = Docker(work / "docker")
    Series("docker").run("docker", "pull", "-q", reference, env=docker.environment)
    registry.stop()
    ours, theirs = work / "davit.tar", work / "docker.tar"

    saves = [Series("davit"), Series("docker.io 20.10")]
    for _ in range(ROUNDS + 1):  # the first is dropped
        settle()
        saves[0].run(DAVIT, "--root", work / "davit", "save", "-o", ours, reference)
        settle()
        saves[1].run("docker", "save", "-o", theirs, reference, env=docker.environment)
    docker.stop()

    loads = [Series("davit, its own"), Series("docker, its own"), Series("davit, docker's"), Series("docker, davit's")]
    for number in range(ROUNDS + 1):
        # Everybody gets an empty store each time, and nothing is removed before the end: see pull.py.
        for series, archive in ((loads[0], ours), (loads[2], theirs)):
            settle()
            series.run(DAVIT, "--root", work / f"davit-{archive.stem}-{number}", "load", "-q", "-i", archive)
        for series, archive in ((loads[1], theirs), (loads[3], ours)):
            engine = Docker(work / f"docker-{archive.stem}-{number}")
            settle()
            series.run("docker", "load", "-q", "-i", archive, env=engine.environment)
            engine.stop()
    for series in saves + loads:
        series.drop_first()
    report("save of the reference image", saves, "docker.io 20.10")
    report("load of the reference image", loads, "docker, its own")
    print(f"davit's archive: {ours.stat().st_size / 1e6:.0f} MB, docker's: {theirs.stat().st_size / 1e6:.0f} MB")
