"""Postings, the lines of double-entry bookkeeping, in one form for both services."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import attrs

from brex_accounting import Side
from bridge.values import FieldAssignment
from clientkit.money import total


@attrs.frozen(kw_only=True)
class Posting:
    """One side of an entry: `amount` (positive, decimal major units of the ISO 4217 `currency`) on an account's code.

    `fields` are the custom field values of the line, in no particular order.
    """

    account: str
    side: Side
    amount: Decimal
    currency: str
    fields: frozenset[FieldAssignment] = frozenset()


def signed(amount: Decimal, side: Side) -> Decimal:
    """An amount on one side of an entry, debits positive."""
    return amount if side == Side.DEBIT else amount.copy_negate()


def summed(postings: Iterable[Posting]) -> frozenset[Posting]:
    """The postings with one entry per account, side, currency and field values, zeros left out.

    Two sets of postings say the same about the books exactly when their sums are equal.
    """
    amounts = dict[Posting, list[Decimal]]()
    for posting in postings:
        amounts.setdefault(attrs.evolve(posting, amount=Decimal(0)), []).append(posting.amount)
    sums = ((key, total(parts)) for key, parts in amounts.items())
    return frozenset(attrs.evolve(key, amount=amount) for key, amount in sums if amount)
