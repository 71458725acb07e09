"""The mounts of EROFS layers: shared by containers, found from other mount namespaces, put right after a kill."""

import subprocess
from pathlib import Path

import pytest
from testing import images
from testing.davit import Davit
from testing.processes import wait_until


class ErofsDavit(Davit):
    def command(self, *arguments):
        program, *rest = super().command(*arguments)
        return [program, "--storage-driver", "erofs", *rest]

    def elsewhere(self, *arguments, prepare=":"):
        """Runs davit in a mount namespace of its own, as `unshare -m` or a systemd unit with PrivateTmp does."""
        script = f'{prepare} && exec "$@"'
        return subprocess.run(["unshare", "--mount", "--propagation", "slave", "sh", "-c", script, "sh", *self.command(*arguments)],
                              cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


@pytest.fixture
def davit(davit, folder):
    return ErofsDavit(folder)


@pytest.fixture
def app(davit, registry):
    reference = registry.push("team/app:1", images.image(
        images.layer(*images.busybox_entries()), images.layer(images.file("which", "app")), config={"Cmd": ["sleep", "1000"]}))
    davit("pull", "-q", reference)
    return reference


def mountinfo(pid="self"):
    return Path(f"/proc/{pid}/mountinfo").read_text().splitlines()


def layers_mounted(davit):
    """The mount points of EROFS layers of this store, here."""
    return [line.split()[4] for line in mountinfo() if " - erofs " in line and str(davit.root) in line]


def run_detached(davit, reference, *arguments):
    return davit("run", "-d", "--network", "none", *arguments, reference).stdout.strip()


def test_containers_share_each_layers_mount_and_the_last_takes_it_away(davit, app):
    before = mountinfo()
    first, second = run_detached(davit, app), run_detached(davit, app)

    assert len(layers_mounted(davit)) == len(set(layers_mounted(davit))) == 2

    davit("rm", "-f", first)
    assert len(layers_mounted(davit)) == 2
    davit("rm", "-f", second)
    assert mountinfo() == before


@pytest.mark.parametrize("prepare", [":", "mount -t tmpfs own /mnt"])
def test_a_container_of_another_mount_namespace_shares_them(davit, app, prepare):
    before = mountinfo()
    run_detached(davit, app, "--name", "here")
    there = davit.elsewhere("run", "-d", "--network", "none", "--name", "there", app, prepare=prepare)

    assert there.returncode == 0, there.stderr
    assert len(layers_mounted(davit)) == 2
    assert davit("ps", "--format", "{{.Names}}").lines == ["there", "here"]

    davit("rm", "-f", "here")
    assert len(layers_mounted(davit)) == 2
    davit("rm", "-f", "there")
    assert mountinfo() == before


def test_layers_that_were_mounted_elsewhere_first_are_used_from_here(davit, app):
    before = mountinfo()
    there = davit.elsewhere("run", "-d", "--network", "none", "--name", "there", app)
    assert there.returncode == 0, there.stderr
    assert layers_mounted(davit) == []

    assert davit("run", "--rm", "--network", "none", app, "cat", "/which").stdout == "app"
    assert layers_mounted(davit) == []
    davit("rm", "-f", "there")

    assert mountinfo() == before
    assert list((davit.root / "run/mounts/users").iterdir()) == []
    assert not (davit.root / "run/mounts/namespace.json").exists()


def test_killed_at_any_mount_the_next_run_puts_it_right(davit, app, folder):
    before = mountinfo()
    arguments = ["run", "--rm", "--network", "none", app, "cat", "/which"]
    davit(*arguments, env={"DAVIT_FAULT": f"count:{folder}/calls"})
    calls = int((folder / "calls").read_text().split()[0])

    for number in range(1, calls + 1, max(1, calls // 12)):
        davit(*arguments, env={"DAVIT_FAULT": f"{number}:kill"}, code=None)
        assert davit(*arguments).stdout == "app"

    left = davit("ps", "-a", "-q").lines  # a container that was made and never started stays
    if left:
        davit("rm", "-f", *left)
    wait_until(lambda: mountinfo() == before, what="their mounts to be gone")
