"""What docker 28 with dockerd 20.10 printed of networks and ports (tests/transcripts/docker-transcripts-6.txt), and what davit prints for the same
commands in the same order. Where davit differs on purpose, DIFFERS says so and why."""

import re

import pytest
from testing.transcripts import ContainerPlay, blocks, compare_help, container_images

RECORDING = "docker-transcripts-6.txt"



def instead(*lines):
    return lambda _: list(lines)


def replaced(*pairs):
    def change(lines):
        for old, new in pairs:
            lines = [re.sub(old, new, line) for line in lines]
        return lines
    return change


def no_ipv6(lines):
    return [re.sub(r", \[::\]:[^,]*", "", line) for line in lines if "-> [::]" not in line]


GATEWAY = "docker 20.10 leaves the gateway of its own choice out; 28 tells it, as davit"
OLDER = "dockerd 20.10 is older than the flag"
IPV6 = "a container without IPv6 is published by IPv4 alone: docker's proxy, which would translate, is no part of davit"

DIFFERS = {
    "network create": {
        "network create n3 --ipv6": ("davit has a pool of IPv6 subnets of its own, as docker since 27", instead(32 * "0a"), 0),
        "network create n6 --opt com.docker.network.bridge.name=toolongabridgename": ("the kernel's words", instead(
            'Error response from daemon: invalid bridge name: "toolongabridgename"'), None),
        "network create ''": ("docker takes the first network for one of that name", instead("network name cannot be empty"), None),
        "network ls": ("n3 is there: see above", lambda lines: [*lines[:6], 6 * "0a" + "   n3         bridge    local", *lines[6:]], None),
        "network inspect n2 -f '{{json .IPAM}}'": (GATEWAY, replaced(('24"}', '24","Gateway":"10.201.0.1"}')), None),
    },
    "network ls": {
        "network ls --format json": ("dockerd 20.10 does not tell of IPv4", lambda lines: [
            line.replace('"IPv4":"false"', '"IPv4":"true"') if '"Driver":"bridge"' in line else line for line in lines], None),
    },
    "network inspect": {
        "network inspect bridge": (GATEWAY, lambda lines: [
            part for line in lines for part in ([line + ",", line.replace("Subnet", "Gateway").replace("0.0/16", "0.1")] if '"Subnet"' in line else [line])], None),
        "inspect c1 -f '{{json .NetworkSettings}}'": ("the namespace is where it is", replaced(
            ('"SandboxID":"[0-9a-f]{64}"', '"SandboxID":"56993eeea2dc9e2fc61be6d343697b82d7e37bc207325965d95c4d95c377d9ac"'), ("/run/docker/netns/[0-9a-f]{12}", "/proc/PID/ns/net"), ('"DNSNames":null', '"DNSNames":["c1","web","56993eeea2dc"]')), None),
    },
    "connect": {
        "network connect n1 c2 --ip 10.209.0.1": ("docker drops it without a word", instead(
            "Error response from daemon: Invalid address 10.209.0.1: It does not belong to any of this network's subnets"), 1),
    },
    "run": {
        "run --rm --network n1 --mac-address 02:42:00:00:00:05 box:1 cat /sys/class/net/eth0/address": (OLDER, instead("02:42:00:00:00:05"), 0),
        "run --rm --network n1 box:1 cat /etc/resolv.conf": ("the network's own name server answers at its gateway", replaced(("127.0.0.11", "10.201.0.1")), None),
    },
    "ports": {
        "port c3": (IPV6, no_ipv6, None),
        "ps --format '{{.Names}} {{.Ports}}'": (IPV6 + "; and c4, whose program is cat, has ended", lambda lines: no_ipv6(lines)[1:], None),
        "inspect c3 -f '{{json .NetworkSettings.Ports}} {{json .HostConfig.PortBindings}} {{json .Config.ExposedPorts}}'": (
            IPV6, replaced((r',\{"HostIp":"::","HostPort":"\d+"\}', "")), None),
        "run --rm --expose 80-90/xyz box:1 true": ("docker takes any protocol", instead(
            "docker: invalid proto: xyz", "", "Run 'docker run --help' for more information"), 125),
    },
}

SECTIONS = ["network create", "network ls", "network inspect", "connect", "run", "ports"]


@pytest.fixture
def play(davit, registry):
    for name, image in container_images().items():
        origin = registry.push("origin/" + name, image)
        davit("pull", "-q", origin)
        davit("tag", origin, name)
        davit("rmi", origin)
    return lambda section: ContainerPlay(davit, section, RECORDING)


@pytest.mark.parametrize("section", SECTIONS)
def test_davit_says_what_docker_says(play, section):
    wrong = play(section).differences(DIFFERS.get(section, {}), (), ())
    assert not wrong, f"{len(wrong)} blocks\n" + "\n".join(wrong)


@pytest.mark.parametrize("block", [block for block in blocks(RECORDING, "help") if "--help" in block.command], ids=lambda block: block.command)
def test_help_has_dockers_usage_and_flags(davit, block):
    compare_help(davit, block)


def test_unknown_command(davit):
    block = next(block for block in blocks(RECORDING, "help") if block.command == "network nosuch")
    assert davit("network", "nosuch", code=block.code).stderr == block.output.replace("docker", "davit")
