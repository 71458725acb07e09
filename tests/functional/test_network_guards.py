"""What networks must not open on a host, nor break for others: loopback, forwarding, rules of other programs, flows, names that leave internal networks."""

import json
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from testing.containers import import_busybox
from testing.networks import HERE, Host, address_of, ip, links, nft, resolved, serve, space_of, sysctl, tables
from testing.processes import wait_until

FORWARDING = "net/ipv4/ip_forward"
FORWARDING6 = "net/ipv6/conf/all/forwarding"


@pytest.fixture
def image(davit):
    import_busybox(davit, "box:1")
    return "box:1"


@pytest.fixture
def second_host():
    machine = Host()
    yield machine
    machine.stop()


@pytest.fixture
def no_forwarding():
    """A host that is no router; as it was before, afterwards."""
    before = {name: sysctl(name) for name in (FORWARDING, FORWARDING6)}
    for name in before:
        Path("/proc/sys", name).write_text("0")
    yield
    for name, value in before.items():
        Path("/proc/sys", name).write_text(value)


@contextmanager
def chain(table, name, definition, *rules):
    """A chain of another program's."""
    nft(f"add table {table}; add chain {table} {name} {{ {definition} }}")
    try:
        for rule in rules:
            nft(f"add rule {table} {name} {rule}")
        yield f"{table} {name}"
    finally:
        nft(f"delete table {table}")


@contextmanager
def resolv_conf(text, folder):
    """Another /etc/resolv.conf for the sandbox."""
    file = folder / "resolv.conf"
    file.write_text(text)
    place = os.path.realpath("/etc/resolv.conf")
    subprocess.run(["mount", "--bind", file, place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", place], check=True)


@contextmanager
def ended(process):
    try:
        yield
    finally:
        process.kill()
        process.wait()


def bridge_of(davit, network="bridge"):
    return "dv-" + davit("network", "inspect", "-f", "{{.Id}}", network).stdout[:12]


def ask_from(space, address, port, source_port):
    """What a UDP service answers to a client that keeps its port, and so its flow."""
    text = f"import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('', {source_port}))\ns.settimeout(2)\n" \
           f"s.sendto(b'hello', ('{address}', {port}))\nprint(s.recvfrom(100)[0].decode())"
    run = space.run("/usr/bin/python3", "-c", text, code=None)
    return run.stdout.strip() if run.returncode == 0 else None


def assert_guarded(send, hook, packets):
    """That packets do not come as far as the hook, and that it is the guard chain which sees to it."""
    table = next(iter(tables()))
    seen = f"inet {table} seen"
    nft(f"add chain {seen} {{ type filter hook {hook} priority -150; }}; add rule {seen} {packets} counter")
    send()
    assert "packets 0 " in nft(f"list chain {seen}")
    nft(f"flush chain inet {table} guard")
    send()
    assert "packets 0 " not in nft(f"list chain {seen}")


# Loopback, advertisements

def test_bridges_take_no_advertisements(davit, image):
    davit("network", "create", "--ipv6", "six")
    four, six = serve(davit, image), serve(davit, image, "--network", "six")
    for network, off in (("bridge", "1"), ("six", "0")):
        settings = f"net/ipv6/conf/{bridge_of(davit, network)}"
        assert sysctl(f"{settings}/accept_ra") == "0" and sysctl(f"{settings}/disable_ipv6") == off
    assert "inet6" not in davit("exec", four, "ip", "addr", "show", "dev", "eth0").stdout
    assert "inet6 fe80" in davit("exec", six, "ip", "addr", "show", "dev", "eth0").stdout


def test_port_on_loopback_is_not_the_next_machines(davit, image, host):
    """A neighbour who sends packets for 127.0.0.1 to this machine."""
    container = serve(davit, image, "-p", "127.0.0.1:8130:80")
    assert HERE.get("127.0.0.1", 8130) == container[:12]
    host.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet; ip route del local 127.0.0.0/8 dev lo table local; "
                         f"ip route del local 127.0.0.1 dev lo table local; ip route add 127.0.0.1 via {host.gateway} src {host.address}")
    assert_guarded(lambda: host.get("127.0.0.1", 8130), "forward", f"iifname {host.link} oifname {bridge_of(davit)}")


def test_containers_do_not_pose_as_loopback(davit, image):
    container = serve(davit, image, "-p", "8131:80")
    space, gateway = space_of(davit, container), address_of(davit, container, member="Gateway")
    assert space.get(gateway, 9) is None  # from here on it knows the gateway's MAC address
    space.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet; ip addr del 127.0.0.1/8 dev lo; ip addr add 127.0.0.1/32 dev eth0")
    send = f"import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 0)); s.sendto(b'x', ('{gateway}', 7171))"
    assert_guarded(lambda: space.run("/usr/bin/python3", "-c", send), "prerouting", "ip saddr 127.0.0.1 iifname != lo")


def test_route_localnet_is_on_only_where_a_port_needs_it(davit, image, host):
    davit("network", "create", "net1")
    other = serve(davit, image, "--network", "net1", "-p", f"{host.gateway}:8132:80")
    quiet = serve(davit, image)
    settings = {name: f"net/ipv4/conf/{bridge_of(davit, name)}/route_localnet" for name in ("bridge", "net1")}
    assert {sysctl(name) for name in settings.values()} == {"0"}
    loud = serve(davit, image, "-p", "8133:80")
    assert sysctl(settings["bridge"]) == "1" and sysctl(settings["net1"]) == "0"
    davit("rm", "-f", loud)
    assert sysctl(settings["bridge"]) == "0"
    davit("rm", "-f", quiet, other)


# Forwarding

def test_the_host_becomes_no_router_between_its_own_links(davit, image, host, second_host, no_forwarding):
    with ended(second_host.echo(99)):
        container = serve(davit, image, "-p", "8134:80")
        assert sysctl(FORWARDING) == "1" and space_of(davit, container).ask(second_host.address, 99) == "HELLO"
        assert host.get(host.gateway, 8134) == container[:12]
        assert host.ask(second_host.address, 99) is None
        davit("rm", "-f", container)
        assert sysctl(FORWARDING) == "0" and host.ask(second_host.address, 99) is None
        # A host that was a router before is one still.
        Path("/proc/sys", FORWARDING).write_text("1")
        container = serve(davit, image)
        assert host.ask(second_host.address, 99) == "HELLO"
        davit("rm", "-f", container)
        assert sysctl(FORWARDING) == "1"


def test_forwarding_that_others_need_stays(davit, image, host, no_forwarding):
    davit("network", "create", "--ipv6", "six")
    container = serve(davit, image, "--network", "six")
    ip("link", "add", "vpn0", "type", "veth")
    try:
        davit("rm", "-f", container)
        assert sysctl(FORWARDING) == "1" and sysctl(FORWARDING6) == "1"
    finally:
        ip("link", "del", "vpn0")


def test_another_store_keeps_forwarding(davit, image, no_forwarding):
    other = davit.another("second")
    import_busybox(other, "box:1")
    ours, theirs = serve(davit, image), serve(other, image)
    davit("rm", "-f", ours)
    assert sysctl(FORWARDING) == "1"
    other("rm", "-f", theirs)


def test_advertised_routes_are_kept(davit, image, host, no_forwarding):
    """A host that forwards takes no advertisements, unless it is told to: its own way out would end."""
    setting = f"net/ipv6/conf/{host.link}/accept_ra"
    ip("-6", "route", "add", "default", "via", host.address6, "dev", host.link, "proto", "ra")
    davit("network", "create", "--ipv6", "six")
    container = serve(davit, image, "--network", "six")
    assert sysctl(FORWARDING6) == "1" and sysctl(setting) == "2"
    davit("rm", "-f", container)
    assert sysctl(FORWARDING6) == "0" and sysctl(setting) == "1"


# Rules of other programs

def test_rules_of_others_on_their_bridge_stay(davit, image):
    ip("link", "add", "theirs0", "type", "bridge")
    ip("addr", "add", "10.220.0.1/24", "dev", "theirs0")
    own = 'iifname "theirs0" accept'
    try:
        with chain("ip filter", "FORWARD", "type filter hook forward priority 0; policy drop;", own, own + ' comment "mine"') as place:
            for subnet, kept in (("10.220.0.0/24", True), ("10.221.0.0/24", False)):
                davit("network", "create", "--subnet", subnet, "-o", "com.docker.network.bridge.name=theirs0", "net1")
                container = serve(davit, image, "--network", "net1")
                assert "davit-" in nft(f"list chain {place}")
                davit("rm", "-f", container)
                davit("network", "rm", "net1")
                listed = nft(f"list chain {place}")
                assert "davit-" not in listed and f"{own}\n" in listed and f'{own} comment "mine"\n' in listed
                # An address that was there before stays; one that came with the network goes with it.
                assert (subnet.replace("0.0/24", "0.1/24") in ip("addr", "show", "theirs0")) == kept
    finally:
        ip("link", "del", "theirs0")


@pytest.mark.parametrize("table, name", [("ip filter", "INPUT"), ("inet firewalld", "filter_INPUT")])
def test_names_are_answered_behind_a_closed_input_chain(davit, image, table, name):
    policy, rules = ("accept", ["reject"]) if "firewalld" in table else ("drop", [])
    with chain(table, name, f"type filter hook input priority 10; policy {policy};", 'iifname "lo" accept', "ct state established,related accept", *rules) as place:
        davit("network", "create", "net1")
        one, two = serve(davit, image, "--network", "net1", name="one"), serve(davit, image, "--network", "net1", name="two")
        assert resolved(davit, two, "one") == [address_of(davit, one)]
        davit("rm", "-f", one, two)
        assert "davit-" not in nft(f"list chain {place}")


def test_iptables_understands_what_stands_in_its_chains(davit, image):
    for words in (["-P", "FORWARD", "DROP"], ["-P", "INPUT", "DROP"]):
        subprocess.run(["iptables", *words], check=True)
    try:
        davit("network", "create", "net1")
        container = serve(davit, image, "--network", "net1", "-p", "8135:80")
        listed = subprocess.run(["iptables", "-S"], check=True, capture_output=True, text=True).stdout
        bridge = bridge_of(davit, "net1")
        assert f"-A FORWARD -i {bridge} " in listed and f"-A INPUT -i {bridge} -p udp -m udp --dport 53 " in listed
        davit("rm", "-f", container)
        assert bridge not in subprocess.run(["iptables", "-S"], check=True, capture_output=True, text=True).stdout
    finally:
        nft("flush", "ruleset")


def test_a_chain_that_came_later_is_noticed(davit, image, host):
    """Also where the store's own rules need no change."""
    container = serve(davit, image, "-p", "8136:80")
    with chain("inet firewalld", "filter_FORWARD", "type filter hook forward priority 10; policy accept;", "ct state established,related accept", "reject"):
        assert host.get(host.gateway, 8136) is None
        davit("run", "--rm", image, "true")
        assert host.get(host.gateway, 8136) == container[:12]
        nft("flush", "chain", "inet", "firewalld", "filter_FORWARD")  # a reload
        nft("add", "rule", "inet", "firewalld", "filter_FORWARD", "reject")
        assert host.get(host.gateway, 8136) is None
        davit("network", "reload")
        assert host.get(host.gateway, 8136) == container[:12]


def test_forwarding_that_was_turned_off_is_noticed(davit, image, host):
    container = serve(davit, image, "-p", "8137:80")
    Path("/proc/sys", FORWARDING).write_text("0")
    assert host.get(host.gateway, 8137) is None
    davit("run", "--rm", image, "true")
    assert host.get(host.gateway, 8137) == container[:12]


def test_containers_of_docker_are_reached_by_what_they_publish(davit, image, host):
    """Where our bridges are let through docker's chain they would pass by its isolation too."""
    host.rename_link("docker0")
    with ended(host.echo(99)):
        container = serve(davit, image)
        space = space_of(davit, container)
        assert space.ask(host.address, 99) == "HELLO"
        with chain("ip filter", "FORWARD", "type filter hook forward priority 0; policy drop;"):
            davit("network", "reload")
            assert space.ask(host.address, 99) is None
            ip("route", "add", "198.51.100.0/24", "via", host.address)  # it is an uplink, whatever its name
            davit("network", "reload")
            assert space.ask(host.address, 99) == "HELLO"


# Flows

def test_a_flow_of_udp_follows_its_port(davit, image, host):
    """A client that keeps sending from one port: to nobody, to a container, to the next one."""
    assert ask_from(host, host.gateway, 5354, 4444) is None
    first = davit("run", "-d", "-p", "5354:53/udp", image, "sleep", "600").stdout.strip()
    with ended(space_of(davit, first).echo(53)):
        assert ask_from(host, host.gateway, 5354, 4444) == "HELLO"
    place = address_of(davit, first)
    davit("rm", "-f", first)
    blocker = davit("run", "-d", image, "sleep", "600").stdout.strip()  # takes the address that is free now
    assert address_of(davit, blocker) == place
    second = davit("run", "-d", "-p", "5354:53/udp", image, "sleep", "600").stdout.strip()
    with ended(space_of(davit, second).echo(53)):
        assert ask_from(host, host.gateway, 5354, 4444) == "HELLO"


# Names

def test_names_do_not_leave_internal_networks(davit, image, host, folder):
    davit("network", "create", "--internal", "inner")
    davit("network", "create", "outer")
    with ended(host.name_server("192.0.2.7")), resolv_conf(f"nameserver {host.address}\n", folder):
        shut, peer = serve(davit, image, "--network", "inner"), serve(davit, image, "--network", "inner", "--dns", host.address, name="peer")
        both = serve(davit, image, "--network", "inner", "--network", "outer")
        for container in (shut, peer):
            assert resolved(davit, container, "www.example.com") == []
            assert resolved(davit, container, "peer") == [address_of(davit, peer)]
        assert resolved(davit, both, "www.example.com")[0] == "192.0.2.7" and resolved(davit, both, "peer") == [address_of(davit, peer)]
        # The other network's gateway tells no more than its own.
        gateway = address_of(davit, both, "outer", member="Gateway")
        space_of(davit, shut).run("ip", "route", "add", gateway, "via", address_of(davit, shut, member="Gateway"))
        assert "192.0.2.7" not in davit("exec", shut, "sh", "-c", f"nslookup www.example.com {gateway} || true").stdout
        davit("network", "disconnect", "outer", both)
        assert resolved(davit, both, "www.example.com") == []
        servers = [davit.root / f"run/network/{name}/aardvark.pid" for name in ("names", "no-names")]
        pids = [int(file.read_text()) for file in servers]
        davit("rm", "-f", shut, peer, both)
        wait_until(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids), what="the name servers to end")


@pytest.mark.parametrize("real", ["nameserver 192.0.2.53\n", None])
def test_a_resolver_on_the_hosts_loopback(davit, image, folder, real):
    """Containers on the default bridge get the servers that systemd's resolver asks, or are told."""
    places = Path("/run/systemd/resolve")
    if real:
        places.mkdir(parents=True, exist_ok=True)
        (places / "resolv.conf").write_text(real)
    try:
        with resolv_conf("nameserver 127.0.0.53\nsearch lan\n", folder):
            result = davit("run", "--rm", image, "cat", "/etc/resolv.conf")
            assert ("nameserver 192.0.2.53" in result.stdout) == bool(real) and "127.0.0.53" not in result.stdout
            assert ("finds no names" in result.stderr) == (not real)
            davit("network", "create", "net1")
            for options in (["--network", "none"], ["--network", "net1"], ["--dns", "192.0.2.9"]):
                assert "finds no names" not in davit("run", "--rm", *options, image, "true").stderr
            assert davit("run", "--rm", "--network", "host", image, "cat", "/etc/resolv.conf").stdout == "nameserver 127.0.0.53\nsearch lan\n"
    finally:
        (places / "resolv.conf").unlink(missing_ok=True)


@pytest.mark.parametrize("alias", ["a b", "a,b", "a\nb", "ä", ""])
def test_aliases_are_words(davit, image, alias):
    davit("network", "create", "net1")
    davit("run", "-d", "--name", "c1", image, "sleep", "600")
    assert "invalid network alias" in davit("run", "--rm", "--network", "net1", "--network-alias", alias, image, "true", code=125).stderr
    assert "invalid network alias" in davit("network", "connect", "--alias", alias, "net1", "c1", code=1).stderr
    davit("network", "connect", "--alias", "db-1.example_x", "net1", "c1")


# Endings, repairs

def test_who_stays_in_a_namespace_does_not_keep_its_address(davit, image):
    first = serve(davit, image, name="first")
    place = address_of(davit, first)
    joiner = davit("run", "-d", "--network", "container:first", image, "sleep", "600").stdout.strip()
    before = links("dv") - links("dv-")
    davit("rm", "-f", "first")
    assert "eth0" not in davit("exec", joiner, "ip", "link").stdout and not before & links("dv")
    second = serve(davit, image)
    assert address_of(davit, second) == place and HERE.get(place, 80) == second[:12]


def test_what_was_left_unfinished_is_finished(davit, image):
    """As if davit had died between taking an endpoint out and taking its rules back."""
    container = serve(davit, image, "-p", "8138:80")
    file = davit.root / "run/network/endpoints.json"
    kept = json.loads(file.read_text())
    davit("rm", "-f", container)
    assert tables() == set()
    nft(f"add table inet davit-{kept['changes']['rules'].split('inet davit-')[1].split()[0]}")
    file.write_text(json.dumps(kept | {"endpoints": [], "unfinished": True}))
    davit("run", "--rm", "--network", "none", image, "true")
    assert tables() == set() and "unfinished" not in json.loads(file.read_text())


def test_a_bridge_is_completed(davit, image):
    container = serve(davit, image)
    bridge = bridge_of(davit)
    ip("addr", "flush", "dev", bridge)
    ip("link", "set", bridge, "down")
    second = serve(davit, image)
    for one in (container, second):
        assert HERE.get(address_of(davit, one), 80) == one[:12]


def test_links_do_not_stand_in_the_way_of_other_networks(davit, image):
    """A container that is linked to another by the default bridge leaves it, and joins when the other has ended."""
    davit("network", "create", "net1")
    davit("run", "-d", "--name", "db", image, "sleep", "600")
    davit("run", "-d", "--name", "web", "--link", "db", image, "sleep", "600")
    assert "\tdb " in davit("exec", "web", "cat", "/etc/hosts").stdout
    davit("network", "disconnect", "bridge", "web")
    assert "\tdb " not in davit("exec", "web", "cat", "/etc/hosts").stdout
    davit("network", "connect", "bridge", "web")
    assert "\tdb " in davit("exec", "web", "cat", "/etc/hosts").stdout
    davit("stop", "-t", "0", "db")
    davit("network", "connect", "net1", "web")
    assert davit("inspect", "-f", "{{json .NetworkSettings.Networks}}", "web").stdout.count('"NetworkID"') == 2


def test_a_network_that_is_removed_while_containers_start(davit, image):
    for _ in range(4):
        davit("network", "create", "net1")
        starts = [davit.start("run", "-d", "--network", "net1", image, "sleep", "600") for _ in range(3)]
        removal = davit.start("network", "rm", "net1")
        for process in (*starts, removal):
            _, err = process.communicate(timeout=60)
            assert process.returncode == 0 or b"not found" in err or b"active endpoints" in err, err
        running = davit("ps", "-q").lines
        # Either it is there for all that run, or nobody runs and it is gone.
        assert bool(running) == bool(davit("network", "ls", "-q", "--filter", "name=net1").lines) or not running
        if davit("ps", "-aq").lines:
            davit("rm", "-f", *davit("ps", "-aq").lines)
        davit("network", "rm", "net1", code=None)


# Options

def test_ports_are_published_at_the_networks_address(davit, image, host):
    davit("network", "create", "-o", f"com.docker.network.bridge.host_binding_ipv4={host.gateway}", "net1")
    container = serve(davit, image, "--network", "net1", "-p", "8139:80", "-p", "127.0.0.1:8140:80")
    assert davit("port", container).lines == [f"80/tcp -> {host.gateway}:8139", "80/tcp -> 127.0.0.1:8140"]
    assert HERE.get("127.0.0.1", 8139) is None and host.get(host.gateway, 8139) == container[:12]


@pytest.mark.parametrize("value", ["0", "False", "f"])
def test_each_word_for_false_keeps_containers_apart(davit, image, value):
    davit("network", "create", "-o", f"com.docker.network.bridge.enable_icc={value}", "net1")
    one, two = serve(davit, image, "--network", "net1"), serve(davit, image, "--network", "net1")
    assert space_of(davit, two).get(address_of(davit, one), 80) is None


@pytest.mark.parametrize("options, words", [
    (["com.docker.network.bridge.enable_icc=maybe"], 'failed to parse com.docker.network.bridge.enable_icc value: maybe (strconv.ParseBool: parsing "maybe": invalid syntax)'),
    (["com.docker.network.bridge.enable_ip_masquerade="], 'failed to parse com.docker.network.bridge.enable_ip_masquerade value:  (strconv.ParseBool: parsing "": invalid syntax)'),
    (["com.docker.network.bridge.host_binding_ipv4=here"], "failed to parse com.docker.network.bridge.host_binding_ipv4 value: here (nil ip)"),
    (["com.docker.network.driver.mtu=67"], "invalid MTU 67: this network's links can have 68 to 65535"),
    (["com.docker.network.driver.mtu=65536"], "invalid MTU 65536: this network's links can have 68 to 65535"),
    (["com.docker.network.bridge.name=a*"], 'invalid bridge name: "a*"'),
    (["com.docker.network.bridge.name=a\"b"], 'invalid bridge name: "a"b"'),
])
def test_values_that_cannot_be(davit, options, words):
    result = davit("network", "create", *(word for option in options for word in ("-o", option)), "net1", code=1)
    assert words in result.stderr and not links("dv-")
    assert davit("network", "ls", "-q", "--filter", "name=net1").stdout == ""


def test_an_mtu_that_ipv6_cannot_have(davit):
    result = davit("network", "create", "--ipv6", "-o", "com.docker.network.driver.mtu=1279", "net1", code=1)
    assert "invalid MTU 1279: this network's links can have 1280 to 65535" in result.stderr and not links("dv-")
