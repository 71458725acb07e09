"""Mixed load on a registry by clients that know what must be there: writers, each with repositories of its own, in which it pushes, deletes, looks and vanishes;
readers of everybody's. The server may be killed at any time. What an answer told must stay so; what was asked and not answered may be so or not, until it is
seen. Errors of the server, wrong bytes and forgotten things are AssertionErrors."""

import json
import random
import threading
import time
import traceback
from urllib.parse import urlsplit

from testing import images
from testing.load_caller import Caller, Growing, Known, Unanswered

EMPTY = b"{}"
KINDS = ["application/vnd.example.sbom", "application/vnd.example.signature"]


class Repository:
    """What one writer knows of one: its own, or one of all of them."""

    def __init__(self, name, knowledge=Known):
        self.name = name
        self.blobs, self.manifests, self.tags = knowledge(), knowledge(), knowledge()
        self.referrers = {}  # digest -> (subject, kind)

    def path(self, *parts):
        return "/".join(["/v2", self.name, *parts])

    def manifest_goes(self, digest, surely):
        """With its tags."""
        self.manifests.set(digest, None) if surely else self.manifests.may(digest, None)
        for tag, values in list(self.tags.items()):
            if digest in values:
                self.tags[tag] = values - {digest} | {None} if surely else values | {None}


class Load:
    """What all of them share."""

    def __init__(self, address, seed, pause=0):
        self.address, self.seed = address, seed
        self.pause = pause  # the longest that a writer rests between two steps
        rng = random.Random(f"{seed}/pool")
        self.pool = [rng.randbytes(size) for size in [0, 1, 100, 4000, 4096, 65536, 200_000, 1_000_000, 4_000_000] + [rng.randrange(50_000) for _ in range(30)]]
        self.contents = {}  # digest -> (bytes, media type) of each blob and manifest that was ever pushed
        self.repositories = []
        self.failures, self.ended = [], threading.Event()
        for blob in [EMPTY, *self.pool]:
            self.remember(blob)

    def remember(self, content, media_type=None):
        name = images.digest(content)
        self.contents[name] = (content, media_type)
        return name

    def run(self, clients, faults, seconds):
        """The clients, each on a thread, for some seconds, or until one fails; meanwhile faults() on this one, again and again."""
        threads = [threading.Thread(target=self._work, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end and not self.ended.is_set():
                faults()
        finally:
            self.ended.set()
            for thread in threads:
                thread.join()
        assert not self.failures, f"seed {self.seed}, {len(self.failures)} failures:\n" + "\n".join(self.failures)

    def _work(self, client):
        try:
            while not self.ended.is_set():
                client.step()
        except Exception:  # told by run()
            self.failures.append(f"{client} at {client.last}: {traceback.format_exc()}")
            self.ended.set()
        finally:
            client.caller.close()


class Writer:
    def __init__(self, load, number, repositories=2):
        self.load, self.number = load, number
        self.rng = random.Random(f"{load.seed}/writer {number}")
        self.caller = Caller(load.address)
        self.own = [Repository(f"load/{number}/{letter}") for letter in "abcdef"[:repositories]]
        self.shared = Repository("load/shared", Growing)
        load.repositories += [*self.own, self.shared]
        self.last = ""
        self.made = 0
        self.steps = {self.push_image: 20, self.push_artifact: 6, self.move_tag: 8, self.delete_tag: 6, self.delete_manifest: 5, self.delete_blob: 4, self.look: 15,
                      self.list_tags: 4, self.list_repositories: 2, self.list_referrers: 5, self.mount: 8, self.push_to_all: 4, self.vanish_in_download: 3}

    def __str__(self):
        return f"writer {self.number}"

    def step(self):
        step, = self.rng.choices(list(self.steps), self.steps.values())
        self.last = step.__name__
        try:
            step(self.rng.choice(self.own))
        except Unanswered:
            pass  # the step noted what may be so
        if self.load.pause:
            self.load.ended.wait(self.rng.random() * self.load.pause)

    # Blobs.

    def some_blob(self):
        self.made += 1
        content = self.rng.choice(self.load.pool) if self.rng.random() < 0.7 else f"{self} {self.made} ".encode() + self.rng.randbytes(self.rng.randrange(3000))
        return self.load.remember(content), content

    def put_blob(self, repository, name, content):
        """However often the server is killed meanwhile, it is there in the end."""
        while True:
            try:
                if self.rng.random() < 0.3:
                    status = self.caller.expect((200, 404), "HEAD", repository.path("blobs", name))[0]
                    repository.blobs.see(name, True if status == 200 else None, f"{repository.name}'s blob")
                if None not in repository.blobs[name] and self.rng.random() < 0.7:
                    return
                repository.blobs.may(name, True)
                self.rng.choice([self.monolithic, self.at_once, self.in_chunks, self.streamed, self.broken_off])(repository, name, content)
                repository.blobs.set(name, True)
                return
            except Unanswered:
                continue

    def begin(self, repository):
        return self.caller.expect(202, "POST", repository.path("blobs/uploads/"))[1]["Location"]

    def end(self, place, name, content=b"", besides=()):
        return self.caller.expect((201, *besides), "PUT", f"{place}?digest={name}", content)[0]

    def monolithic(self, repository, name, content):
        self.end(self.begin(repository), name, content)

    def at_once(self, repository, name, content):
        # An empty body is none: that begins an upload.
        status, headers, _ = self.caller.expect(201 if content else 202, "POST", repository.path(f"blobs/uploads/?digest={name}"), content)
        if status == 202:
            self.end(headers["Location"], name)

    def in_chunks(self, repository, name, content):
        """Each by its Content-Range; where an answer does not come, it is gone on with as far as it got."""
        place, size = self.begin(repository), max(1, len(content) // self.rng.randrange(1, 6))
        for offset in range(0, len(content), size):
            part = content[offset:offset + size]
            try:
                self.caller.expect(202, "PATCH", place, part, {"Content-Range": f"{offset}-{offset + len(part) - 1}"})
            except Unanswered:
                return self.go_on(place, name, content, offset, offset + len(part))
        self.end(place, name)

    def streamed(self, repository, name, content):
        place = self.begin(repository)
        self.caller.expect(202, "PATCH", place, iter([content[i:i + 30_000] for i in range(0, len(content), 30_000)]))
        self.end(place, name)

    def broken_off(self, repository, name, content):
        """A client that vanishes in mid-upload, and mostly another that goes on with it."""
        place = self.begin(repository)
        sent = self.rng.randrange(len(content) + 1)

        def send(connection):
            connection.putrequest("PATCH", place)
            connection.putheader("Content-Length", str(len(content) + 1))
            connection.putheader("Content-Range", f"0-{len(content)}")  # so that it is refused where it comes late
            connection.endheaders(content[:sent])
        self.caller.vanish(self.rng, send)
        if self.rng.random() < 0.2:
            return self.monolithic(repository, name, content)
        self.go_on(place, name, content, 0, sent)

    def go_on(self, place, name, content, least, most):
        """To its end, with an upload that was broken off somewhere between."""
        first_byte = False  # "0-0" tells of one byte, or of none
        for _ in range(3000):
            try:
                last = int(self.caller.expect(204, "GET", place)[1]["Range"].split("-")[1])
                offset = last + 1 if last or first_byte else 0
                assert least <= max(offset, last + 1) and offset <= most, f"{place} has 0-{last}, after {least} and at most {most} bytes that were sent"
                if offset < len(content):
                    status = self.caller.expect((202, 409, 416), "PATCH", place, content[offset:], {"Content-Range": f"{offset}-{len(content) - 1}"})[0]
                else:
                    status = 202
            except Unanswered:
                most = len(content)
                continue
            if status == 202:
                least = most = len(content)
                if self.end(place, name, besides=[409]) == 201:
                    return
            if status == 416 and last == 0:
                first_byte = not first_byte
            time.sleep(0.01)  # 409, or more than it was just now: the request of the one who vanished is not over
        raise AssertionError(f"{place} cannot be gone on with")

    def mount(self, repository):
        source = self.rng.choice(self.load.repositories)
        known = [name for name, values in list(source.blobs.items()) if True in values]
        if source is repository or not known:
            return
        name = self.rng.choice(known)
        must = source in self.own and None not in source.blobs[name]
        before = repository.blobs[name]
        repository.blobs.may(name, True)
        origin = f"&from={source.name}" if self.rng.random() < 0.8 else ""
        status, headers, _ = self.caller.expect(201 if must else (201, 202), "POST", repository.path(f"blobs/uploads/?mount={name}{origin}"))
        if status == 201:
            repository.blobs.set(name, True)
        else:
            repository.blobs[name] = before
            self.caller.expect(204, "DELETE", headers["Location"])

    def delete_blob(self, repository):
        """One that no manifest names."""
        named = {descriptor["digest"] for digest, values in repository.manifests.items() if True in values for descriptor in self.parts(digest)}
        names = sorted(name for name, values in repository.blobs.items() if True in values and name not in named)
        if names:
            name = self.rng.choice(names)
            must = None not in repository.blobs[name]
            repository.blobs.may(name, None)
            self.caller.expect(202 if must else (202, 404), "DELETE", repository.path("blobs", name))
            repository.blobs.set(name, None)

    # Manifests and tags.

    def parts(self, digest):
        manifest = json.loads(self.load.contents[digest][0])
        return [manifest["config"], *manifest["layers"]]

    def manifest(self, config, layers, **more):
        def descriptor(name, media_type):
            return {"mediaType": media_type, "size": len(self.load.contents[name][0]), "digest": name}
        body = json.dumps({"schemaVersion": 2, "mediaType": images.OCI_MANIFEST, "config": descriptor(config, images.OCI_CONFIG),
                           "layers": [descriptor(name, images.OCI_LAYER) for name in layers]} | more).encode()
        return self.load.remember(body, images.OCI_MANIFEST)

    def put_manifest(self, repository, digest, reference):
        tag = None if reference == digest else reference
        repository.manifests.may(digest, True)
        if tag:
            repository.tags.may(tag, digest)
        headers = self.caller.expect(201, "PUT", repository.path("manifests", reference), *self.load.contents[digest][:1],
                                     {"Content-Type": images.OCI_MANIFEST})[1]
        assert headers["Docker-Content-Digest"] == digest
        repository.manifests.set(digest, True)
        if tag:
            repository.tags.set(tag, digest)

    def some_tag(self):
        return f"{self.rng.randrange(3)}.{self.rng.randrange(10)}"

    def push_image(self, repository):
        blobs = [self.some_blob() for _ in range(self.rng.randrange(1, 5))]
        self.made += 1
        config = json.dumps({"architecture": "amd64", "os": "linux", "made": f"{self} {self.made}"}).encode()
        blobs.append((self.load.remember(config), config))
        for name, content in blobs:
            self.put_blob(repository, name, content)
        digest = self.manifest(blobs[-1][0], [name for name, _ in blobs[:-1]])
        self.put_manifest(repository, digest, self.some_tag() if self.rng.random() < 0.8 else digest)

    def push_artifact(self, repository):
        subjects = repository.manifests.surely()
        if not subjects:
            return
        subject, kind = self.rng.choice(subjects), self.rng.choice(KINDS)
        name, content = self.some_blob()
        self.put_blob(repository, name, content)
        self.put_blob(repository, images.digest(EMPTY), EMPTY)
        self.made += 1
        digest = self.manifest(images.digest(EMPTY), [name], artifactType=kind, annotations={"made": f"{self} {self.made}"},
                               subject={"mediaType": images.OCI_MANIFEST, "size": len(self.load.contents[subject][0]), "digest": subject})
        repository.referrers[digest] = (subject, kind)
        self.put_manifest(repository, digest, digest)

    def move_tag(self, repository):
        digests = repository.manifests.surely()
        if digests:
            self.put_manifest(repository, self.rng.choice(digests), self.some_tag())

    def push_to_all(self, _):
        """One of a few images, to a repository to which others push the same now; nobody deletes there."""
        repository = self.shared
        number = self.rng.randrange(len(self.load.pool) - 2)
        for blob in [EMPTY, *self.load.pool[number:number + 2]]:
            self.put_blob(repository, images.digest(blob), blob)
        layers = [images.digest(blob) for blob in self.load.pool[number:number + 2]]
        self.put_manifest(repository, self.manifest(images.digest(EMPTY), layers), f"pool-{number}")

    def delete_tag(self, repository):
        tag = self.some_tag()
        must = repository.tags[tag]
        repository.tags.may(tag, None)
        allowed = 404 if must == {None} else 202 if None not in must else (202, 404)
        self.caller.expect(allowed, "DELETE", repository.path("manifests", tag))
        repository.tags.set(tag, None)

    def delete_manifest(self, repository):
        digests = sorted(digest for digest, values in repository.manifests.items() if True in values)
        if digests:
            digest = self.rng.choice(digests)
            must = None not in repository.manifests[digest]
            repository.manifest_goes(digest, surely=False)
            self.caller.expect(202 if must else (202, 404), "DELETE", repository.path("manifests", digest))
            repository.manifest_goes(digest, surely=True)

    # Looking.

    def get_manifest(self, repository, reference):
        """Its digest, or None."""
        status, headers, body = self.caller.expect((200, 404), "GET", repository.path("manifests", reference), headers={"Accept": images.OCI_MANIFEST})
        if status == 404:
            return None
        digest = images.digest(body)
        assert self.load.contents[digest] == (body, headers["Content-Type"]) and headers["Docker-Content-Digest"] == digest
        return digest

    def get_blob(self, repository, name):
        """Whether it is there, and then byte for byte."""
        status, _, body = self.caller.expect((200, 404), "GET", repository.path("blobs", name))
        assert status == 404 or body == self.load.contents[name][0], f"{repository.name}'s blob {name}: {len(body)} wrong bytes"
        return True if status == 200 else None

    def see_tag(self, repository, tag):
        digest = self.get_manifest(repository, tag)
        repository.tags.see(tag, digest, f"{repository.name}'s tag")
        if digest:
            repository.manifests.see(digest, True, f"{repository.name}'s manifest")
        return digest

    def see_manifest(self, repository, digest):
        found = self.get_manifest(repository, digest)
        assert found in (digest, None)
        repository.manifests.see(digest, True if found else None, f"{repository.name}'s manifest")

    def see_blob(self, repository, name):
        repository.blobs.see(name, self.get_blob(repository, name), f"{repository.name}'s blob")

    def look(self, repository):
        """A pull of one of its own: manifest and blobs must be what they are known to be."""
        digest = self.see_tag(repository, self.some_tag())
        for part in self.parts(digest) if digest else []:
            self.see_blob(repository, part["digest"])
        if repository.manifests:
            self.see_manifest(repository, self.rng.choice(sorted(repository.manifests)))

    def vanish_in_download(self, repository):
        names = repository.blobs.surely()
        if names:
            def send(connection):
                connection.request("GET", repository.path("blobs", self.rng.choice(names)))
                if self.rng.random() < 0.7:
                    connection.getresponse().read(self.rng.randrange(1, 10_000))
            self.caller.vanish(self.rng, send)

    def pages(self, path, key):
        """All entries of a list, page by page."""
        found, path = [], f"{path}?n={self.rng.choice([1, 3, 7, 100])}"
        while path:
            status, headers, body = self.caller.expect((200, 404), "GET", path)
            found += (json.loads(body)[key] or []) if status == 200 else []
            link = urlsplit(headers.get("Link", "").partition(";")[0].strip("<>"))
            path = f"{link.path}?{link.query}" if link.path else None
        assert len(set(map(str, found))) == len(found), f"{path} repeats itself: {found}"
        return found

    def list_tags(self, repository):
        found = self.pages(repository.path("tags/list"), "tags")
        assert found == sorted(found)
        for tag in {*found, *repository.tags}:
            assert any((value is not None) == (tag in found) for value in repository.tags[tag]), f"{repository.name}:{tag}, {repository.tags[tag]}, is listed: {tag in found}"

    def list_repositories(self, _):
        found = self.pages("/v2/_catalog", "repositories")
        for own in self.own:
            assert own.name in found or not own.manifests.surely(), f"{own.name} is not in {found}"

    def list_referrers(self, repository):
        subjects = sorted({subject for subject, _ in repository.referrers.values()})
        if subjects:
            subject, kind = self.rng.choice(subjects), self.rng.choice([None, *KINDS])
            body = self.caller.expect(200, "GET", repository.path("referrers", subject) + (f"?artifactType={kind}" if kind else ""))[2]
            found = {entry["digest"] for entry in json.loads(body)["manifests"]}
            asked = {digest for digest, (of, its_kind) in repository.referrers.items() if of == subject and kind in (None, its_kind)}
            assert found <= asked
            for digest in asked:
                assert (True if digest in found else None) in repository.manifests[digest], f"{repository.name}@{digest}, {repository.manifests[digest]}, is told: {digest in found}"

    def see_all(self):
        """After the load: everything is what it is known to be. Returns how many things there were."""
        everything = [*self.own, self.shared]
        for repository in everything:
            for tag in list(repository.tags):
                self.see_tag(repository, tag)
            for digest in list(repository.manifests):
                self.see_manifest(repository, digest)
            for name in list(repository.blobs):
                self.see_blob(repository, name)
        for repository in self.own:
            self.list_tags(repository)
        self.list_repositories(None)
        self.caller.close()
        return sum(len(known) for repository in everything for known in (repository.tags, repository.manifests, repository.blobs))


class Reader:
    """Pulls anything of anybody: what comes is right, byte for byte; what is gone is 404."""

    def __init__(self, load, number):
        self.load, self.number = load, number
        self.rng = random.Random(f"{load.seed}/reader {number}")
        self.caller, self.last = Caller(load.address), ""

    def __str__(self):
        return f"reader {self.number}"

    def step(self):
        repository = self.rng.choice(self.load.repositories)
        try:
            self.last = f"tags of {repository.name}"
            status, _, body = self.caller.expect((200, 404), "GET", repository.path("tags/list"))
            tags = json.loads(body)["tags"] if status == 200 else []
            if not tags:
                return self.load.ended.wait(0.01)
            tag = self.rng.choice(tags)
            self.last = f"pull of {repository.name}:{tag}"
            status, headers, body = self.caller.expect((200, 404), "GET", repository.path("manifests", tag), headers={"Accept": images.OCI_MANIFEST})
            if status == 404:
                return None
            assert self.load.contents[images.digest(body)] == (body, headers["Content-Type"])
            for part in json.loads(body)["layers"]:
                content = self.load.contents[part["digest"]][0]
                first = self.rng.randrange(len(content)) if content and self.rng.random() < 0.3 else None
                status, _, body = self.caller.expect((200, 206, 404), "GET", repository.path("blobs", part["digest"]),
                                                     headers={} if first is None else {"Range": f"bytes={first}-"})
                assert status == 404 or body == (content if status == 200 else content[first:]), f"{part['digest']}: wrong bytes"
        except Unanswered:
            pass
