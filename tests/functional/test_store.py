"""The store: many processes at once, crashes, resuming, and places where a store cannot be."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from testing import images
from testing.processes import wait_until


def big_image(*sizes):
    return images.image(*(images.layer(images.file(f"big{number}", os.urandom(size))) for number, size in enumerate(sizes)))


def test_two_pulls_of_one_image_fetch_each_blob_once_between_them(davit, fake_registry):
    image = big_image(2_000_000, 1_000_000, 500_000)
    reference = fake_registry.add("team/big:1", image)
    fake_registry.on("GET .*/blobs/", lambda exchange: exchange.default(pace=(100_000, 0.02)))

    pulls = [davit.start("pull", reference) for _ in range(3)]
    results = [(pull.communicate(timeout=60), pull.returncode) for pull in pulls]

    assert [code for _, code in results] == [0, 0, 0], results
    fetched = Counter(seen.path.split("/")[-1] for seen in fake_registry.requests("GET .*/blobs/"))
    assert fetched == {name: 1 for name in [image.id, *(one.digest for one in image.layers)]}


def test_two_images_that_share_a_layer_fetch_it_once(davit, fake_registry):
    base = images.layer(*images.busybox_entries(images.file("big", os.urandom(2_000_000))))
    parts = [images.image(base, images.layer(images.file("which", name))) for name in "ab"]
    references = [fake_registry.add(f"team/{name}:1", part) for name, part in zip("ab", parts)]
    fake_registry.on(f"GET .*/blobs/{base.digest}", lambda exchange: exchange.default(pace=(100_000, 0.02)))

    pulls = [davit.start("pull", reference) for reference in references]
    for pull in pulls:
        assert pull.wait(60) == 0, pull.communicate()

    assert len(fake_registry.requests(f"GET .*/blobs/{base.digest}")) == 1
    assert davit("run", "--rm", references[1], "cat", "/which").stdout == "b"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killed_pull_is_resumed(davit, fake_registry, how):
    image = big_image(4_000_000)
    name = image.layers[0].digest
    reference = fake_registry.add("team/big:1", image)
    fake_registry.on(f"GET .*/blobs/{name}", lambda exchange: exchange.default(pace=(100_000, 0.05)), times=1)
    running = davit.start("pull", reference)
    wait_until(lambda: fake_registry.bytes_sent(f"GET .*/blobs/{name}") >= 2_000_000, what="half of the layer")
    running.send_signal(how)
    running.wait(10)
    assert davit("images", "-a", "-q").lines == []
    fake_registry.forget_requests()

    davit("pull", reference)

    (again,) = fake_registry.requests(f"GET .*/blobs/{name}")
    assert again.sent <= len(image.layers[0].blob) - 1_000_000
    assert davit.id_of(reference) == image.id


def test_waiting_pull_takes_over_when_the_other_dies(davit, fake_registry):
    image = big_image(3_000_000)
    name = image.layers[0].digest
    reference = fake_registry.add("team/big:1", image)
    fake_registry.on(f"GET .*/blobs/{name}", lambda exchange: exchange.default(pace=(100_000, 0.05)), times=1)
    first = davit.start("pull", reference)
    wait_until(lambda: fake_registry.bytes_sent(f"GET .*/blobs/{name}") >= 1_000_000, what="a third of the layer")
    second = davit.start("pull", reference)
    first.kill()
    first.wait()

    out, errors = second.communicate(timeout=60)

    assert second.returncode == 0, errors
    assert davit.id_of(reference) == image.id


def number_of_faults(davit, folder, *command):
    """How many file-changing calls the command makes."""
    counter = folder / "count"
    davit(*command, env={"DAVIT_FAULT": f"count:{counter}"})
    return int(counter.read_text().split()[-1])


CRASH_COMMANDS = {"pull": lambda reference, folder: ["pull", reference], "import": lambda reference, folder: ["import", folder / "a.tar", "imported:1"],
                  "tag": lambda reference, folder: ["tag", reference, "second:1"], "rmi": lambda reference, folder: ["rmi", reference]}


@pytest.mark.parametrize("which", CRASH_COMMANDS)
def test_crash_at_any_call_leaves_the_old_state_or_the_new(davit, registry, folder, which):
    """A sweep over points spread evenly; `--long` takes each."""
    (folder / "a.tar").write_bytes(images.tar_of(images.file("a", "x")))
    reference = registry.push("team/app:1", images.image(images.layer(images.file("one", "1")), images.layer(images.file("two", "2"))))
    command = CRASH_COMMANDS[which](reference, folder)

    def fresh(name):
        store = davit.another(name)
        if which != "pull":
            store("pull", "-q", reference)
        else:
            store("images")
        return store

    total = number_of_faults(fresh("counted"), folder, *command)
    assert total > 0
    step = 1 if os.environ.get("DAVIT_LONG") else max(1, total // 12)
    for point in range(1, total + 1, step):
        store = fresh(f"crash{point}")
        before = sorted(store("images", "--no-trunc", "--digests").lines)
        now = {"DAVIT_TEST_NOW": "2026-01-01T00:00:00Z"}  # the ID of an imported image hangs on it
        store(*command, env=now | {"DAVIT_FAULT": f"{point}:kill"}, code=None)
        after = sorted(store("images", "--no-trunc", "--digests").lines)
        store(*command, env=now, code=None if which == "rmi" else 0)
        final = sorted(store("images", "--no-trunc", "--digests").lines)
        names = lambda lines: {tuple(line.split()[:4]) for line in lines}  # without the age
        assert names(after) in (names(before), names(final)), f"killed at call {point} of {total}: {after}"
        if which == "rmi":
            assert store("images", "-q").lines == []


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_failing_disk_is_told_and_leaves_nothing_half_done(davit, registry, folder, error):
    reference = registry.push("team/app:1", images.image(images.layer(images.file("one", "1"))))
    davit.another("counted")("images")
    total = number_of_faults(davit.another("counted"), folder, "pull", reference)
    for point in range(1, total + 1, 1 if os.environ.get("DAVIT_LONG") else max(1, total // 10)):
        store = davit.another(f"{error}{point}")
        store("images")
        failed = store("pull", reference, env={"DAVIT_FAULT": f"{point}:{error}"}, code=None)
        if failed.code:
            assert re.search(r"No space left|Input/output error|no space left|input/output error", failed.stderr), failed
            assert failed.code == 1, failed
        store("pull", reference)
        assert len(store("images", "-q").lines) == 1


def test_store_of_a_newer_davit_is_refused(davit):
    davit("images")
    changed = []
    for path in davit.root.iterdir():  # the file that tells the format; see docs/formats/store.md
        if path.is_file() and path.stat().st_size < 4096 and re.search(r"format|version", path.name + path.read_text(errors="replace")):
            text = path.read_text()
            newer = re.sub(r'((?:format|version)\D{0,4})(\d+)', lambda match: f"{match[1]}{int(match[2]) + 1000}", text, count=1)
            if newer == text:
                newer = re.sub(r"\d+", lambda match: str(int(match[0]) + 1000), text, count=1)
            path.write_text(newer)
            changed.append(path)
    assert changed, "no file tells the store's format"

    failed = davit("images", code=1)

    assert str(davit.root) in failed.stderr and "newer" in failed.stderr


def test_unwritable_root_is_named(davit, folder):
    (folder / "readonly").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder / "readonly"], check=True)
    failed = davit.another("readonly/store")("images", code=1)
    assert f"{folder}/readonly" in failed.stderr and re.search(r"[Rr]ead-only", failed.stderr)


def test_root_that_is_a_file_is_named(davit, folder):
    (folder / "file").write_text("x")
    failed = davit.another("file")("images", code=1)
    assert f"{folder}/file" in failed.stderr


def test_root_that_holds_something_else_is_left_alone(davit, folder):
    (folder / "documents").mkdir()
    (folder / "documents/letter").write_text("dear")
    failed = davit.another("documents")("images", code=1)
    assert f"{folder}/documents" in failed.stderr
    assert sorted(path.name for path in (folder / "documents").iterdir()) == ["letter"]


def test_root_on_an_overlay_is_refused_by_name(davit, registry, folder):
    reference = registry.push_busybox("team/app:1")
    for name in ("lower", "upper", "work", "merged"):
        (folder / name).mkdir()
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work", folder / "merged"], check=True)

    failed = davit.another("merged/store")("run", "--rm", reference, "true", code=125)

    assert "overlay" in failed.stderr and str(folder / "merged") in failed.stderr
    assert "--root" in failed.stderr or "DAVIT_ROOT" in failed.stderr


def test_two_stores_side_by_side(davit, registry):
    reference = registry.push_busybox("team/app:1", text="x\n")
    first, second = davit.another("first"), davit.another("second")
    first("pull", "-q", reference)
    assert second("images", "-q").lines == []
    second("pull", "-q", reference)
    first("rmi", reference)
    assert second("run", "--rm", reference).stdout == "x\n"
    assert first("images", "-q").lines == []


def test_same_container_name_in_two_stores(davit, registry):
    reference = registry.push_busybox("team/app:1")
    stores = [davit.another("first"), davit.another("second")]
    for store in stores:
        store("run", "--network", "none", "--name", "web", reference, "true")
    stores[0]("rm", "web")
    assert len(stores[1]("ps", "-a", "-q").lines) == 1


def test_run_state_is_under_the_root(davit, registry):
    reference = registry.push_busybox("team/app:1")
    before = {path for path in Path("/run").iterdir() if path.name.startswith("davit")}
    davit("run", "--rm", reference, "true")
    assert {path for path in Path("/run").iterdir() if path.name.startswith("davit")} == before


def test_lost_database_is_rebuilt(davit, registry):
    reference = registry.push_busybox("team/app:1", text="x\n")
    davit("pull", "-q", reference)
    before = davit("images", "--digests", "--no-trunc").stdout
    lost = [path for path in davit.root.rglob("*") if path.is_file() and path.read_bytes()[:15] == b"SQLite format 3"]
    assert lost
    for database in lost:
        for path in database.parent.glob(database.name + "*"):
            path.unlink()

    assert davit("images", "--digests", "--no-trunc").stdout == before
    assert davit("run", "--rm", "--pull", "never", reference).stdout == "x\n"


def test_damaged_database_is_rebuilt(davit, registry):
    reference = registry.push_busybox("team/app:1", text="x\n")
    davit("pull", "-q", reference)
    for path in davit.root.rglob("*"):
        if path.is_file() and path.read_bytes()[:15] == b"SQLite format 3":
            path.write_bytes(b"rubbish" * 1000)
            for more in ("-wal", "-shm"):
                Path(f"{path}{more}").unlink(missing_ok=True)

    assert len(davit("images", "-q").lines) == 1
    assert davit("run", "--rm", "--pull", "never", reference).stdout == "x\n"


def test_pulls_tags_and_removals_at_once(davit, registry):
    references = [registry.push_busybox(f"team/app{number}:1", text=str(number)) for number in range(4)]
    commands = [["pull", "-q", reference] for reference in references] * 2
    commands += [["images"], ["rmi", references[0]], ["tag", references[1], "mine:1"], ["images", "-a", "-q"]]
    running = [davit.start(*command) for command in commands]
    for process, command in zip(running, commands):
        out, errors = process.communicate(timeout=90)
        assert process.returncode == 0 or command[0] in ("rmi", "tag"), (command, out, errors)

    davit("pull", "-q", references[0])
    for number, reference in enumerate(references):
        assert davit("run", "--rm", reference).stdout == str(number)


@pytest.mark.long
def test_soak_of_pulls_runs_and_removals(davit, registry):
    references = [registry.push_busybox(f"team/app{number}:1", text=str(number)) for number in range(6)]
    # Between a run's pull and its start another worker may remove the image: then both say so, as docker's do.
    script = """
        for i in 1 2 3 4 5; do for r in %s; do
          said=$("$@" run --rm --network none $r 2>&1 >/dev/null) || { code=$?; case $code:$said in
            125:*"Error response from daemon: No such image: $r"*) ;; *) echo "run: exit $code: $said"; exit 1 ;; esac; }
          said=$("$@" rmi $r 2>&1) || case $said in *"No such image: $r"*|*"conflict: unable to remove "*) ;; *) echo "rmi: $said"; exit 1 ;; esac
        done; done""" % " ".join(references)
    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(subprocess.run, ["bash", "-c", script, "x", *davit.command()], env=davit.environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=500) for _ in range(4)]
    for worker in workers:
        assert worker.result().returncode == 0, worker.result().stdout
    assert davit("ps", "-a", "-q").lines == []


def test_memory_of_a_pull_does_not_grow_with_the_layer(davit, registry):
    """Peak resident memory of a pull of a 200 MB layer stays under 64 MiB; the bench measures the reference image."""
    data = (os.urandom(1 << 20) + b"\0" * (1 << 20)) * 100
    reference = registry.push("team/big:1", images.image(images.layer(images.file("big", data))))
    # Measured by a small process of its own: a child of this one would inherit its peak.
    measure = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    run = subprocess.run([sys.executable, "-c", measure, *davit.command("pull", "-q", reference)], env=davit.environment, check=True, capture_output=True, text=True)
    peak = int(run.stdout.split()[-1])
    assert peak < 64 * 1024, f"{peak} KiB"
