"""davit images, inspect, history, tag."""

import json
import re

import pytest
from testing import images


@pytest.fixture
def app(davit, registry):
    image = images.busybox(text="one\n")
    reference = registry.push("team/app:1.0.0", image)
    davit("pull", "-q", reference)
    return image, reference


def columns(line):
    return re.split(r" {3,}", line.rstrip())


def test_images_has_dockers_columns(davit, app):
    image, reference = app
    davit("tag", reference, "mine:2")

    listed = davit("images").lines

    assert columns(listed[0]) == ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"]
    rows = sorted(columns(line) for line in listed[1:])
    size = f"{sum_of_files(image) / 1e6:.2f}MB"
    assert [row[:3] + row[4:] for row in rows] == [[reference.rsplit(":", 1)[0], "1.0.0", image.id[7:19], size], ["mine", "2", image.id[7:19], size]]
    assert all(re.fullmatch(r"\d+ years ago", row[3]) for row in rows)


def sum_of_files(image):
    """Docker counts the bytes of files and of what symlinks say."""
    import io
    import tarfile
    return sum(info.size + (len(info.linkname) if info.issym() else 0) for one in image.layers for info in tarfile.open(fileobj=io.BytesIO(one.tar)))


def test_columns_are_aligned_as_dockers(davit, app):
    listed = davit("images").lines
    assert listed[0].index("TAG") == listed[1].index("1.0.0")
    assert listed[0].index("TAG") == len(columns(listed[1])[0]) + 3


def test_no_images_prints_the_header_alone(davit):
    assert davit("images").stdout == "REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\n"


def test_images_quiet(davit, app):
    assert davit("images", "-q").stdout == app[0].id[7:19] + "\n"
    assert davit("images", "--quiet", "--no-trunc").stdout == app[0].id + "\n"


def test_images_digests(davit, app):
    image, reference = app
    davit("tag", reference, "mine:2")

    header, *rows = davit("images", "--digests").lines

    assert columns(header)[2] == "DIGEST"
    assert {columns(row)[0]: columns(row)[2] for row in rows} == {reference.rsplit(":", 1)[0]: image.digest, "mine": "<none>"}


def test_images_no_trunc(davit, app):
    assert app[0].id in davit("images", "--no-trunc").stdout


def test_images_of_a_repository_or_a_tag(davit, app):
    _, reference = app
    repository = reference.rsplit(":", 1)[0]
    davit("tag", reference, "mine:2")
    davit("tag", reference, "mine:3")

    assert [columns(line)[1] for line in davit("images", "mine").lines[1:]] in (["2", "3"], ["3", "2"])
    assert [columns(line)[1] for line in davit("images", "mine:3").lines[1:]] == ["3"]
    assert [columns(line)[0] for line in davit("images", repository).lines[1:]] == [repository]
    assert davit("images", "nosuch").lines[1:] == []


def test_image_without_a_tag_is_shown_as_none(davit, registry):
    image = images.busybox()
    registry.push("team/app:1", image)
    davit("pull", "-q", f"{registry.address}/team/app@{image.digest}")

    (row,) = davit("images", "-a").lines[1:]

    assert columns(row)[:3] == [f"{registry.address}/team/app", "<none>", image.id[7:19]]


def test_images_format_json_has_dockers_keys(davit, app):
    image, reference = app
    row = json.loads(davit("images", "--format", "json").stdout)
    assert row["ID"] == image.id[7:19] and row["Repository"] == reference.rsplit(":", 1)[0] and row["Tag"] == "1.0.0"
    assert row["CreatedAt"] == "2024-01-02 03:04:05 +0000 UTC" and row["Size"] == f"{sum_of_files(image) / 1e6:.2f}MB"
    assert set(row) == {"Containers", "CreatedAt", "CreatedSince", "Digest", "ID", "Repository", "SharedSize", "Size", "Tag", "UniqueSize", "VirtualSize"}


def test_images_takes_at_most_one_argument(davit):
    failed = davit("images", "a", "b", code=1)
    assert failed.stderr.startswith("davit: 'davit images' requires at most 1 argument\n\nUsage:  davit images [OPTIONS] [REPOSITORY[:TAG]]\n")


def test_inspect_is_dockers_json(davit, app):
    image, reference = app

    (got,) = json.loads(davit("inspect", reference).stdout)

    assert got["Id"] == image.id
    assert got["RepoTags"] == [reference]
    assert got["RepoDigests"] == [f"{reference.rsplit(':', 1)[0]}@{image.digest}"]
    assert got["Created"] == "2024-01-02T03:04:05Z"
    assert (got["Architecture"], got["Os"]) == ("amd64", "linux")
    assert got["Size"] == sum_of_files(image)
    assert got["RootFS"] == {"Type": "layers", "Layers": [one.diff_id for one in image.layers]}
    assert got["Config"]["Cmd"] == ["cat", "/etc/text"]
    assert got["Config"]["Env"] == ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    assert got["Config"]["Entrypoint"] is None and got["Config"]["Labels"] is None


def test_inspect_has_the_keys_of_docker(davit, docker, app):
    _, reference = app
    docker("pull", reference)
    (theirs,) = json.loads(docker("inspect", reference))
    (ours,) = json.loads(davit("inspect", reference).stdout)
    assert list(ours["Config"]) == list(theirs["Config"])
    assert set(theirs) - set(ours) <= {"Container", "ContainerConfig", "VirtualSize", "DockerVersion"}
    for key in ("Id", "RepoTags", "RepoDigests", "Parent", "Comment", "Created", "Author", "Architecture", "Os", "Size", "RootFS", "Config"):
        assert ours[key] == theirs[key], key


def test_inspect_by_id_short_id_and_digest(davit, app):
    image, reference = app
    for name in (image.id, image.id[7:19], image.id[7:], f"{reference.rsplit(':', 1)[0]}@{image.digest}"):
        assert davit.id_of(name) == image.id


def test_inspect_of_several_and_of_one_that_is_not_here(davit, app):
    image, reference = app

    got = davit("inspect", reference, "nosuch", code=1)

    assert [one["Id"] for one in json.loads(got.stdout)] == [image.id]
    assert got.stderr == "Error: No such object: nosuch\n"


def test_inspect_nothing_found_prints_an_empty_list(davit):
    got = davit("inspect", "nosuch", code=1)
    assert (got.stdout, got.stderr) == ("[]\n", "Error: No such object: nosuch\n")


def test_history(davit, app):
    image, reference = app

    header, *rows = davit("history", reference).lines

    assert columns(header) == ["IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"]
    assert [(columns(row)[0], columns(row)[2], columns(row)[3]) for row in rows] == \
        [(image.id[7:19], "layer 2", "4B"), ("<missing>", "layer 1", f"{(sum_of_files(image) - 4) / 1e6:.2f}MB")]


def test_history_flags(davit, app):
    image, reference = app
    assert davit("history", "-q", reference).lines == [image.id[7:19], "<missing>"]
    assert davit("history", "--no-trunc", reference).lines[1].startswith(image.id)
    first = json.loads(davit("history", "--format", "json", reference).lines[0])
    assert (first["ID"], first["CreatedBy"], first["Size"], first["CreatedAt"]) == (image.id[7:19], "layer 2", "4B", "2024-01-02T03:04:05Z")


def test_history_shows_empty_layers_of_the_config(davit, registry):
    image = images.busybox()
    config = json.loads(image.config)
    config["history"].append({"created": config["created"], "created_by": '/bin/sh -c #(nop)  CMD ["' + "x" * 60 + '"]', "empty_layer": True})
    image.config = json.dumps(config).encode()
    manifest = json.loads(image.manifest)
    manifest["config"] |= {"size": len(image.config), "digest": image.id}
    image.manifest = json.dumps(manifest).encode()
    reference = registry.push("team/app:1", image)
    davit("pull", "-q", reference)

    _, top, bottom = davit("history", reference).lines

    assert columns(top)[2:4] == ['/bin/sh -c #(nop)  CMD ["xxxxxxxxxxxxxxxxxxx…', "0B"]
    assert columns(bottom)[2] == "layer 1"


def test_history_of_what_is_not_here(davit):
    assert davit("history", "nosuch", code=1).stderr == "Error response from daemon: No such image: nosuch:latest\n"


def test_tag_gives_a_second_name(davit, app):
    image, reference = app
    assert davit("tag", reference, "mine:2").output == ""
    assert davit("tag", image.id[7:19], "mine").output == ""
    assert davit.id_of("mine:2") == davit.id_of("mine:latest") == image.id


def test_tag_moves_a_name(davit, app, registry):
    _, reference = app
    other = registry.push_busybox("team/app:2", text="two\n")
    davit("pull", "-q", other)
    davit("tag", reference, "mine:1")
    davit("tag", other, "mine:1")
    assert davit.id_of("mine:1") == davit.id_of(other)


@pytest.mark.parametrize("target, words", [
    ("UPPER", 'Error parsing reference: "UPPER" is not a valid repository/tag: invalid reference format: repository name (library/UPPER) must be lowercase\n'),
    ("x@sha256:" + "0" * 64, "refusing to create a tag with a digest reference\n"),
    ("sha256:1", "Error response from daemon: refusing to create an ambiguous tag using digest algorithm as name\n"),
])
def test_tag_refuses(davit, app, target, words):
    assert davit("tag", app[1], target, code=1).stderr == words


def test_tag_of_what_is_no_name(davit):
    assert davit("tag", "BAD", "x:1", code=1).stderr == \
        'Error parsing reference: "BAD" is not a valid repository/tag: invalid reference format: repository name (library/BAD) must be lowercase\n'


def test_tag_of_what_is_not_here(davit):
    assert davit("tag", "nosuch:1", "x:2", code=1).stderr == "Error response from daemon: No such image: nosuch:1\n"
