"""The page about closing a month: its code runs as pasted, and it explains every kind of difference."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.closing import DifferenceKind

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "closing.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", BLOCKS, ids=lambda code: code.split("\n", 1)[0])
def test_its_code_runs_as_pasted(code: str) -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Differences: 4",
        "Reconciliation 2026-02: differences on 4 accounts, all explained",
    ]


def test_it_explains_every_kind_of_difference() -> None:
    rows = {row.split("|")[1].strip().lower().replace(" ", "_") for row in PAGE.splitlines() if row.startswith("| ")}

    assert {each.value for each in DifferenceKind} <= rows
