"""The folder graph: what each CMakeLists.txt under src/ declares (USES), and what the #includes say.

`tools/graph.py --accept` writes the graph into docs/architecture.md between its markers; tests/repository/test_layering.py
compares. Run by `./dev fmt`.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/architecture.md"
BEGIN, END = "<!-- graph: made by ./dev fmt -->", "<!-- graph: end -->"

_KEYWORDS = {"SOURCES", "USES", "LINK"}


def _calls(text, function):
    """The argument lists of a CMake function, comments removed."""
    text = re.sub(r"#.*", "", text)
    return [match.split() for match in re.findall(rf"\b{function}\s*\(([^)]*)\)", text)]


def _uses(arguments):
    """The words after each USES, up to the next keyword."""
    found, on = [], False
    for word in arguments:
        if word in _KEYWORDS:
            on = word == "USES"
        elif on:
            found.append(word)
    return found


class Folder:
    def __init__(self, path):
        self.path = path
        self.name = path.name
        text = (path / "CMakeLists.txt").read_text()
        self.uses, self.test_uses = set(), set()
        for function in ("davit_library", "davit_program"):
            for call in _calls(text, function):
                self.uses |= set(_uses(call[1:]))
        for call in _calls(text, "davit_tests"):
            self.test_uses |= set(_uses(call[1:]))
        self.text = text

    def files(self):
        return sorted(p for p in self.path.rglob("*") if p.suffix in (".h", ".cpp"))

    def is_test(self, file):
        """A unit test, or a header that only unit tests include."""
        if file.stem.endswith("_test"):
            return True
        users = [other for other in self.files() if f'"{file.relative_to(self.path.parent)}"' in other.read_text()]
        return file.suffix == ".h" and bool(users) and all(other.stem.endswith("_test") for other in users)

    def includes(self, tests):
        """(file, line number, folder) of each #include of a folder of ours; of the unit tests, or of all else."""
        for file in self.files():
            if self.is_test(file) == tests:
                for number, line in enumerate(file.read_text().splitlines(), 1):
                    if match := re.match(r'\s*#\s*include\s+"([^"]+)"', line):
                        yield file, number, match[1].split("/")[0]


def folders():
    return {p.parent.name: Folder(p.parent) for p in sorted((ROOT / "src").glob("*/CMakeLists.txt"))}


def levels(uses):
    """Folders by height: 0 uses nothing, each other is one above the highest it uses. ValueError names a cycle."""
    height = {}

    def visit(name, path):
        if name in path:
            raise ValueError(" -> ".join([*path[path.index(name):], name]))
        if name not in height:
            height[name] = 1 + max((visit(used, [*path, name]) for used in sorted(uses.get(name, ()))), default=-1)
        return height[name]

    for name in uses:
        visit(name, [])
    return height


def render(all_folders):
    uses = {name: folder.uses for name, folder in all_folders.items()}
    height = levels(uses)
    lines = [BEGIN, "Each folder and what it may use, from the bottom up (its CMakeLists.txt says so).", "", "| folder | uses |", "|---|---|"]
    for name in sorted(uses, key=lambda n: (height[n], n)):
        lines.append(f"| {name} | {' '.join(sorted(uses[name]))} |")
    return "\n".join([*lines, END])


def page_with(graph):
    text = PAGE.read_text()
    if BEGIN in text:
        head, rest = text.split(BEGIN, 1)
        return head + graph + rest.split(END, 1)[1]
    head, mark, rest = text.partition("## Decisions")
    return head + graph + "\n\n" + mark + rest if mark else text + "\n" + graph + "\n"


def main():
    wanted = page_with(render(folders()))
    if "--accept" in sys.argv[1:]:
        if PAGE.read_text() != wanted:
            PAGE.write_text(wanted)
        return 0
    return 0 if PAGE.read_text() == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
