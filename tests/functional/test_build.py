"""`davit build`: each instruction and flag, looked at in the image; the cache; what goes wrong."""

import io
import json
import os
import signal
import subprocess
import tarfile
from dataclasses import dataclass

import pytest
from testing.containers import import_busybox
from testing.networks import links
from testing.processes import wait_until


@pytest.fixture
def box(davit):
    import_busybox(davit, "box:1")
    return davit


@dataclass(frozen=True)
class File:
    """An image's, as its tar has it."""
    type: bytes
    mode: int
    uid: int
    gid: int
    linkname: str
    bytes: bytes = None

    def isdir(self):
        return self.type == tarfile.DIRTYPE

    def issym(self):
        return self.type == tarfile.SYMTYPE

    def islnk(self):
        return self.type == tarfile.LNKTYPE


class Context:
    """A folder to build from."""

    def __init__(self, davit, folder):
        self.davit, self.folder = davit, folder
        folder.mkdir()

    def write(self, **files):
        for name, text in files.items():
            path = self.folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self

    def __call__(self, dockerfile, *options, code=0, tag="app:1", **more):
        (self.folder / "Dockerfile").write_text(dockerfile)
        return self.davit("build", "-t", tag, *options, self.folder, code=code, **more)

    def config(self, name="app:1"):
        return json.loads(self.davit("inspect", "-f", "{{json .Config}}", name).stdout)

    def files(self, name="app:1"):
        """The image's files by their names."""
        container = self.davit("create", name, "/x").stdout.strip()
        archive = subprocess.run([*map(str, self.davit.command("export", container))], env=self.davit.environment, capture_output=True, check=True).stdout
        self.davit("rm", container)
        found = {}
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for entry in tar:
                content = tar.extractfile(entry).read() if entry.isreg() else None
                found[entry.name.strip("/").removeprefix("./")] = File(entry.type, entry.mode, entry.uid, entry.gid, entry.linkname, content)
        return found

    def run(self, *command, name="app:1"):
        return self.davit("run", "--rm", name, *command).stdout


@pytest.fixture
def context(box, folder):
    return Context(box, folder / "context")


def steps(result):
    """How each step ended: name -> DONE, CACHED, ERROR."""
    names, ends = {}, {}
    for line in result.stderr.splitlines():
        if line.startswith("#"):
            number, _, text = line.partition(" ")
            if number not in names:
                names[number] = text
            elif text.startswith(("DONE", "CACHED", "ERROR")):
                ends[names[number]] = text.split()[0].rstrip(":")
    return ends


# Instructions

def test_configuration(context):
    context("""FROM box:1
ARG VERSION=1.0
ENV A=1 B="two words" C=$VERSION
ENV D ${A:-x}-${UNSET:-y}
LABEL org.example.version=$VERSION "a b"=c
EXPOSE 80 53/udp 9000-9001
USER 1000:1000
WORKDIR /srv
WORKDIR app
VOLUME /data ["/more"]
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s --retries=3 CMD wget -q localhost
SHELL ["/bin/sh", "-ec"]
ENTRYPOINT ["/bin/app", "--x"]
CMD serve all
ONBUILD RUN echo later
MAINTAINER me@example.org
""".replace('VOLUME /data ["/more"]', 'VOLUME ["/data", "/more"]'))
    config = context.config()
    assert config["Env"][-4:] == ["A=1", "B=two words", "C=1.0", "D=1-y"]
    assert config["Labels"] == {"org.example.version": "1.0", "a b": "c"}
    assert set(config["ExposedPorts"]) == {"80/tcp", "53/udp", "9000/tcp", "9001/tcp"} and set(config["Volumes"]) == {"/data", "/more"}
    assert (config["User"], config["WorkingDir"], config["StopSignal"]) == ("1000:1000", "/srv/app", "SIGINT")
    assert config["Healthcheck"] == {"Test": ["CMD-SHELL", "wget -q localhost"], "Interval": 30_000_000_000, "Retries": 3}
    assert config["Entrypoint"] == ["/bin/app", "--x"] and config["Cmd"] == ["/bin/sh", "-ec", "serve all"]
    assert config["Shell"] == ["/bin/sh", "-ec"] and config["OnBuild"] == ["RUN echo later"]
    assert context.davit("inspect", "-f", "{{.Author}}", "app:1").stdout == "me@example.org\n"
    assert context.files()["srv/app"].isdir()


def test_an_entrypoint_drops_the_base_images_command(context):
    context('FROM box:1\nCMD ["from", "base"]\n', tag="base:1")
    context('FROM base:1\nENTRYPOINT ["x"]\n')
    assert not context.config().get("Cmd")
    context('FROM base:1\nCMD ["own"]\nENTRYPOINT ["x"]\n')
    assert context.config()["Cmd"] == ["own"]


def test_arguments(context):
    context("""ARG BASE=box
ARG TAG=1
FROM $BASE:${TAG}
ARG WHO=nobody
ARG TAG
ARG TARGETARCH
ARG HTTP_PROXY
RUN echo "$WHO $TAG ${TARGETARCH:+arch} [$UNDECLARED]" >/out
ENV WHO=env
RUN echo $WHO >>/out
""", "--build-arg", "WHO=me", "--build-arg", "UNDECLARED=x")
    assert context.files()["out"].bytes == b"me 1 arch []\nenv\n"
    assert "WHO=env" in context.config()["Env"] and not any(line.startswith("TAG=") for line in context.config()["Env"])


def test_copy(context):
    context.write(a="a\n", sub__b="b\n", sub__deep__c="c\n", x_log="x\n").write(**{"two.log": "2\n"})
    os.symlink("b", context.folder / "sub/link")
    os.link(context.folder / "sub/b", context.folder / "sub/hard")
    (context.folder / "a").chmod(0o754)
    context("""FROM box:1
WORKDIR /w
COPY a renamed
COPY a sub/b dir/
COPY sub /tree
COPY *.log logs/
COPY --chmod=600 --chown=7:8 a owned
COPY <<EOF /etc/passwd
daemon:x:1:2::/:/bin/sh
EOF
COPY --chown=daemon a named
COPY --exclude=deep sub /without
COPY --parents sub/deep/c /kept/
COPY --link a /linked/a
COPY sub/link /followed
COPY <<one <<"two" /here/
1 $HOME
one
2 $HOME
two
""")
    files = context.files()
    assert files["w/renamed"].bytes == b"a\n" and files["w/renamed"].mode == 0o754 and (files["w/renamed"].uid, files["w/renamed"].gid) == (0, 0)
    assert {"w/dir/a", "w/dir/b", "tree/b", "tree/deep/c", "w/logs/two.log", "kept/sub/deep/c", "linked/a", "without/b"} <= set(files)
    assert "without/deep" not in files and "w/logs/x_log" not in files
    assert files["tree/link"].linkname == "b" and files["followed"].bytes == b"b\n" and {files["tree/hard"].islnk(), files["tree/b"].islnk()} == {True, False}
    assert (files["w/owned"].uid, files["w/owned"].gid, files["w/owned"].mode) == (7, 8, 0o600)
    assert (files["w/named"].uid, files["w/named"].gid) == (1, 1)
    assert files["here/one"].bytes == b"1 \n" and files["here/two"].bytes == b"2 $HOME\n"


def test_copy_follows_links_of_the_image_and_keeps_folders_as_they_are(context):
    context.write(a="a\n", sub__b="b\n")
    context("""FROM box:1
RUN mkdir -m 1777 /pub && mkdir -p /usr/lib64 && ln -s usr/lib64 /lib64 && ln -s /nowhere/else /out
COPY a /lib64/
COPY sub /pub
COPY a /out/a
""")
    files = context.files()
    assert files["lib64"].issym() and files["usr/lib64/a"].bytes == b"a\n" and files["nowhere/else/a"].bytes == b"a\n"
    assert files["pub"].mode == 0o1777 and files["pub/b"].bytes == b"b\n"


def test_no_link_leads_out_of_the_context(context, folder):
    (folder / "outside").write_text("secret\n")
    os.symlink(folder / "outside", context.folder / "leak")
    os.symlink("..", context.folder / "up")
    for source in ("leak", "up/outside", "../outside"):
        result = context(f"FROM box:1\nCOPY {source} /\n", code=1)
        assert "not found" in result.stderr


def test_ignored_files(context):
    context.write(keep="k", drop__a="a", drop__b="b", **{"x.log": "x"})
    context.write(**{".dockerignore": "*.log\ndrop\n!drop/b\nDockerfile*\n"})
    context("FROM box:1\nCOPY . /all\n")
    assert {name for name in context.files() if name.startswith("all/")} == {"all/keep", "all/drop", "all/drop/b", "all/.dockerignore"}
    assert "not found" in context("FROM box:1\nCOPY x.log /\n", code=1).stderr
    context.write(**{"Dockerfile.dockerignore": "keep\n"})
    context("FROM box:1\nCOPY . /all\n")
    assert "all/keep" not in context.files() and "all/x.log" in context.files()


def test_add(context):
    for name, mode in (("plain.tar", "w"), ("packed.tgz", "w:gz")):
        with tarfile.open(context.folder / name, mode) as tar:
            entry = tarfile.TarInfo("bin/tool")
            entry.size, entry.mode, entry.uid = 5, 0o755, 9
            tar.addfile(entry, io.BytesIO(b"tool\n"))
    context.write(a="a\n")
    context("""FROM box:1
RUN ln -s bin /other
ADD plain.tar /opt/
ADD packed.tgz a /opt2/
ADD --unpack=false plain.tar /as-it-is/
ADD --chown=5:6 packed.tgz /owned/
""")
    files = context.files()
    assert files["opt/bin/tool"].bytes == b"tool\n" and files["opt/bin/tool"].mode == 0o755 and files["opt/bin/tool"].uid == 9
    assert files["opt2/a"].bytes == b"a\n" and "opt2/bin/tool" in files and "as-it-is/plain.tar" in files
    assert (files["owned/bin/tool"].uid, files["owned/bin/tool"].gid) == (5, 6)


def test_run(context):
    context("""FROM box:1
ENV X=1
WORKDIR /w
RUN echo "$X $(pwd) $(hostname)" >out; mkdir -p d && rm -rf /var
RUN ["touch", "exec form"]
USER 12
RUN id -u >/tmp/who
RUN <<EOF
echo one >/tmp/script
echo two >>/tmp/script
EOF
""".replace("\nUSER 12", "\nRUN mkdir -p /tmp && chmod 1777 /tmp\nUSER 12"))
    files = context.files()
    assert files["w/out"].bytes == b"1 /w buildkitsandbox\n" and "w/exec form" in files and "var" not in files
    assert files["tmp/who"].bytes == b"12\n" and files["tmp/script"].bytes == b"one\ntwo\n"
    assert not {"etc/hosts", "etc/resolv.conf"} & {name for name, file in files.items() if file.bytes}


def test_run_networks(context):
    context("FROM box:1\nRUN ip -o -4 addr | grep -c inet >/n; true\nRUN --network=none ip -o link | wc -l >/none\n")
    assert context.files()["n"].bytes == b"2\n" and context.files()["none"].bytes == b"1\n"
    refused = context("FROM box:1\nRUN --network=host true\n", code=1).stderr
    assert "network.host is not allowed" in refused
    context("FROM box:1\nRUN --network=host ip -o link | wc -l >/host\n", "--allow", "network.host")
    context("FROM box:1\nRUN ip -o link | wc -l >/none\n", "--network", "none", "--no-cache")
    assert context.files()["none"].bytes == b"1\n"
    assert "security.insecure is not allowed" in context("FROM box:1\nRUN --security=insecure true\n", code=1).stderr
    context("FROM box:1\nRUN --security=insecure mount -t tmpfs x /mnt 2>/dev/null || mkdir /mnt && mount -t tmpfs x /mnt\n", "--allow", "security.insecure")
    assert not links("dv") - links("dv-")


def test_mounts(context, folder):
    context.write(data__f="from the context\n")
    (folder / "token").write_text("t0p-s3cret\n")
    dockerfile = """FROM box:1 AS tools
RUN echo tool >/tool
FROM box:1
RUN --mount=type=bind,target=/src,source=data --mount=type=bind,from=tools,source=/tool,target=/t cat /src/f /t >/bound; touch /src/x 2>/dev/null && exit 1; true
RUN --mount=type=cache,target=/var/cache/deep/x echo again >>/var/cache/deep/x/count; wc -l </var/cache/deep/x/count >/count
RUN --mount=type=tmpfs,target=/scratch touch /scratch/x && mount | grep -c ' /scratch type tmpfs' >/tmpfs
RUN --mount=type=secret,id=token,required=true wc -c </run/secrets/token >/length
RUN --mount=type=secret,id=token,env=TOKEN,target=/tok echo ${#TOKEN} >>/length; stat -c %a /tok >>/length
"""
    context(dockerfile, "--secret", f"id=token,src={folder / 'token'}")
    files = context.files()
    assert files["bound"].bytes == b"from the context\ntool\n" and files["count"].bytes == b"1\n" and files["tmpfs"].bytes == b"1\n"
    assert files["length"].bytes == b"11\n11\n400\n"
    # What was made for mounts alone is in no layer.
    assert not {"src", "t", "scratch", "run/secrets", "tok", "var/cache/deep"} & set(files)
    context(dockerfile, "--secret", f"id=token,src={folder / 'token'}", "--no-cache")
    assert context.files()["count"].bytes == b"2\n"
    # The secret is nowhere in the store.
    found = subprocess.run(["grep", "-r", "-l", "t0p-s3cret", context.davit.root], capture_output=True, text=True).stdout
    assert found == ""
    assert "secret token: not found" in context(dockerfile, "--no-cache", code=1).stderr


def test_triggers_of_the_base_image(context):
    context.write(a="a\n")
    context("FROM box:1\nONBUILD COPY a /triggered\nONBUILD RUN echo t >/ran\n", tag="base:1")
    context("FROM base:1\nRUN cat /triggered /ran >/both\n")
    assert context.files()["both"].bytes == b"a\nt\n" and not context.config().get("OnBuild")


# Stages

STAGES = """FROM box:1 AS first
RUN echo 1 >/one
FROM box:1 AS Unused
RUN false
FROM first AS second
RUN echo 2 >/two
FROM scratch
COPY --from=second /one /two /
COPY --from=0 /one /by-number
COPY --from=box:1 /bin/busybox /bin/busybox
"""


def test_only_the_stages_that_are_needed(context):
    result = context(STAGES)
    assert set(context.files()) >= {"one", "two", "by-number", "bin/busybox"} and "bin/sh" not in context.files()
    assert not any("Unused" in step or "false" in step for step in steps(result))
    context(STAGES, "--target", "FIRST", tag="first:1")
    assert "one" in context.files("first:1") and "two" not in context.files("first:1")
    assert 'target stage "nope" could not be found' in context(STAGES, "--target", "nope", code=1).stderr


def test_named_contexts(context, folder):
    (folder / "more").mkdir()
    (folder / "more/f").write_text("more\n")
    context("FROM box:1\nCOPY --from=extra f /\n", "--build-context", f"extra={folder / 'more'}")
    assert context.files()["f"].bytes == b"more\n"


# The cache

def test_what_did_not_change_is_not_done_again(context):
    context.write(a="1\n", b="1\n")
    dockerfile = "FROM box:1\nCOPY a /\nRUN cat /a >/c\nCOPY b /\nRUN cat /b >/d\n"
    context(dockerfile)
    first = context.davit("images", "-q", "--no-trunc", "app:1").stdout
    os.utime(context.folder / "a")
    again = context(dockerfile)
    assert context.davit("images", "-q", "--no-trunc", "app:1").stdout == first
    assert {end for name, end in steps(again).items() if name[1:2] != "" and not name.startswith(("[1/", "exporting"))} == {"CACHED"}
    context.write(b="2\n")
    changed = steps(context(dockerfile))
    assert [changed[name] for name in sorted(changed) if name.startswith("[") and not name.startswith("[1/")] == ["CACHED", "CACHED", "DONE", "DONE"]
    assert context.files()["d"].bytes == b"2\n"
    assert set(steps(context(dockerfile, "--no-cache")).values()) == {"DONE"}


@pytest.mark.parametrize("change", ["arg", "env", "user", "workdir", "base"])
def test_what_a_program_sees_is_in_its_key(context, change):
    lines = {"arg": "ARG X=1", "env": "ENV X=1", "user": "USER 1", "workdir": "WORKDIR /1", "base": "COPY a /x1"}
    context.write(a="a")
    before = f"FROM box:1\n{lines[change]}\nRUN --network=none date\n"
    context(before)
    assert steps(context(before))[[name for name in steps(context(before)) if "date" in name][0]] == "CACHED"
    after = steps(context(before.replace("1\nRUN", "2\nRUN")))
    assert [end for name, end in after.items() if "date" in name] == ["DONE"]


def test_stages_that_are_not_to_be_cached(context):
    dockerfile = "FROM box:1 AS one\nRUN echo 1\nFROM one AS two\nRUN echo 2\n"
    context(dockerfile)
    ends = steps(context(dockerfile, "--no-cache-filter", "two"))
    assert [end for name, end in ends.items() if "echo" in name] == ["CACHED", "DONE"]


def test_pruned_cache_is_made_again(context):
    dockerfile = "FROM box:1\nRUN --mount=type=cache,target=/c dd if=/dev/zero of=/c/x bs=1M count=2 2>/dev/null; dd if=/dev/zero of=/big bs=1M count=3 2>/dev/null\n"
    context(dockerfile)
    context.davit("rmi", "app:1")
    context.davit("image", "prune", "-f")
    assert "CACHED" in steps(context(dockerfile)).values()
    context.davit("rmi", "app:1")
    assert context.davit("builder", "prune", stdin="n\n").stdout.startswith("WARNING! This will remove all dangling build cache.")
    assert "reclaimed space: 0B" not in context.davit("builder", "prune", "-f").stdout and (context.davit.root / "build/caches").exists()
    context.davit("builder", "prune", "-a", "-f", "--filter", "until=1h")
    context.davit("builder", "prune", "-a", "-f")
    assert not [name for name in os.listdir(context.davit.root / "build/caches") if not name.endswith(".lock")]
    assert "CACHED" not in steps(context(dockerfile)).values()


# The command

def test_names_ids_and_output(context, folder):
    result = context("FROM box:1\nLABEL a=1\n", "-t", "team/app:2", "--label", "b=2", "--iidfile", folder / "id", "-q")
    image = result.stdout.strip()
    assert result.stderr == "" and (folder / "id").read_text() == image
    assert context.davit("images", "-q", "--no-trunc", "team/app:2").stdout.strip() == image and context.config()["Labels"] == {"a": "1", "b": "2"}
    assert context.davit("history", "--format", "{{.CreatedBy}} {{.Comment}}", "app:1").lines[0] == "LABEL a=1 buildkit.dockerfile.v0"


def test_dockerfiles_from_elsewhere(context):
    context.write(a="a", docker__other="FROM box:1\nCOPY a /other\n")
    context.davit("build", "-t", "app:1", "-f", context.folder / "docker/other", context.folder)
    assert "other" in context.files()
    context.davit("build", "-t", "app:2", "-", stdin="FROM box:1\nRUN echo x >/stdin\n")
    assert "stdin" in context.files("app:2")
    context.davit("build", "-t", "app:3", "-f", "-", context.folder, stdin="FROM box:1\nCOPY a /both\n")
    assert "both" in context.files("app:3")


@pytest.mark.parametrize("compression, media_type", [("gzip", "tar+gzip"), ("zstd", "tar+zstd"), ("none", ".tar")])
def test_compression(context, compression, media_type):
    context("FROM scratch\nCOPY Dockerfile /\n", "--compression", compression)
    manifest = json.loads(context.davit("manifest", "inspect", "app:1", code=None).stdout or "{}")
    archive = subprocess.run([*map(str, context.davit.command("save", "app:1"))], env=context.davit.environment, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        texts = [tar.extractfile(entry).read() for entry in tar if entry.isreg() and entry.size < 4096]
    assert manifest is not None and any(media_type.encode() in text for text in texts)


@pytest.mark.parametrize("dockerfile, words", [
    ("FROM box:1\nRUNN x\n", "unknown instruction: RUNN (did you mean RUN?)"),
    ("FROM box:1\nCOPY nothere /x\n", '"/nothere": not found'),
    ("FROM box:1\nCOPY --from=nope a /x\n", "nope"),
    ("FROM box:1\nRUN exit 7\n", 'process "/bin/sh -c exit 7" did not complete successfully: exit code: 7'),
    ("FROM box:1\nRUN [\"nosuchprogram\"]\n", "nosuchprogram"),
    ("FROM box:1\nCOPY --chown=nobodyknows Dockerfile /\n", "unable to find user nobodyknows"),
    ("FROM box:1\nCOPY --chmod=9 Dockerfile /\n", "invalid chmod parameter"),
    ("FROM box:1\nCOPY a b /x\n", "the destination must be a directory and end with a /"),
    ("FROM box:1\nADD https://example.com/x /\n", "davit does not fetch URLs"),
    ("FROM box:1\nSTOPSIGNAL NOSUCH\n", "NOSUCH"),
    ("FROM box:1 AS one\nCOPY --from=1 a /\nFROM one\nRUN true\n", "it is no stage before this one"),
    ("FROM scratch\nRUN true\n", "the stage is empty"),
    ("FROM ${NOTHING}\n", "should not be blank"),
    ("", "the Dockerfile"),
    ("# syntax=example/own:1\nFROM box:1\n", "example/own:1"),
])
def test_mistakes_are_told_with_their_place(context, dockerfile, words):
    context.write(a="a", b="b")
    result = context(dockerfile, code=1)
    assert words.lower() in result.stderr.lower() and "ERROR: failed to build" in result.stderr
    if dockerfile.startswith("FROM box"):
        assert " >>> " in result.stderr
    assert context.davit("images", "-q", "app:1").stdout == "" and context.davit("ps", "-aq").stdout == ""


@pytest.mark.parametrize("arguments, words", [
    (["nowhere"], 'unable to prepare context: path "nowhere" not found'),
    (["https://example.com/x.git"], "davit builds from folders"),
    (["-f", "nofile", "."], "failed to read dockerfile: open nofile"),
    (["-f", ".", "."], "is a folder"),
    (["--progress", "tty", "."], "--progress tty is not supported yet"),
    (["--secret", "src=x", "."], 'secret missing "id" field'),
    (["--allow", "everything", "."], "invalid entitlement"),
    (["--build-context", "x", "."], "invalid context value"),
    (["--compression", "lzma", "."], "invalid compression"),
])
def test_command_lines_that_cannot_be(context, arguments, words):
    (context.folder / "Dockerfile").write_text("FROM box:1\n")
    result = context.davit("build", *[str(context.folder) if word == "." else word for word in arguments], code=1)
    assert words in result.stderr


# What goes wrong

def left_over(davit):
    """What builds have running or lying about."""
    found = {f"container {name}" for name in os.listdir(davit.root / "build/containers") if len(name) == 64}
    run = davit.root / "run/build"
    return found | {f"run {name}" for name in os.listdir(run) if name.startswith(("secret-", "tree-"))} | {f"link {name}" for name in links("dv") if not name.startswith("dv-")}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_build_that_is_ended_leaves_nothing(context, number):
    dockerfile = "FROM box:1\nRUN echo done >/first\nRUN echo begun; sleep 600\n"
    (context.folder / "Dockerfile").write_text(dockerfile)
    process = context.davit.start("build", context.folder)
    wait_until(lambda: subprocess.run(["pgrep", "-f", "^sleep 600"], capture_output=True).returncode == 0, what="the step to run")
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode in (130, -number)
    again = context(dockerfile.replace("sleep 600", "true"))  # what a killed one left is removed by the next
    assert [end for name, end in steps(again).items() if "first" in name] == ["CACHED"]
    wait_until(lambda: not left_over(context.davit), what=lambda: f"nothing to be left: {left_over(context.davit)}")
    assert subprocess.run(["pgrep", "-f", "^sleep 600"], capture_output=True).returncode == 1


def test_builds_side_by_side(context):
    """One removes nothing of another's."""
    (context.folder / "Dockerfile").write_text("ARG N\nFROM box:1\nARG N\nRUN sleep 0.$N; echo $N >/n\n")
    processes = [context.davit.start("build", "-q", "--build-arg", f"N={number}", "-t", f"app:{number}", context.folder) for number in range(1, 6)]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert [context.files(f"app:{number}")["n"].bytes for number in range(1, 6)] == [b"%d\n" % number for number in range(1, 6)]
    assert not left_over(context.davit)


# With others

def test_what_was_built_is_pushed_and_run_by_docker(context, registry, docker):
    context("FROM box:1\nRUN echo from davit >/hello\nCMD [\"cat\", \"/hello\"]\n", tag=f"{registry.address}/team/app:1")
    context.davit("push", f"{registry.address}/team/app:1")
    assert docker("run", "--rm", "--network", "none", f"{registry.address}/team/app:1") == "from davit\n"


def test_the_classic_builder_makes_the_same(context, registry, docker):
    context.davit("tag", "box:1", f"{registry.address}/box:1")
    context.davit("push", f"{registry.address}/box:1")
    context.write(a="a\n", sub__b="b\n", sub__deep__c="c\n")
    dockerfile = f"""FROM {registry.address}/box:1
ARG A=1
ENV B=$A C="x y"
WORKDIR /srv/app
COPY . .
COPY --chown=3:4 sub /sub/
RUN echo "$A $B" >out && mkdir -m 700 d && ln -s out l
LABEL x=$B
EXPOSE 80
VOLUME /v
USER 5
CMD ["a", "b"]
"""
    context(dockerfile)
    docker("build", "-q", "-t", "theirs:1", context.folder)
    theirs = json.loads(docker("inspect", "theirs:1"))[0]["Config"]
    ours = context.config()
    for member in ("Env", "Labels", "ExposedPorts", "Volumes", "User", "WorkingDir", "Cmd", "Entrypoint"):
        assert ours.get(member) == theirs.get(member), member
    docker("tag", "theirs:1", f"{registry.address}/theirs:1")
    docker("push", f"{registry.address}/theirs:1")
    context.davit("pull", f"{registry.address}/theirs:1")
    assert context.files() == context.files(f"{registry.address}/theirs:1")
