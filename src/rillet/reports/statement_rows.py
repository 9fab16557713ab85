"""Financial statements as flat rows, and as tables for notebooks and terminals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import attrs

from clientkit.money import unsigned_zero
from clientkit.showing import TableParts, cell
from rillet.reports.statements import (
    BalanceSheet,
    BreakdownAmount,
    BreakdownMargin,
    CashFlowStatement,
    ExecutivePL,
    IncomeStatement,
    ReportGroup,
    ReportLines,
    ReportSummary,
    Statement,
)

#: Of many columns the first are shown; all of them are in the rows.
_MOST_COLUMNS = 12
# Two of them for each level: browsers and terminals keep these spaces.
_INDENT = "\u00a0\u00a0"


@attrs.frozen(kw_only=True)
class _Line:
    """One line of a statement, with its amounts in all columns."""

    kind: str
    within: tuple[str, ...]
    name: str
    account_id: str | None = None
    code: str | None = None
    amounts: Sequence[BreakdownAmount] = ()
    margins: Sequence[BreakdownMargin] = ()


def rows_of(statement: Statement) -> list[dict[str, object]]:
    """A row for each amount, and for each margin that has no amount beside it."""
    names = dict(_columns(statement))
    rows = list[dict[str, object]]()
    for line in _lines(statement):
        amounts = {each.breakdown_id: each.amount for each in line.amounts}
        margins = {each.breakdown_id: each.value for each in line.margins}
        for column in dict.fromkeys((*amounts, *margins)):
            money = amounts.get(column)
            row: dict[str, object] = {
                "section": " / ".join(line.within),
                "level": len(line.within),
                "kind": line.kind,
                "account_id": line.account_id,
                "code": line.code,
                "name": line.name,
                "column": names.get(column, column),
                "amount": money and unsigned_zero(money.amount),
                "currency": money and money.currency,
                "margin": margins.get(column),
            }
            rows.append(row)
    return rows


def tables_of(statement: Statement) -> Iterator[TableParts]:
    """Its lines with their amounts, indented by level, and below them its summaries, which no number of lines pushes out."""
    columns = _columns(statement)
    shown = columns[:_MOST_COLUMNS]
    more = f", the first {len(shown)} of {len(columns)} columns" if len(shown) < len(columns) else ""
    title = f"{type(statement).__name__} {_days(statement)}{more}"
    lines = list(_lines(statement))
    headings = ("code", "name", *(name for _, name in shown))
    yield title, headings, [_shown(each, shown) for each in lines if each.kind != "summary"]
    summaries = [row for each in lines if each.kind == "summary" for row in _summary(each, shown)]
    if summaries:
        yield "summaries", headings[1:], summaries


def _columns(statement: Statement) -> list[tuple[str | None, str]]:
    """The id and the name of each column; of a report of one column the amounts may leave out the id, or not."""
    told = [(each.id, each.name) for each in getattr(statement, "breakdowns", ())]
    lines = list(_lines(statement))
    used = dict.fromkeys(each.breakdown_id for line in lines for each in line.amounts)
    used |= dict.fromkeys(each.breakdown_id for line in lines for each in line.margins)
    if len(told) <= 1 and len(used) <= 1:
        name = told[0][1] if told else "amount"
        return [(column, name) for column in used or (None,)]
    return [*told, *((each, each or "") for each in used if each not in dict(told))]


def _lines(statement: Statement) -> Iterator[_Line]:
    match statement:
        case BalanceSheet():
            yield from _in_sections(statement.sections)
        case IncomeStatement() | CashFlowStatement() | ExecutivePL():
            yield from _in_sections(statement.sections)
            yield from map(_of_summary, statement.summaries)
        case _:
            raise TypeError(f"{type(statement).__name__} has no sections")


def _in_sections(sections: Sequence[ReportGroup | ReportLines]) -> Iterator[_Line]:
    """In the order of the report, however deep its groups are."""
    left: list[tuple[ReportGroup | ReportLines, tuple[str, ...]]] = [(each, ()) for each in reversed(sections)]
    while left:
        section, above = left.pop()
        within = (*above, section.name)
        yield _Line(kind="total", within=above, name=section.name, amounts=section.totals)
        if isinstance(section, ReportLines):
            for line in section.items:
                yield _Line(kind="line", within=within, name=line.name, code=line.code, amounts=line.amounts)
            continue
        for account in section.accounts:
            yield _Line(
                kind="account",
                within=within,
                name=account.name,
                account_id=account.id,
                code=account.code,
                amounts=account.balances,
            )
        left += [(each, within) for each in reversed(section.groups)]


def _of_summary(summary: ReportSummary) -> _Line:
    return _Line(kind="summary", within=(), name=summary.name, amounts=summary.amounts, margins=summary.margins)


def _shown(line: _Line, columns: Sequence[tuple[str | None, str]]) -> list[str]:
    amounts = {each.breakdown_id: each.amount for each in line.amounts}
    name = _INDENT * len(line.within) + cell(line.name)
    return [line.code or "", name, *(cell(amounts.get(column)) for column, _ in columns)]


def _summary(line: _Line, columns: Sequence[tuple[str | None, str]]) -> Iterator[list[str]]:
    yield _shown(line, columns)[1:]
    margins = {each.breakdown_id: each.value for each in line.margins if each.value is not None}
    if margins:
        yield [f"{_INDENT}margin", *(_percent(margins.get(column)) for column, _ in columns)]


def _percent(part: Decimal | None) -> str:
    return "" if part is None else f"{part:.1%}"


def _days(statement: Statement) -> str:
    return str(statement.as_of_date if isinstance(statement, BalanceSheet) else getattr(statement, "period", ""))
