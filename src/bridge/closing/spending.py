"""What was spent in a month and in those before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import attrs
from dateutil.relativedelta import relativedelta

from bridge.books import Books
from bridge.closing.period import Period, month_of

_EXPENSE = "EXPENSE"


@attrs.frozen(kw_only=True)
class MonthlySpending:
    """What the ledger has on an expense account of a subsidiary in a month: debits less credits, in decimal major units.

    `account` is the code, `currency` (ISO 4217) that of the subsidiary's books.
    """

    month: Period
    subsidiary_id: str
    account: str
    amount: Decimal
    currency: str


def months_up_to(period: Period, count: int) -> tuple[Period, ...]:
    """The month that a period begins in and those before it, the oldest first."""
    return tuple(month_of(period.first - relativedelta(months=back)) for back in reversed(range(count)))


def spending_of(
    balances: Iterable[tuple[Period, Mapping[tuple[str, str], Decimal]]], books: Books
) -> Iterator[MonthlySpending]:
    """What is on expense accounts, of what the trial balances of some months say by subsidiary and account."""
    currencies = {each.id: each.currency for each in books.subsidiaries}
    for month, told in balances:
        for (subsidiary_id, code), amount in sorted(told.items()):
            account = books.account(code)
            if account is not None and account.type == _EXPENSE:
                yield MonthlySpending(
                    month=month,
                    subsidiary_id=subsidiary_id,
                    account=account.code,
                    amount=amount,
                    currency=currencies.get(subsidiary_id, ""),
                )
