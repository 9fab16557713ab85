"""An outcome that a look-up and the key would tell too waits for the next transaction, and nobody is told of it before."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa
from typing_extensions import override

import brex_accounting
import rillet
from bridge import Bridge
from bridge.export import Ability, Export, Journal, Progress, SqlJournal, StopCode
from bridge.export.engine.attempts import Attempt, AttemptState, is_record
from bridge.export.journal.protocol import JournalError
from clientkit import Answer, Options, Outgoing, Pacer, RetryPolicy
from support.companies.exported import SETTINGS, Company, expense
from support.companies.with_receipts import PDF, House
from support.pocket import PocketLedger, export_to, spent

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WITHOUT_REFERENCES = attrs.evolve(SETTINGS, reference_type=None)
COUNT = 5


def intended(number: int = 1) -> Attempt:
    return Attempt(
        subject=f"accr_{number}",
        version=1,
        number=1,
        kind="charges",
        path="/charges",
        payload=b"{}",
        key=f"key-{number}",
        intended_at=NOW,
        intended_by="me",
    )


def posted(number: int = 1) -> Attempt:
    return attrs.evolve(
        intended(number), state=AttemptState.POSTED, object_id=f"c-{number}", settled_at=NOW, settled_by="me"
    )


def states(journal: SqlJournal) -> list[AttemptState]:
    """The outcomes of records, oldest attempt first."""
    return [each.state for each in journal.walk() if is_record(each.subject)]


class Counting(SqlJournal):
    """Counts what is noted, and how."""

    def __init__(self, place: str) -> None:
        self.noted, self.deferred = list[str](), list[str]()
        super().__init__(place, now=lambda: NOW)

    @override
    def note(self, attempt: Attempt) -> None:
        self.noted.append(attempt.kind)
        super().note(attempt)

    @override
    def note_later(self, attempt: Attempt) -> None:
        self.deferred.append(attempt.kind)
        super().note_later(attempt)


class Dying(SqlJournal):
    """As a process that is killed before it writes an outcome down: whatever waits is gone."""

    @override
    def note_later(self, attempt: Attempt) -> None:
        pass


class Breaking(SqlJournal):
    """Cannot be used any more once an outcome waits."""

    is_broken = False

    @override
    def note_later(self, attempt: Attempt) -> None:
        super().note_later(attempt)
        self.is_broken = True

    @override
    def write_noted(self) -> None:
        with self._writing():
            pass

    @override
    def _writing(self) -> AbstractContextManager[sa.Connection]:
        if self.is_broken:
            raise JournalError("no room is left on the disk")
        return super()._writing()


class Looking:
    """A transport that has somebody look before a request that writes leaves."""

    def __init__(self, send: Callable[[Outgoing], Answer], look: Callable[[Outgoing], object]) -> None:
        self._send, self._look = send, look

    def send(self, outgoing: Outgoing) -> Answer:
        if outgoing.method == "POST":
            self._look(outgoing)
        return self._send(outgoing)

    def close(self) -> None:
        pass


@contextmanager
def another(place: str) -> Generator[SqlJournal]:
    """The journal as another process sees it."""
    with SqlJournal(place, now=lambda: NOW) as journal:
        yield journal


@pytest.fixture
def journal(place: str) -> Iterator[SqlJournal]:
    with SqlJournal(place, now=lambda: NOW) as opened:
        yield opened


def exporting(company: Company, journal: Journal, *, in_flight: int = 1) -> Export:
    return company.export(journal=journal, in_flight=in_flight)


def test_what_waits_is_seen_by_whoever_has_the_same_connections(journal: SqlJournal) -> None:
    journal.intend(intended())
    journal.note_later(posted())
    assert journal.attempts("accr_1") == (posted(),)

    journal.intend(intended(2))
    journal.note_later(posted(2))
    assert journal.for_exporter().attempts("accr_2") == (posted(2),)


def test_what_waits_is_written_with_whatever_comes_next(journal: SqlJournal, place: str) -> None:
    nexts: list[Callable[[], object]] = [
        journal.write_noted,
        lambda: journal.claim("accr_9"),
        lambda: journal.exchange("accr_8", released=["accr_9"]),
        lambda: journal.set_mark("name", "value"),
        lambda: journal.reported(["accr_9"]),
        lambda: journal.attempts("accr_9"),
    ]
    with another(place) as other:
        for number, do_next in enumerate(nexts):
            journal.intend(intended(number))
            journal.note_later(posted(number))
            assert other.attempts(f"accr_{number}") == (intended(number),)

            do_next()

            assert other.attempts(f"accr_{number}") == (posted(number),)


def test_what_waits_outlives_a_transaction_that_fails(journal: SqlJournal, place: str) -> None:
    journal.intend(intended())
    journal.note_later(posted())

    with pytest.raises(JournalError, match="another exporter"):
        journal.intend(intended())

    with another(place) as other:
        assert other.attempts("accr_1") == (intended(),)
        assert journal.attempts("accr_1") == other.attempts("accr_1") == (posted(),)


def test_a_journal_that_is_closed_has_written_what_waited(place: str) -> None:
    with SqlJournal(place, now=lambda: NOW) as journal:
        journal.intend(intended())
        journal.note_later(posted())

    with another(place) as other:
        assert other.attempts("accr_1") == (posted(),)


def test_what_another_exporter_has_settled_meanwhile_stays(journal: SqlJournal, place: str) -> None:
    abandoned = attrs.evolve(intended(), state=AttemptState.ABANDONED, error="it is gone", settled_by="another")
    journal.intend(intended())
    journal.note_later(posted())
    with another(place) as other:
        other.note(abandoned)

    journal.write_noted()

    assert journal.attempts("accr_1") == (abandoned,)


def test_what_reads_the_journal_while_it_is_read_is_answered(journal: SqlJournal) -> None:
    journal.intend(intended())
    journal.note_later(posted())

    found = journal.attempts_of(each for each in ("accr_1", "accr_2") if journal.attempts(each))

    assert found == {"accr_1": (posted(),)}


@pytest.mark.parametrize("text", ["\ud800", "a\0b"])
def test_what_cannot_be_written_keeps_nobody_from_the_journal(journal: SqlJournal, text: str) -> None:
    journal.intend(intended())

    # A database takes it or not, and it is known at once.
    with suppress(JournalError):
        journal.note_later(attrs.evolve(posted(), trace_id=text))

    assert journal.attempts("accr_1")[0].state in {AttemptState.OPEN, AttemptState.POSTED}
    assert journal.claim("accr_2")


def test_threads_see_their_own_outcomes_and_lose_none(journal: SqlJournal) -> None:
    start = threading.Barrier(4)

    def work(first: int) -> bool:
        start.wait(timeout=60)
        right = True
        for number in range(first, first + 15):
            journal.intend(intended(number))
            journal.note_later(posted(number))
            right &= journal.attempts(f"accr_{number}") == (posted(number),)
        return right

    with ThreadPoolExecutor(4) as threads:
        assert [each.result(60) for each in [threads.submit(work, 100 * n) for n in range(4)]] == [True] * 4
    assert states(journal) == [AttemptState.POSTED] * 60


def test_a_request_leaves_when_the_outcomes_before_it_are_on_disk(company: Company, place: str) -> None:
    company.brex.add(*(expense(number) for number in range(COUNT)))
    seen = list[list[AttemptState]]()
    with SqlJournal(place, now=lambda: NOW) as journal, another(place) as other:
        transport = Looking(company.rillet.transport().send, lambda _: seen.append(states(other)))
        client = rillet.Client(company.rillet.api_key, transport=transport, pacer=Pacer(1_000_000))

        assert Export(company.brex.client(), client, Bridge(SETTINGS), journal=journal, in_flight=1).run().complete

    # The first request creates the vendor.
    before = [[AttemptState.POSTED] * number for number in range(COUNT)]
    assert seen == [[], *([*each, AttemptState.OPEN] for each in before)]


@pytest.mark.parametrize("batch", [1, 2, 100])
@pytest.mark.parametrize("in_flight", [1, 4])
def test_brex_is_told_of_what_is_on_disk(company: Company, place: str, batch: int, in_flight: int) -> None:
    company.brex.add(*(expense(number) for number in range(COUNT)))
    told = list[str]()
    with SqlJournal(place, now=lambda: NOW) as journal, another(place) as other:

        def look(outgoing: Outgoing) -> None:
            known = {each.subject for each in other.walk() if each.state is AttemptState.POSTED}
            told.extend(each for each in re.findall(r"accr_[0-9]+", str(outgoing.content)) if each in known)

        transport = Looking(company.brex.transport().send, look)
        brex = brex_accounting.Client(company.brex.token, transport=transport, pacer=Pacer(1_000_000))
        export = Export(
            brex, company.rillet.client(), Bridge(SETTINGS), journal=journal, batch=batch, in_flight=in_flight
        )

        assert export.run().complete

    assert sorted(told) == sorted(company.brex.records)
    assert company.exported() == sorted(company.brex.records)


def test_who_shows_the_progress_finds_every_outcome_in_the_journal(company: Company, place: str) -> None:
    company.brex.add(*(expense(number) for number in range(COUNT)))
    with SqlJournal(place, now=lambda: NOW) as journal:
        export, found = exporting(company, journal), list[AttemptState]()

        def show(progress: Progress) -> None:
            found.append(export.journal.attempts(progress.record_id)[-1].state)

        assert export.run(progress=show).complete

    assert found == [AttemptState.POSTED] * COUNT


@pytest.mark.parametrize("in_flight", [1, 4])
def test_outcomes_that_die_with_their_process_are_found_by_the_next_run(
    company: Company, place: str, in_flight: int
) -> None:
    company.brex.add(*(expense(number) for number in range(COUNT)))
    with Dying(place, now=lambda: NOW) as dying:
        exporting(company, dying, in_flight=in_flight).run()
        assert AttemptState.POSTED not in states(dying)
        assert AttemptState.OPEN in states(dying)

    with another(place) as journal:
        assert exporting(company, journal, in_flight=in_flight).run(changed_since=NOW).complete
        assert set(states(journal)) == {AttemptState.ADOPTED}

    assert company.posted_references() == company.exported() == sorted(company.brex.records)
    assert len(company.rillet.vendors) == 1


def test_brex_is_not_told_of_what_cannot_be_written_down(company: Company, tmp_path: Path) -> None:
    company.brex.add(*(expense(number) for number in range(COUNT)))
    place = str(tmp_path / "journal.db")
    with Breaking(place, now=lambda: NOW) as broken:
        company.rillet.client().vendors.create(rillet.NewVendor(name="Cumulus Cloud"))
        outcome = exporting(company, broken).run()

    assert outcome.stop_code is StopCode.JOURNAL
    assert "no room is left on the disk" in (outcome.stopped or "")
    assert [each.record.id for each in outcome.posted] == [each.record_id for each in outcome.unreported]
    assert company.posted_references() == ["accr_000"]
    assert company.exported() == []

    with SqlJournal(place, now=lambda: NOW.replace(hour=13)) as journal:
        found = exporting(company, journal).run()

    assert found.complete
    assert [each.record.id for each in found.posted if each.adopted] == ["accr_000"]
    assert company.posted_references() == company.exported() == sorted(company.brex.records)


def test_only_what_a_look_up_and_the_key_would_tell_waits(company: Company, tmp_path: Path) -> None:
    company.brex.add(expense(1), expense(2))
    with Counting(str(tmp_path / "one.db")) as journal:
        assert exporting(company, journal).run().complete
    assert (journal.deferred, journal.noted) == (["vendors", "charges", "charges"], [])

    company.brex.add(expense(3), expense(4))
    with Counting(str(tmp_path / "two.db")) as journal:
        assert company.export(WITHOUT_REFERENCES, journal=journal).run().complete
    assert (journal.deferred, journal.noted) == ([], ["charges", "charges"])


def test_that_a_file_is_attached_is_noted_at_once(house: House, tmp_path: Path) -> None:
    house.expense(1, (PDF, "application/pdf"))
    with Counting(str(tmp_path / "journal.db")) as journal:
        assert house.run(journal).complete

    # A file is noted under the kind of what it is attached to.
    assert (len(house.attached()), journal.deferred, journal.noted) == (1, ["vendors", "charges"], ["charges"])


@pytest.mark.parametrize(
    ("able", "waits"),
    [
        (Ability(is_found=True, honours_key=True), True),
        (Ability(is_found=True), False),
        (Ability(honours_key=True), False),
    ],
)
def test_of_an_own_ledger_what_it_can_tell_waits(tmp_path: Path, able: Ability, *, waits: bool) -> None:
    class Able(PocketLedger):
        @override
        def ability(self, kind: str) -> Ability:
            return able

    with Counting(str(tmp_path / "journal.db")) as journal:
        assert export_to(Able(), spent(1), journal=journal).run().complete

    assert (len(journal.deferred), len(journal.noted)) == ((1, 0) if waits else (0, 1))


def test_a_lost_answer_is_noted_at_once(company: Company, tmp_path: Path) -> None:
    company.brex.add(expense(1))
    seen = list[Outgoing]()

    def send(outgoing: Outgoing) -> Answer:
        answer = company.rillet.transport().send(outgoing)
        is_lost = outgoing.method == "POST" and outgoing.url.endswith("/charges")
        return Answer(status=502, headers={}, content=b"") if is_lost else answer

    transport = Looking(send, seen.append)
    client = rillet.Client(
        company.rillet.api_key,
        transport=transport,
        pacer=Pacer(1_000_000),
        options=Options(retry=RetryPolicy(attempts=1)),
    )
    with Counting(str(tmp_path / "journal.db")) as journal:
        outcome = Export(company.brex.client(), client, Bridge(SETTINGS), journal=journal).run()

    assert [each.record.id for each in outcome.failed] == ["accr_001"]
    assert (journal.deferred, journal.noted) == (["vendors"], ["charges"])
    assert [outgoing.url.rpartition("/")[2] for outgoing in seen] == ["vendors", "charges"]
