"""The answers of receivables: what is documented, and how the service departs from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from clientkit import codec
from clientkit.codec.unions import UnknownVariant
from clientkit.errors import NotFoundError
from clientkit.paging import Pager
from clientkit.requests import PageRequest
from clientkit.wire import Answer, Outgoing
from rillet.receivables.contract_items import ContractItemOperations, ContractItems, NewUsage, Usage
from rillet.receivables.contracts import Contract, ContractOperations, Contracts, ContractStatus
from rillet.receivables.credit_memos import (
    AsyncCreditMemos,
    CreditMemo,
    CreditMemoApplication,
    CreditMemoOperations,
    CreditMemos,
)
from rillet.receivables.customers import (
    Customer,
    CustomerOperations,
    Customers,
    PaymentMethod,
    PaymentType,
)
from rillet.receivables.draft_contracts import DraftContract, DraftContractOperations
from rillet.receivables.invoice_payments import (
    InvoicePayment,
    InvoicePaymentOperations,
    InvoicePayments,
    InvoicePaymentStatus,
)
from rillet.receivables.invoices import AsyncInvoices, Invoice, InvoiceOperations, Invoices, InvoiceStatus
from rillet.receivables.invoicing import QuarterlyInvoicing
from rillet.receivables.pricing import AmountDiscount, PercentageDiscount
from rillet.receivables.products import Product, ProductOperations
from rillet.values import Money
from support.rillet.receivables import ID, OTHER_ID, TODAY, awaitable, awaited, blocking
from support.rillet.receivables_answers import (
    CONTRACT,
    CONTRACT_ITEM,
    CREDIT_MEMO,
    CUSTOMER,
    DAY,
    DOCUMENTED,
    DRAFT,
    INVOICE,
    PAYMENT,
    PRODUCT,
    TAX,
)

TEN = Money(Decimal(10), "USD")
KINDS = [kind.__name__ for kind, _ in DOCUMENTED]


def json(body: object, status: int = 200) -> Answer:
    return Answer(status=status, headers={"content-type": "application/json"}, content=codec.write(body))


def always(answer: Answer) -> Callable[[Outgoing], Answer]:
    def same(_: Outgoing) -> Answer:
        return answer

    return same


@pytest.mark.parametrize(("kind", "body"), DOCUMENTED, ids=KINDS)
def test_everything_documented_is_read_and_known(kind: type[Any], body: dict[str, Any]) -> None:
    value = codec.structure(codec.parse(codec.write(body)), kind)
    assert value.extra == {}
    assert codec.parse(codec.dumps(value)) == body


@pytest.mark.parametrize(("kind", "body"), DOCUMENTED, ids=KINDS)
def test_what_is_new_is_kept(kind: type[Any], body: dict[str, Any]) -> None:
    value = codec.structure({**body, "brand_new": {"deep": [None, Decimal("1.50")]}}, kind)
    assert value.extra == {"brand_new": {"deep": [None, Decimal("1.50")]}}
    assert codec.structure(codec.parse(codec.dumps(value)), kind) == value


@pytest.mark.parametrize(
    ("kind", "body", "optional"),
    [
        (Product, PRODUCT, {"description", "account_code", "external_references"}),
        (Customer, CUSTOMER, set(CUSTOMER) - {"id", "name"}),
        (
            Contract,
            CONTRACT,
            {"end_date", "close_date", "invoicing", "usage_configuration", "external_references", "exchange_rate"}
            | {"invoices"},
        ),
        (DraftContract, DRAFT, {"external_references", "start_date", "end_date", "scope"}),
        (
            Invoice,
            INVOICE,
            {"contract_id", "address", "customer_address", "shipping_address", "bank_account", "payment_terms"}
            | {"purchase_order_number", "exchange_rate", "memo", "external_references", "updated_at", "sent_at"},
        ),
        (InvoicePayment, PAYMENT, {"date", "account_code", "updated_at"}),
        (CreditMemo, CREDIT_MEMO, {"address", "applications", "exchange_rate", "external_references", "updated_at"}),
    ],
)
def test_what_is_empty_may_be_left_out_or_null(kind: type[Any], body: dict[str, Any], optional: set[str]) -> None:
    left_out = codec.structure({name: value for name, value in body.items() if name not in optional}, kind)
    null = codec.structure({name: None if name in optional else value for name, value in body.items()}, kind)
    assert left_out == null
    assert all(not getattr(left_out, name) for name in optional)


def test_numbers_that_come_as_text_are_numbers() -> None:
    item = {
        **CONTRACT_ITEM,
        "quantity": "2.0",
        "discount": {"percentage_off": "12.5000"},
        "tax_rate": {**TAX, "percentage": "7.2500"},
    }
    (read,) = Contracts(blocking(always(json({**CONTRACT, "items": [item]})))).get(ID).items
    assert read.quantity == Decimal(2)
    assert read.discount == PercentageDiscount(percentage_off=Decimal("12.5"))
    assert read.tax_rate is not None
    assert read.tax_rate.percentage == Decimal("7.25")


def test_a_contract_is_told_in_its_unions() -> None:
    contract = Contracts(blocking(always(json(CONTRACT)))).get(ID)
    assert contract.status is ContractStatus.IN_EFFECT
    assert contract.invoicing == QuarterlyInvoicing(payment_terms=30, month_day="--03-14")
    assert contract.items[0].discount == AmountDiscount(amount_off=TEN)
    assert contract.invoices is not None
    assert contract.invoices[0].status is InvoiceStatus.UNBILLED


def test_one_new_variant_does_not_spoil_a_page() -> None:
    new = {"interval": "WEEKLY", "weekday": 1}
    bodies = [{**CONTRACT, "invoicing": new, "status": "PAUSED"}, {**CONTRACT, "id": OTHER_ID, "invoices": None}]
    first, second = Contracts(blocking(always(json({"contracts": bodies})))).list()
    assert first.invoicing == UnknownVariant(kind="WEEKLY", raw=new)
    assert first.status == "PAUSED"
    assert not first.status.is_known
    assert second.invoices is None


@pytest.mark.parametrize("end", [{}, {"pagination": {}}, {"pagination": None}, {"pagination": {"next_cursor": None}}])
def test_every_list_has_its_own_envelope_and_any_end(end: dict[str, object]) -> None:
    listings: list[tuple[PageRequest[Any], str, dict[str, Any]]] = [
        (ProductOperations.list.build(), "products", PRODUCT),
        (CustomerOperations.list.build(), "customers", CUSTOMER),
        (ContractOperations.list.build(), "contracts", CONTRACT),
        (DraftContractOperations.list.build(), "draft_contracts", DRAFT),
        (ContractItemOperations.list_usage.build(ID), "usage", {"date": DAY, "quantity": 1}),
        (InvoiceOperations.list.build(), "invoices", INVOICE),
        (InvoicePaymentOperations.list.build(), "payments", PAYMENT),
        (InvoicePaymentOperations.list_for_invoice.build(ID), "payments", PAYMENT),
        (CreditMemoOperations.list.build(), "credit_memos", CREDIT_MEMO),
    ]
    for listing, key, body in listings:
        pager = Pager(blocking(always(json({key: [body], **end}))), listing)
        assert [type(item) for item in pager] == [listing.item], key


def test_a_listing_that_starts_again_repeats_nothing() -> None:
    pages: dict[str | None, dict[str, object]] = {
        None: {"invoices": [INVOICE], "pagination": {"next_cursor": "2"}},
        "2": {"invoices": [{**INVOICE, "id": OTHER_ID}, INVOICE], "pagination": {}},
    }

    def answer(outgoing: Outgoing) -> Answer:
        return json(pages["2" if outgoing.url.endswith("cursor=2") else None])

    assert [invoice.id for invoice in Invoices(blocking(answer)).list()] == [ID, OTHER_ID]


def test_usage_is_told_apart_by_its_day() -> None:
    rows = [{"date": DAY, "quantity": "0.50"}, {"date": DAY, "quantity": 1}, {"date": "2026-03-13", "quantity": 2}]
    usage = list(ContractItems(blocking(always(json({"usage": rows})))).list_usage(ID))
    assert usage == [Usage(date=TODAY, quantity=Decimal("0.5")), Usage(date=date(2026, 3, 13), quantity=Decimal(2))]


def test_recorded_usage_comes_back() -> None:
    def answer(outgoing: Outgoing) -> Answer:
        assert outgoing.method == "PATCH"
        assert outgoing.content == b'{"usage":[{"date":"2026-03-14","quantity":0.50}]}'
        return json({"usage": [{"date": DAY, "quantity": "0.5"}]})

    made = ContractItems(blocking(answer)).record_usage(ID, [NewUsage(date=TODAY, quantity=Decimal("0.50"))])
    assert made.usage == (Usage(date=TODAY, quantity=Decimal("0.5")),)


def test_an_invoice_that_was_never_sent() -> None:
    invoice = Invoices(blocking(always(json({**INVOICE, "sent_at": None})))).get(ID)
    assert invoice.sent_at is None
    assert invoice.updated_at == datetime(2026, 3, 14, 15, 9, 26, 500000, tzinfo=UTC)
    assert invoice.items[0].quantity == Decimal("1.5")


def test_a_payment_of_a_status_unknown_today() -> None:
    (payment,) = InvoicePayments(blocking(always(json({"payments": [{**PAYMENT, "status": "RECONCILED"}]})))).list()
    assert payment.status == InvoicePaymentStatus("RECONCILED")
    assert payment.amount == TEN


def test_applications_tell_how_much_pays_which_invoice() -> None:
    memo = CreditMemos(blocking(always(json(CREDIT_MEMO)))).get(ID)
    assert memo.applications == (
        CreditMemoApplication(
            id=ID,
            credit_memo_id=ID,
            invoice_id=OTHER_ID,
            invoice_number="INV-1",
            amount=TEN,
            application_date=TODAY,
        ),
    )


def test_payment_settings() -> None:
    method = Customers(blocking(always(json({"chargeable": False, "payment_type": "OTHER"})))).payment_method(ID)
    assert method == PaymentMethod(chargeable=False, payment_type=PaymentType.OTHER)
    setup = Customers(blocking(always(json({"setup_url": "https://pay.example/1"})))).set_up_auto_payment(ID)
    assert setup.setup_url == "https://pay.example/1"


def test_a_pdf_is_asked_for_and_comes_as_it_is() -> None:
    pdf = b"%PDF-1.7\n\xff\x00"

    def answer(outgoing: Outgoing) -> Answer:
        assert outgoing.headers["Accept"] == "application/pdf"
        assert outgoing.url == f"https://api.rillet.com/invoices/{ID}"
        return Answer(status=200, headers={"content-type": "application/pdf"}, content=pdf)

    assert Invoices(blocking(answer)).pdf(ID) == pdf
    assert awaited(AsyncInvoices(awaitable(answer)).pdf(ID)) == pdf


def test_an_invoice_as_json_is_asked_for_by_name() -> None:
    def answer(outgoing: Outgoing) -> Answer:
        assert outgoing.headers["Accept"] == "application/json"
        return json(INVOICE)

    assert Invoices(blocking(answer)).get(ID).invoice_number == "INV-1"


def test_answers_without_a_body() -> None:
    empty = always(Answer(status=200))
    gone = always(Answer(status=204))
    assert Invoices(blocking(empty)).mark_sent(ID) is None
    assert Contracts(blocking(gone)).end(ID, TODAY) is None
    assert CreditMemos(blocking(gone)).delete_applications(ID) is None
    assert awaited(AsyncCreditMemos(awaitable(gone)).delete(ID)) is None


def test_what_is_not_there_is_not_found() -> None:
    problem = {"type": "https://rillet.com/not-found", "title": "Not found"}
    with pytest.raises(NotFoundError, match="Not found"):
        Invoices(blocking(always(json(problem, status=404)))).pdf(ID)
