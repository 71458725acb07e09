"""The contestants of bench/registry.py: davit's registry, docker-registry, distribution 3, and nginx with the same bytes as static files.
zot is not among them: no version of it is to be had from the Go proxy.

Run as a program it installs what the Go proxy brings, outside of any sandbox."""

import os
import resource
import subprocess
import sys
from pathlib import Path

from testing import images
from testing.davit_registry import DavitRegistry
from testing.go_programs import GoProgram, InstallFailed, has_go
from testing.processes import free_port, wait_until
from testing.registry import RegistryServer

DISTRIBUTION = GoProgram("distribution", "github.com/distribution/distribution/v3/cmd/registry", "v3.1.1")


class Peer(RegistryServer):
    """A registry process of another make. `command` is what starts it, `log` has what it says."""
    pushes = True

    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(f"127.0.0.1:{free_port()}")
        self.command = self.set_up()
        self.start()

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([str(part) for part in self.command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                            env=os.environ | {"OTEL_TRACES_EXPORTER": "none"})
        wait_until(self.answers, what=lambda: f"{self.name}: " + (self.folder / "log").read_text()[-2000:])

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        try:
            return self.request("GET", "/v2/")[0] < 500
        except OSError:
            return False


class Distribution(Peer):
    """docker-registry 2.8 and distribution 3: one configuration, which spares them the access log and caches descriptors."""

    def __init__(self, name, folder, program):
        self.program = program
        super().__init__(name, folder)

    def set_up(self):
        (self.folder / "config.yml").write_text("\n".join([
            "version: 0.1", "log:", "  level: error", "  accesslog:", "    disabled: true", "storage:", "  cache:", "    blobdescriptor: inmemory",
            "  filesystem:", f"    rootdirectory: {self.folder}/data", "  delete:", "    enabled: true", "http:", f"  addr: {self.address}"]) + "\n")
        return [self.program, "serve", self.folder / "config.yml"]

    def fill_tags(self, repository, tags, digest):
        """Writes tags of a manifest that is there as its files: by requests 100,000 of them would take many minutes."""
        folder = self.folder / "data/docker/registry/v2/repositories" / repository / "_manifests/tags"
        for tag in tags:
            for link in (folder / tag / "current", folder / tag / "index/sha256" / digest.removeprefix("sha256:")):
                link.mkdir(parents=True)
                (link / "link").write_text(digest)


class Nginx(Peer):
    """What a registry would be if it were files. It takes what is put into it as files, not by requests."""
    pushes = False

    def __init__(self, name, folder, workers):
        self.workers = workers
        super().__init__(name, folder)

    def set_up(self):
        (self.folder / "nginx.conf").write_text(f"""
daemon off; pid {self.folder}/pid; worker_processes {self.workers}; worker_rlimit_nofile 65536; error_log stderr crit;
events {{ worker_connections 30000; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; keepalive_timeout 600; open_file_cache max=1000;
  default_type application/octet-stream; client_body_temp_path {self.folder}/body;
  server {{ listen {self.address} backlog=4096; root {self.folder}/files;
    location ~ /manifests/ {{ default_type application/vnd.oci.image.manifest.v1+json; }} }}
}}
""")
        return ["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", "stderr"]

    def push(self, name, image):
        repository, tag = name.rsplit(":", 1)
        for blob in image.blobs():
            self.put_blob(repository, blob)
        self.serve(f"/v2/{repository}/manifests/{tag}", image.manifest)

    def put_blob(self, repository, blob):
        name = images.digest(blob)
        self.serve(f"/v2/{repository}/blobs/{name}", blob)
        return name

    def serve(self, path, data):
        file = self.folder / "files" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


class Davit(DavitRegistry):
    pushes = True

    def __init__(self, name, folder):
        self.name = name
        super().__init__(folder, access_log="off")  # as its peers


def makers():
    """{name: function(folder) that starts it}, davit first; and what is left out, with the reason."""
    found, missing = {"davit": lambda folder: Davit("davit", folder),
                      "docker-registry": lambda folder: Distribution("docker-registry", folder, "docker-registry")}, []
    if DISTRIBUTION.path.exists():
        found["distribution"] = lambda folder: Distribution("distribution", folder, DISTRIBUTION.path)
    else:
        missing.append("distribution: not installed")
    cores = os.cpu_count()
    found["nginx 1"] = lambda folder: Nginx("nginx 1", folder, 1)
    if cores > 1:
        found[f"nginx {cores}"] = lambda folder: Nginx(f"nginx {cores}", folder, cores)
    chosen = os.environ.get("DAVIT_BENCH_CONTESTANTS")
    if chosen:
        found = {name: make for name, make in found.items() if name in chosen.split(",")}
    return found, missing


def raise_file_limit():
    """For 10,000 connections; servers inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__" and has_go():
    try:
        DISTRIBUTION.install()
    except InstallFailed as error:
        print(f"bench: without distribution: {error}", file=sys.stderr)
