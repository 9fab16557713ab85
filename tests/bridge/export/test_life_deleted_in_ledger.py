"""What is deleted after the export, in Rillet or in Brex: nobody is told that it is in the books when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from brex_accounting import ReviewStatus
from support.companies.changing import (
    DAY,
    EXPORTED,
    READY,
    START,
    MakeCompany,
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
    Kind,
    bill,
    charge,
    payment,
)

with_and_without = pytest.mark.parametrize(
    "journal", [pytest.param(True, id="journal"), pytest.param(False, id="no journal")]
)
of_documents = pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.name)
of_single = pytest.mark.parametrize("kind", [*DOCUMENTS, PAYMENT], ids=lambda kind: kind.name)
in_states = pytest.mark.parametrize("status", [READY, EXPORTED])


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


@of_single
@pytest.mark.parametrize("seconds", [60, 2 * DAY])
def test_what_somebody_deleted_is_not_told_as_posted(make: MakeCompany, kind: Kind, seconds: float) -> None:
    company = of_kind(make, kind)
    company.delete(kind.record_id)
    company.offer_again(kind.record_id)
    company.clock.advance(seconds)
    writes = company.writes()
    assert company.verify() == {kind.record_id: ["deleted_in_rillet"]}

    outcome = company.run()

    assert reasons(outcome) == {kind.record_id: ["deleted_in_ledger"]}
    assert "replay" in reason_texts(outcome, kind.record_id)
    assert (company.writes(), company.books()) == (writes, kind.other_books)
    assert not company.was_told(kind.record_id)


@of_documents
@pytest.mark.parametrize("seconds", [60, 2 * DAY])
@pytest.mark.parametrize("same_version", [True, False])
def test_without_a_journal_no_key_answers_for_rillet(
    make: MakeCompany, kind: Kind, seconds: float, *, same_version: bool
) -> None:
    company = of_kind(make, kind, journal=False)
    company.delete(kind.record_id)
    company.clock.advance(seconds)
    if same_version:
        company.brex.add(kind.make("100", "61000"))
    else:
        company.offer_again(kind.record_id)

    outcome = company.run()

    is_there = company.books() == kind.books(100)
    assert is_there or company.books() == {}
    assert is_there == company.was_told(kind.record_id)
    assert is_there or outcome.refused or outcome.failed


@of_single
@in_states
def test_what_is_deleted_and_changed_is_refused(make: MakeCompany, kind: Kind, status: ReviewStatus) -> None:
    company = of_kind(make, kind)
    company.delete(kind.record_id)
    company.change(kind.make("120", "61000"), status)

    assert reasons(company.run()) == {kind.record_id: ["deleted_in_ledger"]}
    assert company.books() == kind.other_books
    assert company.status(kind.record_id) == status


@of_single
def test_a_refused_change_is_told_by_each_run_until_both_agree(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind)
    company.delete(kind.record_id)
    company.change(kind.make("120", "61000"), EXPORTED)
    company.clock.advance(2 * DAY)
    for _ in range(3):
        assert reasons(company.run()) == {kind.record_id: ["deleted_in_ledger"]}
        company.clock.advance(60)


@of_single
def test_replay_posts_what_was_deleted(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind)
    gone = company.ids[kind.record_id]
    company.delete(kind.record_id)

    outcome = company.replay(kind.record_id)

    assert new(outcome) == [kind.record_id]
    assert company.ids[kind.record_id] != gone
    assert company.books() == kind.books(100)
    assert company.verify() == {}
    assert company.run().complete
    assert company.books() == kind.books(100)


@of_single
def test_replay_posts_what_brex_says_now(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind)
    company.delete(kind.record_id)
    company.change(kind.make("120", "62000"))
    company.run()

    assert new(company.replay(kind.record_id)) == [kind.record_id]
    assert company.books() == kind.books(120, "62000")
    assert company.was_told(kind.record_id)
    assert company.verify() == {}


@of_single
def test_replay_again_and_again(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind)
    for _ in range(3):
        company.delete(kind.record_id)
        assert new(company.replay(kind.record_id)) == [kind.record_id]
        assert company.books() == kind.books(100)
        company.clock.advance(DAY)


def test_replay_brings_a_bill_and_then_its_payment_back(make: MakeCompany) -> None:
    company = make(bill(), payment("100"))
    company.run()
    company.delete("p1")
    company.delete("b1")
    assert company.verify() == {"b1": ["deleted_in_rillet"], "p1": ["deleted_in_rillet"]}

    assert new(company.replay("b1")) == ["b1"]
    assert company.books() == {"61000": 100, "21100": -100}
    assert new(company.replay("p1")) == ["p1"]
    assert company.books() == {"61000": 100, "11100": -100}
    assert company.verify() == {}


def test_replay_of_what_is_there_posts_nothing(make: MakeCompany) -> None:
    company = make(bill(), payment("40"), charge())
    company.run()
    books, writes = company.books(), company.writes()
    for each in ("b1", "p1", "k1"):
        assert new(company.replay(each)) == []
    assert (company.books(), company.writes()) == (books, writes)


@of_documents
@pytest.mark.parametrize("told_again", [True, False])
def test_what_both_had_given_up_and_brex_says_again_is_refused(
    make: MakeCompany, kind: Kind, *, told_again: bool
) -> None:
    company = of_kind(make, kind)
    company.delete(kind.record_id)
    company.change(kind.make("0", "61000"), EXPORTED)
    assert company.run().complete
    assert company.verify() == {}
    company.offer_again(kind.record_id)
    assert company.run().complete
    assert company.verify() == {}

    company.change(kind.make("100", "61000"), READY if told_again else EXPORTED)

    assert reasons(company.run()) == {kind.record_id: ["deleted_in_ledger"]}
    assert company.books() == kind.other_books
    assert company.verify() == {kind.record_id: ["deleted_in_rillet"]}


@of_documents
def test_a_change_in_other_words_is_seen_not_to_be_there(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind)
    company.delete(kind.record_id)
    company.change(attrs.evolve(kind.make("100", "61000"), memo="other words"), EXPORTED)

    assert reasons(company.run()) == {kind.record_id: ["deleted_in_ledger"]}


def test_a_deleted_summary_is_said_of_each_member(make: MakeCompany) -> None:
    company = of_kind(make, MEMBER)
    company.delete("k1")
    assert company.verify() == {each: ["deleted_in_rillet"] for each in ("k1", "k2", "k3")}
    company.offer_again("k1")
    company.change(charge("33", "63000", id="k2"), EXPORTED)

    assert reasons(company.run()) == {"k1": ["deleted_in_ledger"], "k2": ["deleted_in_ledger"]}
    assert company.books() == {}


def test_a_payment_of_a_deleted_bill_waits(make: MakeCompany) -> None:
    company = of_kind(make, BILL)
    company.delete("b1")
    company.brex.add(payment("100", updated_at=company.clock()))

    outcome = company.run()

    assert "p1" in reasons(outcome)
    assert company.books() == {}


# What Brex no longer has.


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_comes_to_nothing_is_refused(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind)
    company.change(kind.make("0", "61000"))
    writes = company.writes()

    outcome = company.run()

    assert "changed_after_export" in reasons(outcome).get(kind.record_id, [])
    assert (company.writes(), company.books()) == (writes, kind.books(100))
    assert not company.was_told(kind.record_id)
    assert company.verify() == {kind.record_id: ["changed_in_brex"]}


@in_states
def test_an_entry_that_others_share_is_never_deleted(make: MakeCompany, status: ReviewStatus) -> None:
    company = of_kind(make, MEMBER, on_delete="delete")
    books, writes = company.books(), company.writes()
    company.change(MEMBER.make("0", "61000"), status)

    outcome = company.run()

    assert reasons(outcome) == {MEMBER.record_id: ["changed_after_export"]}
    assert "others share that entry" in reason_texts(outcome, MEMBER.record_id)
    assert (company.books(), company.writes()) == (books, writes)
    assert company.verify() == {MEMBER.record_id: ["changed_in_brex"]}


@of_documents
@with_and_without
@in_states
def test_the_settings_can_delete_what_comes_to_nothing(
    make: MakeCompany, kind: Kind, status: ReviewStatus, *, journal: bool
) -> None:
    company = of_kind(make, kind, journal=journal, on_delete="delete")
    company.change(kind.make("0", "61000"), status)

    outcome = company.run() if journal else company.run(changed_since=START)

    assert outcome.complete, outcome
    assert company.books() == {}
    assert not (*company.rillet.charges, *company.rillet.bills, *company.rillet.journal_entries)
    assert not company.rillet.reimbursements
    assert company.status(kind.record_id) == EXPORTED
    if journal:
        assert company.verify() == {}
    # What this export deleted counts as not posted.
    company.change(kind.make("80", "61000"))
    assert new(company.run()) == [kind.record_id]
    assert company.books() == kind.books(80)


def test_the_settings_can_delete_a_payment_that_comes_to_nothing(make: MakeCompany) -> None:
    company = of_kind(make, PAYMENT, on_delete="delete")
    company.change(payment("0"))

    assert company.run().complete
    assert company.books() == PAYMENT.other_books
    assert company.verify() == {}


@of_documents
def test_what_is_not_free_is_not_deleted(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind, on_delete="delete")
    company.close_books()
    company.change(kind.make("0", "61000"))

    assert "changed_after_export" in reasons(company.run()).get(kind.record_id, [])
    assert company.books() == kind.books(100)


def test_a_plan_counts_what_would_be_deleted_as_something_to_do(make: MakeCompany) -> None:
    company = of_kind(make, BILL, on_delete="delete")
    company.change(bill("0"))

    plan = company.export().plan()

    assert ([each.record.id for each in plan.deletions], plan.nothing) == (["b1"], ())
    assert plan.table.title == "0 to post, 1 to delete, 0 refused, 0 with nothing to do"
    assert [row[2] for row in plan.table.rows] == ["delete"]


def test_a_paid_bill_is_not_deleted(make: MakeCompany) -> None:
    company = of_kind(make, BILL, on_delete="delete")
    company.pay_bill("b1", "10")
    company.change(bill("0"))

    assert "changed_after_export" in reasons(company.run()).get("b1", [])
    assert company.books() == {"61000": 100, "21100": -90, "11100": -10}


@of_documents
def test_what_a_person_edited_is_not_deleted(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind, on_delete="delete")
    company.recode(kind.record_id, "62000")
    company.change(kind.make("0", "61000"))

    assert reasons(company.run()) == {kind.record_id: ["changed_on_both_sides"]}
    assert company.books() == kind.books(100, "62000")


@of_documents
def test_where_both_have_nothing_there_is_nothing_to_do(make: MakeCompany, kind: Kind) -> None:
    company = of_kind(make, kind)
    company.delete(kind.record_id)
    company.change(kind.make("0", "61000"))

    outcome = company.run()

    assert (reasons(outcome), outcome.posted, company.books()) == ({}, (), {})
    assert "deleted_in_rillet" not in company.verify().get(kind.record_id, [])


def test_what_leaves_brex_stays_in_rillet_and_is_said(make: MakeCompany) -> None:
    company = of_kind(make, CHARGE)
    company.brex.remove("k1")

    assert company.run().complete
    assert company.books() == CHARGE.books(100)
    assert company.verify() == {"k1": ["only_in_rillet"]}
