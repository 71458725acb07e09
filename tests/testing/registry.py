"""Debian's docker-registry on loopback, and a plain HTTP client with which tests put anything into a registry."""

import base64
import http.client
import re
import ssl
import subprocess
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from testing import images
from testing.processes import free_port, stop, wait_until


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    status: int
    size: int  # of the answer's body

    def __str__(self):
        return f"{self.method} {self.path} {self.status}"


class RegistryClient:
    """Pushes bytes by plain HTTP, as they are."""

    def __init__(self, address, user=None, ca=None):
        self.address = address
        self.headers = {}
        if user:
            self.headers["Authorization"] = "Basic " + base64.b64encode(":".join(user).encode()).decode()
        self.context = ssl.create_default_context(cafile=ca) if ca else None

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body)."""
        if self.context:
            connection = http.client.HTTPSConnection(self.address, timeout=60, context=self.context)
        else:
            connection = http.client.HTTPConnection(self.address, timeout=60)
        try:
            connection.request(method, path, body, self.headers | (headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def expect(self, status, method, path, body=None, headers=None):
        got, answer_headers, answer = self.request(method, path, body, headers)
        assert got == status, f"{method} {path}: {got} {answer[:500]!r}"
        return answer_headers, answer

    def put_blob(self, repository, blob):
        name = images.digest(blob)
        if self.request("HEAD", f"/v2/{repository}/blobs/{name}")[0] == 200:
            return name
        headers, _ = self.expect(202, "POST", f"/v2/{repository}/blobs/uploads/")
        location = urlsplit(headers["Location"])
        self.expect(201, "PUT", f"{location.path}?{location.query}&digest={name}", blob, {"Content-Type": "application/octet-stream"})
        return name

    def put_manifest(self, repository, reference, manifest, media_type):
        self.expect(201, "PUT", f"/v2/{repository}/manifests/{reference}", manifest, {"Content-Type": media_type})
        return images.digest(manifest)

    def get_manifest(self, repository, reference):
        accept = ", ".join([images.DOCKER_MANIFEST, images.DOCKER_LIST, images.OCI_MANIFEST, images.OCI_INDEX])
        headers, body = self.expect(200, "GET", f"/v2/{repository}/manifests/{reference}", headers={"Accept": accept})
        return headers["Content-Type"], body

    def has_blob(self, repository, name):
        return self.request("HEAD", f"/v2/{repository}/blobs/{name}")[0] == 200

    def delete_manifest(self, repository, name):
        self.expect(202, "DELETE", f"/v2/{repository}/manifests/{name}")

    def push(self, name, image):
        """Pushes an image as REPOSITORY:TAG and returns the reference by which others pull it."""
        repository, tag = name.rsplit(":", 1)
        for blob in image.blobs():
            self.put_blob(repository, blob)
        self.put_manifest(repository, tag, image.manifest, image.media_type)
        return f"{self.address}/{name}"

    def push_index(self, name, *parts, oci=False):
        """Pushes an index over (image, platform dict) pairs. Returns (reference, digest of the index)."""
        repository, tag = name.rsplit(":", 1)
        for image, _ in parts:
            for blob in image.blobs():
                self.put_blob(repository, blob)
            self.put_manifest(repository, image.digest, image.manifest, image.media_type)
        body, media_type = images.index(*(image.descriptor(**platform) for image, platform in parts), oci=oci)
        return f"{self.address}/{name}", self.put_manifest(repository, tag, body, media_type)

    def push_busybox(self, name, **how):
        return self.push(name, images.busybox(**how))


class RegistryServer(RegistryClient):
    """A registry that a test started, as a client of it. What each of them gives: `process`, `start()`, `stop()`, `file_of(DIGEST)`, and `log`, a file with its
    requests in the common log format; as a context it ends with its block."""

    forgotten = 0

    @property
    def url(self):
        return f"{'https' if self.context else 'http'}://{self.address}"

    def stop(self):
        stop(self.process)

    def _all_requests(self):
        """Every request so far. A request is logged after its answer was sent: a last one of our own is waited for."""
        mark = f"/mark/{time.monotonic_ns()}"
        self.request("GET", mark)
        wait_until(lambda: mark in self.log.read_text(), what="the registry's log")
        time.sleep(0.02)
        found = []
        for line in self.log.read_text().splitlines():
            match = re.search(r'"([A-Z]+) (\S+) HTTP/[\d.]+" (\d+) (\d+)', line)
            if match and not match[2].startswith("/mark/"):
                found.append(Request(match[1], match[2], int(match[3]), int(match[4])))
        return found

    def requests(self, pattern=""):
        """Requests since forget_requests() whose "METHOD PATH STATUS" matches the pattern."""
        return [request for request in self._all_requests()[self.forgotten:] if re.search(pattern, str(request))]

    def forget_requests(self):
        self.forgotten = len(self._all_requests())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Registry(RegistryServer):
    """A docker-registry process with a log of its requests. `auth` is YAML lines of its auth section; `deletes` whether it deletes."""

    def __init__(self, folder, port=None, auth=None, tls=None, user=None, host="127.0.0.1", proxy_of=None, deletes=True):
        self.port = port or free_port()
        super().__init__(f"{host}:{self.port}", user=user, ca=tls and tls.ca)
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        config = ["version: 0.1", "log:", "  level: warn", "storage:", "  filesystem:", f"    rootdirectory: {folder}/data",
                  "  delete:", f"    enabled: {str(deletes).lower()}", "http:", f"  addr: {host}:{self.port}"]
        if tls:
            config += ["  tls:", f"    certificate: {tls.certificate}", f"    key: {tls.key}"]
        config += auth or []
        (folder / "config.yml").write_text("\n".join(config) + "\n")
        self.log = folder / "requests.log"
        self.start()

    @classmethod
    def under_passwords(cls, folder, htpasswd, user, **more):
        """One in which `user` of an htpasswd file may do everything, and nobody else anything. It asks for Basic credentials alone."""
        return cls(folder, user=user, auth=["auth:", "  htpasswd:", "    realm: test", f"    path: {htpasswd}"], **more)

    def file_of(self, name):
        """A blob's file."""
        algorithm, digits = name.split(":")
        return self.folder / "data/docker/registry/v2/blobs" / algorithm / digits[:2] / digits / "data"

    def start(self):
        with open(self.log, "ab") as out, open(self.folder / "errors.log", "ab") as errors:
            self.process = subprocess.Popen(["docker-registry", "serve", self.folder / "config.yml"], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=errors, env={"OTEL_TRACES_EXPORTER": "none", "PATH": "/usr/bin:/bin"})
        wait_until(self.answers, what=lambda: "docker-registry to answer: " + (self.folder / "errors.log").read_text()[-2000:])
        self.forget_requests()

    def answers(self):
        assert self.process.poll() is None, (self.folder / "errors.log").read_text()[-2000:]
        try:
            return self.request("GET", "/v2/")[0] in (200, 401)
        except OSError:
            return False
