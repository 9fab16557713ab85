"""With an environment variable, a test that skips fails."""

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


@pytest.mark.parametrize(
    ("value", "counts"), [("", "4 skipped, 1 xfailed"), ("1", "1 failed, 1 skipped, 1 xfailed, 2 errors")]
)
def test_only_a_test_that_may_skip_skips(tmp_path: Path, value: str, counts: str) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = may_skip\n", encoding="utf-8")
    (tmp_path / "conftest.py").write_text(Path(__file__).with_name("conftest.py").read_text("utf-8"), encoding="utf-8")
    (tmp_path / "test_skipping.py").write_text(SKIPPING, encoding="utf-8")
    (tmp_path / "test_file.py").write_text("import pytest\npytest.importorskip('absent_')\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:anyio",
        "-p",
        "no:cacheprovider",
        "--continue-on-collection-errors",
    ]
    environment = {**os.environ, "BREX_RILLET_NO_SKIPS": value, "PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)

    assert f" {counts} in " in done.stdout, done.stdout
