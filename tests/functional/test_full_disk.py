"""A store whose disk is full, by what a container writes: containers are still listed, stopped and removed, and that gives the space back."""

import subprocess

import pytest
from testing.containers import import_busybox
from testing.processes import wait_until

FILL = ["sh", "-c", "head -c 8000000 /dev/zero | tr '\\0' y; sleep 600"]


@pytest.fixture
def full(davit, folder):
    """A store on 6 MB of its own, and the containers `full`, whose log has taken it all, and `other`, with an anonymous volume."""
    davit.root.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", davit.root], check=True)
    import_busybox(davit, "box:1")
    davit("run", "-d", "--name", "other", "--network", "none", "-v", "/data", "box:1", "sleep", "600")
    davit("run", "-d", "--name", "full", "--network", "none", "box:1", *FILL)
    wait_until(lambda: space(davit) == 0, what="the disk to be full")
    yield davit
    davit("rm", "-f", "full", "other", code=None)
    subprocess.run(["umount", "-l", davit.root], check=True)


def space(davit):
    return int(subprocess.run(["stat", "-f", "-c", "%a", davit.root], check=True, capture_output=True, text=True).stdout)


def test_containers_are_listed_and_looked_at(full):
    assert full("ps", "--format", "{{.Names}} {{.Image}}").lines == ["full box:1", "other box:1"]
    assert full("inspect", "-f", "{{.State.Status}}", "full").stdout == "running\n"
    assert full("logs", "--tail", "1", "full").code == 0


@pytest.mark.parametrize("command", [["rm", "-fv", "full"], ["kill", "full"], ["stop", "-t", "0", "full"]])
def test_what_filled_it_is_ended(full, command):
    full(*command)
    full("rm", "-f", "full")
    assert space(full) > 0 and full("ps", "--format", "{{.Names}}").lines == ["other"]
    assert full("run", "--rm", "--network", "none", "box:1", "echo", "again").stdout == "again\n"


def test_others_are_removed_too(full):
    full("rm", "-fv", "other")
    assert full("ps", "-a", "--format", "{{.Names}}").lines == ["full"]
    full("rm", "-f", "full")
    assert full("volume", "ls", "-q").stdout == ""


def test_what_needs_space_says_so(full):
    for words in (["run", "--rm", "--network", "none", "box:1", "true"], ["create", "--network", "none", "box:1", "true"], ["images"]):
        result = full(*words, code=None)
        assert result.code and "no space left on device" in result.stderr, result
