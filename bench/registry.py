"""davit's registry beside docker-registry, distribution 3 and nginx with the same bytes as files: requests, throughput, latency at half of
the top load, pushes, memory, and a repository of 100,000 tags. Client and server share this machine's cores, whoever the server is.

DAVIT_BENCH_ROUNDS (5), DAVIT_BENCH_SECONDS (3, of each measurement) and DAVIT_BENCH_TAGS (100000) make it shorter; DAVIT_BENCH_PARTS
("requests latency push memory tags") and DAVIT_BENCH_CONTESTANTS (names with commas between) take some of it. The clients are wrk and
the programs of bench/load."""

import json
import os
import shutil
import statistics
import subprocess
import threading
import time
from pathlib import Path

import registry_memory
from measure import rotated, settle, tell
from registry_peers import Distribution, makers, raise_file_limit
from testing import images

PARTS = os.environ.get("DAVIT_BENCH_PARTS", "requests latency push memory tags").split()
ROUNDS = int(os.environ.get("DAVIT_BENCH_ROUNDS", 5))
SECONDS = float(os.environ.get("DAVIT_BENCH_SECONDS", 3))
TAGS = int(os.environ.get("DAVIT_BENCH_TAGS", 100_000))

LOAD = Path(__file__).resolve().parent / "load"
PROGRAMS = LOAD.parent.parent / "build/release/bench"

REPOSITORY = "bench/app"
MANIFEST = f"/v2/{REPOSITORY}/manifests/1.0.0"
MIB = 1 << 20
BIG = 96 * MIB


def load(program, *arguments, stdin=None):
    """Runs a program of bench/load and returns what it measured."""
    run = subprocess.run([PROGRAMS / program, *map(str, arguments)], input=stdin, capture_output=True)
    if run.returncode:
        raise RuntimeError(f"{program}: {run.stderr.decode(errors='replace')}")
    return json.loads(run.stdout)


def wrk(server, path, connections=16):
    """GETs by one thread of wrk on kept-alive connections."""
    run = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(SECONDS))}", "--timeout", "60s", "-s", LOAD / "report.lua",
                          "-H", f"Accept: {images.OCI_MANIFEST}", server.url + path], capture_output=True, text=True, check=True)
    result = json.loads(run.stdout.splitlines()[-1])
    if result["errors"]:
        raise RuntimeError(f"{server.name}: GET {path}: {run.stdout}")
    return result


def http_load(server, method, path, requests_a_second=0):
    """Requests on 16 connections, as fast as they are answered or at a rate (see bench/load/http_load.cpp).

    For HEAD as well: wrk waits for a body that never comes."""
    result = load("http_load", server.address, method, path, images.OCI_MANIFEST, requests_a_second, 16, SECONDS)
    if result["errors"]:
        raise RuntimeError(f"{server.name}: {method} {path} at {requests_a_second or 'top'}/s: {result['errors']} were not answered well in time")
    return result


def rate(result):
    return result["count"] / result["seconds"]


def table(title, taken, unit, higher_is_better=True):
    """Prints medians and what they are to the first contestant's: above 1 the first one is better."""
    first = statistics.median(next(iter(taken.values())))
    lines = [f"{title}: median of {len(next(iter(taken.values())))} interleaved rounds, {unit}",
             f"{'':20}{'median':>12}{'min':>12}{'max':>12}{next(iter(taken)) + ' is':>24}"]
    for name, values in taken.items():
        middle = statistics.median(values)
        times = (first / middle if higher_is_better else middle / first) if middle and first else float("nan")
        lines.append(f"{name:20}{middle:>12.4g}{min(values):>12.4g}{max(values):>12.4g}{times:>16.2f} times")
    tell(lines)


def interleaved(servers, measure):
    """{name: values} of ROUNDS rounds, each contestant once a round, in changing order."""
    taken = {server.name: [] for server in servers}
    for number in range(ROUNDS):
        for server in rotated(servers, number):
            taken[server.name].append(measure(server))
    return taken


class Content:
    """What every contestant serves: an image of eight layers of about 4 KiB, and a blob of 96 MiB that belongs to none."""

    def __init__(self):
        self.image = images.image(*(images.layer(images.file(f"data{number}", os.urandom(4000)), oci=True) for number in range(8)), oci=True)
        self.small = f"/v2/{REPOSITORY}/blobs/{self.image.layers[0].digest}"
        self.big_blob = os.urandom(BIG)
        self.big = f"/v2/{REPOSITORY}/blobs/{images.digest(self.big_blob)}"

    def put_into(self, server):
        server.push(f"{REPOSITORY}:1.0.0", self.image)
        server.put_blob(REPOSITORY, self.big_blob)


def requests(servers, content):
    """Returns the top load of GETs of a manifest by tag, {name: requests a second}."""
    tops = interleaved(servers, lambda server: rate(wrk(server, MANIFEST)))
    table("GET of a manifest by tag, wrk -t1 -c16", tops, "requests/s")
    table("HEAD of a 4 KiB blob, 16 connections", interleaved(servers, lambda server: rate(http_load(server, "HEAD", content.small))), "requests/s")
    table("GET of a 4 KiB blob, wrk -t1 -c16", interleaved(servers, lambda server: rate(wrk(server, content.small))), "requests/s")
    for connections in (1, 4):
        def megabytes(server, count=connections):
            result = wrk(server, content.big, connections=count)
            return result["bytes"] / result["seconds"] / 1e6
        table(f"GET of a 96 MiB blob, {connections} at once", interleaved(servers, megabytes), "MB/s")
    return {name: statistics.median(values) for name, values in tops.items()}


def latency(servers, top):
    """An open loop: latencies count from when a request fell due. Each contestant at half of its own top, and all at half of the lowest."""
    lowest = min(top.values()) / 2
    for title, rates in (("half of its own top", {name: value / 2 for name, value in top.items()}), (f"{lowest:.0f} requests/s", dict.fromkeys(top, lowest))):
        results = interleaved(servers, lambda server, rates=rates: http_load(server, "GET", MANIFEST, rates[server.name]))
        for figure in ("p50_ms", "p99_ms", "max_ms"):
            table(f"GET of a manifest by tag, open loop at {title}: {figure[:3]}", {name: [one[figure] for one in values] for name, values in results.items()},
                  "ms", higher_is_better=False)
        late = {name: statistics.median(one["own_p99_ms"] for one in values) for name, values in results.items()}
        tell(["(the client itself was late, p99, ms: " + ", ".join(f"{name} {value:.3g}" for name, value in late.items()) + ")"])


def written_and_synced(folder, writers, size, seconds):
    """Files of `size` bytes a second, each written and fsynced: what the disk gives to pushes that are durable."""
    block = os.urandom(size)
    end = time.monotonic() + seconds
    counts = [0] * writers

    def write(writer):
        while time.monotonic() < end:
            with open(folder / f"{writer}-{counts[writer]}", "wb", buffering=0) as out:
                out.write(block)
                os.fsync(out.fileno())
            counts[writer] += 1

    threads = [threading.Thread(target=write, args=[writer]) for writer in range(writers)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - begin)


def dd(folder, source):
    begin = time.monotonic()
    subprocess.run(["dd", f"if={source}", f"of={folder}/copy", "bs=1M", "conv=fsync", "status=none"], check=True)
    return 1 / (time.monotonic() - begin)


def push(pushers, work):
    """Each push goes to a fresh registry, whose folder is removed; the same bytes written and fsynced by no registry are beside them."""
    source = Path("/run/bench-source")  # memory
    source.write_bytes(os.urandom(100 * MIB))
    for title, clients, size in (("fresh 1 MiB blobs, 4 clients", 4, MIB), ("fresh 100 MiB blobs, 1 client", 1, 100 * MIB)):
        plain = "write, fsync" if size == MIB else "dd conv=fsync"
        rates, slowest = {name: [] for name in [*pushers, plain]}, {name: [] for name in pushers}
        for number in range(ROUNDS):
            for name in rotated(list(rates), number):
                folder = work / "push"
                folder.mkdir()
                settle()
                if name == plain:
                    rates[name].append(written_and_synced(folder, clients, size, SECONDS) if size == MIB else dd(folder, source))
                else:
                    with pushers[name](folder) as server:
                        result = load("registry_pusher", server.address, REPOSITORY, clients, size, SECONDS)
                    rates[name].append(rate(result))
                    slowest[name].append(result["p99_ms"])
                shutil.rmtree(folder)
        table(f"push of {title}", rates, "blobs/s")
        table(f"push of {title}: p99", slowest, "ms", higher_is_better=False)
    source.unlink()


def before_memory(server, content):
    """The load after which memory is looked at."""
    content.put_into(server)
    wrk(server, MANIFEST)
    wrk(server, content.big, connections=4)
    if server.pushes:
        load("registry_pusher", server.address, REPOSITORY, 4, MIB, SECONDS)


def tags(servers, content):
    """A repository of TAGS tags beside one of ten."""
    manifest = content.image.manifest
    next_tag = {}

    def put(server, repository, count):
        first = next_tag.get((server.name, repository), 0)
        next_tag[server.name, repository] = first + count
        return rate(load("tag_pusher", server.address, repository, 4, first, count, images.OCI_MANIFEST, stdin=manifest))

    for server in servers:
        for repository, count in (("bench/few", 10), ("bench/many", TAGS)):
            server.push(f"{repository}:latest", content.image)
            if isinstance(server, Distribution):
                server.fill_tags(repository, (f"t{number:06}" for number in range(count)), content.image.digest)
                next_tag[server.name, repository] = count
            else:
                put(server, repository, count)
    page = f"/v2/bench/many/tags/list?n=100&last=t{TAGS // 2:06}"

    def page_ms(server):
        begin = time.monotonic()
        server.expect(200, "GET", page)
        once = time.monotonic() - begin
        return once * 1000 if once > 0.2 else 1000 / rate(wrk(server, page, connections=1))

    table(f"a page of 100 tags from the middle of {TAGS:,} (docker-registry sends them all)", interleaved(servers, page_ms), "ms", higher_is_better=False)
    for repository in ("bench/many", "bench/few"):
        head = f"/v2/{repository}/manifests/t000005"
        table(f"HEAD of a tag of {repository}", interleaved(servers, lambda server, path=head: rate(http_load(server, "HEAD", path))), "requests/s")
        table(f"push of a new tag to {repository}, 4 clients", interleaved(servers, lambda server, into=repository: put(server, into, 500)), "tags/s")


def main():
    work = Path(os.environ["DAVIT_SANDBOX"])
    raise_file_limit()
    contestants, missing = makers()
    for reason in missing:
        tell([f"left out: {reason}"])
    content = Content()
    pushers = {name: make for name, make in contestants.items() if not name.startswith("nginx")}
    if {"requests", "latency"} & set(PARTS):
        servers = [make(work / name.replace(" ", "-")) for name, make in contestants.items()]
        for server in servers:
            content.put_into(server)
        top = requests(servers, content) if "requests" in PARTS else {server.name: rate(wrk(server, MANIFEST)) for server in servers}
        if "latency" in PARTS:
            latency(servers, top)
        for server in servers:
            server.stop()
    if "push" in PARTS:
        push(pushers, work)
    if "memory" in PARTS:
        registry_memory.report(contestants, work / "memory", lambda server: before_memory(server, content), PROGRAMS)
    if "tags" in PARTS:
        # Not distribution: it keeps tags as docker-registry does, as some 800,000 files and folders, which take minutes to make and remove.
        servers = [make(work / f"tags-{name}") for name, make in pushers.items() if name != "distribution"]
        tags(servers, content)
        for server in servers:
            server.stop()
