"""Containers with a terminal: run, start, attach and exec with -t, on real (pseudo-)terminals."""

import json
import os
import signal
import termios

import pytest
from testing.processes import wait_until
from testing.terminal import Terminal

DETACH = "\x10\x11"


@pytest.fixture
def busybox(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    davit("pull", "-q", reference)
    return reference


@pytest.fixture
def on_terminal(davit):
    """on_terminal("run", …): davit on a terminal of its own."""
    started = []

    def call(*arguments, **more):
        terminal = Terminal(davit.command(*arguments), env=davit.environment, cwd=davit.folder, **more)
        started.append(terminal)
        return terminal
    yield call
    for terminal in started:
        terminal.kill()


@pytest.fixture
def run(davit, busybox, on_terminal):
    """run("sh", …): a container on a terminal, with -it."""
    def call(*arguments, options=(), **more):
        return on_terminal("run", "-it", "--network", "none", *options, busybox, *arguments, **more)
    return call


def shows(terminal, text):
    wait_until(lambda: text in "\n".join(terminal.shown), what=lambda: f"{text!r} on the screen, which has {terminal.shown}")


def is_raw(terminal):
    return not termios.tcgetattr(terminal.master)[3] & (termios.ICANON | termios.ECHO | termios.ISIG)


def is_restored(terminal):
    """Its settings are those of a new one."""
    new = os.openpty()
    try:
        return termios.tcgetattr(terminal.master) == termios.tcgetattr(new[1])
    finally:
        for end in new:
            os.close(end)


def finished(terminal, code):
    assert terminal.process.wait(30) == code, terminal.shown
    assert is_restored(terminal)
    return terminal


def test_what_is_typed_is_the_containers(run):
    terminal = run("sh", "-c", "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo ready $TERM; read x; echo got $x; exit 7", options=["--rm"])
    shows(terminal, "ready xterm")
    assert is_raw(terminal)
    terminal.type("hello\r")
    shows(terminal, "got hello")
    finished(terminal, 7)


def test_interrupt_is_a_key(run):
    terminal = run("sh", "-c", "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.02; done", options=["--rm"])
    shows(terminal, "ready")
    terminal.type("\x03")
    shows(terminal, "caught")
    finished(terminal, 3)


def test_size_at_the_start_and_after_each_change(run):
    script = "busybox stty size; trap 'busybox stty size' WINCH; echo ready; while [ ! -e /tmp/end ]; do sleep 0.02; done"
    terminal = run("sh", "-c", script, options=["--rm"], columns=100, rows=30)
    shows(terminal, "30 100\nready")
    terminal.resize(90, 25)
    shows(terminal, "25 90")
    assert is_raw(terminal)


def test_keys_detach_and_attach_comes_back(davit, run, on_terminal):
    terminal = run("sh", "-c", "echo ready; read x; echo got $x; exit 5", options=["--name", "c1"])
    shows(terminal, "ready")
    terminal.type(DETACH)
    finished(terminal, 0)
    assert davit("ps", "--format", "{{.State}}").stdout == "running\n"
    again = on_terminal("attach", "c1")
    wait_until(lambda: is_raw(again), what="attach")
    again.type("hello\r")
    shows(again, "got hello")
    finished(again, 5)


def test_attach_detached_says_so(davit, run, on_terminal):
    first = run("sh", "-c", "echo ready; sleep 600", options=["--name", "c1"])
    shows(first, "ready")
    first.type(DETACH)
    finished(first, 0)
    again = on_terminal("attach", "c1")
    wait_until(lambda: is_raw(again), what="attach")
    again.type(DETACH)
    shows(again, "read escape sequence")
    finished(again, 1)


def test_other_keys(run, davit):
    terminal = run("sh", "-c", "echo ready; read x; echo got $x", options=["--name", "c1", "--detach-keys", "x,y"])
    shows(terminal, "ready")
    terminal.type("axb\r")  # the keys' beginning alone goes through
    shows(terminal, "got axb")
    finished(terminal, 0)


def test_keys_of_dockers_configuration(davit, run):
    davit.docker_config.mkdir(exist_ok=True)
    (davit.docker_config / "config.json").write_text(json.dumps({"detachKeys": "ctrl-x,q"}))
    terminal = run("sh", "-c", "echo ready; sleep 600", options=["--name", "c1"])
    shows(terminal, "ready")
    terminal.type("\x18q")
    finished(terminal, 0)


@pytest.mark.parametrize("keys", ["bad", "ctrl-", "ctrl-,a", "a,,b", "ctrl-p,ctrl-Q"])
def test_keys_that_are_none(davit, busybox, keys):
    assert f"Error response from daemon: Invalid escape keys ({keys}) provided\n" in \
        davit("run", "--network", "none", "--detach-keys", keys, busybox, "true", code=None).stderr
    assert davit("ps", "-aq").stdout == ""


def test_the_input_device_must_be_a_terminal(davit, busybox):
    for command in (["run", "-it", "--network", "none", busybox, "true"], ["run", "-i", "-t", "--rm", "--network", "none", busybox, "true"]):
        assert davit(*command, stdin="x", code=1).stderr == "the input device is not a TTY\n"
    assert davit("ps", "-aq").stdout == ""
    davit("run", "-d", "-t", "--name", "c1", "--network", "none", busybox, "sleep", "600")
    assert davit("attach", "c1", code=1).stderr == "the input device is not a TTY\n"
    assert davit("exec", "-it", "c1", "true", code=1).stderr == "the input device is not a TTY\n"


def test_a_terminal_without_input(davit, busybox):
    result = davit("run", "-t", "--rm", "--network", "none", busybox, "sh", "-c", "[ -t 1 ] && echo out; echo err >&2; exit 3", code=3, text=False)
    assert (result.stdout, result.stderr) == (b"out\r\nerr\r\n", b"")


def test_input_without_a_terminal_passes_a_terminals_keys(davit, busybox, on_terminal):
    """-i alone: our terminal stays as it is, and its end of file is the container's."""
    terminal = on_terminal("run", "-i", "--rm", "--network", "none", busybox, "sh", "-c", "echo ready; cat; echo end")
    shows(terminal, "ready")
    assert is_restored(terminal)
    terminal.type("line\n\x04")
    shows(terminal, "end")
    assert terminal.process.wait(30) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT])
def test_a_signal_is_the_containers_and_the_terminal_is_restored(run, number):
    terminal = run("sh", "-c", f"trap 'exit 9' {number.name[3:]}; echo ready; while :; do sleep 0.02; done", options=["--rm"])
    shows(terminal, "ready")
    terminal.process.send_signal(number)
    finished(terminal, 9)


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, -signal.SIGHUP), (signal.SIGSEGV, -signal.SIGSEGV),
                                          (signal.SIGABRT, -signal.SIGABRT)])
def test_death_of_ours_restores_the_terminal(davit, run, number, code):
    terminal = run("sh", "-c", "echo ready; sleep 600", options=["--name", "c1", "--sig-proxy=false"])
    shows(terminal, "ready")
    assert is_raw(terminal)
    terminal.process.send_signal(number)
    finished(terminal, code)
    assert davit("ps", "--format", "{{.State}}").stdout == "running\n"


def test_a_container_that_cannot_start_leaves_the_terminal_sane(run):
    terminal = run("nosuch", options=["--rm"])
    finished(terminal, 127)
    assert "executable file not found in $PATH" in "".join(terminal.shown)


def test_stopped_from_outside(davit, run):
    terminal = run("sh", "-c", "echo ready; sleep 600", options=["--name", "c1"])
    shows(terminal, "ready")
    davit("stop", "-t", "0", "c1")
    finished(terminal, 137)


def test_output_is_whole_at_the_end(davit, run):
    for _ in range(3):
        terminal = run("sh", "-c", "i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done", options=["--rm"])
        screen = terminal.wait()
        assert screen.all == [str(i) for i in range(2000)]


def test_start_attached_on_a_terminal(davit, busybox, on_terminal):
    davit("create", "-it", "--name", "c1", "--network", "none", busybox, "sh", "-c", "echo ready; read x; echo got $x; exit 4")
    for _ in range(2):
        terminal = on_terminal("start", "-ai", "c1")
        shows(terminal, "ready")
        terminal.type("hello\r")
        shows(terminal, "got hello")
        finished(terminal, 4)
    terminal = on_terminal("start", "-ai", "--detach-keys", "x", "c1")
    shows(terminal, "ready")
    terminal.type("x")
    finished(terminal, 0)


def test_exec_on_a_terminal(davit, busybox, on_terminal):
    davit("run", "-d", "--name", "c1", "--network", "none", busybox, "sleep", "600")
    terminal = on_terminal("exec", "-it", "c1", "sh", "-c", "busybox stty size; trap 'busybox stty size' WINCH; echo ready $TERM; while ! read x; do :; done; echo got $x; exit 6",
                           columns=70, rows=20)
    shows(terminal, "20 70\nready xterm")
    assert is_raw(terminal)
    terminal.type("hello\r")
    shows(terminal, "got hello")
    finished(terminal, 6)


def test_exec_follows_the_window(davit, busybox, on_terminal):
    davit("run", "-d", "--name", "c1", "--network", "none", busybox, "sleep", "600")
    terminal = on_terminal("exec", "-it", "c1", "sh", "-c", "echo ready; while :; do [ \"$(busybox stty size)\" = '25 90' ] && exit 3; sleep 0.02; done")
    shows(terminal, "ready")
    terminal.resize(90, 25)
    finished(terminal, 3)


def test_exec_detaches_and_its_command_goes_on(davit, busybox, on_terminal):
    davit("run", "-d", "--name", "c1", "--network", "none", busybox, "sleep", "600")
    terminal = on_terminal("exec", "-it", "c1", "sh", "-c", "echo ready; while [ ! -e /tmp/go ]; do sleep 0.02; done; touch /tmp/done")
    shows(terminal, "ready")
    terminal.type(DETACH)
    shows(terminal, "read escape sequence")
    finished(terminal, 1)
    davit("exec", "c1", "touch", "/tmp/go")
    wait_until(lambda: "done" in davit("exec", "c1", "ls", "/tmp").lines, what="the command to go on")


def test_a_gone_terminal_leaves_the_container(davit, run):
    """As when an ssh session breaks: the program gets SIGHUP, as docker passes it on."""
    terminal = run("sh", "-c", "trap '' HUP; echo ready; while :; do sleep 0.02; done", options=["--name", "c1"])
    shows(terminal, "ready")
    terminal.kill()
    assert davit("ps", "--format", "{{.State}}").stdout == "running\n"


def test_logs_of_a_terminal(davit, busybox):
    davit("run", "-t", "--name", "c1", "--network", "none", busybox, "sh", "-c", "echo out; echo err >&2")
    assert davit("logs", "c1", text=False).stdout == b"out\r\nerr\r\n"
