"""The journal: intent before the request, outcome after it, and what a later run makes of both."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

import rillet
from brex_accounting import Record, RecordType
from brex_accounting.testing.records import gl, record
from bridge import Bridge
from bridge.export import Export, posting_key
from bridge.export.engine.attempts import AttemptState
from bridge.export.journal.protocol import JournalError
from bridge.export.journal.sql import SqlJournal
from clientkit import Answer, Outgoing, Pacer
from clientkit.testing import AnswerLost, Asked, Fault, RequestLost, Respond
from support.clocks import ManualClock
from support.companies.exported import SETTINGS, US, Company, Interrupting, expense

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("clock")
REFUSED = Answer(status=400, headers={"content-type": "application/json"}, content=b"{}")
WITH_BANK = attrs.evolve(SETTINGS, entities=(attrs.evolve(US, bank_account="11100", accounts_payable_account="21100"),))


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "journal.db")


Open = Callable[[], SqlJournal]


@pytest.fixture
def opened(place: str, clock: ManualClock) -> Iterator[Open]:
    journals = list[SqlJournal]()

    def make() -> SqlJournal:
        journals.append(SqlJournal(place, now=clock, who=f"exporter {len(journals) + 1}"))
        return journals[-1]

    yield make
    for each in journals:
        each.close()


@pytest.fixture
def journal(opened: Open) -> SqlJournal:
    return opened()


def export(company: Company, journal: SqlJournal, *, by_reference: bool = True) -> Export:
    settings = SETTINGS if by_reference else attrs.evolve(SETTINGS, reference_type=None)
    clients = company.brex.client(sleep=lambda _: None), company.rillet.client()
    return Export(*clients, Bridge(settings), journal=journal)


def charge_posts(company: Company) -> list[Asked]:
    return [asked for asked in company.rillet.asked if asked.path == "/charges" and asked.method == "POST"]


def is_charge(asked: Asked) -> bool:
    return asked.path == "/charges" and asked.method == "POST"


def test_an_export_writes_down_what_it_sent_and_what_came_back(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1))

    outcome = export(company, journal).run()

    assert outcome.complete
    (attempt,) = journal.attempts("accr_001")
    (sent,) = charge_posts(company)
    (charge,) = company.rillet.charges
    assert attempt.payload == sent.content
    assert attempt.key == sent.headers["idempotency-key"] == posting_key(expense(1))
    assert (attempt.version, attempt.number, attempt.kind, attempt.path) == (2, 1, "charges", "/charges")
    assert attempt.state is AttemptState.POSTED
    assert attempt.object_id == charge.id
    assert charge.id.encode() in (attempt.answer or b"")
    assert attempt.trace_id
    assert attempt.intended_by == attempt.settled_by == "exporter 1"
    assert attempt.intended_at == attempt.settled_at == attempt.reported_at == NOW
    vendor, record = journal.walk()
    assert (vendor.kind, vendor.object_id) == ("vendors", charge.vendor_id)
    assert record == attempt


def test_the_intent_is_on_disk_before_the_request_leaves(company: Company, place: str, journal: SqlJournal) -> None:
    company.brex.add(expense(1))
    seen = list[tuple[str, bytes]]()

    def look(outgoing: Outgoing) -> bool:
        if outgoing.method == "POST" and outgoing.url.endswith("/charges"):
            with sqlite3.connect(place) as other:
                seen.extend(other.execute("SELECT state, payload FROM journal_attempts WHERE subject = 'accr_001'"))
            other.close()
            assert seen[0][1] == outgoing.content
        return False

    transport = Interrupting(company.rillet.transport().send, look, after=False)
    client = rillet.Client(company.rillet.api_key, transport=transport, pacer=Pacer(1_000_000))
    Export(company.brex.client(), client, Bridge(SETTINGS), journal=journal).run()

    assert [state for state, _ in seen] == ["OPEN"]


@pytest.mark.parametrize("after", [False, True])
def test_what_was_cut_off_is_sent_again_with_the_same_key_and_bytes(
    company: Company, journal: SqlJournal, *, after: bool
) -> None:
    company.brex.add(expense(1))
    cut = Fault(AnswerLost() if after else RequestLost(), matches=is_charge, times=5)
    company.rillet.faults.append(cut)
    first = export(company, journal, by_reference=False).run()
    (open_attempt,) = journal.attempts("accr_001")
    assert open_attempt.state is AttemptState.OPEN
    assert "broke" in (open_attempt.error or "") or "break" in (open_attempt.error or "")
    assert len(first.failed) == 1
    # What is posted now would have other bytes.
    company.brex.add(attrs.evolve(expense(1, "99"), version=3))

    second = export(company, journal, by_reference=False).run()

    assert second.complete
    assert len(company.rillet.charges) == 1
    *repeated, changed = charge_posts(company)
    assert {(each.content, each.headers["idempotency-key"]) for each in repeated} == {
        (open_attempt.payload, open_attempt.key)
    }
    assert changed.headers["idempotency-key"] != open_attempt.key
    assert {each.headers["content-type"] for each in charge_posts(company)} == {"application/json"}
    # What was cut off is finished as it was, and only then made what the record says now.
    attempts = [(each.version, each.method, each.state, each.error) for each in journal.attempts("accr_001")]
    assert attempts == [
        (2, "POST", AttemptState.POSTED, None),
        (3, "DELETE", AttemptState.POSTED, None),
        (3, "POST", AttemptState.POSTED, None),
    ]
    assert company.rillet.ledger.balance("61000") == 99


def test_a_key_older_than_a_day_is_never_sent_again_and_the_object_is_adopted(
    company: Company, journal: SqlJournal, clock: ManualClock
) -> None:
    company.brex.add(expense(1))
    company.rillet.faults.append(Fault(AnswerLost(), matches=is_charge, times=5))
    export(company, journal).run()
    sent = len(charge_posts(company))
    clock.advance(24 * 3600)
    # The record changed after the charge was posted, so its own time would not find the charge.
    company.brex.add(attrs.evolve(expense(1), version=3, updated_at=clock() + timedelta(days=3)))

    outcome = export(company, journal).run()

    assert len(charge_posts(company)) == sent
    assert [posted.adopted for posted in outcome.posted] == [True]
    assert company.exported() == ["accr_001"]
    (attempt,) = journal.attempts("accr_001")
    assert (attempt.state, attempt.object_id) == (AttemptState.ADOPTED, company.rillet.charges[0].id)


def test_only_what_rillet_does_not_have_after_a_day_is_posted_anew_under_a_new_attempt(
    company: Company, journal: SqlJournal, clock: ManualClock
) -> None:
    company.brex.add(expense(1))
    company.rillet.faults.append(Fault(RequestLost(), matches=is_charge, times=5))
    export(company, journal).run()
    clock.advance(24 * 3600)

    outcome = export(company, journal).run()

    assert outcome.complete
    first, second = journal.attempts("accr_001")
    assert (first.state, second.state) == (AttemptState.ABANDONED, AttemptState.POSTED)
    assert (first.number, second.number) == (1, 2)
    assert second.key == posting_key(expense(1), 2) == charge_posts(company)[-1].headers["idempotency-key"]
    assert first.key != second.key
    assert len(company.rillet.charges) == 1


def paid_bill() -> list[Record]:
    """A bill and two equal payments of it."""
    owed, half = [("10", ())], [("5", ())]
    bill = record(
        RecordType.BILL_EXPENSE,
        debits=[("10", [gl("62000")])],
        credits=owed,
        vendor="Hotel Adlon",
        record_id="accr_bill",
        source_id="bill_1",
    )
    halves = (
        record(RecordType.BILL_EXPENSE_PAYMENT, debits=half, credits=half, record_id=each, source_id="bill_1")
        for each in ("accr_half1", "accr_half2")
    )
    return [bill, *halves]


@pytest.mark.parametrize("carried_out", [False, True])
def test_an_old_intent_of_a_payment_is_settled_by_what_its_bill_shows(
    company: Company, journal: SqlJournal, clock: ManualClock, *, carried_out: bool
) -> None:
    company.brex.add(*paid_bill())
    is_payment = Fault(
        AnswerLost() if carried_out else RequestLost(),
        matches=lambda asked: asked.path.endswith("/payments") and asked.method == "POST",
        times=5,
    )
    company.rillet.faults.append(is_payment)
    clients = company.brex.client(sleep=lambda _: None), company.rillet.client(sleep=lambda _: None)
    prepared = Export(*clients, Bridge(WITH_BANK), journal=journal)
    assert len(prepared.run().failed) == 2
    company.rillet.faults.clear()
    clock.advance(25 * 3600)

    assert prepared.run().complete

    assert len(company.exported()) == 3
    assert company.rillet.ledger.balance("11100") == -10
    assert prepared.verify() == ()


def test_without_references_an_old_intent_is_left_to_people(
    company: Company, journal: SqlJournal, clock: ManualClock
) -> None:
    company.brex.add(expense(1))
    company.rillet.faults.append(Fault(AnswerLost(), matches=is_charge, times=5))
    export(company, journal, by_reference=False).run()
    clock.advance(24 * 3600)

    outcome = export(company, journal, by_reference=False).run()

    assert "2026-03-01 12:00 UTC" in outcome.failed[0].why
    assert "replay it anew" in outcome.failed[0].why
    assert len(company.rillet.charges) == 1
    assert company.exported() == []


def test_a_person_who_did_not_find_it_can_have_it_posted_anew(
    company: Company, journal: SqlJournal, clock: ManualClock
) -> None:
    company.brex.add(expense(1))
    company.rillet.faults.append(Fault(RequestLost(), matches=is_charge, times=5))
    export(company, journal, by_reference=False).run()
    (first,) = journal.attempts("accr_001")

    # As long as the key lives, it tells better than a person.
    company.rillet.faults.append(Fault(RequestLost(), matches=is_charge, times=5))
    export(company, journal, by_reference=False).replay("accr_001", anew=True)
    assert [each.key for each in journal.attempts("accr_001")] == [first.key]

    clock.advance(24 * 3600)
    assert export(company, journal, by_reference=False).replay("accr_001").failed
    assert export(company, journal, by_reference=False).replay("accr_001", anew=True).complete
    assert len(company.rillet.charges) == 1
    assert company.exported() == ["accr_001"]


def test_what_the_journal_has_as_posted_is_only_reported(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1))
    stuck = Fault(Respond(Answer(status=500)), matches=lambda asked: asked.method == "POST", times=1000)
    company.brex.faults.append(stuck)
    export(company, journal, by_reference=False).run()
    assert journal.attempts("accr_001")[0].reported_at is None
    company.brex.faults.clear()
    asked = len(company.rillet.asked)

    outcome = export(company, journal, by_reference=False).run()

    assert [posted.adopted for posted in outcome.posted] == [True]
    assert company.exported() == ["accr_001"]
    assert journal.attempts("accr_001")[0].reported_at == NOW
    assert {each.method for each in company.rillet.asked[asked:]} == {"GET"}


def test_a_plan_knows_what_the_journal_has(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1))
    stuck = Fault(Respond(Answer(status=500)), matches=lambda asked: asked.method == "POST", times=1000)
    company.brex.faults.append(stuck)
    export(company, journal, by_reference=False).run()

    (nothing,) = export(company, journal, by_reference=False).plan().nothing

    assert company.rillet.charges[0].id in nothing.why


def test_what_was_rejected_is_another_attempt_after_its_correction(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1))
    company.rillet.faults.append(Fault(Respond(REFUSED), matches=is_charge))
    assert len(export(company, journal).run().refused) == 1

    assert export(company, journal).run().complete

    first, second = journal.attempts("accr_001")
    assert (first.state, second.state) == (AttemptState.REJECTED, AttemptState.POSTED)
    assert first.key != second.key


@pytest.mark.parametrize("status", [302, 408])
def test_an_answer_that_tells_nothing_refuses_nothing(company: Company, journal: SqlJournal, status: int) -> None:
    company.brex.add(expense(1))
    company.rillet.faults.append(Fault(Respond(Answer(status=status)), matches=is_charge, times=5))

    outcome = export(company, journal).run()

    assert (len(outcome.failed), outcome.refused) == (1, ())
    assert journal.attempts("accr_001")[0].state is AttemptState.OPEN
    company.rillet.faults.clear()
    assert export(company, journal).run().complete
    assert [each.state for each in journal.attempts("accr_001")] == [AttemptState.POSTED]


def test_a_lost_journal_loses_nothing(company: Company, tmp_path: Path, clock: ManualClock) -> None:
    company.brex.add(expense(1))
    stuck = Fault(Respond(Answer(status=500)), matches=lambda asked: asked.method == "POST", times=1000)
    company.brex.faults.append(stuck)
    with SqlJournal(str(tmp_path / "lost.db"), now=clock) as lost:
        export(company, lost).run()
    company.brex.faults.clear()

    with SqlJournal(str(tmp_path / "new.db"), now=clock) as journal:
        assert export(company, journal).run().complete
        (attempt,) = journal.attempts("accr_001")

    assert attempt.state is AttemptState.ADOPTED
    assert attempt.object_id == company.rillet.charges[0].id
    assert len(company.rillet.charges) == 1


def test_a_claimed_record_is_left_alone_until_the_lease_ends(
    company: Company, opened: Open, clock: ManualClock
) -> None:
    company.brex.add(expense(1))
    other, journal = opened(), opened()
    assert other.claim("accr_001")
    assert other.claim("accr_001")
    assert not journal.claim("accr_001")

    outcome = export(company, journal).run()

    (left,) = outcome.elsewhere
    assert "another export has it in hand" in left.why
    assert left.holder == other.who
    assert left.until == clock() + timedelta(minutes=12)
    assert (outcome.failed, outcome.complete, outcome.counts.elsewhere) == ((), True, 1)
    assert company.rillet.charges == ()
    clock.advance(13 * 60)
    assert export(company, journal).run().complete
    other.release("accr_001")


def test_a_vendor_that_another_exporter_creates_is_waited_for(company: Company, opened: Open) -> None:
    company.brex.add(expense(1))
    other, journal = opened(), opened()
    (planned,) = export(company, journal).plan().new_vendors
    assert other.claim(f"vendor:{planned.key}")

    assert "its vendor" in export(company, journal).run().failed[0].why

    other.release(f"vendor:{planned.key}")
    assert export(company, journal).run().complete
    assert len(company.rillet.vendors) == 1


def test_a_journal_that_cannot_be_written_stops_the_run_before_anything_is_sent(
    company: Company, journal: SqlJournal, place: str, records: list[Record]
) -> None:
    company.brex.add(*records)
    prepared = export(company, journal)
    with sqlite3.connect(place) as other:
        other.execute("DROP TABLE journal_claims")
    other.close()

    outcome = prepared.run()

    assert "journal_claims" in (outcome.stopped or "")
    assert outcome.failed
    assert company.posts() == []


def test_a_journal_of_a_newer_release_is_refused(place: str) -> None:
    SqlJournal(place).close()
    with sqlite3.connect(place) as other:
        other.execute("UPDATE journal_version SET version = 99")
    other.close()

    with pytest.raises(JournalError, match="newer release"):
        SqlJournal(place)


def test_a_journal_is_for_its_owner_alone(place: str, journal: SqlJournal) -> None:
    assert Path(place).stat().st_mode & 0o077 == 0
    assert place in repr(journal)
