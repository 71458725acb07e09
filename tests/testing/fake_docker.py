"""A daemon that shows docker's real command what davit has: its answers are made of what `davit inspect` prints. So both
programs format the same objects, and what they print can be compared."""

import calendar
import json
import os
import socketserver
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler

API = "1.50"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        code, body = self.server.answer(self.path)
        data = json.dumps(body).encode()
        self.send_response(code)
        for name, value in (("Api-Version", API), ("Ostype", "linux"), ("Content-Type", "application/json"), ("Content-Length", len(data))):
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


class FakeDockerd(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, folder, davit):
        self.images = [json.loads(davit("inspect", "--type", "image", identifier).stdout)[0]
                       for identifier in dict.fromkeys(davit("images", "-q", "--no-trunc").lines)]
        self.containers = [json.loads(davit("inspect", "--type", "container", identifier).stdout)[0]
                           for identifier in davit("ps", "-aq", "--no-trunc").lines]
        self.history = {image["Id"]: self.history_of(davit, image) for image in self.images}
        self.socket_path = str(folder / "docker.sock")
        self.environment = os.environ | {"DOCKER_HOST": "unix://" + self.socket_path, "DOCKER_CONFIG": str(davit.docker_config), "HOME": str(folder)}
        super().__init__(self.socket_path, _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @staticmethod
    def history_of(davit, image):
        rows = [json.loads(line) for line in davit("history", "--no-trunc", "-H=false", "--format", "json", image["Id"]).lines]
        return [{"Id": row["ID"], "Created": calendar.timegm(time.strptime(row["CreatedAt"], "%Y-%m-%dT%H:%M:%SZ")), "CreatedBy": row["CreatedBy"],
                 "Size": int(row["Size"]), "Comment": row["Comment"], "Tags": None} for row in rows]

    def stop(self):
        self.shutdown()
        self.server_close()

    def __call__(self, *arguments):
        """(exit code, standard output, standard error) of docker's command."""
        run = subprocess.run(["docker", *arguments], env=self.environment, capture_output=True, stdin=subprocess.DEVNULL)
        return run.returncode, run.stdout.decode(errors="replace"), run.stderr.decode(errors="replace")

    def answer(self, path):
        path = path.split("?")[0].removeprefix(f"/v{API}")
        parts = path.strip("/").split("/")
        if path == "/_ping":
            return 200, "OK"
        if path == "/images/json":
            return 200, [self.summary(image) for image in self.images]
        if path == "/containers/json":
            return 200, [self.container_summary(container) for container in self.containers]
        if parts[0] == "images" and parts[-1] == "json":
            return self.one(self.images, "image", "/".join(parts[1:-1]), lambda image: image["RepoTags"])
        if parts[0] == "images" and parts[-1] == "history":
            code, image = self.one(self.images, "image", "/".join(parts[1:-1]), lambda image: image["RepoTags"])
            return code, self.history[image["Id"]] if code == 200 else image
        if parts[0] == "containers" and parts[-1] == "json":
            return self.one(self.containers, "container", parts[1], lambda container: [container["Name"].lstrip("/")])
        if path == "/info":
            return 200, {"Swarm": {"LocalNodeState": "inactive", "ControlAvailable": False}}
        return 404, {"message": f"page not found: {path}"}

    @staticmethod
    def one(things, kind, name, names):
        for thing in things:
            if name in (thing["Id"], thing["Id"].removeprefix("sha256:")[:12], *names(thing)):
                return 200, thing
        tag = ":latest" if kind == "image" and ":" not in name else ""
        return 404, {"message": f"No such {kind}: {name}{tag}"}

    @staticmethod
    def seconds(moment):
        return calendar.timegm(time.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S"))

    def summary(self, image):
        return {"Id": image["Id"], "ParentId": "", "RepoTags": image["RepoTags"] or (None if image["RepoDigests"] else ["<none>:<none>"]),
                "RepoDigests": image["RepoDigests"] or (None if image["RepoTags"] else ["<none>@<none>"]), "Created": self.seconds(image["Created"]),
                "Size": image["Size"], "SharedSize": -1, "Containers": -1, "Labels": image["Config"]["Labels"]}

    def container_summary(self, container):
        state = container["State"]
        words = {"created": "Created", "running": "Up 2 hours", "exited": f"Exited ({state['ExitCode']}) 2 hours ago"}
        return {"Id": container["Id"], "Names": [container["Name"]], "Image": container["Config"]["Image"], "ImageID": container["Image"],
                "Command": " ".join(container["Config"]["Cmd"]), "Created": self.seconds(container["Created"]), "Ports": [],
                "Labels": container["Config"]["Labels"], "State": state["Status"], "Status": words[state["Status"]],
                "HostConfig": {"NetworkMode": container["HostConfig"]["NetworkMode"]},
                "NetworkSettings": {"Networks": {container["HostConfig"]["NetworkMode"]: {}}},
                "Mounts": [mount for mount in container["Mounts"]]}
