"""What a store has on the machine at this moment: mounts, control groups, namespaces, processes, files, locks. A test compares it with what was before."""

import os
import re
from pathlib import Path

from testing.processes import wait_until

# Made once by the first container and kept: the locks of layers' mounts, the choice of the runtime, the index of names.
KEPT = re.compile(r"run/(mounts/locks/.*|runtime\.(json|lock))|index\.db.*|locks/.*|.*\.lock|(containers|volumes)/lock|containers/names")


def mounts(root):
    return [f"mount {line.split()[4]}" for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(root) in line]


def cgroups():
    """The control groups of all stores' containers; one for conmon stays for the store's life."""
    found = set()
    for hierarchy in Path("/sys/fs/cgroup").iterdir():
        for parent in hierarchy.glob("davit-*"):
            found |= {f"cgroup {hierarchy.name}/{parent.name}/{group.name}" for group in parent.iterdir() if group.is_dir() and group.name != "conmon"}
    return found


def processes():
    """Every process of the sandbox that is no zombie, but ours."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            state = (Path("/proc") / name / "stat").read_text().rpartition(")")[2].split()[0]
            command = (Path("/proc") / name / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:  # it ended meanwhile
            continue
        if state != "Z" and int(name) != os.getpid():
            found[int(name)] = command
    return found


def namespaces():
    """The namespaces in which processes of the sandbox live."""
    found = set()
    for pid in [*processes(), "self"]:
        for kind in ("mnt", "net", "pid", "ipc", "uts", "cgroup"):
            try:
                found.add("namespace " + os.readlink(f"/proc/{pid}/ns/{kind}"))
            except OSError:
                continue
    return found


def files(root):
    """Files and folders of a store that come and go with containers."""
    found = set()
    for part in ("containers", "volumes", "run", "leases", "tmp"):
        for folder, folders, names in os.walk(root / part):
            folders[:] = [name for name in folders if not os.path.ismount(os.path.join(folder, name))]
            found |= {os.path.relpath(os.path.join(folder, name), root) for name in folders + names}
    return {f"file {name}" for name in found if not KEPT.fullmatch(name)}


def locks(root):
    """Locks that are held on files of a store."""
    inodes = {}
    for folder, _, names in os.walk(root):
        for name in names:
            try:
                status = os.lstat(os.path.join(folder, name))
            except OSError:
                continue
            inodes[f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"] = os.path.join(folder, name)
    held = re.findall(r"\b([0-9a-f]+:[0-9a-f]+:\d+)\b", Path("/proc/locks").read_text())
    return {f"lock {inodes[place]}" for place in held if place in inodes}


def traces(davit):
    return sorted({*mounts(davit.root), *cgroups(), *namespaces(), *files(davit.root), *locks(davit.root),
                   *(f"process {pid} {command}" for pid, command in processes().items())})


class Traces:
    """What a store had on the machine when this was made, without containers that run; check() waits until it is the same again: conmon and who cleans up end a moment later."""

    def __init__(self, davit):
        self.davit = davit
        wait_until(lambda: not any(command.split(" ")[0].endswith("conmon") for command in processes().values()), what="the end of conmon, and of its exit command")
        self.before = traces(davit)

    def check(self, timeout=20):
        def what():
            now = traces(self.davit)
            return "nothing to be left over:\n" + "\n".join(["more: " + one for one in now if one not in self.before] +
                                                           ["less: " + one for one in self.before if one not in now])
        wait_until(lambda: traces(self.davit) == self.before, what=what, timeout=timeout)
