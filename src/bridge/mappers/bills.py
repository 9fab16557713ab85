"""What vendors are owed as Rillet bills."""

from __future__ import annotations

from bridge.decisions import Post
from bridge.documents.rillet import BillDocument
from bridge.mappers.draft import Draft
from bridge.mappers.expense_lines import expense_lines
from bridge.settings.values import Role


def bill(draft: Draft) -> Post | None:
    """A bill; the credit line that nobody codes is the payable account that Rillet itself posts to.

    Brex tells no date of a bill, so it is the day on which the record settled. Besides the record's id the bill carries
    that of the bill in Brex, by which its payment finds it.
    """
    record = draft.record
    payable = draft.account(Role.ACCOUNTS_PAYABLE)
    return draft.finish(
        BillDocument,
        party=draft.supplier(),
        expense_number=(record.invoice_number or "").strip() or record.id,
        items=expense_lines(draft, against=payable, role=Role.ACCOUNTS_PAYABLE),
        account=payable and payable.code,
        bill_date=draft.day_of(record.posted_at),
        due_date=record.due_at and draft.day_of(record.due_at),
    )
