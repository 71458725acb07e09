"""docker and skopeo pull what davit pushed, and the reverse."""

import json

import pytest
from testing import images
from testing.fixtures import on_each_registry
from testing.peers import skopeo

PLAIN = ["--src-tls-verify=false", "--dest-tls-verify=false"]


@pytest.fixture
def imported(davit, registry, folder):
    """An image that davit made and pushed."""
    reference = f"{registry.address}/team/ours:1"
    (folder / "a.tar").write_bytes(images.tar_of(*images.busybox_entries(images.file("etc/text", "by davit\n"))))
    davit("import", "-c", "CMD cat /etc/text", folder / "a.tar", reference)
    davit("push", reference)
    return reference


@on_each_registry
def test_docker_runs_what_davit_pushed(davit, docker, imported):
    docker("pull", imported)
    assert docker("run", "--rm", "--network", "none", imported) == "by davit\n"
    assert json.loads(docker("inspect", imported))[0]["Id"] == davit.id_of(imported)


@on_each_registry
def test_skopeo_copies_what_davit_pushed(davit, registry, imported, folder):
    skopeo("copy", *PLAIN, f"docker://{imported}", f"oci:{folder}/copy:1")
    inspected = json.loads(skopeo("inspect", "--tls-verify=false", "--config", f"docker://{imported}"))
    assert inspected["config"]["Cmd"] == ["/bin/sh", "-c", "cat /etc/text"]


@on_each_registry
def test_davit_runs_what_docker_pushed(davit, docker, registry):
    reference = f"{registry.address}/team/theirs:1"
    docker("import", "-c", "CMD cat /etc/text", "-", reference, stdin=images.tar_of(*images.busybox_entries(images.file("etc/text", "by docker\n"))))
    docker("push", reference)

    davit("pull", reference)

    assert davit("run", "--rm", reference).stdout == "by docker\n"
    assert davit.id_of(reference) == json.loads(docker("inspect", reference))[0]["Id"]


def test_davit_runs_what_docker_built(davit, docker, registry, folder):
    reference = f"{registry.address}/team/built:1"
    docker("import", "-", "base:1", stdin=images.tar_of(*images.busybox_entries()))
    context = folder / "context"
    context.mkdir()
    (context / "Dockerfile").write_text('FROM base:1\nCOPY text /etc/text\nRUN ["rm", "/etc/group"]\nENV A=b\nCMD ["sh", "-c", "cat /etc/text; echo $A; cat /etc/group || true"]\n')
    (context / "text").write_text("built\n")
    docker("build", "--network=none", "-t", reference, context)
    docker("push", reference)

    davit("pull", reference)

    ours = davit("run", "--rm", "--network", "none", reference)
    assert ours.lines == ["built", "b"] and "/etc/group" in ours.stderr


@pytest.mark.parametrize("form", ["oci", "v2s2"])
def test_davit_runs_what_skopeo_pushed(davit, registry, form):
    source = registry.push_busybox("team/app:1", text="by skopeo\n")
    target = f"{registry.address}/team/{form}:1"
    skopeo("copy", *PLAIN, "--format", form, f"docker://{source}", f"docker://{target}")

    davit("pull", target)

    assert davit("run", "--rm", target).stdout == "by skopeo\n"


def test_davit_runs_zstd_layers_of_skopeo(davit, registry):
    source = registry.push_busybox("team/app:1", text="by zstd\n")
    target = f"{registry.address}/team/zstd:1"
    skopeo("copy", *PLAIN, "--format", "oci", "--dest-compress-format", "zstd", f"docker://{source}", f"docker://{target}")
    media_types = {layer["mediaType"] for layer in json.loads(registry.get_manifest("team/zstd", "1")[1])["layers"]}
    if media_types != {images.OCI_LAYER + "+zstd"}:
        pytest.skip(f"this skopeo kept {media_types}")

    davit("pull", target)

    assert davit("run", "--rm", target).stdout == "by zstd\n"


def test_all_three_agree_on_the_digest(davit, docker, registry):
    image = images.busybox(text="x")
    reference = registry.push("team/app:1", image)
    docker("pull", reference)
    davit("pull", reference)
    repository = reference.rsplit(":", 1)[0]
    assert json.loads(davit("inspect", reference).stdout)[0]["RepoDigests"] == json.loads(docker("inspect", reference))[0]["RepoDigests"] == \
        [f"{repository}@{image.digest}"]
    assert json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{reference}"))["Digest"] == image.digest
