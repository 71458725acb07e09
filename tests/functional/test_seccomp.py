"""davit's seccomp profile against docker 20.10's: which system calls a container may make."""

import json
import os
import platform
import subprocess
from pathlib import Path

import pytest
from testing import images

SOURCE = Path(__file__).parents[1] / "testing/syscalls.c"

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the table is of x86-64")


@pytest.fixture(scope="module")
def prober():
    """A static program that tries every system call, of each of the three architectures, and tells what came of it."""
    program = Path(os.environ["DAVIT_SANDBOX"]) / "syscalls"
    subprocess.run(["gcc", "-static", "-O1", "-Wall", "-Werror", "-o", program, SOURCE], check=True)
    return program


@pytest.fixture
def archive(prober, folder):
    path = folder / "image.tar"
    path.write_bytes(images.tar_of(images.file("syscalls", prober.read_bytes(), mode=0o755)))
    return path


@pytest.fixture
def davit_image(davit, archive):
    davit("import", archive, "prober:1.0.0")
    return "prober:1.0.0"


def answers(text):
    """{call: what came of it}"""
    return dict(line.split(" ", 1) for line in text.splitlines())


def of_davit(davit, image, *options):
    return answers(davit("run", "--rm", "--network", "none", *options, image, "/syscalls").stdout)


def of_docker(docker, archive, *options):
    docker("import", archive, "prober:1.0.0")
    return answers(docker("run", "--rm", "--network", "none", *options, "prober:1.0.0", "/syscalls"))


# x86's clock_settime64: docker gives it with CAP_SYS_TIME since 23.0 only.
NEWER = {"32:404"}


# What the two may differ in: calls that no kernel serves any more, which docker's profile refuses and davit's does not know.
def differences(ours, dockers, unconfined):
    assert ours.keys() == dockers.keys() == unconfined.keys()
    return {call: (ours[call], dockers[call]) for call in ours
            if ours[call] != dockers[call] and call not in NEWER and not (ours[call] == unconfined[call] == "ENOSYS")}


@pytest.mark.parametrize("options", [
    [],
    ["--cap-add", "SYS_ADMIN"],
    ["--cap-drop", "ALL"],
    ["--cap-add", "SYS_TIME", "--cap-add", "SYS_PTRACE", "--cap-add", "SYS_NICE", "--cap-add", "SYSLOG"],
], ids=["default", "SYS_ADMIN", "none", "some"])
def test_every_call_has_dockers_verdict(davit, docker, davit_image, archive, options):
    unconfined = of_davit(davit, davit_image, "--security-opt", "seccomp=unconfined", *options)
    assert unconfined["32:21"] != unconfined["64:39"], "the program tells different things of different calls"
    assert differences(of_davit(davit, davit_image, *options), of_docker(docker, archive, *options), unconfined) == {}


def test_what_docker_documents_is_refused(davit, davit_image):
    ours = of_davit(davit, davit_image)
    # add_key bpf clock_settime mount unshare setns keyctl reboot-like ones, userfaultfd, perf_event_open, open_by_handle_at
    for number in (248, 321, 227, 165, 272, 308, 250, 323, 298, 304, 246, 320, 175, 176, 173, 172, 155, 167, 168, 310, 311, 312):
        assert ours[f"64:{number}"] == "EPERM", number
    assert ours["64:435"] == "ENOSYS", "clone3, so that programs fall back to clone"
    assert ours["64:450"] == "ENOSYS", "newer than the profile"
    assert {ours[f"clone-{flag}:56"] for flag in ("20000", "2000000", "4000000", "8000000", "10000000", "20000000", "40000000")} == {"EPERM"}
    assert ours["personality-ffffffff:135"] == "ok" and ours["personality-40000:135"] == "EPERM"


def test_profile_of_a_file_is_used(davit, davit_image, folder):
    profile = folder / "profile.json"
    profile.write_text(json.dumps({
        "defaultAction": "SCMP_ACT_ALLOW",
        "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}],
        "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5},
                     {"names": ["getuid"], "action": "SCMP_ACT_ERRNO", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
                     {"name": "getgid", "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_SYS_ADMIN"]}}]}))
    ours = of_davit(davit, davit_image, "--security-opt", f"seccomp={profile}")
    assert ours["64:79"] == "EIO" and ours["64:102"] == "ok" and ours["64:104"] == "EPERM"
    assert ours["64:323"] != "EPERM", "userfaultfd: nothing else is refused"
