"""The manual and what `cmake --install` installs."""

import os
import re
import subprocess

import pytest
from testing.davit import PROGRAM, ROOT

MANUAL = ROOT / "docs/manual"
EXAMPLE = ROOT / "docs/davit.toml.example"
BY_HAND = {"differences.md"}


def run(*command, **more):
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, **more)
    assert result.returncode == 0, result
    return result.stdout


def test_the_manual_is_not_stale(davit, folder):
    davit("internal", "manual", "--format", "md", folder / "manual")
    made = {file.name: file.read_text() for file in (folder / "manual").iterdir()}
    there = {file.name: file.read_text() for file in MANUAL.iterdir() if file.name not in BY_HAND}
    stale = sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))
    assert not stale, f"stale: {', '.join(stale)}; ./dev build, then ./dev fmt (and git rm what no command has)"


def test_every_command_is_in_the_index(davit):
    index = (MANUAL / "index.md").read_text()
    commands = re.findall(r"^  (\w+) +", davit("--help").stdout.split("Global Options")[0], re.M)
    groups = {"image", "builder", "tags", "system", "manifest", "container", "volume", "network", "registry"}
    for command in set(commands) - groups:
        assert f"[{command}]({command}.md)" in index
    assert "[tags log](tags-log.md)" in index and "(differences.md)" in index


def test_manual_pages_are_sound(davit, folder):
    davit("internal", "manual", folder / "man1")
    pages = sorted((folder / "man1").iterdir())
    assert len(pages) > 20
    own = [page for page in pages if not page.read_text().startswith(".so ")]
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *own], capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout + lint.stderr
    for page in pages:
        if page not in own:
            assert (folder / page.read_text().split()[1]).exists(), page
    text = run("mandoc", "-T", "utf8", folder / "man1/davit-run.1")
    plain = re.sub(".\b", "", text)
    assert "davit run [OPTIONS] IMAGE [COMMAND] [ARG...]" in plain and "--network network" in plain


def test_unknown_format_of_the_manual(davit, folder):
    assert davit("internal", "manual", "--format", "pdf", folder / "x", code=1).stderr == "no manual in the format 'pdf': use md or man\n"


@pytest.fixture(scope="module")
def installed():
    place = os.path.join(os.environ["DAVIT_SANDBOX"], "installed")
    build = PROGRAM.parent
    run("cmake", "--install", build, "--prefix", "/usr", env=os.environ | {"DESTDIR": place})
    from pathlib import Path
    return Path(place) / "usr"


def test_install_puts_each_piece_in_its_place(installed):
    for piece in ("bin/davit", "share/man/man1/davit.1", "share/man/man1/davit-pull.1", "share/man/man1/davit-image-ls.1",
                  "share/bash-completion/completions/davit", "share/zsh/site-functions/_davit", "share/fish/vendor_completions.d/davit.fish",
                  "share/doc/davit/davit.toml.example"):
        assert (installed / piece).stat().st_size > 0, piece
    assert run(installed / "bin/davit", "--version").startswith("davit version ")


def test_installed_completions_are_those_of_the_program(installed):
    for shell, file in (("bash", "bash-completion/completions/davit"), ("zsh", "zsh/site-functions/_davit"), ("fish", "fish/vendor_completions.d/davit.fish")):
        assert (installed / "share" / file).read_text() == run(installed / "bin/davit", "completion", shell)
    run("bash", "-n", installed / "share/bash-completion/completions/davit")
    run("zsh", "-n", installed / "share/zsh/site-functions/_davit")
    run("fish", "-n", installed / "share/fish/vendor_completions.d/davit.fish")


def test_man_finds_the_installed_pages(installed):
    for page, wanted in (("davit", "davit-pull(1)"), ("davit-pull", "--platform"), ("davit-image-ls", "davit-images")):
        text = run("man", "-M", installed / "share/man", "-P", "cat", page, env=os.environ | {"MANWIDTH": "100", "LC_ALL": "C"})
        assert wanted in re.sub(".\b", "", text)


def test_example_with_every_setting_is_read(davit, installed, folder):
    text = (installed / "share/doc/davit/davit.toml.example").read_text()
    settings = re.sub(r"(?m)^#(?=[a-z_\[])", "", text)
    settings = settings.replace('"/var/lib/davit"', f'"{folder}/store"').replace('"/run/davit"', f'"{folder}/run"')
    (folder / "davit.toml").write_text(settings)
    run(PROGRAM, "--config", folder / "davit.toml", "images", env=davit.environment)
    assert (folder / "store/version").exists()  # it was read
    (folder / "as-it-is.toml").write_text(text)
    davit("--config", folder / "as-it-is.toml", "images")


def test_example_explains_every_setting_that_is_read():
    """The readers' tables are rows of {"name", [&](…) …}."""
    names = set()
    for file in (ROOT / "src/config").glob("*settings.cpp"):
        names |= set(re.findall(r'\{"([a-z_]+)",\s*\[&\]\(', file.read_text()))
    assert {"root", "parallel", "moves", "insecure", "ca", "registry"} <= names
    lines = EXAMPLE.read_text().splitlines()
    configuration = (ROOT / "docs/configuration.md").read_text()
    for name in sorted(names):
        at = next((i for i, line in enumerate(lines) if re.match(rf"#({name} = |\[{name}(\]|\.))", line)), None)
        assert at is not None, f"docs/davit.toml.example does not have the setting '{name}'"
        assert lines[at - 1].startswith("# "), f"docs/davit.toml.example does not explain '{name}'"
        assert name in configuration, f"docs/configuration.md does not have the setting '{name}'"
