"""Commands that need no network: how long until they are done."""

import os
import subprocess
from pathlib import Path

from measure import DAVIT, Series, report
from testing import images
from testing.peers import Docker
from testing.registry import Registry

ROUNDS = 40
IMAGES = 20


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    registry = Registry(work / "registry")
    docker = Docker(work / "docker")
    for number in range(IMAGES):
        reference = registry.push(f"bench/app:1.0.{number}", images.image(images.layer(images.file("f", str(number)))))
        subprocess.run([DAVIT, "--root", work / "davit", "pull", "-q", reference], check=True, stdout=subprocess.DEVNULL)
        docker("pull", "-q", reference)
    registry.stop()
    version, peer_version = Series("davit --version"), Series("docker --version")
    listing, peer_listing = Series("davit images"), Series("docker images")
    for _ in range(ROUNDS):
        version.run(DAVIT, "--version")
        peer_version.run("docker", "--version")
        listing.run(DAVIT, "--root", work / "davit", "images")
        peer_listing.run("docker", "images", env=docker.environment)
    docker.stop()
    report("start-up", [version, peer_version], "docker --version", unit="ms")
    report(f"images, {IMAGES} of them", [listing, peer_listing], "docker images", unit="ms")
