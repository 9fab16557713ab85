"""Invoices of one number for one customer: most likely one invoice under two ids, which would be posted twice."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.billing.sync.reading import Waiting
from bridge.billing.values import Invoice, InvoiceStatus
from bridge.decisions import Reason, ReasonCode


def same_numbers(waiting: Waiting) -> Mapping[str, Reason]:
    """Why invoices are not posted, by their subjects: those of a number but for the one that is in Rillet, or else the first."""
    first, found = dict[tuple[str | None, ...], Invoice](), dict[str, Reason]()
    for subject in sorted(waiting.invoices, key=lambda each: each not in waiting.taken):
        invoice = waiting.invoices[subject]
        if invoice.number is None or invoice.status in {InvoiceStatus.DRAFT, InvoiceStatus.VOID}:
            continue
        other = first.setdefault((invoice.entity, invoice.customer.id, invoice.number), invoice)
        if other is not invoice:
            text = f"the invoice {other.id} has the same customer and the same number {invoice.number}; correct one of them"
            found[subject] = Reason(code=ReasonCode.SAME_INVOICE_NUMBER, text=text)
    return found
