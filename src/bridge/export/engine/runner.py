"""The work of one run: several tasks in flight, and Brex told in batches of what came of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TypeAlias

import brex_accounting
import rillet
from bridge.decisions import Refused
from bridge.export.engine.attempts import Journal, JournalError
from bridge.export.engine.tasks.receipts import Attaching
from bridge.export.engine.tasks.record import Desk, Done, Task
from bridge.export.engine.workers import Crew
from bridge.export.reporting import audit_log
from bridge.export.reporting.brex_reporter import Telling
from bridge.export.reporting.progress import Pace, Progress
from bridge.export.reporting.report import ExportOutcome, Failed, Posted
from bridge.export.reporting.tally import Tally
from bridge.settings.values import Settings
from clientkit.errors import ApiError
from rillet import Vendor

#: Told after each record.
ShowProgress: TypeAlias = Callable[[Progress], object]

_FAILURES_IN_A_ROW = 3
_INTERRUPTED = "it was interrupted"


def silent(progress: Progress) -> None:
    """Shows no progress."""
    del progress


def never() -> bool:
    """Does not ask to stop."""
    return False


class Shift:
    """One run in progress; `outcome` is what it came to so far.

    Tasks are carried out by a crew of `in_flight` threads; everything else, Brex included, is the work of the thread that
    calls. At most `in_flight` tasks are begun and not ended.
    """

    def __init__(
        self,
        brex: brex_accounting.Client,
        rillet: rillet.Client,
        settings: Settings,
        *,
        journal: Journal,
        batch: int,
        in_flight: int,
        pace: Pace,
        keep: int | None = None,
        progress: ShowProgress = silent,
        stop: Callable[[], bool] = never,
    ) -> None:
        self._batch, self._in_flight, self._pace, self._progress, self._stop = batch, in_flight, pace, progress, stop
        self._tally = Tally(keep)
        self._telling = Telling(brex, journal, settings, self._tally)
        receipts = Attaching(brex, rillet, journal) if settings.receipts else None
        self._desk = Desk(rillet, journal, settings, self._created, receipts)
        self._guard = threading.Lock()
        self._vendors = list[Vendor]()
        self._failures_in_a_row = 0
        self._stopped: str | None = None

    def work(self, tasks: Iterable[Task]) -> None:
        """Carry tasks out, and wait for them all. Nothing is begun once there is a reason to stop.

        What is in flight then is finished and counted, unless a `KeyboardInterrupt` comes: it is given up then, and the
        next run sees what came of it.
        """
        if self._stopped is not None:
            return
        with Crew[Task, Done](self._in_flight, lambda task: task.carry_out(self._desk)) as crew:
            try:
                for task in tasks:
                    self._settle(crew)
                    if self._is_to_stop():
                        break
                    crew.give(task)
            except KeyboardInterrupt:
                self._give_up(crew)
            except (ApiError, JournalError) as error:
                # Reading is what failed; what is in flight is not concerned.
                self._end(type(error).__name__, str(error))
            try:
                while crew.in_hand:
                    self._settle(crew, all_of_it=True)
            except KeyboardInterrupt:
                self._give_up(crew)

    def finish(self) -> None:
        """Tell Brex what it was not told yet."""
        try:
            self._tell()
        except KeyboardInterrupt:
            self._stopped = "it was interrupted while it reported to Brex; the next run reports the rest"
            self._telling.give_up(self._stopped)

    def outcome(self) -> ExportOutcome:
        """What was done so far."""
        self._count_vendors()
        return self._tally.outcome(self._stopped)

    def _settle(self, crew: Crew[Task, Done], *, all_of_it: bool = False) -> None:
        """Write down what is done, and wait until the crew can take another task, or for everything."""
        while crew.in_hand:
            taken = crew.take(wait=all_of_it or crew.is_full)
            if taken is None:
                return
            task, done = taken
            self._take_in(done)
            crew.settle(task)
            if len(self._telling) >= self._batch:
                self._tell()
            for record in task.records:
                self._progress(self._pace.after(record.id))

    def _take_in(self, done: Done) -> None:
        self._count_vendors()
        for result in done.results:
            self._tally.add(result)
            audit_log.decided(result, done.trace_id)
            if done.reports and isinstance(result, Posted):
                self._telling.posted(result)
            elif done.reports and isinstance(result, Refused):
                self._telling.refused(result)
        if done.stop is not None:
            self._end(done.stop.code, done.stop.why)
        if done.setback:
            self._failures_in_a_row += 1
            if self._failures_in_a_row >= _FAILURES_IN_A_ROW:
                last = "; ".join(each.why for each in done.results if isinstance(each, Failed))
                why = f"{self._failures_in_a_row} records in a row failed, the last with: {last}"
                self._end("failures_in_a_row", why)
        elif any(isinstance(each, Posted) for each in done.results):
            self._failures_in_a_row = 0

    def _give_up(self, crew: Crew[Task, Done]) -> None:
        """After an interruption: what is done counts, what is in flight has failed."""
        self._stopped = None
        self._end("interrupted", _INTERRUPTED)
        for task, done in crew.done():
            self._take_in(done)
            crew.settle(task)
        why = "the run was interrupted while it was posted; the next run looks for it"
        for task in crew.in_hand:
            for record in task.records:
                self._take_in(Done(results=(Failed(record=record, why=why, code="interrupted"),)))
        crew.in_hand.clear()

    def _is_to_stop(self) -> bool:
        if self._stop():
            self._end("interrupted", _INTERRUPTED)
        return self._stopped is not None

    def _end(self, code: str, why: str) -> None:
        """There is a reason to begin nothing else; the first one counts."""
        if self._stopped is None:
            self._stopped = why
            audit_log.stopped(code, why)

    def _tell(self) -> None:
        try:
            self._telling.tell()
        except ApiError as error:
            self._telling.give_up(str(error))
            self._end("brex_not_told", f"Brex could not be told: {error}")
        except JournalError as error:
            self._end("journal", str(error))

    def _created(self, vendor: Vendor) -> None:
        with self._guard:
            self._vendors.append(vendor)

    def _count_vendors(self) -> None:
        with self._guard:
            for vendor in self._vendors:
                self._tally.created(vendor)
            self._vendors.clear()
