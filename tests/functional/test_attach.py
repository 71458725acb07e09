"""davit attach, start -a and -i, run -a and --sig-proxy: a container's streams without a terminal."""

import signal
import subprocess

import pytest
from testing.processes import wait_until


@pytest.fixture
def busybox(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    davit("pull", "-q", reference)
    return reference


@pytest.fixture
def running(davit, busybox):
    def call(script, *options, name="c1"):
        davit("run", "-d", "--name", name, "--network", "none", *options, busybox, "sh", "-c", script)
        return name
    return call


def attached(davit, *arguments, name="c1", **streams):
    """attach, started and connected."""
    def clients():
        listing = subprocess.run(["ss", "-xH", "state", "connected"], capture_output=True, text=True).stdout
        return sum("/attach" in line for line in listing.splitlines())
    before = clients()
    process = davit.start("attach", *arguments, name, **streams)
    wait_until(lambda: process.poll() is not None or clients() > before, what="attach to connect")
    return process


def test_input_output_and_exit_code(davit, running):
    running("read line; echo got $line; echo err >&2; exit 6", "-i")
    result = davit("attach", "c1", stdin="this\n", code=6)
    assert (result.stdout, result.stderr) == ("got this\n", "err\n")


def test_container_attach_is_attach(davit, running):
    running("read line; exit 2", "-i")
    davit("container", "attach", "c1", stdin="\n", code=2)


def test_input_stays_open_for_the_next(davit, running):
    running("while read line; do echo got $line; [ $line = end ] && exit 3; done; exit 4", "-i")
    first = davit.start("attach", "c1", stdin=subprocess.PIPE)
    first.stdin.write(b"one\n")
    first.stdin.close()  # its end is not the container's input's
    assert first.stdout.readline() == b"got one\n"
    assert davit("attach", "c1", stdin="end\n", code=3).stdout.endswith("got end\n")
    assert first.wait(30) == 3


def test_input_of_a_foreground_run_ends_with_it(davit, busybox):
    result = davit("run", "-i", "--rm", "--network", "none", busybox, "sh", "-c", "cat; echo end; exit 5", stdin="some\n", code=5)
    assert result.stdout == "some\nend\n"


def test_half_closed_input_leaves_the_output(davit, busybox):
    process = davit.start("run", "-i", "--rm", "--network", "none", busybox, "sh", "-c", "cat >/dev/null; echo after; exit 7", stdin=subprocess.PIPE)
    process.stdin.close()
    assert process.stdout.read() == b"after\n" and process.wait(30) == 7


def test_no_stdin(davit, running):
    running("while read line; do echo got $line; done; echo closed; sleep 600", "-i")
    process = attached(davit, "--no-stdin", stdin=subprocess.PIPE)
    process.stdin.write(b"ignored\n")
    process.stdin.close()
    davit("stop", "-t", "0", "c1")
    assert process.wait(30) == 137
    assert davit("logs", "c1").stdout == ""


def test_those_that_cannot_be_attached(davit, running, busybox):
    assert davit("attach", "nosuch", code=1).stderr == "Error response from daemon: No such container: nosuch\n"
    running("exit 0")
    davit("wait", "c1")
    assert davit("attach", "c1", code=1).stderr == "You cannot attach to a stopped container, start it first\n"


def test_several_see_the_same(davit, running):
    running("read line; echo $line; exit 1", "-i")
    watchers = [attached(davit, "--no-stdin") for _ in range(3)]
    davit("attach", "c1", stdin="all\n", code=1)
    assert [watcher.communicate(timeout=30)[0] for watcher in watchers] == [b"all\n"] * 3
    assert {watcher.returncode for watcher in watchers} == {1}


def test_signals_are_passed_on(davit, running):
    running("trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.02; done")
    wait_until(lambda: davit("logs", "c1").stdout == "ready\n", what="the trap")
    process = attached(davit)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=30)[0] == b"caught\n" and process.returncode == 9


def test_signals_are_ours_without_the_proxy(davit, running):
    running("trap 'exit 9' TERM INT; while :; do sleep 0.02; done")
    process = attached(davit, "--sig-proxy=false")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == (b"", b"") and process.returncode == 130
    assert davit("ps", "--format", "{{.State}}").stdout == "running\n"


def test_run_without_signal_proxy(davit, busybox):
    process = davit.start("run", "--sig-proxy=false", "--name", "c1", "--network", "none", busybox, "sh", "-c", "echo ready; while :; do sleep 0.02; done")
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=30) == (b"", b"") and process.returncode == 143
    assert davit("ps", "--format", "{{.State}}").stdout == "running\n"


def test_a_killed_run_leaves_its_container(davit, busybox):
    """As the death of docker's client would."""
    process = davit.start("run", "-i", "--name", "c1", "--network", "none", busybox, "sh", "-c", "echo ready; cat; echo on; while :; do sleep 0.02; done",
                          stdin=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.kill()
    process.wait()
    wait_until(lambda: davit("logs", "c1").stdout == "ready\non\n", what="the end of its input")
    assert davit("ps", "--format", "{{.State}}").stdout == "running\n"


def test_a_stopped_reader_stalls_the_container_and_loses_nothing(davit, running, folder):
    running("read line; head -c 3000000 /dev/zero; exit 3", "-i")
    reader = attached(davit, stdin=subprocess.PIPE)
    reader.send_signal(signal.SIGSTOP)
    reader.stdin.write(b"go\n")
    reader.stdin.close()
    assert davit("ps", "--format", "{{.State}}").stdout == "running\n"
    reader.send_signal(signal.SIGCONT)
    assert len(reader.stdout.read()) == 3_000_000 and reader.wait(30) == 3


@pytest.mark.parametrize("attach, shown", [
    (["stdin"], ("", "")), (["stdout"], ("in\nout\n", "")), (["stderr"], ("", "err\n")),
    (["stdin", "stdout"], ("in\nout\n", "")), (["stdin", "stderr"], ("", "err\n")), (["stdout", "stderr"], ("in\nout\n", "err\n")),
    (["stdin", "stdout", "stderr"], ("in\nout\n", "err\n")),
])
def test_run_attaches_what_is_asked(davit, busybox, attach, shown):
    """With -i its input is attached anyhow."""
    options = [word for stream in attach for word in ("-a", stream)]
    result = davit("run", "-i", *options, "--rm", "--network", "none", busybox, "sh", "-c", "cat; echo out; echo err >&2; exit 4", stdin="in\n", code=4)
    assert (result.stdout, result.stderr) == shown


def test_run_attach_alone_leaves_the_input_closed(davit, busybox):
    assert davit("run", "-a", "stdout", "--rm", "--network", "none", busybox, "cat", stdin="in\n").stdout == ""


def test_attach_and_detach_exclude_each_other(davit, busybox):
    assert davit("run", "-d", "-a", "stdout", "--network", "none", busybox, "true", code=1).stderr == \
        "conflicting options: cannot specify both --attach and --detach\n"


def test_start_attached(davit, busybox):
    davit("create", "--name", "c1", "--network", "none", "-i", busybox, "sh", "-c", "cat; echo out; exit 4")
    assert davit("start", "-a", "-i", "c1", stdin="through\n", code=4).stdout == "through\nout\n"
    assert davit("start", "-i", "c1", stdin="again\n", code=4).stdout == "again\nout\n"
    davit("create", "--name", "c2", "--network", "none", busybox, "sh", "-c", "echo two")
    assert davit("start", "-a", "c2").stdout == "two\n"
    assert davit("start", "-a", "c1", "c2", code=1).stderr == "you cannot start and attach multiple containers at once\n"
    assert davit("start", "-a", "nosuch", code=1).stderr == "Error response from daemon: No such container: nosuch\n"


def test_output_before_and_after_the_end_is_whole_and_in_order(davit, busybox):
    script = "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done"
    for _ in range(5):
        result = davit("run", "--rm", "--network", "none", busybox, "sh", "-c", script)
        assert result.lines == [str(i) for i in range(3000)]


def test_log_drivers(davit, busybox):
    for driver in ("json-file", "local"):
        davit("run", "--name", driver, "--log-driver", driver, "--network", "none", busybox, "echo", "x")
        assert davit("logs", driver).stdout == "x\n"
    assert davit("run", "--name", "none", "--log-driver", "none", "--network", "none", busybox, "echo", "x").stdout == "x\n"
    assert davit("logs", "none", code=1).stderr == "Error response from daemon: configured logging driver does not support reading\n"
    assert davit("inspect", "-f", "{{.HostConfig.LogConfig.Type}}", "json-file", "local", "none").lines == ["json-file", "local", "none"]


def test_details_of_a_log(davit, busybox):
    davit("run", "--name", "c1", "--network", "none", "--log-opt", "labels=l", "--log-opt", "env=A", "--log-opt", "tag=x y", "-e", "A=one", "--label", "l=two",
          busybox, "echo", "x")
    assert davit("logs", "--details", "c1").stdout == "A=one,l=two,tag=x+y x\n"
    davit("run", "--name", "c2", "--network", "none", "--log-opt", "labels-regex=^l", "--log-opt", "env-regex=^A$", "-e", "A=one", "--label", "l=two",
          "--label", "m=three", busybox, "echo", "x")
    assert davit("logs", "--details", "c2").stdout == "A=one,l=two x\n"
    refused = davit("create", "--name", "c3", "--log-opt", "labels-regex=(l", busybox, code=1)
    assert refused.stderr == "Error response from daemon: --log-opt labels-regex=(l is not a regular expression\n"
    assert davit("ps", "-aq", "--filter", "name=c3").stdout == ""
