"""Capabilities, --privileged, --security-opt, --read-only, --sysctl, --group-add, --user, --init."""

import os

import pytest


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
    """What docker would say, without what it puts before its daemon's words."""
    return result.stderr.splitlines()[0].removeprefix("davit: ").removeprefix("Error response from daemon: ")


def capabilities():
    """Those of this process: no container gets more."""
    return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")), 16)


DEFAULT = 0xa80425fb


@pytest.mark.parametrize("options, expected", [
    ([], DEFAULT),
    (["--cap-add", "net_admin"], DEFAULT | 1 << 12),
    (["--cap-add", "CAP_NET_ADMIN", "--cap-drop", "all"], 1 << 12),
    (["--cap-drop", "ALL"], 0),
    (["--cap-drop", "NET_RAW"], DEFAULT & ~(1 << 13)),
    (["--cap-add", "all"], -1),
    (["--cap-add", "ALL", "--cap-drop", "SYS_ADMIN"], ~(1 << 21)),
    (["--privileged"], -1),
])
def test_capabilities(run, options, expected):
    found = int(run(options, "grep CapEff /proc/self/status").stdout.split()[1], 16)
    assert found == expected & capabilities()


@pytest.mark.parametrize("options, message", [
    (["--cap-add", "NOSUCH"], 'invalid CapAdd: unknown capability: "CAP_NOSUCH"'),
    (["--cap-drop", "NOSUCH"], 'invalid CapDrop: unknown capability: "CAP_NOSUCH"'),
    (["--security-opt", "nosuch"], 'Invalid --security-opt: "nosuch"'),
    (["--security-opt", "nosuch=1"], 'invalid --security-opt 2: "nosuch=1"'),
    (["--security-opt", "no-new-privileges=x"], 'invalid --security-opt 2: "no-new-privileges=x"'),
    (["--security-opt", "systempaths=x"], 'invalid --security-opt 2: "systempaths=x"'),
    (["--security-opt", "seccomp=/nosuch"], "opening seccomp profile (/nosuch) failed: open /nosuch: no such file or directory"),
    (["--group-add", "-5"], "uids and gids must be in range 0-2147483647"),
    (["--group-add", "nosuch"], "Unable to find group nosuch: no matching entries in group file"),
    (["--runtime", "nosuch"], "Unknown runtime specified nosuch"),
])
def test_wrong_values_are_refused_in_dockers_words(davit, image, options, message):
    assert words(davit("run", "--rm", "--network", "none", *options, image, "true", code=125)) == message
    assert davit("ps", "-a", "-q").lines == []


@pytest.mark.parametrize("profile, message", [
    ('{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"a","names":["b"],"action":"SCMP_ACT_ERRNO"}]}',
     "'name' and 'names' were specified in the seccomp profile, use either 'name' or 'names'"),
    ('{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"archMap":[{"architecture":"SCMP_ARCH_X86_64"}]}',
     "'architectures' and 'archMap' were specified in the seccomp profile, use either 'architectures' or 'archMap'"),
])
def test_bad_seccomp_profile_is_refused_in_dockers_words(davit, image, folder, profile, message):
    (folder / "bad.json").write_text(profile)
    result = davit("run", "--rm", "--network", "none", "--security-opt", f"seccomp={folder}/bad.json", image, "true", code=125)
    assert words(result) == message


def test_security_options_reach_the_process(run):
    status = "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status | cut -f 2 | tr '\\n' ' '"
    assert run([], status).stdout == "0 2 "
    assert run(["--security-opt", "no-new-privileges"], status).stdout == "1 2 "
    assert run(["--security-opt", "no-new-privileges:false"], status).stdout == "0 2 "
    assert run(["--security-opt", "seccomp=unconfined"], status).stdout == "0 0 "
    assert run(["--security-opt", "seccomp=builtin"], status).stdout == "0 2 "
    assert run(["--security-opt", "label=disable"], status).stdout == "0 2 "
    assert run(["--privileged"], status).stdout == "0 0 "


def test_paths_are_masked_unless_asked_for(run):
    count = "mount | grep -c ' on /proc/'"
    assert int(run([], count).stdout) > 5
    assert run(["--security-opt", "systempaths=unconfined"], f"{count} || true").stdout == "0\n"
    assert run([], "(echo 1 >/proc/sys/kernel/msgmax) 2>/dev/null || echo no").stdout == "no\n"


def test_privileged_has_devices_and_a_writable_sys(run):
    result = run(["--privileged"], "ls /dev/loop-control; mount | grep ' /sys ' | grep -o '(rw'; mount -t tmpfs t /mnt 2>/dev/null || mount -t tmpfs t /tmp; echo $?")
    assert result.stdout == "/dev/loop-control\n(rw\n0\n"
    assert run([], "ls /dev/loop-control 2>/dev/null || echo none").stdout == "none\n"


@pytest.mark.skipif(capabilities() >> 24 & 1, reason="CAP_SYS_RESOURCE is here")
@pytest.mark.parametrize("options, message", [
    (["--ulimit", "nofile=1000000:2000000"], "--ulimit nofile=1000000:2000000: davit's own hard limit is "),
    (["--oom-score-adj", "-1000"], "--oom-score-adj -1000: davit's own is "),
    (["--cap-add", "SYS_RESOURCE"], "--cap-add CAP_SYS_RESOURCE: davit does not have this capability here itself"),
])
def test_what_davit_may_not_do_is_refused_naming_flag_and_cause(davit, image, options, message):
    result = davit("run", "--rm", "--network", "none", *options, image, "true", code=125)
    assert words(result).startswith(message)
    assert davit("ps", "-a", "-q").lines == []


@pytest.mark.skipif(os.path.exists("/sys/module/apparmor/parameters/enabled"), reason="AppArmor is here")
def test_apparmor_profile_without_apparmor_is_refused(davit, image):
    result = davit("run", "--rm", "--network", "none", "--security-opt", "apparmor=mine", image, "true", code=125)
    assert words(result) == "--security-opt apparmor=mine: AppArmor is not enabled on this host"
    davit("run", "--rm", "--network", "none", "--security-opt", "apparmor=unconfined", image, "true")


def test_read_only_root(run):
    result = run(["--read-only"], "touch /x 2>/dev/null || echo no; touch /etc/hosts 2>/dev/null || echo no; touch /dev/shm/x && echo yes")
    assert result.stdout == "no\nno\nyes\n"


def test_sysctls(davit, image, run):
    assert run(["--sysctl", "kernel.msgmax=100"], "cat /proc/sys/kernel/msgmax").stdout == "100\n"
    assert run(["--sysctl", "net.ipv4.ip_forward=1"], "cat /proc/sys/net/ipv4/ip_forward").stdout == "1\n"
    failed = davit("run", "--rm", "--network", "none", "--ipc", "host", "--sysctl", "kernel.msgmax=100", image, "true", code=125)
    assert 'sysctl "kernel.msgmax" is not allowed in the hosts ipc namespace' in failed.stderr or "requires a new IPC namespace" in failed.stderr


def test_groups_are_added(run):
    assert run(["--group-add", "1234"], "id -G").stdout.split() == run([], "id -G").stdout.split() + ["1234"]


def test_init_is_process_one(run):
    assert run(["--init"], "head -c 17 /proc/1/cmdline").stdout == "/sbin/docker-init"
    # An init reaps what others leave behind.
    assert run(["--init"], "(sleep 0 &) ; exit 7", code=7).code == 7
    assert "docker-init" not in run(["--init", "--pid", "host"], "head -c 17 /proc/1/cmdline").stdout
