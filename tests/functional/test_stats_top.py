"""stats and top."""

import json
import re
import signal
import subprocess

import pytest
from testing.containers import OBEYS, import_busybox, start, stopped
from testing.processes import wait_until
from testing.terminal import Terminal

HEADER = ["CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS"]
BUSY = ["sh", "-c", "touch /ready; while :; do :; done"]
IDLE = ["sh", "-c", "touch /ready; exec sleep 600"]
NONE = ["0.00%", "0B / 0B", "0.00%", "0B / 0B", "0B / 0B", "0"]


@pytest.fixture(autouse=True)
def image(davit):
    return import_busybox(davit, "box:1")


def table(text):
    return [re.split(r" {2,}", line.rstrip()) for line in text.splitlines()]


# stats

def test_stats_of_what_runs(davit):
    busy, idle = start(davit, "box:1", *BUSY, name="busy"), start(davit, "box:1", *IDLE, name="idle")
    stopped(davit, "box:1", name="e0")
    header, *rows = table(davit("stats", "--no-stream").stdout)
    assert header == HEADER
    assert [row[:2] for row in rows] == [[idle[:12], "idle"], [busy[:12], "busy"]]
    cpu = {row[1]: float(row[2].rstrip("%")) for row in rows}
    assert cpu["busy"] > 5 > cpu["idle"]
    for row in rows:
        used, limit = row[3].split(" / ")
        assert re.fullmatch(r"[\d.]+[KM]iB", used) and re.fullmatch(r"[\d.]+GiB", limit)
        assert re.fullmatch(r"\d+\.\d\d%", row[4]) and row[5] == "0B / 0B" and row[7] == "1"


def test_stats_of_what_has_ended_and_by_name(davit):
    start(davit, "box:1", *IDLE, name="idle")
    ended = stopped(davit, "box:1", name="e0")
    for words in (["-a"], ["e0", "idle"], [ended[:6], "idle"]):
        rows = table(davit("stats", "--no-stream", *words).stdout)[1:]
        assert sorted(row[1] for row in rows) == ["e0", "idle"]
        assert next(row for row in rows if row[1] == "e0") == [ended[:12], "e0", *NONE]


def test_stats_of_a_paused_one(davit):
    start(davit, "box:1", *BUSY, name="busy")
    davit("pause", "busy")
    row = table(davit("stats", "--no-stream", "busy").stdout)[1]
    assert row[2] == "0.00%" and row[7] == "1"


def test_stats_formats(davit):
    container = start(davit, "box:1", *IDLE, name="idle")
    fields = json.loads(davit("stats", "--no-stream", "--format", "json", "idle").stdout)
    assert list(fields) == ["BlockIO", "CPUPerc", "Container", "ID", "MemPerc", "MemUsage", "Name", "NetIO", "PIDs"]
    assert (fields["Container"], fields["ID"], fields["Name"], fields["PIDs"]) == ("idle", container[:12], "idle", "1")
    assert davit("stats", "--no-stream", "--format", "table {{.Name}}\t{{.PIDs}}", "idle").stdout == "NAME      PIDS\nidle      1\n"
    assert davit("stats", "--no-stream", "--no-trunc", "--format", "{{.ID}}").stdout == container + "\n"
    assert davit("stats", "--no-stream", "--format", "{{.Nope}}", "idle", code=1).stderr == \
        'template parsing error: template: :1:2: executing "" at <.Nope>: can\'t evaluate field Nope in type *container.statsContext\n'
    assert davit("stats", "--no-stream", "--format", "{{.Name", "idle", code=1).stderr == "template parsing error: template: :1: unclosed action\n"


def test_stats_of_none(davit):
    assert table(davit("stats", "--no-stream").stdout) == [HEADER]
    start(davit, "box:1", *IDLE, name="idle")
    for words in (["nosuch"], ["idle", "nosuch"]):
        assert davit("stats", "--no-stream", *words, code=1).output == "Error response from daemon: No such container: nosuch\n"


def test_stats_stream_on_a_terminal_is_redrawn_until_interrupted(davit):
    start(davit, "box:1", *IDLE, name="idle")
    terminal = Terminal(davit.command("stats"), columns=120, env=davit.environment, cwd=davit.folder)
    wait_until(lambda: len(terminal.shown) == 2 and terminal.written.count(b"idle") >= 2, what=lambda: "\n".join(terminal.shown))
    assert table(terminal.shown[0]) == [HEADER]
    start(davit, "box:1", *IDLE, name="other")
    wait_until(lambda: len(terminal.shown) == 3, what="the other's row")
    davit("kill", "idle")
    wait_until(lambda: len(terminal.shown) == 2 and "other" in terminal.shown[1], what="the row to go")
    terminal.process.send_signal(signal.SIGINT)
    terminal.wait(code=130)


def test_stats_stream_into_a_pipe_is_plain(davit):
    start(davit, "box:1", *IDLE, name="idle")
    stats = davit.start("stats", "--format", "{{.Name}} {{.PIDs}}", "idle")
    lines = [stats.stdout.readline() for _ in range(2)]
    davit("rm", "-f", "idle")
    rest, errors = stats.communicate(timeout=30)
    assert lines == [b"idle 1\n"] * 2 and (stats.returncode, errors) == (0, b""), rest


# top

def test_top(davit):
    start(davit, "box:1", name="web")
    pid = davit("inspect", "--format", "{{.State.Pid}}", "web").stdout.strip()
    first = davit("top", "web").lines
    assert first[0] == "UID                 PID                 PPID                C                   STIME               TTY                 TIME                CMD"
    row = next(line for line in first[1:] if f" {pid} " in line)
    assert row.startswith("root                " + pid.ljust(20)) and row.endswith("sh -c " + OBEYS[2])


@pytest.mark.parametrize("options", [["-o", "pid,comm"], ["-eo", "pid,comm"], ["o", "pid,comm"]], ids=" ".join)
def test_top_with_ps_options(davit, options):
    start(davit, "box:1", *IDLE, name="web")
    pid = davit("inspect", "--format", "{{.State.Pid}}", "web").stdout.strip()
    comm = subprocess.run(["ps", "-o", "comm=", "-p", pid], capture_output=True, text=True).stdout.strip()
    assert davit("top", "web", *options).stdout == f"PID                 COMMAND\n{pid.ljust(20)}{comm}\n"


def test_top_with_options_that_list_all(davit):
    start(davit, "box:1", *IDLE, name="web")
    lines = davit("top", "web", "aux").lines
    assert lines[0].split() == ["USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "TIME", "COMMAND"]
    assert len(lines) == 2 and lines[1].endswith("sleep 600")


def test_top_of_a_paused_one(davit):
    start(davit, "box:1", *IDLE, name="web")
    davit("pause", "web")
    assert len(davit("top", "web").lines) == 2


def test_top_says(davit):
    start(davit, "box:1", *IDLE, name="web")
    ended = stopped(davit, "box:1", name="e0")
    for words, said in [
        (["nosuch"], "No such container: nosuch"),
        (["e0"], f"Container {ended} is not running"),
        (["web", "-o", "comm"], "Couldn't find PID field in ps output"),
        (["web", "-o", "pid=X"], "Couldn't find PID field in ps output"),
        (["web", "-o", "pid=PID,nosuch"], 'ps: error: unknown user-defined format specifier "nosuch"'),
        (["web", "--nosuch"], "ps: error: unknown gnu long option"),
    ]:
        assert davit("top", *words, code=1).output == f"Error response from daemon: {said}\n"
    assert davit("top", code=1).stderr.startswith("davit: 'davit top' requires at least 1 argument\n")
