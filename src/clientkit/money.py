"""Amounts of money: exact decimals in major units, and how many places a currency has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, Inexact
from types import MappingProxyType

from clientkit.field_problems import shortened

_CODE = re.compile(r"[A-Z]{3}")
# Characters of a number in a message.
_SHOWN = 60

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

_HUNDREDTH = Decimal("0.01")
_UNITS = {currency: Decimal((0, (1,), -digits)) for currency, digits in MINOR_UNITS.items()}
_INTEGER_DIGITS = 18
_FRACTION_DIGITS = 28
# What is read may be wider than what is sent: services calculate with more places, and in floating point.
_READ_EXPONENT, _READ_DIGITS = 400, 1_000
# Wide enough for sums and products of everything that `readable` lets through; a rounded sum would be a wrong sum.
_PRECISION = 2 * (2 * _READ_EXPONENT + _READ_DIGITS) + 20
_EXACT = Context(prec=_PRECISION, traps=[Inexact])
# The same for what is rounded on purpose.
_WIDE = Context(prec=_PRECISION)

NOTHING = Decimal(0)
#: The exact sum of two amounts, whatever precision the caller's decimal context has.
exact_sum = _EXACT.add


def is_currency_code(text: str) -> bool:
    """Whether a text has the form of a code of ISO 4217."""
    return _CODE.fullmatch(text) is not None


def places(currency: str) -> int:
    """How many decimal places amounts of an ISO 4217 `currency` have: 0 for JPY, 2 for USD, 3 for BHD."""
    return MINOR_UNITS.get(currency, 2)


def is_rounded(amount: Decimal, currency: str) -> bool:
    """Whether `amount`, in major units, has no more places than its currency: true of 1.10 USD, false of 1.105 USD."""
    return not _EXACT.remainder(amount, _UNITS.get(currency, _HUNDREDTH))


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum, whatever precision the caller's decimal context has."""
    result = NOTHING
    for amount in amounts:
        result = exact_sum(result, amount)
    return result


def product(amount: Decimal, factor: Decimal) -> Decimal:
    """The exact product, whatever precision the caller's decimal context has."""
    return _EXACT.multiply(amount, factor)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """`amount` in whole minor units of its currency, halves away from zero: 1.105 USD becomes 1.11."""
    return amount.quantize(_unit(currency), rounding=ROUND_HALF_UP, context=_WIDE)


def allot(amounts: Iterable[Decimal], currency: str, *, whole: Decimal | None = None) -> tuple[Decimal, ...]:
    """Each amount in whole minor units of `currency`, so that they sum to their rounded total, in the same order.

    Each is rounded up or down, so it is less than one minor unit off. Those with the largest remainders are rounded up,
    the first of equals first; what is rounded already, zero too, stays as it is. `whole` is the exact total of amounts
    that are not exact themselves, such as thirds: of three of them, half a cent can come to less.
    """
    exact = tuple(amounts)
    down = [amount.quantize(_unit(currency), rounding=ROUND_FLOOR, context=_WIDE) for amount in exact]
    remainders = [_EXACT.subtract(amount, floor) for amount, floor in zip(exact, down, strict=True)]
    left = _EXACT.subtract(rounded(total(exact) if whole is None else whole, currency), total(down))
    count = int(_EXACT.scaleb(left, places(currency)))
    raised = set(sorted(range(len(exact)), key=lambda index: remainders[index], reverse=True)[:count])
    return tuple(_EXACT.add(floor, _unit(currency)) if index in raised else floor for index, floor in enumerate(down))


def unsigned_zero(amount: Decimal) -> Decimal:
    """`amount`, and 0 with its places where it is -0, which a service may say and people do not."""
    return amount or amount.copy_abs()


def decimal_text(amount: Decimal) -> str:
    """An amount in digits and a point, never with an exponent (``1E+2`` is ``100``).

    Raises `ValueError` for what is not a number, or too large or too finely divided to be read (see `readable`).
    """
    return format(readable(amount), "f")


def money_digits(amount: Decimal, currency: str) -> str:
    """An amount with the places of its currency, or with all that it has if those are more, and its thousands apart.

    ``1,234.50`` for 1234.5 USD. Raises `ValueError` as `decimal_text`.
    """
    own = decimal_text(amount).partition(".")[2].rstrip("0")
    return f"{unsigned_zero(amount):,.{max(places(currency), len(own))}f}"


def with_currency(amount: Decimal, currency: str, spec: str = "") -> str:
    """An amount as people read it: ``19.99 USD``; `spec` is for the number, as in ``,.2f``. Raises `ValueError` for another.

    What is no number, which nothing can be sent with, is shown as it is.
    """
    if not spec and not isinstance(amount, Decimal):  # pyright: ignore[reportUnnecessaryIsInstance] - as in `checked`
        return f"{amount} {currency}"
    try:
        number = format(amount, spec or "f")
    except ValueError:
        raise ValueError(f"{spec!r} formats no amount; write it as of a Decimal, such as ',.2f'") from None
    return f"{number} {currency}"


def sent_text(amount: Decimal) -> str:
    """`decimal_text` of an amount that is sent. Raises `ValueError` for one that is too large or too small to be money."""
    return format(checked(amount), "f")


def checked(amount: Decimal) -> Decimal:
    """`amount` itself, if it is finite and of a size that can be written out; else `ValueError`, `TypeError` for a float.

    It is the bound of what is sent. What is read has a wider one (see `readable`).
    """
    _check_finite(amount)
    exponent = amount.as_tuple().exponent
    if amount.adjusted() >= _INTEGER_DIGITS or (
        isinstance(exponent, int) and not -_FRACTION_DIGITS <= exponent < _INTEGER_DIGITS
    ):
        raise ValueError(f"{shortened(str(amount), _SHOWN)} is too large or too finely divided to be an amount")
    return amount


def readable(amount: Decimal) -> Decimal:
    """`amount` itself, if it is finite and can be calculated with exactly; else `ValueError`.

    Services send more places than anybody is charged: a product with a rate has 34 digits, and floating point noise for
    zero is ``5.551115123125783e-17``. The bound keeps ``1e999999999``, eleven characters in a body, from becoming a
    gigabyte of digits. Raises `TypeError` for a float.
    """
    _check_finite(amount)
    _, digits, exponent = amount.as_tuple()
    if not isinstance(exponent, int) or abs(exponent) > _READ_EXPONENT or len(digits) > _READ_DIGITS:
        raise ValueError(f"{shortened(str(amount), _SHOWN)} is too large or too finely divided to be an amount")
    return amount


def _check_finite(amount: Decimal) -> None:
    if not isinstance(amount, Decimal):  # pyright: ignore[reportUnnecessaryIsInstance] - callers without type checks
        raise TypeError(f'an amount is a Decimal, not {type(amount).__name__} ({amount!r}): write Decimal("…")')
    if not amount.is_finite():
        raise ValueError(f"{amount} is not an amount")


def _unit(currency: str) -> Decimal:
    return _UNITS.get(currency, _HUNDREDTH)
