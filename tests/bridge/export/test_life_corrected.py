"""What cannot be replaced: refused with the difference, or corrected by an entry, as the settings say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import attrs
import pytest

from support.companies.changing import (
    EXPORTED,
    READY,
    START,
    Company,
    MakeCompany,
    adopted,
    companies,
    new,
    of_kind,
    reason_texts,
    reasons,
)
from support.companies.changing_records import (
    BILL,
    CHARGE,
    DOCUMENTS,
    KINDS,
    MEMBER,
    PAYMENT,
    REIMBURSEMENT,
    Kind,
    charge,
)

with_and_without = pytest.mark.parametrize(
    "journal", [pytest.param(True, id="journal"), pytest.param(False, id="no journal")]
)
of_documents = pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.name)
of_all = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
JANUARY_TO_FEBRUARY = date(2026, 2, 28)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def is_refused_with_the_difference(company: Company, kind: Kind, difference: int) -> None:
    """The run refuses the changed record, says the difference of its account, and changes nothing."""
    books, writes = company.books(), company.writes()
    outcome = company.run()
    assert "changed_after_export" in reasons(outcome).get(kind.record_id, [])
    told = reason_texts(outcome, kind.record_id)
    assert re.search(rf"\b{difference}(\.00)?\b", told), told
    assert ("61000" if kind.has_account else "11100") in told
    assert (company.books(), company.writes()) == (books, writes)
    assert not company.was_told(kind.record_id)
    assert kind.record_id not in {each.record.id for each in outcome.posted}


@of_documents
@with_and_without
def test_a_change_in_a_closed_period_is_refused(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = of_kind(make, kind, journal=journal)
    company.close_books()
    company.change(kind.make("120", "61000"))

    is_refused_with_the_difference(company, kind, 20)
    if journal:
        assert company.verify() == {kind.record_id: ["changed_in_brex"]}


def test_a_change_of_a_payment_in_a_closed_period_is_refused(make: MakeCompany) -> None:
    company = of_kind(make, PAYMENT)
    company.close_books()
    company.change(PAYMENT.make("120", ""))

    is_refused_with_the_difference(company, PAYMENT, 20)
    assert company.verify() == {"p1": ["changed_in_brex"]}


@of_all
def test_what_did_not_change_is_adopted_in_a_closed_period(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind)
    company.close_books()
    company.offer_again(kind.record_id)

    assert adopted(company.run()) == [kind.record_id]
    assert company.was_told(kind.record_id)


@with_and_without
@pytest.mark.parametrize("kind", [BILL, REIMBURSEMENT], ids=lambda kind: kind.name)
def test_what_is_paid_is_not_replaced(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = of_kind(make, kind, journal=journal)
    if kind is BILL:
        company.pay_bill("b1", "40")
    else:
        company.pay_reimbursement("r1", "40")
    company.change(kind.make("120", "61000"))

    is_refused_with_the_difference(company, kind, 20)


def test_a_cleared_payment_is_not_replaced(make: MakeCompany) -> None:
    company = of_kind(make, PAYMENT)
    company.rillet.clear_payment(company.ids["p1"])
    company.change(PAYMENT.make("120", ""))

    is_refused_with_the_difference(company, PAYMENT, 20)


@of_documents
@with_and_without
def test_the_settings_can_refuse_every_change(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = of_kind(make, kind, journal=journal, on_change="refuse")
    company.change(kind.make("120", "61000"))

    is_refused_with_the_difference(company, kind, 20)


@pytest.mark.parametrize("kind", [PAYMENT, MEMBER], ids=lambda kind: kind.name)
def test_the_settings_can_refuse_changes_of_what_has_no_reference(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind, on_change="refuse")
    company.change(kind.make("120", "61000"))

    is_refused_with_the_difference(company, kind, 20)


def test_a_refused_change_of_an_exported_record_is_told_once_it_changed(make: MakeCompany) -> None:
    company = of_kind(make, CHARGE, on_change="refuse")
    company.change(charge("120"), EXPORTED)

    assert reasons(company.run()) == {"k1": ["changed_after_export"]}
    assert company.books() == CHARGE.books(100)
    assert company.verify() == {"k1": ["changed_in_brex"]}


@of_documents
@with_and_without
@pytest.mark.parametrize("is_closed", [False, True])
def test_a_correction_is_an_entry_of_the_difference(
    make: MakeCompany, kind: Kind, *, journal: bool, is_closed: bool
) -> None:
    company = of_kind(make, kind, journal=journal, on_change="correct")
    if is_closed:
        company.close_books(JANUARY_TO_FEBRUARY)
    original, posted = company.ids[kind.record_id], len(company.writes())
    before = company.rillet.ledger.of(original)

    # The state is the sum of what was posted: each difference is to what the corrections before have made.
    for number, (amount, account) in enumerate([(120, "61000"), (90, "62000"), (100, "62000")], start=1):
        company.change(kind.make(str(amount), account), READY if number % 2 else EXPORTED)
        outcome = company.run() if journal else company.run(changed_since=START)
        assert new(outcome) == [kind.record_id], outcome
        assert company.books() == kind.books(amount, account)
        assert company.writes()[posted:] == ["POST /journal-entries"] * number
    assert company.rillet.ledger.of(original) == before
    corrections = [each for each in company.rillet.ledger.postings if each.document_id != original]
    if is_closed:
        assert {each.date for each in corrections} == {date(2026, 3, 1)}
    assert all(kind.record_id in each.name for each in company.rillet.journal_entries)
    writes = company.writes()
    assert company.run().complete
    assert company.writes() == writes
    if journal:
        assert company.verify() == {}


@pytest.mark.parametrize(
    ("kind", "on_change"),
    [(PAYMENT, "correct"), (MEMBER, "correct"), (MEMBER, "replace")],
    ids=["payment-correct", "member-correct", "member-replace"],
)
@pytest.mark.parametrize("is_closed", [False, True])
def test_what_has_no_reference_is_corrected_too(
    make: MakeCompany, kind: Kind, on_change: str, *, is_closed: bool
) -> None:
    company = of_kind(make, kind, on_change=on_change)
    if is_closed:
        company.close_books(JANUARY_TO_FEBRUARY)
    writes = len(company.writes())

    for number, amount in enumerate([120, 90], start=1):
        company.change(kind.make(str(amount), "61000"))
        outcome = company.run()
        assert new(outcome) == [kind.record_id], outcome
        assert company.books() == kind.books(amount)
        assert company.writes()[writes:] == ["POST /journal-entries"] * number
    assert sum(kind.record_id in each.name for each in company.rillet.journal_entries) == 2
    assert company.verify() == {}


def test_members_of_a_summary_are_corrected_one_by_one(make: MakeCompany) -> None:
    company = of_kind(make, MEMBER)
    company.change(charge("150"))
    company.change(charge("10", "62000", id="k2"), EXPORTED)

    assert new(company.run()) == ["k1", "k2"]

    assert company.books() == {"61000": 150, "62000": 10, "63000": 7, "21120": -167}
    assert company.verify() == {}


@with_and_without
def test_a_paid_bill_is_corrected(make: MakeCompany, *, journal: bool) -> None:
    company = of_kind(make, BILL, journal=journal, on_change="correct")
    company.pay_bill("b1", "100")
    company.change(BILL.make("120", "61000"))

    assert new(company.run()) == ["b1"]
    assert company.books() == {"61000": 120, "21100": -20, "11100": -100}


@of_documents
@with_and_without
def test_a_correction_that_somebody_deletes_is_said(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = of_kind(make, kind, journal=journal, on_change="correct")
    before = {each.id for each in company.rillet.journal_entries}
    company.change(kind.make("120", "61000"))
    company.run()
    (correction,) = {each.id for each in company.rillet.journal_entries} - before
    company.to_rillet.journal_entries.delete(correction)
    company.offer_again(kind.record_id)

    outcome = company.run()

    if not journal:
        # Nothing remembers that there was a correction.
        assert company.books() == kind.books(120)
        return
    # A person's work stays, and it is said.
    assert company.books() == kind.books(100)
    assert adopted(outcome) == [kind.record_id] or kind.record_id in reasons(outcome)
    (verdict,) = company.verify()[kind.record_id]
    assert verdict in {"changed_in_rillet", "deleted_in_rillet"}


@with_and_without
def test_a_correction_in_a_summed_state_conflicts_with_a_persons_edit(make: MakeCompany, *, journal: bool) -> None:
    company = of_kind(make, CHARGE, journal=journal, on_change="correct")
    company.recode("k1", "62000")
    company.change(charge("120"))

    assert reasons(company.run()) == {"k1": ["changed_on_both_sides"]}
    assert company.books() == {"62000": 100, "21120": -100}


@pytest.mark.parametrize("gone", ["correction", "original"])
def test_what_is_left_of_a_corrected_document_is_not_taken_for_nothing(make: MakeCompany, gone: str) -> None:
    company = of_kind(make, CHARGE, on_change="correct")
    (original,) = company.rillet.charges
    before = {each.id for each in company.rillet.journal_entries}
    company.change(CHARGE.make("120", "61000"))
    company.run()
    (entry,) = {each.id for each in company.rillet.journal_entries} - before
    if gone == "correction":
        company.to_rillet.journal_entries.delete(entry)
    else:
        company.to_rillet.charges.delete(original.id)
    company.change(CHARGE.make("0", "61000"))

    outcome = company.run()

    assert reasons(outcome) == {CHARGE.record_id: ["deleted_in_ledger"]}
    assert not company.was_told(CHARGE.record_id)


# What people did to one part of a corrected document.


@of_documents
@with_and_without
@pytest.mark.parametrize("amount", ["120", "0"])
def test_the_correction_that_is_left_of_a_deleted_document_is_said(
    make: MakeCompany, kind: Kind, amount: str, *, journal: bool
) -> None:
    company = of_kind(make, kind, journal=journal, on_change="correct")
    posted = company.ids[kind.record_id]
    company.change(kind.make("120", "61000"))
    assert company.run().complete
    company.ids[kind.record_id] = posted
    company.delete(kind.record_id)
    company.change(kind.make(amount, "61000"), READY)
    books = company.books()

    outcome = company.run()

    assert reasons(outcome) == {kind.record_id: ["deleted_in_ledger"]}
    assert "delete what is left of it (journal-entries " in reason_texts(outcome, kind.record_id)
    assert company.books() == books
    assert not company.was_told(kind.record_id)
    # Without a journal a record that waits is the run's to tell of.
    assert company.verify() == ({kind.record_id: ["deleted_in_rillet"]} if journal else {})
    company.brex.add(attrs.evolve(company.brex.records[kind.record_id], review_status=EXPORTED))
    assert company.verify() == {kind.record_id: ["deleted_in_rillet"]}


@of_documents
def test_an_entry_that_says_the_correction_is_not_made_a_second_time(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind, journal=False, on_change="correct")
    company.change(kind.make("120", "61000"))
    company.run()
    (entry,) = (each for each in company.rillet.journal_entries if "correction" in each.name)
    company.edit_entry(entry.id, name="reviewed")
    books = company.books()
    company.change(kind.make("120", "61000"))

    outcome = company.run()

    assert reasons(outcome) == {kind.record_id: ["changed_after_export"]}
    assert f"journal-entries {entry.id} says what would correct it" in reason_texts(outcome, kind.record_id)
    assert company.books() == books

    # What the refusal tells a person to do.
    assert "delete that entry, and the next run posts its correction" in reason_texts(outcome, kind.record_id)
    company.to_rillet.journal_entries.delete(entry.id)
    assert company.run().complete
    assert company.books() == books
