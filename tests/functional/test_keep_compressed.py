"""keep_compressed = false: layers in the erofs form do without the compressed blobs that a pull brought (docs/adr/0062)."""

import json
import os
import signal
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from testing import images
from testing.davit import Davit
from testing.processes import wait_until


class Configured(Davit):
    """davit with a driver and keep_compressed as told, on the store of another one."""

    def __init__(self, folder, keep, driver="erofs", store="store"):
        super().__init__(folder, store)
        self.toml = folder / f"{driver}-{keep}.toml"
        self.toml.write_text(f'storage_driver = "{driver}"\nkeep_compressed = {str(keep).lower()}\n')
        self.options = (driver, keep)

    def command(self, *arguments):
        program, root, path = super().command()
        return [program, root, path, "--config", str(self.toml), *map(str, arguments)]

    def another(self, name):
        return Configured(self.folder, self.options[1], self.options[0], name)


@pytest.fixture
def lean(davit, folder):
    """A davit that keeps no compressed blobs."""
    program = Configured(folder, False)
    probe = program.another("probe")("info", code=None)
    if probe.code:
        pytest.skip(f"erofs does not work here: {probe.stderr.strip()}")
    return program


@pytest.fixture
def keeping(folder):
    """The same store with the default."""
    return Configured(folder, True)


def blobs(davit):
    """What is kept: whole blobs' digests, and the names of layers' partial ones (documents are sealed under names "unknown-…")."""
    folder = davit.root / "blobs"
    partial = [path.name for path in (folder / "ingest").iterdir() if not path.name.startswith("unknown-")]
    return {f"sha256:{path.name}" for path in (folder / "sha256").iterdir()}, partial


def documents(image):
    return {image.id, image.digest}


def noise(size):
    return os.urandom(size)


def test_an_image_is_whole_without_its_blobs(lean, registry):
    image = images.busybox(text="still here\n")
    reference = registry.push("team/app:1", image)

    lean("pull", reference)

    assert blobs(lean) == (documents(image), [])
    assert lean("run", "--rm", "--network", "none", reference).stdout == "still here\n"
    assert lean("images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}", "--no-trunc").lines == [f"{reference} {image.id}"]
    assert len(lean("history", "-q", reference).lines) == 2
    (told,) = json.loads(lean("inspect", reference).stdout)
    assert told["RootFS"]["Layers"] == [one.diff_id for one in image.layers] and told["Size"] > 0


def test_sizes_are_those_of_a_store_that_keeps_blobs(lean, keeping, registry):
    reference = registry.push_busybox("team/app:1", text="x" * 5000)
    lean("pull", "-q", reference)
    other = keeping.another("whole")
    other("pull", "-q", reference)

    size = ("images", "--format", "{{.Size}}")
    assert lean(*size).stdout == other(*size).stdout
    history = ("history", "--human=false", "--format", "{{.Size}}", reference)
    assert lean(*history).stdout == other(*history).stdout


def test_a_second_pull_fetches_nothing(lean, registry):
    reference = registry.push_busybox("team/app:1", text="one")
    lean("pull", reference)
    registry.forget_requests()

    again = lean("pull", reference)

    assert f"Status: Image is up to date for {reference}" in again.lines
    assert registry.requests("GET .*/blobs/") == []


def test_an_image_that_shares_a_layer_fetches_its_own_alone(lean, registry):
    base = images.layer(*images.busybox_entries())
    one, two = (images.image(base, images.layer(images.file("text", text))) for text in ("one", "two"))
    lean("pull", "-q", registry.push("team/one:1", one))
    registry.forget_requests()

    told = lean("pull", registry.push("team/two:1", two))

    assert f"{base.digest.removeprefix('sha256:')[:12]}: Already exists" in told.lines
    fetched = {request.path.rsplit("/", 1)[1] for request in registry.requests("GET .*/blobs/")}
    assert fetched == {two.id, two.layers[1].digest}
    assert blobs(lean) == (documents(one) | documents(two), [])


def test_wrong_bytes_are_refused(lean, fake_registry):
    image = images.image(images.layer(images.file("a", noise(100_000))))
    reference = fake_registry.add("team/app:1", image)
    name = image.layers[0].digest
    bad = image.layers[0].blob[:-20] + b"x" + image.layers[0].blob[-19:]
    fake_registry.on(f"GET .*/blobs/{name}", lambda exchange: exchange.reply(200, bad))

    failed = lean("pull", reference, code=1)

    assert name in failed.stderr
    assert lean("images", "-q").lines == []


def test_a_killed_pull_is_resumed(lean, fake_registry):
    image = images.image(images.layer(images.file("big", noise(4_000_000))))
    name = image.layers[0].digest
    reference = fake_registry.add("team/big:1", image)
    fake_registry.on(f"GET .*/blobs/{name}", lambda exchange: exchange.default(pace=(100_000, 0.05)), times=1)
    running = lean.start("pull", reference)
    wait_until(lambda: fake_registry.bytes_sent(f"GET .*/blobs/{name}") >= 2_000_000, what="half of the layer")
    running.send_signal(signal.SIGKILL)
    running.communicate()
    fake_registry.forget_requests()

    lean("pull", reference)

    assert fake_registry.bytes_sent(f"GET .*/blobs/{name}") <= len(image.layers[0].blob) - 1_000_000
    assert blobs(lean) == (documents(image), [])


def test_many_pulls_at_once_fetch_each_layer_once(lean, fake_registry):
    base = images.layer(*images.busybox_entries(images.file("big", noise(1_500_000))))
    parts = [images.image(base, images.layer(images.file("which", str(number)))) for number in range(6)]
    references = [fake_registry.add(f"team/part{number}:1", part) for number, part in enumerate(parts)]
    fake_registry.on(f"GET .*/blobs/{base.digest}", lambda exchange: exchange.default(pace=(100_000, 0.02)))

    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(lambda reference: lean("pull", "-q", reference), references))

    fetched = Counter(seen.path.rsplit("/", 1)[1] for seen in fake_registry.requests("GET .*/blobs/"))
    assert fetched == Counter([base.digest, *(part.id for part in parts), *(part.layers[1].digest for part in parts)])
    assert blobs(lean) == (set().union(*map(documents, parts)), [])
    assert lean("run", "--rm", "--network", "none", references[3], "cat", "/which").stdout == "3"


def test_one_who_keeps_and_one_who_does_not_at_once(lean, keeping, fake_registry):
    image = images.image(images.layer(images.file("big", noise(1_500_000))))
    name = image.layers[0].digest
    reference = fake_registry.add("team/big:1", image)
    fake_registry.on(f"GET .*/blobs/{name}", lambda exchange: exchange.default(pace=(100_000, 0.02)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda program: program("pull", "-q", reference), [lean, keeping, lean, keeping]))

    assert blobs(lean) == (documents(image) | {name}, [])


def test_push_to_where_it_is_and_to_where_it_can_be_mounted(lean, registry):
    image = images.busybox(text="one")
    reference = registry.push("team/app:1", image)
    lean("pull", "-q", reference)
    elsewhere = f"{registry.address}/team/second:1"
    lean("tag", reference, elsewhere)

    lean("push", "-q", reference)
    lean("push", "-q", elsewhere)

    assert registry.get_manifest("team/second", "1") == (image.media_type, image.manifest)
    assert all(registry.has_blob("team/second", one.digest) for one in image.layers)


def test_push_to_where_the_layers_are_not_says_what_to_do(lean, keeping, registry, other):
    image = images.image(images.layer(images.file("a", "b")))
    reference = registry.push("team/app:1", image)
    lean("pull", "-q", reference)
    target = f"{other.address}/team/app:1"
    lean("tag", reference, target)

    failed = lean("push", target, code=1)

    assert (f"layer {image.layers[0].digest} is not here in compressed form, as keep_compressed is false: pull the image again with "
            f"keep_compressed = true, then push it") in failed.stderr
    keeping("pull", reference)
    keeping("push", "-q", target)
    assert other.get_manifest("team/app", "1") == (image.media_type, image.manifest)


def test_index_whose_layers_are_there_goes_whole(lean, registry):
    arm, amd = images.image(images.layer(images.file("a", "arm")), architecture="arm64"), images.image(images.layer(images.file("a", "amd")))
    reference, digest = registry.push_index("team/app:1", (arm, {"architecture": "arm64", "os": "linux"}),
                                            (amd, {"architecture": "amd64", "os": "linux"}))
    lean("pull", "-q", "--platform", "linux/arm64", reference)
    lean("tag", reference, f"{registry.address}/team/arm:1")
    lean("pull", "-q", "--platform", "linux/amd64", reference)
    target = f"{registry.address}/team/second:1"
    lean("tag", reference, target)

    lean("push", "-q", target)

    assert images.digest(registry.get_manifest("team/second", "1")[1]) == digest


def test_save_says_what_to_do_and_writes_nothing(lean, keeping, registry, folder):
    image = images.image(images.layer(images.file("a", "b")))
    reference = registry.push("team/app:1", image)
    lean("pull", "-q", reference)

    failed = lean("save", "-o", folder / "a.tar", reference, code=1)

    assert (f"layer {image.layers[0].digest} is not here in compressed form, as keep_compressed is false: pull the image again with "
            f"keep_compressed = true, then save it") in failed.stderr
    assert not (folder / "a.tar").exists()
    keeping("pull", reference)
    keeping("save", "-o", folder / "a.tar", reference)
    keeping.another("loaded")("load", "-q", "-i", folder / "a.tar")


def test_a_pull_that_keeps_brings_the_blobs_alone(lean, keeping, registry):
    image = images.busybox(text="one")
    reference = registry.push("team/app:1", image)
    lean("pull", "-q", reference)
    registry.forget_requests()

    keeping("pull", "-q", reference)

    assert blobs(lean) == (documents(image) | {one.digest for one in image.layers}, [])
    registry.forget_requests()
    lean("pull", "-q", reference)  # and what is here is used, not dropped
    assert registry.requests("GET .*/blobs/") == []
    assert blobs(lean)[0] >= {one.digest for one in image.layers}


def test_run_needs_no_blobs_and_no_registry(lean, keeping, registry):
    reference = registry.push_busybox("team/app:1", text="one\n")
    lean("pull", "-q", reference)
    registry.stop()

    assert keeping("run", "--rm", "--network", "none", reference).stdout == "one\n"


def test_what_is_imported_or_loaded_keeps_its_blobs(lean, keeping, registry, folder):
    image = images.image(images.layer(images.file("a", "loaded")))
    keeping.another("other")("pull", "-q", registry.push("team/app:1", image))
    keeping.another("other")("save", "-o", folder / "image.tar", f"{registry.address}/team/app:1")
    (folder / "tree.tar").write_bytes(images.tar_of(images.file("a", "imported")))

    lean("import", folder / "tree.tar", f"{registry.address}/team/imported:1")
    lean("load", "-q", "-i", folder / "image.tar")

    assert {one.digest for one in image.layers} <= blobs(lean)[0]
    lean("push", "-q", f"{registry.address}/team/imported:1")


def test_df_agrees_with_du_and_rmi_gives_all_back(lean, registry):
    image = images.image(images.layer(images.file("big", noise(8_000_000))), images.layer(images.file("small", "x")))
    lean("images")
    before = du(lean)
    reference = registry.push("team/app:1", image)
    lean("pull", "-q", reference)

    told = sum(int(json.loads(line)["OnDiskBytes"]) for line in lean("system", "df", "--format", "json").lines)
    assert abs(told - du(lean)) <= du(lean) / 100
    assert du(lean) < before + 8_800_000, "the blob's eight megabytes are here as well"
    removed = lean("rmi", reference)
    assert f"Deleted: {image.id}" in removed.lines
    assert du(lean) < before + 300_000


def du(davit):
    return int(subprocess.run(["du", "-sx", "--block-size=1", "--exclude=index.db-*", davit.root], check=True, capture_output=True).stdout.split()[0])


def test_prune_and_collection_leave_what_is_needed(lean, registry):
    reference = registry.push_busybox("team/app:1", text="one\n")
    lean("pull", "-q", reference)
    lean("pull", "-q", registry.push("team/gone:1", images.image(images.layer(images.file("a", "b")))))
    lean("rmi", f"{registry.address}/team/gone:1")

    lean("image", "prune", "-f")
    lean("system", "prune", "-f")

    registry.stop()
    assert lean("run", "--rm", "--network", "none", reference).stdout == "one\n"


def test_crash_at_any_call_leaves_a_store_that_the_next_pull_mends(lean, registry):
    image = images.image(images.layer(images.file("one", "1")), images.layer(images.file("two", "2")))
    reference = registry.push("team/app:1", image)

    def fresh(name):
        store = lean.another(name)
        store("info")
        return store

    counter = lean.folder / "count"
    fresh("counted")("pull", reference, env={"DAVIT_FAULT": f"count:{counter}"})
    total = int(counter.read_text().split()[-1])
    for point in range(1, total + 1, 1 if os.environ.get("DAVIT_LONG") else max(1, total // 12)):
        store = fresh(f"crash{point}")
        store("pull", reference, env={"DAVIT_FAULT": f"{point}:kill"}, code=None)
        assert len(store("images", "-q").lines) in (0, 1)
        store("pull", reference)
        whole, partial = blobs(store)
        assert whole == documents(image), f"killed at call {point} of {total}"
        store("image", "prune", "-f")
        assert blobs(store)[1] == [], f"killed at call {point} of {total}: {partial}"


def test_overlay_keeps_them_all_the_same(davit, folder, registry):
    lean = Configured(folder, False, "overlay")
    image = images.busybox(text="one")
    reference = registry.push("team/app:1", image)

    lean("pull", "-q", reference)

    assert blobs(lean)[0] == documents(image) | {one.digest for one in image.layers}
    assert " Compressed Blobs: kept, as keep_compressed = false is for the erofs driver" in lean("info").lines


def test_info_says_that_none_are_kept(lean, keeping):
    assert " Compressed Blobs: not kept" in lean("info").lines
    assert "Compressed Blobs" not in keeping("info").stdout


def test_copy_goes_past_the_store(lean, registry, other):
    image = images.image(images.layer(images.file("a", "b")))
    reference = registry.push("team/app:1", image)
    lean("pull", "-q", reference)

    lean("copy", "-q", reference, f"{other.address}/team/app:1")

    assert other.get_manifest("team/app", "1") == (image.media_type, image.manifest)
