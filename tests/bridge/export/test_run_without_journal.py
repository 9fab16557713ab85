"""A journal that is lost in the middle of a run, as where its database is stopped: what was posted by then is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from brex_accounting import Record
from bridge import Bridge
from bridge.export import AsyncExport, Export, ExportOutcome, JournalError, SqlJournal, StopCode
from clientkit.overriding import override
from clientkit.testing import Asked, Fault, RequestLost
from support.companies.exported import SETTINGS, Company


class Stoppable(SqlJournal):
    """Its database can be stopped, and started again."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.down = threading.Event()

    @override
    def _writing(self) -> AbstractContextManager[sa.Connection]:
        self._check()
        return super()._writing()

    @override
    def mark(self, name: str) -> str | None:
        self._check()
        return super().mark(name)

    @override
    def set_mark(self, name: str, value: str) -> None:
        self._check()
        super().set_mark(name, value)

    def _check(self) -> None:
        if self.down.is_set():
            raise JournalError("the journal's database does not answer")


Run = Callable[[], ExportOutcome]


@contextmanager
def blocking(company: Company, journal: SqlJournal) -> Generator[Run]:
    brex, books = company.brex.client(), company.rillet.client()
    yield Export(brex, books, Bridge(SETTINGS), journal=journal, in_flight=1).run


@contextmanager
def awaited(company: Company, journal: SqlJournal) -> Generator[Run]:
    brex, books = company.brex.async_client(), company.rillet.async_client()
    export = AsyncExport(brex, books, Bridge(SETTINGS), journal=journal, in_flight=1)
    with asyncio.Runner() as loop:
        yield lambda: loop.run(export.run())


@pytest.mark.parametrize("exporting", [blocking, awaited])
@pytest.mark.parametrize(
    ("path", "nth", "posted", "failed"),
    # What was posted in that moment cannot be written down; what was written down before is reported.
    [("/charges", 1, 0, 1), ("/charges", 3, 2, 1), ("/export-results", 1, 5, 0)],
)
def test_a_journal_that_is_lost_in_mid_run_ends_it_with_its_outcome(
    company: Company,
    records: list[Record],
    tmp_path: Path,
    exporting: Callable[[Company, SqlJournal], AbstractContextManager[Run]],
    *,
    path: str,
    nth: int,
    posted: int,
    failed: int,
) -> None:
    company.brex.add(*records)
    with Stoppable(str(tmp_path / "journal.db")) as journal, exporting(company, journal) as run:
        stop_at(company, journal, path, nth)

        outcome = run()

        assert (outcome.stop_code, outcome.stopped) == (StopCode.JOURNAL, "the journal's database does not answer")
        assert (outcome.counts.posted, outcome.counts.failed, outcome.counts.not_reached) == (
            posted,
            failed,
            5 - posted - failed,
        )
        assert list(outcome.reported) == company.exported() == sorted(each.id for each in records)[:posted]
        assert not outcome.complete

        with pytest.raises(JournalError, match="does not answer"):
            run()

        journal.down.clear()
        assert run().complete
        assert company.posted_references() == company.exported() == sorted(each.id for each in records)


def stop_at(company: Company, journal: Stoppable, path: str, nth: int) -> None:
    """Stop the database when the n-th POST to this path arrives."""
    seen = list[Asked]()

    def watches(asked: Asked) -> bool:
        if asked.method == "POST" and asked.path.endswith(path):
            seen.append(asked)
            if len(seen) == nth:
                journal.down.set()
        return False

    for standin in (company.brex, company.rillet):
        standin.faults.append(Fault(RequestLost(), matches=watches))
