"""Small things about processes and time."""

import itertools
import socket
import subprocess
import time

_ports = itertools.count(5000)


def free_port():
    """The next port of the sandbox that nobody listens on: 5000, 5001, …"""
    for port in _ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def wait_until(condition, what="a condition", timeout=30, step=0.01):
    """Waits for a condition and returns its value; fails naming what it waited for (text, or a function that gives it)."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {timeout} s for {what() if callable(what) else what}"
        time.sleep(step)


def stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
