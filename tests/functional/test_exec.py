"""davit exec."""

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
def c1(davit, busybox):
    """A container that runs, with a variable and a working directory of its own."""
    davit("run", "-d", "--name", "c1", "--network", "none", "-e", "A=one", "-w", "/tmp", busybox, "sleep", "600")
    return "c1"


def sessions(davit):
    return [path.name for path in (davit.root / "run/containers").glob("*/exec/*")]


def pids_in(davit, *command):
    """PIDs of processes with that command line."""
    wanted = "\0".join(command).encode() + b"\0"
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if file.read() == wanted:
                    found.append(int(name))
        except OSError:
            pass
    return found


def test_streams_are_kept_apart_and_whole(davit, c1):
    result = davit("exec", "c1", "sh", "-c", "echo out; echo err >&2; head -c 300000 /dev/zero", text=False)
    assert result.stdout == b"out\n" + b"\0" * 300000
    assert result.stderr == b"err\n"
    assert sessions(davit) == []


def test_standard_input_only_with_i(davit, c1):
    assert davit("exec", "-i", "c1", "cat", stdin="through").stdout == "through"
    assert davit("exec", "c1", "cat", stdin="not through").stdout == ""


def test_input_of_any_size_passes_through(davit, c1):
    data = os.urandom(3_000_000)
    assert davit("exec", "-i", "c1", "cat", stdin=data, text=False).stdout == data


@pytest.mark.parametrize("script, code", [("exit 5", 5), ("kill -9 $$", 137), ("true", 0)])
def test_exit_code_is_the_commands(davit, c1, script, code):
    davit("exec", "c1", "sh", "-c", script, code=code)


def test_container_exec_is_exec(davit, c1):
    assert davit("container", "exec", "c1", "echo", "x").stdout == "x\n"


def test_environment_folder_and_user(davit, c1):
    assert davit("exec", "c1", "pwd").stdout == "/tmp\n"
    assert davit("exec", "-w", "/bin", "c1", "pwd").stdout == "/bin\n"
    assert davit("exec", "c1", "sh", "-c", "echo $A $B").stdout == "one\n"
    assert davit("exec", "-e", "B=two", "-e", "A=three", "-e", "C", "c1", "sh", "-c", "echo $A $B $C", env={"C": "own"}).stdout == "three two own\n"
    assert davit("exec", "-u", "alice", "c1", "sh", "-c", "echo $HOME; id").stdout == \
        "/home/alice\nuid=1000(alice) gid=1000(alice) groups=50(staff),1000(alice)\n"
    assert davit("exec", "-u", "5:6", "c1", "id").stdout == "uid=5 gid=6 groups=6\n"


def test_what_follows_the_container_is_the_commands(davit, c1):
    assert davit("exec", "c1", "echo", "-e", "--user", "x").stdout == "--user x\n"


@pytest.mark.parametrize("arguments, words", [
    (["c1", "nosuch"], 'OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown'),
    (["c1", "/etc"], 'OCI runtime exec failed: exec failed: unable to start container process: exec: "/etc": permission denied: unknown'),
    (["c1", "/etc/passwd"], 'OCI runtime exec failed: exec failed: unable to start container process: exec: "/etc/passwd": permission denied: unknown'),
    (["c1", ""], 'OCI runtime exec failed: exec failed: unable to start container process: exec: "": executable file not found in $PATH: unknown'),
    (["-u", "nosuch", "c1", "true"], "unable to find user nosuch: no matching entries in passwd file"),
    (["-u", "alice:nosuch", "c1", "true"], "unable to find group nosuch: no matching entries in group file"),
    (["-u", "-1", "c1", "true"], "uids and gids must be in range 0-2147483647"),
    (["-w", "relative", "c1", "true"], "OCI runtime exec failed: exec failed: Cwd must be an absolute path: unknown"),
    (["-w", "/nosuch", "c1", "pwd"], 'OCI runtime exec failed: exec failed: unable to start container process: chdir to cwd ("/nosuch") set in config.json '
                                     "failed: no such file or directory: unknown"),
])
def test_command_that_cannot_start(davit, c1, arguments, words):
    """Told where docker tells it: in the command's output."""
    result = davit("exec", *arguments, code=126)
    assert (result.stdout, result.stderr) == (words + "\n", "")
    assert sessions(davit) == []


def test_containers_that_take_none(davit, busybox, c1):
    assert davit("exec", "nosuch", "true", code=1).stderr == "Error response from daemon: No such container: nosuch\n"
    full = davit("ps", "-q", "--no-trunc").stdout.strip()
    davit("stop", "-t", "0", "c1")
    assert davit("exec", "c1", "true", code=1).stderr == f"Error response from daemon: Container {full} is not running\n"


def test_options_that_are_wrong(davit, c1):
    assert davit("exec", "-e", "=x", "c1", "true", code=125).stderr.startswith(
        'invalid argument "=x" for "-e, --env" flag: invalid environment variable: =x\n')
    assert davit("exec", "--detach-keys", "bad", "c1", "true", code=1).stderr == \
        "Error response from daemon: Invalid escape keys (bad) provided\n"
    assert davit("exec", "-it", "c1", "true", stdin="x", code=1).stderr == "the input device is not a TTY\n"


def test_capabilities(davit, c1):
    def effective(*options):
        line = davit("exec", *options, "c1", "grep", "CapEff", "/proc/self/status").stdout
        return int(line.split()[1], 16)
    assert effective() & ~0xa80425fb == 0
    assert effective("--privileged") & effective() == effective() and effective("--privileged") > effective()
    assert effective("-u", "5") == 0


def test_detached_goes_on_and_leaves_nothing(davit, c1):
    assert davit("exec", "-d", "c1", "sh", "-c", "echo lost; while [ ! -e /tmp/go ]; do sleep 0.02; done; touch /tmp/done").output == ""
    assert len(sessions(davit)) == 1
    davit("exec", "c1", "touch", "/tmp/go")
    wait_until(lambda: davit("exec", "c1", "ls", "/tmp").stdout == "done\ngo\n", what="the detached command's end")
    wait_until(lambda: sessions(davit) == [], what="its folder to go")


def test_detached_that_cannot_start_is_told(davit, c1):
    failed = davit("exec", "-d", "c1", "nosuch", code=1)
    assert failed.stderr == "Error response from daemon: OCI runtime exec failed: exec failed: unable to start container process: " \
                            'exec: "nosuch": executable file not found in $PATH: unknown\n'
    assert sessions(davit) == []


def test_a_killed_exec_leaves_its_command_running(davit, c1):
    process = davit.start("exec", "c1", "sh", "-c", "echo begun; while [ ! -e /tmp/go ]; do sleep 0.02; echo x; done; touch /tmp/done")
    assert process.stdout.readline() == b"begun\n"
    process.kill()
    process.wait()
    davit("exec", "c1", "touch", "/tmp/go")
    wait_until(lambda: "done" in davit("exec", "c1", "ls", "/tmp").lines, what="the command's end")
    wait_until(lambda: davit("exec", "c1", "true") and sessions(davit) == [], what="its folder to go with the next exec")


def test_interrupted_exec_is_silent_and_its_command_goes_on(davit, c1):
    process = davit.start("exec", "c1", "sh", "-c", "echo begun; sleep 567")
    assert process.stdout.readline() == b"begun\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30)[1] == b"" and process.returncode == 130
    wait_until(lambda: len(pids_in(davit, "sleep", "567")) == 1, what="its command, which may just be beginning, to be there")


def test_ends_with_the_container(davit, c1):
    process = davit.start("exec", "c1", "sh", "-c", "echo begun; sleep 600")
    assert process.stdout.readline() == b"begun\n"
    davit("stop", "-t", "0", "c1")
    assert process.wait(30) == 137
    assert sessions(davit) == []


def test_a_stalled_reader_gets_everything(davit, c1):
    process = davit.start("exec", "c1", "sh", "-c", "head -c 3000000 /dev/zero; exit 3")
    assert process.stdout.read(10) == b"\0" * 10
    davit("exec", "c1", "true")  # others go on meanwhile
    assert len(process.stdout.read()) == 3_000_000 - 10
    assert process.wait(30) == 3


def test_many_at_once(davit, c1):
    processes = [davit.start("exec", "c1", "sh", "-c", f"echo {i}; exit {i}") for i in range(10)]
    for i, process in enumerate(processes):
        assert process.communicate(timeout=60)[0] == f"{i}\n".encode()
        assert process.returncode == i
    assert sessions(davit) == []


def test_env_file(davit, c1, folder):
    (folder / "env.txt").write_text("B=file\n# remark\n\nC\nD\nA=file\n")
    (folder / "bad.txt").write_text("B B=file\n")
    assert davit("exec", "--env-file", "env.txt", "-e", "A=flag", "c1", "sh", "-c", "echo $A $B $C $D", env={"D": "own"}).stdout == "flag file own\n"
    assert davit("exec", "--env-file", "nosuch", "c1", "true", code=1).stderr == "open nosuch: no such file or directory\n"
    assert davit("exec", "--env-file", "bad.txt", "c1", "true", code=1).stderr == "invalid env file (bad.txt): variable 'B B' contains whitespaces\n"
