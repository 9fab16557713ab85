"""The trial balance (https://docs.api.rillet.com/reference/retrieve-trial-balance-report)."""

from __future__ import annotations

from datetime import date

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.endpoints import operation
from clientkit.model import Model
from clientkit.requests import Request
from rillet.values import Money


@attrs.frozen(kw_only=True)
class ReportPeriod(Model):
    """The days that a report covers, both included."""

    from_date: date
    to_date: date
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class AccountBalance(Model):
    """What happened on one account in a period, in the report's currency."""

    id: str
    code: str
    name: str
    beginning_balance: Money
    debit_total: Money
    credit_total: Money
    ending_balance: Money
    debit_fx_total: Money | None = None
    credit_fx_total: Money | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class TrialBalanceTotals(Model):
    """The sums over all accounts; debits equal credits."""

    beginning_balance: Money
    debit_total: Money
    credit_total: Money
    ending_balance: Money
    debit_fx_total: Money | None = None
    credit_fx_total: Money | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class TrialBalance(Model):
    """Debits and credits of every account in a period; `currency` (ISO 4217) is that of all amounts."""

    period: ReportPeriod
    currency: str
    accounts: tuple[AccountBalance, ...]
    totals: TrialBalanceTotals
    extra: Extra = unknown_fields()


class TrialBalanceOperations:
    """The endpoint ``/reports/trial-balance``."""

    _resource = "reports"

    @operation
    def trial_balance(
        self, *, from_date: date, to_date: date, subsidiary_id: str | None = None
    ) -> Request[TrialBalance]:
        """The trial balance of a period.

        Args:
            from_date: First day.
            to_date: Last day.
            subsidiary_id: Only this subsidiary's books, in its own currency.
        """
        query = {"from_date": from_date, "to_date": to_date, "subsidiary_id": subsidiary_id}
        return Request(method="GET", path="/reports/trial-balance", returns=TrialBalance, query=query)
