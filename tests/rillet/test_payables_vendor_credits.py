from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import rillet
from rillet import ExpenseTax, Money, TaxCoverage, TaxType
from rillet.payables.vendor_credits import (
    AsyncVendorCredits,
    NewVendorCredit,
    NewVendorCreditApplication,
    NewVendorCreditItem,
    VendorCredits,
    VendorCreditStatus,
    VendorCreditUpdate,
)
from support.scripted import WAYS, on, scripted, target

pytestmark = pytest.mark.parametrize("way", WAYS)

EUR_50 = {"amount": "50", "currency": "EUR"}
CREDIT: dict[str, Any] = {
    "id": "vc1",
    "organization_id": "o1",
    "vendor_id": "v1",
    "subsidiary_id": "s1",
    "credit_number": "CN-3",
    "date": "2026-02-01",
    "gl_impact_date": "2026-02-02",
    "status": "PARTIALLY_APPLIED",
    "amount": EUR_50,
    "applied_amount": {"amount": "20", "currency": "EUR"},
    "remaining_amount": {"amount": "30", "currency": "EUR"},
    "line_items": [{"id": "l1", "account_code": "60100", "amount": EUR_50, "net_amount": EUR_50}],
    "applications": [
        {
            "id": "ap1",
            "vendor_credit_id": "vc1",
            "bill_id": "b1",
            "bill_number": "INV-7",
            "amount": {"amount": "20", "currency": "EUR"},
            "application_date": "2026-02-03",
        }
    ],
    "updated_at": "2026-02-03T08:00:00.5Z",
}
LINE = NewVendorCreditItem(
    account_code="60100",
    amount=Money(Decimal(50), "EUR"),
    tax_rate=ExpenseTax(
        tax_amount=Money(Decimal(8), "EUR"),
        percentage=Decimal("19.5"),
        country="DE",
        type=TaxType.VAT,
        description="VAT",
        coverage=TaxCoverage.INCLUSIVE,
    ),
)
SENT: dict[str, Any] = {
    "vendor_id": "v1",
    "credit_number": "CN-3",
    "gl_impact_date": "2026-02-02",
    "line_items": [
        {
            "account_code": "60100",
            "amount": EUR_50,
            "tax_rate": {
                "tax_amount": {"amount": "8", "currency": "EUR"},
                "percentage": Decimal("19.5"),
                "country": "DE",
                "type": "VAT",
                "description": "VAT",
                "coverage": "INCLUSIVE",
            },
        }
    ],
    "memo": "returned goods",
    "date": "2026-02-01",
}


def credits_of(client: rillet.Client) -> VendorCredits:
    return on(client, VendorCredits, AsyncVendorCredits)


def test_a_vendor_credit_is_read(way: str) -> None:
    with scripted(way, CREDIT) as (run, service):
        credit = run.call(lambda client: credits_of(client).get("vc1"))
    assert target(service.only) == ("GET", "/vendor-credits/vc1", {})
    assert credit.status is VendorCreditStatus.PARTIALLY_APPLIED
    assert credit.remaining_amount == Money(Decimal(30), "EUR")
    assert credit.applications[0].application_date == date(2026, 2, 3)
    assert credit.line_items[0].net_amount == Money(Decimal(50), "EUR")
    assert credit.line_items[0].tax_amount is None


def test_a_vendor_credit_without_what_is_optional(way: str) -> None:
    bare = {name: value for name, value in CREDIT.items() if name not in {"amount", "applications", "subsidiary_id"}}
    with scripted(way, bare) as (run, _):
        credit = run.call(lambda client: credits_of(client).get("vc1"))
    assert (credit.amount, credit.applications, credit.memo) == (None, (), None)


def test_every_filter_goes_under_its_own_name(way: str) -> None:
    with scripted(way, {"vendor_credits": [CREDIT], "pagination": None}) as (run, service):
        found = run.call(
            lambda client: credits_of(client).list(
                vendor_id="v1", subsidiary_id="s1", updated_after=datetime(2026, 1, 1, tzinfo=UTC), limit=7
            )
        )
    assert [credit.id for credit in found] == ["vc1"]
    assert target(service.only) == (
        "GET",
        "/vendor-credits",
        {"vendor_id": "v1", "subsidiary_id": "s1", "updated.gt": "2026-01-01T00:00:00Z", "limit": "7"},
    )


def test_a_new_credit_is_posted_under_its_key(way: str) -> None:
    new = NewVendorCredit(
        vendor_id="v1",
        subsidiary_id="s1",
        credit_number="CN-3",
        gl_impact_date=date(2026, 2, 2),
        line_items=[LINE],
        memo="returned goods",
        date=date(2026, 2, 1),
    )
    with scripted(way, CREDIT) as (run, service):
        run.call(lambda client: credits_of(client).create(new, idempotency_key="k1"))
    assert target(service.only) == ("POST", "/vendor-credits", {})
    assert service.only.headers["idempotency-key"] == "k1"
    assert service.only.json() == {**SENT, "subsidiary_id": "s1"}


def test_an_update_replaces_the_whole_credit(way: str) -> None:
    whole = VendorCreditUpdate(
        vendor_id="v1",
        credit_number="CN-3",
        gl_impact_date=date(2026, 2, 2),
        line_items=[LINE],
        memo="returned goods",
        date=date(2026, 2, 1),
    )
    with scripted(way, CREDIT) as (run, service):
        run.call(lambda client: credits_of(client).update("vc1", whole))
    assert target(service.only) == ("PUT", "/vendor-credits/vc1", {})
    assert service.only.json() == SENT


def test_a_credit_is_deleted(way: str) -> None:
    with scripted(way, None) as (run, service):
        run.call(lambda client: credits_of(client).delete("vc1"))
    assert target(service.only) == ("DELETE", "/vendor-credits/vc1", {})


def test_a_credit_is_applied_to_bills(way: str) -> None:
    applications = [NewVendorCreditApplication(bill_id="b1", amount=Money(Decimal("20.00"), "EUR"))]
    with scripted(way, CREDIT) as (run, service):
        credit = run.call(lambda client: credits_of(client).apply("vc1", applications, idempotency_key="k1"))
    assert credit.applied_amount == Money(Decimal(20), "EUR")
    assert target(service.only) == ("POST", "/vendor-credits/vc1/applications", {})
    assert service.only.headers["idempotency-key"] == "k1"
    assert service.only.json() == {
        "applications": [{"bill_id": "b1", "amount": {"amount": "20.00", "currency": "EUR"}}]
    }
