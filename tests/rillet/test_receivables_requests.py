"""The requests of receivables: method, path, query and body as Rillet documents them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from clientkit import codec
from clientkit.requests import Request
from rillet.receivables.amendments import (
    AddedItem,
    AmendedItem,
    AmendmentEffectiveFrom,
    AmendmentPreview,
    ChangedItem,
    FullContractAmendment,
    RevenueRecognitionOnlyContractAmendment,
    TerminatedItem,
)
from rillet.receivables.contract_items import ContractItemOperations, NewUsage
from rillet.receivables.contracts import (
    ContractOperations,
    ContractStatus,
    NewContractItem,
    NewExternalContractItem,
    NewFullContract,
    NewRevenueRecognitionOnlyContract,
)
from rillet.receivables.credit_memos import (
    CreditMemoItemPrice,
    CreditMemoOperations,
    CreditMemoUpdate,
    NewCreditMemo,
    NewCreditMemoApplication,
    NewCreditMemoItem,
)
from rillet.receivables.customers import (
    AsyncCustomers,
    CustomerEmail,
    CustomerEmailType,
    CustomerOperations,
    Customers,
    NewCustomer,
)
from rillet.receivables.draft_contracts import (
    ContractScope,
    DraftContractOperations,
    NewDraftContract,
    NewDraftContractItem,
)
from rillet.receivables.invoice_payments import InvoicePaymentOperations, NewInvoicePayment
from rillet.receivables.invoices import (
    FullInvoiceUpdate,
    InvoiceItemPrice,
    InvoiceItemUpdate,
    InvoiceOperations,
    InvoiceStatus,
    NewArOnlyInvoice,
    NewExternalInvoiceItem,
    NewFullInvoice,
    NewInvoiceItem,
    NewRevenueRecognitionOnlyInvoice,
    RevenueRecognitionOnlyInvoiceUpdate,
)
from rillet.receivables.invoicing import (
    InvoiceSchedule,
    MonthlyInvoicing,
    ScheduledInvoice,
    ScheduledInvoiceItem,
    UsageCommitment,
)
from rillet.receivables.items import ItemRevenue, ItemTax, ItemTaxesUpdate, TaxesUpdate
from rillet.receivables.pricing import (
    AmountDiscount,
    FixedRecurringPrice,
    OneTimePrice,
    PercentageDiscount,
    PerUnitBilling,
    RevenuePattern,
    UsagePrice,
)
from rillet.receivables.products import NewProduct, ProductOperations, ProductStatus
from rillet.values import ExternalReference, FieldAssignment, Money, Period, TaxType
from support.rillet.receivables import ID, NOW, OTHER_ID, TODAY, Shelf, awaitable, awaited, blocking

TEN = Money(Decimal("10.00"), "USD")
USD = {"amount": "10.00", "currency": "USD"}
CRM = ExternalReference(type="crm", id="42")
REFERENCE = {"type": "crm", "id": "42"}
ONE = Decimal(1)
DAY = TODAY.isoformat()
TAX = ItemTax(percentage=Decimal("7.25"), country="US", type=TaxType.SALES_TAX, description="CA", tax_amount=TEN)
TAX_BODY = {
    "percentage": Decimal("7.25"),
    "country": "US",
    "type": "SALES_TAX",
    "description": "CA",
    "tax_amount": USD,
}
RECURRING = {"amount": USD, "interval_months": 12, "type": "FIXED_RECURRING"}


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


PRODUCT = NewProduct(
    name="Seat",
    description="One seat",
    price=FixedRecurringPrice(amount=TEN, interval_months=12),
    include_in_arr_mrr=False,
    revenue_pattern=RevenuePattern.DAILY,
    account_code="40000",
)
PRODUCT_BODY = {
    "name": "Seat",
    "description": "One seat",
    "price": RECURRING,
    "include_in_arr_mrr": False,
    "revenue_pattern": "DAILY",
    "account_code": "40000",
}
DRAFT = NewDraftContract(
    external_references=[CRM],
    subsidiary_id=ID,
    customer_id=OTHER_ID,
    name="Acme 2026",
    amount=Money(Decimal("1E+3"), "USD"),
    close_date=TODAY,
    scope=ContractScope.FULL,
    items=[
        NewDraftContractItem(product_id=ID, price=OneTimePrice(amount=TEN), quantity=Decimal("2.5")),
    ],
)
DRAFT_BODY = {
    "external_references": [REFERENCE],
    "subsidiary_id": ID,
    "customer_id": OTHER_ID,
    "name": "Acme 2026",
    "amount": {"amount": "1000", "currency": "USD"},
    "close_date": DAY,
    "scope": "FULL",
    "items": [{"product_id": ID, "price": {"amount": USD, "type": "ONE_TIME"}, "quantity": Decimal("2.5")}],
}
AMENDED = AmendedItem(
    product_id=ID,
    price=FixedRecurringPrice(amount=TEN, interval_months=12),
    quantity=ONE,
    revenue_pattern=RevenuePattern.EVEN_PERIOD,
    tax_rate=TAX,
    start_date=TODAY,
    effective_from=AmendmentEffectiveFrom.END_OF_CURRENT_BILLING_CYCLE,
    amending=OTHER_ID,
)
AMENDED_BODY = {
    "product_id": ID,
    "price": RECURRING,
    "quantity": 1,
    "revenue_pattern": "EVEN_PERIOD",
    "tax_rate": TAX_BODY,
    "start_date": DAY,
    "effective_from": "END_OF_CURRENT_BILLING_CYCLE",
    "amending": OTHER_ID,
}
MONTHLY = MonthlyInvoicing(payment_terms=30, day=1)
MONTHLY_BODY = {"payment_terms": 30, "day": 1, "interval": "MONTHLY"}
SCHEDULE = InvoiceSchedule(
    invoices=[
        ScheduledInvoice(
            invoice_date=TODAY,
            invoice_number="INV-1",
            items=[
                ScheduledInvoiceItem(description="Seat", contract_item_reference="42", quantity=ONE, total_amount=TEN)
            ],
            external_references=[CRM],
        )
    ]
)
SCHEDULE_BODY: dict[str, object] = {
    "invoices": [
        {
            "invoice_date": DAY,
            "invoice_number": "INV-1",
            "items": [
                {
                    "description": "Seat",
                    "contract_item_reference": "42",
                    "quantity": 1,
                    "total_amount": USD,
                    "external_references": [],
                }
            ],
            "external_references": [REFERENCE],
        }
    ]
}
ITEM = NewInvoiceItem(
    description="Seat",
    price=InvoiceItemPrice(
        product_id=ID,
        quantity=Decimal("1.5"),
        discount=PercentageDiscount(percentage_off=Decimal(10)),
        amount_per_unit=Money(Decimal("0.0005"), "USD"),
    ),
    revenue=ItemRevenue(period=Period(start=TODAY, end=TODAY), account_code="40000"),
    fields=[FieldAssignment(field_id=ID, field_value_id=OTHER_ID)],
)
ITEM_BODY = {
    "description": "Seat",
    "price": {
        "product_id": ID,
        "quantity": Decimal("1.5"),
        "discount": {"percentage_off": 10, "type": "PERCENTAGE"},
        "amount_per_unit": {"amount": "0.0005", "currency": "USD"},
    },
    "revenue": {"period": {"start": DAY, "end": DAY}, "account_code": "40000"},
    "fields": [{"field_id": ID, "field_value_id": OTHER_ID}],
}
EXTERNAL_ITEM = NewExternalInvoiceItem(product_id=ID, description="Seat", quantity=ONE, total_amount=TEN)
EXTERNAL_BODY: dict[str, object] = {
    "customer_id": ID,
    "invoice_date": DAY,
    "invoice_number": "INV-1",
    "items": [{"product_id": ID, "description": "Seat", "quantity": 1, "total_amount": USD, "external_references": []}],
    "external_references": [REFERENCE],
}
TAXES = TaxesUpdate(taxes_calculated_at=NOW, items=[ItemTaxesUpdate(id=ID, tax_rates=[TAX])])
TAXES_BODY = {
    "taxes_calculated_at": "2026-03-14T15:09:26.535897Z",
    "items": [{"id": ID, "tax_rates": [TAX_BODY]}],
}
PAYMENT = NewInvoicePayment(amount=TEN, date=TODAY, account_code="11000")
PAYMENT_BODY = {"amount": USD, "date": DAY, "account_code": "11000"}
CREDIT = NewCreditMemoItem(
    description="Seat",
    price=CreditMemoItemPrice(product_id=ID, quantity=ONE, amount_per_unit=TEN),
    tax_rate=TAX,
)
CREDIT_BODY = {
    "description": "Seat",
    "price": {"product_id": ID, "quantity": 1, "amount_per_unit": USD},
    "tax_rate": TAX_BODY,
}

BODIES: list[tuple[Request[Any], str, str, object]] = [
    (ProductOperations.create.build(PRODUCT), "POST", "/products", PRODUCT_BODY),
    (ProductOperations.update.build(ID, PRODUCT), "PUT", f"/products/{ID}", PRODUCT_BODY),
    (
        CustomerOperations.create.build(
            NewCustomer(
                name="Acme",
                emails=[CustomerEmail(email="a@example.com", type=CustomerEmailType.CC)],
                payment_terms=0,
                send_payment_reminders=True,
            )
        ),
        "POST",
        "/customers",
        {
            "name": "Acme",
            "emails": [{"email": "a@example.com", "type": "CC"}],
            "payment_terms": 0,
            "send_payment_reminders": True,
        },
    ),
    (CustomerOperations.update.build(ID, NewCustomer(name="Acme")), "PUT", f"/customers/{ID}", {"name": "Acme"}),
    (
        CustomerOperations.set_up_auto_payment.build(ID, subsidiary_id="s"),
        "POST",
        f"/customers/{ID}/settings/payment",
        {"subsidiary_id": "s"},
    ),
    (
        ContractOperations.create.build(
            NewFullContract(
                name="Acme 2026",
                close_date=TODAY,
                start_date=TODAY,
                items=[
                    NewContractItem(
                        product_id=ID,
                        price=UsagePrice(interval_months=1, billing_scheme=PerUnitBilling(amount=TEN, units=1000)),
                        quantity=ONE,
                        revenue_pattern=RevenuePattern.DAILY,
                        usage_minimum_commitment=UsageCommitment(amount=TEN, revenue_account="40000"),
                    )
                ],
                invoicing=MONTHLY,
                customer_id=OTHER_ID,
            )
        ),
        "POST",
        "/contracts",
        {
            "name": "Acme 2026",
            "close_date": DAY,
            "start_date": DAY,
            "items": [
                {
                    "product_id": ID,
                    "price": {
                        "interval_months": 1,
                        "billing_scheme": {"amount": USD, "units": 1000, "type": "PER_UNIT"},
                        "type": "USAGE",
                    },
                    "quantity": 1,
                    "revenue_pattern": "DAILY",
                    "usage_minimum_commitment": {"amount": USD, "revenue_account": "40000"},
                }
            ],
            "invoicing": MONTHLY_BODY,
            "customer_id": OTHER_ID,
            "scope": "FULL",
        },
    ),
    (
        ContractOperations.create.build(
            NewRevenueRecognitionOnlyContract(
                name="Acme 2026",
                start_date=TODAY,
                items=[
                    NewExternalContractItem(
                        product_id=ID, price=TEN, revenue_pattern=RevenuePattern.DAILY, external_reference=CRM
                    )
                ],
                invoice_schedule=SCHEDULE,
                external_references=[CRM],
                customer_id=OTHER_ID,
            )
        ),
        "POST",
        "/contracts",
        {
            "name": "Acme 2026",
            "start_date": DAY,
            "items": [{"product_id": ID, "price": USD, "revenue_pattern": "DAILY", "external_reference": REFERENCE}],
            "invoice_schedule": SCHEDULE_BODY,
            "external_references": [REFERENCE],
            "customer_id": OTHER_ID,
            "scope": "REVENUE_RECOGNITION_ONLY",
        },
    ),
    (
        ContractOperations.amend.build(
            ID,
            FullContractAmendment(amendment_date=TODAY, amendment_reason="Growth", items=[AMENDED], invoicing=MONTHLY),
        ),
        "POST",
        f"/contracts/{ID}/amendments",
        {
            "amendment_date": DAY,
            "amendment_reason": "Growth",
            "items": [AMENDED_BODY],
            "invoicing": MONTHLY_BODY,
            "scope": "FULL",
        },
    ),
    (
        ContractOperations.amend.build(
            ID,
            RevenueRecognitionOnlyContractAmendment(
                amendment_date=TODAY,
                amendment_reason="Growth",
                items=[
                    AddedItem(product_id=ID, price=TEN, revenue_pattern=RevenuePattern.DAILY, external_reference=CRM),
                    ChangedItem(price=TEN, discount=AmountDiscount(amount_off=TEN), amending_reference="42"),
                    TerminatedItem(external_reference="43", end_date=TODAY),
                ],
                invoice_schedule=InvoiceSchedule(),
            ),
        ),
        "POST",
        f"/contracts/{ID}/amendments",
        {
            "amendment_date": DAY,
            "amendment_reason": "Growth",
            "items": [
                {
                    "product_id": ID,
                    "price": USD,
                    "revenue_pattern": "DAILY",
                    "external_reference": REFERENCE,
                    "type": "NEW_ITEM",
                },
                {
                    "price": USD,
                    "discount": {"amount_off": USD, "type": "AMOUNT"},
                    "amending_reference": "42",
                    "type": "AMENDING_ITEM",
                },
                {"external_reference": "43", "end_date": DAY, "type": "TERMINATED_ITEM"},
            ],
            "invoice_schedule": {},
            "scope": "REVENUE_RECOGNITION_ONLY",
        },
    ),
    (
        ContractOperations.preview_amendment.build(
            ID, AmendmentPreview(amendment_date=TODAY, items=[], invoicing=MONTHLY)
        ),
        "POST",
        f"/contracts/{ID}/amendments/preview",
        {"amendment_date": DAY, "items": [], "invoicing": MONTHLY_BODY},
    ),
    (ContractOperations.end.build(ID, TODAY), "PUT", f"/contracts/{ID}/end", {"end_date": DAY}),
    (DraftContractOperations.create.build(DRAFT), "POST", "/draft-contracts", DRAFT_BODY),
    (DraftContractOperations.update.build(ID, DRAFT), "PUT", f"/draft-contracts/{ID}", DRAFT_BODY),
    (
        ContractItemOperations.record_usage.build(ID, [NewUsage(date=TODAY, quantity=Decimal("0.50"))]),
        "PATCH",
        f"/contract-items/{ID}/usage",
        {"usage": [{"date": DAY, "quantity": Decimal("0.50")}]},
    ),
    (
        InvoiceOperations.create.build(NewFullInvoice(customer_id=ID, items=[ITEM], invoice_date=TODAY, memo="Thanks")),
        "POST",
        "/invoices",
        {"customer_id": ID, "items": [ITEM_BODY], "invoice_date": DAY, "memo": "Thanks", "scope": "FULL"},
    ),
    (
        InvoiceOperations.create.build(
            NewRevenueRecognitionOnlyInvoice(
                customer_id=ID,
                invoice_date=TODAY,
                invoice_number="INV-1",
                items=[EXTERNAL_ITEM],
                external_references=[CRM],
            )
        ),
        "POST",
        "/invoices",
        {**EXTERNAL_BODY, "scope": "REVENUE_RECOGNITION_ONLY"},
    ),
    (
        InvoiceOperations.create.build(
            NewArOnlyInvoice(
                customer_id=ID,
                invoice_date=TODAY,
                invoice_number="INV-1",
                items=[EXTERNAL_ITEM],
                external_references=[CRM],
            )
        ),
        "POST",
        "/invoices",
        {**EXTERNAL_BODY, "scope": "AR_ONLY"},
    ),
    (
        InvoiceOperations.update.build(
            ID, FullInvoiceUpdate(items=[ITEM], invoice_date=TODAY, bank_account_id=OTHER_ID)
        ),
        "PUT",
        f"/invoices/{ID}",
        {"items": [ITEM_BODY], "invoice_date": DAY, "bank_account_id": OTHER_ID, "scope": "FULL"},
    ),
    (
        InvoiceOperations.update.build(
            ID, RevenueRecognitionOnlyInvoiceUpdate(invoice_date=TODAY, items=[InvoiceItemUpdate(id=ID)])
        ),
        "PUT",
        f"/invoices/{ID}",
        {"invoice_date": DAY, "items": [{"id": ID}], "scope": "REVENUE_RECOGNITION_ONLY"},
    ),
    (InvoiceOperations.update_taxes.build(ID, TAXES), "POST", f"/invoices/{ID}/taxes", TAXES_BODY),
    (InvoiceOperations.mark_sent.build(ID), "PUT", f"/invoices/{ID}/sent-status", {"sent": True}),
    (InvoiceOperations.mark_sent.build(ID, sent=False), "PUT", f"/invoices/{ID}/sent-status", {"sent": False}),
    (InvoicePaymentOperations.create.build(ID, PAYMENT), "POST", f"/invoices/{ID}/payments", PAYMENT_BODY),
    (
        InvoicePaymentOperations.update.build(ID, OTHER_ID, PAYMENT),
        "PUT",
        f"/invoices/{ID}/payments/{OTHER_ID}",
        PAYMENT_BODY,
    ),
    (
        CreditMemoOperations.create.build(NewCreditMemo(customer_id=ID, credit_memo_date=TODAY, items=[CREDIT])),
        "POST",
        "/credit-memos",
        {"customer_id": ID, "credit_memo_date": DAY, "items": [CREDIT_BODY]},
    ),
    (
        CreditMemoOperations.update.build(
            ID, CreditMemoUpdate(items=[CREDIT], credit_memo_date=TODAY, external_references=[CRM])
        ),
        "PUT",
        f"/credit-memos/{ID}",
        {"items": [CREDIT_BODY], "credit_memo_date": DAY, "external_references": [REFERENCE]},
    ),
    (
        CreditMemoOperations.update_taxes.build(
            ID, TaxesUpdate(taxes_calculated_at=NOW, items=[ItemTaxesUpdate(id=ID, tax_rates=[], tax_rate=TAX)])
        ),
        "POST",
        f"/credit-memos/{ID}/taxes",
        {
            "taxes_calculated_at": "2026-03-14T15:09:26.535897Z",
            "items": [{"id": ID, "tax_rates": [], "tax_rate": TAX_BODY}],
        },
    ),
    (
        CreditMemoOperations.apply.build(
            ID, [NewCreditMemoApplication(invoice_id=OTHER_ID, amount=TEN, application_date=TODAY)]
        ),
        "POST",
        f"/credit-memos/{ID}/applications",
        {"applications": [{"invoice_id": OTHER_ID, "amount": USD, "application_date": DAY}]},
    ),
]


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
