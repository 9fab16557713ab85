"""Pages are written in lines that a diff can show: at most 120 characters outside of tables and code."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))


def long_lines(page: Path) -> list[int]:
    found, is_code = list[int](), False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("```"):
            is_code = not is_code
        if not is_code and not line.startswith("|") and len(line) > 120:
            found.append(number)
    return found


def is_made(page: Path) -> bool:
    return "\nMade by `python docs/" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.name)
def test_no_line_is_longer_than_120_characters(page: Path) -> None:
    assert is_made(page) or long_lines(page) == []
