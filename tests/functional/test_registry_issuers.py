"""Access tokens of foreign issuers, whose keys davit's registry fetches over https; and client certificates."""

import base64
import json
import subprocess
import threading
from pathlib import Path

import pytest
from testing import images
from testing.davit import PROGRAM
from testing.davit_registry import DavitRegistry
from testing.issuer import Issuer, SigningKey, part
from testing.peers import skopeo
from testing.processes import wait_until
from testing.tls import make_certificates

RULES = """
[access]
password_file = "{file}"
[[access.rule]]
repositories = "**"
users = ["alice"]
actions = ["pull", "push", "delete"]
[[access.rule]]
repositories = "ci/**"
users = ["ci:robot"]
actions = ["pull", "push"]
[[access.rule]]
repositories = "shared/*"
users = ["ci:*"]
actions = ["pull"]
"""
ALICE = {"Authorization": "Basic " + base64.b64encode(b"alice:wonderland").decode()}


@pytest.fixture
def issuer(folder):
    made = Issuer(folder / "issuer")
    yield made
    made.stop()


@pytest.fixture
def serve(folder, issuer):
    """Starts a registry that takes the issuer's tokens; ci/app:1, shared/app:1 and private/app:1 are there."""
    running = []

    def start(settings=None):
        (folder / "passwords").write_text("")
        config = RULES.format(file=folder / "passwords") + (settings or issuer.settings())
        server = DavitRegistry(folder / f"own-{len(running)}", config=config)
        running.append(server)
        server("user", "add", "alice", "--password-stdin", stdin="wonderland\n")
        server.headers = ALICE
        for repository in ("ci/app", "shared/app", "private/app"):
            server.push_busybox(f"{repository}:1")
        server.headers = {}
        return server

    yield start
    for server in running:
        server.stop()


def status(server, token, path="/v2/ci/app/tags/list", method="GET"):
    return server.request(method, path, headers={"Authorization": f"Bearer {token}"})[0]


def may_push(server, token, repository):
    return status(server, token, f"/v2/{repository}/blobs/uploads/", "POST") == 202


def test_its_access_and_our_rules_together(serve, issuer):
    server = serve()
    token = issuer.token("robot", "repository:ci/app:pull,push", "repository:shared/app:pull,push", "repository:private/app:pull,push")
    assert status(server, token) == 200 and may_push(server, token, "ci/app")
    # The rules allow more than the token says, and the token says more than the rules allow.
    assert status(server, token, "/v2/ci/other/tags/list") == 401
    assert status(server, token, "/v2/shared/app/tags/list") == 200 and not may_push(server, token, "shared/app")
    assert status(server, token, "/v2/private/app/tags/list") == 401
    other = issuer.token("somebody", "repository:ci/app:pull", "repository:shared/app:pull")
    assert status(server, other) == 401 and status(server, other, "/v2/shared/app/tags/list") == 200
    catalogue = server.request("GET", "/v2/_catalog", headers={"Authorization": f"Bearer {token}"})[2]
    assert json.loads(catalogue)["repositories"] == ["ci/app", "shared/app"]


def test_its_subjects_are_no_users_of_ours(serve, issuer):
    server = serve()
    for subject in ("alice", "ci:robot", "ci:alice"):
        token = issuer.token(subject, "repository:private/app:pull", "repository:ci/app:pull")
        assert status(server, token, "/v2/private/app/tags/list") == 401 and status(server, token) == 401, subject


def test_its_keys_sign_no_tokens_of_ours(serve, issuer):
    server = serve()
    ours = json.loads(server.expect(200, "GET", "/token?service=davit-registry&scope=repository:private/app:pull", headers=ALICE)[1])["token"]
    assert status(server, ours, "/v2/private/app/tags/list") == 200
    header, body = (json.loads(base64.urlsafe_b64decode(each + "==")) for each in ours.split(".")[:2])
    for kid in ("first", header["kid"]):
        forged = issuer.token("alice", header={"kid": kid}, **{name: value for name, value in body.items()})
        assert status(server, forged, "/v2/private/app/tags/list") == 401


def test_both_algorithms(serve, issuer):
    issuer.keys.append(SigningKey(issuer.folder, "second", "ES256"))
    server = serve()
    for key in issuer.keys:
        assert status(server, issuer.token("robot", "repository:ci/app:pull", key=key)) == 200, key.kind
    # Neither key verifies what names the other.
    assert status(server, issuer.token("robot", "repository:ci/app:pull", key=issuer.keys[0], header={"kid": "second"})) == 401


def test_bad_ones_are_refused(serve, issuer):
    server = serve()
    scope, stranger = "repository:ci/app:pull", SigningKey(issuer.folder, "stranger")
    unsigned = f"{part({'alg': 'none'})}.{issuer.token('robot', scope).split('.')[1]}."
    bad = {"of another issuer": issuer.token("robot", scope, iss="https://elsewhere.example"), "for another service": issuer.token("robot", scope, aud="elsewhere"),
           "for ours by its own name": issuer.token("robot", scope, aud="davit-registry"), "expired": issuer.token("robot", scope, exp=1000),
           "without an end": issuer.token("robot", scope, exp=None), "not yet good": issuer.token("robot", scope, nbf=4_000_000_000),
           "without a subject": issuer.token(None, scope), "of an empty subject": issuer.token("", scope), "unsigned": unsigned,
           "of a stranger": issuer.token("robot", scope, key=stranger, header={"kid": "first"}), "of an unknown key": issuer.token("robot", scope, key=stranger),
           "of another algorithm": issuer.token("robot", scope, header={"alg": "HS256"})}
    for what, token in bad.items():
        code, headers, _ = server.request("GET", "/v2/ci/app/tags/list", headers={"Authorization": f"Bearer {token}"})
        assert code == 401 and 'error="invalid_token"' in headers["WWW-Authenticate"], what
    assert status(server, issuer.token("robot", scope)) == 200


def test_it_is_good_for_no_token_of_ours(serve, issuer):
    server = serve()
    for token in (issuer.token("robot", "repository:ci/app:pull"),
                  json.loads(server.expect(200, "GET", "/token?service=davit-registry&scope=repository:private/app:pull", headers=ALICE)[1])["token"]):
        assert status(server, token, "/token?service=davit-registry&scope=repository:ci/app:pull") == 401


def test_a_new_key_is_fetched_when_a_token_names_it(serve, issuer):
    server = serve()
    old = issuer.keys[0]
    assert status(server, issuer.token("robot", "repository:ci/app:pull")) == 200
    issuer.keys = [SigningKey(issuer.folder, "second")]
    new = issuer.token("robot", "repository:ci/app:pull")
    wait_until(lambda: status(server, new) == 200, timeout=60, what="the new key to be fetched")
    assert status(server, issuer.token("robot", "repository:ci/app:pull", key=old)) == 401
    asked = issuer.asked
    for number in range(20):
        assert status(server, issuer.token("robot", key=old, header={"kid": f"unknown-{number}"})) == 401
    assert issuer.asked <= asked + 1


def test_keys_stay_while_their_issuer_is_away(serve, issuer):
    server = serve()
    assert status(server, issuer.token("robot", "repository:ci/app:pull")) == 200
    issuer.stop()
    assert status(server, issuer.token("robot", "repository:ci/app:pull", "repository:shared/app:pull")) == 200


class TestAnIssuerThatFails:
    def is_unavailable(self, server, issuer):
        token = issuer.token("robot", "repository:ci/app:pull")
        code, headers, body = server.request("GET", "/v2/ci/app/tags/list", headers={"Authorization": f"Bearer {token}"})
        assert code in (200, 503), body
        return code == 503 and int(headers["Retry-After"]) >= 1

    def test_that_hangs_it_holds_up_nobody_else(self, serve, issuer):
        end = threading.Event()
        issuer.answer = lambda handler: end.wait()
        server = serve()  # which pushes, by password
        waiting = [threading.Thread(target=lambda: self.is_unavailable(server, issuer)) for _ in range(30)]
        for thread in waiting:
            thread.start()
        for _ in range(50):
            server.expect(200, "GET", "/v2/private/app/tags/list", headers=ALICE)
        for thread in waiting:
            thread.join()
        assert self.is_unavailable(server, issuer)
        end.set()

    @pytest.mark.parametrize("answer", [
        lambda handler, keys: Issuer.reply(handler, 500, b"no"), lambda handler, keys: Issuer.reply(handler, 200, b"no JWKS"), lambda handler, keys: Issuer.reply(handler, 204, b""),
        lambda handler, keys: Issuer.reply(handler, 302, b"", Location="/moved") if handler.path != "/moved" else Issuer.reply(handler, 200, keys),
        lambda handler, keys: Issuer.reply(handler, 200, keys + b" " * 100_000)], ids=["error", "no-document", "nothing", "redirect", "too-large"])
    def test_that_answers_wrongly(self, serve, issuer, answer):
        issuer.answer = lambda handler: answer(handler, issuer.key_set())
        server = serve()
        assert self.is_unavailable(server, issuer)
        wait_until(lambda: f"the keys of {issuer.url}: " in server.log.read_text(), what="a warning")

    def test_it_is_asked_again(self, serve, issuer):
        issuer.answer = lambda handler: Issuer.reply(handler, 500, b"no")
        server = serve()
        assert self.is_unavailable(server, issuer)
        issuer.answer = None
        wait_until(lambda: not self.is_unavailable(server, issuer), timeout=60, what="the keys")

    def test_whose_certificate_nobody_knows(self, serve, issuer):
        assert self.is_unavailable(serve(issuer.settings(certificate_authority=None)), issuer)

    def test_it_does_not_hold_up_a_stop(self, serve, issuer):
        end = threading.Event()
        issuer.answer = lambda handler: end.wait()
        server = serve()
        server.process.terminate()
        assert server.process.wait(timeout=60) == 0
        assert not end.is_set()
        end.set()


def test_without_passwords(folder, issuer):
    rules = RULES.replace('[access]\npassword_file = "{file}"\n', "")
    with DavitRegistry(folder / "own", config=rules + issuer.settings()) as server:
        token = issuer.token("robot", "repository:ci/app:pull,push")
        server.headers = {"Authorization": f"Bearer {token}"}
        server.push_busybox("ci/app:1")


def test_a_stock_client_shows_one(serve, issuer):
    server = serve()
    token = issuer.token("robot", "repository:ci/app:pull")
    shown = json.loads(skopeo("inspect", "--tls-verify=false", "--registry-token", token, f"docker://{server.address}/ci/app:1"))
    assert shown["Architecture"] == "amd64"
    with pytest.raises(AssertionError):
        skopeo("inspect", "--tls-verify=false", "--registry-token", token, f"docker://{server.address}/private/app:1")


@pytest.mark.parametrize("changes, words", [
    ({"keys_url": "http://127.0.0.1/jwks.json"}, "registry.toml:10: expected a URL of https"), ({"keys_url": "jwks.json"}, "registry.toml:10: expected a URL of https"),
    ({"keys_url": None}, "registry.toml:6: an issuer needs name, issuer, audience and keys_url"), ({"audience": None}, "an issuer needs"), ({"issuer": ""}, "an issuer needs"),
    ({"name": "c:i"}, "registry.toml:7: an issuer's name has letters"), ({"name": "@ci"}, "an issuer's name"), ({"certificate_authority": "ca.pem"}, "registry.toml:11: expected an absolute path"),
    ({"certificate_authority": "/nowhere"}, "/nowhere"), ({"certificate_authority": "/etc/hostname"}, "/etc/hostname is no certificate"), ({"issuer": "davit-registry"}, "is this registry itself"),
    ({"colour": "red"}, "registry.toml:12: unknown setting 'access.issuer.colour'")])
def test_a_mistake_is_told_with_its_place(folder, issuer, changes, words):
    rule = '[[access.rule]]\nrepositories = "**"\nusers = ["ci:*"]\nactions = ["pull"]\n\n'
    check(folder, rule + issuer.settings(**changes), words)


def test_what_does_not_go_together_is_told(folder, issuer):
    check(folder, issuer.settings(), "needs [[access.rule]]")
    rule = '[[access.rule]]\nrepositories = "**"\nusers = ["ci:*"]\nactions = ["pull"]\n'
    check(folder, rule + issuer.settings() + issuer.settings(issuer="https://other.example"), "two issuers of the name ci")
    check(folder, rule + issuer.settings() + issuer.settings("other"), "two [[access.issuer]] of https://")


def check(folder, config, words):
    (folder / "registry.toml").write_text(config)
    for command in (["check-config", folder / "registry.toml"], ["serve", "--root", folder / "data", "--addr", "127.0.0.1:0", "--config", folder / "registry.toml"]):
        result = subprocess.run([PROGRAM, "registry", *command], capture_output=True, text=True)
        assert result.returncode == 1 and words in result.stderr, result.stderr


class TestClientCertificates:
    """[tls] client_authority: who shows no certificate of it speaks to nobody."""

    @pytest.fixture
    def mutual(self, folder):
        self.client, self.stranger = (make_certificates(folder / name, name) for name in ("client", "stranger"))
        made = make_certificates(folder / "tls", "localhost", "127.0.0.1")
        with DavitRegistry(folder / "own", tls=made, client_authority=self.client.ca) as server:
            yield server

    def shows(self, server, certificates):
        server.context.load_cert_chain(certificates.certificate, certificates.key)
        return server

    def test_with_one(self, mutual):
        server = self.shows(mutual, self.client)
        server.push_busybox("team/app:1")
        server.expect(200, "GET", "/v2/team/app/manifests/1")

    def test_without_one_and_with_a_strangers(self, mutual):
        with pytest.raises(OSError):
            mutual.request("GET", "/v2/")
        with pytest.raises(OSError):
            self.shows(mutual, self.stranger).request("GET", "/v2/")
        # It goes on serving those who have one.
        self.shows(mutual, self.client).expect(200, "GET", "/v2/")

    def test_davit_shows_its_own(self, mutual, davit):
        image = images.busybox()
        self.shows(mutual, self.client).push("team/app:1", image)
        path = Path("/etc/docker/certs.d") / mutual.address
        path.mkdir(parents=True)
        (path / "ca.crt").write_bytes(mutual.tls.ca.read_bytes())
        davit("pull", f"{mutual.address}/team/app:1", code=1)
        (path / "me.cert").write_bytes(self.client.certificate.read_bytes())
        (path / "me.key").write_bytes(self.client.key.read_bytes())
        davit("pull", f"{mutual.address}/team/app:1")
