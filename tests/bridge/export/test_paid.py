"""What payments are for: the bills that the journal knows are read by themselves, and all bills only where that is not enough."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from bridge.decisions import ReasonCode
from bridge.export import ExportOutcome
from rillet import BillStatus, ExternalReference, NewBill, NewExpenseItem
from support.companies.changing import (
    DAY,
    REFERENCE_TYPE,
    Company,
    MakeCompany,
    companies,
    dollars,
    reason_texts,
    reasons,
)
from support.companies.changing_records import bill, charge, payment
from support.companies.keeping import Keeping, with_vendors


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def asked_by(company: Company) -> tuple[ExportOutcome, list[str]]:
    """A run, and what it asked of Rillet beside listings of what changed."""
    before = len(company.rillet.asked)
    outcome = company.run()
    asked = company.rillet.asked[before:]
    return outcome, [f"{each.method} {each.path}" for each in asked if "updated.gt" not in each.query]


def with_a_posted_bill(make: MakeCompany, *, journal: bool = True) -> tuple[Company, str]:
    """A company whose bill is in Rillet since two days; and its id there."""
    company = with_vendors(make(bill(), journal=journal))
    assert company.run().complete
    company.clock.advance(2 * DAY)
    return company, company.rillet.bills[0].id


def books_a_copy(company: Company) -> str:
    """A person books a second bill, with the id of the first one."""
    first = company.rillet.bills[0]
    copy = NewBill(
        vendor_id=first.vendor_id,
        expense_number="INV-1 again",
        bill_date=date(2026, 2, 14),
        due_date=date(2026, 3, 10),
        items=(NewExpenseItem(account_code="61000", amount=dollars("100")),),
        external_references=(ExternalReference(type=REFERENCE_TYPE, id="bill1"),),
    )
    return company.to_rillet.bills.create(copy).id


def test_one_payment_asks_for_its_bill_alone(make: MakeCompany) -> None:
    company, bill_id = with_a_posted_bill(make)
    company.brex.add(payment())

    outcome, asked = asked_by(company)

    assert outcome.complete
    assert company.rillet.bills[0].status == BillStatus.PAID
    assert f"GET /bills/{bill_id}" in asked
    assert "GET /bills" not in asked


def test_many_payments_are_one_listing(make: MakeCompany) -> None:
    bills = [bill(id=f"b{number}", source=f"bill{number}", invoice_number=f"INV-{number}") for number in range(21)]
    company = with_vendors(make(*bills))
    assert company.run().complete
    company.brex.add(*(payment(id=f"p{number}", source=f"bill{number}") for number in range(21)))

    outcome, asked = asked_by(company)

    assert outcome.complete
    assert {each.status for each in company.rillet.bills} == {BillStatus.PAID}
    assert asked.count("GET /bills") == 1


def test_without_a_journal_every_bill_is_read(make: MakeCompany) -> None:
    company, _ = with_a_posted_bill(make, journal=False)
    company.brex.add(payment())

    outcome, asked = asked_by(company)

    assert outcome.complete
    assert company.rillet.bills[0].status == BillStatus.PAID
    assert "GET /bills" in asked


def test_a_bill_that_was_deleted_is_not_paid(make: MakeCompany) -> None:
    company, bill_id = with_a_posted_bill(make)
    company.to_rillet.bills.delete(bill_id)
    company.brex.add(payment())

    outcome = company.run()

    assert reasons(outcome)["p1"] == [ReasonCode.BILL_NOT_FOUND]
    assert company.books() == {}


def test_a_bill_that_was_replaced_by_a_person_is_the_one_that_is_paid(make: MakeCompany) -> None:
    """The journal knows the one that is gone; the reference tells which one stands for it."""
    company, bill_id = with_a_posted_bill(make)
    copy = books_a_copy(company)
    company.to_rillet.bills.delete(bill_id)
    company.clock.advance(DAY)
    company.brex.add(payment())

    outcome = company.run()

    assert [each.record.id for each in outcome.posted if each.record.id == "p1"] == ["p1"]
    assert [(each.id, each.status) for each in company.rillet.bills] == [(copy, BillStatus.PAID)]


def test_two_bills_of_one_reference_are_refused(make: MakeCompany) -> None:
    company, bill_id = with_a_posted_bill(make)
    copy = books_a_copy(company)
    company.brex.add(payment())

    outcome = company.run()

    assert reasons(outcome)["p1"] == [ReasonCode.BILL_NOT_FOUND]
    assert bill_id in reason_texts(outcome, "p1")
    assert copy in reason_texts(outcome, "p1")


def test_a_bill_without_its_reference_is_not_paid(make: MakeCompany) -> None:
    company, bill_id = with_a_posted_bill(make)
    company.to_rillet.bills.modify(bill_id, external_references=())
    company.brex.add(payment())

    outcome = company.run()

    assert reasons(outcome)["p1"] == [ReasonCode.BILL_NOT_FOUND]
    assert company.rillet.bills[0].status == BillStatus.UNPAID


def test_on_kept_books_a_payment_costs_six_requests(make: MakeCompany) -> None:
    company, _ = with_a_posted_bill(make)
    keeping = Keeping(company)
    keeping.run()

    outcome, asked = keeping.announce(payment())

    assert outcome.complete
    assert [each.record.id for each in outcome.posted] == ["p1"]
    assert company.rillet.bills[0].status == BillStatus.PAID
    assert len(asked) <= 6, asked


def test_on_kept_books_what_was_deleted_is_not_paid(make: MakeCompany) -> None:
    company, bill_id = with_a_posted_bill(make)
    keeping = Keeping(company)
    keeping.run()
    company.to_rillet.bills.delete(bill_id)

    outcome, _ = keeping.announce(payment())

    assert reasons(outcome)["p1"] == [ReasonCode.BILL_NOT_FOUND]
    assert outcome.counts.posted == 0


def test_on_kept_books_a_bill_is_changed_before_it_is_paid(make: MakeCompany) -> None:
    """What is paid can hardly be changed, so the payment waits for the books that the change is decided on."""
    company, _ = with_a_posted_bill(make)
    keeping = Keeping(company)
    keeping.run()
    company.brex.add(attrs.evolve(bill("120"), version=2, updated_at=company.clock()), payment("120"))

    outcome = keeping.run()

    assert outcome.complete, reasons(outcome)
    assert [(each.items[0].amount.amount, each.status) for each in company.rillet.bills] == [
        (Decimal(120), BillStatus.PAID)
    ]


def test_on_kept_books_a_new_charge_goes_before_a_payment(make: MakeCompany) -> None:
    company, _ = with_a_posted_bill(make)
    keeping = Keeping(company)
    keeping.run()

    outcome, asked = keeping.announce(payment(), charge(merchant="Acme"))

    assert outcome.complete
    assert [each.split("/")[1] for each in asked if each.startswith("POST")] == ["charges", "bills"]
