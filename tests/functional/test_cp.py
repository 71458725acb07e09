"""davit cp, both ways, with containers that run and that do not; docker does the same."""

import io
import os
import re
import subprocess
import tarfile

import pytest
from testing import images
from testing.processes import wait_until
from testing.terminal import Terminal


@pytest.fixture(params=["overlay", "erofs"])
def driver(request):
    return request.param


ENTRIES = [images.folder("p", mode=0o750, uid=5, gid=6), images.folder("p/q", uid=5, gid=6), images.file("p/q/z", "z\n", uid=5, gid=6),
           images.symlink("p/l", "q"), images.fifo("p/fifo"), images.hard_link("p/hard", "p/q/z"), images.file("w/old", "old\n"),
           images.folder("w/real"), images.symlink("ldir", "/w/real"), images.symlink("lfile", "/w/old"), images.symlink("ldang", "/w/none"),
           images.folder("tmp/t"), images.symlink("up", "../../../../../../etc"), images.folder("k"), images.folder("k/f"), images.file("k/d", "a")]


@pytest.fixture
def box(davit, registry):
    reference = registry.push("team/box:1", images.busybox(*ENTRIES))
    davit("pull", "-q", reference)
    return reference


@pytest.fixture(params=["running", "stopped"])
def container(request, davit, box):
    """The name of a container of the image."""
    if request.param == "running":
        davit("run", "-d", "--name", "cc", "--network", "none", box, "sleep", "600")
    else:
        davit("run", "--name", "cc", "--network", "none", box, "true")
    return "cc"


@pytest.fixture
def host(folder):
    """A folder of the host with some files in it, the current one of copies."""
    path = folder / "cwd"
    (path / "d/sub").mkdir(parents=True)
    (path / "f").write_text("x\n")
    os.chown(path / "f", 1000, 1001)
    os.chmod(path / "f", 0o640)
    (path / "d/sub/y").write_text("y\n")
    for name in ("d", "d/sub", "d/sub/y"):
        os.chown(path / name, 33, 33)
    os.chmod(path / "d", 0o700)
    for name, target in (("l", "f"), ("ld", "d"), ("dang", "nowhere"), ("d/inner", "f")):
        (path / name).symlink_to(target)
    return path


def exported(davit, container, *folders):
    """{path: (type, mode, uid, gid, link or text)} below some folders of a container."""
    data = davit("export", container, text=False).stdout
    return tree(data, folders)


def tree(data, folders=("",)):
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            name = member.name.removeprefix("./").strip("/")
            if not any(name == top or name.startswith(top + "/") or not top for top in folders):
                continue
            text = member.linkname if member.issym() or member.islnk() else archive.extractfile(member).read() if member.isreg() else ""
            found[name] = (member.type, oct(member.mode & 0o7777), member.uid, member.gid, text)
    return found


def seen(folder, *names):
    """The same of the host's files."""
    found = {}
    for top in names:
        for path in sorted([folder / top, *(folder / top).rglob("*")] if (folder / top).is_dir() and not (folder / top).is_symlink() else [folder / top]):
            status = path.lstat()
            kind = "l" if path.is_symlink() else "d" if path.is_dir() else "p" if path.is_fifo() else "f"
            found[str(path.relative_to(folder))] = (kind, oct(status.st_mode & 0o7777), status.st_uid, status.st_gid,
                                                    os.readlink(path) if kind == "l" else path.read_text() if kind == "f" else "")
    return found


# What docker does with the same arguments, step by step; each row is one command, in a container and a host folder that the rows share.
IN = [("f", "/tmp/f1"), ("-a", "f", "/tmp/f2"), ("d", "/tmp/t"), ("d", "/tmp/new"), ("d/.", "/tmp/t"), ("d/.", "/tmp/new2"), ("d/", "/tmp/new3/"),
      ("f", "/ldir"), ("f", "/lfile"), ("f", "/ldang"), ("d", "/ldir"), ("l", "/tmp/l1"), ("-L", "l", "/tmp/l2"), ("ld", "/tmp/ld1"), ("ld/", "/tmp/ld2"),
      ("-L", "ld", "/tmp/ld3"), ("dang", "/tmp/dang1"), ("-L", "dang", "/tmp/dang2"), ("f", "/tmp/t/d"), ("d", "/tmp/f1"), ("f", "/k"), ("d", "/k"),
      (".", "/tmp/cwd"), ("f", "rel"), ("f", "/nosuch/dir/x"), ("f", "/nosuch/"), ("d", "/etc/passwd"), ("f", "/etc/passwd/"), ("./nosuch", "/"),
      ("nosuch/", "/"), ("f", "/up/copied"), ("l", "/etc"), ("f", "/tmp/../tmp/dots"), ("f", "/ldir/../beside")]


def words(output):
    """Without what Go's logger says, and with the folders of the machine made plain."""
    lines = [line for line in output.splitlines() if not line.startswith("time=")]
    return [re.sub(r"/[^ \"]*/(cwd|merged)\b", r"/\1", line) for line in lines]


def test_into_a_container_as_docker(davit, docker, has_docker_28, box, container, host):
    docker("pull", "-q", box)
    docker("rm", "-f", "cc", code=None)
    docker("run", "-d", "--name", "cc", "--network", "none", box, "sleep", "600")

    for *flags, source, target in IN:
        ours = davit("cp", *flags, source, f"cc:{target}", cwd=host, code=None)
        theirs = subprocess.run(["docker", "cp", *flags, source, f"cc:{target}"], cwd=host, env=docker.environment, capture_output=True, text=True,
                                stdin=subprocess.DEVNULL)
        assert ours.code == theirs.returncode, f"cp {flags} {source} cc:{target}"
        if has_docker_28:
            assert words(ours.output) == words(theirs.stdout + theirs.stderr), f"cp {flags} {source} cc:{target}"

    folders = ("tmp", "w", "k", "rel", "etc/copied", "etc/l", "etc/passwd", "beside", "ldir", "lfile", "ldang")
    theirs = tree(subprocess.run(["docker", "export", "cc"], env=docker.environment, capture_output=True).stdout, folders)
    assert exported(davit, container, *folders) == theirs
    docker("rm", "-f", "cc")


OUT = [("/p", "out"), ("/p/.", "out2"), ("/p/.", "out2"), ("/p/l", "out3"), ("/p/l/", "out4"), ("-L", "/p/l", "out5"), ("/p/q/z", "l"), ("/p/q/z", "ld"),
       ("/p/q/z", "dang"), ("/p/q/z", "ld/sub"), ("/p", "f"), ("/p", "d"), ("/p/q/z", "d/p"), ("/p/q/z", "nosuch/dir/x"), ("/p/q/z", "nosuch/"),
       ("/p", "new/"), ("/nosuch", "."), ("/p/q/z/", "."), ("/p/q/z/x", "."), ("/p/fifo", "fifo"), ("/up/group", "group"), ("/lfile", "lf"),
       ("-L", "/lfile", "lf2"), ("-L", "/ldang", "never"), ("/ldir/", "emptied"), ("p/q", "relative"), ("/p/hard", "hard"), ("", "x"), ("/p/q/z", "/dev/null")]


def test_out_of_a_container_as_docker(davit, docker, has_docker_28, box, container, host):
    docker("pull", "-q", box)
    docker("rm", "-f", "cc", code=None)
    docker("create", "--name", "cc", "--network", "none", box, "true")
    theirs_in = host.parent / "theirs/cwd"
    theirs_in.parent.mkdir()
    subprocess.run(["cp", "-a", host, theirs_in], check=True)

    for *flags, source, target in OUT:
        ours = davit("cp", *flags, f"cc:{source}", target, cwd=host, code=None)
        theirs = subprocess.run(["docker", "cp", *flags, f"cc:{source}", target], cwd=theirs_in, env=docker.environment, capture_output=True, text=True,
                                stdin=subprocess.DEVNULL)
        assert ours.code == theirs.returncode, f"cp {flags} cc:{source} {target}\n{ours}\n{theirs}"
        if has_docker_28 and "lstat" not in theirs.stderr:  # docker names a folder of its own there
            assert words(ours.output) == words(theirs.stdout + theirs.stderr), f"cp {flags} cc:{source} {target}"

    assert seen(host, ".") == seen(theirs_in, ".")
    docker("rm", "-f", "cc")


def test_archive_keeps_owners(davit, container, host):
    davit("cp", "-a", "cc:/p", "out", cwd=host)
    davit("cp", "cc:/p", "plain", cwd=host)

    assert {row[2:4] for path, row in seen(host, "out").items() if row[0] in "fd"} == {(5, 6)}
    assert {row[2:4] for row in seen(host, "plain").values()} == {(0, 0)}
    assert (host / "out/hard").stat().st_ino == (host / "out/q/z").stat().st_ino


def test_as_a_tar(davit, container, host):
    def members(*arguments):
        with tarfile.open(fileobj=io.BytesIO(davit("cp", *arguments, "-", text=False).stdout)) as archive:
            return [(member.name, member.uid, member.linkname) for member in archive]
    assert members("cc:/p") == [("p", 5, ""), ("p/fifo", 0, ""), ("p/hard", 5, ""), ("p/l", 0, "q"), ("p/q", 5, ""), ("p/q/z", 5, "p/hard")]
    assert members("cc:/p/.")[:3] == [(".", 5, ""), ("./fifo", 0, ""), ("./hard", 5, "")]
    assert members("cc:/p/q/z") == [("z", 5, "")]
    assert members("cc:/p/l") == [("l", 0, "q")]
    assert members("-L", "cc:/p/l") == [("q", 5, ""), ("q/z", 5, "")]


def archive_of(*entries):
    return images.tar_of(*entries)


def test_from_a_tar(davit, container):
    archive = archive_of(images.file("f", "f\n", uid=7, gid=8), images.file("deep/er/g", "g\n"), images.symlink("s", "/etc/passwd"))

    davit("cp", "-", "cc:/tmp/t", stdin=archive)

    found = exported(davit, "cc", "tmp/t")
    assert found["tmp/t/f"][1:] == ("0o644", 7, 8, b"f\n")
    assert found["tmp/t/deep/er/g"][4] == b"g\n" and found["tmp/t/deep"][1:4] == ("0o755", 0, 0)
    assert found["tmp/t/s"][4] == "/etc/passwd"


def test_a_tar_is_refused_in_dockers_words(davit, container):
    def refusal(stdin, target="cc:/tmp/t"):
        return davit("cp", "-", target, stdin=stdin, code=1).stderr
    assert refusal(archive_of(images.file("../../evil", "x"))) == \
        'Error response from daemon: Error processing tar file(exit status 1): "../../evil" is outside of "/tmp/t"\n'
    assert refusal(b"not a tar").startswith("Error response from daemon: Error processing tar file(exit status 1): ")
    assert refusal(b"", "cc:/nosuch") == 'destination "cc:/nosuch" must be a directory\n'
    assert refusal(b"", "cc:/etc/passwd") == 'destination "cc:/etc/passwd" must be a directory\n'


def test_links_in_a_tar_do_not_lead_out(davit, container, folder):
    """Entries that go through a link of the archive's own, as a hostile one has them."""
    (folder / "victim").mkdir()
    archive = archive_of(images.symlink("out", str(folder / "victim")), images.file("out/evil", "x"))

    davit("cp", "-", "cc:/tmp/t", stdin=archive, code=None)

    assert list((folder / "victim").iterdir()) == []


def test_wrong_input(davit, container, host):
    def refusal(*arguments):
        return davit("cp", *arguments, cwd=host, code=1).stderr
    assert refusal("a", "b") == "must specify at least one container source\n"
    assert refusal("cc:/x", "c2:/x") == "copying between containers is not supported\n"
    assert refusal("-", "-") == "must specify at least one container source\n"
    assert refusal("nosuch:/x", ".") == "Error response from daemon: No such container: nosuch\n"
    assert refusal(".", "nosuch:/x") == "Error response from daemon: No such container: nosuch\n"
    assert refusal("cc:", "x") == "Error response from daemon: bad parameter: pathcannot be empty\n"
    assert refusal("f", "cc:") == "no such directory\n"
    assert refusal("cc:/etc/passwd/x", ".") == "Error response from daemon: lstat /etc/passwd/x: not a directory\n"
    assert refusal("cc:/p", "") == "destination can not be empty\n" and refusal("", "cc:/p") == "source can not be empty\n"
    usage = davit("cp", "a", code=1).stderr
    assert usage == ("davit: 'davit cp' requires 2 arguments\n\nUsage:  davit cp [OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n"
                     "\tdavit cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH\n\nRun 'davit cp --help' for more information\n")


# What is said.

def test_words_on_success(davit, container, host):
    assert davit("cp", "f", "cc:/tmp/", cwd=host).output == ""
    assert davit("cp", "--quiet=false", "f", "cc:/tmp/", cwd=host).stderr == "Successfully copied 2.05kB to cc:/tmp/\n"
    assert davit("cp", "--quiet=false", "cc:/tmp/f", "back", cwd=host).stderr == f"Successfully copied 2.05kB to {host}/back\n"


# Mounts.

@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_volumes_and_binds_are_reached(davit, box, host, running):
    (host / "bind").mkdir()
    davit("run", *(["-d"] if running else []), "--name", "cc", "--network", "none", "-v", "v1:/vol", "-v", f"{host}/bind:/bind", "-v", f"{host}/f:/w/file",
          "-v", f"{host}/bind:/ro:ro", box, *(["sleep", "600"] if running else ["true"]))

    for place in ("vol", "bind"):
        davit("cp", "f", f"cc:/{place}/copied", cwd=host)
        davit("cp", f"cc:/{place}/copied", f"from-{place}", cwd=host)
    davit("cp", "cc:/w/file", "from-file", cwd=host)
    davit("cp", "cc:/etc/hosts", "hosts", cwd=host)

    assert (davit.root / "volumes/v1/_data/copied").read_text() == "x\n" and (host / "bind/copied").read_text() == "x\n"
    assert [(host / name).read_text() for name in ("from-vol", "from-bind", "from-file")] == ["x\n"] * 3
    assert "127.0.0.1" in (host / "hosts").read_text()
    assert davit("cp", "f", "cc:/ro/x", cwd=host, code=1).stderr == "Error response from daemon: mounted volume is marked read-only\n"


def test_nothing_stays_mounted(davit, container, host):
    before = subprocess.run(["findmnt", "-rn"], capture_output=True, text=True).stdout
    for number in range(3):
        davit("cp", "f", "cc:/tmp/", cwd=host)
        davit("cp", "cc:/nosuch", ".", cwd=host, code=1)
    assert subprocess.run(["findmnt", "-rn"], capture_output=True, text=True).stdout == before


@pytest.mark.parametrize("driver", ["overlay", "erofs"])
def test_killed_on_the_way_nothing_stays(davit, box, host, folder):
    davit("run", "--name", "cc", "--network", "none", "-v", "v1:/vol", box, "true")
    before = subprocess.run(["findmnt", "-rn"], capture_output=True, text=True).stdout
    counted = folder / "count"
    davit("cp", "d", "cc:/tmp/t", cwd=host, env={"DAVIT_FAULT": f"count:{counted}"})
    for number in range(1, int(counted.read_text().split()[0]) + 1):
        davit("cp", "d", "cc:/tmp/t", cwd=host, env={"DAVIT_FAULT": f"{number}:kill"}, code=None)
        davit("cp", "d", "cc:/tmp/t", cwd=host)
        if driver_is_overlay(davit):
            assert subprocess.run(["findmnt", "-rn"], capture_output=True, text=True).stdout == before
    davit("rm", "cc")
    assert subprocess.run(["findmnt", "-rn"], capture_output=True, text=True).stdout == before


def driver_is_overlay(davit):
    return davit.driver == "overlay"


# A container that does what it can against it.

HOSTILE = "while true; do ln -sfn VICTIM /t/a; rm -f /t/a; mkdir /t/a; rmdir /t/a; done"


def test_a_hostile_container_never_leads_out(davit, box, host, folder):
    """The container swaps a folder for a link to the host's while files are copied there and from there."""
    victim = folder / "victim"
    victim.mkdir()
    (victim / "y").write_text("secret\n")
    davit("run", "-d", "--name", "cc", "--network", "none", box, "sh", "-c", f"mkdir /t; {HOSTILE.replace('VICTIM', str(victim))}")
    (host / "a").mkdir()
    (host / "a/y").write_text("evil\n")

    copied = 0
    for number in range(60):
        copied += davit("cp", "a/y", "cc:/t/a/y", cwd=host, code=None).code == 0
        davit("cp", "a", "cc:/t", cwd=host, code=None)
        davit("cp", "a/.", "cc:/t/a/", cwd=host, code=None)
        if davit("cp", "cc:/t/a/y", f"out{number}", cwd=host, code=None).code == 0:
            assert (host / f"out{number}").read_text() != "secret\n"
        davit("cp", "-L", "cc:/t/a", f"dir{number}", cwd=host, code=None)
        assert [path.name for path in victim.iterdir()] == ["y"] and (victim / "y").read_text() == "secret\n"
        for path in (host / f"dir{number}").glob("**/y") if (host / f"dir{number}").is_dir() else ():
            assert path.read_text() != "secret\n"
