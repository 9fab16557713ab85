"""Financial statements (https://docs.api.rillet.com/reference/retrieve-balance-sheet-report).

Statements have columns: one for the whole, or one for each subsidiary or value of a custom field. Every total, balance
and margin names the column that it stands in by the column's id, which a report of one column may leave out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from clientkit.codec import Extra, as_number, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import operation
from clientkit.model import Model
from clientkit.requests import QueryValue, Request
from rillet.reports.trial_balance import ReportPeriod
from rillet.values import Money

if TYPE_CHECKING:
    from clientkit.showing import TableParts


class BreakdownBy(OpenEnum):
    """What a statement has a column for."""

    SUBSIDIARY = "SUBSIDIARY"
    CUSTOM_FIELD = "CUSTOM_FIELD"


class BreakdownType(OpenEnum):
    """What a column of a statement stands for; ``PERIOD`` is the only column of a report without a breakdown."""

    PERIOD = "PERIOD"
    SUBSIDIARY = "SUBSIDIARY"
    CUSTOM_FIELD = "CUSTOM_FIELD"


@attrs.frozen(kw_only=True)
class ReportBreakdown(Model):
    """One column of a statement; `id` is that of the subsidiary or of the custom field's value."""

    type: BreakdownType
    name: str
    id: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class BreakdownAmount(Model):
    """An amount in the column `breakdown_id`."""

    amount: Money
    breakdown_id: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class BreakdownMargin(Model):
    """A margin in the column `breakdown_id`, as a part of one: ``Decimal("0.25")`` is a quarter; None of an empty period."""

    value: Decimal | None = attrs.field(default=None, metadata=as_number())
    breakdown_id: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class ReportAccount(Model):
    """One account of a statement, with a balance for each column."""

    id: str
    code: str
    name: str
    balances: tuple[BreakdownAmount, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class ReportGroup(Model):
    """Accounts that a statement shows together; groups can hold groups, and can be empty."""

    name: str
    totals: tuple[BreakdownAmount, ...] = ()
    accounts: tuple[ReportAccount, ...] = ()
    groups: tuple[ReportGroup, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class ReportSummary(Model):
    """A line below the sections of a statement, such as the gross profit."""

    name: str
    amounts: tuple[BreakdownAmount, ...] = ()
    margins: tuple[BreakdownMargin, ...] = ()
    extra: Extra = unknown_fields()


class Statement:
    """A report whose sections hold groups or lines, with an amount for each column."""

    __slots__ = ()

    def rows(self) -> list[dict[str, object]]:
        """The statement as flat rows, one for each amount or margin, for `clientkit.frames.rows_to_arrow`.

        ``section`` is the path of names that the row is in, such as ``Expenses / Travel``, and ``level`` how deep it is.
        ``kind`` is ``account``, ``line``, ``total`` or ``summary``. Add up rows of one kind only, because a total holds what
        is below it. ``column`` names the column, ``margin`` is told of summaries.
        """
        from rillet.reports.statement_rows import rows_of

        return rows_of(self)

    def _tables(self) -> Iterator[TableParts]:
        from rillet.reports.statement_rows import tables_of

        return tables_of(self)


@attrs.frozen(kw_only=True)
class BalanceSheet(Statement, Model):
    """What is owned and owed on a day; its sections are assets, liabilities and equity."""

    as_of_date: date
    currency: str
    sections: tuple[ReportGroup, ...] = ()
    breakdowns: tuple[ReportBreakdown, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class IncomeStatement(Statement, Model):
    """Revenue and costs of a period, account by account."""

    period: ReportPeriod
    currency: str
    sections: tuple[ReportGroup, ...] = ()
    summaries: tuple[ReportSummary, ...] = ()
    breakdowns: tuple[ReportBreakdown, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class ReportLine(Model):
    """One line of a cash flow statement or an executive P&L; only the latter's lines have a `code`."""

    name: str
    code: str | None = None
    amounts: tuple[BreakdownAmount, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class ReportLines(Model):
    """A section of a cash flow statement or an executive P&L."""

    name: str
    totals: tuple[BreakdownAmount, ...] = ()
    items: tuple[ReportLine, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class CashFlowStatement(Statement, Model):
    """Where cash came from and went in a period; its summaries have no margins."""

    period: ReportPeriod
    currency: str
    sections: tuple[ReportLines, ...] = ()
    summaries: tuple[ReportSummary, ...] = ()
    breakdowns: tuple[ReportBreakdown, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class ExecutivePL(Statement, Model):
    """Revenue and costs of a period in a few lines, its summaries with margins."""

    period: ReportPeriod
    currency: str
    sections: tuple[ReportLines, ...] = ()
    summaries: tuple[ReportSummary, ...] = ()
    breakdowns: tuple[ReportBreakdown, ...] = ()
    extra: Extra = unknown_fields()


class StatementOperations:
    """The endpoints under ``/reports`` that answer with a financial statement."""

    _resource = "reports"

    @operation
    def balance_sheet(
        self, *, as_of_date: date, subsidiary_id: str | None = None, breakdown_by: BreakdownBy | None = None
    ) -> Request[BalanceSheet]:
        """The balance sheet of a day (https://docs.api.rillet.com/reference/retrieve-balance-sheet-report).

        Args:
            as_of_date: The day.
            subsidiary_id: Only this subsidiary's books, in its own currency.
            breakdown_by: A column for each subsidiary. Rillet also lists custom fields, but takes no field here.
        """
        query = {"as_of_date": as_of_date, "subsidiary_id": subsidiary_id, "breakdown_by": breakdown_by}
        return Request(method="GET", path="/reports/balance-sheet", returns=BalanceSheet, query=query)

    @operation
    def income_statement(
        self,
        *,
        from_date: date,
        to_date: date,
        subsidiary_id: str | None = None,
        breakdown_by: BreakdownBy | None = None,
        custom_field_id: str | None = None,
    ) -> Request[IncomeStatement]:
        """The income statement of a period (https://docs.api.rillet.com/reference/retrieve-income-statement-report).

        Args:
            from_date: First day.
            to_date: Last day.
            subsidiary_id: Only this subsidiary's books, in its own currency.
            breakdown_by: A column for each subsidiary, or for each value of a custom field.
            custom_field_id: The field, which a breakdown by custom field needs.

        Raises:
            ValueError: A breakdown by custom field without the field.
        """
        query = _statement_query(from_date, to_date, subsidiary_id, breakdown_by, custom_field_id)
        return Request(method="GET", path="/reports/income-statement", returns=IncomeStatement, query=query)

    @operation
    def cash_flow_statement(
        self,
        *,
        from_date: date,
        to_date: date,
        subsidiary_id: str | None = None,
        breakdown_by: BreakdownBy | None = None,
        custom_field_id: str | None = None,
    ) -> Request[CashFlowStatement]:
        """The cash flow statement of a period.

        https://docs.api.rillet.com/reference/retrieve-cash-flow-statement-report

        Args:
            from_date: First day.
            to_date: Last day.
            subsidiary_id: Only this subsidiary's books, in its own currency.
            breakdown_by: A column for each subsidiary, or for each value of a custom field.
            custom_field_id: The field, which a breakdown by custom field needs.

        Raises:
            ValueError: A breakdown by custom field without the field.
        """
        query = _statement_query(from_date, to_date, subsidiary_id, breakdown_by, custom_field_id)
        return Request(method="GET", path="/reports/cash-flow-statement", returns=CashFlowStatement, query=query)

    @operation
    def executive_pl(
        self,
        *,
        from_date: date,
        to_date: date,
        subsidiary_id: str | None = None,
        breakdown_by: BreakdownBy | None = None,
        custom_field_id: str | None = None,
    ) -> Request[ExecutivePL]:
        """The executive P&L of a period (https://docs.api.rillet.com/reference/retrieve-executive-pl-report).

        Args:
            from_date: First day.
            to_date: Last day.
            subsidiary_id: Only this subsidiary's books, in its own currency.
            breakdown_by: A column for each subsidiary, or for each value of a custom field.
            custom_field_id: The field, which a breakdown by custom field needs.

        Raises:
            ValueError: A breakdown by custom field without the field.
        """
        query = _statement_query(from_date, to_date, subsidiary_id, breakdown_by, custom_field_id)
        return Request(method="GET", path="/reports/executive-pl", returns=ExecutivePL, query=query)


def _statement_query(
    from_date: date,
    to_date: date,
    subsidiary_id: str | None,
    breakdown_by: BreakdownBy | None,
    custom_field_id: str | None,
) -> Mapping[str, QueryValue]:
    if breakdown_by == BreakdownBy.CUSTOM_FIELD and custom_field_id is None:
        raise ValueError("a breakdown by CUSTOM_FIELD needs custom_field_id")
    return {
        "from_date": from_date,
        "to_date": to_date,
        "subsidiary_id": subsidiary_id,
        "breakdown_by": breakdown_by,
        "custom_field_id": custom_field_id,
    }
