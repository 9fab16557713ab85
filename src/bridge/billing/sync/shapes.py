"""Whether an invoice of a billing system is of the shape that is documented: whoever makes it in code may slip."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import chain

from bridge.billing.sync.records import subject_of_value
from bridge.billing.sync.voids import voided_by
from bridge.billing.values import CreditNote, Invoice, Line
from bridge.values import ExchangeRate
from clientkit.currencies import is_currency


def wrong_shape(value: Invoice | CreditNote) -> str | None:
    """What is wrong with the shape of an invoice or a credit note, so that nothing can be worked out; None where nothing is."""
    return next(chain(_wrong(value), _taken_id(value), *map(_wrong_line, value.lines)), None)


def _taken_id(value: Invoice | CreditNote) -> Iterator[str]:
    if voided_by(subject_of_value(value)) is not None:
        yield f"its id {value.id!r} is that of the credit note which the sync makes for a voided invoice; give it another one"


def _wrong(value: Invoice | CreditNote) -> Iterator[str]:
    if not value.id:
        yield "it has no id"
    if not value.customer.id:
        yield "its customer has no id"
    if not is_currency(value.currency):
        yield f"its currency is {value.currency!r}, not a code of ISO 4217 such as USD"
    for name, day in (("issued", value.issued), ("due", value.due if isinstance(value, Invoice) else None)):
        yield from _wrong_day(name, day)
    for name, moment in (("updated_at", value.updated_at), ("created_at", value.created_at)):
        if moment is not None and moment.tzinfo is None:
            yield f"its {name} is {moment}, without a time zone"
    applied = value.applied if isinstance(value, CreditNote) else None
    for name, amount in (("total", value.total), ("applied", applied)):
        if not _is(amount, Decimal):
            yield f"its {name} is {amount!r}, not a Decimal"
    if not _is(value.exchange_rate, ExchangeRate):
        yield f"its exchange_rate is {value.exchange_rate!r}, not an ExchangeRate"


def _wrong_line(line: Line) -> Iterator[str]:
    if line.product is not None and not line.product.id:
        yield f"the product {line.product.name!r} of a line has no id"
    yield from _wrong_day("start", line.start)
    yield from _wrong_day("end", line.end)


def _wrong_day(name: str, day: object) -> Iterator[str]:
    # A moment is a day in Python.
    if not _is(day, date) or isinstance(day, datetime):
        yield f"its {name} is {day!r}, not a date"


def _is(value: object, kind: type) -> bool:
    return value is None or isinstance(value, kind)
