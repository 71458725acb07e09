"""davit manifest inspect, beside docker's."""

import json

import pytest
from testing import images
from testing.fixtures import USER
from testing.peers import run


def made(text, **how):
    return images.image(images.layer(images.file("text", text)), **how)


def docker_inspect(folder, *arguments, code=0):
    return run("docker", "manifest", "inspect", "--insecure", *arguments, env={"PATH": "/usr/local/bin:/usr/bin:/bin", "DOCKER_CONFIG": str(folder / "docker")},
               code=code)


@pytest.fixture
def many(registry):
    """By media type: an index of two platforms."""
    def push(oci):
        parts = [(made(name, architecture=name, oci=oci), {"architecture": name, "os": "linux"}) for name in ("amd64", "arm64")]
        return registry.push_index(f"team/many:{'oci' if oci else 'docker'}", *parts, oci=oci)[0]
    return {oci: push(oci) for oci in (False, True)}


@pytest.mark.parametrize("flags", [[], ["--verbose"]], ids=["plain", "verbose"])
@pytest.mark.parametrize("oci", [False, True], ids=["docker", "OCI"])
@pytest.mark.parametrize("by", ["tag", "digest"])
def test_of_an_image_is_dockers(davit, docker_28, registry, folder, flags, oci, by):
    image = made("x", oci=oci)
    reference = registry.push("team/app:1.0.0", image)
    if by == "digest":
        reference = f"{registry.address}/team/app@{image.digest}"
    assert davit("manifest", "inspect", *flags, reference).stdout == docker_inspect(folder, *flags, reference).stdout.decode()
    assert not davit.root.exists()


@pytest.mark.parametrize("flags", [[], ["-v"]], ids=["plain", "verbose"])
@pytest.mark.parametrize("oci", [False, True], ids=["docker list", "OCI index"])
def test_of_an_index_is_dockers(davit, docker_28, folder, many, flags, oci):
    assert davit("manifest", "inspect", *flags, many[oci]).stdout == docker_inspect(folder, *flags, many[oci]).stdout.decode()


def test_members_that_docker_drops_are_shown(davit, registry):
    part = made("x", oci=True)
    for blob in part.blobs():
        registry.put_blob("team/app", blob)
    registry.put_manifest("team/app", part.digest, part.manifest, part.media_type)
    body = json.dumps({"schemaVersion": 2, "mediaType": images.OCI_INDEX, "manifests": [part.descriptor() | {"annotations": {"a": "b"}}], "annotations": {"c": "d"}}).encode()
    registry.put_manifest("team/app", "1", body, images.OCI_INDEX)
    assert json.loads(davit("manifest", "inspect", f"{registry.address}/team/app:1").stdout) == json.loads(body)


def test_default_tag(davit, registry):
    image = made("x")
    registry.push("team/app:latest", image)
    assert json.loads(davit("manifest", "inspect", f"{registry.address}/team/app").stdout) == json.loads(image.manifest)


def test_not_there_is_said_as_docker_says_it(davit, docker_28, registry, folder):
    registry.push("team/app:1", made("x"))
    for name in ("team/app:nosuch", "team/none:1"):
        reference = f"{registry.address}/{name}"
        failed = davit("manifest", "inspect", reference, code=1)
        assert failed.output == f"no such manifest: {reference}\n"
        assert failed.stderr.encode() == docker_inspect(folder, reference, code=1).stderr


def test_list_that_was_made_here_is_never_there(davit):
    assert davit("manifest", "inspect", "a", "b", code=1).output == "No such manifest: docker.io/library/b:latest\n"


@pytest.mark.parametrize("arguments, words", [([], "requires at least 1 argument"), (["a", "b", "c"], "requires at most 2 arguments"),
                                              (["BAD"], "invalid reference format: repository name (library/BAD) must be lowercase")])
def test_malformed(davit, arguments, words):
    assert words in davit("manifest", "inspect", *arguments, code=1).stderr


@pytest.mark.parametrize("guarded, words", [("password_registry", "denied: requested access to the resource is denied"), ("basic_registry", "no basic auth credentials")])
def test_under_htpasswd(davit, request, guarded, words):
    password_registry, image = request.getfixturevalue(guarded), made("x")
    reference = password_registry.push("team/app:1", image)
    assert words in davit("manifest", "inspect", reference, code=1).stderr
    davit("login", "-u", USER[0], "--password-stdin", password_registry.address, stdin=USER[1])
    assert json.loads(davit("manifest", "inspect", reference).stdout) == json.loads(image.manifest)


def test_insecure_asks_no_certificate(davit, tls_registry):
    image = made("x")
    reference = tls_registry.push("team/app:1", image)
    assert "certificate" in davit("manifest", "inspect", reference, code=1).stderr
    assert json.loads(davit("manifest", "inspect", "--insecure", reference).stdout) == json.loads(image.manifest)


@pytest.mark.parametrize("command", [["annotate", "--arch", "arm64", "l", "m"], ["create", "--amend", "l", "m"], ["create"], ["push", "--purge", "l"], ["rm", "l"]])
def test_making_of_lists_is_refused_by_name(davit, command):
    refused = davit("manifest", *command, code=1)
    assert refused.stderr.startswith(f"davit does not make manifest lists: 'manifest {command[0]}' is refused")
