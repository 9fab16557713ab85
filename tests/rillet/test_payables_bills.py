from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import rillet
from clientkit.testing import json_answer
from rillet import ExternalReference, Money, NewExpenseItem
from rillet.payables.bills import AsyncBills, Bills, BillStatus, BillUpdate, NewBill
from rillet.payables.payments import ClearingStatus, NewPayment
from support.scripted import WAYS, on, scripted, target

pytestmark = pytest.mark.parametrize("way", WAYS)

USD_10 = {"amount": "10.00", "currency": "USD"}
BILL: dict[str, Any] = {
    "id": "b1",
    "vendor_id": "v1",
    "expense_number": "INV-7",
    "items": [{"id": "l1", "account_code": "60100", "amount": USD_10, "fields": []}],
    "bill_date": "2026-03-01",
    "due_date": "2026-03-31",
    "impact_date": "2026-03-01",
    "status": "UNPAID",
    "external_references": [],
    "updated_at": "2026-03-02T08:00:00Z",
}
PAYMENT = {"id": "p1", "status": "UNCLEARED", "bill_id": "b1", "amount": USD_10}
LINE = NewExpenseItem(account_code="60100", amount=Money(Decimal("10.00"), "USD"))
SENT = {
    "vendor_id": "v1",
    "expense_number": "INV-7",
    "items": [{"account_code": "60100", "amount": USD_10}],
    "bill_date": "2026-03-01",
    "due_date": "2026-03-31",
}


def bills(client: rillet.Client) -> Bills:
    return on(client, Bills, AsyncBills)


def test_a_bill_is_read(way: str) -> None:
    with scripted(way, {**BILL, "status": "DISPUTED", "approval": {"by": "u1"}}) as (run, service):
        bill = run.call(lambda client: bills(client).get("b1"))
    assert target(service.only) == ("GET", "/bills/b1", {})
    assert bill.due_date == date(2026, 3, 31)
    assert bill.items[0].amount == Money(Decimal("10.00"), "USD")
    assert bill.status == "DISPUTED"
    assert bill.extra == {"approval": {"by": "u1"}}


def test_every_filter_goes_under_its_own_name(way: str) -> None:
    with scripted(way, {"bills": [BILL]}) as (run, service):
        found = run.call(
            lambda client: bills(client).list(
                subsidiary_id="s1",
                vendor_id="v1",
                status=BillStatus.PARTIALLY_PAID,
                updated_after=datetime(2026, 1, 1, tzinfo=UTC),
                limit=50,
            )
        )
    assert [bill.status for bill in found] == [BillStatus.UNPAID]
    assert target(service.only) == (
        "GET",
        "/bills",
        {
            "subsidiary_id": "s1",
            "vendor_id": "v1",
            "status": "PARTIALLY_PAID",
            "updated.gt": "2026-01-01T00:00:00Z",
            "limit": "50",
        },
    )


def test_a_new_bill_is_posted_under_its_key(way: str) -> None:
    new = NewBill(
        vendor_id="v1",
        expense_number="INV-7",
        items=[LINE],
        bill_date=date(2026, 3, 1),
        due_date=date(2026, 3, 31),
        subsidiary_id="s1",
        external_references=[ExternalReference(type="brex", id="r1", url="https://brex.test/r1")],
    )
    with scripted(way, BILL) as (run, service):
        run.call(lambda client: bills(client).create(new, idempotency_key="k1"))
    assert target(service.only) == ("POST", "/bills", {})
    assert service.only.headers["idempotency-key"] == "k1"
    assert service.only.json() == {
        **SENT,
        "subsidiary_id": "s1",
        "external_references": [{"type": "brex", "id": "r1", "url": "https://brex.test/r1"}],
    }


def test_an_update_replaces_the_whole_bill(way: str) -> None:
    whole = BillUpdate(
        vendor_id="v1",
        expense_number="INV-7",
        items=[LINE],
        bill_date=date(2026, 3, 1),
        due_date=date(2026, 3, 31),
    )
    with scripted(way, BILL) as (run, service):
        run.call(lambda client: bills(client).update("b1", whole))
    assert target(service.only) == ("PUT", "/bills/b1", {})
    assert service.only.json() == SENT


def test_a_bill_is_deleted(way: str) -> None:
    with scripted(way, None) as (run, service):
        run.call(lambda client: bills(client).delete("b1"))
    assert target(service.only) == ("DELETE", "/bills/b1", {})


def test_the_payments_of_a_bill_come_in_one_answer(way: str) -> None:
    cleared = {**PAYMENT, "id": "p2", "status": "CLEARED", "date": "2026-03-30", "account_code": "11100"}
    with scripted(way, {"payments": [PAYMENT, cleared]}) as (run, service):
        found = run.call(lambda client: bills(client).list_payments("b1"))
    assert target(service.only) == ("GET", "/bills/b1/payments", {})
    assert [payment.status for payment in found] == [ClearingStatus.UNCLEARED, ClearingStatus.CLEARED]
    assert [payment.date for payment in found] == [None, date(2026, 3, 30)]


def test_a_payment_is_recorded_under_its_key(way: str) -> None:
    new = NewPayment(amount=Money(Decimal("10.00"), "USD"), account_code="11100", date=date(2026, 3, 30))
    with scripted(way, PAYMENT) as (run, service):
        payment = run.call(lambda client: bills(client).create_payment("b1", new, idempotency_key="k1"))
    assert payment.bill_id == "b1"
    assert target(service.only) == ("POST", "/bills/b1/payments", {})
    assert service.only.headers["idempotency-key"] == "k1"
    # "date" and not "payment_date", which the service answers with a 400.
    assert service.only.json() == {"amount": USD_10, "account_code": "11100", "date": "2026-03-30"}


def test_a_payment_is_deleted(way: str) -> None:
    with scripted(way, None) as (run, service):
        run.call(lambda client: bills(client).delete_payment("b1", "p/1"))
    assert target(service.only) == ("DELETE", "/bills/b1/payments/p%2F1", {})


def test_a_refusal_names_the_call_and_the_field(way: str) -> None:
    problem = {
        "type": "https://api.rillet.com/illegal-argument",
        "title": "Bad Request",
        "violations": [{"field": "due_date", "message": "must not be null"}],
    }
    with (
        scripted(way, json_answer(400, problem, content_type="application/problem+json")) as (run, _),
        pytest.raises(rillet.BadRequestError, match=r"PUT /bills/b1 .*illegal-argument.*due_date: must not be null"),
    ):
        run.call(
            lambda client: bills(client).update(
                "b1",
                BillUpdate(
                    vendor_id="v1",
                    expense_number="INV-7",
                    items=[LINE],
                    bill_date=date(2026, 3, 1),
                    due_date=date(2026, 3, 31),
                ),
            )
        )
