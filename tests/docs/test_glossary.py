"""Words are used in one sense: those of the glossary are in the code, and names that were given up are nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEADINGS = re.findall(r"^## (.+)$", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
RETIRED = (ROOT / "tests" / "retired_names.txt").read_text(encoding="utf-8").split()


def _text(*folders: str, endings: tuple[str, ...] = (".py", ".md")) -> str:
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in endings)
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def test_every_word_of_the_glossary_is_in_the_code() -> None:
    source = _text("src", endings=(".py",)).lower()
    assert len(HEADINGS) == len(set(HEADINGS)) > 20
    assert [each for each in HEADINGS if not re.search(rf"\b{re.escape(each.lower())}", source)] == []


@pytest.mark.parametrize("folder", ["src", "docs", "tests"])
def test_no_retired_name_is_left(folder: str) -> None:
    assert RETIRED
    text = _text(folder)
    assert [name for name in RETIRED if re.search(rf"\b{re.escape(name)}\b", text)] == []
