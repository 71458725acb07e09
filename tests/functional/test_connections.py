"""Which way to a registry: certificates, mirrors, proxies, pull budgets."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest
from testing import images
from testing import tls as certificates
from testing.davit_registry import DavitRegistry
from testing.fixtures import on_each_registry
from testing.http_proxy import HttpProxy
from testing.processes import free_port
from testing.registry import Registry
from testing.terminal import Terminal

@pytest.fixture(scope="module", autouse=True)
def own_etc():
    """What the tests write below /etc lands in the sandbox's folder."""
    folder = Path(os.environ["DAVIT_SANDBOX"]) / "etc"
    (folder / "upper").mkdir(parents=True)
    (folder / "work").mkdir()
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/etc,upperdir={folder}/upper,workdir={folder}/work", "/etc"], check=True)
    for name in ("/etc/containers/registries.conf.d/shortnames.conf", "/etc/containers/registries.conf"):
        Path(name).unlink(missing_ok=True)
    yield
    subprocess.run(["umount", "-l", "/etc"], check=True)


@pytest.fixture
def certs(tls_registry):
    """certs(folder, name=text…): fills the registry's folder below certs.d; removed afterwards."""
    made = []

    def fill(folder, **files):
        path = Path(folder) / tls_registry.address
        path.mkdir(parents=True)
        made.append(path)
        for name, text in files.items():
            (path / name.replace("_", ".")).write_text(text)
        return path

    yield fill
    for path in made:
        subprocess.run(["rm", "-r", path], check=True)


UNKNOWN = "certificate signed by unknown authority"


@pytest.mark.parametrize("place", ["/etc/docker/certs.d", "/etc/containers/certs.d", "HOME/.config/containers/certs.d"])
def test_authority_in_certs_d(davit, tls_registry, certs, place):
    reference = tls_registry.push_busybox("team/app:1")
    assert UNKNOWN in davit("pull", reference, code=1).stderr
    certs(place.replace("HOME", str(davit.folder)), ca_crt=tls_registry.tls.ca.read_text(), README="not one")
    davit("pull", reference)


def test_first_folder_with_the_host_counts(davit, tls_registry, certs):
    reference = tls_registry.push_busybox("team/app:1")
    certs("/etc/docker/certs.d", ca_crt=tls_registry.tls.ca.read_text())
    certs("/etc/containers/certs.d", README="no authority here")
    assert UNKNOWN in davit("pull", reference, code=1).stderr


def test_half_a_pair_has_dockers_words(davit, tls_registry, certs):
    path = certs("/etc/docker/certs.d", client_cert="x")
    reference = f"{tls_registry.address}/team/app:1"
    assert davit("pull", reference, code=1).stderr.startswith(
        "Error response from daemon: missing key client.key for client certificate client.cert. Note that CA certificates should use the extension .crt")
    (path / "client.cert").rename(path / "client.key")
    assert davit("pull", reference, code=1).stderr.startswith("Error response from daemon: Missing client certificate client.cert for key client.key")


def test_certificates_that_are_none(davit, tls_registry, certs):
    path = certs("/etc/docker/certs.d", ca_crt="nothing")
    reference = f"{tls_registry.address}/team/app:1"
    assert f"there are no certificates in {path}/ca.crt" in davit("pull", reference, code=1).stderr
    (path / "ca.crt").write_text(tls_registry.tls.ca.read_text())
    (path / "client.cert").write_text("x")
    (path / "client.key").write_text("x")
    assert f"cannot use the client certificate {path}/client.cert" in davit("pull", reference, code=1).stderr


def test_encrypted_key_is_refused_and_nobody_is_asked_for_its_password(davit, tls_registry, certs):
    path = certs("/etc/docker/certs.d", ca_crt=tls_registry.tls.ca.read_text(), client_cert=tls_registry.tls.certificate.read_text())
    subprocess.run(["openssl", "pkcs8", "-topk8", "-in", tls_registry.tls.key, "-out", path / "client.key", "-passout", "pass:secret"], check=True)
    terminal = Terminal(davit.command("pull", f"{tls_registry.address}/team/app:1"), columns=400, env=davit.environment, cwd=davit.folder)
    try:
        screen = terminal.wait(code=1, timeout=30)
        assert "cannot use the client certificate" in "".join(screen.all) and "pass phrase" not in "".join(screen.all)
    finally:
        terminal.kill()


@pytest.fixture
def mutual(folder, registry_program):
    """A registry that wants a client certificate of its own authority."""
    made = certificates.make_certificates(folder / "mutual", "localhost", "127.0.0.1")
    client = certificates.make_certificates(folder / "client", "client")
    server = (mutual_docker_registry if registry_program is Registry else mutual_of_davit)(folder / "by-mutual", made, client)
    server.tls, server.client = made, client
    yield server
    server.stop()


def mutual_of_davit(folder, made, client):
    return DavitRegistry(folder, host="localhost", tls=made, client_authority=client.ca)


def mutual_docker_registry(folder, made, client):
    class Mutual(Registry):
        def answers(self):
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        def forget_requests(self):
            pass

    server = Mutual.__new__(Mutual)
    port = free_port()
    server.port, server.folder, server.forgotten = port, folder, 0
    server.address = f"localhost:{port}"
    server.folder.mkdir()
    (server.folder / "config.yml").write_text("\n".join([
        "version: 0.1", "log:", "  level: warn", "storage:", "  filesystem:", f"    rootdirectory: {server.folder}/data", "http:",
        f"  addr: localhost:{port}", "  tls:", f"    certificate: {made.certificate}", f"    key: {made.key}", f"    clientcas: [{client.ca}]"]) + "\n")
    server.log = server.folder / "requests.log"
    server.start()
    return server


@on_each_registry
def test_client_certificate(davit, mutual, registry, registry_program, folder):
    source = registry.push_busybox("team/app:1")
    target = f"{mutual.address}/team/app:1"
    path = Path("/etc/docker/certs.d") / mutual.address
    path.mkdir(parents=True)
    (path / "ca.crt").write_text(mutual.tls.ca.read_text())
    words = {DavitRegistry: "remote error: tls: certificate required", Registry: "remote error: tls: bad certificate"}[registry_program]
    assert words in davit("copy", source, target, code=1).stderr
    (path / "me.cert").write_text(mutual.client.certificate.read_text())
    (path / "me.key").write_text(mutual.client.key.read_text())
    davit("copy", source, target)
    davit("pull", target)
    subprocess.run(["rm", "-r", path], check=True)

    config = folder / "davit.toml"
    config.write_text(f'[registry."{mutual.address}"]\nca = "{mutual.tls.ca}"\nclient_certificate = "{mutual.client.certificate}"\n'
                      f'client_key = "{mutual.client.key}"\n')
    davit("--config", config, "tags", "ls", f"{mutual.address}/team/app")


# Mirrors and registries.conf.

def registries_conf(davit, text):
    path = davit.folder / ".config/containers/registries.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("by", ["registries.conf", "davit.toml"])
def test_mirrors_in_order_then_the_location(davit, registry, other, folder, by):
    reference = registry.push_busybox("team/app:1")
    other.push_busybox("team/app:1")
    dead = f"127.0.0.1:{free_port()}"
    mirrors = [dead, f"{other.address}/empty", other.address]
    options = []
    if by == "davit.toml":
        (folder / "davit.toml").write_text(f'[registry."{registry.address}"]\nmirrors = {json.dumps(mirrors)}\n')
        options = ["--config", folder / "davit.toml"]
    else:
        registries_conf(davit, f'[[registry]]\nlocation = "{registry.address}"\n' +
                        "".join(f'[[registry.mirror]]\nlocation = "{mirror}"\n' for mirror in mirrors))
    other.forget_requests(), registry.forget_requests()

    result = davit(*options, "--debug", "pull", reference)

    assert registry.requests() == []
    assert other.requests("HEAD /v2/empty/team/app/manifests/1 404") and other.requests("GET /v2/team/app/blobs/.* 200")
    assert dead in result.stderr
    assert davit("images", "-q").lines and reference in davit("inspect", reference).stdout
    assert other.address not in davit("images").stdout

    davit("tag", reference, f"{registry.address}/team/pushed:1")
    davit(*options, "push", f"{registry.address}/team/pushed:1")
    assert registry.requests("PUT /v2/team/pushed/manifests/1 201")


def test_mirror_without_the_image_or_a_blob_falls_through(davit, registry, fake_registry):
    image = images.busybox()
    reference = registry.push("team/app:1", image)
    registries_conf(davit, f'[[registry]]\nlocation = "{registry.address}"\n[[registry.mirror]]\nlocation = "{fake_registry.address}"\n')
    davit("pull", reference)
    assert fake_registry.requests("HEAD /v2/team/app/manifests/1") and registry.requests("GET .*/blobs/")

    fake_registry.add("team/app:1", image)
    fake_registry.on("GET .*/blobs/", lambda exchange: exchange.reply(404))
    another = davit.another("second")
    another("pull", reference)
    assert another("images", "-q").lines


def test_a_mirror_that_breaks_off_is_taken_over_where_it_stopped(davit, registry, fake_registry):
    image = images.busybox()
    reference = registry.push("team/app:1", image)
    fake_registry.add("team/app:1", image)
    blob = "GET .*/blobs/" + images.digest(max(image.blobs(), key=len))
    fake_registry.on(blob, lambda exchange: exchange.default(cut_after=100_000), times=1)
    fake_registry.on(blob, lambda exchange: exchange.reply(404))
    registries_conf(davit, f'[[registry]]\nlocation = "{registry.address}"\n[[registry.mirror]]\nlocation = "{fake_registry.address}"\n')
    registry.forget_requests()
    davit("pull", reference)
    assert davit("images", "-q").lines
    assert registry.requests("GET .*/blobs/.* 206")


def test_location_is_read_and_the_name_is_kept(davit, registry):
    registry.push_busybox("deep/team/app:1")
    registries_conf(davit, f'[[registry]]\nprefix = "reg.example/team"\nlocation = "{registry.address}/deep/team"\n')
    davit("pull", "reg.example/team/app:1")
    assert "reg.example/team/app" in davit("images").stdout
    assert davit("tags", "ls", "--all", "reg.example/team/app").lines == ["1"]


def test_blocked_and_davit_toml_wins(davit, registry, folder):
    reference = registry.push_busybox("team/app:1")
    registries_conf(davit, f'[[registry]]\nlocation = "{registry.address}"\nblocked = true\n')
    file = davit.folder / ".config/containers/registries.conf"
    words = f"registry {registry.address} is blocked in {file}\n"
    assert davit("pull", reference, code=1).stderr.endswith(words)
    assert davit("login", "-u", "a", "--password-stdin", registry.address, stdin="b", code=1).stderr.endswith(words)
    (folder / "davit.toml").write_text(f'[registry."{registry.address}"]\nblocked = false\n')
    davit("--config", folder / "davit.toml", "pull", reference)


def test_broken_registries_conf_is_named(davit, registry):
    registries_conf(davit, "[[registry]]\nlocation = 3\n")
    failed = davit("pull", f"{registry.address}/a:1", code=1)
    assert failed.stderr == f"davit: {davit.folder}/.config/containers/registries.conf:2: expected a text in quotes\n"
    registries_conf(davit, "[registries.search]\nregistries = []\n")
    assert "version 1 format" in davit("pull", f"{registry.address}/a:1", code=1).stderr


def test_short_name_aliases_only_when_asked_for(davit, registry, folder):
    registry.push_busybox("team/app:1")
    registries_conf(davit, f'unqualified-search-registries = ["{registry.address}"]\n[aliases]\n"davit-alias" = "{registry.address}/team/app"\n'
                    f'[[registry]]\nlocation = "docker.io"\nblocked = true\n')
    assert "docker.io is blocked" in davit("pull", "davit-alias:1", code=1).stderr
    (folder / "davit.toml").write_text("short_name_aliases = true\n")
    result = davit("--config", folder / "davit.toml", "pull", "davit-alias:1")
    assert 'Resolved "davit-alias" as an alias' in result.stderr
    assert result.lines[-1] == f"{registry.address}/team/app:1"


def test_credentials_are_the_mirrors_own(davit, registry, password_registry):
    reference = registry.push_busybox("team/app:1")
    password_registry.push_busybox("team/app:1")
    registries_conf(davit, f'[[registry]]\nlocation = "{registry.address}"\n[[registry.mirror]]\nlocation = "{password_registry.address}"\n')
    davit("login", "-u", "alice", "--password-stdin", password_registry.address, stdin="s3cret-Passw0rd")
    registry.forget_requests()
    davit("pull", reference)
    assert registry.requests() == []


# Proxies.

@pytest.fixture(scope="module")
def outside():
    """An address of this machine that is not loopback."""
    subprocess.run(["ip", "address", "add", "10.77.0.1/32", "dev", "lo"], check=True)
    return "10.77.0.1"


@pytest.fixture
def far_registry(folder, outside):
    server = DavitRegistry(folder / "far", host=outside)
    (folder / "davit.toml").write_text(f'[registry."{server.address}"]\ninsecure = true\n')
    yield server
    server.stop()


@pytest.fixture
def far_tls_registry(folder, outside):
    made = certificates.make_certificates(folder / "far-tls", outside)
    server = DavitRegistry(folder / "far-by-tls", tls=made, host=outside)
    (folder / "davit.toml").write_text(f'[registry."{server.address}"]\nca = "{made.ca}"\n')
    yield server
    server.stop()


@pytest.fixture
def proxy():
    server = HttpProxy(user=("proxy user", "pr0xy:s@cret"))
    yield server
    server.stop()


def with_password(proxy):
    return f"http://proxy%20user:pr0xy%3as%40cret@{proxy.address}"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_https_goes_by_connect_with_the_proxys_password(davit, far_tls_registry, proxy, folder, name):
    reference = far_tls_registry.push_busybox("team/app:1")
    result = davit("--config", folder / "davit.toml", "--debug", "pull", reference, env={name: with_password(proxy)})
    assert set(proxy.asked) == {f"CONNECT {far_tls_registry.address}"}
    assert all("authorization" not in headers for headers in proxy.headers)
    assert "cret" not in result.output


def test_http_goes_by_the_proxy(davit, far_registry, proxy, folder):
    reference = far_registry.push_busybox("team/app:1")
    davit("--config", folder / "davit.toml", "pull", reference, env={"HTTP_PROXY": with_password(proxy)})
    assert f"HEAD http://{far_registry.address}/v2/team/app/manifests/1" in proxy.asked


@pytest.mark.parametrize("no_proxy", ["10.77.0.0/16", "10.77.0.1", "*"])
def test_no_proxy_excepts(davit, far_registry, proxy, folder, no_proxy):
    reference = far_registry.push_busybox("team/app:1")
    davit("--config", folder / "davit.toml", "pull", reference, env={"HTTP_PROXY": with_password(proxy), "no_proxy": no_proxy})
    assert proxy.asked == []


def test_loopback_is_never_proxied(davit, registry, proxy):
    davit("pull", registry.push_busybox("team/app:1"), env={"HTTP_PROXY": with_password(proxy), "HTTPS_PROXY": with_password(proxy)})
    assert proxy.asked == []


def test_davit_toml_wins_over_the_environment(davit, far_registry, proxy, folder):
    reference = far_registry.push_busybox("team/app:1")
    config = folder / "davit.toml"
    config.write_text(config.read_text() + '[proxy]\nhttp = ""\n')
    davit("--config", config, "pull", reference, env={"HTTP_PROXY": "http://127.0.0.1:1"})


def test_proxy_that_refuses_or_is_not_there(davit, far_tls_registry, proxy, folder):
    reference = far_tls_registry.push_busybox("team/app:1")
    pull = lambda value: davit("--config", folder / "davit.toml", "pull", reference, env={"HTTPS_PROXY": value}, code=1).stderr
    words = pull(f"http://user:wr0ng-cret@{proxy.address}")
    assert f"the proxy http://{proxy.address} refuses the connection: 407 Proxy Authentication Required" in words and "wr0ng" not in words
    assert "proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused" in pull("http://user:wr0ng@127.0.0.1:1")
    assert "by http and https only" in pull("socks5://user:wr0ng@127.0.0.1:1")


# Pull budgets.

def budget(fake_registry, remaining, limit="100"):
    fake_registry.on(".*/manifests/", lambda exchange: exchange.default(
        RateLimit_Limit=f"{limit};w=21600", RateLimit_Remaining=f"{remaining};w=21600", docker_ratelimit_source="192.0.2.7"))


def test_budget_is_kept_and_shown(davit, fake_registry):
    budget(fake_registry, 76)
    reference = fake_registry.add("team/app:1", images.busybox())
    assert "pulls left" not in davit("pull", reference).output
    env = {"DAVIT_TEST_NOW": "2026-11-23T17:30:55Z"}
    davit("pull", reference, env=env)
    assert davit("info").lines[-2:] == ["Pull Budgets:", f" {fake_registry.address}: 76 of 100 pulls left in this 6 hours (told at 2026-11-23T17:30:55Z)"]
    assert json.loads(davit("info", "--format", "json").stdout)["RateLimits"] == [
        {"Registry": fake_registry.address, "Limit": 100, "Remaining": 76, "WindowSeconds": 21600, "Source": "192.0.2.7", "Told": "2026-11-23T17:30:55Z"}]


@pytest.mark.parametrize("remaining, told", [(10, False), (9, True), (0, True)])
def test_budget_under_a_tenth_is_mentioned(davit, fake_registry, remaining, told):
    budget(fake_registry, remaining)
    result = davit("pull", fake_registry.add("team/app:1", images.busybox()))
    words = f"davit: {fake_registry.address}: {remaining} of 100 pulls left in this 6 hours\n"
    assert result.stderr == (words if told else "")


def test_damaged_budget_file_is_begun_anew(davit, fake_registry):
    budget(fake_registry, 50)
    reference = fake_registry.add("team/app:1", images.busybox())
    davit("pull", reference)
    (davit.root / "rate-limits.json").write_text("{damaged")
    assert "Pull Budgets" not in davit("info").stdout
    davit("pull", reference)
    assert "50 of 100" in davit("info").stdout
