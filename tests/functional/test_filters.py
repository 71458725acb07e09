"""images --filter."""

import pytest
from testing import images


@pytest.fixture(scope="module")
def program():
    """old:1 (2020, tier=front, env=prod), mid:1 (2022, tier=back), new:1 (2024) and one without a name (2021)."""
    import os
    from pathlib import Path
    from testing.davit import Davit
    folder = Path(os.environ["DAVIT_SANDBOX"]) / "filters"
    folder.mkdir()
    davit = Davit(folder)
    for name, year, changes in [("old:1", 2020, ["LABEL tier=front env=prod"]), ("mid:1", 2022, ["LABEL tier=back"]), ("team/new:1", 2024, []), (None, 2021, [])]:
        archive = folder / "tree.tar"
        archive.write_bytes(images.tar_of(images.file("etc/text", f"{name}\n")))
        davit("import", *[word for change in changes for word in ("-c", change)], archive, *([name] if name else []),
              env={"DAVIT_TEST_NOW": f"{year}-06-01T12:00:00Z"})
    davit("tag", "old:1", "team/old:2")
    return davit


def listed(program, *filters, pattern=None, env=None):
    words = [word for one in filters for word in ("--filter", one)]
    return sorted(program("images", *words, "--format", "{{.Repository}}:{{.Tag}}", *([pattern] if pattern else []), env=env).lines)


ALL = ["<none>:<none>", "mid:1", "old:1", "team/new:1", "team/old:2"]


@pytest.mark.parametrize("filters, names", [
    ([], ALL),
    (["dangling=true"], ["<none>:<none>"]),
    (["dangling=1"], ["<none>:<none>"]),
    (["dangling=false"], ALL[1:]),
    (["label=tier"], ["mid:1", "old:1", "team/old:2"]),
    (["label=tier=back"], ["mid:1"]),
    (["label=tier=front", "label=env=prod"], ["old:1", "team/old:2"]),
    (["label=tier=front", "label=env=test"], []),
    (["LABEL = tier=back "], ["mid:1"]),
    (["before=mid:1"], ["<none>:<none>", "old:1", "team/old:2"]),
    (["since=mid:1"], ["team/new:1"]),
    (["since=old:1", "before=team/new:1"], ["<none>:<none>", "mid:1"]),
    (["before=mid:1", "before=old:1"], []),
    (["reference=old"], ["old:1"]),
    (["reference=*:1"], ["mid:1", "old:1"]),
    (["reference=team/*"], ["team/new:1", "team/old:2"]),
    (["reference=team/*:2", "reference=mid"], ["mid:1", "team/old:2"]),
    (["reference=[mn]*", "dangling=false"], ["mid:1"]),
    (["reference=nosuch"], []),
    (["until=2021-12-31"], ["<none>:<none>", "old:1", "team/old:2"]),
    (["until=2022-06-01T12:00:00Z"], ["<none>:<none>", "old:1", "team/old:2"]),
    (["until=1590000000"], []),
    (["until=2021-12-31", "label=tier"], ["old:1", "team/old:2"]),
    ([""], ALL),
])
def test_filter(program, filters, names):
    assert listed(program, *filters) == names


def test_until_a_duration_ago(program):
    now = {"DAVIT_TEST_NOW": "2022-06-02T12:00:00Z"}
    assert listed(program, "until=24h", env=now) == ["<none>:<none>", "old:1", "team/old:2"]
    assert listed(program, "until=23h59m", env=now) == ["<none>:<none>", "mid:1", "old:1", "team/old:2"]


def test_argument_is_one_more_reference(program):
    assert listed(program, "reference=mid", pattern="old") == ["mid:1", "old:1"]
    assert listed(program, "label=tier", pattern="mid") == ["mid:1"]


def test_short_form_and_group(program):
    assert program("image", "ls", "-f", "reference=mid", "-q", "--no-trunc").stdout == program.id_of("mid:1") + "\n"


@pytest.mark.parametrize("text, words", [
    ("nope=1", "Invalid filter 'nope'"),
    ("dangling=yes", "Invalid filter 'dangling=[yes]'"),
    ("before=nosuch", "No such image: nosuch:latest"),
    ("since=BAD", "invalid reference format: repository name must be lowercase"),
    ("until=soon", 'failed to parse value as time or duration: "soon"'),
    ("reference=[", "syntax error in pattern"),
])
def test_bad_filters_in_dockers_words(program, text, words):
    assert program("images", "--filter", text, code=1).stderr == f"Error response from daemon: {words}\n"


@pytest.mark.parametrize("text", ["x", "dangling"])
def test_what_is_no_filter_is_a_mistake_of_the_command_line(program, text):
    failed = program("images", "-f", text, code=125)
    assert failed.stderr == (f'invalid argument "{text}" for "-f, --filter" flag: bad format of filter (expected name=value)\n\n'
                             "Usage:  davit images [OPTIONS] [REPOSITORY[:TAG]]\n\nRun 'davit images --help' for more information\n")


def test_a_word_that_is_a_command_gets_a_hint(program):
    assert program("images", "ls").stderr == 'No images found matching "ls": did you mean "davit image ls"?\n'
    assert program("image", "ls", "ls").stderr == ""
    assert program("images", "nosuch").stderr == ""
