"""Somebody who issues access tokens: their keys as JWKS over https, and tokens signed by openssl."""

import base64
import json
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from testing.tls import make_certificates, openssl


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(document):
    return base64url(json.dumps(document).encode())


class SigningKey:
    """An RSA key of 2048 bits (RS256), or one of P-256 (ES256)."""

    def __init__(self, folder, kid, kind="RS256"):
        self.kid, self.kind, self.file = kid, kind, folder / f"{kid}.key"
        how = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if kind == "RS256" else ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        openssl("genpkey", *how, "-out", self.file)

    def jwk(self):
        if self.kind == "RS256":
            modulus = openssl("rsa", "-in", self.file, "-noout", "-modulus").decode().strip().removeprefix("Modulus=")
            members = {"kty": "RSA", "n": base64url(bytes.fromhex(modulus)), "e": "AQAB"}
        else:
            point = openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")[-64:]
            members = {"kty": "EC", "crv": "P-256", "x": base64url(point[:32]), "y": base64url(point[32:])}
        return {**members, "kid": self.kid, "use": "sig", "alg": self.kind}

    def sign(self, text):
        made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.file], input=text.encode(), capture_output=True, check=True).stdout
        return made if self.kind == "RS256" else self._both_numbers(made)

    @staticmethod
    def _both_numbers(der):
        """DER's sequence of two integers as JWS has them: 32 bytes each."""
        numbers, at = [], 2
        for _ in range(2):
            size = der[at + 1]
            numbers.append(int.from_bytes(der[at + 2:at + 2 + size], "big").to_bytes(32, "big"))
            at += 2 + size
        return b"".join(numbers)


class Issuer:
    """https://127.0.0.1:PORT/jwks.json with `keys`. `answer` may be set to a function of the request's handler that answers in its place; `asked` counts requests."""

    AUDIENCE = "registry.example"

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.asked, self.answer = folder, 0, None
        self.keys = [SigningKey(folder, "first")]
        self.tls = make_certificates(folder / "tls", "localhost", "127.0.0.1")
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked += 1
                if issuer.answer:
                    return issuer.answer(self)
                return issuer.reply(self, 200, issuer.key_set())

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.tls.certificate, self.tls.key)
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def key_set(self):
        return json.dumps({"keys": [key.jwk() for key in self.keys]}).encode()

    def settings(self, name="ci", **changes):
        """The TOML of an [[access.issuer]]; a change to None leaves a setting out."""
        values = {"name": name, "issuer": self.url, "audience": self.AUDIENCE, "keys_url": f"{self.url}/jwks.json", "certificate_authority": str(self.tls.ca), **changes}
        return "[[access.issuer]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items() if value is not None)

    @staticmethod
    def reply(handler, status, body, **headers):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def token(self, subject, *scopes, key=None, header=None, **claims):
        """Signed by the first of the keys unless told; a claim of None is left out."""
        key, now = key or self.keys[0], int(time.time())
        access = [dict(zip(("type", "name", "actions"), (*scope.rsplit(":", 1)[0].split(":", 1), scope.rsplit(":", 1)[1].split(",")))) for scope in scopes]
        body = {"iss": self.url, "sub": subject, "aud": self.AUDIENCE, "iat": now, "exp": now + 300, "access": access, **claims}
        signed = part({"typ": "JWT", "alg": key.kind, "kid": key.kid, **(header or {})}) + "." + part({name: value for name, value in body.items() if value is not None})
        return f"{signed}.{base64url(key.sign(signed))}"

    def stop(self):
        self.http.shutdown()
        self.http.server_close()
