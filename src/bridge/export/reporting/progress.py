"""How far a run is, and how long the rest will take."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

import attrs

from clientkit.pacing import Pacer, Pacing

_RECENTLY = 300.0
_MOST_MARKS = 600


def _nothing() -> None:
    return None


@attrs.frozen(kw_only=True)
class Progress:
    """After a record: how many are done, of how many, and its id; `rest` is how long the others will take.

    `rest` follows the pace of the last five minutes, and is never less than the service's limit allows; None before there
    is a pace. `waiting` tells at any moment what `waits_for` is.
    """

    done: int
    of: int
    record_id: str
    rest: timedelta | None = None
    waiting: Callable[[], str | None] = attrs.field(default=_nothing, repr=False, eq=False)

    @property
    def waits_for(self) -> str | None:
        """The name of the service whose rate limit requests wait for now; None where they do not, or nobody knows."""
        return self.waiting()

    @property
    def outlook(self) -> str:
        """How long the rest takes, and what the run waits for, as far as there is anything to tell."""
        rest = f"{self.rest} left" if self.rest else ""
        return ", ".join(each for each in (rest, self.wait) if each)

    @property
    def wait(self) -> str:
        """What the run waits for, empty where it does not."""
        service = self.waits_for
        return "" if service is None else f"waiting for the rate limit of {service}"


#: Told after each record.
ShowProgress: TypeAlias = Callable[[Progress], object]


def silent(progress: Progress) -> None:
    """Shows no progress."""
    del progress


class Pace:
    """Estimates the rest of `of` records. `clock` gives seconds, monotonic; `pacer` is that of the slower `service`."""

    def __init__(self, of: int, pacer: Pacing | None, clock: Callable[[], float], service: str = "") -> None:
        self._of, self._clock, self._pacer, self._service = of, clock, pacer, service
        self._seconds_each = pacer.window / pacer.limit if pacer is not None else 0.0
        self._marks = deque([(clock(), 0)], maxlen=_MOST_MARKS)
        self._done = 0

    def after(self, record_id: str) -> Progress:
        """One more record is done."""
        self._done += 1
        now = self._clock()
        while len(self._marks) > 1 and self._marks[0][0] < now - _RECENTLY:
            self._marks.popleft()
        began, had = self._marks[0]
        if now - self._marks[-1][0] >= _RECENTLY / _MOST_MARKS:
            self._marks.append((now, self._done))
        # A record more may have come while the run went.
        left = max(self._of - self._done, 0)
        rest = None
        if now > began:
            seconds = max((now - began) / (self._done - had), self._seconds_each) * left
            rest = timedelta(seconds=round(seconds))
        waiting = self._waiting if left else _nothing
        return Progress(done=self._done, of=self._of, record_id=record_id, rest=rest, waiting=waiting)

    def _waiting(self) -> str | None:
        # A pace of the caller's, or one that machines share, does not tell.
        waits = isinstance(self._pacer, Pacer) and self._pacer.is_waited_for(self._clock())
        return self._service if waits else None
