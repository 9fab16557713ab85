"""Payments of Rillet's bills."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import attrs

from bridge.documents.form import Form, FormLine
from bridge.documents.marks import Origin
from bridge.documents.rillet_entries import JournalEntryDocument, Movement, correcting_entry, sum_of, untaxed
from bridge.documents.rillet_forms import form_of_payment
from bridge.documents.rillet_items import posting
from bridge.postings import Posting
from clientkit.requests import Request
from rillet import BillOperations, Money, NewPayment


@attrs.frozen(kw_only=True)
class BillPaymentPayload:
    """A payment to record, the id of the bill it is for, and the code of the payable account that Rillet debits."""

    bill_id: str
    payment: NewPayment
    payable_account_code: str


@attrs.frozen(kw_only=True)
class BillPaymentDocument(Movement):
    """Money that went to a vendor for the bill with this id: from `account` to `payable_account`, both codes.

    It has neither a subsidiary nor a rate of its own in Rillet: those of its bill count.
    """

    origin: Origin
    bill_id: str
    amount: Money
    account: str
    payable_account: str

    @property
    def kind(self) -> str:
        """The path, which is that of its bill."""
        return f"bills/{self.bill_id}/payments"

    @property
    def noun(self) -> str:
        """The kind for messages."""
        return f"payment of the bill {self.bill_id}"

    @property
    def payload(self) -> BillPaymentPayload:
        """What Rillet gets."""
        payment = NewPayment(amount=self.amount, account_code=self.account, date=self.impact_date)
        return BillPaymentPayload(bill_id=self.bill_id, payment=payment, payable_account_code=self.payable_account)

    def postings(self) -> tuple[Posting, ...]:
        """What was payable is debited, and the account with the money credited."""
        negative = Money(self.amount.amount.copy_negate(), self.amount.currency)
        return posting(self.payable_account, self.amount), posting(self.account, negative)

    def form(self) -> Form:
        """The canonical form."""
        return form_of_payment(self.bill_id, self.amount, self.account, self.impact_date)

    def create(self) -> Request[Any]:
        """Record it."""
        return BillOperations.create_payment.build(self.bill_id, self.payload.payment)

    def corrected(self, base: Form, corrections: Sequence[Form]) -> Form | None:
        """The lines of all, but for what stands against them on the payable account."""
        return sum_of(base, corrections, self.payable_account)

    def correction(self, lines: tuple[FormLine, ...], day: date) -> JournalEntryDocument | None:
        """An entry of the lines against the payable account."""
        against = (untaxed(each, self.payable_account, each.amount.copy_negate()) for each in lines)
        return correcting_entry(
            [*lines, *against],
            day,
            corrected=self,
            origin=self.origin,
            currency=self.amount.currency,
            total=self.form().digest(),
        )
