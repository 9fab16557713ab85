"""What becomes of vendors in a run between the stand-ins."""

from __future__ import annotations

import attrs

import brex_accounting.testing
import rillet.testing
from brex_accounting import RecordType, RecordVendor, User
from brex_accounting.testing.records import gl, reimbursement
from bridge import NearDuplicates, ReasonCode
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
