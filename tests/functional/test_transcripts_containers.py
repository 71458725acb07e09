"""What docker 28 with dockerd 20.10 printed of the life of containers (tests/transcripts/docker-transcripts-5.txt, section by section), and what davit
prints for the same commands in the same order. Where davit differs on purpose, DIFFERS says so and why."""

import re

import pytest
from testing.transcripts import ContainerPlay, container_images


def replaced(old, new):
    return lambda lines: [line.replace(old, new) for line in lines]


def instead(*lines):
    return lambda _: list(lines)


def without(*parts):
    return lambda lines: [line for line in lines if not any(part in line for part in parts)]


def without_log(why="docker's client logs what its own pipe said"):
    return (why, lambda lines: [line for line in lines if not line.startswith("time=")], None)


PRUNED = "davit takes anonymous volumes alone, as docker's engine does since API 1.42"


def later(what, flag):
    return (what, instead(f"docker: Error response from daemon: {flag} is not supported: {what}", "", "Run 'docker run --help' for more information"), 125)


ROTATION = "log rotation comes in a later version"
RESTARTS = "restart policies come in a later version"

# {section: {command: (why, what docker's lines become, exit code or None for docker's)}}
DIFFERS = {
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
        "run --rm --network none --log-driver json-file --log-opt max-size=abc box:1 true": later(ROTATION, "--log-opt max-size=abc"),
        "run --rm --network none --log-driver json-file --log-opt max-size=1m --log-opt max-file=0 box:1 true": later(ROTATION, "--log-opt max-file=0"),
        "run --rm --network none --log-driver json-file --log-opt max-file=2 box:1 true": later(ROTATION, "--log-opt max-file=2"),
        "run --rm --network none --log-driver json-file --log-opt max-size=1m --log-opt max-file=3 box:1 echo fine": later(ROTATION, "--log-opt max-file=3"),
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
    "diff": {"diff c1", "diff c2", "container diff c2"},
}

# PIDs, times of processes, use of the CPU, bytes on the disk.
NUMBERS = {
    "volumes": {"volume prune -f"},
    "top": {"top c1", "top c1 -o pid,args", "top c1 aux", "top c1 -e -o 'pid comm'", "container top c1 -o pid,comm"},
    "pause": {"top c1"},
}

SECTIONS = ["cp", "diff", "export", "commit", "volumes", "create", "start", "restart", "stop", "kill", "rm", "rename", "top", "wait", "logs", "attach", "update", "stats"]


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
