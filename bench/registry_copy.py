"""Copy of the reference image from one docker-registry to another, empty one: davit copy, and skopeo copy.

Not copy.py: that is a module of Python's own."""

import os
import shutil
from pathlib import Path

from measure import DAVIT, Series, report, settle
from reference_image import push
from testing.registry import Registry

ROUNDS = int(os.environ.get("DAVIT_BENCH_ROUNDS", "5"))


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    source = Registry(work / "source")
    reference = push(source, "bench/big:1.0.0")
    davit, peer = Series("davit copy"), Series("skopeo copy")
    for number in range(ROUNDS + 1):  # the first is dropped
        for series in (davit, peer):
            target = Registry(work / f"target-{number}-{series.name.split()[0]}")
            name = f"{target.address}/bench/big:1.0.0"
            settle()
            if series is davit:
                davit.run(DAVIT, "--root", work / "none", "copy", "-q", reference, name)
            else:
                peer.run("skopeo", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{reference}", f"docker://{name}")
            assert target.get_manifest("bench/big", "1.0.0") == source.get_manifest("bench/big", "1.0.0")
            target.stop()
            shutil.rmtree(target.folder)
    for series in (davit, peer):
        series.drop_first()
    source.stop()
    report("copy from registry to registry", [davit, peer], "skopeo copy")
