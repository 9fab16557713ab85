"""The stand-in's payments of invoices.

A payment that is recorded is uncleared, counts at once, and cannot exceed what is due.
`StandIn.move_invoice_payment` does what the bank does later.
"""

from __future__ import annotations

from collections.abc import Iterator

from clientkit.money import total
from rillet.receivables.invoice_payments import InvoicePayment, InvoicePaymentStatus, NewInvoicePayment
from rillet.receivables.invoices import Invoice
from rillet.testing.payables.payments import check_portion
from rillet.testing.receivables.books import ReceivablesBooks
from rillet.testing.receivables.wire_forms import shown
from rillet.testing.server.routing import Call, Route, invalid, not_found
from rillet.values import Money


class PaymentEndpoints:
    """Money received for invoices."""

    def __init__(self, receivables: ReceivablesBooks) -> None:
        self._receivables, self._books = receivables, receivables.books

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/invoice-payments", self._receivables.payments.page)
        yield Route("GET", "/invoices/{invoice_id}/payments", self._list)
        yield Route("POST", "/invoices/{invoice_id}/payments", self._create)
        yield Route("PUT", "/invoices/{invoice_id}/payments/{payment_id}", self._update)
        yield Route("DELETE", "/invoices/{invoice_id}/payments/{payment_id}", self._delete)

    def _list(self, call: Call) -> object:
        invoice = self._receivables.invoices.get(call.ids["invoice_id"])
        return {"payments": [shown(payment) for payment in self._receivables.payments_of(invoice.id)]}

    def _create(self, call: Call) -> object:
        invoice = self._receivables.invoices.get(call.ids["invoice_id"])
        return self._put(self._books.new_id(), invoice, invoice.amount_due, call.body(NewInvoicePayment))

    def _update(self, call: Call) -> object:
        invoice = self._receivables.invoices.get(call.ids["invoice_id"])
        payment = self._uncleared(call)
        due = Money(total([invoice.amount_due.amount, payment.amount.amount]), invoice.amount_due.currency)
        if payment.date is not None:
            self._books.check_open(payment.date)
        return self._put(payment.id, invoice, due, call.body(NewInvoicePayment))

    def _delete(self, call: Call) -> object:
        payment = self._uncleared(call)
        self._books.take_back(payment.id)
        self._receivables.payments.remove(payment.id)
        self._receivables.tell_paid(payment.invoice_id)
        return None

    def _uncleared(self, call: Call) -> InvoicePayment:
        payment_id = call.ids["payment_id"]
        payment = self._receivables.payments.get(payment_id)
        if payment.invoice_id != call.ids["invoice_id"]:
            raise not_found(f"Payment {payment_id}")
        if payment.status is not InvoicePaymentStatus.UNCLEARED:
            raise invalid(f"Payment {payment_id} is {payment.status}; only an uncleared one can be changed")
        return payment

    def _put(self, id: str, invoice: Invoice, due: Money, asked: NewInvoicePayment) -> object:
        account = self._receivables.cash_account(asked.account_code)
        self._books.check_rounded([("amount", asked.amount)])
        check_portion(asked.amount, due, "amount")
        payment = InvoicePayment(
            id=id,
            status=InvoicePaymentStatus.UNCLEARED,
            invoice_id=invoice.id,
            amount=asked.amount,
            date=asked.date,
            account_code=account.code,
            updated_at=self._books.now(),
        )
        return self._receivables.put_payment(payment, account=account, day=asked.date)
