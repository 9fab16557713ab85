"""The stand-in's receivables as they stand on the wire, and what webhooks hear of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import attrs
import pytest

from clientkit import codec
from clientkit.testing import Asked
from rillet import Client
from rillet.receivables.contract_items import ContractItemOperations, NewUsage
from rillet.receivables.credit_memos import NewCreditMemoApplication
from rillet.receivables.pricing import PercentageDiscount
from rillet.testing import StandIn
from rillet.webhooks import Entity, EventType
from support.rillet.books import DAY, START
from support.rillet.receivables_books import (
    CALLS,
    Company,
    company,
    dollars,
    payment,
    sales_tax,
)


@pytest.fixture
def client(standin: StandIn) -> Client:
    return standin.client()


@pytest.fixture
def acme(client: Client) -> Company:
    return company(client)


def raw(standin: StandIn, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    """One request of somebody who does not use the client: the status and the parsed body."""
    content = codec.dumps(body) if body is not None else b""
    named = {"authorization": f"Bearer {standin.api_key}", **headers}
    answer = standin.respond(Asked(method=method, path=path, headers=named, content=content))
    return answer.status, codec.parse(answer.content) if answer.content else None


def application(invoice_id: str, amount: str) -> NewCreditMemoApplication:
    return NewCreditMemoApplication(invoice_id=invoice_id, amount=dollars(amount), application_date=DAY)


def test_usage_may_be_repeated_although_it_is_a_patch() -> None:
    rows = [NewUsage(date=DAY, quantity=Decimal(1))]
    asked = ContractItemOperations.record_usage.build("item", rows)
    assert (asked.method, asked.is_repeatable, asked.idempotency_key) == ("PATCH", True, None)


def test_numbers_are_text_and_nulls_are_left_out(standin: StandIn, client: Client, acme: Company) -> None:
    discounted = acme.line("10.50", "1.5", discount=PercentageDiscount(percentage_off=Decimal("12.5")))
    invoice = client.invoices.create(attrs.evolve(acme.invoice(discounted), due_date=START.date()))
    taxed = attrs.evolve(acme.contract_item(), tax_rate=sales_tax("7.25"))
    contract = client.contracts.create(acme.contract(taxed))

    _, found = raw(standin, "GET", f"/invoices/{invoice.id}")
    assert found["items"][0]["quantity"] == "1.5"
    assert (found["overdue"], found["external_references"], found["items"][0]["fields"]) == (False, [], [])
    assert not {"memo", "sent_at", "contract_id", "exchange_rate", "scope"} & set(found)
    _, listed = raw(standin, "GET", "/contracts")
    (item,) = listed["contracts"][0]["items"]
    assert (item["quantity"], item["tax_rate"]["percentage"]) == ("5", "7.25")
    assert listed["pagination"] == {}
    assert "invoices" not in listed["contracts"][0]
    _, expanded = raw(standin, "GET", f"/contracts/{contract.id}")
    assert {each["status"] for each in expanded["invoices"]} == {"UNBILLED"}


def test_plain_requests_get_plain_answers(standin: StandIn, client: Client, acme: Company) -> None:
    invoice = client.invoices.create(acme.invoice())
    sent = raw(standin, "PUT", f"/invoices/{invoice.id}/sent-status", {"sent": True})
    assert sent == (200, None)
    status, found = raw(standin, "GET", f"/invoices/{invoice.id}", accept="*/*")
    assert (status, found["id"]) == (200, invoice.id)
    status, problem = raw(standin, "POST", "/invoices", {"scope": "HALF"})
    assert (status, problem["violations"][0]["field"]) == (400, "scope")
    half = {"interval": "FORTNIGHTLY", "payment_terms": 1}
    status, problem = raw(
        standin,
        "POST",
        "/contracts",
        {**cast("dict[str, object]", codec.unstructure(acme.contract())), "invoicing": half},
    )
    assert (status, problem["violations"][0]["field"]) == (400, "invoicing.interval")
    asked = Asked(
        method="GET",
        path="/customers",
        query={"external_reference_id": ("1",)},
        headers={"authorization": f"Bearer {standin.api_key}"},
    )
    assert standin.respond(asked).status == 400


def test_webhooks_hear_of_receivables(standin: StandIn, client: Client, acme: Company) -> None:
    standin.outbox.subscribe(lambda _headers, _body: 200)
    invoice = client.invoices.create(acme.invoice())
    paid = client.invoice_payments.create(invoice.id, payment("10"))
    memo = client.credit_memos.create(acme.credit_memo("5"))
    client.credit_memos.apply(memo.id, [application(invoice.id, "5")])
    client.invoices.mark_sent(invoice.id)
    contract = client.contracts.create(acme.contract())
    client.contracts.delete(contract.id)
    client.customers.modify(acme.customer.id, name="Acme Inc.")

    heard = [(each.entity, each.event) for each in standin.outbox.deliveries]
    assert heard == [
        (Entity.INVOICE, EventType.CREATED),
        (Entity.INVOICE, EventType.PAYMENT_UPDATED),
        (Entity.CREDIT_MEMO, EventType.CREATED),
        (Entity.INVOICE, EventType.PAYMENT_UPDATED),
        (Entity.CREDIT_MEMO, EventType.PAYMENT_UPDATED),
        (Entity.INVOICE, EventType.UPDATED),
        (Entity.CONTRACT, EventType.CREATED),
        (Entity.CONTRACT, EventType.DELETED),
        (Entity.CUSTOMER, EventType.UPDATED),
    ]
    assert codec.parse(standin.outbox.deliveries[7].body) == contract.id
    assert paid.invoice_id == invoice.id


def test_bodies_that_say_nothing_are_refused(standin: StandIn, client: Client, acme: Company) -> None:
    invoice = client.invoices.create(acme.invoice())
    memo = client.credit_memos.create(acme.credit_memo("5"))
    contract = client.contracts.create(acme.contract(acme.contract_item(CALLS)))
    draft = cast("dict[str, object]", codec.unstructure(acme.draft()))
    stranger: dict[str, object] = {
        "taxes_calculated_at": "2026-03-15T00:00:00Z",
        "items": [{"id": "none", "tax_rates": []}],
    }
    untold: dict[str, object] = {**stranger, "items": [{"id": invoice.items[0].id}]}
    refused: list[tuple[str, str, dict[str, object], str]] = [
        ("PATCH", f"/contract-items/{contract.items[0].id}/usage", {"usage": []}, "usage"),
        ("POST", f"/credit-memos/{memo.id}/applications", {"applications": []}, "applications"),
        ("POST", f"/invoices/{invoice.id}/taxes", {**stranger, "items": []}, "items"),
        ("POST", f"/invoices/{invoice.id}/taxes", stranger, "items[0].id"),
        ("POST", f"/invoices/{invoice.id}/taxes", untold, "items[0].tax_rate"),
        ("PUT", f"/invoices/{invoice.id}", {"scope": "AR_ONLY"}, "scope"),
        ("POST", "/draft-contracts", {**draft, "scope": "HALF"}, "scope"),
        ("POST", "/contracts", {"name": "no scope"}, "scope"),
    ]
    for method, path, body, place in refused:
        status, problem = raw(standin, method, path, body)
        assert (status, problem["violations"][0]["field"]) == (400, place)
    asked = Asked(
        method="GET",
        path="/invoices",
        query={"overdue": ("maybe",)},
        headers={"authorization": f"Bearer {standin.api_key}"},
    )
    assert standin.respond(asked).status == 400
