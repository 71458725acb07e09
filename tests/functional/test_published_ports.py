"""Published ports: who reaches them, from where, by which address."""

import json
import socket
import subprocess

import pytest
from testing.containers import import_busybox
from testing.networks import HERE, address_of, ip, links, nft, serve, space_of, sysctl, tables, within
from testing.processes import free_port


@pytest.fixture
def image(davit):
    import_busybox(davit, "box:1")
    return "box:1"


def short(container):
    return container[:12]


def test_from_other_hosts_and_from_the_host_itself(davit, image, host):
    port = free_port()
    container = serve(davit, image, "-p", f"{port}:80")
    assert host.get(host.gateway, port) == short(container)
    for address in (host.gateway, "127.0.0.1", "127.8.9.10"):
        assert HERE.get(address, port) == short(container)
    assert davit("port", container).stdout == f"80/tcp -> 0.0.0.0:{port}\n"
    davit("rm", "-f", container)
    assert host.get(host.gateway, port) is None


def test_loopback_of_ipv6_refuses_at_once(davit, image):
    port = free_port()
    serve(davit, image, "-p", f"{port}:80")

    def knock():
        with socket.socket(socket.AF_INET6) as caller:
            caller.settimeout(5)
            with pytest.raises(ConnectionRefusedError):
                caller.connect(("::1", port))
    within(2, knock)


def test_from_other_containers_and_from_itself(davit, image, host):
    port = free_port()
    container = serve(davit, image, "-p", f"{port}:80")
    other = serve(davit, image)
    davit("network", "create", "elsewhere")
    third = serve(davit, image, "--network", "elsewhere")
    for caller in (container, other, third):
        assert space_of(davit, caller).get(host.gateway, port) == short(container)
    davit("rm", "-f", third)
    davit("network", "rm", "elsewhere")


def test_connections_to_other_hosts_are_let_alone(davit, image, host):
    """A container and this host call another machine's port of the same number."""
    port = 80
    container = serve(davit, image, "-p", f"{port}:80")
    server = subprocess.Popen(["nsenter", "-n", "-t", str(host.pid), "busybox", "httpd", "-f", "-p", "80", "-h", str(davit.folder)])
    (davit.folder / "hostname").write_text("the other machine\n")
    try:
        for caller in (HERE, space_of(davit, container)):
            assert caller.get(host.address, port) == "the other machine"
    finally:
        server.kill()
        server.wait()


def test_only_the_address_that_was_asked_for(davit, image, host):
    port = free_port()
    one = serve(davit, image, "-p", f"127.0.0.1:{port}:80")
    assert HERE.get("127.0.0.1", port) == short(one)
    assert host.get(host.gateway, port) is None
    two = serve(davit, image, "-p", f"{host.gateway}:{port}:80")
    assert host.get(host.gateway, port) == short(two) and HERE.get("127.0.0.1", port) == short(one)
    assert davit("port", two, "80").stdout == f"{host.gateway}:{port}\n"


def test_ranges_and_chosen_ports(davit, image):
    first = davit("run", "-d", "-p", "8000-8001:80-81", image, "sleep", "600").stdout.strip()
    assert davit("port", first).stdout == "80/tcp -> 0.0.0.0:8000\n81/tcp -> 0.0.0.0:8001\n"
    second = davit("run", "-d", "-p", "8000-8002:80", image, "sleep", "600").stdout.strip()
    assert davit("port", second).stdout == "80/tcp -> 0.0.0.0:8002\n"
    davit("run", "-d", "-p", "8000-8002:80", image, "sleep", "600", code=125)
    third = davit("run", "-d", "-p", "80", "-p", "127.0.0.1::90/udp", image, "sleep", "600").stdout.strip()
    told = dict(line.split(" -> ") for line in davit("port", third).lines)
    assert 0 < int(told["80/tcp"].removeprefix("0.0.0.0:")) < 65536 and told["90/udp"].startswith("127.0.0.1:")
    assert davit("ps", "--format", "{{.Ports}}", "--filter", f"id={first}").stdout == "0.0.0.0:8000->80/tcp, 0.0.0.0:8001->81/tcp\n"


def test_all_exposed_ports(davit, image):
    import_busybox(davit, "app:1", "EXPOSE 8080 53/udp")
    container = davit("run", "-d", "-P", "--expose", "90-91", "-p", "8099:8080", "app:1", "sleep", "600").stdout.strip()
    told = {line.split(" -> ")[0] for line in davit("port", container).lines}
    assert told == {"8080/tcp", "53/udp", "90/tcp", "91/tcp"}
    assert davit("port", container, "8080").stdout == "0.0.0.0:8099\n"
    shown = json.loads(davit("inspect", container).stdout)[0]
    assert set(shown["Config"]["ExposedPorts"]) == told and shown["HostConfig"]["PublishAllPorts"]
    assert shown["HostConfig"]["PortBindings"] == {"8080/tcp": [{"HostIp": "", "HostPort": "8099"}]}
    assert shown["NetworkSettings"]["Ports"]["8080/tcp"] == [{"HostIp": "0.0.0.0", "HostPort": "8099"}]


def test_udp(davit, image, host):
    container = davit("run", "-d", "-p", "5353:53/udp", image, "sleep", "600").stdout.strip()
    service = space_of(davit, container).echo(53)
    try:
        assert host.ask(host.gateway, 5353) == "HELLO"
        assert HERE.ask("127.0.0.1", 5353) == "HELLO"
    finally:
        service.kill()
        service.wait()


def test_ipv6(davit, image, host):
    davit("network", "create", "--ipv6", "six")
    before = sysctl("net/ipv6/conf/all/forwarding")
    port = free_port()
    container = serve(davit, image, "--network", "six", "-p", f"{port}:80")
    assert davit("port", container).lines == [f"80/tcp -> 0.0.0.0:{port}", f"80/tcp -> [::]:{port}"]
    assert host.get(host.gateway6, port) == short(container) and HERE.get(host.gateway6, port) == short(container)
    assert host.get(host.gateway, port) == short(container)
    peer = serve(davit, image, "--network", "six")
    assert space_of(davit, peer).get(address_of(davit, container, member="GlobalIPv6Address"), 80) == short(container)
    assert space_of(davit, container).get(host.gateway6, port) == short(container)
    assert HERE.get("::1", port) is None
    assert sysctl("net/ipv6/conf/all/forwarding") == "1"
    davit("rm", "-f", container, peer)
    assert sysctl("net/ipv6/conf/all/forwarding") == before
    davit("network", "rm", "six")


def test_ipv6_reaches_the_world_behind_the_hosts_address(davit, image, host):
    davit("network", "create", "--ipv6", "six")
    container = serve(davit, image, "--network", "six")
    service = host.echo(99, v6=True)
    try:
        assert space_of(davit, container).ask(host.address6, 99) == "HELLO"
    finally:
        service.kill()
        service.wait()
        davit("rm", "-f", container)
        davit("network", "rm", "six")


def test_containers_reach_other_hosts(davit, image, host):
    container = serve(davit, image)
    service = host.echo(99)
    try:
        assert space_of(davit, container).ask(host.address, 99) == "HELLO"
    finally:
        service.kill()
        service.wait()


def test_hosts_loopback_is_not_the_containers(davit, image):
    """route_localnet, which 127.0.0.1 needs, must not open the host's own services."""
    container = serve(davit, image, "-p", "8098:80")
    server = subprocess.Popen(["busybox", "httpd", "-f", "-p", "127.0.0.1:7070", "-h", str(davit.folder)])
    try:
        space = space_of(davit, container)
        space.run("ip", "route", "add", "127.0.0.5/32", "via", address_of(davit, container, member="Gateway"), code=None)
        assert space.get("127.0.0.5", 7070) is None
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("option, words", [
    ("1.2.3.4:8110:80", "listen tcp4 1.2.3.4:8110: bind: cannot assign requested address"),
    ("8111:80/sctp", "this kernel has no sctp"),
])
def test_what_this_host_cannot_publish(davit, image, option, words):
    result = davit("run", "--rm", "-p", option, image, "true", code=125)
    assert words in result.stderr
    assert not davit("ps", "-aq").stdout


def test_port_of_another_program(davit, image):
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = davit("run", "-d", "--name", "c1", "-p", f"{port}:80", image, "sleep", "600", code=125)
        assert f"Error starting userland proxy: listen tcp4 0.0.0.0:{port}: bind: address already in use" in result.stderr
        assert davit("ps", "-a", "--format", "{{.Status}}").stdout == "Created\n"
    davit("start", "c1")
    assert davit("port", "c1").stdout == f"80/tcp -> 0.0.0.0:{port}\n"


def test_port_is_held_as_long_as_the_container_runs(davit, image):
    container = davit("run", "-d", "-p", "8112:80", image, "sleep", "600").stdout.strip()
    with socket.socket() as other, pytest.raises(OSError):
        other.bind(("0.0.0.0", 8112))
    davit("stop", "-t", "0", container)
    with socket.socket() as other:
        other.bind(("0.0.0.0", 8112))


def test_nothing_is_left(davit, image):
    before = links(), tables(), sysctl("net/ipv4/conf/lo/route_localnet")
    container = serve(davit, image, "-p", "8113:80")
    bridge = next(name for name in links() - before[0] if name.startswith("dv-"))
    assert sysctl(f"net/ipv4/conf/{bridge}/route_localnet") == "1" and tables() - before[1]
    davit("rm", "-f", container)
    assert links() - before[0] == {bridge} and tables() == before[1]
    assert sysctl(f"net/ipv4/conf/{bridge}/route_localnet") == "0"


def test_two_stores_publish_side_by_side(davit, image, host):
    other = davit.another("second")
    import_busybox(other, "box:1")
    one = serve(davit, image, "-p", "8114:80")
    two = serve(other, image, "-p", "8115:80")
    assert host.get(host.gateway, 8114) == short(one) and host.get(host.gateway, 8115) == short(two)
    assert "bind: address already in use" in other("run", "--rm", "-p", "8114:80", image, "true", code=125).stderr
    davit("rm", "-f", one)
    assert host.get(host.gateway, 8115) == short(two)
    other("rm", "-f", two)


def test_a_chain_of_others_that_drops(davit, image, host):
    """As dockerd's and ufw's: what is needed is let through, and taken back."""
    nft("add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }")
    try:
        container = serve(davit, image, "-p", "8116:80")
        assert host.get(host.gateway, 8116) == short(container)
        davit("rm", "-f", container)
        assert "dv-" not in nft("list", "chain", "ip", "filter", "FORWARD")
    finally:
        nft("delete", "table", "ip", "filter")


def test_flushed_rules_come_again(davit, image, host):
    """What a reload of firewalld does, and `nft flush ruleset`."""
    container = serve(davit, image, "-p", "8117:80")
    nft("flush", "ruleset")
    assert host.get(host.gateway, 8117) is None
    davit("network", "reload")
    assert host.get(host.gateway, 8117) == short(container)
    nft("flush", "ruleset")
    davit("run", "--rm", image, "true")  # the next command that has to do with networks notices
    assert host.get(host.gateway, 8117) == short(container)


def test_bridge_removed_by_hand(davit, image, host):
    before = links()
    container = serve(davit, image, "-p", "8118:80")
    bridge = next(name for name in links() - before if name.startswith("dv-"))
    ip("link", "del", bridge)
    assert host.get(host.gateway, 8118) is None
    davit("network", "reload")
    assert host.get(host.gateway, 8118) == short(container)
    ip("link", "del", bridge)
    davit("run", "--rm", image, "true")
    assert host.get(host.gateway, 8118) == short(container)


@pytest.mark.parametrize("mode", ["host", "none"])
def test_without_a_network_of_its_own_nothing_is_published(davit, image, mode):
    result = davit("run", "-d", "--network", mode, "-p", "8119:80", image, "sleep", "600")
    assert ("Published ports are discarded when using host network mode" in result.stderr) == (mode == "host")
    assert davit("port", result.stdout.strip()).stdout == ""
