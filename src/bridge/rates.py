"""Exchange rates from a table: rows of rates, or the history file of the European Central Bank."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

import attrs

from bridge.master_data import Rate
from bridge.settings.values import SettingsError
from bridge.values import ExchangeRate
from clientkit.money import checked, is_currency_code

#: How many days old a rate of a table may be.
WINDOW = 7

_Quotes: TypeAlias = Mapping[tuple[str, str], Mapping[date, Decimal]]

_HEADING = ["base", "target", "date", "rate"]
_EURO = "EUR"
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_MOST_PROBLEMS = 10
# Nothing smaller than 28 places, the most that an amount is written with.
_CALCULATED = Context(prec=15, Emin=-14, Emax=17, traps=[])


class RatesError(SettingsError):
    """Rates that cannot be used; `problems` names the wrong ones with their lines, at most ten."""


def _partners(table: RateTable) -> Mapping[str, Sequence[str]]:
    found = dict[str, set[str]]()
    for base, target in table._quotes:
        found.setdefault(base, set()).add(target)
        found.setdefault(target, set()).add(base)
    return {currency: sorted(others) for currency, others in found.items()}


@attrs.frozen
class RateTable:
    """Exchange rates by day, for a `Bridge` as its `rates`; made with `RateTable.of` or `RateTable.read`.

    A rate says how many units of the target currency one unit of the base currency buys. For a day without rates, such as
    a Sunday, those of the last day with rates count, at most `window` days earlier. A pair that is quoted is answered as
    it is quoted. Otherwise the opposite pair is inverted, or two pairs of one day that share a currency are chained, as
    USD and GBP where both are quoted for EUR; of several such currencies the first by its code is taken. What is calculated
    is rounded once, to 15 significant digits and at most 28 places, halves to the even digit.
    """

    _quotes: _Quotes = attrs.field(repr=False)
    window: int = WINDOW
    _quoted_with: Mapping[str, Sequence[str]] = attrs.field(
        init=False, repr=False, eq=False, default=attrs.Factory(_partners, takes_self=True)
    )

    @classmethod
    def of(cls, rates: Iterable[Rate], *, window: int = WINDOW) -> RateTable:
        """The table of these rates. Raises `RatesError` for one that is not positive, and for two that differ."""
        return cls(_indexed((f"rates[{index}]", each) for index, each in enumerate(rates)), window)

    @classmethod
    def read(cls, text: str, *, source: str = "rates", window: int = WINDOW) -> RateTable:
        """The table in a CSV file, in one of two forms.

        Rows under the heading ``base,target,date,rate``, such as ``EUR,USD,2026-02-03,1.0856``. Or the European Central
        Bank's history, ``eurofxref-hist.csv``: under ``Date,USD,JPY,…`` a row for each day, with what one euro bought, and
        ``N/A`` where there was no rate.
        https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/

        Args:
            text: What is in the file.
            source: Its name, for messages.
            window: How many days old a rate may be.

        Raises:
            RatesError: Something in it cannot be used.
        """
        return cls(_indexed(_parsed(text, source)), window)

    def __call__(self, base: str, target: str, day: date) -> Decimal | None:
        """How many units of `target` one unit of `base` buys on a day; None where the table does not tell."""
        if base == target:
            return Decimal(1)
        for days in range(min(self.window, day.toordinal() - 1) + 1):
            rate = self._of_day(base, target, day - timedelta(days))
            if rate is not None:
                return rate
        return None

    def _of_day(self, base: str, target: str, day: date) -> Decimal | None:
        quoted = self._quotes.get((base, target), {}).get(day)
        if quoted is not None:
            return quoted
        chains = ((base, target), *((base, other, target) for other in self._quoted_with.get(base, ())))
        return next((rate for chain in chains if (rate := self._chained(chain, day)) is not None), None)

    def _chained(self, chain: Sequence[str], day: date) -> Decimal | None:
        exact = Fraction(1)
        for base, target in pairwise(chain):
            quoted, opposite = (self._quotes.get(pair, {}).get(day) for pair in ((base, target), (target, base)))
            if quoted is not None:
                exact *= Fraction(quoted)
            elif opposite is not None:
                exact /= Fraction(opposite)
            else:
                return None
        rate = _CALCULATED.divide(Decimal(exact.numerator), Decimal(exact.denominator))
        return rate if rate.is_finite() and rate else None


def _indexed(placed: Iterable[tuple[str, Rate | str]]) -> _Quotes:
    """The rates by pair and day; a text in place of a rate is what is wrong with it."""
    quotes = dict[tuple[str, str], dict[date, Decimal]]()
    problems = list[str]()
    for place, each in placed:
        problem = each if isinstance(each, str) else _problem(each)
        if problem is None and not isinstance(each, str):
            before = quotes.setdefault((each.base, each.target), {}).setdefault(each.date, each.rate)
            if before != each.rate:
                problem = (
                    f"{each.base} to {each.target} was {before:f} on {each.date} before, and is {each.rate:f} here"
                )
        if problem is not None:
            problems.append(f"{place}: {problem}")
        if len(problems) == _MOST_PROBLEMS:
            break
    if problems:
        raise RatesError(tuple(problems))
    return quotes


def _problem(rate: Rate) -> str | None:
    wrong = next((each for each in (rate.base, rate.target) if not is_currency_code(each)), None)
    if wrong is not None:
        return f"{wrong!r} is not a currency's code, three capital letters such as EUR"
    if rate.base == rate.target:
        return f"{rate.base} to itself needs no rate"
    try:
        return None if checked(rate.rate) > 0 else f"the rate {rate.rate:f} is not positive"
    except (TypeError, ValueError) as error:
        return str(error)


def _parsed(text: str, source: str) -> Iterator[tuple[str, ExchangeRate | str]]:
    reader = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    rows = ([cell.strip() for cell in row] for row in reader if any(cell.strip() for cell in row))
    try:
        heading = next(rows, list[str]())
        if [cell.lower() for cell in heading] != _HEADING and (len(heading) < 2 or heading[0].lower() != "date"):
            yield (
                f"{source} line 1",
                f"the heading has to be {','.join(_HEADING)} or, as the ECB has it, Date,USD,JPY,…",
            )
            return
        for cells in rows:
            place = f"{source} line {reader.line_num}"
            if len(cells) != len(heading):
                yield place, f"it has {len(cells)} columns, and the heading has {len(heading)}"
            else:
                yield from ((place, each) for each in _rates(heading, cells))
    except csv.Error as error:
        yield f"{source} line {reader.line_num}", f"it is no CSV: {error}"


def _rates(heading: Sequence[str], cells: Sequence[str]) -> Iterator[ExchangeRate | str]:
    if heading[0].lower() != "date":
        yield _rate(*cells)
        return
    for currency, cell in zip(heading[1:], cells[1:], strict=True):
        if currency and cell not in {"", "N/A"}:
            yield _rate(_EURO, currency, cells[0], cell)


def _rate(base: str, target: str, day: str, rate: str) -> ExchangeRate | str:
    if not _NUMBER.fullmatch(rate):
        return f"{rate!r} is not a rate, a positive number with a point such as 1.0856"
    try:
        return ExchangeRate(base=base, target=target, date=date.fromisoformat(day), rate=Decimal(rate))
    except ValueError:
        return f"{day!r} is not a date such as 2026-01-31"
