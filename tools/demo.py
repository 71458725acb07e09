"""`./dev demo`: an image from import to rollback against davit's own registry, each command shown with its output and its claim checked.

Runs inside tests/testing/sandbox, which has no network but loopback and ends everything that was started here.
"""

import os
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from testing import images  # noqa: E402
from testing.davit_registry import DavitRegistry  # noqa: E402
from testing.processes import wait_until  # noqa: E402

FOLDER = Path(os.environ["DAVIT_SANDBOX"])
COLOUR = sys.stdout.isatty()


def style(code, text):
    return f"\033[{code}m{text}\033[0m" if COLOUR else text


def say(text):
    print(f"\n{style('1', '# ' + text)}", flush=True)


def claim(holds, text):
    """A claim of the demo: it must hold, or the demo fails."""
    if not holds:
        sys.exit(f"demo: this should be so, and is not: {text}")
    print(style("32", f"  ok: {text}"), flush=True)


def davit(*arguments, shown=None, code=0, **more):
    """Runs davit, shows the command and what it printed, and returns its standard output; of what is to fail, its errors."""
    command = [str(ROOT / "build/release/davit"), *map(str, arguments)]
    print(style("36", f"$ davit {shlex.join(map(str, shown or arguments))}"), flush=True)
    run = subprocess.run(command, env=os.environ | {"DAVIT_ROOT": str(FOLDER / "store"), "DOCKER_CONFIG": str(FOLDER / "docker")}, cwd=FOLDER,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, **more)
    for line in (run.stderr + run.stdout).splitlines():
        print(f"  {line}")
    sys.stdout.flush()
    if run.returncode != code:
        sys.exit(f"demo: davit ended with {run.returncode}")
    return run.stderr if code else run.stdout


def served(url):
    """What a web server answers, once it is there."""
    print(style("36", f"$ curl {url}"), flush=True)
    def answer():
        try:
            return urllib.request.urlopen(url, timeout=5).read().decode()
        except OSError:
            return None
    text = wait_until(answer, what=url)
    print(f"  {text}", end="", flush=True)
    return text


def archive(name, text):
    """A root file system: busybox and a text."""
    (FOLDER / name).write_bytes(images.tar_of(*images.busybox_entries(images.file("etc/greeting", text + "\n"))))
    return name


def main():
    print("This is davit against Debian's docker-registry, in a sandbox with nothing but loopback.")
    registry = DavitRegistry(FOLDER / "registry")
    app = f"{registry.address}/team/app"
    change = ["--change", 'CMD ["cat", "/etc/greeting"]']

    say("A root file system becomes an image.")
    davit("import", *change, archive("good.tar", "Hello from version 1.0.0."), f"{app}:1.0.0")
    davit("tag", f"{app}:1.0.0", f"{app}:latest")
    davit("images")

    say("It goes to the registry, and away from here.")
    pushed = davit("push", f"{app}:1.0.0")
    davit("push", "-q", f"{app}:latest")
    claim("Pushed" in pushed and "1.0.0: digest: sha256:" in pushed, "the layer was pushed, and the registry named the image's digest")
    davit("rmi", f"{app}:1.0.0", f"{app}:latest")
    claim(len(davit("images").splitlines()) == 1, "nothing is left here")

    say("Running it pulls it, once.")
    registry.forget_requests()
    out = davit("run", "--rm", "--network", "none", f"{app}:latest")
    claim(out == "Hello from version 1.0.0.\n", "the container said what version 1.0.0 says")
    fetched = [request.path for request in registry.requests("^GET .*/blobs/")]
    claim(len(fetched) == 2 and len(set(fetched)) == 2, "the registry's log: config and layer were fetched, each once")

    say("Running it again asks nobody.")
    registry.forget_requests()
    out = davit("run", "--rm", "--network", "none", f"{app}:latest")
    claim(out == "Hello from version 1.0.0.\n", "the same words")
    claim(registry.requests() == [], "the registry's log: no request at all")

    say("A bad build overwrites `latest`.")
    davit("import", *change, archive("bad.tar", "Oh no. This should never have been released."), f"{app}:latest")
    claim("Oh no" in davit("run", "--rm", "--network", "none", f"{app}:latest"), "latest is the bad one now")

    say("Every move of a tag is on record …")
    log = davit("tags", "log", f"{app}:latest")
    claim("import" in log and "@{1}" in log, "the import is the newest move, and what it displaced is @{1}")

    say("… so it is brought back, without asking anybody.")
    registry.forget_requests()
    davit("tags", "restore", f"{app}:latest@{{1}}")
    out = davit("run", "--rm", "--network", "none", f"{app}:latest")
    claim(out == "Hello from version 1.0.0.\n", "version 1.0.0 again")
    claim(registry.requests() == [], "the registry's log: no request at all")
    say("Tested here, it is promoted: the very manifest goes from this registry to production's, past the machine's store.")
    production = DavitRegistry(FOLDER / "production")
    released = f"{production.address}/team/app"
    copied = davit("copy", f"{app}:1.0.0", f"{released}:1.0.0")
    digest = next(line.split()[2] for line in pushed.splitlines() if line.startswith("1.0.0: digest:"))
    claim(f"1.0.0: digest: {digest}" in copied, "production has the digest that was pushed")
    claim(davit("tags", "ls", "--format", "{{.Tag}}", released) == "1.0.0\n", "and this version")

    say("As one file it goes where no registry is.")
    davit("pull", "-q", f"{app}:1.0.0")
    davit("save", "-o", "app.tar", f"{app}:1.0.0")
    loaded = davit("--root", FOLDER / "elsewhere", "load", "-i", "app.tar")
    claim(loaded == f"Loaded image: {app}:1.0.0\n", "another store has it")

    say("While a container uses an image, it stays …")
    davit("network", "create", "backend")
    container = davit("run", "-d", "--name", "web", "--init", "--network", "backend", "-p", "8080:80", "-v", "site:/srv", f"{app}:latest",
                      "busybox", "httpd", "-f", "-p", "80", "-h", "/etc").strip()
    claim(served("http://127.0.0.1:8080/greeting") == "Hello from version 1.0.0.\n", "its published port answers")
    claim("Name:\tweb\n" in davit("run", "--rm", "--network", "backend", f"{app}:latest", "busybox", "nslookup", "web"), "containers of a network find each other by name")
    davit("exec", "web", "sh", "-c", "cp /etc/greeting /srv/index.html && cat /srv/index.html")
    davit("ps")
    image = davit("inspect", "--format", "{{.Image}}", "web").strip().removeprefix("sha256:")
    davit("rmi", f"{app}:1.0.0")  # one of its two names may go
    refused = davit("rmi", f"{app}:latest", code=1)
    claim(f'conflict: unable to remove repository reference "{app}:latest" (must force) - container {container[:12]} is using its referenced image {image[:12]}'
          in refused, "docker's words: the image, and the container that uses it")

    say("… unless it is forced: then its containers are stopped and removed first. Volumes are never touched.")
    removed = davit("rmi", "-f", f"{app}:latest")
    claim(all(step in removed for step in (f"Stopped: {container}", f"Removed: {container}", "Untagged: ", "Deleted: ")), "each step is named")
    claim(davit("volume", "ls", "-q") == "site\n" and davit("ps", "-aq") == "", "the container is gone, its volume is not")
    davit("volume", "rm", "site")
    davit("network", "rm", "backend")

    say("What is kept, what the disk says, and what may go.")
    davit("system", "df")
    freed = davit("image", "prune", "--all", "--force")
    claim("Total reclaimed space: 0B" not in freed and len(davit("images").splitlines()) == 1, "nothing used these images: their bytes are free")
    registry.stop()
    production.stop()
    print("\n" + style("1", "Done: imported, pushed, removed, pulled once, run, broken, restored, promoted, archived, kept while in use, cleaned up."))


if __name__ == "__main__":
    main()
