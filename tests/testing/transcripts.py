"""Docker's recorded words (tests/transcripts) as golden files: a test plays a recording's commands with davit and compares."""

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from testing import images

FOLDER = Path(__file__).resolve().parents[1] / "transcripts"


@dataclass
class Block:
    line: int  # in its file
    command: str  # "images -q", without "docker"; "+ ls x": a shell's
    stdin: str
    output: str
    code: int


def blocks(name, section=None):
    """The blocks of a recording, in order; of a section (`## NAME`) alone, with its shell's commands (`+ COMMAND`) among them."""
    found, block, here = [], None, section is None
    for number, line in enumerate((FOLDER / name).read_text().splitlines(keepends=True), 1):
        if line.startswith("## ") and section is not None:
            here = line.removeprefix("## ").strip() == section
        if not here:
            continue
        if line.startswith("$ docker"):
            command, _, stdin = line.removeprefix("$ docker").strip().partition(" <<< ")
            block = Block(number, command, stdin and stdin.strip("'\n") + "\n", "", 0)
        elif line.startswith("+ ") and section is not None and block is None:
            found.append(Block(number, line.rstrip("\n"), "", "", 0))
        elif section is not None and block is None and found and found[-1].command.startswith("+ "):
            found[-1].output += line if line.strip() else ""
        elif block and (end := re.fullmatch(r"(.*?)\[exit (\d+)\]\n?", line)):
            block.output += end[1]
            block.code = int(end[2])
            found.append(block)
            block = None
        elif block:
            block.output += line
    return found


class Names:
    """Digests, short IDs, times and sizes made comparable: what is the same on one side must be the same on the other."""

    def __init__(self, address):
        self.address = address
        self.numbers = {}

    def number(self, hex_digits):
        return self.numbers.setdefault(hex_digits[:12], len(self.numbers) + 1)

    def plain(self, text):
        text = text.replace(self.address, "REGISTRY")
        text = re.sub(r"\b(docker|davit)\b", "PROGRAM", text)
        text = re.sub(r"\b[0-9a-f]{64}\b|\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{12}\b", lambda match: f"ID{self.number(match[0])}", text)
        text = re.sub(r"(Less than a second|About an? \w+|\d+ (second|minute|hour|day|week|month|year)s?) ago", "SOME TIME ago", text)
        text = re.sub(r"\b\d+(\.\d+)?[kMG]?B\b", "SIZE", text)
        text = re.sub(r"(size:) \d+", r"\1 N", text)
        text = re.sub(r"(path /\S+ is mounted on) /\S*", r"\1 MOUNT", text)
        text = re.sub(r"\((100|99|0)%\)", "(N%)", text)
        # Columns are as wide as what is in them.
        return [re.sub(r" {2,}", "  ", line).rstrip() for line in text.splitlines()]


class Play:
    """One recording, played in order: step() runs a block's command with davit and compares what both say."""

    def __init__(self, davit, recording, docker_address="127.0.0.1:5001", address=None):
        self.davit = davit
        self.recording = recording
        self.address = address or docker_address
        self.docker_address = docker_address
        self.left = blocks(recording)
        self.docker, self.ours = Names(docker_address), Names(self.address)

    def step(self, command, *, arguments=None, stdin=None, code=None, differs=None, unordered=False):
        """`command`: the block's, as recorded. `arguments`: other words for davit (an ID of ours). `differs`: what of docker's lines is not so
        on purpose: a function of their list; the reason stands beside it. `unordered`: lines in any order, whichever ID each has."""
        while self.left and self.left[0].command != command:
            self.left.pop(0)
        assert self.left, f"{self.recording} has no block '{command}' from here on"
        block = self.left.pop(0)
        words = shlex.split(command.replace(self.docker_address, self.address)) if arguments is None else arguments
        given = block.stdin if stdin is None else stdin
        run = subprocess.run(self.davit.command(*words), input=given.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                             cwd=self.davit.folder, env=self.davit.environment)
        where = f"{self.recording}:{block.line}: docker {command}"
        said = run.stdout.decode(errors="replace")
        recorded = [line for line in re.sub(r"^\[stderr\] ", "", block.output, flags=re.M).splitlines()]
        known = dict(self.docker.numbers), dict(self.ours.numbers)
        expected = self.docker.plain("\n".join(differs(recorded) if differs else recorded))
        found = self.ours.plain(said)
        if unordered:  # then which ID is which is not known by their order
            self.docker.numbers, self.ours.numbers = known
            expected, found = (sorted(re.sub(r"ID\d+", "ID", line) for line in side) for side in (expected, found))
        assert found == expected, f"{where}\n--- docker\n{block.output}--- davit\n{said}"
        assert run.returncode == (block.code if code is None else code), f"{where}: exit {run.returncode}\n{said}"
        return said


def container_images():
    """The images of docker-transcripts-5.txt, by name."""
    return {
        "box:1": images.busybox(),
        "data:1": images.busybox(images.folder("data"), images.file("data/file", "of the image\n"), Volumes={"/data": {}}, Labels={"stage": "test"}),
        "app:1": images.busybox(images.folder("work"), Entrypoint=["cat"], Cmd=["/etc/passwd"], WorkingDir="/work", User="alice", StopSignal="SIGINT",
                                ExposedPorts={"8080/tcp": {}}),
    }


class ContainerNames(Names):
    """What else differs from run to run where containers live: times, PIDs, use of memory, the folders of both engines."""

    def __init__(self, places):
        super().__init__("127.0.0.1:5000")
        self.places = places  # [(path, word)], the longest first

    def plain(self, text):
        for path, word in self.places:
            text = text.replace(path, word)
        text = re.sub(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000 UTC|[+-]\d\d:\d\d)", "TIME", text)
        text = re.sub(r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d\b", "DATE", text)
        text = re.sub(r"\bUp (Less than a second|About an? \w+|\d+ (second|minute|hour)s?)", "Up SOME TIME", text)
        text = re.sub(r"\b[0-9a-f]{14}…", "ID…", text)
        text = re.sub(r"/davit-[0-9a-f]{12}/", "/STORE/", text)
        text = re.sub(r"\b\d+(\.\d+)?[kKMG]iB\b", "SIZE", text)
        text = re.sub(r"\b\d+\.\d\d%", "N%", text)
        text = re.sub(r"^\d+: eth", "N: eth", text, flags=re.M)
        text = re.sub(r"\b172\.(1[7-9]|2\d|3[01])\.(0\.\d+|255\.255)\b", r"172.N.\2", text)  # a subnet of the engine's choice
        text = re.sub(r"\bon endpoint [a-z]+_[a-z]+ ", "on endpoint SOME_NAME ", text)
        text = re.sub(r"/proc/\d+/ns", "/proc/PID/ns", text)
        text = re.sub(r"\b(docker0|dv-[0-9a-f]{12})\b", "BRIDGE", text)
        return super().plain(text)


class ContainerPlay:
    """A section of a recording, played from its beginning to its end; what differs is told all at once."""

    def __init__(self, davit, section, recording="docker-transcripts-5.txt"):
        self.davit = davit
        self.recording = recording
        self.blocks = blocks(recording, section)
        assert self.blocks, f"{recording} has no section {section}"
        self.cwd = davit.folder / "cwd"
        self.cwd.mkdir()
        self.config = davit.folder / "davit.toml"
        self.config.write_text('runtime = "runc"\n')  # whose words the recording has
        self.docker = ContainerNames([("/home/alice/docker/data", "ROOT"), ("/home/alice/cwd", "CWD")])
        self.ours = ContainerNames([(str(davit.root), "ROOT"), (str(self.cwd), "CWD")])

    def run(self, block, command):
        command = ["sh", "-c", command[2:]] if command.startswith("+ ") else self.davit.command("--config", self.config, *shlex.split(command))
        given = {"input": block.stdin.encode()} if block.stdin else {"stdin": subprocess.DEVNULL}
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, cwd=self.cwd, env=self.davit.environment, **given)
        return run.stdout.decode(errors="replace"), run.returncode

    def differences(self, on_purpose, unordered, numbers):
        """What davit says otherwise, block by block. `on_purpose`: {command, or "command @line" of the recording: (why, what docker's lines become, exit code or None)}; `unordered`:
        commands whose lines come in any order; `numbers`: those whose numbers differ from run to run."""
        wrong = []
        for block in self.blocks:
            try:
                said, code = self.run(block, block.command)
            except subprocess.TimeoutExpired:
                wrong.append(f"{block.line}: {block.command}: did not end")
                continue
            recorded, wanted_code = block.output.splitlines(), block.code
            if change := on_purpose.get(f"{block.command} @{block.line}") or on_purpose.get(block.command):
                _, lines, other = change
                recorded = lines(recorded)
                wanted_code = wanted_code if other is None else other
            if block.command.startswith("+ "):
                code = 0
            expected, found = self.docker.plain("\n".join(recorded).rstrip()), self.ours.plain(said.rstrip())
            if block.command in unordered:
                expected, found = sorted(expected), sorted(found)
            if block.command in numbers:
                expected, found = ([re.sub(r"\d+", "N", line) for line in side] for side in (expected, found))
            if wrong:  # after a difference an ID may have another number
                expected, found = ([re.sub(r"ID\d+", "ID", line) for line in side] for side in (expected, found))
            if (expected, wanted_code) != (found, code):
                wrong.append(f"{self.recording}:{block.line}: docker {block.command}\n--- docker [exit {block.code}]\n{block.output}--- davit [exit {code}]\n{said}")
        return wrong


# --- help: davit's words are its own, its flags docker's -------------------------------------------------------------

def _flags(help_text):
    """{--flag: (letter, kind of value)} of a help page."""
    return {name: (letter, kind) for letter, name, kind in re.findall(r"^  (?:-(\w), |    )--([\w-]+)(?: (\S+))?(?:  |$)", help_text, re.M)}


def _subcommands(help_text):
    return set(re.findall(r"^  (\w+) +\S", help_text.partition("Commands:\n")[2], re.M))


def compare_help(davit, block):
    """A recorded `COMMAND --help` and davit's: the usage line, the flags by name, letter and kind of value, the subcommands."""
    said = davit(*block.command.split(), code=block.code).output
    missing = {flag: shape for flag, shape in _flags(block.output).items() if flag != "help" and _flags(said).get(flag) != shape}
    assert not missing, {flag: (shape, _flags(said).get(flag)) for flag, shape in missing.items()}
    assert _subcommands(block.output) <= _subcommands(said)
    usage = "Usage:" + block.output.partition("Usage:")[2].splitlines()[0].replace("docker", "davit")
    assert usage in said.splitlines(), said
