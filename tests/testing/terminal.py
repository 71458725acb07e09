"""A terminal: a program on a pseudo-terminal, and what its user sees on the screen."""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading


class Screen:
    """Interprets what a program writes, as far as davit's progress needs: text with wrapping, CR, LF, and CSI A B C D G H J K m.
    Anything else fails, so that nothing unknown reaches a user's terminal unnoticed."""

    TOKEN = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|([\r\n\b])|([^\x00-\x1f\x7f])|(.)", re.S)

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.history = []  # lines that have scrolled out at the top
        self.lines = [""] * rows
        self.row = self.column = 0
        self.rest = ""

    def feed(self, text):
        text = self.rest + text
        tail = re.search(r"\x1b(\[[?0-9;]*)?$", text)
        self.rest = tail[0] if tail else ""
        for arguments, command, control, letter, unknown in self.TOKEN.findall(text[:len(text) - len(self.rest)]):
            if command:
                self.command(command, arguments)
            elif control:
                self.control(control)
            elif letter:
                self.letter(letter)
            else:
                raise AssertionError(f"unknown control {unknown!r}")

    def letter(self, letter):
        if self.column == self.columns:  # the cursor waited at the end of a full row
            self.column = 0
            self.line_feed()
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[:self.column] + letter + line[self.column + 1:]
        self.column += 1

    def line_feed(self):
        if self.row + 1 < self.rows:
            self.row += 1
        else:
            self.history.append(self.lines.pop(0))
            self.lines.append("")

    def control(self, control):
        if control == "\r":
            self.column = 0
        elif control == "\n":
            self.line_feed()
        else:
            self.column = max(0, min(self.column, self.columns - 1) - 1)

    def command(self, command, arguments):
        assert not arguments.startswith("?"), f"private mode {arguments}{command}"
        first = int(arguments.split(";")[0] or 0)
        if command == "A":
            self.row = max(0, self.row - max(1, first))
        elif command == "B":
            self.row = min(self.rows - 1, self.row + max(1, first))
        elif command == "K":
            assert first == 0
            self.lines[self.row] = self.lines[self.row][:min(self.column, self.columns - 1)]
        elif command == "H":
            assert not arguments
            self.row = self.column = 0
        elif command == "J":
            assert first == 0
            self.lines[self.row] = self.lines[self.row][:min(self.column, self.columns - 1)]
            for row in range(self.row + 1, self.rows):
                self.lines[row] = ""
        elif command == "m":
            pass
        else:
            raise AssertionError(f"unknown command CSI {arguments}{command}")

    @property
    def shown(self):
        """The rows of the screen without empty ones at its end."""
        lines = [line.rstrip() for line in self.lines]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def all(self):
        return [line.rstrip() for line in self.history] + self.shown


class Terminal:
    """A program whose streams are a pseudo-terminal (those of `streams`; standard input always)."""

    def __init__(self, command, columns=80, rows=24, env=None, cwd=None, term="xterm", **streams):
        self.columns, self.rows = columns, rows
        self.screen = Screen(columns, rows)
        self.written = b""
        self.chunks = []  # what each read gave
        self.lock = threading.Lock()
        self.master, slave = os.openpty()
        self.resize(columns, rows)
        streams = {"stdin": slave, "stdout": slave, "stderr": slave} | streams

        def begin():
            fcntl.ioctl(streams["stdin"], termios.TIOCSCTTY, 0)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)  # who runs the tests may ignore it (nohup), and what is ignored is inherited
        self.process = subprocess.Popen(command, cwd=cwd, env=env | {"TERM": term}, start_new_session=True, preexec_fn=begin, **streams)
        os.close(slave)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self):
        while True:
            select.select([self.master], [], [])
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:  # the other side is closed
                return
            if not data:
                return
            with self.lock:
                self.written += data
                self.chunks.append(data)
                self.screen.feed(data.decode(errors="replace"))

    @property
    def shown(self):
        with self.lock:
            return self.screen.shown

    def type(self, text):
        os.write(self.master, text.encode())

    def wait(self, code=0, timeout=60):
        """Waits for the program's end; returns the screen."""
        self.process.wait(timeout)
        self.reader.join(timeout)
        os.close(self.master)
        assert code is None or self.process.returncode == code, "\n".join(self.screen.all)
        return self.screen

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def tmux(folder, columns, rows):
    return Tmux(folder, columns, rows)


class Tmux:
    """A real terminal emulator, with a server of its own."""

    def __init__(self, folder, columns, rows):
        self.socket = folder / "tmux"
        self.columns, self.rows = columns, rows

    def __call__(self, *arguments):
        run = subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", *map(str, arguments)], capture_output=True, text=True)
        assert run.returncode == 0, f"tmux {arguments}: {run.stderr}"
        return run.stdout

    def start(self, command, env):
        """Runs a command in a window; it stays when the command ends."""
        settings = [part for name, value in env.items() for part in ("-e", f"{name}={value}")]
        self("new-session", "-d", "-x", self.columns, "-y", self.rows, *settings, "sh", "-c", '"$@"; echo "[exit $?]"; sleep 1000', "sh", *command)

    def resize(self, columns, rows):
        self("resize-window", "-x", columns, "-y", rows)

    @property
    def shown(self):
        lines = self("capture-pane", "-p").splitlines()
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def all(self):
        """With what has scrolled out at the top."""
        lines = self("capture-pane", "-p", "-S", "-").splitlines()
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def stop(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True)
