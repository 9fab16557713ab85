"""Write the two tables of `docs/exactly-once.md` from the code: ``python docs/make_tables.py``."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from bridge.export.engine.next_step import DOCUMENTS, SETTLING, Row

PAGE = Path(__file__).with_name("exactly-once.md")
_MARKS = {"settling": SETTLING, "documents": DOCUMENTS}


def written(text: str) -> str:
    """The page with its tables as the code has them."""
    for name, rows in _MARKS.items():
        begin, end = f"<!-- table: {name} -->\n", f"<!-- end: {name} -->\n"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n{table(rows)}\n{end}{after}"
    return text


def table(rows: Sequence[Row]) -> str:
    """A table in Markdown."""
    lines = ["| row | when | step | note |", "|---|---|---|---|"]
    for row in rows:
        when = "; ".join(f"{_words(name)}: {_value(wanted)}" for name, wanted in row.when.items())
        step = f"{row.step.value}: `{row.code.value}`" if row.code is not None else row.step.value
        lines.append(f"| {row.id} | {when} | {step} | {row.note} |")
    return "\n".join(lines) + "\n"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _value(wanted: object) -> str:
    if isinstance(wanted, tuple):
        values: tuple[object, ...] = wanted
        return " or ".join(_value(each) for each in values)
    if isinstance(wanted, bool):
        return "yes" if wanted else "no"
    return str(wanted.value) if isinstance(wanted, Enum) else str(wanted)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
