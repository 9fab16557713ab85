"""Reports with real numbers and days in their cells, which become tables, files for spreadsheets, and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

import attrs

from bridge.closing.delimited import Cell, delimited
from bridge.datatable import DataTable, Tabular, money, trimmed
from clientkit.money import decimal_text

#: The column that tells in which currency the amounts of a row are.
CURRENCY = "Currency"
#: What is in the columns with these headings; other columns are texts.
_TYPES: Mapping[str, type[object]] = MappingProxyType(
    {
        **dict.fromkeys(("Amount", "Difference", "Brex", "Debit", "Credit", "Record amount"), Decimal),
        **dict.fromkeys(
            ("Day", "Reversal day", "First day", "Second day", "Bought", "Settled", "Counts on", "Own day"), date
        ),
        "Age": int,
    }
)


@attrs.frozen(kw_only=True, repr=False)
class Report(Tabular):
    """A part of a close, row by row: texts, whole numbers, days, and amounts in decimal major units."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def table(self) -> DataTable:
        """The rows as texts; amounts have the places of their currency."""
        shown = tuple(tuple(_text(cell, self.currency_of(row)) for cell in row) for row in self.rows)
        return DataTable(title=self.title, headings=self.headings, rows=shown)

    def to_csv(self) -> str:
        """The rows for spreadsheets."""
        return delimited(self.headings, self.rows)

    def flat_rows(self) -> list[dict[str, object]]:
        """The rows by the names of their columns, for pandas or `clientkit.frames.rows_to_arrow`: ``Why`` is ``why``."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    @property
    def columns(self) -> Mapping[str, type[object]]:
        """The columns of `flat_rows` and their types, so that a table without rows has them too."""
        # What a reconciliation has of the ledger is an amount beside that of Brex; elsewhere it is an id.
        types = {**_TYPES, "Rillet": Decimal} if "Brex" in self.headings else _TYPES
        return {each.lower().replace(" ", "_"): types.get(each, str) for each in self.headings}

    def as_json(self) -> list[dict[str, object]]:
        """As `flat_rows`, with amounts and days as texts."""
        return [{key: _plain(cell) for key, cell in row.items()} for row in self.flat_rows()]

    def currency_of(self, row: tuple[Cell, ...]) -> str | None:
        """In which currency the amounts of a row are, None where it does not tell."""
        told = row[self.headings.index(CURRENCY)] if CURRENCY in self.headings else None
        return told if isinstance(told, str) else None


def _text(cell: Cell, currency: str | None) -> str:
    if isinstance(cell, Decimal):
        return trimmed(cell) if currency is None else money(cell, currency)
    return "" if cell is None else str(cell)


def _plain(cell: object) -> object:
    if isinstance(cell, Decimal):
        return decimal_text(cell)
    return str(cell) if isinstance(cell, date) else cell
