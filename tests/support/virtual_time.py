"""A time that passes only when everybody waits, for clients and stand-ins that several threads use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from clientkit import Answer, Clocks, Outgoing, Pacer

_START = datetime(2026, 2, 6, 9, tzinfo=UTC)


class VirtualTime:
    """Whoever has been given a slot by `pacer` and has not sent yet keeps the time from passing, unless it sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.changed = threading.Condition(threading.RLock())
        self.holders = 0
        self._targets = list[float]()
        self.clocks = Clocks(monotonic=lambda: self.now, wall=lambda: self.now, chance=lambda: 0.5)

    def datetime(self) -> datetime:
        """For a stand-in."""
        return _START + timedelta(seconds=self.now)

    def sleep(self, seconds: float) -> None:
        """Wait until the time has come."""
        with self.changed:
            target = self.now + seconds
            self._targets.append(target)
            while self.now < target:
                if len(self._targets) >= self.holders:
                    self.now = max(self.now, min(self._targets))
                    self.changed.notify_all()
                else:
                    self.changed.wait()
            self._targets.remove(target)


class VirtualPacer(Pacer):
    """Notes who was given a slot."""

    def __init__(self, time: VirtualTime, limit: int) -> None:
        super().__init__(limit)
        self._time = time

    @override
    def reserve(self, now: float, latest: float | None = None) -> float | None:
        with self._time.changed:
            self._time.holders += 1
            return super().reserve(self._time.now)


class VirtualTransport:
    """Notes who sends."""

    def __init__(self, time: VirtualTime, handle: Callable[[Outgoing], Answer]) -> None:
        self._time, self._handle = time, handle

    def send(self, outgoing: Outgoing) -> Answer:
        with self._time.changed:
            answer = self._handle(outgoing)
            self._time.holders -= 1
            self._time.changed.notify_all()
            return answer

    def close(self) -> None:
        pass
