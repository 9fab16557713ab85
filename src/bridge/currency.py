"""Currencies: the one of the transaction, the one of the record, and the one that the books are kept in."""

from __future__ import annotations

import attrs

from brex_accounting import Amount
from bridge.coding import CodedLine, CodedRecord
from bridge.mappers.draft import Draft
from clientkit.money import allot, product


def in_books_currency(draft: Draft) -> CodedRecord:
    """The record of a draft in the currency of its subsidiary, converted at the rate of the day on which it counts.

    Debits and credits both sum to the converted total, which is rounded once, halves up. Each line is its own conversion
    rounded up or down, so less than one minor unit off; see `clientkit.money.allot`. A line that tells of no other
    transaction currency keeps its unconverted amount as `original_amount`. Without a rate the record comes back as it is,
    with the reason in the draft's findings.
    """
    coded = draft.coded
    if coded.currency == coded.subsidiary.currency or not coded.moves_money:
        return coded
    rate = draft.exchange_rate()
    if rate is None:
        return coded
    shares = {
        side: iter(
            allot(
                [product(each.line.amount.amount, rate.rate) for each in coded.lines if each.line.type == side],
                rate.target,
            )
        )
        for side in {each.line.type for each in coded.lines}
    }
    lines = tuple(
        _with_amount(each, Amount(amount=next(shares[each.line.type]), currency=rate.target)) for each in coded.lines
    )
    return attrs.evolve(coded, currency=rate.target, lines=lines, conversion=rate)


def _with_amount(each: CodedLine, amount: Amount) -> CodedLine:
    paid = each.transaction_amount or each.line.amount
    return attrs.evolve(each, line=attrs.evolve(each.line, amount=amount, original_amount=paid))
