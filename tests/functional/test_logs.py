"""davit logs: docker's words and forms over what conmon wrote."""

import re
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
def ran(davit, busybox):
    """ran("echo 1; …"): the name of a container that has ended so."""
    def call(script, name="c1", options=()):
        davit("run", "--name", name, "--network", "none", *options, busybox, "sh", "-c", script, code=None)
        return name
    return call


@pytest.fixture
def running(davit, busybox):
    """running("…"): the name of a container that runs so, detached."""
    def call(script, name="c1", options=()):
        davit("run", "-d", "--name", name, "--network", "none", *options, busybox, "sh", "-c", script)
        return name
    return call


def log_file(davit, name):
    return davit.root / "containers" / davit("ps", "-aq", "--no-trunc").lines[0] / "container.log"


def test_both_streams_go_to_their_own(davit, ran):
    ran("echo out; echo err >&2; printf end")
    result = davit("logs", "c1")
    assert (result.stdout, result.stderr) == ("out\nend", "err\n")
    assert davit("container", "logs", "c1").stdout == "out\nend"


def test_never_started_has_no_log(davit, busybox):
    davit("run", "--name", "c1", "--network", "none", busybox, "nosuch", code=127)
    assert davit("logs", "c1").output == ""
    assert davit("logs", "-f", "c1").output == ""


def test_no_such_container(davit):
    assert davit("logs", "nosuch", code=1).stderr == "Error response from daemon: No such container: nosuch\n"


@pytest.mark.parametrize("arguments, shown", [
    (["-n", "1"], "3\n"), (["--tail", "2"], "2\n3\n"), (["--tail", "all"], "1\n2\n3\n"), (["--tail", "0"], ""),
    (["--tail", "abc"], "1\n2\n3\n"), (["--tail", "-1"], "1\n2\n3\n"), (["--tail", "1.5"], "1\n2\n3\n"), (["--tail", ""], "1\n2\n3\n"),
    (["--tail", "99999999999999999999"], "1\n2\n3\n"), (["-f", "--tail", "1"], "3\n"), (["--details"], " 1\n 2\n 3\n"),
    (["--since", "1h"], "1\n2\n3\n"), (["--until", "1h"], ""), (["--since", "2100-01-01"], ""), (["--until", "2000-01-01T00:00:00Z"], ""),
    (["--since", "1h30m", "--until", "1h"], ""), (["--since", ""], "1\n2\n3\n"), (["--since", "1136073845"], "1\n2\n3\n"), (["-f"], "1\n2\n3\n"),
])
def test_dockers_choices(davit, ran, arguments, shown):
    ran("echo 1; echo 2; echo 3")
    assert davit("logs", *arguments, "c1").stdout == shown


@pytest.mark.parametrize("flag", ["since", "until"])
def test_a_time_that_is_none(davit, ran, flag):
    ran("true")
    assert davit("logs", f"--{flag}", "abc", "c1", code=1).stderr == \
        f'invalid value for "{flag}": failed to parse value as time or duration: "abc"\n'


def test_times_have_nine_digits_and_are_utc(davit, ran):
    ran("echo 1; echo 2")
    lines = davit("logs", "-t", "c1", env={"TZ": "Asia/Tokyo"}).lines
    assert [re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (.)", line)[1] for line in lines] == ["1", "2"]
    assert lines == sorted(lines)


def test_since_and_until_cut_between_lines(davit, ran):
    ran("echo 1; sleep 0.05; echo 2; sleep 0.05; echo 3")
    second = davit("logs", "-t", "c1").lines[1].split()[0]
    assert davit("logs", "--since", second, "c1").stdout == "2\n3\n"
    assert davit("logs", "--until", second, "c1").stdout == "1\n2\n"


def test_a_long_line_is_one(davit, ran):
    ran("i=0; while [ $i -lt 3000 ]; do printf 0123456789; i=$((i+1)); done; echo; echo end")
    result = davit("logs", "-t", "c1")
    assert len(result.lines) == 2 and result.lines[0].split(" ", 1)[1] == "0123456789" * 3000
    assert davit("logs", "-n", "2", "c1").stdout == "0123456789" * 3000 + "\nend\n"


def test_follow_shows_what_comes_and_ends_with_the_container(davit, running, folder):
    running("echo begin; while [ ! -e /tmp/go ]; do sleep 0.02; done; echo more; echo err >&2; printf end")
    with open(folder / "shown", "wb") as out:
        follower = davit.start("logs", "-f", "c1", stdout=out, stderr=subprocess.STDOUT)
    wait_until(lambda: (folder / "shown").read_bytes() == b"begin\n", what="the first line")
    davit("exec", "c1", "touch", "/tmp/go")
    assert follower.wait(30) == 0
    assert sorted((folder / "shown").read_bytes().splitlines()) == [b"begin", b"end", b"err", b"more"]


def test_follow_ends_when_the_container_is_restarted(davit, running):
    running("echo begin; trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done")
    follower = davit.start("logs", "-f", "c1")
    wait_until(lambda: davit("logs", "c1").stdout == "begin\n", what="the first line")
    davit("stop", "c1")
    assert follower.communicate(timeout=30) == (b"begin\nbye\n", b"")


def test_follow_until(davit, running):
    running("echo begin; sleep 600")
    assert davit("logs", "-f", "--until", "-0.5s", "c1").stdout == "begin\n"


def test_interrupted_follower_is_silent(davit, running, folder):
    running("echo begin; sleep 600")
    with open(folder / "shown", "wb") as out:
        follower = davit.start("logs", "-f", "c1", stdout=out)
    wait_until(lambda: (folder / "shown").read_bytes(), what="the first line")
    follower.send_signal(signal.SIGINT)
    assert follower.communicate(timeout=30)[1] == b"" and follower.returncode == 130


def test_a_reader_that_stops_ends_it(davit, ran):
    ran("i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done")
    reader = davit.start("logs", "c1")
    assert reader.stdout.readline() == b"0123456789\n"
    reader.stdout.close()
    assert reader.wait(30) == -signal.SIGPIPE
    assert reader.stderr.read() == b""


def test_logs_of_all_runs(davit, ran):
    ran("echo run; exit 3")
    davit("start", "-a", "c1", code=3)
    assert davit("logs", "c1").stdout == "run\nrun\n"


def test_damaged_lines_are_left_out_and_told(davit, ran):
    ran("echo one; echo two")
    path = log_file(davit, "c1")
    good = path.read_bytes()
    path.write_bytes(good + b"no time at all\n\xff\xfe\n" + good + b"2026-11-26T07:10:01Z stdout F cut")
    result = davit("logs", "c1")
    assert result.stdout == "one\ntwo\none\ntwo\n"
    assert result.stderr == "davit: 2 damaged lines of the log are left out\n"


def test_zeros_left_by_a_power_cut(davit, ran):
    ran("echo one")
    path = log_file(davit, "c1")
    path.write_bytes(path.read_bytes() + b"\0" * 5000 + path.read_bytes())
    assert davit("logs", "c1").output == "one\none\n"
