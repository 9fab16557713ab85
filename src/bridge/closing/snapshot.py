"""A month as both sides have it: Brex's records with what stands for each in the ledger, and everything else there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

import attrs

from brex_accounting import Record
from bridge.closing.period import Period
from bridge.documents.protocol import Ref
from bridge.master_data import Subsidiary
from clientkit.money import total

#: Stands for the account of lines that nobody has coded, and for the subsidiary of records that no entity claims.
NOT_CODED = ""


class DifferenceKind(StrEnum):
    """Why Brex and the ledger differ."""

    NOT_EXPORTED = "not_exported"
    CHANGED_IN_BREX = "changed_in_brex"
    CHANGED_IN_RILLET = "changed_in_rillet"
    CHANGED_ON_BOTH_SIDES = "changed_on_both_sides"
    DELETED_IN_RILLET = "deleted_in_rillet"
    ONLY_IN_RILLET = "only_in_rillet"
    POSTED_SEVERAL_TIMES = "posted_several_times"
    OTHER_PERIOD = "other_period"
    OTHER_SETTINGS = "other_settings"
    EXCHANGE_DIFFERENCE = "exchange_difference"
    ACCRUED = "accrued"
    OTHER_DOCUMENTS = "other_documents"
    UNEXPLAINED = "unexplained"


@attrs.frozen(kw_only=True)
class AccountLine:
    """What happens on one account: `amount` in decimal major units of the ISO 4217 `currency`, debits positive."""

    account: str
    amount: Decimal
    currency: str


@attrs.frozen(kw_only=True)
class LedgerEntry:
    """What one object of the ledger does in a subsidiary on a day, in the subsidiary's currency.

    `name` is what people know it by. `is_converted` tells that its document is in another currency. `cause` and `why` say
    how it comes that no record of Brex stands behind it, where none does; `record_id` is the one that it names.
    """

    ref: Ref
    subsidiary_id: str
    day: date
    lines: tuple[AccountLine, ...]
    name: str = ""
    is_converted: bool = False
    cause: DifferenceKind = DifferenceKind.ONLY_IN_RILLET
    why: str = ""
    record_id: str | None = None


@attrs.frozen(kw_only=True)
class ClosingRecord:
    """A record of Brex that counts in the month, or whose object does.

    `lines` is what it says now, in its subsidiary's currency where a rate is known, and `day` the day on which it counts
    by its own date; `entries` is what stands for it in the ledger. Where both say different things, `cause` and `why` tell
    how that comes. `is_posted` tells that something was posted for it, whether it is still there or not, and `is_dismissed`
    that a person has booked it by hand.
    """

    record: Record
    subsidiary_id: str
    day: date
    lines: tuple[AccountLine, ...]
    entries: tuple[LedgerEntry, ...] = ()
    cause: DifferenceKind | None = None
    why: str = ""
    is_posted: bool = False
    is_dismissed: bool = False


@attrs.frozen(kw_only=True)
class UnreadRecord:
    """A record that Brex sent and that cannot be read."""

    record_id: str | None
    why: str


@attrs.frozen(kw_only=True)
class Snapshot:
    """Everything that the reports of a close are made from, at one moment.

    `others` are the ledger's objects without a record of Brex behind them. `balances` is what the ledger itself says
    happened in the period, debits less credits, by subsidiary and account; `accounts` are the names of accounts by their
    codes. `scope` are the accounts that the settings name.
    """

    period: Period
    subsidiaries: tuple[Subsidiary, ...]
    accounts: Mapping[str, str]
    records: tuple[ClosingRecord, ...]
    others: tuple[LedgerEntry, ...]
    balances: Mapping[tuple[str, str], Decimal]
    scope: frozenset[str] = frozenset()
    unread: tuple[UnreadRecord, ...] = ()

    def subsidiary(self, subsidiary_id: str) -> str:
        """The name of a subsidiary."""
        return next((each.trade_name for each in self.subsidiaries if each.id == subsidiary_id), "no entity")

    def account(self, code: str) -> str:
        """The name of an account."""
        return self.accounts.get(code, "") if code != NOT_CODED else "not coded"

    def currency_of(self, subsidiary_id: str) -> str:
        """The currency of a subsidiary's books."""
        return next((each.currency for each in self.subsidiaries if each.id == subsidiary_id), "")


def summed(lines: Iterable[AccountLine]) -> tuple[AccountLine, ...]:
    """One line for each account and currency, in their order; none is zero."""
    amounts = dict[tuple[str, str], list[Decimal]]()
    for each in lines:
        amounts.setdefault((each.account, each.currency), []).append(each.amount)
    return tuple(
        AccountLine(account=account, amount=amount, currency=currency)
        for (account, currency), parts in sorted(amounts.items())
        if (amount := total(parts))
    )
