"""Containers: `run --rm`, `exec`, `ps`, `stop`, thirty at once, what one that runs costs; davit, docker and podman with the same runtime, interleaved.

Each keeps its run state in memory (/run), its store on the disk. DAVIT_BENCH_ROUNDS (15) makes it shorter, DAVIT_BENCH_PARTS ("run crun exec ps stop many
memory") takes some parts."""

import os
import re
import subprocess
import time
from pathlib import Path

from measure import DAVIT, Series, report, rotated, settle, tell
from testing import images
from testing.peers import Docker, Podman
from testing.registry import Registry

ROUNDS = int(os.environ.get("DAVIT_BENCH_ROUNDS", 15))
PARTS = os.environ.get("DAVIT_BENCH_PARTS", "run exec ps stop many memory crun").split()
LISTED, AT_ONCE, SIDE_BY_SIDE = 200, 30, 10
WITHOUT_NETWORK = ("--network", "none")


class Engine:
    """One of the three: its command, its environment, the options that choose a runtime."""

    def __init__(self, name, command, environment, monitor, runtime):
        self.name, self.prefix, self.environment, self.monitor, self.runtime = name, command, environment, monitor, runtime

    def command(self, *arguments):
        return [*map(str, self.prefix), *arguments]

    def __call__(self, *arguments):
        return subprocess.run(self.command(*arguments), env=self.environment, check=True, capture_output=True, text=True).stdout

    def run_command(self, runtime, *options, network=WITHOUT_NETWORK):
        return self.command(*self.runtime(runtime)[0], "run", "--rm", *network, *self.runtime(runtime)[1], *options)


def engines(work, *docker_options, networks=False):
    davits = {runtime: work / f"davit-{runtime}.toml" for runtime in ("runc", "crun")}
    for runtime, file in davits.items():
        file.write_text(f'root = "{work}/davit"\nrun = "/run/davit-bench"\nruntime = "{runtime}"\n')
    docker, podman = Docker(work / "docker", "--add-runtime", "crun=/usr/bin/crun", *docker_options, networks=networks), Podman(work / "podman")
    return [
        Engine("davit", [DAVIT, "--config", str(davits["runc"])], os.environ, "conmon", lambda runtime: (["--config", str(davits[runtime])], [])),
        Engine("docker", ["docker"], docker.environment, "containerd-shim", lambda runtime: ([], ["--runtime", runtime])),
        Engine("podman", ["podman"], podman.environment, "conmon", lambda runtime: (["--runtime", runtime], [])),
    ], docker, podman


def interleaved(title, contestants, command, rounds=ROUNDS, before=lambda engine: None, after=lambda engine, made: None):
    series = {engine.name: Series(engine.name) for engine in contestants}
    for number in range(rounds + 1):
        for engine in rotated(contestants, number):
            made = before(engine)
            series[engine.name].run(*command(engine, made), env=engine.environment)
            after(engine, made)
    for one in series.values():
        one.drop_first()
    report(title, list(series.values()), "podman", unit="ms", note="docker's CPU is its command's alone")
    if "docker" in series:
        tell([f"{title}: davit to docker {series['davit'].median() / series['docker'].median():.3f}"])


def many_at_once(contestants, image):
    """Thirty `run --rm` at once, until the last has ended."""
    taken = {engine.name: [] for engine in contestants}
    for number in range(max(3, ROUNDS // 4)):
        for engine in rotated(contestants, number):
            settle()
            begin = time.monotonic()
            running = [subprocess.Popen(engine.run_command("runc", image, "true"), env=engine.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE) for _ in range(AT_ONCE)]
            for process in running:
                _, errors = process.communicate()
                if process.returncode != 0:
                    raise RuntimeError(f"{engine.name}: {errors.decode()}")
            taken[engine.name].append(time.monotonic() - begin)
    middle = {name: sorted(times)[len(times) // 2] for name, times in taken.items()}
    tell([f"{AT_ONCE} run --rm at once: " + ", ".join(f"{name} {middle[name]:.2f} s ({min(times):.2f} to {max(times):.2f})" for name, times in taken.items()),
          f"davit to podman {middle['davit'] / middle['podman']:.3f}, to docker {middle['davit'] / middle['docker']:.3f}"])


def pss_kib(program):
    """The PSS of each process of that program."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and os.path.basename(os.readlink(folder / "exe")).startswith(program):
                found.append(int(re.search(r"^Pss: +(\d+)", (folder / "smaps_rollup").read_text(), re.M)[1]))
        except OSError:
            continue
    return found


def memory(contestants, image):
    for engine in contestants:
        ids = [engine("run", "-d", *WITHOUT_NETWORK, image, "sleep", "600").strip() for _ in range(SIDE_BY_SIDE)]
        each = pss_kib(engine.monitor)
        tell([f"what {SIDE_BY_SIDE} running containers cost, {engine.name}: {engine.monitor} {len(each)} of them, PSS {sum(each) / SIDE_BY_SIDE / 1024:.2f} MiB a container"])
        engine("rm", "-f", *ids)


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    registry = Registry(work / "registry")
    image = registry.push("bench/box:1", images.busybox(*(images.folder(name) for name in ("dev", "proc", "sys", "root"))))
    contestants, docker, podman = engines(work)
    podman("pull", "-q", "--tls-verify=false", image)
    for engine in contestants[:2]:
        engine("pull", "-q", image)
    registry.stop()
    if "run" in PARTS:
        interleaved("run --rm, runc, default seccomp profile", contestants, lambda engine, _: engine.run_command("runc", image, "true"))
        interleaved("run --rm, runc, seccomp=unconfined", contestants,
                    lambda engine, _: engine.run_command("runc", "--security-opt", "seccomp=unconfined", image, "true"))
    if "exec" in PARTS:
        ids = {engine.name: engine("run", "-d", *WITHOUT_NETWORK, image, "sleep", "600").strip() for engine in contestants}
        interleaved("exec true", contestants, lambda engine, _: engine.command("exec", ids[engine.name], "true"))
        for engine in contestants:
            engine("rm", "-f", ids[engine.name])
    if "stop" in PARTS:
        obeys = ("sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait")

        def started(engine):
            made = engine("run", "-d", *WITHOUT_NETWORK, image, *obeys).strip()
            time.sleep(0.2)  # until its trap is set, in each
            return made
        interleaved("stop of one that obeys", contestants, lambda engine, made: engine.command("stop", made), before=started,
                    after=lambda engine, made: engine("rm", made))
    if "many" in PARTS:
        many_at_once(contestants, image)
    if "memory" in PARTS:
        memory(contestants, image)
    if "ps" in PARTS:
        for engine in contestants:
            for _ in range(LISTED):
                engine("create", *WITHOUT_NETWORK, image, "true")
        interleaved(f"ps -a with {LISTED} containers", contestants, lambda engine, _: engine.command("ps", "-a"))
    if "crun" in PARTS:
        # crun refuses a host whose cgroup v1 has a v2 hierarchy beside it: here it is taken away (docs/kernel.md).
        subprocess.run(["umount", "/sys/fs/cgroup/unified"], check=False)
        tried = {engine: subprocess.run(engine.run_command("crun", image, "true"), env=engine.environment, capture_output=True, text=True) for engine in contestants}
        for engine, run in tried.items():
            if run.returncode != 0:
                tell([f"{engine.name} does not run with crun here: {run.stderr.strip()}"])
        interleaved("run --rm, crun, default seccomp profile", [engine for engine in contestants if tried[engine].returncode == 0],
                    lambda engine, _: engine.run_command("crun", image, "true"))
    podman.stop()
    docker.stop()
