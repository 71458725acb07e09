"""davit's registry under the OCI conformance suites: nothing fails, and nothing is left out that a registry can serve."""

import os

import pytest

from testing import conformance
from testing.davit_registry import DavitRegistry
from testing.go_programs import InstallFailed, has_go

# How before_sandbox() tells the tests inside why the suites could not be had.
NOT_INSTALLED = "DAVIT_CONFORMANCE_NOT_INSTALLED"

# What the suite of 2023 skips whatever the registry does: its ways to run without pushing, and what is for registries that do not mount.
SKIPPED_IN_2023 = {
    "Pull Setup Get tag name from environment",
    "Content Discovery Setup Populate registry with test tags (no push)",
    "Push Cross-Repository Blob Mount Cross-mounting of nonexistent blob should yield session id",
    "Push Cross-Repository Blob Mount Cross-mounting without from, and automatic content discovery disabled should return a 202",
}


def before_sandbox():
    if not has_go():
        return
    try:
        for program in conformance.PROGRAMS:
            program.install()
    except InstallFailed as error:
        os.environ[NOT_INSTALLED] = str(error)


def outcome_of(suite, folder, config=""):
    if not has_go():
        pytest.skip("the conformance suites are Go programs, and there is no go here")
    # Where Go is, a suite that did not run is a failure.
    assert NOT_INSTALLED not in os.environ, os.environ[NOT_INSTALLED]
    with DavitRegistry(folder / "registry", config=config) as server:
        return conformance.run(suite, server.url, folder / "reports")


def told(cases):
    return "\n".join(f"{name}: {message[:500]}" for name, message in cases)


def test_spec_1_1(folder):
    outcome = outcome_of("1.1", folder)
    assert not outcome.failed, told(outcome.failures)
    assert not outcome.skipped, told(outcome.skips)
    assert outcome.passed > 800
    assert outcome.disabled == 2  # cancel of an upload, by each algorithm: of "dev"


def test_main_branch_of_the_spec(folder):
    outcome = outcome_of("dev", folder)
    assert not outcome.failed, told(outcome.failures)
    assert not outcome.skipped and not outcome.disabled, told(outcome.skips)
    assert outcome.passed > 900


def test_manifests_of_which_content_is_missing(folder):
    outcome = outcome_of("sparse", folder, config="[registry]\nsparse_manifests = true\n")
    assert not outcome.failed, told(outcome.failures)
    assert not outcome.skipped and not outcome.disabled, told(outcome.skips)
    assert outcome.passed > 950


def test_suite_of_2023(folder):
    outcome = outcome_of("2023", folder)
    assert not outcome.failed, told(outcome.failures)
    assert {name for name, _ in outcome.skips} == SKIPPED_IN_2023
    assert outcome.passed > 70
