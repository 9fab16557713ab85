"""The trial balance (https://docs.api.rillet.com/reference/retrieve-trial-balance-report)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.endpoints import operation
from clientkit.model import Model
from clientkit.money import unsigned_zero
from clientkit.requests import Request
from rillet.values import Money

if TYPE_CHECKING:
    from clientkit.showing import TableParts


@attrs.frozen(kw_only=True)
class ReportPeriod(Model):
    """The days that a report covers, both included."""

    from_date: date
    to_date: date
    extra: Extra = unknown_fields()

    def __str__(self) -> str:
        return f"{self.from_date} to {self.to_date}"


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

    def rows(self) -> list[dict[str, object]]:
        """Its accounts as flat rows, for `clientkit.frames.rows_to_arrow`: amounts are columns, and so is the currency."""
        return [
            {
                "account_id": each.id,
                "code": each.code,
                "name": each.name,
                **{name: amount and unsigned_zero(amount.amount) for name, amount in _amounts(each).items()},
                "currency": self.currency,
            }
            for each in self.accounts
        ]

    def __repr__(self) -> str:
        return f"<TrialBalance {self.period}: {len(self.accounts)} accounts in {self.currency}>"

    def _tables(self) -> Iterator[TableParts]:
        from clientkit.showing import cell

        told = [name for name, total in _amounts(self.totals).items() if total is not None]
        rows = [("", "Total", *(cell(_amounts(self.totals)[name]) for name in told))]
        rows += [(each.code, each.name, *(cell(_amounts(each)[name]) for name in told)) for each in self.accounts]
        yield f"{type(self).__name__} {self.period}: {len(self.accounts)} accounts", ("code", "name", *told), rows


def _amounts(of: AccountBalance | TrialBalanceTotals) -> dict[str, Money | None]:
    return {
        "beginning_balance": of.beginning_balance,
        "debit_total": of.debit_total,
        "credit_total": of.credit_total,
        "debit_fx_total": of.debit_fx_total,
        "credit_fx_total": of.credit_fx_total,
        "ending_balance": of.ending_balance,
    }


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
