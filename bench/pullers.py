"""Who pulls: davit with each of its drivers, docker.io's dockerd, skopeo. One face for all, an empty store for each round."""

import os
import subprocess
from pathlib import Path

from measure import DAVIT, Series, disk_bytes
from testing.peers import Docker

DRIVERS = ["erofs", "overlay"]
NOTE = "CPU and memory: davit and skopeo the process; docker its client and dockerd's processes, memory dockerd's alone"


class DavitPuller:
    unpacks = True

    def __init__(self, work, name, flags=(), config=None):
        self.work, self.flags, self.series = work, list(flags), Series(name)
        if config:  # lines of davit.toml
            path = work / f"{name.replace(' ', '-')}.toml"
            path.write_text(config)
            self.flags += ["--config", path]

    @property
    def name(self):
        return self.series.name

    def fresh(self, round_):
        """An empty store. Nothing is removed before the end of a bench: ext4 looks for inodes that were not freed within the
        last minutes, so a removal makes whoever creates files next pay (tenfold, in system time)."""
        self.root = self.work / f"{self.name.replace(' ', '-')}-{round_}"

    def command(self, *arguments):
        return [DAVIT, "--root", self.root, *self.flags, *arguments]

    def pull_command(self, reference):
        return self.command("pull", "-q", reference)

    def pull(self, reference, series=None):
        return (series or self.series).run(*self.pull_command(reference), env=self.environment(), daemon=self.daemon())

    def first_run(self, reference, series):
        series.run(*self.command("run", "--rm", "--network", "none", reference), env=self.environment())

    def environment(self):
        return None

    def daemon(self):
        return None

    def disk(self):
        return disk_bytes(self.root)

    def rest(self):
        """Ends what fresh() started."""


class DockerPuller(DavitPuller):
    def __init__(self, work):
        super().__init__(work, "docker.io 20.10")

    def fresh(self, round_):
        self.docker = Docker(self.work / f"docker-{round_}")

    def command(self, *arguments):
        return ["docker", *arguments]

    def environment(self):
        return self.docker.environment

    def daemon(self):
        return Processes(self.docker.process.pid)

    def disk(self):
        return disk_bytes(self.docker.folder / "data")

    def rest(self):
        self.docker.stop()


class SkopeoPuller(DavitPuller):
    unpacks = False

    def __init__(self, work):
        super().__init__(work, "skopeo, not unpacked")

    def fresh(self, round_):
        self.root = self.work / f"oci-{round_}"

    def pull_command(self, reference):
        return ["skopeo", "copy", "-q", "--src-tls-verify=false", f"docker://{reference}", f"oci:{self.root}:1"]


class Processes:
    """A process and its children, those that are gone too: CPU seconds, and the peak memory of the first."""

    def __init__(self, pid):
        self.pid = pid

    def cpu(self, pid=None):
        pid = pid or self.pid
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # utime, stime, and those of children waited for
        children = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")).split()
        for child in children:
            try:
                own += self.cpu(int(child))
            except FileNotFoundError:
                pass  # it has just ended
        return own

    def peak_mib(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


def davits(work, **how):
    """davit with each driver that it has here. One that it has not is told, so that a table without it is not a surprise."""
    found = []
    for driver in DRIVERS:
        flags = ["--storage-driver", driver]
        asked = subprocess.run([DAVIT, "--root", work / f"probe-{driver}", *flags, "info"], capture_output=True, text=True)
        if asked.returncode == 0 and f"Storage Driver: {driver}" in asked.stdout:
            found.append(DavitPuller(work, f"davit {driver}", flags, **how))
        else:
            told = asked.stderr.strip() or "info tells another"
            print(f"bench: davit has no storage driver {driver} here: {told.splitlines()[0]}", flush=True)
    return found or [DavitPuller(work, "davit", **how)]
