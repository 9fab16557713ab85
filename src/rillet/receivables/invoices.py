"""Invoices (https://docs.api.rillet.com/reference/list-all-invoices).

An invoice is created and updated in a scope, and its class says which: `NewFullInvoice` is sent by Rillet, which numbers
it; `NewRevenueRecognitionOnlyInvoice` and `NewArOnlyInvoice` were sent by another system.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NoReturn, TypeAlias

import attrs

from clientkit.codec import Extra, always_sent, as_number, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from clientkit.sequences import CallSequence, ask_all
from rillet._paging import KEYSET, checked_limit
from rillet.errors import NotModifiableError
from rillet.receivables.items import ItemRevenue, ItemTax, TaxesUpdate
from rillet.receivables.pricing import Discount
from rillet.values import Address, ExchangeRate, ExternalReference, FieldAssignment, Money


class InvoiceStatus(OpenEnum):
    """How far an invoice is paid or credited; an unbilled one is scheduled by its contract."""

    UNPAID = "UNPAID"
    PAID = "PAID"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    UNBILLED = "UNBILLED"
    CREDITED = "CREDITED"
    PARTIALLY_CREDITED = "PARTIALLY_CREDITED"


@attrs.frozen(kw_only=True)
class InvoiceItem(Model):
    """One line of an invoice. Its price and tax rate, as they were sent, do not come back: only what they came to."""

    id: str
    description: str | None = None
    revenue: ItemRevenue | None = None
    total_amount: Money
    total_discount: Money | None = None
    taxed_amount: Money | None = None
    gross_rate: Money | None = None
    quantity: Decimal = attrs.field(metadata=as_number())
    product_id: str
    external_references: tuple[ExternalReference, ...] = ()
    fields: tuple[FieldAssignment, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class InvoicingBankAccount(Model):
    """The account that an invoice asks to be paid on."""

    id: str
    ach_account: str | None = None
    ach_routing: str | None = None
    bank_name: str | None = None
    bank_address: str | None = None
    swift_code: str | None = None
    payment_instructions: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Invoice(Model):
    """An invoice as Rillet has it. Which scope it was made in does not come back.

    `address` is the sender's. `payment_terms` are days. `sent_at` is the first time that Rillet sent it, None before.
    """

    id: str
    subsidiary_id: str
    invoice_number: str
    customer_id: str
    contract_id: str | None = None
    items: tuple[InvoiceItem, ...]
    due_date: date
    invoice_date: date
    address: Address | None = None
    customer_address: Address | None = None
    shipping_address: Address | None = None
    bank_account: InvoicingBankAccount | None = None
    status: InvoiceStatus
    net_amount: Money
    amount_due: Money
    total: Money
    payment_terms: int | None = None
    subtotal: Money
    total_discount: Money
    purchase_order_number: str | None = None
    exchange_rate: ExchangeRate | None = None
    taxed_amount: Money
    memo: str | None = None
    overdue: bool = False
    external_references: tuple[ExternalReference, ...] = ()
    updated_at: datetime | None = None
    sent_at: datetime | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class InvoiceItemPrice(Input):
    """What is sold at which price: `amount_per_unit`, not rounded, is the rate that the invoice shows."""

    product_id: str
    quantity: Decimal = attrs.field(metadata=as_number())
    discount: Discount | None = None
    amount_per_unit: Money


@attrs.frozen(kw_only=True)
class NewInvoiceItem(Input):
    """One line of an invoice that Rillet sends."""

    description: str
    price: InvoiceItemPrice
    revenue: ItemRevenue | None = None
    tax_rate: ItemTax | None = None
    fields: Sequence[FieldAssignment] = ()


@attrs.frozen(kw_only=True)
class NewExternalInvoiceItem(Input):
    """One line of an invoice that another system sent; the amounts are rounded to their currency."""

    product_id: str
    description: str
    quantity: Decimal = attrs.field(metadata=as_number())
    total_amount: Money
    tax_amount: Money | None = None
    revenue: ItemRevenue | None = None
    external_references: Sequence[ExternalReference] = attrs.field(default=(), metadata=always_sent())
    fields: Sequence[FieldAssignment] = ()


@attrs.frozen(kw_only=True)
class NewFullInvoice(Input):
    """An invoice that Rillet numbers, sends and accounts for. `due_date` is `invoice_date` when left out."""

    customer_id: str
    subsidiary_id: str | None = None
    items: Sequence[NewInvoiceItem]
    due_date: date | None = None
    invoice_date: date
    purchase_order_number: str | None = None
    memo: str | None = None
    bank_account_id: str | None = None
    external_references: Sequence[ExternalReference] = ()
    exchange_rate: ExchangeRate | None = None
    scope: Literal["FULL"] = attrs.field(default="FULL", metadata=always_sent())


@attrs.frozen(kw_only=True)
class NewRevenueRecognitionOnlyInvoice(Input):
    """An invoice that another system sent, to recognise its revenue. `due_date` is `invoice_date` when left out."""

    customer_id: str
    due_date: date | None = None
    invoice_date: date
    invoice_number: str
    tax_amount: Money | None = None
    items: Sequence[NewExternalInvoiceItem]
    external_references: Sequence[ExternalReference]
    subsidiary_id: str | None = None
    exchange_rate: ExchangeRate | None = None
    scope: Literal["REVENUE_RECOGNITION_ONLY"] = attrs.field(default="REVENUE_RECOGNITION_ONLY", metadata=always_sent())


@attrs.frozen(kw_only=True)
class NewArOnlyInvoice(Input):
    """An invoice that another system sent, to count as receivable. `due_date` is `invoice_date` when left out."""

    customer_id: str
    due_date: date | None = None
    invoice_date: date
    invoice_number: str
    tax_amount: Money | None = None
    items: Sequence[NewExternalInvoiceItem]
    external_references: Sequence[ExternalReference]
    subsidiary_id: str | None = None
    scope: Literal["AR_ONLY"] = attrs.field(default="AR_ONLY", metadata=always_sent())


NewInvoice: TypeAlias = NewFullInvoice | NewRevenueRecognitionOnlyInvoice | NewArOnlyInvoice


@attrs.frozen(kw_only=True)
class FullInvoiceUpdate(Input):
    """What an invoice that Rillet sends is to be, whole; `bank_account_id` is the id of `Invoice.bank_account`."""

    items: Sequence[NewInvoiceItem]
    due_date: date | None = None
    invoice_date: date
    purchase_order_number: str | None = None
    memo: str | None = None
    bank_account_id: str
    external_references: Sequence[ExternalReference] = ()
    scope: Literal["FULL"] = attrs.field(default="FULL", metadata=always_sent())


@attrs.frozen(kw_only=True)
class InvoiceItemUpdate(Input):
    """What the line `id` of an invoice from another system is to be."""

    id: str
    description: str | None = None
    revenue: ItemRevenue | None = None
    fields: Sequence[FieldAssignment] = ()


@attrs.frozen(kw_only=True)
class RevenueRecognitionOnlyInvoiceUpdate(Input):
    """What an invoice from another system is to be, whole; a number that is left out stays."""

    invoice_date: date
    due_date: date | None = None
    invoice_number: str | None = None
    items: Sequence[InvoiceItemUpdate]
    external_references: Sequence[ExternalReference] = ()
    exchange_rate: ExchangeRate | None = None
    scope: Literal["REVENUE_RECOGNITION_ONLY"] = attrs.field(default="REVENUE_RECOGNITION_ONLY", metadata=always_sent())


InvoiceUpdate: TypeAlias = FullInvoiceUpdate | RevenueRecognitionOnlyInvoiceUpdate


class InvoiceOperations:
    """The endpoints under ``/invoices``; payments are in `rillet.receivables.invoice_payments`."""

    @listing
    def list(
        self,
        *,
        subsidiary_id: str | None = None,
        customer_id: str | None = None,
        status: InvoiceStatus | None = None,
        overdue: bool | None = None,
        updated_after: datetime | None = None,
        limit: int | None = None,
    ) -> PageRequest[Invoice]:
        """Invoices, newest first.

        Args:
            subsidiary_id: Only invoices of this subsidiary.
            customer_id: Only invoices to this customer.
            status: Only invoices of this status.
            overdue: Only invoices that are overdue, or only those that are not.
            updated_after: Only invoices changed after this moment, which is itself excluded.
            limit: Invoices per page, 1 to 100.
        """
        query = {
            "subsidiary_id": subsidiary_id,
            "customer_id": customer_id,
            "status": status,
            "overdue": overdue,
            "updated.gt": updated_after,
            "limit": checked_limit(limit),
        }
        return PageRequest(path="/invoices", item=Invoice, items_key="invoices", paging=KEYSET, query=query, key=_id)

    @operation
    def get(self, invoice_id: str) -> Request[Invoice]:
        """One invoice. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/invoices/{segment(invoice_id)}", returns=Invoice)

    @operation
    def pdf(self, invoice_id: str) -> Request[bytes]:
        """The invoice as the customer sees it: the bytes of a PDF.

        See https://docs.api.rillet.com/reference/retrieve-an-invoice.
        """
        return Request(method="GET", path=f"/invoices/{segment(invoice_id)}", returns=bytes, accept="application/pdf")

    @operation
    def create(self, invoice: NewInvoice, *, idempotency_key: str | None = None) -> Request[Invoice]:
        """Create an invoice in the scope of its class.

        Args:
            invoice: The invoice; one from another system needs external references of a type that Rillet knows.
            idempotency_key: Under the same key Rillet creates one invoice only, for 24 hours; made up when left out.
        """
        return post("/invoices", Invoice, invoice, idempotency_key)

    @operation
    def update(self, invoice_id: str, invoice: InvoiceUpdate) -> Request[Invoice]:
        """Replace an invoice, in the scope that it was created in: what is left out becomes empty."""
        return Request(method="PUT", path=f"/invoices/{segment(invoice_id)}", returns=Invoice, body=invoice)

    @operation
    def delete(self, invoice_id: str) -> Request[None]:
        """Delete an unpaid invoice and take back its postings."""
        return Request(method="DELETE", path=f"/invoices/{segment(invoice_id)}")

    @operation
    def update_taxes(
        self, invoice_id: str, taxes: TaxesUpdate, *, idempotency_key: str | None = None
    ) -> Request[Invoice]:
        """Replace the taxes on lines of an invoice by those that another tax engine worked out.

        See https://docs.api.rillet.com/reference/update-taxes-for-an-invoice.
        """
        return post(f"/invoices/{segment(invoice_id)}/taxes", Invoice, taxes, idempotency_key)

    @operation
    def mark_sent(self, invoice_id: str, *, sent: bool = True) -> Request[None]:
        """Say that the customer has the invoice, or with `sent` false that it is internal still.

        See https://docs.api.rillet.com/reference/update-invoice-sent-status.
        """
        return Request(method="PUT", path=f"/invoices/{segment(invoice_id)}/sent-status", body={"sent": sent})

    @several
    def find(
        self, reference: ExternalReference, *, updated_after: datetime, customer_id: str | None = None
    ) -> CallSequence[tuple[Invoice, ...]]:
        """Every invoice with this reference that was changed after a moment.

        Rillet cannot search invoices by reference, so all that were changed since are read, 100 to a request; and it
        lets two invoices have the same reference: look how many come back.

        Args:
            reference: Its type and id count, its link does not.
            updated_after: A moment shortly before the invoice can have been created.
            customer_id: Only invoices to this customer, which are fewer to read.
        """
        changed = InvoiceOperations.list.build(customer_id=customer_id, updated_after=updated_after, limit=100)
        found = yield from ask_all(changed, where=lambda each: reference.is_among(each.external_references))
        return tuple(found)

    def modify(self, invoice_id: str, **changes: object) -> NoReturn:
        """Refuse: an invoice cannot be written back from what was read, and an update replaces it whole.

        Raises:
            NotModifiableError: Always, and nothing is sent. Build the whole `InvoiceUpdate` for `update` instead.
        """
        raise NotModifiableError(
            f"invoice {invoice_id}", tuple(changes), missing=("scope", "items[].price", "items[].tax_rate")
        )


def _id(invoice: Invoice) -> str:
    return invoice.id


class Invoices(InvoiceOperations, SyncResource):
    """Invoices, blocking."""


class AsyncInvoices(InvoiceOperations, AsyncResource):
    """Invoices, to be awaited."""
