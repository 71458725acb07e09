"""davit killed at one of its file-changing calls."""

import os


def points(davit, folder, arguments):
    """The file-changing calls of a command at which a test kills it: each with --long, else a dozen."""
    counter = folder / "calls"
    counter.unlink(missing_ok=True)
    davit(*arguments, env={"DAVIT_FAULT": f"count:{counter}"}, code=None)
    count = int(counter.read_text().split()[0])
    assert count > 1
    return range(1, count + 1, 1 if os.environ.get("DAVIT_LONG") else max(1, count // 12))


def killed(davit, arguments, point):
    davit(*arguments, env={"DAVIT_FAULT": f"{point}:kill"}, code=None)
