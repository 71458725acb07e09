"""What a container may take of the machine: --memory, --cpus, --pids-limit, --ulimit, --device and the like."""

import contextlib
import os
import subprocess

import pytest

GROUPS = "/sys/fs/cgroup"


@pytest.fixture
def image(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    davit("pull", "-q", reference)
    return reference


@pytest.fixture
def run(davit, image):
    """run(OPTIONS, COMMAND): a container that is removed when it ends."""
    def call(options, command, code=0):
        return davit("run", "--rm", "--network", "none", *options.split(), image, "sh", "-c", command, code=code)
    return call


@pytest.fixture
def refused(davit, image):
    """refused(OPTIONS): what davit says, after the words that docker puts before it; nothing is made."""
    def call(*options):
        result = davit("run", "--network", "none", *options, image, "true", code=125)
        assert davit("ps", "-a", "-q").lines == []
        return result.stderr.splitlines()[0].removeprefix("davit: ").removeprefix("Error response from daemon: ")
    return call


def cgroup(controller, file):
    """The words with which a container prints a file of its control group."""
    return f"cat {GROUPS}/{controller}/{file}"


needs_v1 = pytest.mark.skipif(not os.path.isdir(f"{GROUPS}/memory"), reason="cgroup v1 is not here")


@needs_v1
@pytest.mark.parametrize("options, command, expected", [
    ("-m 64m", cgroup("memory", "memory.limit_in_bytes"), "67108864"),
    ("-m 64m", cgroup("memory", "memory.memsw.limit_in_bytes"), "134217728"),
    ("-m 64m --memory-swap 100m", cgroup("memory", "memory.memsw.limit_in_bytes"), "104857600"),
    ("-m 64m --memory-reservation 32m", cgroup("memory", "memory.soft_limit_in_bytes"), "33554432"),
    ("--memory-swappiness 10", cgroup("memory", "memory.swappiness"), "10"),
    ("-m 64m --oom-kill-disable", f"grep oom_kill_disable {GROUPS}/memory/memory.oom_control", "oom_kill_disable 1"),
    ("--cpus 0.5", cgroup("cpu", "cpu.cfs_quota_us"), "50000"),
    ("--cpu-quota 20000 --cpu-period 50000", cgroup("cpu", "cpu.cfs_quota_us"), "20000"),
    ("--cpu-quota 20000 --cpu-period 50000", cgroup("cpu", "cpu.cfs_period_us"), "50000"),
    ("--cpu-shares 512", cgroup("cpu", "cpu.shares"), "512"),
    ("--cpuset-cpus 0", cgroup("cpuset", "cpuset.cpus"), "0"),
    ("--cpuset-mems 0", cgroup("cpuset", "cpuset.mems"), "0"),
    ("--pids-limit 20", cgroup("pids", "pids.max"), "20"),
    ("--pids-limit -1", cgroup("pids", "pids.max"), "max"),
    ("--pids-limit 0", cgroup("pids", "pids.max"), "max"),
    ("--ulimit nofile=100:200", "ulimit -n; ulimit -Hn", "100\n200"),
    ("--ulimit core=0", "ulimit -c", "0"),
    ("--oom-score-adj 500", "cat /proc/self/oom_score_adj", "500"),
    ("--shm-size 1m", "stat -f -c %b /dev/shm", "256"),
    ("--shm-size 0", "stat -f -c %b /dev/shm", "16384"),
    ("--device /dev/kmsg:/dev/here:r", "stat -c '%n %t:%T' /dev/here; (echo >/dev/here) 2>/dev/null || echo no", "/dev/here 1:b\nno"),
    ("--device /dev/net", "ls /dev/net", "tun"),
])
def test_limits_reach_the_kernel(run, options, command, expected):
    assert run(options, command).stdout.strip() == expected


@needs_v1
def test_device_rule_is_added(davit, image):
    rules = davit("run", "--rm", "--network", "none", "--device-cgroup-rule", "c 42:* rm", image, "cat", f"{GROUPS}/devices/devices.list").lines
    assert "c 42:* rm" in rules
    assert "c 1:3 rwm" in rules
    assert "a *:* rwm" not in rules


@needs_v1
def test_device_rates_are_set_or_dropped_with_dockers_warning(davit, image):
    disk = next(line.split()[3] for line in open("/proc/partitions") if line.split()[:1] not in ([], ["major"]) and os.path.exists("/sys/block/" + line.split()[3]))
    number = ":".join(line.split()[i] for line in open("/proc/partitions") if line.split()[3:] == [disk] for i in (0, 1))
    result = davit("run", "--rm", "--network", "none", "--device-read-bps", f"/dev/{disk}:1mb", image, "cat",
                   f"{GROUPS}/blkio/blkio.throttle.read_bps_device")
    assert result.stdout == f"{number} 1048576\n"


@pytest.mark.parametrize("options, words", [
    (["-m", "1m"], "Minimum memory limit allowed is 6MB"),
    (["-m", "64m", "--memory-swap", "32m"], "Minimum memoryswap limit should be larger than memory limit, see usage"),
    (["--memory-swap", "32m"], "You should always set the Memory limit when using Memoryswap limit, see usage"),
    (["--memory-reservation", "1m"], "Minimum memory reservation allowed is 6MB"),
    (["-m", "64m", "--memory-reservation", "100m"], "Minimum memory limit can not be less than memory reservation limit, see usage"),
    (["--cpus", "1", "--cpu-period", "10000"], "Conflicting options: Nano CPUs and CPU Period cannot both be set"),
    (["--cpus", "1", "--cpu-quota", "10000"], "Conflicting options: Nano CPUs and CPU Quota cannot both be set"),
    (["--cpu-period", "10"], "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"),
    (["--cpu-quota", "10"], "CPU cfs quota can not be less than 1ms (i.e. 1000)"),
    (["--cpuset-cpus", "a"], "Invalid value a for cpuset cpus: invalid format: a"),
    (["--oom-score-adj", "-1500"], "Invalid value -1500, range for oom score adj is [-1000, 1000]"),
])
def test_wrong_values_are_refused_in_dockers_words(refused, options, words):
    assert refused(*options) == words


def test_more_cpus_than_there_are_are_refused(refused):
    count = os.cpu_count()
    assert refused("--cpus", str(count + 62)) == f"Range of CPUs is from 0.01 to {count}.00, as there are only {count} CPUs available"
    assert refused("--cpuset-cpus", f"0-{count + 7}").startswith(f"Requested CPUs are not available - requested 0-{count + 7}, available: ")


def test_warnings_are_dockers(davit, image):
    result = davit("run", "--rm", "--network", "none", "--oom-kill-disable", image, "true")
    assert result.stderr == ("WARNING: OOM killer is disabled for the container, but no memory limit is set, "
                             "this can result in the system running out of resources.\n")


@pytest.mark.skipif(os.path.exists(f"{GROUPS}/blkio/blkio.weight"), reason="this kernel has blkio weights")
def test_weights_that_the_kernel_does_not_have_are_dropped_with_dockers_warning(davit, image):
    result = davit("run", "--rm", "--network", "none", "--blkio-weight", "500", "--blkio-weight-device", "/dev/zero:500", image, "true")
    assert result.stderr == (
        "WARNING: Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.\n"
        "WARNING: Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.\n")


def test_devices_that_are_none_are_refused(davit, image):
    def words(device):
        result = davit("run", "--rm", "--network", "none", "--device", device, image, "true", code=None)
        assert result.code != 0
        return result.stderr.splitlines()[0].removeprefix("davit: Error response from daemon: ")
    assert words("/dev/nosuch") == 'error gathering device information while adding custom device "/dev/nosuch": no such file or directory'
    assert words("/etc") == 'error gathering device information while adding custom device "/etc": not a device node'


def test_oom_kill_is_told(davit, image):
    davit("run", "--name", "hungry", "--network", "none", "-m", "16m", image, "sh", "-c",
          "dd if=/dev/zero of=/dev/null bs=64M count=1; exit 3", code=None)
    assert davit("inspect", "--format", "{{.State.OOMKilled}}", "hungry").stdout == "true\n"
    davit("run", "--name", "modest", "--network", "none", "-m", "16m", image, "true")
    assert davit("inspect", "--format", "{{.State.OOMKilled}}", "modest").stdout == "false\n"
    davit("rm", "hungry", "modest")


def test_end_of_the_callers_control_group_ends_no_container(davit, image):
    """As when a session's scope is stopped: everything in the group is killed."""
    group = f"{GROUPS}/memory/caller-{os.getpid()}"
    if not os.path.isdir(f"{GROUPS}/memory"):
        group = f"{GROUPS}/caller-{os.getpid()}"
    os.mkdir(group)
    try:
        command = davit.command("run", "-d", "--network", "none", image, "sleep", "600")
        script = f'echo $$ > {group}/cgroup.procs; "$@"; sleep 600'
        process = subprocess.Popen(["sh", "-c", script, "caller", *command], env=davit.environment, stdout=subprocess.PIPE, text=True)
        container = process.stdout.readline().strip()
        members = [int(line) for line in open(f"{group}/cgroup.procs")]
        assert process.pid in members
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        process.wait()
        process.stdout.close()
        assert davit("inspect", "--format", "{{.State.Running}}", container).stdout == "true\n"
        assert davit("stop", "-t", "0", container).stdout == f"{container}\n"
        assert davit("inspect", "--format", "{{.State.ExitCode}}", container).stdout == "137\n"
    finally:
        for _ in range(100):
            try:
                os.rmdir(group)
                break
            except OSError:
                os.sched_yield()
