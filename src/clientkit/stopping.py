"""Ending what waits for its turn when a program is asked to stop."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from clientkit.errors import ApiError
from clientkit.overriding import override
from clientkit.verdicts import Verdict

# Seconds for which a request to stop may go unnoticed by what waits.
_MOMENT = 0.5

_stop: ContextVar[Callable[[], bool] | None] = ContextVar("stop", default=None)


class StoppedError(ApiError):
    """The program was asked to stop while a call waited for its turn in the rate limit, or for its next attempt."""

    @property
    @override
    def verdict(self) -> Verdict:
        """`PASSING` if nothing of the call was sent, else `UNCLEAR`."""
        return Verdict.PASSING if self.is_unsent else Verdict.UNCLEAR


@contextmanager
def stopping(stop: Callable[[], bool] | None) -> Generator[None]:
    """Ask `stop` twice a second while calls inside wait; they raise `StoppedError` when it returns True.

    None lets them wait to the end. It holds for this thread or task, and for those that copy its context.
    """
    token = _stop.set(stop)
    try:
        yield
    finally:
        _stop.reset(token)


def parts_of(seconds: float) -> Iterator[float]:
    """A wait in parts, between which it is asked whether to stop. Raises `StoppedError`."""
    stop = _stop.get()
    if stop is None:
        yield seconds
        return
    while not stop():
        if seconds <= 0:
            return
        yield min(seconds, _MOMENT)
        seconds -= _MOMENT
    raise StoppedError("The program was asked to stop while the call waited for its turn or its next attempt.")
