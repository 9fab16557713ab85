"""Tables as values, which terminals and notebooks can show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Self

import attrs

from clientkit.field_problems import shortened
from clientkit.money import decimal_text, money_digits
from clientkit.showing import columns_of, html_table, on_one_line, plain

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

#: A word of this length leaves room for the other columns of a terminal of 80.
_LONGEST_WORD = 40
#: What is printed without rich.
_PRINTED_ROWS, _PRINTED_LINES, _MOST_OF_A_CELL = 20, 5, 120
#: Sentences in a column narrower than this are hard to read.
_NARROWEST_TEXT = 16
#: A number as `money` and counts write it, with its currency or without.
_NUMBER = re.compile(r"-?[0-9,]+(\.[0-9]+)?( [A-Z]{3})?")


def _texts(rows: Iterable[Iterable[str | None]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(_cell(cell, number, place) for place, cell in enumerate(row, start=1))
        for number, row in enumerate(rows, start=1)
    )


def _cell(cell: object, row: int, column: int) -> str:
    if cell is None:
        return ""
    if not isinstance(cell, str):
        raise TypeError(
            f"a cell of a DataTable is a text or None; row {row}, column {column} has {type(cell).__name__}. Make it a text: "
            "str(…), or f'{amount:,.2f}' of an amount"
        )
    return cell


@attrs.frozen(kw_only=True)
class DataTable:
    """A table of texts. Rich prints it and notebooks show it; neither takes what a cell says for markup.

    None is an empty cell. Raises `TypeError` for a cell that is no text.

    Where a terminal is too narrow for its columns, each row becomes a block with a line for each cell, so that no amount, day
    or id is cut.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = attrs.field(converter=_texts)

    @classmethod
    def of(cls, title: str, values: Iterable[object]) -> Self:
        """A list of records, vendors or other values as a table, with a column for each field that any of them tells."""
        names, rows = columns_of(list(values))
        return cls(title=title, headings=tuple(names), rows=tuple(map(tuple, rows)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich import box
        from rich.cells import cell_len
        from rich.table import Table
        from rich.text import Text

        title = Text(on_one_line(self.title), style="bold")
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        # SIMPLE_HEAD leaves a space at both edges, and each column is followed by one.
        needed = 2 + len(self.headings)
        for number, heading in enumerate(self.headings):
            cells = [row[number] for row in self.rows]
            # Digits of one worth stand below each other.
            is_number = any(cells) and all(_NUMBER.fullmatch(cell) for cell in cells if cell)
            # What people copy, an id for instance, stays in one piece.
            is_word = is_number or (bool(cells) and not any(" " in cell for cell in cells))
            is_whole = is_word and max(map(len, cells)) <= _LONGEST_WORD
            justify: Literal["left", "right"] = "right" if is_number else "left"
            table.add_column(Text(plain(heading)), overflow="fold", no_wrap=is_whole, justify=justify)
            longest = max(cell_len(line) for each in (heading, *cells) for line in plain(each).split("\n"))
            needed += longest if is_whole else min(longest, _NARROWEST_TEXT)
        if self.rows and needed > options.max_width:
            yield from self._blocks()
            return
        for row in self.rows:
            table.add_row(*(Text(plain(cell)) for cell in row))
        yield table

    def _blocks(self) -> Iterator[RenderableType]:
        """Each row as lines of heading and cell; what is empty has no line."""
        from rich.table import Table
        from rich.text import Text

        yield Text(on_one_line(self.title), style="bold")
        for row in self.rows:
            block = Table.grid(padding=(0, 2, 0, 0))
            block.add_column(no_wrap=True, style="dim", min_width=max(map(len, self.headings)))
            block.add_column(overflow="fold")
            for heading, cell in zip(self.headings, row, strict=True):
                if cell:
                    block.add_row(Text(plain(heading)), Text(plain(cell)))
            yield Text()
            yield block
        yield Text()

    def _repr_html_(self) -> str:
        return html_table(self.title, self.headings, self.rows)

    def __repr__(self) -> str:
        return f"<DataTable {on_one_line(self.title)}: {len(self.rows)} row{'' if len(self.rows) == 1 else 's'}>"

    def __str__(self) -> str:
        # The lines of a cell are reasons, one each.
        rows = [
            [shortened(on_one_line(cell.replace("\n", "; ")), _MOST_OF_A_CELL) for cell in row]
            for row in self.rows[:_PRINTED_ROWS]
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        shown = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        more = len(self.rows) - len(rows)
        shown += [f"… and {more} more"] if more else []
        return "\n".join([on_one_line(self.title), *(f"  {line}" for line in shown)])


class Tabular:
    """Something that rich, notebooks and `print` show as its `table`, the latter two the first rows of it."""

    __slots__ = ()

    @property
    def table(self) -> DataTable:
        """All of it as a table."""
        raise NotImplementedError

    def __rich__(self) -> DataTable:
        return self.table

    def _repr_html_(self) -> str:
        return self.table._repr_html_()

    def __str__(self) -> str:
        return str(self.table)

    def __repr__(self) -> str:
        # Of thousands of records the fields would be megabytes, which a notebook keeps.
        return f"<{type(self).__name__}: {plain(self.table.title)}>"


def first_lines(heading: str, found: Sequence[object], count: int) -> list[str]:
    """The first of many as lines of text; `count` are there, of which not all need be in `found`."""
    shown = [f"  {each}" for each in found[:_PRINTED_LINES]]
    more = [f"  … and {count - len(shown)} more"] if count > len(shown) else []
    return [f"{heading}:", *shown, *more] if shown else []


def money(amount: Decimal, currency: str) -> str:
    """An amount with the places of its currency, or with all that it has if those are more, and its thousands apart."""
    return money_digits(amount, currency)


def money_text(amount: Decimal, currency: str) -> str:
    """As `money`, with its currency."""
    return f"{money(amount, currency)} {currency}"


def trimmed(number: Decimal) -> str:
    """A number without zeros at its end: ``23`` for 23.0000."""
    text = decimal_text(number)
    return text.rstrip("0").rstrip(".") if "." in text else text
