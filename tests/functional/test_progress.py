"""Progress on a terminal: bars for each layer, a total, redrawn in place; plain lines elsewhere."""

import os
import re
import signal
import threading

import pytest
from testing import images
from testing.fixtures import on_docker_registry
from testing.processes import wait_until
from testing.terminal import Terminal, Tmux


def short(one):
    return one.digest.removeprefix("sha256:")[:12]


def random_layer(size, name="data"):
    return images.layer(images.file(name, os.urandom(size)), compression="none")


class Gate:
    """Serves a blob up to some byte and waits there until opened."""

    def __init__(self, fake_registry, layer, stop_at):
        self.layer, self.stop_at = layer, stop_at
        self.opened = threading.Event()
        self.reached = threading.Event()
        fake_registry.on(f"GET .*/blobs/{layer.digest}", self.serve)

    def serve(self, exchange):
        handler, blob = exchange.handler, self.layer.blob
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(blob)))
        handler.end_headers()
        handler.wfile.write(blob[:self.stop_at])
        handler.wfile.flush()
        self.reached.set()
        self.opened.wait(60)
        try:
            handler.wfile.write(blob[self.stop_at:])
        except OSError:
            handler.close_connection = True

    def open(self):
        self.opened.set()


@pytest.fixture
def gates(fake_registry):
    made = []
    yield lambda layer, stop_at: made.append(Gate(fake_registry, layer, stop_at)) or made[-1]
    for gate in made:
        gate.open()


@pytest.fixture
def on_terminal(davit):
    made = []

    def start(*arguments, columns=80, rows=24, program=davit, **more):
        made.append(Terminal(program.command(*arguments), columns, rows, env=program.environment, cwd=program.folder, **more))
        return made[-1]

    yield start
    for terminal in made:
        terminal.kill()


@pytest.fixture
def in_tmux(davit, folder):
    made = []

    def start(*arguments, columns=80, rows=24):
        terminal = Tmux(folder, columns, rows)
        made.append(terminal)
        terminal.start(davit.command(*arguments), davit.environment)
        return terminal

    yield start
    for terminal in made:
        terminal.stop()


def final_lines(reference, image):
    """What a terminal shows in the end, as docker leaves it."""
    return [f"{reference.rsplit(':', 1)[1]}: Pulling from {reference.split('/', 1)[1].rsplit(':', 1)[0]}",
            *(f"{short(layer)}: Pull complete" for layer in image.layers),
            f"Digest: {image.digest}", f"Status: Downloaded newer image for {reference}", reference]


def as_wrapped(lines, columns):
    return [line[at:at + columns] for line in lines for at in range(0, len(line), columns)]


def three_layers(fake_registry, gates):
    """An image whose first three layers stop at 1, 2 and 3 of 4 MB; the fourth waits for its turn."""
    layers = [random_layer(size) for size in (3_992_000, 3_992_001, 3_992_002, 995_000)]
    image = images.image(*layers)
    stopped = [gates(layer, (at + 1) * 1_000_000) for at, layer in enumerate(layers[:3])]
    return fake_registry.add("team/app:1", image), image, stopped


def middle_of(terminal, image, stopped):
    for gate in stopped:
        gate.reached.wait(30)
    wanted = r"Total: 0/4 layers  (5\.[89]\d*|6)MB/12\.98MB"  # what came since the last step is not told yet
    wait_until(lambda: any(re.match(wanted, line) for line in terminal.shown), what=lambda: f"the total line in {terminal.shown}", timeout=10)
    return terminal.shown


def test_bars_and_total_of_a_pull(fake_registry, gates, on_terminal):
    reference, image, stopped = three_layers(fake_registry, gates)
    terminal = on_terminal("pull", reference)

    shown = middle_of(terminal, image, stopped)

    names = [short(layer) for layer in image.layers]
    assert shown[0] == "1: Pulling from team/app"
    for at in (0, 1, 2):
        bar, numbers = re.fullmatch(rf"{names[at]}: Downloading \[(.*)\] (.*)", shown[at + 1]).groups()
        assert len(shown[at + 1]) == 80
        assert re.fullmatch("=*> *", bar) and abs(bar.count("=") / (len(bar) - 1) - (at + 1) / 4) < 0.04, bar
        assert re.fullmatch([r" +(1|9\d\d\.\d+k)", r" +(2|1\.9\d*)M", r" +(3|2\.9\d*)M"][at].replace("(1|", "(1M|") + "B/3.994MB", numbers), numbers
    assert shown[4] == f"{names[3]}: Waiting"
    assert re.fullmatch(r"Total: 0/4 layers  \S+MB/12\.98MB(  [\d.]+[kM]B/s  \d+s left)?", shown[5]), shown
    assert len(shown) == 6
    for gate in stopped:
        gate.open()
    assert terminal.wait().all == as_wrapped(final_lines(reference, image), 80)


@pytest.mark.parametrize("columns", [40, 20])
def test_narrow_terminal_gets_cut_lines(fake_registry, gates, on_terminal, columns):
    reference, image, stopped = three_layers(fake_registry, gates)
    terminal = on_terminal("pull", reference, columns=columns, rows=40)
    for gate in stopped:
        gate.reached.wait(30)
    wanted = f"{short(image.layers[2])}: Downloading "[:columns]
    wait_until(lambda: any(line.startswith(wanted) for line in terminal.shown), what=lambda: terminal.shown)
    for gate in stopped:
        gate.open()
    final = final_lines(reference, image)
    blocks = [line[:columns] if "Pull complete" in line else line for line in final]
    assert terminal.wait().all == as_wrapped(blocks, columns)


def test_more_layers_than_rows(fake_registry, gates, on_terminal):
    layers = [random_layer(100_000 + at) for at in range(30)]
    image = images.image(*layers)
    reference = fake_registry.add("team/many:1", image)
    gate = gates(layers[20], 50_000)
    terminal = on_terminal("pull", reference, rows=10)

    wait_until(lambda: any(line.startswith("Total: 29/30 layers") for line in terminal.shown), what=lambda: terminal.shown)

    shown = terminal.shown
    assert len(shown) == 9, shown
    assert sum(f"{short(layers[20])}: Downloading" in line for line in shown) == 1
    assert sum("Pull complete" in line for line in shown) == 6
    assert shown[7] == "... 23 more: 23 complete"
    gate.open()
    screen = terminal.wait()
    # Each layer is named once in the end, however few rows there are; nothing of the frames is left behind.
    assert screen.all == as_wrapped(final_lines(reference, image), 80)


def test_each_frame_is_one_write_and_few_come(fake_registry, on_terminal):
    layers = [random_layer(400_000 + at) for at in range(3)]
    reference = fake_registry.add("team/slow:1", images.image(*layers))
    for layer in layers:
        fake_registry.on(f"GET .*/blobs/{layer.digest}", lambda exchange: exchange.default(pace=(4_000, 0.01)))
    terminal = on_terminal("pull", reference)
    terminal.wait()
    frames = terminal.written.decode().count("Total: ")
    assert 3 <= frames <= 40, frames  # about a second, at ten a second, however many events there are
    for chunk in terminal.chunks:
        assert not re.search(rb"\x1b(\[[0-9;]*)?$", chunk), "a frame came in pieces"
    assert b"\x1b[?" not in terminal.written  # no other screen, no hidden cursor: nothing that must be undone


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_the_cursor_below_the_layers(fake_registry, gates, on_terminal, how):
    reference, image, stopped = three_layers(fake_registry, gates)
    terminal = on_terminal("pull", reference)
    middle_of(terminal, image, stopped)

    if how == signal.SIGINT:
        terminal.type("\x03")
    else:
        terminal.process.send_signal(how)
    screen = terminal.wait(code=128 + how)

    shown = [line.removeprefix("^C") for line in screen.all]
    assert [line.split(":")[0] for line in shown[1:5]] == [short(layer) for layer in image.layers]
    assert shown[5:] == ["davit: interrupted"]
    assert screen.row == len(shown) and screen.column == 0


def test_error_is_told_below_the_layers(fake_registry, gates, on_terminal):
    layers = [random_layer(100_000), random_layer(200_000)]
    image = images.image(*layers)
    reference = fake_registry.add("team/bad:1", image)
    fake_registry.blobs[layers[1].digest] = os.urandom(len(layers[1].blob))
    screen = on_terminal("pull", reference, columns=200).wait(code=1)
    assert screen.all[1].startswith(f"{short(layers[0])}: ")  # as far as it was when the other failed, which ended it
    assert screen.all[2].startswith(f"{short(layers[1])}: ")
    assert screen.all[3].startswith("Error response from daemon: ")
    assert not any(line.startswith("Total") for line in screen.all)


def test_dumb_terminal_and_pipes_get_plain_lines(davit, fake_registry, on_terminal):
    image = images.image(random_layer(100_000))
    reference = fake_registry.add("team/app:1", image)
    terminal = on_terminal("pull", reference, term="dumb")
    terminal.wait()
    assert b"\x1b" not in terminal.written
    piped = davit.another("piped")("pull", reference)
    assert [line.rstrip("\r") for line in terminal.written.decode().splitlines()] == piped.lines
    name = short(image.layers[0])
    assert piped.lines == ["1: Pulling from team/app", f"{name}: Pulling fs layer", f"{name}: Verifying Checksum", f"{name}: Download complete",
                           f"{name}: Pull complete", f"Digest: {image.digest}", f"Status: Downloaded newer image for {reference}", reference]


def test_quiet_draws_nothing(fake_registry, on_terminal):
    reference = fake_registry.add("team/app:1", images.image(random_layer(100_000)))
    terminal = on_terminal("pull", "-q", reference)
    terminal.wait()
    assert terminal.written.decode() == f"{reference}\r\n"


def test_several_pulls_one_below_the_other(fake_registry, on_terminal):
    first, second = images.image(random_layer(100_000)), images.image(random_layer(100_001))
    references = [fake_registry.add("team/a:1", first), fake_registry.add("team/b:1", second)]
    screen = on_terminal("pull", *references, columns=120).wait()
    assert screen.all == final_lines(references[0], first) + final_lines(references[1], second)


def test_run_draws_on_standard_error(davit, registry, on_terminal, folder):
    image = images.busybox(Cmd=["echo", "hello"])
    reference = registry.push("team/app:1", image)
    with open(folder / "out", "wb") as out:
        screen = on_terminal("run", "--rm", "--network", "none", reference, columns=150, stdout=out).wait()
    assert (folder / "out").read_text() == "hello\n"
    assert f"{short(image.layers[0])}: Pull complete" in screen.all
    assert screen.all[-1] == f"Status: Downloaded newer image for {reference}"


def test_push_draws_bars(davit, registry, on_terminal):
    image = images.image(random_layer(3_000_000), random_layer(10_000))
    source = registry.push("team/source:1", image)
    davit("pull", source)
    target = f"{registry.address}/team/target:1"
    davit("tag", source, target)
    mounted = on_terminal("push", target, columns=120).wait()
    names = [line.split(":")[0] for line in mounted.all[1:3]]
    assert [f"{name}: Mounted from team/source" for name in names] == mounted.all[1:3]
    again = on_terminal("push", target, columns=120).wait()
    assert [f"{name}: Layer already exists" for name in names] == again.all[1:3]
    assert again.all[3].startswith("1: digest: sha256:")


@on_docker_registry  # davit's has them before a bar is drawn
def test_push_shows_the_bytes_that_are_sent(davit, registry, on_terminal, other):
    image = images.image(random_layer(30_000_000))
    davit("pull", registry.push("team/source:1", image))
    registry.stop()
    davit("tag", davit("images", "-q").lines[0], f"{other.address}/team/target:1")
    terminal = on_terminal("push", f"{other.address}/team/target:1")
    screen = terminal.wait()
    assert re.search(r"[0-9a-f]{12}: Pushed", "\n".join(screen.all))
    assert re.search(r"Total: 0/1 layers  [\d.]+[kM]?B/30MB", terminal.written.decode())


def test_the_log_goes_above_the_bars(fake_registry, gates, on_terminal):
    reference, image, stopped = three_layers(fake_registry, gates)
    terminal = on_terminal("--debug", "pull", reference, columns=200, rows=60)
    middle_of(terminal, image, stopped)
    for gate in stopped:
        gate.open()
    lines = terminal.wait().all
    layers = [line for line in lines if re.match("[0-9a-f]{12}: ", line)]
    assert layers == [f"{short(layer)}: Pull complete" for layer in image.layers], "\n".join(lines)


@pytest.mark.parametrize("columns, rows", [(80, 24), (40, 10)])
def test_tmux_shows_what_was_meant(fake_registry, gates, in_tmux, columns, rows):
    reference, image, stopped = three_layers(fake_registry, gates)
    terminal = in_tmux("pull", reference, columns=columns, rows=rows)

    shown = middle_of(terminal, image, stopped)
    assert len(shown) == 6 and all(len(line) <= columns for line in shown), shown
    assert ("[" in shown[1]) == (columns >= 60)
    for gate in stopped:
        gate.open()
    wait_until(lambda: "[exit 0]" in terminal.shown, what=lambda: terminal.shown)
    assert terminal.all == [*as_wrapped(final_lines(reference, image), columns), "[exit 0]"]


def test_tmux_resized_in_mid_pull(fake_registry, gates, in_tmux):
    reference, image, stopped = three_layers(fake_registry, gates)
    terminal = in_tmux("pull", reference, columns=100, rows=24)
    middle_of(terminal, image, stopped)

    names = [short(layer) for layer in image.layers]
    for columns in (50, 30, 90):
        terminal.resize(columns, 24)
        bars = [columns > 60] * 3 + [False]
        # The screen has the block once and nothing of the old one; what tmux has wrapped out of the screen is its history.
        wait_until(lambda: [(line[:12], "[" in line) for line in terminal.shown if ": " in line and line[:5] != "Total" and line[:3] != "1: "]
                   == list(zip(names, bars)) and terminal.shown[-1].startswith("Total: "), what=lambda: terminal.shown, timeout=10)
    for gate in stopped:
        gate.open()
    wait_until(lambda: "[exit 0]" in terminal.shown, what=lambda: terminal.shown)
    final = [*as_wrapped(final_lines(reference, image), 90), "[exit 0]"][1:]
    assert terminal.shown[-len(final):] == final
