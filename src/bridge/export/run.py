"""The run of an export: every ready record into Rillet, once, and Brex told of it.

Four things keep a record from being posted twice. Brex stops offering what was reported. What Rillet has already is
found by its external reference before anything is posted. The idempotency key of a posting is derived from the record's
id, version and attempt, so that a repetition within 24 hours is answered with the first result. And a journal, where
there is one, knows every attempt: one without an outcome is sent again as it was, under its key.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import attrs

import brex_accounting
import rillet
from brex_accounting import Record, ReviewStatus
from bridge.books import Books
from bridge.export.attempts import Attempt, AttemptState, Journal, NoJournal
from bridge.export.load import Existing, load_books, pays_a_bill, posted_before, ready_records, with_bills
from bridge.export.outcome import ExportOutcome
from bridge.export.posting import Poster, is_deleted
from bridge.export.shift import Progress, Shift, never, silent
from bridge.plan import Bridge, Plan
from bridge.results import Nothing, Outcome
from bridge.settings import SettingsError
from bridge.settings_check import check

_BATCH = 100


class UnknownRecordError(LookupError):
    """Brex has no record with this id."""


class Export:
    """An export between one Brex account and one Rillet organization.

    Args:
        brex: The client of the Brex account.
        rillet: The client of the Rillet organization.
        bridge: The mapping and its settings.
        journal: Remembers every attempt, so that a run goes on where an earlier one was cut off; see `SqlJournal`. Two
            exporters on one account share one. Without a journal, external references and keys have to do.
        batch: How many outcomes go into one report to Brex.
    """

    def __init__(
        self,
        brex: brex_accounting.Client,
        rillet: rillet.Client,
        bridge: Bridge,
        *,
        journal: Journal | None = None,
        batch: int = _BATCH,
    ) -> None:
        self.brex, self.rillet, self.bridge, self.batch = brex, rillet, bridge, batch
        self.journal: Journal = journal or NoJournal()

    def plan(self, *, updated_after: datetime | None = None) -> Plan:
        """What `run` would do; nothing is posted or reported.

        Raises:
            SettingsError: The settings name what Rillet does not have.
            ApiError: One of the services cannot be read.
        """
        books = load_books(self.rillet)
        self._check(check(self.bridge.settings, books))
        records = ready_records(self.brex, updated_after=updated_after)
        there = self._there(records)
        return Plan(outcomes=tuple(_or_there(outcome, there) for outcome in self._outcomes(records, books)))

    def run(
        self,
        *,
        progress: Progress = silent,
        updated_after: datetime | None = None,
        stop: Callable[[], bool] = never,
    ) -> ExportOutcome:
        """Export everything that is ready. One bad record does not stop the others.

        An interruption (Ctrl-C) ends it cleanly: what was posted is reported to Brex, and the outcome says so. So does
        `stop`, which is asked after each record, but the record in hand is finished first.

        Raises:
            SettingsError: The settings name what Rillet does not have; nothing was posted.
            ApiError: One of the services cannot be read; nothing was posted.
            JournalError: The journal cannot be read; nothing was posted.
        """
        started, sent = time.perf_counter(), self.brex.requests_sent + self.rillet.requests_sent
        books = load_books(self.rillet)
        self._check(check(self.bridge.settings, books))
        records = ready_records(self.brex, updated_after=updated_after)
        there = self._there(records)
        outcomes = self._outcomes(records, books)
        shift = Shift(self.brex, self.rillet, self.bridge.settings, there, journal=self.journal, batch=self.batch)
        shift.work(outcomes, len(records), progress, stop)
        return attrs.evolve(
            shift.outcome(),
            requests=self.brex.requests_sent + self.rillet.requests_sent - sent,
            seconds=time.perf_counter() - started,
        )

    def _outcomes(self, records: Iterable[Record], books: Books) -> Iterator[Outcome]:
        """What is to be done with each; the bills are read when the first payment comes up, with those of this run."""
        has_bills = False
        for record in records:
            if not has_bills and pays_a_bill(record):
                books, has_bills = with_bills(books, self.rillet), True
            yield self.bridge.outcome(record, books)

    def replay(self, record_id: str, *, anew: bool = False) -> ExportOutcome:
        """Export one record, whatever its state in Brex: what was cut off is finished, what Rillet lost is posted anew.

        What the journal has as posted is looked for in Rillet; it is posted again only where somebody deleted it there.
        Brex is told where the record still waits for export. `anew` says that a person looked and did not find in Rillet
        what an attempt left there whose key is too old to be sent again; as long as the key lives, it decides.

        Raises:
            UnknownRecordError: Brex has no such record.
            SettingsError: The settings name what Rillet does not have; nothing was posted.
            ApiError: One of the services cannot be read; nothing was posted.
            JournalError: The journal cannot be read; nothing was posted.
        """
        books = load_books(self.rillet)
        self._check(check(self.bridge.settings, books))
        found = [each for each in self.brex.records.list(ids=[record_id]) if each.id == record_id]
        if not found:
            raise UnknownRecordError(f"Brex has no record {record_id}")
        self._abandon_lost(record_id, anew=anew)
        waits = found[0].review_status == ReviewStatus.READY_FOR_EXPORT
        record = attrs.evolve(found[0], review_status=ReviewStatus.READY_FOR_EXPORT)
        there = self._there([record])
        shift = Shift(
            self.brex, self.rillet, self.bridge.settings, there, journal=self.journal, batch=self.batch, reports=waits
        )
        shift.work(self._outcomes([record], books), 1, silent)
        return shift.outcome()

    def _abandon_lost(self, record_id: str, *, anew: bool) -> None:
        attempts, poster = self.journal.attempts(record_id), Poster(self.rillet, self.journal)
        last = attempts[-1] if attempts else None
        if last is not None and is_deleted(self.rillet, last):
            poster.abandon(last, "it was deleted in Rillet")
        elif last is not None and anew and last.state is AttemptState.OPEN and not last.is_fresh(self.journal.now()):
            poster.abandon(last, "a person did not find it in Rillet")

    def _there(self, records: Sequence[Record]) -> Mapping[str, tuple[Existing, ...]]:
        """What Rillet has already: as the journal knows, and for the rest as external references tell."""
        attempts = {record.id: self.journal.attempts(record.id) for record in records}
        known = {subject: existing for subject, each in attempts.items() if (existing := _known(each))}
        unclear = [record for record in records if record.id not in known]
        # A record may have changed after an attempt; its object is as old as the attempt then.
        attempted = [attempt.intended_at for record in unclear for attempt in attempts[record.id]]
        reference_type = self.bridge.settings.reference_type
        return {**posted_before(self.rillet, unclear, reference_type, since=min(attempted, default=None)), **known}

    def _check(self, problems: Sequence[str]) -> None:
        if problems:
            raise SettingsError(tuple(problems))


def _known(attempts: Sequence[Attempt]) -> tuple[Existing, ...]:
    last = attempts[-1] if attempts else None
    return (Existing(kind=last.kind, id=last.object_id or ""),) if last is not None and last.is_there else ()


def _or_there(outcome: Outcome, there: Mapping[str, tuple[Existing, ...]]) -> Outcome:
    existing = there.get(outcome.record.id)
    if not existing:
        return outcome
    where = " and ".join(f"{each.kind} {each.id}" for each in existing)
    return Nothing(record=outcome.record, why=f"Rillet has it already as {where}; an export only tells Brex")
