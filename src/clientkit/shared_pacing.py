"""A pace that several processes and machines keep together, in a store that all of them reach."""

from __future__ import annotations

import logging
import threading
from typing import Protocol

from clientkit.pacing import Pacer, Pacing, are_seconds, check_pace

_LOG = logging.getLogger(__name__)
# Seconds for which a store that failed is not asked again: each failure may take as long as its time-out.
_PAUSE = 5.0


class PaceStoreError(Exception):
    """The store cannot be asked; the text says why, without its password."""


class PaceStore(Protocol):
    """Keeps when requests go, by the store's own clock. Its methods may be called in any thread."""

    def reserve(self, name: str, limit: int, span: float, patience: float | None) -> float | None:
        """Take the next slot under a name, so that at most `limit` are in any `span` seconds; the seconds until it comes.

        None, and nothing taken, when that is longer than `patience`. Raises `PaceStoreError`.
        """
        ...

    def hold(self, name: str, seconds: float) -> None:
        """Hand out no slot under a name in the next `seconds`. Raises `PaceStoreError`."""
        ...


class SharedPacer:
    """The pace of one key, kept in a store.

    While the store cannot be asked, this process keeps a pace of its own, which others do not see: the service then turns
    requests away, and that is waited out. Nothing is lost, and nothing stops.
    """

    def __init__(self, store: PaceStore, name: str, limit: int, window: float = 60.0, *, margin: float = 0.5) -> None:
        check_pace(limit, window)
        self.limit, self.window, self._span = limit, window, window + margin
        self._store, self._name = store, name
        self._alone = Pacer(limit, window, margin=margin)
        self._not_before = float("-inf")
        self._guard = threading.Lock()

    def reserve(self, now: float, latest: float | None = None) -> float | None:
        """As `Pacing.reserve`."""
        if now >= self._not_before:
            patience = None if latest is None else max(0.0, latest - now)
            try:
                seconds = self._store.reserve(self._name, self.limit, self._span, patience)
            except Exception as error:  # noqa: BLE001 - a store of the caller's may raise anything
                self._missed(now, error)
            else:
                if seconds is None or are_seconds(seconds):
                    return seconds
                self._missed(now, PaceStoreError(f"it gave {seconds!r}, and it has to give seconds or None"))
        return self._alone.reserve(now, latest)

    def hold(self, now: float, seconds: float) -> None:
        """As `Pacing.hold`."""
        self._alone.hold(now, seconds)
        if now >= self._not_before:
            try:
                self._store.hold(self._name, seconds)
            except Exception as error:  # noqa: BLE001 - as above
                self._missed(now, error)

    def __repr__(self) -> str:
        return f"SharedPacer(limit={self.limit}, window={self.window})"

    def _missed(self, now: float, error: Exception) -> None:
        with self._guard:
            self._not_before = now + _PAUSE
        # The text of any other error may name the password of the store.
        why = error if isinstance(error, PaceStoreError) else type(error).__name__
        _LOG.warning("the shared pace cannot be asked, so this process keeps one of its own for now: %s", why)


class SharedPaces:
    """The paces of all keys in one store, as `Paces`: ``rillet.Client(key, pacer=RedisPaces("redis://…"))``."""

    def __init__(self, store: PaceStore) -> None:
        self._store = store

    def pacing(self, name: str, limit: int, window: float, margin: float) -> Pacing:
        """The pace of one key."""
        return SharedPacer(self._store, name, limit, window, margin=margin)
