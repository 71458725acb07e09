"""A far link between a registry and who pulls (testing/relay.py), in a process of its own: it counts, and is cut and mended on demand."""

import multiprocessing

from testing.relay import Relay


class Link:
    """Listens at `port` and relays to `target_port`, both on loopback; `round_trip` in seconds, `bits` a second towards the client."""

    def __init__(self, port, target_port, round_trip, bits):
        self.address = f"127.0.0.1:{port}"
        context = multiprocessing.get_context("fork")
        self._commands, theirs = context.Pipe()
        how = {"target": f"127.0.0.1:{target_port}", "port": port, "delay": round_trip, "rate": bits / 8}
        self.process = context.Process(target=_serve, args=(theirs, how), daemon=True)
        self.process.start()
        self.received()  # it listens

    def _ask(self, *command):
        self._commands.send(command)
        return self._commands.recv()

    def received(self):
        """Bytes that were passed on to clients so far."""
        return self._ask("received", 0)

    def cut_after(self, count):
        """Breaks every connection once `count` more bytes were passed on; from then on nobody listens, until mend()."""
        self._ask("cut_after", count)

    def mend(self):
        self._ask("mend", 0)

    def stop(self):
        self.process.terminate()
        self.process.join()


def _serve(commands, how):
    relay, before = Relay(**how), 0  # `before`: what earlier relays passed on
    while True:
        if relay and relay.cuts:
            relay.stop()
            relay, before = None, before + relay.bytes_down
        if not commands.poll(0.002 if relay and relay.cut_after else 0.1):
            continue
        command, count = commands.recv()
        if command == "cut_after":
            relay.cut_after = relay.bytes_down + count
        elif command == "mend" and not relay:
            relay = Relay(**how)
        commands.send(before + (relay.bytes_down if relay else 0))
