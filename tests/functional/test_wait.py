"""davit wait, and exit codes of containers that are gone."""

import os
import signal

import pytest
from testing.processes import wait_until


@pytest.fixture
def busybox(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    davit("pull", "-q", reference)
    return reference


@pytest.fixture
def running(davit, busybox):
    def call(name, script, *options):
        davit("run", "-d", "--name", name, "--network", "none", *options, busybox, "sh", "-c", script)
        return name
    return call


def test_codes_in_the_order_asked(davit, running):
    running("c1", "sleep 0.3; exit 7")
    running("c2", "exit 8")
    assert davit("wait", "c1", "c2").stdout == "7\n8\n"
    assert davit("container", "wait", "c2").stdout == "8\n"


def test_one_that_is_not_there_is_told_at_the_end(davit, running):
    running("c1", "exit 7")
    result = davit("wait", "nosuch", "c1", code=1)
    assert (result.stdout, result.stderr) == ("7\n", "Error response from daemon: No such container: nosuch\n")


def test_each_code_is_told_when_its_container_ends(davit, running, folder):
    running("c1", "exit 1")
    running("c2", "sleep 600")
    with open(folder / "codes", "wb") as out:
        waiter = davit.start("wait", "c1", "c2", stdout=out)
    wait_until(lambda: (folder / "codes").read_bytes() == b"1\n", what="the first code")
    davit("stop", "-t", "0", "c2")
    assert waiter.wait(30) == 0
    assert (folder / "codes").read_bytes() == b"1\n137\n"


def test_removed_at_its_end_while_waited_for(davit, running, folder):
    running("c1", "while [ ! -e /tmp/go ]; do sleep 0.02; done; exit 6", "--rm")
    waiter = davit.start("wait", "c1")
    davit("exec", "c1", "touch", "/tmp/go")
    assert waiter.communicate(timeout=30)[0] == b"6\n"


def test_removed_at_its_end_before_anybody_waits(davit, running):
    """The code is kept until it is read, once."""
    running("c1", "exit 9", "--rm")
    wait_until(lambda: davit("ps", "-aq").stdout == "", what="its removal")
    assert davit("wait", "c1").stdout == "9\n"
    assert davit("wait", "c1", code=1).stderr == "Error response from daemon: No such container: c1\n"


def test_a_foreground_run_leaves_no_code_behind(davit, busybox):
    davit("run", "--rm", "--name", "c1", "--network", "none", busybox, "sh", "-c", "exit 4", code=4)
    davit("wait", "c1", code=1)
    assert list((davit.root / "run/exits").glob("*")) == []


def test_interrupted_waiter_is_silent(davit, running):
    running("c1", "sleep 600")
    waiter = davit.start("wait", "c1")
    wait_until(lambda: "pidfd" in " ".join(_links(waiter.pid)), what="it to wait")
    waiter.send_signal(signal.SIGINT)
    assert waiter.communicate(timeout=30) == (b"", b"") and waiter.returncode == 130


def _links(pid):
    links = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            links.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except OSError:
            pass
    return links
