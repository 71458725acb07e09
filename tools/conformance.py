"""`./dev conformance [--url URL | --registry NAME] [SUITE…]`: the OCI conformance suites against davit's registry, or against another.

Each suite gets a fresh registry inside tests/testing/sandbox; with --url the one that runs there takes all of them. Prints a table of totals
and every failure with its message; the suites' own reports stay in build/conformance. Exit status: 1 if anything failed, 3 if the suites
cannot be run here (no Go).
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from testing import conformance  # noqa: E402
from testing.davit_registry import DavitRegistry  # noqa: E402
from testing.go_programs import InstallFailed, has_go  # noqa: E402
from testing.registry import Registry  # noqa: E402

REPORTS = ROOT / "build/conformance"
CANNOT_RUN = 3


def start(registry, suite, folder):
    """A fresh registry, set up so that it serves all that the suite asks for."""
    if registry == "docker-registry":
        return Registry(folder)
    return DavitRegistry(folder, config="[registry]\nsparse_manifests = true\n" if suite == "sparse" else "")


def run(options):
    folder = Path(os.environ.get("DAVIT_SANDBOX", REPORTS))
    for suite in options.suites:
        reports = REPORTS / options.registry / suite
        if options.url:
            yield conformance.run(suite, options.url, reports)
            continue
        with start(options.registry, suite, folder / suite) as server:
            yield conformance.run(suite, server.url, reports, automatic_mounts=options.registry == "davit")


def short(message, limit=400):
    text = " ".join(message.split())
    return text if len(text) <= limit else text[:limit] + "…"


def table(outcomes):
    lines = [f"{'suite':10}{'passed':>8}{'failed':>8}{'skipped':>9}{'disabled':>10}"]
    return lines + [f"{one.suite:10}{one.passed:>8}{one.failed:>8}{one.skipped:>9}{one.disabled:>10}" for one in outcomes]


def main():
    parser = argparse.ArgumentParser(prog="./dev conformance")
    parser.add_argument("--url", help="a registry that runs already, such as http://127.0.0.1:5000")
    parser.add_argument("--registry", choices=["davit", "docker-registry"], default="davit", help="which one to start (davit)")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(conformance.SUITES) + " (all)")
    options = parser.parse_args()
    unknown = [suite for suite in options.suites if suite not in conformance.SUITES]
    if unknown:
        parser.error(f"no suite {', '.join(unknown)}; there are {', '.join(conformance.SUITES)}")
    options.suites = options.suites or list(conformance.SUITES)

    if not options.url and "DAVIT_SANDBOX" not in os.environ:
        if not has_go():
            print("conformance: cannot run: the suites are Go programs, and there is no go here", file=sys.stderr)
            return CANNOT_RUN
        # DAVIT names a program that is there already, as for the tests.
        if options.registry == "davit" and "DAVIT" not in os.environ and subprocess.run([ROOT / "dev", "build", "release", "davit"]).returncode:
            return 1
    try:
        if has_go():
            for program in conformance.PROGRAMS:
                program.install()
    except InstallFailed as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 1
    if not options.url and "DAVIT_SANDBOX" not in os.environ:
        sandbox = ROOT / "tests/testing/sandbox"
        os.execv(sandbox, [sandbox, sys.executable, __file__, *sys.argv[1:]])

    outcomes = []
    for outcome in run(options):
        outcomes.append(outcome)
        for word, found in (("FAILED", outcome.failures), ("skipped", outcome.skips)):
            for name, message in found:
                print(f"{word} {outcome.suite} {name}: {short(message)}", flush=True)
    print("\n".join(table(outcomes)))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
