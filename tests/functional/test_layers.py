"""What davit makes of layers, by each of its drivers: the merged tree as docker and GNU tar make it of the same bytes, to the last
attribute."""

import copy
import os
import signal
import struct
import subprocess
import tarfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from testing import images
from testing.images import char_device, entry, fifo, file, folder, hard_link, layer, opaque, symlink, whiteout
from testing.peers import run as execute
from testing.processes import wait_until
from testing.trees import differences, read_tree

@pytest.fixture(params=["overlay", "erofs"])
def driver(request):
    return request.param


CAPABILITY = struct.pack("<IIIII", 0x02000000 | 1, 1 << 10, 0, 0, 0)  # cap_net_bind_service=ep


def under_tree(*entries):
    """The entries moved below tree/, where only the layers of the test write."""
    moved = []
    for info, content in copy.deepcopy(entries):
        info.name = f"tree/{info.name}"
        if info.type == tarfile.LNKTYPE:
            info.linkname = f"tree/{info.linkname}"
        moved.append((info, content))
    return moved


def image_of(*layers, **how):
    """Busybox and on it the layers' entries below tree/."""
    base = layer(*images.busybox_entries(folder("tree", mode=0o755, mtime=1_600_000_000)))
    return images.image(base, *(layer(*under_tree(*entries), **how) for entries in layers))


def catches_term(process):
    """Whether its trap is set (a folder of /proc): before that, a container's PID 1 does not end by the signal."""
    caught = next(line for line in (process / "status").read_text().splitlines() if line.startswith("SigCgt:"))
    return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1


@contextmanager
def merged(davit, reference):
    """The merged tree/ of an image, as a container of davit sees it."""
    process = davit.start("run", "--rm", "--network", "none", "--name", "looked-at", reference, "sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done")
    try:
        def root():
            assert process.poll() is None, process.communicate()
            for status in Path("/proc").glob("[0-9]*/root"):
                try:
                    if "while :; do sleep" in (status.parent / "cmdline").read_text() and (status / "tree").is_dir() and os.readlink(status) == "/" and catches_term(status.parent) and \
                            (status.parent / "ns/mnt").readlink() != Path("/proc/self/ns/mnt").readlink() and not (status / "proc/self/root/usr/bin/python3").exists():
                        return status
                except OSError:
                    pass
            return None
        yield wait_until(root, what="the container") / "tree"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def davits_tree(davit, registry, image, name="team/tree:1"):
    reference = registry.push(name, image)
    davit("pull", "-q", reference)
    with merged(davit, reference) as root:
        return read_tree(root)


_dockers_trees = {}


def dockers_tree(docker, registry, image, name="team/tree:1"):
    if image.digest not in _dockers_trees:
        _dockers_trees[image.digest] = read_dockers_tree(docker, registry, image, name)
    return _dockers_trees[image.digest]


def read_dockers_tree(docker, registry, image, name):
    reference = registry.push(name, image)
    docker("pull", "-q", reference)
    root, release = docker.merged_tree(reference)
    try:
        return read_tree(root / "tree")
    finally:
        release()


# Each set of layers that davit and docker must make the same tree of. A layer lists all its folders: docker gives implied
# ones attributes of its own.
SETS = {
    "kinds": [[folder("d", mode=0o750, uid=7, gid=8), file("d/f", "text", mode=0o640, uid=1000, gid=1001), symlink("d/l", "../nowhere", uid=5, gid=6),
               hard_link("d/h", "d/f", mode=0o640, uid=1000, gid=1001), fifo("d/p", mode=0o622), char_device("d/null", 1, 3, mode=0o666),
               entry("d/block", tarfile.BLKTYPE, device=(7, 0), mode=0o660, gid=6), folder("empty", mode=0o1777)]],
    "setuid and sticky": [[file("suid", "x", mode=0o4755), file("sgid", "x", mode=0o2755, gid=50), file("both", "x", mode=0o6711, uid=9, gid=9),
                           folder("dir", mode=0o3777, uid=3, gid=4)]],
    "owners": [[file("big", "x", uid=4_000_000_000, gid=3_000_000_000), file("octal", "x", uid=2_097_152, gid=2_097_151), folder("d", uid=65534, gid=65534)]],
    "times": [[file("nano", "x", mtime="1700000000.123456789"), file("old", "x", mtime=0), 
               folder("d", mtime="1600000000.5"), file("d/inside", "x", mtime="1650000000.000000001"), symlink("l", "nano", mtime="1500000000.25"),
               file("far", "x", mtime=8_000_000_000)]],
    "xattrs": [[file("capable", "x", mode=0o755, xattrs={"security.capability": CAPABILITY}), file("user", "x", xattrs={"user.a": b"1", "user.b": b"\0\xff\n="}),
                folder("d", xattrs={"user.on.folder": b"yes"})]],
    "whiteouts": [[file("stays", "1"), file("goes", "1"), folder("dir"), file("dir/goes", "1"), file("dir/stays", "1"), folder("gone"), file("gone/x", "1"),
                   symlink("link", "stays")],
                  [whiteout("goes"), folder("dir"), whiteout("dir/goes"), whiteout("gone"), whiteout("link"), file("new", "2")]],
    "opaque": [[folder("dir"), file("dir/a", "1"), folder("dir/sub"), file("dir/sub/x", "1")],
               [folder("dir", mode=0o700, uid=4), opaque("dir"), file("dir/b", "2"), folder("dir/sub"), file("dir/sub/y", "2")]],
    "whiteout and new in one layer": [[folder("d"), file("d/x", "1")], [whiteout("d"), ], [folder("d", mode=0o711), file("d/y", "3")]],
    "kinds that change": [[file("a", "1"), folder("b"), file("b/x", "1"), symlink("c", "a"), folder("d")],
                          [folder("a"), file("a/x", "2"), file("b", "2"), file("c", "2"), symlink("d", "a")]],
    "replaced content": [[file("f", "one", mode=0o600), folder("d", mode=0o700)], [file("f", "two", mode=0o644, uid=1), folder("d", mode=0o755, gid=3)]],
    "hard links across folders": [[folder("a"), file("a/one", "shared", mode=0o640), folder("b"), hard_link("b/two", "a/one", mode=0o640), folder("b/c"),
                                   hard_link("b/c/three", "a/one", mode=0o640), file("alone", "x")]],
    "broken link group": [[file("a", "1"), hard_link("b", "a"), hard_link("c", "a")], [file("b", "2")]],
    "hard link to a symlink": [[symlink("l", "target"), hard_link("m", "l")]],
    "long names": [[folder("n" * 200), file("n" * 200 + "/" + "f" * 200, "long"), symlink("s", "t" * 300), folder("ü ñ 漢"), file("ü ñ 漢/\N{SNOWMAN}", "unicode"),
                    file("with\nnewline", "x"), file(" spaces ", "x")]],
    "names of 255 bytes": [[folder("d" * 255), file("d" * 255 + "/" + "f" * 255, "1"), file("g" * 255, "1"), folder("h" * 255), file("h" * 255 + "/x", "1")],
                           [whiteout("g" * 255), whiteout("h" * 255), folder("d" * 255), whiteout("d" * 255 + "/" + "f" * 255), file("i" * 255, "2")]],
    "odd but harmless names": [[folder("./dot"), file("./dot/f", "x"), file("dot//g", "y")]],
    "sizes": [[file("empty", ""), file("single", "x"), file("block", "x" * 512), file("over", "x" * 513), file("large", os.urandom(3_000_000)), file("holes", b"\0" * 2_000_000)]],
}


@pytest.mark.parametrize("which", SETS)
def test_merged_tree_is_dockers(davit, docker, registry, which):
    image = image_of(*SETS[which])
    name = f"team/{which.replace(' ', '-')}:1"

    ours, theirs = davits_tree(davit, registry, image, name), dockers_tree(docker, registry, image, name)

    assert len(theirs) > 1
    wrong = differences(ours, theirs, ignore=["."])  # implied by the layer, where docker has ways of its own
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("which", ["kinds", "setuid and sticky", "owners", "times", "xattrs", "hard links across folders", "long names", "sizes"])
def test_one_layer_is_as_gnu_tar_extracts_it(davit, registry, folder, which):
    image = image_of(*SETS[which])
    (folder / "tar").mkdir()
    execute("tar", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-xpf", "-", "-C", folder / "tar", stdin=image.layers[1].tar)

    ours = davits_tree(davit, registry, image, f"team/{which.replace(' ', '-')}:1")

    wrong = differences(ours, read_tree(folder / "tar/tree"), ignore=["."])
    assert not wrong, "\n".join(wrong)


def test_of_an_entry_that_comes_twice_the_last_counts(davit, registry):
    """As GNU tar has it; docker refuses such a layer."""
    tree = davits_tree(davit, registry, image_of([file("f", "first", mode=0o600), file("f", "second", mode=0o644), folder("d", mode=0o700), file("d/x", "1"),
                                                  folder("d", mode=0o755)]))
    assert tree["f"].content.startswith("6 ") and tree["f"].mode == "0o644" and tree["d"].mode == "0o755" and "d/x" in tree


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT], ids=["gnu", "pax", "ustar"])
def test_tar_formats_give_the_same_tree(davit, registry, form):
    entries = [folder("tree/d", mode=0o700), file("tree/d/f", "text", uid=1000), symlink("tree/l", "d/f"), hard_link("tree/h", "tree/d/f")]
    if form != tarfile.USTAR_FORMAT:
        entries += [folder("tree/" + "n" * 150), file("tree/" + "n" * 150 + "/" + "f" * 150, "x"), symlink("tree/s", "t" * 200)]
    image = images.image(layer(*images.busybox_entries(folder("tree"))), images.Layer(images.tar_of(*entries, format=form)))
    tree = davits_tree(davit, registry, image)
    assert set(tree) == {".", *(info.name.removeprefix("tree/") for info, _ in entries)}
    assert tree["h"].links == ("d/f", "h") and tree["d/f"].owner == (1000, 0)


@pytest.mark.parametrize("form", ["gnu", "posix"])
def test_sparse_files_of_gnu_tar(davit, registry, folder, form):
    source = folder / "tree"
    source.mkdir()
    with open(source / "sparse", "wb") as out:
        out.write(b"head")
        out.seek(5_000_000)
        out.write(b"middle")
        out.truncate(9_000_000)
    data = execute("tar", "-C", folder, "-S", f"--format={form}", "-c", "tree").stdout
    assert len(data) < 100_000
    image = images.image(layer(*images.busybox_entries()), images.Layer(data))

    tree = davits_tree(davit, registry, image)

    content = (source / "sparse").read_bytes()
    assert tree["sparse"].content == f"9000000 {images.digest(content)[7:23]}"


def made_by_gnu_tar(folder, data, name="tar"):
    """The tree/ that GNU tar makes of an archive."""
    (folder / name).mkdir()
    with open(folder / "archive", "wb") as out:
        out.write(data)
    execute("tar", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-xpf", folder / "archive", "-C", folder / name)
    return read_tree(folder / name / "tree")


def many_entries(count):
    return [folder("tree/many"), *(symlink(f"tree/many/{number:06}-{'x' * (number % 60)}", "target") if number % 3 else
                                   folder(f"tree/many/{number:06}", mode=0o700 + number % 8) for number in range(count))]


@pytest.mark.parametrize("count", [20_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_folder_of_many_entries_is_as_gnu_tar_makes_it(davit, registry, folder, count):
    image = images.image(layer(*images.busybox_entries(), *many_entries(count)))
    tree = davits_tree(davit, registry, image)
    assert len(tree) == count + 2
    wrong = differences(tree, made_by_gnu_tar(folder, image.layers[0].tar), ignore=["."])
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize("form", ["gnu", "posix"])
def test_sparse_file_over_4_gib_is_as_gnu_tar_makes_it(davit, registry, folder, form):
    source = folder / "tree"
    source.mkdir()
    with open(source / "huge", "wb") as out:
        for at in (0, 100_000_007, (4 << 30) - 3, (4 << 30) + 5_000_000):
            out.seek(at)
            out.write(f"here begins {at}".encode() * 1000)
        out.truncate((4 << 30) + 9_000_001)
    os.link(source / "huge", source / "huge-too")
    data = execute("tar", "-C", folder, "-S", f"--format={form}", "-c", "tree").stdout
    assert len(data) < 1_000_000

    tree = davits_tree(davit, registry, images.image(layer(*images.busybox_entries()), images.Layer(data)))

    wrong = differences(tree, made_by_gnu_tar(folder, data))
    assert not wrong, "\n".join(wrong)
    assert tree["huge"].content.startswith(f"{(4 << 30) + 9_000_001} pieces:") and tree["huge"].links == ("huge", "huge-too")
    # What the container leaves goes once `run` has returned.
    assert int(execute("du", "-s", "--block-size=1", "--exclude=.left-*", davit.root).stdout.split()[0]) < 50_000_000


def test_whole_image_with_holes_and_links_of_several_layers_is_dockers(davit, docker, registry):
    """What single sets do not show: many kinds at once, over several layers, read from one container."""
    chosen = ["kinds", "xattrs", "whiteouts", "opaque", "kinds that change", "broken link group", "setuid and sticky"]
    depth = max(len(SETS[which]) for which in chosen)
    layers = []
    for number in range(depth):
        layers.append([moved for which in chosen for moved in moved_below(which.replace(" ", "-"), SETS[which][number:number + 1])])
    image = image_of(*layers)
    ours, theirs = davits_tree(davit, registry, image, "team/whole:1"), dockers_tree(docker, registry, image, "team/whole:1")
    assert len(theirs) > 30
    wrong = differences(ours, theirs, ignore=["."])
    assert not wrong, "\n".join(wrong)


def moved_below(parent, entries):
    """Those of a set's layer, in a folder of their own."""
    moved = [folder(parent, mtime=1_600_000_000)] if entries else []
    for info, content in copy.deepcopy(entries[0] if entries else []):
        info.name = f"{parent}/{info.name}"
        if info.type == tarfile.LNKTYPE:
            info.linkname = f"{parent}/{info.linkname}"
        moved.append((info, content))
    return moved


def test_hundred_and_twenty_seven_layers(davit, registry):
    layers = [[file(f"f{number}", str(number))] + ([whiteout(f"f{number - 1}")] if number % 10 == 0 else []) for number in range(1, 127)]
    image = image_of(*layers)
    assert len(image.layers) == 127
    tree = davits_tree(davit, registry, image)
    assert set(tree) - {"."} == {f"f{number}" for number in range(1, 127) if (number + 1) % 10 or number == 126}


def test_implied_folder_has_the_attributes_of_the_layer_below(davit, registry):
    image = image_of([folder("tmp", mode=0o1777, uid=7, gid=8, mtime="1600000000.5", xattrs={"user.a": b"1"}), folder("tmp/deep", mode=0o700, uid=3)],
                     [file("tmp/deep/x", "2")], [file("tmp/y", "3")])
    tree = davits_tree(davit, registry, image)
    assert (tree["tmp"].mode, tree["tmp"].owner, tree["tmp"].xattrs) == ("0o1777", (7, 8), (("user.a", b"1"),))
    assert (tree["tmp/deep"].mode, tree["tmp/deep"].owner) == ("0o700", (3, 0))
    assert tree["tmp/deep/x"].content.startswith("1 ") and tree["tmp/y"].content.startswith("1 ")


def test_implied_folder_that_no_layer_has(davit, registry):
    tree = davits_tree(davit, registry, image_of([file("never/listed/x", "1")]))
    assert (tree["never"].mode, tree["never"].owner) == ("0o755", (0, 0))


def test_same_layer_under_two_parents_takes_each_ones_attributes(davit, registry):
    """A layer is unpacked without knowing its parents; what it implies comes from the chain."""
    top = [file("shared/x", "top")]
    one = davits_tree(davit, registry, image_of([folder("shared", mode=0o700)], top), "team/one:1")
    two = davits_tree(davit, registry, image_of([folder("shared", mode=0o1777, uid=5)], top), "team/two:1")
    assert (one["shared"].mode, two["shared"].mode, two["shared"].owner) == ("0o700", "0o1777", (5, 0))


def test_entries_under_a_symlinked_parent_land_behind_it(davit, registry):
    tree = davits_tree(davit, registry, image_of([folder("usr"), folder("usr/lib"), symlink("lib", "usr/lib"), file("lib/so", "x"),
                                                  symlink("absolute", "/tree/usr"), file("absolute/from-absolute", "y")]))
    assert tree["lib"].kind == "l" and "usr/lib/so" in tree and tree["absolute"].kind == "l" and "usr/from-absolute" in tree


def test_entries_under_a_symlink_of_the_layer_below_land_behind_it(davit, registry):
    tree = davits_tree(davit, registry, image_of([folder("usr"), folder("usr/lib"), symlink("lib", "usr/lib")], [file("lib/so", "x")]))
    assert tree["lib"].kind == "l" and "usr/lib/so" in tree


@pytest.mark.parametrize("entries", [
    [file("../../../escaped", "x")],
    [symlink("out", "/"), file("out/escaped", "x")],
    [symlink("up", "../../../.."), file("up/escaped", "x")],
    [hard_link("h", "../../../../etc/hostname")],
    [file("/escaped", "x")],
], ids=["dots", "absolute link", "dotted link", "hard link", "absolute name"])
def test_nothing_leaves_the_layer(davit, registry, folder, entries):
    """Refused, or kept inside the container's own root; never outside."""
    reference = registry.push("team/evil:1", images.image(layer(*images.busybox_entries(), *entries)))

    davit("pull", "-q", reference, code=None)

    assert not Path("/escaped").exists()
    outside = [path for path in folder.rglob("escaped") if davit.root not in path.parents]
    assert outside == []
    for path in davit.root.rglob("escaped"):
        assert "overlay" in path.parts or "layers" in path.parts, path


def test_hard_link_outside_is_refused(davit, registry):
    reference = registry.push("team/evil:1", images.image(layer(*images.busybox_entries(), hard_link("h", "../../../../etc/hostname"))))
    failed = davit("pull", reference, code=1)
    assert "etc/hostname" in failed.stderr or "'h'" in failed.stderr or '"h"' in failed.stderr


def test_overlay_control_xattrs_of_an_archive_are_dropped(davit, registry):
    image = image_of([folder("d"), file("d/below", "1")],
                     [folder("d", xattrs={"trusted.overlay.opaque": b"y", "user.overlay.opaque": b"y", "user.kept": b"1"}),
                      file("f", "x", xattrs={"trusted.overlay.redirect": b"/etc", "user.overlay.metacopy": b""})])
    tree = davits_tree(davit, registry, image)
    assert "d/below" in tree
    assert tree["d"].xattrs == (("user.kept", b"1"),) and tree["f"].xattrs == ()


def test_device_zero_zero_is_refused(davit, registry):
    reference = registry.push("team/evil:1", image_of([char_device("hidden", 0, 0)]))
    failed = davit("pull", reference, code=1)
    assert "tree/hidden" in failed.stderr
    assert davit("images", "-a", "-q").lines == []


def test_capability_survives_to_the_container(davit, registry):
    with open("/bin/busybox", "rb") as program:
        data = program.read()
    reference = registry.push("team/caps:1", image_of([file("nc", data, mode=0o755, xattrs={"security.capability": CAPABILITY})]))
    davit("pull", "-q", reference)
    with merged(davit, reference) as root:
        shown = subprocess.run(["getcap", root / "nc"], capture_output=True, text=True, check=True).stdout
    assert shown.rstrip().endswith("cap_net_bind_service=ep")
