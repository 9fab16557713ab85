"""Who has a subject in hand: one lock per name among the threads of a run, one claim in the journal among exporters."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager

from bridge.export.journal.no_journal import for_exporter
from bridge.export.journal.protocol import ExchangingJournal, Held, Journal


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


class Holders:
    """The journal for the runs of one export: runs at the same time keep off what the other has in hand."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self._idle = journal, [journal]

    @contextmanager
    def one(self) -> Generator[Journal]:
        """A journal whose claims no other run has at this moment; for any thread."""
        try:
            journal = self._idle.pop()
        except IndexError:
            journal = for_exporter(self.journal)
        try:
            yield journal
        finally:
            # The next run takes over what this one could not give back, as when the database was away.
            self._idle.append(journal)


class Claims:
    """The records that a run has in hand; for any thread.

    A record that is done is given back in the transaction that claims the next one, where the journal can do that: it is
    kept from other exporters for a moment longer, and costs one transaction less. `close` gives back the last ones.
    """

    def __init__(self, journal: Journal, *, hands_on: bool = False) -> None:
        self._journal = journal
        self._exchanging = journal if hands_on and isinstance(journal, ExchangingJournal) else None
        self._done, self._guard = set[str](), threading.Lock()

    @contextmanager
    def holding(self, subject: str, busy: str) -> Generator[None]:
        """Keep other exporters off a subject while the context lasts. Raises as `claimed`."""
        if not self._take(subject):
            raise BusyError(busy, self._journal.held(subject))
        try:
            yield
        finally:
            self._give_back(subject)

    def close(self) -> None:
        """Give back what is done; from now on each is given back at once. Raises `JournalError`."""
        with self._guard:
            self._exchanging, done, self._done = None, self._done, set[str]()
        if done:
            self._journal.release_all(done)

    def _take(self, subject: str) -> bool:
        exchanging = self._exchanging
        if exchanging is None:
            return self._journal.claim(subject)
        # Guarded until it is written down, so that nothing is given back that is claimed again meanwhile.
        with self._guard:
            if not self._done:
                return self._journal.claim(subject)
            is_mine = exchanging.exchange(subject, released=frozenset(self._done))
            self._done.clear()
            return is_mine

    def _give_back(self, subject: str) -> None:
        with self._guard:
            if self._exchanging is not None:
                self._done.add(subject)
                return
        self._journal.release(subject)
