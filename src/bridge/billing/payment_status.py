"""What Rillet tells a billing system of the payment of an invoice."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import attrs

from bridge.datatable import trimmed


class PaymentState(StrEnum):
    """How far an invoice is settled in Rillet; ``deleted``: somebody deleted it there."""

    UNPAID = "unpaid"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_CREDITED = "partially_credited"
    CREDITED = "credited"
    DELETED = "deleted"
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class PaymentStatus:
    """How an invoice stands in Rillet.

    `invoice` is the billing system's id and `rillet_id` Rillet's. `paid` is the sum of its payments that have not failed and
    `outstanding` what is left to pay, credits taken off, in decimal major units of `currency`. `at` is when Rillet last
    changed the invoice.
    """

    invoice: str
    rillet_id: str
    status: PaymentState
    paid: Decimal
    outstanding: Decimal
    currency: str
    at: datetime

    def says_the_same_as(self, other: PaymentStatus) -> bool:
        """Whether both say the same, whenever it was."""
        return attrs.evolve(self, at=other.at) == other

    def as_text(self) -> str:
        """The status as a text that `read_payment_status` reads."""
        told = attrs.asdict(self) | {
            "paid": trimmed(self.paid),
            "outstanding": trimmed(self.outstanding),
            "at": self.at.isoformat(),
        }
        return json.dumps(told, sort_keys=True)


def read_payment_status(text: str) -> PaymentStatus:
    """The status that `PaymentStatus.as_text` wrote. Raises `ValueError` for any other text."""
    try:
        told = json.loads(text)
        status = PaymentStatus(
            invoice=told["invoice"],
            rillet_id=told["rillet_id"],
            status=PaymentState(told["status"]),
            paid=Decimal(told["paid"]),
            outstanding=Decimal(told["outstanding"]),
            currency=told["currency"],
            at=datetime.fromisoformat(told["at"]),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise ValueError(_NO_STATUS) from error
    if status.at.tzinfo is None or not all(isinstance(told[each], str) for each in _TEXTS):
        raise ValueError(_NO_STATUS)
    return status


_TEXTS = ("invoice", "rillet_id", "currency")
_NO_STATUS = "this is not the status of a payment"
