"""What a run has in hand: a record that is done is given back with the claim of the next, and none is kept in the end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typing_extensions import override

from bridge import Bridge
from bridge.export import AsyncExport, Export, ExportOutcome, Journal, NoJournal, SqlJournal, StopCode, watch
from bridge.export.engine.attempts import Attempt
from bridge.export.engine.claims import BusyError, Claims
from bridge.export.journal.protocol import JournalError
from bridge.export.reporting.report import Counts
from support.clocks import ManualClock
from support.companies.exported import SETTINGS, Company, expense

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RECORDS = [f"accr_{number:03}" for number in range(1, 5)]


class Told(SqlJournal):
    """Keeps what is claimed and given back, each transaction as a line; one may fail."""

    def __init__(self, place: str, *, fails: str = "") -> None:
        super().__init__(place, now=lambda: NOW)
        self._fails, self.lines = fails, list[str]()

    def _tell(self, line: str) -> None:
        self.lines.append(line)
        if line == self._fails:
            raise JournalError("no room is left on the disk")

    @override
    def claim(self, subject: str) -> bool:
        self._tell(f"claim {subject}")
        return super().claim(subject)

    @override
    def exchange(self, subject: str, *, released: Iterable[str]) -> bool:
        self._tell(f"claim {subject} for {', '.join(released)}")
        return super().exchange(subject, released=released)

    @override
    def release_all(self, subjects: Iterable[str]) -> None:
        self._tell(f"release {', '.join(subjects)}")
        super().release_all(subjects)


class Plain(NoJournal):
    """A journal of a caller, which only does what every journal does."""

    def __init__(self) -> None:
        self.lines = list[str]()

    @override
    def claim(self, subject: str) -> bool:
        self.lines.append(f"claim {subject}")
        return True

    @override
    def release(self, subject: str) -> None:
        self.lines.append(f"release {subject}")


class Interrupted(SqlJournal):
    """Lets another thread's work be done at the moment when the attempts of a subject were read, before what they lead to."""

    def __init__(self, place: str, subject: str) -> None:
        super().__init__(place, now=lambda: NOW)
        self._subject, self.others = subject, list[Callable[[], object]]()

    @override
    def attempts(self, subject: str) -> tuple[Attempt, ...]:
        read = super().attempts(subject)
        if subject == self._subject and self.others:
            self.others.pop()()
        return read


def export(company: Company, journal: Journal) -> Export:
    clients = company.brex.client(sleep=lambda _: None), company.rillet.client()
    return Export(*clients, Bridge(SETTINGS), journal=journal, in_flight=1)


def of_records(lines: Iterable[str]) -> list[str]:
    return [each for each in lines if "vendor:" not in each]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with Told(str(tmp_path / "journal.db")) as journal:
        yield journal


def test_a_record_that_is_done_is_given_back_with_the_claim_of_the_next(company: Company, told: Told) -> None:
    company.brex.add(*(expense(number) for number in range(1, 5)))

    assert export(company, told).run().complete

    assert of_records(told.lines) == [
        "claim accr_001",
        "claim accr_002 for accr_001",
        "claim accr_003 for accr_002",
        "claim accr_004 for accr_003",
        "release accr_004",
    ]
    assert [told.held(each) for each in RECORDS] == [None] * 4


def test_a_journal_that_cannot_exchange_claims_gives_each_back_at_once(company: Company) -> None:
    company.brex.add(expense(1), expense(2))
    journal = Plain()

    assert export(company, journal).run().complete

    assert of_records(journal.lines) == ["claim accr_001", "release accr_001", "claim accr_002", "release accr_002"]


def test_a_record_that_another_exporter_has_does_not_keep_the_one_before(
    company: Company, told: Told, tmp_path: Path
) -> None:
    company.brex.add(*(expense(number) for number in range(1, 4)))
    with SqlJournal(str(tmp_path / "journal.db"), now=lambda: NOW) as other:
        assert other.claim("accr_002")

        outcome = export(company, told).run()

        assert [each.record.id for each in outcome.elsewhere] == ["accr_002"]
        assert len(outcome.posted) == 2
        assert told.held("accr_002") == other.held("accr_002")
        assert [told.held(each) for each in ("accr_001", "accr_003")] == [None, None]


def watched(run: Callable[[Sequence[str] | None], ExportOutcome], clock: ManualClock, *, at_second: float = -1) -> None:
    """Watch for an hour and a half; at one second a record is announced."""

    def seconds() -> float:
        return (clock.now - NOW).total_seconds()

    def wait(at_most: float) -> Sequence[str]:
        clock.advance(at_most)
        return ("accr_001",) if seconds() == at_second else ()

    for _ in watch(run, wait=wait, stop=lambda: seconds() > 5400, clock=seconds):
        pass


def test_whoever_watches_takes_what_a_dead_exporter_had_when_its_claims_have_ended(
    company: Company, tmp_path: Path
) -> None:
    company.brex.add(expense(1), expense(2))
    place, clock = str(tmp_path / "journal.db"), ManualClock(NOW)
    runs = list[tuple[datetime, int, int]]()
    with SqlJournal(place, now=clock) as journal, SqlJournal(place, now=clock) as dead:
        assert dead.claim("accr_002")
        clock.advance(1)
        both = export(company, journal)

        def run(ids: Sequence[str] | None) -> ExportOutcome:
            outcome = both.run(ids=ids, keep=0)
            runs.append((clock.now, outcome.counts.posted, outcome.counts.elsewhere))
            return outcome

        watched(run, clock)

    began, later = NOW + timedelta(seconds=1), NOW + timedelta(minutes=12, seconds=1)
    assert runs == [(began, 1, 1), (later, 1, 0), (later + timedelta(hours=1), 0, 0)]


def test_whoever_watches_comes_back_for_what_was_announced_too() -> None:
    clock, runs = ManualClock(NOW), list[tuple[datetime, Sequence[str] | None]]()

    def run(ids: Sequence[str] | None) -> ExportOutcome:
        runs.append((clock.now, ids))
        return ExportOutcome(counts=Counts(elsewhere=0 if ids is None else 1))

    watched(run, clock, at_second=60)

    announced, later = NOW + timedelta(minutes=1), NOW + timedelta(minutes=13)
    assert runs == [(NOW, None), (announced, ("accr_001",)), (later, None), (later + timedelta(hours=1), None)]


def test_two_exports_of_one_journal_in_threads_post_each_record_once(company: Company, tmp_path: Path) -> None:
    company.brex.add(expense(1))
    with Interrupted(str(tmp_path / "journal.db"), "accr_001") as journal:
        found = list[ExportOutcome]()
        journal.others.append(lambda: found.append(export(company, journal).run()))

        outcome = export(company, journal).run()

    assert len(company.rillet.charges) == 1
    assert ([each.record.id for each in outcome.posted], outcome.posted[0].adopted) == (["accr_001"], False)
    assert [each.record.id for other in found for each in other.elsewhere] == ["accr_001"]


def test_two_runs_of_one_export_in_threads_post_each_record_once(company: Company, tmp_path: Path) -> None:
    company.brex.add(expense(1))
    with Interrupted(str(tmp_path / "journal.db"), "accr_001") as journal, ThreadPoolExecutor() as threads:
        both, found = export(company, journal), list[ExportOutcome]()
        journal.others.append(lambda: found.append(threads.submit(both.run).result(60)))

        outcome = both.run()

        assert journal.held("accr_001") is None
    assert len(company.rillet.charges) == 1
    assert ([each.record.id for each in outcome.posted], outcome.posted[0].adopted) == (["accr_001"], False)
    assert [each.record.id for other in found for each in other.elsewhere] == ["accr_001"]


def test_many_runs_of_one_export_at_once_post_each_record_once(company: Company, tmp_path: Path) -> None:
    company.brex.add(*(expense(number) for number in range(20)))
    with SqlJournal(str(tmp_path / "journal.db"), now=lambda: NOW) as journal, ThreadPoolExecutor(4) as threads:
        clients = company.brex.client(sleep=lambda _: None), company.rillet.client()
        shared, start = Export(*clients, Bridge(SETTINGS), journal=journal, in_flight=3), threading.Barrier(4)

        def run() -> ExportOutcome:
            start.wait(timeout=60)
            return shared.run()

        outcomes = [each.result(60) for each in [threads.submit(run) for _ in range(4)]]

        # A record whose vendor another run was creating is left to the next one.
        outcomes.append(shared.run())
    assert [each.stop_code for each in outcomes] == [None] * 5
    assert outcomes[-1].complete
    assert sum(each.counts.posted for each in outcomes) == len(company.rillet.charges) == 20
    assert company.posted_references() == company.exported() == sorted(company.brex.records)


def test_two_runs_of_one_export_in_tasks_post_each_record_once(company: Company, tmp_path: Path) -> None:
    company.brex.add(expense(1))
    found = list[ExportOutcome]()

    async def main(journal: Interrupted) -> ExportOutcome:
        loop = asyncio.get_running_loop()
        clients = company.brex.async_client(), company.rillet.async_client()
        both = AsyncExport(*clients, Bridge(SETTINGS), journal=journal, in_flight=1)
        journal.others.append(
            lambda: found.append(asyncio.run_coroutine_threadsafe(both.run(), loop).result(timeout=60))
        )
        return await both.run()

    with Interrupted(str(tmp_path / "journal.db"), "accr_001") as journal:
        outcome = asyncio.run(main(journal))
    assert len(company.rillet.charges) == 1
    assert [each.record.id for each in outcome.posted] == ["accr_001"]
    assert [each.record.id for other in found for each in other.elsewhere] == ["accr_001"]


def test_what_was_posted_counts_where_its_claim_cannot_be_given_back(company: Company, tmp_path: Path) -> None:
    company.brex.add(expense(1))
    with Told(str(tmp_path / "journal.db"), fails="release accr_001") as journal:
        outcome = export(company, journal).run()

    assert outcome.stop_code is StopCode.JOURNAL
    assert [each.record.id for each in outcome.posted] == ["accr_001"]
    assert company.exported() == ["accr_001"]


def test_what_was_posted_counts_where_the_next_cannot_be_claimed(company: Company, tmp_path: Path) -> None:
    company.brex.add(expense(1), expense(2))
    with Told(str(tmp_path / "journal.db"), fails="claim accr_002 for accr_001") as journal:
        outcome = export(company, journal).run()

        assert [journal.held(each) for each in RECORDS] == [None] * 4
    assert outcome.stop_code is StopCode.JOURNAL
    assert [each.record.id for each in outcome.posted] == ["accr_001"]
    assert [each.code for each in outcome.failed] == ["journal"]
    assert company.exported() == ["accr_001"]


def test_an_exception_of_the_caller_keeps_nothing(
    company: Company, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.brex.add(expense(1))

    def fail(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("bridge.export.engine.runner.Runner.finish", fail)

    with pytest.raises(MemoryError):
        export(company, told).run()

    assert told.held("accr_001") is None


def test_what_ends_after_the_run_is_given_back_at_once(told: Told) -> None:
    claims = Claims(told, hands_on=True)
    with claims.holding("accr_001", "busy"):
        pass
    with claims.holding("accr_002", "busy"):
        claims.close()
        assert told.held("accr_001") is None
        assert told.held("accr_002") is not None

    assert told.held("accr_002") is None


def test_a_record_that_comes_again_is_kept(told: Told) -> None:
    claims = Claims(told, hands_on=True)
    with claims.holding("accr_001", "busy"):
        pass
    with claims.holding("accr_001", "busy"):
        assert told.held("accr_001") is not None

    claims.close()

    assert told.held("accr_001") is None


def test_claims_are_exchanged_whether_the_next_is_free_or_not(place: str) -> None:
    with SqlJournal(place, now=lambda: NOW) as one, SqlJournal(place, now=lambda: NOW) as two:
        assert one.claim_all(["accr_1", "accr_3", "accr_5"]) == {"accr_1", "accr_3", "accr_5"}
        assert two.claim("accr_4")

        assert one.exchange("accr_2", released=["accr_1", "accr_3", "accr_4"])
        assert not one.exchange("accr_4", released=["accr_5"])

        assert [two.claim(f"accr_{number}") for number in range(1, 6)] == [True, False, True, True, True]


def test_two_that_claim_what_the_other_gives_back_never_wait_for_each_other(place: str) -> None:
    """In PostgreSQL each would have the row that the other one needs, were they taken in another order."""
    clock, start, problems = ManualClock(NOW), threading.Barrier(2), list[BaseException]()

    def work(mine: str, next_one: str) -> None:
        try:
            with SqlJournal(place, now=clock) as journal:
                for _ in range(50):
                    journal.claim(mine)
                    start.wait(timeout=30)
                    journal.exchange(next_one, released=[mine])
                    start.wait(timeout=30)
                    journal.release_all([mine, next_one])
        except BaseException as error:  # noqa: BLE001 - shown below
            problems.append(error)
            start.abort()

    threads = [threading.Thread(target=work, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert problems == []


def test_a_busy_record_is_said_with_its_holder(told: Told, tmp_path: Path) -> None:
    with SqlJournal(str(tmp_path / "journal.db"), now=lambda: NOW, who="another") as other:
        assert other.claim("accr_001")

        with pytest.raises(BusyError, match="busy \\(another, until 12:12:00 UTC\\)"):
            Claims(told).holding("accr_001", "busy").__enter__()
