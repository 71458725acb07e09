"""Programs that Go's module proxy brings: each once for all clones, in ~/.cache/davit/go/NAME@VERSION.

They are for tests and benchmarks where Go is installed; davit itself needs none. Installing asks the proxy, so it happens outside of any sandbox.
"""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "davit/go"


class InstallFailed(Exception):
    """Go is there and the program could not be had; the message is what go said."""


@dataclass(frozen=True)
class GoProgram:
    """`package` at `version` of its module. With `is_test` it is the package's test program (the package must be its module's root); else its main."""
    name: str
    package: str
    version: str
    is_test: bool = False

    @property
    def path(self):
        return CACHE / f"{self.name}@{self.version}" / self.name

    def install(self):
        """Makes sure that `path` is there; several callers at once wait for one. A half-made one never has the name."""
        if self.path.exists():
            return
        CACHE.mkdir(parents=True, exist_ok=True)
        with open(CACHE / "lock", "w") as lock, tempfile.TemporaryDirectory(dir=CACHE, prefix="new-") as folder:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.path.exists():
                return
            made = Path(folder) / "bin"
            made.mkdir()
            self._build(made)
            with contextlib.suppress(FileNotFoundError):  # a folder without its program: somebody cleaned up
                shutil.rmtree(self.path.parent)
            made.rename(self.path.parent)

    def _build(self, folder):
        if self.is_test:
            source = json.loads(_go("mod", "download", "-json", f"{self.package}@{self.version}"))["Dir"]
            _go("test", "-c", "-o", folder / self.name, ".", cwd=source)
            return
        _go("install", f"{self.package}@{self.version}", GOBIN=str(folder))
        (program,) = folder.iterdir()  # go names it after the package
        program.rename(folder / self.name)


def has_go():
    return shutil.which("go") is not None


def _go(*arguments, cwd="/", **environment):
    # GOTOOLCHAIN: a newer toolchain is not to be had by go itself where only the proxy is reached.
    run = subprocess.run(["nice", "go", *arguments], cwd=cwd, env=os.environ | {"GOTOOLCHAIN": "local"} | environment, stdin=subprocess.DEVNULL,
                         capture_output=True, text=True)
    if run.returncode:
        raise InstallFailed(f"go {' '.join(map(str, arguments))}: {(run.stderr or run.stdout).strip()[-2000:]}")
    return run.stdout
