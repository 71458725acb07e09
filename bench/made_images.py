"""Images of any size, made quickly: layers of pieces, each compressed once and repeated. What a layer holds compresses to about a
third, as programs do, and a gzip layer is one stream (one member, blocks that refer to nothing before their piece), as docker's are."""

import hashlib
import io
import json
import multiprocessing
import random
import subprocess
import tarfile
import zlib
from dataclasses import dataclass

from testing.images import MTIME, OCI_CONFIG, OCI_LAYER, OCI_MANIFEST

CHUNK = 4 << 20


def words(seed, size=CHUNK):
    """Bytes that compress to about a third."""
    source = random.Random(seed)
    known = [source.randbytes(source.randrange(4, 12)) for _ in range(2048)]
    return b"".join(source.choices(known, k=size // 6))[:size]


class Piece:
    """Bytes whose deflate is made once."""

    def __init__(self, raw, last=False):
        self.raw = raw
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        self.packed = packer.compress(raw) + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def header(name, size):
    info = tarfile.TarInfo(name)
    info.size, info.mtime = size, MTIME
    return info.tobuf(tarfile.GNU_FORMAT)


def small_files(folder, first, count, content):
    out = io.BytesIO()
    for number in range(first, first + count):
        text = b"%d %s" % (number, content)
        out.write(header(f"{folder}/{number:06}", len(text)) + text + bytes(-len(text) % 512))
    return out.getvalue()


@dataclass
class LayerPlan:
    """A layer: many small files, and one large file of so many chunks."""
    name: str
    chunks: int = 0
    files: int = 0
    zstd: tuple = ()  # options of zstd(1) in place of gzip

    def pieces(self):
        chunk = Piece(words(7)) if self.chunks else None
        for first in range(0, self.files, 1000):
            yield Piece(small_files(self.name, first, min(1000, self.files - first), self.name.encode() * 8))
        if self.chunks:
            yield Piece(header(f"{self.name}.bin", self.chunks * CHUNK))
            for _ in range(self.chunks):
                yield chunk
        yield Piece(bytes(1024), last=True)

    def write(self, path):
        """Writes the blob; returns (diff ID, media type)."""
        diff_id = hashlib.sha256()
        if self.zstd:
            with open(path, "wb") as out:
                packer = subprocess.Popen(["zstd", "-q", "-c", *self.zstd], stdin=subprocess.PIPE, stdout=out)
                for piece in self.pieces():
                    diff_id.update(piece.raw)
                    packer.stdin.write(piece.raw)
                packer.stdin.close()
                assert packer.wait() == 0
            return "sha256:" + diff_id.hexdigest(), OCI_LAYER + "+zstd"
        check = size = 0
        with open(path, "wb") as out:
            out.write(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")
            for piece in self.pieces():
                out.write(piece.packed)
                diff_id.update(piece.raw)
                check, size = zlib.crc32(piece.raw, check), size + len(piece.raw)
            out.write(check.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little"))
        return "sha256:" + diff_id.hexdigest(), OCI_LAYER + "+gzip"


def sha256(path):
    state = hashlib.sha256()
    with open(path, "rb") as file:
        while part := file.read(1 << 20):
            state.update(part)
    return "sha256:" + state.hexdigest()


def _make(folder, plans):
    folder.mkdir(parents=True)
    layers, diff_ids = [], []
    for number, plan in enumerate(plans):
        path = folder / f"layer-{number}.tar.gz"  # also where it is zstd: reference_image.push_folder looks for that name
        diff_id, media_type = plan.write(path)
        diff_ids.append(diff_id)
        layers.append({"mediaType": media_type, "size": path.stat().st_size, "digest": sha256(path)})
    config = json.dumps({"architecture": "amd64", "os": "linux", "created": "2024-01-02T03:04:05Z", "config": {"Cmd": ["/bin/true"]},
                         "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode()
    (folder / "config.json").write_bytes(config)
    (folder / "manifest.json").write_text(json.dumps({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "layers": layers,
        "config": {"mediaType": OCI_CONFIG, "size": len(config), "digest": "sha256:" + hashlib.sha256(config).hexdigest()}}))


def make(folder, plans):
    """Makes an image of layers in a folder, as reference_image.folder() is one; in a process of its own, so that the memory that it
    takes is not that of who measures."""
    maker = multiprocessing.get_context("fork").Process(target=_make, args=(folder, plans))
    maker.start()
    maker.join()
    assert maker.exitcode == 0, f"making {folder.name} ended with {maker.exitcode}"
    return folder
