"""What invoices and credit notes need beside themselves in Rillet: customers, products, and what credit memos pay."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeAlias

import attrs

from bridge.billing.documents import CreditMemoDocument, InvoiceDocument, PlannedProduct, Sale
from bridge.billing.forms import CUSTOMERS, PRODUCTS, form_of_application, form_of_master, kind_of_application
from bridge.billing.values import Customer, PostalAddress
from bridge.documents.form import Form
from clientkit.requests import Request
from rillet import (
    Address,
    CreditMemoOperations,
    CustomerEmail,
    CustomerEmailType,
    CustomerOperations,
    ExternalReference,
    FixedRecurringPrice,
    Money,
    NewCreditMemoApplication,
    NewCustomer,
    NewProduct,
    ProductOperations,
    ProductStatus,
    RevenuePattern,
)


@attrs.frozen(kw_only=True)
class ApplicationDocument(Sale):
    """What a credit memo pays of an invoice, both by Rillet's ids.

    Rillet writes all applications of a credit memo at once and removes those that are not named, so `others` are the ones
    that are there already.
    """

    noun: str = attrs.field(default="application of a credit memo", init=False)
    party: None = attrs.field(default=None, init=False)

    memo_id: str
    invoice_id: str
    amount: Money
    impact_date: date
    others: tuple[NewCreditMemoApplication, ...] = ()

    @property
    def kind(self) -> str:
        """The kind, which names the invoice."""
        return kind_of_application(self.invoice_id)

    @property
    def payload(self) -> tuple[NewCreditMemoApplication, ...]:
        """Every application that there is to be."""
        mine = NewCreditMemoApplication(
            invoice_id=self.invoice_id, amount=self.amount, application_date=self.impact_date
        )
        return (*self.others, mine)

    def form(self) -> Form:
        """The canonical form."""
        return form_of_application(self.memo_id, self.invoice_id, self.amount.amount, self.amount.currency)

    def create(self) -> Request[Any]:
        """The request that applies it."""
        return CreditMemoOperations.apply.build(self.memo_id, self.payload)


@attrs.frozen(kw_only=True)
class CustomerDocument(Sale):
    """A customer to create. What is there already is left as it is."""

    kind: str = attrs.field(default=CUSTOMERS, init=False)
    noun: str = attrs.field(default="customer", init=False)
    party: None = attrs.field(default=None, init=False)
    impact_date: None = attrs.field(default=None, init=False)

    customer: Customer
    reference_type: str

    @property
    def payload(self) -> NewCustomer:
        """What Rillet gets. Nothing is mailed to a customer of the sync unless somebody switches it on in Rillet."""
        of = self.customer
        emails = (CustomerEmail(email=of.email, type=CustomerEmailType.MAIN_SENDER),) if of.email else ()
        return NewCustomer(
            name=of.name,
            address=_address(of.address),
            shipping_address=_address(of.shipping_address),
            emails=emails,
            external_references=(ExternalReference(type=self.reference_type, id=of.id, url=of.link),),
        )

    def form(self) -> Form:
        """The canonical form, which says nothing."""
        return form_of_master(CUSTOMERS)

    def create(self) -> Request[Any]:
        """The request that creates it."""
        return CustomerOperations.create.build(self.payload)


@attrs.frozen(kw_only=True)
class ProductDocument(Sale):
    """A product to create, with a fixed price. What is there already is left as it is."""

    kind: str = attrs.field(default=PRODUCTS, init=False)
    noun: str = attrs.field(default="product", init=False)
    party: None = attrs.field(default=None, init=False)
    impact_date: None = attrs.field(default=None, init=False)

    planned: PlannedProduct
    reference_type: str

    @property
    def payload(self) -> NewProduct:
        """What Rillet gets. It counts in no ARR figure, since nobody knows whether it recurs."""
        planned, of = self.planned, self.planned.product
        price = FixedRecurringPrice(amount=Money(planned.amount, planned.currency), interval_months=planned.months)
        return NewProduct(
            name=of.name,
            description=of.description or of.name,
            price=price,
            include_in_arr_mrr=False,
            revenue_pattern=RevenuePattern.DAILY,
            account_code=planned.account_code,
            status=ProductStatus.ACTIVE,
            external_references=(ExternalReference(type=self.reference_type, id=of.id),),
        )

    def form(self) -> Form:
        """The canonical form, which says nothing."""
        return form_of_master(PRODUCTS)

    def create(self) -> Request[Any]:
        """The request that creates it."""
        return ProductOperations.create.build(self.payload)


#: Something that goes into Rillet's receivables.
BillingDocument: TypeAlias = (
    InvoiceDocument | CreditMemoDocument | ApplicationDocument | CustomerDocument | ProductDocument
)


def _address(address: PostalAddress | None) -> Address | None:
    if address is None or not address.is_complete:
        # Rillet wants all of an address or none of it.
        return None
    return Address(
        line1=address.line1,
        line2=address.line2,
        city=address.city,
        state=address.state,
        zip_code=address.zip_code,
        country=address.country,
    )
