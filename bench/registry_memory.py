"""Resident memory of a registry: idle, after load, with 1,000 slow uploads at once, with 10,000 idle connections.

PSS and RSS of the server and its children, from /proc/PID/smaps_rollup; each state in a process of its own but for "after load"."""

import os
import re
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from measure import tell

UPLOADS = int(os.environ.get("DAVIT_BENCH_UPLOADS", 1000))
CONNECTIONS = int(os.environ.get("DAVIT_BENCH_CONNECTIONS", 10_000))
SECONDS = 3


def tree(pid):
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from tree(int(child))


def resident(server):
    """(PSS, RSS) in MiB."""
    pss = rss = 0
    for pid in tree(server.process.pid):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        pss += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1])
        rss += int(re.search(r"^Rss:\s+(\d+)", text, re.M)[1])
    return pss / 1024, rss / 1024


def highest(server, seconds=SECONDS):
    """The highest PSS of some seconds, and the RSS of that moment."""
    end, found = time.monotonic() + seconds, (0, 0)
    while time.monotonic() < end:
        found = max(found, resident(server))
        time.sleep(0.2)
    return found


@contextmanager
def held(programs, server, repository, count):
    """Keeps `count` connections to the server: slow uploads to a repository, or idle ones without."""
    process = subprocess.Popen([programs / "holder", server.address, repository, str(count), "300"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        if process.stdout.readline() != b"holding\n":
            raise RuntimeError(f"{server.name}: {process.stderr.read().decode()}")
        yield
        if process.poll() is not None:
            raise RuntimeError(f"{server.name}: {process.stderr.read().decode()}")
    finally:
        process.kill()
        process.communicate()


def states(make, folder, load, programs):
    """{state: (PSS, RSS)}; a state that the server does not know is left out."""
    found = {}
    with make(folder / "load") as server:
        time.sleep(1)
        found["idle"] = resident(server)
        load(server)
        time.sleep(1)
        found["after load"] = resident(server)
    if server.pushes:
        with make(folder / "uploads") as server, held(programs, server, "bench/slow", UPLOADS):
            found["uploads"] = highest(server)
    with make(folder / "connections") as server, held(programs, server, "", CONNECTIONS):
        found["connections"] = highest(server)
    return found


def report(contestants, folder, load, programs):
    """`load(server)` is what it does before "after load"."""
    columns = {"idle": "idle", "after load": "after load", "uploads": f"{UPLOADS:,} slow uploads", "connections": f"{CONNECTIONS:,} idle connections"}
    lines = ["memory, MiB: PSS (RSS)", f"{'':20}" + "".join(f"{title:>26}" for title in columns.values())]
    for name, make in contestants.items():
        found = states(make, folder / name.replace(" ", "-"), load, programs)
        lines.append(f"{name:20}" + "".join(f"{'{:.1f} ({:.1f})'.format(*found[state]) if state in found else '-':>26}" for state in columns))
    tell(lines)
