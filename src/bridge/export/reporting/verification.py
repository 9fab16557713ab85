"""Whether journal, Brex and Rillet tell the same story, compared by content."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, cast

import attrs

import brex_accounting
from brex_accounting import Record
from bridge.books import Books
from bridge.decisions import Decision
from bridge.documents.protocol import Found, Ref
from bridge.export.engine.attempts import is_record, is_summary, last_attempt
from bridge.export.engine.looked_up import check_marks, check_object, check_unmarked
from bridge.export.engine.origins import Origins
from bridge.export.engine.standing import State, state_of, state_of_mark, telling
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.own import (
    WrongAnswerError,
    looked_up,
    object_at,
    snapshot_of,
    with_bills_of,
    with_reimbursements_of,
)
from bridge.export.ledgers.protocol import Ledger, UnreadableObjectError
from bridge.export.ledgers.rillet import ledger_of
from bridge.export.reporting.disagreements import Known, Verdict, disagreement_about
from bridge.export.sources.brex import BrexSource
from bridge.export.sources.protocol import Source
from bridge.mapping import Bridge
from bridge.wording import RECORDS
from clientkit.errors import UnreadableAnswerError

if TYPE_CHECKING:
    import rillet


@attrs.frozen(kw_only=True)
class Disagreement:
    """Something that two of the three tell differently about a record."""

    record_id: str
    verdict: Verdict
    text: str


@attrs.frozen(kw_only=True)
class Verified:
    """What was found, how many records the journal knows, and since when: these were compared."""

    disagreements: tuple[Disagreement, ...]
    compared: int
    since: datetime | None


def verify(
    brex: brex_accounting.Client | Source,
    client: rillet.Client | Ledger,
    journal: Journal,
    reference_type: str | None,
    *,
    bridge: Bridge | None = None,
) -> tuple[Disagreement, ...]:
    """Walk the journal, and what Brex and Rillet have since its first attempt, and name every disagreement.

    What was posted is compared with the object as it is now, and with the record as it is now: by what the mapping makes
    of it where a `bridge` is given, else by its content. Without a journal the marks of the objects tell what was posted,
    which takes a `bridge`. An object that no look-up finds is asked for by its id, one request for each.

    Raises:
        ApiError: One of the services cannot be read.
        JournalError: The journal cannot be read.
    """
    return verified(brex, client, journal, reference_type, bridge=bridge).disagreements


def verified(
    brex: brex_accounting.Client | Source,
    client: rillet.Client | Ledger,
    journal: Journal,
    reference_type: str | None,
    *,
    bridge: Bridge | None = None,
) -> Verified:
    """As `verify`, with what was compared."""
    source: Source = BrexSource(brex) if isinstance(brex, brex_accounting.Client) else brex
    ledger = ledger_of(client, reference_type)
    subjects, since = _known_to(journal), journal.first_intended_at()
    found = tuple(_Verification(source, ledger, journal, bridge).disagreements(subjects, since))
    return Verified(disagreements=found, compared=len(subjects), since=since)


def _known_to(journal: Journal) -> dict[str, None]:
    """The records that a journal knows, those of summaries too, in the order in which they were attempted."""
    subjects = dict[str, None]()
    for attempt in journal.walk():
        if is_record(attempt.subject):
            subjects[attempt.subject] = None
        elif is_summary(attempt.subject):
            subjects.update((each.record_id, None) for each in journal.members(attempt.subject))
    return subjects


class _Verification:
    def __init__(self, source: Source, ledger: Ledger, journal: Journal, bridge: Bridge | None) -> None:
        self._source, self._ledger, self._journal, self._bridge = source, ledger, journal, bridge
        self._objects = dict[Ref, Found | None]()
        self._books: Books | None = None
        self._first_on = dict[Ref, str]()

    def disagreements(self, subjects: Mapping[str, None], since: datetime | None) -> Iterator[Disagreement]:
        if since is None and (self._bridge is None or not self._journal.forgets):
            return
        records = self._records(subjects, since)
        known, unknown = list(subjects), [each for each in records if each not in subjects]
        moments = [each.posted_at for each in records.values()]
        if since is not None:
            moments.append(since)
        sources = {each.source_id for each in records.values() if each.source_id is not None}
        looked = looked_up(self._ledger, {*known, *unknown}, since=min(moments, default=_EPOCH), sources=sources)
        self._origins = Origins(self._source, self._journal, looked)
        for found in (*looked.by_subject.values(), looked.unmarked):
            self._objects.update((each.ref, each) for each in found)
        attempts, members = self._journal.attempts_of(known), self._journal.memberships(known)
        for record_id in (*known, *unknown):
            if (unread := looked.unreadable.get(record_id)) is not None:
                yield Disagreement(
                    record_id=record_id, verdict=Verdict.UNREADABLE, text=f"{self._ledger.name}: {unread}"
                )
                continue
            made, entries = attempts.get(record_id, ()), members.get(record_id, ())
            found = looked.by_subject.get(record_id, ())
            try:
                check_marks(record_id, found, self._ledger)
                check_unmarked(record_id, found, self._ledger, self._journal)
                record, state = records.get(record_id), state_of(made, self._ledger, entries)
            except UnreadableObjectError as error:
                yield Disagreement(record_id=record_id, verdict=Verdict.UNREADABLE, text=str(error))
                continue
            if self._journal.forgets:
                state = state_of_mark(found if record is None else telling(record, found))
            known_of_it = Known(
                record=record,
                state=state,
                last=last_attempt(made),
                documents=tuple(each for each in found if not each.is_correction),
                get=partial(self._get, record_id),
                ledger=self._ledger,
                source=self._source,
                mapped=self._mapped if self._bridge is not None else None,
                is_remembered=not self._journal.forgets,
                wording=RECORDS if self._bridge is None else self._bridge.wording,
            )
            try:
                disagreement = self._shared(record_id, state) or disagreement_about(known_of_it)
            except (UnreadableAnswerError, WrongAnswerError) as error:
                disagreement = (Verdict.UNREADABLE, str(error))
            if disagreement is not None:
                verdict, text = disagreement
                yield Disagreement(record_id=record_id, verdict=verdict, text=text)

    def _records(self, subjects: Collection[str], since: datetime | None) -> Mapping[str, Record]:
        changed = since or _EPOCH
        pages = [*self._source.pages(ids=None, updated_after=changed, changed_since=changed)]
        if subjects:
            pages += self._source.pages(ids=list(subjects), updated_after=None, changed_since=None)
        everything = {record.id: record for page in pages for record in page.records}
        # What still waits and was never attempted is no disagreement.
        return {
            record_id: record
            for record_id, record in everything.items()
            if record_id in subjects or self._source.is_taken(record)
        }

    def _shared(self, record_id: str, state: State) -> tuple[Verdict, str] | None:
        """What to say where the journal has an object of the record for another one too; a summary is for several."""
        own = state.corrections if state.is_member else state.objects
        others = [(each.ref, self._first_on.setdefault(each.ref, record_id)) for each in own]
        ref, other = next((each for each in others if each[1] != record_id), (None, None))
        if ref is None:
            return None
        text = f"the journal has {ref} for it and for {other}; look at it, and for which of them it stands"
        return Verdict.STANDS_FOR_SEVERAL, text

    def _get(self, record_id: str, ref: Ref) -> Found | None:
        if ref not in self._objects:
            self._objects[ref] = object_at(self._ledger, ref)
        found = self._objects[ref]
        check_object(record_id, found, self._ledger, self._journal)
        return found

    def _mapped(self, record: Record, day: date | None) -> Decision:
        """What the mapping makes of a record now that the ledger has on this day."""
        if self._books is None:
            self._books = with_reimbursements_of(self._ledger, with_bills_of(self._ledger, snapshot_of(self._ledger)))
        bridge = cast("Bridge", self._bridge)
        self._origins.learn([record], bridge.settings, self._books)
        return bridge.outcome(record, self._books, posted_on=day, followed=self._origins.of(record))


_EPOCH = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
