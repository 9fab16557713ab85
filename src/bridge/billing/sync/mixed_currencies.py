"""New invoices of one customer in several currencies: which of them is the customer's nobody knows, whatever their order."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.billing.catalogue import Catalogue
from bridge.billing.decisions import Post
from bridge.billing.sync.mapping import InvoiceMapping
from bridge.billing.sync.reading import Waiting, left_to_post
from bridge.billing.values import Invoice
from bridge.decisions import Reason, ReasonCode
from bridge.export.journal.protocol import Journal


def mixed_currencies(
    waiting: Waiting, journal: Journal, mapping: InvoiceMapping, catalogue: Catalogue
) -> Mapping[str, Reason]:
    """Why invoices are not posted, by their subjects: all of a customer whose currency Rillet does not know. Raises `JournalError`."""
    if len({each.currency for each in waiting.invoices.values()}) < 2:
        return {}
    by_customer = dict[str, dict[str, Invoice]]()
    for subject, is_changed in left_to_post(waiting, journal).items():
        invoice = waiting.invoices.get(subject)
        decision = None if invoice is None or is_changed else mapping.decide(subject, catalogue)
        if invoice is not None and isinstance(decision, Post):
            by_customer.setdefault(decision.document.party, {})[subject] = invoice
    return {
        subject: _reason(each, invoices)
        for customer, invoices in by_customer.items()
        if customer not in catalogue.currencies and len({each.currency for each in invoices.values()}) > 1
        for subject, each in invoices.items()
    }


def _reason(invoice: Invoice, invoices: Mapping[str, Invoice]) -> Reason:
    other = next(each for each in invoices.values() if each.currency != invoice.currency)
    text = (
        f"it is in {invoice.currency}, and the invoice {other.id} of the same customer in {other.currency}; link another "
        f"customer, or set check_currency to false"
    )
    return Reason(code=ReasonCode.CURRENCY_MISMATCH, text=text)
