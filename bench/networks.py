"""Networks: `run --rm` on the default bridge, with a published port and without a network, davit, docker and podman with runc, interleaved; and the throughput
through a published port of davit and of docker without its proxy, from another machine (a network namespace) by iperf3.

DAVIT_BENCH_ROUNDS (15) makes it shorter, DAVIT_BENCH_PARTS ("run throughput") takes some parts."""

import json
import os
import statistics
import subprocess
from pathlib import Path

from containers import WITHOUT_NETWORK, engines, interleaved
from measure import rotated, tell
from testing import images
from testing.networks import Host
from testing.processes import wait_until
from testing.registry import Registry

PARTS = os.environ.get("DAVIT_BENCH_PARTS", "run throughput").split()
ROUNDS = int(os.environ.get("DAVIT_BENCH_ROUNDS", 15))
SECONDS = 3


def throughput(contestants, image):
    """Gbit/s of one connection, each engine's container in turn."""
    host = Host()
    taken, stop = {}, []
    for number, engine in enumerate(contestants):
        container = engine("run", "-d", "-p", f"{9000 + number}:5201", image, "sleep", "600").strip()
        pid = engine("inspect", "-f", "{{.State.Pid}}", container).strip()
        stop.append(subprocess.Popen(["nsenter", "-n", "-t", pid, "iperf3", "-s"], stdout=subprocess.DEVNULL))
        wait_until(lambda: subprocess.run(["nsenter", "-n", "-t", pid, "grep", "-q", ":1451 ", "/proc/net/tcp6"]).returncode == 0, what="iperf3")
        taken[engine.name] = []
    for turn in range(max(5, ROUNDS // 3)):
        for engine in rotated(contestants, turn):
            run = host.run("iperf3", "-J", "-t", SECONDS, "-c", host.gateway, "-p", 9000 + contestants.index(engine), timeout=60)
            taken[engine.name].append(json.loads(run.stdout)["end"]["sum_received"]["bits_per_second"] / 1e9)
    for process in stop:
        process.kill()
    host.stop()
    middle = {name: statistics.median(values) for name, values in taken.items()}
    tell(["throughput of a published port, one connection from another host: " + ", ".join(
        f"{name} {middle[name]:.1f} Gbit/s ({min(values):.1f} to {max(values):.1f})" for name, values in taken.items()) +
        f"; davit to docker {middle['davit'] / middle['docker']:.2f}"])


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    registry = Registry(work / "registry")
    reference = registry.push("bench/busybox:1", images.busybox())
    contestants, docker, podman = engines(work, "--userland-proxy=false", networks=True)
    for engine in contestants:
        engine("pull", "-q", *(["--tls-verify=false"] if engine.name == "podman" else []), reference)
    if "run" in PARTS:
        for title, network in (("run --rm --network none", WITHOUT_NETWORK), ("run --rm, default bridge", ()), ("run --rm -p, default bridge", ("-p", "8080:80"))):
            interleaved(title, contestants, lambda engine, _: engine.run_command("runc", reference, "true", network=network), ROUNDS)
    if "throughput" in PARTS:
        throughput([engine for engine in contestants if engine.name != "podman"], reference)
    for engine in contestants:
        ids = engine("ps", "-aq").split()
        if ids:
            engine("rm", "-f", *ids)
    docker.stop()
    registry.stop()
