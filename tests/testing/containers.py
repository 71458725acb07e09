"""Containers for tests: images of busybox without a registry, and containers that end when they are told to."""

from testing import images
from testing.processes import wait_until

# Exits with 3 on SIGTERM, 4 on SIGUSR1, 5 on SIGINT; says on the disk when it is ready for that.
OBEYS = ["sh", "-c", "trap 'exit 3' TERM; trap 'exit 4' USR1; trap 'exit 5' INT; touch /ready; while :; do sleep 0.02; done"]
# Takes no notice of SIGTERM.
IGNORES = ["sh", "-c", "trap '' TERM; touch /ready; while :; do sleep 0.02; done"]


def import_busybox(davit, name, *changes, text=None):
    """An image of busybox under a name, without a repository digest; returns its ID."""
    archive = davit.folder / "busybox.tar"
    archive.write_bytes(images.tar_of(*images.busybox_entries(*([images.file("etc/text", text)] if text else []))))
    return davit("import", *[word for change in changes for word in ("-c", change)], archive, name).stdout.strip()


def start(davit, image, *command, options=(), name=None):
    """A running container; returns its ID, once its program is ready (OBEYS, IGNORES)."""
    command = command or OBEYS
    named = ["--name", name] if name else []
    container = davit("run", "-d", "--network", "none", *named, *options, image, *command).stdout.strip()
    if "touch /ready" in command[-1]:
        wait_until((davit.root / "containers" / container / "upper/ready").exists, what=f"{container} to be ready")
    return container


def stopped(davit, image, *command, name=None, options=(), code=0):
    """A container that has ended; returns its ID."""
    named = ["--name", name] if name else []
    davit("run", "--network", "none", *named, *options, image, *(command or ["true"]), code=code)
    return davit("ps", "-a", "-q", "--no-trunc", "-n", "1").stdout.strip()


def listed(davit, *arguments):
    """The names that `ps` shows."""
    return davit("ps", *arguments, "--format", "{{.Names}}").lines


def status(davit, name):
    return davit("ps", "-a", "--filter", f"name=^/{name}$", "--format", "{{.Status}}").stdout.strip()
