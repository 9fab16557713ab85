"""Exchange rates from tables: which day counts, which way round they are, and what is wrong with a file."""

from __future__ import annotations

import pickle
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import RatesError, RateTable, SettingsError
from clientkit.money import decimal_text
from rillet import ExchangeRate

TUESDAY = date(2026, 2, 3)
ECB = """\
Date,USD,JPY,CYP,GBP,
2026-02-03,1.0856,163.25,N/A,0.8650,
2026-02-02,1.0800,162.00,N/A,,
1999-01-04,1.1789,133.73,0.58231,0.7111,
"""
_MOST = Decimal("1e17")
_RATES = st.decimals(Decimal("1e-6"), Decimal("1e6"), places=6).filter(bool)


def rate(base: str, target: str, value: str, day: date = TUESDAY) -> ExchangeRate:
    return ExchangeRate(base=base, target=target, rate=Decimal(value), date=day)


def test_a_quoted_pair_is_answered_as_it_is_quoted() -> None:
    table = RateTable.of([rate("EUR", "USD", "1.0856"), rate("USD", "EUR", "0.92")])
    assert str(table("EUR", "USD", TUESDAY)) == "1.0856"
    assert str(table("USD", "EUR", TUESDAY)) == "0.92"
    assert table("EUR", "EUR", TUESDAY) == 1
    assert table("EUR", "GBP", TUESDAY) is None
    assert table("XXX", "YYY", TUESDAY) is None


def test_the_opposite_pair_is_inverted_to_15_digits() -> None:
    table = RateTable.of([rate("EUR", "USD", "1.0856"), rate("KWD", "IRR", "137000")])
    assert table("USD", "EUR", TUESDAY) == Decimal("0.921149594694178")
    assert table("IRR", "KWD", TUESDAY) == Decimal("0.00000729927007299270")


def test_two_pairs_with_one_currency_in_common_are_chained_and_rounded_once() -> None:
    table = RateTable.read(ECB)
    assert table("USD", "JPY", TUESDAY) == Decimal("150.377671333825")
    assert table("GBP", "USD", TUESDAY) == Decimal("1.25502890173410")
    chained = RateTable.of([rate("USD", "EUR", "0.5"), rate("EUR", "GBP", "0.9"), rate("CHF", "GBP", "0.8")])
    assert chained("USD", "GBP", TUESDAY) == Decimal("0.45")
    assert chained("EUR", "CHF", TUESDAY) == Decimal("1.125")
    assert chained("USD", "CHF", TUESDAY) is None


def test_of_several_chains_the_one_over_the_first_currency_counts() -> None:
    quotes = [rate("USD", "GBP", "1"), rate("GBP", "JPY", "3"), rate("USD", "EUR", "1"), rate("EUR", "JPY", "2")]
    assert RateTable.of(quotes)("USD", "JPY", TUESDAY) == 2
    assert RateTable.of(reversed(quotes))("USD", "JPY", TUESDAY) == 2


@pytest.mark.parametrize(
    ("later", "expected"), [(0, "1.0856"), (1, "1.0856"), (7, "1.0856"), (8, None), (-1, "1.0800"), (-2, None)]
)
def test_on_a_day_without_rates_the_last_day_before_it_counts(later: int, expected: str | None) -> None:
    found = RateTable.read(ECB)("EUR", "USD", TUESDAY + timedelta(later))
    assert found == (None if expected is None else Decimal(expected))


def test_a_later_day_counts_more_than_a_shorter_way() -> None:
    quotes = [
        rate("USD", "JPY", "150", TUESDAY - timedelta(1)),
        rate("EUR", "USD", "1"),
        rate("EUR", "JPY", "151"),
    ]
    assert RateTable.of(quotes)("USD", "JPY", TUESDAY) == 151
    # A chain has to be of one day.
    assert RateTable.read(ECB)("EUR", "GBP", TUESDAY - timedelta(1)) is None
    assert RateTable.read(ECB)("USD", "GBP", TUESDAY - timedelta(1)) is None


def test_the_window_can_be_another() -> None:
    assert RateTable.read(ECB, window=0)("EUR", "USD", TUESDAY + timedelta(1)) is None
    assert RateTable.read(ECB, window=31)("EUR", "USD", TUESDAY + timedelta(31)) == Decimal("1.0856")
    assert RateTable.of([], window=31)("EUR", "USD", date.min) is None


@given(_RATES, _RATES, st.booleans(), st.booleans())
def test_what_is_calculated_is_exact_to_15_digits(first: Decimal, second: Decimal, one: bool, other: bool) -> None:
    quotes = [
        ExchangeRate(base="AAA", target="BBB", rate=first, date=TUESDAY)
        if one
        else ExchangeRate(base="BBB", target="AAA", rate=first, date=TUESDAY),
        ExchangeRate(base="BBB", target="CCC", rate=second, date=TUESDAY)
        if other
        else ExchangeRate(base="CCC", target="BBB", rate=second, date=TUESDAY),
    ]
    found = RateTable.of(quotes)("AAA", "CCC", TUESDAY)
    exact = (Fraction(first) if one else 1 / Fraction(first)) * (Fraction(second) if other else 1 / Fraction(second))
    assert found is not None
    assert found.is_finite()
    assert found > 0
    assert abs(Fraction(found) - exact) <= exact * Fraction(1, 2 * 10**14)
    assert len(found.as_tuple().digits) <= 15


@given(st.sampled_from([Decimal("1e-28"), Decimal("1e-15"), Decimal(1), Decimal("1e15"), _MOST]), _RATES)
def test_a_rate_can_always_be_written_or_there_is_none(extreme: Decimal, other: Decimal) -> None:
    quotes = [
        ExchangeRate(base="AAA", target="BBB", rate=extreme, date=TUESDAY),
        ExchangeRate(base="CCC", target="BBB", rate=other, date=TUESDAY),
        ExchangeRate(base="BBB", target="DDD", rate=extreme, date=TUESDAY),
    ]
    table = RateTable.of(quotes)
    for base in ("AAA", "BBB", "CCC", "DDD"):
        for target in ("AAA", "BBB", "CCC", "DDD"):
            found = table(base, target, TUESDAY)
            assert found is None or Decimal(decimal_text(found)) > 0


@given(st.dictionaries(st.dates(), _RATES, max_size=5), st.dates(), st.integers(0, 40))
def test_the_nearest_earlier_day_counts(days: dict[date, Decimal], asked: date, window: int) -> None:
    quotes = [ExchangeRate(base="EUR", target="USD", rate=value, date=day) for day, value in days.items()]
    near = [day for day in days if 0 <= (asked - day).days <= window]
    assert RateTable.of(quotes, window=window)("EUR", "USD", asked) == (days[max(near)] if near else None)


def test_rows_are_read_with_blanks_blank_lines_and_a_mark_at_the_beginning() -> None:
    text = '\ufeffBase, Target,Date,"rate"\r\n\r\nEUR , USD,2026-02-03, 1.0856\r\nEUR,USD,2026-02-03,1.0856\r\n'
    table = RateTable.read(text)
    assert table("EUR", "USD", TUESDAY) == Decimal("1.0856")
    assert table == RateTable.of([rate("EUR", "USD", "1.0856")])
    assert "1.0856" not in repr(table)


def test_a_table_pickles() -> None:
    table = RateTable.read(ECB)
    assert pickle.loads(pickle.dumps(table)) == table
    assert pickle.loads(pickle.dumps(table))("USD", "JPY", TUESDAY) == table("USD", "JPY", TUESDAY)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("EUR,USD,2026-02-03,1,0856", "it has 5 columns, and the heading has 4"),
        ("eur,USD,2026-02-03,1.0856", "'eur' is not a currency's code"),
        ("EUR,US,2026-02-03,1.0856", "'US' is not a currency's code"),
        ("EUR,EUR,2026-02-03,1", "EUR to itself needs no rate"),
        ("EUR,USD,3.2.2026,1.0856", "'3.2.2026' is not a date such as 2026-01-31"),
        *(
            (f"EUR,USD,2026-02-03,{wrong}", f"'{wrong}' is not a rate")
            for wrong in ("NaN", "Infinity", "-1.1", "1e3", "", "1_0", "٣")
        ),
        ("EUR,USD,2026-02-03,0", "the rate 0 is not positive"),
        ("EUR,USD,2026-02-03,0.000", "the rate 0.000 is not positive"),
        (f"EUR,USD,2026-02-03,1{'0' * 18}", "too large or too finely divided"),
        ("EUR,USD,2026-02-02,1.09", "EUR to USD was 1.08 on 2026-02-02 before, and is 1.09 here"),
        ('EUR,USD,2026-02-03,"1.0856', "it is no CSV"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_with_its_line(row: str, problem: str) -> None:
    text = f"base,target,date,rate\n\nEUR,USD,2026-02-02,1.08\n{row}\n"
    with pytest.raises(RatesError) as caught:
        RateTable.read(text, source="rates.csv")
    (told,) = caught.value.problems
    assert told.startswith("rates.csv line 4: ")
    assert problem in told
    assert isinstance(caught.value, SettingsError)


@pytest.mark.parametrize("text", ["", "\n\n", "EUR,USD,2026-02-03,1.0856\n", "Date\n", "base,target,rate,date\n"])
def test_a_file_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(RatesError, match=r"line 1: the heading has to be base,target,date,rate or"):
        RateTable.read(text)


def test_wrong_cells_of_the_banks_history_are_told_with_their_lines() -> None:
    with pytest.raises(RatesError) as caught:
        RateTable.read(ECB.replace("162.00", "?").replace("1999-01-04,1.1789", "1.1789"), source="ecb")
    assert [each.split(": ")[0] for each in caught.value.problems] == ["ecb line 3", "ecb line 4"]


def test_only_the_first_ten_problems_are_told() -> None:
    with pytest.raises(RatesError) as caught:
        RateTable.read("base,target,date,rate\n" + "EUR,USD,2026-02-03,x\n" * 1000)
    assert len(caught.value.problems) == 10


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal(0), Decimal(-1)])
def test_rates_given_as_values_are_checked_too(value: Decimal) -> None:
    with pytest.raises(RatesError, match=r"^rates\[1\]: "):
        RateTable.of([rate("EUR", "USD", "1.1"), ExchangeRate(base="EUR", target="GBP", rate=value, date=TUESDAY)])
