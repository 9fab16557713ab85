"""One event of the world with two records, and two events that look like one: nothing is counted twice, or left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from brex_accounting import Record, RecordType
from bridge import DEFAULT_MAPPERS, Bridge, Draft, Post, SettingsError, Skip
from bridge.mappers.journal_entries import journal_entry
from support.companies.changing import DAY, START, MakeCompany, companies, new, reasons, warnings
from support.companies.changing_records import bill, payment, reimbursed

with_and_without = pytest.mark.parametrize(
    "journal", [pytest.param(True, id="journal"), pytest.param(False, id="no journal")]
)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeCompany]:
    with companies(tmp_path) as made:
        yield made


def test_equal_payments_without_a_journal_are_not_taken_for_one(make: MakeCompany) -> None:
    company = make(bill(), payment("50"), journal=False)
    company.run()
    company.brex.add(payment("50", id="p2", updated_at=company.clock()))

    outcome = company.run()

    assert reasons(outcome) == {"p2": ["possible_double"]}
    assert company.books() == {"61000": 100, "21100": -50, "11100": -50}
    assert not company.was_told("p2")


@pytest.mark.parametrize("second", [payment("30", id="p2"), payment("50", id="p2", posted_at=START)])
def test_payments_that_differ_without_a_journal_are_two(make: MakeCompany, second: Record) -> None:
    company = make(bill(), payment("50"), journal=False)
    company.run()
    company.brex.add(attrs.evolve(second, updated_at=company.clock()))

    assert new(company.run()) == ["p2"]
    assert company.books()["11100"] == -50 - int(second.amount.amount)


def test_equal_payments_in_one_run_are_two(make: MakeCompany) -> None:
    company = make(bill(), payment("50"), payment("50", id="p2"), journal=False)

    assert company.run().complete
    assert company.books() == {"61000": 100, "11100": -100}


def test_equal_payments_with_a_journal_are_two(make: MakeCompany) -> None:
    company = make(bill(), payment("50"))
    company.run()
    company.brex.add(payment("50", id="p2", updated_at=company.clock()))

    assert new(company.run()) == ["p2"]
    assert company.books() == {"61000": 100, "11100": -100}
    assert company.verify() == {}


# Bases.

APPROVED, PAID = RecordType.REIMBURSEMENT_EXPENSE_APPROVAL, RecordType.REIMBURSEMENT_EXPENSE_POST


@with_and_without
@pytest.mark.parametrize(("basis", "other"), [("accrual", PAID), ("cash", APPROVED)])
def test_records_of_the_other_basis_are_nothing_to_do(
    make: MakeCompany, basis: str, other: RecordType, *, journal: bool
) -> None:
    mine = APPROVED if basis == "accrual" else PAID
    company = make(
        reimbursed("20", id="r1", source_id="s1", type=mine),
        reimbursed("20", id="r2", source_id="s1", type=other),
        journal=journal,
        reimbursement_basis=basis,
    )
    for _ in range(2):
        outcome = company.run()
        assert outcome.complete, outcome
        assert [each.record.id for each in outcome.nothing] == ["r2"]
        assert company.books() == {"61000": 20, "21340": -20}


def either(draft: Draft) -> Post | Skip | None:
    """A mapper of an integrator that asks for no basis."""
    return journal_entry(draft)


@with_and_without
@pytest.mark.parametrize(("basis", "mine"), [("accrual", "r1"), ("cash", "r2")])
def test_two_bases_in_one_page_are_one_posting_whatever_the_mapper(
    make: MakeCompany, basis: str, mine: str, *, journal: bool
) -> None:
    both = (
        reimbursed("20", id="r1", source_id="s1", type=APPROVED),
        reimbursed("20", id="r2", source_id="s1", type=PAID),
    )
    company = make(*both, journal=journal, reimbursement_basis=basis)
    bridge = Bridge(company.settings, mappers={**DEFAULT_MAPPERS, APPROVED.value: either, PAID.value: either})

    outcome = company.export(bridge).run()

    assert (new(outcome), reasons(outcome)) == ([mine], {})
    assert company.books() == {"61000": 20, "21340": -20}


def test_reimbursements_are_no_members_of_summaries(make: MakeCompany) -> None:
    company = make(reimbursed("20", id="r1", source_id="s1", type=APPROVED), summarise=(APPROVED.value,))

    with pytest.raises(SettingsError, match="become documents of their own, not journal entries"):
        company.run()
    assert company.books() == {}


@with_and_without
@pytest.mark.parametrize(("before", "after"), [("accrual", "cash"), ("cash", "accrual")])
def test_what_was_exported_under_the_other_basis_is_refused(
    make: MakeCompany, before: str, after: str, *, journal: bool
) -> None:
    types = {"accrual": APPROVED, "cash": PAID}
    first = reimbursed("20", id="r1", source_id="s4", type=types[before])
    company = make(first, journal=journal, reimbursement_basis=before)
    company.run()
    company.set(reimbursement_basis=after)
    company.brex.add(
        reimbursed("20", id="r2", source_id="s4", type=types[after], updated_at=company.clock()),
        reimbursed("7", id="r3", source_id="s5", type=types[after], updated_at=company.clock()),
    )

    for _ in range(2):
        outcome = company.run()
        assert reasons(outcome) == {"r2": ["other_basis"]}
        assert company.books() == {"61000": 27, "21340": -27}
        company.clock.advance(2 * DAY)
    assert not company.was_told("r2")


# The same invoice twice.


@with_and_without
@pytest.mark.parametrize("in_one_run", [True, False])
def test_the_same_vendor_and_number_twice_is_a_warning(make: MakeCompany, *, journal: bool, in_one_run: bool) -> None:
    company = make(bill(), journal=journal)
    if not in_one_run:
        company.run()
    company.brex.add(bill("70", id="b2", source="bill2", updated_at=company.clock()))

    outcome = company.run()

    ((record_id, code, text),) = warnings(outcome)
    assert record_id in ({"b1", "b2"} if in_one_run else {"b2"})
    assert (code, "INV-1" in text) == ("same_invoice_number", True)
    assert company.books() == {"61000": 170, "21100": -170}
    assert warnings(company.run()) == []


@with_and_without
@pytest.mark.parametrize("in_one_run", [True, False])
def test_the_settings_can_refuse_the_second_invoice(make: MakeCompany, *, journal: bool, in_one_run: bool) -> None:
    company = make(bill(), journal=journal, same_invoice="refuse")
    if not in_one_run:
        company.run()
    company.brex.add(bill("100", id="b2", source="bill2", updated_at=company.clock()))

    outcome = company.run()

    assert [*reasons(outcome).values()] == [["same_invoice_number"]]
    assert company.books() == {"61000": 100, "21100": -100}


@pytest.mark.parametrize(
    "other",
    [
        bill(id="b2", source="bill2", invoice_number="INV-2"),
        bill(id="b2", source="bill2", vendor="Another Vendor"),
        bill(id="b2", source="bill2", invoice_number=None),
    ],
    ids=["number", "vendor", "no number"],
)
def test_another_invoice_is_no_double(make: MakeCompany, other: Record) -> None:
    company = make(bill(), attrs.evolve(other, updated_at=other.updated_at + timedelta(hours=1)), same_invoice="refuse")

    outcome = company.run()

    assert (outcome.complete, warnings(outcome)) == (True, [])
    assert company.books() == {"61000": 200, "21100": -200}


def test_a_changed_bill_is_no_double_of_itself(make: MakeCompany) -> None:
    company = make(bill(), same_invoice="refuse")
    company.run()
    company.change(bill("120"))

    outcome = company.run()

    assert (new(outcome), warnings(outcome)) == (["b1"], [])
