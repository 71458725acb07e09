"""What a folder tree is, to the last attribute: for comparing what two programs made of the same layers."""

import errno
import hashlib
import os
import stat
from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    kind: str
    mode: str
    owner: tuple
    mtime: int  # nanoseconds
    xattrs: tuple
    device: tuple
    content: str  # digest of a file's, target of a link
    links: tuple  # the names of the same file, this one included; of one name nothing


def read_tree(root):
    """{path: Node} of everything below a folder (its own node is "."), on one file system, links not followed."""
    paths = {".": os.lstat(root)}
    device = paths["."].st_dev
    for folder, names, files in os.walk(root):
        relative = os.path.relpath(folder, root)
        for name in [*names, *files]:
            paths[os.path.normpath(os.path.join(relative, name))] = os.lstat(os.path.join(folder, name))
        names[:] = [name for name in names if paths[os.path.normpath(os.path.join(relative, name))].st_dev == device]
    groups = {}
    for path, status in paths.items():
        if not stat.S_ISDIR(status.st_mode):
            groups.setdefault((status.st_dev, status.st_ino), []).append(path)
    return {path: _node(root, path, status, groups) for path, status in sorted(paths.items())}


def _node(root, path, status, groups):
    full = os.path.join(root, path)
    kind = stat.filemode(status.st_mode)[0]
    content, device = "", (0, 0)
    if kind == "l":
        content = os.readlink(full)
    elif kind == "-":
        content = f"{status.st_size} {_digest(full, status.st_size)}"
    elif kind in "bc":
        device = (os.major(status.st_rdev), os.minor(status.st_rdev))
    names = os.listxattr(full, follow_symlinks=False)
    xattrs = tuple(sorted((name, os.getxattr(full, name, follow_symlinks=False)) for name in names if not name.startswith("trusted.overlay.")))
    group = sorted(groups.get((status.st_dev, status.st_ino), []))
    return Node(kind, oct(stat.S_IMODE(status.st_mode)), (status.st_uid, status.st_gid), status.st_mtime_ns, xattrs, device, content,
                tuple(group) if len(group) > 1 else ())


LARGE = 64 << 20


def _digest(path, size):
    """A digest of a file's bytes; of a large one that of its pieces that are not all zeros, whatever of it are holes."""
    digest, zeros = hashlib.sha256(), bytes(1 << 16)
    with open(path, "rb", buffering=0) as file:
        if size <= LARGE:
            return hashlib.sha256(file.read()).hexdigest()[:16]
        at = 0
        while at < size:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError as error:
                assert error.errno == errno.ENXIO, error
                break
            end = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            for at in range(at // len(zeros) * len(zeros), end, len(zeros)):
                piece = os.pread(file.fileno(), len(zeros), at)
                if piece != zeros[:len(piece)]:
                    digest.update(str(at).encode() + b" " + piece)
            at = max(at + len(zeros), end)
    return "pieces:" + digest.hexdigest()[:16]


def differences(ours, theirs, ignore=()):
    """Lines that tell in what two trees differ; empty when they do not."""
    lines = []
    for path in sorted(set(ours) | set(theirs)):
        if path in ignore:
            continue
        if path not in ours or path not in theirs:
            lines.append(f"{path}: only in {'theirs' if path not in ours else 'ours'}")
            continue
        for field in Node.__dataclass_fields__:
            a, b = getattr(ours[path], field), getattr(theirs[path], field)
            if a != b:
                lines.append(f"{path}: {field}: ours {a}, theirs {b}")
    return lines
