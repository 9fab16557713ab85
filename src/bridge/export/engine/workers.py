"""Several threads that carry out tasks for one that hands them out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Generic, Self, TypeVar

T = TypeVar("T")
D = TypeVar("D")

# A wait without an end cannot be interrupted on every platform.
_MOMENT = 0.5


class WorkerPool(Generic[T, D]):
    """Carries out at most `size` tasks at a time; use it as a context manager, from one thread.

    The threads never keep the process alive. Where an exception leaves the context, what is in hand is waited for, so that
    nobody begins anew beside it.
    """

    def __init__(self, size: int, carry_out: Callable[[T], D]) -> None:
        self._size, self._carry_out = size, carry_out
        self._tasks = SimpleQueue[T | None]()
        self._done = SimpleQueue[tuple[T, D | BaseException]]()
        self._threads = 0
        self.in_hand = list[T]()

    @property
    def is_full(self) -> bool:
        """Whether every thread has a task."""
        return len(self.in_hand) >= self._size

    def give(self, task: T) -> None:
        """Have a task carried out."""
        if self._threads < min(self._size, len(self.in_hand) + 1):
            # What is observed in it belongs to who began it.
            work = partial(copy_context().run, self._work)
            threading.Thread(target=work, name=f"export-{self._threads + 1}", daemon=True).start()
            self._threads += 1
        self.in_hand.append(task)
        self._tasks.put(task)

    def take(self, *, wait: bool) -> tuple[T, D] | None:
        """A task that was carried out, and what came of it; without `wait` None where there is none yet.

        The task stays in hand until `settle` is called. What it raised is raised here, and it is in hand no longer.
        """
        while True:
            try:
                task, done = self._done.get(timeout=_MOMENT) if wait else self._done.get_nowait()
            except Empty:
                if wait:
                    continue
                return None
            if isinstance(done, BaseException):
                self.settle(task)
                raise done
            return task, done

    def done(self) -> Iterator[tuple[T, D]]:
        """What was carried out and not taken, except for what raised something."""
        while not self._done.empty():
            task, done = self._done.get()
            if not isinstance(done, BaseException):
                yield task, done

    def settle(self, task: T) -> None:
        """What came of a task is written down."""
        self.in_hand[:] = [each for each in self.in_hand if each is not task]

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                done: D | BaseException = self._carry_out(task)
            except BaseException as error:  # noqa: BLE001 - it is raised where the pool is asked
                done = error
            self._done.put((task, done))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _ in range(self._threads):
            self._tasks.put(None)
        while error is not None and self.in_hand:
            with suppress(Empty):
                self.settle(self._done.get(timeout=_MOMENT)[0])
