"""What a record's `billing_amount` tells: a field that Brex sends and does not document.

It is taken to be the amount on the statement, which is what the company owes.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import cast

from brex_accounting import Amount, Record
from clientkit.money import checked

# Ten places give back every amount below 50 million to the last unit.
_RATE, _RATE_PLACES = Context(prec=60), Decimal("1e-10")


def billing_amount(record: Record) -> Amount | None:
    """What was billed for a record, positive; None where Brex tells nothing that can be read."""
    billed = record.extra.get("billing_amount")
    if not isinstance(billed, dict):
        return None
    told = cast("dict[str, object]", billed)
    amount, currency = told.get("amount"), told.get("currency")
    if not isinstance(currency, str) or isinstance(amount, bool) or not isinstance(amount, int | float | str | Decimal):
        return None
    try:
        exact = checked(Decimal(str(amount))).copy_abs()
    except (ArithmeticError, ValueError):
        return None
    return Amount(amount=exact, currency=currency) if exact else None


def rate_billed(record: Record, currency: str) -> Decimal | None:
    """The rate behind what was billed, where that was in this currency and the record is in another one."""
    own = record.amount.amount.copy_abs()
    if record.amount.currency == currency or not own:
        return None
    billed = billing_amount(record)
    if billed is None or billed.currency != currency:
        return None
    return _RATE.divide(billed.amount, own).quantize(_RATE_PLACES, context=_RATE)


def differs_from_billed(record: Record) -> Amount | None:
    """What was billed, where that is in the record's own currency and not its amount."""
    own = record.amount
    billed = billing_amount(record)
    if billed is None or billed.currency != own.currency or billed.amount == own.amount.copy_abs():
        return None
    return billed
