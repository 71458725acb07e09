"""What a folder tree is, to the last attribute: for comparing what two programs made of the same layers."""

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
        with open(full, "rb") as file:
            content = f"{status.st_size} {hashlib.sha256(file.read()).hexdigest()[:16]}"
    elif kind in "bc":
        device = (os.major(status.st_rdev), os.minor(status.st_rdev))
    names = os.listxattr(full, follow_symlinks=False)
    xattrs = tuple(sorted((name, os.getxattr(full, name, follow_symlinks=False)) for name in names if not name.startswith("trusted.overlay.")))
    group = sorted(groups.get((status.st_dev, status.st_ino), []))
    return Node(kind, oct(stat.S_IMODE(status.st_mode)), (status.st_uid, status.st_gid), status.st_mtime_ns, xattrs, device, content,
                tuple(group) if len(group) > 1 else ())


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
