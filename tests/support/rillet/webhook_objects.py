"""Objects of Rillet as webhooks carry them, each as JSON."""

from __future__ import annotations

ID = "0198c2b6-7a3e-7e11-9a5e-3d7f3c1f0a01"
TIME = "2026-03-01T12:00:00.123456Z"

ITEM: dict[str, object] = {
    "id": "i-1",
    "account_code": "6000",
    "amount": {"amount": "10", "currency": "USD"},
    "description": "Paper",
}
USD: dict[str, object] = {"amount": "10", "currency": "USD"}
DOCUMENT: dict[str, object] = {
    "id": ID,
    "subsidiary_id": "s-1",
    "customer_id": "c-1",
    "items": [],
    "net_amount": USD,
    "total": USD,
}
INVOICE: dict[str, object] = {
    **DOCUMENT, "invoice_number": "INV-1", "due_date": "2026-03-31", "invoice_date": "2026-03-01", "status": "UNPAID",
    "amount_due": USD, "subtotal": USD, "total_discount": USD, "taxed_amount": USD,
}  # fmt: skip
CREDIT_MEMO: dict[str, object] = {
    **DOCUMENT, "credit_memo_number": "CM-1", "credit_memo_date": "2026-03-01", "status": "OPEN",
    "applied_amount": USD, "remaining_amount": USD, "taxed_amount": USD,
}  # fmt: skip
CONTRACT: dict[str, object] = {
    "id": ID, "customer_id": "c-1", "subsidiary_id": "s-1", "name": "Support", "items": [], "status": "ACTIVE",
    "start_date": "2026-01-01", "close_date": "2025-12-20", "total_value": USD,
    "usage_commitment": {"amount": USD, "revenue_account": "4000"},
    "usage_overage_invoicing": {"interval": "MONTHLY", "day": 1},
}  # fmt: skip
CUSTOMER: dict[str, object] = {"id": ID, "name": "Acme"}
BILL: dict[str, object] = {
    "id": ID, "vendor_id": "v-1", "expense_number": "B-1", "items": [ITEM], "bill_date": "2026-03-01",
    "due_date": "2026-03-31", "status": "UNPAID", "updated_at": TIME, "new_one": 1,
}  # fmt: skip
VENDOR: dict[str, object] = {"id": ID, "name": "Paper Ltd"}
JOURNAL_ENTRY: dict[str, object] = {"id": ID, "name": "Accrual", "currency": "USD", "items": [], "date": "2026-03-01"}
