"""start, stop, restart, kill, pause, unpause, rename, rm: what they do, docker's words and exit codes."""

import os
import re
import signal
import time
from pathlib import Path

import pytest
from testing.containers import IGNORES, import_busybox, listed, start, status, stopped
from testing.processes import wait_until


@pytest.fixture(autouse=True)
def image(davit):
    return import_busybox(davit, "box:1")


def refused(davit, *words, says, code=1):
    """The command fails with these lines of docker's daemon on standard error, and prints nothing."""
    result = davit(*words, code=code)
    assert result.stderr == "".join(f"Error response from daemon: {line}\n" for line in says) and result.stdout == "", result
    return result


def exit_code(davit, name):
    return int(re.match(r"Exited \((\d+)\)", status(davit, name))[1])


# What all of them say.

@pytest.mark.parametrize("command", ["kill", "pause", "restart", "rm", "start", "stop", "unpause"])
def test_without_a_container_it_is_a_mistake(davit, command):
    assert davit(command, code=1).stderr.startswith(f"davit: 'davit {command}' requires at least 1 argument\n")


@pytest.mark.parametrize("command", ["pause", "restart", "rm", "stop", "unpause"])
def test_what_is_not_there_is_named(davit, command):
    refused(davit, command, "nosuch", says=["No such container: nosuch"])
    refused(davit, command, "nosuch", "gone", says=["No such container: nosuch", "No such container: gone"])
    assert davit(command, "", code=1).stderr == ("container name cannot be empty\n" if command == "rm" else "invalid container name or ID: value is empty\n")


@pytest.mark.parametrize("command", ["kill", "pause", "rename", "restart", "rm", "start", "stop", "unpause"])
def test_container_forms_are_the_same_commands(davit, command):
    plain, form = (davit(*words, "--help").stdout for words in ([command], ["container", command]))
    assert form == plain.replace(f"davit {command} ", f"davit container {command} ", 1)


def test_container_remove_is_rm(davit):
    stopped(davit, "box:1", name="e0")
    assert davit("container", "remove", "e0").stdout == "e0\n" and listed(davit, "-a") == []


# start

def test_start_again_with_what_it_wrote(davit):
    stopped(davit, "box:1", "sh", "-c", "echo line >>/f; exit $(wc -l </f)", name="e1", code=1)
    assert davit("start", "e1").stdout == "e1\n"
    wait_until(lambda: status(davit, "e1").startswith("Exited (2)"), what="the second end")


def test_start_of_what_runs_is_fine(davit):
    container = start(davit, "box:1", name="web")
    assert davit("start", "web", container[:12]).stdout == f"web\n{container[:12]}\n"


def test_start_of_several_of_which_some_fail(davit):
    stopped(davit, "box:1", name="e0")
    davit("run", "--network", "none", "--name", "bad", "box:1", "nosuch", code=127)
    result = davit("start", "e0", "nosuch", "bad", code=1)
    assert result.stdout == "e0\n"
    lines = result.stderr.splitlines()
    assert lines[0] == "Error response from daemon: No such container: nosuch"
    assert lines[1].endswith('exec: "nosuch": executable file not found in $PATH: unknown')
    assert lines[2] == "Error: failed to start containers: nosuch, bad" and len(lines) == 3
    assert status(davit, "bad") == "Created"


def test_start_of_a_paused_one(davit):
    start(davit, "box:1", name="web")
    davit("pause", "web")
    assert davit("start", "web", code=1).stderr == ("Error response from daemon: cannot start a paused container, try unpause instead\n"
                                                    "Error: failed to start containers: web\n")


def test_start_attached(davit):
    stopped(davit, "box:1", "sh", "-c", "echo out; echo err >&2; exit 5", name="e5", code=5)
    result = davit("start", "-a", "e5", code=5)
    assert (result.stdout, result.stderr) == ("out\n", "err\n")
    assert davit("start", "-a", "e5", "e5", code=1).stderr == "you cannot start and attach multiple containers at once\n"
    refused(davit, "start", "-a", "nosuch", says=["No such container: nosuch"])


# stop

def test_stop_sends_term_and_the_exit_code_is_the_programs(davit):
    start(davit, "box:1", name="web")
    assert davit("stop", "web").stdout == "web\n"
    assert exit_code(davit, "web") == 3


def test_stop_of_what_has_ended_or_never_ran(davit):
    stopped(davit, "box:1", name="e0")
    davit("run", "--network", "none", "--name", "bad", "box:1", "nosuch", code=127)
    assert davit("stop", "e0", "bad").stdout == "e0\nbad\n"


def test_stop_signal_of_the_image_and_of_the_command_line(davit):
    import_busybox(davit, "usr:1", "STOPSIGNAL SIGUSR1")
    start(davit, "usr:1", name="web")
    davit("stop", "web")
    assert exit_code(davit, "web") == 4
    davit("start", "web")
    wait_ready(davit, "web")
    davit("stop", "-s", "INT", "web")
    assert exit_code(davit, "web") == 5


def wait_ready(davit, name):
    """After a start: its program catches the signals that it is to be sent."""
    pid = davit("inspect", "--format", "{{.State.Pid}}", name).stdout.strip()
    caught = sum(1 << (number - 1) for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT))
    wait_until(lambda: int(re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())[1], 16) & caught == caught, what=f"{name} to be ready")


def test_stop_kills_what_does_not_obey_after_its_timeout(davit):
    start(davit, "box:1", *IGNORES, name="deaf")
    davit("stop", "-t", "0", "deaf")
    assert exit_code(davit, "deaf") == 137


def test_stop_of_many_is_side_by_side(davit):
    names = [f"deaf{number}" for number in range(4)]
    for name in names:
        start(davit, "box:1", *IGNORES, name=name)
    begin = time.monotonic()
    assert davit("stop", "-t", "2", *names).lines == names
    assert time.monotonic() - begin < 2 * len(names) - 1  # one after the other they would take two seconds each
    assert {exit_code(davit, name) for name in names} == {137}


def test_stop_of_several_of_which_some_are_wrong(davit):
    for name in ("a1", "a2"):
        start(davit, "box:1", name=name)
    result = davit("stop", "a1", "nosuch", "a2", "", code=1)
    assert result.stdout == "a1\na2\n"
    assert result.stderr == "Error response from daemon: No such container: nosuch\ninvalid container name or ID: value is empty\n"


def test_stop_resumes_a_paused_one(davit):
    start(davit, "box:1", name="web")
    davit("pause", "web")
    davit("stop", "web")
    assert exit_code(davit, "web") == 3


def test_stop_by_its_old_flag(davit):
    start(davit, "box:1", name="web")
    result = davit("stop", "--time", "3", "--timeout", "4", "web", code=1)
    assert result.stderr == "Flag --time has been deprecated, use --timeout instead\nconflicting options: cannot specify both --timeout and --time\n"
    result = davit("stop", "--time", "3", "web")
    assert (result.stdout, result.stderr) == ("web\n", "Flag --time has been deprecated, use --timeout instead\n")


@pytest.mark.parametrize("command", ["stop", "restart"])
def test_values_that_are_none(davit, command):
    start(davit, "box:1", name="web")
    assert davit(command, "-t", "x", "web", code=125).stderr.startswith(
        'invalid argument "x" for "-t, --timeout" flag: strconv.ParseInt: parsing "x": invalid syntax\n')
    refused(davit, command, "-s", "NOSUCH", "nosuch", "web", says=["No such container: nosuch", "Invalid signal: NOSUCH"])
    assert status(davit, "web").startswith("Up")


def test_stop_of_a_container_that_goes_by_its_end(davit):
    start(davit, "box:1", name="web", options=["--rm"])
    assert davit("stop", "web").stdout == "web\n"
    assert listed(davit, "-a") == []


# restart

def test_restart(davit):
    start(davit, "box:1", name="web")
    before = davit("inspect", "--format", "{{.State.Pid}} {{.State.StartedAt}}", "web").stdout.split()
    result = davit("restart", "web", "nosuch", code=1)
    assert (result.stdout, result.stderr) == ("web\n", "Error response from daemon: No such container: nosuch\n")
    after = davit("inspect", "--format", "{{.State.Pid}} {{.State.StartedAt}}", "web").stdout.split()
    assert before[0] != after[0] and before[1] < after[1] and status(davit, "web").startswith("Up")


def test_restart_starts_what_has_ended_or_is_paused(davit):
    stopped(davit, "box:1", *["sh", "-c", "[ -e /again ] && sleep 600; touch /again"], name="e0")
    start(davit, "box:1", name="web")
    davit("pause", "web")
    assert davit("restart", "-t", "1", "e0", "web").stdout == "e0\nweb\n"
    assert sorted(listed(davit, "-f", "status=running")) == ["e0", "web"]


def test_restart_that_cannot_start(davit):
    davit("run", "--network", "none", "--name", "bad", "box:1", "nosuch", code=127)
    assert davit("restart", "bad", code=1).stderr.startswith("Error response from daemon: Cannot restart container bad: ")


def test_restart_keeps_a_container_that_goes_by_its_end(davit):
    start(davit, "box:1", name="web", options=["--rm"])
    davit("restart", "web")
    assert status(davit, "web").startswith("Up")
    davit("kill", "web")
    assert listed(davit, "-a") == []


def test_a_container_whose_restart_died_goes_by_the_next_command(davit):
    """davit is killed between stop and start: the container was to go by its end, so it goes."""
    start(davit, "box:1", *IGNORES, name="web", options=["--rm"])
    pid = int(davit("inspect", "--format", "{{.State.Pid}}", "web").stdout)
    restart = davit.start("restart", "-t", "-1", "web")
    folder = next((davit.root / "containers").glob("?" * 64))
    wait_until((folder / "restart.lock").exists, what="the restart to wait")
    restart.kill()
    restart.wait()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: listed(davit, "-a") == [], what="the container to go")


# kill

def test_kill(davit):
    start(davit, "box:1", name="web")
    assert davit("kill", "web").stdout == "web\n"
    assert exit_code(davit, "web") == 137


def test_kill_with_a_signal_returns_at_once(davit):
    start(davit, "box:1", name="web")
    for name in ("USR1", "sigusr1", "10"):
        davit("kill", "-s", name, "web")
        wait_until(lambda: status(davit, "web").startswith("Exited (4)"), what="its end")
        davit("start", "web")
        wait_ready(davit, "web")


def test_kill_says(davit):
    start(davit, "box:1", name="web")
    ended = stopped(davit, "box:1", name="e0")
    refused(davit, "kill", "nosuch", says=["Cannot kill container: nosuch: No such container: nosuch"])
    refused(davit, "kill", "e0", says=[f"Cannot kill container: e0: Container {ended} is not running"])
    for name in ("NOSUCH", "0", "SIGUSR3"):
        refused(davit, "kill", "-s", name, "nosuch", says=[f"Invalid signal: {name}"])
    refused(davit, "kill", "-s", "99", "web", says=["Cannot kill container: web: The linux daemon does not support signal 99"])
    refused(davit, "kill", "-s", "-1", "web", says=["Cannot kill container: web: The linux daemon does not support signal 18446744073709551615"])
    assert status(davit, "web").startswith("Up")
    result = davit("kill", "-s", "", "e0", "web", code=1)
    assert result.stdout == "web\n" and "e0" in result.stderr


@pytest.mark.parametrize("name, code", [("KILL", 137), ("TERM", 3)])
def test_kill_resumes_a_paused_one(davit, name, code):
    start(davit, "box:1", name="web")
    davit("pause", "web")
    davit("kill", "-s", name, "web")
    wait_until(lambda: status(davit, "web").startswith(f"Exited ({code})"), what="its end")


# pause, unpause

def test_pause_and_unpause(davit):
    container = start(davit, "box:1", "sh", "-c", "while :; do echo >/tick; touch /ready; sleep 0.01; done", name="web")
    ticks = davit.root / "containers" / container / "upper/tick"
    assert davit("pause", "web").stdout == "web\n"
    assert re.fullmatch(r"Up .* \(Paused\)", status(davit, "web"))
    frozen = ticks.stat().st_mtime_ns
    assert davit("inspect", "--format", "{{.State.Status}} {{.State.Paused}} {{.State.Running}}", "web").stdout == "paused true true\n"
    assert ticks.stat().st_mtime_ns == frozen
    assert davit("unpause", "web").stdout == "web\n"
    wait_until(lambda: ticks.stat().st_mtime_ns > frozen, what="it to go on")
    assert status(davit, "web").startswith("Up") and "Paused" not in status(davit, "web")


def test_pause_says(davit):
    container, ended = start(davit, "box:1", name="web"), stopped(davit, "box:1", name="e0")
    refused(davit, "pause", "e0", says=[f"Container {ended} is not running"])
    refused(davit, "unpause", "e0", says=[f"Container {ended} is not paused"])
    refused(davit, "unpause", "web", says=[f"Container {container} is not paused"])
    davit("pause", "web")
    refused(davit, "pause", "web", says=[f"Container {container} is already paused"])
    result = davit("unpause", "web", "e0", "nosuch", code=1)
    assert result.stdout == "web\n"
    assert result.stderr == f"Error response from daemon: Container {ended} is not paused\nError response from daemon: No such container: nosuch\n"


# rename

def test_rename(davit):
    container = start(davit, "box:1", name="old")
    assert davit("rename", "old", "new").output == ""
    assert listed(davit) == ["new"]
    davit("rename", container[:12], "/slash")
    assert listed(davit) == ["slash"]
    stopped(davit, "box:1", name="old")  # the name is free
    assert davit("inspect", "--format", "{{.Name}}", "slash").stdout == "/slash\n"


def test_rename_says(davit):
    start(davit, "box:1", name="web")
    other = stopped(davit, "box:1", name="other")
    for wanted, words in [
        ("web", "Renaming a container with the same name as its current name"),
        ("b d", "Error when allocating new name: Invalid container name (/b d), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"),
        ("x", "Error when allocating new name: Invalid container name (/x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"),
        ("other", f'Error when allocating new name: Conflict. The container name "/other" is already in use by container "{other}". You have to remove '
                  "(or rename) that container to be able to reuse that name."),
    ]:
        assert davit("rename", "web", wanted, code=1).stderr == f"Error response from daemon: {words}\nError: failed to rename container named web\n"
    assert davit("rename", "nosuch", "x1", code=1).stderr == "Error response from daemon: No such container: nosuch\nError: failed to rename container named nosuch\n"
    for words in (["web", ""], ["", "x1"]):
        assert davit("rename", *words, code=1).stderr == "Error: Neither old nor new names may be empty\n"
    for words in ([], ["web"], ["web", "x1", "y1"]):
        assert davit("rename", *words, code=1).stderr.startswith("davit: 'davit rename' requires 2 arguments\n")
    assert sorted(listed(davit, "-a")) == ["other", "web"]


def test_renames_to_one_name_at_once_let_one_have_it(davit):
    for number in range(4):
        stopped(davit, "box:1", name=f"c{number}")
    renames = [davit.start("rename", f"c{number}", "one") for number in range(4)]
    assert sorted(rename.wait(30) for rename in renames) == [0, 1, 1, 1]
    for rename in renames:
        rename.communicate()
    assert len(set(listed(davit, "-a"))) == 4 and "one" in listed(davit, "-a")


def test_killed_at_any_point_of_a_rename_it_has_one_name_and_the_other_is_free(davit):
    number = 0
    old, new = "first", "second"
    stopped(davit, "box:1", name=old)
    while True:
        number += 1
        renamed = davit("rename", old, new, code=None, env={"DAVIT_FAULT": f"{number}:kill"})
        names = listed(davit, "-a")
        assert names in ([old], [new])
        free = new if names == [old] else old
        stopped(davit, "box:1", name=free)
        davit("rm", free)
        if names == [new]:
            old, new = new, old
        if renamed.code == 0:
            break


# rm

def test_rm(davit):
    stopped(davit, "box:1", name="e0")
    result = davit("rm", "nosuch", "e0", code=1)
    assert (result.stdout, result.stderr) == ("e0\n", "Error response from daemon: No such container: nosuch\n")
    assert listed(davit, "-a") == []


def test_rm_of_what_runs_or_is_paused(davit):
    container = start(davit, "box:1", name="web")
    refused(davit, "rm", "web", says=[f"You cannot remove a running container {container}. Stop the container before attempting removal or force remove"])
    davit("pause", "web")
    refused(davit, "rm", "web",
            says=[f"You cannot remove a paused container {container}. Unpause and then stop the container before attempting removal or force remove"])
    assert davit("rm", "-f", "web").stdout == "web\n"
    assert listed(davit, "-a") == []


def test_rm_by_force_of_what_is_not_there_is_no_failure(davit):
    stopped(davit, "box:1", name="e0")
    result = davit("rm", "-f", "nosuch", "e0")
    assert (result.stdout, result.stderr) == ("e0\n", "Error response from daemon: No such container: nosuch\n")


def test_rm_of_a_link(davit):
    stopped(davit, "box:1", name="e0")
    refused(davit, "rm", "-l", "e0", says=["Conflict, cannot remove the default link name of the container"])
    refused(davit, "rm", "-l", "/e0/x", says=["No such container: e0/x"])
