"""Volumes: the commands, who uses them, what they are filled with."""

import json
import os
import re
import subprocess

import pytest
from testing import images
from testing.processes import wait_until


@pytest.fixture(params=["overlay", "erofs"])
def driver(request):
    return request.param


@pytest.fixture
def box(davit, registry):
    """Busybox with a folder of data that alice owns."""
    data = [images.folder("data", mode=0o2750, uid=1000, gid=50), images.file("data/file", "of the image\n", mode=0o640, uid=1000, gid=50),
            images.folder("data/sub"), images.hard_link("data/sub/again", "data/file"), images.symlink("data/link", "/etc/passwd"),
            images.file("data/attributes", "", xattrs={"user.color": b"blue"}), images.fifo("data/fifo"),
            images.folder("empty", mode=0o700, uid=1000, gid=50), images.symlink("by-link", "data")]
    reference = registry.push("team/box:1", images.busybox(*data))
    davit("pull", "-q", reference)
    return reference


@pytest.fixture
def run(davit, box):
    def call(*arguments, options=(), **more):
        return davit("run", "--rm", "--network", "none", *options, box, *arguments, **more)
    return call


def volume_folder(davit, name):
    return davit.root / "volumes" / name / "_data"


def names(davit, *options):
    return davit("volume", "ls", "-q", *options).lines


# The commands.

def test_create_and_list(davit):
    assert davit("volume", "create", "v1").stdout == "v1\n"
    assert davit("volume", "create", "v1").stdout == "v1\n"
    anonymous = davit("volume", "create").stdout.strip()

    assert re.fullmatch("[0-9a-f]{64}", anonymous)
    assert sorted(names(davit)) == sorted([anonymous, "v1"])
    assert davit("volume", "ls", "-f", "name=v").stdout == "DRIVER    VOLUME NAME\nlocal     v1\n"


def test_create_refuses_in_dockers_words(davit):
    def refusal(*arguments, code=1):
        return davit("volume", "create", *arguments, code=code).stderr
    assert refusal("a") == "Error response from daemon: create a: volume name is too short, names should be at least two alphanumeric characters\n"
    assert refusal("b d") == ('Error response from daemon: create b d: "b d" includes invalid characters for a local volume name, only '
                              '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path\n')
    assert refusal("../x").startswith('Error response from daemon: create ../x: "../x" includes invalid characters')
    assert "longer than 255" in refusal("x" * 256)
    assert refusal("--driver", "nosuch", "v6") == 'Error response from daemon: create v6: error looking up volume plugin nosuch: plugin "nosuch" not found\n'
    assert refusal("--opt", "bad", "v6") == 'Error response from daemon: create v6: invalid option: "bad"\n'
    assert refusal("--opt", "type=tmpfs", "v6") == 'Error response from daemon: create v6: missing required option: "device"\n'
    assert "no quota support" in refusal("--opt", "size=1m", "v6")
    assert refusal("--name", "v2", "v3") == "conflicting options: cannot specify a volume-name through both --name and as a positional arg\n"
    assert names(davit) == []


def test_inspect(davit):
    davit("volume", "create", "--label", "l=one", "--label", "m", "v8")
    davit("volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=1m,uid=5", "v6")

    found = json.loads(davit("volume", "inspect", "v6", "v8").stdout)

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found[0].pop("CreatedAt"))
    found[1].pop("CreatedAt")
    assert found == [{"Driver": "local", "Labels": None, "Mountpoint": str(volume_folder(davit, "v6")), "Name": "v6",
                      "Options": {"device": "tmpfs", "o": "size=1m,uid=5", "type": "tmpfs"}, "Scope": "local"},
                     {"Driver": "local", "Labels": {"l": "one", "m": ""}, "Mountpoint": str(volume_folder(davit, "v8")), "Name": "v8",
                      "Options": None, "Scope": "local"}]
    assert davit("volume", "inspect", "-f", "{{.Name}} {{.Labels.l}}", "v8").stdout == "v8 one\n"
    assert json.loads(davit("inspect", "v8").stdout)[0]["Name"] == "v8"
    assert davit("inspect", "--type", "volume", "-f", "{{.Scope}}", "v8").stdout == "local\n"
    missing = davit("volume", "inspect", "v8", "nosuch", code=1)
    assert missing.stderr == "Error response from daemon: get nosuch: no such volume\n" and json.loads(missing.stdout)[0]["Name"] == "v8"


def test_filters_and_templates(davit, run):
    davit("volume", "create", "--label", "l=one", "v1")
    davit("volume", "create", "v2")
    run("true", options=("--name", "user", "-v", "v2:/x"))
    davit("run", "--name", "keeper", "--network", "none", "-v", "v2:/x", davit("images", "-q").lines[0], "true")

    assert names(davit, "-f", "label=l") == ["v1"] and names(davit, "-f", "label=l=two") == []
    assert names(davit, "-f", "dangling=true") == ["v1"] and names(davit, "-f", "dangling=false") == ["v2"]
    assert names(davit, "-f", "driver=local") == ["v1", "v2"] and names(davit, "-f", "driver=nosuch") == []
    assert davit("volume", "ls", "--format", '{{.Name}} {{.Driver}} {{.Scope}} {{.Labels}} {{.Label "l"}}').stdout == "v1 local local l=one one\nv2 local local  \n"
    row = json.loads(davit("volume", "ls", "--format", "json", "-f", "name=v1").stdout)
    assert row == {"Availability": "N/A", "Driver": "local", "Group": "N/A", "Labels": "l=one", "Links": "N/A", "Name": "v1", "Scope": "local",
                   "Mountpoint": str(volume_folder(davit, "v1")), "Size": "N/A", "Status": "N/A"}
    assert davit("volume", "ls", "-f", "dangling=maybe", code=1).stderr == "Error response from daemon: Invalid filter 'dangling=[maybe]'\n"
    assert davit("volume", "ls", "-f", "nope=1", code=1).stderr == "Error response from daemon: Invalid filter 'nope'\n"


def test_a_volume_in_use_stays(davit, box):
    davit("run", "--name", "one", "--network", "none", "-v", "v1:/x", box, "true")
    davit("run", "--name", "two", "--network", "none", "-v", "v1:/x", box, "true")
    ids = [davit("inspect", "-f", "{{.Id}}", name).stdout.strip() for name in ("two", "one")]

    for force in ((), ("-f",)):
        refused = davit("volume", "rm", *force, "v1", code=1)
        assert refused.stderr == f"Error response from daemon: remove v1: volume is in use - [{ids[0]}, {ids[1]}]\n"
    davit("rm", "one", "two")

    assert davit("volume", "rm", "v1", "nosuch", code=1).output == "v1\nError response from daemon: get nosuch: no such volume\n"
    assert davit("volume", "rm", "-f", "nosuch").stdout == "nosuch\n"
    assert not (davit.root / "volumes/v1").exists()


def test_prune(davit, box):
    davit("volume", "create", "named")
    davit("volume", "create", "--label", "keep", "kept")
    anonymous = davit("volume", "create").stdout.strip()
    davit("run", "--name", "user", "--network", "none", "-v", "used:/x", box, "true")

    declined = davit("volume", "prune", stdin="n\n")
    assert declined.stdout == ("WARNING! This will remove anonymous local volumes not used by at least one container.\n"
                               "Are you sure you want to continue? [y/N] \n")
    assert davit("volume", "prune", "-a", stdin="n\n").stdout.startswith("WARNING! This will remove all local volumes not used")
    assert re.fullmatch(f"Deleted Volumes:\n{anonymous}\n\nTotal reclaimed space: [0-9.]+kB\n", davit("volume", "prune", "-f").stdout)
    assert davit("volume", "prune", "-f").stdout == "Total reclaimed space: 0B\n"
    assert davit("volume", "prune", "-af", "--filter", "label!=keep").lines[1] == "named"
    assert names(davit) == ["kept", "used"]
    assert davit("volume", "prune", "-f", "--filter", "nope=1", code=1).stderr == "Error response from daemon: Invalid filter 'nope'\n"
    davit("rm", "user")
    davit("volume", "prune", "-f", "--filter", "all=1")
    assert names(davit) == []


# Containers and their volumes.

def test_a_volume_outlives_its_containers(davit, run):
    run("sh", "-c", "echo kept >/x/file", options=("-v", "v1:/x"))

    assert run("cat", "/y/file", options=("-v", "v1:/y:ro")).stdout == "kept\n"
    assert "Read-only file system" in run("touch", "/y/file", options=("-v", "v1:/y:ro"), code=1).stderr


def test_anonymous_volumes_go_with_their_container(davit, box, run):
    assert run("sh", "-c", "echo x >/vol/file && cat /vol/file", options=("-v", "/vol")).stdout == "x\n"
    assert names(davit) == []

    davit("run", "--name", "stays", "--network", "none", "-v", "/vol", "-v", "named:/named", box, "true")
    assert len(names(davit)) == 2
    davit("rm", "stays")
    assert len(names(davit)) == 2
    davit("volume", "prune", "-f")
    assert names(davit) == ["named"]


def test_two_containers_share_a_volume_while_they_run(davit, box, run):
    davit("run", "-d", "--name", "writer", "--network", "none", "-v", "v1:/x", box, "sleep", "600")

    run("sh", "-c", "echo there >/y/file", options=("-v", "v1:/y"))

    assert (volume_folder(davit, "v1") / "file").read_text() == "there\n"
    davit("rm", "-f", "writer")


# Filled from the image.

def tree_of(folder):
    """{path: what stat and xattrs say}, times in whole seconds but for the folder itself."""
    found = {}
    for path in sorted([folder, *folder.rglob("*")]):
        status = path.lstat()
        xattrs = {key: os.getxattr(path, key, follow_symlinks=False) for key in os.listxattr(path, follow_symlinks=False)}
        found[str(path.relative_to(folder))] = (oct(status.st_mode), status.st_uid, status.st_gid, status.st_nlink if path.is_file() else 0,
                                                0 if path == folder else int(status.st_mtime), xattrs)
    return found


def test_an_empty_volume_is_filled(davit, run):
    assert run("cat", "/data/file", options=("-v", "v1:/data")).stdout == "of the image\n"

    tree = tree_of(volume_folder(davit, "v1"))
    assert sorted(tree) == [".", "attributes", "fifo", "file", "link", "sub", "sub/again"]
    assert tree["."][:3] == ("0o42750", 1000, 50)
    assert tree["file"] == ("0o100640", 1000, 50, 2, images.MTIME, {})
    assert tree["attributes"][5] == {"user.color": b"blue"}
    assert os.readlink(volume_folder(davit, "v1") / "link") == "/etc/passwd"


def test_a_volume_takes_the_attributes_of_an_empty_folder(davit, run):
    run("true", options=("-v", "v1:/empty", "-v", "v2:/nosuch/deep"))

    assert tree_of(volume_folder(davit, "v1"))["."][:3] == ("0o40700", 1000, 50)
    assert tree_of(volume_folder(davit, "v2"))["."][:3] == ("0o40755", 0, 0)


def test_a_volume_is_filled_through_links_of_the_image(davit, run):
    assert run("cat", "/by-link/file", options=("-v", "v1:/by-link")).stdout == "of the image\n"


def test_what_is_in_a_volume_stays(davit, run):
    davit("volume", "create", "v1")
    (volume_folder(davit, "v1") / "mine").write_text("mine\n")

    assert run("ls", "/data", options=("-v", "v1:/data")).stdout == "mine\n"


def test_nocopy(davit, run):
    assert run("ls", "/data", options=("-v", "v1:/data:nocopy")).stdout == ""


def test_a_volume_that_was_emptied_is_not_filled_at_the_next_start(davit, box, folder):
    davit("run", "--name", "one", "--network", "none", "-v", "v1:/data", "-v", f"{folder}/out:/out", box, "sh", "-c", "ls /data | grep -c file >>/out/log; rm -rf /data/*")
    davit("start", "one")
    wait_until(lambda: not davit("ps", "-q").lines, what="the end")
    assert (folder / "out/log").read_text() == "1\n0\n"
    # What starts for the first time fills it again, as docker does.
    davit("run", "--name", "two", "--network", "none", "-v", "v1:/data", box, "true")
    assert (volume_folder(davit, "v1") / "file").exists()


def test_filled_once_or_again_whenever_davit_dies(davit, run, folder):
    """kill -9 at each file-changing call of the filling: what the next container sees is whole."""
    whole = None
    run("true", options=("-v", "whole:/data"))
    whole = tree_of(volume_folder(davit, "whole"))
    counted = folder / "count"
    run("true", options=("-v", "counting:/data"), env={"DAVIT_FAULT": f"count:{counted}"})
    calls = int(counted.read_text().split()[0])
    for number in range(1, calls + 1, 3):
        name = f"v{number}x"
        run("true", options=("-v", f"{name}:/data"), env={"DAVIT_FAULT": f"{number}:kill"}, code=None)
        run("true", options=("-v", f"{name}:/data"))
        assert tree_of(volume_folder(davit, name)) == whole, f"killed at call {number} of {calls}"
        assert sorted(path.name for path in (davit.root / "volumes" / name).iterdir() if path.name.startswith(".davit")) == []


# Volumes that stand for something mounted.

def mounts_of_host():
    with open("/proc/mounts") as file:
        return sorted(line.split()[1] for line in file)


def test_a_tmpfs_volume(davit, run):
    davit("volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=1m,uid=5", "v6")
    before = mounts_of_host()

    line = run("grep", " /x ", "/proc/mounts", options=("-v", "v6:/x")).stdout

    assert line.startswith("tmpfs /x tmpfs rw,") and "size=1024k" in line and "uid=5" in line
    assert mounts_of_host() == before


def test_a_volume_over_a_folder_of_the_host(davit, run, folder):
    (folder / "host").mkdir()
    davit("volume", "create", "--opt", "type=none", "--opt", "o=bind", "--opt", f"device={folder}/host", "v7")

    assert run("cat", "/data/file", options=("-v", "v7:/data")).stdout == "of the image\n"
    run("sh", "-c", "echo more >/data/more", options=("-v", "v7:/data"))

    assert (folder / "host/more").read_text() == "more\n" and (folder / "host/file").read_text() == "of the image\n"


def test_a_mounted_volume_that_cannot_be(davit, run):
    davit("volume", "create", "--opt", "type=none", "--opt", "o=bind", "--opt", "device=/nosuch", "v7")
    before = mounts_of_host()

    refused = run("true", options=("-v", "v7:/x"), code=127)

    data = volume_folder(davit, "v7")
    assert f"error while mounting volume '{data}': failed to mount local volume: mount /nosuch:{data}, flags: 0x1000: no such file or directory" in refused.stderr
    davit("volume", "create", "--opt", "type=nosuchfs", "--opt", "device=none", "v8")
    assert "failed to mount local volume: mount none:" in run("true", options=("-v", "v8:/x"), code=125).stderr
    assert mounts_of_host() == before and davit("ps", "-aq").stdout == ""


def test_containers_share_a_tmpfs_volume(davit, box, run):
    davit("volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "v6")
    davit("run", "-d", "--name", "first", "--network", "none", "-v", "v6:/x", box, "sh", "-c", "echo shared >/x/file; sleep 600")
    wait_until(lambda: run("ls", "/y", options=("-v", "v6:/y")).stdout == "file\n", what="the file")
    davit("rm", "-f", "first")
    assert run("ls", "/y", options=("-v", "v6:/y")).stdout == ""


# Robustness.

def test_what_dies_at_a_removal_leaves_no_volume(davit, box, folder):
    """kill -9 at each file-changing call of `rm -f` of a container whose anonymous volume goes with it."""
    counted = folder / "count"
    def start():
        davit("run", "-d", "--rm", "--name", "one", "--network", "none", "-v", "/vol", box, "sleep", "600")
    start()
    davit("rm", "-f", "one", env={"DAVIT_FAULT": f"count:{counted}"})
    calls = int(counted.read_text().split()[0])
    for number in range(1, calls + 1, 2):
        start()
        davit("rm", "-f", "one", env={"DAVIT_FAULT": f"{number}:kill"}, code=None)
        davit("rm", "-f", "one", code=None)
        davit("run", "--rm", "--network", "none", box, "true")  # a creation sweeps what others left
        assert names(davit) == [], f"killed at call {number} of {calls}"


def test_a_damaged_record_hides_only_its_volume(davit):
    davit("volume", "create", "v1")
    davit("volume", "create", "v2")
    (davit.root / "volumes/v1/volume.json").write_text("{")

    listed = davit("volume", "ls", "-q")
    assert listed.stdout == "v2\n" and "volume v1 is left out" in listed.stderr
    assert "is damaged" in davit("volume", "inspect", "v1", code=1).stderr


def test_many_at_once_make_one_volume(davit):
    processes = [davit.start("volume", "create", "same") for _ in range(8)]
    for process in processes:
        out, error = process.communicate()
        assert (process.returncode, out) == (0, b"same\n"), error
    assert names(davit) == ["same"]
    assert sorted(path.name for path in (davit.root / "volumes").iterdir()) == [".lock", "same"]


def test_links_in_a_volumes_data_lead_nowhere(davit, registry, folder):
    """A container may put links where davit keeps what it is filling a volume with; they go, and nothing of the host's is touched."""
    reference = registry.push("team/data:1", images.busybox(images.folder("data"), images.file("data/file", "of the image\n")))
    davit("pull", "-q", reference)
    (folder / "share").mkdir()
    (folder / "victim").mkdir()
    davit("volume", "create", "-o", "type=none", "-o", "o=bind", "-o", f"device={folder / 'share'}", "vv")
    for name in (".davit-filling", ".davit-filled"):
        (folder / "share" / name).symlink_to(folder / "victim")
    assert davit("run", "--rm", "--network", "none", "-v", "vv:/data", reference, "cat", "/data/file").stdout == "of the image\n"
    assert sorted(path.name for path in (folder / "share").iterdir()) == ["file"] and not list((folder / "victim").iterdir())
