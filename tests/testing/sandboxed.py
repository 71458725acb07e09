"""Pytest hooks by which each file of tests/functional runs inside a sandbox of its own (tests/testing/sandbox).

The pytest that a developer starts (or one of its xdist workers) collects the tests; for the first test of a file it starts a
second pytest with all chosen tests of that file inside a sandbox, and then passes on the report of each test as it comes.
A test module may have a function before_sandbox(): it is called outside, before that, for what needs the network.
"""

import json
import os
import selectors
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

SANDBOX = Path(__file__).with_name("sandbox")
SANDBOXED = Path(__file__).parents[1].resolve() / "functional"
REPORTS_FD = "DAVIT_REPORTS_FD"
# No test may keep its sandbox silent for longer, in seconds.
TEST_TIMEOUT = 600 if os.environ.get("DAVIT_LONG") else 180


def inside():
    return "DAVIT_SANDBOX" in os.environ


class FileRun:
    """One file's tests, running in a sandbox."""

    def __init__(self, config, items):
        self.path = items[0].path
        self.config = config
        self.log = None if config.getoption("capture") == "no" else tempfile.TemporaryFile("w+", errors="replace")
        getattr(items[0].module, "before_sandbox", lambda: None)()
        read_fd, write_fd = os.pipe()
        command = [SANDBOX, sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", f"--rootdir={config.rootpath}",
                   f"--tb={config.getoption('tbstyle')}", *(["-s"] if self.log is None else []),
                   *(item.nodeid for item in items)]
        self.process = subprocess.Popen(command, cwd=config.rootpath, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, pass_fds=[write_fd],
                                        env=os.environ | {REPORTS_FD: str(write_fd)})
        os.close(write_fd)
        self.stream = os.fdopen(read_fd, "rb", buffering=0)
        self.buffer = b""
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.stream, selectors.EVENT_READ)

    def next_report(self):
        """The next report; nothing when the sandbox has ended or says nothing any more."""
        while b"\n" not in self.buffer:
            if not self.selector.select(TEST_TIMEOUT):
                self.process.terminate()
                self.why = f"the test said nothing for {TEST_TIMEOUT} s, so its sandbox was ended"
                return None
            piece = self.stream.read(1 << 16)
            if not piece:
                self.why = f"the sandbox ended before the test did (exit status {self.process.wait()})"
                return None
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        data = json.loads(line)
        if isinstance(data["longrepr"], list):  # the place and reason of a skip; JSON has no tuples
            data["longrepr"] = tuple(data["longrepr"])
        return self.config.hook.pytest_report_from_serializable(config=self.config, data=data)

    def reports(self, item):
        while report := self.next_report():
            assert report.nodeid == item.nodeid, f"{report.nodeid} came where {item.nodeid} was expected"
            yield report
            if report.when == "teardown":
                return
        yield pytest.TestReport(item.nodeid, item.location, {}, "failed", f"{self.why}\n{self.output()}", "call")

    def output(self):
        if self.log is None:
            return ""
        self.process.wait()
        self.log.seek(0)
        return self.log.read()[-8000:]

    def finish(self):
        self.process.wait()
        self.stream.close()


_runs = {}


def pytest_runtest_protocol(item, nextitem):
    if inside() or SANDBOXED not in item.path.parents:  # pytest calls this for the tests of every folder
        return None
    if item.path not in _runs:
        _runs[item.path] = FileRun(item.config, [i for i in item.session.items if i.path == item.path])
    run = _runs[item.path]
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in run.reports(item):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    if nextitem is None or nextitem.path != item.path:
        run.finish()
    return True


def pytest_runtest_logreport(report):
    """In the sandbox: tells the pytest outside."""
    if REPORTS_FD in os.environ and inside():
        data = _config.hook.pytest_report_to_serializable(config=_config, report=report)
        os.write(int(os.environ[REPORTS_FD]), json.dumps(data, default=str).encode() + b"\n")


_config = None


def pytest_configure(config):
    global _config
    _config = config
    if inside() and REPORTS_FD in os.environ:
        os.set_inheritable(int(os.environ[REPORTS_FD]), False)
