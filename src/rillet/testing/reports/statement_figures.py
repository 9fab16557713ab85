"""Columns of financial statements, and sums of postings in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

import attrs

from clientkit.money import total
from rillet.ledger.accounts import Account
from rillet.reports.statements import (
    BreakdownAmount,
    BreakdownBy,
    BreakdownType,
    ReportAccount,
    ReportBreakdown,
    ReportGroup,
)
from rillet.testing.ledger.books import Books
from rillet.testing.ledger.general_ledger import Posting
from rillet.testing.server.routing import Call, invalid
from rillet.values import Money


@attrs.frozen
class Column:
    """One column of a statement, and the postings that count in it."""

    breakdown: ReportBreakdown
    counts: Callable[[Posting], bool]


@attrs.frozen(kw_only=True)
class Figures:
    """What is in some postings, column by column."""

    columns: Sequence[Column]
    postings: Sequence[Posting]
    accounts: Sequence[Account]
    currency: str

    @property
    def breakdowns(self) -> tuple[ReportBreakdown, ...]:
        """What the columns stand for."""
        return tuple(column.breakdown for column in self.columns)

    def credits(self, keep: Callable[[Account], bool]) -> list[Decimal]:
        """Credits less debits of some accounts: what is earned, owed or paid out."""
        ids = {account.id for account in self.accounts if keep(account)}
        mine = [posting for posting in self.postings if posting.account_id in ids]
        return [-total(each.debit for each in mine if column.counts(each)) for column in self.columns]

    def amounts(self, values: Iterable[Decimal]) -> tuple[BreakdownAmount, ...]:
        """One value for each column."""
        return tuple(
            BreakdownAmount(amount=Money(value, self.currency), breakdown_id=column.breakdown.id)
            for column, value in zip(self.columns, values, strict=True)
        )

    def moved(self, keep: Callable[[Account], bool]) -> list[Account]:
        """Those of the accounts that have postings."""
        ids = {posting.account_id for posting in self.postings}
        return [account for account in self.accounts if account.id in ids and keep(account)]

    def section(self, name: str, keep: Callable[[Account], bool], sign: int, *more: ReportGroup) -> ReportGroup:
        """Accounts by subtype; `sign` is 1 where credits count, and -1 where debits do."""
        groups = tuple(
            ReportGroup(
                name=subtype,
                totals=self._signed(within(keep, subtype), sign),
                accounts=tuple(self._account(each, sign) for each in self.moved(within(keep, subtype))),
            )
            for subtype in subtypes(self.moved(keep))
        )
        totals = [sign * value for value in self.credits(keep)]
        for group in more:
            totals = summed([totals, values_of(group.totals)])
        return ReportGroup(name=name, totals=self.amounts(totals), groups=(*groups, *more))

    def _account(self, account: Account, sign: int) -> ReportAccount:
        balances = self._signed(lambda each: each.id == account.id, sign)
        return ReportAccount(id=account.id, code=account.code, name=account.name, balances=balances)

    def _signed(self, keep: Callable[[Account], bool], sign: int) -> tuple[BreakdownAmount, ...]:
        return self.amounts(sign * value for value in self.credits(keep))


def columns(books: Books, call: Call) -> Sequence[Column]:
    """The columns that a request asks for. Refuses an unknown breakdown, and one by a field that is not there."""
    by, wanted = call.asked.one("breakdown_by"), call.asked.one("subsidiary_id")
    if by is None:
        return [Column(ReportBreakdown(type=BreakdownType.PERIOD, name="Total"), lambda _: True)]
    if by == BreakdownBy.SUBSIDIARY:
        return [
            _subsidiary_column(each.id, each.trade_name)
            for each in books.subsidiaries.values()
            if wanted in {None, each.id}
        ]
    if by != BreakdownBy.CUSTOM_FIELD:
        raise invalid(f"breakdown_by must not be {by}", "breakdown_by")
    field_id = call.asked.one("custom_field_id")
    if field_id is None or field_id not in books.fields:
        raise invalid("custom_field_id must be a custom field", "custom_field_id")
    values = books.fields.get(field_id).values
    return [*(_value_column(field_id, each.id, each.name) for each in values), _unassigned_column(field_id)]


def _subsidiary_column(id: str, name: str) -> Column:
    breakdown = ReportBreakdown(type=BreakdownType.SUBSIDIARY, name=name, id=id)
    return Column(breakdown, lambda posting: posting.subsidiary_id == id)


def _value_column(field_id: str, id: str, name: str) -> Column:
    breakdown = ReportBreakdown(type=BreakdownType.CUSTOM_FIELD, name=name, id=id)
    return Column(breakdown, lambda posting: (field_id, id) in _assigned(posting))


def _unassigned_column(field_id: str) -> Column:
    breakdown = ReportBreakdown(type=BreakdownType.CUSTOM_FIELD, name="Unassigned")
    return Column(breakdown, lambda posting: field_id not in dict(_assigned(posting)))


def _assigned(posting: Posting) -> Sequence[tuple[str, str]]:
    return [(each.field_id, each.field_value_id) for each in posting.fields]


def within(keep: Callable[[Account], bool], subtype: str) -> Callable[[Account], bool]:
    """Those of the accounts that have this subtype."""
    return lambda account: keep(account) and _subtype(account) == subtype


def _subtype(account: Account) -> str:
    return account.subtype or "Other"


def subtypes(accounts: Iterable[Account]) -> Sequence[str]:
    """The subtypes of some accounts, each once."""
    return list(dict.fromkeys(_subtype(account) for account in accounts))


def values_of(amounts: Sequence[BreakdownAmount]) -> list[Decimal]:
    """The bare values of a row."""
    return [each.amount.amount for each in amounts]


def summed(rows: Iterable[Sequence[Decimal]]) -> list[Decimal]:
    """The sum of rows, column by column."""
    return [total(column) for column in zip(*rows, strict=True)]
