"""Invoices and credit notes as Stripe documents them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

CREATED = int(datetime(2026, 3, 1, 23, 30, tzinfo=UTC).timestamp())
HOUR = 3600


def stripe_line(**more: Any) -> dict[str, Any]:
    """A line as Stripe documents it (https://docs.stripe.com/api/invoice-line-item/object)."""
    return {
        "id": "il_1",
        "object": "line_item",
        "amount": 10_000,
        "currency": "usd",
        "description": "4 x Seats",
        "discount_amounts": [],
        "period": {"start": CREATED, "end": CREATED + 24 * 31 * HOUR},
        "pricing": {
            "price_details": {"price": "price_1", "product": "prod_1"},
            "type": "price_details",
            "unit_amount_decimal": "2500",
        },
        "quantity": 4,
        "taxes": [{"amount": 1_900, "tax_behavior": "exclusive"}],
        **more,
    }


def stripe_invoice(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "in_1",
        "object": "invoice",
        "created": CREATED,
        "currency": "usd",
        "customer": "cus_1",
        "customer_name": "Acme",
        "customer_email": "ap@acme.example",
        "customer_tax_exempt": "none",
        "customer_address": {"line1": "1 Main St", "line2": None, "city": "Memphis", "state": "TN",
                             "postal_code": "38103", "country": "US"},
        "due_date": CREATED + 30 * 24 * HOUR,
        "effective_at": None,
        "hosted_invoice_url": "https://invoice.stripe.example/in_1",
        "lines": {"data": [*lines] or [stripe_line()], "has_more": False},
        "number": "A-001",
        "status": "open",
        "status_transitions": {"finalized_at": CREATED + HOUR, "paid_at": None, "voided_at": None},
        "total": 11_900,
        **more,
    }  # fmt: skip


CREDIT_NOTE: dict[str, Any] = {
        "id": "cn_1", "object": "credit_note", "created": CREATED, "currency": "usd", "invoice": "in_1",
        "lines": {"data": [stripe_line(amount=1_000, taxes=[{"amount": 190, "tax_behavior": "exclusive"}])]},
        "number": "C-001", "status": "issued", "total": 1_190, "pre_payment_amount": 500, "voided_at": None,
    }  # fmt: skip
