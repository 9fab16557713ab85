"""What the journal remembers beside requests: what records said, why they were refused, and marks for later runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import attrs
import pytest

from bridge import Member
from bridge.export import Attempt, AttemptState, Journal, NoJournal, Purpose, Refusal, SqlJournal
from bridge.export.engine.attempts import summary_subject
from support.clocks import ManualClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUBJECT = summary_subject("0123456789abcdef0123")
NO_ACCOUNT = ("no_account", "It has no account — “62000” is closed.")
NO_VENDOR = ("no_vendor", "It names no vendor.")
CHARGE = Attempt(
    subject="accr_1",
    version=1,
    number=1,
    kind="charges",
    path="/charges",
    payload=b"{}",
    key="k",
    intended_at=NOW,
    intended_by="me",
    content="digest 1",
    source="expense_1",
)
MEMBERS = (
    Member(record_id="accr_1", version=1, content="digest 1", form='{"kind": "charges"}'),
    Member(record_id="accr_2", version=4),
)
SUMMARY = attrs.evolve(CHARGE, subject=SUBJECT, kind="journal-entries", members=MEMBERS, content=None, source=None)


@pytest.fixture
def journal(place: str, clock: ManualClock) -> Iterator[SqlJournal]:
    with SqlJournal(place, now=clock, who="me") as opened:
        yield opened


def kept(members: tuple[Member, ...]) -> list[tuple[str, int, str | None, str | None]]:
    """What of members is kept, for members are equal without it."""
    return [(each.record_id, each.version, each.content, each.form) for each in members]


def test_an_attempt_says_what_it_is_for_and_what_the_record_said(journal: SqlJournal, clock: ManualClock) -> None:
    assert journal.first_intended_at() is None
    clock.advance(60)
    correction = attrs.evolve(
        CHARGE, number=2, purpose=Purpose.CORRECTION, content="digest 2", method="DELETE", intended_at=clock()
    )
    other = attrs.evolve(CHARGE, subject="accr_2")
    for each in (CHARGE, correction, other, attrs.evolve(CHARGE, subject="accr_3", source="expense_3")):
        journal.intend(each)

    assert journal.attempts("accr_1") == (CHARGE, correction)
    assert [each.deletes for each in journal.attempts("accr_1")] == [False, True]
    assert journal.by_source("expense_1") == (CHARGE, correction, other)
    assert journal.by_source("expense_2") == ()
    assert journal.first_intended_at() == NOW


def test_what_a_person_booked_by_hand_is_not_there(journal: SqlJournal) -> None:
    dismissed = attrs.evolve(CHARGE, purpose=Purpose.DISMISSAL, state=AttemptState.DISMISSED, settled_at=NOW)
    journal.intend(dismissed)

    assert journal.attempts("accr_1") == (dismissed,)
    assert not dismissed.is_there


def test_members_keep_what_their_records_said(journal: SqlJournal) -> None:
    journal.intend(SUMMARY)
    assert kept(journal.members(SUBJECT)) == kept(MEMBERS)

    journal.note(attrs.evolve(SUMMARY, state=AttemptState.ABANDONED))
    again = tuple(attrs.evolve(each, content="digest 2", form="{}") for each in MEMBERS)
    journal.intend(attrs.evolve(SUMMARY, number=2, members=again))
    assert kept(journal.members(SUBJECT)) == kept(again)

    found = journal.memberships(["accr_1", "accr_9", "accr_2", *(f"accr_{number:04}" for number in range(600))])
    assert {subject: [each for each, _ in members] for subject, members in found.items()} == {
        "accr_1": [SUBJECT],
        "accr_2": [SUBJECT],
    }
    assert kept(tuple(member for each in found.values() for _, member in each)) == kept(again)


def test_members_are_told_apart_by_record_and_version_alone() -> None:
    first, _ = MEMBERS
    assert first == Member(record_id="accr_1", version=1)
    assert len({first, Member(record_id="accr_1", version=1, content="other")}) == 1
    assert first < Member(record_id="accr_1", version=2, content="digest 0")


def test_a_refusal_is_a_row_until_it_is_another(journal: SqlJournal, clock: ManualClock) -> None:
    journal.refused("accr_1", 1, [NO_ACCOUNT])
    first = Refusal(subject="accr_1", version=1, at=NOW, last_at=NOW, by="me", reasons=(NO_ACCOUNT,))
    assert journal.refusals("accr_1") == (first,)

    clock.advance(60)
    later = clock()
    journal.refused("accr_1", 1, [NO_ACCOUNT])
    assert journal.refusals("accr_1") == (attrs.evolve(first, last_at=later),)

    clock.advance(60)
    journal.refused("accr_1", 2, [NO_ACCOUNT])
    journal.refused("accr_1", 2, [NO_ACCOUNT, NO_VENDOR])
    # Only the newest row counts: what was said before something else is said anew.
    journal.refused("accr_1", 2, [NO_ACCOUNT])
    assert [(each.version, len(each.reasons), each.at) for each in journal.refusals("accr_1")] == [
        (1, 1, NOW),
        (2, 1, clock()),
        (2, 2, clock()),
        (2, 1, clock()),
    ]
    assert journal.refusals("accr_2") == ()


def test_many_refusals_are_written_at_once(journal: SqlJournal, clock: ManualClock) -> None:
    many = [(f"accr_{number}", 1, [NO_VENDOR]) for number in range(1100)]
    journal.refused_all([*many, ("accr_7", 1, [NO_ACCOUNT])])
    clock.advance(60)
    journal.refused_all(many)
    journal.refused_all([])

    assert [(each.at, each.last_at) for each in journal.refusals("accr_1099")] == [(NOW, clock())]
    assert [each.reasons for each in journal.refusals("accr_7")] == [(NO_ACCOUNT,), (NO_VENDOR,)]


def test_a_mark_is_what_was_left_last(place: str, journal: SqlJournal) -> None:
    assert journal.mark("changes") is None
    journal.set_mark("changes", "2026-03-01")
    journal.set_mark("other", "")
    journal.set_mark("changes", "2026-03-02")
    with SqlJournal(place) as other:
        assert other.mark("changes") == "2026-03-02"
        assert other.mark("other") == ""


def test_without_a_journal_nothing_of_it_is_remembered() -> None:
    journal: Journal = NoJournal()
    journal.intend(CHARGE)
    journal.refused("accr_1", 1, [NO_ACCOUNT])
    journal.refused_all([("accr_1", 1, [NO_ACCOUNT])])
    journal.set_mark("changes", "x")
    assert journal.by_source("expense_1") == ()
    assert journal.refusals("accr_1") == ()
    assert journal.memberships(["accr_1"]) == {}
    assert journal.mark("changes") is None
    assert journal.first_intended_at() is None
