"""davit run, ps, stop, rm."""

import os
import re
import signal
import subprocess

import pytest
from testing import images
from testing.processes import wait_until


@pytest.fixture
def busybox(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    davit("pull", "-q", reference)
    return reference


@pytest.fixture
def run(davit, busybox):
    """run(…, "sh", "-c", …): a container of busybox that is removed when it ends."""
    def call(*arguments, options=(), **more):
        return davit("run", "--rm", "--network", "none", *options, busybox, *arguments, **more)
    return call


def started(davit, *arguments, count=1, **streams):
    process = davit.start("run", "--network", "none", *arguments, **streams)
    wait_until(lambda: process.poll() is not None or len(davit("ps", "-q").lines) >= count, what="the container to run")
    assert process.poll() is None, process.communicate()
    return process


# Images and the network.

def test_missing_image_is_pulled_once(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0", text="hello\n")

    first = davit("run", "--rm", reference)

    assert first.stdout == "hello\n"
    assert first.stderr.startswith(f"Unable to find image '{reference}' locally\n1.0.0: Pulling from team/app\n")
    assert f"Status: Downloaded newer image for {reference}\n" in first.stderr


def test_second_run_asks_nobody(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    davit("run", "--rm", reference, "/bin/true")
    registry.forget_requests()

    davit("run", "--rm", reference, "/bin/true")

    assert registry.requests() == []


def test_pull_always_makes_one_head(davit, registry, busybox):
    registry.forget_requests()
    result = davit("run", "--rm", "--pull", "always", busybox, "true")
    assert list(map(str, registry.requests())) == ["HEAD /v2/team/app/manifests/1.0.0 200"]
    assert f"Status: Image is up to date for {busybox}\n" in result.output


def test_pull_never(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    registry.forget_requests()
    failed = davit("run", "--rm", "--pull", "never", reference, code=125)
    assert failed.stderr == f"davit: Error response from daemon: No such image: {reference}\n\nRun 'davit run --help' for more information\n"
    assert registry.requests() == []


def test_pull_missing_is_the_default(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    davit("run", "--rm", "--pull", "missing", reference, "true")


def test_name_that_is_none_is_refused_as_dockers_client_does(davit):
    assert davit("run", "BAD", "x", code=125).stderr == \
        "davit: invalid reference format: repository name (library/BAD) must be lowercase\n\nRun 'davit run --help' for more information\n"


@pytest.mark.parametrize("name", ["sha256:" + "0" * 64, "0" * 64])
def test_id_that_is_not_here_is_not_asked_for_anywhere(davit, name):
    """A name `sha256` at Docker Hub could otherwise be run in its place."""
    assert davit("run", "--rm", name, code=125).stderr == \
        f"davit: Error response from daemon: No such image: sha256:{'0' * 64}\n\nRun 'davit run --help' for more information\n"


def test_platform_of_an_image_that_is_here_is_checked(davit, busybox):
    failed = davit("run", "--rm", "--network", "none", "--platform", "linux/arm64", "--pull", "never", busybox, code=125)
    assert f"image with reference {busybox} was found but does not match the specified platform: wanted linux/arm64, actual: linux/amd64\n" in failed.stderr


@pytest.mark.parametrize("options, words", [(["-v", ""], "invalid empty volume spec"), (["--network", ""], "no name set for network")])
def test_empty_options_are_refused_by_the_client(davit, busybox, options, words):
    assert davit("run", *options, busybox, code=125).stderr.startswith(f"davit: {words}\n")


@pytest.mark.parametrize("command, words", [
    (["stop"], "invalid container name or ID: value is empty"), (["rm"], "container name cannot be empty"), (["rm", "-f"], "container name cannot be empty"),
])
def test_empty_name_names_nothing(davit, command, words):
    assert davit(*command, "", code=1).stderr == words + "\n"


def test_quiet_run_says_nothing_of_its_pull(davit, registry):
    reference = registry.push_busybox("team/quiet:1", text="x\n")
    assert davit("run", "-q", "--rm", "--network", "none", reference).output == "x\n"


def test_pull_bogus(davit, busybox):
    failed = davit("run", "--pull", "bogus", busybox, code=125)
    assert failed.stderr.startswith("davit: invalid pull option: 'bogus': must be one of \"always\", \"missing\" or \"never\"\n")


def test_network_none_has_loopback_only(run):
    result = run("ip", "-o", "link")
    assert result.stderr == "" and len(result.lines) == 1 and " lo: " in result.lines[0]


def test_network_host_sees_the_hosts(davit, busybox):
    inside = davit("run", "--rm", "--network", "host", busybox, "ls", "-l", "/proc/self/ns/net").stdout
    assert inside.rstrip().endswith(os.readlink("/proc/self/ns/net"))


# The process.

@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_exit_code_is_the_containers(run, code):
    run("sh", "-c", f"exit {code}", code=code)


def test_exit_code_after_a_signal(run):
    run("sh", "-c", "sh -c 'kill -9 $$'; exit $?", code=137)


@pytest.mark.parametrize("command, code, words", [
    (["nosuch"], 127, 'exec: "nosuch": executable file not found in $PATH'),
    (["/bin/nosuch/x"], 127, 'exec: "/bin/nosuch/x": '),
    (["/etc"], 126, 'exec: "/etc": '),
    (["/etc/passwd"], 126, 'exec: "/etc/passwd": permission denied'),
])
def test_command_that_cannot_start(run, command, code, words):
    failed = run(*command, code=code)
    assert failed.stderr.startswith("davit: Error response from daemon: ")
    assert words in failed.stderr
    assert failed.stderr.endswith("\n\nRun 'davit run --help' for more information\n")


def test_no_command_at_all(davit, folder):
    (folder / "a.tar").write_bytes(images.tar_of(*images.busybox_entries()))
    davit("import", folder / "a.tar", "bare")
    failed = davit("run", "--rm", "bare", code=125)
    assert failed.stderr == "davit: Error response from daemon: No command specified\n\nRun 'davit run --help' for more information\n"


def test_streams_are_kept_apart_and_whole(run):
    result = run("sh", "-c", "seq 20000; echo wrong >&2")
    assert result.stdout == "".join(f"{n}\n" for n in range(1, 20001))
    assert result.stderr == "wrong\n"


def test_binary_output_is_unchanged(davit, busybox):
    result = davit("run", "--rm", "--network", "none", busybox, "cat", "/bin/busybox", text=False)
    with open("/bin/busybox", "rb") as program:
        assert result.stdout == program.read()


def test_output_without_newline(run):
    assert run("echo", "-n", "x").stdout == "x"


def test_interactive_gives_standard_input(run):
    data = os.urandom(300_000)
    result = run("cat", options=["-i"], stdin=data, text=False)
    assert result.stdout == data


def test_without_i_standard_input_is_empty(run):
    assert run("cat", stdin="text").stdout == ""


def test_signals_are_forwarded(davit, busybox):
    process = started(davit, "--rm", busybox, "sh", "-c", "trap 'echo got; exit 9' TERM; echo ready; while :; do sleep 0.1; done")
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=20)
    assert (process.returncode, out) == (9, b"got\n")


def test_env_workdir_user_hostname(run):
    options = ["-e", "A=b", "--env", "C=d e", "-e", "FROM_OUTSIDE", "-w", "/some/where", "-u", "alice", "--hostname", "box"]
    result = run("sh", "-c", "echo $A/$C/$FROM_OUTSIDE; pwd; id; hostname", options=options, env={"FROM_OUTSIDE": "yes"})
    assert result.lines == ["b/d e/yes", "/some/where", "uid=1000(alice) gid=1000(alice) groups=50(staff),1000(alice)", "box"]


@pytest.mark.parametrize("user, words", [("alice:staff", "uid=1000(alice) gid=50(staff)"), ("12:34", "uid=12 gid=34"), ("1000", "uid=1000(alice) gid=1000(alice)"),
                                         ("77", "uid=77 gid=0(root)")])
def test_users(run, user, words):
    assert run("id", options=["-u", user]).stdout.startswith(words)


def test_default_environment(run):
    variables = dict(line.split("=", 1) for line in run("env").lines)
    assert variables["PATH"] == "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert variables["HOME"] == "/root"
    assert re.fullmatch(r"[0-9a-f]{12}", variables["HOSTNAME"])


def test_entrypoint(davit, registry):
    reference = registry.push("team/app:1", images.busybox(Entrypoint=["echo", "entry"], Cmd=["command"]))
    assert davit("run", "--rm", reference).stdout == "entry command\n"
    assert davit("run", "--rm", reference, "given").stdout == "entry given\n"
    assert davit("run", "--rm", "--entrypoint", "/bin/echo", reference, "x").stdout == "x\n"


def test_volume_binds_a_folder(run, folder):
    (folder / "shared").mkdir()
    (folder / "shared/in").write_text("from outside\n")
    result = run("sh", "-c", "cat /data/in; echo from inside > /data/out", options=["-v", f"{folder}/shared:/data"])
    assert result.stdout == "from outside\n"
    assert (folder / "shared/out").read_text() == "from inside\n"


def test_volume_read_only(run, folder):
    (folder / "shared").mkdir()
    assert run("sh", "-c", "touch /data/x 2>/dev/null || echo no", options=["--volume", f"{folder}/shared:/data:ro"]).stdout == "no\n"


def test_volume_makes_the_missing_folder(run, folder):
    run("touch", "/x/made", options=["-v", f"{folder}/fresh:/x"])
    assert (folder / "fresh/made").exists()


@pytest.mark.parametrize("options, words", [
    (["-w", "relative"], "the working directory 'relative' is invalid, it needs to be an absolute path"),
    (["-u", "nosuch"], "unable to find user nosuch: no matching entries in passwd file"),
    (["-v", "relative/path:/x"], 'create relative/path: "relative/path" includes invalid characters for a local volume name, only '
                                 '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path'),
    (["-v", "/tmp:relative"], "invalid volume specification: '/tmp:relative': invalid mount config for type \"bind\": invalid mount path: 'relative' "
                              "mount path must be absolute"),
    (["--name", "bad name"], "Invalid container name (bad name), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"),
    (["--network", "nosuch"], "network nosuch not found"),
])
def test_options_that_are_wrong(davit, busybox, options, words):
    network = [] if "--network" in options else ["--network", "none"]
    failed = davit("run", "--rm", *network, *options, busybox, "true", code=125)
    assert failed.stderr.splitlines()[0] == f"davit: Error response from daemon: {words}"
    assert davit("ps", "-a", "-q").lines == []


def test_env_without_a_name(davit, busybox):
    failed = davit("run", "--rm", "-e", "=x", busybox, "true", code=125)
    assert failed.stderr.startswith('invalid argument "=x" for "-e, --env" flag: invalid environment variable: =x\n\nUsage:  davit run ')


# Isolation.

def test_dockers_capabilities(run, docker, registry):
    """The same bits as docker gives."""
    reference = registry.push_busybox("team/caps:1")
    docker("pull", reference)
    theirs = docker("run", "--rm", "--network", "none", reference, "grep", "Cap", "/proc/self/status")
    assert run("grep", "Cap", "/proc/self/status").stdout == theirs


def test_masked_and_read_only_paths(run):
    files = [path for path in ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/latency_stats", "/proc/sched_debug") if os.path.exists(path)]
    assert files and run("cat", *files).stdout == ""
    assert run("ls", "/proc/scsi", "/sys/firmware", code=None).lines in (["/proc/scsi:", "", "/sys/firmware:"], ["/sys/firmware:"])
    assert "Read-only" in run("sh", "-c", "echo 1 > /proc/sys/kernel/domainname", code=1).stderr
    # Of cgroup v1 each hierarchy; the folder that holds them is a tmpfs of the container's own, as in docker.
    hierarchies = run("sh", "-c", "grep -E ' - cgroup2? ' /proc/self/mountinfo | cut -d ' ' -f 5").lines
    assert hierarchies and all(path.startswith("/sys/fs/cgroup") for path in hierarchies)
    for path in hierarchies:
        assert "Read-only" in run("mkdir", path + "/x", code=1).stderr


def test_own_namespaces(run):
    outside = {name: os.readlink(f"/proc/self/ns/{name}") for name in ("pid", "mnt", "uts", "ipc", "net")}
    inside = run("sh", "-c", "for n in pid mnt uts ipc net; do echo $n $(ls -l /proc/self/ns/$n | grep -o '[a-z]*:.[0-9]*.$'); done").lines
    for line in inside:
        name, link = line.split()
        assert link != outside[name]
    assert run("sh", "-c", "echo $$").stdout == "1\n"


def test_devices(run):
    names = set(run("ls", "/dev").lines)
    assert {"null", "zero", "full", "random", "urandom", "tty", "fd", "stdin", "stdout", "stderr", "pts", "shm", "mqueue"} <= names
    assert not {"vda", "sda", "kmsg", "mem"} & names
    assert run("sh", "-c", "echo x > /dev/null && head -c 3 /dev/zero | wc -c").stdout == "3\n"


def test_containers_do_not_see_each_others_writes(run):
    run("sh", "-c", "echo changed > /etc/passwd; touch /new")
    assert run("cat", "/etc/passwd").stdout.startswith("root:x:0:0")
    run("ls", "/new", code=1)


def test_hosts_file_and_resolver_are_there(run):
    text = run("cat", "/etc/hosts", "/etc/hostname", options=["--hostname", "box"]).stdout
    assert re.search(r"127\.0\.0\.1\s+localhost", text) and "box" in text


# ps, stop, rm.

def test_ps_has_dockers_columns(davit, busybox):
    started(davit, "--name", "web", busybox, "sleep", "600")

    header, row = davit("ps").lines

    assert re.split(r" {2,}", header) == ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]
    cells = re.split(r" {2,}", row)
    assert re.fullmatch(r"[0-9a-f]{12}", cells[0]) and cells[1:3] == [busybox, '"sleep 600"']
    assert cells[3].endswith(" ago") and re.fullmatch(r"Up .*second.*", cells[4]) and cells[-1] == "web"
    assert davit("ps", "-q").lines == [cells[0]]


def test_ps_a_shows_those_that_ended(davit, busybox):
    davit("run", "--network", "none", "--name", "done", busybox, "sh", "-c", "exit 3", code=3)
    assert davit("ps", "-q").lines == []
    assert re.search(r"   Exited \(3\) .* ago +done$", davit("ps", "-a").lines[1])
    assert len(davit("ps", "-a", "-q").lines) == 1


def test_rm_option_leaves_nothing(davit, run):
    run("true")
    run("nosuch", code=127)
    assert davit("ps", "-a", "-q").lines == []


def test_name_is_made_up_when_not_given(davit, busybox):
    davit("run", "--network", "none", busybox, "true")
    assert re.search(r" [a-z]+_[a-z]+\d?$", davit("ps", "-a").lines[1])


def test_name_that_is_taken(davit, busybox):
    davit("run", "--network", "none", "--name", "web", busybox, "true")
    failed = davit("run", "--network", "none", "--name", "web", busybox, "true", code=125)
    assert re.match(r'davit: Error response from daemon: Conflict\. The container name "/web" is already in use by container "[0-9a-f]{64}"\. You have to remove '
                    r"\(or rename\) that container to be able to reuse that name\.\n", failed.stderr)


def test_stop_ends_the_container_and_its_run(davit, busybox):
    process = started(davit, "--name", "web", busybox, "sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.1; done")

    assert davit("stop", "web").stdout == "web\n"

    assert process.wait(10) == 5
    assert davit("ps", "-q").lines == []
    assert davit("stop", "web").stdout == "web\n"


def test_stop_kills_what_does_not_listen(davit, busybox):
    process = started(davit, "--name", "web", busybox, "sleep", "600")
    davit("stop", "web", timeout=30)
    assert process.wait(10) == 137


def test_rm(davit, busybox):
    davit("run", "--network", "none", "--name", "web", busybox, "true")
    assert davit("rm", "web").stdout == "web\n"
    assert davit("ps", "-a", "-q").lines == []


def test_rm_of_a_running_container_needs_force(davit, busybox):
    process = started(davit, "--name", "web", busybox, "sleep", "600")

    failed = davit("rm", "web", code=1)

    assert re.fullmatch(r"Error response from daemon: You cannot remove a running container [0-9a-f]{64}\. Stop the container before attempting removal or force "
                        r"remove\n", failed.stderr)
    assert davit("rm", "-f", "web").stdout == "web\n"
    process.wait(10)
    assert davit("ps", "-a", "-q").lines == []


def test_rm_by_short_id_and_several(davit, busybox):
    for _ in range(2):
        davit("run", "--network", "none", busybox, "true")
    ids = davit("ps", "-a", "-q").lines
    failed = davit("rm", ids[0], "nosuch", ids[1][:6], code=1)
    assert failed.lines == [ids[0], ids[1][:6]]
    assert failed.stderr == "Error response from daemon: No such container: nosuch\n"


@pytest.mark.parametrize("command, code", [(["stop", "nosuch"], 1), (["rm", "nosuch"], 1), (["rm", "-f", "nosuch"], 0)])
def test_unknown_container(davit, command, code):
    assert davit(*command, code=code).stderr == "Error response from daemon: No such container: nosuch\n"


def test_many_at_once(davit, busybox):
    processes = [davit.start("run", "--rm", "--network", "none", busybox, "echo", str(n)) for n in range(8)]
    assert [process.communicate(timeout=60)[0] for process in processes] == [f"{n}\n".encode() for n in range(8)]
    assert all(process.returncode == 0 for process in processes)
    assert davit("ps", "-a", "-q").lines == []


def test_nothing_stays_mounted(davit, run):
    run("true")
    with open("/proc/self/mountinfo") as mounts:
        assert not [line for line in mounts if "/containers/" in line and str(davit.root) in line]


def test_container_survives_the_death_of_its_run(davit, busybox):
    """conmon is its parent: a killed davit leaves it running, and ps, stop and rm know it."""
    process = started(davit, "--name", "web", busybox, "sh", "-c", "trap 'exit 5' TERM; while :; do sleep 0.1; done")
    process.kill()
    process.wait()
    assert len(davit("ps", "-q").lines) == 1
    davit("stop", "web")
    assert "Exited (5)" in davit("ps", "-a").stdout


@pytest.mark.parametrize("runtime", ["crun", "runc"])
def test_both_runtimes(davit, busybox, folder, runtime):
    (folder / "davit.toml").write_text(f'runtime = "{runtime}"\n')
    configured = ["--config", folder / "davit.toml"]

    result = davit(*configured, "run", "--rm", "--network", "none", busybox, "echo", "hello", code=None)

    if "hybrid mode not supported" in result.stderr:
        pytest.skip(f"{runtime} refuses this host: {result.stderr.strip()}")
    assert (result.code, result.stdout) == (0, "hello\n"), result
    assert any(runtime in line for line in davit(*configured, "info").lines if "Runtime" in line)
