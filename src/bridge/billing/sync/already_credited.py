"""What of a voided invoice is credited in Rillet already: a credit memo of all of it would take that back twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

import rillet
from bridge.billing.decisions import Decision, Post
from bridge.billing.documents import INVOICE, subject_of
from bridge.billing.sync.ledger import BillingLedger
from bridge.billing.sync.records import EARLIEST
from bridge.billing.sync.voids import subject_of_void
from bridge.billing.values import Invoice
from bridge.datatable import money
from bridge.decisions import Reason, ReasonCode
from bridge.export.engine.attempts import last_attempt
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.protocol import LookUp
from clientkit.errors import ApiError
from clientkit.money import total
from rillet import InvoicePaymentStatus


def credited_already(
    voided: Iterable[Invoice],
    ledger: BillingLedger,
    journal: Journal,
    *,
    decided: Callable[[str], Decision] | None = None,
) -> Mapping[str, Reason | str]:
    """Why no credit memo of all of these invoices is posted, by the subjects of their credit notes; a text where none is needed.

    What is `decided` of the notes has to come to what Rillet's invoices come to: customers and settings may have changed since.
    Where there is one already it is among what is credited, so that these reasons do not count for it. Raises
    `JournalError`.
    """
    notes = {subject_of_void(each.id): subject_of(INVOICE, each.id) for each in voided}
    attempts = journal.attempts_of([*notes, *notes.values()])
    last = {subject: last_attempt(made) for subject, made in attempts.items()}
    placed = {subject: each.object_id for subject, each in last.items() if each is not None and each.is_there}
    left = {note: invoice for note, invoice in notes.items() if note not in placed}
    missing = [each for each in left.values() if each not in placed]
    try:
        looked = ledger.find(missing, since=EARLIEST) if missing else LookUp()
    except ApiError as error:
        return dict.fromkeys(left, Reason(code=ReasonCode.NOT_NOW, text=str(error)))
    placed |= {subject: found[0].ref.id for subject, found in looked.by_subject.items()}
    reasons = {
        note: _reason(placed.get(invoice), ledger, None if decided is None else decided(note))
        for note, invoice in left.items()
    }
    return {note: reason for note, reason in reasons.items() if reason is not None}


def _reason(invoice_id: str | None, ledger: BillingLedger, decision: Decision | None) -> Reason | str | None:
    if invoice_id is None:
        return None
    try:
        invoice = ledger.client.invoices.get(invoice_id)
        payments = ledger.client.invoice_payments.list_for_invoice(invoice_id)
    except ApiError as error:
        return Reason(code=ReasonCode.NOT_NOW, text=str(error))
    paid = total(each.amount.amount for each in payments if each.status != InvoicePaymentStatus.FAILED)
    credited = total((invoice.total.amount, invoice.amount_due.amount.copy_negate(), paid.copy_negate()))
    if credited <= Decimal(0):
        return _differs(invoice, decision, ledger)
    if invoice.amount_due.amount <= Decimal(0):
        return f"nothing is left to credit of {ledger.name}'s invoice {invoice_id}"
    currency = invoice.total.currency
    text = (
        f"{ledger.name} has credited {money(credited, currency)} {currency} of its invoice {invoice_id} already; take that back "
        f"there, or credit the rest by hand"
    )
    return Reason(code=ReasonCode.DIFFERS_IN_LEDGER, text=text)


def _differs(invoice: rillet.Invoice, decision: Decision | None, ledger: BillingLedger) -> Reason | None:
    """That the memo would not take back what the invoice was posted with."""
    if not isinstance(decision, Post) or decision.document.total == invoice.total.amount:
        return None
    currency = invoice.total.currency
    ours, theirs = (money(each, currency) for each in (decision.document.total, invoice.total.amount))
    text = (
        f"a credit of all of it comes to {ours} {currency} now, and {ledger.name}'s invoice {invoice.id} to {theirs}; give its customer "
        f"the country and tax status of the invoice's day, or enter the credit memo by hand"
    )
    return Reason(code=ReasonCode.DIFFERS_IN_LEDGER, text=text)
