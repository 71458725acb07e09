"""An HTTP proxy: CONNECT and absolute-form requests, with or without a password; it tells what it was asked for."""

import base64
import select
import socket
import threading
from urllib.parse import urlsplit

from testing.processes import free_port


class HttpProxy:
    """Listens on loopback. `asked` lists "CONNECT host:port" and "GET http://host/path", `authorizations` what came with each."""

    def __init__(self, user=None):
        self.wanted = user and "Basic " + base64.b64encode(":".join(user).encode()).decode()
        self.asked, self.authorizations, self.headers = [], [], []
        port = free_port()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.address = f"127.0.0.1:{port}"
        self.acceptor = threading.Thread(target=self._accept, daemon=True)
        self.acceptor.start()

    def stop(self):
        # A close alone would leave it listening while _accept waits, perhaps on the next listener's descriptor.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.acceptor.join()
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(65536)
                if not piece:
                    return
                head += piece
            head, rest = head.split(b"\r\n\r\n", 1)
            lines = head.decode().split("\r\n")
            method, target, _ = lines[0].split(" ")
            headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
            self.asked.append(f"{method} {target}")
            self.authorizations.append(headers.get("proxy-authorization"))
            self.headers.append(headers)
            if self.wanted and headers.get("proxy-authorization") != self.wanted:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\n"
                               b"Content-Length: 0\r\nConnection: close\r\n\r\n")
                return
            if method == "CONNECT":
                host, port = target.rsplit(":", 1)
                with socket.create_connection((host, int(port))) as server:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    self._relay(client, server, rest)
                return
            url = urlsplit(target)
            kept = [line for line in lines[1:] if not line.lower().startswith(("proxy-", "connection:"))]
            path = url.path + ("?" + url.query if url.query else "")
            request = "\r\n".join([f"{method} {path} HTTP/1.1", *kept, "Connection: close"]) + "\r\n\r\n"
            with socket.create_connection((url.hostname, url.port or 80)) as server:
                server.sendall(request.encode())
                self._relay(client, server, rest)

    @staticmethod
    def _relay(client, server, rest):
        if rest:
            server.sendall(rest)
        while True:
            for one in select.select([client, server], [], [])[0]:
                try:
                    piece = one.recv(65536)
                except OSError:
                    return
                if not piece:
                    return
                (server if one is client else client).sendall(piece)
