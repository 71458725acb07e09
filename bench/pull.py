"""Pull of the reference image from docker-registry on loopback: davit, docker.io's dockerd, and skopeo (which does not unpack)."""

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
    davit, peer, copy = Series("davit"), Series("docker.io 20.10"), Series("skopeo, not unpacked")
    for number in range(ROUNDS + 1):  # the first warms the registry's page cache and is dropped
        # Everybody gets an empty store each time, and nothing is removed before the end: ext4 looks for inodes that were not
        # freed within the last minutes, so a removal makes whoever creates files next pay (tenfold, in system time).
        settle()
        davit.run(DAVIT, "--root", work / f"davit-{number}", "pull", "-q", reference)
        docker = Docker(work / f"docker-{number}")
        settle()
        peer.run("docker", "pull", "-q", reference, env=docker.environment)
        docker.stop()
        settle()
        copy.run("skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{reference}", f"oci:{work}/oci-{number}:1")
    for series in (davit, peer, copy):
        del series.seconds[0], series.cpu[0], series.peak_mib[0]
    registry.stop()
    report("pull of the reference image", [davit, peer, copy], "docker.io 20.10")
