"""The program under test, as a user runs it."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("DAVIT", ROOT / "build/release/davit"))


@dataclass
class Result:
    command: str
    code: int
    stdout: str
    stderr: str

    @property
    def lines(self):
        return self.stdout.splitlines()

    @property
    def output(self):
        return self.stdout + self.stderr

    def __str__(self):
        return f"$ {self.command}\n{self.stdout}{self.stderr}[exit {self.code}]"


class Davit:
    """Calls davit with a store, a docker config folder and a home of its own."""

    def __init__(self, folder, name="store", driver=None):
        self.folder = folder
        self.driver = driver
        self.root = folder / name
        self.docker_config = folder / "docker-config"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "DOCKER_CONFIG": str(self.docker_config),
                            "LC_ALL": "C.UTF-8", "TMPDIR": str(folder)}
        if driver:
            self.environment["DAVIT_STORAGE_DRIVER"] = driver

    def another(self, name):
        """The same user with another store."""
        return Davit(self.folder, name, self.driver)

    def command(self, *arguments):
        return [str(PROGRAM), "--root", str(self.root), *map(str, arguments)]

    def __call__(self, *arguments, code=0, stdin=None, env=None, timeout=120, cwd=None, text=True):
        """Runs davit and expects the exit code; `code=None` takes any."""
        stdin = stdin.encode() if isinstance(stdin, str) else stdin
        given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        try:
            run = subprocess.run(self.command(*arguments), **given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd or self.folder,
                                 env=self.environment | (env or {}), timeout=timeout)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"$ davit {' '.join(map(str, arguments))}\nran for more than {timeout} s\n{late.stdout}\n{late.stderr}") from None
        decode = (lambda data: data.decode(errors="replace")) if text else (lambda data: data)
        result = Result("davit " + " ".join(map(str, arguments)), run.returncode, decode(run.stdout), decode(run.stderr))
        assert code is None or result.code == code, f"expected exit {code}\n{result}"
        return result

    def start(self, *arguments, env=None, **streams):
        """Starts davit and returns the process; its output goes to pipes unless told otherwise."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
        return subprocess.Popen(self.command(*arguments), cwd=self.folder, env=self.environment | (env or {}), **streams)

    def id_of(self, reference):
        """The image's full ID."""
        import json
        return json.loads(self("inspect", reference).stdout)[0]["Id"]

    def cat(self, reference, path):
        """What a file holds in a container of the image."""
        return self("run", "--rm", "--network", "none", reference, "cat", path).stdout
