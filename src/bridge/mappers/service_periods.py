"""When the service of a line is delivered: what Brex amortises, or what two fields of the settings say."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import cast

from bridge.coded_record import CodedLine
from bridge.decisions import ReasonCode
from bridge.entities import names_field
from bridge.mappers.draft import Draft
from rillet import Period

_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


def service_period(draft: Draft, each: CodedLine) -> Period | None:
    """The days of a line's service, None where nothing tells of any.

    The fields of the settings come first: their values are days such as ``2026-10-01``, or months such as ``2026-10``. How
    Brex writes its amortization is not documented; what has one day that starts it and one that ends it is read. A period
    that has no end, or ends before it starts, is noted as a reason.
    """
    fields = draft.settings.service_period_fields
    told = [_value(each, field) for field in fields] if fields else ()
    if any(told):
        start, end = (_day(value, is_last=index == 1) for index, value in enumerate(told))
        if start is not None and end is not None and start <= end:
            return Period(start=start, end=end)
        shown = " and ".join(f"{field} {value!r}" for field, value in zip(fields, told, strict=True))
        draft.refuse(ReasonCode.SERVICE_PERIOD, f"no service period can be read from {shown}", each.line.id)
        return None
    return _amortised(each.line.extra.get("amortization"))


def _amortised(told: object) -> Period | None:
    if told is None or not isinstance(told, Mapping):
        return None
    values = cast("Mapping[object, object]", told)
    start, end = (
        [value for key, value in values.items() if isinstance(key, str) and word in key.lower()]
        for word in ("start", "end")
    )
    if len(start) != 1 or len(end) != 1:
        return None
    first, last = _day(start[0], is_last=False), _day(end[0], is_last=True)
    return Period(start=first, end=last) if first is not None and last is not None and first <= last else None


def _value(each: CodedLine, field: str) -> str | None:
    refs = (ref for ref in each.line.accounting_field_values if names_field(ref, field))
    return next((found for ref in refs if (found := ref.field_value_name or ref.remote_field_value_id)), None)


def _day(value: object, *, is_last: bool) -> date | None:
    """A day, or the first or the last one of a month."""
    found = _DAY.match(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day = int(found[1]), int(found[2]), found[3]
    try:
        return date(year, month, int(day) if day else (monthrange(year, month)[1] if is_last else 1))
    except ValueError:
        return None
