"""Records docker-transcripts-4.txt: what docker prints about disk usage and prune. Run by tests/testing/sandbox; the argument is the file to write."""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from testing import images
from testing.peers import Docker
from testing.registry import Registry
work = Path(os.environ["DAVIT_SANDBOX"])
out = open(sys.argv[1], "w")
registry = Registry(work / "registry")
docker = Docker(work / "docker")
env = docker.environment | {"LC_ALL": "C.UTF-8"}


def say(text):
    out.write(text + "\n")
    out.flush()


def t(*args, stdin=None, note=None):
    """Runs docker and writes down what it says."""
    if note:
        say("# " + note)
    given = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    r = subprocess.run(["docker", *args], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **given)
    say("$ docker " + " ".join(args) + (f" <<< {stdin.decode().strip()!r}" if stdin is not None else ""))
    text = r.stdout.decode(errors="replace")
    out.write(text + ("" if text.endswith("\n") or not text else "\n"))
    say(f"[exit {r.returncode}]\n")


box = registry.push("team/box:1", images.busybox())
app = registry.push("team/app:1", images.busybox(text="one\n"))
app2 = registry.push("team/app:2", images.busybox(text="two\n", Labels={"stage": "test", "team": "a"}))
t("system", "df", note="an empty engine")
t("system", "df", "-v")
t("image", "prune", "-f")
t("system", "prune", "-f")
t("system", "prune", "-af")
t("pull", app)
t("pull", app2)
t("pull", box)
t("system", "df")
t("system", "df", "-v")
t("system", "df", "--format", "json")
t("system", "df", "--format", "table {{.Type}}\t{{.Size}}\t{{.Reclaimable}}")
t("system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Active}}")
t("system", "df", "-v", "--format", "json")
t("system", "df", "-v", "--format", "{{json .Images}}")
t("system", "df", "extra")
t("create", "--name", "c1", app, "x")
t("system", "df")
t("system", "df", "-v")
t("image", "prune", stdin=b"n\n", note="asked and declined")
t("image", "prune", stdin=b"y\n")
t("image", "prune", stdin=b"")
t("image", "prune", stdin=b"yes\n")
t("image", "prune", "-a", stdin=b"N\n")
t("image", "prune", stdin=b"Y\n")
t("image", "prune", "--filter", "label=x", stdin=b"n\n")
t("image", "prune", "-a", "--filter", "until=1h", stdin=b"n\n")
t("image", "prune", "-f", "--filter", "nope=1")
t("image", "prune", "-f", "--filter", "until=bad")
t("image", "prune", "-f", "--filter", "noequals")
t("image", "prune", "-f", "--filter", "until=1h", "--filter", "until=2h")
t("image", "prune", "-f", "--filter", "dangling=false", "--filter", "label=zzz")
t("image", "prune", "-f", "--filter", "dangling=maybe")
t("image", "prune", "-f", "extra")
t("system", "prune", stdin=b"n\n")
t("system", "prune", "-a", stdin=b"n\n")
t("system", "prune", "--volumes", stdin=b"n\n")
t("system", "prune", "-a", "--volumes", "--filter", "label=x", "--filter", "label!=y", stdin=b"n\n")
t("system", "prune", "--volumes", "--filter", "until=1h", "-f")
t("system", "prune", "-f", "--filter", "nope=1")
t("system", "prune", "-f", "--filter", "until=bad")
t("system", "prune", "extra")
t("system", "prune", "-a", "--filter", "until=1h", stdin=b"n\n")
t("image", "prune", "-af", "--filter", "label=stage=prod", note="labels: app:2 has stage=test, team=a")
t("image", "prune", "-af", "--filter", "label!=stage")
t("pull", app2)
t("pull", box)
t("image", "prune", "-af", "--filter", "until=2020-01-01")
t("image", "prune", "-af", "--filter", "label=stage=test")
t("pull", app2);
t("rm", "c1")
t("create", "--name", "c1", app,"x")
t("tag", app, "mine:1")
t("system", "prune", "-f", note="a stopped container")
t("system", "df")
registry.push("team/app:1", images.busybox(text="three\n"))
t("pull", app, note="the tag moves: what it meant is dangling")
t("images")
t("images", "--digests")
t("images", "-f", "dangling=true")
t("rmi", "mine:1")
t("images")
t("image", "prune", "-f")
t("system", "prune", "-af")
t("pull", app2)
t("create", "--name", "c2", app2,"x")
t("image", "prune", "-af", note="an image in use")
t("system", "prune", "-af")
t("images")
for command in (["image", "prune"], ["system", "prune"], ["system", "df"]):
    t(*command, "--help")
docker.stop()
registry.stop()
