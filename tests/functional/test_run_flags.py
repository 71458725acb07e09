"""The flags of `run` and `create`: docker 28's, each of them there; bad values in docker's words; what is refused by name."""

import re
import subprocess
from pathlib import Path

import pytest

RECORDED = Path(__file__).resolve().parents[1] / "repository"
COMMANDS = ["run", "create"]

# Flags that davit has not, with a value that docker would take; and why, in a word of the message.
REFUSED = {
    "cpu-count": ("1", "Windows"), "cpu-percent": ("1", "Windows"), "io-maxbandwidth": ("1", "Windows"), "io-maxiops": ("1", "Windows"),
    "link-local-ip": ("169.254.1.1", "address"),
    "health-cmd": ("true", "health"), "health-interval": ("1s", "health"), "health-retries": ("1", "health"), "health-start-interval": ("1s", "health"),
    "health-start-period": ("1s", "health"), "health-timeout": ("1s", "health"), "no-healthcheck": (None, "health"),
    "gpus": ("all", "GPUs"), "kernel-memory": ("100m", "kernels"), "storage-opt": ("size=1g", "layer driver"), "use-api-socket": (None, "daemon"),
}

# Values that docker 28 refuses, most of them before any daemon hears of them.
BAD = [
    ("--memory", "5x", "invalid argument \"5x\" for \"-m, --memory\" flag: invalid suffix: 'x'"),
    ("--shm-size", "-1", "invalid argument \"-1\" for \"--shm-size\" flag: invalid size: '-1'"),
    ("--memory-swap", "-2", "invalid argument \"-2\" for \"--memory-swap\" flag: invalid size: '-2'"),
    ("--memory-swappiness", "101", "invalid value: 101. Valid memory swappiness range is 0-100"),
    ("--cpus", "1.23456789012", "invalid argument \"1.23456789012\" for \"--cpus\" flag: value is too precise"),
    ("--cpu-shares", "99999999999999999999", "invalid argument \"99999999999999999999\" for \"-c, --cpu-shares\" flag: strconv.ParseInt: parsing "
                                             "\"99999999999999999999\": value out of range"),
    ("--blkio-weight", "70000", "invalid argument \"70000\" for \"--blkio-weight\" flag: strconv.ParseUint: parsing \"70000\": value out of range"),
    ("--ulimit", "nofile=9:3", "invalid argument \"nofile=9:3\" for \"--ulimit\" flag: ulimit soft limit must be less than or equal to hard limit: 9 > 3"),
    ("--attach", "x", "invalid argument \"x\" for \"-a, --attach\" flag: valid streams are STDIN, STDOUT and STDERR"),
    ("--env", "=x", "invalid argument \"=x\" for \"-e, --env\" flag: invalid environment variable: =x"),
    ("--label", "", "invalid argument \"\" for \"-l, --label\" flag: invalid label '': empty name"),
    ("--sysctl", "kernel.panic=1", "invalid argument \"kernel.panic=1\" for \"--sysctl\" flag: sysctl 'kernel.panic=1' is not allowed"),
    ("--add-host", "x:abc", "invalid argument \"x:abc\" for \"--add-host\" flag: invalid IP address in add-host: \"abc\""),
    ("--dns", "x", "invalid argument \"x\" for \"--dns\" flag: IP address is not correctly formatted: x"),
    ("--dns-search", "a b", "invalid argument \"a b\" for \"--dns-search\" flag: a b is not a valid domain"),
    ("--device-cgroup-rule", "x", "invalid argument \"x\" for \"--device-cgroup-rule\" flag: invalid device cgroup format 'x'"),
    ("--device-read-bps", "x:1", "invalid argument \"x:1\" for \"--device-read-bps\" flag: bad format for device path: x:1"),
    ("--mount", "x", "invalid argument \"x\" for \"--mount\" flag: invalid field 'x' must be a key=value pair"),
    ("--mount", 'type=bind,"src=/etc,dst=/x', 'invalid argument "type=bind,\\"src=/etc,dst=/x" for "--mount" flag: parse error on line 1, column 27: '
                                              'extraneous or missing " in quoted-field'),
    ("--volume", "", "invalid empty volume spec"),
    ("--volume", "/tmp:", "invalid spec: /tmp:: empty section between colons"),
    ("--pid", "x", "--pid: invalid PID mode"),
    ("--uts", "x", "--uts: invalid UTS mode"),
    ("--userns", "private", "--userns: invalid USER mode"),
    ("--cgroupns", "x", "--cgroupns: invalid CGROUP mode"),
    ("--security-opt", "x", "Invalid --security-opt: \"x\""),
    ("--security-opt", "seccomp=/nonexist", "opening seccomp profile (/nonexist) failed: open /nonexist: no such file or directory"),
    ("--env-file", "/nonexist", "open /nonexist: no such file or directory"),
    ("--label-file", "/nonexist", "open /nonexist: no such file or directory"),
    ("--pull", "x", "invalid pull option: 'x': must be one of \"always\", \"missing\" or \"never\""),
    ("--network", "", "no name set for network"),
]

# What docker's daemon refuses.
BAD_FOR_THE_DAEMON = [
    (["--memory", "1m"], "Minimum memory limit allowed is 6MB"),
    (["--cpus", "9999"], r"Range of CPUs is from 0.01 to \d+.00, as there are only \d+ CPUs available"),
    (["--cap-add", "bad"], 'invalid CapAdd: unknown capability: "CAP_BAD"'),
    (["--cap-drop", "bad"], 'invalid CapDrop: unknown capability: "CAP_BAD"'),
    (["--security-opt", "bad=x"], 'invalid --security-opt 2: "bad=x"'),
    (["--security-opt", "no-new-privileges:maybe"], 'invalid --security-opt 2: "no-new-privileges:maybe"'),
    (["--ipc", "bad"], "Invalid IPC mode: bad"),
    (["--ipc", "container:nosuch"], "No such container: nosuch"),
    (["--pid", "container:nosuch"], "No such container: nosuch"),
    (["--isolation", "hyperv"], 'Invalid isolation: "hyperv" - linux only supports \'default\''),
    (["--runtime", "nosuch"], "Unknown runtime specified nosuch"),
    (["--oom-score-adj", "2000"], r"Invalid value 2000, range for oom score adj is \[-1000, 1000\]"),
    (["--uts", "host", "-h", "name"], "conflicting options: hostname and the UTS mode"),
    (["--stop-signal", "NOSUCH"], "Invalid signal: NOSUCH"),
    (["--workdir", "relative"], "the working directory 'relative' is invalid, it needs to be an absolute path"),
    (["--device", "/dev/nosuch"], 'error gathering device information while adding custom device "/dev/nosuch": no such file or directory'),
    (["--device-write-bps", "/dev/nosuch:1m"], "stat /dev/nosuch: no such file or directory"),
    (["--log-driver", "bad"], 'error looking up logging plugin bad: plugin "bad" not found'),
    (["--log-opt", "bad=x"], "unknown log opt 'bad' for json-file log driver"),
    (["-v", "/a:/b:bad"], "invalid mode: bad"),
    (["-v", "/tmp:/x", "-v", "/etc:/x"], "Duplicate mount point: /x"),
    (["--mount", "type=bad,dst=/x"], 'invalid mount config for type "bad": mount type unknown'),
    (["--mount", "type=bind,src=/nosuch,dst=/x"], 'invalid mount config for type "bind": bind source path does not exist: /nosuch'),
    (["--tmpfs", "relative"], "invalid mount path: 'relative' mount path must be absolute"),
    (["--tmpfs", "/x:bad"], r'invalid tmpfs option \["bad"\]'),
    (["--volumes-from", "nosuch"], "No such container: nosuch"),
    (["--volumes-from", "c1:bad"], "invalid mode: bad"),
    (["--volume-driver", "nosuch"], 'error looking up volume plugin nosuch: plugin "nosuch" not found'),
    (["--network", "nosuch"], "network nosuch not found"),
]

# Davit's own refusals of values, each with its reason.
NOT_SUPPORTED = [
    (["--restart", "always"], "--restart always is not supported: restart policies come in a later version"),
    (["--disable-content-trust=false"], "--disable-content-trust=false is not supported: there is no notary to ask"),
    (["--log-driver", "syslog"], "--log-driver syslog is not supported: use json-file, local or none"),
    (["--log-opt", "max-size=5m"], "--log-opt max-size=5m is not supported: log rotation comes in a later version"),
    (["--security-opt", "label=type:x"], "--security-opt label=type:x: SELinux is not supported, but for label=disable"),
    (["--device", "vendor.com/class=x"], "CDI devices are not supported: vendor.com/class=x"),
]


def recorded(command):
    return (RECORDED / f"docker-28-{command}-help.txt").read_text()


def flags_of(help_text):
    return re.findall(r"^  .{4}--([a-z0-9-]+)", help_text, re.MULTILINE)


def refusal(result, command):
    """The line that says why, without what docker puts before and after it."""
    lines = result.stderr.splitlines()
    assert result.stdout == "" and lines, result.stderr
    return lines[0].removeprefix("davit: ").removeprefix("Error response from daemon: ")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_dockers(davit, command):
    wanted = recorded(command).replace(f"docker {command}", f"davit {command}").replace("docker container", "davit container")
    wanted = re.sub(r"^ +--help +Print usage\n", "", wanted, flags=re.MULTILINE)
    assert davit(command, "--help").stdout == wanted


@pytest.mark.parametrize("command", COMMANDS)
def test_docker_28_has_no_other_flags(docker_28, command):
    assert subprocess.run(["docker", command, "--help"], capture_output=True, text=True).stdout == recorded(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_that_is_not_refused_has_a_row(command):
    page = (Path(__file__).resolve().parents[2] / "docs/coverage/containers-flags.md").read_text()
    rows = re.findall(r"^\| `(?:-\w, )?--([a-z0-9-]+)", page, re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(flags_of(recorded(command))) - {"help"} <= set(rows)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", REFUSED)
def test_what_davit_has_not_is_refused_by_name(davit, command, flag):
    value, reason = REFUSED[flag]
    failed = davit(command, f"--{flag}" + (f"={value}" if value else ""), "nosuch", code=125)
    assert re.match(f"davit: --{flag} is not supported: .*{reason}", failed.stderr), failed.stderr
    assert failed.stderr.endswith(f"\n\nRun 'davit {command} --help' for more information\n")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("options, words", NOT_SUPPORTED, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_values_that_davit_has_not_are_refused_by_name(davit, command, options, words):
    assert refusal(davit(command, "--pull", "never", *options, "nosuch", code=None), command) == words


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag, value, words", BAD, ids=lambda value: value[:40])
def test_bad_values_are_refused_in_dockers_words(davit, command, flag, value, words):
    failed = davit(command, f"{flag}={value}", "nosuch", code=125)
    assert refusal(failed, command) == words
    assert failed.stderr.endswith(f"Run 'davit {command} --help' for more information\n")


@pytest.mark.parametrize("flag, value, words", BAD, ids=lambda value: value[:40])
def test_docker_28_refuses_them_so(docker_28, flag, value, words):
    """Without a daemon: its client refuses them itself."""
    failed = subprocess.run(["docker", "-H", "unix:///nonexistent.sock", "run", f"{flag}={value}", "nosuch"], capture_output=True, text=True)
    assert (failed.returncode, failed.stderr.splitlines()[0].removeprefix("docker: ")) == (125, words)


@pytest.mark.parametrize("options, words", BAD_FOR_THE_DAEMON, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_what_dockers_daemon_refuses(davit, options, words):
    """Before the image is looked for, so that nothing is pulled or made."""
    created = davit("create", *options, "nosuch", code=1)
    assert re.fullmatch("Error response from daemon: " + words, created.stderr.rstrip("\n"))
    run = davit("run", *options, "nosuch", code=127 if "no such file" in words else 125)  # docker's client goes by the words
    assert run.stderr == f"davit: {created.stderr}\nRun 'davit run --help' for more information\n"


@pytest.mark.parametrize("options", [["--restart", "no"], ["--restart", ""], ["--disable-content-trust"], ["--publish-all=false"], ["--volume-driver", "local"],
                                     ["--isolation", "default"], ["--security-opt", "label=disable"], ["--net", "none"]])
def test_values_that_change_nothing_are_taken(davit, options):
    assert davit("create", "--pull", "never", *options, "nosuch", code=1).stderr.endswith("No such image: nosuch:latest\n")


def test_numbers_are_read_as_go_reads_them(davit):
    for number in ("0x10", "0b1", "1_000", "017"):
        assert "No such image" in davit("create", "--pull", "never", "--pids-limit", number, "nosuch", code=1).stderr


# What the flags do in a container.

@pytest.fixture
def busybox(davit, registry):
    reference = registry.push_busybox("team/flags:1.0.0")
    davit("pull", "-q", reference)
    return reference


@pytest.fixture
def run(davit, busybox):
    def call(*arguments, options=(), **more):
        return davit("run", "--rm", "--network", "none", *options, busybox, *arguments, **more)
    return call


def test_environment(run, folder):
    (folder / "env").write_text("A=file\n#x\nE=\nF=a b\n  G=1\nNOT_THERE\n")
    lines = run("env", options=["--env-file", folder / "env", "-e", "A=flag", "-e", "NOT_HERE", "-h", "h"]).lines
    assert lines == ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=h", "A=flag", "E=", "F=a b", "G=1", "HOME=/root"]


def test_a_variable_by_its_name_comes_from_our_environment_or_goes(run):
    assert "FROM_OUTSIDE=1" in run("env", options=["-e", "FROM_OUTSIDE"], env={"FROM_OUTSIDE": "1"}).lines
    assert not [line for line in run("/bin/env", options=["-e", "HOSTNAME"]).lines if line.startswith("HOSTNAME")]


def test_hosts_file(run):
    assert run("cat", "/etc/hosts", options=["--add-host", "a:1.2.3.4", "--add-host", "b=[::1]"]).lines[-2:] == ["1.2.3.4\ta", "::1\tb"]


def test_resolv_conf(run):
    options = ["--dns", "1.1.1.1", "--dns-search", "example.org", "--dns-option", "ndots:3"]
    assert run("cat", "/etc/resolv.conf", options=options).lines == ["search example.org", "nameserver 1.1.1.1", "options ndots:3"]


def test_process(run):
    assert run("pwd", options=["-w", "/tmp"]).stdout == "/tmp\n"
    assert run("pwd", options=["-w", "/made/by/us", "--read-only"]).stdout == "/made/by/us\n"
    assert "Error response from daemon: Cannot mkdir: /bin/busybox is not a directory\n" in run("pwd", options=["-w", "/bin/busybox"], code=125).stderr
    assert run("id", "-u", options=["-u", "7:8"]).stdout == "7\n"
    assert run("/tmp", options=["--entrypoint", "ls", "-w", "/"]).code == 0
    assert run("hostname", options=["-h", "name"]).stdout == "name\n"


def test_id_file(davit, busybox, folder):
    created = davit("create", "--cidfile", folder / "id", busybox, "true")
    assert (folder / "id").read_text() == created.stdout.strip()
    found = davit("create", "--cidfile", folder / "id", busybox, code=1)
    assert found.stderr == f"container ID file found, make sure the other container isn't running or delete {folder / 'id'}\n"
    missing = davit("create", "--cidfile", folder / "no" / "id", busybox, code=1)
    assert missing.stderr == f"failed to create the container ID file: open {folder / 'no' / 'id'}: no such file or directory\n"
    davit("create", "--cidfile", folder / "gone", "--memory", "1m", busybox, code=1)
    assert not (folder / "gone").exists()


def test_streams_that_exclude_each_other(davit):
    assert davit("run", "-d", "-a", "stdout", "x", code=1).stderr == "conflicting options: cannot specify both --attach and --detach\n"
    assert davit("run", "-i", "-t", "x", code=1, stdin=b"").stderr == "the input device is not a TTY\n"
    assert davit("create", "--rm", "--restart", "always", "x", code=125).stderr.startswith("davit: conflicting options: cannot specify both --restart and --rm\n")


@pytest.mark.parametrize("flag", ["--detach", "--detach-keys=ctrl-a", "--sig-proxy=false"])
def test_flags_of_run_alone(davit, flag):
    assert davit("create", flag, "x", code=125).stderr.startswith(f"unknown flag: {flag.partition('=')[0]}\n")
    assert "No such image" in davit("run", "--pull", "never", flag, "nosuch", code=125).stderr
