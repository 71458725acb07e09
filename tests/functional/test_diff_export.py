"""davit diff and davit export: what a container changed, and its tree."""

import io
import os
import subprocess
import tarfile

import pytest
from testing import images
from testing.terminal import Terminal
from testing.processes import wait_until


@pytest.fixture(params=["overlay", "erofs"])
def driver(request):
    return request.param


SCRIPT = """echo x >/etc/new; rm /etc/group; echo y >>/etc/passwd; mkdir -p /a/b; ln -s x /a/b/c; rm -rf /d; mkdir /d; echo z >/d/again; touch /d/more
chmod 700 /tmp; rm /e/f; mkdir /e/f; rm -r /g; touch -d '2023-11-14 22:13:20' /same; mkfifo /fifo; ln /etc/new /hard; mv /moved /to"""


@pytest.fixture
def box(davit, registry):
    more = [images.folder("d"), images.file("d/again", "1"), images.file("d/gone", "2"), images.folder("e"), images.file("e/f", "3"), images.folder("g"),
            images.file("g/h", "4"), images.file("same", "same"), images.folder("moved"), images.file("moved/x", "5")]
    layers = [images.layer(*images.busybox_entries(*(images.symlink(f"bin/{name}", "busybox") for name in ("chmod", "mkfifo", "mv"))), *more)]
    reference = registry.push("team/box:1", images.image(*layers, config={}))
    davit("pull", "-q", reference)
    return reference


def test_diff_as_docker(davit, docker, box):
    docker("rm", "-fv", "cc", code=None)
    docker("pull", "-q", box)
    docker("run", "--name", "cc", "--network", "none", "-v", "/vol", "--tmpfs", "/run", box, "sh", "-c", SCRIPT)
    davit("run", "--name", "cc", "--network", "none", "-v", "/vol", "-v", "/run", box, "sh", "-c", SCRIPT)

    ours = davit("diff", "cc")

    assert sorted(ours.lines) == sorted(docker("diff", "cc").splitlines())
    assert [line.split(" ", 1)[1] for line in ours.lines] == sorted((line.split(" ", 1)[1] for line in ours.lines), key=lambda path: path.split("/"))
    docker("rm", "-fv", "cc")


def test_diff_of_one_that_did_nothing(davit, box):
    davit("run", "--name", "cc", "--network", "none", box, "true")
    assert davit("diff", "cc").output == ""


def test_diff_while_it_runs(davit, box):
    davit("run", "-d", "--name", "cc", "--network", "none", box, "sh", "-c", "echo x >/new; echo ready; sleep 600")
    wait_until(lambda: davit("diff", "cc").stdout == "A /new\n", what="the change")
    davit("rm", "-f", "cc")


def test_wrong_words(davit):
    assert davit("diff", "nosuch", code=1).stderr == "Error response from daemon: No such container: nosuch\n"
    assert davit("export", "nosuch", code=1).stderr == "Error response from daemon: No such container: nosuch\n"
    assert davit("export", "-o", "nosuch/dir/x.tar", "cc", code=1).stderr == \
        "failed to export container: invalid output path: stat nosuch/dir: no such file or directory\n"
    assert davit("export", "-o", ".", "cc", code=1).stderr == "failed to export container: cannot write to a directory\n"


def members(data):
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            name = member.name.removeprefix("./").strip("/")
            text = member.linkname if member.issym() else archive.extractfile(member).read() if member.isreg() else ""
            found[name] = (member.type if not member.islnk() else tarfile.REGTYPE, oct(member.mode & 0o7777), member.uid, member.gid, text if not member.islnk() else None)
    return found


@pytest.mark.parametrize("command", ["true", "sleep 600"], ids=["stopped", "running"])
def test_export_as_docker(davit, docker, box, folder, command):
    docker("rm", "-fv", "cc", code=None)
    docker("pull", "-q", box)
    script = SCRIPT + "; echo done >/vol/done; " + command
    docker("run", "-d", "--name", "cc", "--network", "none", "-v", "/vol", box, "sh", "-c", script)
    davit("run", "-d", "--name", "cc", "--network", "none", "-v", "v1:/vol", box, "sh", "-c", script)
    wait_until(lambda: (davit.root / "volumes/v1/_data/done").exists(), what="the script")
    if command == "true":
        wait_until(lambda: not davit("ps", "-q").lines, what="the end")
        docker("wait", "cc")
    else:
        wait_until(lambda: "A /to/x" in docker("diff", "cc"), what="docker's script")

    davit("export", "-o", folder / "out.tar", "cc")

    ours = members((folder / "out.tar").read_bytes())
    theirs = members(subprocess.run(["docker", "export", "cc"], env=docker.environment, capture_output=True).stdout)
    ours.pop(".", None)
    # The runtime makes what a volume is mounted on, with a bit more than docker gives it.
    ours["vol"] = (ours["vol"][0], theirs["vol"][1], *ours["vol"][2:])
    # Where another name of a file comes first, that has the content.
    for both in (ours, theirs):
        assert {both.pop("hard")[4], both["etc/new"][4]} == {b"x\n", None}
        both["etc/new"] = both["etc/new"][:4]
    assert ours == theirs
    assert "vol" in ours and "vol/done" not in ours
    docker("rm", "-fv", "cc")
    davit("rm", "-f", "cc")


def test_export_to_standard_output_and_back(davit, box):
    davit("run", "--name", "cc", "--network", "none", box, "sh", "-c", "echo kept >/kept")

    archive = davit("export", "cc", text=False).stdout
    davit("import", "-c", "CMD cat /kept", "-", "again:1", stdin=archive)

    assert davit("run", "--rm", "--network", "none", "again:1").stdout == "kept\n"


def test_export_refuses_a_terminal(davit, box):
    davit("run", "--name", "cc", "--network", "none", box, "true")
    terminal = Terminal(davit.command("export", "cc"), env=davit.environment)
    terminal.wait(code=1)
    assert "cowardly refusing to save to a terminal. Use the -o flag or redirect" in " ".join(terminal.shown)


def test_nothing_stays(davit, box):
    davit("run", "--name", "cc", "--network", "none", box, "true")
    before = subprocess.run(["findmnt", "-rn"], capture_output=True, text=True).stdout
    davit("export", "cc", text=False)
    davit("diff", "cc")
    assert subprocess.run(["findmnt", "-rn"], capture_output=True, text=True).stdout == before
