"""Exporting for as long as the process lives: at once, then every so often, and whenever Brex announces records.

::

    announcements = Announcements()
    for outcome in watch(lambda ids: export.run(ids=ids, stop=stopping), wait=announcements.wait, stop=stopping):
        print(outcome.amounts)

Brex advises to poll about once an hour beside its webhooks: bills are not announced, and an announcement may get lost.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from queue import Empty, SimpleQueue

from bridge.export.engine.runner import never
from bridge.export.journal.protocol import LEASE, JournalError, WrongJournalError
from bridge.export.reporting import audit_log
from bridge.export.reporting.report import ExportOutcome
from clientkit.errors import ApiError, ConfigurationError
from clientkit.verdicts import Verdict

#: From the start of one run over everything to the start of the next.
INTERVAL = timedelta(hours=1)

_FIRST_PAUSE = timedelta(minutes=1)
# How long a stop may go unnoticed between runs.
_MOMENT = 0.5
# How long an announcement may go unnoticed by a task.
_GLANCE = 0.1

_LOG = logging.getLogger(__name__)


class Announcements:
    """Ids of records on their way from webhooks, in any thread, to the one that exports them."""

    def __init__(self) -> None:
        self._told = SimpleQueue[tuple[str, ...]]()

    def tell(self, record_ids: Iterable[str]) -> None:
        """These records became ready. Never waits."""
        self._told.put(tuple(record_ids))

    def wait(self, seconds: float) -> Sequence[str]:
        """What was told since the last call, each id once; waits for the first so many seconds at most."""
        ids = dict[str, None]()
        with suppress(Empty):
            ids.update(dict.fromkeys(self._told.get(timeout=seconds)))
            while True:
                ids.update(dict.fromkeys(self._told.get_nowait()))
        return tuple(ids)

    async def async_wait(self, seconds: float) -> Sequence[str]:
        """As `wait`, without blocking the event loop; a cancellation loses none."""
        import asyncio

        left = seconds
        while not (ids := self.wait(0)) and left > 0:
            await asyncio.sleep(min(left, _GLANCE))
            left -= _GLANCE
        return ids


def _ignored(_: ApiError | JournalError) -> None:
    """For who needs no more than the log."""


def watch(
    run: Callable[[Sequence[str] | None], ExportOutcome],
    *,
    wait: Callable[[float], Sequence[str]],
    stop: Callable[[], bool],
    interval: timedelta = INTERVAL,
    clock: Callable[[], float] = time.monotonic,
    on_error: Callable[[ApiError | JournalError], object] = _ignored,
) -> Iterator[ExportOutcome]:
    """Run the export until `stop` says so; the outcome of each run that came to one.

    Runs never overlap. Ids that are announced during a run are exported together afterwards. Where another exporter had
    records in hand, the next run over everything begins 12 minutes later at the latest, when the claims of one that died
    have ended. After a run that failed or was stopped there is a pause of a minute, twice as long after each further one,
    up to `interval`; announcements wait for its end, for the run after it is over everything. A key that is refused is
    tried again too, because a person may mend it meanwhile: a run that could not begin has no outcome and is told to
    `on_error`, which a health check needs.

    Args:
        run: Exports the records with these ids, or with None everything that is ready.
        wait: Waits so many seconds at most for ids that were announced; see `Announcements.wait`.
        stop: Asked between runs, twice a second.
        interval: From the start of one run over everything to the start of the next.
        clock: Seconds on a monotonic clock.
        on_error: Called with what a run raised that came to no outcome. The `verdict` of an `ApiError` is `FATAL` where a
            person has to mend something, such as a key, and so it is with a `WrongJournalError`. What it raises ends the loop.

    Raises:
        SettingsError: The settings name what Rillet does not have.
        ConfigurationError: A client cannot work as it was set up. A store of secrets that cannot be reached is tried again.
    """
    schedule = _Schedule(interval, clock)
    while True:
        # What is announced before a run over everything is part of it.
        ids = wait(schedule.pause())
        if stop():
            return
        if not schedule.begins(ids):
            continue
        outcome: ExportOutcome | None = None
        try:
            outcome = run(schedule.subjects(ids))
        except (ApiError, JournalError) as error:
            _log_failure(error)
            on_error(error)
        if outcome is not None:
            yield outcome
        schedule.ended(outcome)


async def async_watch(
    run: Callable[[Sequence[str] | None], Awaitable[ExportOutcome]],
    *,
    wait: Callable[[float], Awaitable[Sequence[str]]],
    stop: Callable[[], bool] = never,
    interval: timedelta = INTERVAL,
    clock: Callable[[], float] = time.monotonic,
    on_error: Callable[[ApiError | JournalError], object] = _ignored,
) -> AsyncGenerator[ExportOutcome]:
    """As `watch`, for an `AsyncExport`; cancel the task that iterates, and a run in progress ends as `AsyncExport` says.

    Args:
        run: As for `watch`.
        wait: As for `watch`; see `Announcements.async_wait`.
        stop: As for `watch`.
        interval: As for `watch`.
        clock: As for `watch`.
        on_error: As for `watch`; called in the event loop.

    Raises:
        SettingsError: The settings name what Rillet does not have.
        ConfigurationError: A client cannot work as it was set up. A store of secrets that cannot be reached is tried again.
    """
    schedule = _Schedule(interval, clock)
    while True:
        ids = await wait(schedule.pause())
        if stop():
            return
        if not schedule.begins(ids):
            continue
        outcome: ExportOutcome | None = None
        try:
            outcome = await run(schedule.subjects(ids))
        except (ApiError, JournalError) as error:
            _log_failure(error)
            on_error(error)
        if outcome is not None:
            yield outcome
        schedule.ended(outcome)


class _Schedule:
    """When the next run begins, and over what."""

    def __init__(self, interval: timedelta, clock: Callable[[], float]) -> None:
        self._interval, self._clock = interval, clock
        self._due = self._started = clock()
        self._failures, self._is_over_everything = 0, False

    def pause(self) -> float:
        """Seconds for which announcements are waited for."""
        return min(max(self._due - self._clock(), 0.0), _MOMENT)

    def begins(self, ids: Sequence[str]) -> bool:
        """Whether a run begins now, these ids having been announced."""
        self._started = self._clock()
        self._is_over_everything = self._started >= self._due
        return self._is_over_everything or (not self._failures and bool(ids))

    def subjects(self, ids: Sequence[str]) -> Sequence[str] | None:
        """What the run that begins is over, None being everything."""
        return None if self._is_over_everything else ids

    def ended(self, outcome: ExportOutcome | None) -> None:
        """The run came to this, None being nothing."""
        if outcome is None or outcome.stopped is not None:
            self._failures += 1
            self._due = self._clock() + _pause(self._failures, self._interval).total_seconds()
            return
        if self._is_over_everything:
            self._due, self._failures = self._started + self._interval.total_seconds(), 0
        if outcome.counts.elsewhere:
            # If the other exporter is dead, its claims have ended by then.
            self._due = min(self._due, self._clock() + LEASE.total_seconds())


def _log_failure(error: ApiError | JournalError) -> None:
    """Log why a run came to nothing. Raises what a person has to mend first."""
    if isinstance(error, ConfigurationError) and error.verdict is Verdict.FATAL:
        raise error
    text = "The export could not run and is tried again"
    if isinstance(error, WrongJournalError) or (isinstance(error, ApiError) and error.verdict is Verdict.FATAL):
        text = "The export cannot run before a person mends this; it is tried again"
    audit_log.failure(_LOG, logging.ERROR, text, error)


def _pause(failures: int, interval: timedelta) -> timedelta:
    # Beyond ten doublings any interval of a day is reached.
    doubled: timedelta = _FIRST_PAUSE * 2 ** min(failures - 1, 10)
    return min(doubled, interval)
