"""davit's own registry on loopback: `davit registry serve`, with the interface of testing.registry.Registry, so that a test takes either."""

import os
import re
import subprocess

from testing.davit import PROGRAM
from testing.processes import wait_until
from testing.registry import RegistryServer


class DavitRegistry(RegistryServer):
    """A `davit registry serve` process; its store is FOLDER/data. `config` is TOML text; `client_authority` signs the certificates that clients must show; `port` 0 lets the server choose one, which a later start() keeps.
    Without its access log "common" there are no requests() of it."""

    def __init__(self, folder, port=0, config="", user=None, host="127.0.0.1", tls=None, environment=None, access_log="common", deletes=True,
                 client_authority=None):
        super().__init__(f"{host}:{port}", user=user, ca=tls and tls.ca)
        if not deletes:
            config += "\n[registry]\ndelete = false\n"
        if tls:
            config += f'\n[tls]\ncertificate = "{tls.certificate}"\nkey = "{tls.key}"\n'
            config += f'client_authority = "{client_authority}"\n' if client_authority else ""
        self.tls = tls
        self.environment = os.environ | (environment or {})
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "serve.log"
        (folder / "config.toml").write_text(f'{config}\n[log]\naccess = "{access_log}"\n')
        self.start()

    @classmethod
    def under_passwords(cls, folder, htpasswd, user, **more):
        """One in which `user` of an htpasswd file may do everything, and nobody else anything. It asks for tokens, which its own /token gives."""
        return cls(folder, user=user, config=f"""
[access]
password_file = "{htpasswd}"
[[access.rule]]
repositories = "**"
users = ["{user[0]}"]
actions = ["admin"]
""", **more)

    def start(self):
        self.forgotten = 0  # its log begins anew
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([PROGRAM, "registry", "serve", "--root", self.folder / "data", "--addr", self.address,
                                             "--config", self.folder / "config.toml"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        port = wait_until(self._listens_on, what=lambda: "davit registry to listen: " + self.log.read_text()[-2000:])
        self.address = f"{self.address.rsplit(':', 1)[0]}:{port}"

    def _listens_on(self):
        text = self.log.read_text()
        assert self.process.poll() is None, f"davit registry serve ended with {self.process.returncode}: {text[-2000:]}"
        found = re.search(r"^listening on https?://\S+:(\d+)$", text, re.M)
        return found and found[1]

    @property
    def data(self):
        return self.folder / "data"

    def file_of(self, name):
        """A blob's file."""
        return self.data / "blobs" / name.replace(":", "/")

    @staticmethod
    def begin_request(connection, line, length, fields=""):
        """Sends a request's head; when this returns, the server has taken it up and waits for its body."""
        connection.sendall(f"{line} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{fields}Content-Length: {length}\r\n\r\n".encode())
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"

    def __call__(self, *words, code=0, stdin=None):
        """A command of `davit registry` on its folder and configuration: what it printed."""
        result = subprocess.run([PROGRAM, "registry", *words, "--config", self.folder / "config.toml", *(["--root", self.data] if words[0] != "check-config" else [])],
                                capture_output=True, text=True, input=stdin)
        assert result.returncode == code, f"davit registry {words}: {result.stdout}{result.stderr}[exit {result.returncode}]"
        return result.stdout if code == 0 else result.stdout + result.stderr

    @property
    def port(self):
        return int(self.address.rsplit(":", 1)[1])
