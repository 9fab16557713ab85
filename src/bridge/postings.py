"""Postings, the lines of double-entry bookkeeping, in one form for both services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import attrs

from brex_accounting import Side
from bridge.decisions import BillPayload, BillPaymentPayload, BillReplacement, Payload
from bridge.taxes import TaxedEntryItem, TaxedItem
from clientkit.money import total
from rillet import (
    FieldAssignment,
    Money,
    NewCharge,
    NewExpenseItem,
    NewJournalEntry,
    NewJournalEntryItem,
    NewReimbursement,
    TaxCoverage,
)


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


def summed(postings: Iterable[Posting]) -> frozenset[Posting]:
    """The postings with one entry per account, side, currency and field values, zeros left out.

    Two sets of postings say the same about the books exactly when their sums are equal.
    """
    amounts = dict[Posting, list[Decimal]]()
    for posting in postings:
        amounts.setdefault(attrs.evolve(posting, amount=Decimal(0)), []).append(posting.amount)
    sums = ((key, total(parts)) for key, parts in amounts.items())
    return frozenset(attrs.evolve(key, amount=amount) for key, amount in sums if amount)


def effect(payload: Payload) -> tuple[Posting, ...]:
    """The postings that a payload makes in Rillet's ledger.

    A charge debits its lines and credits its card account with their sum; a reimbursement and a bill credit their
    payable account; a negative amount goes to the other side. A payment debits what was payable and credits the account
    that it names. A journal entry says its postings itself. The tax of a `TaxedItem` or `TaxedEntryItem` is on the
    account that it names; that of any other line is on the account of the line.
    """
    match payload:
        case NewCharge():
            return _of_document(payload.items, payload.credit_card_account_code)
        case NewReimbursement():
            return _of_document(payload.items, payload.payable_account_code)
        case BillPayload():
            return _of_document(payload.bill.items, payload.payable_account_code)
        case BillReplacement():
            return _of_document(payload.update.items, payload.payable_account_code)
        case BillPaymentPayload():
            paid = payload.payment.amount
            return (
                _on_side(payload.payable_account_code, paid),
                _on_side(payload.payment.account_code, Money(paid.amount.copy_negate(), paid.currency)),
            )
        case NewJournalEntry():
            return tuple(posting for item in payload.items for posting in _of_entry(item))


def spent(payload: Payload) -> tuple[Money, ...]:
    """The amounts of a document's lines with their taxes: what was spent, less what was refunded; nothing where money only moves."""
    match payload:
        case NewCharge() | NewReimbursement():
            return tuple(_gross(item) for item in payload.items)
        case BillPayload():
            return tuple(_gross(item) for item in payload.bill.items)
        case _:
            return ()


def _of_entry(item: NewJournalEntryItem) -> Iterator[Posting]:
    posting = Posting(
        account=item.account_code,
        side=Side(item.side.value),
        amount=item.amount.amount,
        currency=item.amount.currency,
        fields=frozenset(item.fields),
    )
    if not isinstance(item, TaxedEntryItem):
        yield posting
        return
    tax = item.tax_amount.amount
    yield attrs.evolve(posting, amount=total((item.amount.amount, tax.copy_negate())))
    yield attrs.evolve(posting, account=item.tax_account_code, amount=tax, fields=frozenset())


def _of_document(items: Sequence[NewExpenseItem], offsetting: str) -> tuple[Posting, ...]:
    due = [_gross(item) for item in items]
    sums = {each.currency: total(one.amount for one in due if one.currency == each.currency) for each in due}
    offsets = (_on_side(offsetting, Money(sums[currency].copy_negate(), currency)) for currency in sorted(sums))
    lines = (posting for item in items for posting in _of_item(item))
    return tuple(posting for posting in (*lines, *offsets) if posting.amount)


def _of_item(item: NewExpenseItem) -> Iterator[Posting]:
    gross, fields = _gross(item), frozenset(item.fields)
    if isinstance(item, TaxedItem) and item.tax_account_code is not None and item.tax_rate is not None:
        tax = item.tax_rate.tax_amount
        yield _on_side(item.account_code, _plus(gross, tax.amount.copy_negate()), fields)
        yield _on_side(item.tax_account_code, tax)
    else:
        yield _on_side(item.account_code, gross, fields)


def _gross(item: NewExpenseItem) -> Money:
    """What a line costs, with a tax that is on top of its amount."""
    tax = item.tax_rate
    if tax is None or tax.coverage is not TaxCoverage.EXCLUSIVE:
        return item.amount
    return _plus(item.amount, tax.tax_amount.amount)


def _plus(money: Money, amount: Decimal) -> Money:
    return Money(total((money.amount, amount)), money.currency)


def _on_side(account: str, money: Money, fields: frozenset[FieldAssignment] = frozenset()) -> Posting:
    side = Side.DEBIT if money.amount > 0 else Side.CREDIT
    # Not abs() and not a minus: they round to the precision of the caller's decimal context.
    amount = money.amount.copy_abs()
    return Posting(account=account, side=side, amount=amount, currency=money.currency, fields=fields)
