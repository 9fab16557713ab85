"""A digest of what a record says, by which a record that only moved on in its life is told from one that was changed."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal

from brex_accounting import Amount, FieldValueRef, LineItem, Record
from bridge.datatable import trimmed

_DIGITS = 20


def record_digest(record: Record) -> str:
    """Twenty hexadecimal digits over everything of a record that its mapping may look at.

    Neither its id nor its version is in it, nor what only tracks its life: its review status, when it was updated, and
    its receipts. 100 and 100.00 are one amount.
    """
    vendor, user = record.vendor, record.user
    content = [
        record.type.value,
        _amount(record.amount),
        _amount(record.original_amount),
        record.source_type.value,
        record.source_id,
        _moment(record.erp_posting_date),
        _moment(record.posted_at),
        _moment(record.due_at),
        record.invoice_number,
        record.memo,
        None if vendor is None else [vendor.id, vendor.name, vendor.email],
        None
        if user is None
        else [
            *(user.id, user.first_name, user.last_name, user.email),
            *(user.department_id, user.department_name, user.location_id, user.location_name),
        ],
        # Their order counts: the first of two values does, and the first of equal lines is rounded up.
        [_line(each) for each in record.line_items],
    ]
    return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()[:_DIGITS]


def _line(line: LineItem) -> list[object]:
    refs = [_ref(each) for each in line.accounting_field_values]
    said: list[object] = [line.type.value, _amount(line.amount), _amount(line.original_amount), line.memo, refs]
    # Only where there is one: digests that are in journals stay what they are.
    return [*said, amortised] if (amortised := line.extra.get("amortization")) else said


def _ref(ref: FieldValueRef) -> list[str | None]:
    field = [ref.brex_field_id, ref.remote_field_id, ref.field_name]
    return [*field, ref.brex_field_value_id, ref.remote_field_value_id, ref.field_value_name]


def _amount(amount: Amount | None) -> list[str] | None:
    return None if amount is None else [_number(amount.amount), amount.currency]


def _number(amount: Decimal) -> str:
    # What is no amount is refused by the mapping, and has a digest all the same.
    try:
        return trimmed(amount) if amount else "0"
    except ValueError:
        return str(amount)


def _moment(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC).isoformat()
    except OverflowError:
        return moment.isoformat()
