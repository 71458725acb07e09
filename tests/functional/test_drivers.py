"""Both storage drivers in one store: which is chosen and why, what it means for images that are here, odd file systems."""

import json
import os
import subprocess

import pytest

from testing import images
from testing.trees import differences, read_tree


@pytest.fixture
def app(registry):
    return registry.push("team/app:1", images.image(
        images.layer(*images.busybox_entries()),
        images.layer(images.folder("data", mode=0o711), images.file("data/below", "1"), images.file("data/gone", "1")),
        images.layer(images.file("data/above", "2"), images.whiteout("data/gone")), config={"Cmd": ["sh"]}))


def info(davit, *flags):
    return json.loads(davit(*flags, "info", "--format", "{{json .}}").stdout)


def driver_of(davit, reference):
    return davit("inspect", "--format", "{{.GraphDriver.Name}}", reference).stdout.strip()


def listing(davit, reference, *flags):
    return davit(*flags, "run", "--rm", "--network", "none", reference, "sh", "-c", "ls -ld /data; ls /data; cat /data/*").stdout


def test_info_tells_the_driver_and_why(davit):
    told = info(davit)
    assert told["Driver"] == "erofs" and "mounted" in told["DriverReason"]
    told = info(davit, "--storage-driver", "overlay")
    assert (told["Driver"], told["DriverReason"]) == ("overlay", "asked for")
    assert " Why: erofs images are mounted" in davit("info").stdout


def test_the_driver_is_chosen_by_flag_environment_and_config(davit, app, folder):
    (folder / "davit.toml").write_text('storage_driver = "overlay"\n')
    assert info(davit, "--config", folder / "davit.toml")["Driver"] == "overlay"
    assert info(davit, "--config", folder / "davit.toml", "--storage-driver", "erofs")["Driver"] == "erofs"
    told = subprocess.run(davit.command("info", "--format", "{{.Driver}}"), env={**os.environ, "DAVIT_STORAGE_DRIVER": "overlay"}, capture_output=True, text=True)
    assert told.stdout == "overlay\n", told


def test_an_unknown_driver_is_refused_by_name(davit):
    refused = davit("--storage-driver", "btrfs", "info", code=1)
    assert "unknown storage driver 'btrfs': choose auto, overlay or erofs" in refused.stderr


@pytest.mark.parametrize("first, second", [("overlay", "erofs"), ("erofs", "overlay")])
def test_changing_the_default_hides_no_image(davit, app, registry, first, second):
    davit("--storage-driver", first, "pull", app)
    before = listing(davit, app, "--storage-driver", first)

    assert driver_of(davit, app) == first
    assert listing(davit, app, "--storage-driver", second) == before
    assert "Image is up to date" in davit("--storage-driver", second, "pull", app).stdout
    assert driver_of(davit, app) == first


@pytest.mark.parametrize("driver", ["overlay", "erofs"])
def test_a_store_on_tmpfs(davit, app, folder, driver):
    (folder / "memory").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder / "memory"], check=True)
    there = davit.another("memory/store")
    assert info(there, "--storage-driver", driver)["Driver"] == driver

    there("--storage-driver", driver, "pull", app)

    assert "above" in listing(there, app, "--storage-driver", driver)
    loops = subprocess.run(["losetup", "-a"], capture_output=True, text=True).stdout
    assert str(folder / "memory") not in loops
    there("rmi", app)
    subprocess.run(["umount", folder / "memory"], check=True)


@pytest.mark.parametrize("driver", ["overlay", "erofs"])
def test_a_store_on_overlayfs_is_refused(davit, app, folder, driver):
    for name in ("lower", "upper", "work", "merged"):
        (folder / "o" / name).mkdir(parents=True)
    o = folder / "o"
    subprocess.run(["mount", "-t", "overlay", "-o", f"lowerdir={o}/lower,upperdir={o}/upper,workdir={o}/work", "overlay", o / "merged"], check=True)
    there = davit.another("o/merged/store")

    refused = there("--storage-driver", driver, "pull", app, code=1)

    assert "lies on overlay" in refused.stderr and str(o / "merged") in refused.stderr and "choose a --root" in refused.stderr
    subprocess.run(["umount", o / "merged"], check=True)


def test_a_missing_form_is_made_again(davit, app, registry):
    davit("--storage-driver", "erofs", "pull", app)
    before = listing(davit, app)
    layers = sorted(path for path in (davit.root / "erofs").iterdir() if len(path.name) == 64)
    assert len(layers) == 3
    (layers[0] / "image").unlink()  # the tar is there
    subprocess.run(["rm", "-r", layers[1]], check=True)  # its blob is
    damaged = bytearray((layers[2] / "image").read_bytes())
    damaged[1030] ^= 1
    (layers[2] / "image").write_bytes(damaged)
    registry.stop()

    assert listing(davit, app) == before
    assert all((layer / "image").exists() for layer in layers)


def test_a_layer_that_is_an_overlays_is_not_mounted_by_itself(davit, app):
    davit("--storage-driver", "overlay", "pull", app)
    assert "above" in listing(davit, app, "--storage-driver", "erofs")
    assert not list((davit.root / "erofs").glob("?" * 64))


def test_both_drivers_show_the_same_tree(davit, app, folder):
    trees = []
    for driver in ("overlay", "erofs"):
        there = davit.another(driver)
        there("--storage-driver", driver, "pull", app)
        there("--storage-driver", driver, "run", "-d", "--network", "none", "--name", "looked-at", app, "sleep", "100")
        root = next((there.root / "run" / "containers").glob("*/rootfs"))
        trees.append(read_tree(root / "data"))
        there("rm", "-f", "looked-at")
    assert differences(*trees) == []
