"""Namespaces shared with the host or with other containers: --ipc, --pid, --uts, --cgroupns, --userns, --cgroup-parent."""

import os

import pytest
from testing.processes import wait_until


@pytest.fixture
def image(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    davit("pull", "-q", reference)
    return reference


@pytest.fixture
def run(davit, image):
    def call(options, command, code=0):
        return davit("run", "--rm", "--network", "none", *options, image, "sh", "-c", command, code=code)
    return call


def words(result):
    return result.stderr.splitlines()[0].removeprefix("davit: ").removeprefix("Error response from daemon: ")


def inode(kind, pid="self"):
    return str(os.stat(f"/proc/{pid}/ns/{kind}").st_ino)


@pytest.mark.parametrize("kind, flag", [("ipc", "--ipc"), ("pid", "--pid"), ("uts", "--uts")])
def test_namespace_of_the_host(run, kind, flag):
    show = f"stat -L -c %i /proc/self/ns/{kind}"
    assert run([flag, "host"], show).stdout.strip() == inode(kind)
    assert run([], show).stdout.strip() != inode(kind)


def test_hosts_uts_has_its_name(run):
    assert run(["--uts", "host"], "hostname").stdout.strip() == os.uname().nodename


def test_control_groups_of_its_own_or_the_hosts(run):
    show = "grep -v ^0 /proc/self/cgroup | head -n 1 | cut -d : -f 3; stat -L -c %i /proc/self/ns/cgroup"
    path, namespace = run(["--cgroupns", "private"], show).lines
    assert path == "/" and namespace != inode("cgroup")
    path, namespace = run(["--cgroupns", "host"], show).lines
    assert path != "/" and namespace == inode("cgroup")
    assert run(["--userns", "host"], "stat -L -c %i /proc/self/ns/user").stdout.strip() == inode("user")


@pytest.mark.parametrize("parent", ["/mine", "mine"])
def test_control_group_parent(davit, image, parent):
    container = davit("run", "-d", "--network", "none", "--cgroup-parent", parent, image, "sleep", "600").stdout.strip()
    pid = davit("inspect", "--format", "{{.State.Pid}}", container).stdout.strip()
    groups = [line.split(":", 2)[2] for line in open(f"/proc/{pid}/cgroup").read().splitlines()]
    assert f"/mine/{container}" in groups
    davit("rm", "-f", container)
    for hierarchy in os.listdir("/sys/fs/cgroup"):
        assert not os.path.exists(f"/sys/fs/cgroup/{hierarchy}/mine/{container}")


@pytest.mark.parametrize("options, message", [
    (["--ipc", "foo"], "Invalid IPC mode: foo"),
    (["--pid", "foo"], "--pid: invalid PID mode"),
    (["--uts", "foo"], "--uts: invalid UTS mode"),
    (["--userns", "foo"], "--userns: invalid USER mode"),
    (["--cgroupns", "foo"], "--cgroupns: invalid CGROUP mode"),
    (["--ipc", "container:nosuch"], "No such container: nosuch"),
    (["--pid", "container:nosuch"], "No such container: nosuch"),
])
def test_wrong_modes_are_refused_in_dockers_words(davit, image, options, message):
    assert words(davit("run", "--rm", "--network", "none", *options, image, "true", code=125)) == message


def test_memory_is_shared_by_who_offers_it(davit, image, run):
    assert run(["--ipc", "none"], "ls -d /dev/shm 2>/dev/null || echo none").stdout == "none\n"
    donor = davit("run", "-d", "--network", "none", "--ipc", "shareable", "--shm-size", "1m", image, "sh", "-c",
                  "echo data > /dev/shm/file; sleep 600").stdout.strip()
    wait_until(lambda: run(["--ipc", f"container:{donor}"], "cat /dev/shm/file 2>/dev/null || true").stdout == "data\n", what="the donor's file")
    assert run(["--ipc", f"container:{donor}"], "stat -f -c %b /dev/shm").stdout == "256\n"
    davit("rm", "-f", donor)
    assert donor not in open("/proc/self/mountinfo").read()


def test_who_cannot_be_joined_is_told_in_dockers_words(davit, image):
    def refusal(*options):
        return words(davit("run", "--rm", "--network", "none", *options, image, "true", code=125))
    created = davit("create", "--network", "none", image, "true").stdout.strip()
    assert refusal("--pid", f"container:{created}") == f"container {created} is not running"
    assert refusal("--ipc", f"container:{created}") == f"can't join IPC of container {created}: container {created} is not running"
    running = davit("run", "-d", "--network", "none", image, "sleep", "600").stdout.strip()
    assert refusal("--ipc", f"container:{running}") == (
        f"can't join IPC of container {running}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)")


def test_processes_of_another_container_are_seen(davit, image, run):
    donor = davit("run", "-d", "--name", "donor", "--network", "none", image, "sleep", "600").stdout.strip()
    pid = davit("inspect", "--format", "{{.State.Pid}}", donor).stdout.strip()
    shown = run(["--pid", "container:donor"], "stat -L -c %i /proc/self/ns/pid; tr '\\0' ' ' </proc/1/cmdline")
    assert shown.lines == [inode("pid", pid), "sleep 600 "]
