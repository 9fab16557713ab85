"""An export that is awaited: the loop sends, nothing blocks it, and a cancellation leaves nothing half done.

The long run of its schedules of faults is asked for with ``BREX_RILLET_SCHEDULES``, such as 600 for 100 of them.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import pytest

import brex_accounting
import brex_accounting.testing
import rillet
import rillet.testing
from brex_accounting import ReceiptFile, Record
from bridge import Bridge, SettingsError
from bridge.export import AsyncExport, Progress, SqlJournal, StopCode
from bridge.export.engine.attempts import AttemptState
from clientkit import Answer, Outgoing
from clientkit.transport import AsyncInProcess
from support.companies.exported import REFERENCE_TYPE, SETTINGS, Company, expense
from support.faults.harness import Exporters, exporters, play
from support.faults.schedules import schedule

SCHEDULES = int(os.environ.get("BREX_RILLET_SCHEDULES", "50"))


def awaiting(company: Company, journal: SqlJournal | None = None) -> AsyncExport:
    """An export of a company in process whose waits take no time."""
    return AsyncExport(company.brex.async_client(), company.rillet.async_client(), Bridge(SETTINGS), journal=journal)


def new_company(*records: Record) -> Company:
    return Company(
        brex=brex_accounting.testing.StandIn(records, rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )


def test_it_posts_what_an_export_posts(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)
    seen = list[tuple[Progress, threading.Thread]]()

    async def main() -> None:
        export = awaiting(company)
        plan = await export.plan()
        assert len(plan.posts) == len(records)
        outcome = await export.run(progress=lambda each: seen.append((each, threading.current_thread())))
        assert outcome.complete
        assert outcome.counts.posted == len(records)
        assert await export.verify() == ()
        assert (await export.record(records[0].id)).review_status == "EXPORTED"

    asyncio.run(main())
    assert company.posted_references() == company.exported() == sorted(each.id for each in records)
    assert len(seen) == len(records)
    assert {thread for _, thread in seen} == {threading.main_thread()}


def test_it_attaches_the_receipts_of_a_store_of_ones_own(company: Company) -> None:
    company.brex.add(expense(1))
    called_in = list[threading.Thread]()

    def archive(record: Record) -> Sequence[ReceiptFile]:
        called_in.append(threading.current_thread())
        return [ReceiptFile(receipt_id=f"archive {record.id}", content=b"%PDF-1.7", content_type="application/pdf")]

    async def main() -> None:
        books = company.rillet.async_client()
        export = AsyncExport(company.brex.async_client(), books, Bridge(SETTINGS), receipts=archive)
        assert (await export.run()).counts.attached == 1

    asyncio.run(main())
    assert threading.main_thread() not in called_in


def test_the_loop_sends_the_requests_of_many_tenants_and_is_never_blocked() -> None:
    companies = [new_company(*(expense(number) for number in range(4))) for _ in range(8)]
    sent_by, ticks = set[threading.Thread](), 0

    async def main() -> None:
        nonlocal ticks

        def client(company: Company) -> rillet.AsyncClient:
            inner = company.rillet.transport()

            def send(outgoing: Outgoing) -> Answer:
                sent_by.add(threading.current_thread())
                return inner.send(outgoing)

            return rillet.AsyncClient(
                company.rillet.api_key, transport=AsyncInProcess(send), pacer=rillet.Pacer(1_000_000)
            )

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0)
                ticks += 1

        ticking = asyncio.create_task(tick())
        exports = [AsyncExport(each.brex.async_client(), client(each), Bridge(SETTINGS)) for each in companies]
        outcomes = await asyncio.gather(*(each.run() for each in exports))
        ticking.cancel()
        assert [each.counts.posted for each in outcomes] == [4] * 8

    asyncio.run(main())
    assert sent_by == {threading.main_thread()}
    assert ticks > 100
    assert all(len(each.rillet.charges) == 4 for each in companies)


def test_what_is_cancelled_finishes_what_is_in_flight(tmp_path: Path) -> None:
    company = new_company(*(expense(number) for number in range(40)))
    with SqlJournal(str(tmp_path / "journal.db")) as journal:

        async def main() -> None:
            export = awaiting(company, journal)
            first = asyncio.Event()
            run = asyncio.create_task(export.run(progress=lambda _: first.set()))
            await first.wait()
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
            posted = company.posted_references()
            assert 0 < len(posted) < 40
            # All of it is written down, and Brex knows.
            assert company.exported() == posted
            made = journal.attempts_of(list(company.brex.records))
            assert {each.state for attempts in made.values() for each in attempts} == {AttemptState.POSTED}
            assert threading.active_count() < 20
            assert (await export.run()).complete

        asyncio.run(main())
    assert company.posted_references() == company.exported() == sorted(company.brex.records)


def test_a_cancelled_run_leaves_what_waits_for_the_rate_limit_to_the_next(tmp_path: Path) -> None:
    company = new_company(*(expense(number) for number in range(40)))
    with SqlJournal(str(tmp_path / "journal.db")) as journal:

        async def main() -> None:
            waits = asyncio.Event()

            async def sleep(seconds: float) -> None:
                # Nothing goes on before the cancellation, and a whole wait is a minute.
                assert seconds <= 0.5
                waits.set()
                await asyncio.sleep(0)

            books = company.rillet.async_client(pacer=rillet.Pacer(20, 60.0), sleep=sleep)
            export = AsyncExport(company.brex.async_client(), books, Bridge(SETTINGS), journal=journal)
            run = asyncio.create_task(export.run())
            await waits.wait()
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run

        asyncio.run(main())
        # Whatever was sent is known, and Brex knows it too.
        assert [each.subject for each in journal.walk() if each.is_open] == []
    assert len(company.rillet.asked) <= 20
    assert 0 < len(company.posted_references()) < 40
    assert company.exported() == company.posted_references()


def test_it_ends_early_where_it_is_asked_to(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)
    outcome = asyncio.run(awaiting(company).run(stop=lambda: True))
    assert (outcome.stop_code, outcome.counts.posted) == (StopCode.INTERRUPTED, 0)


def test_errors_come_to_who_awaits(company: Company) -> None:
    settings = attrs.evolve(SETTINGS, entities=(attrs.evolve(SETTINGS.entities[0], card_account="99999"),))
    export = AsyncExport(company.brex.async_client(), company.rillet.async_client(), Bridge(settings))
    with pytest.raises(SettingsError, match="99999"):
        asyncio.run(export.run())
    with pytest.raises(brex_accounting.ApiError):
        asyncio.run(
            AsyncExport(
                company.brex.async_client(), company.rillet.async_client(api_key="wrong"), Bridge(SETTINGS)
            ).run()
        )


def test_one_object_serves_one_loop_after_another(company: Company, records: list[Record]) -> None:
    export = awaiting(company)
    company.brex.add(*records[:2])
    assert asyncio.run(export.run()).counts.posted == 2
    company.brex.add(*records[2:])
    assert asyncio.run(export.run()).counts.posted == len(records) - 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporters]:
    if sys.platform == "win32":
        pytest.skip("the harness forks its exporters")
    with exporters(tmp_path_factory.mktemp("exporters")) as running:
        yield running


@pytest.mark.parametrize("seed", range(max(SCHEDULES // 6, 1)))
def test_whatever_fails_each_record_is_there_once_in_the_end(server: Exporters, tmp_path: Path, seed: int) -> None:
    assert play(schedule(seed), server, str(tmp_path / "journal.db"), awaits=True) == []


@pytest.mark.parametrize("seed", range(max(SCHEDULES // 25, 1)))
def test_two_at_once_post_nothing_twice(server: Exporters, tmp_path: Path, seed: int) -> None:
    assert play(schedule(seed, exporters=2), server, str(tmp_path / "journal.db"), awaits=True) == []
