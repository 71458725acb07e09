"""CPU-seconds of a pull of the reference image by stage, against the floor of each stage on the same bytes: what igzip, openssl, dd and tar take.

The stages are told apart by perf(1), which samples the stack of every thread 499 times per CPU-second (its own cost is outside of the
figures): by the system call, by the function, and SHA-256 by the thread, as the one that reads the network hashes the blob.
What a sync waits for is no CPU; strace(1), which stops at those calls alone, tells it in a run of its own."""

import json
import os
import re
import statistics
import subprocess
import time
from collections import Counter, defaultdict
from http.client import HTTPConnection
from pathlib import Path

from measure import Series, measured, settle, tell
from pullers import davits
from reference_image import folder, push
from testing.registry import Registry

ROUNDS = int(os.environ.get("DAVIT_BENCH_ROUNDS", "5"))
FREQUENCY = 499
STAGES = ["network", "SHA-256 of the blobs", "blob files", "inflate", "SHA-256 of the tars", "layer data written", "files and folders made",
          "sync", "pipes and copies", "threads and memory", "parsing and all else"]
SYSCALL = re.compile(r"(?:__(?:x64|arm64)_sys|ksys|do_sys)_(\w+)")
NETWORK = {"recvfrom", "recvmsg", "sendto", "sendmsg", "connect", "socket", "poll", "epoll_wait", "epoll_pwait", "getsockopt", "setsockopt", "getpeername"}
SYNC = {"fsync", "fdatasync", "syncfs", "sync_file_range"}
WRITE = {"write", "writev", "pwrite64", "pwritev", "pwritev2", "fallocate", "copy_file_range", "splice", "ftruncate", "truncate"}
READ = {"read", "readv", "pread64", "lseek"}
THREADS = {"futex", "clone", "clone3", "exit", "exit_group", "mmap", "munmap", "mprotect", "madvise", "brk", "sched_yield", "execve", "rseq",
           "set_robust_list", "rt_sigprocmask"}


def stage(frames, on_network_thread):
    """The stage of a sample; `frames` as (function, library), innermost first."""
    names = [name for name, _ in frames]
    call = next((found[1] for name in names if (found := SYSCALL.match(name))), None)
    if any(name.startswith(("tcp_", "net_rx_action", "inet_recv", "sock_")) for name in names) or call in NETWORK:
        return "network"
    if any("pipe_write" in name or "pipe_read" in name for name in names):
        return "pipes and copies"
    if call in SYNC:
        return "sync"
    if call in WRITE:
        return "blob files" if on_network_thread else "layer data written"
    if call in READ:
        return "pipes and copies"
    if call in THREADS or any(name.startswith("exc_page_fault") for name in names):
        return "threads and memory"
    if call:
        return "files and folders made"
    name, library = frames[0] if frames else ("", "")
    if "kernel" in library:  # switches between threads, interrupts
        return "threads and memory"
    if "sha256" in name or "sha512" in name:
        return "SHA-256 of the blobs" if on_network_thread else "SHA-256 of the tars"
    if "libisal" in library or "libzstd" in library or "libdeflate" in library or re.search(r"isal|inflate|crc32_gzip|huffman", name):
        return "inflate"
    if re.search(r"mem(move|cpy|set)", name):
        return "pipes and copies"
    return "parsing and all else"


def samples(path):
    """(thread, frames) of each sample of a perf.data file."""
    text = subprocess.run(["perf", "script", "-i", path, "-F", "tid,ip,sym,dso"], check=True, capture_output=True, text=True).stdout
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line.strip()]
        if lines:
            frames = [re.match(r"\s*[0-9a-f]+ (.*) \((.*)\)$", line) for line in lines[1:]]
            yield int(lines[0].split()[0]), [(found[1].split("+")[0], found[2]) for found in frames if found]


def stages_of(path):
    """CPU-seconds by stage."""
    found = list(samples(path))
    network_threads = {thread for thread, frames in found if any(name.startswith(("tcp_recvmsg", "inet_recvmsg")) for name, _ in frames)}
    count = Counter(stage(frames, thread in network_threads) for thread, frames in found)
    return {name: count[name] / FREQUENCY for name in STAGES}


def waited_for_sync(puller, reference, work):
    """(calls, seconds) spent in the calls that sync."""
    trace = work / "sync.trace"
    run = measured("strace", "-f", "-qq", "--seccomp-bpf", "-T", "-e", "trace=" + ",".join(sorted(SYNC)), "-o", trace, *puller.pull_command(reference))
    assert run.status == 0, run.output
    seconds = [float(found) for found in re.findall(r"<([\d.]+)>$", trace.read_text(), re.M)]
    return len(seconds), sum(seconds)


class Floors:
    """What the plain tools take for the same bytes: CPU-seconds, once each round."""

    def __init__(self, registry, work):
        manifest = json.loads((folder() / "manifest.json").read_text())
        self.registry, self.work = registry, work
        self.digests = [layer["digest"] for layer in manifest["layers"]]
        self.blobs = [folder() / f"layer-{number}.tar.gz" for number in range(len(self.digests))]
        self.tars = []
        for number, blob in enumerate(self.blobs):
            self.tars.append(work / f"floor-{number}.tar")
            with open(self.tars[-1], "wb") as out:
                subprocess.run(["igzip", "-d", "-c", blob], check=True, stdout=out)
        self.series = defaultdict(list)
        self.round = 0

    def measure(self):
        self.round += 1
        self.series["network"].append(self.receive())
        self.each("SHA-256 of the blobs", self.blobs, lambda file: ["openssl", "dgst", "-sha256", file])
        self.each("SHA-256 of the tars", self.tars, lambda file: ["openssl", "dgst", "-sha256", file])
        # -o to a device is refused by igzip, and a pipe would cost as well: standard output is the null device.
        self.each("inflate", self.blobs, lambda file: ["sh", "-c", 'exec igzip -d -c "$1" >/dev/null', "sh", file])
        self.each("blob files", self.blobs, self.copy)
        self.each("layer data written", self.tars, self.copy)
        begin = time.monotonic()
        run = measured("sync", "-f", self.work)
        self.series["sync"].append(run.cpu)
        self.series["waited for sync"].append(time.monotonic() - begin)
        for file in self.tars:
            (self.work / f"tree-{self.round}-{file.stem}").mkdir()
        self.each("files and folders made", self.tars,
                  lambda file: ["tar", "--numeric-owner", "-xpf", file, "-C", self.work / f"tree-{self.round}-{file.stem}"])
        self.each("parsing and all else", self.tars, lambda file: ["sh", "-c", 'exec tar -tf "$1" >/dev/null', "sh", file])

    def each(self, name, files, command):
        cpu = 0
        for file in files:
            run = measured(*command(file))
            assert run.status == 0, run.output
            cpu += run.cpu
        self.series[name].append(cpu)

    def copy(self, file):
        return ["dd", f"if={file}", f"of={self.work}/copy-{self.round}-{file.name}", "bs=256k", "status=none"]

    def receive(self):
        """CPU-seconds of reading the blobs from the registry into one buffer."""
        connection, buffer = HTTPConnection(self.registry.address), bytearray(1 << 18)
        begin = time.thread_time()
        for digest in self.digests:
            connection.request("GET", f"/v2/bench/big/blobs/{digest}")
            answer = connection.getresponse()
            while answer.readinto(buffer):
                pass
        used = time.thread_time() - begin
        connection.close()
        return used


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    registry = Registry(work / "registry")
    reference = push(registry, "bench/big:1.0.0")
    pullers, floors = davits(work), Floors(registry, work)
    plain = {puller.name: Series(puller.name) for puller in pullers}
    found = {puller.name: defaultdict(list) for puller in pullers}
    waits = {}
    for number in range(ROUNDS):
        settle()
        floors.measure()
        for puller in pullers:
            puller.fresh(f"plain-{number}")
            settle()
            puller.pull(reference, plain[puller.name])
            puller.fresh(f"perf-{number}")
            settle()
            data = work / "perf.data"
            run = measured("perf", "record", "-q", "-e", "cpu-clock", "-F", FREQUENCY, "-g", "-o", data, "--", *puller.pull_command(reference))
            assert run.status == 0, run.output
            for name, seconds in stages_of(data).items():
                found[puller.name][name].append(seconds)
    for puller in pullers:
        puller.fresh("strace")
        settle()
        waits[puller.name] = waited_for_sync(puller, reference, work)
    registry.stop()
    tell(table(pullers, plain, found, floors.series, waits))


def table(pullers, plain, found, floors, waits):
    def floor(name):
        return f"{statistics.median(floors[name]):>10.3f}" if name in floors else f"{'':>10}"

    lines = [f"CPU-seconds of a pull by stage: median of {ROUNDS} interleaved runs",
             f"{'':26}{'floor':>10}" + "".join(f"{puller.name:>16}" for puller in pullers)]
    for name in STAGES:
        lines.append(f"{name:26}{floor(name)}" + "".join(f"{statistics.median(found[puller.name][name]):>16.3f}" for puller in pullers))
    sums = {puller.name: sum(statistics.median(found[puller.name][name]) for name in STAGES) for puller in pullers}
    lines += [f"{'sum':26}{'':10}" + "".join(f"{sums[puller.name]:>16.3f}" for puller in pullers),
              f"{'CPU, not sampled':26}{'':10}" + "".join(f"{statistics.median(plain[puller.name].cpu):>16.3f}" for puller in pullers),
              f"{'wall, not sampled':26}{'':10}" + "".join(f"{plain[puller.name].median():>16.3f}" for puller in pullers),
              f"{'cores busy':26}{'':10}" + "".join(f"{statistics.median(plain[puller.name].cpu) / plain[puller.name].median():>16.2f}" for puller in pullers),
              f"{'waited for sync':26}{floor('waited for sync')}" + "".join(f"{waits[puller.name][1]:>16.3f}" for puller in pullers),
              f"{'sync calls':26}{'':10}" + "".join(f"{waits[puller.name][0]:>16}" for puller in pullers),
              "(floors: reading the blobs into one buffer; openssl dgst -sha256; dd bs=256k, which reads the bytes as well; igzip -d; tar -x, which writes the data too,",
              " so that it is a floor of the overlay driver's data and files together; tar -t. A wait for sync in several threads at once is counted in each.)"]
    return lines
