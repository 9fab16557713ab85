"""The entries of accruals that Rillet has."""

from __future__ import annotations

from bridge.closing.accrual_marks import accrual_mark
from bridge.closing.period import Period
from bridge.documents.protocol import Found
from bridge.documents.rillet_forms import JOURNAL_ENTRIES, found
from bridge.export.ledgers.rillet import RilletLedger


def accruals_of(ledger: RilletLedger, period: Period) -> dict[str, tuple[Found, ...]]:
    """The accruals of a month by their subsidiaries' ids, wherever a person has moved them in it. Raises `ApiError`."""
    entries = dict[str, tuple[Found, ...]]()
    listing = ledger.client.journal_entries.list(from_date=period.first, to_date=period.next_day, limit=100)
    for each in listing:
        mark = accrual_mark(each.name)
        if mark is not None and mark.month == str(period):
            one = found(JOURNAL_ENTRIES, each, reference_type=ledger.reference_type)
            entries[mark.subsidiary_id] = (*entries.get(mark.subsidiary_id, ()), one)
    return entries
