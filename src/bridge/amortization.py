"""The days over which Brex amortises a line. How Brex writes them is not documented."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import cast

from brex_accounting import LineItem

_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


def is_amortised(line: LineItem) -> bool:
    """Whether Brex says anything about amortising a line, readable or not."""
    return bool(line.extra.get("amortization"))


def amortised(line: LineItem) -> tuple[date, date] | None:
    """The first and the last day; None where nothing has one day that starts it and a later one that ends it."""
    told = line.extra.get("amortization")
    if told is None or not isinstance(told, Mapping):
        return None
    values = cast("Mapping[object, object]", told)
    start, end = (
        [value for key, value in values.items() if isinstance(key, str) and word in key.lower()]
        for word in ("start", "end")
    )
    if len(start) != 1 or len(end) != 1:
        return None
    first, last = day_in(start[0], is_last=False), day_in(end[0], is_last=True)
    return (first, last) if first is not None and last is not None and first <= last else None


def day_in(value: object, *, is_last: bool) -> date | None:
    """The day that a text starts with, or of a month the first or the last one."""
    found = _DAY.match(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2]), found[3]
    try:
        return date(year, month, int(day) if day else (monthrange(year, month)[1] if is_last else 1))
    except ValueError:
        return None
