"""With an environment variable, a test that skips fails, and what takes long runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPING = """
import pytest

@pytest.mark.skipif(True, reason="something is absent")
def test_that_skips(): pass

def test_that_skips_while_it_runs(): pytest.skip("something is absent")

@pytest.mark.may_skip
@pytest.mark.skipif(True, reason="something is absent")
def test_that_may_skip(): pass

@pytest.mark.xfail
def test_that_is_expected_to_fail(): assert False
"""

LONG = """
import pytest

def test_that_is_quick(): pass

@pytest.mark.full
def test_that_takes_long(): pass
"""


@pytest.mark.parametrize(
    ("value", "counts"), [("", "4 skipped, 1 xfailed"), ("1", "1 failed, 1 skipped, 1 xfailed, 2 errors")]
)
def test_only_a_test_that_may_skip_skips(tmp_path: Path, value: str, counts: str) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPPING, encoding="utf-8")
    (tmp_path / "test_file.py").write_text("import pytest\npytest.importorskip('absent_')\n", encoding="utf-8")

    done = run(tmp_path, BREX_RILLET_NO_SKIPS=value)

    assert f" {counts} in " in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("value", "asked", "counts"),
    [("", ".", "1 passed, 1 deselected"), ("1", ".", "2 passed"), ("", "test_pages.py", "2 passed")],
)
def test_what_takes_long_is_left_to_the_full_run(tmp_path: Path, value: str, asked: str, counts: str) -> None:
    (tmp_path / "test_pages.py").write_text(LONG, encoding="utf-8")

    done = run(tmp_path, asked, BREX_RILLET_FULL=value)

    assert f" {counts} in " in done.stdout, done.stdout


def run(folder: Path, *asked: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What pytest says of the tests in a folder, with the hooks of this one."""
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  full\n  may_skip\n", encoding="utf-8")
    (folder / "conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text("utf-8"), encoding="utf-8")
    options = ("-p", "no:anyio", "-p", "no:cacheprovider", "--continue-on-collection-errors")
    command = [sys.executable, "-m", "pytest", *options, *asked]
    environment = {**os.environ, **variables, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=folder)
