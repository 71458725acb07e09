"""A token server as docker-registry's `auth: token` wants it: signed JWTs for a table of users."""

import base64
import json
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from testing.processes import free_port
from testing.tls import openssl

ISSUER, SERVICE = "davit test tokens", "davit test registry"


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class TokenRequest:
    user: str  # empty: anonymous
    scopes: list
    method: str = "GET"


class TokenServer:
    """Grants everything to the users in `users` ({name: password}), and `anonymous` actions ("pull") to everybody. With `refresh`
    whoever asks for offline access gets an identity token, which later serves in the password's place (OAuth2's refresh_token)."""

    def __init__(self, folder, users, anonymous=(), expires_in=300, refresh=False):
        folder.mkdir(parents=True, exist_ok=True)
        self.users, self.anonymous, self.expires_in = users, set(anonymous), expires_in
        self.key, self.certificate = folder / "token.key", folder / "token.pem"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", self.key, "-out", self.certificate, "-days", "30",
                "-subj", "/CN=tokens")
        der = openssl("x509", "-in", self.certificate, "-outform", "DER")
        self.header = _base64url(json.dumps({"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}).encode())
        self.requests = []
        self.refresh, self.refresh_tokens = refresh, {}  # token -> user
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server.answer(self, parse_qs(urlsplit(self.path).query))

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                server.answer(self, parse_qs(body))

            def log_message(self, *_):
                pass

        self.port = free_port()
        self.http = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def auth_section(self):
        """The lines of docker-registry's configuration."""
        return ["auth:", "  token:", f"    realm: http://127.0.0.1:{self.port}/token", f"    service: {SERVICE}", f"    issuer: {ISSUER}",
                f"    rootcertbundle: {self.certificate}"]

    def answer(self, handler, query):
        user, password = "", ""
        if handler.headers.get("Authorization", "").startswith("Basic "):
            user, password = base64.b64decode(handler.headers["Authorization"][6:]).decode().split(":", 1)
        elif "username" in query:
            user, password = query["username"][0], query.get("password", [""])[0]
        scopes = [one for scope in query.get("scope", []) for one in scope.split(" ") if one]
        if query.get("grant_type") == ["refresh_token"]:
            user = self.refresh_tokens.get(query["refresh_token"][0], "")
            self.requests.append(TokenRequest(user, scopes, handler.command))
            if not user or query.get("service") != [SERVICE] or not query.get("client_id"):
                return self.reply(handler, 401, {"errors": [{"code": "UNAUTHORIZED", "message": "invalid refresh token"}]})
            return self.reply(handler, 200, {"access_token": self.token(user, scopes), "expires_in": self.expires_in})
        self.requests.append(TokenRequest(user, scopes, handler.command))
        if user and self.users.get(user) != password:
            return self.reply(handler, 401, {"errors": [{"code": "UNAUTHORIZED", "message": "incorrect username or password"}]})
        token = self.token(user, scopes)
        body = {"token": token, "access_token": token, "expires_in": self.expires_in}
        if self.refresh and user and query.get("offline_token") == ["true"]:
            body["refresh_token"] = f"refresh-{time.monotonic_ns()}"
            self.refresh_tokens[body["refresh_token"]] = user
        return self.reply(handler, 200, body)

    def token(self, user, scopes):
        access = []
        for scope in scopes:
            kind, name, actions = scope.rsplit(":", 1)[0].split(":", 1)[0], scope.split(":", 1)[1].rsplit(":", 1)[0], scope.rsplit(":", 1)[1]
            granted = set(actions.split(",")) if user else set(actions.split(",")) & self.anonymous
            if granted:
                access.append({"type": kind, "name": name, "actions": sorted(granted)})
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": user, "aud": SERVICE, "exp": now + self.expires_in, "nbf": now - 5, "iat": now,
                  "jti": str(time.monotonic_ns()), "access": access}
        signed = f"{self.header}.{_base64url(json.dumps(claims).encode())}"
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=signed.encode(), capture_output=True, check=True)
        return f"{signed}.{_base64url(signature.stdout)}"

    @staticmethod
    def reply(handler, status, body):
        data = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
