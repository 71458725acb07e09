"""`images` and `inspect` over a store of many images: how long until they are done."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

from measure import DAVIT, Series, report
from testing.peers import Docker

IMAGES = 1000
PEER_IMAGES = 200  # docker takes 0.2 s for each import
ROUNDS = 40


def archive(text):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("text")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    return out.getvalue()


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    docker = Docker(work / "docker")
    for number in range(IMAGES):
        tar, name = archive(b"%d" % number), f"bench/app-{number % 50}:1.0.{number}"
        subprocess.run([DAVIT, "--root", work / "davit", "import", "-", name], input=tar, check=True, stdout=subprocess.DEVNULL)
        if number < PEER_IMAGES:
            docker("import", "-", name, stdin=tar)
    last = f"bench/app-0:1.0.{PEER_IMAGES - 50}"
    listing, peer_listing = Series(f"davit images ({IMAGES})"), Series(f"docker images ({PEER_IMAGES})")
    quiet = Series(f"davit images -q ({IMAGES})")
    inspect, peer_inspect = Series("davit inspect"), Series("docker inspect")
    usage = Series(f"davit system df ({IMAGES})")
    for _ in range(ROUNDS):
        listing.run(DAVIT, "--root", work / "davit", "images")
        peer_listing.run("docker", "images", env=docker.environment)
        quiet.run(DAVIT, "--root", work / "davit", "images", "-q")
        inspect.run(DAVIT, "--root", work / "davit", "inspect", last)
        peer_inspect.run("docker", "inspect", last, env=docker.environment)
        usage.run(DAVIT, "--root", work / "davit", "system", "df")
    docker.stop()
    report("images", [listing, quiet, peer_listing], peer_listing.name, unit="ms")
    report("inspect", [inspect, peer_inspect], "docker inspect", unit="ms")
    report("system df", [usage], usage.name, unit="ms")
