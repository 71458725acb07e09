"""A registry of davit's with users and rules: alice may do everything, bob what is his and what is public."""

import base64

from testing.davit_registry import DavitRegistry

ALICE, BOB = ("alice", "wonderland"), ("bob", "builder-pass")
RULES = """
[access]
password_file = "{file}"
[access.groups]
staff = ["alice"]
[[access.rule]]
repositories = "**"
users = ["@staff"]
actions = ["pull", "push", "delete"]
[[access.rule]]
repositories = "public/**"
users = ["anonymous", "*"]
actions = ["pull"]
[[access.rule]]
repositories = "bob/*"
users = ["bob"]
actions = ["pull", "push"]
"""


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def guarded_registry(folder):
    """With public/app:1 and private/app:1 in it. To be stopped by whoever asked for it."""
    (folder / "passwords").write_text("")
    running = DavitRegistry(folder / "own", config=RULES.format(file=folder / "passwords"))
    for user, password in (ALICE, BOB):
        assert running("user", "add", user, "--password-stdin", stdin=password + "\n") == user + "\n"
    running.headers = basic(*ALICE)
    running.push_busybox("public/app:1")
    running.push_busybox("private/app:1")
    running.headers = {}
    return running
