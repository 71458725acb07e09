"""The door: presets, CI, and the sum that `./dev test` ends with."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_presets_are_those_that_the_door_builds():
    presets = {preset["name"] for preset in json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"] if not preset.get("hidden")}
    assert presets == {"release", "debug", "asan", "tsan", "fuzz"}


def test_warnings_are_errors():
    (options,) = re.findall(r"add_compile_options\((-Wall .*)\)", (ROOT / "cmake/davit.cmake").read_text())
    assert {"-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"} <= set(options.split())


def test_ci_goes_through_the_door():
    called = re.findall(r"^\./dev (\w+.*)$", (ROOT / ".ci/run").read_text(), re.M)
    assert "fmt --check" in called and "test --ci" in called


def test_last_line_is_the_sum_and_a_skip_says_why_and_is_not_passed(tmp_path):
    folder = tmp_path / "repository"  # a path of which the runner needs no program
    folder.mkdir()
    (folder / "test_three.py").write_text("import pytest\ndef test_good(): pass\ndef test_bad(): assert False\ndef test_none(): pytest.skip('no such thing here')\n")

    run = subprocess.run([sys.executable, ROOT / "tools/run_tests.py", folder / "test_three.py"], capture_output=True, text=True)

    assert run.stdout.splitlines()[-1] == "1 passed, 1 failed, 1 skipped"
    assert run.returncode == 1
    assert "no such thing here" in run.stdout
