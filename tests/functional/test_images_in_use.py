"""rmi of images that containers use; by force; what is pinned."""

import re

import pytest
from testing.containers import OBEYS, import_busybox, listed, start, stopped
from testing.processes import wait_until
from testing.terminal import Terminal


@pytest.fixture
def app(davit):
    """app:1's ID."""
    return import_busybox(davit, "app:1")


def short(identifier):
    return identifier.removeprefix("sha256:")[:12]


def is_here(davit, image):
    return image in davit("images", "-q", "--no-trunc").lines


def deleted(result):
    """What was deleted: the image, then its layers."""
    return [line.removeprefix("Deleted: ") for line in result.lines if line.startswith("Deleted: ")]


# Refusals, as docker has them (docker-transcripts-2.txt).

@pytest.mark.parametrize("make, word", [(start, "running"), (stopped, "stopped")], ids=["running", "stopped"])
def test_refused_by_its_only_tag_and_by_id(davit, app, make, word):
    container = make(davit, "app:1")
    refused = davit("rmi", "app:1", code=1)
    assert refused.stderr == (f'Error response from daemon: conflict: unable to remove repository reference "app:1" (must force) - '
                              f"container {short(container)} is using its referenced image {short(app)}\n")
    for identifier in (short(app), app):
        # docker says that a running one cannot be forced; with davit it can (docs/manual/differences.md)
        assert davit("rmi", identifier, code=1).stderr == (f"Error response from daemon: conflict: unable to delete {short(app)} (must be forced) - "
                                                           f"image is being used by {word} container {short(container)}\n")
    assert is_here(davit, app) and davit("ps", "-a", "-q", "--no-trunc").lines == [container]


def test_refused_by_id_while_a_container_uses_one_of_several_tags(davit, app):
    davit("tag", "app:1", "other:1")
    container = start(davit, "app:1")
    assert davit("rmi", short(app), code=1).stderr == (f"Error response from daemon: conflict: unable to delete {short(app)} (must be forced) - "
                                                       f"image is being used by running container {short(container)}\n")


def test_container_made_from_the_id_holds_the_tag(davit, app):
    container = start(davit, short(app))
    assert davit("rmi", "app:1", code=1).stderr == (f'Error response from daemon: conflict: unable to remove repository reference "app:1" (must force) - '
                                                    f"container {short(container)} is using its referenced image {short(app)}\n")


@pytest.mark.parametrize("force", [[], ["-f"]], ids=["plain", "force"])
def test_one_of_several_tags_is_only_untagged(davit, app, force):
    davit("tag", "app:1", "other:1")
    container = start(davit, "app:1")
    assert davit("rmi", *force, "other:1").lines == ["Untagged: other:1"]
    assert is_here(davit, app) and davit("ps", "-q", "--no-trunc").lines == [container]


def test_a_refusal_names_a_running_container_before_a_stopped_one(davit, app):
    running = start(davit, "app:1")
    stopped(davit, "app:1")
    assert short(running) in davit("rmi", "app:1", code=1).stderr


# By force.

def test_force_stops_and_removes_what_runs_and_names_each_step(davit, app):
    container = start(davit, "app:1")
    removed = davit("rmi", "-f", "app:1")
    assert removed.lines[:4] == [f"Stopped: {container}", f"Removed: {container}", "Untagged: app:1", f"Deleted: {app}"]
    assert len(removed.lines) == 5 and removed.stderr == ""
    assert davit("ps", "-a", "-q").lines == [] and not is_here(davit, app)


def test_force_by_id_takes_all_tags_and_all_containers(davit, app):
    davit("tag", "app:1", "other:1")
    ended, running = stopped(davit, "app:1"), start(davit, "other:1")
    lines = davit("rmi", "-f", short(app)).lines
    assert lines[0] == f"Stopped: {running}"
    assert sorted(lines[1:3]) == sorted([f"Removed: {ended}", f"Removed: {running}"])
    assert lines[3:6] == ["Untagged: app:1", "Untagged: other:1", f"Deleted: {app}"]


def test_force_takes_what_has_ended_without_stopping_it(davit, app):
    container = stopped(davit, "app:1")
    assert davit("rmi", "-f", "app:1").lines[:3] == [f"Removed: {container}", "Untagged: app:1", f"Deleted: {app}"]


def test_force_takes_a_container_that_goes_by_its_end(davit, app):
    container = start(davit, "app:1", options=["--rm"])
    assert davit("rmi", "-f", "app:1").lines[:3] == [f"Stopped: {container}", f"Removed: {container}", "Untagged: app:1"]
    assert davit("ps", "-a", "-q").lines == []


def test_force_gives_a_container_its_own_signal(davit):
    import_busybox(davit, "app:1", "STOPSIGNAL SIGUSR1")
    witness = davit.folder / "witness"
    witness.mkdir()
    start(davit, "app:1", "sh", "-c", "trap 'echo got >/w/usr1; exit' USR1; touch /ready; while :; do sleep 0.02; done", options=["-v", f"{witness}:/w"])
    davit("rmi", "-f", "app:1")
    assert (witness / "usr1").read_text() == "got\n"


def test_force_leaves_other_images_containers_alone(davit, app):
    import_busybox(davit, "other:1", text="other")
    start(davit, "app:1")
    stays = start(davit, "other:1")
    davit("rmi", "-f", "app:1")
    assert davit("ps", "-q", "--no-trunc").lines == [stays]


def test_force_leaves_what_is_mounted(davit, app):
    data = davit.folder / "data"
    data.mkdir()
    (data / "file").write_text("kept")
    start(davit, "app:1", options=["-v", f"{data}:/data"])
    davit("rmi", "-f", "app:1")
    assert (data / "file").read_text() == "kept"


def test_a_run_of_the_image_that_begins_meanwhile_is_no_race(davit, app):
    """Either it is there before the removal looks, and goes, or it finds no image: never a container without its image."""
    for _ in range(4):
        running = davit.start("run", "-d", "--network", "none", "--pull", "never", "app:1", *OBEYS)
        removed = davit("rmi", "-f", "app:1")
        out, err = running.communicate(timeout=60)
        if running.returncode == 0:
            assert f"Removed: {out.decode().strip()}" in removed.lines
        else:
            assert b"No such image: app:1" in err or b"No such container" in err or b"is not running" in err, err
        assert davit("ps", "-a", "-q").lines == []
        import_busybox(davit, "app:1")


# Asked on a terminal.

def on_terminal(davit, *arguments):
    return Terminal(davit.command(*arguments), columns=120, env=davit.environment, cwd=davit.folder)


def answer(terminal, text):
    wait_until(lambda: any("[y/N]" in line for line in terminal.shown), what=lambda: "\n".join(terminal.shown))
    terminal.type(text)


def test_on_a_terminal_it_asks_before_it_stops_anything(davit, app):
    container = start(davit, "app:1", name="web")
    terminal = on_terminal(davit, "rmi", "-f", "app:1")
    answer(terminal, "n\n")
    screen = "\n".join(terminal.wait(code=1).all)
    assert screen.startswith("WARNING! app:1 is in use. This will stop and remove a running container: "
                             f"web ({short(container)})\nAre you sure you want to continue? [y/N] n\n")
    assert screen.endswith("app:1 stays, and so do its containers")
    assert listed(davit) == ["web"] and is_here(davit, app)


@pytest.mark.parametrize("words, asked", [(["-f"], True), (["-f", "-y"], False), (["-f", "--yes"], False)], ids=["asked", "-y", "--yes"])
def test_on_a_terminal_a_yes_does_it(davit, app, words, asked):
    start(davit, "app:1", name="web")
    terminal = on_terminal(davit, "rmi", *words, "app:1")
    if asked:
        answer(terminal, "y\n")
    screen = "\n".join(terminal.wait().all)
    assert ("Are you sure" in screen) == asked
    assert f"Deleted: {app}" in screen and not is_here(davit, app)


def test_on_a_terminal_it_asks_for_no_container_that_has_ended(davit, app):
    stopped(davit, "app:1")
    assert f"Deleted: {app}" in "\n".join(on_terminal(davit, "rmi", "-f", "app:1").wait().all)


# Where it cannot.

def test_nothing_goes_where_a_container_is_pinned(davit, app):
    """One that a deployment holds (docs/formats/pins.md) among others: nothing is stopped."""
    pinned, other = start(davit, "app:1", name="web"), start(davit, "app:1", name="api")
    pin = davit.root / "containers" / pinned / "pins/deployment web"
    pin.parent.mkdir()
    pin.touch()
    refused = davit("rmi", "-f", "app:1", code=1)
    assert refused.stdout == ""
    assert refused.stderr == (f"Error response from daemon: conflict: unable to delete {short(app)} (cannot be forced) - "
                              f"container {short(pinned)} is using it and is pinned by deployment web\n")
    assert sorted(davit("ps", "-q", "--no-trunc").lines) == sorted([pinned, other]) and is_here(davit, app)
    for words in (["rm"], ["rm", "-f"]):
        assert davit(*words, "web", code=1).stderr == f"Error response from daemon: You cannot remove container {pinned}: it is pinned by deployment web\n"
    pin.unlink()
    davit("rmi", "-f", "app:1")
    assert davit("ps", "-a", "-q").lines == []


def pin_image(davit, image, *holders):
    folder = davit.root / "pins" / image.replace(":", "-")
    folder.mkdir(parents=True)
    for holder in holders:
        (folder / holder).touch()


def test_a_pinned_image_is_kept_but_not_its_names(davit, app):
    davit("tag", "app:1", "other:1")
    pin_image(davit, app, "deployment web", "deployment api")
    words = f"Error response from daemon: conflict: unable to delete {short(app)} (cannot be forced) - image is pinned by deployment api, deployment web\n"
    assert davit("rmi", "other:1").lines == ["Untagged: other:1"]
    container = stopped(davit, "app:1")
    for arguments in (["-f", "app:1"], ["-f", app]):
        assert davit("rmi", *arguments, code=1).stderr == words
    davit("rm", container)
    for arguments in (["app:1"], [short(app)]):
        assert davit("rmi", *arguments, code=1).stderr == words
    assert is_here(davit, app)


def test_prunes_keep_what_is_pinned_and_say_so(davit, app):
    container = stopped(davit, "app:1")
    pins = davit.root / "containers" / container / "pins"
    pins.mkdir()
    (pins / "deployment web").touch()
    pin_image(davit, app, "deployment web")
    kept = f"Container {short(container)} is kept: pinned by deployment web\n"
    for command in (["container", "prune", "-f"], ["system", "prune", "-f"]):
        pruned = davit(*command)
        assert pruned.stderr == kept and pruned.stdout == "Total reclaimed space: 0B\n"
    (pins / "deployment web").unlink()
    davit("rm", container)
    for command in (["image", "prune", "-af"], ["system", "prune", "-af"]):
        assert davit(*command).stderr == f"Image {short(app)} is kept: pinned by deployment web\n"
        assert is_here(davit, app)


def test_whatever_fails_the_image_stays_while_a_container_does(davit, app):
    """Each file-changing call of the removal fails once: what could not be stopped is named, and nothing is half-done."""
    words = set()
    container, number = None, 0
    while True:
        number += 1
        if not davit("ps", "-q").lines:
            davit("container", "prune", "-f")
            if not is_here(davit, app):
                app = import_busybox(davit, "app:1")
            container = start(davit, "app:1")
        removed = davit("rmi", "-f", "app:1", code=None, env={"DAVIT_FAULT": f"{number}:EIO"})
        left = davit("ps", "-a", "-q", "--no-trunc").lines
        assert is_here(davit, app) or not left, f"{number}: {removed}"
        if removed.code == 0 and f"Deleted: {app}" in removed.lines:
            break
        assert "input/output error" in removed.stderr, f"{number}: {removed}"
        if "could not be stopped" in removed.stderr:
            words.add(removed.stderr.replace(short(container), "CONTAINER").replace(short(app), "IMAGE").partition(" stopped:")[0])
    assert words == {"Error response from daemon: conflict: unable to delete IMAGE - container CONTAINER is using it and could not be"}


# The tag moves.

def test_a_container_stays_on_its_image_when_the_tag_moves(davit, app):
    container = start(davit, "app:1", name="web")
    assert davit("ps", "--format", "{{.Image}}").stdout == "app:1\n"
    newer = import_busybox(davit, "app:1", text="newer")
    assert newer != app
    assert davit("ps", "--format", "{{.Image}}").stdout == short(app) + "\n"
    assert davit("ps", "--no-trunc", "--format", "{{.Image}}").stdout == app + "\n"
    davit("stop", "web")
    davit("start", "web")
    assert davit("inspect", "--format", "{{.Image}}", "web").stdout == app + "\n"
    # The tag is of the new image now, which nobody uses.
    assert deleted(davit("rmi", "app:1"))[0] == newer
    assert davit("ps", "-q", "--no-trunc").lines == [container]
    assert re.search(rf"image is being used by running container {short(container)}", davit("rmi", app, code=1).stderr)
    assert f"Stopped: {container}" in davit("rmi", "-f", app).lines
