"""What a journal knows last of every record."""

from __future__ import annotations

from typing import Any

import attrs

from bridge.export import Attempt, AttemptState, Journal, Listed, ListingJournal, NoJournal, Purpose, SqlJournal
from bridge.export.engine.attempts import last_attempt
from bridge.export.web.overview import overview, row_of
from bridge.mappers.summaries import Member
from support.clocks import ManualClock


def attempted(journal: Journal, subject: str, number: int = 1, **more: Any) -> None:
    made = Attempt(
        subject=subject,
        version=1,
        number=number,
        kind="charges",
        path="/charges",
        payload=b"{}",
        key="",
        intended_at=journal.now(),
        intended_by="a test",
        form="{}",
    )
    journal.intend(attrs.evolve(made, **more))


def test_of_every_record_the_attempt_that_counts_and_the_newest_refusal(place: str, clock: ManualClock) -> None:
    posted: dict[str, Any] = {"state": AttemptState.POSTED, "object_id": "o"}
    with SqlJournal(place, now=clock) as journal, SqlJournal(place, now=clock, namespace="other") as other:
        attempted(journal, "posted", state=AttemptState.REJECTED)
        attempted(journal, "posted", 2, **posted)
        attempted(journal, "kept", **posted)
        attempted(journal, "kept", 2, method="PUT", state=AttemptState.REJECTED)
        attempted(journal, "kept", 3, purpose=Purpose.CORRECTION, state=AttemptState.ABANDONED)
        attempted(journal, "alone")
        members = tuple(Member(record_id=each, version=1, content="c") for each in ("alone", "member"))
        attempted(journal, "summary:s", members=members, **posted)
        attempted(journal, "vendor:v", **posted)
        attempted(other, "of another", **posted)
        journal.refused("refused", 1, [("held", "it waits")])
        clock.advance(60)
        journal.refused_all([("refused", 1, [("no_vendor", "nobody is named")]), ("posted", 1, [("held", "it waits")])])

        latest = {each.record_id: each for each in journal.latest()}

        assert list(latest) == ["alone", "kept", "member", "posted", "refused"]
        for record_id, each in latest.items():
            expected = last_attempt(journal.attempts(record_id))
            assert each.attempt == (None if expected is None else attrs.evolve(expected, payload=b"", answer=None))
            assert each.refusal == next(reversed(journal.refusals(record_id)), None)
        assert [each.record_id for each in other.latest()] == ["of another"]
        # One record's row is what the list has of it.
        rows = {each.record_id: each for each in overview(journal)}
        assert rows.keys() == latest.keys()
        assert {each: row_of(journal, each) for each in rows} == rows
        assert row_of(journal, "of another") is None
        assert row_of(journal, "vendor:v") is None


def test_without_a_journal_nothing_is_known() -> None:
    assert NoJournal().latest() == ()


def test_refused_records_are_listed_until_the_refusal_is_over(place: str, clock: ManualClock) -> None:
    with SqlJournal(place, now=clock) as made:
        journal: ListingJournal = made
        journal.refused_all([("accr_1", 1, [("no_vendor", "nobody is named")]), ("accr_2", 1, [("held", "it waits")])])
        assert journal.counts() == {"refused": 1, "held": 1}
        assert journal.newest(status="refused", limit=9) == [Listed(record_id="accr_1", status="refused", day="")]
        (known,) = journal.latest_of(["accr_1"])
        assert known.refusal is not None
        assert known.refusal.texts == ("nobody is named",)

        clock.advance(60)
        attempted(journal, "accr_1", state=AttemptState.POSTED, object_id="o", settled_at=journal.now())
        assert journal.newest(status="refused", limit=9) == []
        assert journal.counts() == {"posted": 1, "held": 1}
