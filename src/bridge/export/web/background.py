"""What takes long is done beside the pages: readings of the services, and what people ask for.

A page never waits for Rillet's pace. It shows what was read last, with its time, and what is under way.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType
from typing import Self

import attrs

from bridge.export.engine.export import UnknownRecordError
from bridge.export.journal.protocol import JournalError
from clientkit.errors import ApiError

_LOG = logging.getLogger(__name__)
# Of those that have ended, so many are remembered.
_MOST = 500


@attrs.frozen(kw_only=True)
class Task:
    """Something that is done in the background, or was. Times are UTC.

    `problem` says why it could not be done. `result` is that of the last time that it could, which began at `read_at`.
    """

    key: str
    what: str
    began: datetime
    ended: datetime | None = None
    problem: str | None = None
    result: object = None
    read_at: datetime | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.ended is None


class Background:
    """Runs readings one after the other, and beside them what people ask for, one after the other too."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._tasks = dict[str, Task]()
        self._reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="page-reading")
        self._acting = ThreadPoolExecutor(max_workers=1, thread_name_prefix="page-acting")

    def read(self, key: str, what: str, work: Callable[[], object]) -> None:
        """Begin to read something, unless it is being read already."""
        self._start(self._reading, key, what, work)

    def act(self, key: str, what: str, work: Callable[[], object]) -> bool:
        """Begin to do something. False where the same key has something under way, which is left alone."""
        return self._start(self._acting, key, what, work)

    def task(self, key: str) -> Task | None:
        """What is under way or was done last under a key."""
        with self._lock:
            return self._tasks.get(key)

    def tasks(self) -> Mapping[str, Task]:
        """All of them, by their keys."""
        with self._lock:
            return dict(self._tasks)

    def wait(self) -> None:
        """Wait until everything that was begun has ended."""
        for each in (self._reading, self._acting):
            each.submit(_nothing).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What was begun is finished, what waits for its turn is not begun.
        for each in (self._reading, self._acting):
            each.shutdown(wait=False, cancel_futures=True)
        for each in (self._reading, self._acting):
            each.shutdown(wait=True)

    def _start(self, pool: ThreadPoolExecutor, key: str, what: str, work: Callable[[], object]) -> bool:
        with self._lock:
            before = self._tasks.pop(key, None)
            if before is not None and before.is_running:
                self._tasks[key] = before
                return False
            task = Task(key=key, what=what, began=self._now())
            if before is not None:
                task = attrs.evolve(task, result=before.result, read_at=before.read_at)
            # The newest stands last.
            self._tasks[key] = task
            ended = [each.key for each in self._tasks.values() if not each.is_running]
            for old in ended[: max(len(ended) - _MOST, 0)]:
                del self._tasks[old]
            pool.submit(self._run, task, work)
        return True

    def _run(self, task: Task, work: Callable[[], object]) -> None:
        began = self._now()
        try:
            done = attrs.evolve(task, result=work(), read_at=began)
        except (ApiError, JournalError, UnknownRecordError, ValueError, OSError) as error:
            done = attrs.evolve(task, problem=str(error))
        except Exception as error:  # noqa: BLE001 - one bad reading must not end the others
            _LOG.exception("a task of the page failed")
            done = attrs.evolve(task, problem=f"something went wrong here ({type(error).__name__}); the log has more")
        with self._lock:
            self._tasks[task.key] = attrs.evolve(done, ended=self._now())


def _nothing() -> None:
    """Has its turn when all before it is done."""
