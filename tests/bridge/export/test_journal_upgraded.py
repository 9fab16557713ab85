"""A journal that an earlier release wrote: it is opened as it is, and everything in it still reads right."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import attrs
import pytest

from bridge import Member
from bridge.export.engine.attempts import AttemptState, Purpose
from bridge.export.journal.sql import SqlJournal
from support.journal_dumps import VERSION_2, load

NOW = datetime(2026, 3, 1, 12, 6, tzinfo=UTC)
SUMMARY = "summary:0123456789abcdef0123"


@pytest.fixture
def old(place: str) -> str:
    load(VERSION_2, place)
    return place


def test_every_attempt_is_what_it_was(old: str) -> None:
    with SqlJournal(old, now=lambda: NOW) as journal:
        attempts = {(each.subject, each.version, each.number): each for each in journal.walk()}
        assert len(attempts) == 10
        assert [each.state for each in journal.attempts("accr_mended")] == ["REJECTED", "POSTED"]
        (posted,) = journal.attempts("accr_posted")
        assert '"Café"' in posted.payload.decode()
        assert (posted.state, posted.object_id, posted.is_there) == (AttemptState.POSTED, "c-1", True)
        assert posted.intended_at == datetime(2026, 3, 1, 12, 0, 31, 500_000, tzinfo=UTC)
        assert posted.reported_at is not None
        (adopted,) = journal.attempts("accr_adopted")
        assert (adopted.state, adopted.key, adopted.answer) == (AttemptState.ADOPTED, "", None)
        (unclear,) = journal.attempts("accr_open")
        assert (unclear.state, unclear.error, unclear.settled_at) == (AttemptState.OPEN, "the connection broke", None)
        bill = journal.attempts("accr_bill")
        assert [(each.version, each.method, each.is_change) for each in bill] == [(1, "POST", False), (2, "PUT", True)]
        assert [each.subject for each in journal.by_object("c-1")] == ["accr_posted", "receipt:c-1/receipt_1/0"]
        assert [each.object_id for each in journal.attempts("vendor:brex/cumulus cloud")] == ["v-1"]


def test_a_summary_has_its_members_and_each_of_them_its_report(old: str) -> None:
    with SqlJournal(old, now=lambda: NOW) as journal:
        assert journal.members(SUMMARY) == tuple(Member(record_id=f"accr_member_{n}", version=n) for n in (1, 2, 3))
        told = [journal.attempts(f"accr_member_{n}")[0].reported_at is not None for n in (1, 2, 3)]
        assert told == [True, True, False]
        assert not journal.claim("accr_open")


def test_what_is_new_is_empty_and_can_be_written(old: str) -> None:
    with SqlJournal(old, now=lambda: NOW) as journal:
        (posted,) = journal.attempts("accr_posted")
        assert (posted.purpose, posted.content, posted.source) == (Purpose.DOCUMENT, None, None)
        assert [(each.content, each.form) for each in journal.members(SUMMARY)] == [(None, None)] * 3
        assert journal.refusals("accr_posted") == ()
        assert journal.mark("changes") is None
        assert journal.first_intended_at() == datetime(2026, 3, 1, 12, tzinfo=UTC)

        new = attrs.evolve(posted, number=2, purpose=Purpose.CORRECTION, content="d1", source="expense_1")
        journal.intend(new)
        journal.refused("accr_other", 1, [("no_account", "It has no account.")])
        assert journal.by_source("expense_1") == (new,)
        assert journal.attempts("accr_posted") == (posted, new)


def test_several_exporters_can_bring_it_up_to_date_at_once(old: str) -> None:
    start, problems = threading.Barrier(4), list[BaseException]()

    def work() -> None:
        try:
            start.wait(timeout=30)
            with SqlJournal(old, now=lambda: NOW) as journal:
                assert journal.attempts("accr_posted")[0].purpose is Purpose.DOCUMENT
        except BaseException as error:  # noqa: BLE001 - looked at below
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert problems == []
