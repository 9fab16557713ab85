"""Time for tests: it passes when the test says so, and while something sleeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clientkit.call_context import Clocks


class ManualClock:
    """A clock that stands still. `now` is for stand-ins and journals, `sleep` for clients, `clocks` for OAuth and clients."""

    def __init__(self, start: datetime = datetime(2026, 10, 1, 12, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """The time, in UTC."""
        return self._now

    def advance(self, span: timedelta) -> None:
        """Let time pass."""
        self._now += span

    def clocks(self) -> Clocks:
        """The same time for what takes a `Clocks`, such as `OAuth`, whose tokens age by it."""
        from clientkit.call_context import Clocks

        def seconds() -> float:
            return self._now.timestamp()

        return Clocks(monotonic=seconds, wall=seconds, chance=lambda: 0.5)

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass, at once."""
        self.advance(timedelta(seconds=seconds))
