"""Who has a subject in hand: one lock per name among the threads of a run, one claim in the journal among exporters."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager

from bridge.export.journal.protocol import Journal


class BusyError(Exception):
    """Another exporter has the subject in hand."""


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
        raise BusyError(busy)
    try:
        yield
    finally:
        journal.release(subject)
