"""Mixed load with faults against davit's registry (testing/registry_load.py): it is killed again and again, clients vanish, and nothing that was told is lost."""

import os
import random
import re
import signal

import pytest
from testing.davit_registry import DavitRegistry
from testing.processes import free_port, wait_until
from testing.registry_load import Load, Reader, Writer

SEED = os.environ.get("DAVIT_LOAD_SEED") or str(random.SystemRandom().randrange(1 << 32))
WORKERS = 8
MOST_MEMORY = 64 * 1024  # KiB resident, at any time


class Watched(DavitRegistry):
    """With what it takes of the machine."""

    peaks = ()

    def memory(self):
        """The most that was resident since its process began, in KiB."""
        status = open(f"/proc/{self.process.pid}/status").read()
        return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.M)[1])

    def descriptors(self):
        """(what is open beside the database, how many are of the database: its connections are kept, one for each worker at most)."""
        places = [os.readlink(entry.path) for entry in os.scandir(f"/proc/{self.process.pid}/fd")]
        database = [place for place in places if "/registry.db" in place]
        return sorted(place.split("[")[0] if place.startswith("socket") else place for place in places if place not in database), len(database)

    def ended(self, how):
        """Ends it: by SIGKILL in mid-work, or by SIGTERM as a service is stopped."""
        assert self.process.poll() is None, f"it ended by itself: {self.process.returncode}\n{self.log.read_text()[-3000:]}"
        self.peaks += (self.memory(),)
        self.process.send_signal(how)
        assert self.process.wait(60) == (0 if how == signal.SIGTERM else -signal.SIGKILL)


@pytest.mark.parametrize("seconds, life, writers, pause", [(4, 0.8, 3, 0), pytest.param(float(os.environ.get("DAVIT_LOAD_SECONDS", 300)), 20, 8, 0.03, marks=pytest.mark.long)],
                         ids=["short", "long"])
def test_nothing_that_was_told_is_lost(folder, seconds, life, writers, pause):
    print(f"DAVIT_LOAD_SEED={SEED}")
    rng = random.Random(SEED)
    # A port below those that the kernel gives to clients: none of them may have it while the server is away.
    with Watched(folder / "loaded", port=free_port(), access_log="off", config=f"[limits]\nworkers = {WORKERS}\n") as server:
        idle, _ = server.descriptors()
        load = Load(server.address, SEED, pause)
        clients = [Writer(load, number) for number in range(writers)]
        readers = [Reader(load, number) for number in range(writers // 2)]

        def faults():
            load.ended.wait(life * rng.uniform(0.75, 1.25))
            server.ended(signal.SIGTERM if rng.random() < 0.2 else signal.SIGKILL)
            server.start()

        load.run([*clients, *readers], faults, seconds)
        # The last one works for a while, too, before it is looked at.
        load.ended.clear()
        load.run([*clients, *readers], lambda: load.ended.wait(life / 2), life / 2)

        wait_until(lambda: server.descriptors()[0] == idle, what=lambda: f"descriptors to be closed: {server.descriptors()}, idle {idle}")
        assert server.descriptors()[1] <= 2 * (WORKERS + 2) + 1, "two of each connection, and one of what they share"
        server.ended(signal.SIGTERM)
        assert max(server.peaks) <= MOST_MEMORY, f"{server.peaks} KiB resident"
        server("fsck")
        server.start()
        things = sum(client.see_all() for client in clients)
        answers = {}
        for client in [*clients, *readers]:
            for key, count in client.caller.statuses.items():
                answers[key] = answers.get(key, 0) + count
        print(f"{len(server.peaks)} lives, peaks {server.peaks} KiB, {things} things looked at in the end, {sum(answers.values())} answers: "
              + ", ".join(f"{method} {status}: {count}" for (method, status), count in sorted(answers.items())))
        assert things > 20 and answers["PUT", 201] > 20 and answers["GET", 200] > 20
