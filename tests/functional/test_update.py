"""update: limits changed while a container runs and while it does not; docker's words."""

import json

import pytest
from testing.containers import import_busybox, start, stopped

IDLE = ["sh", "-c", "touch /ready; exec sleep 600"]


@pytest.fixture
def web(davit):
    import_busybox(davit, "box:1")
    return start(davit, "box:1", *IDLE, name="web")


def host_config(davit, name, *members):
    config = json.loads(davit("inspect", "--format", "{{json .HostConfig}}", name).stdout)
    return [config[member] for member in members]


def memory_limit(davit, name):
    return json.loads(davit("stats", "--no-stream", "--format", "json", name).stdout)["MemUsage"].split(" / ")[1]


def test_memory_of_what_runs_is_limited_at_once_and_at_the_next_start(davit, web):
    assert davit("update", "--memory", "64m", "--memory-swap", "64m", "web").stdout == "web\n"
    assert host_config(davit, "web", "Memory", "MemorySwap") == [64 << 20, 64 << 20]
    assert memory_limit(davit, "web") == "64MiB"
    davit("restart", "-t", "0", "web")
    assert memory_limit(davit, "web") == "64MiB"


def test_of_what_does_not_run(davit, web):
    stopped(davit, "box:1", name="e0")
    assert davit("update", "--cpu-shares", "256", "--pids-limit", "20", "e0").stdout == "e0\n"
    assert host_config(davit, "e0", "CpuShares", "PidsLimit") == [256, 20]


def test_each_limit_is_kept_and_what_is_left_open_stays(davit, web):
    for words in (["--cpus", "0.5"], ["-c", "512"], ["--cpuset-cpus", "0"], ["--cpuset-mems", "0"], ["--pids-limit", "50"], ["--memory-reservation", "32m"],
                  ["-m", "64m", "--memory-swap", "128m"], ["--restart", "no"]):
        assert davit("update", *words, "web").stdout == "web\n"
    assert host_config(davit, "web", "NanoCpus", "CpuShares", "CpusetCpus", "CpusetMems", "PidsLimit", "MemoryReservation", "Memory", "MemorySwap") == \
        [500_000_000, 512, "0", "0", 50, 32 << 20, 64 << 20, 128 << 20]


def test_period_quota_and_what_this_kernel_has_not(davit, web):
    davit("update", "--cpu-period", "50000", "--cpu-quota", "20000", "web")
    assert host_config(davit, "web", "CpuPeriod", "CpuQuota") == [50_000, 20_000]
    ended = stopped(davit, "box:1", name="e0")
    for words, member, value in ((["--blkio-weight", "300"], "BlkioWeight", 300), (["--cpu-rt-period", "100000"], "CpuRealtimePeriod", 100_000),
                                 (["--cpu-rt-runtime", "1000"], "CpuRealtimeRuntime", 1000)):
        said = davit("update", *words, ended, code=None)
        if said.code == 0 and "discarded" not in said.stdout:
            assert host_config(davit, ended, member) == [value]
        else:  # named by its own words, and nothing is kept of it
            assert "Your kernel does not support" in said.output and host_config(davit, ended, member) == [0], said


def test_several_of_which_some_are_wrong(davit, web):
    stopped(davit, "box:1", name="e0")
    result = davit("update", "--cpu-shares", "256", "web", "nosuch", "e0", code=1)
    assert (result.stdout, result.stderr) == ("web\ne0\n", "Error response from daemon: No such container: nosuch\n")


@pytest.mark.parametrize("words, said", [
    (["--memory", "1k"], "Minimum memory limit allowed is 6MB"),
    (["--memory", "64m", "--memory-swap", "32m"], "Minimum memoryswap limit should be larger than memory limit, see usage"),
    (["--memory", "64m"], "Cannot update container WEB: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"),
    (["--cpu-quota", "1000", "--cpus", "1"], "Conflicting options: Nano CPUs and CPU Quota cannot both be set"),
    (["--cpu-quota", "10"], "CPU cfs quota can not be less than 1ms (i.e. 1000)"),
    (["--cpuset-cpus", "x"], "Invalid value x for cpuset cpus: invalid format: x"),
])
def test_what_docker_refuses(davit, web, words, said):
    before = host_config(davit, "web", "Memory", "CpuQuota", "CpusetCpus")
    refused = davit("update", *words, "web", code=1)
    assert refused.output == f"Error response from daemon: {said.replace('WEB', web)}\n"
    assert host_config(davit, "web", "Memory", "CpuQuota", "CpusetCpus") == before


def test_limits_that_exclude_each_other(davit, web):
    davit("update", "--cpus", "0.5", "web")
    assert davit("update", "--cpu-quota", "50000", "web", code=1).stderr == \
        f"Error response from daemon: Cannot update container {web}: Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set\n"


@pytest.mark.parametrize("words, said", [
    (["--memory", "bad"], 'invalid argument "bad" for "-m, --memory" flag: invalid size: \'bad\''),
    (["--cpus", "x"], 'invalid argument "x" for "--cpus" flag: failed to parse x as a rational number'),
    (["--nosuch"], "unknown flag: --nosuch"),
])
def test_what_is_a_mistake_of_the_command_line(davit, words, said):
    assert davit("update", *words, "web", code=125).stderr.startswith(said + "\n\nUsage:  davit update [OPTIONS] CONTAINER [CONTAINER...]\n")


def test_without_a_flag_or_a_container(davit, web):
    assert davit("update", "web", code=1).stderr == "you must provide one or more flags when using this command\n"
    assert davit("update", code=1).stderr.startswith("davit: 'davit update' requires at least 1 argument\n")


@pytest.mark.parametrize("words", [["--kernel-memory", "50m"], ["--restart", "always"]], ids=" ".join)
def test_what_davit_has_not_is_refused_by_name(davit, web, words):
    assert words[0] in davit("update", *words, "web", code=1).stderr
