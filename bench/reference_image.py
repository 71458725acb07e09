"""The reference image: five gzip layers of some 1 GB in 20,000 files or more, made of Debian packages. Kept in a cache
folder; made once. `folder()` holds layer-N.tar.gz, config.json and manifest.json; tars are beside them."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("DAVIT_BENCH_CACHE", Path.home() / ".cache/davit-bench"))
# Beside Debian's minimal root, a layer each: a compiler, headers in many small files, a source tree, a large toolchain.
LAYERS = [
    ["gcc-12", "g++-12", "cpp-12", "libgcc-12-dev", "libstdc++-12-dev", "binutils-x86-64-linux-gnu", "golang-1.19-go"],
    ["linux-headers-6.1.0-*-common"],
    ["golang-1.19-src", "perl-modules-5.36"],
    ["libllvm14", "clang-14", "llvm-14", "libclang-cpp14"],
]


def folder():
    return CACHE / "reference"


def run(*command, **how):
    return subprocess.run([str(part) for part in command], check=True, **how)


def package_layer(names, target, work):
    found = []
    for name in names:
        if "*" in name:
            listed = subprocess.run(["apt-cache", "pkgnames", name.split("*")[0]], capture_output=True, text=True, check=True).stdout.split()
            name = sorted(one for one in listed if one.endswith(name.split("*")[1]) and "rt" not in one)[-1]
        found.append(name)
    run("apt-get", "download", "-q", *found, cwd=work, stdout=subprocess.DEVNULL)
    root = work / "root"
    for deb in sorted(work.glob("*.deb")):
        run("dpkg-deb", "-x", deb, root)
    run("tar", "-C", root, "--sort=name", "--numeric-owner", "-cf", target, ".")


def build():
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
        made = Path(temporary) / "reference"
        made.mkdir()
        print("bench: making the reference image (once)", flush=True)
        base = Path(temporary) / "base"
        run("debootstrap", "--variant=minbase", "bookworm", base, stdout=subprocess.DEVNULL)
        run("tar", "-C", base, "--sort=name", "--numeric-owner", "--exclude=./var/cache/apt/archives/*.deb", "-cf", made / "layer-0.tar", ".")
        for number, names in enumerate(LAYERS, 1):
            work = Path(temporary) / f"work-{number}"
            work.mkdir()
            run("chmod", "777", work)
            package_layer(names, made / f"layer-{number}.tar", work)
        describe(made)
        made.rename(folder())


def sha256(path):
    with open(path, "rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else digest_by_parts(file)


def digest_by_parts(file):
    state = hashlib.sha256()
    while part := file.read(1 << 20):
        state.update(part)
    return "sha256:" + state.hexdigest()


def describe(made):
    layers, diff_ids = [], []
    for tar in sorted(made.glob("layer-*.tar")):
        run("gzip", "-6", "-n", "-k", tar)
        packed = tar.with_suffix(".tar.gz")
        diff_ids.append(sha256(tar))
        layers.append({"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": packed.stat().st_size, "digest": sha256(packed)})
        tar.unlink()
    config = json.dumps({"architecture": "amd64", "os": "linux", "created": "2024-01-02T03:04:05Z", "config": {"Cmd": ["/bin/true"]},
                         "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode()
    (made / "config.json").write_bytes(config)
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config),
                           "digest": "sha256:" + hashlib.sha256(config).hexdigest()}, "layers": layers}
    (made / "manifest.json").write_text(json.dumps(manifest))


def push(registry, name):
    return push_folder(registry, name, folder())


def push_folder(registry, name, made):
    """Puts the image of a folder such as folder() into a registry (tests/testing), streaming; returns the reference. What the
    registry has already is not sent again."""
    repository, tag = name.rsplit(":", 1)
    manifest = json.loads((made / "manifest.json").read_text())
    files = [made / f"layer-{number}.tar.gz" for number in range(len(manifest["layers"]))]
    for descriptor, path in zip(manifest["layers"] + [manifest["config"]], files + [made / "config.json"]):
        if registry.has_blob(repository, descriptor["digest"]):
            continue
        headers, _ = registry.expect(202, "POST", f"/v2/{repository}/blobs/uploads/")
        with open(path, "rb") as body:
            registry.expect(201, "PUT", headers["Location"].split(registry.address, 1)[-1] + "&digest=" + descriptor["digest"], body,
                            {"Content-Length": str(descriptor["size"]), "Content-Type": "application/octet-stream"})
    registry.put_manifest(repository, tag, (made / "manifest.json").read_bytes(), manifest["mediaType"])
    return f"{registry.address}/{name}"


def describe_size():
    manifest = json.loads((folder() / "manifest.json").read_text())
    packed = unpacked = files = 0
    for number, layer in enumerate(manifest["layers"]):
        packed += layer["size"]
        import tarfile
        with gzip.open(folder() / f"layer-{number}.tar.gz") as raw, tarfile.open(fileobj=raw, mode="r|") as tar:
            for member in tar:
                unpacked += member.size
                files += member.isfile()
    return f"{len(manifest['layers'])} layers, {packed / 1e6:.0f} MB compressed, {unpacked / 1e6:.0f} MB in {files} files"


if __name__ == "__main__":
    if not folder().exists():
        build()
        (folder() / "size.txt").write_text(describe_size() + "\n")
    print("bench: the reference image has " + (folder() / "size.txt").read_text().strip())
    sys.exit(0)
