"""davit save and davit load, with docker, podman and skopeo."""

import json
import os
import pty
import signal
import subprocess
import sys
import tarfile

import pytest
from testing import archives, images
from testing.archives import Archive
from testing.peers import skopeo
from testing.processes import wait_until
from testing.terminal import Terminal


@pytest.fixture
def image():
    return images.busybox(text="from the image\n")


@pytest.fixture
def app(davit, image):
    """An image that was loaded, as app:1."""
    davit("load", stdin=archives.oci_archive(image))
    return image


def save(davit, *arguments):
    return davit("save", *arguments, text=False).stdout


def id_in_docker(docker, reference):
    return json.loads(docker("inspect", reference))[0]["Id"]


def assert_empty(davit):
    assert davit("images", "-a", "-q").lines == []


# --- what others save ------------------------------------------------------------------------------------------------

def docker_image(docker, reference, text):
    docker("import", "-c", "CMD cat /etc/text", "-c", "ENV A=b", "-", reference,
           stdin=images.tar_of(*images.busybox_entries(images.file("etc/text", text))))
    return id_in_docker(docker, reference)


def test_loads_what_docker_saves(davit, docker, folder):
    identity = docker_image(docker, "app:1.0.0", "by docker\n")
    docker("tag", "app:1.0.0", "team/app:2")
    docker("save", "-o", folder / "a.tar", "app:1.0.0", "team/app:2")

    loaded = davit("load", "-i", folder / "a.tar")

    assert loaded.output == "Loaded image: app:1.0.0\nLoaded image: team/app:2\n"
    assert davit.id_of("app:1.0.0") == davit.id_of("team/app:2") == identity
    ours, theirs = (json.loads(text)[0]["Config"] for text in (davit("inspect", "app:1.0.0").stdout, docker("inspect", "app:1.0.0")))
    assert (ours["Cmd"], ours["Env"]) == (theirs["Cmd"], theirs["Env"])
    assert davit("run", "--rm", "--network", "none", "app:1.0.0").stdout == "by docker\n"


def test_loads_what_docker_built_with_shared_and_linked_layers(davit, docker, folder):
    """docker 20.10 writes a layer that two images share once, and links to it."""
    docker_image(docker, "base:1", "base\n")
    for name in ("one", "two"):
        context = folder / name
        context.mkdir()
        (context / "Dockerfile").write_text(f"FROM base:1\nCOPY text /etc/text\nCOPY text /etc/{name}\n")
        (context / "text").write_text(f"{name}\n")
        docker("build", "--network=none", "-t", f"{name}:1", context)
    docker("save", "-o", folder / "a.tar", "base:1", "one:1", "two:1")

    davit("load", "-i", folder / "a.tar")

    for name in ("base", "one", "two"):
        assert davit.id_of(f"{name}:1") == id_in_docker(docker, f"{name}:1")
        assert davit("run", "--rm", "--network", "none", f"{name}:1").stdout == f"{name}\n"


def podman_image(podman, reference, text):
    podman("import", "-c", "CMD cat /etc/text", "-", reference, stdin=images.tar_of(*images.busybox_entries(images.file("etc/text", text))))
    return podman.id_of(reference)


@pytest.mark.parametrize("form", ["docker-archive", "oci-archive"])
def test_loads_what_podman_saves(davit, podman, folder, form):
    identity = podman_image(podman, "localhost/app:1.0.0", "by podman\n")
    podman("save", "--format", form, "-o", folder / "a.tar", "localhost/app:1.0.0")

    loaded = davit("load", "-i", folder / "a.tar")

    assert loaded.output == "Loaded image: localhost/app:1.0.0\n"
    if form == "docker-archive":  # the other one changes the config
        assert davit.id_of("localhost/app:1.0.0") == identity
    assert davit("run", "--rm", "--network", "none", "localhost/app:1.0.0").stdout == "by podman\n"


@pytest.mark.parametrize("form", ["docker-archive", "oci-archive"])
def test_loads_what_skopeo_copies(davit, app, folder, form):
    (folder / "a.tar").write_bytes(save(davit, "app:1"))
    skopeo("copy", f"docker-archive:{folder}/a.tar", f"{form}:{folder}/b.tar:docker.io/team/app:2")
    other = davit.another("other")

    loaded = other("load", "-i", folder / "b.tar")

    assert loaded.output == "Loaded image: team/app:2\n"
    assert other("run", "--rm", "--network", "none", "team/app:2").stdout == "from the image\n"


# --- what davit saves ------------------------------------------------------------------------------------------------

def test_docker_loads_what_davit_saves(davit, docker, app, folder):
    davit("tag", "app:1", "127.0.0.1:5000/team/ours:2")
    davit("save", "-o", folder / "a.tar", "app:1", "127.0.0.1:5000/team/ours:2")

    assert docker("load", "-i", folder / "a.tar").splitlines() == ["Loaded image: app:1", "Loaded image: 127.0.0.1:5000/team/ours:2"]

    assert id_in_docker(docker, "app:1") == id_in_docker(docker, "127.0.0.1:5000/team/ours:2") == app.id
    assert docker("run", "--rm", "--network", "none", "app:1") == "from the image\n"


def test_docker_loads_an_image_without_a_name_and_several_that_share_layers(davit, docker, folder):
    base = images.layer(*images.busybox_entries())
    made = [images.image(base, images.layer(images.file("etc/text", f"{number}\n")), config={"Cmd": ["cat", "/etc/text"]}) for number in range(3)]
    for number, one in enumerate(made):
        davit("load", stdin=archives.oci_archive(one, f"docker.io/library/shared:{number}"))
    davit("save", "-o", folder / "a.tar", "shared:0", "shared:1", made[2].id)

    docker("load", "-i", folder / "a.tar")

    for one in made:
        assert docker("run", "--rm", "--network", "none", one.id) == f"{made.index(one)}\n"


def test_podman_loads_what_davit_saves(davit, podman, app, folder):
    davit("save", "-o", folder / "a.tar", "app:1")

    assert podman("load", "-i", folder / "a.tar").strip() == "Loaded image: docker.io/library/app:1"

    assert podman.id_of("docker.io/library/app:1") == app.id
    assert podman("run", "--rm", "--network", "none", "docker.io/library/app:1") == "from the image\n"


def test_podman_loads_several_images_of_davit(davit, podman, app, folder):
    davit("tag", "app:1", "team/second:2")
    davit("load", stdin=archives.oci_archive(images.busybox(text="third\n"), "docker.io/library/third:3"))
    davit("save", "-o", folder / "a.tar", "app:1", "team/second:2", "third:3")

    podman("load", "-i", folder / "a.tar")

    # As with docker's own archives of several images: names without a registry are podman's localhost.
    assert podman.id_of("localhost/app:1") == podman.id_of("localhost/team/second:2") == app.id
    assert podman("run", "--rm", "--network", "none", "localhost/third:3") == "third\n"


@pytest.mark.parametrize("form", ["docker-archive", "oci-archive"])
def test_skopeo_reads_what_davit_saves(davit, app, folder, form):
    davit("save", "-o", folder / "a.tar", "app:1")

    assert json.loads(skopeo("inspect", "--config", f"{form}:{folder}/a.tar"))["rootfs"]["diff_ids"] == [one.diff_id for one in app.layers]

    skopeo("copy", f"{form}:{folder}/a.tar", f"dir:{folder}/copy")
    assert json.loads((folder / "copy/manifest.json").read_text())["config"]["digest"] == app.id


def test_zstd_layers_are_saved_as_they_are_and_podman_loads_them(davit, podman, folder):
    made = images.image(images.layer(*images.busybox_entries(), compression="zstd"), oci=True)
    davit("load", stdin=archives.oci_archive(made))
    davit("save", "-o", folder / "a.tar", "app:1")
    podman("load", "-i", folder / "a.tar")
    assert podman.id_of("docker.io/library/app:1") == made.id


# --- the form --------------------------------------------------------------------------------------------------------

def test_archive_is_layout_and_docker_archive_at_once(davit, app):
    archive = Archive(save(davit, "app:1")).check()
    assert archive.files["oci-layout"] == archives.LAYOUT
    assert archive.index == [{"mediaType": app.media_type, "digest": app.digest, "size": len(app.manifest), "annotations": {
        "io.containerd.image.name": "docker.io/library/app:1", "org.opencontainers.image.ref.name": "1"}}]
    (item,) = archive.docker
    assert item["RepoTags"] == ["app:1"] and item["Config"] == f"blobs/sha256/{archives.hex_of(app.id)}"
    assert archive.json("repositories") == {"app": {"1": archives.hex_of(app.layers[-1].digest)}}
    assert archive.names.index("manifest.json") < archive.names.index(item["Layers"][0])


def test_round_trip_gives_the_same_archive(davit, app, folder):
    """Another store has the same manifest, image ID and blobs: what it saves is the same, byte for byte."""
    davit("tag", "app:1", "team/app:2")
    first = save(davit, "app:1", "team/app:2")
    other = davit.another("other")
    other("load", stdin=first)
    assert save(other, "app:1", "team/app:2") == first
    assert other.id_of("app:1") == app.id
    assert other("run", "--rm", "--network", "none", "app:1").stdout == "from the image\n"


def test_images_that_share_layers_write_them_once(davit):
    base = images.layer(images.file("base", os.urandom(3000)))
    made = [images.image(base, images.layer(images.file("own", text))) for text in "ab"]
    for one, name in zip(made, "ab"):
        davit("load", stdin=archives.oci_archive(one, f"docker.io/library/{name}:1"))
    archive = Archive(save(davit, "a:1", "b:1", "a:1")).check()
    assert [item["RepoTags"] for item in archive.docker] == [["a:1"], ["b:1"]]
    assert len([name for name in archive.files if name.startswith("blobs/")]) == 7  # 3 layers, 2 configs, 2 manifests


def test_a_name_without_a_tag_is_the_whole_repository(davit, app):
    for name in ("app:2", "app:latest", "apple:1", "team/app:1"):
        davit("tag", "app:1", name)
    davit("load", stdin=archives.oci_archive(images.busybox(text="other\n"), "docker.io/library/app:other"))
    archive = Archive(save(davit, "app")).check()
    assert [item["RepoTags"] for item in archive.docker] == [["app:1", "app:2", "app:latest"], ["app:other"]]


def test_by_id_an_image_has_no_name(davit, app):
    for name in (app.id, app.id[7:19]):
        archive = Archive(save(davit, name)).check()
        assert archive.docker[0]["RepoTags"] is None and "annotations" not in archive.index[0] and "repositories" not in archive.files
        other = davit.another(f"other-{len(name)}")
        assert other("load", stdin=save(davit, name)).output == f"Loaded image ID: {app.id}\n"


def test_an_earlier_meaning_of_a_tag_is_saved(davit, app):
    davit("load", stdin=archives.oci_archive(images.busybox(text="newer\n")))
    archive = Archive(save(davit, "app:1@{1}")).check()
    assert archive.docker[0]["Config"].endswith(archives.hex_of(app.id)) and archive.docker[0]["RepoTags"] is None


def test_image_save_and_image_load_are_the_same_commands(davit, app):
    data = davit("image", "save", "app:1", text=False).stdout
    assert davit.another("other")("image", "load", stdin=data).output == "Loaded image: app:1\n"


def test_an_artifact_that_is_no_image_is_saved_as_oci_alone(davit):
    content = images.Layer(b"a chart", compression="none", blob=b"a chart")
    config = b"{}"
    manifest = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json", "size": 2, "digest": images.digest(config)},
                "layers": [{"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "size": len(content.blob), "digest": content.digest}]}
    chart = images.Image([content], config, json.dumps(manifest).encode(), images.OCI_MANIFEST)
    davit("load", stdin=archives.oci_archive(chart, "docker.io/team/chart:1"))
    archive = Archive(save(davit, "team/chart:1"))
    assert "manifest.json" not in archive.files and archive.index[0]["digest"] == chart.digest
    assert davit.another("other")("load", stdin=save(davit, "team/chart:1")).output == "Loaded image: team/chart:1\n"


# --- several platforms -----------------------------------------------------------------------------------------------

@pytest.fixture
def platforms():
    """{architecture: image} and the archive of an index over them, with an attestation."""
    made = {architecture: images.image(images.layer(*images.busybox_entries(images.file("etc/arch", architecture)), oci=True), oci=True,
                                       architecture=architecture, config={"Cmd": ["cat", "/etc/arch"]}) for architecture in ("arm64", "amd64", "s390x")}
    provenance = images.image(images.Layer(b"provenance", compression="none", oci=True), oci=True, architecture="unknown", os="unknown")
    return made, provenance


def index_archive(made, provenance, present=("arm64", "amd64", "s390x", "unknown"), **name):
    descriptors = [one.descriptor(architecture=architecture, os="linux") for architecture, one in made.items()]
    descriptors.append(provenance.descriptor(architecture="unknown", os="unknown"))
    body, media_type = images.index(*descriptors, oci=True)
    top = {"mediaType": media_type, "size": len(body), "digest": images.digest(body)}
    blobs = archives.image_blobs(*(one for architecture, one in [*made.items(), ("unknown", provenance)] if architecture in present))
    return archives.pack(archives.oci_entries([archives.named(top, **(name or {"name": "docker.io/library/app:1"}))], [*blobs, archives.blob(body)])), top


def test_the_machines_platform_is_loaded_and_the_others_kept(davit, platforms):
    made, provenance = platforms
    data, top = index_archive(made, provenance)

    assert davit("load", stdin=data).output == "Loaded image: app:1\n"

    assert davit("run", "--rm", "--network", "none", "app:1").stdout == "amd64"
    davit("load", stdin=archives.oci_archive(images.busybox(), "docker.io/library/gone:1"))
    davit("rmi", "gone:1")  # a collection
    archive = Archive(save(davit, "app:1")).check()
    assert {key: archive.index[0][key] for key in top} == top
    for name, blob in archives.image_blobs(*made.values(), provenance):
        assert archive.files[name] == blob
    assert archive.docker[0]["Config"].endswith(archives.hex_of(made["amd64"].id))


def test_a_platform_is_chosen(davit, platforms):
    made, provenance = platforms
    davit("load", "--platform", "linux/arm64", stdin=index_archive(made, provenance)[0])
    assert davit.id_of("app:1") == made["arm64"].id


def test_a_platform_of_an_index_is_saved_alone(davit, platforms):
    made, provenance = platforms
    davit("load", stdin=index_archive(made, provenance)[0])
    archive = Archive(save(davit, "--platform", "linux/s390x", "app:1")).check()
    assert [one["digest"] for one in archive.index] == [made["s390x"].digest]
    assert archive.docker[0]["Config"].endswith(archives.hex_of(made["s390x"].id)) and archive.docker[0]["RepoTags"] == ["app:1"]


def test_an_index_of_which_a_part_is_there_serves_its_platform(davit, platforms):
    made, provenance = platforms
    davit("load", stdin=index_archive(made, provenance, present=("amd64",))[0])
    assert davit("run", "--rm", "--network", "none", "app:1").stdout == "amd64"
    assert [one["digest"] for one in Archive(save(davit, "app:1")).check().index] == [made["amd64"].digest]


def test_an_index_goes_with_its_platforms_when_the_tag_goes(davit, platforms):
    made, provenance = platforms
    davit("load", stdin=index_archive(made, provenance)[0])
    davit("rmi", "app:1")
    assert list((davit.root / "blobs/sha256").iterdir()) == []


@pytest.mark.parametrize("command", ["load", "save"])
def test_platform_that_is_not_there(davit, platforms, command):
    made, provenance = platforms
    data, _ = index_archive(made, provenance)
    if command == "load":
        failed = davit("load", "--platform", "linux/riscv64", stdin=data, code=1)
        assert failed.stderr == "no matching manifest for linux/riscv64 in the manifest list entries: linux/arm64, linux/amd64, linux/s390x is there\n"
        assert_empty(davit)
    else:
        davit("load", stdin=data)
        failed = davit("save", "--platform", "linux/riscv64", "app:1", code=1)
        assert failed.output == "Error response from daemon: no suitable export target found for platform linux/riscv64\n"


def test_a_single_image_of_another_platform_is_loaded_unless_one_is_asked_for(davit):
    data = archives.oci_archive(images.image(images.layer(images.file("a")), architecture="s390x"))
    failed = davit("load", "--platform", "linux/amd64", stdin=data, code=1)
    assert "does not match the specified platform (linux/amd64)" in failed.stderr
    assert_empty(davit)
    davit("load", stdin=data)


def test_one_name_for_manifests_of_several_platforms(davit, platforms):
    made, _ = platforms
    descriptors = [archives.named(one.descriptor(architecture=architecture, os="linux"), ref_name="team/app:1") for architecture, one in made.items()]
    davit("load", stdin=archives.pack(archives.oci_entries(descriptors, archives.image_blobs(*made.values()))))
    assert davit.id_of("team/app:1") == made["amd64"].id


def test_skopeos_oci_archive_of_all_platforms(davit, platforms, folder):
    made, provenance = platforms
    data, _ = index_archive({name: made[name] for name in ("arm64", "amd64")}, provenance)
    (folder / "a.tar").write_bytes(data)
    skopeo("copy", "--all", f"oci-archive:{folder}/a.tar", f"oci-archive:{folder}/b.tar:team/app:1")
    davit("load", "-i", folder / "b.tar")
    assert davit("run", "--rm", "--network", "none", "team/app:1").stdout == "amd64"


# --- forms that are read ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("how", ["20.10", "podman", "compressed"])
def test_each_form_of_a_docker_archive(davit, image, how):
    assert davit("load", stdin=archives.docker_archive(image, how=how)).output == "Loaded image: app:1\n"
    assert davit.id_of("app:1") == image.id
    assert davit("run", "--rm", "--network", "none", "app:1").stdout == "from the image\n"


@pytest.mark.parametrize("how", ["20.10", "podman", "compressed"])
def test_manifest_of_a_docker_archive_is_always_the_same(davit, image, how):
    data = archives.docker_archive(image, how=how)
    digests = set()
    for number in range(2):
        store = davit.another(f"store-{number}")
        store("load", stdin=data)
        archive = Archive(save(store, "app:1")).check()
        digests.add(archive.index[0]["digest"])
        manifest = archive.json(f"blobs/sha256/{archives.hex_of(archive.index[0]['digest'])}")
        assert manifest["mediaType"] == images.DOCKER_MANIFEST and {one["mediaType"] for one in manifest["layers"]} == {images.DOCKER_LAYER}
    assert len(digests) == 1


def test_image_that_is_here_keeps_its_manifest(davit, app):
    """What was pulled or loaded compressed is not compressed again because docker saved it plain."""
    before = set((davit.root / "blobs/sha256").iterdir())
    davit("load", stdin=archives.docker_archive(app, tags=["again:1"], how="podman"))
    assert set((davit.root / "blobs/sha256").iterdir()) == before
    assert Archive(save(davit, "again:1")).index[0]["digest"] == app.digest


def test_docker_archive_with_zstd_layers(davit):
    made = images.image(images.layer(*images.busybox_entries(), compression="zstd"))
    davit("load", stdin=archives.docker_archive(made, how="compressed"))
    assert davit.id_of("app:1") == made.id
    assert Archive(save(davit, "app:1")).index[0]["mediaType"] == images.OCI_MANIFEST


def test_docker_archive_with_xz_layers(davit, image):
    entries = archives.docker_entries(image)
    entries[0] = (entries[0][0], subprocess.run(["xz", "-c"], input=entries[0][1], capture_output=True, check=True).stdout)
    davit("load", stdin=archives.pack(entries))
    assert davit("run", "--rm", "--network", "none", "app:1").stdout == "from the image\n"


@pytest.mark.parametrize("compress", ["gzip", "zstd", "xz"])
@pytest.mark.parametrize("way", ["file", "pipe"])
def test_compressed_archives_are_recognised(davit, image, folder, compress, way):
    packed = subprocess.run([compress, "-c"], input=archives.docker_archive(image), check=True, capture_output=True).stdout
    if way == "file":
        (folder / "a").write_bytes(packed)
        loaded = davit("load", "-i", folder / "a")
    else:
        loaded = davit("load", stdin=packed)
    assert loaded.output == "Loaded image: app:1\n"


def test_bzip2_is_refused_by_name(davit, image):
    packed = subprocess.run(["bzip2", "-c"], input=archives.docker_archive(image), check=True, capture_output=True).stdout
    assert davit("load", stdin=packed, code=1).stderr == "bzip2 compression is not supported: use gzip, zstd, xz or none\n"


def test_entries_in_any_order(davit, image):
    for number, entries in enumerate((archives.docker_entries(image), archives.oci_entries([archives.named(image.descriptor(), "docker.io/library/app:1")],
                                                                                           archives.image_blobs(image)))):
        for turned in (entries, entries[::-1]):
            store = davit.another(f"store-{number}-{turned is entries}")
            store("load", stdin=archives.pack(turned))
            assert store.id_of("app:1") == image.id


def test_small_layers_and_documents_beyond_what_waits_in_memory(davit):
    """More small entries than are kept in memory: the rest goes by way of the store."""
    rest = [images.file(f"{number}.json", os.urandom(250_000)) for number in range(70)]
    made = images.image(*(images.layer(images.file(f"f{number}", f"{number}")) for number in range(5)))
    davit("load", stdin=archives.pack([*rest, *archives.docker_entries(made)]))
    assert davit.id_of("app:1") == made.id
    davit("load", stdin=archives.pack([*rest, *archives.oci_entries([archives.named(made.descriptor(), "docker.io/library/app:2")], archives.image_blobs(made))]))
    assert davit.id_of("app:2") == made.id


def test_layer_behind_a_link(davit, image):
    entries = archives.docker_entries(image)
    layer, content = entries[0]
    target = "f" * 64 + "/layer.tar"
    entries[0] = images.symlink(layer, "../" + target)
    davit("load", stdin=archives.pack([*entries, (target, content)]))
    assert davit.id_of("app:1") == image.id


def test_both_forms_in_one_archive_as_docker_25_writes_it(davit, image):
    """Names of both; an image without a name is in manifest.json alone; layers plain, named by their diff IDs."""
    plain = [images.Layer(one.tar, compression="none", oci=True) for one in image.layers]
    tagged = images.image(*plain, oci=True)
    bare = images.image(images.Layer(images.tar_of(images.file("bare", os.urandom(300_000))), compression="none", oci=True), oci=True)
    entries = archives.oci_entries([archives.named(tagged.descriptor(), "docker.io/library/app:1", "1")],
                                   [*archives.image_blobs(tagged), *(archives.blob(data) for data in bare.blobs())])
    items = [(archives.blob(one.config)[0], tags, [archives.blob(layer.tar)[0] for layer in one.layers]) for one, tags in ((tagged, ["app:1"]), (bare, None))]

    loaded = davit("load", stdin=archives.pack([*entries, archives.manifest_json(*items)]))

    assert loaded.output == f"Loaded image: app:1\nLoaded image ID: {bare.id}\n"
    assert Archive(save(davit, "app:1")).index[0]["digest"] == tagged.digest


@pytest.mark.parametrize("ref_name, printed", [("team/app:1", "Loaded image: team/app:1\n"), ("localhost/app:1", "Loaded image: localhost/app:1\n"), ("1", None), (None, None)])
def test_names_of_an_oci_layout(davit, image, ref_name, printed):
    data = archives.pack(archives.oci_entries([archives.named(image.descriptor(), ref_name=ref_name)], archives.image_blobs(image)))
    assert davit("load", stdin=data).output == (printed or f"Loaded image ID: {image.id}\n")


# --- what load says and does -----------------------------------------------------------------------------------------

def test_a_tag_that_moves_is_told_and_kept_by_history(davit, app):
    newer = images.busybox(text="newer\n")
    loaded = davit("load", stdin=archives.oci_archive(newer))
    assert loaded.output == f"The image app:1 already exists, renaming the old one with ID {app.id} to empty string\nLoaded image: app:1\n"
    assert [line.split()[:1] for line in davit("tags", "log", "app:1").lines[1:]] and "load" in davit("tags", "log", "app:1").stdout
    davit("tags", "restore", "app:1@{1}")
    assert davit("run", "--rm", "--network", "none", "app:1").stdout == "from the image\n"


def test_loading_again_changes_nothing(davit, app):
    journal = (davit.root / "tags.journal").read_bytes()
    for quiet in ([], ["-q"]):
        assert davit("load", *quiet, stdin=archives.oci_archive(app)).output == "Loaded image: app:1\n"
    assert (davit.root / "tags.journal").read_bytes() == journal


def test_all_tags_of_an_archive_change_as_one_step(davit, image):
    davit("load", stdin=archives.docker_archive(image, tags=["a:1", "b:1", "c:1"]))
    lines = (davit.root / "tags.journal").read_bytes().splitlines()
    assert len([line for line in lines if b"load" in line]) == 1


def test_layers_are_drawn_on_a_terminal(davit, image, folder):
    (folder / "a.tar").write_bytes(archives.oci_archive(image))
    name = archives.hex_of(image.layers[0].digest)[:12]

    loaded = Terminal(davit.command("load", "-i", folder / "a.tar"), env=davit.environment, cwd=folder).wait()
    assert f"{name}: Loaded layer" in loaded.all and loaded.all[-1] == "Loaded image: app:1"

    saved = Terminal(davit.command("save", "-o", folder / "b.tar", "app:1"), env=davit.environment, cwd=folder).wait()
    assert f"{name}: Saved layer" in saved.all

    with open(folder / "c.tar", "wb") as out:  # standard output is the archive's, standard error the layers'
        piped = Terminal(davit.command("save", "app:1"), env=davit.environment, cwd=folder, stdout=out).wait()
    assert f"{name}: Saved layer" in piped.all
    assert (folder / "c.tar").read_bytes() == (folder / "b.tar").read_bytes()


def test_an_archive_of_no_image(davit):
    assert davit("load", stdin=archives.pack([("manifest.json", b"[]")])).output == ""


# --- bad input -------------------------------------------------------------------------------------------------------

def nested_indexes(depth):
    body, descriptor = archives.multi_platform()
    blobs = [archives.blob(body)]
    for _ in range(depth):
        body = json.dumps({"schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": [descriptor]}).encode()
        descriptor = {"mediaType": images.OCI_INDEX, "size": len(body), "digest": images.digest(body)}
        blobs.append(archives.blob(body))
    return archives.pack(archives.oci_entries([descriptor], blobs))


BUSYBOX = images.busybox(text="x")
SMALL = images.image(images.layer(images.file("a", "b")))
ENTRIES = archives.docker_entries(SMALL)
OCI_ENTRIES = archives.oci_entries([archives.named(SMALL.descriptor(), "docker.io/library/app:1")], archives.image_blobs(SMALL))


def without(entries, prefix):
    kept = [one for one in entries if not one[0].startswith(prefix)]
    assert len(kept) < len(entries)
    return archives.pack(kept)


def changed(entries, name, content):
    assert name in [one[0] for one in entries]
    return archives.pack([(one[0], content if one[0] == name else one[1]) for one in entries])


BAD = {
    "empty": (b"", "invalid archive: does not contain a manifest.json or an index.json"),
    "rubbish": (b"rubbish" * 1000, "invalid archive: "),
    "one byte": (b"x", "invalid archive: "),
    "no image archive": (images.tar_of(images.file("a", "b")), "invalid archive: does not contain a manifest.json or an index.json"),
    "cut in a layer": (archives.docker_archive(BUSYBOX)[:200_000], "invalid archive: "),
    "cut in a blob": (archives.oci_archive(BUSYBOX)[:200_000], "invalid archive: "),
    "cut gzip": (images.compress(archives.docker_archive(BUSYBOX), "gzip")[:-20], "invalid archive: the gzip data is cut short"),
    "entry above": (archives.pack([("../../etc/x", b""), *ENTRIES]), "the archive's entry '../../etc/x' leads outside of it"),
    "absolute entry": (images.tar_of(images.file("/etc/davit-test", b"x")), "the archive's entry '/etc/davit-test' leads outside of it"),
    "names without end": (images.tar_of(*(images.file(f"{i:08}" * 100, b"") for i in range(21_000))), "the names of the archive's entries take more than 16 MiB"),
    "entry twice": (images.tar_of(images.file("a", "1"), images.file("./a", "2")), "the archive has the entry 'a' twice"),
    "config missing": (without(ENTRIES, archives.hex_of(SMALL.id)), f"invalid archive: manifest.json names '{archives.hex_of(SMALL.id)}.json', which is not in it"),
    "layer missing": (archives.pack(ENTRIES[1:]), f"invalid archive: manifest.json names '{ENTRIES[0][0]}', which is not in it"),
    "layer outside": (archives.pack([ENTRIES[1], archives.manifest_json((ENTRIES[1][0], ["a:1"], ["../../etc/passwd"]))]),
                      "invalid archive: manifest.json names '../../etc/passwd', which is not in it"),
    "layer behind a link that leads outside": (archives.pack([images.symlink(ENTRIES[0][0], "/etc/passwd"), *ENTRIES[1:]]),
                                               f"invalid archive: manifest.json names '{ENTRIES[0][0]}', which is not in it"),
    "links in a circle": (archives.pack([images.symlink("l.tar", "m.tar"), images.symlink("m.tar", "l.tar"), ENTRIES[1],
                                         archives.manifest_json((ENTRIES[1][0], ["a:1"], ["l.tar"]))]), "invalid archive: manifest.json names 'l.tar', which is not in it"),
    "config behind a hard link to a system file": (archives.pack([images.hard_link("c.json", "/etc/passwd"), archives.manifest_json(("c.json", ["a:1"], []))]),
                                                   "invalid archive: manifest.json names 'c.json', which is not in it"),
    "other layer": (changed(ENTRIES, ENTRIES[0][0], images.tar_of(images.file("other"))), "invalid diffID for layer 0: expected "),
    "layer that is no tar": (changed(ENTRIES, ENTRIES[0][0], b"no tar"), "layer sha256:"),
    "too few layers": (archives.pack([*ENTRIES[:2], archives.manifest_json((ENTRIES[1][0], ["a:1"], []))]), "invalid manifest, layers length mismatch: expected 0, got 1"),
    "config that is none": (changed(ENTRIES, ENTRIES[1][0], b"{}"), "invalid image config: rootfs is missing"),
    "manifest that is no JSON": (changed(ENTRIES, "manifest.json", b"{"), "invalid manifest.json: "),
    "manifest that is no list": (changed(ENTRIES, "manifest.json", b"{}"), "invalid manifest.json: the document must be an array, not an object"),
    "huge manifest": (changed(ENTRIES, "manifest.json", b" " * 4_200_000), "invalid archive: 'manifest.json' has 4200000 bytes, more than the 4194304 that davit reads"),
    "name without a tag": (archives.pack([*ENTRIES[:2], archives.manifest_json((ENTRIES[1][0], ["a"], [ENTRIES[0][0]]))]), 'invalid tag "a"'),
    "name with capitals": (archives.pack([*ENTRIES[:2], archives.manifest_json((ENTRIES[1][0], ["BAD:1"], [ENTRIES[0][0]]))]),
                           "invalid reference format: repository name must be lowercase"),
    "sparse entry": (None, "is a sparse file"),
    "OCI layer missing": (without(OCI_ENTRIES, archives.blob(SMALL.layers[0].blob)[0]), f"invalid archive: {SMALL.layers[0].digest}, a layer, is not in it"),
    "OCI config missing": (without(OCI_ENTRIES, archives.blob(SMALL.config)[0]), f"invalid archive: {SMALL.id}, its config, is not in it"),
    "OCI manifest missing": (without(OCI_ENTRIES, archives.blob(SMALL.manifest)[0]), f"invalid archive: {SMALL.digest}, its manifest, is not in it"),
    "OCI blob of another digest": (changed(OCI_ENTRIES, archives.blob(SMALL.layers[0].blob)[0], b"other"), f"invalid archive: blob: expected {SMALL.layers[0].digest}, got sha256:"),
    "large OCI blob of another digest": (archives.pack([("blobs/sha256/" + "0" * 64, os.urandom(500_000)), *OCI_ENTRIES]), "invalid archive: blob: expected sha256:000"),
    "OCI layout of another version": (changed(OCI_ENTRIES, "oci-layout", b'{"imageLayoutVersion":"9"}'), "the archive's OCI layout is of version '9': davit reads version 1"),
    "OCI name that is none": (changed(OCI_ENTRIES, "index.json", json.dumps({"schemaVersion": 2, "manifests": [archives.named(SMALL.descriptor(), "BAD:1")]}).encode()),
                              "index.json: 'BAD:1': invalid reference format"),
    "indexes without end": (nested_indexes(20), "index sha256:"),
    "size that is not the manifest's": (changed(OCI_ENTRIES, "index.json", json.dumps({"schemaVersion": 2, "manifests": [SMALL.descriptor() | {"size": 3}]}).encode()),
                                        f"manifest {SMALL.digest}: expected 3 bytes, got {len(SMALL.manifest)}"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_archive_is_told_and_leaves_no_image(davit, folder, what):
    data, words = BAD[what]
    if what == "sparse entry":
        with open(folder / "s", "wb") as file:
            file.truncate(1_000_000)
            file.write(b"x")
        data = subprocess.run(["tar", "-C", folder, "-S", "-c", "s"], check=True, capture_output=True).stdout
    failed = davit("load", stdin=data, code=1)
    assert failed.stdout == "" and words in failed.stderr
    assert failed.stderr.startswith(words) or what == "sparse entry"
    assert_empty(davit)
    assert not os.path.exists("/etc/davit-test")
    # What it brought is unreferenced: the next collection takes it.
    davit("load", stdin=archives.oci_archive(SMALL))
    davit("rmi", "app:1")
    assert list((davit.root / "blobs/sha256").iterdir()) == []


def test_bad_archive_leaves_the_tags_as_they_were(davit, app):
    other = archives.docker_entries(images.busybox(text="other"), tags=["app:1"])
    bad = [*other[:-1], archives.manifest_json((other[-2][0], ["app:1"], [other[0][0], other[1][0]]), ("nosuch.json", ["app:2"], []))]
    davit("load", stdin=archives.pack(bad), code=1)
    assert davit.id_of("app:1") == app.id and len(davit("images", "-q").lines) == 1


@pytest.mark.parametrize("arguments, words", [
    (["-i", "."], "read .: is a directory\n"),
    (["-i", "nosuch"], "open nosuch: no such file or directory\n"),
    (["--platform", "a/b/c/d/e"], None),
])
def test_load_refuses_in_dockers_words(davit, arguments, words):
    failed = davit("load", *arguments, code=1, stdin=b"")
    assert not failed.stderr.startswith("Error response") and (words is None or failed.stderr == words)


def test_load_from_a_terminal(davit):
    leader, terminal = pty.openpty()
    process = davit.start("load", stdin=terminal)
    assert process.wait(20) == 1
    assert process.stderr.read() == b"requested load from stdin, but stdin is empty\n"
    os.close(leader), os.close(terminal)


@pytest.mark.parametrize("names, words", [
    (["nosuch"], "No such image: nosuch"), (["nosuch:1"], "reference does not exist"), (["app:nosuch"], "reference does not exist"),
    (["app:1", "nosuch:1"], "reference does not exist"), (["sha256:" + "0" * 64], "No such image: sha256:" + "0" * 64), (["abcdef012345"], "No such image: abcdef012345"),
    (["BAD:1"], "invalid reference format: repository name must be lowercase"),
])
def test_save_of_what_is_not_there(davit, app, folder, names, words):
    failed = davit("save", "-o", folder / "a.tar", *names, code=1)
    assert failed.output == f"Error response from daemon: {words}\n"
    assert not (folder / "a.tar").exists()


@pytest.mark.parametrize("output, words", [
    ("folder", "failed to save image: cannot write to a directory"), ("link", "failed to save image: cannot write to a symbolic link directly"),
    ("pipe", "failed to save image: cannot write to a named pipe (FIFO)"), ("/dev/null", "failed to save image: cannot write to a character device file"),
    ("missing/a.tar", "failed to save image: invalid output path: stat missing: no such file or directory"),
    ("file/a.tar", "failed to save image: invalid output path: stat file: not a directory"),
])
def test_save_refuses_a_place_in_dockers_words(davit, app, folder, docker, docker_28, output, words):
    place = folder / "place"
    place.mkdir()
    (place / "folder").mkdir()
    (place / "file").write_text("x")
    (place / "link").symlink_to("file")
    os.mkfifo(place / "pipe")
    failed = davit("save", "-o", output, "app:1", code=1, cwd=place)
    assert failed.output == words + "\n"
    theirs = subprocess.run(["docker", "save", "-o", output, "app:1"], cwd=place, env=docker.environment, capture_output=True)
    assert theirs.stderr.decode() == failed.output


def test_save_to_a_terminal(davit, app):
    leader, terminal = pty.openpty()
    process = davit.start("save", "app:1", stdout=terminal)
    assert process.wait(20) == 1
    assert process.stderr.read() == b"cowardly refusing to save to a terminal. Use the -o flag or redirect\n"
    os.close(leader), os.close(terminal)


def test_save_replaces_a_file_at_its_end(davit, app, folder):
    (folder / "a.tar").write_text("old")
    davit("save", "-o", folder / "a.tar", "app:1")
    assert (folder / "a.tar").read_bytes() == save(davit, "app:1")
    assert (folder / "a.tar").stat().st_mode & 0o777 == 0o600


def test_failing_disk_leaves_the_old_file_and_nothing_beside_it(davit, app, folder):
    place = folder / "place"
    place.mkdir()
    davit("save", "-o", place / "a.tar", "app:1", env={"DAVIT_FAULT": f"count:{folder}/count"})
    calls = int((folder / "count").read_text())
    assert calls > 5
    (place / "a.tar").write_text("old")
    told = 0
    for number in range(1, calls + 1, 1 + calls // 25):
        failed = davit("save", "-o", place / "a.tar", "app:1", env={"DAVIT_FAULT": f"{number}:ENOSPC"}, code=None)
        assert os.listdir(place) == ["a.tar"]
        if failed.code != 0:
            told += "no space left on device" in failed.stderr
            assert "no space left on device" in failed.stderr
            assert (place / "a.tar").read_text("latin-1") == "old" or number > calls - 3
    assert told > 3


def test_disk_that_is_full_while_saving_to_standard_output(davit, app):
    with open("/dev/full", "wb") as full:
        process = davit.start("save", "app:1", stdout=full)
        assert process.wait(20) == 1
    assert process.stderr.read() == b"write /dev/stdout: no space left on device\n"


def test_reader_that_goes_away(davit, app):
    process = davit.start("save", "app:1")
    process.stdout.close()
    assert process.wait(20) == 1
    assert process.stderr.read() == b"write /dev/stdout: broken pipe\n"


def test_interrupt_while_saving_leaves_no_file(davit, folder):
    place = folder / "place"
    place.mkdir()
    davit("load", stdin=archives.oci_archive(images.image(images.layer(images.file("big", os.urandom(40_000_000)), compression="none"))))
    process = davit.start("save", "-o", place / "a.tar", "app:1")
    wait_until(lambda: process.poll() is not None or os.listdir(place))
    process.send_signal(signal.SIGINT)
    assert process.wait(20) in (130, 0)  # it may have been done
    assert os.listdir(place) == (["a.tar"] if process.returncode == 0 else [])


def test_damaged_blob_is_not_saved(davit, app, folder):
    path = davit.root / archives.blob(app.layers[0].blob)[0]
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    failed = davit("save", "-o", folder / "a.tar", "app:1", code=1)
    assert failed.stderr.startswith(f"Error response from daemon: blob {app.layers[0].digest} is damaged here")
    assert not (folder / "a.tar").exists()


def start_load(davit, data, upto):
    """A load that has had `upto` bytes and waits for more."""
    process = davit.start("load", stdin=subprocess.PIPE)
    process.stdin.write(data[:upto])
    process.stdin.flush()
    ingest = davit.root / "blobs/ingest"
    wait_until(lambda: ingest.is_dir() and any(one.stat().st_size > 0 for one in ingest.iterdir()))
    return process


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_load_that_is_ended_leaves_the_old_state(davit, app, sent):
    data = archives.oci_archive(images.image(images.layer(images.file("big", os.urandom(9_000_000)), compression="none")))
    process = start_load(davit, data, 5_000_000)
    process.send_signal(sent)
    assert process.wait(20) == (-9 if sent == signal.SIGKILL else 128 + sent)
    process.stdin.close()
    assert davit.id_of("app:1") == app.id and len(davit("images", "-a", "-q").lines) == 1
    davit("load", stdin=data)  # and the next one finds nothing in its way
    assert davit.id_of("app:1") != app.id


def test_crash_at_any_call_of_a_load_leaves_the_old_state_or_the_new(davit, image):
    first = images.busybox(text="first\n")
    data = archives.docker_archive(image, tags=["app:1", "app:2"])
    base = davit.another("base")
    base("load", stdin=archives.docker_archive(first, tags=["app:1"]))
    counted = davit.another("counted")
    subprocess.run(["cp", "-a", base.root, counted.root], check=True)
    counted("load", stdin=data, env={"DAVIT_FAULT": f"count:{davit.folder}/count"})
    calls = int((davit.folder / "count").read_text())
    seen = set()
    for number in range(1, calls + 1, max(1, calls // 20)):
        store = davit.another(f"s{number}")
        subprocess.run(["cp", "-a", base.root, store.root], check=True)
        store("load", stdin=data, env={"DAVIT_FAULT": f"{number}:kill"}, code=None)
        tags = sorted(" ".join(line.split()[1:3]) for line in store("images", "--no-trunc").lines[1:])
        assert tags in ([f"1 {first.id}"], [f"1 {image.id}", f"2 {image.id}", f"<none> {first.id}"]), (number, tags)
        seen.add(len(tags))
        store("load", stdin=data)
        assert store.id_of("app:1") == store.id_of("app:2") == image.id
    assert 1 in seen


def test_failing_disk_while_loading_is_told_and_leaves_the_old_state_or_the_new(davit, image):
    first = images.busybox(text="first\n")
    data = archives.docker_archive(image)
    base = davit.another("base")
    base("load", stdin=archives.docker_archive(first))
    counted = davit.another("counted")
    subprocess.run(["cp", "-a", base.root, counted.root], check=True)
    counted("load", stdin=data, env={"DAVIT_FAULT": f"count:{davit.folder}/count"})
    calls = int((davit.folder / "count").read_text())
    failures = 0
    for number in range(2, calls + 1, max(1, calls // 12)):
        store = davit.another(f"s{number}")
        subprocess.run(["cp", "-a", base.root, store.root], check=True)
        result = store("load", stdin=data, env={"DAVIT_FAULT": f"{number}:ENOSPC"}, code=None)
        if result.code != 0:
            failures += 1
            assert "no space left on device" in result.stderr
        assert store.id_of("app:1") in ((first.id, image.id) if result.code else (image.id,))
        store("load", stdin=data)
        assert store.id_of("app:1") == image.id
    assert failures > 3


def test_memory_is_bounded(davit, folder):
    """300 MB through a load in at most 96 MiB, of an archive that is compressed and plain inside."""
    with open(folder / "layer.tar", "wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("zeros")
        info.size = 300_000_000
        with open("/dev/zero", "rb") as zeros:
            tar.addfile(info, zeros)
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [
        "sha256:" + subprocess.run(["sha256sum", folder / "layer.tar"], capture_output=True, check=True, text=True).stdout.split()[0]]}})
    (folder / "c.json").write_text(config)
    (folder / "manifest.json").write_text(json.dumps([{"Config": "c.json", "RepoTags": ["app:1"], "Layers": ["layer.tar"]}]))
    subprocess.run("tar -c layer.tar c.json manifest.json | gzip -1 > a.tgz", shell=True, cwd=folder, check=True)
    measure = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    peak = subprocess.run([sys.executable, "-c", measure, *davit.command("load", "-i", folder / "a.tgz")], env=davit.environment, check=True,
                          capture_output=True, text=True).stdout.splitlines()[-1]
    assert int(peak) < 96 * 1024
