"""The credit note of all of a voided invoice, which no billing system issues: the sync makes it where voids are credited."""

from __future__ import annotations

from bridge.billing.documents import CREDIT_NOTE, INVOICE, subject_of
from bridge.billing.values import CreditNote, Invoice, changed_at

_SUFFIX = "/void"


def note_of_void(invoice: Invoice) -> CreditNote:
    """The credit note of all of an invoice."""
    return CreditNote(
        id=f"{invoice.id}{_SUFFIX}",
        number=f"{invoice.number or invoice.id}-VOID",
        customer=invoice.customer,
        lines=invoice.lines,
        currency=invoice.currency,
        issued=max(invoice.issued, changed_at(invoice).date()),
        updated_at=invoice.updated_at,
        created_at=invoice.created_at,
        invoice_id=invoice.id,
        total=invoice.total,
        exchange_rate=invoice.exchange_rate,
        entity=invoice.entity,
        link=invoice.link,
    )


def subject_of_void(invoice_id: str) -> str:
    """How the journal calls the credit note of a voided invoice."""
    return subject_of(CREDIT_NOTE, f"{invoice_id}{_SUFFIX}")


def voided_by(subject: str) -> str | None:
    """The subject of the invoice that a credit note of the sync takes back; None for what the billing system has itself."""
    prefix = subject_of(CREDIT_NOTE, "")
    if not subject.startswith(prefix) or not subject.endswith(_SUFFIX):
        return None
    return subject_of(INVOICE, subject.removeprefix(prefix).removesuffix(_SUFFIX))
