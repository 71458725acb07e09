"""Timing whole commands: wall time, CPU time, peak memory of the process itself."""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

DAVIT = Path(__file__).resolve().parent.parent / "build/release/davit"
RESULTS = Path(__file__).resolve().parent.parent / "build/bench"


@dataclass
class Series:
    """The runs of one contestant."""
    name: str
    seconds: list = field(default_factory=list)
    cpu: list = field(default_factory=list)
    peak_mib: list = field(default_factory=list)

    def run(self, *command, env=None):
        begin = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds.append(time.monotonic() - begin)
        self.cpu.append(usage.ru_utime + usage.ru_stime)
        self.peak_mib.append(usage.ru_maxrss / 1024)
        if status != 0:
            raise RuntimeError(f"{self.name}: {command} ended with {status}: {output.decode(errors='replace')[-2000:]}")

    def median(self):
        return statistics.median(self.seconds)


def settle():
    """Lets the disk finish what the run before left, so that nobody pays for another's writes."""
    os.sync()


def report(title, series, base, unit="s"):
    """Prints and keeps the table; `base` is the contestant that ratios are against."""
    scale = 1000 if unit == "ms" else 1
    reference = next(one for one in series if one.name == base).median()
    lines = [f"{title}: median of {len(series[0].seconds)} interleaved runs",
             f"{'':24}{'median':>10}{'min':>10}{'max':>10}{'CPU':>10}{'peak MiB':>10}{'ratio to ' + base:>24}"]
    for one in series:
        lines.append(f"{one.name:24}{one.median() * scale:>9.4g}{unit[0] if unit == 's' else ''}{min(one.seconds) * scale:>10.4g}"
                     f"{max(one.seconds) * scale:>10.4g}{statistics.median(one.cpu) * scale:>10.4g}"
                     f"{max(one.peak_mib):>10.1f}{one.median() / reference:>24.3f}")
    text = "\n".join(lines) + f"\n(times in {unit}; CPU and memory are those of the command itself, not of a daemon it asks)\n"
    print(text, flush=True)
    with open(RESULTS / "results.txt", "a") as out:
        out.write(text + "\n")
