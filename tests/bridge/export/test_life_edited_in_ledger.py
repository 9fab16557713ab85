"""What a person changes in Rillet after the export stays; only a true conflict is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from rillet import Period
from support.companies.changing import (
    DAY,
    EXPORTED,
    READY,
    START,
    MakeCompany,
    adopted,
    companies,
    new,
    of_kind,
    reason_texts,
    reasons,
)
from support.companies.changing_records import BILL, CHARGE, DOCUMENTS, ENTRY, MEMBER, Kind, bill, charge

pytestmark = pytest.mark.parametrize(
    "journal", [pytest.param(True, id="journal"), pytest.param(False, id="no journal")]
)
of_documents = pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.name)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


@of_documents
def test_a_persons_edit_stays(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = of_kind(make, kind, journal=journal)
    company.recode(kind.record_id, "62000", "70")
    writes, edited = company.writes(), kind.books(70, "62000")
    assert company.books() == edited

    for seconds in (0, 2 * DAY):
        company.clock.advance(seconds)
        outcome = company.run() if journal else company.run(changed_since=START)
        assert (reasons(outcome), new(outcome), company.writes(), company.books()) == ({}, [], writes, edited)
    if journal:
        assert company.verify() == {kind.record_id: ["changed_in_rillet"]}


@of_documents
def test_a_persons_edit_stays_where_brex_offers_the_record_again(
    make: MakeCompany, kind: Kind, *, journal: bool
) -> None:
    company = of_kind(make, kind, journal=journal)
    company.recode(kind.record_id, "62000", "70")
    company.clock.advance(2 * DAY)
    company.offer_again(kind.record_id)
    writes = company.writes()

    outcome = company.run()

    assert (adopted(outcome), reasons(outcome), company.writes()) == ([kind.record_id], {}, writes)
    assert company.books() == kind.books(70, "62000")
    assert company.was_told(kind.record_id)
    if journal:
        assert company.verify() == {kind.record_id: ["changed_in_rillet"]}


@pytest.mark.parametrize("reports", [1, 3])
def test_a_prepaid_that_was_coded_in_rillet_stays(make: MakeCompany, reports: int, *, journal: bool) -> None:
    company = make(bill(), journal=journal)
    company.run()
    year = Period(start=date(2026, 10, 1), end=date(2027, 9, 30))
    company.recode("b1", "62000", service_period=year)
    for _ in range(reports):
        company.offer_again("b1")
        company.run()

    assert company.books() == {"62000": 100, "21100": -100}
    assert company.rillet.bills[0].items[0].service_period == year
    assert company.status("b1") == EXPORTED


@of_documents
@pytest.mark.parametrize("status", [READY, EXPORTED])
@pytest.mark.parametrize("on_change", ["replace", "correct", "refuse"])
def test_changes_on_both_sides_are_a_conflict(
    make: MakeCompany, kind: Kind, status: object, on_change: str, *, journal: bool
) -> None:
    company = of_kind(make, kind, journal=journal, on_change=on_change)
    company.recode(kind.record_id, "62000", "70")
    company.change(kind.make("120", "61000"), READY if status == READY else EXPORTED)
    writes = company.writes()

    outcome = company.run() if journal else company.run(changed_since=START)

    assert reasons(outcome) == {kind.record_id: ["changed_on_both_sides"]}
    told = reason_texts(outcome, kind.record_id)
    # What was posted is known to the journal alone; without it there is only its digest.
    assert all(each in told for each in (*(["100"] if journal else []), "70", "120")), told
    assert (company.writes(), company.books()) == (writes, kind.books(70, "62000"))
    assert company.status(kind.record_id) == status
    if journal:
        assert company.verify() == {kind.record_id: ["changed_on_both_sides"]}


@of_documents
@pytest.mark.parametrize("status", [READY, EXPORTED])
def test_the_same_change_on_both_sides_is_adopted(
    make: MakeCompany, kind: Kind, status: object, *, journal: bool
) -> None:
    company = of_kind(make, kind, journal=journal)
    company.recode(kind.record_id, "62000", "70")
    company.change(kind.make("70", "62000"), READY if status == READY else EXPORTED)
    writes = company.writes()

    outcome = company.run() if journal else company.run(changed_since=START)

    assert (reasons(outcome), company.writes(), company.books()) == ({}, writes, kind.books(70, "62000"))
    assert company.status(kind.record_id) == EXPORTED
    if journal:
        assert company.verify() == {}
    if not journal:
        # The mark tells of what was posted; that it was adopted since is written down nowhere.
        return
    # What was adopted is the state from now on.
    company.change(kind.make("50", "62000"))
    assert new(company.run()) == [kind.record_id]
    assert company.books() == kind.books(50, "62000")


@of_documents
def test_a_conflict_ends_when_both_agree(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = of_kind(make, kind, journal=journal)
    company.recode(kind.record_id, "62000", "70")
    company.change(kind.make("120", "61000"))
    assert reasons(company.run()) == {kind.record_id: ["changed_on_both_sides"]}
    company.recode(kind.record_id, "61000", "120")

    outcome = company.run()

    assert adopted(outcome) == [kind.record_id]
    assert company.was_told(kind.record_id)


def test_a_name_is_no_content(make: MakeCompany, *, journal: bool) -> None:
    company = of_kind(make, ENTRY, journal=journal)
    company.edit_entry(company.ids["e1"], name="reviewed")
    company.offer_again("e1")
    writes = company.writes()

    outcome = company.run()

    assert company.writes() == writes
    assert company.books() == ENTRY.books(100)
    if journal:
        assert adopted(outcome) == ["e1"]
        assert company.verify() == {}
    else:
        assert reasons(outcome) == {"e1": ["possible_double"]}


@pytest.mark.needs_journal
def test_a_summary_that_somebody_edits_stays(make: MakeCompany, *, journal: bool) -> None:
    assert journal
    company = of_kind(make, MEMBER)
    (summary,) = company.rillet.journal_entries
    company.edit_entry(summary.id, name="reviewed")
    assert company.verify() == {}
    for each in ("k1", "k2", "k3"):
        company.offer_again(each)
    assert adopted(company.run()) == ["k1", "k2", "k3"]
    assert company.books() == MEMBER.books(100)

    first, *_ = summary.items
    company.edit_entry(summary.id, account="62000" if first.account_code == "61000" else "41000")
    edited = company.books()
    assert company.verify() == {each: ["changed_in_rillet"] for each in ("k1", "k2", "k3")}
    company.change(charge("120"))

    assert reasons(company.run()) == {"k1": ["changed_on_both_sides"]}
    assert company.books() == edited


def test_a_paid_bill_is_no_edit(make: MakeCompany, *, journal: bool) -> None:
    company = of_kind(make, BILL, journal=journal)
    company.pay_bill("b1", "40")
    company.offer_again("b1")

    assert adopted(company.run()) == ["b1"]
    if journal:
        assert company.verify() == {}


def test_another_version_after_a_persons_edit_is_compared_with_what_was_posted(
    make: MakeCompany, *, journal: bool
) -> None:
    company = of_kind(make, CHARGE, journal=journal)
    company.recode("k1", "62000")
    company.change(charge("120"))
    company.run()
    # Somebody takes the edit in Brex back: nothing has changed there since the export.
    company.change(charge("100"))

    assert adopted(company.run()) == ["k1"]
    assert company.books() == {"62000": 100, "21120": -100}
