"""Peak memory of a pull: 64 gzip layers, one of 2 GB, one of 100,000 files, zstd with a window of 128 MiB; davit with each driver.
davit's targets: 64 MiB; for zstd plus its window."""

import os
from pathlib import Path

from made_images import CHUNK, LayerPlan, make
from measure import Series, own_peak_mib, settle, tell
from pullers import DockerPuller, davits
from reference_image import push_folder
from testing.registry import Registry

PARTS = int(os.environ.get("DAVIT_BENCH_PARTS", "1"))  # 10: a tenth of each size, to try the script


def chunks(size):
    return max(1, size // PARTS // CHUNK)


def images():
    gib = 1 << 30
    return {
        "64 layers of 24 MiB": [LayerPlan(f"layer-{number}", chunks=chunks(24 << 20), files=1000 // PARTS) for number in range(64)],
        "one layer of 2 GB": [LayerPlan("large", chunks=chunks(2_000_000_000))],
        "one of 100,000 files": [LayerPlan("many", files=100_000 // PARTS)],
        "zstd, window 8 MiB": [LayerPlan("zstd-8", chunks=chunks(gib), zstd=("-1", "-T2", "--long=23"))],
        "zstd, window 128 MiB": [LayerPlan("zstd-128", chunks=chunks(gib), zstd=("-1", "-T2", "--long=27"))],
    }


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    registry = Registry(work / "registry")
    lines = ["peak memory of a pull, MiB (and seconds)"]
    for number, (title, plans) in enumerate(images().items()):
        reference = push_folder(registry, f"bench/memory:1.0.{number}", make(work / f"image-{number}", plans))
        pullers = davits(work) + ([] if "zstd" in title else [DockerPuller(work)])  # docker.io 20.10 reads no zstd
        for puller in pullers:
            puller.fresh(number)
            settle()
            series = Series(puller.name)
            puller.pull(reference, series)
            puller.rest()
            lines.append(f"{title:24}{puller.name:24}{series.peak_mib[0]:>10.1f}{series.seconds[0]:>10.2f}s")
    registry.stop()
    tell(lines + [f"(of docker: dockerd alone, without what unpacks; nothing below {own_peak_mib():.1f} MiB can be seen, for that is what measures)"])
