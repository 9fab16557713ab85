"""Prices, discounts and invoicing: read by their tags, and kept where the tag is news."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, assert_never

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit import codec
from clientkit.codec import CodecError
from clientkit.codec.unions import UnknownVariant
from rillet.receivables.invoicing import (
    Invoicing,
    MonthlyInvoicing,
    MonthlyProratedInvoicing,
    QuarterlyInvoicing,
    SemiAnnualInvoicing,
    YearlyInvoicing,
    month_day,
)
from rillet.receivables.pricing import (
    AmountDiscount,
    Discount,
    FixedRecurringPrice,
    OneTimePrice,
    PercentageDiscount,
    PerUnitBilling,
    Price,
    Tier,
    TieredBilling,
    TierMode,
    UsagePrice,
)
from rillet.values import Money
from support.rillet import receivables as sample

USD = {"amount": "10", "currency": "USD"}
TEN = Money(Decimal(10), "USD")


@attrs.frozen(kw_only=True)
class Terms:
    price: Price | None = None
    discount: Discount | None = None
    invoicing: Invoicing | None = None


def read(**parts: object) -> Terms:
    return codec.structure(parts, Terms)


@given(price=st.none() | sample.prices, discount=st.none() | sample.discounts)
def test_prices_and_discounts_read_back_as_they_were_written(price: Any, discount: Any) -> None:
    terms = Terms(price=price, discount=discount)
    assert codec.structure(codec.parse(codec.dumps(terms)), Terms) == terms


@pytest.mark.parametrize(
    ("body", "price"),
    [
        (
            {"type": "FIXED_RECURRING", "amount": USD, "interval_months": 12},
            FixedRecurringPrice(amount=TEN, interval_months=12),
        ),
        ({"type": "ONE_TIME", "amount": USD}, OneTimePrice(amount=TEN)),
        (
            {
                "type": "USAGE",
                "interval_months": 1,
                "billing_scheme": {"type": "PER_UNIT", "amount": USD, "units": 1000},
            },
            UsagePrice(interval_months=1, billing_scheme=PerUnitBilling(amount=TEN, units=1000)),
        ),
        (
            {
                "type": "USAGE",
                "interval_months": 1,
                "billing_scheme": {
                    "type": "TIERED",
                    "mode": "GRADUATED",
                    "tiers": [{"up_to": 5, "flat_price": USD}, {"per_unit_price": USD}],
                },
            },
            UsagePrice(
                interval_months=1,
                billing_scheme=TieredBilling(
                    mode=TierMode.GRADUATED,
                    tiers=(Tier(up_to=5, flat_price=TEN), Tier(per_unit_price=TEN)),
                ),
            ),
        ),
    ],
)
def test_documented_prices(body: dict[str, object], price: Price) -> None:
    assert read(price=body).price == price
    assert codec.unstructure(price) == body


def test_a_price_of_a_new_type_is_kept_beside_known_ones() -> None:
    body = {"type": "AUCTION", "reserve": USD, "steps": [1, Decimal("2.50")], "until": None}
    price = read(price=body).price
    assert price == UnknownVariant(kind="AUCTION", raw=body)
    assert codec.parse(codec.dumps(Terms(price=price))) == {"price": body}


def test_a_price_without_a_type_is_kept_too() -> None:
    assert read(price={"amount": USD}).price == UnknownVariant(kind=None, raw={"amount": USD})


def test_a_usage_price_with_a_new_billing_scheme_is_still_a_usage_price() -> None:
    scheme: dict[str, object] = {"type": "VOLUME", "steps": []}
    price = read(price={"type": "USAGE", "interval_months": 1, "billing_scheme": scheme}).price
    assert price == UsagePrice(interval_months=1, billing_scheme=UnknownVariant(kind="VOLUME", raw=scheme))


def test_a_known_price_without_its_amount_is_refused() -> None:
    with pytest.raises(CodecError, match=r"\$\.price\.amount"):
        read(price={"type": "ONE_TIME"})


@pytest.mark.parametrize(
    ("body", "discount"),
    [
        ({"type": "AMOUNT", "amount_off": USD}, AmountDiscount(amount_off=TEN)),
        ({"amount_off": USD}, AmountDiscount(amount_off=TEN)),
        ({"type": "PERCENTAGE", "percentage_off": Decimal("12.5")}, PercentageDiscount(percentage_off=Decimal("12.5"))),
        ({"percentage_off": "12.50"}, PercentageDiscount(percentage_off=Decimal("12.5"))),
        ({"percentage_off": 12, "type": None}, PercentageDiscount(percentage_off=Decimal(12))),
        (
            {"type": "LOYALTY", "amount_off": USD},
            UnknownVariant(kind="LOYALTY", raw={"type": "LOYALTY", "amount_off": USD}),
        ),
        ({"months_free": 2}, UnknownVariant(kind=None, raw={"months_free": 2})),
    ],
)
def test_discounts_with_and_without_their_type(body: dict[str, object], discount: Discount) -> None:
    assert read(discount=body).discount == discount


def test_a_discount_is_always_sent_with_its_type_and_its_percentage_as_a_number() -> None:
    terms = Terms(discount=PercentageDiscount(percentage_off=Decimal("12.50")))
    assert codec.dumps(terms) == b'{"discount":{"percentage_off":12.50,"type":"PERCENTAGE"}}'


@pytest.mark.parametrize(
    ("body", "invoicing"),
    [
        ({"interval": "MONTHLY", "payment_terms": 30, "day": 1}, MonthlyInvoicing(payment_terms=30, day=1)),
        (
            {"interval": "MONTHLY_PRORATED", "payment_terms": 30, "day": 1},
            MonthlyProratedInvoicing(payment_terms=30, day=1),
        ),
        (
            {"interval": "QUARTERLY", "payment_terms": 0, "month_day": "--01-31"},
            QuarterlyInvoicing(payment_terms=0, month_day="--01-31"),
        ),
        (
            {"interval": "SEMI_ANNUAL", "payment_terms": 0, "month_day": "--01-31"},
            SemiAnnualInvoicing(payment_terms=0, month_day="--01-31"),
        ),
        (
            {"interval": "YEARLY", "payment_terms": 0, "month_day": "--02-29"},
            YearlyInvoicing(payment_terms=0, month_day=month_day(2, 29)),
        ),
        ({"interval": "WEEKLY", "weekday": 3}, UnknownVariant(kind="WEEKLY", raw={"interval": "WEEKLY", "weekday": 3})),
    ],
)
def test_invoicing_is_told_apart_by_its_interval(body: dict[str, object], invoicing: Invoicing) -> None:
    assert read(invoicing=body).invoicing == invoicing
    assert codec.unstructure(invoicing) == body


def told(price: Price) -> str:
    match price:
        case FixedRecurringPrice(amount=amount, interval_months=months):
            return f"{amount} every {months} months"
        case OneTimePrice(amount=amount):
            return f"{amount} once"
        case UsagePrice(billing_scheme=PerUnitBilling(amount=amount, units=units)):
            return f"{amount} for {units}"
        case UsagePrice(interval_months=months):
            return f"by usage in {months} months"
        case UnknownVariant(kind=kind):
            return f"as {kind} says"
        case _:
            assert_never(price)


def test_a_price_can_be_matched_exhaustively() -> None:
    assert told(FixedRecurringPrice(amount=TEN, interval_months=12)) == "10 USD every 12 months"
    assert told(OneTimePrice(amount=TEN)) == "10 USD once"
    assert told(UsagePrice(interval_months=1, billing_scheme=PerUnitBilling(amount=TEN, units=3))) == "10 USD for 3"
    assert told(UnknownVariant(kind="AUCTION", raw={})) == "as AUCTION says"


def test_a_day_of_the_year() -> None:
    assert month_day(6, 5) == "--06-05"
    with pytest.raises(ValueError, match="day"):
        month_day(2, 30)
