"""davit tags log, tags restore, and name:tag@{N} wherever a reference is taken."""

import re

import pytest
from testing import images


@pytest.fixture
def moved(davit, registry):
    """A tag that meant `one`, then `two`. Their images and the reference."""
    one, two = images.busybox(text="one\n"), images.busybox(text="two\n")
    reference = registry.push("team/app:latest", one)
    davit("pull", "-q", reference)
    registry.push("team/app:latest", two)
    davit("pull", "-q", reference)
    return one, two, reference


def log(davit, reference):
    """The rows of `tags log`, newest first."""
    return davit("tags", "log", reference).lines[1:]


def test_log_tells_when_by_what_from_and_to(davit, moved):
    one, two, reference = moved

    newest, oldest = log(davit, reference)

    assert "@{0}" in newest and "@{1}" in oldest
    assert "pull" in newest and "pull" in oldest
    assert newest.split()[-5:-1] == ["pull", one.digest[7:19], two.digest[7:19], two.id[7:19]]
    assert oldest.split()[-5:-1] == ["pull", "<none>", one.digest[7:19], one.id[7:19]]
    assert "ago" in newest or "Less than a second" in newest


def test_every_command_that_moves_a_tag_is_in_the_log(davit, moved, folder):
    one, two, reference = moved
    (folder / "a.tar").write_bytes(images.tar_of(images.file("a")))
    davit("tag", reference, "mine:1")
    davit("import", folder / "a.tar", "mine:1")
    davit("tags", "restore", "mine:1@{1}")
    davit("rmi", "mine:1")

    rows = log(davit, "mine:1")

    for row, command in zip(rows, ("rmi", "restore", "import", "tag"), strict=True):
        assert re.search(rf"\b{command}\b", row), row


def test_setting_what_is_set_is_no_move(davit, moved):
    _, _, reference = moved
    davit("pull", "-q", reference)
    davit("tag", reference, reference)
    assert len(log(davit, reference)) == 2


def test_restore_brings_the_value_before(davit, moved):
    one, two, reference = moved

    davit("tags", "restore", f"{reference}@{{1}}")

    assert davit.id_of(reference) == one.id
    assert davit("run", "--rm", reference).stdout == "one\n"


def test_restore_is_a_move_that_can_be_undone(davit, moved):
    _, two, reference = moved
    davit("tags", "restore", f"{reference}@{{1}}")
    davit("tags", "restore", f"{reference}@{{1}}")
    assert davit.id_of(reference) == two.id


def test_history_needs_no_network(davit, moved, registry):
    one, _, reference = moved
    registry.forget_requests()

    davit("tags", "restore", f"{reference}@{{1}}")

    assert davit("run", "--rm", reference).stdout == "one\n"
    assert registry.requests() == []


def test_at_n_works_wherever_a_reference_is_taken(davit, moved, registry):
    one, two, reference = moved
    before = f"{reference}@{{1}}"

    assert davit("run", "--rm", before).stdout == "one\n"
    assert davit.id_of(before) == one.id
    assert davit.id_of(f"{reference}@{{0}}") == two.id
    assert davit("history", "-q", before).lines[0] == one.id[7:19]
    davit("tag", before, "old:1")
    assert davit.id_of("old:1") == one.id


def test_displaced_image_survives_until_rmi(davit, moved):
    one, _, reference = moved
    davit("rmi", reference)
    assert davit.id_of(f"{reference}@{{2}}") == one.id


def test_rmi_of_what_history_holds_frees_it_and_marks_it_gone(davit, moved, registry):
    one, two, reference = moved
    davit("rmi", one.id)

    oldest = log(davit, reference)[-1]

    assert "gone" in oldest
    failed = davit("tags", "restore", f"{reference}@{{1}}", code=1)
    assert f"davit pull {reference.rsplit(':', 1)[0]}@{one.digest}" in failed.stderr
    assert davit.id_of(reference) == two.id


def test_restore_of_what_there_never_was(davit, moved):
    _, _, reference = moved
    failed = davit("tags", "restore", f"{reference}@{{7}}", code=1)
    assert f"the oldest is {reference}@{{1}}" in failed.stderr
    failed = davit("tags", "restore", "nosuch:1@{1}", code=1)
    assert "nosuch:1" in failed.stderr


def test_restore_without_a_number_says_what_to_do(davit, moved):
    failed = davit("tags", "restore", moved[2], code=1)
    assert "@{" in failed.stderr


def test_log_of_an_unknown_tag(davit):
    assert "nosuch:1" in davit("tags", "log", "nosuch:1", code=1).stderr


def test_log_survives_the_loss_of_the_index(davit, moved):
    one, _, reference = moved
    before = log(davit, reference)
    for database in davit.root.rglob("*.sqlite*"):
        database.unlink()
    for database in davit.root.rglob("*.db*"):
        database.unlink()

    assert log(davit, reference) == before
    davit("tags", "restore", f"{reference}@{{1}}")
    assert davit.id_of(reference) == one.id
