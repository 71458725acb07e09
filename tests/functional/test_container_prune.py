"""container prune."""

import subprocess

import pytest
from testing.containers import import_busybox, listed, start, stopped


@pytest.fixture(autouse=True)
def image(davit):
    return import_busybox(davit, "box:1")


def test_takes_what_has_ended_newest_first_and_leaves_what_runs(davit):
    first, second = stopped(davit, "box:1", name="e1"), stopped(davit, "box:1", "sh", "-c", "exit 3", name="e2", code=3)
    start(davit, "box:1", name="web")
    pruned = davit("container", "prune", "-f")
    assert pruned.lines[:4] == ["Deleted Containers:", second, first, ""] and pruned.lines[4].startswith("Total reclaimed space: ")
    assert listed(davit, "-a") == ["web"]
    assert davit("container", "prune", "-f").stdout == "Total reclaimed space: 0B\n"


def test_leaves_a_paused_one(davit):
    start(davit, "box:1", name="web")
    davit("pause", "web")
    davit("container", "prune", "-f")
    assert listed(davit) == ["web"]


def test_what_is_reclaimed_is_what_the_disk_gained(davit):
    stopped(davit, "box:1", "sh", "-c", "cat /bin/busybox >/copy", name="e1")
    used = lambda: int(subprocess.run(["du", "-sk", davit.root], capture_output=True, text=True, check=True).stdout.split()[0])
    before = used()
    total = davit("container", "prune", "-f").lines[-1].removeprefix("Total reclaimed space: ")
    gained = (before - used()) * 1024
    assert total.endswith("MB") and abs(float(total[:-2]) * 1e6 - gained) < 0.05e6


@pytest.mark.parametrize("typed, goes", [("y\n", True), ("Y\n", True), ("n\n", False), ("\n", False), ("", False), ("yes\n", False)])
def test_it_asks(davit, typed, goes):
    container = stopped(davit, "box:1", name="e1")
    asked = davit("container", "prune", stdin=typed)
    question = "WARNING! This will remove all stopped containers.\nAre you sure you want to continue? [y/N] "
    assert asked.stdout.startswith(question)
    assert (container in asked.stdout) == goes
    assert listed(davit, "-a") == ([] if goes else ["e1"])


def test_filters(davit):
    stopped(davit, "box:1", name="e1")
    for words in (["until=1h"], ["until=2000-01-01"], ["label=keep"]):
        assert davit("container", "prune", "-f", "--filter", *words).stdout == "Total reclaimed space: 0B\n"
    assert listed(davit, "-a") == ["e1"]
    assert "Deleted Containers:" in davit("container", "prune", "-f", "--filter", "label!=keep", "--filter", "until=0s").stdout


@pytest.mark.parametrize("filters, words", [
    (["until=bad"], 'failed to parse value as time or duration: "bad"'),
    (["until=1h", "until=2h"], "more than one until filter specified"),
    (["nope=1"], "Invalid filter 'nope'"),
])
def test_bad_filters_in_dockers_words(davit, filters, words):
    result = davit("container", "prune", "-f", *[word for one in filters for word in ("--filter", one)], code=1)
    assert result.output == f"Error response from daemon: {words}\n"


def test_arguments_are_a_mistake(davit):
    assert davit("container", "prune", "-f", "extra", code=1).stderr.startswith("davit: 'davit container prune' accepts no arguments\n")
