"""What -v, --mount, --tmpfs and --volumes-from make in a container."""

import os
import subprocess

import pytest
from testing import images
from testing.processes import wait_until


@pytest.fixture
def box(davit, registry):
    reference = registry.push("team/box:1", images.busybox(images.folder("data"), images.file("data/file", "of the image\n"), images.symlink("by-link", "data"),
                                                           images.file("plain", "")))
    davit("pull", "-q", reference)
    return reference


@pytest.fixture
def run(davit, box):
    def call(*arguments, options=(), **more):
        return davit("run", "--rm", "--network", "none", *options, box, *arguments, **more)
    return call


@pytest.fixture
def host(folder):
    path = folder / "host"
    path.mkdir()
    (path / "file").write_text("of the host\n")
    return path


def mounted(run, target, options):
    """The options of what is mounted there, as the container's mountinfo has them: (per mount, propagation, of the file system)."""
    for line in run("cat", "/proc/self/mountinfo", options=options).lines:
        words = line.split()
        if words[4] == target:
            return words[5].split(","), words[6:words.index("-")], words[-1].split(",")
    raise AssertionError(f"nothing is mounted on {target}")


# Binds.

def test_a_missing_source_is_made_for_v_and_refused_for_mount(davit, run, folder):
    run("touch", "/x/made", options=("-v", f"{folder}/made/deep:/x"))
    assert (folder / "made/deep/made").exists()

    refused = run("true", options=("--mount", f"type=bind,source={folder}/nosuch,target=/x"), code=125)
    assert f'invalid mount config for type "bind": bind source path does not exist: {folder}/nosuch' in refused.stderr
    assert not (folder / "nosuch").exists()

    refused = run("true", options=("-v", f"{folder}/made/deep/made/x:/x"), code=None)
    assert refused.code in (125, 126, 127) and f"error while creating mount source path '{folder}/made/deep/made/x'" in refused.stderr


def test_files_as_well_as_folders(run, host):
    assert run("cat", "/new/deep/file", options=("-v", f"{host}/file:/new/deep/file")).stdout == "of the host\n"
    assert run("cat", "/plain", options=("--mount", f"type=bind,source={host}/file,target=/plain")).stdout == "of the host\n"
    assert run("cat", "/by-link/file", options=("-v", f"{host}:/by-link")).stdout == "of the host\n"


def test_read_only(run, host):
    for options in (("-v", f"{host}:/x:ro"), ("--mount", f"type=bind,source={host},target=/x,readonly")):
        assert "Read-only file system" in run("touch", "/x/new", options=options, code=1).stderr
    assert sorted(path.name for path in host.iterdir()) == ["file"]


@pytest.fixture
def below(host):
    """Something mounted below the host's folder."""
    (host / "below").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "below", host / "below"], check=True)
    (host / "below/there").write_text("")
    yield host / "below"
    subprocess.run(["umount", host / "below"], check=True)


@pytest.mark.parametrize("runtime", ["crun", "runc"])
def test_recursive_or_not(run, host, below, runtime):
    if run("true", options=("--runtime", runtime), code=None).code != 0:
        runtime = "runc"  # crun refuses hosts with hybrid control groups
    assert run("ls", "/x/below", options=("--runtime", runtime, "-v", f"{host}:/x")).stdout == "there\n"
    assert run("ls", "/x/below", options=("--runtime", runtime, "--mount", f"type=bind,source={host},target=/x,bind-recursive=disabled")).stdout == ""


def test_propagation(davit, box, run, host):
    subprocess.run(["mount", "--bind", host, host], check=True)
    subprocess.run(["mount", "--make-private", host], check=True)
    try:
        for wanted, words in (("rshared", "is not a shared mount"), ("rslave", "is not a shared or slave mount")):
            assert f"path {host} is mounted on {host} but it {words}" in run("true", options=("-v", f"{host}:/x:{wanted}"), code=None).stderr
        assert mounted(run, "/x", ("-v", f"{host}:/x"))[1] == []
        subprocess.run(["mount", "--make-shared", host], check=True)
        assert any(word.startswith("shared:") for word in mounted(run, "/x", ("-v", f"{host}:/x:rshared"))[1])
        assert any(word.startswith("master:") for word in mounted(run, "/x", ("--mount", f"type=bind,source={host},target=/x,bind-propagation=rslave"))[1])
        assert mounted(run, "/x", ("-v", f"{host}:/x"))[1] == []
    finally:
        subprocess.run(["umount", host], check=True)


# Where mounts go.

def test_mounts_by_depth(run, host):
    (host / "in").mkdir()
    (host / "in/inner").write_text("inner\n")
    options = ("-v", f"{host}/in:/a/b", "-v", f"{host}:/a", "--tmpfs", "/a/in")
    assert run("sh", "-c", "ls /a /a/b /a/in", options=options).stdout.split() == ["/a:", "b", "file", "in", "/a/b:", "inner", "/a/in:"]


def test_own_files_in_etc_give_way(run, host):
    assert run("cat", "/etc/hosts", options=("-v", f"{host}/file:/etc/hosts")).stdout == "of the host\n"
    assert run("cat", "/etc/resolv.conf", options=("--mount", f"type=bind,source={host}/file,target=/etc/resolv.conf,readonly")).stdout == "of the host\n"
    assert run("grep", "-c", " /etc/hosts ", "/proc/self/mountinfo", options=("-v", f"{host}/file:/etc/hosts")).stdout == "1\n"


def test_over_dev_shm(run, host):
    assert run("cat", "/dev/shm/file", options=("-v", f"{host}:/dev/shm")).stdout == "of the host\n"


def test_over_proc_is_refused(davit, run, host):
    assert f'error mounting "{host}" to rootfs at "/proc": "/proc" cannot be mounted because it is not of type proc' in \
        run("true", options=("-v", f"{host}:/proc"), code=125).stderr
    assert '"/proc/version" cannot be mounted because it is inside /proc' in run("true", options=("-v", f"{host}/file:/proc/version"), code=125).stderr
    assert run("cat", "/proc/meminfo", options=("-v", f"{host}/file:/proc/meminfo")).stdout == "of the host\n"
    assert davit("ps", "-aq").stdout == ""


# tmpfs.

def test_tmpfs(run):
    flags, _, settings = mounted(run, "/t", ("--tmpfs", "/t"))
    assert {"rw", "nosuid", "nodev", "noexec"} <= set(flags)
    flags, _, settings = mounted(run, "/t", ("--tmpfs", "/t:size=1m,exec,mode=700"))
    assert "noexec" not in flags and {"size=1024k", "mode=700"} <= set(settings)
    flags, _, settings = mounted(run, "/t", ("--mount", "type=tmpfs,target=/t,tmpfs-size=64k,tmpfs-mode=1770,readonly"))
    assert "ro" in flags and {"size=64k", "mode=1770"} <= set(settings)
    assert run("stat", "-c", "%a", "/t", options=("--tmpfs", "/t")).stdout == "1777\n"


def test_a_tmpfs_option_that_is_none(run):
    refused = run("true", options=("--tmpfs", "/t:nosuch"), code=None)
    assert refused.code == 125 and "nosuch" in refused.stderr


# Volumes by --mount.

def test_volumes_by_mount(davit, run):
    options = ("--mount", "type=volume,source=v1,target=/data,volume-label=l=one,volume-label=m=two")
    assert run("cat", "/data/file", options=options).stdout == "of the image\n"
    assert davit("volume", "inspect", "-f", "{{.Labels.l}} {{.Labels.m}}", "v1").stdout == "one two\n"
    assert run("ls", "/data", options=("--mount", "source=v2,target=/data,volume-nocopy")).stdout == ""
    run("true", options=("--mount", "target=/data"))
    assert davit("volume", "ls", "-q").lines == ["v1", "v2"]


def test_a_part_of_a_volume(davit, run, folder):
    run("sh", "-c", "mkdir -p /v/a/b; echo deep >/v/a/b/file; ln -s /v/a /v/absolute; ln -s ../../../../etc /v/up; ln -s a /v/inside", options=("-v", "v1:/v"))
    def part(subpath, *command, **more):
        return run(*command, options=("--mount", f"type=volume,source=v1,target=/x,volume-subpath={subpath}"), **more)
    assert part("a/b", "cat", "/x/file").stdout == "deep\n"
    assert part("inside/b/file", "cat", "/x").stdout == "deep\n"
    part("a/b", "sh", "-c", "echo more >/x/more")
    assert (davit.root / "volumes/v1/_data/a/b/more").read_text() == "more\n"
    for leading_out in ("absolute", "up", "nosuch"):
        failed = part(leading_out, "ls", "/x", code=None)
        assert failed.code != 0 and f"cannot access path {leading_out} of volume v1" in failed.stderr
    before = subprocess.run(["findmnt", "-rn"], capture_output=True, text=True).stdout
    part("a/b", "true")
    assert subprocess.run(["findmnt", "-rn"], capture_output=True, text=True).stdout == before


# --volumes-from.

def test_volumes_from(davit, box, run, host):
    davit("run", "--name", "source", "--network", "none", "-v", "v1:/named", "-v", "/anonymous", "-v", f"{host}:/host:ro", "--tmpfs", "/memory", box,
          "sh", "-c", "echo named >/named/f; echo anonymous >/anonymous/f")

    assert run("cat", "/named/f", "/anonymous/f", "/host/file", options=("--volumes-from", "source")).stdout == "named\nanonymous\nof the host\n"
    assert "memory" not in run("ls", "/", options=("--volumes-from", "source")).stdout
    assert "Read-only" in run("touch", "/named/x", options=("--volumes-from", "source:ro"), code=1).stderr
    assert "Read-only" in run("touch", "/host/x", options=("--volumes-from", "source:rw"), code=1).stderr
    assert run("ls", "/named", options=("--volumes-from", "source", "-v", f"{host}:/named")).stdout == "file\n"
    assert run("true", options=("--volumes-from", "nosuch"), code=125).stderr.startswith("davit: Error response from daemon: No such container: nosuch")
    # Those of --rm above took nothing with them.
    assert run("cat", "/anonymous/f", options=("--volumes-from", "source")).stdout == "anonymous\n"


def test_an_anonymous_volume_goes_with_its_last_user(davit, box):
    davit("run", "--name", "first", "--network", "none", "-v", "/vol", box, "true")
    davit("run", "--name", "second", "--network", "none", "--volumes-from", "first", box, "true")
    davit("rm", "-v", "first")
    assert len(davit("volume", "ls", "-q").lines) == 1
    davit("rm", "-v", "second")
    assert davit("volume", "ls", "-q").lines == []
