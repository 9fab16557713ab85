"""A clock for stand-ins that moves only when it is told to."""

from __future__ import annotations

from datetime import datetime, timedelta


class ManualClock:
    """Call it for the time; `advance` moves it by seconds."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
