"""What becomes of a record that changes in Brex after its export: the ledger follows, or somebody is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from brex_accounting import Record, ReviewStatus
from brex_accounting.testing.records import gl
from bridge import DEFAULT_MAPPERS, AccountRule, Bridge, Draft, Post, Skip
from bridge import charge as to_charge
from clientkit.testing import Asked, Fault, RequestLost, Respond
from rillet import ExternalReference, NewExpenseItem, Period
from support.companies.changing import (
    DAY,
    EXPORTED,
    READY,
    START,
    MakeCompany,
    adopted,
    companies,
    later,
    new,
    of_kind,
    reasons,
)
from support.companies.changing_records import (
    CHARGE,
    DOCUMENTS,
    KINDS,
    PAYMENT,
    Kind,
    bill,
    charge,
    entry,
    payout,
    reimbursed,
)
from support.companies.exported import refusal

pytestmark = pytest.mark.parametrize(
    "journal", [pytest.param(True, id="journal"), pytest.param(False, id="no journal")]
)
of_documents = pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.name)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


@of_documents
@pytest.mark.parametrize("status", [READY, EXPORTED])
def test_a_changed_record_is_replaced(make: MakeCompany, kind: Kind, status: ReviewStatus, *, journal: bool) -> None:
    company = of_kind(make, kind, journal=journal)
    company.change(kind.make("120", "62000"), status)
    reports = len(company.brex.results)

    outcome = company.run() if journal else company.run(changed_since=START)

    assert outcome.complete, outcome
    assert new(outcome) == [kind.record_id]
    assert company.books() == kind.books(120, "62000")
    assert company.status(kind.record_id) == EXPORTED
    assert len(company.brex.results) == reports
    assert company.run().posted == ()
    if journal:
        assert company.verify() == {}


@of_documents
def test_what_brex_has_as_exported_is_not_reported_again(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = of_kind(make, kind, journal=journal)
    company.change(kind.make("120", "61000"), EXPORTED)
    asked = len(company.brex.asked)

    outcome = company.run() if journal else company.run(changed_since=START)

    assert company.books() == kind.books(120)
    assert outcome.reported == ()
    assert [each.path for each in company.brex.asked[asked:] if each.method == "POST"] == []


# Nothing tells without a journal what was posted.
@pytest.mark.needs_journal("member", "payment")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_change_in_a_row_arrives(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = of_kind(make, kind, journal=journal)
    for amount, status in ((120, READY), (90, EXPORTED), (100, READY), (250, EXPORTED)):
        company.change(kind.make(str(amount), "61000"), status)
        outcome = company.run() if journal else company.run(changed_since=START)
        assert outcome.complete, outcome
        assert company.books() == kind.books(amount)
        assert company.status(kind.record_id) == EXPORTED
    if journal:
        assert company.verify() == {}


@pytest.mark.needs_journal("member")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_unchanged_record_that_is_offered_again_is_adopted(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = of_kind(make, kind, journal=journal)
    for seconds in (60, 2 * DAY):
        company.offer_again(kind.record_id)
        company.clock.advance(seconds)
        writes = company.writes()
        asked = len(company.rillet.asked)

        outcome = company.run()

        assert (new(outcome), company.writes(), company.books()) == ([], writes, kind.books(100))
        if journal or kind is not PAYMENT:
            # Rillet is asked whether it is there before Brex is told.
            assert adopted(outcome) == [kind.record_id]
            assert company.was_told(kind.record_id)
            looked = [each.path for each in company.rillet.asked[asked:] if each.method == "GET"]
            places = ("/charges", "/bills", "/reimbursements", "/vendor-credits", "/journal-entries")
            assert any(each.startswith(places) for each in looked)


@pytest.mark.needs_journal("member")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_report_alone_makes_no_record_newer(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = of_kind(make, kind, journal=journal)
    writes = company.writes()

    for _ in range(3):
        outcome = company.run() if journal else company.run(changed_since=START)
        assert (outcome.complete, new(outcome), company.writes()) == (True, [], writes)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(charge(memo="another text"), id="memo"),
        pytest.param(charge(receipts=()), id="receipts"),
        pytest.param(charge(user="Grace Hopper"), id="user"),
    ],
)
def test_texts_make_no_difference(make: MakeCompany, changed: Record, *, journal: bool) -> None:
    company = of_kind(make, CHARGE, journal=journal)
    writes = company.writes()
    company.change(changed)

    assert adopted(company.run()) == ["k1"]
    assert company.writes() == writes


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(charge(posted_at=datetime(2026, 2, 20, 12, tzinfo=UTC)), id="day"),
        pytest.param(charge(merchant="Another Merchant"), id="vendor"),
    ],
)
def test_the_head_of_a_charge_counts(make: MakeCompany, changed: Record, *, journal: bool) -> None:
    company = of_kind(make, CHARGE, journal=journal)
    company.change(changed)

    assert new(company.run()) == ["k1"]

    (posted,) = company.rillet.charges
    names = {each.id: each.name for each in company.rillet.vendors}
    assert changed.vendor is not None
    assert names[posted.vendor_id] == changed.vendor.name
    assert {each.date for each in company.rillet.ledger.postings} == {changed.erp_posting_date.date()}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param(bill(invoice_number="INV-2"), ("INV-2", date(2026, 3, 10), "Acme"), id="number"),
        pytest.param(
            bill(due_at=datetime(2026, 3, 31, tzinfo=UTC)), ("INV-1", date(2026, 3, 31), "Acme"), id="due date"
        ),
        pytest.param(bill(vendor="Another Vendor"), ("INV-1", date(2026, 3, 10), "Another Vendor"), id="vendor"),
    ],
)
def test_the_head_of_a_bill_counts(
    make: MakeCompany, changed: Record, expected: tuple[str, date, str], *, journal: bool
) -> None:
    company = make(bill(), journal=journal)
    company.run()
    company.change(changed)

    assert new(company.run()) == ["b1"]

    (posted,) = company.rillet.bills
    names = {each.id: each.name for each in company.rillet.vendors}
    assert (posted.expense_number, posted.due_date, names[posted.vendor_id]) == expected
    assert company.books() == {"61000": 100, "21100": -100}


def test_a_replacement_keeps_what_brex_does_not_determine(make: MakeCompany, *, journal: bool) -> None:
    def two_lines(amount: str) -> Record:
        made = bill("60", due_at=None)
        (first, last) = made.line_items
        second = attrs.evolve(
            first, id="second", amount=attrs.evolve(first.amount, amount=Decimal(amount)), accounting_field_values=()
        )
        whole = attrs.evolve(made.amount, amount=Decimal(60) + Decimal(amount))
        coded = attrs.evolve(second, accounting_field_values=(gl("62000"),))
        return attrs.evolve(made, amount=whole, line_items=(first, coded, attrs.evolve(last, amount=whole)))

    company = make(two_lines("40"), journal=journal)
    company.run()
    (posted,) = company.rillet.bills
    company.rillet.reference_types.add("contract")
    year = Period(start=date(2026, 3, 1), end=date(2027, 2, 28))
    items = [
        NewExpenseItem(account_code=each.account_code, amount=each.amount, description=each.description)
        for each in posted.items
    ]
    items[0] = attrs.evolve(items[0], service_period=year)
    contract = ExternalReference(type="contract", id="C-7")
    company.to_rillet.bills.modify(
        posted.id,
        items=items,
        due_date=date(2026, 4, 15),
        external_references=[*posted.external_references, contract],
    )

    company.change(two_lines("55"))
    assert new(company.run()) == ["b1"]

    (replaced,) = company.rillet.bills
    assert company.books() == {"61000": 60, "62000": 55, "21100": -115}
    assert {each.account_code: each.service_period for each in replaced.items} == {"61000": year, "62000": None}
    assert replaced.due_date == date(2026, 4, 15)
    assert contract in replaced.external_references


def test_an_edit_between_reading_and_posting_is_noticed(make: MakeCompany, *, journal: bool) -> None:
    company = make(charge("10"), journal=journal)

    def edited(asked: Asked) -> bool:
        if (asked.method, asked.path) == ("POST", "/charges") and company.brex.records["k1"].version == 2:
            company.brex.add(attrs.evolve(charge("99"), version=3, updated_at=company.clock()))
        return False

    company.rillet.faults.append(Fault(RequestLost(), matches=edited))
    company.run()
    if journal and company.books() != {"61000": 99, "21120": -99}:
        assert company.verify() == {"k1": ["changed_in_brex"]}

    company.run() if journal else company.run(changed_since=later(hours=-1))

    assert company.books() == {"61000": 99, "21120": -99}
    assert company.was_told("k1")


def test_amounts_count_what_a_replacement_changes(make: MakeCompany, *, journal: bool) -> None:
    company = make(charge(), bill(), entry(), journal=journal)
    assert company.run().amounts == {"USD": Decimal(200)}
    company.change(charge("120"))
    company.change(bill("70"))
    company.change(entry("500"))

    assert company.run().amounts == {"USD": Decimal(-10)}


@of_documents
def test_a_changed_setting_rewrites_nothing(make: MakeCompany, kind: Kind, *, journal: bool) -> None:
    company = of_kind(make, kind, journal=journal)
    writes = company.writes()
    company.set(accounts=(AccountRule(account="62000", instead_of="61000"),))

    outcome = company.run() if journal else company.run(changed_since=START)

    assert (reasons(outcome), new(outcome), company.writes()) == ({}, [], writes)
    assert company.books() == kind.books(100)
    if journal:
        assert company.verify() == {}


def test_a_changed_setting_counts_for_what_changes(make: MakeCompany, *, journal: bool) -> None:
    company = of_kind(make, CHARGE, journal=journal)
    company.set(accounts=(AccountRule(account="62000", instead_of="61000"),))
    company.change(charge("120"))

    assert new(company.run()) == ["k1"]
    assert company.books() == {"62000": 120, "21120": -120}


def test_a_mapper_that_gives_nothing_is_no_fault_of_the_record(make: MakeCompany, *, journal: bool) -> None:
    company = make(charge("10"), journal=journal, report_refusals=True)

    def forgetful(draft: Draft) -> Post | Skip | None:
        del draft
        return None

    bridge = Bridge(company.settings, mappers={**DEFAULT_MAPPERS, "CARD_EXPENSE_POST": forgetful})

    assert reasons(company.export(bridge).run()) == {"k1": ["nothing_mapped"]}
    assert company.status("k1") == READY
    assert company.run().complete


@pytest.mark.parametrize("reports", [False, True])
def test_a_mapper_that_raises_fails_its_record_alone(make: MakeCompany, *, journal: bool, reports: bool) -> None:
    records = [charge("10", id=f"k{number}") for number in range(5)]
    company = make(*records, journal=journal, report_refusals=reports)

    def moody(draft: Draft) -> Post | Skip | None:
        if draft.coded.record.id == "k3":
            raise ZeroDivisionError("a mapper's own mistake")
        return to_charge(draft)

    bridge = Bridge(company.settings, mappers={**DEFAULT_MAPPERS, "CARD_EXPENSE_POST": moody})
    outcome = company.export(bridge).run()

    assert new(outcome) == sorted(outcome.reported) == ["k0", "k1", "k2", "k4"]
    assert reasons(outcome) == {"k3": ["mapper_failed"]}
    # It is no fault of the record, so it stays in the queue.
    assert company.status("k3") == READY
    assert company.books() == {"61000": 40, "21120": -40}
    assert company.run().complete
    assert company.books() == {"61000": 50, "21120": -50}


def test_a_refused_change_is_named_by_every_run_until_it_is_mended(make: MakeCompany, *, journal: bool) -> None:
    company = of_kind(make, CHARGE, journal=journal, on_change="refuse")
    company.change(charge("120"), EXPORTED)
    since = None if journal else START

    for _ in range(3):
        # Longer than what changed is read anew because clocks differ.
        company.clock.advance(3 * DAY)
        assert reasons(company.run(changed_since=since)) == {"k1": ["changed_after_export"]}

    company.set(on_change="replace")
    assert new(company.run(changed_since=since)) == ["k1"]
    assert company.books() == {"61000": 120, "21120": -120}
    company.clock.advance(3 * DAY)
    asked = len(company.brex.asked)
    assert company.run(changed_since=since).complete
    if journal:
        # What is mended is no longer asked for by its id.
        assert not any("ids" in each.query for each in company.brex.asked[asked:])


def test_a_payout_that_got_no_answer_pays_what_was_posted_anew_since(make: MakeCompany, *, journal: bool) -> None:
    company = make(reimbursed("80", source_id="expense1"), payout("9"), journal=journal)
    company.rillet.faults.append(Fault(RequestLost(), matches=_pays, times=100))
    assert not company.run().complete
    company.rillet.faults.clear()
    company.change(reimbursed("80", "62000", source_id="expense1"))

    assert new(company.run()) == ["o1", "r1"]
    assert company.books() == {"62000": 80, "21340": -71, "11900": -9}
    assert company.run().posted == ()


def _pays(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path.endswith("/payments")


def test_what_is_refused_under_its_old_key_is_sent_as_it_is_now(make: MakeCompany, *, journal: bool) -> None:
    company = make(charge("100", "61000"), journal=journal)
    company.rillet.faults.append(Fault(RequestLost(), matches=_charges, times=100))
    assert not company.run().complete
    company.rillet.faults.clear()
    refuses = Fault(
        Respond(refusal(400)), matches=lambda asked: _charges(asked) and b"61000" in (asked.content or b""), times=1
    )
    company.rillet.faults.append(refuses)
    company.change(charge("100", "62000"))

    assert new(company.run()) == ["k1"]
    assert company.books() == {"62000": 100, "21120": -100}
    assert company.run().posted == ()


def _charges(asked: Asked) -> bool:
    return asked.method == "POST" and asked.path == "/charges"
