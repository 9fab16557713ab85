"""What becomes of vendors in a run between the stand-ins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import brex_accounting.testing
import rillet.testing
from brex_accounting import RecordType, RecordVendor, User
from brex_accounting.testing.records import gl, reimbursement
from bridge import NearDuplicates, ReasonCode
from bridge.export import AttemptState, SqlJournal
from clientkit.testing import AnswerLost, Fault
from support.companies.exported import REFERENCE_TYPE, SETTINGS, Company, expense

BO = User(id="cuuser_bo", first_name="Bo", last_name="Sample", email="bo@example.com")
SOLD = attrs.evolve(
    expense(1), vendor=RecordVendor(id="pmch_bo", name="Bo's Bakery", email="BO@example.com"), id="accr_sold"
)
PAID_BACK = reimbursement(
    "5", coding=[gl("61000")], user=BO, type=RecordType.REIMBURSEMENT_EXPENSE_APPROVAL, record_id="accr_back"
)
RECORDS = (SOLD, PAID_BACK, expense(2, merchant="Stackyard"), expense(3, merchant="Stackyard, Inc."))


def company() -> Company:
    return Company(
        brex=brex_accounting.testing.StandIn(RECORDS, rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}, vendors=()),
    )


def test_one_run_creates_one_vendor_for_a_merchant_who_is_an_employee_and_reports_near_duplicates() -> None:
    firm = company()
    plan = firm.export().plan()
    outcome = firm.export().run()
    names = sorted(each.name for each in firm.rillet.vendors)
    assert names == sorted(each.vendor.name for each in plan.new_vendors)
    assert len(names) == 2
    assert {(each.email or "").casefold() for each in firm.rillet.vendors} == {"bo@example.com", ""}
    (refused,) = outcome.refused
    assert (refused.record.id, refused.reasons[0].code) == ("accr_003", ReasonCode.NEAR_DUPLICATE_VENDOR)
    assert plan.refused == outcome.refused
    # The vendor is in the books by then, and it is still for a person to say.
    (refused,) = firm.export().run().refused
    (kept,) = (each for each in firm.rillet.vendors if each.name == "Stackyard")
    assert f"it looks like 'Stackyard' ({kept.id})" in str(refused.reasons[0])
    outcome = firm.export(attrs.evolve(SETTINGS, near_duplicates=NearDuplicates.CREATE)).run()
    assert not outcome.refused
    assert len(firm.exported()) == len(RECORDS)
    assert len(firm.rillet.vendors) == 3


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqlJournal]:
    with SqlJournal(str(tmp_path / "journal.db")) as made:
        yield made


@pytest.fixture
def left_open(journal: SqlJournal) -> Company:
    """Two vendors were created, a company and a person, and nobody heard the answers."""
    firm = Company(
        brex=brex_accounting.testing.StandIn([expense(1), PAID_BACK], rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}, vendors=()),
    )
    lost = Fault(AnswerLost(), matches=lambda asked: (asked.method, asked.path) == ("POST", "/vendors"), times=99)
    firm.rillet.faults.append(lost)
    assert firm.export(journal=journal).run().counts.failed == 2
    firm.rillet.faults.remove(lost)
    assert len(firm.rillet.vendors) == len(opened(journal)) == 2
    return firm


def opened(journal: SqlJournal) -> list[str]:
    return sorted(each.subject for each in journal.walk() if each.is_open)


def test_a_creation_nobody_heard_of_is_settled_by_the_run_that_finds_the_vendor(
    left_open: Company, journal: SqlJournal
) -> None:
    left_open.export(journal=journal).plan()
    assert len(opened(journal)) == 2

    assert left_open.export(journal=journal).run().complete

    settled = {each.object_id: each.state for each in journal.walk() if each.subject.startswith("vendor:")}
    assert settled == {each.id: AttemptState.ADOPTED for each in left_open.rillet.vendors}
    assert (opened(journal), len(left_open.exported())) == ([], 2)


def test_a_creation_that_another_exporter_has_in_hand_is_left_to_it(left_open: Company, journal: SqlJournal) -> None:
    person, merchant = opened(journal)
    other = journal.for_exporter()
    assert other.claim(person)

    assert left_open.export(journal=journal).run().complete
    assert opened(journal) == [person]

    other.release(person)
    assert left_open.export(journal=journal).run().complete
    assert opened(journal) == []
    assert journal.held(merchant) is None


def test_a_creation_that_several_vendors_may_come_from_stays_open(left_open: Company, journal: SqlJournal) -> None:
    left_open.rillet.put(rillet.testing.vendor("Cumulus Cloud"))

    left_open.export(journal=journal).run()

    assert opened(journal) == ["vendor:name:cumulus cloud"]
