"""Customers and products that have to be created before invoices can name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from bridge.billing.documents import (
    CUSTOMER,
    PRODUCT,
    CreditMemoDocument,
    InvoiceDocument,
    PlannedCustomer,
    PlannedProduct,
    subject_of,
)
from bridge.billing.other_documents import BillingDocument, CustomerDocument, ProductDocument
from bridge.billing.values import CreditNote, Invoice
from bridge.books import normalised
from bridge.export.journal.protocol import Journal

_CREATED = (subject_of(CUSTOMER, ""), subject_of(PRODUCT, ""))


def planned_in(document: InvoiceDocument | CreditMemoDocument) -> dict[str, PlannedCustomer | PlannedProduct]:
    """What has to be created before a document, by subjects."""
    found = dict[str, PlannedCustomer | PlannedProduct]()
    if isinstance(document.customer, PlannedCustomer):
        found[subject_of(CUSTOMER, document.customer.customer.id)] = document.customer
    for each in document.planned_products:
        found.setdefault(subject_of(PRODUCT, each.product.id), each)
    return found


def mentioned_in(values: Iterable[Invoice | CreditNote]) -> dict[str, PlannedCustomer | PlannedProduct]:
    """Every customer and product, by subjects, so that what is known of its creation can be looked up.

    A product that is found here needs no price any more: it is there, or else it is planned with one.
    """
    found = dict[str, PlannedCustomer | PlannedProduct]()
    for value in values:
        found.setdefault(subject_of(CUSTOMER, value.customer.id), PlannedCustomer(customer=value.customer))
        for line in value.lines:
            if line.product is not None:
                found.setdefault(
                    subject_of(PRODUCT, line.product.id),
                    PlannedProduct(
                        product=line.product, amount=Decimal(0), currency=value.currency, months=1, account_code=""
                    ),
                )
    return found


def begun_creations(journal: Journal) -> list[str]:
    """The subjects of customers and products whose creation has no outcome yet. Raises `JournalError`."""
    return [each for each in journal.unfinished() if each.startswith(_CREATED)]


def without_namesakes(
    planned: Mapping[str, PlannedCustomer | PlannedProduct], begun: Mapping[str, PlannedCustomer | PlannedProduct]
) -> dict[str, PlannedCustomer | PlannedProduct]:
    """What there is to create, where of the products of one name one alone is left: its invoices are all of that product.

    One whose creation an earlier run has `begun` is the one, since it may be there.
    """
    named = {normalised(each.product.name) for each in begun.values() if isinstance(each, PlannedProduct)}
    found = dict[str, PlannedCustomer | PlannedProduct]()
    for subject, each in planned.items():
        if isinstance(each, PlannedProduct):
            name = normalised(each.product.name)
            if name in named and subject not in begun:
                continue
            named.add(name)
        found[subject] = each
    return found | {subject: each for subject, each in begun.items() if subject not in found}


def creating(planned: PlannedCustomer | PlannedProduct, reference_type: str) -> BillingDocument:
    """The document that creates it."""
    if isinstance(planned, PlannedCustomer):
        return CustomerDocument(customer=planned.customer, reference_type=reference_type)
    return ProductDocument(planned=planned, reference_type=reference_type)
