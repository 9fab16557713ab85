"""Money is exact, whatever the decimal context around it."""

from __future__ import annotations

from decimal import ROUND_UP, Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit.money import MINOR_UNITS, allot, checked, decimal_text, is_rounded, places, product, rounded, total


def _amount(sign: int, digits: tuple[int, ...], exponent: int) -> Decimal:
    return Decimal((sign, digits, exponent))


def _context(precision: int) -> Context:
    return Context(prec=precision, rounding=ROUND_UP, Emax=9, Emin=-9)


_DIGITS = st.lists(st.integers(0, 9), min_size=1, max_size=18).map(tuple)
_AMOUNTS = st.builds(_amount, st.integers(0, 1), _DIGITS, st.integers(-28, 0))
_CONTEXTS = st.builds(_context, st.integers(1, 9))
_CURRENCIES = st.sampled_from(["USD", "JPY", "BHD", "CLF"])


#: ISO 4217 list one as published on 2026-01-01: what has a minor unit, by the number of its places.
ISO_4217 = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY "
    "COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS "
    "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR "
    "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP "
    "STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}


@pytest.mark.parametrize(
    ("currency", "expected"), [(code, count) for count, codes in ISO_4217.items() for code in codes.split()]
)
def test_places_are_those_of_iso_4217(currency: str, expected: int) -> None:
    assert places(currency) == expected


def test_a_currency_that_nobody_knows_has_two_places() -> None:
    assert places("???") == 2


def test_the_table_of_minor_units_holds_what_differs_from_two_places() -> None:
    assert all(len(code) == 3 and code.isupper() and count != 2 for code, count in MINOR_UNITS.items())
    assert set(MINOR_UNITS) == {code for count, codes in ISO_4217.items() if count != 2 for code in codes.split()}


@given(_AMOUNTS, _CURRENCIES, _CONTEXTS)
def test_rounded_means_a_whole_number_of_minor_units(amount: Decimal, currency: str, context: Context) -> None:
    with localcontext(context):
        found = is_rounded(amount, currency)
    assert found == ((Fraction(amount) * 10 ** places(currency)).denominator == 1)


@given(st.lists(_AMOUNTS, max_size=20), _CONTEXTS)
def test_a_total_is_exact(amounts: list[Decimal], context: Context) -> None:
    with localcontext(context):
        found = total(amounts)
    assert Fraction(found) == sum(map(Fraction, amounts))


@given(_AMOUNTS, _AMOUNTS, _CONTEXTS)
def test_a_product_is_exact(amount: Decimal, factor: Decimal, context: Context) -> None:
    with localcontext(context):
        found = product(amount, factor)
    assert Fraction(found) == Fraction(amount) * Fraction(factor)


@given(_AMOUNTS, _CURRENCIES, _CONTEXTS)
def test_rounding_is_to_the_nearest_minor_unit_and_halves_go_away_from_zero(
    amount: Decimal, currency: str, context: Context
) -> None:
    with localcontext(context):
        found = rounded(amount, currency)
    unit = Fraction(1, 10 ** places(currency))
    off = abs(Fraction(found)) - abs(Fraction(amount))
    assert is_rounded(found, currency)
    assert found.as_tuple().exponent == -places(currency)
    assert -unit / 2 < off <= unit / 2


@given(st.lists(_AMOUNTS, max_size=8), _CURRENCIES, _CONTEXTS)
def test_what_is_allotted_sums_to_the_rounded_total_and_is_less_than_a_unit_off(
    amounts: list[Decimal], currency: str, context: Context
) -> None:
    with localcontext(context):
        shares = allot(amounts, currency)
    unit = Fraction(1, 10 ** places(currency))
    off = [Fraction(share) - Fraction(amount) for share, amount in zip(shares, amounts, strict=True)]
    assert total(shares) == rounded(total(amounts), currency)
    assert all(is_rounded(share, currency) for share in shares)
    assert all(abs(each) < unit for each in off)
    # The largest remainders are rounded up.
    left_off = [-each for each in off if each < 0]
    rounded_up = [unit - each for each in off if each > 0]
    assert max(left_off, default=0) <= min(rounded_up, default=unit)


def test_of_equal_remainders_the_first_is_rounded_up() -> None:
    third = Decimal("3.335")
    assert allot([third, third, third], "USD") == (Decimal("3.34"), Decimal("3.34"), Decimal("3.33"))
    assert allot([Decimal(0), Decimal("0.5"), Decimal("0.5"), Decimal(7)], "JPY") == tuple(map(Decimal, (0, 1, 0, 7)))
    assert allot([Decimal("-1.5"), Decimal("1.5")], "JPY") == (Decimal(-1), Decimal(1))
    assert allot([], "USD") == ()


def test_the_whole_of_thirds_is_what_it_is_told_to_be() -> None:
    sixths = [Decimal("0.223333"), Decimal("0.393333"), Decimal("0.608333")]
    assert sum(allot(sixths, "USD")) == Decimal("1.22")
    assert sum(allot(sixths, "USD", whole=Decimal("1.225"))) == Decimal("1.23")


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
