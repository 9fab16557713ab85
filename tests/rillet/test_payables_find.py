"""Looking up by name and by reference, and the payments of reimbursements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rillet
from rillet import ExternalReference, Money
from rillet.payables.bills import AsyncBills, Bills
from rillet.payables.charges import AsyncCharges, Charges
from rillet.payables.payments import ClearingStatus, NewPayment
from rillet.payables.reimbursements import AsyncReimbursements, Reimbursements
from rillet.payables.vendors import AsyncVendors, Vendors
from support.scripted import WAYS, on, scripted, target

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
BREX_R1 = ExternalReference(type="brex", id="r1")
USD_10 = {"amount": "10.00", "currency": "USD"}


def document(number: int, *references: dict[str, str]) -> dict[str, Any]:
    """A charge, a reimbursement and a bill in one: each class reads its own fields and keeps the rest."""
    return {
        "id": f"d{number}",
        "vendor_id": "v1",
        "items": [{"id": "l1", "account_code": "60100", "amount": USD_10}],
        "charge_date": "2026-03-01",
        "reimbursement_date": "2026-03-01",
        "expense_number": "7",
        "bill_date": "2026-03-01",
        "due_date": "2026-03-31",
        "status": "UNPAID",
        "external_references": list(references),
    }


def vendors(client: rillet.Client) -> Vendors:
    return on(client, Vendors, AsyncVendors)


def reimbursements(client: rillet.Client) -> Reimbursements:
    return on(client, Reimbursements, AsyncReimbursements)


FIND: dict[str, Callable[[rillet.Client], tuple[Any, ...]]] = {
    "bills": lambda client: on(client, Bills, AsyncBills).find(BREX_R1, updated_after=SINCE),
    "charges": lambda client: on(client, Charges, AsyncCharges).find(BREX_R1, updated_after=SINCE),
    "reimbursements": lambda client: reimbursements(client).find(BREX_R1, updated_after=SINCE),
}


@pytest.mark.parametrize("family", FIND)
@pytest.mark.parametrize("way", WAYS)
def test_all_documents_with_a_reference_are_found_on_all_pages(way: str, family: str) -> None:
    first = [
        document(1, {"type": "brex", "id": "r1", "url": "https://brex.test/r1"}),
        document(2, {"type": "brex", "id": "r2"}),
        document(3, {"type": "ramp", "id": "r1"}),
        document(4),
    ]
    second = [document(5, {"type": "ramp", "id": "x"}, {"type": "brex", "id": "r1"})]
    pages: tuple[dict[str, Any], ...] = (
        {family: first, "pagination": {"next_cursor": "c"}},
        {family: second, "pagination": {}},
    )
    with scripted(way, *pages) as (run, service):
        found = run.call(FIND[family])
    assert [each.id for each in found] == ["d1", "d5"]
    assert target(service.asked[0]) == ("GET", f"/{family}", {"updated.gt": "2026-01-01T00:00:00Z", "limit": "100"})
    assert service.asked[1].one("cursor") == "c"


VENDORS: dict[str, Any] = {
    "vendors": [
        {"id": "v1", "name": "ACME  Gmbh "},
        {"id": "v2", "name": "Acme GmbH", "external_references": [{"type": "brex", "id": "r1"}]},
        {"id": "v3", "name": "Acme"},
        {"id": "v4", "name": "Bürobedarf", "external_references": [{"type": "brex", "id": "r1"}]},
    ]
}


@pytest.mark.parametrize(
    ("name", "reference", "ids"),
    [
        ("acme gmbh", None, ["v1", "v2"]),
        (None, BREX_R1, ["v2", "v4"]),
        ("acme gmbh", BREX_R1, ["v2"]),
        ("Bu\u0308robedarf", None, ["v4"]),
        ("nobody", None, []),
    ],
)
@pytest.mark.parametrize("way", WAYS)
def test_every_vendor_that_matches_is_found(
    way: str, name: str | None, reference: ExternalReference | None, ids: list[str]
) -> None:
    with scripted(way, VENDORS) as (run, service):
        found = run.call(lambda client: vendors(client).find(name=name, reference=reference))
    assert [vendor.id for vendor in found] == ids
    assert target(service.only) == ("GET", "/vendors", {"limit": "100"})


@pytest.mark.parametrize("way", WAYS)
def test_find_without_a_criterion_would_find_everybody(way: str) -> None:
    with scripted(way) as (run, service), pytest.raises(TypeError, match="a name, a reference, or both"):
        run.call(lambda client: vendors(client).find())
    assert not service.asked


@given(words=st.lists(st.text("abcXYZäß", min_size=1), min_size=1), blanks=st.sampled_from([" ", "  ", "\t", "\u00a0"]))
def test_blanks_and_case_do_not_tell_vendors_apart(words: list[str], blanks: str) -> None:
    answer = {"vendors": [{"id": "v1", "name": blanks + blanks.join(words).upper() + blanks}]}
    with scripted(WAYS[0], answer) as (run, _):
        found = run.call(lambda client: vendors(client).find(name=" ".join(words)))
    assert [vendor.id for vendor in found] == ["v1"]


@pytest.mark.parametrize("way", WAYS)
def test_the_payments_of_a_reimbursement(way: str) -> None:
    with scripted(way, {"payments": [{"id": "p1", "status": "CLEARED", "amount": USD_10, "expense_id": "d1"}]}) as (
        run,
        service,
    ):
        found = run.call(lambda client: reimbursements(client).list_payments("d1"))
    assert target(service.only) == ("GET", "/reimbursements/d1/payments", {})
    assert [(payment.status, payment.reimbursement_id) for payment in found] == [(ClearingStatus.CLEARED, None)]
    assert found[0].extra == {"expense_id": "d1"}


@pytest.mark.parametrize("way", WAYS)
def test_a_payment_of_a_reimbursement_is_recorded_under_its_key(way: str) -> None:
    new = NewPayment(amount=Money(Decimal("10.00"), "USD"), account_code="11100", date=date(2026, 3, 30))
    answer = {"id": "p1", "status": "UNCLEARED", "reimbursement_id": "d1", "amount": USD_10, "date": "2026-03-30"}
    with scripted(way, answer) as (run, service):
        payment = run.call(lambda client: reimbursements(client).create_payment("d1", new, idempotency_key="k1"))
    assert payment.reimbursement_id == "d1"
    assert target(service.only) == ("POST", "/reimbursements/d1/payments", {})
    assert service.only.headers["idempotency-key"] == "k1"
    assert service.only.json() == {"amount": USD_10, "account_code": "11100", "date": "2026-03-30"}


@pytest.mark.parametrize("way", WAYS)
def test_a_payment_of_a_reimbursement_is_deleted(way: str) -> None:
    with scripted(way, None) as (run, service):
        run.call(lambda client: reimbursements(client).delete_payment("d1", "p1"))
    assert target(service.only) == ("DELETE", "/reimbursements/d1/payments/p1", {})
