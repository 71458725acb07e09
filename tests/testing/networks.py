"""Networks for tests: other machines as network namespaces, services in containers, and what a store has left in the kernel."""

import itertools
import json
import os
import re
import subprocess
import time
from pathlib import Path

from testing.processes import wait_until

_numbers = itertools.count(1)
SERVE = ["sh", "-c", "httpd -p 80 -h /etc && sleep 600"]  # answers with what lies in its /etc
ECHO = """
import socket
s = socket.socket(socket.AF_INET6 if {v6} else socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", {port}))
while True:
    data, peer = s.recvfrom(100)
    s.sendto(data.upper(), peer)
"""
ASK = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(3)
s.sendto(b"hello", (sys.argv[1], int(sys.argv[2])))
print(s.recvfrom(100)[0].decode())
"""

GET = """
import http.client, sys
server = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=3)
server.request("GET", "/" + sys.argv[3])
print(server.getresponse().read().decode())
"""


NAME_SERVER = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 53))
while True:
    q, peer = s.recvfrom(512)
    end = q.index(b"\\0", 12) + 5
    a = q[end - 4:end - 2] == b"\\0\\1"
    answer = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + socket.inet_aton(sys.argv[2]) if a else b""
    s.sendto(q[:2] + b"\\x81\\x80\\0\\1" + (b"\\0\\1" if a else b"\\0\\0") + b"\\0\\0\\0\\0" + q[12:end] + answer, peer)
"""


def ip(*arguments):
    return subprocess.run(["ip", *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def links(prefix="dv"):
    """The names of davit's links on this side: bridges and the ends of containers' links."""
    return {name for name in os.listdir("/sys/class/net") if name.startswith(prefix)}


def tables():
    """davit's tables of rules."""
    listed = subprocess.run(["nft", "list", "tables"], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1] for line in listed.splitlines() if "davit-" in line}


def nft(*words):
    return subprocess.run(["nft", *words], check=True, capture_output=True, text=True).stdout


def remove_links():
    """Bridges stay until their network is removed; a test's stores are simply left."""
    for name in links():
        subprocess.run(["ip", "link", "del", name], capture_output=True)


class Space:
    """A network namespace in which things can be run."""

    def __init__(self, pid):
        self.pid = pid

    def run(self, *command, code=0, timeout=30):
        run = subprocess.run(["nsenter", "-n", "-t", str(self.pid), *map(str, command)], capture_output=True, text=True, timeout=timeout)
        assert code is None or run.returncode == code, f"{command}: exit {run.returncode}\n{run.stdout}{run.stderr}"
        return run

    def get(self, address, port, path="hostname"):
        """What an HTTP server answers; None where it refuses or does not answer at all."""
        run = self.run("/usr/bin/python3", "-c", GET, address, port, path, code=None)
        return run.stdout.strip() if run.returncode == 0 else None

    def ask(self, address, port):
        """What a UDP service answers."""
        run = self.run("/usr/bin/python3", "-c", ASK, address, port, code=None)
        return run.stdout.strip() if run.returncode == 0 else None

    def echo(self, port, v6=False):
        """Starts a service that answers by UDP."""
        process = subprocess.Popen(["nsenter", "-n", "-t", str(self.pid), "/usr/bin/python3", "-c", ECHO.format(port=port, v6=v6)])
        listed = "/proc/net/udp6" if v6 else "/proc/net/udp"
        wait_until(lambda: f":{port:04X} " in self.run("cat", listed).stdout, what=f"a service at UDP port {port}")
        return process


HERE = Space(os.getpid())


class Host(Space):
    """Another machine, with a link to the sandbox's: there 10.70.N.2, here 10.70.N.1; and fd70:N::2, fd70:N::1."""

    def __init__(self):
        self.number = next(_numbers)
        self.process = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        super().__init__(self.process.pid)
        own = os.readlink("/proc/self/ns/net")
        wait_until(lambda: os.readlink(f"/proc/{self.pid}/ns/net") != own, what="a namespace")
        self.link = f"host{self.number}"
        self.address, self.gateway = f"10.70.{self.number}.2", f"10.70.{self.number}.1"
        self.address6, self.gateway6 = f"fd70:{self.number}::2", f"fd70:{self.number}::1"
        ip("link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.pid)
        ip("addr", "add", f"{self.gateway}/24", "dev", self.link)
        ip("-6", "addr", "add", f"{self.gateway6}/64", "dev", self.link, "nodad")
        ip("link", "set", self.link, "up")
        for words in (["link", "set", "lo", "up"], ["addr", "add", f"{self.address}/24", "dev", "eth0"],
                      ["-6", "addr", "add", f"{self.address6}/64", "dev", "eth0", "nodad"], ["link", "set", "eth0", "up"],
                      ["route", "add", "default", "via", self.gateway], ["-6", "route", "add", "default", "via", self.gateway6]):
            self.run("ip", *words)

    def name_server(self, answer):
        """Starts one that answers each question for an IPv4 address with that one."""
        process = subprocess.Popen(["nsenter", "-n", "-t", str(self.pid), "/usr/bin/python3", "-c", NAME_SERVER, self.address, answer])
        wait_until(lambda: ":0035 " in self.run("cat", "/proc/net/udp").stdout, what="a name server")
        return process

    def rename_link(self, name):
        """This side's end of its link."""
        for words in (["set", self.link, "down"], ["set", self.link, "name", name], ["set", name, "up"]):
            ip("link", *words)
        self.link = name

    def stop(self):
        subprocess.run(["ip", "link", "del", self.link], capture_output=True)
        self.process.kill()
        self.process.wait()


def serve(davit, image, *options, name=None, command=SERVE):
    """A container with an HTTP server at its port 80 that answers /hostname with its host name; returns its ID."""
    named = ["--name", name] if name else []
    container = davit("run", "-d", *named, *options, image, *command).stdout.strip()
    space = space_of(davit, container)
    wait_until(lambda: ":0050 " in space.run("cat", "/proc/net/tcp", "/proc/net/tcp6", code=None).stdout, what=f"the server of {container}")
    return container


def space_of(davit, container):
    return Space(int(davit("inspect", "-f", "{{.State.Pid}}", container).stdout))


def resolved(davit, container, name):
    """The addresses that a name has in a container."""
    out = davit("exec", container, "sh", "-c", f"nslookup {name} || true").stdout
    return re.findall(r"^Address: (\S+)$", out, re.M)


def address_of(davit, container, network=None, member="IPAddress"):
    settings = json.loads(davit("inspect", "-f", "{{json .NetworkSettings.Networks}}", container).stdout)
    return settings[network or next(iter(settings))][member]


def subnet_of(davit, network):
    return davit("network", "inspect", "-f", "{{(index .IPAM.Config 0).Subnet}}", network).stdout.strip()


def network_traces(davit):
    """What a store has of networks in the kernel and in its files, without the bridges, which stay."""
    table = davit.root / "run/network/endpoints.json"
    told = json.loads(table.read_text()) if table.exists() else {}
    sockets = [line.split()[1] for kind in ("tcp", "udp", "tcp6", "udp6") for line in Path("/proc/net", kind).read_text().splitlines()[1:]]
    return sorted({*(f"link {name}" for name in links("dv") if not name.startswith("dv-")), *(f"table {name}" for name in tables()),
                   *(f"socket {name}" for name in sockets), *(f"endpoint {one['id']}" for one in told.get("endpoints", [])),
                   *(f"change {name}" for name in told.get("changes", {}))})


def sysctl(name):
    return Path("/proc/sys", name).read_text().strip()


def within(seconds, function, *arguments):
    """The function's value, which must not take longer."""
    begin = time.monotonic()
    value = function(*arguments)
    assert time.monotonic() - begin < seconds, f"{function} took more than {seconds} s"
    return value
