"""Amounts of money: exact decimals in major units, and how many places a currency has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, Inexact
from types import MappingProxyType

#: Currencies whose minor unit is not a hundredth, from ISO 4217 list one (https://www.iso.org/iso-4217-currency-codes.html)
#: as published on 2026-01-01.
#: Funds and metals without a minor unit are left out: nobody is charged in them.
MINOR_UNITS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(
            ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
             "XOF", "XPF"),
            0,
        ),
        **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
        **dict.fromkeys(("CLF", "UYW"), 4),
    }
)  # fmt: skip

_INTEGER_DIGITS = 18
_FRACTION_DIGITS = 28
# Wide enough for sums of everything that `checked` lets through; a rounded sum would be a wrong sum.
_EXACT = Context(prec=80, traps=[Inexact])
# The same for what is rounded on purpose.
_WIDE = Context(prec=80)


def places(currency: str) -> int:
    """How many decimal places amounts of an ISO 4217 `currency` have: 0 for JPY, 2 for USD, 3 for BHD."""
    return MINOR_UNITS.get(currency, 2)


def is_rounded(amount: Decimal, currency: str) -> bool:
    """Whether `amount`, in major units, has no more places than its currency: true of 1.10 USD, false of 1.105 USD."""
    return _EXACT.remainder(amount, _unit(currency)) == 0


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum, whatever precision the caller's decimal context has."""
    result = Decimal(0)
    for amount in amounts:
        result = _EXACT.add(result, amount)
    return result


def product(amount: Decimal, factor: Decimal) -> Decimal:
    """The exact product, whatever precision the caller's decimal context has."""
    return _EXACT.multiply(amount, factor)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """`amount` in whole minor units of its currency, halves away from zero: 1.105 USD becomes 1.11."""
    return amount.quantize(_unit(currency), rounding=ROUND_HALF_UP, context=_WIDE)


def allot(amounts: Iterable[Decimal], currency: str) -> tuple[Decimal, ...]:
    """Each amount in whole minor units of `currency`, so that they sum to their rounded total, in the same order.

    Each is rounded up or down, so it is less than one minor unit off. Those with the largest remainders are rounded up,
    the first of equals first; what is rounded already, zero too, stays as it is.
    """
    exact = tuple(amounts)
    down = [amount.quantize(_unit(currency), rounding=ROUND_FLOOR, context=_WIDE) for amount in exact]
    remainders = [_EXACT.subtract(amount, floor) for amount, floor in zip(exact, down, strict=True)]
    left = _EXACT.subtract(rounded(total(exact), currency), total(down))
    count = int(_EXACT.scaleb(left, places(currency)))
    raised = set(sorted(range(len(exact)), key=lambda index: remainders[index], reverse=True)[:count])
    return tuple(_EXACT.add(floor, _unit(currency)) if index in raised else floor for index, floor in enumerate(down))


def decimal_text(amount: Decimal) -> str:
    """An amount as JSON carries it: digits and a point, never an exponent (``1E+2`` leaves as ``100``).

    Raises `ValueError` for what is not a number, or too large or too small to be money.
    """
    return format(checked(amount), "f")


def checked(amount: Decimal) -> Decimal:
    """`amount` itself, if it is finite and of a size that can be written out; else `ValueError`, `TypeError` for a float.

    The bound keeps ``1e999999999``, eleven characters in a body, from becoming a gigabyte of digits.
    """
    if not isinstance(amount, Decimal):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without type checks
        raise TypeError(f'an amount is a Decimal, not {type(amount).__name__} ({amount!r}): write Decimal("…")')
    if not amount.is_finite():
        raise ValueError(f"{amount} is not an amount")
    exponent = amount.as_tuple().exponent
    if amount.adjusted() >= _INTEGER_DIGITS or (
        isinstance(exponent, int) and not -_FRACTION_DIGITS <= exponent < _INTEGER_DIGITS
    ):
        shown = str(amount)
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        raise ValueError(f"{shown} is too large or too finely divided to be an amount")
    return amount


def _unit(currency: str) -> Decimal:
    return Decimal((0, (1,), -places(currency)))
