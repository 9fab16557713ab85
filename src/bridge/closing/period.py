"""The month that is closed."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta

import attrs
from dateutil.relativedelta import relativedelta

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@attrs.frozen(kw_only=True)
class Period:
    """The days from `first` to `last`, both included."""

    first: date = attrs.field(validator=attrs.validators.instance_of(date))
    last: date = attrs.field(validator=attrs.validators.instance_of(date))

    def __str__(self) -> str:
        """``2026-10`` for a whole month, else both days."""
        is_month = self == month_of(self.first)
        return f"{self.first:%Y-%m}" if is_month else f"{self.first} to {self.last}"

    def holds(self, day: date) -> bool:
        """Whether a day lies in the period."""
        return self.first <= day <= self.last

    @property
    def next_day(self) -> date:
        """The first day after the period."""
        return self.last + timedelta(days=1)


def month_of(day: date) -> Period:
    """The month that a day lies in. Raises `TypeError` for what is no date."""
    _check_day(day)
    first = date(day.year, day.month, 1)
    return Period(first=first, last=first + relativedelta(months=1, days=-1))


def month(text: str) -> Period:
    """The month that is written as ``2026-10``. Raises `ValueError` for anything else."""
    # What is no text, such as a date, is told as what it is not.
    found = _MONTH.fullmatch(str(text))
    if found is not None:
        # The calendar has no year 0, and ends with 9999.
        with suppress(ValueError):
            return month_of(date(int(found[1]), int(found[2]), 1))
    raise ValueError(f"a period is a month such as 2026-10, not {text!r}")


def _check_day(given: object) -> None:
    if not isinstance(given, date):
        raise TypeError(f"day: a datetime.date is wanted, not {type(given).__name__}")
