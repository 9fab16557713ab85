"""What Rillet documents of receivables, as JSON with everything that it may say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rillet.receivables.contract_items import UsageRecords
from rillet.receivables.contracts import Contract
from rillet.receivables.credit_memos import (
    CreditMemo,
)
from rillet.receivables.customers import (
    Customer,
    PaymentMethod,
    PaymentSetup,
)
from rillet.receivables.draft_contracts import DraftContract
from rillet.receivables.invoice_payments import (
    InvoicePayment,
)
from rillet.receivables.invoices import Invoice
from rillet.receivables.products import Product
from support.rillet.receivables import ID, OTHER_ID

USD = {"amount": "10", "currency": "USD"}
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
