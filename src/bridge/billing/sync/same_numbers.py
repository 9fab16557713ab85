"""Invoices, or credit notes, of one number for one customer: most likely one under two ids, which would be posted twice."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.billing.sync.reading import Waiting
from bridge.billing.values import CreditNote, Invoice, InvoiceStatus
from bridge.decisions import Reason, ReasonCode


def same_numbers(waiting: Waiting) -> Mapping[str, Reason]:
    """Why invoices and credit notes are not posted, by their subjects: those of a number but for one.

    That is the one that is in Rillet, or else the first. What has no number is posted with its id.
    """
    first, found = dict[tuple[str | None, ...], Invoice | CreditNote](), dict[str, Reason]()
    values: Mapping[str, Invoice | CreditNote] = {**waiting.invoices, **waiting.notes}
    for subject in sorted(values, key=lambda each: each not in waiting.taken):
        value = values[subject]
        if _is_out(value):
            continue
        what, number = subject.partition(":")[0], value.number or value.id
        other = first.setdefault((what, value.entity, value.customer.id, number), value)
        if other is not value:
            text = f"the {what.replace('-', ' ')} {other.id} has the same customer and the same number {number}; correct one of them"
            found[subject] = Reason(code=ReasonCode.SAME_INVOICE_NUMBER, text=text)
    return found


def _is_out(value: Invoice | CreditNote) -> bool:
    """Whether nothing of it is to be in Rillet."""
    if isinstance(value, CreditNote):
        return value.is_void
    return value.status in {InvoiceStatus.DRAFT, InvoiceStatus.VOID}
