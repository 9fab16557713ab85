"""How an accrual's journal entry tells what it is, and how that is read again."""

from __future__ import annotations

import re

import attrs

from bridge.closing.period import Period

_NAME = re.compile(r"Brex accrual (\d{4}-\d{2}) ([^\s:]+):")


@attrs.frozen(kw_only=True)
class AccrualMark:
    """The month that an entry accrues for, as ``2026-10``, and the id of its subsidiary: there is one entry for each."""

    month: str
    subsidiary_id: str


def accrual_name(period: Period, subsidiary_id: str, count: int) -> str:
    """The name of the journal entry."""
    records = "1 record" if count == 1 else f"{count} records"
    return f"Brex accrual {period} {subsidiary_id}: {records}"


def accrual_mark(name: str) -> AccrualMark | None:
    """What an entry's name tells, None for an entry that is no accrual. People may write something before or behind it."""
    found = _NAME.search(name)
    return None if found is None else AccrualMark(month=found[1], subsidiary_id=found[2])
