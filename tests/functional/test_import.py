"""davit import."""

import gzip
import json
import os
import signal
import subprocess
import time

import pytest

from testing import images


@pytest.fixture
def archive(folder):
    path = folder / "root.tar"
    path.write_bytes(images.tar_of(*images.busybox_entries(images.file("etc/text", "from the archive\n"))))
    return path


def test_prints_the_id_and_tags(davit, archive):
    printed = davit("import", archive, "app:1.0.0")
    assert printed.output == davit.id_of("app:1.0.0") + "\n"
    assert davit.cat("app:1.0.0", "/etc/text") == "from the archive\n"


def test_from_standard_input(davit, archive):
    identity = davit("import", "-", "app:1.0.0", stdin=archive.read_bytes()).stdout.strip()
    assert davit.id_of("app:1.0.0") == identity


def test_without_a_name(davit, archive):
    identity = davit("import", archive).stdout.strip()
    assert davit("images", "-q", "--no-trunc").lines == [identity]
    assert "<none>" in davit("images").lines[1]


def test_default_tag_is_latest(davit, archive):
    davit("import", archive, "app")
    assert davit.id_of("app:latest") == davit.id_of("app")


@pytest.mark.parametrize("compress", ["gzip", "zstd", "xz"])
def test_compressed_archive(davit, archive, compress):
    packed = subprocess.run([compress, "-c", archive], check=True, capture_output=True).stdout
    diff_id = images.digest(archive.read_bytes())

    davit("import", "-", "app", stdin=packed)

    assert json.loads(davit("inspect", "app").stdout)[0]["RootFS"]["Layers"] == [diff_id]
    assert davit.cat("app", "/etc/text") == "from the archive\n"


def test_every_change(davit, archive):
    changes = ['CMD ["sh", "-c", "echo hi"]', "ENV A=b", "ENV C d e", "WORKDIR /x", "EXPOSE 80 53/udp", "USER alice", "LABEL a=b", 'ENTRYPOINT ["/bin/busybox"]',
               "VOLUME /v", "STOPSIGNAL SIGINT", "ONBUILD RUN true", "HEALTHCHECK CMD true"]

    davit("import", *(word for change in changes for word in ("--change", change)), archive, "app")

    (got,) = json.loads(davit("inspect", "app").stdout)
    config = got["Config"]
    assert config["Cmd"] == ["sh", "-c", "echo hi"] and config["Entrypoint"] == ["/bin/busybox"]
    assert config["Env"] == ["A=b", "C=d e"] and config["WorkingDir"] == "/x" and config["User"] == "alice"
    assert config["ExposedPorts"] == {"80/tcp": {}, "53/udp": {}} and config["Labels"] == {"a": "b"} and config["Volumes"] == {"/v": {}}
    assert config["StopSignal"] == "SIGINT" and config["OnBuild"] == ["RUN true"]
    assert config["Healthcheck"] == {"Test": ["CMD-SHELL", "true"]}


def test_short_form_of_change_and_shell_form_of_a_command(davit, archive):
    davit("import", "-c", "CMD cat /etc/text", archive, "app")
    assert json.loads(davit("inspect", "app").stdout)[0]["Config"]["Cmd"] == ["/bin/sh", "-c", "cat /etc/text"]
    assert davit("run", "--rm", "app").stdout == "from the archive\n"


def test_history_says_where_it_came_from(davit, archive):
    davit("import", "-", "app", stdin=archive.read_bytes())
    assert davit("history", "app").lines[1].rstrip().endswith("Imported from -")


@pytest.mark.parametrize("change, words", [("RUN x", "run is not a valid change command"), ("BOGUS x", "bogus is not a valid change command")])
def test_change_that_is_none(davit, archive, change, words):
    failed = davit("import", "-c", change, archive, "app", code=1)
    assert failed.stderr == f"Error response from daemon: {words}\n"
    assert davit("images", "-q").lines == []


@pytest.mark.parametrize("change, words", [
    ("EXPOSE x", "Invalid containerPort: x"), ("HEALTHCHECK x", 'Unknown type "X" in HEALTHCHECK (try CMD)'),
    ("HEALTHCHECK --interval=3 CMD x", 'time: missing unit in duration "3"'), ("HEALTHCHECK --retries=0 CMD x", "--retries must be at least 1 (not 0)"),
    ("HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"), ("VOLUME []", "VOLUME requires at least one argument"),
    ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
])
def test_change_that_is_malformed_in_dockers_words(davit, docker, archive, change, words):
    assert davit("import", "-c", change, archive, "app", code=1).stderr == f"Error response from daemon: {words}\n"
    docker("import", "-c", change, archive, "app", code=1)
    assert davit("images", "-q").lines == []


def test_digest_as_the_name(davit, archive):
    assert davit("import", archive, "x@sha256:" + "0" * 64, code=1).stderr == "Error response from daemon: cannot import digest reference\n"


def test_missing_file(davit):
    assert davit("import", "/nosuch/a.tar", "x", code=1).stderr == "open /nosuch/a.tar: no such file or directory\n"


@pytest.mark.parametrize("content", [b"rubbish" * 300, b"x", images.tar_of(images.file("a", "b" * 5000))[:2000]], ids=["rubbish", "one byte", "cut short"])
def test_bad_archive_leaves_nothing(davit, content):
    failed = davit("import", "-", "app", stdin=content, code=1)
    assert failed.stderr.startswith("Error response from daemon: ")
    assert davit("images", "-a", "-q").lines == []


def test_bad_name_is_refused_before_anything_is_read(davit, archive):
    failed = davit("import", archive, "BAD:1", code=1)
    assert failed.stderr == "invalid reference format: repository name (library/BAD) must be lowercase\n"
    assert davit("images", "-a", "-q").lines == []


def test_gzip_layer_that_davit_writes_is_plain_gzip(davit, archive, registry):
    """Its members of 1 MiB are what every gzip reads."""
    target = f"{registry.address}/team/app:1"
    (davit.folder / "big.tar").write_bytes(images.tar_of(images.file("big", os.urandom(2_500_000)), images.file("text", "abc " * 1_000_000)))
    davit("import", davit.folder / "big.tar", target)
    davit("push", target)
    manifest = json.loads(registry.get_manifest("team/app", "1")[1])
    blob = registry.expect(200, "GET", f"/v2/team/app/blobs/{manifest['layers'][0]['digest']}")[1]

    unpacked = subprocess.run(["gzip", "-dc"], input=blob, check=True, capture_output=True).stdout

    assert unpacked == (davit.folder / "big.tar").read_bytes()


@pytest.mark.parametrize("driver", ["overlay", "erofs"])
def test_a_pulled_layer_keeps_where_the_members_of_its_blob_begin(davit, registry, driver):
    target = f"{registry.address}/team/app:1"
    (davit.folder / "big.tar").write_bytes(images.tar_of(images.file("big", os.urandom(2_500_000)), images.file("text", "abc " * 1_000_000)))
    davit("import", davit.folder / "big.tar", target)
    davit("push", target)
    davit("rmi", target)
    davit("--storage-driver", driver, "pull", target)
    digest = json.loads(registry.get_manifest("team/app", "1")[1])["layers"][0]["digest"]
    blob = registry.expect(200, "GET", f"/v2/team/app/blobs/{digest}")[1]

    [table] = (davit.root / driver).glob("*/members")
    magic, of, *members, checksum = table.read_text().splitlines()

    assert magic == "davit gzip members 1" and of == f"blob {digest}" and checksum.startswith("crc32 ")
    tar = (davit.folder / "big.tar").read_bytes()
    for line in members:
        place, offset = (int(number) for number in line.split()[-2:])
        assert gzip.decompress(blob[place:]) == tar[offset:]


def test_an_interrupt_ends_a_silent_standard_input(davit):
    process = subprocess.Popen(davit.command("import", "-", "team/app:1"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not (davit.root / "blobs" / "ingest").is_dir() or not any((davit.root / "blobs" / "ingest").iterdir()):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    assert davit("images", "-q").lines == []
