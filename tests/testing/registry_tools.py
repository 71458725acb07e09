"""Stock tools that move images between registries, each by one interface: pull(name) and push(name) are True where the tool got what it asked for."""

import os
import subprocess

from testing.go_programs import GoProgram
from testing.processes import stop, wait_until

CRANE = GoProgram("crane", "github.com/google/go-containerregistry/cmd/crane", "v0.22.0")
ORAS = GoProgram("oras", "oras.land/oras/cmd/oras", "v1.3.0")
REGCTL = GoProgram("regctl", "github.com/regclient/regclient/cmd/regctl", "v0.11.1")
PROGRAMS = (CRANE, ORAS, REGCTL)

SOURCE = "public/app:1"  # what all may pull, and what push() pushes under another name


class Tool:
    pushes_after_anonymous_head = True

    def __init__(self, folder, server):
        self.folder, self.address = folder, server.address
        folder.mkdir(parents=True, exist_ok=True)
        self.user = None
        self.environment = os.environ | {"HOME": str(folder), "DOCKER_CONFIG": str(folder)}

    def login(self, user):
        """(name, password), or None for nobody."""
        self.user = user

    def run(self, *words):
        """(whether it succeeded, what it printed)."""
        result = subprocess.run([str(word) for word in words], env=self.environment, capture_output=True, text=True, timeout=120)
        return result.returncode == 0, result.stdout + result.stderr

    def done(self, *words):
        return self.run(*words)[0]

    def at(self, name):
        return f"{self.address}/{name}"

    def stop(self):
        pass


class Buildah(Tool):
    def __init__(self, folder, server, podman):
        super().__init__(folder, server)
        self.environment = podman.environment
        self.policy = ["--signature-policy", podman.policy]

    def _options(self):
        return [*self.policy, "--tls-verify=false", *(["--creds", ":".join(self.user)] if self.user else [])]

    def pull(self, name):
        return self.done("buildah", "pull", "-q", "--policy", "always", *self._options(), self.at(name))

    def push(self, name):
        assert self.pull(SOURCE)
        return self.done("buildah", "push", "-q", *self._options(), self.at(SOURCE), f"docker://{self.at(name)}")


class Crane(Tool):
    def login(self, user):
        self.done(CRANE.path, "auth", "logout", self.address)
        if user:
            assert self.done(CRANE.path, "auth", "login", "--insecure", "-u", user[0], "-p", user[1], self.address)

    def pull(self, name):
        return self.done(CRANE.path, "pull", "--insecure", self.at(name), self.folder / "image.tar")

    def push(self, name):
        return self.pull(SOURCE) and self.done(CRANE.path, "push", "--insecure", self.folder / "image.tar", self.at(name))


class Oras(Tool):
    def _options(self, side=""):
        return [f"--{side}plain-http", *([f"--{side}username", self.user[0], f"--{side}password", self.user[1]] if self.user else [])]

    def pull(self, name):
        return self.done(ORAS.path, "copy", *self._options("from-"), self.at(name), "--to-oci-layout", f"{self.folder / 'layout'}:pulled")

    def push(self, name):
        return self.done(ORAS.path, "copy", *self._options("from-"), *self._options("to-"), self.at(SOURCE), self.at(name))


class Regctl(Tool):
    def login(self, user):
        (self.folder / "regctl.json").unlink(missing_ok=True)
        self.environment |= {"REGCTL_CONFIG": str(self.folder / "regctl.json")}
        assert self.done(REGCTL.path, "registry", "set", "--tls", "disabled", "--skip-check", self.address)
        if user:
            assert self.done(REGCTL.path, "registry", "login", "-u", user[0], "-p", user[1], self.address)

    def pull(self, name):
        return self.done(REGCTL.path, "image", "copy", self.at(name), f"ocidir://{self.folder / 'layout'}:pulled")

    def push(self, name):
        return self.done(REGCTL.path, "image", "copy", self.at(SOURCE), self.at(name))


class Ctr(Tool):
    """containerd's own client, with a containerd of its own. Debian's (1.6.20) waits for ever when a push is asked for credentials after a HEAD that
    needed none: so it pushes to private names alone."""

    pushes_after_anonymous_head = False

    def __init__(self, folder, server):
        super().__init__(folder, server)
        self.socket = f"/run/ctr-{folder.name}.sock"
        (folder / "config.toml").write_text('version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n')
        self.log = open(folder / "containerd.log", "wb")
        self.daemon = subprocess.Popen(["containerd", "--config", folder / "config.toml", "--root", folder / "root", "--state", f"/run/ctr-{folder.name}",
                                        "--address", self.socket], stdout=self.log, stderr=self.log)
        wait_until(lambda: self.done("ctr", "-a", self.socket, "version"), what="containerd")

    def _ctr(self, *words):
        return self.done("ctr", "-a", self.socket, *words)

    def _options(self):
        return ["--plain-http", *(["--user", ":".join(self.user)] if self.user else [])]

    def pull(self, name):
        return self._ctr("content", "fetch", *self._options(), self.at(name))

    def push(self, name):
        return self.pull(SOURCE) and self._ctr("images", "push", *self._options(), self.at(name), self.at(SOURCE))

    def stop(self):
        stop(self.daemon)
        self.log.close()
