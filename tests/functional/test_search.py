"""davit search, beside docker's."""

import json

import pytest

FOUND = [{"name": "team/auto", "description": "one\r\ntwo", "star_count": 3, "is_official": False, "is_automated": True},
         {"name": "library/alpine", "description": "A minimal Docker image based on Alpine Linux with a complete package index and more", "star_count": 11000,
          "is_official": True, "is_automated": False}]


@pytest.fixture
def index(fake_registry):
    """A registry that has a search; `.asked` are the paths."""
    fake_registry.asked = []

    def answer(exchange):
        fake_registry.asked.append(exchange.seen.path)
        exchange.reply(200, json.dumps({"num_results": 2, "query": "x", "results": FOUND}).encode(), Content_Type="application/json")

    fake_registry.on("GET /v1/search", answer)
    fake_registry.on("GET /v1/_ping", lambda exchange: exchange.reply(200, b'{"standalone": true}', Content_Type="application/json"))
    return fake_registry


@pytest.mark.parametrize("flags", [[], ["--no-trunc"], ["--limit", "5"], ["-f", "stars=5"], ["--filter", "is-official=false"], ["--limit", "0"],
                                   ["--filter", "is-official=true", "--filter", "stars=2"], ["--limit", "-1"], ["--format", "json"], ["--format", "table {{.Name}}\t{{.StarCount}}"],
                                   ["--format", "{{.Name}}: {{.StarCount}} {{.IsOfficial}}"]])
def test_prints_what_docker_prints(davit, docker, docker_28, index, flags):
    term = f"{index.address}/alp"
    assert davit("search", *flags, term).stdout == docker("search", *flags, term)
    assert index.asked[0] == index.asked[1] == f"/v1/search?q=alp&n={'5' if '5' in flags else '25'}"
    assert not davit.root.exists()


def test_filter_for_automated_ones_is_warned_of(davit, index):
    found = davit("search", "--format", "{{.Name}}", "--filter", "is-automated=true", f"{index.address}/alp")
    assert found.stdout == "team/auto\n"
    assert found.stderr == ('WARNING: the "is-automated" filter is deprecated, and searching for "is-automated=true" will not yield any results in future.\n')


@pytest.mark.parametrize("flags, words", [(["--limit", "101"], "Limit 101 is outside the range of [1, 100]"), (["--filter", "bogus=1"], "Invalid filter 'bogus'"), (["--filter", "stars=x"], "Invalid filter 'stars=x'"),
                                          (["--filter", "is-official=x"], "Invalid filter 'is-official=[x]'")])
def test_wrong_flags_have_dockers_words(davit, docker, docker_28, index, flags, words):
    failed = davit("search", *flags, f"{index.address}/alp", code=1)
    assert failed.output == f"Error response from daemon: {words}\n"
    assert docker("search", *flags, f"{index.address}/alp", code=1) == ""
    assert index.asked == []


def test_what_is_no_filter_is_a_mistake_of_the_command_line(davit, docker, docker_28, index):
    failed = davit("search", "--filter", "stars", f"{index.address}/alp", code=125)
    assert failed.stderr.startswith('invalid argument "stars" for "-f, --filter" flag: bad format of filter (expected name=value)\n\nUsage:  davit search ')
    assert docker("search", "--filter", "stars", f"{index.address}/alp", code=125) == ""


def test_registry_without_a_search_says_so(davit, registry):
    failed = davit("search", f"{registry.address}/team", code=1)
    assert failed.output.startswith(f"Error response from daemon: {registry.address} has no search: ")
    assert "404" in failed.output and "'davit tags ls'" in failed.output


def test_answer_that_is_none(davit, fake_registry):
    fake_registry.on("GET /v1/search", lambda exchange: exchange.reply(200, b"<html>", Content_Type="text/html"))
    assert f"{fake_registry.address} has no search" in davit("search", f"{fake_registry.address}/team", code=1).stderr


def test_url_is_no_term(davit):
    assert davit("search", "https://x/y", code=1).output == 'Error response from daemon: Invalid repository name (ex: "registry.domain.tld/myrepos")\n'


def test_without_a_host_docker_hub_is_asked(davit):
    failed = davit("search", "alpine", code=1)
    assert 'Get "https://index.docker.io/v1/search"' in failed.stderr


def test_description_cannot_write_to_the_terminal(davit, fake_registry):
    body = {"results": [{"name": "x", "description": "a\x1b[2Jb"}]}
    fake_registry.on("GET /v1/search", lambda exchange: exchange.reply(200, json.dumps(body).encode(), Content_Type="application/json"))
    assert "\x1b" not in davit("search", f"{fake_registry.address}/x").stdout
