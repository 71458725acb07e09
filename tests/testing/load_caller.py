"""What a client under load knows, and its connection to a server that may be killed at any time. See testing.registry_load."""

import http.client
import socket
import struct
import time


class Unanswered(Exception):
    """The answer did not come: what was asked was done, or not."""


class Known(dict):
    """key -> the values that it may have; None: it is not there. A key that nobody spoke of is not there."""

    def __missing__(self, key):
        return {None}

    def set(self, key, value):
        self[key] = {value}

    def may(self, key, value):
        self[key] = self[key] | {value}

    def see(self, key, value, what):
        assert value in self[key], f"{what} {key} is {value}, and may be {self[key]}"
        self[key] = {value}

    def surely(self):
        """The keys that are there, whatever their value."""
        return sorted(key for key, values in self.items() if None not in values)


class Growing(Known):
    """Of a repository to which others push, too, and in which nobody deletes."""

    def see(self, key, value, what):
        assert value is not None or None in self[key], f"{what} {key} is gone"
        if value is not None:
            self[key] = {value}


class Caller:
    """A client's connection, opened again where it broke; while the server is down it waits for the next."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address, timeout=120)
        self.statuses = {}

    def connect(self):
        end = time.monotonic() + 120
        while self.connection.sock is None:
            try:
                self.connection.connect()
                self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                self.connection.close()
                assert time.monotonic() < end, f"the server does not come back: {error}"
                time.sleep(0.02)

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body)."""
        self.connect()
        try:
            self.connection.request(method, path, body, headers or {})
            answer = self.connection.getresponse()
            content = answer.read()
        except TimeoutError:
            raise AssertionError(f"{method} {path}: no answer in 120 s") from None
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            raise Unanswered(f"{method} {path}: {error}") from None
        assert answer.status < 500, f"{method} {path}: {answer.status} {content[:500]!r}"
        self.statuses[method, answer.status] = self.statuses.get((method, answer.status), 0) + 1
        return answer.status, answer.headers, content

    def expect(self, statuses, method, path, body=None, headers=None):
        status, answer_headers, content = self.request(method, path, body, headers)
        assert status in (statuses if isinstance(statuses, tuple) else (statuses,)), f"{method} {path}: {status} {content[:500]!r}"
        return status, answer_headers, content

    def vanish(self, rng, send):
        """Calls send(connection) and ends the connection with what it sent in flight: by FIN or by RST."""
        self.connect()
        try:
            send(self.connection)
            if self.connection.sock and rng.random() < 0.5:
                self.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except (OSError, http.client.HTTPException):
            pass
        self.connection.close()

    def close(self):
        self.connection.close()
