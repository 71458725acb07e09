"""Records what docker prints: the scripts in tests/transcripts are run by tests/testing/sandbox; the argument is the file to write, further ones name
sections to record alone.

A line of a script is a docker command, `+ COMMAND` a shell's in the same folder, `## NAME` begins a section, with the images of container_images() alone."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from testing.peers import Docker
from testing.registry import Registry
from testing.transcripts import container_images


def record(script, remark, networks=False):
    work = Path(os.environ["DAVIT_SANDBOX"])
    out = open(sys.argv[1], "w")
    wanted = sys.argv[2:]
    cwd = work / "cwd"
    cwd.mkdir()
    registry = Registry(work / "registry")
    docker = Docker(work / "docker", networks=networks)
    env = docker.environment | {"LC_ALL": "C.UTF-8"}
    for name, image in container_images().items():
        origin = registry.push("origin/" + name, image)
        for words in (["pull", "-q", origin], ["tag", origin, name], ["rmi", origin]):
            docker(*words)
    registry.stop()

    def play(line):
        words, _, stdin = line.partition(" <<< ")
        given = {"input": stdin.strip("'").encode() + b"\n"} if stdin else {"stdin": subprocess.DEVNULL}
        shell = words.startswith("+ ")
        command = ["sh", "-c", words[2:]] if shell else ["docker", *shlex.split(words)]
        run = subprocess.run(command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, **given)
        text = run.stdout.decode(errors="replace")
        end = "" if text.endswith("\n") or not text else "\n"
        out.write(("" if shell else "$ docker ") + line + "\n" + text + end + ("\n" if shell else f"[exit {run.returncode}]\n\n"))
        out.flush()

    def begin_anew():
        for listing, removal in ((["ps", "-aq"], ["rm", "-fv"]), (["volume", "ls", "-q"], ["volume", "rm", "-f"]),
                                 (["network", "ls", "-q", "--filter", "type=custom"], ["network", "rm"])):
            if left := docker(*listing).split():
                docker(*removal, *left, code=None)
        docker("image", "prune", "-f")
        subprocess.run("rm -rf ./*", shell=True, cwd=cwd)

    out.write(f"# {remark}. `+` is a shell's command.\n")
    recording = False
    for line in filter(None, script.splitlines()):
        if not line.startswith("## "):
            if recording:
                play(line)
            continue
        begin_anew()
        recording = not wanted or line.removeprefix("## ") in wanted
        if recording:
            print(line, flush=True)
            out.write(f"\n{line}\n")
    docker.stop()
