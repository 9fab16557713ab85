"""Readers of what has no parts: texts, numbers, times and members of enums. They are strict, and say what they want."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from clientkit.codec.fields import Extra
from clientkit.codec.rules import Hook
from clientkit.field_problems import wrong
from clientkit.money import checked, readable

_SMALL = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
_CENT, _MUCH = Decimal("0.01"), Decimal(10) ** 15
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def _to_str(value: object, _: object) -> str:
    if isinstance(value, str):
        return value
    raise wrong(value, "text")


def _to_int(value: object, _: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Decimal) and value.is_finite() and checked(value) == int(value):
        return int(value)
    raise wrong(value, "a whole number")


def _to_bool(value: object, _: object) -> bool:
    if isinstance(value, bool):
        return value
    raise wrong(value, "true or false")


def _to_decimal(value: object, _: object) -> Decimal:
    if isinstance(value, str) and _SMALL.fullmatch(value):
        # Too short to be of a size that `checked` refuses.
        return Decimal(value)
    if isinstance(value, Decimal):
        return value if value.same_quantum(_CENT) and -_MUCH < value < _MUCH else readable(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return readable(Decimal(value))
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return readable(Decimal(value))
    raise wrong(value, "a decimal number")


def _to_datetime(value: object, _: object) -> datetime:
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.utcoffset() is not None:
            return moment
    raise wrong(value, "a date-time with a zone")


def _to_date(value: object, _: object) -> date:
    if isinstance(value, str) and len(value) == 10:
        return date.fromisoformat(value)
    raise wrong(value, "a date such as 2026-01-31")


def is_enum(kind: object) -> bool:
    """Whether a type is an enum."""
    return isinstance(kind, type) and issubclass(kind, Enum)


def to_enum(value: object, kind: type[Enum]) -> Enum:
    """The member of an enum that a text names."""
    if isinstance(value, str):
        return kind(value)
    raise wrong(value, "text")


def _anything(value: object, _: object) -> object:
    return value


#: The reader of each type, enums aside.
SCALARS: Mapping[Any, Hook] = {
    str: _to_str,
    int: _to_int,
    bool: _to_bool,
    Decimal: _to_decimal,
    datetime: _to_datetime,
    date: _to_date,
    object: _anything,
    Extra: _anything,
}
