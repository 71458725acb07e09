"""Containers under everything that goes wrong: many at once, kills at any point, a reboot, the end of the caller. Each test counts what is left."""

import json
import os
import random
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from testing.containers import start
from testing.kills import killed, points
from testing.processes import wait_until
from testing.traces import Traces, processes

RUN = ("run", "--network", "none")


@pytest.fixture
def app(davit, registry):
    reference = registry.push_busybox("team/app:1")
    davit("pull", "-q", reference)
    davit(*RUN, "--rm", reference, "true")  # the runtime is chosen, the layers' locks are made
    registry.stop()
    return reference


@pytest.fixture
def left(davit, app):
    """Of the machine before the test; `left.check()` at its end."""
    return Traces(davit)


def shell(davit, app, script, *options):
    return davit(*RUN, *options, app, "sh", "-c", script)


def detached(davit, app, *options, command=("sleep", "600")):
    return davit(*RUN, "-d", *options, app, *command).stdout.strip()


def stored_state(davit, container):
    return json.loads((davit.root / "containers" / container / "state.json").read_text())


def remove_all(davit):
    ids = davit("ps", "-a", "-q", "--no-trunc").lines
    if ids:
        davit("rm", "-f", *ids)


# --- many ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("count", [25, pytest.param(200, marks=pytest.mark.long)])
def test_many_in_a_row_leave_nothing(davit, app, left, count):
    for number in range(count):
        assert shell(davit, app, f"echo {number}", "--rm").stdout == f"{number}\n"
    left.check()


def test_thirty_at_once_leave_nothing(davit, app, left):
    running = [davit.start(*RUN, "--rm", app, "sh", "-c", f"echo {number}; exit {number}") for number in range(30)]
    for number, process in enumerate(running):
        out, err = process.communicate(timeout=100)
        assert (out, process.returncode) == (f"{number}\n".encode(), number), err.decode()
    left.check()


@pytest.mark.parametrize("count", [25, pytest.param(200, marks=pytest.mark.long)])
def test_many_that_run_side_by_side_leave_nothing(davit, app, left, count):
    ids = [detached(davit, app) for _ in range(count)]
    assert len(davit("ps", "-q").lines) == count
    davit("rm", "-f", *ids)
    left.check()


EXPECTED = ("No such container", "is already in use", "cannot remove a running", "is not running", "already in progress", "is already running",
            "cannot remove a paused")


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_several_processes_on_the_same_names(davit, app, left, seed):
    """They may be refused, by what another has just done; never by what is half done."""
    wrong = []

    def act(number):
        choice = random.Random(f"{seed}/{number}")
        for _ in range(12):
            name = f"c{choice.randrange(3)}"
            arguments = choice.choice([("create", "--name", name, "--network", "none", app, "sleep", "600"), (*RUN, "-d", "--name", name, app, "sleep", "600"),
                                       ("start", name), ("stop", "-t", "0", name), ("rm", name), ("rm", "-f", name), ("kill", name), ("ps", "-a"),
                                       ("restart", "-t", "0", name), (*RUN, "--rm", app, "true")])
            result = davit(*arguments, code=None)
            if result.code not in (0, 1, 125) or result.code != 0 and not any(words in result.stderr for words in EXPECTED):
                wrong.append(str(result))

    actors = [threading.Thread(target=act, args=[number]) for number in range(5)]
    for actor in actors:
        actor.start()
    for actor in actors:
        actor.join()
    assert not wrong, "\n".join(wrong)
    remove_all(davit)
    left.check()


# --- kills of davit --------------------------------------------------------------------------------------------------

# What is done before, the command, the status in which the container may then be.
COMMANDS = {
    "create": ([], ["create", "--name", "c1", "--network", "none", "APP", "sleep", "600"], {None, "created"}),
    "run -d": ([], [*RUN, "-d", "--name", "c1", "APP", "sleep", "600"], {None, "created", "running"}),
    "run --rm": ([], [*RUN, "--rm", "--name", "c1", "APP", "true"], {None}),
    "start": ([["create", "--name", "c1", "--network", "none", "APP", "sleep", "600"]], ["start", "c1"], {"created", "running"}),
    "stop": ([[*RUN, "-d", "--name", "c1", "APP", "sleep", "600"]], ["stop", "-t", "0", "c1"], {"running", "exited"}),
    "kill": ([[*RUN, "-d", "--name", "c1", "APP", "sleep", "600"]], ["kill", "c1"], {"running", "exited"}),
    "rm": ([[*RUN, "--name", "c1", "APP", "true"]], ["rm", "c1"], {None, "exited"}),
    "rm -f": ([[*RUN, "-d", "--name", "c1", "APP", "sleep", "600"]], ["rm", "-f", "c1"], {None, "running", "exited"}),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_davit_killed_at_any_point(davit, app, left, folder, command):
    before, arguments, allowed = COMMANDS[command]
    steps = [[app if word == "APP" else word for word in words] for words in [*before, arguments]]
    for step in steps[:-1]:
        davit(*step)
    sweep = points(davit, folder, steps[-1])
    remove_all(davit)
    for point in sweep:
        for step in steps[:-1]:
            davit(*step)
        killed(davit, steps[-1], point)
        # The next command puts right what it meets. One that was made for --rm and never started is removed with its name's next use;
        # one that was started is its exit command's to remove, which is on its way when davit is killed late.
        def status():
            return {line.split()[0]: line.split()[1] for line in davit("ps", "-a", "--format", "{{.Names}} {{.State}}").lines}.get("c1")
        if command == "run --rm" and status() is not None:
            wait_until(lambda: status() in (None, "created"), what=f"the end of what was killed at call {point}")
            davit("rm", "-f", "c1", code=None)
        for unread in (davit.root / "run/exits").glob("*"):  # its reader was killed: ADR 0070 bounds these
            unread.unlink()
        assert status() in allowed, f"killed at call {point}"
        remove_all(davit)
        davit(*RUN, "--rm", app, "true")
        davit("image", "prune", "-f")  # void leases
        left.check()


# --- kills of conmon and the init ------------------------------------------------------------------------------------

def processes_of(davit, container):
    stored = stored_state(davit, container)
    return stored["init"]["pid"], stored["conmon"]["pid"]


@pytest.mark.parametrize("victims", ["conmon", "init", "both"])
def test_conmon_or_init_killed(davit, app, left, victims):
    container = detached(davit, app)
    init, conmon = processes_of(davit, container)
    if victims == "both":
        os.kill(conmon, signal.SIGSTOP)  # it must not see its container's end
    if victims != "conmon":
        os.kill(init, signal.SIGKILL)
    if victims != "init":
        os.kill(conmon, signal.SIGKILL)
    wait_until(lambda: davit("ps", "-a", "--format", "{{.State}}").lines == ["exited"], what="its end to be recorded")

    assert init not in processes()
    told = stored_state(davit, container)
    assert told["exit_code"] == 137
    assert ("conmon" in told["error"]) == (victims != "init"), told["error"]
    davit("rm", container)
    left.check()


def test_a_run_in_the_foreground_whose_conmon_is_killed_ends(davit, app, left):
    process = davit.start(*RUN, "--rm", "--name", "c1", app, "sleep", "600")
    wait_until(lambda: davit("ps", "-q").lines, what="the container to run")
    _, conmon = processes_of(davit, davit("ps", "-q", "--no-trunc").lines[0])
    os.kill(conmon, signal.SIGKILL)
    process.communicate(timeout=30)
    assert process.returncode == 137
    left.check()


# --- the end of the machine, and of the caller -----------------------------------------------------------------------

def in_another_machine(davit, *arguments, boot_id):
    """Runs davit in PID and mount namespaces of their own with another boot ID, as after a reboot: when it returns nothing of them lives."""
    script = f'mount --bind {boot_id} /proc/sys/kernel/random/boot_id && "$@"'
    return subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private", "sh", "-c", script, "sh",
                           *davit.command(*arguments)], cwd=davit.folder, env=davit.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=100)


def test_a_reboot_in_mid_run(davit, app, left, folder):
    boot_id = folder / "boot_id"
    boot_id.write_text("11111111-2222-3333-4444-555555555555\n")
    ran = in_another_machine(davit, *RUN, "-d", "--name", "c1", app, "sleep", "600", boot_id=boot_id)
    assert ran.returncode == 0, ran.stderr
    for group in Path("/sys/fs/cgroup").glob("*/davit-*/*"):  # a reboot leaves none
        if group.is_dir() and group.name != "conmon":
            wait_until(lambda group=group: not group.exists() or subprocess.run(["rmdir", group], capture_output=True).returncode == 0, what=f"{group} to go")

    assert davit("ps", "-a", "--format", "{{.Names}} {{.State}}").lines == ["c1 exited"]
    told = stored_state(davit, ran.stdout.strip())
    assert (told["exit_code"], told["error"]) == (137, "the machine was restarted")
    davit("start", "c1")
    assert davit("ps", "--format", "{{.Names}}").lines == ["c1"]
    davit("rm", "-f", "c1")
    left.check()


def own_cgroup(name):
    """A control group in each hierarchy, with the CPUs of its parent."""
    groups = []
    for hierarchy in sorted(Path("/sys/fs/cgroup").iterdir()):
        if not (hierarchy / "cgroup.procs").exists() or hierarchy.is_symlink():
            continue
        group = hierarchy / name
        group.mkdir()
        for file in ("cpuset.cpus", "cpuset.mems"):
            if (group / file).exists() and not (hierarchy / "cgroup.controllers").exists():
                (group / file).write_text((hierarchy / file).read_text())
        groups.append(group)
    return groups


def test_the_end_of_the_callers_control_group_is_not_the_containers(davit, app, left):
    groups = own_cgroup("caller")
    enter = "; ".join(f"echo $$ >{group}/cgroup.procs" for group in groups)
    caller = subprocess.Popen(["sh", "-c", f'{enter}; "$@"; echo started; sleep 600', "sh", *davit.command(*RUN, "-d", "--name", "c1", app, "sleep", "600")],
                              cwd=davit.folder, env=davit.environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    container = caller.stdout.readline().strip()
    assert caller.stdout.readline() == "started\n"
    init, conmon = processes_of(davit, container)

    for group in groups:
        for pid in group.joinpath("cgroup.procs").read_text().split():
            assert int(pid) not in (init, conmon), f"{group} holds the container"
            os.kill(int(pid), signal.SIGKILL)
    caller.wait()
    for group in groups:
        wait_until(lambda group=group: not group.joinpath("cgroup.procs").read_text(), what="the group to be empty")
        group.rmdir()

    assert davit("ps", "--format", "{{.Names}}").lines == ["c1"]
    assert {init, conmon} <= set(processes())
    davit("rm", "-f", "c1")
    left.check()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_the_end_of_the_callers_session_is_not_the_containers(davit, app, left, number):
    process = davit.start(*RUN, "-d", "--name", "c1", app, "sleep", "600", start_new_session=True)
    process.communicate(timeout=30)
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:  # nobody is left in it
        pass
    assert davit("ps", "--format", "{{.Names}}").lines == ["c1"]
    davit("rm", "-f", "c1")
    left.check()


# --- looks and acts beside what is under way --------------------------------------------------------------------------

def test_a_look_does_not_end_a_container_whose_output_is_read_slowly(davit, app, left):
    """Its program has ended, conmon waits for the reader: whoever looks sees it run, and neither output nor exit code is lost."""
    run = davit.start(*RUN, "--name", "c1", app, "sh", "-c", "seq 1 34000; exit 3")
    wait_until(lambda: davit("ps", "-q").lines, what="the container")
    init = stored_state(davit, davit("ps", "-q", "--no-trunc").lines[0])["init"]["pid"]
    wait_until(lambda: init not in processes(), what="its program's end")
    for _ in range(3):
        assert davit("inspect", "-f", "{{.State.Status}}", "c1").stdout == "running\n"
    out, err = run.communicate(timeout=60)
    assert run.returncode == 3 and out.splitlines()[-1] == b"34000", err.decode()
    assert davit("inspect", "-f", "{{.State.ExitCode}}{{.State.Error}}", "c1").stdout == "3\n" and len(davit("logs", "c1").lines) == 34000
    davit("rm", "c1")
    left.check()


def test_two_remove_the_files_of_one_container(davit, app, left):
    script = "i=0; while [ $i -lt 2000 ]; do echo /d/$i; i=$((i+1)); done | xargs mkdir -p; touch /ready; exec sleep 600"
    for _ in range(4):
        container = detached(davit, app, "--rm", command=["sh", "-c", script])
        wait_until((davit.root / "containers" / container / "upper/ready").exists, what="its files")
        davit("kill", container)  # and the exit command beside it
    container = davit(*RUN, "--name", "c1", app, "sh", "-c", script.replace("exec sleep 600", "")) and "c1"
    remover = davit.start("rm", container)
    davit(*RUN, "--rm", app, "true")  # which sweeps
    _, err = remover.communicate(timeout=60)
    assert remover.returncode == 0, err.decode()
    for unread in (davit.root / "run/exits").glob("*"):  # nobody waited for those ends: ADR 0070 bounds these
        unread.unlink()
    left.check()


@pytest.mark.parametrize("file", ["state.json", "container.json"])
def test_file_that_a_power_cut_emptied(davit, app, left, file):
    davit("create", "--name", "c1", "--network", "none", app, "true")
    container = davit("ps", "-aq", "--no-trunc").stdout.strip()
    (davit.root / "containers" / container / file).write_text("")
    davit("create", "--name", "c2", "--network", "none", app, "true")
    assert davit("ps", "-a", "--format", "{{.Names}}").lines == (["c2", "c1"] if file == "state.json" else ["c2"])
    davit("rm", "-f", "c2")
    if file == "state.json":
        assert davit("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}", "c1").stdout == "exited 137 the machine was restarted\n"
        davit("rm", "c1")
    davit("create", "--name", "c1", "--network", "none", app, "true")
    davit("rm", "c1")
    left.check()


@pytest.mark.parametrize("ending", [["unpause"], ["kill"], ["stop", "-t", "0"], ["rm", "-f"]])
def test_davit_killed_while_it_pauses(davit, app, left, ending):
    """Frozen, and nobody wrote it down: the kernel's word counts."""
    container = detached(davit, app, "--name", "c1")
    state = davit.root / "containers" / container / "state.json"
    before = state.read_text()
    davit("pause", "c1")
    state.write_text(before)
    davit(*ending, "c1")
    if ending == ["unpause"]:
        assert davit("exec", "c1", "echo", "awake").stdout == "awake\n"
        davit("pause", "c1")
        paused = state.read_text()
        davit("unpause", "c1")
        state.write_text(paused)  # and the other way round
        assert "is not paused" in davit("unpause", "c1", code=1).stderr
        assert davit("exec", "c1", "echo", "awake").stdout == "awake\n"
    davit("rm", "-f", "c1", code=None)
    left.check()


def test_rename_leaves_the_old_name_to_who_takes_it(davit, app, left):
    davit("create", "--name", "web", "--network", "none", app, "true")
    wrong = []

    def take():
        for _ in range(400):
            if davit("create", "--name", "web", "--network", "none", app, "true", code=None).code == 0:
                return
        wrong.append("never")
    taker = threading.Thread(target=take)
    taker.start()
    davit("rename", "web", "old")
    taker.join()
    assert not wrong and davit("inspect", "-f", "{{.Name}}", "web").stdout == "/web\n"
    remove_all(davit)
    left.check()


def test_timeouts_beyond_what_a_clock_holds(davit, app, left):
    # An init without a handler would take no notice: the signal must not come before the trap is set.
    container = start(davit, app, "sh", "-c", "trap 'sleep 0.5; exit 7' TERM; touch /ready; while :; do sleep 0.02; done")
    davit("stop", "-t", "10000000000", container)
    assert davit("inspect", "-f", "{{.State.ExitCode}}", container).stdout == "7\n"
    davit("rm", container)
    left.check()
