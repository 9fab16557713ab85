"""Currencies: the one of the transaction, the one of the record, and the one that the books are kept in."""

from __future__ import annotations

import attrs

from brex_accounting import Amount
from bridge.coded_record import CodedLine, CodedRecord
from bridge.mappers.draft import Draft
from bridge.taxes import LineTax
from clientkit.money import allot, product, total


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


def with_tax_of_document(coded: CodedRecord) -> CodedRecord:
    """The record with the tax of its lines rounded once for each rate and side, and each line its share of that."""
    groups = dict[tuple[object, ...], list[tuple[int, LineTax, Amount]]]()
    for number, each in enumerate(coded.lines):
        if each.tax is not None:
            key = each.tax.rate.id, each.tax.treatment, each.tax.is_sales_tax, each.line.type
            groups.setdefault(key, []).append((number, each.tax, each.line.amount))
    lines = list(coded.lines)
    for group in groups.values():
        # Quotients do not end, so their sum may miss half a unit. The tax of the sum does not.
        tax, amount = group[0][1], Amount(amount=total(each.amount for _, _, each in group), currency=coded.currency)
        shares = allot([tax.exact(each) for _, _, each in group], coded.currency, whole=tax.exact(amount))
        for (number, tax, _), share in zip(group, shares, strict=True):
            lines[number] = attrs.evolve(lines[number], tax=attrs.evolve(tax, allotted=share))
    return attrs.evolve(coded, lines=tuple(lines))
