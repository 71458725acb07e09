"""Timing whole commands: wall time, CPU time, peak memory."""

import os
import resource
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

DAVIT = Path(os.environ.get("DAVIT", Path(__file__).resolve().parent.parent / "build/release/davit"))
RESULTS = Path(__file__).resolve().parent.parent / "build/bench"


@dataclass
class Run:
    """What one run of a command took. Memory is ru_maxrss: of the largest process, all of its threads. The kernel counts the
    process that started it too, before exec, so no figure is below own_peak_mib(): what makes data does so in a child."""
    seconds: float
    cpu: float
    peak_mib: float
    status: int
    output: str


def measured(*command, env=None):
    """Runs a command to its end, whatever that is."""
    begin = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    output = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode,
               output.decode(errors="replace"))


def own_peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass
class Series:
    """The runs of one contestant."""
    name: str
    seconds: list = field(default_factory=list)
    cpu: list = field(default_factory=list)
    peak_mib: list = field(default_factory=list)

    def run(self, *command, env=None, daemon=None):
        """Runs a command that must succeed. Where a `daemon` works for it (cpu(), peak_mib()), that counts too."""
        before = daemon.cpu() if daemon else 0
        run = measured(*command, env=env)
        if run.status != 0:
            raise RuntimeError(f"{self.name}: {command} ended with {run.status}: {run.output[-2000:]}")
        self.seconds.append(run.seconds)
        self.cpu.append(run.cpu + (daemon.cpu() - before if daemon else 0))
        self.peak_mib.append(max(run.peak_mib, daemon.peak_mib() if daemon else 0))
        return run

    def drop_first(self):
        del self.seconds[0], self.cpu[0], self.peak_mib[0]

    def median(self):
        return statistics.median(self.seconds)


def settle():
    """Lets the disk finish what the run before left, so that nobody pays for another's writes."""
    os.sync()


def rotated(contestants, number):
    """The contestants in another order each round, so that nobody always comes after the same one."""
    at = number % len(contestants)
    return contestants[at:] + contestants[:at]


def report(title, series, base, unit="s", note="CPU and memory are those of the command itself, not of a daemon it asks"):
    """Prints and keeps the table; `base` is the contestant that ratios are against."""
    scale = 1000 if unit == "ms" else 1
    reference = next(one for one in series if one.name == base).median()
    lines = [f"{title}: median of {len(series[0].seconds)} interleaved runs",
             f"{'':24}{'median':>10}{'min':>10}{'max':>10}{'CPU':>10}{'peak MiB':>10}{'ratio to ' + base:>24}"]
    for one in series:
        lines.append(f"{one.name:24}{one.median() * scale:>9.4g}{unit[0] if unit == 's' else ''}{min(one.seconds) * scale:>10.4g}"
                     f"{max(one.seconds) * scale:>10.4g}{statistics.median(one.cpu) * scale:>10.4g}"
                     f"{max(one.peak_mib):>10.1f}{one.median() / reference:>24.3f}")
    lines.append(f"(times in {unit}; {note})")
    tell(lines)


def tell(lines):
    """Prints and keeps lines."""
    text = "\n".join(lines) + "\n"
    print(text, flush=True)
    with open(RESULTS / "results.txt", "a") as out:
        out.write(text + "\n")


def disk_bytes(folder):
    """What a folder takes of the disk, without what is mounted in it."""
    return int(subprocess.run(["du", "-sx", "--block-size=1", folder], check=True, capture_output=True, text=True).stdout.split()[0])
