"""What the pages say of the repository is so."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked(pattern):
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", pattern], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / line for line in out.stdout.splitlines() if (ROOT / line).exists()]


def prose(page):
    """The page without its code blocks and code spans."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.S | re.M))


def test_relative_links_resolve():
    dangling = []
    for page in tracked("*.md"):
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
            if not re.match(r"[a-z]+:|#", target) and not (page.parent / target.split("#")[0]).exists():
                dangling.append(f"{page.relative_to(ROOT)}: {target}")
    assert not dangling, "\n".join(dangling)


def test_every_adr_has_its_parts():
    wanted = ("Status", "Context", "Decision", "Consequences", "Rejected")
    wrong = []
    for page in tracked("docs/adr/*.md"):
        lines = page.read_text().splitlines()
        missing = [part for part in wanted if not any(re.match(rf"(\*\*|## )?{part}\b", line) for line in lines)]
        if missing or not re.match(r"\d{4}-[a-z0-9-]+\.md$", page.name):
            wrong.append(f"{page.relative_to(ROOT)}: lacks {', '.join(missing) or 'a name like 0001-title.md'}")
    assert not wrong, "\n".join(wrong)


def test_adr_numbers_are_unique():
    numbers = [page.name[:4] for page in tracked("docs/adr/*.md")]
    assert sorted(numbers) == sorted(set(numbers))


def test_readme_names_the_two_commands_and_the_door_has_them():
    readme = (ROOT / "README.md").read_text()
    usage = subprocess.run([ROOT / "dev", "--help"], check=True, capture_output=True, text=True).stdout
    for verb in ("demo", "test"):
        assert f"./dev {verb}" in readme
        assert re.search(rf"^  {verb}\b", usage, re.M), usage


def test_every_verb_a_page_names_is_a_verb_of_the_door():
    usage = subprocess.run([ROOT / "dev", "--help"], check=True, capture_output=True, text=True).stdout
    verbs = set(re.findall(r"^  ([a-z]+)\b", usage, re.M))
    wrong = [f"{page.relative_to(ROOT)}: ./dev {verb}" for page in tracked("*.md")
             for verb in re.findall(r"\./dev ([a-z]+)\b", page.read_text()) if verb not in verbs]
    assert not wrong, "\n".join(wrong)
