"""Money is exact, whatever the decimal context around it."""

from __future__ import annotations

from decimal import ROUND_UP, Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit.money import MINOR_UNITS, checked, decimal_text, is_rounded, places, total


def _amount(sign: int, digits: tuple[int, ...], exponent: int) -> Decimal:
    return Decimal((sign, digits, exponent))


def _context(precision: int) -> Context:
    return Context(prec=precision, rounding=ROUND_UP, Emax=9, Emin=-9)


_DIGITS = st.lists(st.integers(0, 9), min_size=1, max_size=18).map(tuple)
_AMOUNTS = st.builds(_amount, st.integers(0, 1), _DIGITS, st.integers(-28, 0))
_CONTEXTS = st.builds(_context, st.integers(1, 9))


@pytest.mark.parametrize(
    ("currency", "expected"), [("USD", 2), ("EUR", 2), ("JPY", 0), ("BHD", 3), ("CLF", 4), ("???", 2)]
)
def test_places(currency: str, expected: int) -> None:
    assert places(currency) == expected


def test_the_table_of_minor_units_holds_what_differs_from_two_places() -> None:
    assert all(len(code) == 3 and code.isupper() and count != 2 for code, count in MINOR_UNITS.items())


@given(_AMOUNTS, st.sampled_from(["USD", "JPY", "BHD", "CLF"]), _CONTEXTS)
def test_rounded_means_a_whole_number_of_minor_units(amount: Decimal, currency: str, context: Context) -> None:
    with localcontext(context):
        found = is_rounded(amount, currency)
    assert found == ((Fraction(amount) * 10 ** places(currency)).denominator == 1)


@given(st.lists(_AMOUNTS, max_size=20), _CONTEXTS)
def test_a_total_is_exact(amounts: list[Decimal], context: Context) -> None:
    with localcontext(context):
        found = total(amounts)
    assert Fraction(found) == sum(map(Fraction, amounts))


@given(_AMOUNTS, _CONTEXTS)
def test_an_amount_is_written_as_digits_that_read_as_the_same_amount(amount: Decimal, context: Context) -> None:
    with localcontext(context):
        text = decimal_text(amount)
    assert set(text) <= set("-.0123456789")
    assert Decimal(text) == amount


@given(st.integers(), st.integers(-40, 40))
def test_checked_lets_through_what_can_be_written_out(coefficient: int, exponent: int) -> None:
    amount = Decimal(f"{coefficient}e{exponent}")
    fits = amount.adjusted() < 18 and -28 <= exponent < 18
    try:
        assert checked(amount) is amount
        assert fits
    except ValueError:
        assert not fits


@pytest.mark.parametrize("text", ["NaN", "-NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text} is not an amount$"):
        checked(Decimal(text))


@pytest.mark.parametrize("value", [1.5, 1, "1", None])
def test_only_a_decimal_is_an_amount(value: object) -> None:
    with pytest.raises(TypeError, match=r"an amount is a Decimal, not (float|int|str|NoneType)"):
        checked(value)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_the_message_stays_short() -> None:
    with pytest.raises(ValueError, match="too large or too finely divided") as caught:
        checked(Decimal("9" * 1000))
    assert len(str(caught.value)) < 150
