"""The work of one run: several tasks in flight, and the source told in batches of what came of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import attrs

from brex_accounting import Record
from bridge.callers import described
from bridge.decisions import Refuse, Skip, SkipCode
from bridge.export.engine.claims import Claims
from bridge.export.engine.parts import steady
from bridge.export.engine.survey import Survey
from bridge.export.engine.tasks.protocol import (
    INTERRUPTED,
    Done,
    Stop,
    Task,
    TaskContext,
    carried_out,
    is_right_as_it_is,
    stop_of_unread,
)
from bridge.export.engine.tasks.receipts import ASKED_AGAIN
from bridge.export.engine.unreached import Unreached
from bridge.export.engine.workers import WorkerPool
from bridge.export.journal.protocol import Journal, JournalError, Reasons, write_noted
from bridge.export.ledgers.own import counter_of, pacer_of, try_to_read
from bridge.export.ledgers.protocol import Ledger
from bridge.export.reporting import audit_log
from bridge.export.reporting.progress import Pace, Progress, ShowProgress, silent
from bridge.export.reporting.report import (
    CreatedVendor,
    Elsewhere,
    ExportOutcome,
    Failed,
    Posted,
    RecordResult,
    StopCode,
    Unread,
    Warned,
)
from bridge.export.reporting.reporter import Reporter
from bridge.export.reporting.tally import Tally
from bridge.export.sources.protocol import Source
from bridge.settings.values import Settings, SettingsError
from bridge.wording import Wording
from clientkit import observing
from clientkit.errors import ApiError
from clientkit.stopping import StoppedError, stopping
from clientkit.verdicts import Verdict

_FAILURES_IN_A_ROW = 3
# Of a summary, whose records may be thousands.
_NAMED = 10
# What a source hears of as done although nothing stands in the ledger for it.
_SETTLED = frozenset({SkipCode.DISMISSED, SkipCode.NO_MONEY})


def never() -> bool:
    """Does not ask to stop."""
    return False


class Runner:
    """One run in progress; `outcome` is what it came to so far, and `unreached` has what it has not come to.

    Tasks are carried out by a pool of `in_flight` threads; everything else, the source included, is the work of the
    thread that calls. At most `in_flight` tasks are begun and not ended.
    """

    def __init__(
        self,
        source: Source,
        ledger: Ledger,
        settings: Settings,
        *,
        journal: Journal,
        claims: Claims,
        batch: int,
        in_flight: int,
        clock: Callable[[], float],
        wording: Wording,
        keep: int | None = None,
        progress: ShowProgress = silent,
        stop: Callable[[], bool] = never,
    ) -> None:
        self._batch, self._in_flight, self._progress, self._stop = batch, in_flight, progress, stop
        self._source, self._ledger, self._clock, self._counted = source, ledger, steady(clock), counter_of(ledger)
        self._started, self._sent = self._clock(), self._requests
        self._pace = Pace(0, pacer_of(ledger), self._clock, ledger.name)
        self._journal, self._claims, self._settings, self._wording = journal, claims, settings, wording
        self._tally = Tally(keep)
        # What is summarised is summarised together.
        self._summarised = frozenset(settings.summarise)
        self._reporter = Reporter(source, journal, settings, self._tally)
        self.unreached = Unreached(keeps=keep is None)
        self._guard = threading.Lock()
        self._vendors = list[CreatedVendor]()
        self._failures_in_a_row = 0
        self._stopped: str | None = None
        self._stop_code: StopCode | None = None
        self._has_changes_left = False
        self._failed = set[str]()
        self._refused_changes = dict[str, None]()
        self._receipts = dict[str, bool]()
        self._refusals = list[tuple[str, int, Reasons]]()

    @property
    def is_stopped(self) -> bool:
        """Whether it ends before its end."""
        return self._stopped is not None

    @property
    def has_changes_left(self) -> bool:
        """Whether a record that was exported before could not be compared or corrected for now."""
        return self._has_changes_left

    @property
    def failed(self) -> frozenset[str]:
        """The ids of the records that failed for now and are posted alone."""
        return frozenset(self._failed)

    @property
    def refused_changes(self) -> list[str]:
        """The records that were exported before and whose changes were refused, by their ids."""
        return sorted(self._refused_changes)

    @property
    def receipts_left(self) -> Mapping[str, bool]:
        """Of records whose receipts were looked at: whether one is asked for again."""
        return self._receipts

    def created(self, vendor: CreatedVendor) -> None:
        """Count a vendor that a task has created; in any thread."""
        with self._guard:
            self._vendors.append(vendor)

    def begin(self, survey: Survey) -> None:
        """Know how many records there are, and count those that cannot be read."""
        self._pace = Pace(survey.count, pacer_of(self._ledger), self._clock, self._ledger.name)
        self.unreached.begin(survey)
        for each in survey.unreadable:
            self._tally.unread(Unread(record_id=each.id or "", why=each.why))
            audit_log.log("unreadable", record_id=each.id)

    def warn(self, warned: Warned) -> None:
        """Count something that a person should look at."""
        self._tally.warned(warned)
        audit_log.log("warned", record_id=warned.record_id, code=warned.code)

    def work_all(self, batches: Iterator[tuple[Iterator[Task], TaskContext]]) -> None:
        """Carry out batch after batch. What cannot be read ends the run; before the first batch it is raised."""
        has_begun = False
        while self._stopped is None:
            try:
                batch = next(batches, None)
            except (ApiError, JournalError, SettingsError) as error:
                if not has_begun and not isinstance(error, StoppedError):
                    raise
                self._end_with(stop_of_unread(error, self._ledger.name))
                return
            except KeyboardInterrupt:
                self.interrupt()
                return
            if batch is None:
                return
            has_begun = True
            self.work(*batch)

    def work(self, tasks: Iterable[Task], context: TaskContext) -> None:
        """Carry tasks out, and wait for them all. Nothing is begun once there is a reason to stop.

        What is in flight then is finished and counted, unless a `KeyboardInterrupt` comes: it is given up then, and the
        next run sees what came of it. One of a ledger, or its `SystemExit`, is a reason to stop like others.
        """
        if self._stopped is not None:
            return
        put_back = list[tuple[Task, Done]]()
        self._carry_out(tasks, context, put_back)
        if self._stopped is None:
            # Whoever was in their way is most likely done by now.
            self._carry_out([task for task, _ in put_back], context, None)
        else:
            for task, done in put_back:
                self._take_in(task.records, done)

    def _carry_out(self, tasks: Iterable[Task], context: TaskContext, put_back: list[tuple[Task, Done]] | None) -> None:
        """Carry tasks out, and put those back that may work later, where there is a list for them."""

        def carry_out(task: Task) -> Done:
            with observing.work("bridge.export.record", record_id=" ".join(each.id for each in task.records[:_NAMED])):
                return carried_out(task, context)

        with WorkerPool[Task, Done](self._in_flight, carry_out) as pool:
            try:
                for task in tasks:
                    self._settle(pool, put_back)
                    if self._is_to_stop():
                        break
                    pool.give(task)
            except KeyboardInterrupt:
                self._give_up(pool, context)
            except (ApiError, JournalError, SettingsError) as error:
                # Reading is what failed; what is in flight is not concerned.
                self._end_with(stop_of_unread(error, self._ledger.name))
            try:
                while pool.in_hand:
                    self._settle(pool, put_back, all_of_it=True)
            except KeyboardInterrupt:
                self._give_up(pool, context)

    def interrupt(self) -> None:
        """Begin nothing else, because the caller asked to stop."""
        self._end(StopCode.INTERRUPTED, INTERRUPTED)

    @contextmanager
    def ending_without_journal(self) -> Generator[None]:
        """A journal that fails inside ends the run; the outcome of what was done before is kept."""
        try:
            yield
        except JournalError as error:
            self._end(StopCode.JOURNAL, str(error))

    def finish(self) -> None:
        """Tell the source what it was not told yet, and count what nothing became of."""
        self._tally.not_reached(sorted(self.unreached.ids), self.unreached.total, self.unreached.records)
        if (warned := self._reporter.decide()) is not None:
            self.warn(warned)
        with self.ending_without_journal():
            self._claims.close()
        try:
            self._tell()
        except KeyboardInterrupt:
            self._stopped = (
                f"it was interrupted while it reported to {self._source.name}; the next run reports the rest"
            )
            self._stop_code = StopCode.INTERRUPTED
        if self._stopped is not None:
            self._reporter.give_up(self._stopped)

    def outcome(self) -> ExportOutcome:
        """What was done so far."""
        self._count_vendors()
        outcome = self._tally.outcome(self._stopped, self._stop_code, self._ledger.name)
        return attrs.evolve(outcome, requests=self._requests - self._sent, seconds=self._clock() - self._started)

    @property
    def _requests(self) -> int:
        return self._source.requests_sent + self._counted()

    def _settle(
        self, pool: WorkerPool[Task, Done], put_back: list[tuple[Task, Done]] | None, *, all_of_it: bool = False
    ) -> None:
        """Write down what is done, and wait until the pool can take another task, or for everything."""
        while pool.in_hand:
            taken = pool.take(wait=all_of_it or pool.is_full)
            if taken is None:
                return
            task, done = taken
            if done.again and put_back is not None:
                put_back.append((task, done))
                pool.settle(task)
                continue
            if done.later:
                if done.stop is not None:
                    self._end_with(done.stop)
                pool.settle(task)
                continue
            self._take_in(task.records, done)
            pool.settle(task)
            if all_of_it:
                # No other record is claimed for now, which would have its outcome written down.
                with self.ending_without_journal():
                    write_noted(self._journal)
            if max(len(self._reporter), len(self._refusals)) >= self._batch:
                self._tell()
            for record in task.records:
                self._show(self._pace.after(record.id))

    def _take_in(self, records: Sequence[Record], done: Done) -> None:
        self._count_vendors()
        self.unreached.reach(records, {result.record.id for result in done.results})
        for result in map(self._linked, done.results):
            self._tally.add(result)
            audit_log.decided(result, done.trace_id, done.call)
            self._note_receipts(result)
            if isinstance(result, Refuse):
                self._note_refusal(result, is_change=not done.reports)
            elif is_right_as_it_is(result):
                self._refusals.append((result.record.id, result.record.version, ()))
            if isinstance(result, Failed | Elsewhere):
                if result.record.type not in self._summarised:
                    self._failed.add(result.record.id)
                self._has_changes_left |= not done.reports
            if done.reports:
                self._report(result)
        for each in done.warned:
            self.warn(each)
        self._end_where_it_fails(done)

    def _end_where_it_fails(self, done: Done) -> None:
        if done.stop is not None:
            self._end_with(done.stop)
        if done.setback:
            self._failures_in_a_row += 1
            if self._failures_in_a_row >= _FAILURES_IN_A_ROW:
                self._end_if_down("; ".join(each.why for each in done.results if isinstance(each, Failed)))
        elif any(isinstance(each, Posted) for each in done.results):
            self._failures_in_a_row = 0

    def _linked(self, result: RecordResult) -> RecordResult:
        if not isinstance(result, Posted):
            return result
        there = None if result.is_removed else self._settings.object_address(result.kind, result.id)
        return attrs.evolve(result, record_link=self._settings.record_address(result.record.id), rillet_link=there)

    def _report(self, result: RecordResult) -> None:
        if isinstance(result, Posted):
            self._reporter.posted(result)
        elif isinstance(result, Refuse):
            self._reporter.refused(result)
        elif isinstance(result, Skip) and result.code in _SETTLED:
            self._reporter.settled(result)

    def _note_receipts(self, result: RecordResult) -> None:
        # A record that is kept as it is may be one of which an earlier run has left a receipt.
        if isinstance(result, Posted) and (result.record.receipts or result.receipts.unattached or result.adopted):
            self._receipts[result.record.id] = any(each.code in ASKED_AGAIN for each in result.receipts.unattached)

    def _note_refusal(self, refused: Refuse, *, is_change: bool) -> None:
        reasons = [(each.code.value, each.text) for each in refused.reasons]
        self._refusals.append((refused.record.id, refused.record.version, reasons))
        if is_change:
            self._refused_changes[refused.record.id] = None

    def _give_up(self, pool: WorkerPool[Task, Done], context: TaskContext) -> None:
        """After an interruption: what is done counts, what is in flight has failed unless the ledger has it."""
        self._stopped = None
        self.interrupt()
        for task, done in pool.done():
            self._take_in(task.records, done)
            pool.settle(task)
        why = "the run was interrupted while it was posted; the next run looks for it"
        for record in (record for task in pool.in_hand for record in task.records):
            posted = context.in_ledger(record.id)
            result = posted or Failed(record=record, why=why, code="interrupted")
            self._take_in([record], Done(results=(result,), reports=posted is None))
            if posted is not None and self._source.is_offered(record):
                self._reporter.leave(record.id, "the next run reports it, once its receipts are attached")
        pool.in_hand.clear()

    def _show(self, progress: Progress) -> None:
        """Tell the caller how far it is; one that raises is not told any more."""
        try:
            self._progress(progress)
        except Exception as error:  # noqa: BLE001 - it is the caller's, and what is in flight has to be written down
            self._progress = silent
            text = f"what shows the progress raised {described(error)}"
            self.warn(Warned(record_id=progress.record_id, code="progress_failed", text=text))

    def _is_to_stop(self) -> bool:
        try:
            is_asked = self._stop()
        except Exception as error:  # noqa: BLE001 - as above
            is_asked = False
            self._end(StopCode.INTERRUPTED, f"what tells whether to stop raised {described(error)}")
        if is_asked:
            self.interrupt()
        return self._stopped is not None

    def _end_if_down(self, last: str) -> None:
        """After some records in a row that failed: look whether the ledger can still be read."""
        why = f"{self._failures_in_a_row} {self._wording.thing}s in a row failed, the last with: {last}"
        self._failures_in_a_row = 0
        if self._is_to_stop():
            return
        try:
            try_to_read(self._ledger)
        except StoppedError:
            self.interrupt()
        except ApiError as error:
            if error.verdict is not Verdict.REFUSED:
                code = StopCode.SETUP if error.verdict is Verdict.FATAL else StopCode.LEDGER_DOWN
                self._end(code, f"{why} {self._ledger.name} cannot be read either: {error}")

    def _end_with(self, stop: Stop) -> None:
        self._end(stop.code, stop.why)

    def _end(self, code: StopCode, why: str) -> None:
        """There is a reason to begin nothing else; the first one counts."""
        if self._stopped is None:
            self._stopped, self._stop_code = why, code
            observing.note(stop_code=code.value)
            audit_log.stopped(code.value, why)

    def _tell(self) -> None:
        """Keep refusals in the journal, so that their history can be told, and tell the source what is pending."""
        refusals, self._refusals = self._refusals, []
        with self.ending_without_journal():
            if refusals:
                self._journal.refused_all(refusals)
        try:
            # What was posted is told, however soon the run is to end.
            with stopping(None), self.ending_without_journal():
                self._reporter.report()
        except ApiError as error:
            self._reporter.give_up(str(error))
            self._end(StopCode.SOURCE_NOT_TOLD, f"{self._source.name} could not be told: {error}")

    def _count_vendors(self) -> None:
        with self._guard:
            for vendor in self._vendors:
                self._tally.created(vendor)
            self._vendors.clear()
