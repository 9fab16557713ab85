"""The journal's tables: those of an earlier release are still read, and summaries are kept with their members."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import Member
from bridge.export.engine.attempts import Attempt, AttemptState, summary_subject
from bridge.export.journal.no_journal import NoJournal
from bridge.export.journal.protocol import Journal, JournalError
from bridge.export.journal.rows import RowError, moment_of, text_of
from bridge.export.journal.sql import SqlJournal
from support.clocks import ManualClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUBJECT = summary_subject("0123456789abcdef0123")
MEMBERS = tuple(Member(record_id=f"accr_{number:04}", version=2) for number in range(1, 1202))
SUMMARY = Attempt(
    subject=SUBJECT,
    version=0,
    number=1,
    kind="journal-entries",
    path="/journal-entries",
    payload=b"{}",
    key="k",
    intended_at=NOW,
    intended_by="me",
    members=MEMBERS,
)
ALONE = attrs.evolve(SUMMARY, subject="accr_0001", version=2, members=())
POSTED = attrs.evolve(SUMMARY, state=AttemptState.POSTED, object_id="je-1", settled_at=NOW, settled_by="me")

#: What the release before replacements and summaries wrote.
VERSION_1 = """
CREATE TABLE journal_attempts (
    id INTEGER NOT NULL, subject TEXT NOT NULL, version INTEGER NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL,
    path TEXT NOT NULL, payload BLOB NOT NULL, "key" TEXT NOT NULL, intended_at TEXT NOT NULL,
    intended_by TEXT NOT NULL, state TEXT NOT NULL, object_id TEXT, answer BLOB, trace_id TEXT, error TEXT,
    settled_at TEXT, settled_by TEXT, reported_at TEXT, PRIMARY KEY (id), UNIQUE (subject, version, number)
);
INSERT INTO "journal_attempts" VALUES(1, 'accr_001', 2, 1, 'charges', '/charges', X'7B7D', 'k',
    '2026-03-01T12:00:00.000000Z', 'old', 'POSTED', 'c-1', X'7B226964223A22632D31227D', 't', NULL,
    '2026-03-01T12:00:00.000000Z', 'old', '2026-03-01T12:00:00.000000Z');
INSERT INTO "journal_attempts" VALUES(2, 'accr_002', 2, 1, 'charges', '/charges', X'7B7D', 'k2',
    '2026-03-01T12:00:00.000000Z', 'old', 'OPEN', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE journal_claims (subject TEXT NOT NULL, holder TEXT NOT NULL, until TEXT NOT NULL, PRIMARY KEY (subject));
INSERT INTO "journal_claims" VALUES('accr_001', 'old f6232e011f1ec58e', '2026-03-01T12:12:00.000000Z');
CREATE TABLE journal_version (id INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (id));
INSERT INTO "journal_version" VALUES(1, 1);
"""


@pytest.fixture
def journal(place: str, clock: ManualClock) -> Iterator[SqlJournal]:
    with SqlJournal(place, now=clock, who="me") as opened:
        yield opened


def ids(*numbers: int) -> list[str]:
    return [f"accr_{number:04}" for number in numbers]


def test_a_journal_of_an_earlier_release_is_read_and_written(tmp_path: Path) -> None:
    place = str(tmp_path / "old.db")
    with sqlite3.connect(place) as old:
        old.executescript(VERSION_1)
    old.close()

    # Whoever opens it second finds it changed already.
    for _ in range(2):
        with SqlJournal(place, now=lambda: NOW) as journal:
            posted, unclear = journal.walk()
            assert (posted.method, posted.state, posted.object_id) == ("POST", AttemptState.POSTED, "c-1")
            assert posted.reported_at == NOW
            assert (unclear.subject, unclear.state, unclear.is_change) == ("accr_002", AttemptState.OPEN, False)
            assert journal.by_object("c-1") == (posted,)
            assert not journal.claim("accr_001")
    with SqlJournal(place, now=lambda: NOW) as journal:
        journal.intend(attrs.evolve(SUMMARY, members=(Member(record_id="accr_002", version=2),)))
        journal.intend(attrs.evolve(ALONE, subject="accr_001", version=3, method="PUT", key=""))
        assert [each.subject for each in journal.attempts("accr_002")] == ["accr_002", SUBJECT]
        assert [each.is_change for each in journal.attempts("accr_001")] == [False, True]


def test_a_record_has_the_attempts_of_its_summaries(journal: SqlJournal) -> None:
    journal.intend(ALONE)
    journal.intend(SUMMARY)
    last = attrs.evolve(ALONE, number=2)
    journal.intend(last)

    # Members are kept, but they do not come with each attempt.
    summary = attrs.evolve(SUMMARY, members=())
    assert journal.attempts("accr_0001") == (ALONE, summary, last)
    assert journal.attempts("accr_1201") == journal.attempts(SUBJECT) == (summary,)
    assert journal.attempts("accr_9999") == ()
    assert journal.members("accr_0001") == ()
    assert journal.members(SUBJECT) == MEMBERS
    assert journal.attempts_of(ids(*range(1, 1300))).keys() == {each.record_id for each in MEMBERS}


def test_a_summary_is_attempted_again_for_the_same_members(journal: SqlJournal) -> None:
    journal.intend(SUMMARY)
    journal.note(attrs.evolve(SUMMARY, state=AttemptState.ABANDONED, settled_at=NOW, settled_by="me"))
    journal.intend(attrs.evolve(SUMMARY, number=2))
    with pytest.raises(JournalError, match="another exporter"):
        journal.intend(attrs.evolve(SUMMARY, number=2))

    assert [each.state for each in journal.attempts("accr_0001")] == ["ABANDONED", "OPEN"]
    assert journal.members(SUBJECT) == MEMBERS


def test_each_member_is_reported_for_itself_and_the_summary_with_the_last(
    journal: SqlJournal, clock: ManualClock
) -> None:
    journal.intend(SUMMARY)
    journal.reported(ids(1))
    assert journal.attempts("accr_0001")[0].reported_at is None

    journal.note(POSTED)
    journal.reported(ids(1))
    clock.advance(60)
    journal.reported(ids(1, 2))
    assert journal.attempts("accr_0001")[0].reported_at == NOW
    assert journal.attempts("accr_0002")[0].reported_at == clock()
    assert journal.attempts("accr_0003")[0].reported_at is None
    assert journal.attempts(SUBJECT)[0].reported_at is None

    journal.reported(each.record_id for each in MEMBERS)
    assert journal.attempts(SUBJECT)[0].reported_at == clock()


def test_an_objects_attempts_are_found(journal: SqlJournal) -> None:
    journal.intend(SUMMARY)
    assert journal.by_object("je-1") == ()
    journal.note(POSTED)
    assert journal.by_object("je-1") == journal.attempts(SUBJECT)


def test_many_subjects_are_claimed_and_released_at_once(place: str, journal: SqlJournal, clock: ManualClock) -> None:
    everything = [each.record_id for each in MEMBERS]
    with SqlJournal(place, now=clock) as other:
        assert other.claim("accr_0002")
        assert other.claim_all(ids(700, 701)) == set(ids(700, 701))
        mine = journal.claim_all(everything)
        assert mine == set(everything).difference(ids(2, 700, 701))
        assert journal.claim_all(everything) == mine
        assert not other.claim_all(ids(1))
        other.release_all(everything)
        assert not other.claim("accr_0001")
        assert journal.claim("accr_0700")
        journal.release_all(everything)
        assert other.claim_all(everything) == set(everything)
        clock.advance(13 * 60)
        assert journal.claim_all(everything) == set(everything)


def test_without_a_journal_nothing_is_remembered() -> None:
    journal: Journal = NoJournal()
    assert journal.claim_all(ids(1)) == set(ids(1))
    journal.intend(SUMMARY)
    journal.release_all(ids(1))
    assert journal.attempts_of(ids(1)) == {}
    assert journal.members(SUBJECT) == ()
    assert journal.by_object("je-1") == ()


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: moment.year > 999))
def test_a_time_comes_back_as_it_was_written(moment: datetime) -> None:
    assert moment_of(text_of(moment), "settled_at") == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        # Tools of other people write fewer places.
        ("2026-03-01T12:00:00.5Z", datetime(2026, 3, 1, 12, microsecond=500_000, tzinfo=UTC)),
        ("2026-13-01T12:00:00.000000Z", None),
        ("2026-03-01T12:00:00.000000", None),
        ("2026-03-01T12:00:00.000000+01:00", None),
    ],
)
def test_what_is_no_time_is_named(text: str, moment: datetime | None) -> None:
    if moment is not None:
        assert moment_of(text, "settled_at") == moment
        return
    with pytest.raises(RowError, match="a cell of 'settled_at' is no time"):
        moment_of(text, "settled_at")
