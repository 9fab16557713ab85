"""Credit notes that could not be applied once they are posted, because of the invoice that they are for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bridge.billing.documents import INVOICE, subject_of
from bridge.billing.sync.ledger import BillingLedger
from bridge.billing.sync.reading import Waiting, there
from bridge.billing.sync.records import EARLIEST
from bridge.billing.values import CreditNote, Invoice
from bridge.decisions import Reason, ReasonCode
from bridge.export.journal.protocol import Journal
from clientkit.errors import ApiError


def not_applicable(
    waiting: Waiting, placed: Collection[str], ledger: BillingLedger, journal: Journal
) -> Mapping[str, Reason]:
    """Why credit notes are not posted, by their subjects; `placed` are the invoices that this run has, or will have, in Rillet.

    A note that is in Rillet already is left to the step that applies it. Raises `JournalError`.
    """
    wanted = {
        subject: subject_of(INVOICE, note.invoice_id)
        for subject, note in waiting.notes.items()
        if note.invoice_id is not None and note.applied != 0 and not note.is_void and subject not in waiting.taken
    }
    known = {*placed, *there(journal, wanted.values())}
    missing = {each for each in wanted.values() if each not in known}
    try:
        known |= set(ledger.find(missing, since=EARLIEST).by_subject) if missing else set()
    except ApiError as error:
        return {
            subject: Reason(code=ReasonCode.NOT_NOW, text=str(error))
            for subject, invoice in wanted.items()
            if invoice in missing
        }
    found = dict[str, Reason]()
    for subject, invoice in wanted.items():
        note = waiting.notes[subject]
        if invoice not in known:
            text = f"the invoice {note.invoice_id} that it pays is not in {ledger.name}; sync that one first"
            found[subject] = Reason(code=ReasonCode.BILL_NOT_FOUND, text=text)
        elif (why := _other(note, waiting.invoices.get(invoice))) is not None:
            found[subject] = Reason(code=ReasonCode.BILL_NOT_FOUND, text=why)
    return found


def _other(note: CreditNote, invoice: Invoice | None) -> str | None:
    """What a note and its invoice have to have in common, and have not."""
    if invoice is None:
        return None
    # One that is not told is that of the settings, which may be the same.
    entity = note.entity or invoice.entity
    parts = (
        ("customer", note.customer.id, invoice.customer.id),
        ("entity", entity, invoice.entity or entity),
        ("currency", note.currency, invoice.currency),
    )
    for name, ours, theirs in parts:
        if ours != theirs:
            return f"its {name} is {ours}, and that of the invoice {invoice.id} that it pays is {theirs}; correct one of them"
    return None
