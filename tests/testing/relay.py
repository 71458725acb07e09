"""A far link to a server on this machine: latency, a bandwidth that all connections share, and a cut when told.

    with Relay("127.0.0.1:5000", delay=0.04, rate=25e6) as link:
        ... use link.address in place of 127.0.0.1:5000 ...

In a process of its own (for measurements): python3 tests/testing/relay.py 127.0.0.1:5000 --delay 0.04 --rate 25e6
"""

import argparse
import asyncio
import collections
import socket
import sys
import threading

PIECE = 1 << 16
FIRST_WINDOW = 10 * 1460  # what a TCP sender sends before the first acknowledgement


class Relay:
    """Listens on a port of its own and passes everything to `target`.

    `delay` is the round trip in seconds, half of it each way; a new connection costs one round trip before its first byte is passed on, as
    TCP's handshake does. `rate` is bytes a second down to the client, for all connections together. `window` is the most that one connection
    has under way downwards (a sender's congestion window: it begins small and grows by what is acknowledged). `cut_after` breaks all
    connections once so many bytes went down in all; connections made later are served. The counts may be read from any thread.
    """

    def __init__(self, target, delay=0.04, rate=200e6 / 8, cut_after=None, window=4 << 20, host="127.0.0.1", port=0):
        self.target = target if isinstance(target, tuple) else (target.rsplit(":", 1)[0], int(target.rsplit(":", 1)[1]))
        self.delay, self.rate, self.cut_after, self.window = delay, rate, cut_after, window
        self.bytes_down = self.bytes_up = self.connections = self.cuts = 0
        self._free_at = 0.0  # when the link has sent what it was given so far
        self._open = set()
        self._listener = socket.create_server((host, port), backlog=128)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self.address = f"{host}:{self.port}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._main.cancel)
            self._thread.join()

    def forget(self):
        """Counts from nothing again."""
        self.bytes_down = self.bytes_up = self.connections = self.cuts = 0

    def cut(self):
        """Breaks every connection now."""
        self._loop.call_soon_threadsafe(self._break_all)

    def _run(self):
        self._main = self._loop.create_task(self._accept())
        try:
            self._loop.run_until_complete(self._main)
        except asyncio.CancelledError:
            pass
        self._break_all()
        if left := asyncio.all_tasks(self._loop):
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait(left))
        self._listener.close()
        self._loop.close()

    def _break_all(self):
        for task in list(self._open):
            task.cancel()

    async def _accept(self):
        while True:
            client, _ = await self._loop.sock_accept(self._listener)
            client.setblocking(False)
            self.connections += 1
            task = self._loop.create_task(self._serve(client))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def _serve(self, client):
        server = socket.socket()
        server.setblocking(False)
        directions = []
        try:
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)  # or a cut would come long after its bytes
            await self._loop.sock_connect(server, self.target)
            await asyncio.sleep(self.delay)
            directions = [self._loop.create_task(self._up(client, server)), self._loop.create_task(self._down(server, client))]
            # A client that is done ends the exchange; a server that is done still has bytes under way.
            await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
            if directions[0].done():
                directions[1].cancel()
        except OSError:
            pass
        finally:
            for task in directions:
                task.cancel()
            await asyncio.gather(*directions, return_exceptions=True)
            client.close()
            server.close()

    async def _up(self, client, server):
        async def deliver(data):
            await self._loop.sock_sendall(server, data)
            self.bytes_up += len(data)

        await self._pass_on(client, deliver, lambda size: self._loop.time() + self.delay / 2, window=None)

    async def _down(self, server, client):
        def departure(size):
            self._free_at = max(self._free_at, self._loop.time()) + size / self.rate
            return self._free_at + self.delay / 2

        async def deliver(data):
            if self.cut_after is not None and self.bytes_down + len(data) >= self.cut_after:
                await self._loop.sock_sendall(client, data[:max(0, self.cut_after - self.bytes_down)])
                self.bytes_down = max(self.bytes_down, self.cut_after)
                self.cut_after = None
                self.cuts += 1
                self._break_all()
                await asyncio.sleep(3600)  # ended by the cancellation
            # Counted before it is sent: a client that has it all may look at the count at once.
            self.bytes_down += len(data)
            await self._loop.sock_sendall(client, data)

        await self._pass_on(server, deliver, departure, window=self.window)

    async def _pass_on(self, source, deliver, arrival, window):
        """Reads, waits as the link does, delivers; with a window, at most so much under way."""
        way = collections.deque()  # (when it arrives, bytes)
        wake = asyncio.Event()
        state = {"under_way": 0, "window": FIRST_WINDOW}

        def acknowledged(size):
            state["under_way"] -= size
            state["window"] = min(window, state["window"] + size)
            room.set()

        room = asyncio.Event()

        async def send():
            while True:
                while not way:
                    wake.clear()
                    await wake.wait()
                at, data = way.popleft()
                if (wait := at - self._loop.time()) > 0:
                    await asyncio.sleep(wait)
                if data is None:
                    return
                await deliver(data)
                if window:
                    self._loop.call_later(self.delay / 2, acknowledged, len(data))

        sender = self._loop.create_task(send())
        try:
            while True:
                size = PIECE
                if window:
                    while state["under_way"] >= state["window"]:
                        room.clear()
                        await room.wait()
                    size = min(PIECE, state["window"] - state["under_way"])
                data = await self._loop.sock_recv(source, size)
                state["under_way"] += len(data)
                way.append((arrival(len(data)), data or None))
                wake.set()
                if not data:
                    return await sender
        finally:
            sender.cancel()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--delay", type=float, default=0.04)
    parser.add_argument("--rate", type=float, default=200e6 / 8)
    parser.add_argument("--cut-after", type=int)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    relay = Relay(options.target, options.delay, options.rate, options.cut_after, port=options.port)
    print(relay.address, flush=True)
    sys.stdin.read()  # whoever started it ends it by closing its standard input
    relay.stop()
    print(f"{relay.bytes_down} {relay.bytes_up} {relay.connections}", flush=True)


if __name__ == "__main__":
    main()
