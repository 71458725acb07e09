"""Push of the reference image, as it was pulled, to an empty docker-registry: davit, and skopeo from an OCI layout."""

import os
import shutil
import subprocess
from pathlib import Path

from measure import DAVIT, Series, report, settle
from reference_image import push
from testing.registry import Registry

ROUNDS = int(os.environ.get("DAVIT_BENCH_ROUNDS", "5"))


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    source = Registry(work / "source")
    reference = push(source, "bench/big:1.0.0")
    subprocess.run([DAVIT, "--root", work / "davit", "pull", "-q", reference], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{reference}", f"oci:{work}/oci:1"], check=True)
    davit, copy = Series("davit"), Series("skopeo")
    for number in range(ROUNDS + 1):  # the first is dropped
        for series in (davit, copy):
            target = Registry(work / f"target-{number}-{series.name}")
            name = f"{target.address}/bench/big:1.0.0"
            settle()
            if series is davit:
                subprocess.run([DAVIT, "--root", work / "davit", "tag", reference, name], check=True)
                davit.run(DAVIT, "--root", work / "davit", "push", "-q", name)
            else:
                copy.run("skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{work}/oci:1", f"docker://{name}")
            target.stop()
            shutil.rmtree(target.folder)
    for series in (davit, copy):
        series.drop_first()
    source.stop()
    report("push of what was pulled", [davit, copy], "skopeo")
