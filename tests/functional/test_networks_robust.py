"""Networks under everything that goes wrong: many at once, kills, a reboot, other programs that change rules, dockerd beside. What is left is counted."""

import json
import os
import subprocess
import threading

import pytest
from testing.containers import import_busybox
from testing.kills import killed, points
from testing.networks import address_of, links, network_traces, nft, serve, space_of, tables
from testing.processes import wait_until
from testing.traces import Traces


@pytest.fixture
def image(davit):
    import_busybox(davit, "box:1")
    davit("run", "--rm", "box:1", "true")  # the runtime is chosen, the bridge is made
    return "box:1"


class Left:
    """Traces of containers and of networks before the test; check() waits until nothing is more than then."""

    def __init__(self, davit):
        self.davit = davit
        self.containers = Traces(davit)
        self.networks = network_traces(davit)

    def check(self):
        self.containers.check()
        wait_until(lambda: network_traces(self.davit) == self.networks,
                   what=lambda: f"networks to be as before\nbefore {self.networks}\nnow {network_traces(self.davit)}")


@pytest.fixture
def left(davit, image):
    return Left(davit)


def remove_all(davit):
    ids = davit("ps", "-aq", "--no-trunc").lines
    if ids:
        davit("rm", "-f", *ids)


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.long)])
def test_many_with_ports_at_once(davit, image, host, left, count):
    wrong = []

    def start(number):
        result = davit("run", "-d", "-p", f"{9000 + number}:80", image, "sh", "-c", "httpd -p 80 -h /etc && sleep 600", code=None, timeout=300)
        if result.code:
            wrong.append(str(result))
    threads = [threading.Thread(target=start, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, "\n".join(wrong)
    addresses = {address_of(davit, container) for container in davit("ps", "-q").lines}
    assert len(addresses) == count
    for number in (0, count // 2, count - 1):
        container = davit("ps", "-q", "--filter", f"publish={9000 + number}").stdout.strip()
        wait_until(lambda: host.get(host.gateway, 9000 + number) == container, what=f"port {9000 + number}")
    removers = [davit.start("rm", "-f", container) for container in davit("ps", "-q").lines]
    for process in removers:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err.decode()
    left.check()
    assert not tables()


COMMANDS = {
    "run": ([], ["run", "-d", "--name", "c1", "--network", "net1", "-p", "9200:80", "box:1", "sleep", "600"]),
    "rm": ([["run", "-d", "--name", "c1", "--network", "net1", "-p", "9200:80", "box:1", "sleep", "600"]], ["rm", "-f", "c1"]),
    "connect": ([["run", "-d", "--name", "c1", "box:1", "sleep", "600"]], ["network", "connect", "net1", "c1"]),
    "disconnect": ([["run", "-d", "--name", "c1", "--network", "net1", "box:1", "sleep", "600"]], ["network", "disconnect", "net1", "c1"]),
    "create": ([], ["network", "create", "net2"]),
    "remove": ([["network", "create", "net2"]], ["network", "rm", "net2"]),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_davit_killed_at_any_point(davit, image, folder, command):
    davit("network", "create", "net1")
    left = Left(davit)
    before, arguments = COMMANDS[command]

    def clean():
        remove_all(davit)
        davit("network", "rm", "-f", "net2", code=None)
    for step in before:
        davit(*step)
    sweep = points(davit, folder, arguments)
    clean()
    for point in sweep:
        for step in before:
            davit(*step)
        killed(davit, arguments, point)
        clean()
        for unread in (davit.root / "run/exits").glob("*"):
            unread.unlink()
        # What was free before is free again, and works.
        assert davit("run", "--rm", "--network", "net1", "-p", "9200:80", image, "cat", "/etc/hosts").stdout.count("\t") > 6, f"killed at call {point}"
        davit("image", "prune", "-f")
        left.check()
    assert {name for name in links("dv-")} == {f"dv-{network[:12]}" for network in davit("network", "ls", "-q", "--filter", "driver=bridge").lines}


def test_reboot(davit, image):
    """Another boot ID, and nothing in the kernel: addresses and ports are free, what is started again works."""
    davit("network", "create", "--subnet", "10.205.0.0/24", "net1")
    davit("run", "-d", "--name", "c1", "--network", "net1", "--ip", "10.205.0.9", "-p", "9201:80", image, "sleep", "600")
    record = json.loads((davit.root / "run/network/endpoints.json").read_text())
    for pid in (json.loads(next((davit.root / "containers").glob("*/state.json")).read_text())[who]["pid"] for who in ("conmon", "init")):
        os.kill(pid, 9)
    os.kill(int((davit.root / "run/network/names/aardvark.pid").read_text()), 9)
    for name in links():
        subprocess.run(["ip", "link", "del", name], capture_output=True)
    nft("flush", "ruleset")
    record["boot_id"] = "00000000-0000-0000-0000-000000000000"
    (davit.root / "run/network/endpoints.json").write_text(json.dumps(record))
    davit("run", "--rm", "--network", "net1", "--ip", "10.205.0.9", "-p", "9201:80", image, "true")
    davit("start", "c1")
    assert address_of(davit, "c1") == "10.205.0.9" and davit("port", "c1").stdout == "80/tcp -> 0.0.0.0:9201\n"


def test_file_of_endpoints_that_is_damaged_is_named(davit, image):
    (davit.root / "run/network").mkdir(parents=True, exist_ok=True)
    file = davit.root / "run/network/endpoints.json"
    kept = file.read_text()
    file.write_text("{")
    assert f"{file} is damaged" in davit("run", "--rm", image, "true", code=125).stderr
    file.write_text(kept)
    davit("run", "--rm", image, "true")


def test_container_that_was_killed_gives_everything_back(davit, image, left):
    davit("run", "-d", "--name", "c1", "-p", "9202:80", image, "sleep", "600")
    os.kill(int(davit("inspect", "-f", "{{.State.Pid}}", "c1").stdout), 9)
    wait_until(lambda: davit("ps", "-a", "--format", "{{.State}}").lines == ["exited"], what="its end to be recorded")
    davit("run", "--rm", "-p", "9202:80", image, "true")
    davit("rm", "c1")
    left.check()


def test_without_the_right_to_change_the_network(davit, image):
    """CAP_NET_ADMIN missing: the cause is told, nothing is left."""
    run = subprocess.run(["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin", *davit.command("run", "--rm", image, "true")],
                         capture_output=True, text=True, env=davit.environment)
    assert run.returncode == 125 and "ermi" in run.stderr, run.stderr  # "Operation not permitted", "Permission denied"
    assert davit("ps", "-aq").stdout == "" and json.loads((davit.root / "run/network/endpoints.json").read_text()).get("endpoints", []) == []


def test_dockerd_beside(davit, image, host, networked_docker):
    """Its FORWARD chain drops; both publish ports, neither harms the other, and its rules are as they were."""
    theirs = networked_docker("run", "-d", "-p", "9301:80", "box:1", "sh", "-c", "httpd -p 80 -h /etc && sleep 600").strip()
    wait_until(lambda: host.get(host.gateway, 9301) == theirs[:12], what="docker's container")
    before = [line for line in nft("-s", "list", "ruleset").splitlines()]
    ours = serve(davit, image, "-p", "9302:80")
    assert host.get(host.gateway, 9302) == ours[:12] and host.get(host.gateway, 9301) == theirs[:12]
    assert space_of(davit, ours).get(host.gateway, 9301) == theirs[:12]
    assert "address already in use" in davit("run", "--rm", "-p", "9301:80", image, "true", code=125).stderr
    davit("rm", "-f", ours)
    assert nft("-s", "list", "ruleset").splitlines() == before
    ours = serve(davit, image, "-p", "9302:80")
    networked_docker("rm", "-f", theirs)
    assert host.get(host.gateway, 9302) == ours[:12]
