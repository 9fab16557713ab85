"""One page of the status page's list is what the whole overview has there, whatever journal and reading say."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

pytest.importorskip("starlette", reason="the extra `web` is not installed")

from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Refuse, Skip
from bridge.decisions import Decision, Reason, ReasonCode, SkipCode
from bridge.documents.form import FormLine, form
from bridge.export import Attempt, AttemptState, Purpose, SqlJournal
from bridge.export.engine import approvals
from bridge.export.journal import sql_latest
from bridge.export.journal.rows import attempt_of
from bridge.export.web.listing import listing
from bridge.export.web.overview import Row, Status, counted, overview
from bridge.export.web.readings import Facts, QueueReading, facts_of
from bridge.mappers.summaries import Member
from support.clocks import ManualClock
from support.companies.small import BOOKS, WHOLE

IDS = [f"accr_{number:02}" for number in range(24)]
SIZE = 5
WORDS = (
    *("accr_1 usd", "ACCR_1", "o1", "2026-02-0", "8", "no_vendor", "Grace holds", "us", "5.00", "charges", "%", "_1"),
    *("accr_1 6100", "usd 2026-02-02"),
)


def said(rng: random.Random) -> str | None:
    """What a document says: its day and amount, or nothing that can be read."""
    day = date(2026, 2, 1) + timedelta(days=rng.randrange(4))
    line = FormLine(account='6100", "day": "x', amount=Decimal(rng.randrange(1, 9)), currency="USD")
    return rng.choice([form("charges", [line], {"day": str(day), "link": '"day": "'}).as_json(), "{}", None])


def fill(journal: SqlJournal, clock: ManualClock, rng: random.Random) -> None:
    for _ in range(60):
        clock.advance(rng.randrange(2))
        record_id = rng.choice(IDS)
        match rng.randrange(6):
            case 0 | 1 | 2:
                attempted(journal, record_id, rng)
            case 3:
                codes = rng.choice([["held"], ["no_vendor"], ["no_vendor", "held"], []])
                journal.refused(record_id, 1, [(code, f'it is {code} ["held", "not"]') for code in codes])
            case 4:
                members = tuple(Member(record_id=each, version=1, content="c") for each in rng.sample(IDS, 3))
                attempted(journal, f"summary:{rng.randrange(99)}", rng, members=members)
            case _:
                attempted(journal, rng.choice(["vendor:v", "receipt:o/r/0", "accrual:2026-02/s"]), rng)
        if not rng.randrange(8):
            approvals.hold(journal, record_id, by="Grace", why="it is odd")
        if not rng.randrange(8):
            post = Bridge(WHOLE.settings).outcome(card_expense("5", coding=[gl("6100")], record_id=record_id), BOOKS)
            assert not isinstance(post, Refuse | Skip)
            approvals.approve(journal, post, by="Alan")


def attempted(journal: SqlJournal, subject: str, rng: random.Random, **more: Any) -> None:
    made = Attempt(
        subject=subject,
        version=1,
        number=len(journal.attempts(subject)) + 1,
        kind="charges",
        path="/charges",
        payload=b"{}",
        key="",
        intended_at=journal.now(),
        intended_by="a test",
        method=rng.choice(["POST", "POST", "PUT", "DELETE"]),
        purpose=rng.choice([*Purpose]),
        form=said(rng),
    )
    made = attrs.evolve(made, **more)
    journal.intend(made)
    if rng.randrange(4):
        state = rng.choice([each for each in AttemptState if each is not AttemptState.OPEN])
        journal.note(attrs.evolve(made, state=state, object_id=f"o{rng.randrange(99)}", settled_at=journal.now()))


def reading(rng: random.Random) -> QueueReading:
    decisions, facts = dict[str, Decision](), dict[str, Facts]()
    for record_id in rng.sample([*IDS, "accr_new"], 10):
        record = card_expense("5", coding=[gl("6100")], record_id=record_id)
        facts[record_id] = attrs.evolve(facts_of(record), day=date(2026, 2, 1) + timedelta(days=rng.randrange(6)))
        if rng.randrange(2):
            reason = Reason(code=rng.choice([ReasonCode.HELD, ReasonCode.NO_VENDOR, ReasonCode.NOT_NOW]), text="so")
            decisions[record_id] = rng.choice(
                [
                    Bridge(WHOLE.settings).outcome(record, BOOKS),
                    Refuse(record=record, reasons=(reason,)),
                    Skip(record=record, why="so", code=rng.choice([*SkipCode])),
                ]
            )
    return QueueReading(decisions=decisions, facts=facts)


@pytest.mark.parametrize("seed", range(5))
def test_a_page_is_what_the_overview_has_there(place: str, clock: ManualClock, seed: int) -> None:
    rng = random.Random(seed)
    with SqlJournal(place, now=clock) as journal, SqlJournal(place, now=clock, namespace="other") as other:
        fill(journal, clock, rng)
        read_at = clock()
        fill(other, clock, rng)
        fill(journal, clock, rng)
        for read in (None, reading(rng)):
            whole = overview(journal, read, read_at)
            for status in (None, *Status):
                wanted = [row for row in whole if status is None or row.status is status]
                pages = list[Row]()
                for first in range(0, max(len(wanted), 1), SIZE):
                    page = listing(journal, read, read_at, status=status, first=first, size=SIZE)
                    assert (page.first, page.count, page.counts) == (first, len(wanted), counted(whole))
                    pages += page.rows
                assert pages == wanted
                last = (len(wanted) - 1) // SIZE * SIZE if wanted else 0
                behind = listing(journal, read, read_at, status=status, first=500, size=SIZE)
                assert (behind.first, behind.rows) == (last, wanted[last:])
            for words in rng.sample(WORDS, 4):
                status = rng.choice([None, Status.POSTED, Status.REFUSED])
                page = listing(journal, read, read_at, words=words, status=status, size=99)
                assert page.rows == [row for row in whole if row.matches(words) and status in {None, row.status}], words
                assert (page.count, page.counts) == (len(page.rows), counted(whole))


def test_a_page_reads_the_attempts_of_its_own_records_alone(
    clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(1)
    with SqlJournal(str(tmp_path / "journal.db"), now=clock) as journal:
        for number in range(300):
            attempted(journal, f"accr_{number:03}", rng, method="POST", purpose=Purpose.DOCUMENT, form=None)
        read = list[str]()

        def counting(row: Mapping[Any, Any]) -> Attempt:
            read.append(row["subject"])
            return attempt_of(row)

        monkeypatch.setattr(sql_latest, "attempt_of", counting)
        (wanted,) = {each.record_id for each in journal.latest() if each.record_id == "accr_123"}
        is_posted = {each.record_id for each in journal.newest(status="posted", limit=300)}
        read.clear()
        assert [row.record_id for row in listing(journal, words="ACCR_123").rows] == [wanted]
        assert len(read) == 300 - len(is_posted - {wanted})
        read.clear()
        page = listing(journal, size=10)
        assert page.count == sum(page.counts.values()) == 300
        assert [row.record_id for row in page.rows] == [f"accr_{number:03}" for number in range(299, 289, -1)]
        assert sorted(read) == sorted(row.record_id for row in page.rows)
