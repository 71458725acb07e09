"""A registry in memory that takes pushes, has the referrers API where wanted, and removes tags alone where wanted."""

import json
import re
from urllib.parse import parse_qs, urlsplit

from testing import images
from testing.fake_registry import FakeRegistry


class PushableRegistry(FakeRegistry):
    def __init__(self, referrers_api=False, deletes_tags=False):
        self.referrers_api, self.deletes_tags = referrers_api, deletes_tags
        self.uploads, self.count = {}, 0
        super().__init__()

    def tags(self, repository):
        return sorted(key for name, key in self.manifests if name == repository and ":" not in key)

    def digest_of(self, repository, tag):
        return images.digest(self.manifests[repository, tag][0])

    def referrers(self, repository, subject):
        """Descriptors of the manifests whose subject it is."""
        found = {}
        for (name, key), (body, media_type) in list(self.manifests.items()):
            manifest = json.loads(body)
            if name == repository and ":" in key and (manifest.get("subject") or {}).get("digest") == subject:
                found[key] = {"mediaType": media_type, "digest": key, "size": len(body),
                              "artifactType": manifest.get("artifactType") or manifest["config"]["mediaType"]}
        return list(found.values())

    def serve(self, exchange, **how):
        url = urlsplit(exchange.seen.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        method = exchange.seen.method
        if match := re.fullmatch(r"/v2/(.+)/blobs/uploads/(.*)", url.path):
            return self.upload(exchange, method, match[1], match[2], query)
        if (match := re.fullmatch(r"/v2/(.+)/referrers/(.+)", url.path)) and self.referrers_api:
            body, media_type = images.index(*self.referrers(match[1], match[2]), oci=True)
            return exchange.reply(200, body, Content_Type=media_type)
        if match := re.fullmatch(r"/v2/(.+)/tags/list", url.path):
            return exchange.reply(200, json.dumps({"name": match[1], "tags": self.tags(match[1])}).encode(), Content_Type="application/json")
        if (match := re.fullmatch(r"/v2/(.+)/manifests/(.+)", url.path)) and method == "PUT":
            self.add_manifest(match[1], match[2], exchange.body, exchange.headers["Content-Type"])
            return exchange.reply(201, Docker_Content_Digest=images.digest(exchange.body))
        if (match := re.fullmatch(r"/v2/(.+)/manifests/(.+)", url.path)) and method == "DELETE":
            if ":" not in match[2] and not self.deletes_tags:
                return exchange.reply(405, b'{"errors":[{"code":"UNSUPPORTED","message":"The operation is unsupported."}]}')
            return exchange.reply(202 if self.manifests.pop((match[1], match[2]), None) else 404)
        return super().serve(exchange, **how)

    def upload(self, exchange, method, repository, identity, query):
        if method == "POST":
            if query.get("mount") in self.blobs:
                return exchange.reply(201, Location=f"/v2/{repository}/blobs/{query['mount']}")
            with self.lock:
                self.count += 1
                identity = str(self.count)
            self.uploads[identity] = b""
            return exchange.reply(202, Location=f"/v2/{repository}/blobs/uploads/{identity}")
        self.uploads[identity] += exchange.body
        if method == "PATCH":
            return exchange.reply(202, Location=f"/v2/{repository}/blobs/uploads/{identity}")
        blob = self.uploads.pop(identity)
        if images.digest(blob) != query["digest"]:
            return exchange.reply(400, b'{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match uploaded content"}]}')
        self.blobs[query["digest"]] = blob
        return exchange.reply(201, Location=f"/v2/{repository}/blobs/{query['digest']}", Docker_Content_Digest=query["digest"])
