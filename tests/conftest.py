"""How every law is searched for counterexamples, what of the environment no test sees, and which tests may skip."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator
from typing import TypeVar

import hypothesis
import pytest

from support.sizes import FULL, size

_NO_SKIPS = "BREX_RILLET_NO_SKIPS"

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# What commands print depends on no terminal, so neither on the one that the tests are started from.
for _name in ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE"):
    os.environ.pop(_name, None)

# Compiling takes more time than many a test: it is done once, and not by each worker and each process that tests start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A machine that is busy with something else is no counterexample. Each run tries other examples; before a release a
# law is worth more of them than before each commit.
hypothesis.settings.register_profile("unhurried", deadline=None, max_examples=size("LAW_EXAMPLES", quick=25, full=100))
hypothesis.settings.load_profile("unhurried")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the cases marked `full` to the full run, but for those in a file that was asked for by its name."""
    if FULL:
        return
    started = config.invocation_params.dir
    named = {(started / each.partition("::")[0]).resolve() for each in config.args}
    left_out = [each for each in items if each.get_closest_marker("full") and each.path not in named]
    config.hook.pytest_deselected(items=left_out)
    kept = set(items).difference(left_out)
    items[:] = [each for each in items if each in kept]


def pytest_collection_finish() -> None:
    """What collecting has made stays to the end, so no test has to look whether it is garbage."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is installed that tests need, each has to run, but for those marked `may_skip`."""
    report = yield
    return report if item.get_closest_marker("may_skip") else _without_skip(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for whole files."""
    return _without_skip((yield))


def _without_skip(report: Report) -> Report:
    # An expected failure is reported as skipped, too.
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get(_NO_SKIPS):
        report.outcome = "failed"
        report.longrepr = f"skipped although {_NO_SKIPS} is set: {report.longrepr}"
    return report
