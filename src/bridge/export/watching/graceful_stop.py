"""Ending well on SIGINT and SIGTERM: what is in flight is finished first, within a bound."""

from __future__ import annotations

import signal
import time
from types import FrameType, TracebackType
from typing import Self

from clientkit.stopping import StoppedError

#: Seconds that what is in flight has after the first signal.
GRACE = 20.0

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# How long a signal may go unnoticed by what waits.
_MOMENT = 0.5


class GracefulStop:
    """Call it to know whether a signal asked to stop; only the main thread can enter it.

    After `grace` seconds, or at a second signal, what is in flight is broken off by a `KeyboardInterrupt`. Where the
    platform has no timers (Windows), only a second signal does so.
    """

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace
        self._asked = False

    def __call__(self) -> bool:
        """Whether a signal came."""
        return self._asked

    def sleep(self, seconds: float) -> None:
        """For a client: wait until a request's turn comes, in any thread. Raises `StoppedError` after a signal."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            # No lock and no event: the handler may interrupt whoever holds it.
            if self._asked:
                raise StoppedError("A request was not sent: the run was interrupted while it waited for its turn.")
            time.sleep(min(left, _MOMENT))

    def __enter__(self) -> Self:
        self._before = {each: signal.signal(each, self._on_signal) for each in _SIGNALS}
        if hasattr(signal, "SIGALRM"):
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, self._grace)
