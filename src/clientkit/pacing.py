"""Keeping below a service's rate limit."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Sequence
from typing import Protocol, runtime_checkable
from weakref import WeakKeyDictionary, WeakValueDictionary

_MARGIN = 0.005


class Pacing(Protocol):
    """At most `limit` requests in any `window` seconds. It hands out waits and never sleeps.

    `Pacer` is the one of a process. One that others share may be asked in any thread, and should not raise: a call that
    cannot have its turn fails with `NoAnswerError`, and so it does where it is given no seconds.
    """

    @property
    def limit(self) -> int:
        """How many requests there may be in a window."""
        ...

    @property
    def window(self) -> float:
        """Its length in seconds."""
        ...

    def reserve(self, now: float, latest: float | None = None) -> float | None:
        """Take the next free slot; the seconds until it comes, 0 when it is now. `now` is the caller's monotonic time.

        None, and nothing taken, when the slot would come after the time `latest`.
        """
        ...

    def hold(self, now: float, seconds: float) -> None:
        """Hand out no slot in the next `seconds`: the service turned a request away, so others use its limit too."""
        ...


@runtime_checkable
class Paces(Protocol):
    """Where the paces of many keys are kept, for instance in a Redis that several machines use."""

    def pacing(self, name: str, limit: int, window: float, margin: float) -> Pacing:
        """The one pace of a key. `name` stands for the key and does not tell it; `margin` is as for `Pacer`."""
        ...


class Pacer:
    """At most `limit` requests in any `window` seconds, shared by everything that holds this object.

    It hands out waits and never sleeps, so one object serves threads and tasks alike. A `margin` of seconds is added to
    the window, or a request could still land inside it by the service's clock: the first one may be longer on its way.
    """

    def __init__(self, limit: int, window: float = 60.0, *, margin: float = _MARGIN) -> None:
        check_pace(limit, window)
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
            slot = next_slot(self._slots, self._held_until, now, self.limit, span)
            if latest is not None and slot > latest:
                return None
            self._slots.append(slot)
            return slot - now

    def hold(self, now: float, seconds: float) -> None:
        """Hand out no slot in the next `seconds`: the service turned a request away, so others use its limit too."""
        with self._lock:
            self._held_until = max(self._held_until, now + seconds)

    def is_waited_for(self, now: float) -> bool:
        """Whether a request waits for its slot, or would have to because the service turned one away."""
        with self._lock:
            return self._held_until > now or bool(self._slots and self._slots[-1] > now)

    def __repr__(self) -> str:
        return f"Pacer(limit={self.limit}, window={self.window})"


def check_pace(limit: int, window: float) -> None:
    """Raise `ValueError` for a pace that nothing can keep."""
    if limit < 1 or window <= 0:
        raise ValueError(f"a pace needs a limit of at least 1 and a window above 0, not {limit} in {window} s")


def are_seconds(given: object) -> bool:
    """Whether a pace of the caller's gave a time that can be waited."""
    return isinstance(given, int | float) and 0 <= given < float("inf")


def next_slot(slots: Sequence[float], held_until: float, now: float, limit: int, span: float) -> float:
    """When the next request may go, after those at `slots`, which are in order: at most `limit` in any `span` seconds."""
    slot = max(now, held_until)
    if len(slots) >= limit:
        slot = max(slot, slots[-limit] + span)
    # A thread may have read its clock before another one that came here first; slots stay in order.
    return max(slot, slots[-1]) if slots else slot


_of_object: WeakKeyDictionary[object, Pacer] = WeakKeyDictionary()
_shared: WeakValueDictionary[str, Pacer] = WeakValueDictionary()
_shared_lock = threading.Lock()


def shared_pacer(base_url: str, token: str, limit: int, window: float = 60.0, *, margin: float = _MARGIN) -> Pacer:
    """The one pacer of all clients in this process that use the same key on the same service."""
    digest = _digest(base_url, token, limit, window, margin)
    with _shared_lock:
        pacer = _shared.get(digest)
        if pacer is None:
            pacer = _shared[digest] = Pacer(limit, window, margin=margin)
        return pacer


def pacer_for(
    given: Pacing | Paces | None,
    base_url: str,
    token: str,
    limit: int,
    window: float = 60.0,
    *,
    margin: float = _MARGIN,
) -> Pacing:
    """The pace of a client with this key: the one that is given, the key's own of those that are given, or the process's."""
    if given is None:
        return shared_pacer(base_url, token, limit, window, margin=margin)
    if isinstance(given, Paces):
        return given.pacing(_digest(base_url.rstrip("/"), token), limit, window, margin)
    return given


def pacer_of(owner: object, limit: int, window: float = 60.0) -> Pacer:
    """The one pacer of everything that uses `owner`, for instance credentials whose tokens change."""
    with _shared_lock:
        pacer = _of_object.get(owner)
        if pacer is None:
            pacer = _of_object[owner] = Pacer(limit, window)
        return pacer


def _digest(*parts: object) -> str:
    return hashlib.sha256("\n".join(str(part) for part in parts).encode()).hexdigest()
