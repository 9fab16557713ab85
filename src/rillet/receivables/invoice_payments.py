"""Payments of invoices (https://docs.api.rillet.com/reference/list-all-invoices-payments)."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from rillet._paging import KEYSET, WHOLE, checked_limit
from rillet.values import Money


class InvoicePaymentStatus(OpenEnum):
    """Whether the money has come."""

    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    UNCLEARED = "UNCLEARED"


@attrs.frozen(kw_only=True)
class InvoicePayment(Model):
    """Money received for one invoice on the account `account_code`. Only an uncleared one can be changed or deleted."""

    id: str
    status: InvoicePaymentStatus
    invoice_id: str
    amount: Money
    date: dt.date | None = None
    account_code: str | None = None
    updated_at: dt.datetime | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewInvoicePayment(Input):
    """A receipt to record, or what one is to be: an update replaces the whole payment by this.

    `account_code` is the code of an account that a bank account is behind.
    """

    amount: Money
    date: dt.date
    account_code: str


class InvoicePaymentOperations:
    """The endpoints under ``/invoice-payments`` and ``/invoices/…/payments``. Rillet has none to read one payment."""

    @listing
    def list(
        self,
        *,
        updated_after: dt.datetime | None = None,
        sort_by: Literal["created", "updated"] | None = None,
        limit: int | None = None,
    ) -> PageRequest[InvoicePayment]:
        """The payments of all invoices, newest first.

        Args:
            updated_after: Only payments changed after this moment, which is itself excluded.
            sort_by: The moment that orders them, latest first; ``created`` when left out.
            limit: Payments per page, 1 to 100.
        """
        query = {"updated.gt": updated_after, "sort_by": sort_by, "limit": checked_limit(limit)}
        return PageRequest(
            path="/invoice-payments", item=InvoicePayment, items_key="payments", paging=KEYSET, query=query, key=_id
        )

    @listing
    def list_for_invoice(self, invoice_id: str) -> PageRequest[InvoicePayment]:
        """The payments of one invoice, failed ones too, in one answer.

        See https://docs.api.rillet.com/reference/list-all-invoice-payments.
        """
        path = f"/invoices/{segment(invoice_id)}/payments"
        return PageRequest(path=path, item=InvoicePayment, items_key="payments", paging=WHOLE, key=_id)

    @operation
    def create(
        self, invoice_id: str, payment: NewInvoicePayment, *, idempotency_key: str | None = None
    ) -> Request[InvoicePayment]:
        """Record money received for an invoice.

        Args:
            invoice_id: The invoice.
            payment: The payment.
            idempotency_key: Under the same key Rillet records it once only, for 24 hours; made up when left out.
        """
        return post(f"/invoices/{segment(invoice_id)}/payments", InvoicePayment, payment, idempotency_key)

    @operation
    def update(self, invoice_id: str, payment_id: str, payment: NewInvoicePayment) -> Request[InvoicePayment]:
        """Replace an uncleared payment; any other is refused."""
        path = f"/invoices/{segment(invoice_id)}/payments/{segment(payment_id)}"
        return Request(method="PUT", path=path, returns=InvoicePayment, body=payment)

    @operation
    def delete(self, invoice_id: str, payment_id: str) -> Request[None]:
        """Delete an uncleared payment and take back its postings; any other is refused."""
        path = f"/invoices/{segment(invoice_id)}/payments/{segment(payment_id)}"
        return Request(method="DELETE", path=path)


def _id(payment: InvoicePayment) -> str:
    return payment.id


class InvoicePayments(InvoicePaymentOperations, SyncResource):
    """Payments of invoices, blocking."""


class AsyncInvoicePayments(InvoicePaymentOperations, AsyncResource):
    """Payments of invoices, to be awaited."""
