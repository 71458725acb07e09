"""Image archives made from nothing, and looked into: docker's of 20.10 and 25, OCI layouts."""

import io
import json
import tarfile

from testing import images

LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'


def hex_of(digest):
    return digest.partition(":")[2]


def blob(data):
    """(name, bytes) of a blob of an OCI layout."""
    return f"blobs/sha256/{hex_of(images.digest(data))}", data


def pack(entries):
    """A tar of (name, bytes) pairs, and of entries as testing.images makes them."""
    made = {}
    for one in entries:
        if isinstance(one[0], str):
            made.setdefault(one[0], images.file(one[0], one[1]))
        else:
            made[id(one)] = one
    return images.tar_of(*made.values())


def manifest_json(*items):
    """Of (config entry, tags, layer entries)."""
    return "manifest.json", json.dumps([{"Config": config, "RepoTags": tags, "Layers": layers} for config, tags, layers in items]).encode()


def docker_entries(image, tags=("app:1",), how="20.10"):
    """A docker-archive of one image; "20.10": old folders, layers plain; "podman": layers by diff ID, plain; "compressed": as they are."""
    if how == "20.10":
        layers = [(f"{hex_of(images.digest(one.tar + b'v1'))}/layer.tar", one.tar) for one in image.layers]
    elif how == "podman":
        layers = [(f"{hex_of(one.diff_id)}.tar", one.tar) for one in image.layers]
    else:
        layers = [(f"{hex_of(one.digest)}.tar.gz", one.blob) for one in image.layers]
    config = f"{hex_of(image.id)}.json"
    return [*layers, (config, image.config), manifest_json((config, list(tags), [name for name, _ in layers]))]


def docker_archive(image, tags=("app:1",), how="20.10"):
    return pack(docker_entries(image, tags, how))


def image_blobs(*of):
    return [blob(data) for image in of for data in (image.manifest, *image.blobs())]


def named(descriptor, name=None, ref_name=None):
    annotations = {key: value for key, value in (("io.containerd.image.name", name), ("org.opencontainers.image.ref.name", ref_name)) if value}
    return descriptor | ({"annotations": annotations} if annotations else {})


def oci_entries(descriptors, blobs):
    index = json.dumps({"schemaVersion": 2, "manifests": list(descriptors)}).encode()
    return [*blobs, ("index.json", index), ("oci-layout", LAYOUT)]


def oci_archive(image, name="docker.io/library/app:1"):
    return pack(oci_entries([named(image.descriptor(), name)], image_blobs(image)))


def multi_platform(*of):
    """(bytes of the index, descriptor) over {"arm64": image} and the like."""
    body, media_type = images.index(*(image.descriptor(architecture=architecture, os="linux") for architecture, image in of), oci=True)
    return body, {"mediaType": media_type, "size": len(body), "digest": images.digest(body)}


class Archive:
    """What is in an archive."""

    def __init__(self, data):
        self.files, self.names = {}, []
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            for member in tar:
                self.names.append(member.name)
                assert (member.uid, member.gid, member.mtime) == (0, 0, 0)
                if member.isfile():
                    self.files[member.name] = tar.extractfile(member).read()

    def json(self, name):
        return json.loads(self.files[name])

    @property
    def index(self):
        return self.json("index.json")["manifests"]

    @property
    def docker(self):
        return self.json("manifest.json")

    def check(self):
        """Each blob has the digest that it is named by, and is there once; whatever is named is there."""
        assert len(self.names) == len(set(self.names))
        for name, data in self.files.items():
            if name.startswith("blobs/"):
                assert blob(data)[0] == name
        for image in self.docker:
            assert {image["Config"], *image["Layers"]} <= set(self.files)
            diff_ids = self.json(image["Config"])["rootfs"]["diff_ids"]
            assert [image["LayerSources"][one]["digest"] for one in diff_ids] == ["sha256:" + name.rpartition("/")[2] for name in image["Layers"]]
        for descriptor in self.index:
            assert f"blobs/sha256/{hex_of(descriptor['digest'])}" in self.files
        return self
