"""A payment that changes is deleted only where Rillet takes the new one: the books never have neither."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from brex_accounting import Record
from brex_accounting.testing.records import gl, reimbursement
from bridge.export import Verdict
from rillet import Money, NewVendorCredit, NewVendorCreditApplication, NewVendorCreditItem
from support.companies.whole import WholeCompany, bill, in_dollars, moved, paid, payout

OTHER = bill("30", id="accr_b2", source="bill2", invoice_number="INV-2")
MEALS = reimbursement("20", coding=[gl("63000")], record_id="accr_r1", source_id="expense_1")
FROM_CLEARING = moved(
    "BILL_EXPENSE_PAYMENT", "60", credit=[gl("11900")], record_id="accr_p1", source_id="bill1", version=9
)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (paid("120", version=9), "100 USD would be open, and 120 is to be paid"),
        (paid("60", source="bill2", version=9), "30 USD would be open, and 60 is to be paid"),
        (FROM_CLEARING, "no bank account of Rillet is behind 11900"),
    ],
    ids=["more than is open", "another bill", "another account"],
)
def test_a_payment_stays_where_the_new_one_cannot_be_posted(changed: Record, why: str, tmp_path: Path) -> None:
    company = WholeCompany(bill(), OTHER, paid("60"), place=tmp_path)
    company.posted()
    before = company.balances()
    company.offer(changed)

    (planned,) = company.export().plan().refused
    assert company.refused() == {"accr_p1": ["changed_after_export"]}

    assert why in planned.reasons[0].text
    assert company.balances() == before == in_dollars(_11100="-60", _21100="-70", _61000="130")
    assert [each.record_id for each in company.disagreements()] == ["accr_p1"]
    # What can be posted is posted in its place.
    company.offer(paid("100", version=10))
    company.posted()
    assert company.balances() == in_dollars(_11100="-100", _21100="-30", _61000="130")
    assert company.disagreements() == []


@pytest.mark.parametrize(("amount", "is_refused"), [("71", True), ("70", False), ("30", False)])
def test_what_credits_have_settled_is_open_no_longer(amount: str, is_refused: bool, tmp_path: Path) -> None:
    company = WholeCompany(bill(), paid("60"), place=tmp_path)
    company.posted()
    (there,) = company.rillet_side.bills
    credit = company.rillet.vendor_credits.create(
        NewVendorCredit(
            vendor_id=there.vendor_id,
            subsidiary_id=company.rillet_side.subsidiaries[0].id,
            credit_number="C-1",
            date=there.bill_date,
            gl_impact_date=there.bill_date,
            line_items=[NewVendorCreditItem(account_code="61000", amount=Money(Decimal(30), "USD"))],
        )
    )
    applied = NewVendorCreditApplication(bill_id=there.id, amount=Money(Decimal(30), "USD"))
    company.rillet.vendor_credits.apply(credit.id, [applied])
    company.offer(paid(amount, version=9))

    assert company.refused() == ({"accr_p1": ["changed_after_export"]} if is_refused else {})
    assert company.balances()["11100"] == -Decimal("60" if is_refused else amount)


def test_a_payout_stays_where_it_became_more_than_its_reimbursement(tmp_path: Path) -> None:
    company = WholeCompany(MEALS, payout("15"), payout("5", id="accr_o2"), place=tmp_path)
    company.posted()
    company.offer(payout("16", version=9))

    assert company.refused() == {"accr_o1": ["changed_after_export"]}
    assert company.balances() == in_dollars(_11900="-20", _63000="20")
    assert [each.verdict for each in company.disagreements()] == [Verdict.CHANGED_IN_BREX]
