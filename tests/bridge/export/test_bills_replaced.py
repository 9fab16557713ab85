"""Bills that are edited in Brex after their export: one bill in Rillet, which says what Brex says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from brex_accounting import ReviewStatus
from bridge import DEFAULT_MAPPERS, Bridge, Draft, OnChange, Settings, Skip, SkipCode, form_of
from bridge.export import Export, ExportOutcome, verify
from bridge.export.engine.attempts import AttemptState
from bridge.export.journal.no_journal import NoJournal
from bridge.export.journal.protocol import Journal
from bridge.export.journal.sql import SqlJournal
from clientkit import Answer
from clientkit.testing import AnswerLost, Asked, Fault, RequestLost, Respond
from rillet import NewPayment
from support.clocks import ManualClock
from support.companies.edited_bill import EXPORTED, READY, WHOLE, agree, bill, owed, payment, sent
from support.companies.exported import REFERENCE_TYPE, Company

pytestmark = pytest.mark.usefixtures("clock")
REFUSED = Answer(status=400, headers={"content-type": "application/json"}, content=b"{}")


def run(company: Company, journal: Journal, settings: Settings = WHOLE) -> ExportOutcome:
    clients = company.brex.client(sleep=lambda _: None), company.rillet.client(sleep=lambda _: None)
    return Export(*clients, Bridge(settings), journal=journal).run()


def reasons(outcome: ExportOutcome) -> list[str]:
    return [each.code for refused in outcome.refused for each in refused.reasons]


def is_put(asked: Asked) -> bool:
    return asked.method == "PUT"


@pytest.mark.parametrize("status", [READY, EXPORTED])
def test_an_edited_bill_is_replaced(company: Company, journal: SqlJournal, status: ReviewStatus) -> None:
    company.brex.add(bill())
    assert run(company, journal).complete
    company.brex.add(bill("12.50", 3, status))
    reports = len(company.brex.asked)

    outcome = run(company, journal)

    assert outcome.complete, outcome
    assert [(each.record.id, each.adopted) for each in outcome.posted] == [("accr_bill", False)]
    assert outcome.amounts == {"USD": Decimal("2.50")}
    assert owed(company) == Decimal("12.50")
    assert sent(company) == ["POST", "PUT"]
    assert company.exported() == ["accr_bill"]
    # What Brex has as exported is not reported.
    assert any(each.method == "POST" for each in company.brex.asked[reports:]) == (status == READY)
    assert [(each.version, each.method) for each in journal.attempts("accr_bill")] == [(2, "POST"), (3, "PUT")]
    assert agree(company, journal)
    asked = len(sent(company))
    assert run(company, journal).posted == ()
    assert len(sent(company)) == asked


def test_without_a_journal_what_brex_offers_again_is_replaced_however_old_it_is(
    company: Company, clock: ManualClock
) -> None:
    company.brex.add(bill())
    clock.now = datetime(2026, 2, 5, tzinfo=UTC)
    run(company, NoJournal())
    clock.advance(100 * 24 * 3600)
    company.brex.add(bill("12.50", 3, days=100))

    outcome = run(company, NoJournal())

    assert outcome.complete, outcome
    assert owed(company) == Decimal("12.50")
    company.brex.add(bill("99", 4, EXPORTED, days=100))
    assert run(company, NoJournal()).posted == ()
    assert owed(company) == Decimal("12.50")
    # Once more the same version: it is there already.
    company.brex.add(bill("12.50", 3, days=100))
    assert [each.adopted for each in run(company, NoJournal()).posted] == [True]
    assert sent(company) == ["POST", "PUT"]


def test_a_lost_journal_replaces_nothing_that_is_the_newest(
    company: Company, journal: SqlJournal, tmp_path: Path, clock: ManualClock
) -> None:
    company.brex.add(bill("10", 3))
    run(company, journal)
    company.brex.add(bill("10", 3))
    with SqlJournal(str(tmp_path / "new.db"), now=clock) as new:
        assert [each.adopted for each in run(company, new).posted] == [True]
        assert sent(company) == ["POST"]
        company.brex.add(bill("12.50", 4))
        assert run(company, new).complete
        assert owed(company) == Decimal("12.50")
        assert [(each.version, each.state) for each in new.attempts("accr_bill")] == [(3, "ADOPTED"), (4, "POSTED")]


def test_a_lost_journal_replaces_what_is_older(
    company: Company, journal: SqlJournal, tmp_path: Path, clock: ManualClock
) -> None:
    company.brex.add(bill())
    run(company, journal)
    company.brex.add(bill("12.50", 4))
    with SqlJournal(str(tmp_path / "new.db"), now=clock) as new:
        assert run(company, new).complete
        assert owed(company) == Decimal("12.50")
        attempts = [(each.version, each.state, each.method) for each in new.attempts("accr_bill")]
        assert attempts == [(4, "POSTED", "PUT")]


def test_a_version_without_a_change_for_rillet_is_only_written_down(company: Company, journal: SqlJournal) -> None:
    company.brex.add(bill(), payment())
    run(company, journal)
    company.brex.add(bill("10", 3, EXPORTED))

    outcome = run(company, journal)
    assert outcome.complete
    # Nobody waits to hear that nothing has changed.
    assert (outcome.posted, outcome.nothing, outcome.refused) == ((), (), ())
    assert sent(company) == ["POST", "POST"]
    asked = len(company.rillet.asked)
    assert run(company, journal).posted == ()
    # The payment's bill is read; nothing is compared and no payment listed.
    paid = f"/bills/{company.rillet.bills[0].id}"
    assert [each.path for each in company.rillet.asked[asked:] if each.path.startswith("/bills/")] == [paid]


def test_a_bill_that_is_paid_is_refused_and_stays(company: Company, journal: SqlJournal) -> None:
    company.brex.add(bill(), payment())
    run(company, journal)
    company.brex.add(bill("12.50", 3))

    outcome = run(company, journal)

    ((code, text),) = [(each.code, each.text) for refused in outcome.refused for each in refused.reasons]
    assert code == "changed_after_export"
    assert "62000 +2.50 USD" in text
    assert "take back what settles it" in text
    assert owed(company) == 10
    assert company.brex.records["accr_bill"].review_status == READY


def test_replacing_can_be_switched_off(company: Company, journal: SqlJournal) -> None:
    settings = attrs.evolve(WHOLE, on_change=OnChange.REFUSE)
    company.brex.add(bill())
    run(company, journal, settings)
    company.brex.add(bill("12.50", 3))
    assert reasons(run(company, journal, settings)) == ["changed_after_export"]
    assert company.exported() == []
    company.brex.add(bill("12.50", 4, EXPORTED))
    assert reasons(run(company, journal, settings)) == ["changed_after_export"]
    assert sent(company) == ["POST"]


@pytest.mark.parametrize("carried_out", [True, False])
def test_an_open_replacement_makes_no_second_bill_after_replacing_was_switched_off(
    company: Company, journal: SqlJournal, *, carried_out: bool
) -> None:
    company.brex.add(bill())
    run(company, journal)
    company.brex.add(bill("12.50", 3))
    company.rillet.faults.append(Fault(AnswerLost() if carried_out else RequestLost(), matches=is_put, times=5))
    run(company, journal)
    company.rillet.faults.clear()

    outcome = run(company, journal, attrs.evolve(WHOLE, on_change=OnChange.REFUSE))
    assert outcome.failed == ()
    assert reasons(outcome) == ([] if carried_out else ["changed_after_export"])
    assert company.exported() == (["accr_bill"] if carried_out else [])
    assert owed(company) == (Decimal("12.50") if carried_out else 10)


def test_an_adoption_that_was_cut_off_is_finished(company: Company, journal: SqlJournal) -> None:
    company.brex.add(bill())
    run(company, journal)
    company.brex.add(bill("10", 3, EXPORTED))
    (first,) = journal.attempts("accr_bill")
    journal.intend(attrs.evolve(first, version=3, state=AttemptState.OPEN, payload=b"", key="", object_id=None))

    run(company, journal)

    assert [each.state for each in journal.attempts("accr_bill")] == ["POSTED", "ADOPTED"]
    assert agree(company, journal)


@pytest.mark.parametrize("later", [0, 25])
@pytest.mark.parametrize("status", [READY, EXPORTED])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_replacement_without_an_outcome_is_settled_by_what_the_bill_shows(
    company: Company, journal: SqlJournal, clock: ManualClock, status: ReviewStatus, later: int, *, carried_out: bool
) -> None:
    company.brex.add(bill())
    run(company, journal)
    company.brex.add(bill("12.50", 3, status))
    company.rillet.faults.append(Fault(AnswerLost() if carried_out else RequestLost(), matches=is_put, times=5))
    assert len(run(company, journal).failed) == 1
    assert journal.attempts("accr_bill")[-1].state is AttemptState.OPEN
    company.rillet.faults.clear()
    clock.advance(later * 3600)
    puts = sent(company).count("PUT")

    assert run(company, journal).complete

    assert owed(company) == Decimal("12.50")
    assert sent(company).count("PUT") == puts + (not carried_out)
    assert company.exported() == ["accr_bill"]
    assert agree(company, journal)


def test_an_old_replacement_is_never_taken_for_a_newer_one(company: Company, journal: SqlJournal) -> None:
    company.brex.add(bill())
    run(company, journal)
    company.brex.add(bill("12.50", 3))
    company.rillet.faults.append(Fault(AnswerLost(), matches=is_put, times=5))
    run(company, journal)
    company.rillet.faults.clear()
    company.brex.add(bill("14", 4))

    assert run(company, journal).complete

    assert owed(company) == 14
    last = journal.attempts("accr_bill")[-1]
    assert (last.version, last.state, last.method) == (4, AttemptState.POSTED, "PUT")
    assert agree(company, journal)


def test_what_was_paid_while_a_replacement_was_open_is_not_replaced(company: Company, journal: SqlJournal) -> None:
    company.brex.add(bill())
    run(company, journal)
    company.brex.add(bill("12.50", 3))
    company.rillet.faults.append(Fault(RequestLost(), matches=is_put, times=5))
    run(company, journal)
    company.rillet.faults.clear()
    (there,) = company.rillet.bills
    paid = NewPayment(amount=there.items[0].amount, account_code="11100", date=date(2026, 2, 20))
    company.rillet.client().bills.create_payment(there.id, paid)

    assert reasons(run(company, journal)) == ["changed_after_export"]
    assert owed(company) == 10


def test_a_bill_whose_creation_was_open_is_made_as_it_was_and_then_replaced(
    company: Company, journal: SqlJournal
) -> None:
    company.brex.add(bill())
    lost = Fault(AnswerLost(), matches=lambda asked: asked.path == "/bills" and asked.method == "POST", times=5)
    company.rillet.faults.append(lost)
    run(company, journal)
    company.rillet.faults.clear()
    company.brex.add(bill("12.50", 3))

    assert run(company, journal).complete

    assert owed(company) == Decimal("12.50")
    assert [(each.version, each.is_there) for each in journal.attempts("accr_bill")] == [(2, True), (3, True)]
    assert agree(company, journal)


def test_what_rillet_rejects_is_tried_again(company: Company, journal: SqlJournal) -> None:
    company.brex.add(bill())
    run(company, journal)
    company.brex.add(bill("12.50", 3, EXPORTED))
    company.rillet.faults.append(Fault(Respond(REFUSED), matches=is_put))
    assert reasons(run(company, journal)) == ["rejected_by_ledger"]
    assert len(company.rillet.bills) == 1
    found = verify(company.brex.client(), company.rillet.client(), journal, REFERENCE_TYPE)
    assert [(each.record_id, each.verdict) for each in found] == [("accr_bill", "changed_in_brex")]

    assert run(company, journal).complete
    assert owed(company) == Decimal("12.50")
    assert [each.state for each in journal.attempts("accr_bill")] == ["POSTED", "REJECTED", "POSTED"]


@pytest.mark.parametrize("keeps_journal", [True, False])
def test_a_change_that_a_mapper_left_out_is_made_when_it_no_longer_does(
    company: Company, journal: SqlJournal, tmp_path: Path, clock: ManualClock, *, keeps_journal: bool
) -> None:
    def nothing(draft: Draft) -> Skip:
        return draft.skip(SkipCode.NOT_READY, "not now")

    company.brex.add(bill())
    run(company, journal)
    company.brex.add(bill("12.50", 3))
    clients = company.brex.client(), company.rillet.client()
    with SqlJournal(str(tmp_path / "new.db"), now=clock) as new:
        kept = journal if keeps_journal else new
        without = Bridge(WHOLE, mappers={**DEFAULT_MAPPERS, "BILL_EXPENSE": nothing})
        assert [each.step for each in Export(*clients, without, journal=kept).run().posted] == ["keep"]
        assert owed(company) == 10

        company.brex.add(bill("12.50", 3))
        assert [each.step for each in run(company, kept).posted] == ["replace"]
        assert owed(company) == Decimal("12.50")


@pytest.mark.parametrize("status", [READY, EXPORTED])
def test_a_bill_that_was_deleted_in_rillet_is_left_to_a_replay(
    company: Company, journal: SqlJournal, status: ReviewStatus
) -> None:
    company.brex.add(bill())
    run(company, journal)
    (there,) = company.rillet.bills
    company.rillet.client().bills.delete(there.id)
    company.brex.add(bill("12.50", 3, status))

    outcome = run(company, journal)
    assert reasons(outcome) == ["deleted_in_ledger"]
    assert "replay it to post it anew" in outcome.refused[0].reasons[0].text
    assert company.rillet.bills == ()
    clients = company.brex.client(), company.rillet.client()
    assert Export(*clients, Bridge(WHOLE), journal=journal).replay("accr_bill").complete
    assert owed(company) == Decimal("12.50")


def test_a_replaced_bill_that_was_deleted_is_posted_anew_by_a_replay(company: Company, journal: SqlJournal) -> None:
    company.brex.add(bill())
    run(company, journal)
    company.brex.add(bill("12.50", 3))
    run(company, journal)
    (there,) = company.rillet.bills
    company.rillet.client().bills.delete(there.id)

    clients = company.brex.client(), company.rillet.client()
    assert Export(*clients, Bridge(WHOLE), journal=journal).replay("accr_bill").complete

    assert owed(company) == Decimal("12.50")
    assert [each.state for each in journal.attempts("accr_bill")] == ["ABANDONED", "ABANDONED", "POSTED"]
    assert agree(company, journal)


@pytest.mark.parametrize("kept", [True, False])
def test_a_plan_shows_what_would_be_replaced_and_why_it_cannot(
    company: Company, journal: SqlJournal, *, kept: bool
) -> None:
    company.brex.add(bill())
    run(company, journal)
    clients = company.brex.client(), company.rillet.client()
    prepared = Export(*clients, Bridge(WHOLE), journal=journal if kept else None)
    company.brex.add(bill("10", 3))
    assert [each.record.id for each in prepared.plan().nothing] == ["accr_bill"]
    company.brex.add(bill("12.50", 3))
    assert [each.step for each in prepared.plan().posts] == ["replace"]

    (there,) = company.rillet.bills
    paid = NewPayment(amount=there.items[0].amount, account_code="11100", date=date(2026, 2, 20))
    company.rillet.client().bills.create_payment(there.id, paid)
    assert [each.record.id for each in prepared.plan().refused] == ["accr_bill"]
    assert sent(company) == ["POST", "POST"]


def test_links_that_somebody_took_from_the_bill_come_back(company: Company, journal: SqlJournal) -> None:
    company.brex.add(bill())
    run(company, journal)
    (there,) = company.rillet.bills
    # Somebody takes all links from the bill; the journal knows which one it is.
    company.rillet.client().bills.modify(there.id, external_references=())
    company.brex.add(bill("12.50", 3))

    assert run(company, journal).complete

    (after,) = company.rillet.bills
    ids = [each.id for each in after.external_references]
    assert ids[:2] == ["accr_bill", "expense_bill"]
    assert ids[2:] == [f"accr_bill v3 {form_of(after).without('due').digest()}"]
    assert owed(company) == Decimal("12.50")
