"""Networks: creating them, being in them, leaving them; names in them."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from testing.containers import import_busybox
from testing.networks import HERE, address_of, ip, links, resolved, serve, space_of, subnet_of
from testing.processes import wait_until


@pytest.fixture
def image(davit):
    import_busybox(davit, "box:1")
    return "box:1"


@pytest.fixture
def network(davit):
    """A network `net1` of 10.201.0.0/24."""
    davit("network", "create", "--subnet", "10.201.0.0/24", "net1")
    return "net1"


def run(davit, *arguments, code=0):
    return davit("run", "--rm", *arguments, code=code)


def refusal(result):
    return result.stderr.splitlines()[0].removeprefix("davit: ").removeprefix("Error response from daemon: ")


def name_server(davit):
    """The PID of the store's name server; 0 for none."""
    try:
        return int((davit.root / "run/network/names/aardvark.pid").read_text())
    except FileNotFoundError:
        return 0


def alive(pid):
    try:
        return (pid and open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] != "Z") or False
    except FileNotFoundError:
        return False


# Being in networks

def test_default_bridge_has_addresses_a_gateway_and_no_names(davit, image):
    container = serve(davit, image, name="first")
    shown = json.loads(davit("inspect", container).stdout)[0]
    settings = shown["NetworkSettings"]
    assert shown["HostConfig"]["NetworkMode"] == "bridge" and list(settings["Networks"]) == ["bridge"]
    subnet = subnet_of(davit, "bridge")
    assert settings["IPAddress"] == subnet.replace("0.0/16", "0.2") and settings["Gateway"] == subnet.replace("0.0/16", "0.1")
    out = davit("exec", container, "sh", "-c", "ip -o -4 addr show dev eth0; ip route; ip link show dev eth0; cat /etc/hosts").stdout
    assert f"inet {settings['IPAddress']}/16" in out and f"default via {settings['Gateway']} dev eth0" in out
    assert f"link/ether {settings['MacAddress']}" in out and f"{settings['IPAddress']}\t{container[:12]}" in out
    assert not name_server(davit) and resolved(davit, container, "first") == []
    assert davit("ps", "--format", "{{.Networks}}").stdout == "bridge\n"


def test_containers_of_a_network_reach_each_other_and_those_of_others_do_not(davit, image, network):
    one, two = serve(davit, image, "--network", network), serve(davit, image, "--network", network)
    other = serve(davit, image)
    assert space_of(davit, two).get(address_of(davit, one), 80) == one[:12]
    assert space_of(davit, other).get(address_of(davit, one), 80) is None
    assert space_of(davit, one).get(address_of(davit, other), 80) is None
    assert HERE.get(address_of(davit, one), 80) == one[:12]


def test_other_hosts_do_not_reach_what_is_not_published(davit, image, network, host):
    container = serve(davit, image, "--network", network)
    host.run("ip", "route", "add", "10.201.0.0/24", "via", host.gateway)
    assert host.get(address_of(davit, container), 80) is None


@pytest.mark.parametrize("filtered", ["0", "1"])
def test_containers_that_may_not_talk(davit, image, filtered):
    """By each other's addresses, whether the kernel filters what it bridges or not; published ports are open to all."""
    setting = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if not setting.exists() and filtered == "1":
        pytest.skip("this kernel has no br_netfilter")
    before = setting.read_text() if setting.exists() else None
    try:
        if before:
            setting.write_text(filtered)
        davit("network", "create", "--opt", "com.docker.network.bridge.enable_icc=false", "quiet")
        one, two = (serve(davit, image, "--network", "quiet", "-p", f"{port}:80") for port in (8220, 8221))
        gateway = address_of(davit, one, member="Gateway")
        assert space_of(davit, two).get(address_of(davit, one), 80) is None and HERE.get(address_of(davit, one), 80) == one[:12]
        assert space_of(davit, two).get(gateway, 8220) == one[:12]
    finally:
        if before:
            setting.write_text(before)


def test_internal_network_has_no_way_out(davit, image, host):
    davit("network", "create", "--internal", "inner")
    one, two = serve(davit, image, "--network", "inner"), serve(davit, image, "--network", "inner")
    assert "default" not in davit("exec", one, "ip", "route").stdout
    assert space_of(davit, two).get(address_of(davit, one), 80) == one[:12]
    space = space_of(davit, one)
    space.run("ip", "route", "add", "default", "via", address_of(davit, one, member="Gateway"))
    service = host.echo(99)
    try:
        assert space.ask(host.address, 99) is None
    finally:
        service.kill()
        service.wait()


def test_addresses_that_were_asked_for(davit, image, network):
    out = run(davit, "--network", network, "--ip", "10.201.0.77", "--mac-address", "02:42:00:00:00:77", image, "ip", "addr", "show", "dev", "eth0").stdout
    assert "inet 10.201.0.77/24" in out and "link/ether 02:42:00:00:00:77" in out
    assert "inet 10.201.0.9/24" in run(davit, "--network", f"name={network},ip=10.201.0.9,alias=x", image, "ip", "addr").stdout
    davit("network", "create", "--subnet", "10.202.0.0/24", "--ip-range", "10.202.0.128/25", "--gateway", "10.202.0.200",
          "--aux-address", "router=10.202.0.128", "--ipv6", "--subnet", "fd00:99::/64", "both")
    out = run(davit, "--network", "both", "--ip6", "fd00:99::7", image, "sh", "-c", "ip addr; ip route; ip -6 route").stdout
    assert "inet 10.202.0.129/24" in out and "inet6 fd00:99::7/64" in out
    assert "default via 10.202.0.200" in out and "default via fd00:99::1" in out


@pytest.mark.parametrize("options, words", [
    (["--ip", "10.9.0.1"], "Invalid address 10.9.0.1: It does not belong to any of this network's subnets"),
    (["--ip", "10.201.0.1"], "Address already in use"),
    (["--ip", "10.201.0.255"], "Address already in use"),
    (["--ip", "bad"], "invalid IPv4 address: bad"),
    (["--ip", "fd00::1"], "invalid IPv4 address: fd00::1"),
    (["--ip6", "bad"], "invalid IPv6 address: bad"),
    (["--ip6", "fd00::1"], "user specified IP address is supported only when connecting to networks with user configured subnets"),
    (["--mac-address", "02:42"], "02:42 is not a valid mac address"),
    (["--network", "net1,x"], "network net1,x not found"),
    (["--link", "nosuch"], "could not get container for nosuch: No such container: nosuch"),
    (["--link", ":"], "bad format for links: :"),
    (["--link", ""], "empty string specified for links"),
    (["--link-local-ip", "169.254.1.1"], "--link-local-ip is not supported: a bridge gives each container one address of each family: --ip, --ip6"),
])
def test_what_is_refused_leaves_nothing(davit, image, network, options, words):
    assert refusal(run(davit, "--network", network, *options, image, "true", code=125)) == words
    assert davit("ps", "-aq").stdout == "" and not (davit.root / "run/network/names").exists()


def test_full_network(davit, image):
    davit("network", "create", "--subnet", "10.203.0.0/30", "small")
    davit("run", "-d", "--network", "small", "--name", "only", image, "sleep", "600")
    assert refusal(run(davit, "--network", "small", image, "true", code=125)).startswith("no available IPv4 addresses on this network's address pools: small (")
    davit("rm", "-f", "only")
    run(davit, "--network", "small", image, "true")


def test_several_networks_at_once(davit, image, network):
    davit("network", "create", "--subnet", "10.204.0.0/24", "net2")
    container = davit("run", "-d", "--network", network, "--network", "net2", image, "sleep", "600").stdout.strip()
    out = davit("exec", container, "sh", "-c", "ip -o -4 addr; ip route").stdout
    assert "eth0    inet 10.201.0.2/24" in out and "eth1    inet 10.204.0.2/24" in out and "default via 10.201.0.1 dev eth0" in out
    assert davit("ps", "--format", "{{.Networks}}").stdout == "net1,net2\n"


def test_connect_and_disconnect_while_it_runs(davit, image, network):
    container = serve(davit, image, name="traveller")
    davit("network", "connect", "--alias", "wanderer", "--ip", "10.201.0.40", network, "traveller")
    peer = serve(davit, image, "--network", network, name="peer")
    assert space_of(davit, peer).get("10.201.0.40", 80) == container[:12]
    assert resolved(davit, peer, "wanderer") == ["10.201.0.40"] and resolved(davit, container, "peer") == [address_of(davit, peer)]
    assert f"10.201.0.40\t{container[:12]}" in davit("exec", container, "cat", "/etc/hosts").stdout
    davit("network", "disconnect", "bridge", "traveller")
    out = davit("exec", container, "sh", "-c", "ip route; ip -o -4 addr; cat /etc/hosts").stdout
    assert "default via 10.201.0.1 dev eth1" in out and "eth0" not in out
    davit("network", "connect", "bridge", "traveller")
    davit("network", "disconnect", network, "traveller")
    assert resolved(davit, peer, "wanderer") == [] and space_of(davit, peer).get("10.201.0.40", 80) is None
    davit("restart", "-t", "0", "traveller")
    assert list(json.loads(davit("inspect", container).stdout)[0]["NetworkSettings"]["Networks"]) == ["bridge"]


def test_out_of_all_networks_and_back(davit, image, network):
    """Its published port goes to the next network that can publish it."""
    container = serve(davit, image, "-p", "8210:80")
    davit("network", "connect", network, container)
    davit("network", "disconnect", "bridge", container)
    assert davit("port", container).stdout == "80/tcp -> 0.0.0.0:8210\n" and HERE.get("127.0.0.1", 8210) == container[:12]
    davit("network", "disconnect", network, container)
    assert davit("ps", "--format", "{{.Networks}}|{{.Ports}}").stdout == "|\n" and davit("exec", container, "ip", "route").stdout == ""
    assert davit("inspect", "-f", "{{json .NetworkSettings.Networks}}", container).stdout == "{}\n"
    davit("restart", "-t", "0", container)
    davit("network", "connect", network, container)
    assert "default via 10.201.0.1" in davit("exec", container, "ip", "route").stdout


def test_connect_of_one_that_does_not_run(davit, image, network):
    davit("create", "--name", "later", image, "sleep", "600")
    davit("network", "connect", "--ip", "10.201.0.50", "--alias", "one", network, "later")
    davit("network", "connect", "--alias", "two", network, "later")
    davit("network", "disconnect", "bridge", "later")
    assert davit("network", "connect", network, "nosuch", code=1).stderr == "Error response from daemon: No such container: nosuch\n"
    davit("start", "later")
    settings = json.loads(davit("inspect", "later").stdout)[0]["NetworkSettings"]["Networks"]
    assert list(settings) == [network] and settings[network]["IPAddress"] == "10.201.0.50" and "two" in settings[network]["Aliases"]


def test_network_of_another_container(davit, image):
    donor = serve(davit, image, "--hostname", "donor", "--add-host", "x:10.0.0.9", "--dns", "10.0.0.53", name="first")
    out = run(davit, "--network", "container:first", image, "sh", "-c", "hostname; cat /etc/hosts /etc/resolv.conf; ip -o -4 addr show dev eth0").stdout
    assert out.startswith("donor\n") and "10.0.0.9\tx" in out and "nameserver 10.0.0.53" in out and address_of(davit, donor) in out
    assert davit("inspect", "-f", "{{.HostConfig.NetworkMode}}", davit("create", "--network", "container:first", image, "true").stdout.strip()).stdout == f"container:{donor}\n"
    for options, words in ((["-p", "80"], "port publishing and the container type network mode"), (["-P"], "port publishing and the container type network mode"),
                           (["--expose", "80"], "port exposing and the container type network mode"), (["--hostname", "x"], "hostname and the network mode"),
                           (["--dns", "1.1.1.1"], "dns and the network mode"), (["--add-host", "a:1.1.1.1"], "custom host-to-IP mapping and the network mode")):
        assert refusal(run(davit, "--network", "container:first", *options, image, "true", code=125)) == "conflicting options: " + words


def test_restarted_container_gets_its_place_again(davit, image, network):
    davit("run", "-d", "--name", "again", "--network", network, "--ip", "10.201.0.60", "-p", "8200:80", image, "sleep", "600")
    davit("restart", "-t", "0", "again")
    assert address_of(davit, "again") == "10.201.0.60" and davit("port", "again").stdout == "80/tcp -> 0.0.0.0:8200\n"
    davit("stop", "-t", "0", "again")
    assert address_of(davit, "again") == "" and davit("port", "again").stdout == ""
    run(davit, "--network", network, "--ip", "10.201.0.60", image, "true")
    davit("start", "again")
    assert address_of(davit, "again") == "10.201.0.60"


# Kinds of networks

def test_macvlan(davit, image, host):
    """Containers beside the other machine: it is their neighbour, not their router's host."""
    ip("addr", "del", f"{host.gateway}/24", "dev", host.link)
    davit("network", "create", "-d", "macvlan", "--subnet", f"10.70.{host.number}.0/24", "--gateway", host.address, "-o", f"parent={host.link}", "lan")
    container = serve(davit, image, "--network", "lan", "--ip", f"10.70.{host.number}.30")
    assert host.get(f"10.70.{host.number}.30", 80) == container[:12]
    assert f"default via {host.address}" in davit("exec", container, "ip", "route").stdout
    other = serve(davit, image)
    davit("network", "connect", "lan", other)
    assert host.get(address_of(davit, other, "lan"), 80) == other[:12]
    davit("network", "disconnect", "lan", other)
    assert "eth1" not in davit("exec", other, "ip", "link").stdout
    davit("rm", "-f", container)
    davit("network", "rm", "lan")


@pytest.mark.parametrize("options, words", [
    (["-d", "macvlan"], "a macvlan network needs the link of this host that it is over: -o parent=LINK"),
    (["-d", "macvlan", "-o", "parent=nosuch0"], "invalid subinterface vlan name nosuch0, there is no such link on this host"),
    (["-d", "macvlan", "-o", "parent=lo", "-o", "macvlan_mode=x"], "requested macvlan mode 'x' is not valid, 'bridge' mode is the macvlan driver default"),
    (["-d", "ipvlan", "-o", "parent=HOST", "-o", "ipvlan_mode=l3"], "requested ipvlan mode 'l3' is not valid, 'l2' mode is the ipvlan driver default"),
    (["-d", "ipvlan", "-o", "parent=HOST"], "network driver ipvlan: this kernel has no ipvlan links (CONFIG_IPVLAN, module ipvlan)"),
    (["--subnet", "10.70.HOST.0/24"], "subnet 10.70.HOST.0/24 overlaps with route 10.70.HOST.0/24 of this host"),
    (["--subnet", "10.70.0.0/16"], "subnet 10.70.0.0/16 overlaps with route 10.70.HOST.0/24 of this host"),
    (["--subnet", "10.70.HOST.64/26"], "subnet 10.70.HOST.64/26 overlaps with route 10.70.HOST.0/24 of this host"),
    (["--opt", "com.docker.network.bridge.name=HOST"], "link HOST is there already, and it is no bridge"),
    (["--ingress"], "--ingress is not supported: it is of a swarm, and davit is of one host"),
    (["--config-only"], "--config-only is not supported: davit has no networks that are configuration only"),
    (["--config-from", "x"], "--config-from is not supported: davit has no networks that are configuration only"),
    (["--ipam-opt", "x=y"], "--ipam-opt is not supported: the choice of addresses has no options"),
    (["--ipam-driver", "x"], "could not find IPAM driver x"),
    (["--ipv4=false"], "IPv4 or IPv6 must be enabled"),
])
def test_networks_that_cannot_be(davit, host, options, words):
    put = lambda text: text.replace("parent=HOST", f"parent={host.link}").replace("name=HOST", f"name={host.link}").replace("link HOST", f"link {host.link}").replace("HOST", str(host.number))
    if "ipvlan: this kernel" in words and subprocess.run(["ip", "link", "add", "link", host.link, "name", "probe0", "type", "ipvlan"], capture_output=True).returncode == 0:
        pytest.skip("this kernel has ipvlan")
    assert refusal(davit("network", "create", *map(put, options), "x", code=1)) == put(words)
    assert davit("network", "ls", "-q", "--filter", "type=custom").stdout == "" and not links("dv-")


def test_network_of_ipv6_alone(davit, image):
    davit("network", "create", "--ipv4=false", "--ipv6", "six")
    assert davit("network", "ls", "--format", "{{.IPv4}} {{.IPv6}}", "--filter", "name=six").stdout == "false true\n"
    one = serve(davit, image, "--network", "six", name="one")
    out = davit("exec", one, "sh", "-c", "ip -4 route; cat /etc/resolv.conf").stdout
    assert "default" not in out and "nameserver fd" in out
    assert space_of(davit, serve(davit, image, "--network", "six")).get(address_of(davit, one, member="GlobalIPv6Address"), 80) == one[:12]


def test_options_of_a_bridge(davit, image):
    davit("network", "create", "-o", "com.docker.network.bridge.name=mybridge0", "-o", "com.docker.network.driver.mtu=1400",
          "-o", "com.docker.network.bridge.enable_ip_masquerade=false", "--label", "a=b", "--attachable", "opts")
    assert "mtu 1400" in run(davit, "--network", "opts", image, "ip", "link", "show", "dev", "eth0").stdout
    assert "mtu 1400" in ip("link", "show", "mybridge0")
    shown = json.loads(davit("network", "inspect", "opts").stdout)[0]
    assert shown["Attachable"] and shown["Labels"] == {"a": "b"} and shown["Options"]["com.docker.network.bridge.name"] == "mybridge0"
    davit("network", "rm", "opts")
    assert "mybridge0" not in os.listdir("/sys/class/net")


def test_bridge_of_somebody_elses_is_used_and_stays(davit, image):
    ip("link", "add", "theirs0", "type", "bridge")
    try:
        davit("network", "create", "--subnet", "10.206.0.0/24", "-o", "com.docker.network.bridge.name=theirs0", "net1")
        one = serve(davit, image, "--network", "net1")
        assert HERE.get(address_of(davit, one), 80) == one[:12] and "10.206.0.1/24" in ip("addr", "show", "theirs0")
        davit("rm", "-f", one)
        davit("network", "rm", "net1")
        assert "theirs0" in os.listdir("/sys/class/net")
    finally:
        ip("link", "del", "theirs0")


def test_subnets_of_our_choice_keep_clear_of_routes(davit):
    """Two stores, and a route of the host's over most of what there is to choose from."""
    ip("route", "add", "172.16.0.0/12", "dev", "lo")
    try:
        subnets = set()
        for store in (davit, davit.another("second")):
            for name in ("net1", "net2"):
                store("network", "create", name)
                subnets.add(subnet_of(store, name))
        assert len(subnets) == 4 and all(subnet.startswith("192.168.") for subnet in subnets)
    finally:
        ip("route", "del", "172.16.0.0/12")


# Names

def test_names_aliases_and_ids(davit, image, network):
    one = davit("run", "-d", "--name", "one", "--network", network, "--network-alias", "db", "--net-alias", "store", image, "sleep", "600").stdout.strip()
    two = davit("run", "-d", "--name", "two", "--network", network, "--network-alias", "db", image, "sleep", "600").stdout.strip()
    for name in ("one", "store", one[:12], "ONE"):
        assert resolved(davit, two, name) == [address_of(davit, one)], name
    assert sorted(resolved(davit, one, "db")) == sorted([address_of(davit, one), address_of(davit, two)])
    davit("rename", "two", "deux")
    wait_until(lambda: resolved(davit, one, "deux") == [address_of(davit, two)], what="the new name")
    assert resolved(davit, one, "two") == []
    davit("rm", "-f", "deux")
    wait_until(lambda: resolved(davit, one, "deux") == [], what="the name to go")


def test_names_of_other_networks_are_not_known(davit, image, network):
    davit("network", "create", "net2")
    davit("run", "-d", "--name", "one", "--network", network, image, "sleep", "600")
    davit("run", "-d", "--name", "two", "--network", "net2", image, "sleep", "600")
    assert resolved(davit, "two", "one") == []
    davit("network", "connect", "net2", "one")
    wait_until(lambda: resolved(davit, "two", "one") == [address_of(davit, "one", "net2")], what="the name")


def test_one_name_server_that_lives_as_long_as_it_is_needed(davit, image, network):
    davit("network", "create", "net2")
    davit("run", "-d", "--name", "one", "--network", network, image, "sleep", "600")
    first = name_server(davit)
    davit("run", "-d", "--name", "two", "--network", "net2", image, "sleep", "600")
    assert alive(first) and name_server(davit) == first
    davit("rm", "-f", "one")
    assert alive(first)
    davit("rm", "-f", "two")
    assert not alive(first) and not (davit.root / "run/network/names").exists()


def test_name_server_that_died_is_started_again(davit, image, network):
    davit("run", "-d", "--name", "one", "--network", network, image, "sleep", "600")
    first = name_server(davit)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not alive(first), what="its end")
    assert resolved(davit, "one", "one") == []
    davit("run", "-d", "--name", "two", "--network", network, image, "sleep", "600")
    assert name_server(davit) != first and resolved(davit, "two", "one") == [address_of(davit, "one")]
    os.kill(name_server(davit), signal.SIGKILL)
    davit("network", "reload")
    wait_until(lambda: resolved(davit, "two", "one") == [address_of(davit, "one")], what="the names")


def test_name_server_outlives_the_callers_session(davit, image, network):
    davit("run", "-d", "--name", "one", "--network", network, image, "sleep", "600")
    server = name_server(davit)
    assert os.getsid(server) != os.getsid(0)
    groups = open(f"/proc/{server}/cgroup").read()
    assert "davit-" in groups or "/davit-sandbox" not in open("/proc/self/cgroup").read() or groups != open("/proc/self/cgroup").read()


def test_upstream_names_pass_through(davit, image, network, host):
    """--dns of a container is asked for what the network does not know; one that is down is an error, soon."""
    server = host.name_server("192.0.2.7")
    try:
        container = davit("run", "-d", "--network", network, "--dns", host.address, image, "sleep", "600").stdout.strip()
        assert resolved(davit, container, "www.example.com")[0] == "192.0.2.7"
    finally:
        server.kill()
        server.wait()
    assert "192.0.2.7" not in resolved(davit, container, "other.example.com")
    davit("run", "-d", "--name", "still", "--network", network, image, "sleep", "600")
    assert resolved(davit, "still", "still") == [address_of(davit, "still")]


def test_search_and_options(davit, image, network):
    out = run(davit, "--network", network, "--dns-search", "example.com", "--dns-option", "timeout:1", image, "cat", "/etc/resolv.conf").stdout
    assert out == "search example.com\nnameserver 10.201.0.1\noptions timeout:1\n"


# Links, host-gateway

def test_links_on_the_default_bridge(davit, image):
    davit("run", "-d", "--name", "db", "--expose", "5432", "-e", "USER=me", image, "sleep", "600")
    address = address_of(davit, "db")
    out = run(davit, "--name", "web", "--link", "db:store", image, "sh", "-c", "cat /etc/hosts; env").stdout
    short = davit("ps", "-q", "--filter", "name=^/db$").stdout.strip()
    assert f"{address}\tstore {short} db\n" in out
    for line in ("STORE_NAME=/web/store", f"STORE_PORT=tcp://{address}:5432", f"STORE_PORT_5432_TCP_ADDR={address}", "STORE_PORT_5432_TCP_PORT=5432",
                 "STORE_PORT_5432_TCP_PROTO=tcp", f"STORE_PORT_5432_TCP=tcp://{address}:5432", "STORE_ENV_USER=me"):
        assert line in out.splitlines(), line
    container = davit("create", "--name", "later", "--link", "db", image, "true").stdout.strip()
    assert davit("inspect", "-f", "{{json .HostConfig.Links}}", container).stdout == '["/db:/later/db"]\n'
    davit("stop", "-t", "0", "db")
    assert "Cannot link to a non running container: /db AS /later/db" in davit("start", "later", code=1).stderr


def test_links_on_a_network(davit, image, network):
    davit("run", "-d", "--name", "db", "--network", network, image, "sleep", "600")
    out = run(davit, "--network", network, "--link", "db:store", image, "cat", "/etc/hosts").stdout
    assert f"{address_of(davit, 'db')}\tstore" in out


@pytest.mark.parametrize("named", [True, False])
def test_host_gateway(davit, image, network, named, host):
    options = ["--network", network] if named else []
    out = run(davit, *options, "--add-host", "host.docker.internal:host-gateway", image, "grep", "host.docker", "/etc/hosts").stdout
    gateway = "10.201.0.1" if named else subnet_of(davit, "bridge").replace("0.0/16", "0.1")
    assert out == f"{gateway}\thost.docker.internal\n"


# Lists and housekeeping

def test_filters_of_ps(davit, image, network):
    davit("run", "-d", "--name", "one", "--network", network, "-p", "8300:80", "--expose", "90", image, "sleep", "600")
    davit("run", "-d", "--name", "two", image, "sleep", "600")
    network_id = davit("network", "inspect", "-f", "{{.Id}}", network).stdout.strip()
    for filter, names in ((f"network={network}", ["one"]), (f"network={network_id}", ["one"]), (f"network={network_id[:12]}", ["one"]), ("network=bridge", ["two"]),
                          ("publish=8300", ["one"]), ("publish=8000-8400/tcp", ["one"]), ("publish=80", []), ("expose=80", ["one"]), ("expose=90/tcp", ["one"]), ("network=nosuch", [])):
        assert davit("ps", "--format", "{{.Names}}", "--filter", filter).lines == names, filter


def test_prune_takes_what_no_container_is_to_be_in(davit, image, network):
    davit("network", "create", "--label", "keep", "net2")
    davit("create", "--name", "later", "--network", network, image, "true")
    assert davit("network", "prune", "-f", "--filter", "label!=keep").stdout == ""
    assert davit("network", "prune", "-f").stdout == "Deleted Networks:\nnet2\n\n"
    davit("rm", "later")
    assert davit("network", "prune", "-f", "--filter", "until=1h").stdout == ""
    assert davit("network", "prune", "-f").stdout == "Deleted Networks:\nnet1\n\n" and not links("dv-")


def test_network_in_use_stays(davit, image, network):
    davit("run", "-d", "--name", "one", "--network", network, image, "sleep", "600")
    network_id = davit("network", "inspect", "-f", "{{.Id}}", network).stdout.strip()
    assert davit("network", "rm", network, code=1).stderr == \
        f"Error response from daemon: error while removing network: network net1 id {network_id} has active endpoints\nexit status 1\n"
    davit("rm", "-f", "one")
    assert davit("network", "rm", network_id[:7]).stdout == f"{network_id[:7]}\n"


def test_damaged_network_is_named(davit, network):
    network_id = davit("network", "inspect", "-f", "{{.Id}}", network).stdout.strip()
    file = davit.root / f"networks/{network_id}.json"
    file.write_text("{")
    listed = davit("network", "ls", "--format", "{{.Name}}")
    assert "net1" not in listed.lines and f"{file} is damaged" in listed.stderr
