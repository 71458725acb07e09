"""A registry that misbehaves as told: it serves what a test put in, and each rule may answer in its place."""

import re
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from testing import images
from testing.processes import free_port


@dataclass
class Seen:
    method: str
    path: str
    headers: dict
    sent: int = 0  # bytes of body that were sent
    status: int = 0

    def __str__(self):
        return f"{self.method} {self.path}"


@dataclass
class Rule:
    pattern: re.Pattern
    act: object
    times: int
    used: int = field(default=0)


class Exchange:
    """One request being answered; what a rule's function gets."""

    def __init__(self, handler, seen):
        self.handler, self.seen = handler, seen
        self.headers = handler.headers
        self.body = b""

    def reply(self, status, body=b"", length=None, cut_after=None, pace=None, **headers):
        """Answers. `length` is the Content-Length told (default: the true one); `cut_after` breaks the connection after so many
        bytes; `pace` = (bytes, seconds) sends that slowly."""
        handler = self.handler
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), str(value))
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        self.seen.status = status
        if handler.command == "HEAD":
            return
        part = body if cut_after is None else body[:cut_after]
        step, seconds = pace or (1 << 16, 0)
        try:
            for at in range(0, len(part), step):
                handler.wfile.write(part[at:at + step])
                self.seen.sent += len(part[at:at + step])
                if seconds:
                    handler.wfile.flush()
                    time.sleep(seconds)
        except OSError:
            handler.close_connection = True
        if cut_after is not None or (length is not None and length > len(body)):
            self.hang_up()

    def hang_up(self):
        self.handler.close_connection = True
        try:
            self.handler.wfile.flush()
            self.handler.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def default(self, **how):
        """The answer that no rule changes."""
        self.handler.registry.serve(self, **how)


class FakeRegistry:
    """Serves GET and HEAD of manifests and blobs (with ranges). `requests` lists what came, in order."""

    def __init__(self, ranges=True):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.ranges = ranges
        self.blobs, self.manifests, self.rules, self._seen = {}, {}, [], []
        self.lock = threading.Lock()
        registry_ = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            registry = registry_

            def handle_any(self):
                registry_.handle(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass

        self.http = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()

    # Content.

    def add(self, name, image, manifest=None):
        """Serves the image as REPOSITORY:TAG; returns the reference. `manifest` replaces the bytes under the tag."""
        repository, tag = name.rsplit(":", 1)
        for blob in image.blobs():
            self.blobs[images.digest(blob)] = blob
        self.add_manifest(repository, tag, manifest or image.manifest, image.media_type)
        return f"{self.address}/{name}"

    def add_manifest(self, repository, tag, body, media_type):
        for key in (tag, images.digest(body)):
            self.manifests[repository, key] = (body, media_type)
        return f"{self.address}/{repository}:{tag}"

    def on(self, pattern, act, times=1_000_000):
        """For requests whose "METHOD PATH" matches, act(exchange) answers, the first `times` times."""
        self.rules.append(Rule(re.compile(pattern), act, times))

    # What came.

    def requests(self, pattern=""):
        with self.lock:
            return [seen for seen in self._seen if re.search(pattern, str(seen))]

    def forget_requests(self):
        with self.lock:
            self._seen.clear()

    def bytes_sent(self, pattern="GET .*/blobs/"):
        return sum(seen.sent for seen in self.requests(pattern))

    # Answers.

    def handle(self, handler):
        seen = Seen(handler.command, handler.path, dict(handler.headers))
        with self.lock:
            self._seen.append(seen)
            rule = next((r for r in self.rules if r.used < r.times and r.pattern.search(str(seen))), None)
            if rule:
                rule.used += 1
        length = int(handler.headers.get("Content-Length") or 0)
        exchange = Exchange(handler, seen)
        if length:
            exchange.body = handler.rfile.read(length)
        if rule:
            rule.act(exchange)
        else:
            self.serve(exchange)

    def serve(self, exchange, **how):
        path = exchange.seen.path
        if path == "/v2/":
            return exchange.reply(200, b"{}", **how)
        if match := re.fullmatch(r"/v2/(.+)/manifests/(.+)", path):
            found = self.manifests.get((match[1], match[2]))
            if not found:
                return exchange.reply(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}', Content_Type="application/json")
            body, media_type = found
            return exchange.reply(200, body, Content_Type=media_type, **{"Docker_Content_Digest": images.digest(body)}, **how)
        if match := re.fullmatch(r"/v2/.+/blobs/(.+)", path):
            blob = self.blobs.get(match[1])
            if blob is None:
                return exchange.reply(404, b'{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown"}]}', Content_Type="application/json")
            wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", exchange.headers.get("Range", ""))
            if wanted and self.ranges:
                first, last = int(wanted[1]), min(int(wanted[2] or len(blob) - 1), len(blob) - 1)
                if first >= len(blob):
                    return exchange.reply(416)
                return exchange.reply(206, blob[first:last + 1], Content_Range=f"bytes {first}-{last}/{len(blob)}", **how)
            return exchange.reply(200, blob, Content_Type="application/octet-stream", **({"Accept_Ranges": "bytes"} if self.ranges else {}), **how)
        return exchange.reply(404, b"{}")
