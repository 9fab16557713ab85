"""Journal entries, bills and their payments between the stand-ins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import attrs

import brex_accounting.testing
from brex_accounting import Record, RecordType, ReviewStatus
from brex_accounting.testing.records import Split, gl, record
from bridge import Settings
from bridge.export import RilletLedger, load_books
from clientkit import Answer
from clientkit.testing import AnswerLost, Fault, Respond
from support.companies.exported import SETTINGS, US, Company, expense, records_in
from support.proof import prove

WHOLE = attrs.evolve(
    SETTINGS,
    entities=(
        attrs.evolve(
            US,
            bank_account="11100",
            personal_expense_receivable_account="12500",
            rewards_account="48000",
            clearing_account="11900",
            accounts_payable_account="21100",
        ),
    ),
)
UNCODED: Sequence[Split] = [("10", ())]
CODED: Sequence[Split] = [("10", [gl("62000")])]


def card_payment() -> Record:
    return record(RecordType.CARD_PAYMENT, debits=UNCODED, credits=UNCODED, record_id="accr_card")


def bill() -> Record:
    return record(
        RecordType.BILL_EXPENSE,
        debits=CODED,
        credits=UNCODED,
        vendor="Cumulus Cloud",
        record_id="accr_bill",
        source_id="expense_bill",
    )


def payment(record_id: str = "accr_paid", amount: str = "10") -> Record:
    lines: Sequence[Split] = [(amount, ())]
    return record(
        RecordType.BILL_EXPENSE_PAYMENT,
        debits=lines,
        credits=lines,
        record_id=record_id,
        source_id="expense_bill",
    )


def forgotten(company: Company, *records: Record) -> Company:
    """The same Rillet, and a Brex that was never told of anything."""
    return Company(brex=brex_accounting.testing.StandIn(records, rate_limit=None), rillet=company.rillet)


def test_every_type_arrives_and_the_books_are_right(company: Company) -> None:
    moving = [each for each in RecordType if not each.startswith(("CARD_EXPENSE_", "REIMBURSEMENT_EXPENSE_A", "BILL"))]
    made = [
        record(kind, debits=UNCODED, credits=UNCODED, record_id=f"accr_{number:02}")
        if kind != RecordType.REIMBURSEMENT_EXPENSE_REPAYMENT
        else record(kind, debits=UNCODED, credits=CODED, record_id=f"accr_{number:02}")
        for number, kind in enumerate(moving)
        if kind not in {RecordType.INVOICE, RecordType.INVOICE_PAYMENT, RecordType.REIMBURSEMENT_EXPENSE_POST}
    ]
    repayment = record(RecordType.CARD_EXPENSE_REPAYMENT, debits=UNCODED, credits=UNCODED, record_id="accr_rep")
    by_card = record(RecordType.BILL_EXPENSE_CARD_PAYMENT, debits=UNCODED, credits=UNCODED, record_id="accr_by_card")
    # The payment comes before its bill, and is still recorded in the same run.
    company.brex.add(payment(), bill(), repayment, by_card, expense(1), *made)

    outcome = company.export(WHOLE).run()

    assert outcome.complete, outcome
    assert len(made) == 8
    assert len(company.exported()) == len(made) + 5
    assert {posted.kind for posted in outcome.posted} == {
        "charges", "journal-entries", "bills", f"bills/{company.rillet.bills[0].id}/payments",
    }  # fmt: skip
    assert [each.status for each in company.rillet.bills] == ["PAID"]
    assert len(company.rillet.journal_entries) == len(made) + 2
    assert outcome.amounts == {"USD": Decimal(20)}
    client = company.rillet.client()
    exported = records_in(company.brex.client(), ReviewStatus.EXPORTED)
    rows = prove(exported, WHOLE, load_books(client), client, first=date(2026, 1, 1), last=date(2026, 12, 31))
    assert [row.difference for row in rows] == [0] * len(rows)
    assert {row.account for row in rows} >= {"11100", "11900", "12500", "21100", "21120", "21340", "48000", "62000"}
    assert company.export(WHOLE).run().posted == ()


def test_what_rillet_has_already_is_adopted(company: Company) -> None:
    company.brex.add(card_payment(), bill(), payment())
    first = company.export(WHOLE).run()
    posts = company.posts()

    again = forgotten(company, card_payment(), bill(), payment())
    outcome = again.export(WHOLE).run()

    assert outcome.complete, outcome
    assert company.posts() == posts
    assert {(each.record.id, each.id) for each in outcome.posted} == {
        (each.record.id, each.id) for each in first.posted
    }
    assert all(each.adopted for each in outcome.posted)
    assert outcome.amounts == {}
    assert again.exported() == ["accr_bill", "accr_card", "accr_paid"]


def test_two_equal_payments_of_one_bill_are_two_payments(company: Company) -> None:
    halves = payment("accr_1", "5"), payment("accr_2", "5")
    company.brex.add(bill(), *halves)

    first = company.export(WHOLE).run()

    assert first.complete, first
    assert [each.status for each in company.rillet.bills] == ["PAID"]
    again = forgotten(company, bill(), *halves).export(WHOLE).run()
    paid = {each.record.id: each.id for each in first.posted}
    assert again.complete, again
    assert {each.id for each in again.posted} == set(paid.values())


def test_a_journal_entry_is_found_also_without_a_type_of_references(company: Company) -> None:
    unlinked: Settings = attrs.evolve(WHOLE, reference_type=None)
    company.brex.add(card_payment())
    company.export(unlinked).run()
    (entry,) = company.rillet.journal_entries

    there = RilletLedger(company.rillet.client(), None).find(["accr_card"], since=card_payment().posted_at)

    assert [str(each.ref) for each in there.by_subject["accr_card"]] == [f"journal-entries {entry.id}"]


def test_a_payment_whose_bill_is_not_there_is_refused(company: Company) -> None:
    company.brex.add(payment())

    outcome = company.export(WHOLE).run()

    assert [each.record.id for each in outcome.refused] == ["accr_paid"]
    assert "the bill has to be there first" in str(outcome.refused[0].reasons[0])
    assert company.posts() == []


def test_a_payment_of_a_bill_that_is_settled_is_refused_by_rillet(company: Company) -> None:
    company.brex.add(bill(), payment())
    company.export(WHOLE).run()
    company.brex.add(payment("accr_more", "7"))

    outcome = company.export(WHOLE).run()

    assert [str(reason.code) for each in outcome.refused for reason in each.reasons] == ["rejected_by_ledger"]
    assert company.rillet.ledger.balance("11100") == Decimal(-10)


def test_bills_that_cannot_be_read_stop_the_run_and_lose_no_report(company: Company) -> None:
    company.brex.add(expense(1), payment())
    broken = Respond(Answer(status=403, headers={"content-type": "application/json"}, content=b"{}"))
    # The first reading looks for what is there already, the second for the bills to pay.
    company.rillet.faults.append(
        Fault(broken, matches=lambda asked: asked.path == "/bills" and bool(company.rillet.charges))
    )

    outcome = company.export(WHOLE).run()

    assert outcome.stopped is not None
    assert outcome.reported == ("accr_001",)
    assert company.exported() == ["accr_001"]
    assert company.export(WHOLE).run().stopped is None


def test_a_payment_whose_answer_is_lost_is_recorded_once(company: Company) -> None:
    company.brex.add(bill(), payment())
    lost = Fault(AnswerLost(), matches=lambda asked: asked.path.endswith("/payments") and asked.method == "POST")
    company.rillet.faults.append(lost)

    company.export(WHOLE).run()
    company.export(WHOLE).run()

    assert company.exported() == ["accr_bill", "accr_paid"]
    assert company.rillet.ledger.balance("11100") == Decimal(-10)


def test_the_plan_shows_every_kind(company: Company) -> None:
    company.brex.add(card_payment(), bill())

    plan = company.export(WHOLE).plan()

    assert [post.document.impact_date for post in plan.posts] == [date(2026, 2, 3)] * 2
    assert [each.vendor.name for each in plan.new_vendors] == ["Cumulus Cloud"]
    company.export(WHOLE).run()
    assert [each.record.id for each in company.export(WHOLE).plan().nothing] == []
