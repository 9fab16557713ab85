"""The requests of receivables: method, path, query and body as Rillet documents them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from clientkit import codec
from clientkit.requests import Request
from rillet.receivables.amendments import (
    AmendmentPreview,
    FullContractAmendment,
)
from rillet.receivables.contract_items import ContractItemOperations, NewUsage
from rillet.receivables.contracts import (
    ContractOperations,
    ContractStatus,
    NewFullContract,
)
from rillet.receivables.credit_memos import (
    CreditMemoOperations,
    NewCreditMemo,
    NewCreditMemoApplication,
)
from rillet.receivables.customers import (
    AsyncCustomers,
    CustomerOperations,
    Customers,
    NewCustomer,
)
from rillet.receivables.draft_contracts import (
    DraftContractOperations,
)
from rillet.receivables.invoice_payments import InvoicePaymentOperations
from rillet.receivables.invoices import (
    InvoiceOperations,
    InvoiceStatus,
    NewFullInvoice,
)
from rillet.receivables.products import ProductOperations, ProductStatus
from rillet.values import ExternalReference
from support.rillet.receivables import ID, NOW, OTHER_ID, TODAY, Shelf, awaitable, awaited, blocking
from support.rillet.receivables_bodies import BODIES
from support.rillet.receivables_parts import (
    DAY,
    DRAFT,
    ITEM,
    MONTHLY,
    PAYMENT,
    PRODUCT,
    TAXES,
    TEN,
)


@pytest.mark.parametrize(
    ("request_", "method", "target"),
    [
        (ProductOperations.list.build().at(None), "GET", "/products"),
        (
            ProductOperations.list.build(status=ProductStatus.INACTIVE, currency="EUR", limit=7).at("c"),
            "GET",
            "/products?status=INACTIVE&currency=EUR&limit=7&cursor=c",
        ),
        (ProductOperations.get.build("a/b"), "GET", "/products/a%2Fb"),
        (ProductOperations.delete.build(ID), "DELETE", f"/products/{ID}"),
        (
            CustomerOperations.list.build(search="Acme & Co", updated_after=NOW, sort_by="updated").at(None),
            "GET",
            "/customers?search=Acme+%26+Co&updated.gt=2026-03-14T15%3A09%3A26.535897Z&sort_by=updated",
        ),
        (
            CustomerOperations.list.build(external_reference_type="crm", external_reference_id="42").at(None),
            "GET",
            "/customers?external_reference_type=crm&external_reference_id=42",
        ),
        (CustomerOperations.get.build(ID), "GET", f"/customers/{ID}"),
        (CustomerOperations.delete.build(ID), "DELETE", f"/customers/{ID}"),
        (CustomerOperations.payment_method.build(ID), "GET", f"/customers/{ID}/settings/payment"),
        (
            ContractOperations.list.build(
                subsidiary_id="s",
                customer_id="c",
                status=ContractStatus.IN_EFFECT,
                start_date_after=date(2026, 1, 1),
                start_date_from=date(2026, 1, 2),
                start_date_before=date(2026, 1, 3),
                start_date_to=date(2026, 1, 4),
                end_date_after=date(2026, 1, 5),
                end_date_from=date(2026, 1, 6),
                end_date_before=date(2026, 1, 7),
                end_date_to=date(2026, 1, 8),
                limit=100,
            ).at(None),
            "GET",
            (
                "/contracts?subsidiary_id=s&customer_id=c&status=IN_EFFECT"
                "&start_date.gt=2026-01-01&start_date.gte=2026-01-02&start_date.lt=2026-01-03&start_date.lte=2026-01-04"
                "&end_date.gt=2026-01-05&end_date.gte=2026-01-06&end_date.lt=2026-01-07&end_date.lte=2026-01-08&limit=100"
            ),
        ),
        (ContractOperations.get.build(ID), "GET", f"/contracts/{ID}"),
        (ContractOperations.delete.build(ID), "DELETE", f"/contracts/{ID}"),
        (
            DraftContractOperations.list.build(subsidiary_id="s", customer_id="c", limit=1).at(None),
            "GET",
            "/draft-contracts?subsidiary_id=s&customer_id=c&limit=1",
        ),
        (DraftContractOperations.get.build(ID), "GET", f"/draft-contracts/{ID}"),
        (DraftContractOperations.delete.build(ID), "DELETE", f"/draft-contracts/{ID}"),
        (ContractItemOperations.list_usage.build(ID, limit=2).at(None), "GET", f"/contract-items/{ID}/usage?limit=2"),
        (ContractItemOperations.delete_usage.build(ID, TODAY), "DELETE", f"/contract-items/{ID}/usage?date={DAY}"),
        (
            InvoiceOperations.list.build(
                subsidiary_id="s",
                customer_id="c",
                status=InvoiceStatus.UNPAID,
                overdue=False,
                updated_after=NOW,
                limit=3,
            ).at(None),
            "GET",
            (
                "/invoices?subsidiary_id=s&customer_id=c&status=UNPAID&overdue=false"
                "&updated.gt=2026-03-14T15%3A09%3A26.535897Z&limit=3"
            ),
        ),
        (InvoiceOperations.get.build(ID), "GET", f"/invoices/{ID}"),
        (InvoiceOperations.delete.build(ID), "DELETE", f"/invoices/{ID}"),
        (
            InvoicePaymentOperations.list.build(updated_after=NOW, sort_by="created", limit=3).at(None),
            "GET",
            "/invoice-payments?updated.gt=2026-03-14T15%3A09%3A26.535897Z&sort_by=created&limit=3",
        ),
        (InvoicePaymentOperations.list_for_invoice.build(ID).at(None), "GET", f"/invoices/{ID}/payments"),
        (InvoicePaymentOperations.delete.build(ID, OTHER_ID), "DELETE", f"/invoices/{ID}/payments/{OTHER_ID}"),
        (
            CreditMemoOperations.list.build(subsidiary_id="s", updated_after=NOW, limit=3).at(None),
            "GET",
            "/credit-memos?subsidiary_id=s&updated.gt=2026-03-14T15%3A09%3A26.535897Z&limit=3",
        ),
        (CreditMemoOperations.get.build(ID), "GET", f"/credit-memos/{ID}"),
        (CreditMemoOperations.delete.build(ID), "DELETE", f"/credit-memos/{ID}"),
        (CreditMemoOperations.delete_applications.build(ID), "DELETE", f"/credit-memos/{ID}/applications"),
    ],
)
def test_requests_without_a_body(request_: Request[Any], method: str, target: str) -> None:
    assert (request_.method, request_.target(), request_.body) == (method, target, None)


@pytest.mark.parametrize(("request_", "method", "target", "body"), BODIES)
def test_requests_with_a_body(request_: Request[Any], method: str, target: str, body: object) -> None:
    assert (request_.method, request_.target()) == (method, target)
    assert codec.parse(codec.dumps(request_.body)) == body


@pytest.mark.parametrize(("request_", "method", "target", "body"), BODIES)
def test_posts_take_a_key_and_nothing_else_does(request_: Request[Any], method: str, target: str, body: object) -> None:
    assert request_.takes_key == (method == "POST")


@pytest.mark.parametrize(
    "request_",
    [
        ProductOperations.create.build(PRODUCT, idempotency_key="k"),
        CustomerOperations.create.build(NewCustomer(name="Acme"), idempotency_key="k"),
        CustomerOperations.set_up_auto_payment.build(ID, idempotency_key="k"),
        ContractOperations.create.build(NewFullContract(name="A", close_date=TODAY, start_date=TODAY, items=[], customer_id=ID), idempotency_key="k"),
        ContractOperations.amend.build(ID, FullContractAmendment(amendment_date=TODAY, amendment_reason="", items=[], invoicing=MONTHLY), idempotency_key="k"),
        ContractOperations.preview_amendment.build(ID, AmendmentPreview(amendment_date=TODAY, items=[], invoicing=MONTHLY), idempotency_key="k"),
        DraftContractOperations.create.build(DRAFT, idempotency_key="k"),
        InvoiceOperations.create.build(NewFullInvoice(customer_id=ID, items=[ITEM], invoice_date=TODAY), idempotency_key="k"),
        InvoiceOperations.update_taxes.build(ID, TAXES, idempotency_key="k"),
        InvoicePaymentOperations.create.build(ID, PAYMENT, idempotency_key="k"),
        CreditMemoOperations.create.build(NewCreditMemo(customer_id=ID, credit_memo_date=TODAY, items=[]), idempotency_key="k"),
        CreditMemoOperations.update_taxes.build(ID, TAXES, idempotency_key="k"),
        CreditMemoOperations.apply.build(ID, [NewCreditMemoApplication(invoice_id=ID, amount=TEN, application_date=TODAY)], idempotency_key="k"),
    ],
)  # fmt: skip
def test_a_key_of_ones_own_is_taken(request_: Request[Any]) -> None:
    assert request_.idempotency_key == "k"


def test_quantities_leave_as_json_numbers_and_money_as_text() -> None:
    body = codec.dumps(DraftContractOperations.create.build(DRAFT).body)
    assert b'"quantity":2.5' in body
    assert b'"amount":{"amount":"1000","currency":"USD"}' in body


def test_auto_payment_needs_no_body() -> None:
    assert CustomerOperations.set_up_auto_payment.build(ID).body is None


@pytest.mark.parametrize("given", [{"external_reference_type": "crm"}, {"external_reference_id": "42"}])
def test_half_an_external_reference_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="go together"):
        CustomerOperations.list.build(**given)


def test_usage_is_more_than_nothing() -> None:
    with pytest.raises(ValueError, match="quantity is 0"):
        NewUsage(date=TODAY, quantity=Decimal(0))
    with pytest.raises(ValueError, match="no usage"):
        ContractItemOperations.record_usage.build(ID, [])


def test_applying_nothing_is_not_mistaken_for_removing_everything() -> None:
    with pytest.raises(ValueError, match="delete_applications"):
        CreditMemoOperations.apply.build(ID, [])


def test_customers_are_found_by_reference() -> None:
    shelf = Shelf(codec.dumps({"customers": [{"id": ID, "name": "Acme"}], "pagination": {}}))
    reference = ExternalReference(type="crm", id="42", url="https://crm.example/42")
    found = Customers(blocking(shelf)).find(reference)
    assert found == awaited(AsyncCustomers(awaitable(shelf)).find(reference))
    assert [customer.name for customer in found] == ["Acme"]
    target = "/customers?external_reference_type=crm&external_reference_id=42&limit=100"
    assert [(method, path) for method, path, _ in shelf.received] == [("GET", target)] * 2
