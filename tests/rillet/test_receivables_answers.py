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
from rillet.receivables.contract_items import ContractItemOperations, ContractItems, NewUsage, Usage, UsageRecords
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
    PaymentSetup,
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

USD = {"amount": "10", "currency": "USD"}
TEN = Money(Decimal(10), "USD")
DAY = "2026-03-14"
MOMENT = "2026-03-14T15:09:26.500000Z"
REFERENCES = [{"type": "crm", "id": "42", "url": "https://crm.example/42"}]
FIELDS = [{"field_id": ID, "field_value_id": OTHER_ID}]
ADDRESS = {"line1": "1 Main St", "line2": "2", "city": "Nashville", "state": "TN", "zip_code": "37011", "country": "US"}
RATE = {"base": "EUR", "target": "USD", "rate": "1.08", "date": DAY}
TAX = {"percentage": 7, "tax_amount": USD, "country": "US", "type": "SALES_TAX", "description": "TN"}
PRICE = {"type": "FIXED_RECURRING", "amount": USD, "interval_months": 12}
REVENUE = {"period": {"start": DAY, "end": DAY}, "pattern": "DAILY", "account_code": "40000"}
COMMITMENT = {"amount": USD, "revenue_account": "40000"}

PRODUCT = {
    "id": ID,
    "name": "Seat",
    "description": "One seat",
    "price": PRICE,
    "include_in_arr_mrr": True,
    "revenue_pattern": "EVEN_PERIOD",
    "external_references": REFERENCES,
    "status": "ACTIVE",
    "account_code": "40000",
}
CUSTOMER = {
    "id": ID,
    "updated_at": MOMENT,
    "name": "Acme",
    "name_on_invoice": "Acme Inc.",
    "address": ADDRESS,
    "shipping_address": ADDRESS,
    "emails": [{"email": "a@example.com", "type": "BCC"}],
    "external_references": REFERENCES,
    "payment_terms": 30,
    "send_invoices_automatically": True,
    "send_payment_reminders": True,
    "fields": FIELDS,
}
INVOICE_ITEM = {
    "id": ID,
    "description": "Seat",
    "revenue": REVENUE,
    "total_amount": USD,
    "total_discount": USD,
    "taxed_amount": USD,
    "gross_rate": USD,
    "quantity": Decimal("1.5"),
    "product_id": OTHER_ID,
    "external_references": REFERENCES,
    "fields": FIELDS,
}
CONTRACT_ITEM = {
    "id": ID,
    "product_id": OTHER_ID,
    "price": PRICE,
    "quantity": 2,
    "total_value": USD,
    "revenue_pattern": "DAILY",
    "discount": {"amount_off": USD, "type": "AMOUNT"},
    "tax_rate": TAX,
    "start_date": DAY,
    "end_date": DAY,
    "status": "ACTIVE",
    "amending": OTHER_ID,
    "fields": FIELDS,
    "external_references": REFERENCES,
    "usage_minimum_commitment": COMMITMENT,
}
CONTRACT = {
    "id": ID,
    "customer_id": OTHER_ID,
    "subsidiary_id": OTHER_ID,
    "name": "Acme 2026",
    "items": [CONTRACT_ITEM],
    "status": "IN_EFFECT",
    "start_date": DAY,
    "end_date": DAY,
    "close_date": DAY,
    "invoicing": {"payment_terms": 30, "interval": "QUARTERLY", "month_day": "--03-14"},
    "usage_configuration": {
        "usage_invoicing": {
            "frequency": "MONTHLY",
            "payment_terms": 30,
            "invoice_date": "FIRST_DAY_OF_NEXT_CYCLE",
            "cycle": "CALENDAR",
        },
        "minimum_commitment_invoicing": {"frequency": "MONTHLY_PRORATED", "payment_terms": 30},
        "minimum_commitment_cycle": "CONTRACT",
        "contract_level_minimum_commitment": COMMITMENT,
    },
    "total_value": USD,
    "external_references": REFERENCES,
    "exchange_rate": RATE,
    "invoices": [
        {
            "id": ID,
            "invoice_number": "INV-1",
            "invoice_date": DAY,
            "due_date": DAY,
            "status": "UNBILLED",
            "total": USD,
            "taxed_amount": USD,
            "items": [INVOICE_ITEM],
            "external_references": REFERENCES,
        }
    ],
}
DRAFT = {
    "id": ID,
    "external_references": REFERENCES,
    "subsidiary_id": OTHER_ID,
    "customer_id": OTHER_ID,
    "name": "Acme 2026",
    "amount": {"amount": "0.0005", "currency": "USD"},
    "close_date": DAY,
    "start_date": DAY,
    "end_date": DAY,
    "scope": "REVENUE_RECOGNITION_ONLY",
    "items": [
        {
            "id": ID,
            "product_id": OTHER_ID,
            "price": {"type": "ONE_TIME", "amount": USD},
            "quantity": 1,
            "discount": {"percentage_off": Decimal("12.5"), "type": "PERCENTAGE"},
            "start_date": DAY,
            "end_date": DAY,
        }
    ],
}
INVOICE = {
    "id": ID,
    "subsidiary_id": OTHER_ID,
    "invoice_number": "INV-1",
    "customer_id": OTHER_ID,
    "contract_id": OTHER_ID,
    "items": [INVOICE_ITEM],
    "due_date": DAY,
    "invoice_date": DAY,
    "address": ADDRESS,
    "customer_address": ADDRESS,
    "shipping_address": ADDRESS,
    "bank_account": {
        "id": ID,
        "ach_account": "1",
        "ach_routing": "2",
        "bank_name": "Bank",
        "bank_address": "3",
        "swift_code": "4",
        "payment_instructions": "5",
    },
    "status": "PARTIALLY_CREDITED",
    "net_amount": USD,
    "amount_due": USD,
    "total": USD,
    "payment_terms": 30,
    "subtotal": USD,
    "total_discount": USD,
    "purchase_order_number": "PO-1",
    "exchange_rate": RATE,
    "taxed_amount": USD,
    "memo": "Thanks",
    "overdue": True,
    "external_references": REFERENCES,
    "updated_at": MOMENT,
    "sent_at": MOMENT,
}
PAYMENT = {
    "id": ID,
    "status": "UNCLEARED",
    "invoice_id": OTHER_ID,
    "amount": USD,
    "date": DAY,
    "account_code": "11000",
    "updated_at": MOMENT,
}
CREDIT_MEMO = {
    "id": ID,
    "subsidiary_id": OTHER_ID,
    "credit_memo_number": "CM-1",
    "customer_id": OTHER_ID,
    "items": [
        {
            "id": ID,
            "description": "Seat",
            "revenue": REVENUE,
            "total_amount": USD,
            "taxed_amount": USD,
            "net_amount": USD,
            "quantity": 1,
            "product_id": OTHER_ID,
            "fields": FIELDS,
        }
    ],
    "credit_memo_date": DAY,
    "address": ADDRESS,
    "status": "PARTIALLY_APPLIED",
    "net_amount": USD,
    "total": USD,
    "applied_amount": USD,
    "remaining_amount": USD,
    "applications": [
        {
            "id": ID,
            "credit_memo_id": ID,
            "invoice_id": OTHER_ID,
            "invoice_number": "INV-1",
            "amount": USD,
            "application_date": DAY,
        }
    ],
    "exchange_rate": RATE,
    "taxed_amount": USD,
    "external_references": REFERENCES,
    "updated_at": MOMENT,
}
DOCUMENTED: list[tuple[type[Any], dict[str, Any]]] = [
    (Product, PRODUCT),
    (Customer, CUSTOMER),
    (Contract, CONTRACT),
    (DraftContract, DRAFT),
    (Invoice, INVOICE),
    (InvoicePayment, PAYMENT),
    (CreditMemo, CREDIT_MEMO),
    (UsageRecords, {"usage": [{"date": DAY, "quantity": Decimal("0.5")}]}),
    (PaymentMethod, {"last_four_digits": "4242", "chargeable": True, "payment_type": "CARD"}),
    (PaymentSetup, {"setup_url": "https://pay.example/1"}),
]
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
