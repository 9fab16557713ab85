"""Prices, discounts and how revenue is spread (https://docs.api.rillet.com/reference/create-a-product).

`Price`, `BillingScheme` and `Discount` are unions: which class stands in one says what kind it is, and a kind that this
release does not know is an `UnknownVariant`. Prices need not be rounded to their currency; discounts do.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, TypeAlias

import attrs

from clientkit.codec import Extra, always_sent, as_number, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.codec.unions import UnknownVariant, tagged_union
from clientkit.model import Model
from rillet.values import Money


class RevenuePattern(OpenEnum):
    """How revenue is spread over its period: equal days, or equal calendar months."""

    DAILY = "DAILY"
    EVEN_PERIOD = "EVEN_PERIOD"


class TierMode(OpenEnum):
    """What tiers mean: each tier prices its own units, or the highest quantity reached prices them all."""

    GRADUATED = "GRADUATED"
    METERED = "METERED"


@attrs.frozen(kw_only=True)
class Tier(Model):
    """Units up to and including `up_to`, None for the highest tier; no two tiers share one bound.

    `flat_price` is for the tier as a whole, `per_unit_price` for each of its units; at least one of them is needed.
    """

    up_to: int | None = None
    flat_price: Money | None = None
    per_unit_price: Money | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class PerUnitBilling(Model):
    """Usage priced at `amount` for every `units` used."""

    amount: Money
    units: int
    type: Literal["PER_UNIT"] = attrs.field(default="PER_UNIT", metadata=always_sent())
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class TieredBilling(Model):
    """Usage priced by how much there was."""

    mode: TierMode
    tiers: tuple[Tier, ...]
    type: Literal["TIERED"] = attrs.field(default="TIERED", metadata=always_sent())
    extra: Extra = unknown_fields()


BillingScheme: TypeAlias = PerUnitBilling | TieredBilling | UnknownVariant


@attrs.frozen(kw_only=True)
class FixedRecurringPrice(Model):
    """`amount` again every `interval_months`."""

    amount: Money
    interval_months: int
    type: Literal["FIXED_RECURRING"] = attrs.field(default="FIXED_RECURRING", metadata=always_sent())
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class OneTimePrice(Model):
    """`amount`, once."""

    amount: Money
    type: Literal["ONE_TIME"] = attrs.field(default="ONE_TIME", metadata=always_sent())
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class UsagePrice(Model):
    """What was used in `interval_months`, priced by `billing_scheme`."""

    interval_months: int
    billing_scheme: BillingScheme
    type: Literal["USAGE"] = attrs.field(default="USAGE", metadata=always_sent())
    extra: Extra = unknown_fields()


Price: TypeAlias = FixedRecurringPrice | OneTimePrice | UsagePrice | UnknownVariant


@attrs.frozen(kw_only=True)
class AmountDiscount(Model):
    """`amount_off`, rounded to its currency, less."""

    amount_off: Money
    type: Literal["AMOUNT"] = attrs.field(default="AMOUNT", metadata=always_sent())
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class PercentageDiscount(Model):
    """`percentage_off` per cent, 0 to 100, less."""

    percentage_off: Decimal = attrs.field(metadata=as_number())
    type: Literal["PERCENTAGE"] = attrs.field(default="PERCENTAGE", metadata=always_sent())
    extra: Extra = unknown_fields()


Discount: TypeAlias = AmountDiscount | PercentageDiscount | UnknownVariant


def _kind_of_discount(found: Mapping[str, object]) -> str | None:
    # Rillet's description does not promise the type of a discount that comes back.
    if "amount_off" in found:
        return "AMOUNT"
    return "PERCENTAGE" if "percentage_off" in found else None


tagged_union(BillingScheme, "type")
tagged_union(Price, "type")
tagged_union(Discount, "type", untagged=_kind_of_discount)
