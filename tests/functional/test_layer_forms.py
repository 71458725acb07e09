"""Layers in both forms in one store: chains of both, and layers of which something is missing or damaged."""

import subprocess
from pathlib import Path

import pytest
from testing import images
from testing.images import file, folder, hard_link, layer, opaque, symlink, whiteout

DRIVERS = ["overlay", "erofs"]

BASE = [layer(*images.busybox_entries(folder("d"), file("d/a", "1"), file("d/b", "1"), folder("gone"), file("gone/x", "1"), folder("o"), file("o/x", "1"),
                                      folder("usr"), folder("usr/lib", mode=0o711, uid=3), symlink("lib", "usr/lib"), folder("var", mode=0o1777, uid=7)))]
TOP = [layer(folder("d"), file("d/c", "2"), hard_link("d/linked", "d/c"), whiteout("d/a"), whiteout("gone"), folder("o"), opaque("o"), file("o/y", "2")),
       layer(file("lib/behind", "3"), file("var/implied", "3"))]
LOOK = "cat /d/b /d/c /d/linked /o/y /usr/lib/behind /lib/behind /var/implied"
SCRIPT = LOOK + "; test ! -e /d/a -a ! -e /gone -a ! -e /o/x -a -h /lib && stat -c '%a %u' /usr/lib /var"
LOOKED_AT = "1222333711 3\n1777 7\n"


def mounts():
    return Path("/proc/self/mountinfo").read_text().splitlines()


def look(davit, reference, driver=None):
    env = {"DAVIT_STORAGE_DRIVER": driver} if driver else None
    return davit("run", "--rm", "--network", "none", reference, "sh", "-c", SCRIPT, env=env).stdout


def pull(davit, reference, driver, **more):
    return davit("pull", "-q", reference, env={"DAVIT_STORAGE_DRIVER": driver}, **more)


def forms(davit, one):
    """In which forms a layer is in the store."""
    return [driver for driver in DRIVERS if (davit.root / driver / one.diff_id.removeprefix("sha256:") / "layer.json").exists()]


def erofs_folder(davit, one):
    return davit.root / "erofs" / one.diff_id.removeprefix("sha256:")


@pytest.mark.parametrize("below, above", [("overlay", "erofs"), ("erofs", "overlay"), ("overlay", "overlay"), ("erofs", "erofs")])
def test_chain_of_layers_of_both_drivers(davit, registry, below, above):
    before = mounts()
    base, whole = registry.push("team/base:1", images.image(*BASE)), registry.push("team/whole:1", images.image(*BASE, *TOP))
    pull(davit, base, below)
    pull(davit, whole, above)

    assert [forms(davit, one) for one in (*BASE, *TOP)] == [[below], [above], [above]]
    for driver in DRIVERS:
        assert look(davit, whole, driver) == LOOKED_AT
    assert [forms(davit, one) for one in (*BASE, *TOP)] == [[below], [above], [above]]
    assert mounts() == before

    davit("rmi", base, whole)
    assert [forms(davit, one) for one in (*BASE, *TOP)] == [[], [], []]


@pytest.fixture
def pulled(davit, registry):
    """An image in the form of erofs, and the layer of it that is to be hurt."""
    reference = registry.push("team/app:1", images.image(*BASE, *TOP))
    pull(davit, reference, "erofs")
    return reference, TOP[0]


@pytest.mark.parametrize("damage", [lambda data: bytes(len(data)), lambda data: data[:len(data) // 2], lambda data: b"",
                                    lambda data: data[:1300] + bytes([data[1300] ^ 1]) + data[1301:]], ids=["zeros", "half", "empty", "bit"])
def test_damaged_image_file_is_never_mounted_but_made_again(davit, registry, pulled, damage):
    reference, hurt = pulled
    image = erofs_folder(davit, hurt) / "image"
    data = image.read_bytes()
    image.write_bytes(damage(data))
    registry.stop()

    shown = davit("run", "--rm", "--network", "none", reference, "sh", "-c", SCRIPT, env={"DAVIT_STORAGE_DRIVER": "erofs"})
    assert shown.stdout == LOOKED_AT and "made again" in shown.stderr
    assert image.read_bytes() == data


def test_layer_whose_tar_is_gone_is_made_again_from_its_blob(davit, registry, pulled):
    reference, hurt = pulled
    (erofs_folder(davit, hurt) / "tar").unlink()
    registry.stop()

    assert look(davit, reference, "erofs") == LOOKED_AT
    assert (erofs_folder(davit, hurt) / "tar").read_bytes() == hurt.tar


def test_layer_of_which_nothing_is_left_is_named_and_a_pull_brings_it_back(davit, registry, pulled):
    reference, hurt = pulled
    subprocess.run(["rm", "-r", erofs_folder(davit, hurt)], check=True)
    for blob in davit.root.rglob(hurt.digest.removeprefix("sha256:")):
        blob.unlink()

    failed = davit("run", "--rm", "--pull", "never", "--network", "none", reference, "true", env={"DAVIT_STORAGE_DRIVER": "erofs"}, code=None)
    assert failed.code == 125 and hurt.diff_id in failed.stderr

    pull(davit, reference, "erofs")
    assert look(davit, reference, "erofs") == LOOKED_AT


def test_writes_of_a_container_reach_no_layer(davit, pulled):
    reference, hurt = pulled
    before = {path.name: path.read_bytes() for path in erofs_folder(davit, hurt).iterdir() if path.is_file()}
    davit("run", "--rm", "--network", "none", reference, "sh", "-c", "rm -r /d /o; echo x > /usr/lib/behind; chmod 777 /var", env={"DAVIT_STORAGE_DRIVER": "erofs"})
    assert {path.name: path.read_bytes() for path in erofs_folder(davit, hurt).iterdir() if path.is_file()} == before
    assert look(davit, reference, "erofs") == LOOKED_AT
