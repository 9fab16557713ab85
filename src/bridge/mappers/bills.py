"""What vendors are owed as Rillet bills, and what they give back as vendor credits."""

from __future__ import annotations

from brex_accounting import Side
from bridge.decisions import Post
from bridge.documents.rillet import BillDocument
from bridge.documents.rillet_credits import VendorCreditDocument
from bridge.mappers.draft import Draft
from bridge.mappers.expense_lines import expense_lines
from bridge.mappers.journal_entries import journal_entry
from bridge.settings.choices import Role


def bill(draft: Draft) -> Post | None:
    """A bill, or turned round a vendor credit; the credit line that nobody codes is the payable account that Rillet itself posts to.

    Brex tells no date of a bill, so it is the day on which the record settled. Besides the record's id the bill carries
    that of the bill in Brex, by which its payment finds it.
    Rillet keeps no rate with a vendor credit, so one in another currency than its subsidiary's is a journal entry.
    """
    record = draft.record
    is_credit = draft.coded.side_of(Role.ACCOUNTS_PAYABLE) is Side.DEBIT
    if is_credit and draft.coded.currency != draft.coded.subsidiary.currency:
        return journal_entry(draft)
    payable = draft.account(Role.ACCOUNTS_PAYABLE)
    if is_credit:
        return draft.finish(
            VendorCreditDocument,
            party=draft.supplier(),
            credit_number=(record.invoice_number or "").strip() or record.id,
            items=expense_lines(draft, against=payable, role=Role.ACCOUNTS_PAYABLE),
            account=payable and payable.code,
            credit_date=draft.day_of(record.posted_at),
        )
    return draft.finish(
        BillDocument,
        party=draft.supplier(),
        expense_number=(record.invoice_number or "").strip() or record.id,
        items=expense_lines(draft, against=payable, role=Role.ACCOUNTS_PAYABLE),
        account=payable and payable.code,
        bill_date=draft.day_of(record.posted_at),
        due_date=record.due_at and draft.day_of(record.due_at),
    )
