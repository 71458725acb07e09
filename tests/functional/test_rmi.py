"""davit rmi."""

import pytest
from testing import images


@pytest.fixture
def app(davit, registry):
    image = images.busybox(text="one\n")
    reference = registry.push("team/app:1.0.0", image)
    davit("pull", "-q", reference)
    return image, reference


def chain_ids(image):
    """Bottom first, as docker names layers in `Deleted:`."""
    chain = [image.layers[0].diff_id]
    for one in image.layers[1:]:
        chain.append(images.digest(f"{chain[-1]} {one.diff_id}".encode()))
    return chain


def bytes_in(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def test_last_tag_untags_and_deletes(davit, app):
    image, reference = app

    removed = davit("rmi", reference)

    assert removed.lines == [f"Untagged: {reference}", f"Untagged: {reference.rsplit(':', 1)[0]}@{image.digest}", f"Deleted: {image.id}",
                             *(f"Deleted: {chain}" for chain in reversed(chain_ids(image)))]
    assert davit("images", "-a", "-q").lines == []


def test_last_tag_frees_the_disk(davit, app):
    before = bytes_in(davit.root)
    davit("rmi", app[1])
    assert before > 1_900_000 and bytes_in(davit.root) < 300_000


def test_one_of_two_tags_only_untags(davit, app):
    image, reference = app
    davit("tag", reference, "mine:2")
    assert davit("rmi", "mine:2").lines == ["Untagged: mine:2"]
    assert davit.id_of(reference) == image.id


def test_layers_that_another_image_uses_stay(davit, app, registry):
    image, reference = app
    other = registry.push_busybox("team/app:2", text="two\n")
    davit("pull", "-q", other)

    removed = davit("rmi", reference)

    assert removed.lines[-2:] == [f"Deleted: {image.id}", f"Deleted: {chain_ids(image)[1]}"]
    assert davit("run", "--rm", other).stdout == "two\n"


def test_several_of_which_some_are_wrong(davit, app):
    _, reference = app

    removed = davit("rmi", "nosuch:1", reference, "BAD", code=1)

    assert removed.lines[0] == f"Untagged: {reference}"
    assert removed.stderr.splitlines() == ["Error response from daemon: No such image: nosuch:1",
                                           "Error response from daemon: invalid reference format: repository name must be lowercase"]


def test_unknown_image(davit):
    assert davit("rmi", "nosuch:1", code=1).stderr == "Error response from daemon: No such image: nosuch:1\n"


def test_unknown_image_with_force_is_no_failure(davit):
    assert davit("rmi", "-f", "nosuch:1").stderr == "Error response from daemon: No such image: nosuch:1\n"


def test_by_id(davit, app):
    image, reference = app
    assert davit("rmi", image.id[7:19]).lines[:1] == [f"Untagged: {reference}"]
    assert davit("images", "-a", "-q").lines == []


def test_id_with_several_repositories_needs_force(davit, app):
    image, reference = app
    davit("tag", reference, "other:1")
    short = image.id[7:19]

    assert davit("rmi", short, code=1).stderr == \
        f"Error response from daemon: conflict: unable to delete {short} (must be forced) - image is referenced in multiple repositories\n"
    assert {f"Untagged: {reference}", "Untagged: other:1", f"Deleted: {image.id}"} <= set(davit("rmi", "-f", short).lines)


def test_after_the_container_is_gone_the_image_goes(davit, app):
    image, reference = app
    davit("run", "--name", "web", "--network", "none", reference, "true")
    davit("rm", "web")
    assert f"Deleted: {image.id}" in davit("rmi", reference).lines


def test_an_unreadable_container_record_keeps_every_image(davit, app):
    image, reference = app
    davit("run", "--network", "none", "--name", "web", reference)
    container = davit("ps", "-a", "-q", "--no-trunc").stdout.strip()
    record = davit.root / "containers" / container / "container.json"
    good = record.read_bytes()
    record.write_bytes(good[:-20])

    refused = davit("rmi", reference, code=1)
    assert str(record) in refused.stderr
    assert image.id[7:19] in davit("images").stdout

    record.write_bytes(good)
    davit("rm", "web")
    davit("rmi", reference)
