"""davit commit: a container becomes an image that runs, is pushed, and is what docker pulls."""

import json
import re

import pytest
from testing import images
from testing.processes import wait_until


@pytest.fixture(params=["overlay", "erofs"])
def driver(request):
    return request.param


@pytest.fixture(params=["docker", "oci"])
def box(request, davit, registry):
    reference = registry.push_busybox("team/box:1", text="hello\n", oci=request.param == "oci", Env=["PATH=/bin"], Labels={"of": "image"})
    davit("pull", "-q", reference)
    return reference


def commit(davit, *arguments):
    identifier = davit("commit", *arguments).stdout.strip()
    assert re.fullmatch("sha256:[0-9a-f]{64}", identifier)
    return identifier


def inspected(davit, reference):
    return json.loads(davit("image", "inspect", reference).stdout)[0]


def test_a_commit_is_a_layer_on_the_containers_image(davit, box):
    davit("run", "--name", "cc", "--network", "none", "-e", "A=one", box, "sh", "-c", "echo x >/etc/new; rm /etc/group; mkdir /d; chmod 700 /d")

    identifier = commit(davit, "-m", "why", "-a", "me", "cc", "snap:1")

    before, after = inspected(davit, box), inspected(davit, "snap:1")
    assert after["Id"] == identifier
    assert after["RootFS"]["Layers"][:-1] == before["RootFS"]["Layers"] and len(after["RootFS"]["Layers"]) == len(before["RootFS"]["Layers"]) + 1
    assert after["Config"]["Env"] == ["A=one", "PATH=/bin"] and after["Config"]["Labels"] == {"of": "image"}
    assert (after["Author"], after["Comment"]) == ("me", "why")
    assert davit("history", "--no-trunc", "--format", "{{.CreatedBy}}|{{.Comment}}", "snap:1").lines[0] == "sh -c echo x >/etc/new; rm /etc/group; mkdir /d; chmod 700 /d|why"
    shown = davit("run", "--rm", "--network", "none", "snap:1", "sh", "-c", "cat /etc/new /etc/text; ls /etc; stat -c %a /d").stdout
    assert shown.startswith("x\nhello\n") and "group" not in shown and shown.endswith("700\n")


def test_the_layer_holds_the_containers_changes_alone(davit, box, folder):
    """Not the names that every container has for davit's own mounts."""
    davit("run", "--name", "cc", "--network", "none", box, "sh", "-c", "echo x >/new")
    commit(davit, "cc", "snap:1")
    davit("run", "--name", "second", "--network", "none", "snap:1", "true")
    assert davit("diff", "second").stdout == ""
    davit("save", "-o", folder / "snap.tar", "snap:1")
    import tarfile
    with tarfile.open(folder / "snap.tar") as archive:
        top = json.load(archive.extractfile("manifest.json"))[0]["Layers"][-1]
        with tarfile.open(fileobj=archive.extractfile(top)) as layer:
            assert [member.name.removeprefix("./") for member in layer if member.name not in (".", "./")] == ["new"]


def test_changes(davit, box):
    davit("run", "--name", "cc", "--network", "none", "--entrypoint", "sh", box, "-c", "true")
    commit(davit, "-c", 'CMD ["true"]', "-c", "ENV B=two", "-c", "LABEL m=two", "-c", "USER alice", "-c", "WORKDIR /w", "-c", "EXPOSE 80",
           "-c", "VOLUME /v", "-c", 'ENTRYPOINT ["env"]', "cc", "snap:1")

    config = inspected(davit, "snap:1")["Config"]
    assert (config["Cmd"], config["Entrypoint"], config["User"], config["WorkingDir"]) == (["true"], ["env"], "alice", "/w")
    assert config["Env"] == ["PATH=/bin", "B=two"] and config["Labels"] == {"of": "image", "m": "two"}
    assert list(config["ExposedPorts"]) == ["80/tcp"] and list(config["Volumes"]) == ["/v"]


def test_a_container_that_changed_nothing(davit, box):
    davit("run", "--name", "cc", "--network", "none", box, "true")
    commit(davit, "cc", "snap:1")
    assert inspected(davit, "snap:1")["RootFS"] == inspected(davit, box)["RootFS"]
    assert davit("run", "--rm", "--network", "none", "snap:1", "cat", "/etc/text").stdout == "hello\n"


def test_wrong_input(davit, box):
    davit("run", "--name", "cc", "--network", "none", box, "true")
    def refusal(*arguments):
        return davit("commit", *arguments, code=1).stderr
    assert refusal("nosuch") == "Error response from daemon: No such container: nosuch\n"
    assert "must be lowercase" in refusal("cc", "BAD:1") and not refusal("cc", "BAD:1").startswith("Error response")
    assert refusal("cc", "bad::1") == "invalid reference format\n"
    assert refusal("-c", "bogus", "cc", "snap:1").startswith("Error response from daemon: ")
    assert davit("commit", "--pause=maybe", "cc", code=125).stderr.startswith('invalid argument "maybe" for "-p, --pause" flag')
    assert davit("images", "-q").lines == davit("images", "-q", box).lines


@pytest.mark.parametrize("pause", ["true", "false"])
def test_a_running_container(davit, box, pause):
    davit("run", "-d", "--name", "cc", "--network", "none", "-v", "v1:/vol", box, "sh", "-c",
          "echo x >/new; while true; do echo line >>/vol/ticks; done")
    ticks = davit.root / "volumes/v1/_data/ticks"
    wait_until(ticks.exists, what="the container's file")

    commit(davit, f"--pause={pause}", "cc", "snap:1")

    size = ticks.stat().st_size
    wait_until(lambda: ticks.stat().st_size > size, what="the container to go on")
    assert davit("ps", "--format", "{{.State}}").stdout == "running\n"
    assert davit("run", "--rm", "--network", "none", "snap:1", "cat", "/new").stdout == "x\n"
    davit("rm", "-f", "cc")


def test_docker_pulls_it(davit, docker, registry, box):
    davit("run", "--name", "cc", "--network", "none", box, "sh", "-c", "echo changed >/etc/text; rm /etc/group; rm -r /tmp; mkdir /tmp")
    pushed = f"{registry.address}/team/snap:1"
    identifier = commit(davit, "-c", 'CMD ["cat", "/etc/text"]', "cc", pushed)
    davit("push", "-q", pushed)

    docker("pull", "-q", pushed)

    assert docker("image", "inspect", "-f", "{{.Id}}", pushed).strip() == identifier
    assert docker("run", "--rm", "--network", "none", pushed) == "changed\n"
    assert "group" not in docker("run", "--rm", "--network", "none", pushed, "ls", "/etc")


def test_a_moved_tag_can_be_restored(davit, box):
    for text in ("one", "two"):
        davit("run", "--name", text, "--network", "none", box, "sh", "-c", f"echo {text} >/text")
        commit(davit, text, "snap:1")
    davit("tags", "restore", "snap:1@{1}", code=None)
    log = davit("tags", "log", "snap:1").stdout
    assert "commit" in log
    assert davit("run", "--rm", "--network", "none", "snap:1@{1}", "cat", "/text").stdout in ("one\n", "two\n")
