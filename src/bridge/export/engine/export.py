"""The run of an export: every ready record into Rillet, once, and Brex told of it.

Four things keep a record from being posted twice. Brex stops offering what was reported. What Rillet has already is
found by its external reference before anything is posted. The idempotency key of a posting is derived from the record's
id, version and attempt, so that a repetition within 24 hours is answered with the first result. And a journal, where
there is one, knows every attempt: one without an outcome is sent again as it was, under its key.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import attrs

import brex_accounting
import rillet
from brex_accounting import Record, ReviewStatus
from bridge.books import Books
from bridge.decisions import Nothing, Outcome
from bridge.export.engine.attempts import AttemptState, Journal, NoJournal, open_summary, telling
from bridge.export.engine.runner import Shift, ShowProgress, never, silent
from bridge.export.engine.sender import Poster, is_deleted
from bridge.export.engine.survey import ONE_PAGE, Reading
from bridge.export.engine.tasks.bill import BillTask, can_be_replaced, is_as_it_was, is_older, makes_bill
from bridge.export.engine.tasks.record import RecordTask, Task
from bridge.export.engine.tasks.summary import MOST_GATHERED, Gathering, OpenSummaryTask, check_summaries
from bridge.export.ledgers.rillet import Existing, found_in_rillet, load_books, pays_a_bill, ready_records, with_bills
from bridge.export.reporting.progress import Pace
from bridge.export.reporting.report import ExportOutcome
from bridge.mapping import Bridge, Plan
from bridge.settings.check import check
from bridge.settings.values import SettingsError
from bridge.vendors.planned import PlannedVendors

_BATCH = 100
_IN_FLIGHT = 6


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
        in_flight: How many records are posted at a time. A few use Rillet's 60 requests a minute to the full, however long
            an answer takes.
        clock: Seconds on a monotonic clock, for `Progress` and `ExportOutcome.seconds`.
    """

    def __init__(
        self,
        brex: brex_accounting.Client,
        rillet: rillet.Client,
        bridge: Bridge,
        *,
        journal: Journal | None = None,
        batch: int = _BATCH,
        in_flight: int = _IN_FLIGHT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if in_flight < 1:
            raise ValueError(f"at least one record has to be in flight, not {in_flight}")
        self.brex, self.rillet, self.bridge, self.batch, self.in_flight = brex, rillet, bridge, batch, in_flight
        self.journal: Journal = journal or NoJournal()
        self._clock = clock

    def plan(self, *, updated_after: datetime | None = None) -> Plan:
        """What `run` would do; nothing is posted or reported.

        Raises:
            SettingsError: The settings name what Rillet does not have.
            ApiError: One of the services cannot be read.
        """
        books = self._books()
        records = ready_records(self.brex, updated_after=updated_after)
        there = self._there(records)
        if any(pays_a_bill(record) for record in records):
            books = with_bills(books, self.rillet)
        outcomes = self.bridge.plan(records, books).outcomes
        return Plan(outcomes=tuple(self._planned(each, books, there.get(each.record.id, ())) for each in outcomes))

    def run(
        self,
        *,
        ids: Sequence[str] | None = None,
        updated_after: datetime | None = None,
        keep: int | None = None,
        progress: ShowProgress = silent,
        stop: Callable[[], bool] = never,
    ) -> ExportOutcome:
        """Export everything that is ready. One bad record does not stop the others.

        Records are read, posted and reported page by page. An interruption (Ctrl-C) ends it cleanly: what was posted is
        reported to Brex, and the outcome says so. So does `stop`, which is asked before each record, but what is in flight
        is finished first.

        Args:
            ids: Only those of these records that are ready.
            updated_after: Only records that changed after this moment.
            keep: How many entries of each sort the outcome holds; all when left out, which takes memory for each record.
            progress: Told after each record.
            stop: Whether to end early.

        Raises:
            SettingsError: The settings name what Rillet does not have; nothing was posted.
            ApiError: One of the services cannot be read; nothing was posted.
            JournalError: The journal cannot be read; nothing was posted.
        """
        started, sent = self._clock(), self.brex.requests_sent + self.rillet.requests_sent
        books = self._books()
        replaceable = functools.partial(can_be_replaced, settings=self.bridge.settings)
        reading = Reading(
            self.brex,
            self.journal,
            updated_after=updated_after,
            ids=ids,
            replaceable=replaceable,
            keeps=MOST_GATHERED if self.bridge.settings.summarise else ONE_PAGE,
        )
        there = self._found(reading.unclear, reading.since, reading.bills_since)
        check_summaries(self.bridge.settings, self.journal, there)
        reading.unclear.clear()
        shift = self._shift(reading.count, keep=keep, progress=progress, stop=stop)
        for subject, attempt in reading.summaries.items():
            shift.work([OpenSummaryTask(attempt=attempt, existing=there.get(subject, ()))])
        shift.work(self._tasks(reading.pages(reading.others), lambda: books, there))
        # The bills that payments are for are in Rillet now, those of this run among them.
        paying = functools.cache(lambda: with_bills(books, self.rillet))
        # What an earlier run has begun goes first: its payment must not be taken for another one like it.
        reading.payments -= reading.attempted
        for waiting in (reading.attempted, reading.payments):
            shift.work(self._tasks(reading.pages(waiting), paying, there))
        shift.finish()
        return attrs.evolve(
            shift.outcome(),
            requests=self.brex.requests_sent + self.rillet.requests_sent - sent,
            seconds=self._clock() - started,
        )

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
        books = self._books()
        found = [each for each in self.brex.records.list(ids=[record_id]) if each.id == record_id]
        if not found:
            raise UnknownRecordError(f"Brex has no record {record_id}")
        self._abandon_lost(record_id, anew=anew)
        (record,) = found
        there = self._there([record])
        if pays_a_bill(record):
            books = with_bills(books, self.rillet)
        shift = self._shift(1)
        summary = open_summary(self.journal.attempts(record_id))
        if summary is not None:
            shift.work([OpenSummaryTask(attempt=summary, existing=there.get(summary.subject, ()))])
        shift.work([self._task(record, books, there.get(record_id, ()), PlannedVendors(self.bridge.settings))])
        shift.finish()
        return shift.outcome()

    def _books(self) -> Books:
        books = load_books(self.rillet)
        problems = check(self.bridge.settings, books)
        if problems:
            raise SettingsError(tuple(problems))
        return books

    def _shift(
        self, count: int, *, keep: int | None = None, progress: ShowProgress = silent, stop: Callable[[], bool] = never
    ) -> Shift:
        return Shift(
            self.brex,
            self.rillet,
            self.bridge.settings,
            journal=self.journal,
            batch=self.batch,
            in_flight=self.in_flight,
            pace=Pace(count, self.rillet.pacer, self._clock),
            keep=keep,
            progress=progress,
            stop=stop,
        )

    def _tasks(
        self,
        pages: Iterable[Sequence[Record]],
        books: Callable[[], Books],
        there: Mapping[str, tuple[Existing, ...]],
    ) -> Iterator[Task]:
        planned = PlannedVendors(self.bridge.settings)
        gathering: Gathering | None = None
        for page in pages:
            gathering = gathering or Gathering(self.bridge.settings, self.journal, books())
            yield from gathering.tasks(
                [self._task(record, books(), there.get(record.id, ()), planned) for record in page]
            )
        if gathering is not None:
            yield from gathering.rest()

    def _task(
        self, record: Record, books: Books, existing: tuple[Existing, ...], planned: PlannedVendors
    ) -> RecordTask:
        reports, settings = record.review_status == ReviewStatus.READY_FOR_EXPORT, self.bridge.settings
        ready = attrs.evolve(record, review_status=ReviewStatus.READY_FOR_EXPORT)
        outcome = planned.settled(self.bridge.outcome(ready, books))
        if not makes_bill(record, settings):
            return RecordTask(outcome=outcome, existing=existing, reports=reports)
        return BillTask(outcome=outcome, existing=existing, reports=reports, bridge=self.bridge, books=books)

    def _abandon_lost(self, record_id: str, *, anew: bool) -> None:
        attempts, poster = self.journal.attempts(record_id), Poster(self.rillet, self.journal)
        last = telling(attempts)
        while last is not None and is_deleted(self.rillet, last):
            # Where a replacement is gone, what it replaced is gone too.
            poster.abandon(last, "it was deleted in Rillet")
            last = telling(self.journal.attempts(record_id))
        if last is not None and anew and last.state is AttemptState.OPEN and not last.is_fresh(self.journal.now()):
            poster.abandon(last, "a person did not find it in Rillet")

    def _there(self, records: Sequence[Record]) -> Mapping[str, tuple[Existing, ...]]:
        """What Rillet has already: as the journal knows, and for the rest as external references tell."""
        attempts = self.journal.attempts_of([record.id for record in records])
        last = {record_id: telling(made) for record_id, made in attempts.items()}
        known = {
            record_id: (Existing(kind=each.kind, id=each.object_id or ""),)
            for record_id, each in last.items()
            if each is not None and each.is_there
        }
        unclear = {record.id: record for record in records if record.id not in known}
        times = [moment for each in unclear.values() for moment in (each.posted_at, each.updated_at)]
        times += [each.intended_at for record_id in unclear for each in attempts.get(record_id, ())]
        return {**self._found(unclear, min(times, default=None)), **known}

    def _found(
        self, unclear: Collection[str], since: datetime | None, bills_since: datetime | None = None
    ) -> Mapping[str, tuple[Existing, ...]]:
        if since is None:
            return {}
        reference_type = self.bridge.settings.reference_type
        return found_in_rillet(self.rillet, unclear, reference_type, since=since, bills_since=bills_since)

    def _planned(self, outcome: Outcome, books: Books, existing: Sequence[Existing]) -> Outcome:
        if not existing:
            return outcome
        record, settings = outcome.record, self.bridge.settings
        bills = [each.id for each in existing if each.kind == "bills" and can_be_replaced(record, settings)]
        if len(existing) == len(bills) == 1:
            bill = self.rillet.bills.get(bills[0])
            newer = self.bridge.outcome(record, attrs.evolve(books, bills=(bill,)))
            if is_older(bill, record, settings) and not is_as_it_was(newer):
                return newer
        where = " and ".join(f"{each.kind} {each.id}" for each in existing)
        return Nothing(record=record, why=f"Rillet has it already as {where}; an export only tells Brex")
