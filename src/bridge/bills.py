"""What vendors are owed as Rillet bills."""

from __future__ import annotations

import attrs

from brex_accounting import Side
from bridge import documents, vendors
from bridge.coding import CodedRecord
from bridge.documents import Context
from bridge.results import BillPayload, Findings, Post
from bridge.settings import Role
from rillet import NewBill


def bill(coded: CodedRecord, context: Context, findings: Findings) -> Post | None:
    """A bill; the credit line that nobody codes is the payable account that Rillet itself posts to.

    Brex tells no date of a bill, so it is the day on which the record settled. Besides the record's id the bill carries
    that of the bill in Brex, by which its payment finds it.
    """
    record, settings = coded.record, context.settings
    payable = documents.role_account(coded.entity, Role.ACCOUNTS_PAYABLE, context, findings)
    vendor = vendors.supplier(record, settings, context.books, findings)
    impact = documents.impact_date(record, context, findings)
    rate = documents.exchange_rate(coded, impact, context, findings)
    if payable is None:
        return None
    items = documents.items(coded, offsetting=payable, side=Side.CREDIT, context=context, findings=findings)
    if vendor is None:
        return None
    billed = documents.day_of(record.posted_at, context.zone)
    references = documents.references(record, settings)
    if record.source_id is not None and record.source_id != record.id:
        references += tuple(attrs.evolve(each, id=record.source_id, url=None) for each in references)
    payload = NewBill(
        vendor_id=documents.vendor_id(vendor),
        expense_number=(record.invoice_number or "").strip() or record.id,
        items=items,
        bill_date=billed,
        due_date=billed if record.due_at is None else documents.day_of(record.due_at, context.zone),
        impact_date=impact,
        subsidiary_id=coded.subsidiary.id,
        external_references=references,
        exchange_rate=rate,
    )
    return Post(record=record, payload=BillPayload(bill=payload, payable_account_code=payable.code), vendor=vendor)
