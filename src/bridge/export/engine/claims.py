"""Who has a subject in hand: one lock per name among the threads of a run, one claim in the journal among exporters."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager

from bridge.export.journal.protocol import Held, Journal


class BusyError(Exception):
    """Something that a record needs is in somebody's hand: `held` says in whose, None where it was given back meanwhile.

    `passes` says whether it is soon free.
    """

    def __init__(self, why: str, held: Held | None = None, *, passes: bool = True) -> None:
        super().__init__(why if held is None else f"{why} ({held.who}, until {held.until:%H:%M:%S} UTC)")
        self.held, self.passes = held, passes


class Locks:
    """A lock for each name."""

    def __init__(self) -> None:
        self._locks = defaultdict[str, threading.Lock](threading.Lock)
        self._guard = threading.Lock()

    @contextmanager
    def holding(self, name: str) -> Generator[None]:
        """Wait for the lock of this name, and hold it."""
        with self._guard:
            lock = self._locks[name]
        with lock:
            yield


@contextmanager
def claimed(journal: Journal, subject: str, busy: str) -> Generator[None]:
    """Keep other exporters off a subject while the context lasts.

    Raises:
        BusyError: Another exporter has it in hand; `busy` is what to say then.
        JournalError: The journal cannot be read or written.
    """
    if not journal.claim(subject):
        raise BusyError(busy, journal.held(subject))
    try:
        yield
    finally:
        journal.release(subject)
