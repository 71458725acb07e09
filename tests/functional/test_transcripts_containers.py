"""What docker 28 with dockerd 20.10 printed of the life of containers (tests/transcripts/docker-transcripts-5.txt, section by section), and what davit
prints for the same commands in the same order. Where davit differs on purpose, DIFFERS says so and why."""

import os
import re
from pathlib import Path

import pytest
from testing.traces import Traces
from testing.transcripts import ContainerPlay, blocks, compare_help, container_images


def replaced(old, new):
    return lambda lines: [line.replace(old, new) for line in lines]


def instead(*lines):
    return lambda _: list(lines)


def without(*parts):
    return lambda lines: [line for line in lines if not any(part in line for part in parts)]


def without_log(why="docker's client logs what its own pipe said"):
    return (why, lambda lines: [line for line in lines if not line.startswith("time=")], None)


HELP = ("", "Run 'docker run --help' for more information")


def refused(flag, why):
    """A flag of docker's that davit refuses by name: what `run` says of it."""
    return (why, instead(f"docker: {flag} is not supported: {why}", *HELP), 125)


def error(why, words):
    """What `run` says instead, by davit's daemon side."""
    return (why, instead(f"docker: Error response from daemon: {words}", *HELP), 125)


PRUNED = "davit takes anonymous volumes alone, as docker's engine does since API 1.42"
FRESH = "davit leaves what was made within the last minute: another command may be about to start it"
ROTATION = "log rotation comes in a later version"
RESTARTS = "restart policies come in a later version"
HEALTH = "health checks come in a later version"
STORAGE = "neither layer driver has options for one container"
GPUS = "davit knows no vendor's tools for GPUs; --device gives a container a device"
NEVER_RAN = "dockerd 20.10 finds nothing of what never ran"
EARLY = "davit looks before it makes anything"
NESTED = "the recording's machine did not let dockerd give all capabilities"
OLDER = "dockerd 20.10 is older than the flag"



def effective_capabilities():
    return re.search(r"CapEff:\s+(\w+)", Path("/proc/self/status").read_text())[1]


def inspected(lines):
    container = re.search('"Id": "(.*)"', "\n".join(lines))[1]
    places = {"MergedDir": f"run/containers/{container}/rootfs", "UpperDir": f"containers/{container}/upper", "WorkDir": f"containers/{container}/work"}
    lines = [re.sub(r'"(MergedDir|UpperDir|WorkDir)": "(.*)/overlay2/\w+/\w+"', lambda match: f'"{match[1]}": "{match[2]}/{places[match[1]]}"', line)
             for line in lines if '"LowerDir"' not in line]
    lines = [line.replace('"overlay2"', '"erofs"') for line in lines]
    last = lines.index('                "/sys/firmware"')
    lines = [*lines[:last], lines[last] + ",", '                "/sys/devices/virtual/powercap"', *lines[last + 1:]]
    last = lines.index('                    "DriverOpts": null')
    return [*lines[:last], *(20 * " " + member for member in ('"DriverOpts": null,', '"GwPriority": 0,', '"DNSNames": null')), *lines[last + 1:]]


def disk_usage(lines):
    rows = [re.sub(r" {3,}", "  ", line).rstrip() for line in lines]
    return [rows[0] + "  ON DISK", *(row + "  1B" for row in rows[1:]), "Other  0  0  1B  0B (0%)  1B"]


MOUNTS = ("docker walks a map", lambda lines: [re.sub(r"(\S+),/tmp", r"/tmp,\1", line) for line in lines], None)


# {section: {command: (why, what docker's lines become, exit code or None for docker's)}}
DIFFERS = {
    "ps": {
        "ps --format raw": ("the recording has no empty lines", lambda lines: [*lines, ""], None),
        "ps -a --format 'table {{.Names}}\\t{{.Mounts}}\\t{{.LocalVolumes}}\\t{{.Networks}}'": MOUNTS,
        "ps -a --format '{{.Names}} {{.Mounts}}' --no-trunc": MOUNTS,
        **{f"ps -a -f expose={port} --format '{{{{.Names}}}}'": (NEVER_RAN, instead("c4"), None) for port in ("80", "80/tcp")},
        "ps -a -f expose=7000-8080/tcp --format '{{.Names}}'": (NEVER_RAN, instead("c4"), None),
    },
    "exec": {
        "exec --privileged c1 grep CapEff /proc/self/status": (NESTED, lambda _: [f"CapEff:\t{effective_capabilities()}"], 0),
    },
    "container prune": {
        "container prune -f --filter label=l=one": (FRESH, instead("Total reclaimed space: 0B"), None),
        "ps -a --format '{{.Names}}'": (FRESH, lambda lines: [*lines, "c1"], None),
    },
    "system prune": {
        "system df": ("davit's has a column more", disk_usage, None),
        "system prune -f --volumes": (PRUNED, without("v1", "v2", "v3"), None),
        "volume ls @3370": (PRUNED, lambda lines: [*lines, "local     v1", "local     v2", "local     v3"], None),
    },
    "values": {
        "run --rm --network none --privileged box:1 sh -c 'grep Seccomp: /proc/self/status; echo x >/proc/sys/kernel/domainname; cat /proc/sys/kernel/domainname'":
            (NESTED, instead("Seccomp:\t0", "x"), 0),
    },
    "refusals": {
        **{f"run --rm --network none {flags} box:1 true": change for flags, change in {
            "--cpus 0.001": error(EARLY, f"Range of CPUs is from 0.01 to {os.cpu_count()}.00, as there are only {os.cpu_count()} CPUs available"),
            "--cpu-shares -1": error(EARLY, "Invalid value -1: CPU shares are from 2 to 262144, or 0 for the default"),
            "--cpu-shares 1": error(EARLY, "Invalid value 1: CPU shares are from 2 to 262144, or 0 for the default"),
            "--cpu-rt-runtime 1000": ("davit's control group", lambda lines: [re.sub("cpu/docker/", "cpu/STORE/", line) for line in lines], None),
            "--gpus all": refused("--gpus", GPUS),
            "--gpus bad=x": refused("--gpus", GPUS),
            "--security-opt seccomp=bad.json": ("another JSON library", replaced("unexpected end of JSON input", "incomplete JSON"), None),
            "--security-opt apparmor=nosuch": error("a wish for security is never ignored", "--security-opt apparmor=nosuch: AppArmor is not enabled on this host"),
            "--security-opt label=bogus:x": error("a wish for security is never ignored", "--security-opt label=bogus:x: SELinux is not supported, but for label=disable"),
            "-v :": ("davit's client looks as docker's does at -v ::", instead("docker: invalid spec: :: empty section between colons", *HELP), 125),
            "-v /": error(EARLY, "invalid volume specification: '/': invalid mount config for type \"volume\": invalid specification: destination can't be '/'"),
            "-v relative": error("docker's engine refuses it since 23", "invalid volume specification: 'relative': invalid mount config for type \"volume\": "
                                 "invalid mount path: 'relative' mount path must be absolute"),
            "-v a:/x": error("docker takes it for a drive of Windows", "create a: volume name is too short, names should be at least two alphanumeric characters"),
            "--tmpfs /x:size=abc": error(EARLY, 'invalid tmpfs option ["size=abc"]'),
            "--annotation bad": (OLDER, instead(), 0),
            "--annotation =x": (OLDER, instead('invalid argument "=x" for "--annotation" flag: invalid annotation \'=x\': empty name', "",
                                               "Usage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]", *HELP), 125),
            "-h " + 72 * "a": error(EARLY, f"invalid hostname '{72 * 'a'}': 72 bytes are more than the 64 that a kernel takes"),
            "--health-interval 1": refused("--health-interval", HEALTH),
            "--health-interval 1us --health-cmd true": refused("--health-cmd", HEALTH),
            "--health-retries -1 --health-cmd true": refused("--health-cmd", HEALTH),
            "--health-timeout -1s --health-cmd true": refused("--health-cmd", HEALTH),
            "--no-healthcheck --health-cmd true": refused("--health-cmd", HEALTH),
            "--detach-keys bad": error("docker's client loses its engine's words", "Invalid escape keys (bad) provided"),
            "--storage-opt bad": refused("--storage-opt", STORAGE),
            "--storage-opt size=1g": refused("--storage-opt", STORAGE),
            "--kernel-memory 1m": refused("--kernel-memory", "kernels have no limit of their own for it any more; --memory counts it in"),
            "--use-api-socket": refused("--use-api-socket", "there is no daemon whose socket it could be"),
            "--mac-address 92:d0:c6:0a:29:33": (OLDER, instead(), 0),
        }.items()},
        **{f"run --network none --restart {policy} box:1 true": refused(f"--restart {policy}", RESTARTS) for policy in ("on-failure:x", "always:3", "on-failure:-1")},
        "ps -a": ("nothing was made", lambda lines: lines[:1], None),
    },
    "inspect": {
        "inspect c1": ("davit's driver, whose layers are no folders, and what docker masks and tells since 25", inspected, None),
        "inspect --type image c1": ("a slip of dockerd 20.10's", replaced("no such image: c1: No", "No"), None),
        "inspect -f '{{.State.Status}} {{.State.Running}} {{.State.Restarting}} {{.State.OOMKilled}} {{.State.Dead}} {{.RestartCount}} {{.Driver}} {{.Platform}}' c1":
            ("davit's driver", replaced("overlay2", "erofs"), None),
    },
    "start": {
        "start --detach-keys bad -a c1": ("docker's client loses its engine's words", instead("Error response from daemon: Invalid escape keys (bad) provided"), None),
        "start -a c2": ("docker's client loses its engine's words", instead("Error response from daemon: cannot start a paused container, try unpause instead"), None),
        "start --checkpoint x c1": ("docker's checkpoints are an experiment; davit has none", instead(
            "unknown flag: --checkpoint", "", "Usage:  docker start [OPTIONS] CONTAINER [CONTAINER...]", "", "Run 'docker start --help' for more information"), 125),
    },
    "top": {
        "top c1 aux": ("docker's was recorded under nice(1)", replaced("SNs", "Ss"), None),
        "top c1 -e -o 'pid comm'": ("docker takes the words apart once more", instead("PID                 COMMAND", "1                sleep"), 0),
    },
    "logs": {
        "logs --until 0s c1": ("docker counts whole seconds, and the lines are of this one", instead("1", "2", "3"), None),
        "logs --since 2020-13-01 c1": ("docker names the part of the date", instead(
            'invalid value for "since": failed to parse value as time or duration: "2020-13-01"'), None),
        **{f"run --rm --network none --log-driver json-file {options} box:1 {command}": error(ROTATION, f"--log-opt {flag} is not supported: {ROTATION}")
           for options, flag, command in (("--log-opt max-size=abc", "max-size=abc", "true"), ("--log-opt max-size=1m --log-opt max-file=0", "max-file=0", "true"),
                                          ("--log-opt max-file=2", "max-file=2", "true"), ("--log-opt max-size=1m --log-opt max-file=3", "max-file=3", "echo fine"))},
    },
    "cp": {
        "cp file c1:/nosuch/": without_log(),
        "cp folder c1:/etc/passwd": without_log(),
        "cp file c1:": without_log(),
        "cp c1:/etc/passwd/ .": ("docker names a folder of its own", instead("Error response from daemon: lstat /etc/passwd/: not a directory"), None),
        "cp c1:/etc/passwd/x .": ("docker names a folder of its own", instead("Error response from daemon: lstat /etc/passwd/x: not a directory"), None),
        "cp - c1:/tmp": ("davit says where", replaced("unexpected EOF", "unexpected end of archive in a header at byte 0"), None),
        "+ ls copied copied/etc": ("the recording has no empty lines", lambda lines: [*lines[:8], "", *lines[8:]], None),
        "cp file c1:/proc/x": ("docker writes below what is mounted there", instead("Error response from daemon: create /proc/x: no such file or directory"), 1),
    },
    "export": {
        "+ tar tf c1.tar | grep -v ^bin/ | sort": ("davit's has the root's own attributes", lambda lines: ["./", *lines], None),
    },
    "commit": {
        "commit -c 'STOPSIGNAL INT' c1 snap:1": ("davit takes all that alters a configuration", instead("sha256:" + "0" * 64), 0),
    },
    "volumes": {
        "volume create v4 v5": ("a slip of docker's", replaced("SRun", "Run"), None),
        "volume prune -f @3145": (PRUNED, lambda lines: [line for line in lines if line != "named"][:-1] + ["Total reclaimed space: 12.29kB"], None),
        "volume ls @3161": (PRUNED, lambda lines: [lines[0], "local     named", *lines[1:]], None),
        "volume ls @3170": (PRUNED, lambda lines: [lines[0], "local     named", *lines[1:]], None),
        "volume prune": (PRUNED, replaced("all local", "anonymous local"), None),
    },
    "update": {
        "update --kernel-memory 1m c1": ("kernels have no such limit any more", instead(
            "--kernel-memory is not supported: kernels have no limit of their own for it any more; --memory counts it in"), None),
        "update --restart on-failure:x c1": (RESTARTS, instead(f"--restart on-failure:x is not supported: {RESTARTS}"), None),
        "update --restart always:3 c1": (RESTARTS, instead(f"--restart always:3 is not supported: {RESTARTS}"), None),
    },
}

# Docker walks a map, or asks several containers at once.
UNORDERED = {
    # Standard output and errors come by pipes of their own.
    "values": {"run --rm --network none box:1 ls /proc/acpi /proc/scsi /sys/firmware",
               "run --rm --network none box:1 sh -c 'cat /proc/keys /proc/timer_list /proc/kcore | wc -c; echo x >/proc/sys/kernel/domainname'"},
    "diff": {"diff c1", "diff c2", "container diff c2"},
}

# PIDs, times of processes, use of the CPU, bytes on the disk.
NUMBERS = {
    "volumes": {"volume prune -f"},
    "top": {"top c1", "top c1 -o pid,args", "top c1 aux", "top c1 -e -o 'pid comm'", "container top c1 -o pid,comm"},
    "pause": {"top c1"},
}

SECTIONS = ["ps", "pause", "exec", "container prune", "system prune", "inspect", "values", "refusals", "cp", "diff", "export", "commit", "volumes", "create", "start", "restart", "stop", "kill", "rm", "rename", "top", "wait", "logs", "attach", "update", "stats"]


@pytest.fixture
def play(davit, registry, request):
    for name, image in container_images().items():
        origin = registry.push("origin/" + name, image)
        davit("pull", "-q", origin)
        davit("tag", origin, name)
        davit("rmi", origin)
    return lambda section: ContainerPlay(davit, section)


@pytest.mark.parametrize("section", SECTIONS)
def test_davit_says_what_docker_says(play, section):
    wrong = play(section).differences(DIFFERS.get(section, {}), UNORDERED.get(section, ()), NUMBERS.get(section, ()))
    assert not wrong, f"{len(wrong)} blocks\n" + "\n".join(wrong)


def test_what_is_refused_leaves_nothing(play, davit):
    """Each flag's bad values (the section has one of each at least): no container, no volume, no file of one."""
    refusals = play("refusals")
    davit("run", "--rm", "--network", "none", "-v", "/v", "box:1", "true")  # what a store makes once
    left = Traces(davit)
    refused = 0
    for block in refusals.blocks:
        _, code = refusals.run(block, block.command)
        if code == 125:
            refused += 1
            assert davit("ps", "-aq").lines == davit("volume", "ls", "-q").lines == [], block.command
            assert not (refusals.cwd / "id.txt").exists(), block.command
        for volume in davit("volume", "ls", "-q").lines:
            davit("volume", "rm", volume)
    assert refused > 100
    left.check()


# --- help: davit's words are its own, its flags docker's -------------------------------------------------------------

@pytest.mark.parametrize("block", blocks("docker-transcripts-5.txt", "help"), ids=lambda block: block.command)
def test_help_has_dockers_usage_and_flags(davit, block):
    compare_help(davit, block)
