"""Postings, the lines of double-entry bookkeeping, in one form for both services."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import attrs

from brex_accounting import Side
from bridge.results import BillPayload, BillPaymentPayload, Payload
from clientkit.money import total
from rillet import FieldAssignment, Money, NewCharge, NewExpenseItem, NewJournalEntry, NewReimbursement


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
    that it names. A journal entry says its postings itself.
    """
    match payload:
        case NewCharge():
            return _of_document(payload.items, payload.credit_card_account_code)
        case NewReimbursement():
            return _of_document(payload.items, payload.payable_account_code)
        case BillPayload():
            return _of_document(payload.bill.items, payload.payable_account_code)
        case BillPaymentPayload():
            paid = payload.payment.amount
            return (
                _on_side(payload.payable_account_code, paid),
                _on_side(payload.payment.account_code, Money(paid.amount.copy_negate(), paid.currency)),
            )
        case NewJournalEntry():
            return tuple(
                Posting(
                    account=item.account_code,
                    side=Side(item.side.value),
                    amount=item.amount.amount,
                    currency=item.amount.currency,
                    fields=frozenset(item.fields),
                )
                for item in payload.items
            )


def spent(payload: Payload) -> tuple[Money, ...]:
    """The amounts of a document's lines: what was spent, less what was refunded; nothing where money only moves."""
    match payload:
        case NewCharge() | NewReimbursement():
            return tuple(item.amount for item in payload.items)
        case BillPayload():
            return tuple(item.amount for item in payload.bill.items)
        case _:
            return ()


def _of_document(items: Sequence[NewExpenseItem], offsetting: str) -> tuple[Posting, ...]:
    lines = tuple(
        _on_side(item.account_code, item.amount, frozenset(item.fields)) for item in items if item.amount.amount
    )
    currencies = {item.amount.currency for item in items}
    offsets = tuple(
        _on_side(offsetting, Money(amount.copy_negate(), currency))
        for currency in sorted(currencies)
        if (amount := total(item.amount.amount for item in items if item.amount.currency == currency))
    )
    return lines + offsets


def _on_side(account: str, money: Money, fields: frozenset[FieldAssignment] = frozenset()) -> Posting:
    side = Side.DEBIT if money.amount > 0 else Side.CREDIT
    # Not abs() and not a minus: they round to the precision of the caller's decimal context.
    amount = money.amount.copy_abs()
    return Posting(account=account, side=side, amount=amount, currency=money.currency, fields=fields)
