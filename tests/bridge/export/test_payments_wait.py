"""A payment of a bill that the ledger does not have: it waits for one that Brex has, and clears one that is older."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import attrs
import pytest

from brex_accounting import ReviewStatus
from brex_accounting.testing.records import gl
from rillet import BillStatus
from support.companies.two import GMBH, TwoCompanies, movement, refusals
from support.companies.two import bill as bill_of_two
from support.companies.whole import US, WholeCompany, bill, in_dollars, moved, paid

CLEARING = attrs.evolve(US, since=date(2026, 1, 1), opening_payables_until=date(2026, 3, 31))
BANK, CARD = "BILL_EXPENSE_PAYMENT", "BILL_EXPENSE_CARD_PAYMENT"


@pytest.fixture(params=["journal", "no journal"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path if request.param == "journal" else None


@pytest.mark.parametrize("status", [ReviewStatus.REVIEW, ReviewStatus.PREPARE])
@pytest.mark.parametrize(("type", "account"), [(BANK, "_11100"), (CARD, "_21120")])
def test_a_payment_waits_for_a_bill_that_is_not_ready(
    type: str, account: str, status: ReviewStatus, place: Path | None
) -> None:
    company = WholeCompany(
        attrs.evolve(bill("70"), review_status=status), paid("70", type=type), entities=[CLEARING], place=place
    )
    assert company.refused() == {"accr_p1": ["not_posted_yet"]}
    assert company.balances() == {}
    assert company.brex_side.records["accr_p1"].review_status == "READY_FOR_EXPORT"
    company.offer(bill("70"), version=4)
    assert company.run().complete
    assert company.balances() == in_dollars(**{account: "-70", "_61000": "70"})
    if type == BANK:
        assert company.rillet_side.bills[0].status is BillStatus.PAID


@pytest.mark.parametrize("type", [BANK, CARD])
def test_a_payment_waits_for_a_bill_that_was_refused_in_an_earlier_run(type: str, place: Path | None) -> None:
    refused = moved("BILL_EXPENSE", "70", [gl("99999")], record_id="accr_b1", source_id="bill1", vendor="Acme")
    company = WholeCompany(refused, entities=[CLEARING], place=place, report_refusals=True)
    assert company.refused() == {"accr_b1": ["unknown_account"]}
    company.offer(paid("70", type=type))
    assert company.refused()["accr_p1"] == ["not_posted_yet"]
    assert company.balances() == {}


def test_a_payment_of_the_bill_of_another_entity_waits_and_says_so(place: Path | None) -> None:
    waiting = attrs.evolve(bill_of_two("70", GMBH), review_status=ReviewStatus.REVIEW)
    company = TwoCompanies(waiting, movement(CARD, "70", id="p1", source_id="bill1"), journal=place)
    assert refusals(company.run()) == {"p1": ["not_posted_yet"]}


@pytest.mark.parametrize("status", [ReviewStatus.REVIEW, ReviewStatus.EXPORTED])
@pytest.mark.parametrize(("type", "account"), [(BANK, "_11100"), (CARD, "_21120")])
def test_a_payment_of_a_bill_before_the_export_waits_for_nothing(
    type: str, account: str, status: ReviewStatus, place: Path | None
) -> None:
    begun = attrs.evolve(CLEARING, since=date(2026, 3, 1))
    late = paid("70", type=type, posted_at=datetime(2026, 3, 5, tzinfo=UTC))
    company = WholeCompany(attrs.evolve(bill("70"), review_status=status), late, entities=[begun], place=place)
    assert company.posted() == {"accr_p1": "journal-entries"}
    assert company.balances() == in_dollars(**{account: "-70", "_21100": "70"})


def test_brex_is_asked_once_for_the_bills_of_all_payments_and_not_for_those_that_are_there() -> None:
    waiting = [
        attrs.evolve(bill("70", f"accr_b{n}", f"bill{n}", invoice_number=f"INV-{n}"), review_status=ReviewStatus.REVIEW)
        for n in (1, 2)
    ]
    payments = [paid("70", f"accr_p{n}", f"bill{n}") for n in (1, 2)]
    company = WholeCompany(*waiting, *payments)
    assert company.refused() == {"accr_p1": ["not_posted_yet"], "accr_p2": ["not_posted_yet"]}
    waited = company.brex.requests_sent
    for each in waiting:
        company.offer(each, version=4, review_status=ReviewStatus.READY_FOR_EXPORT)
    company.posted()
    told, asked = 1, 1
    assert company.brex.requests_sent - waited == waited - asked + told
