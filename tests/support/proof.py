"""A proof that the books are right: what Brex's records say, account by account, beside Rillet's trial balance."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from brex_accounting import Record, Side
from bridge.books import Books
from bridge.callers import Rates, Zones, no_rates, only_utc
from bridge.decisions import Findings
from bridge.followed import followed_in
from bridge.mapping import Bridge
from bridge.postings import Posting
from bridge.settings.choices import ForeignCurrency
from bridge.settings.values import Settings
from clientkit.money import total

if TYPE_CHECKING:
    import rillet


@attrs.frozen(kw_only=True)
class AccountProof:
    """One account of one subsidiary: debits and credits as Brex's records have them, and as Rillet has them."""

    subsidiary: str
    currency: str
    account: str
    name: str
    brex_debit: Decimal
    brex_credit: Decimal
    rillet_debit: Decimal
    rillet_credit: Decimal

    @property
    def difference(self) -> Decimal:
        """How far the two are apart, both sides taken together; zero when the books are right."""
        return abs(self.brex_debit - self.rillet_debit) + abs(self.brex_credit - self.rillet_credit)


def prove(
    records: Iterable[Record],
    settings: Settings,
    books: Books,
    client: rillet.Client,
    *,
    first: date,
    last: date,
    rates: Rates = no_rates,
    zones: Zones = only_utc,
) -> tuple[AccountProof, ...]:
    """Compare the postings of exported `records` with the trial balances from `first` to `last`.

    The left side is computed from Brex's lines alone, not from what was sent to Rillet. It holds for books that the
    export alone writes to, in that time. Give `rates` and `zones` as to the `Bridge` of the export.

    A record in a foreign currency is compared as it is converted for ``foreign_currency = "subsidiary"``, and left out
    where no rate is known. For documents that stay in their currency Rillet converts on its own: lines can be a minor unit
    apart then, and bills and their payments the difference of their rates.
    """
    bridge = Bridge(attrs.evolve(settings, foreign_currency=ForeignCurrency.SUBSIDIARY), rates=rates, zones=zones)
    exported = tuple(records)
    followed = followed_in(exported)
    coded = [
        each
        for record in exported
        for each in bridge.shares(record, books, Findings(), followed=followed.get(record.id))
    ]
    rows = list[AccountProof]()
    for subsidiary in books.subsidiaries:
        ours = [
            posting
            for each in coded
            if each.subsidiary.id == subsidiary.id and each.currency == subsidiary.currency
            for posting in each.known_postings(books)
        ]
        balance = client.reports.trial_balance(from_date=first, to_date=last, subsidiary_id=subsidiary.id)
        theirs = {account.code: account for account in balance.accounts}
        for number in sorted({posting.account for posting in ours} | theirs.keys()):
            account, known = theirs.get(number), books.account(number)
            row = AccountProof(
                subsidiary=subsidiary.trade_name,
                currency=balance.currency,
                account=number,
                name=known.name if known else "",
                brex_debit=_sum(ours, number, Side.DEBIT),
                brex_credit=_sum(ours, number, Side.CREDIT),
                rillet_debit=account.debit_total.amount if account else Decimal(0),
                rillet_credit=account.credit_total.amount if account else Decimal(0),
            )
            if row.brex_debit or row.brex_credit or row.rillet_debit or row.rillet_credit:
                rows.append(row)
    return tuple(rows)


def _sum(postings: Iterable[Posting], account: str, side: Side) -> Decimal:
    return total(posting.amount for posting in postings if posting.account == account and posting.side == side)
