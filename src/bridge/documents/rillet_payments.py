"""Payments of Rillet's bills and reimbursements."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import date
from typing import Any

import attrs
from typing_extensions import override

from bridge.documents.form import Form, FormLine, form
from bridge.documents.marks import Origin
from bridge.documents.rillet_entries import JournalEntryDocument, Movement, correcting_entry, sum_of, untaxed
from bridge.documents.rillet_forms import BILLS, REIMBURSEMENTS, form_of_payment
from bridge.documents.rillet_items import posting
from bridge.postings import Posting
from clientkit.requests import Request
from rillet import BillOperations, Money, NewJournalEntry, NewPayment, ReimbursementOperations


@attrs.frozen(kw_only=True)
class BillPaymentPayload:
    """A payment to record, the id of the bill it is for, and the code of the payable account that Rillet debits.

    `rest` is the entry of a fee or a discount, None where there is none.
    """

    bill_id: str
    payment: NewPayment
    payable_account_code: str
    rest: NewJournalEntry | None = None


@attrs.frozen(kw_only=True)
class ReimbursementPaymentPayload:
    """A payment to record, the id of its reimbursement, and the code of the payable account that Rillet debits."""

    reimbursement_id: str
    payment: NewPayment
    payable_account_code: str


@attrs.frozen(kw_only=True)
class _Payment(Movement):
    """Money that went out for a document: from `account` to `payable_account`, both codes.

    It has neither a subsidiary nor a rate of its own in Rillet: those of what it pays count.
    """

    origin: Origin
    amount: Money
    account: str
    payable_account: str

    @property
    @abstractmethod
    def paid(self) -> tuple[str, str]:
        """What it pays: the kind, such as ``bills``, and the id."""

    @property
    def kind(self) -> str:
        """The path, which is that of what it pays."""
        of, document_id = self.paid
        return f"{of}/{document_id}/payments"

    @property
    def noun(self) -> str:
        """The kind for messages."""
        of, document_id = self.paid
        return f"payment of the {of.removesuffix('s')} {document_id}"

    def postings(self) -> tuple[Posting, ...]:
        """What was payable is debited, and the account with the money credited."""
        return paid_postings(self._new(), self.payable_account)

    def form(self) -> Form:
        """The canonical form."""
        return form_of_payment(*self.paid, self.amount, self.account, self.impact_date)

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

    def _new(self) -> NewPayment:
        return NewPayment(amount=self.amount, account_code=self.account, date=self.impact_date)


@attrs.frozen(kw_only=True)
class BillPaymentDocument(_Payment):
    """Money that went to a vendor for the bill with this id.

    `more` is what the record says beyond the payment, as a fee or a discount: lines against the payable account, which
    Rillet's payment has no place for. They become an entry.
    """

    bill_id: str
    more: tuple[FormLine, ...] = ()

    @property
    @override
    def paid(self) -> tuple[str, str]:
        """The bill."""
        return BILLS, self.bill_id

    @property
    def payload(self) -> BillPaymentPayload:
        """What Rillet gets."""
        rest = self.rest()
        return BillPaymentPayload(
            bill_id=self.bill_id,
            payment=self._new(),
            payable_account_code=self.payable_account,
            rest=None if rest is None else rest.payload,
        )

    def create(self) -> Request[Any]:
        """Record the payment, without the rest."""
        return BillOperations.create_payment.build(self.bill_id, self._new())

    @override
    def form(self) -> Form:
        """The canonical form of payment and rest."""
        paid = self.first()
        return form(paid.kind, [*paid.lines, *self.more], paid.head)

    def first(self) -> Form:
        """What the payment says by itself."""
        return super().form()

    def rest(self) -> JournalEntryDocument | None:
        """The entry of the rest."""
        return self.correction(self.more, self.impact_date) if self.more else None

    def parts(self) -> tuple[JournalEntryDocument | BillPaymentDocument, ...]:
        """The payment, and the entry of the rest."""
        rest = self.rest()
        return (attrs.evolve(self, more=()), *(() if rest is None else (rest,)))

    @override
    def postings(self) -> tuple[Posting, ...]:
        """Those of the payment and of the rest."""
        rest = self.rest()
        return (*super().postings(), *(() if rest is None else rest.postings()))


@attrs.frozen(kw_only=True)
class ReimbursementPaymentDocument(_Payment):
    """Money that went to an employee for the reimbursement with this id."""

    reimbursement_id: str

    @property
    @override
    def paid(self) -> tuple[str, str]:
        """The reimbursement."""
        return REIMBURSEMENTS, self.reimbursement_id

    @property
    def payload(self) -> ReimbursementPaymentPayload:
        """What Rillet gets."""
        return ReimbursementPaymentPayload(
            reimbursement_id=self.reimbursement_id, payment=self._new(), payable_account_code=self.payable_account
        )

    def create(self) -> Request[Any]:
        """Record it."""
        return ReimbursementOperations.create_payment.build(self.reimbursement_id, self._new())


def paid_postings(payment: NewPayment, payable: str) -> tuple[Posting, ...]:
    """What was payable is debited, and the account that a payment names is credited."""
    negative = Money(payment.amount.amount.copy_negate(), payment.amount.currency)
    return posting(payable, payment.amount), posting(payment.account_code, negative)
