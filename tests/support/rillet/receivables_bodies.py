"""Every request of receivables that has a body: its method, its path and its JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from clientkit.requests import Request
from rillet.receivables.amendments import (
    AddedItem,
    AmendmentPreview,
    ChangedItem,
    FullContractAmendment,
    RevenueRecognitionOnlyContractAmendment,
    TerminatedItem,
)
from rillet.receivables.contract_items import ContractItemOperations, NewUsage
from rillet.receivables.contracts import (
    ContractOperations,
    NewContractItem,
    NewExternalContractItem,
    NewFullContract,
    NewRevenueRecognitionOnlyContract,
)
from rillet.receivables.credit_memos import (
    CreditMemoOperations,
    CreditMemoUpdate,
    NewCreditMemo,
    NewCreditMemoApplication,
)
from rillet.receivables.customers import (
    CustomerEmail,
    CustomerEmailType,
    CustomerOperations,
    NewCustomer,
)
from rillet.receivables.draft_contracts import (
    DraftContractOperations,
)
from rillet.receivables.invoice_payments import InvoicePaymentOperations
from rillet.receivables.invoices import (
    FullInvoiceUpdate,
    InvoiceItemUpdate,
    InvoiceOperations,
    NewArOnlyInvoice,
    NewFullInvoice,
    NewRevenueRecognitionOnlyInvoice,
    RevenueRecognitionOnlyInvoiceUpdate,
)
from rillet.receivables.invoicing import (
    InvoiceSchedule,
    UsageCommitment,
)
from rillet.receivables.items import ItemTaxesUpdate, TaxesUpdate
from rillet.receivables.pricing import (
    AmountDiscount,
    PerUnitBilling,
    RevenuePattern,
    UsagePrice,
)
from rillet.receivables.products import ProductOperations
from support.rillet.receivables import ID, NOW, OTHER_ID, TODAY
from support.rillet.receivables_parts import (
    AMENDED,
    AMENDED_BODY,
    CREDIT,
    CREDIT_BODY,
    CRM,
    DAY,
    DRAFT,
    DRAFT_BODY,
    EXTERNAL_BODY,
    EXTERNAL_ITEM,
    ITEM,
    ITEM_BODY,
    MONTHLY,
    MONTHLY_BODY,
    ONE,
    PAYMENT,
    PAYMENT_BODY,
    PRODUCT,
    PRODUCT_BODY,
    REFERENCE,
    SCHEDULE,
    SCHEDULE_BODY,
    TAX,
    TAX_BODY,
    TAXES,
    TAXES_BODY,
    TEN,
    USD,
)

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
