"""A link between a registry and who pulls: a relay process that delays (half the round trip each way) and lets so many bits a second
through towards the client, all connections together. It counts, and is cut on demand. It knows nothing of TCP: windows and slow
start are those of loopback, so a connection more does not make anybody faster."""

import asyncio
import multiprocessing

PIECE = 64 << 10
IN_FLIGHT = 64  # pieces of one connection under way: 4 MiB, well over what 200 Mbit/s put into 40 ms


class Link:
    """Listens at `port` and relays to `target_port`, both on loopback."""

    def __init__(self, port, target_port, round_trip=0.0, bits=None):
        self.address = f"127.0.0.1:{port}"
        context = multiprocessing.get_context("fork")
        self.received = context.Value("Q", 0)  # bytes passed on to clients
        self.cut_at = context.Value("Q", 0)  # 0: never
        ready = context.Event()
        self.process = context.Process(target=_serve, args=(port, target_port, round_trip / 2, bits, self.received, self.cut_at, ready), daemon=True)
        self.process.start()
        assert ready.wait(10), "the relay does not listen"

    def cut_after(self, count):
        """Cuts every connection once `count` more bytes were passed on, and refuses new ones until mend()."""
        self.cut_at.value = self.received.value + count

    def mend(self):
        self.cut_at.value = 0

    def stop(self):
        self.process.terminate()
        self.process.join()


def _serve(port, target_port, delay, bits, received, cut_at, ready):
    free_at = 0.0  # when the shared line has sent what was given to it
    connections = set()

    def is_cut():
        return 0 < cut_at.value <= received.value

    async def relay(reader, writer, counted):
        """Reads at once, writes when the line would have delivered; two tasks with a bounded queue between them."""
        queue = asyncio.Queue(IN_FLIGHT)
        loop = asyncio.get_running_loop()

        async def read():
            nonlocal free_at
            try:
                while piece := await reader.read(PIECE):
                    sent = loop.time()
                    if counted and bits:
                        free_at = sent = max(sent, free_at) + len(piece) * 8 / bits
                    await queue.put((sent + delay, piece))
            except OSError:
                pass
            await queue.put((loop.time() + delay, b""))

        reading = asyncio.create_task(read())
        try:
            while True:
                due, piece = await queue.get()
                await asyncio.sleep(max(0.0, due - loop.time()))
                if not piece or is_cut():
                    break
                writer.write(piece)
                await writer.drain()
                if counted:
                    received.value += len(piece)
                    if is_cut():
                        for one in list(connections):
                            one.transport.abort()
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            pass
        finally:
            reading.cancel()

    async def connection(client_reader, client_writer):
        connections.add(client_writer)
        try:
            if is_cut():
                client_writer.transport.abort()
                return
            await asyncio.sleep(2 * delay)  # the handshake
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", target_port, limit=PIECE)
            await asyncio.gather(relay(client_reader, server_writer, False), relay(server_reader, client_writer, True))
            server_writer.close()
        except OSError:
            pass
        finally:
            connections.discard(client_writer)
            client_writer.close()

    async def main():
        async with await asyncio.start_server(connection, "127.0.0.1", port, limit=PIECE) as server:
            ready.set()
            await server.serve_forever()

    asyncio.run(main())
