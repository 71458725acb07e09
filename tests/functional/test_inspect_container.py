"""inspect of containers: the whole of docker's JSON. Dockerd 20.10 and davit make containers of the same image by the same words, and show them alike."""

import json
import re

import pytest
from testing import images

CONFIG = {"Env": ["PATH=/bin", "A=image"], "Cmd": ["x"], "Entrypoint": ["sh", "-c"], "User": "5", "WorkingDir": "/w", "Labels": {"of": "image", "both": "image"},
          "StopSignal": "SIGUSR1", "ExposedPorts": {"80/tcp": {}}}

CASES = {
    "nothing": [],
    "streams": ["-i", "-t", "-a", "stdin"],
    "output": ["-a", "stdout"],
    "process": ["-e", "A=1", "-e", "NOT_HERE", "-u", "1:2", "--group-add", "5", "-w", "/a/../b/", "--stop-signal", "USR1", "--stop-timeout", "5", "--init"],
    "names": ["-h", "h", "--domainname", "d", "--add-host", "x:1.2.3.4", "--dns", "1.1.1.1", "--dns-search", "a.b", "--dns-option", "ndots:1", "-l", "both=here", "-l", "c"],
    "memory": ["-m", "100m", "--memory-reservation", "50m", "--memory-swappiness", "5", "--oom-kill-disable", "--oom-score-adj", "5", "--shm-size", "1m"],
    "swap": ["-m", "100m", "--memory-swap", "200m"],
    "cpus": ["--cpus", "1.5", "--cpu-shares", "5", "--cpuset-cpus", "0", "--cpuset-mems", "0", "--pids-limit", "7"],
    "quota": ["--cpu-period", "50000", "--cpu-quota", "25000", "--pids-limit", "-1"],
    "realtime": ["--cpu-rt-period", "1000000", "--cpu-rt-runtime", "5000"],
    "devices": ["--device", "/dev/null:/dev/n:r", "--device", "/dev/zero", "--device-cgroup-rule", "c 1:3 mr", "--device-read-bps", "/dev/null:1mb",
                "--device-write-iops", "/dev/null:5", "--device-read-iops", "/dev/null:6", "--device-write-bps", "/dev/null:1", "--ulimit", "nofile=5:7", "--ulimit", "core=-1"],
    "security": ["--cap-add", "net_admin", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--security-opt", "label=disable",
                 "--security-opt", "seccomp=unconfined", "--read-only", "--sysctl", "net.ipv4.ip_forward=1"],
    "privileged": ["--privileged", "--security-opt", "apparmor=unconfined"],
    "paths": ["--security-opt", "systempaths=unconfined"],
    "namespaces": ["--ipc", "host", "--pid", "host", "--uts", "host", "--cgroupns", "host", "--userns", "host"],
    "shareable": ["--ipc", "shareable", "--cgroup-parent", "/foo"],
    "log": ["--log-driver", "local"],
    "attributes": ["--log-opt", "labels=a", "--log-opt", "tag=x"],
    "binds": ["-v", "/tmp/a:/a:ro,z", "-v", "/tmp/b:/b:rprivate", "--mount", "type=bind,src=/etc,dst=/c,readonly,bind-recursive=disabled,consistency=cached"],
    "volumes": ["--mount", "type=volume,src=vv,dst=/v,volume-nocopy", "--mount", "type=volume,src=ww,dst=/w", "--mount", "type=volume,src=xx,dst=/x,volume-driver=local"],
    "entrypoint": ["--entrypoint", "y"],
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return tmp_path_factory.mktemp("image") / "image.tar"


@pytest.fixture
def both(davit, docker, docker_28, registry, archive):
    """A function that makes a container by both, and gives what each shows of it."""
    reference = registry.push("team/inspected:1", images.busybox(**CONFIG))
    davit("pull", "-q", reference)
    davit("tag", reference, "inspected:1")
    davit("save", "-o", archive, "inspected:1")
    docker("load", "-q", "-i", archive)

    def make(*options):
        shown = []
        for program in (docker, davit):
            created = program("create", "--network", "none", *options, "inspected:1")
            identity = (created if isinstance(created, str) else created.stdout).splitlines()[-1]
            text = program("inspect", identity)
            shown.append(json.loads(text if isinstance(text, str) else text.stdout)[0])
        return shown
    return make


DOCKERS_MASKED_PATHS = {"/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
                        "/proc/scsi", "/sys/firmware"}


def without_names(container):
    """What is the same on each machine and for each container."""
    shown = json.loads(json.dumps(container))
    for name in ("Id", "Created", "Name", "Driver", "GraphDriver"):
        assert shown.pop(name)
    assert shown["HostConfig"].pop("Runtime")
    if shown["HostConfig"]["MaskedPaths"]:  # davit's list has those of later dockers too
        assert DOCKERS_MASKED_PATHS <= set(shown["HostConfig"]["MaskedPaths"])
        shown["HostConfig"]["MaskedPaths"] = "masked"
    if shown["Config"]["Hostname"] == container["Id"][:12]:
        shown["Config"]["Hostname"] = "the ID's"
    for part, key in ((shown["HostConfig"], "Binds"), (shown["Config"], "Env")):
        part[key] = sorted(part[key]) if part[key] else part[key]
    for mount in shown["Mounts"]:
        if mount["Type"] == "volume":
            assert mount.pop("Source")
            mount["Name"] = "anonymous" if re.fullmatch("[0-9a-f]{64}", mount["Name"]) else mount["Name"]
    shown["Mounts"].sort(key=lambda mount: mount["Destination"])
    return shown


NEWER = {"GwPriority", "DNSNames"}  # members that dockerd 20.10 does not know yet


def flat(value, path=""):
    """{".HostConfig.Memory": 0}: what differs is then told by its name."""
    if isinstance(value, dict) and value:
        return {name: one for key, inner in value.items() for name, one in flat(inner, f"{path}.{key}").items()}
    return {path: value}


def key_order(value):
    if isinstance(value, dict):
        return [(key, key_order(inner)) for key, inner in value.items() if key not in NEWER]
    return [key_order(inner) for inner in value] if isinstance(value, list) else None


@pytest.mark.parametrize("case", CASES)
def test_the_same_words_are_shown_as_docker_shows_them(both, case):
    dockers, ours = (flat(without_names(one)) for one in both(*CASES[case]))
    missing = object()
    for side in (dockers, ours):
        for name in [name for name in side if name.rpartition(".")[2] in NEWER]:
            del side[name]
    assert [(name, ours.get(name), dockers.get(name)) for name in ours | dockers if ours.get(name, missing) != dockers.get(name, missing)] == []


def test_members_have_dockers_order(both):
    dockers, ours = both()
    for part in (dockers, ours):
        part["GraphDriver"] = part["HostConfig"]["MaskedPaths"] = None
    assert key_order(ours) == key_order(dockers)


def test_a_container_that_ran(davit, registry):
    reference = registry.push_busybox("team/app:1")
    davit("run", "--name", "job", "--network", "none", reference, "sh", "-c", "exit 3", code=3)
    (shown,) = json.loads(davit("container", "inspect", "job").stdout)
    assert (shown["State"]["Status"], shown["State"]["ExitCode"]) == ("exited", 3)
    for path, content in (("HostnamePath", shown["Id"][:12] + "\n"), ("HostsPath", "127.0.0.1\tlocalhost\n"), ("ResolvConfPath", "")):
        assert open(shown[path]).read().startswith(content)
    assert shown["LogPath"].endswith("container.log")
    assert davit("inspect", "-f", "{{.HostConfig.ShmSize}} {{.HostConfig.Memory}} {{.HostConfig.DNS}} {{.NetworkSettings.Networks.none.IPAddress}}|", "job").stdout == "67108864 0 [] |\n"
    assert davit("inspect", "-f", "{{.HostConfig.PidsLimit}} {{json .HostConfig.LogConfig}}", "job").stdout == '<nil> {"Type":"json-file","Config":{}}\n'


def test_size(davit, registry):
    reference = registry.push_busybox("team/app:1")
    davit("run", "--name", "job", "--network", "none", reference, "sh", "-c", "printf 12345 >/x")
    size = int(davit("image", "inspect", "-f", "{{.Size}}", reference).stdout)
    assert davit("inspect", "-s", "-f", "{{.SizeRw}} {{.SizeRootFs}}", "job").stdout == f"5 {5 + size}\n"
    (shown,) = json.loads(davit("container", "inspect", "--size", "job").stdout)
    assert (shown["SizeRw"], shown["SizeRootFs"]) == (5, 5 + size)
    assert "SizeRw" not in davit("inspect", "job").stdout


def test_missing_ones(davit):
    assert davit("container", "inspect", "nosuch", code=1).stderr == "Error response from daemon: No such container: nosuch\n"
    assert davit("inspect", "--type", "container", "nosuch", code=1).stderr == "Error response from daemon: No such container: nosuch\n"
