"""What a billing system was told of its invoices, beside how they stood in Rillet: each status at least once, and in order."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import TypeAlias

import rillet.testing
from bridge.billing import PaymentStatus
from bridge.billing.payment_status import read_payment_status
from bridge.documents.marks import mark_of_references
from rillet import InvoicePaymentStatus, Money, NewInvoicePayment
from support.billing.company import CASH, TYPE
from support.clocks import ManualClock

#: What a status says: its state, what is paid and what is left.
Said: TypeAlias = tuple[str, Decimal, Decimal]


@dataclass(frozen=True)
class Payment:
    """What happens to an invoice in Rillet: ``half`` or the ``rest`` of what is due is paid, or a payment ``bounces``."""

    number: str
    what: str


def payments_of(chance: random.Random, numbers: Sequence[str], halved: frozenset[str]) -> tuple[Payment, ...]:
    """Payments of these invoices; of those that are `halved` something has to be left."""
    made = [Payment(chance.choice(numbers), chance.choice(["half", "rest", "bounces"])) for _ in range(3) if numbers]
    return tuple(
        Payment(each.number, "half") if each.number in halved and each.what == "rest" else each for each in made
    )


class Statuses:
    """How every invoice has stood, and what was told of it."""

    def __init__(self, books: rillet.testing.StandIn, clock: ManualClock, place: str) -> None:
        self._books, self._clock, self._place = books, clock, Path(place)
        self._stood = dict[tuple[str, datetime], Said]()

    def pay(self, payments: Sequence[Payment]) -> None:
        """Have these payments happen, each a minute after the other, as far as their invoices are there."""
        client = self._books.client()
        for payment in payments:
            self._clock.advance(60)
            for invoice in [each for each in self._books.invoices if each.invoice_number == payment.number]:
                due = invoice.amount_due
                part = (due.amount / 2).quantize(Decimal("0.01"), rounding=ROUND_DOWN)
                amount = part if payment.what == "half" else due.amount
                if payment.what == "bounces":
                    made = client.invoice_payments.list_for_invoice(invoice.id)
                    for each in [each for each in made if each.status is not InvoicePaymentStatus.FAILED][:1]:
                        self._books.move_invoice_payment(each.id, InvoicePaymentStatus.FAILED)
                # Something is left for the next one, and for a credit memo.
                elif due.amount > 2:
                    new = NewInvoicePayment(
                        amount=Money(amount, due.currency), date=self._clock().date(), account_code=CASH
                    )
                    client.invoice_payments.create(invoice.id, new)
            self.look()

    def look(self) -> None:
        """Remember how every invoice stands."""
        for invoice in self._books.invoices:
            assert invoice.updated_at is not None
            self._stood[invoice.id, invoice.updated_at] = self._says(invoice)

    def left(self) -> Iterator[str]:
        """What was not told, where everything should have been."""
        last = {each.invoice: each for each in self._told()}
        for invoice in self._books.invoices:
            told, says = last.get(_billing_id(invoice)), self._says(invoice)
            if told is None and says[0] != "unpaid":
                yield f"nothing was told of {invoice.invoice_number}, which is {says}"
            if told is not None and (told.rillet_id, *_said(told)) != (invoice.id, *says):
                yield f"of {invoice.invoice_number} {_said(told)} was told last, and it is {says}"

    def wrong(self) -> Iterator[str]:
        """What was told that is not so, or after what came later; a status may come twice."""
        before = dict[str, datetime]()
        for each in self._told():
            stood = self._stood.get((each.rillet_id, each.at), _said(each))
            if stood != _said(each) and not self._is_before_a_credit(each, stood):
                yield f"{each} was told, and it was {stood}"
            if each.at < before.get(each.invoice, each.at):
                yield f"{each} was told after one of {before[each.invoice]}"
            before[each.invoice] = each.at

    def _is_before_a_credit(self, told: PaymentStatus, stood: Said) -> bool:
        """Whether it was so until a credit memo was applied at the same moment, for the clock stands still during a run."""
        _, paid, outstanding = stood
        credited = {each.applied_amount.amount for each in self._books.credit_memos}
        return told.paid == paid and told.outstanding - outstanding in credited

    @property
    def count(self) -> int:
        """How many statuses were told."""
        return len(list(self._told()))

    def _told(self) -> Iterator[PaymentStatus]:
        if self._place.exists():
            yield from map(read_payment_status, self._place.read_text(encoding="utf-8").splitlines())

    def _says(self, invoice: rillet.Invoice) -> Said:
        payments = self._books.client().invoice_payments.list_for_invoice(invoice.id)
        paid = sum(
            (each.amount.amount for each in payments if each.status is not InvoicePaymentStatus.FAILED), Decimal(0)
        )
        return invoice.status.value.lower(), paid, invoice.amount_due.amount


def _said(status: PaymentStatus) -> Said:
    return status.status.value, status.paid, status.outstanding


def _billing_id(invoice: rillet.Invoice) -> str:
    mark, _ = mark_of_references([each.id for each in invoice.external_references if each.type == TYPE])
    assert mark is not None
    return mark.subject.removeprefix("invoice:")
