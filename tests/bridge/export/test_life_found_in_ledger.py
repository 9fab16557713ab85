"""What Rillet has of a record that this export never posted: adopted where it is equal, else refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import attrs
import pytest

from brex_accounting import Record, ReviewStatus
from rillet import (
    ExternalReference,
    NewBill,
    NewCharge,
    NewExpenseItem,
    NewJournalEntry,
    NewJournalEntryItem,
    NewReimbursement,
    NewVendor,
    NewVendorCredit,
    NewVendorCreditItem,
    Side,
)
from support.companies.changing import (
    DAY,
    EXPORTED,
    READY,
    REFERENCE_TYPE,
    START,
    Company,
    MakeCompany,
    adopted,
    companies,
    dollars,
    new,
    of_kind,
    reason_texts,
    reasons,
)
from support.companies.changing_records import DOCUMENTS, ENTRY, Kind, bill, charge, entry, payment, payout, reimbursed

with_and_without = pytest.mark.parametrize(
    "journal", [pytest.param(True, id="journal"), pytest.param(False, id="no journal")]
)
of_documents = pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.name)
DAY_OF_RECORDS = date(2026, 2, 3)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def _vendor(company: Company, name: str, email: str | None = None) -> str:
    """The id of the vendor with this name, who is created where there is none."""
    there = [each.id for each in company.rillet.vendors if each.name == name]
    return there[0] if there else company.to_rillet.vendors.create(NewVendor(name=name, email=email)).id


def _references(*ids: str) -> list[ExternalReference]:
    return [ExternalReference(type=REFERENCE_TYPE, id=each) for each in ids]


def post_charge(company: Company, amount: str, account: str = "61000") -> None:
    company.to_rillet.charges.create(
        NewCharge(
            vendor_id=_vendor(company, "Sample Stationery"),
            items=[NewExpenseItem(account_code=account, amount=dollars(amount))],
            charge_date=DAY_OF_RECORDS,
            credit_card_account_code="21120",
            external_references=_references("k1"),
        )
    )


def post_refund(company: Company, amount: str, account: str = "61000") -> None:
    company.to_rillet.charges.create(
        NewCharge(
            vendor_id=_vendor(company, "Sample Stationery"),
            items=[NewExpenseItem(account_code=account, amount=dollars(f"-{amount}"))],
            charge_date=DAY_OF_RECORDS,
            credit_card_account_code="21120",
            external_references=_references("n1"),
        )
    )


def post_reimbursement(company: Company, amount: str, account: str = "61000") -> None:
    company.to_rillet.reimbursements.create(
        NewReimbursement(
            vendor_id=_vendor(company, "Ada Example", "ada_example@example.com"),
            items=[NewExpenseItem(account_code=account, amount=dollars(amount))],
            reimbursement_date=DAY_OF_RECORDS,
            payable_account_code="21340",
            external_references=_references("r1"),
        )
    )


def post_bill(company: Company, amount: str, account: str = "61000") -> None:
    company.to_rillet.bills.create(
        NewBill(
            vendor_id=_vendor(company, "Acme"),
            expense_number="INV-1",
            items=[NewExpenseItem(account_code=account, amount=dollars(amount))],
            bill_date=DAY_OF_RECORDS,
            due_date=date(2026, 3, 10),
            external_references=_references("b1", "bill1"),
        )
    )


def post_credit(company: Company, amount: str, account: str = "61000") -> None:
    company.to_rillet.vendor_credits.create(
        NewVendorCredit(
            vendor_id=_vendor(company, "Acme"),
            subsidiary_id=company.rillet.subsidiaries[0].id,
            credit_number="CN-1",
            gl_impact_date=DAY_OF_RECORDS,
            date=DAY_OF_RECORDS,
            memo="Brex v1: by hand",
            line_items=[NewVendorCreditItem(account_code=account, amount=dollars(amount))],
        )
    )


def post_entry(company: Company, amount: str, account: str = "61000", name: str = "Brex e1: by hand") -> None:
    items = [
        NewJournalEntryItem(account_code=account, side=Side.DEBIT, amount=dollars(amount)),
        NewJournalEntryItem(account_code="11100", side=Side.CREDIT, amount=dollars(amount)),
    ]
    company.to_rillet.journal_entries.create(
        NewJournalEntry(name=name, currency="USD", items=items, date=DAY_OF_RECORDS)
    )


by_hand: dict[str, Callable[[Company, str], None]] = {
    "charge": post_charge,
    "refund": post_refund,
    "reimbursement": post_reimbursement,
    "bill": post_bill,
    "vendor credit": post_credit,
    "entry": post_entry,
}


@of_documents
@with_and_without
@pytest.mark.parametrize("seconds", [60, 20 * DAY])
def test_one_equal_object_is_adopted(make: MakeCompany, kind: Kind, seconds: float, *, journal: bool) -> None:
    company = make(journal=journal)
    by_hand[kind.name](company, "100")
    company.clock.advance(seconds)
    company.brex.add(attrs.evolve(kind.make("100", "61000"), updated_at=company.clock()))
    writes = company.writes()

    outcome = company.run()

    assert (adopted(outcome), reasons(outcome), company.writes()) == ([kind.record_id], {}, writes)
    assert company.was_told(kind.record_id)
    if journal:
        assert company.verify() == {}


@of_documents
@with_and_without
@pytest.mark.parametrize("seconds", [60, 20 * DAY])
def test_one_that_differs_is_refused(make: MakeCompany, kind: Kind, seconds: float, *, journal: bool) -> None:
    company = make(journal=journal)
    by_hand[kind.name](company, "90")
    company.clock.advance(seconds)
    company.brex.add(attrs.evolve(kind.make("100", "61000"), updated_at=company.clock()))
    writes = company.writes()

    outcome = company.run()

    assert reasons(outcome) == {kind.record_id: ["differs_in_ledger"]}
    told = reason_texts(outcome, kind.record_id)
    assert "90" in told
    assert "100" in told
    assert (company.writes(), company.books()) == (writes, kind.books(90))
    assert not company.was_told(kind.record_id)


@of_documents
@with_and_without
@pytest.mark.parametrize("amount", ["100", "90"])
def test_several_are_refused(make: MakeCompany, kind: Kind, amount: str, *, journal: bool) -> None:
    company = make(journal=journal)
    by_hand[kind.name](company, "100")
    by_hand[kind.name](company, amount)
    company.brex.add(kind.make("100", "61000"))
    books = company.books()

    assert reasons(company.run()) == {kind.record_id: ["posted_several_times"]}
    assert company.books() == books
    assert not company.was_told(kind.record_id)


@of_documents
def test_a_second_one_beside_what_was_posted_is_said(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind)
    by_hand[kind.name](company, "100")
    company.offer_again(kind.record_id)
    assert company.verify() == {kind.record_id: ["posted_several_times"]}


@with_and_without
def test_an_entry_that_somebody_renamed_is_not_posted_beside(make: MakeCompany, *, journal: bool) -> None:
    """Its mark is gone, the day and the postings are equal: nobody can tell whether it is the same."""
    company = make(entry(account="61000"), journal=False)
    company.run()
    company.edit_entry(company.ids["e1"], name="reviewed")
    company.rillet.idempotency_keys.forget_all()
    if journal:
        make.begin_journal(company)
    company.clock.advance(2 * DAY)
    company.offer_again("e1")

    outcome = company.run()

    assert reasons(outcome) == {"e1": ["possible_double"]}
    assert company.ids["e1"] in reason_texts(outcome, "e1")
    assert company.books() == ENTRY.books(100)
    assert not company.was_told("e1")


@with_and_without
@pytest.mark.parametrize("other", [entry("101", "61000"), entry("100", "62000")], ids=["amount", "account"])
def test_an_entry_of_another_content_is_no_double(make: MakeCompany, other: Record, *, journal: bool) -> None:
    company = make(other, journal=journal)
    post_entry(company, "100", name="Rent")

    assert new(company.run()) == ["e1"]


@with_and_without
def test_entries_of_other_records_are_no_doubles(make: MakeCompany, *, journal: bool) -> None:
    company = make(entry(account="61000"), entry(account="61000", id="e2"), journal=journal)
    assert new(company.run()) == ["e1", "e2"]
    company.brex.add(entry(account="61000", id="e3", updated_at=company.clock()))

    assert new(company.run()) == ["e3"]
    assert company.books() == {"61000": 300, "11100": -300}


@of_documents
@with_and_without
def test_what_brex_has_as_exported_and_nobody_posted_is_said(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = make(charge(id="k9"), journal=journal)
    company.run()
    company.change(kind.make("100", "61000"), EXPORTED)

    outcome = company.run() if journal else company.run(changed_since=START)

    assert reasons(outcome) == {kind.record_id: ["not_in_ledger"]}
    assert company.books() == {"61000": 100, "21120": -100}
    if journal:
        assert company.verify() == {kind.record_id: ["only_in_brex"]}


def emptied(old: Record) -> Record:
    """The record without its money."""
    lines = tuple(
        attrs.evolve(each, amount=attrs.evolve(each.amount, amount=each.amount.amount * 0)) for each in old.line_items
    )
    return attrs.evolve(old, line_items=lines, amount=attrs.evolve(old.amount, amount=old.amount.amount * 0))


@pytest.mark.parametrize(
    ("paid", "by"), [(bill("500"), payment("100")), (reimbursed("100", source_id="expense1"), payout("20"))]
)
def test_a_payment_that_loses_its_money_is_said_where_nothing_remembers_it(
    make: MakeCompany, paid: Record, by: Record
) -> None:
    company = make(paid, by, journal=False)
    assert company.run().complete
    books = company.books()
    company.change(emptied(by), EXPORTED)

    outcome = company.run(changed_since=START)

    assert reasons(outcome) == {by.id: ["not_in_ledger"]}
    assert company.books() == books


def test_a_payout_that_is_an_entry_and_loses_its_money_is_found_by_its_name(make: MakeCompany) -> None:
    company = make(payout("20"), journal=False)
    assert new(company.run()) == ["o1"]
    assert company.books() == {"21340": 20, "11900": -20}
    company.change(emptied(payout("20")), EXPORTED)

    assert reasons(company.run(changed_since=START)) == {"o1": ["changed_after_export"]}
    assert company.books() == {"21340": 20, "11900": -20}


@pytest.mark.parametrize("days", [1, 9, 20])
@pytest.mark.parametrize("status", [READY, EXPORTED])
def test_a_journal_that_began_later_knows_what_rillet_has(make: MakeCompany, days: int, status: ReviewStatus) -> None:
    company = make(charge(id="x", updated_at=START), journal=False)
    company.run()
    make.begin_journal(company)
    company.clock.advance(DAY)
    company.brex.add(charge(id="y", updated_at=company.clock()))
    company.run()
    company.clock.advance(days * DAY)
    company.change(charge(id="x"), status)
    writes = company.writes()

    outcome = company.run()

    assert (new(outcome), reasons(outcome), company.writes()) == ([], {}, writes)
    assert company.books() == {"61000": 200, "21120": -200}
    assert company.status("x") == EXPORTED
    assert company.verify() == {}


def test_a_journal_that_began_later_sees_a_change(make: MakeCompany) -> None:
    company = make(charge(id="x", updated_at=START), journal=False)
    company.run()
    make.begin_journal(company)
    company.clock.advance(9 * DAY)
    company.change(charge("120", id="x"))

    company.run()

    # Its mark has the digest of what was posted, by which it is seen that nobody else has changed it.
    assert company.books() == {"61000": 120, "21120": -120}
