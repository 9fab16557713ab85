"""What waits in a billing system: read once, with what an earlier run did not finish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import attrs

from bridge.billing.documents import APPLICATION, CREDIT_NOTE, INVOICE, subject_of
from bridge.billing.settings import BillingSettings, OnVoid
from bridge.billing.sync.protocol import BillingSystem
from bridge.billing.sync.records import record_of, subject_of_value
from bridge.billing.values import CreditNote, Invoice, InvoiceStatus, UnreadableInvoice
from bridge.documents.record_digest import record_digest
from bridge.export.engine.attempts import last_attempt
from bridge.export.journal.protocol import Journal
from bridge.export.sources.protocol import Unreadable

_READ_UNTIL = "billing read until"
# The clocks of the billing system and of this machine differ; reading a day twice costs at most a page.
_CLOCK_MARGIN = timedelta(days=1)

V = TypeVar("V", Invoice, CreditNote)


@attrs.frozen(kw_only=True)
class Waiting:
    """Invoices and credit notes that a run is about, by their subjects; `taken` are in Rillet, as far as the journal knows."""

    invoices: Mapping[str, Invoice]
    credit_notes: Mapping[str, CreditNote]
    taken: frozenset[str]
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def values(self) -> Mapping[str, Invoice | CreditNote]:
        """All of them."""
        return {**self.invoices, **self.credit_notes}


def read_waiting(
    billing: BillingSystem,
    journal: Journal,
    settings: BillingSettings,
    *,
    ids: Sequence[str] | None = None,
    updated_after: datetime | None = None,
) -> Waiting:
    """Read the billing system: the invoices with these ids alone, or what changed and what is not finished.

    Raises `ApiError` and `JournalError`.
    """
    unreadable = list[Unreadable]()
    if ids is not None:
        invoices = _read(billing.invoices(ids=ids, updated_after=None), unreadable)
        notes = dict[str, CreditNote]()
    else:
        after = updated_after or _read_until(journal)
        unfinished = {_of_note(each) for each in journal.unfinished()}
        invoices = _read(billing.invoices(ids=None, updated_after=after), unreadable)
        left = _ids(unfinished, INVOICE, invoices)
        if left:
            invoices |= _read(billing.invoices(ids=left, updated_after=None), unreadable)
        notes = _read(billing.credit_notes(ids=None, updated_after=after), unreadable)
        left = _ids(unfinished, CREDIT_NOTE, notes)
        if left:
            notes |= _read(billing.credit_notes(ids=left, updated_after=None), unreadable)
    taken = _taken(journal, [*invoices, *notes])
    if settings.on_void is OnVoid.CREDIT:
        for subject, invoice in invoices.items():
            if invoice.status is InvoiceStatus.VOID and subject in taken:
                note = _note_of_void(invoice)
                notes[subject_of_value(note)] = note
        taken |= _taken(journal, notes)
    return Waiting(invoices=invoices, credit_notes=notes, taken=taken, unreadable=tuple(unreadable))


def read_known(billing: BillingSystem, journal: Journal) -> Waiting:
    """Everything that the journal tells of, as the billing system has it now. Raises `ApiError` and `JournalError`."""
    subjects = dict.fromkeys(each.subject for each in journal.walk())
    unreadable = list[Unreadable]()
    ids, notes = _ids(subjects, INVOICE, {}), _ids(subjects, CREDIT_NOTE, {})
    invoices = _read(billing.invoices(ids=ids, updated_after=None), unreadable)
    credit_notes = _read(billing.credit_notes(ids=notes, updated_after=None), unreadable)
    voided = [each for each in invoices.values() if each.status is InvoiceStatus.VOID]
    credited = {subject_of_value(note): note for note in map(_note_of_void, voided)}
    credit_notes |= {subject: note for subject, note in credited.items() if subject in subjects}
    return Waiting(
        invoices=invoices, credit_notes=credit_notes, taken=_taken(journal, subjects), unreadable=tuple(unreadable)
    )


def remember_read(journal: Journal, waiting: Waiting, unfinished: Iterable[str], began: datetime) -> None:
    """Remember until when the billing system was read; what is not finished is read again. Raises `JournalError`."""
    if waiting.unreadable:
        # Nobody knows when they changed.
        return
    values, left = waiting.values, {_of_note(each) for each in unfinished}
    moments = [values[each].updated_at for each in left if each in values]
    journal.set_mark(_READ_UNTIL, min((began, *moments)).isoformat())


def _read_until(journal: Journal) -> datetime | None:
    told = journal.mark(_READ_UNTIL)
    return None if told is None else datetime.fromisoformat(told) - _CLOCK_MARGIN


def _read(values: Iterable[V | UnreadableInvoice], unreadable: list[Unreadable]) -> dict[str, V]:
    """The values by their subjects; of one that comes twice the newer."""
    found = dict[str, V]()
    for each in values:
        if isinstance(each, UnreadableInvoice):
            unreadable.append(Unreadable(id=each.id, why=each.why))
            continue
        subject = subject_of_value(each)
        if subject not in found or found[subject].updated_at <= each.updated_at:
            found[subject] = each
    return found


def _ids(subjects: Iterable[str], what: str, known: Mapping[str, object]) -> list[str]:
    """The billing system's ids behind subjects of a kind that were not read yet."""
    prefix = subject_of(what, "")
    return sorted(each.removeprefix(prefix) for each in subjects if each.startswith(prefix) and each not in known)


def _of_note(subject: str) -> str:
    """The credit note that has to be looked at for a subject: its own, or that of what it pays."""
    if not subject.startswith(subject_of(APPLICATION, "")):
        return subject
    return subject_of(CREDIT_NOTE, subject.removeprefix(subject_of(APPLICATION, "")).rpartition("/")[0])


def _taken(journal: Journal, subjects: Iterable[str]) -> frozenset[str]:
    last = {subject: last_attempt(made) for subject, made in journal.attempts_of(subjects).items()}
    return frozenset(
        subject
        for subject, attempt in last.items()
        if attempt is not None and (attempt.is_there or attempt.was_dismissed)
    )


def _note_of_void(invoice: Invoice) -> CreditNote:
    """The credit note of all of an invoice, which the billing system does not issue when it voids one."""
    return CreditNote(
        id=f"{invoice.id}/void",
        number=f"{invoice.number or invoice.id}-VOID",
        customer=invoice.customer,
        lines=invoice.lines,
        currency=invoice.currency,
        issued=max(invoice.issued, invoice.updated_at.date()),
        updated_at=invoice.updated_at,
        created_at=invoice.created_at,
        invoice_id=invoice.id,
        total=invoice.total,
        exchange_rate=invoice.exchange_rate,
        entity=invoice.entity,
        link=invoice.link,
    )


def changed_since_posted(waiting: Waiting, journal: Journal) -> frozenset[str]:
    """The subjects of what is in the ledger and says something else now. Raises `JournalError`."""
    made = journal.attempts_of(waiting.taken)
    last = {subject: last_attempt(attempts) for subject, attempts in made.items()}
    return frozenset(
        subject
        for subject, value in waiting.values.items()
        if (attempt := last.get(subject)) is not None
        and attempt.is_there
        and attempt.content != record_digest(record_of(value, is_taken=True))
    )
