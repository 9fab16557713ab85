"""A close package as one page of HTML that needs nothing else and runs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from importlib import resources

import attrs

from bridge.closing.delimited import Cell
from bridge.closing.package import ClosePackage
from bridge.closing.report import CURRENCY, Report
from bridge.datatable import money, trimmed
from bridge.export.closing.texts import needs_extra, web_address, writable
from clientkit.money import total

# What is longer may be broken anywhere, because a table has to fit on paper.
_LONGEST_WORD = 16


@attrs.frozen(kw_only=True)
class _Cell:
    """What stands in a cell; `kind` is how it is shown: ``number``, ``day``, ``text``, or ``long`` for a long word."""

    text: str
    kind: str = "text"
    address: str | None = None


@attrs.frozen(kw_only=True)
class _Section:
    name: str
    title: str
    headings: tuple[_Cell, ...]
    rows: tuple[tuple[_Cell, ...], ...]
    totals: tuple[tuple[_Cell, ...], ...]


def page(package: ClosePackage) -> str:
    """The page, with the tables of every report and the plots; equal packages give equal pages.

    Raises `MissingExtraError` without the extra ``close``.
    """
    with needs_extra():
        from jinja2 import Environment, StrictUndefined
        from markupsafe import Markup
    source = resources.files("bridge.export.closing").joinpath("templates", "page.html.jinja").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    summary, *sections = (_section(name, report) for name, report in package.reports.items())
    made = environment.from_string(source).render(
        period=str(package.period),
        is_complete=package.is_complete,
        verdict=package.reconciliation.verdict,
        by=writable(package.provenance.by),
        summary=summary,
        sections=sections,
        # They are made here and hold other people's texts escaped.
        plots=[(each.title, Markup(writable(each.svg))) for each in package.plots],  # noqa: S704
    )
    return made + "\n"


def _section(name: str, report: Report) -> _Section:
    kinds = [_kind(row[column] for row in report.rows) for column in range(len(report.headings))]
    return _Section(
        name=name,
        title=report.title,
        headings=tuple(_Cell(text=each, kind=kind) for each, kind in zip(report.headings, kinds, strict=True)),
        rows=tuple(tuple(_shown(each, report.currency_of(row)) for each in row) for row in report.rows),
        totals=tuple(_totals(report)),
    )


def _shown(cell: Cell, currency: str | None) -> _Cell:
    if isinstance(cell, Decimal):
        return _Cell(text=trimmed(cell) if currency is None else money(cell, currency), kind="number")
    text = "" if cell is None else writable(str(cell))
    if isinstance(cell, str):
        is_long = max(map(len, text.split()), default=0) > _LONGEST_WORD
        return _Cell(text=text, kind="long" if is_long else "text", address=web_address(text))
    return _Cell(text=text, kind="number" if isinstance(cell, int) else "day")


def _totals(report: Report) -> Iterator[tuple[_Cell, ...]]:
    if CURRENCY not in report.headings:
        return
    for currency in sorted({each for row in report.rows if (each := report.currency_of(row)) is not None}):
        sums: Mapping[int, Sequence[Decimal]] = {
            column: [each for row in report.rows if report.currency_of(row) == currency
                     for each in [row[column]] if isinstance(each, Decimal)]
            for column in range(len(report.headings))
        }  # fmt: skip
        if not any(sums.values()):
            continue
        cells = [
            _Cell(text=money(total(sums[column]), currency), kind="number") if sums[column] else _Cell(text="")
            for column in range(len(report.headings))
        ]
        cells[report.headings.index(CURRENCY)] = _Cell(text=currency)
        cells[0] = _Cell(text="Total")
        yield tuple(cells)


def _kind(cells: Iterator[Cell]) -> str:
    """How a column is shown, as most of its cells are: those that are there."""
    kinds = {"number" if isinstance(each, Decimal | int) else "text" for each in cells if each is not None}
    return "number" if kinds == {"number"} else "text"
