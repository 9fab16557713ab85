"""The days on which things were bought, which Brex's records do not tell and its expenses do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias

import brex_accounting
from brex_accounting import Record
from bridge.closing.period import Period
from bridge.export.engine.parts import check_is
from bridge.mappers.draft import day_of
from clientkit.errors import ForbiddenError, UnauthorizedError

#: The day on which a record's purchase was made, None where nobody knows.
Bought: TypeAlias = Callable[[Record], date | None]

# How long a purchase may take to settle.
_SETTLING = timedelta(days=62)


def nobody_knows(record: Record) -> date | None:
    """Knows no day."""
    del record
    return None


def guarded(bought: Bought) -> Bought:
    """The same; one that raises does not know."""

    def known(record: Record) -> date | None:
        try:
            return bought(record)
        except Exception:  # noqa: BLE001 - it is the caller's
            return None

    return known


def read_purchases(client: brex_accounting.Client, period: Period) -> Bought | None:
    """Days of purchase from Brex's expenses, for what was bought in the period or up to two months before.

    None where the token may not read expenses: it takes the scope ``expenses.card.readonly``. Raises `ApiError`.
    """
    check_is(period, Period, "period", 'a bridge.closing.Period, such as month("2026-10"),')
    first = datetime.combine(period.first, time(), UTC) - _SETTLING
    last = datetime.combine(period.next_day, time(), UTC) + timedelta(days=1)
    try:
        read = list(client.expenses.list(purchased_from=first, purchased_until=last, expand=(), limit=100))
    except (ForbiddenError, UnauthorizedError):
        return None
    days = {each.id: day_of(each.purchased_at) for each in read if each.purchased_at is not None}
    return lambda record: days.get(record.source_id or "")
