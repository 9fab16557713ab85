"""A close package as a workbook for spreadsheets (Office Open XML): a sheet for each report, real numbers and days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Protocol, cast

from bridge.closing.delimited import Cell
from bridge.closing.package import ClosePackage
from bridge.closing.report import CURRENCY, Report
from bridge.datatable import money
from bridge.export.closing.texts import needs_extra, web_address, writable
from clientkit.money import decimal_text, places, total

# A spreadsheet's numbers have 15 digits; what is longer stays a text, because a digit less is another amount.
_MOST_DIGITS = 15
# The longest text of a cell, and the longest address and name of a sheet.
_LONGEST_TEXT, _LONGEST_ADDRESS, _LONGEST_NAME = 32_767, 2_079, 31
_WIDEST = 60


class _Format(Protocol):
    """How a cell looks."""


class _Worksheet(Protocol):
    """What is used of a sheet; what XlsxWriter says of its types itself is not the whole of it."""

    def write_string(self, row: int, col: int, string: str, cell_format: _Format, /) -> object: ...
    def write_number(self, row: int, col: int, number: Decimal | int, cell_format: _Format, /) -> object: ...
    def write_datetime(self, row: int, col: int, date: date, cell_format: _Format, /) -> object: ...
    def write_url(
        self, row: int, col: int, url: str, cell_format: _Format | None = ..., string: str = ..., /
    ) -> object: ...
    def write_formula(self, row: int, col: int, formula: str, cell_format: _Format, value: Decimal, /) -> object: ...
    def set_column(self, first_col: int, last_col: int, width: int, /) -> object: ...
    def freeze_panes(self, row: int, col: int, /) -> object: ...
    def autofilter(self, first_row: int, first_col: int, last_row: int, last_col: int, /) -> object: ...
    def set_landscape(self) -> object: ...
    def set_paper(self, paper_size: int, /) -> object: ...
    def fit_to_pages(self, width: int, height: int, /) -> object: ...
    def repeat_rows(self, first_row: int, /) -> object: ...
    def set_header(self, header: str, /) -> object: ...


class _Workbook(Protocol):
    def add_worksheet(self, name: str, /) -> _Worksheet: ...
    def add_format(self, properties: dict[str, object], /) -> _Format: ...
    def set_properties(self, properties: dict[str, object], /) -> object: ...
    def close(self) -> object: ...


def workbook(package: ClosePackage) -> bytes:
    """The workbook as the content of an ``.xlsx`` file; equal packages give equal bytes.

    Amounts have the places of their currency. Under a column of amounts there is a total for each currency, as a formula.
    Raises `MissingExtraError` without the extra ``close``.
    """
    title, day = f"Close of {package.period}", package.period.next_day
    return workbook_of(package.reports, title=title, by=package.provenance.by, day=day)


def workbook_of(reports: Mapping[str, Report], *, title: str, by: str, day: date) -> bytes:
    """A workbook with a sheet for each report, by its name; `by` and `day` tell who made it, and when.

    Raises `MissingExtraError` without the extra ``excel``.
    """
    with needs_extra():
        import xlsxwriter  # pyright: ignore[reportMissingTypeStubs] - there are none
    content = BytesIO()
    book = cast("_Workbook", xlsxwriter.Workbook(content, {"in_memory": True}))
    made = datetime.combine(day, time(), UTC).replace(tzinfo=None)
    book.set_properties({"title": title, "author": writable(by), "created": made})
    formats = _Formats(book)
    for name, report in reports.items():
        sheet = book.add_worksheet(name.replace("_", " ").capitalize()[:_LONGEST_NAME])
        _Sheet(sheet, formats, report, title).write()
    book.close()
    return content.getvalue()


class _Formats:
    def __init__(self, book: _Workbook) -> None:
        self._book = book
        self.heading: _Format = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.text: _Format = book.add_format({"text_wrap": True, "valign": "top"})
        self.day: _Format = book.add_format({"num_format": "yyyy-mm-dd", "align": "left", "valign": "top"})
        self.label: _Format = book.add_format({"bold": True, "top": 1})
        self._amounts: dict[tuple[int, bool], _Format] = {}

    def amount(self, amount: Decimal, currency: str | None, *, is_total: bool = False) -> _Format:
        """The format of an amount: the places of its currency, or all that it has if those are more."""
        count = max(
            2 if currency is None else places(currency), len(decimal_text(amount.normalize()).partition(".")[2])
        )
        if (count, is_total) not in self._amounts:
            shown = "#,##0" + (f".{'0' * count}" if count else "")
            more: dict[str, object] = {"bold": True, "top": 1} if is_total else {"valign": "top"}
            self._amounts[count, is_total] = self._book.add_format({"num_format": shown, **more})
        return self._amounts[count, is_total]


class _Sheet:
    def __init__(self, sheet: _Worksheet, formats: _Formats, report: Report, title: str) -> None:
        self._sheet, self._formats, self._report = sheet, formats, report
        self._title = title

    def write(self) -> None:
        sheet, report = self._sheet, self._report
        for column, heading in enumerate(report.headings):
            sheet.write_string(0, column, heading, self._formats.heading)
            sheet.set_column(column, column, _width(heading, [row[column] for row in report.rows]))
        for number, row in enumerate(report.rows, start=1):
            currency = report.currency_of(row)
            for column, cell in enumerate(row):
                self._write(number, column, cell, currency)
        sheet.freeze_panes(1, 0)
        if report.rows:
            sheet.autofilter(0, 0, len(report.rows), len(report.headings) - 1)
        self._totals()
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_header(f"&L{self._title}&C{report.title}&R&P / &N")

    def _write(self, row: int, column: int, cell: Cell, currency: str | None) -> None:
        sheet, formats = self._sheet, self._formats
        match cell:
            case None:
                return
            case Decimal() if _fits(cell):
                sheet.write_number(row, column, cell, formats.amount(cell, currency))
            case Decimal():
                sheet.write_string(row, column, decimal_text(cell), formats.text)
            case date():
                sheet.write_datetime(row, column, cell, formats.day)
            case int():
                sheet.write_number(row, column, cell, formats.text)
            case _:
                self._write_text(row, column, writable(cell)[:_LONGEST_TEXT])

    def _write_text(self, row: int, column: int, text: str) -> None:
        address = web_address(text)
        if address is not None and len(address) <= _LONGEST_ADDRESS:
            self._sheet.write_url(row, column, address, None, text)
        else:
            self._sheet.write_string(row, column, text, self._formats.text)

    def _totals(self) -> None:
        """A row for each currency under the amounts; a column that is no number throughout has its total as a text."""
        report = self._report
        amounts = [
            column for column in range(len(report.headings)) if any(isinstance(row[column], Decimal) for row in report.rows)
        ]  # fmt: skip
        if not amounts or CURRENCY not in report.headings:
            return
        by, last = report.headings.index(CURRENCY), len(report.rows)
        currencies = sorted({currency for row in report.rows if (currency := report.currency_of(row)) is not None})
        for number, currency in enumerate(currencies, start=last + 2):
            self._sheet.write_string(number, 0, "Total", self._formats.label)
            self._sheet.write_string(number, by, currency, self._formats.label)
            for column in amounts:
                mine = [row[column] for row in report.rows if report.currency_of(row) == currency]
                told = [each for each in mine if isinstance(each, Decimal)]
                self._total(number, column, told, currency, (by, last))

    def _total(self, row: int, column: int, amounts: Sequence[Decimal], currency: str, where: tuple[int, int]) -> None:
        from xlsxwriter.utility import (  # pyright: ignore[reportMissingTypeStubs] - there are none
            xl_range_abs,
            xl_rowcol_to_cell,
        )

        by, last = where
        amount = total(amounts)
        if not all(map(_fits, (*amounts, amount))):
            self._sheet.write_string(row, column, money(amount, currency), self._formats.label)
            return
        summed, chosen = xl_range_abs(1, column, last, column), xl_range_abs(1, by, last, by)
        formula = f"=SUMIF({chosen},{xl_rowcol_to_cell(row, by)},{summed})"
        style = self._formats.amount(amount, currency, is_total=True)
        self._sheet.write_formula(row, column, formula, style, Decimal(decimal_text(amount)))


def _fits(amount: Decimal) -> bool:
    return len(amount.normalize().as_tuple().digits) <= _MOST_DIGITS


def _width(heading: str, cells: Iterable[Cell]) -> int:
    return min(max(len(heading), *map(_length, cells), 8) + 2, _WIDEST)


def _length(cell: Cell) -> int:
    text = "" if cell is None else decimal_text(cell) if isinstance(cell, Decimal) else str(cell)
    return max(map(len, text.split("\n"))) + (4 if isinstance(cell, Decimal) else 0)
