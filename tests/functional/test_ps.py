"""ps: rows, columns, filters, templates."""

import json
import os
import re
from pathlib import Path

import pytest
from testing.containers import OBEYS, import_busybox, listed, start, stopped
from testing.davit import Davit


@pytest.fixture(scope="module")
def program():
    """Oldest first: a1 (running, app=web, rev=2), a2 (paused, app=db, a folder mounted), c1 (created of lab:1), e0 and e5 (ended), h1 (running, host's network)."""
    folder = Path(os.environ["DAVIT_SANDBOX"]) / "ps"
    folder.mkdir()
    davit = Davit(folder)
    import_busybox(davit, "box:1")
    import_busybox(davit, "lab:1", "EXPOSE 8080", text="lab\n")
    start(davit, "box:1", name="a1")
    start(davit, "box:1", name="a2", options=["-v", f"{folder}:/mnt"])
    start(davit, "lab:1", name="c1")
    davit("kill", "c1")
    stopped(davit, "box:1", name="e0")
    stopped(davit, "box:1", "sh", "-c", "exit 5", name="e5", code=5)
    davit("run", "-d", "--network", "host", "--name", "h1", "lab:1", *OBEYS)
    davit("pause", "a2")
    yield davit
    davit("rm", "-f", *davit("ps", "-aq").lines)


def ids(program):
    return dict(line.split() for line in program("ps", "-a", "--no-trunc", "--format", "{{.Names}} {{.ID}}").lines)


ALL = ["h1", "e5", "e0", "c1", "a2", "a1"]


@pytest.mark.parametrize("words, names", [
    ([], ["h1", "a2", "a1"]),
    (["-a"], ALL),
    (["-n", "2"], ["h1", "e5"]),
    (["-n", "0"], ["h1", "a2", "a1"]),
    (["-n", "-1"], ["h1", "a2", "a1"]),
    (["-l"], ["h1"]),
    (["-l", "-n", "3"], ["h1", "e5", "e0"]),
    (["-n", "2", "-f", "name=a"], ["a2", "a1"]),
])
def test_which_are_listed(program, words, names):
    assert listed(program, *words) == names


@pytest.mark.parametrize("filters, names", [
    (["ancestor=box:1"], ["e5", "e0", "a2", "a1"]),
    (["ancestor=lab:1"], ["h1", "c1"]),
    (["ancestor=box:1", "ancestor=lab:1"], ALL),
    (["ancestor=box"], []),
    (["ancestor=nosuch"], []),
    (["ancestor=BAD"], []),
    (["before=c1"], ["a2", "a1"]),
    (["since=e5"], ["h1"]),
    (["since=a1", "before=e0"], ["c1", "a2"]),
    (["exited=0"], ["e0"]),
    (["exited=5"], ["e5"]),
    (["exited=137"], ["c1"]),
    (["exited=-1"], []),
    (["exited=0", "exited=5"], ["e5", "e0"]),
    (["health=none"], ALL),
    (["health=healthy"], []),
    (["id=zzz"], []),
    (["is-task=true"], []),
    (["is-task=false"], ALL),
    (["isolation=default"], ALL),
    (["name=a"], ["a2", "a1"]),
    (["name=^a"], ["a2", "a1"]),
    (["name=/a1"], ["a1"]),
    (["name=^/e.$"], ["e5", "e0"]),
    (["name=["], []),
    (["name=a1", "name=c1"], ["c1", "a1"]),
    (["name=a1", "name=c1", "status=exited"], ["c1"]),
    (["network=none"], ["e5", "e0", "c1", "a2", "a1"]),
    (["network=host"], ["h1"]),
    (["network=nosuch"], []),
    (["status=running"], ["h1", "a1"]),
    (["status=paused"], ["a2"]),
    (["status=exited"], ["e5", "e0", "c1"]),
    (["status=created"], []),
    (["status=dead"], []),
    (["status=removing"], []),
    (["status=restarting"], []),
    (["volume=/mnt"], ["a2"]),
    (["volume=/nosuch"], []),
    (["publish=80"], []),
    (["expose=80"], []),
    (["expose=8080"], ["h1", "c1"]),
    (["expose=8000-9000/tcp"], ["h1", "c1"]),
    (["expose=8080/udp"], []),
    ([""], ALL),
])
def test_filter(program, filters, names):
    assert listed(program, "-a", *[word for one in filters for word in ("-f", one)]) == names


def test_filters_by_id_and_by_what_is_mounted(program):
    by_name = ids(program)
    assert listed(program, "-f", f"id={by_name['a1']}") == ["a1"]
    assert listed(program, "-f", f"id={by_name['a1'][:10]}") == ["a1"]
    assert listed(program, "-f", f"id=^{by_name['a1'][:10]}") == []
    assert listed(program, "-f", f"before={by_name['a2'][:12]}") == ["a1"]
    assert listed(program, "-f", f"volume={program.folder}") == ["a2"]
    image = program("images", "-q", "lab:1").stdout.strip()
    assert listed(program, "-a", "-f", f"ancestor={image}") == ["h1", "c1"]


def test_a_status_asks_for_all_and_nothing_else_does(program):
    assert listed(program, "-f", "status=exited") == ["e5", "e0", "c1"]
    assert listed(program, "-f", "exited=0") == listed(program, "-f", "name=e") == []
    assert listed(program, "-f", "before=e5") == ["a2", "a1"]


@pytest.mark.parametrize("filters, words", [
    ("before=nosuch", "no such container nosuch"),
    ("since=nosuch", "no such container nosuch"),
    ("exited=x", 'strconv.Atoi: parsing "x": invalid syntax'),
    ("health=bad", "Unrecognised filter value for health: bad"),
    ("is-task=x", "Invalid filter 'is-task=[x]'"),
    ("label!=app", "Invalid filter 'label!'"),
    ("status=x", "Invalid filter 'status=x'"),
    ("nope=1", "Invalid filter 'nope'"),
    ("publish=x", 'error while looking up for publish x: strconv.ParseUint: parsing "x": invalid syntax'),
    ("expose=99999", 'error while looking up for expose 99999: strconv.ParseUint: parsing "99999": value out of range'),
    ("=x", "Invalid filter ''"),
])
def test_bad_filters_in_dockers_words(program, filters, words):
    refused = program("ps", "-a", "-f", filters, code=1)
    assert refused.stderr == f"Error response from daemon: {words}\n" and refused.stdout == ""


def test_what_is_no_filter_or_no_number_is_a_mistake_of_the_command_line(program):
    assert program("ps", "-f", "bad", code=125).stderr.startswith(
        'invalid argument "bad" for "-f, --filter" flag: bad format of filter (expected name=value)\n')
    assert program("ps", "-n", "x", code=125).stderr.startswith('invalid argument "x" for "-n, --last" flag: strconv.ParseInt: parsing "x": invalid syntax\n')
    assert program("ps", "extra", code=1).stderr.startswith("davit: 'davit ps' accepts no arguments\n")


def test_columns_and_status_words(program):
    lines = program("ps", "-a").lines
    assert re.split(r" {3,}", lines[0].rstrip()) == ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]
    states = dict(line.split(" ", 1) for line in program("ps", "-a", "--format", "{{.Names}} {{.State}} {{.Status}}").lines)
    patterns = {"a1": r"running Up .+", "a2": r"paused Up .+ \(Paused\)", "c1": r"exited Exited \(137\) .+ ago", "e0": r"exited Exited \(0\) .+ ago",
                "e5": r"exited Exited \(5\) .+ ago", "h1": r"running Up .+"}
    for name, pattern in patterns.items():
        assert re.fullmatch(pattern, states[name]), states


def test_created_and_never_started(davit):
    import_busybox(davit, "box:1")
    davit("run", "--network", "none", "--name", "bad", "box:1", "nosuch", code=127)
    assert davit("ps", "-a", "--format", "{{.State}} {{.Status}}").stdout == "created Created\n"
    assert listed(davit, "-a", "-f", "status=created") == ["bad"] and listed(davit) == []


def test_quiet_and_no_trunc(program):
    by_name = ids(program)
    assert program("ps", "-aq", "--no-trunc").lines == [by_name[name] for name in ALL]
    assert program("ps", "-q").lines == [by_name[name][:12] for name in ("h1", "a2", "a1")]
    command = program("ps", "-l", "--no-trunc", "--format", "{{.Command}}").stdout
    assert command.startswith('"sh -c \'trap') and command.endswith("done'\"\n") or command.startswith('"sh -c trap'), command
    assert program("ps", "-l", "--format", "{{.Command}}").stdout.rstrip('"\n').endswith("…")


def test_size(davit):
    import_busybox(davit, "box:1")
    stopped(davit, "box:1", "sh", "-c", "echo 12345 >/f", name="written")
    virtual = davit("images", "--format", "{{.Size}}").stdout.strip()
    assert davit("ps", "-as").lines[0].split()[-2:] == ["NAMES", "SIZE"]
    assert davit("ps", "-as").lines[1].endswith(f"written   6B (virtual {virtual})")
    assert davit("ps", "-a", "--format", "{{.Size}}").stdout == f"6B (virtual {virtual})\n"
    fields = json.loads(davit("ps", "-a", "--format", "json").stdout)
    assert fields["Size"] == "0B" and fields["Platform"] is None
    assert list(fields) == ["Command", "CreatedAt", "ID", "Image", "Labels", "LocalVolumes", "Mounts", "Names", "Networks", "Platform", "Ports", "RunningFor",
                            "Size", "State", "Status"]
    assert json.loads(davit("ps", "-as", "--format", "json").stdout)["Size"] == f"6B (virtual {virtual})"
    assert "size:" not in davit("ps", "-a", "--format", "raw").stdout
    assert f"size: 6B (virtual {virtual})\n" in davit("ps", "-as", "--format", "raw").stdout


def test_mounts_and_networks(program):
    line = program("ps", "-f", "name=a2", "--no-trunc", "--format", "{{.Mounts}} {{.LocalVolumes}} {{.Networks}} {{.Ports}}").stdout
    assert line == f"{program.folder} 0 none \n"
    short = program("ps", "-f", "name=a2", "--format", "{{.Mounts}}").stdout.rstrip("\n")
    assert len(short) == 15 and short.endswith("…")


def test_container_forms_are_the_same(program):
    for form in ("container ls", "container list", "container ps"):
        assert program(*form.split(), "-aq").stdout == program("ps", "-aq").stdout
