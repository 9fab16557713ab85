"""Reports as comma separated values (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from clientkit.money import decimal_text
from clientkit.showing import plain

#: What a cell of a report holds.
Cell: TypeAlias = str | Decimal | date | int | None

# A spreadsheet takes a text that begins with one of these for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def delimited(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The rows as a file for spreadsheets: amounts with a point and without separators, days as ``2026-10-31``.

    A text that a spreadsheet would take for a formula begins with an apostrophe. Control characters, and those that turn the
    order of letters round, are replaced: a terminal that shows the file would follow them.
    """
    made = _Lines()
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow(map(_text, headings))
    writer.writerows([_text(each) for each in row] for row in rows)
    return "".join(made.lines)


class _Lines:
    def __init__(self) -> None:
        self.lines = list[str]()

    def write(self, line: str) -> None:
        """Keep a line."""
        self.lines.append(line)


def _text(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return decimal_text(cell)
    if cell is None:
        return ""
    text = str(cell).replace("\r\n", "\n")
    return plain(f"'{text}" if isinstance(cell, str) and text.startswith(_FORMULAS) else text)
