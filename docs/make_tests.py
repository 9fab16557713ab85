"""Write the list of tests about several modules into ``tests/README.md``: ``python docs/make_tests.py``.

A file of tests is named as its module, or begins with the name of the module or folder that it is about. The others
are listed with the first line of their docstring.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "tests" / "README.md"
HEADING = "## Tests about several modules\n"


def page() -> str:
    """The page with a list that fits the tests."""
    kept = PAGE.read_text(encoding="utf-8").partition(HEADING)[0].rstrip()
    rows = [f"| `{path.relative_to(ROOT / 'tests').as_posix()}` | {_subject(path)} |" for path in _about_several()]
    return "\n".join(
        [kept, "", HEADING, "`nox -s docs` makes this list.", "", "| file | what holds |", "|---|---|", *rows, ""]
    )


def _about_several() -> list[Path]:
    modules = {path.stem.lstrip("_") for path in (ROOT / "src").rglob("*.py")} - {""}
    modules |= {path.name for path in (ROOT / "src").rglob("*") if path.is_dir()}
    return [path for path in sorted((ROOT / "tests").rglob("test_*.py")) if not _is_named_by(path, modules)]


def _is_named_by(path: Path, modules: set[str]) -> bool:
    words = path.stem.removeprefix("test_").split("_")
    return any("_".join(words[:count]) in modules for count in range(1, len(words) + 1))


def _subject(path: Path) -> str:
    first, _, _ = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")
    return first.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
