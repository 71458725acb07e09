"""`./dev test`: builds what is needed, runs every runner, and prints their sum as the last line."""

import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SANDBOX = ROOT / "tests/testing/sandbox"
JOBS = os.cpu_count() or 2


@dataclass
class Sum:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Sum(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def say(text):
    print(text, flush=True)


def build(preset, *targets):
    say(f"== build {preset}")
    if subprocess.run([ROOT / "dev", "build", preset, *targets], cwd=ROOT).returncode:
        return Sum(failed=1)
    return Sum()


def gtest_program(program):
    """Runs one GoogleTest program in a sandbox. Returns its sum and what is worth reading of its output."""
    with tempfile.TemporaryDirectory() as folder:
        result_file = Path(folder) / "result.json"
        run = subprocess.run([SANDBOX, "sh", "-c", 'TEST_TMPDIR=$DAVIT_SANDBOX exec "$@"', "sh", program,
                              f"--gtest_output=json:{result_file}"], cwd=ROOT, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        name = program.relative_to(ROOT / "build")
        if not result_file.exists():
            return Sum(failed=1), f"{name} ended with status {run.returncode}:\n{tail(run.stdout)}"
        result = json.loads(result_file.read_text())
    total, notes = Sum(), []
    for suite in result["testsuites"]:
        for test in suite["testsuite"]:
            full_name = f"{suite['name']}.{test['name']}"
            output = output_of(full_name, run.stdout)
            if test["status"] == "NOTRUN":
                total.skipped += 1
                notes.append(f"skipped {name} {full_name}: disabled")
            elif test.get("failures"):
                total.failed += 1
                notes.append(f"FAILED {name} {full_name}\n{output}")
            elif test["result"] == "SKIPPED":
                total.skipped += 1
                notes.append(f"skipped {name} {full_name}: {' '.join(output.split()) or 'no reason given'}")
            else:
                total.passed += 1
    if run.returncode and not total.failed:
        total.failed += 1
        notes.append(f"FAILED {name} ended with status {run.returncode}:\n{tail(run.stdout)}")
    return total, "\n".join(notes)


def output_of(test, output):
    begin = re.search(rf"^\[ RUN      \] {re.escape(test)}$", output, re.M)
    end = re.search(rf"^\[(  FAILED  |  SKIPPED )\] {re.escape(test)}", output, re.M)
    return output[begin.end():end.start()].strip() if begin and end else tail(output)


def tail(text, lines=40):
    return "\n".join(text.splitlines()[-lines:])


def unit(preset, names=()):
    """The unit test programs of a preset, side by side."""
    programs = sorted((ROOT / "build" / preset / "tests").glob("*_test"))
    if names:
        programs = [program for program in programs if program.name in names]
    if not programs:
        say(f"no unit tests in build/{preset}/tests")
        return Sum(failed=1)
    total = Sum()
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for one, notes in pool.map(gtest_program, programs):
            total += one
            if notes:
                say(notes)
    say(f"== unit tests, {preset}: {total}")
    return total


def fuzz_replay(preset):
    """Every file of each corpus once through its harness; a harness without a corpus is a failure. One test per harness."""
    total = Sum()
    harnesses = sorted((ROOT / "build" / preset / "fuzz").glob("fuzz_*"))
    for source in sorted((ROOT / "tests/fuzz").glob("*.cpp")):
        if source.stem != "replay" and not any(h.name == f"fuzz_{source.stem}" for h in harnesses):
            say(f"FAILED tests/fuzz/{source.name} is not built")
            total.failed += 1
    for harness in harnesses:
        corpus = ROOT / "tests/fuzz/corpus" / harness.name.removeprefix("fuzz_")
        if not corpus.is_dir() or not any(corpus.iterdir()):
            say(f"FAILED {harness.name}: no corpus at {corpus.relative_to(ROOT)}")
            total.failed += 1
            continue
        run = subprocess.run([harness, corpus], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace")
        if run.returncode:
            say(f"FAILED {harness.name} on its corpus:\n{tail(run.stdout)}")
            total.failed += 1
        else:
            total.passed += 1
    say(f"== fuzz corpora, {preset}: {total}")
    return total


def pytest(arguments, parallel=True):
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / "junit.xml"
        side_by_side = ["-n", str(JOBS), "--dist", "loadfile"] if parallel else ["-p", "no:xdist"]
        run = subprocess.run([sys.executable, "-m", "pytest", "-q", "-rs", *side_by_side, f"--junitxml={junit}", *arguments], cwd=ROOT,
                             stdin=subprocess.DEVNULL)
        if not junit.exists():
            return Sum(failed=1)
        total = Sum()
        for suite in ElementTree.parse(junit).getroot().iter("testsuite"):
            failed = int(suite.get("failures")) + int(suite.get("errors"))
            skipped = int(suite.get("skipped"))
            total += Sum(max(0, int(suite.get("tests")) - failed - skipped), failed, skipped)
    if run.returncode and not total.failed:
        total.failed += 1
    return total


def main():
    parser = argparse.ArgumentParser(prog="./dev test", add_help=False)
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--long", action="store_true", help="sweeps and soaks too")
    parser.add_argument("--ci", action="store_true", help="the unit tests in the asan build and the fuzz corpora too")
    options, rest = parser.parse_known_args()
    if options.help:
        parser.print_help()
        print("\nEverything else goes to pytest: a file, FILE::TEST, -k NAME, -s, -x. NAME_test runs that unit test program.")
        return 0
    if options.long:
        os.environ["DAVIT_LONG"] = "1"

    total = Sum()
    if rest:
        programs = [argument for argument in rest if re.fullmatch(r"\w+_test", argument)]
        others = [argument for argument in rest if argument not in programs]
        if programs:
            total += build("release", *programs)
            total += unit("release", programs)
        if others:
            files = [argument for argument in others if Path(ROOT / argument.split("::")[0]).exists()]
            if not files or any("repository" not in file for file in files):
                total += build("release", "davit")
            if not total.failed:
                total += pytest(others, parallel=len(files) != 1 or Path(ROOT / files[0]).is_dir())
    else:
        # The quickest first, so that a mistake is told soon.
        say("== repository")
        total += pytest(["tests/repository"], parallel=False)
        for preset in ["release", "asan"] if options.ci else ["release"]:
            built = build(preset)
            total += built
            if built.failed:
                continue
            total += unit(preset)
            if preset == "asan":
                total += fuzz_replay(preset)
        if (ROOT / "build/release/davit").exists():
            say("== functional")
            total += pytest(["tests/functional"])
        else:
            say("FAILED functional tests: there is no build/release/davit")
            total.failed += 1
    print(total, flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
