"""New invoices and credit notes of one customer in several currencies: which of them is the customer's nobody knows, whatever their order."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.billing.catalogue import Catalogue
from bridge.billing.decisions import Post
from bridge.billing.documents import INVOICE, subject_of
from bridge.billing.sync.mapping import InvoiceMapping
from bridge.billing.sync.reading import Waiting, left_to_post
from bridge.billing.values import CreditNote, Invoice
from bridge.decisions import Reason, ReasonCode
from bridge.export.journal.protocol import Journal


def mixed_currencies(
    waiting: Waiting, journal: Journal, mapping: InvoiceMapping, catalogue: Catalogue
) -> Mapping[str, Reason]:
    """Why they are not posted, by their subjects: all of a customer whose currency Rillet does not know. Raises `JournalError`.

    Credit notes of invoices that are read too are compared with these alone.
    """
    alone = {
        subject: each
        for subject, each in waiting.notes.items()
        if each.invoice_id is None or subject_of(INVOICE, each.invoice_id) not in waiting.invoices
    }
    values: Mapping[str, Invoice | CreditNote] = {**waiting.invoices, **alone}
    if len({each.currency for each in values.values()}) < 2:
        return {}
    by_customer = dict[str, dict[str, Invoice | CreditNote]]()
    for subject, is_changed in left_to_post(waiting, journal).items():
        value = values.get(subject)
        decision = None if value is None or is_changed else mapping.decide(subject, catalogue)
        if value is not None and isinstance(decision, Post):
            by_customer.setdefault(decision.document.party, {})[subject] = value
    return {
        subject: _reason(each, some)
        for customer, some in by_customer.items()
        if customer not in catalogue.currencies and len({each.currency for each in some.values()}) > 1
        for subject, each in some.items()
    }


def _reason(value: Invoice | CreditNote, some: Mapping[str, Invoice | CreditNote]) -> Reason:
    other = next(each for each in some.values() if each.currency != value.currency)
    what = "invoice" if isinstance(other, Invoice) else "credit note"
    text = (
        f"it is in {value.currency}, and the {what} {other.id} of the same customer in {other.currency}; link another "
        f"customer, or set check_currency to false"
    )
    return Reason(code=ReasonCode.CURRENCY_MISMATCH, text=text)
