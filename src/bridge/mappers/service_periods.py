"""When the service of a line is delivered: what Brex amortises, or what two fields of the settings say."""

from __future__ import annotations

from bridge.amortization import amortised, day_in
from bridge.coded_record import CodedLine
from bridge.decisions import ReasonCode
from bridge.entities import names_field
from bridge.mappers.draft import Draft
from rillet import Period


def service_period(draft: Draft, each: CodedLine) -> Period | None:
    """The days of a line's service, None where nothing tells of any.

    The fields of the settings come first: their values are days such as ``2026-10-01``, or months such as ``2026-10``. How
    Brex writes its amortization is not documented; what has one day that starts it and one that ends it is read. A period
    that has no end, or ends before it starts, is noted as a reason.
    """
    fields = draft.settings.service_period_fields
    if fields and any(told := [_value(each, field) for field in fields]):
        start, end = (day_in(value, is_last=index == 1) for index, value in enumerate(told))
        if start is not None and end is not None and start <= end:
            return Period(start=start, end=end)
        shown = " and ".join(f"{field} {value!r}" for field, value in zip(fields, told, strict=True))
        draft.refuse(ReasonCode.SERVICE_PERIOD, f"no service period can be read from {shown}", each.line.id)
        return None
    days = amortised(each.line)
    return None if days is None else Period(start=days[0], end=days[1])


def _value(each: CodedLine, field: str) -> str | None:
    refs = (ref for ref in each.line.accounting_field_values if names_field(ref, field))
    return next((found for ref in refs if (found := ref.field_value_name or ref.remote_field_value_id)), None)
