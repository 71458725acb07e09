"""The OCI conformance suites, run against a registry over HTTP: where they come from, how each is called, what it said.

    1.1     the suite of 2026 for the spec 1.1
    dev     the same with what the spec's main branch adds: cancel of uploads, digest headers, ?tag=
    sparse  dev, and manifests of which some content was never pushed: all that this suite can be asked for
    2023    the suite before it, as Go's module proxy has it: 1.1.0's release candidate, of November 2023
"""

import os
import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

from testing.go_programs import GoProgram

_MODULE = "github.com/opencontainers/distribution-spec/conformance"
SUITE_2026 = GoProgram("oci-conformance", _MODULE, "v0.0.0-20260831232431-97274622c111")
# Not v1.1.1's own commit (v0.0.0-20250123160558-a139cc423184): the proxy refuses that version. What it tests more is in the suite of 2026.
SUITE_2023 = GoProgram("oci-conformance-2023", _MODULE, "v0.0.0-20231101194043-f2182352d4cc", is_test=True)
PROGRAMS = (SUITE_2026, SUITE_2023)

SUITES = ("1.1", "dev", "sparse", "2023")

# No suite takes longer than this, in seconds: the slowest registry known needs 20.
TIMEOUT = 300


@dataclass
class Outcome:
    """What one suite said. `failures`, `skips`: (test, message). Skipped is what the registry does not support, disabled what the suite's
    settings leave out."""
    suite: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    disabled: int = 0
    failures: list = field(default_factory=list)
    skips: list = field(default_factory=list)


def run(suite, url, folder, automatic_mounts=True):
    """Runs one suite of SUITES, whose program is installed, against the registry at `url`; the suite's own reports stay in `folder`.

    `automatic_mounts`: whether the registry mounts a blob without being told from where; the suite of 2023 must be told what to expect."""
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "junit.xml"
    report.unlink(missing_ok=True)
    call = _call_2023 if suite == "2023" else _call_2026
    program, settings = call(suite, url, folder, automatic_mounts)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OCI_")} | settings
    with open(folder / "output.txt", "wb") as output:
        subprocess.run([program.path], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=TIMEOUT)
    if not report.exists():
        return Outcome(suite, failed=1, failures=[(suite, "the suite wrote no report: " + (folder / "output.txt").read_text(errors="replace")[-2000:])])
    parse = _parse_2023 if suite == "2023" else _parse_2026
    return parse(suite, ElementTree.parse(report).getroot())


def _call_2026(suite, url, folder, _):
    scheme, address = url.rstrip("/").split("://")
    settings = {"OCI_REGISTRY": address, "OCI_TLS": "disabled" if scheme == "http" else "enabled", "OCI_REPO1": f"conformance/{suite}/one",
                "OCI_REPO2": f"conformance/{suite}/two", "OCI_VERSION": "1.1" if suite == "1.1" else "dev", "OCI_RESULTS_DIR": str(folder)}
    if suite == "sparse":
        settings["OCI_DATA_SPARSE"] = "true"
    return SUITE_2026, settings


def _call_2023(suite, url, folder, automatic_mounts):
    settings = {f"OCI_TEST_{workflow}": "1" for workflow in ("PULL", "PUSH", "CONTENT_DISCOVERY", "CONTENT_MANAGEMENT")}
    return SUITE_2023, settings | {"OCI_ROOT_URL": url.rstrip("/"), "OCI_NAMESPACE": f"conformance/{suite}/one", "OCI_REPORT_DIR": str(folder),
                                   "OCI_CROSSMOUNT_NAMESPACE": f"conformance/{suite}/two", "OCI_AUTOMATIC_CROSSMOUNT": str(int(automatic_mounts))}


def _parse_2026(suite, root):
    """The totals count more than the test cases do: one case that deletes and looks at once that it is gone counts as two."""
    total, failures, errors, skipped, disabled = (int(root.get(name, 0)) for name in ("tests", "failures", "errors", "skipped", "disabled"))
    outcome = Outcome(suite, total - failures - errors - skipped - disabled, failures + errors, skipped, disabled)
    for case in root.iter("testcase"):
        name, message = case.get("name").removeprefix("OCI Conformance Test/"), (case.findtext("system-out") or "").strip()
        if case.get("status") in ("failure", "error"):
            outcome.failures.append((name, message))
        elif case.get("status") == "skipped" and message:  # a disabled one has no message
            outcome.skips.append((name, message))
    return outcome


def _parse_2023(suite, root):
    outcome = Outcome(suite)
    for case in root.iter("testcase"):
        name = case.get("name").removeprefix("[It] ")  # v1.1.1's has no such mark
        if name.startswith("["):  # what Ginkgo reports of itself
            continue
        name = name.removeprefix("OCI Distribution Conformance Tests ")
        problem = case.find("failure") if case.find("failure") is not None else case.find("error")
        if problem is not None:
            outcome.failed += 1
            outcome.failures.append((name, " ".join((problem.get("message") or problem.text or "").split())))
        elif case.find("skipped") is not None:
            outcome.skipped += 1
            outcome.skips.append((name, " ".join((case.find("skipped").get("message") or "").split())))
        else:
            outcome.passed += 1
    return outcome
