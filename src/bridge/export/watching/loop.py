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
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from queue import Empty, SimpleQueue

from bridge.export.journal.protocol import JournalError
from bridge.export.reporting.report import ExportOutcome
from clientkit.errors import ApiError, ConfigurationError, UnreadableAnswerError

#: From the start of one run over everything to the start of the next.
INTERVAL = timedelta(hours=1)

_FIRST_PAUSE = timedelta(minutes=1)
# How long a stop may go unnoticed between runs.
_MOMENT = 0.5

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


def watch(
    run: Callable[[Sequence[str] | None], ExportOutcome],
    *,
    wait: Callable[[float], Sequence[str]],
    stop: Callable[[], bool],
    interval: timedelta = INTERVAL,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[ExportOutcome]:
    """Run the export until `stop` says so; the outcome of each run that came to one.

    Runs never overlap. Ids that are announced during a run are exported together afterwards. After a failure that may
    pass there is a pause of a minute, twice as long after each further one, up to `interval`; announcements wait for its
    end, for the run after it is over everything.

    Args:
        run: Exports the records with these ids, or with None everything that is ready.
        wait: Waits so many seconds at most for ids that were announced; see `Announcements.wait`.
        stop: Asked between runs, twice a second.
        interval: From the start of one run over everything to the start of the next.
        clock: Seconds on a monotonic clock.

    Raises:
        SettingsError: The settings name what Rillet does not have.
        ConfigurationError: A client cannot work as it was set up.
    """
    due, failures = clock(), 0
    while True:
        # What is announced before a run over everything is part of it.
        ids = wait(min(max(due - clock(), 0.0), _MOMENT))
        if stop():
            return
        started = clock()
        everything = started >= due
        if not everything and (failures or not ids):
            continue
        outcome = _tried(run, None if everything else ids)
        if outcome is not None:
            yield outcome
        if outcome is None or outcome.stopped is not None:
            failures += 1
            due = clock() + _pause(failures, interval).total_seconds()
        elif everything:
            due, failures = started + interval.total_seconds(), 0


def _tried(run: Callable[[Sequence[str] | None], ExportOutcome], ids: Sequence[str] | None) -> ExportOutcome | None:
    try:
        return run(ids)
    except ConfigurationError:
        raise
    except (ApiError, JournalError) as error:
        # What cannot be read may be quoted, and people are named in records.
        why = type(error).__name__ if isinstance(error, UnreadableAnswerError) else error
        _LOG.error("The export could not run and is tried again: %s", why)
        _LOG.debug("The export could not run: %s", error)
        return None


def _pause(failures: int, interval: timedelta) -> timedelta:
    # Beyond ten doublings any interval of a day is reached.
    doubled: timedelta = _FIRST_PAUSE * 2 ** min(failures - 1, 10)
    return min(doubled, interval)
