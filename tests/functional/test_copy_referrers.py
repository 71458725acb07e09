"""davit copy --referrers: signatures and SBOMs come along."""

import json

import pytest
from testing import images
from testing.fixtures import on_docker_registry, on_each_registry
from testing.pushable_registry import PushableRegistry
from testing.registry import Registry

SIGNATURE = "application/vnd.example.signature"
SBOM = "application/vnd.example.sbom"
EMPTY = b"{}"


@pytest.fixture
def modern():
    """A registry with the referrers API."""
    server = PushableRegistry(referrers_api=True)
    yield server
    server.stop()


@pytest.fixture
def modern_too():
    server = PushableRegistry(referrers_api=True)
    yield server
    server.stop()


def made(text, **how):
    return images.image(images.layer(images.file("text", text)), oci=True, **how)


def tag_of(digest, suffix=""):
    return digest.replace(":", "-") + suffix


def artifact(kind, subject, content, annotations=None):
    """(manifest, blobs): an OCI artifact that refers to a manifest's bytes."""
    manifest = {"schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "artifactType": kind,
                "config": {"mediaType": "application/vnd.oci.empty.v1+json", "size": len(EMPTY), "digest": images.digest(EMPTY)},
                "layers": [{"mediaType": kind, "size": len(content), "digest": images.digest(content)}],
                "subject": {"mediaType": images.OCI_MANIFEST, "size": len(subject), "digest": images.digest(subject)}}
    if annotations:
        manifest["annotations"] = annotations
    return json.dumps(manifest).encode(), [EMPTY, content]


def put(registry, repository, manifest, blobs, reference=None):
    """Into either kind of registry."""
    name = reference or images.digest(manifest)
    if isinstance(registry, PushableRegistry):
        for blob in blobs:
            registry.blobs[images.digest(blob)] = blob
        registry.add_manifest(repository, name, manifest, images.OCI_MANIFEST)
    else:
        for blob in blobs:
            registry.put_blob(repository, blob)
        registry.put_manifest(repository, name, manifest, images.OCI_MANIFEST)
    return images.digest(manifest)


def push(registry, name, image):
    return registry.add(name, image) if isinstance(registry, PushableRegistry) else registry.push(name, image)


def keep_index(registry, repository, subject, *manifests):
    """What a client keeps where the registry has no referrers API."""
    body, media_type = images.index(*({"mediaType": images.OCI_MANIFEST, "size": len(one), "digest": images.digest(one)} for one in manifests), oci=True)
    if isinstance(registry, PushableRegistry):
        registry.add_manifest(repository, tag_of(subject), body, media_type)
    else:
        registry.put_manifest(repository, tag_of(subject), body, media_type)


def signed(registry, fallback):
    """An image with an SBOM, and a signature of the SBOM: (reference, image, sbom, signature)."""
    image = made("app")
    reference = push(registry, "team/app:1.0.0", image)
    sbom, sbom_blobs = artifact(SBOM, image.manifest, b"what is in it", {"made.by": "a test"})
    signature, signature_blobs = artifact(SIGNATURE, sbom, b"signed")
    put(registry, "team/app", sbom, sbom_blobs)
    put(registry, "team/app", signature, signature_blobs)
    if fallback:
        keep_index(registry, "team/app", image.digest, sbom)
        keep_index(registry, "team/app", images.digest(sbom), signature)
    return reference, image, sbom, signature


def test_by_the_api_and_recursively(davit, modern, modern_too):
    reference, image, sbom, signature = signed(modern, fallback=False)

    copied = davit("copy", "--referrers", reference, f"{modern_too.address}/prod/app:1.0.0")

    assert f"{SBOM}: digest: {images.digest(sbom)} size: {len(sbom)} (refers to {image.digest})" in copied.lines
    assert [one["digest"] for one in modern_too.referrers("prod/app", image.digest)] == [images.digest(sbom)]
    assert [one["digest"] for one in modern_too.referrers("prod/app", images.digest(sbom))] == [images.digest(signature)]
    assert images.digest(b"signed") in modern_too.blobs
    assert modern_too.tags("prod/app") == ["1.0.0"], "no index where the API is"
    order = [seen.path.split("/")[-1] for seen in modern_too.requests("PUT .*/manifests/")]
    assert order[0] == image.digest and order[-1] == "1.0.0", "the subject first, its tag last"
    assert not davit.root.exists()


def referrers(registry, repository, subject):
    """Their digests, as the API of davit's registry tells them."""
    return [one["digest"] for one in json.loads(registry.expect(200, "GET", f"/v2/{repository}/referrers/{subject}")[1])["manifests"]]


def test_between_two_of_davits_registries(davit, registry, other):
    reference, image, sbom, signature = signed(registry, fallback=False)

    copied = davit("copy", "--referrers", reference, f"{other.address}/prod/app:1.0.0")

    assert f"{SBOM}: digest: {images.digest(sbom)} size: {len(sbom)} (refers to {image.digest})" in copied.lines
    assert referrers(other, "prod/app", image.digest) == [images.digest(sbom)]
    assert referrers(other, "prod/app", images.digest(sbom)) == [images.digest(signature)]
    assert other.get_manifest("prod/app", images.digest(signature))[1] == signature
    assert json.loads(other.request("GET", "/v2/prod/app/tags/list")[2])["tags"] == ["1.0.0"], "no index where the API is"
    order = [request.path.split("/")[-1] for request in other.requests("PUT .*/manifests/")]
    assert order[0] == image.digest and order[-1] == "1.0.0", "the subject first, its tag last"


def test_from_davits_registry_to_docker_registry_and_back(davit, registry, folder):
    reference, image, sbom, signature = signed(registry, fallback=False)
    with Registry(folder / "without") as without:
        davit("copy", "--referrers", reference, f"{without.address}/prod/app:1.0.0")
        entry, = json.loads(without.get_manifest("prod/app", tag_of(image.digest))[1])["manifests"]
        assert entry["digest"] == images.digest(sbom)
        davit("copy", "--referrers", f"{without.address}/prod/app:1.0.0", f"{registry.address}/back/app:1.0.0")
    assert referrers(registry, "back/app", image.digest) == [images.digest(sbom)]
    assert referrers(registry, "back/app", images.digest(sbom)) == [images.digest(signature)]


@on_docker_registry  # it has no referrers API
def test_without_the_api_on_either_side(davit, registry, other):
    reference, image, sbom, signature = signed(registry, fallback=True)

    davit("copy", "--referrers", reference, f"{other.address}/prod/app:1.0.0")

    for subject, wanted, kind in ((image.digest, sbom, SBOM), (images.digest(sbom), signature, SIGNATURE)):
        media_type, body = other.get_manifest("prod/app", tag_of(subject))
        assert media_type == images.OCI_INDEX
        entry, = json.loads(body)["manifests"]
        assert entry["digest"] == images.digest(wanted) and entry["artifactType"] == kind and entry["size"] == len(wanted)
        assert other.get_manifest("prod/app", images.digest(wanted))[1] == wanted
    assert json.loads(other.get_manifest("prod/app", tag_of(image.digest))[1])["manifests"][0]["annotations"] == {"made.by": "a test"}


@on_docker_registry  # it has no referrers API
def test_from_the_api_to_a_registry_without_and_back(davit, modern, other, modern_too):
    reference, image, sbom, signature = signed(modern, fallback=False)
    davit("copy", "--referrers", reference, f"{other.address}/prod/app:1.0.0")

    davit("copy", "--referrers", f"{other.address}/prod/app:1.0.0", f"{modern_too.address}/back/app:1.0.0")

    assert [one["digest"] for one in modern_too.referrers("back/app", image.digest)] == [images.digest(sbom)]
    assert [one["digest"] for one in modern_too.referrers("back/app", images.digest(sbom))] == [images.digest(signature)]


@on_docker_registry  # it has no referrers API
def test_index_at_the_target_keeps_what_it_has(davit, registry, other):
    reference, image, sbom, _ = signed(registry, fallback=True)
    theirs, blobs = artifact(SIGNATURE, image.manifest, b"theirs")
    put(other, "prod/app", theirs, blobs)
    keep_index(other, "prod/app", image.digest, theirs)
    target = f"{other.address}/prod/app:1.0.0"

    davit("copy", "--referrers", reference, target)
    other.forget_requests()
    davit("copy", "--referrers", reference, target)

    entries = [one["digest"] for one in json.loads(other.get_manifest("prod/app", tag_of(image.digest))[1])["manifests"]]
    assert entries == [images.digest(theirs), images.digest(sbom)]
    assert other.requests(f"PUT .*/manifests/{tag_of(image.digest)}") == [], "nothing new: not written again"


@on_each_registry
def test_of_each_platform(davit, registry, other):
    parts = [(made(name, architecture=name), {"os": "linux", "architecture": name}) for name in ("amd64", "arm64")]
    reference, digest = registry.push_index("team/many:1.0.0", *parts, oci=True)
    sbom, blobs = artifact(SBOM, parts[1][0].manifest, b"of arm64")
    put(registry, "team/many", sbom, blobs)
    keep_index(registry, "team/many", parts[1][0].digest, sbom)

    davit("copy", "--referrers", reference, f"{other.address}/prod/many:1.0.0")

    assert other.get_manifest("prod/many", images.digest(sbom))[1] == sbom
    assert images.digest(other.get_manifest("prod/many", "1.0.0")[1]) == digest


@on_each_registry
def test_tags_of_cosign(davit, registry, other):
    image = made("app")
    reference = registry.push("team/app:1.0.0", image)
    signature, attestation, sbom, of_attestation = (made(name) for name in ("sig", "att", "sbom", "sig of att"))
    registry.push(f"team/app:{tag_of(image.digest)}.sig", signature)
    registry.push(f"team/app:{tag_of(image.digest)}.att", attestation)
    registry.push(f"team/app:{tag_of(image.digest)}.sbom", sbom)
    registry.push(f"team/app:{tag_of(attestation.digest)}.sig", of_attestation)

    copied = davit("copy", "--referrers", reference, f"{other.address}/prod/app:1.0.0")

    assert f"{tag_of(image.digest)}.sig: digest: {signature.digest} size: {len(signature.manifest)}" in copied.lines
    for tag, wanted in ((tag_of(image.digest) + ".sig", signature), (tag_of(image.digest) + ".att", attestation),
                        (tag_of(image.digest) + ".sbom", sbom), (tag_of(attestation.digest) + ".sig", of_attestation)):
        assert other.get_manifest("prod/app", tag)[1] == wanted.manifest


def test_tag_of_cosign_that_meant_another_is_said(davit, registry, other):
    image, signature, theirs = made("app"), made("sig"), made("theirs")
    reference = registry.push("team/app:1.0.0", image)
    registry.push(f"team/app:{tag_of(image.digest)}.sig", signature)
    other.push(f"prod/app:{tag_of(image.digest)}.sig", theirs)
    copied = davit("copy", "--referrers", reference, f"{other.address}/prod/app:1.0.0")
    assert f"{tag_of(image.digest)}.sig: was {theirs.digest}" in copied.lines


def test_without_the_flag_none_come_and_none_are_asked_for(davit, registry, other):
    reference, image, _, _ = signed(registry, fallback=True)
    registry.forget_requests()
    davit("copy", reference, f"{other.address}/prod/app:1.0.0")
    assert registry.requests("referrers|sha256-") == []
    assert json.loads(other.request("GET", "/v2/prod/app/tags/list")[2])["tags"] == ["1.0.0"]


def test_none_there_is_said(davit, registry, other):
    reference = registry.push("team/app:1.0.0", made("app"))
    assert f"There are no signatures or SBOMs of {reference}" in davit("copy", "--referrers", reference, f"{other.address}/prod/app").lines


def test_one_that_is_broken_leaves_no_tag(davit, modern, modern_too):
    reference, _, _, _ = signed(modern, fallback=False)
    modern.blobs[images.digest(b"signed")] = b"forged"
    failed = davit("copy", "--referrers", reference, f"{modern_too.address}/prod/app:1.0.0", code=1)
    assert f"wrong digest of a blob: expected {images.digest(b'signed')}" in failed.stderr
    assert modern_too.tags("prod/app") == []


def test_two_that_refer_to_each_other_come_to_an_end(davit, modern, modern_too):
    image = made("app")
    reference = push(modern, "team/app:1.0.0", image)
    sbom, blobs = artifact(SBOM, image.manifest, b"x")
    put(modern, "team/app", sbom, blobs)
    def circle(exchange):
        body, media_type = images.index({"mediaType": images.OCI_MANIFEST, "size": len(sbom), "digest": images.digest(sbom)},
                                        {"mediaType": images.OCI_MANIFEST, "size": len(image.manifest), "digest": image.digest}, oci=True)
        exchange.reply(200, body, Content_Type=media_type)
    modern.on("GET .*/referrers/", circle)
    davit("copy", "--referrers", reference, f"{modern_too.address}/prod/app:1.0.0")
    assert modern_too.tags("prod/app") == ["1.0.0"]
