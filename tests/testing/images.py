"""Images made from nothing: tar entries -> layers -> images, each part open to being made wrong on purpose."""

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from dataclasses import dataclass, field

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"

MTIME = 1_700_000_000


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


# --- tar entries -----------------------------------------------------------------------------------------------------

def entry(name, kind=tarfile.REGTYPE, content=b"", mode=0o644, uid=0, gid=0, mtime=MTIME, link="", xattrs=None, device=(0, 0), **pax):
    """(TarInfo, content). `mtime` may be a string of seconds with nanoseconds; xattr values are bytes."""
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.uid, info.gid, info.linkname = kind, mode, uid, gid, link
    content = content.encode() if isinstance(content, str) else content
    info.size = len(content) if kind == tarfile.REGTYPE else 0
    info.devmajor, info.devminor = device
    info.pax_headers = dict(pax)
    if isinstance(mtime, str):
        info.pax_headers["mtime"] = mtime
        mtime = int(mtime.split(".")[0])
    info.mtime = mtime
    for key, value in (xattrs or {}).items():
        info.pax_headers[f"SCHILY.xattr.{key}"] = value.decode("utf-8", "surrogateescape")
    return info, content


def file(name, content="", **more):
    return entry(name, tarfile.REGTYPE, content, **more)


def folder(name, mode=0o755, **more):
    return entry(name, tarfile.DIRTYPE, mode=mode, **more)


def symlink(name, target, **more):
    return entry(name, tarfile.SYMTYPE, link=target, mode=0o777, **more)


def hard_link(name, target, **more):
    return entry(name, tarfile.LNKTYPE, link=target, **more)


def fifo(name, **more):
    return entry(name, tarfile.FIFOTYPE, **more)


def char_device(name, major, minor, **more):
    return entry(name, tarfile.CHRTYPE, device=(major, minor), **more)


def whiteout(path):
    parent, _, name = path.rpartition("/")
    return file(f"{parent}/.wh.{name}" if parent else f".wh.{name}", mode=0)


def opaque(path):
    return file(f"{path}/.wh..wh..opq", mode=0)


def tar_of(*entries, format=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format, encoding="utf-8", errors="surrogateescape") as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def busybox_entries(*more):
    links = "sh true false cat echo sleep ls id env pwd hostname touch mkdir rm ln stat grep head wc trap kill ps mount ip seq test".split()
    with open("/bin/busybox", "rb") as program:
        content = program.read()
    return [folder("bin"), file("bin/busybox", content, mode=0o755), *(symlink(f"bin/{name}", "busybox") for name in links),
            folder("etc"), file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n"),
            file("etc/group", "root:x:0:\nstaff:x:50:alice\nalice:x:1000:\n"), folder("tmp", mode=0o1777), *more]


# --- layers ----------------------------------------------------------------------------------------------------------

@dataclass
class Layer:
    tar: bytes
    compression: str = "gzip"  # "gzip", "gzip-members", "zstd", "none"
    oci: bool = False
    blob: bytes = b""

    def __post_init__(self):
        if not self.blob:
            self.blob = compress(self.tar, self.compression)

    @property
    def diff_id(self):
        return digest(self.tar)

    @property
    def digest(self):
        return digest(self.blob)

    @property
    def media_type(self):
        suffix = {"gzip": "gzip", "gzip-members": "gzip", "zstd": "zstd", "none": ""}[self.compression]
        if self.oci or self.compression == "zstd":
            return OCI_LAYER + (f"+{suffix}" if suffix else "")
        return DOCKER_LAYER if suffix else DOCKER_LAYER.removesuffix(".gzip")

    def descriptor(self):
        return {"mediaType": self.media_type, "size": len(self.blob), "digest": self.digest}


def compress(data, how):
    if how == "none":
        return data
    if how == "gzip":
        return gzip.compress(data, 6, mtime=0)
    if how == "gzip-members":
        size = 100_000
        return b"".join(gzip.compress(data[at:at + size], 6, mtime=0) for at in range(0, len(data), size))
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def layer(*entries, **how):
    return Layer(tar_of(*entries), **how)


# --- images ----------------------------------------------------------------------------------------------------------

@dataclass
class Image:
    """A manifest with its config and layers, ready to be served. `manifest` holds the bytes; change them for bad input."""
    layers: list
    config: bytes
    manifest: bytes
    media_type: str
    extra_blobs: list = field(default_factory=list)

    @property
    def id(self):
        return digest(self.config)

    @property
    def digest(self):
        return digest(self.manifest)

    def blobs(self):
        return [self.config, *(one.blob for one in self.layers), *self.extra_blobs]

    def descriptor(self, **platform):
        return {"mediaType": self.media_type, "size": len(self.manifest), "digest": self.digest,
                **({"platform": platform} if platform else {})}


def image(*layers, oci=False, config=None, architecture="amd64", os="linux", variant=None, created="2024-01-02T03:04:05Z", **manifest_extra):
    """An image of the layers, bottom first. `config` is the "config" object of the image config (Cmd, Env, …)."""
    body = {"architecture": architecture, "os": os, "created": created,
            "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["sh"]} | (config or {}),
            "rootfs": {"type": "layers", "diff_ids": [one.diff_id for one in layers]},
            "history": [{"created": created, "created_by": f"layer {number}"} for number, _ in enumerate(layers, 1)]}
    if variant:
        body["variant"] = variant
    config_bytes = json.dumps(body).encode()
    media_type = OCI_MANIFEST if oci else DOCKER_MANIFEST
    manifest = {"schemaVersion": 2, "mediaType": media_type,
                "config": {"mediaType": OCI_CONFIG if oci else DOCKER_CONFIG, "size": len(config_bytes), "digest": digest(config_bytes)},
                "layers": [one.descriptor() for one in layers], **manifest_extra}
    return Image(list(layers), config_bytes, json.dumps(manifest, indent=1).encode(), media_type)


def busybox(*more, text=None, oci=False, **config):
    """Busybox; with `text`, a second layer that holds it as /etc/text, and `cat /etc/text` is the command."""
    layers = [layer(*busybox_entries(*more), oci=oci)]
    if text is not None:
        layers.append(layer(file("etc/text", text), oci=oci))
        config = {"Cmd": ["cat", "/etc/text"]} | config
    return image(*layers, oci=oci, config=config)


def index(*descriptors, oci=False):
    """The bytes of an index over image.descriptor(architecture=…, os=…) values, and its media type."""
    media_type = OCI_INDEX if oci else DOCKER_LIST
    return json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": list(descriptors)}).encode(), media_type
