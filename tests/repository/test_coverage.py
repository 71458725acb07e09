"""docs/coverage/*.md: each row names what shows it, and that exists.

`functional/FILE.py::TEST` is a pytest test below tests/, `Suite.Name` a GoogleTest test (or property) below src/ or tests/,
`bench/FILE` a benchmark, `fuzz/FILE` a harness with a corpus, `tools/demo.py` the demo, `refused: why` a row that davit does not have on purpose. Several are separated by commas.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs/coverage").glob("*.md"))


def rows(page):
    """(line number, row, shown by) of each table row after its header."""
    for number, line in enumerate(page.read_text().splitlines(), 1):
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if len(cells) == 2 and cells[0] != "row" and not set(cells[0]) <= set("-: "):
            yield number, cells[0], cells[1]


def python_tests(file):
    """The names of the tests of a file, classes' as Class::test."""
    names = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return names


def google_tests():
    names = set()
    macros = r"\b(?:TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\s*\(\s*(\w+)\s*,\s*(\w+)"
    for folder in ("src", "tests"):
        for file in (ROOT / folder).rglob("*.cpp"):
            names |= {f"{suite}.{name}" for suite, name in re.findall(macros, file.read_text())}
    return names


GOOGLE_TESTS = google_tests()


def problem(proof):
    """Why a proof does not hold, or nothing."""
    if proof.startswith("refused:"):
        return None if proof.removeprefix("refused:").strip() else "says not why it is refused"
    proof = re.sub(r"\s*\(.*\)$", "", proof).strip("`")  # "bench/pull.py (docs/bench.md)"
    if proof.startswith("bench/") or proof == "tools/demo.py":
        return None if (ROOT / proof).is_file() else f"there is no {proof}"
    if proof.startswith("fuzz/"):
        corpus = ROOT / "tests/fuzz/corpus" / Path(proof).stem
        has_corpus = corpus.is_dir() and any(corpus.iterdir())
        return None if (ROOT / "tests" / proof).is_file() and has_corpus else f"there is no tests/{proof} with a corpus"
    if "::" in proof:
        file, test = proof.split("::", 1)
        path = ROOT / "tests" / file
        if not path.is_file():
            return f"there is no tests/{file}"
        return None if test in python_tests(path) else f"tests/{file} has no {test}"
    return None if proof in GOOGLE_TESTS else f"there is no test {proof}"


def test_there_are_pages():
    assert PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_row_is_shown_by_something_that_exists(page):
    wrong, count = [], 0
    for line, row, shown in rows(page):
        count += 1
        proofs = [shown] if shown.startswith("refused:") else re.split(r",\s*(?![^(]*\))", shown)
        for why in filter(None, map(problem, proofs)):
            wrong.append(f"{page.relative_to(ROOT)}:{line}: {row}: {why}")
    assert count, f"{page.name} has no rows"
    assert not wrong, "\n".join(wrong)


def test_a_row_without_a_test_is_found():
    assert problem("functional/test_nowhere.py::test_x") and problem("repository/test_coverage.py::test_nowhere")
    assert problem("NoSuch.Test") and problem("bench/nothing.py") and problem("refused:") and problem("")
    assert problem("repository/test_coverage.py::test_there_are_pages") is None
