"""Currencies: the one of the transaction, the one of the record, and the one that the books are kept in."""

from __future__ import annotations

from decimal import Context, Decimal

import attrs

from brex_accounting import Amount
from bridge.coded_record import CodedLine, CodedRecord
from bridge.mappers.draft import Draft
from clientkit.money import allot, product

# Quotients do not end; what is cut off here is far below any unit.
_SMALL, _WIDE = Decimal("1e-30"), Context(prec=120)


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
    groups = dict[tuple[object, ...], list[int]]()
    for number, each in enumerate(coded.lines):
        if each.tax is not None:
            key = each.tax.rate.id, each.tax.treatment, each.tax.is_sales_tax, each.line.type
            groups.setdefault(key, []).append(number)
    lines = list(coded.lines)
    for numbers in groups.values():
        exact = [_exact_tax(lines[number]) for number in numbers]
        for number, share in zip(numbers, allot(exact, coded.currency), strict=True):
            tax = lines[number].tax
            if tax is not None:
                lines[number] = attrs.evolve(lines[number], tax=attrs.evolve(tax, allotted=share))
    return attrs.evolve(coded, lines=tuple(lines))


def _exact_tax(each: CodedLine) -> Decimal:
    tax = Decimal(0) if each.tax is None else each.tax.exact(each.line.amount)
    return tax.quantize(_SMALL, context=_WIDE)
