"""A journal that several exporters share, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from typing_extensions import override

import brex_accounting.testing
import rillet.testing
from bridge import Bridge
from bridge.export import Export, ExportOutcome
from bridge.export.engine.attempts import Attempt, AttemptState
from bridge.export.journal.protocol import JournalError
from bridge.export.journal.sql import SqlJournal
from clientkit import Answer
from clientkit.testing import Asked
from support.clocks import ManualClock
from support.companies.exported import REFERENCE_TYPE, SETTINGS, Company, expense

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WITHOUT_REFERENCES = attrs.evolve(SETTINGS, reference_type=None)
ATTEMPT = Attempt(
    subject="accr_1",
    version=1,
    number=1,
    kind="charges",
    path="/charges",
    payload='{"a": "ä"}'.encode(),
    key="k",
    intended_at=NOW + timedelta(microseconds=7),
    intended_by="me",
)


def at_once(count: int, work: Callable[[], object]) -> None:
    """Do the same in several threads that start together; a problem of one is raised."""
    start = threading.Barrier(count)
    problems = list[BaseException]()

    def guarded() -> None:
        try:
            start.wait(timeout=30)
            work()
        except BaseException as error:  # noqa: BLE001 - raised below
            problems.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for problem in problems:
        raise problem


class Forgetful(rillet.testing.StandIn):
    """A Rillet that keeps no results, so that keys keep nothing from being posted twice."""

    @override
    def respond(self, asked: Asked) -> Answer:
        self.idempotency_keys.forget_all()
        return super().respond(asked)


def test_two_exporters_at_once_post_each_record_once(place: str) -> None:
    clock = ManualClock(NOW)
    company = Company(
        brex=brex_accounting.testing.StandIn((expense(n) for n in range(30)), rate_limit=None),
        rillet=Forgetful(reference_types={REFERENCE_TYPE}, now=clock),
    )

    def work() -> ExportOutcome:
        clients = company.brex.client(sleep=lambda _: None), company.rillet.client()
        with SqlJournal(place, now=clock) as journal:
            return Export(*clients, Bridge(WITHOUT_REFERENCES), journal=journal).run()

    at_once(2, work)

    assert not work().failed
    assert len(company.rillet.charges) == 30
    assert len(company.rillet.vendors) == 1
    assert company.exported() == sorted(company.brex.records)


def test_several_exporters_may_make_the_journal_at_once(place: str) -> None:
    at_once(8, lambda: SqlJournal(place).close())

    with SqlJournal(place) as journal:
        assert list(journal.walk()) == []


def test_one_of_many_gets_the_claim(place: str) -> None:
    SqlJournal(place).close()
    claimed = list[bool]()

    def work() -> None:
        with SqlJournal(place) as journal:
            claimed.append(journal.claim("accr_1"))

    at_once(4, work)

    assert sorted(claimed) == [False, False, False, True]


def test_a_claim_lasts_until_it_is_released_or_its_lease_ends(place: str) -> None:
    clock = ManualClock(NOW)
    with SqlJournal(place, now=clock, who="one") as one, SqlJournal(place, now=clock, who="one") as two:
        assert one.claim("accr_1")
        assert one.claim("accr_1")
        assert not two.claim("accr_1")
        two.release("accr_1")
        assert not two.claim("accr_1")
        clock.advance(13 * 60)
        assert two.claim("accr_1")
        assert not one.claim("accr_1")
        two.release("accr_1")
        assert one.claim("accr_1")


def test_an_attempt_is_read_as_it_was_written(place: str) -> None:
    with SqlJournal(place, now=lambda: NOW) as journal:
        journal.intend(ATTEMPT)
        assert journal.attempts("accr_1") == (ATTEMPT,)

        with pytest.raises(JournalError, match="another exporter"):
            journal.intend(ATTEMPT)

        posted = attrs.evolve(
            ATTEMPT,
            state=AttemptState.POSTED,
            object_id="x",
            answer=b"\x00\xff",
            trace_id="t",
            settled_at=NOW,
            settled_by="me",
        )
        journal.note(posted)
        journal.reported(["accr_1", "accr_2"])
        assert list(journal.walk()) == [attrs.evolve(posted, reported_at=NOW)]


def test_an_outcome_that_is_known_is_not_overwritten_by_one_that_is_not(place: str) -> None:
    posted = attrs.evolve(ATTEMPT, state=AttemptState.POSTED, object_id="x", settled_at=NOW, settled_by="me")
    with SqlJournal(place) as journal:
        journal.intend(ATTEMPT)
        journal.note(posted)

        journal.note(attrs.evolve(ATTEMPT, error="no answer"))

        assert journal.attempts("accr_1") == (posted,)


def test_no_text_is_too_long(place: str) -> None:
    long = attrs.evolve(ATTEMPT, subject="s" * 300, kind="k" * 300, path="/" + "p" * 600, intended_by="w" * 300)
    with SqlJournal(place, now=lambda: NOW, who="w" * 300) as journal:
        assert journal.claim(long.subject)
        journal.intend(long)

        assert journal.attempts(long.subject) == (long,)


def test_a_walk_goes_through_everything_in_order(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.export.journal.sql.PORTION", 3)
    with SqlJournal(place) as journal:
        for number in range(1, 8):
            journal.intend(attrs.evolve(ATTEMPT, number=number))

        assert [each.number for each in journal.walk()] == list(range(1, 8))
