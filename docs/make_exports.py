"""Write the lists of public names in the packages whose names load when they are first used.

Run it as ``python docs/make_exports.py``. A package says its names once, as imports for type checkers. The modules that
they live in and ``__all__`` are made from those imports, between two comments; a test fails where they do not fit.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
BEGIN = "# Made by docs/make_exports.py from the imports above.\n"
END = "# End of what is made.\n"
_WIDTH = 120


def packages() -> Iterator[Path]:
    """The packages with such lists."""
    for path in sorted(SOURCE.rglob("__init__.py")):
        if BEGIN in path.read_text(encoding="utf-8"):
            yield path


def written(text: str) -> str:
    """The text of a package with its lists as its imports have them."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{_lists(_homes(text))}{END}{after}"


def _homes(text: str) -> Mapping[str, Sequence[str]]:
    """The public names by the module they are imported from, for type checkers."""
    homes = dict[str, list[str]]()
    for node in ast.parse(text).body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for each in node.body:
                assert isinstance(each, ast.ImportFrom), ast.unparse(each)
                assert each.module is not None
                names = homes.setdefault(each.module, [])
                names += [alias.name for alias in each.names if alias.asname in {None, alias.name}]
    return homes


def _lists(homes: Mapping[str, Sequence[str]]) -> str:
    lines = ["_HOMES = {"]
    for module in sorted(homes):
        names = ", ".join(f'"{name}"' for name in sorted(homes[module]))
        line = f'    "{module}": ({names},),'
        lines += [line] if len(line) <= _WIDTH else [f'    "{module}": (', *_wrapped(names + ",", 8), "    ),"]
    public = sorted(name for names in homes.values() for name in names)
    named = ", ".join(f'"{name}"' for name in public)
    lines += ["}  # fmt: skip", "__all__ = [", *_wrapped(named + ",", 4), "]  # fmt: skip"]
    return "\n".join(lines) + "\n"


def _wrapped(names: str, indent: int) -> list[str]:
    blank = " " * indent
    return textwrap.wrap(names, _WIDTH, initial_indent=blank, subsequent_indent=blank, break_long_words=False)


if __name__ == "__main__":
    for package in packages():
        text = package.read_text(encoding="utf-8")
        if written(text) != text:
            package.write_text(written(text), encoding="utf-8")
            print(package)
