"""Stock clients: dockerd 20.10 with docker, podman, and skopeo."""

import os
import subprocess
from testing.processes import stop, wait_until


def run(*command, env=None, stdin=None, code=0):
    result = subprocess.run(list(map(str, command)), env=env, input=stdin, capture_output=True)
    assert code is None or result.returncode == code, \
        f"$ {' '.join(map(str, command))}\n{result.stdout.decode(errors='replace')}{result.stderr.decode(errors='replace')}[exit {result.returncode}]"
    return result


class Docker:
    """A dockerd of the sandbox, without networks unless they are asked for, and the docker command on it. `options`: more of dockerd's."""

    def __init__(self, folder, *options, networks=False):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.socket = f"unix:///run/docker-{os.getpid()}-{folder.name}.sock"
        self.environment = os.environ | {"DOCKER_HOST": self.socket, "DOCKER_CONFIG": str(folder / "config")}
        self.environment.pop("DOCKER_CONTENT_TRUST", None)
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(["dockerd", "--data-root", folder / "data", "--exec-root", "/run/docker", "--pidfile", "/run/docker.pid",
                                             "-H", self.socket, *([] if networks else ["--iptables=false", "--bridge=none"]), *options], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        wait_until(self.answers, what=lambda: "dockerd: " + (folder / "log").read_text()[-2000:])

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        return subprocess.run(["docker", "version"], env=self.environment, capture_output=True).returncode == 0

    def __call__(self, *arguments, code=0, stdin=None):
        result = run("docker", *arguments, env=self.environment, code=code, stdin=stdin)
        return result.stdout.decode(errors="replace")

    def export(self, reference):
        """The merged tree of an image, as a tar."""
        container = self("create", reference, "x").strip()
        try:
            return run("docker", "export", container, env=self.environment).stdout
        finally:
            self("rm", "-f", container)

    def merged_tree(self, reference):
        """(folder, release): the merged tree as dockerd's overlay2 mounts it, without what a container adds."""
        import json
        driver = json.loads(self("inspect", reference))[0]["GraphDriver"]["Data"]
        lower = driver["UpperDir"] + (":" + driver["LowerDir"] if driver.get("LowerDir") else "")
        target = self.folder / "merged"
        target.mkdir(exist_ok=True)
        if ":" in lower:
            run("mount", "-t", "overlay", "overlay", "-o", f"ro,lowerdir={lower}", target)
        else:
            run("mount", "--bind", lower, target)
        return target, lambda: run("umount", target)

    def stop(self):
        stop(self.process)


def skopeo(*arguments, code=0):
    return run("skopeo", *arguments, code=code, env=os.environ | {"HOME": os.environ.get("DAVIT_SANDBOX", "/")}).stdout.decode()


class Podman:
    """podman on a store of its own, without networks."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "containers.conf").write_text('[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
                                                '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\nruntime = "runc"\n')
        (folder / "storage.conf").write_text(f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/data"\nrunroot = "/run/podman-{folder.name}"\n')
        (folder / "registries.conf").write_text("")
        self.policy = folder / "policy.json"
        self.policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        self.environment = os.environ | {"CONTAINERS_CONF": str(folder / "containers.conf"), "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
                                         "CONTAINERS_REGISTRIES_CONF": str(folder / "registries.conf"), "HOME": str(folder), "TMPDIR": str(folder)}

    def __call__(self, *arguments, code=0, stdin=None):
        policy = ["--signature-policy", self.policy] if arguments[0] in ("load", "pull") else []
        result = run("podman", arguments[0], *policy, *arguments[1:], env=self.environment, code=code, stdin=stdin)
        return result.stdout.decode(errors="replace")

    def id_of(self, reference):
        return "sha256:" + self("image", "inspect", "--format", "{{.Id}}", reference).strip()

    def stop(self):
        self("rm", "-a", "-f", code=None)
