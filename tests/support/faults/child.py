"""A server of exporting processes: it forks one for each job, so that a process that is killed costs milliseconds.

It reads a line with jobs, forks a process for each, writes their ids, lets them go when it reads the next line, and
writes their exit statuses: 0 complete, 1 incomplete, 2 could not run, 3 broken, negative for the signal that killed it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import attrs
from typing_extensions import override

import brex_accounting.testing
import rillet.testing
from bridge import Bridge
from bridge.export import AsyncExport, Export, ExportOutcome, KeptBooks
from bridge.export.engine.attempts import Attempt, AttemptState
from bridge.export.journal.protocol import JournalError
from bridge.export.journal.sql import SqlJournal
from bridge.export.ledgers.protocol import LookUp
from bridge.export.ledgers.rillet import RilletLedger
from clientkit import ApiError, Options, Pacer, RetryPolicy
from clientkit.transport import HttpTransport
from support.companies.exported import REFERENCE_TYPE, expense
from support.faults.drips import dripping
from support.faults.harness import SETTINGS

# Made once, because each loads certificates; they hold no connection when a process is forked.
_TO_BREX, _TO_RILLET = HttpTransport(proxies=False), HttpTransport(proxies=False)

OPTIONS = Options(timeout=0.6, deadline=20, retry=RetryPolicy(attempts=2, base=0.0))


class DyingJournal(SqlJournal):
    """Kills its process before or after the n-th thing that it is asked to write."""

    def __init__(self, place: str, *, dies_at: tuple[int, bool] | None, now: datetime, who: str) -> None:
        self._step, self._dies_at, self._guard = 0, dies_at, threading.Lock()
        self.intended = 0
        super().__init__(place, now=lambda: now, who=who)
        if "://" not in place:
            # What a killed process wrote, the system has; only a power cut would need the disk, and it is slow.
            with self._writing() as connection:
                connection.exec_driver_sql("PRAGMA synchronous = OFF")

    def _die(self, *, after: bool) -> None:
        with self._guard:
            if self._dies_at == (self._step, after):
                os.kill(os.getpid(), signal.SIGKILL)
            self._step += after

    @override
    def claim(self, subject: str) -> bool:
        self._die(after=False)
        claimed = super().claim(subject)
        self._die(after=True)
        return claimed

    @override
    def claim_all(self, subjects: Sequence[str]) -> frozenset[str]:
        self._die(after=False)
        claimed = super().claim_all(subjects)
        self._die(after=True)
        return claimed

    @override
    def exchange(self, subject: str, *, released: Iterable[str]) -> bool:
        self._die(after=False)
        claimed = super().exchange(subject, released=released)
        self._die(after=True)
        return claimed

    @override
    def release_all(self, subjects: Iterable[str]) -> None:
        self._die(after=False)
        super().release_all(subjects)
        self._die(after=True)

    @override
    def intend(self, attempt: Attempt) -> None:
        self._die(after=False)
        self.intended += 1
        super().intend(attempt)
        self._die(after=True)

    @override
    def note(self, attempt: Attempt) -> None:
        self._die(after=False)
        super().note(attempt)
        self._die(after=True)

    @override
    def note_later(self, attempt: Attempt) -> None:
        # What waits here dies with the process.
        self._die(after=False)
        super().note_later(attempt)
        self._die(after=True)

    @override
    def reported(self, subjects: Iterable[str]) -> None:
        self._die(after=False)
        super().reported(subjects)
        self._die(after=True)

    def has_intended(self, count: int) -> bool:
        """Whether so much was about to be sent."""
        return self.intended >= count


class WithoutIntents(DyingJournal):
    """A broken journal, for the harness's own test: nothing is written before a request leaves."""

    @override
    def intend(self, attempt: Attempt) -> None:
        self._die(after=False)
        self.intended += 1
        self._die(after=True)

    @override
    def note(self, attempt: Attempt) -> None:
        self._die(after=False)
        if attempt.state is not AttemptState.OPEN:
            SqlJournal.intend(self, attempt)
        self._die(after=True)

    @override
    def note_later(self, attempt: Attempt) -> None:
        self.note(attempt)


class TooHopeful(DyingJournal):
    """A broken journal, for the harness's own test: what is intended counts as posted."""

    @override
    def intend(self, attempt: Attempt) -> None:
        self._die(after=False)
        SqlJournal.intend(self, attrs.evolve(attempt, state=AttemptState.POSTED, object_id="hope"))
        self._die(after=True)


COULD_NOT_RUN, BROKEN = 2, 3
MOST_SLICES = 20
JOURNALS = {"right": DyingJournal, "without intents": WithoutIntents, "too hopeful": TooHopeful}


def export(job: Mapping[str, Any]) -> int:
    """Carry out one job; its exit status."""
    if job["awaits"]:
        return asyncio.run(_awaited(job))
    if job["looks_up"]:
        return _run(job)
    nothing = LookUp()
    with (
        mock.patch.object(RilletLedger, "find", return_value=nothing),
        mock.patch.object(RilletLedger, "look_up", return_value=nothing),
    ):
        return _run(job)


def _run(job: Mapping[str, Any]) -> int:
    now = datetime.fromisoformat(job["now"])
    dies_at = None if job["dies_at"] is None else (job["dies_at"][0], job["dies_at"][1])
    # A 429 is waited out for a part of the window.
    pacer = Pacer(1_000_000, window=0.2)
    try:
        with (
            JOURNALS[job["journal"]](job["place"], dies_at=dies_at, now=now, who=job["who"]) as journal,
            brex_accounting.Client(
                job["token"], base_url=job["brex"], transport=_TO_BREX, options=OPTIONS, pacer=pacer
            ) as brex,
            rillet.Client(
                job["key"], base_url=job["rillet"], transport=_TO_RILLET, options=OPTIONS, pacer=pacer
            ) as books,
        ):
            settings = attrs.evolve(SETTINGS, summarise=tuple(job["summarise"]))
            if job["keeps"]:
                kept = KeptBooks()
                # One record at a time, so that a slice does not begin all of them.
                export = Export(brex, books, Bridge(settings), journal=journal, batch=2, in_flight=1, kept=kept)
                return _in_slices(export, journal)
            outcome = Export(brex, books, Bridge(settings), journal=journal, batch=2).run()
    except (ApiError, JournalError):
        return COULD_NOT_RUN
    return 0 if outcome.complete else 1


def _in_slices(export: Export, journal: DyingJournal) -> int:
    """The same in slices, on books that are kept from one to the next: each ends when something was sent."""
    outcome: ExportOutcome | None = None
    for _ in range(MOST_SLICES):
        outcome = export.run(stop=partial(journal.has_intended, journal.intended + 1))
        if outcome.stop_code is None:
            break
    return 0 if outcome is not None and outcome.complete else 1


async def _awaited(job: Mapping[str, Any]) -> int:
    """The same in an event loop."""
    now = datetime.fromisoformat(job["now"])
    dies_at = None if job["dies_at"] is None else (job["dies_at"][0], job["dies_at"][1])
    pacer = Pacer(1_000_000, window=0.2)
    try:
        with JOURNALS[job["journal"]](job["place"], dies_at=dies_at, now=now, who=job["who"]) as journal:
            async with (
                brex_accounting.AsyncClient(job["token"], base_url=job["brex"], options=OPTIONS, pacer=pacer) as brex,
                rillet.AsyncClient(job["key"], base_url=job["rillet"], options=OPTIONS, pacer=pacer) as books,
            ):
                settings = attrs.evolve(SETTINGS, summarise=tuple(job["summarise"]))
                outcome = await AsyncExport(brex, books, Bridge(settings), journal=journal, batch=2).run()
    except (ApiError, JournalError):
        return COULD_NOT_RUN
    return 0 if outcome.complete else 1


def serve(carry_out: Callable[[Mapping[str, Any]], int]) -> None:
    """Fork a process for each job, which carries it out."""
    with dripping():
        for line in sys.stdin:
            jobs: Sequence[dict[str, Any]] = json.loads(line)
            ready, go = os.pipe()
            pids = [_fork(carry_out, job, ready, go) for job in jobs]
            os.close(ready)
            _say(pids)
            sys.stdin.readline()
            os.close(go)
            _say([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids])


def _fork(carry_out: Callable[[Mapping[str, Any]], int], job: dict[str, Any], ready: int, go: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = BROKEN
    try:
        os.close(go)
        os.read(ready, 1)
        status = carry_out(job)
    except BaseException:  # noqa: BLE001 - the exit status tells
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _warm_up() -> None:
    """Load and compile once what every process needs, by exporting from one stand-in to the other."""
    with tempfile.TemporaryDirectory() as folder, SqlJournal(str(Path(folder) / "journal.db")) as journal:
        brex = brex_accounting.testing.StandIn([expense(1)])
        books = rillet.testing.StandIn(reference_types={REFERENCE_TYPE})
        Export(brex.client(), books.client(), Bridge(SETTINGS), journal=journal).run()


if __name__ == "__main__":
    _warm_up()
    serve(export)
