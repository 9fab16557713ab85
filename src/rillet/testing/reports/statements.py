"""The stand-in's financial statements, all added up from the general ledger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

from rillet.ledger.accounts import Account, AccountType
from rillet.reports.statements import (
    BalanceSheet,
    BreakdownMargin,
    CashFlowStatement,
    ExecutivePL,
    IncomeStatement,
    ReportGroup,
    ReportLine,
    ReportLines,
    ReportSummary,
)
from rillet.testing.ledger.books import Books
from rillet.testing.reports.statement_figures import Figures, columns, subtypes, summed, values_of, within
from rillet.testing.server.routing import Call, Route, invalid
from rillet.testing.server.wire_forms import plain, with_lists

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_PLACES = Decimal("0.0001")

# Subtypes are free text in Rillet; these names are the stand-in's choice where no source names one.
_NON_OPERATING = frozenset({"Other Income", "Other Expense"})
_COST_OF_SALES = "Cost of Goods Sold"
_INVESTING = frozenset({"Fixed Asset", "Intangible Asset", "Other Asset"})
_FINANCING = frozenset({"Long Term Liability"})
_PROFIT_TYPES = frozenset({AccountType.INCOME, AccountType.EXPENSE})


class StatementEndpoints:
    """Balance sheet, income statement, cash flow statement, executive P&L, and the ARR waterfall.

    There is no closing of years: the equity of a balance sheet has all profit to date as its group ``Net income``. The
    cash flow statement is indirect, from the net income to the accounts that hold money. The ARR waterfall never has
    customers, because the stand-in does not spread contracts over months.
    """

    def __init__(self, books: Books) -> None:
        self._books = books

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/reports/balance-sheet", self._balance_sheet)
        yield Route("GET", "/reports/income-statement", self._income_statement)
        yield Route("GET", "/reports/cash-flow-statement", self._cash_flow_statement)
        yield Route("GET", "/reports/executive-pl", self._executive_pl)
        yield Route("GET", "/reports/arr-waterfall", _arr_waterfall)

    def _balance_sheet(self, call: Call) -> object:
        day = call.required_day("as_of_date")
        figures = self._figures(call, date.min, day)
        profit = ReportGroup(name="Net income", totals=figures.amounts(figures.credits(_is_profit)))
        return with_lists(
            BalanceSheet(
                as_of_date=day,
                currency=figures.currency,
                sections=(
                    figures.section("Assets", _of(AccountType.ASSET), -1),
                    figures.section("Liabilities", _of(AccountType.LIABILITY), 1),
                    figures.section("Equity", _of(AccountType.EQUITY), 1, profit),
                ),
                breakdowns=figures.breakdowns,
            )
        )

    def _income_statement(self, call: Call) -> object:
        period = call.period()
        figures = self._figures(call, period.from_date, period.to_date)
        return with_lists(
            IncomeStatement(
                period=period,
                currency=figures.currency,
                sections=tuple(figures.section(name, keep, sign) for name, keep, sign in _PROFIT_SECTIONS),
                summaries=_summaries(figures),
                breakdowns=figures.breakdowns,
            )
        )

    def _executive_pl(self, call: Call) -> object:
        period = call.period()
        figures = self._figures(call, period.from_date, period.to_date)
        sections = list[ReportLines]()
        for name, keep, sign in _PROFIT_SECTIONS:
            section = figures.section(name, keep, sign)
            lines = [
                ReportLine(name=account.name, code=account.code, amounts=account.balances)
                for group in section.groups
                for account in group.accounts
            ]
            sections.append(ReportLines(name=name, totals=section.totals, items=tuple(lines)))
        return with_lists(
            ExecutivePL(
                period=period,
                currency=figures.currency,
                sections=tuple(sections),
                summaries=_summaries(figures),
                breakdowns=figures.breakdowns,
            )
        )

    def _cash_flow_statement(self, call: Call) -> object:
        period = call.period()
        figures = self._figures(call, period.from_date, period.to_date)
        is_cash = self._books.is_cash
        profit = ReportLine(name="Net income", amounts=figures.amounts(figures.credits(_but(_is_profit, is_cash))))
        sections = tuple(
            _flow(figures, name, _but(keep, is_cash), *first)
            for name, keep, first in (
                ("Operating Cash Flow", _is_operating, [profit]),
                ("Investing Cash Flow", _is_investing, []),
                ("Financing Cash Flow", _is_financing, []),
            )
        )
        change = summed(values_of(section.totals) for section in sections)
        closing = [-value for value in self._figures(call, date.min, period.to_date).credits(is_cash)]
        opening = summed([closing, figures.credits(is_cash)])
        summaries = (("Net Change in Cash", change), ("Opening Balance", opening), ("Closing Balance", closing))
        report = CashFlowStatement(
            period=period, currency=figures.currency, sections=sections, breakdowns=figures.breakdowns
        )
        # Its summaries have no margins, not even an empty list of them.
        lines = [plain(ReportLine(name=name, amounts=figures.amounts(values))) for name, values in summaries]
        return {**with_lists(report), "summaries": lines}

    def _figures(self, call: Call, first: date, last: date) -> Figures:
        books, wanted = self._books, call.asked.one("subsidiary_id")
        postings = [
            each
            for each in books.ledger.postings
            if first <= each.date <= last and wanted in {None, each.subsidiary_id}
        ]
        return Figures(
            columns=columns(books, call),
            postings=postings,
            accounts=tuple(books.accounts),
            currency=books.reporting_currency(wanted),
        )


def _of(type: AccountType) -> Callable[[Account], bool]:
    return lambda account: account.type is type


def _but(keep: Callable[[Account], bool], drop: Callable[[Account], bool]) -> Callable[[Account], bool]:
    return lambda account: keep(account) and not drop(account)


def _is_profit(account: Account) -> bool:
    return account.type in _PROFIT_TYPES


def _is_revenue(account: Account) -> bool:
    return account.type is AccountType.INCOME and account.subtype not in _NON_OPERATING


def _is_cost_of_sales(account: Account) -> bool:
    return account.type is AccountType.EXPENSE and account.subtype == _COST_OF_SALES


def _is_operating_expense(account: Account) -> bool:
    return account.type is AccountType.EXPENSE and account.subtype not in {_COST_OF_SALES, *_NON_OPERATING}


def _is_non_operating(account: Account) -> bool:
    return _is_profit(account) and account.subtype in _NON_OPERATING


_PROFIT_SECTIONS = (
    ("Revenue", _is_revenue, 1),
    ("Cost of Goods Sold", _is_cost_of_sales, -1),
    ("Operating Expenses", _is_operating_expense, -1),
    ("Non-Operating", _is_non_operating, 1),
)


def _is_investing(account: Account) -> bool:
    return account.type is AccountType.ASSET and account.subtype in _INVESTING


def _is_financing(account: Account) -> bool:
    return account.type is AccountType.EQUITY or account.subtype in _FINANCING


def _is_operating(account: Account) -> bool:
    return not (_is_profit(account) or _is_investing(account) or _is_financing(account))


def _flow(figures: Figures, name: str, keep: Callable[[Account], bool], *first: ReportLine) -> ReportLines:
    """The changes of some accounts as cash: what they gave up came in."""
    changes = [
        ReportLine(name=f"Change in {subtype}", amounts=figures.amounts(figures.credits(within(keep, subtype))))
        for subtype in subtypes(figures.moved(keep))
    ]
    lines = (*first, *changes)
    totals = summed([figures.credits(keep), *(values_of(line.amounts) for line in first)])
    return ReportLines(name=name, totals=figures.amounts(totals), items=lines)


def _summaries(figures: Figures) -> tuple[ReportSummary, ...]:
    """The steps from revenue to net income, each with its part of the revenue where there is any."""
    revenue = figures.credits(_is_revenue)
    gross = summed([revenue, figures.credits(_is_cost_of_sales)])
    operating = summed([gross, figures.credits(_is_operating_expense)])
    steps = (("Gross Profit", gross), ("Operating Income", operating), ("Net Income", figures.credits(_is_profit)))
    return tuple(
        ReportSummary(
            name=name,
            amounts=figures.amounts(values),
            margins=tuple(
                BreakdownMargin(value=(value / base).quantize(_PLACES), breakdown_id=column.breakdown.id)
                for value, base, column in zip(values, revenue, figures.columns, strict=True)
                if base
            ),
        )
        for name, values in steps
    )


def _arr_waterfall(call: Call) -> object:
    for name, allowed in (("status", {"ACTIVE", "COMMITTED"}), ("breakdown", {"ARR", "MRR"})):
        if call.asked.one(name) not in allowed:
            raise invalid(f"{name} must be one of {', '.join(sorted(allowed))}", name)
    if not _MONTH.fullmatch(call.asked.one("month") or ""):
        raise invalid("month must be a year and a month such as 2026-01", "month")
    call.number("limit", least=1, most=100, default=25)
    return {"customers": list[object](), "pagination": {}}
