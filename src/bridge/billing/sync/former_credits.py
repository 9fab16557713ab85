"""Which invoices the sync has credited before, where the journal alone does not tell: a memo is gone, or it never knew of it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import attrs

from bridge.billing.forms import CREDIT_MEMOS
from bridge.billing.sync.ledger import BillingLedger
from bridge.billing.sync.reading import Waiting
from bridge.billing.sync.voids import subject_of_void
from bridge.documents.protocol import Ref
from bridge.export.engine.attempts import last_attempt
from bridge.export.journal.protocol import Journal


def without_lost(waiting: Waiting, ledger: BillingLedger, journal: Journal) -> Waiting:
    """The same without the credits of voided invoices whose memo a user has deleted in Rillet: the settings decide anew.

    Raises `ApiError` and `JournalError`.
    """
    notes = _notes_of(waiting, waiting.voided & waiting.credited_before)
    last = {subject: last_attempt(made) for subject, made in journal.attempts_of(notes).items()}
    memos = {subject: each.object_id for subject, each in last.items() if each is not None and each.is_there}
    lost = {
        notes[subject]
        for subject, memo_id in memos.items()
        if memo_id is not None and ledger.get(Ref(kind=CREDIT_MEMOS, id=memo_id)) is None
    }
    return attrs.evolve(waiting, credited=waiting.credited - lost, credited_before=waiting.credited_before - lost)


def with_found(waiting: Waiting, invoices: AbstractSet[str], ledger: BillingLedger) -> Waiting:
    """The same with those of these invoices that have a credit memo of the sync in Rillet. Raises `ApiError`."""
    notes = _notes_of(waiting, (waiting.invoices.keys() & invoices) - waiting.credited_before)
    if not notes:
        return waiting
    records = waiting.records_of({each: waiting.invoices[each] for each in notes.values()})
    looked = ledger.find(notes, since=min(each.posted_at for each in records))
    # One that cannot be read may have been made for it too.
    found = frozenset(notes[each] for each in {*looked.by_subject, *looked.unreadable})
    return attrs.evolve(
        waiting,
        credited=waiting.credited | (found & waiting.voided),
        credited_before=waiting.credited_before | found,
        restored=waiting.restored | (found - waiting.voided),
    )


def _notes_of(waiting: Waiting, invoices: AbstractSet[str]) -> dict[str, str]:
    """The invoices by the subjects of the credit notes that take all of them back."""
    return {subject_of_void(waiting.invoices[each].id): each for each in invoices}
