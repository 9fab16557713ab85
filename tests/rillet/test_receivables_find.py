"""Looking up by external reference where Rillet has no search, and the invoice that an event is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

import rillet
from clientkit import codec
from rillet import ExternalReference, webhooks
from rillet.receivables.credit_memos import AsyncCreditMemos, CreditMemos
from rillet.receivables.invoices import AsyncInvoices, Invoices
from rillet.receivables.products import AsyncProducts, Products
from support.scripted import WAYS, on, scripted, target

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
IN_1 = ExternalReference(type="sequencehq", id="in_1")
USD_10: dict[str, Any] = {"amount": "10.00", "currency": "USD"}


def thing(number: int, *references: dict[str, str]) -> dict[str, Any]:
    """An invoice, a credit memo and a product in one: each class reads its own fields and keeps the rest."""
    amounts = ("net_amount", "amount_due", "total", "subtotal", "total_discount", "taxed_amount", "applied_amount",
               "remaining_amount")  # fmt: skip
    return {
        "id": f"d{number}",
        "subsidiary_id": "s1",
        "invoice_number": "INV01",
        "credit_memo_number": "CM01",
        "customer_id": "c1",
        "items": [],
        "due_date": "2026-03-31",
        "invoice_date": "2026-03-01",
        "credit_memo_date": "2026-03-01",
        **dict.fromkeys(amounts, USD_10),
        "name": "Seats",
        "price": {"type": "ONE_TIME", "amount": USD_10},
        "include_in_arr_mrr": False,
        "revenue_pattern": "DAILY",
        "status": "UNPAID",
        "external_references": list(references),
    }


FIND: dict[str, tuple[Callable[[rillet.Client], tuple[Any, ...]], dict[str, str]]] = {
    "invoices": (
        lambda client: on(client, Invoices, AsyncInvoices).find(IN_1, updated_after=SINCE, customer_id="c1"),
        {"updated.gt": "2026-01-01T00:00:00Z", "customer_id": "c1"},
    ),
    "credit_memos": (
        lambda client: on(client, CreditMemos, AsyncCreditMemos).find(IN_1, updated_after=SINCE),
        {"updated.gt": "2026-01-01T00:00:00Z"},
    ),
    "products": (lambda client: on(client, Products, AsyncProducts).find(IN_1), {}),
}


@pytest.mark.parametrize("family", FIND)
@pytest.mark.parametrize("way", WAYS)
def test_everything_with_a_reference_is_found_on_all_pages(way: str, family: str) -> None:
    find, query = FIND[family]
    first = [
        thing(1, {"type": "sequencehq", "id": "in_1", "url": "https://sequence.test/in_1"}),
        thing(2, {"type": "sequencehq", "id": "in_2"}),
        thing(3, {"type": "stripe", "id": "in_1"}),
        thing(4),
    ]
    second = [thing(5, {"type": "stripe", "id": "x"}, {"type": "sequencehq", "id": "in_1"})]
    pages: tuple[dict[str, Any], ...] = (
        {family: first, "pagination": {"next_cursor": "c"}},
        {family: second, "pagination": {}},
    )
    with scripted(way, *pages) as (run, service):
        found = run.call(find)
    assert [each.id for each in found] == ["d1", "d5"]
    assert target(service.asked[0]) == ("GET", f"/{family.replace('_', '-')}", {**query, "limit": "100"})
    assert service.asked[1].one("cursor") == "c"


INVOICE, MEMO = webhooks.Entity.INVOICE, webhooks.Entity.CREDIT_MEMO
UPDATED, DELETED, PAID = (
    webhooks.EventType.UPDATED,
    webhooks.EventType.DELETED,
    webhooks.EventType.PAYMENT_UPDATED,
)


def event(entity: webhooks.Entity, kind: webhooks.EventType, data: webhooks.EventData) -> webhooks.Event:
    return webhooks.Event(entity=entity, event=kind, id="e1", timestamp=SINCE, data=data)


def test_the_invoice_of_an_event_whatever_its_shape() -> None:
    invoice = codec.structure(thing(1), rillet.Invoice)
    customer = rillet.Customer(id="c1", name="Acme")
    payment = webhooks.PaymentUpdate(id="p1", invoice_id="in-9")
    of_memo = webhooks.PaymentUpdate(id="p1", credit_memo_id="cm-9")

    assert event(INVOICE, UPDATED, invoice).invoice_id == "d1"
    assert event(INVOICE, PAID, payment).invoice_id == "in-9"
    assert event(INVOICE, DELETED, "in-9").invoice_id == "in-9"
    assert event(MEMO, DELETED, "cm-9").invoice_id is None
    assert event(MEMO, PAID, of_memo).invoice_id is None
    assert event(webhooks.Entity.CUSTOMER, UPDATED, customer).invoice_id is None
