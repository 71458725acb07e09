"""64 images that share 10 layers, each with one of its own: pulled one after the other, and by 8 processes at once. How long it takes,
and how often a layer is fetched and unpacked."""

import json
import os
import re
import threading
import time
from collections import Counter
from pathlib import Path

from made_images import LayerPlan, make
from measure import measured, settle, tell
from pullers import DockerPuller, SkopeoPuller, davits
from reference_image import push_folder
from testing import images
from testing.registry import Registry

IMAGES = int(os.environ.get("DAVIT_BENCH_IMAGES", "64"))
SHARED = 10
PROCESSES = 8


def push_images(registry, work):
    """The references, and the digests of the shared layers."""
    base = make(work / "base", [LayerPlan(f"shared-{number}", chunks=4, files=500) for number in range(SHARED)])
    push_folder(registry, "bench/base:1.0.0", base)
    manifest, config = (json.loads((base / f"{name}.json").read_text()) for name in ("manifest", "config"))
    references = []
    for number in range(IMAGES):
        own = images.layer(images.file("own", f"image {number}\n" * 1000), oci=True)
        config_bytes = json.dumps(config | {"rootfs": {"type": "layers", "diff_ids": config["rootfs"]["diff_ids"] + [own.diff_id]}}).encode()
        registry.put_blob("bench/base", own.blob)
        registry.put_blob("bench/base", config_bytes)
        body = manifest | {"layers": manifest["layers"] + [own.descriptor()],
                           "config": manifest["config"] | {"size": len(config_bytes), "digest": images.digest(config_bytes)}}
        registry.put_manifest("bench/base", f"1.1.{number}", json.dumps(body).encode(), manifest["mediaType"])
        references.append(f"{registry.address}/bench/base:1.1.{number}")
    return references, {layer["digest"] for layer in manifest["layers"]}


def pull_all(puller, references, processes):
    """(seconds, CPU seconds, what was told) of pulling all, by so many processes at a time."""
    runs, left, lock = [], list(references), threading.Lock()
    daemon = puller.daemon()
    before, begin = daemon.cpu() if daemon else 0, time.monotonic()

    def work():
        while True:
            with lock:
                if not left:
                    return
                reference = left.pop(0)
            run = measured(*[part for part in puller.pull_command(reference) if part != "-q"], env=puller.environment())
            with lock:
                runs.append((reference, run))

    threads = [threading.Thread(target=work) for _ in range(processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - begin
    failed = [(reference, run.output) for reference, run in runs if run.status != 0]
    if failed:
        raise RuntimeError(f"{puller.name}: {len(failed)} of {len(runs)} pulls failed, one with: {failed[0][1][-2000:]}")
    return seconds, sum(run.cpu for _, run in runs) + (daemon.cpu() - before if daemon else 0), [run.output for _, run in runs]


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    registry = Registry(work / "registry")
    references, shared = push_images(registry, work)
    lines = [f"{IMAGES} images that share {SHARED} layers: seconds, CPU seconds, GETs of shared layers, GETs of other blobs, "
             f"'Pull complete' of shared layers, MB fetched"]
    warm = davits(work)[0]
    warm.fresh("warm")
    pull_all(warm, references, 1)
    for processes in (1, PROCESSES):
        # Several skopeos that write one layout at once break it, so it has its place in the first round alone.
        for puller in [*davits(work), DockerPuller(work), *([SkopeoPuller(work)] if processes == 1 else [])]:
            puller.fresh(f"by-{processes}")
            registry.forget_requests()
            settle()
            seconds, cpu, told = pull_all(puller, references, processes)
            puller.rest()
            gets = registry.requests(r"^GET \S+/blobs/\S+ 20[06]$")
            count = Counter(request.path.rsplit("/", 1)[1] for request in gets)
            of_shared = sum(number for digest, number in count.items() if digest in shared)
            short = {digest.split(":")[1][:12] for digest in shared}
            unpacked = sum(found in short for text in told for found in re.findall(r"^([0-9a-f]{12}): Pull complete", text, re.M))
            lines.append(f"{puller.name:24}{f'{processes} at once':>12}{seconds:>9.2f}{cpu:>9.2f}{of_shared:>6}{sum(count.values()) - of_shared:>6}"
                         f"{unpacked:>6}{sum(request.size for request in gets) / 1e6:>9.1f}")
    registry.stop()
    tell(lines)
