"""What waits in a billing system: read once, with what an earlier run did not finish."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import attrs

from brex_accounting import Record
from bridge.billing.documents import APPLICATION, CREDIT_NOTE, INVOICE, subject_of
from bridge.billing.planning import version_of
from bridge.billing.settings import BillingSettings, OnVoid
from bridge.billing.sync.copies import Copies
from bridge.billing.sync.protocol import BillingSystem
from bridge.billing.sync.records import record_of, subject_of_value
from bridge.billing.sync.shapes import wrong_shape
from bridge.billing.sync.voids import note_of_void, subject_of_void, voided_by
from bridge.billing.values import CreditNote, Invoice, InvoiceStatus, UnreadableInvoice, changed_at
from bridge.documents.record_digest import record_digest
from bridge.export.engine.attempts import Attempt, last_attempt
from bridge.export.journal.protocol import Journal
from bridge.export.sources.protocol import Unreadable

_READ_UNTIL = "billing read until"
# The clocks of the billing system and of this machine differ; reading a day twice costs at most a page.
_CLOCK_MARGIN = timedelta(days=1)

V = TypeVar("V", Invoice, CreditNote)


@attrs.frozen(kw_only=True)
class Waiting:
    """Invoices and credit notes that a run is about, by their subjects; `taken` are in Rillet, as far as the journal knows.

    `notes` are the credit notes that the billing system has. `credited` are the voided invoices that are in Rillet and that
    the sync takes back by a credit note of its own. `credited_before` are those for which it has posted such a note, or begun
    to, whatever the settings said then; `restored` are those of them that are not void any more, or were deleted in Rillet.
    `unsure` are those that another journal may know to be credited. `contents` are the digests of what was said of them when they were posted.
    """

    invoices: Mapping[str, Invoice]
    notes: Mapping[str, CreditNote]
    taken: frozenset[str]
    credited: frozenset[str] = frozenset()
    credited_before: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    unreadable: tuple[Unreadable, ...] = ()
    contents: Mapping[str, str] = attrs.field(factory=dict[str, str])

    def records_of(self, values: Mapping[str, Invoice | CreditNote]) -> list[Record]:
        """Some of them as records, with what the journal says of each."""
        return [self._record_of(subject, each) for subject, each in values.items()]

    def is_as_posted(self, subject: str, value: Invoice | CreditNote) -> bool:
        """Whether the journal knows that this was posted and says what it said then."""
        posted = self.contents.get(subject)
        return posted is not None and record_digest(self._record_of(subject, value)) == posted

    def _record_of(self, subject: str, value: Invoice | CreditNote) -> Record:
        posted = self.contents.get(subject)
        record = record_of(value, is_taken=subject in self.taken, posted=posted)
        if not isinstance(value, Invoice) or subject not in self.credited or record_digest(record) == posted:
            return record
        # A void that is credited leaves the invoice as it is.
        issued = attrs.evolve(value, status=InvoiceStatus.OPEN)
        as_issued = record_of(issued, is_taken=subject in self.taken, posted=posted)
        return as_issued if record_digest(as_issued) == posted else record

    @property
    def voided(self) -> frozenset[str]:
        """The invoices that are void."""
        return frozenset(subject for subject, each in self.invoices.items() if each.status is InvoiceStatus.VOID)

    @property
    def credit_notes(self) -> Mapping[str, CreditNote]:
        """The billing system's credit notes, and those of voided invoices; void themselves where there is nothing to take back."""
        own = [note_of_void(self.invoices[each]) for each in sorted(self.credited)]
        own += [attrs.evolve(note_of_void(self.invoices[each]), is_void=True) for each in sorted(self.restored)]
        return {**self.notes, **{subject_of_value(each): each for each in own}}

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
        found = _read(billing.invoices(ids=ids, updated_after=None), unreadable)
        invoices = {subject: each for subject, each in found.items() if each.id in ids}
        notes = dict[str, CreditNote]()
    else:
        after = updated_after or _read_until(journal)
        unfinished = {subject for each in journal.unfinished() for subject in _to_look_at(each)}
        invoices = _read(billing.invoices(ids=None, updated_after=after), unreadable)
        left = _ids(unfinished, INVOICE, invoices)
        if left:
            invoices |= _read(billing.invoices(ids=left, updated_after=None), unreadable)
        notes = _read(billing.credit_notes(ids=None, updated_after=after), unreadable)
        left = _ids(unfinished, CREDIT_NOTE, notes)
        if left:
            notes |= _read(billing.credit_notes(ids=left, updated_after=None), unreadable)
    own = [subject_of_void(each.id) for each in invoices.values()]
    last = dict(_last(journal, [*invoices, *notes, *own]))
    waiting = Waiting(
        invoices=invoices,
        notes=notes,
        taken=_taken(last),
        unreadable=tuple(unreadable),
        contents=_contents(last),
        credited_before=_with_note(invoices, (each for each in last if last[each].is_there or last[each].is_open)),
    )
    restored = waiting.credited_before - (waiting.voided - _removed(last))
    waiting = attrs.evolve(waiting, restored=restored, unsure=_unsure(invoices, last))
    return crediting(waiting, settings, there(journal, waiting.voided))


def _unsure(invoices: Mapping[str, Invoice], last: Mapping[str, Attempt]) -> frozenset[str]:
    """The invoices that were found in Rillet, or are void and unknown, without a credit note that the journal knows."""
    return frozenset(
        subject
        for subject, each in invoices.items()
        if subject_of_void(each.id) not in last
        and (last[subject].was_adopted if subject in last else each.status is InvoiceStatus.VOID)
    )


def _removed(last: Mapping[str, Attempt]) -> frozenset[str]:
    """What the sync has deleted in Rillet."""
    return frozenset(subject for subject, each in last.items() if each.was_carried_out and each.deletes)


def _with_note(invoices: Mapping[str, Invoice], subjects: Iterable[str]) -> frozenset[str]:
    """The invoices the credit note of whose void is one of these."""
    known = frozenset(subjects)
    return frozenset(subject for subject, each in invoices.items() if subject_of_void(each.id) in known)


def crediting(waiting: Waiting, settings: BillingSettings, placed: Collection[str]) -> Waiting:
    """The same with the credit notes of voided invoices that have a place in Rillet, where these are or were to be credited."""
    wanted = waiting.voided if settings.on_void is OnVoid.CREDIT else waiting.voided & waiting.credited_before
    return attrs.evolve(waiting, credited=wanted.intersection(placed))


def there(journal: Journal, subjects: Iterable[str]) -> frozenset[str]:
    """Those that are in Rillet, as far as the journal knows. Raises `JournalError`."""
    return frozenset(subject for subject, last in _last(journal, subjects) if last.is_there)


def read_known(billing: BillingSystem, journal: Journal) -> Waiting:
    """Everything that the journal tells of, as the billing system has it now. Raises `ApiError` and `JournalError`."""
    subjects = dict.fromkeys(each.subject for each in journal.walk())
    unreadable = list[Unreadable]()
    ids, notes = _ids(subjects, INVOICE, {}), _ids(subjects, CREDIT_NOTE, {})
    invoices = _read(billing.invoices(ids=ids, updated_after=None), unreadable)
    credit_notes = _read(billing.credit_notes(ids=notes, updated_after=None), unreadable)
    last = dict(_last(journal, subjects))
    waiting = Waiting(
        invoices=invoices,
        notes=credit_notes,
        taken=_taken(last),
        unreadable=tuple(unreadable),
        contents=_contents(last),
        credited_before=_with_note(invoices, subjects),
    )
    removed = _removed(last)
    credited = waiting.voided & waiting.credited_before - removed - _with_note(invoices, removed)
    return attrs.evolve(waiting, credited=credited, restored=waiting.credited_before - credited)


def remember_read(journal: Journal, waiting: Waiting, unfinished: Iterable[str], began: datetime) -> None:
    """Remember until when the billing system was read; what is not finished is read again. Raises `JournalError`."""
    if waiting.unreadable:
        # Nobody knows when they changed.
        return
    values, left = waiting.values, {subject for each in unfinished for subject in _to_look_at(each)}
    moments = [changed_at(values[each]) for each in left if each in values]
    journal.set_mark(_READ_UNTIL, min((began, *moments)).isoformat())


def _read_until(journal: Journal) -> datetime | None:
    told = journal.mark(_READ_UNTIL)
    return None if told is None else datetime.fromisoformat(told) - _CLOCK_MARGIN


def _read(values: Iterable[V | UnreadableInvoice], unreadable: list[Unreadable]) -> dict[str, V]:
    """The values by their subjects; what cannot be read, or contradicts itself, is `unreadable`."""
    copies: Copies[V] = Copies()
    unread: list[Unreadable] = []
    for each in values:
        if isinstance(each, UnreadableInvoice):
            unread.append(Unreadable(id=each.id, why=each.why))
        elif (why := wrong_shape(each)) is not None:
            unread.append(Unreadable(id=each.id or None, why=why))
        else:
            copies.add(each)
    # What an earlier run has left is asked for by its id once more.
    unreadable += (each for each in (*unread, *copies.undecided) if each not in unreadable)
    return copies.values


def _ids(subjects: Iterable[str], what: str, known: Mapping[str, object]) -> list[str]:
    """The billing system's ids behind subjects of a kind that were not read yet."""
    prefix = subject_of(what, "")
    return sorted(each.removeprefix(prefix) for each in subjects if each.startswith(prefix) and each not in known)


def _to_look_at(subject: str) -> Iterator[str]:
    """What the billing system has to be asked for again: for an application its credit note, for that of a void its invoice."""
    if subject.startswith(subject_of(APPLICATION, "")):
        subject = subject_of(CREDIT_NOTE, subject.removeprefix(subject_of(APPLICATION, "")).rpartition("/")[0])
    yield subject
    if (invoice := voided_by(subject)) is not None:
        yield invoice


def _taken(last: Mapping[str, Attempt]) -> frozenset[str]:
    return frozenset(subject for subject, each in last.items() if each.is_there or each.was_dismissed)


def _contents(last: Mapping[str, Attempt]) -> Mapping[str, str]:
    return {subject: each.content for subject, each in last.items() if each.is_there and each.content is not None}


def _last(journal: Journal, subjects: Iterable[str]) -> Iterator[tuple[str, Attempt]]:
    for subject, made in journal.attempts_of(subjects).items():
        if (last := last_attempt(made)) is not None:
            yield subject, last


def left_to_post(waiting: Waiting, journal: Journal) -> Mapping[str, bool]:
    """The subjects of what a run may post, and whether it is in Rillet already and says something else now.

    For a copy that is older than what was posted nothing is. Raises `JournalError`.
    """
    last, found = dict(_last(journal, waiting.values)), dict[str, bool]()
    for subject, value in waiting.values.items():
        attempt = last.get(subject)
        if attempt is not None and attempt.was_carried_out and 0 < version_of(value) < attempt.version:
            continue
        is_changed = (
            attempt is not None
            and attempt.is_there
            and attempt.content != record_digest(record_of(value, is_taken=True, posted=attempt.content))
        )
        if is_changed or subject not in waiting.taken:
            found[subject] = is_changed
    return found
