"""Accruals as Rillet's journal entries; its accrual register works from the date on which an entry is taken back."""

from __future__ import annotations

from typing import Any

from bridge.closing.accruals import Accrual
from bridge.documents.form import Form
from bridge.documents.protocol import Found
from bridge.documents.rillet_forms import form_of
from bridge.documents.rillet_items import field_assignments
from clientkit.requests import Request
from rillet import (
    JournalEntry,
    JournalEntryOperations,
    JournalEntryUpdate,
    Money,
    NewJournalEntry,
    NewJournalEntryItem,
    Side,
)


def new_entry(accrual: Accrual) -> NewJournalEntry:
    """The journal entry, with its reversal date."""
    items = tuple(
        NewJournalEntryItem(
            account_code=line.account,
            amount=Money(line.amount.copy_abs(), line.currency),
            side=Side.DEBIT if line.amount > 0 else Side.CREDIT,
            description=f"Accrued {accrual.period}",
            fields=field_assignments(sorted(line.fields, key=lambda each: (each.field_id, each.field_value_id))),
        )
        for line in accrual.lines
    )
    return NewJournalEntry(
        name=accrual.name,
        currency=accrual.currency,
        items=items,
        date=accrual.period.last,
        reversal_date=accrual.period.next_day,
        subsidiary_id=accrual.subsidiary_id,
    )


def form_of_accrual(accrual: Accrual) -> Form:
    """What the entry says about the books."""
    return form_of(new_entry(accrual))


def create(accrual: Accrual) -> Request[Any]:
    """The request that posts it."""
    return JournalEntryOperations.create.build(new_entry(accrual))


def is_as_wanted(present: Found, accrual: Accrual) -> bool:
    """Whether Rillet has the entry as it is wanted, the day on which it is taken back included."""
    entry = present.raw
    is_back = isinstance(entry, JournalEntry) and entry.reversal_date == accrual.period.next_day
    return is_back and present.form.equals(form_of_accrual(accrual))


def replace(present: Found, accrual: Accrual) -> Request[Any]:
    """The request that makes the entry that is there the accrual; its attachment and unknown fields stay."""
    entry = present.raw
    if not isinstance(entry, JournalEntry):
        raise TypeError(f"{present.ref} is not a journal entry")
    wanted = new_entry(accrual)
    update = JournalEntryUpdate(
        name=wanted.name,
        currency=wanted.currency,
        items=wanted.items,
        date=wanted.date,
        reversal_date=wanted.reversal_date,
        attachment_url=entry.attachment_url,
        extra=entry.extra,
    )
    return JournalEntryOperations.update.build(entry.id, update)
