"""inspect of containers, and of types that davit has not."""

import json

import pytest
from testing import images


@pytest.mark.parametrize("kind", ["config", "node", "plugin", "secret", "service", "task"])
def test_types_that_davit_has_not_are_refused_by_name(davit, kind):
    failed = davit("inspect", "--type", kind, "x", code=1)
    assert (failed.stdout, failed.stderr) == ("", f"inspect --type {kind} is not supported: davit inspects images, containers, networks and volumes\n")


def test_a_container_is_shown_in_dockers_shape(davit, registry, folder):
    image = images.busybox()
    reference = registry.push("team/app:1", image)
    (folder / "data").mkdir()
    davit("pull", "-q", reference)
    davit("run", "--name", "job", "--network", "none", "-e", "A=b", "-w", "/tmp", "-v", f"{folder / 'data'}:/data:ro", "-u", "0", reference, "sh", "-c", "exit 7", code=7)

    (got,) = json.loads(davit("inspect", "job").stdout)

    assert got["Id"] == davit("ps", "-aq", "--no-trunc").lines[0] and got["Name"] == "/job"
    assert (got["Path"], got["Args"], got["Image"]) == ("sh", ["-c", "exit 7"], image.id)
    assert (got["State"]["Status"], got["State"]["Running"], got["State"]["ExitCode"], got["State"]["Pid"]) == ("exited", False, 7, 0)
    assert got["State"]["StartedAt"] < got["State"]["FinishedAt"] and got["Created"] <= got["State"]["StartedAt"]
    assert (got["Config"]["Image"], got["Config"]["WorkingDir"], got["Config"]["User"], got["Config"]["Cmd"]) == (reference, "/tmp", "0", ["sh", "-c", "exit 7"])
    assert "A=b" in got["Config"]["Env"] and got["Config"]["Hostname"] == got["Id"][:12]
    assert got["HostConfig"]["NetworkMode"] == "none" and got["HostConfig"]["Binds"] == [f"{folder / 'data'}:/data:ro"]
    (mount,) = got["Mounts"]
    assert (mount["Type"], mount["Source"], mount["Destination"], mount["RW"]) == ("bind", str(folder / "data"), "/data", False)

    assert davit("inspect", "-f", "{{.State.ExitCode}} {{.ID}} {{.Name}} {{index .Config.Env 0}}", "job").stdout.startswith(f"7 {got['Id']} /job ")
    assert davit("inspect", "--type", "container", got["Id"][:12], "-f", "{{.State.Status}}").stdout == "exited\n"
    assert davit("inspect", "--type", "image", "job", code=1).stderr == "Error response from daemon: No such image: job:latest\n"
    mounted = davit("ps", "-a", "--no-trunc", "--format", "{{.Names}} {{.Mounts}} {{.Networks}} {{.State}} {{.Label \"x\"}}|{{.Labels}}|")
    assert mounted.stdout == f"job {folder / 'data'} none exited |{''}|\n"


def test_docker_prints_a_container_alike(davit, docker_28, registry):
    from testing.fake_docker import FakeDockerd
    reference = registry.push_busybox("team/app:1")
    davit("pull", "-q", reference)
    davit("run", "--name", "job", "--network", "none", reference, "true")
    fake = FakeDockerd(davit.folder, davit)
    try:
        for template in ("{{.State.Status}} {{.State.ExitCode}} {{.Config.Image}}", "{{json .State}}", "{{.State}}", "{{.Nope}}", "{{.ID}} {{.Name}} {{.Path}} {{.Args}}",
                         "{{json .Mounts}} {{.Config.Env}} {{len .Mounts}}", "{{.State.Nope}}"):
            ours = davit("inspect", "-f", template, "job", code=None)
            assert (ours.code, ours.stdout, ours.stderr) == fake("inspect", "-f", template, "job"), template
        for template in ("{{.ID}} {{.Names}} {{.Image}} {{.Command}} {{.State}} {{.Networks}} {{.Ports}}|{{.Labels}}|{{.LocalVolumes}}|{{.Mounts}}", "table {{.ID}}\t{{.Label \"a.b-c\"}}\t{{.Command}}",
                         "{{.CreatedAt}}", "{{json .Names}}"):
            assert davit("ps", "-a", "--format", template).stdout == fake("ps", "-a", "--format", template)[1], template
    finally:
        fake.stop()
