"""davit create."""

import re

import pytest

ID = r"[0-9a-f]{64}\n"


@pytest.fixture
def busybox(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    davit("pull", "-q", reference)
    return reference


def test_create_prints_the_id_and_starts_nothing(davit, busybox):
    created = davit("create", "--name", "c1", busybox, "true")
    assert re.fullmatch(ID, created.stdout) and created.stderr == ""
    assert davit("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}} {{.Command}}").stdout == f'{created.stdout.strip()} c1 created "true"\n'
    assert davit("inspect", "-f", "{{.State.Status}} {{.State.StartedAt}}", "c1").stdout == "created 0001-01-01T00:00:00Z\n"


def test_what_was_created_runs_when_it_is_started(davit, busybox):
    davit("create", "--name", "c1", "--network", "none", "-e", "A=7", busybox, "sh", "-c", "exit $A")
    davit("start", "c1")
    davit("stop", "c1")
    assert davit("inspect", "-f", "{{.State.ExitCode}}", "c1").stdout == "7\n"


def test_a_missing_image_is_pulled(davit, registry):
    reference = registry.push_busybox("team/app:1.0.0")
    created = davit("create", reference, "true")
    assert re.fullmatch(ID, created.stdout)
    assert created.stderr.startswith(f"Unable to find image '{reference}' locally\n1.0.0: Pulling from team/app\n")
    assert [line for line in davit("tags", "log", reference).lines if "create" in line]


def test_quietly(davit, registry):
    created = davit("container", "create", "-q", registry.push_busybox("team/app:1.0.0"), "true")
    assert re.fullmatch(ID, created.output)


@pytest.mark.parametrize("options, words, code", [
    (["--name", "taken", "IMAGE", "true"], r'Error response from daemon: Conflict. The container name "/taken" is already in use by container "[0-9a-f]{64}". '
                                           r"You have to remove \(or rename\) that container to be able to reuse that name.\n", 1),
    (["--name", "b d", "IMAGE"], r"Error response from daemon: Invalid container name \(b d\), only \[a-zA-Z0-9\]\[a-zA-Z0-9_.-\] are allowed\n", 1),
    (["BAD:1"], r"invalid reference format: repository name \(library/BAD\) must be lowercase\n", 1),
    (["--pull", "never", "nosuch:1"], "Error response from daemon: No such image: nosuch:1\n", 1),
    (["--entrypoint", "", "IMAGE"], "Error response from daemon: No command specified\n", 1),
    (["--nosuch", "IMAGE"], "unknown flag: --nosuch\n\nUsage:  davit create .*", 125),
    (["-d", "IMAGE"], "unknown shorthand flag: 'd' in -d\n\nUsage:  davit create .*", 125),
    ([], "davit: 'davit create' requires at least 1 argument\n\nUsage:  davit create .*", 1)])
def test_refusals_in_dockers_words(davit, busybox, options, words, code):
    davit("create", "--name", "taken", busybox, "true")
    failed = davit("create", *[busybox if word == "IMAGE" else word for word in options], code=code)
    assert failed.stdout == "" and re.fullmatch(words, failed.stderr, re.DOTALL), failed.stderr
    assert davit("ps", "-a", "--format", "{{.Names}}").stdout == "taken\n"


def test_warnings_of_what_this_host_cannot_do(davit, busybox):
    created = davit("create", "--oom-kill-disable", busybox, "true")
    assert created.stderr == "WARNING: OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.\n"


def test_an_image_in_use_by_a_created_container(davit, busybox):
    davit("create", "--name", "c1", busybox, "true")
    assert "container" in davit("rmi", busybox, code=1).stderr
