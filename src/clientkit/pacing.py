"""Keeping below a service's rate limit."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from weakref import WeakKeyDictionary, WeakValueDictionary

_MARGIN = 0.005


class Pacer:
    """At most `limit` requests in any `window` seconds, shared by everything that holds this object.

    It hands out waits and never sleeps, so one object serves threads and tasks alike. A `margin` of seconds is added to
    the window, or a request could still land inside it by the service's clock: the first one may be longer on its way.
    """

    def __init__(self, limit: int, window: float = 60.0, *, margin: float = _MARGIN) -> None:
        if limit < 1 or window <= 0:
            raise ValueError(f"a pace needs a limit of at least 1 and a window above 0, not {limit} in {window} s")
        self.limit, self.window, self._margin = limit, window, margin
        self._slots: deque[float] = deque()
        self._held_until = float("-inf")
        self._lock = threading.Lock()

    def reserve(self, now: float, latest: float | None = None) -> float | None:
        """Take the next free slot; the seconds until it comes, 0 when it is now. `now` is a monotonic time.

        None, and nothing taken, when the slot would come after the time `latest`.
        """
        span = self.window + self._margin
        with self._lock:
            while self._slots and self._slots[0] <= now - span:
                self._slots.popleft()
            full = len(self._slots) >= self.limit
            slot = max(now, self._slots[-self.limit] + span) if full else now
            if self._slots:
                # A thread may have read its clock before another one that came here first; slots stay in order.
                slot = max(slot, self._slots[-1])
            slot = max(slot, self._held_until)
            if latest is not None and slot > latest:
                return None
            self._slots.append(slot)
            return slot - now

    def hold(self, until: float) -> None:
        """Hand out no slot before `until`, a monotonic time: the service turned a request away, so others use its limit too."""
        with self._lock:
            self._held_until = max(self._held_until, until)

    def __repr__(self) -> str:
        return f"Pacer(limit={self.limit}, window={self.window})"


_of_object: WeakKeyDictionary[object, Pacer] = WeakKeyDictionary()
_shared: WeakValueDictionary[str, Pacer] = WeakValueDictionary()
_shared_lock = threading.Lock()


def shared_pacer(base_url: str, token: str, limit: int, window: float = 60.0, *, margin: float = _MARGIN) -> Pacer:
    """The one pacer of all clients in this process that use the same key on the same service."""
    digest = hashlib.sha256(f"{base_url}\n{token}\n{limit}\n{window}\n{margin}".encode()).hexdigest()
    with _shared_lock:
        pacer = _shared.get(digest)
        if pacer is None:
            pacer = _shared[digest] = Pacer(limit, window, margin=margin)
        return pacer


def pacer_of(owner: object, limit: int, window: float = 60.0) -> Pacer:
    """The one pacer of everything that uses `owner`, for instance credentials whose tokens change."""
    with _shared_lock:
        pacer = _of_object.get(owner)
        if pacer is None:
            pacer = _of_object[owner] = Pacer(limit, window)
        return pacer
