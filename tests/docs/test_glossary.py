"""Words are used in one sense: those of the glossary are in the code, and names that were given up are nowhere."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
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
    """Names alone: most of them are also words of English, which comments, docstrings and pages may use."""
    assert RETIRED
    paths = [path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in (".py", ".md")]
    left = {(path.relative_to(ROOT), name) for path in paths for name in _names_in(path) & set(RETIRED)}
    assert sorted(left) == []


def _names_in(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    if not re.search("|".join(map(re.escape, RETIRED)), text):
        return set()
    if path.suffix == ".py":
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        code = " ".join(each.string for each in tokens if each.type == tokenize.NAME or each.string == ".")
        code = code.replace(" . ", ".")
    else:
        code = ""
    # In texts a name stands between backticks, or in a block of code.
    quoted = re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)
    return {
        part for name in re.findall(r"[A-Za-z_][\w.]*", " ".join([code, *quoted])) for part in _parts(name.rstrip("."))
    }


def _parts(dotted: str) -> Iterator[str]:
    """Every run of a dotted name's parts: a retired module is found in the names below it."""
    parts = dotted.split(".")
    for first in range(len(parts)):
        for last in range(first, len(parts)):
            yield ".".join(parts[first : last + 1])
