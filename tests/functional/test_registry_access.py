"""Who may do what in davit's registry, with stock clients: docker, podman, skopeo, davit; anonymous and logged in; public and private; pull and push."""

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest
from testing import images
from testing.access_rules import ALICE, BOB, RULES, basic, guarded_registry
from testing.davit import PROGRAM
from testing.davit_registry import DavitRegistry
from testing.peers import skopeo
from testing.processes import wait_until
from testing.registry import RegistryClient
from testing.tls import make_certificates


@pytest.fixture
def server(folder):
    with guarded_registry(folder) as running:
        yield running


def token(server, scope="", **headers):
    """(status, document) of a request for a token."""
    status, _, body = server.request("GET", f"/token?service=davit-registry&scope={scope}", headers=headers)
    return status, json.loads(body)


def bearer(server, scope, credentials=None):
    status, document = token(server, scope, **(credentials or {}))
    assert status == 200, document
    return {"Authorization": "Bearer " + document["token"]}


class Client:
    """A stock client by one interface: each call is True where it got what it asked for."""

    def __init__(self, kind, folder, engines):
        self.kind, self.folder, self.engine = kind, folder, engines.get(kind)

    def login(self, server, user, password):
        if self.kind == "docker":  # which would look for a helper where nothing is kept yet
            config = self.engine.folder / "config/config.json"
            config.parent.mkdir(exist_ok=True)
            config.write_text('{"auths": {"nowhere.invalid": {"auth": "eDp5"}}}')
        if self.kind == "skopeo":
            self.credentials = f"{user}:{password}"
            return True
        if self.kind == "podman":
            return self.engine("login", "--tls-verify=false", "-u", user, "-p", password, server.address, code=None) is not None
        return self.engine("login", "-u", user, "--password-stdin", server.address, stdin=f"{password}\n".encode() if self.kind == "docker" else f"{password}\n", code=0) is not None

    def logout(self, server):
        if self.kind == "skopeo":
            self.credentials = None
        else:
            self.engine("logout", server.address, code=None)

    def done(self, *words, **how):
        try:
            self.engine(*words, **how)
            return True
        except AssertionError:
            return False

    def pull(self, server, name):
        if self.kind == "skopeo":
            return self._skopeo("inspect", "--tls-verify=false", *(["--creds", self.credentials] if self.credentials else []), f"docker://{server.address}/{name}")
        return self.done("pull", *(["--tls-verify=false"] if self.kind == "podman" else []), f"{server.address}/{name}")

    def push(self, server, name):
        """public/app:1, which all may pull, under another name."""
        source = f"{server.address}/public/app:1"
        if self.kind == "skopeo":
            return self._skopeo("copy", "--src-tls-verify=false", "--dest-tls-verify=false", *(["--dest-creds", self.credentials] if self.credentials else []),
                                f"docker://{source}", f"docker://{server.address}/{name}")
        assert self.pull(server, "public/app:1")
        self.engine("tag", source, f"{server.address}/{name}")
        return self.done("push", *(["--tls-verify=false"] if self.kind == "podman" else []), f"{server.address}/{name}")

    def _skopeo(self, *words):
        try:
            skopeo(*words)
            return True
        except AssertionError:
            return False

    credentials = None


@pytest.fixture(params=["davit", "docker", "podman", "skopeo"])
def client(request, folder, davit):
    engines = {"davit": davit} if request.param == "davit" else {} if request.param == "skopeo" else {request.param: request.getfixturevalue(request.param)}
    return Client(request.param, folder, engines)


# (who, what, name) -> allowed
MATRIX = [(None, "pull", "public/app:1", True), (None, "pull", "private/app:1", False), (None, "push", "public/app:2", False), (None, "push", "private/app:2", False),
          (ALICE, "pull", "public/app:1", True), (ALICE, "pull", "private/app:1", True), (ALICE, "push", "public/app:2", True), (ALICE, "push", "private/app:2", True),
          (BOB, "pull", "public/app:1", True), (BOB, "pull", "private/app:1", False), (BOB, "push", "public/app:2", False), (BOB, "push", "bob/app:1", True)]


def test_each_client_may_what_the_rules_say(server, client):
    wrong = []
    for who, what, name, allowed in MATRIX:
        client.logout(server)
        if who:
            client.login(server, *who)
        if getattr(client, what)(server, name) != allowed:
            wrong.append((who and who[0], what, name, allowed))
    client.logout(server)
    assert not wrong


def test_a_bad_password_is_told(server, docker, davit):
    docker("login", "-u", "alice", "--password-stdin", server.address, stdin=b"wrong\n", code=1)
    assert "unauthorized" in davit("login", "-u", "alice", "--password-stdin", server.address, stdin="wrong\n", code=1).stderr
    server.expect(401, "GET", "/v2/")
    server.expect(200, "GET", "/v2/", headers=basic(*ALICE))
    server.expect(401, "GET", "/v2/", headers=basic("alice", "wrong"))


class TestTokens:
    def test_the_challenge_names_realm_service_and_scope(self, server):
        _, headers, body = server.request("GET", "/v2/private/app/manifests/1")
        assert headers["WWW-Authenticate"] == f'Bearer realm="http://{server.address}/token",service="davit-registry",scope="repository:private/app:pull"'
        assert json.loads(body)["errors"][0]["code"] == "UNAUTHORIZED"
        _, headers, _ = server.request("POST", "/v2/private/app/blobs/uploads/")
        assert 'scope="repository:private/app:pull,push"' in headers["WWW-Authenticate"]

    def test_a_token_has_what_of_it_is_allowed(self, server):
        document = token(server, "repository:bob/app:pull,push&scope=repository:private/app:pull,push&scope=repository:public/app:pull,push", **basic(*BOB))[1]
        claims = json.loads(base64.urlsafe_b64decode(document["token"].split(".")[1] + "=="))
        assert claims["access"] == [{"type": "repository", "name": "bob/app", "actions": ["pull", "push"]}, {"type": "repository", "name": "public/app", "actions": ["pull"]}]
        assert document["expires_in"] <= 300 and claims["exp"] - claims["iat"] == document["expires_in"] and claims["sub"] == "bob"
        assert document["access_token"] == document["token"] and "refresh_token" not in document

    def test_it_allows_that_and_nothing_else(self, server):
        headers = bearer(server, "repository:bob/app:push", basic(*BOB))
        assert server.request("POST", "/v2/bob/app/blobs/uploads/", headers=headers)[0] == 202
        status, answer, _ = server.request("GET", "/v2/bob/app/tags/list", headers=headers)
        assert status == 401 and 'error="insufficient_scope"' in answer["WWW-Authenticate"]
        assert server.request("POST", "/v2/public/app/blobs/uploads/", headers=headers)[0] == 401

    def test_a_bad_one_is_refused(self, server):
        good = bearer(server, "repository:public/app:pull")["Authorization"]
        assert server.request("GET", "/v2/public/app/tags/list", headers={"Authorization": good})[0] == 200
        for bad in (good + "x", good[:-3], "Bearer x", "Bearer", "Digest x", "Basic !!", good.replace(".", "!")):
            status, answer, _ = server.request("GET", "/v2/public/app/tags/list", headers={"Authorization": bad})
            assert status == 401 and 'error="invalid_token"' in answer["WWW-Authenticate"], bad

    def test_oauth2_by_password_and_refresh_token(self, server):
        def ask(form):
            status, _, body = server.request("POST", "/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
            return status, json.loads(body)
        status, first = ask("grant_type=password&service=davit-registry&client_id=x&username=bob&password=builder-pass&access_type=offline&scope=repository:bob/app:pull")
        assert status == 200 and first["refresh_token"]
        status, second = ask(f"grant_type=refresh_token&service=davit-registry&client_id=x&refresh_token={first['refresh_token']}&scope=repository:bob/app:push")
        assert status == 200 and server.request("POST", "/v2/bob/app/blobs/uploads/", headers={"Authorization": "Bearer " + second["access_token"]})[0] == 202
        assert ask("grant_type=password&username=bob&password=wrong")[0] == 401
        assert ask("grant_type=refresh_token&refresh_token=davit_rt_00")[0] == 401
        assert ask("grant_type=other")[0] == 400
        assert token(server, "nonsense", **basic(*BOB))[0] == 400
        # Kept by its hash alone, and gone with its user.
        stored = b"".join(path.read_bytes() for path in (server.data / "tokens").iterdir() if path.is_file())
        assert first["refresh_token"].encode() not in stored
        server("user", "rm", "bob")
        assert ask(f"grant_type=refresh_token&refresh_token={first['refresh_token']}&scope=repository:bob/app:push")[0] == 401

    def test_a_robots_token_is_its_password(self, server, davit):
        secret = server("token", "create", "--scope", "repository:ci/app:pull,push", "--expires", "1h").strip()
        davit("login", "-u", "robot", "--password-stdin", server.address, stdin=secret + "\n")
        davit("pull", f"{server.address}/public/app:1")
        davit("tag", f"{server.address}/public/app:1", f"{server.address}/ci/app:1")
        davit("push", f"{server.address}/ci/app:1")
        assert server.request("GET", "/v2/private/app/tags/list", headers=basic("robot", secret))[0] == 401
        listed = server("token", "ls").splitlines()
        assert listed[1].split()[:2] == ["1", "robot"] and "repository:ci/app:pull,push" in listed[1] and secret not in "".join(listed)
        server("token", "rm", "1")
        assert server.request("GET", "/v2/ci/app/tags/list", headers=basic("robot", secret))[0] == 401
        server("token", "create", code=1)
        server("token", "create", "--scope", "nonsense", code=1)
        server("token", "create", "--user", "x", "--expires", "soon", code=1)
        server("token", "rm", "7", code=1)

    def test_keys_survive_a_restart_and_are_rotated(self, server):
        before = bearer(server, "repository:public/app:pull")
        server.stop()
        server("token", "rotate-key")
        server.start()
        after = bearer(server, "repository:public/app:pull")
        kids = {json.loads(base64.urlsafe_b64decode(each["Authorization"].split()[1].split(".")[0] + "=="))["kid"] for each in (before, after)}
        assert len(kids) == 2
        for headers in (before, after):
            assert server.request("GET", "/v2/public/app/tags/list", headers=headers)[0] == 200


def test_the_catalogue_shows_what_one_may_pull(server):
    def names(headers):
        return json.loads(server.expect(200, "GET", "/v2/_catalog", headers=headers)[1])["repositories"]
    assert names({}) == ["public/app"]
    assert names(basic(*BOB)) == ["public/app"]
    assert names(basic(*ALICE)) == ["private/app", "public/app"]


def test_a_mount_tells_nothing_of_what_one_may_not_pull(server):
    secret = images.digest(b"secret")
    server.headers = basic(*ALICE)
    server.put_blob("private/app", b"secret")
    server.headers = basic(*BOB)
    answers = {query: server.request("POST", f"/v2/bob/app/blobs/uploads/?mount={digest}{query}")[:2]
               for digest in (secret, images.digest(b"nowhere")) for query in ("&from=private/app", "")}
    shapes = {(status, tuple(sorted(name for name, _ in headers.items()))) for status, headers in answers.values()}
    assert len(shapes) == 1 and shapes.pop()[0] == 202
    server.headers = basic(*ALICE)
    assert server.request("POST", f"/v2/other/app/blobs/uploads/?mount={secret}")[0] == 201


def test_a_changed_password_counts_at_once(server):
    server.expect(200, "GET", "/v2/", headers=basic(*BOB))
    server("user", "add", "bob", "--password-stdin", stdin="another\n")
    wait_until(lambda: server.request("GET", "/v2/", headers=basic(*BOB))[0] == 401, what="the old password to be refused")
    server.expect(200, "GET", "/v2/", headers=basic("bob", "another"))


def test_failures_are_slowed(server):
    seen = [server.request("GET", "/v2/", headers=basic("alice", f"guess-{number}"))[0] for number in range(8)]
    assert 429 in seen and seen[0] == 401
    assert server.request("GET", "/v2/", headers=basic("alice", "guess"))[1]["Retry-After"]


def test_a_good_password_is_kept_and_its_check_costs_once(server):
    """By the time of the processor: bcrypt of cost 10 takes about 50 ms of it each time."""
    def seconds():
        return sum(map(int, Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")
    server.expect(200, "GET", "/v2/", headers=basic(*ALICE))
    before = seconds()
    for _ in range(60):
        server.expect(200, "GET", "/v2/", headers=basic(*ALICE))
    assert seconds() - before < 1


class TestConfiguration:
    @pytest.mark.parametrize("config, words", [
        ("nonsense = 1", "unknown setting 'nonsense'"), ("address = 5", "expected a text in quotes"), ("[tls]\ncertificate = \"/x\"", "[tls] needs certificate and key"),
        ("[tls]\ncertificate = \"/nowhere\"\nkey = \"/nowhere\"", "/nowhere"), ("[[access.rule]]\nrepositories = \"**\"\nusers = [\"*\"]\nactions = [\"fly\"]", "not 'fly'"),
        ("[[access.rule]]\nrepositories = \"**\"\nusers = [\"anonymous\"]\nactions = [\"pull\"]", "needs access.password_file"),
        ("[access]\npassword_file = \"/x\"", "needs [[access.rule]]"), ("[log]\naccess = \"loud\"", "off, json or common"), ("[limits]\nmanifest_bytes = 5", "expected a number from"),
        ("[limits]\nclient_requests = -1", "registry.toml:2: expected a number from"), ("[limits]\nclient_bytes = true", "registry.toml:2: expected a number"),
        ("[limits]\nclient_uploads = \"2\"", "registry.toml:2: expected a number"), ("[[quota]]\nbytes = 5", "registry.toml:1: a quota needs repositories and bytes"), ("[[quota]]\nrepositories = \"**\"\nbytes = 0", "registry.toml:3: expected a number from"),
        ("[quota]\nbytes = 5", "expected a list of tables"), ("[[quota]]\nrepositories = \"**\"\nbytes = 5\n[[quota]]\nrepositories = \"**\"\nbytes = 6", "two quotas of **"),
        ("[[access.rule]]\nusers = [\"*\"]", "needs repositories and users"), ("external_url = \"x\"", "expected a URL")])
    def test_a_mistake_is_told_with_its_place(self, folder, config, words):
        file = folder / "registry.toml"
        file.write_text(config + "\n")
        result = subprocess.run([PROGRAM, "registry", "check-config", file], capture_output=True, text=True)
        assert result.returncode == 1 and words in result.stderr, result.stderr

    def test_a_good_one_is_good(self, server):
        assert server("check-config").endswith(": good\n")

    def test_the_environment_wins_over_the_file(self, folder):
        (folder / "passwords").write_text("")
        with DavitRegistry(folder / "by-environment", environment={"DAVIT_REGISTRY_ACCESS_LOG": "json"}) as server:
            server.expect(200, "GET", "/v2/", headers={"X-Request-ID": "abc", "traceparent": "00-1-2-01"})
            wait_until(lambda: '"target":"/v2/"' in server.log.read_text(), what="the access log")
            line = json.loads([line for line in server.log.read_text().splitlines() if '"request_id":"abc"' in line][0])
            assert line["status"] == 200 and line["traceparent"] == "00-1-2-01" and line["request_id"] == "abc"


def test_tls_with_certificates_that_change(folder, davit):
    made = make_certificates(folder / "tls", "localhost", "127.0.0.1")
    with DavitRegistry(folder / "by-tls", tls=made, host="127.0.0.1") as server:
        server.push_busybox("team/app:1")
        assert server.url.startswith("https://")
        big = os.urandom(20_000_000)
        assert server.expect(200, "GET", f"/v2/team/app/blobs/{server.put_blob('team/app', big)}")[1] == big
        again = make_certificates(folder / "tls2", "localhost", "127.0.0.1")
        for old, new in ((made.certificate, again.certificate), (made.key, again.key)):
            old.write_bytes(new.read_bytes())
        server.process.send_signal(1)
        wait_until(lambda: _answers(RegistryClient(server.address, ca=again.ca)), what="the new certificate")


def _answers(client):
    try:
        return client.request("GET", "/v2/")[0] == 200
    except OSError:
        return False


def test_a_proxys_words_count_only_from_a_trusted_one(folder):
    for trusted, realm in (("", "http://{address}/token"), ('trusted_proxies = ["127.0.0.0/8"]\n', "https://r.example/token")):
        (folder / "passwords").write_text("")
        config = trusted + RULES.format(file=folder / "passwords")
        with DavitRegistry(folder / f"proxied{bool(trusted)}", config=config) as server:
            for headers in ({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "r.example"}, {"Forwarded": 'for=192.0.2.1;proto=https;host="r.example"'}):
                answer = server.request("GET", "/v2/", headers=headers)[1]
                assert f'realm="{realm.format(address=server.address)}"' in answer["WWW-Authenticate"]
