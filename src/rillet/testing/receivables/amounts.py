"""What lines, invoices and contracts come to.

How Rillet works these out is not documented in full. The stand-in's choice: a discount is taken off quantity times price,
tax comes on top of that, and each of the three is rounded, half up, to the places of its currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

import attrs
from dateutil.relativedelta import relativedelta

from clientkit.codec.unions import UnknownVariant
from clientkit.money import places, total
from rillet.receivables.invoices import InvoiceItem, InvoiceStatus
from rillet.receivables.items import ItemTax
from rillet.receivables.pricing import (
    AmountDiscount,
    BillingScheme,
    Discount,
    FixedRecurringPrice,
    OneTimePrice,
    PercentageDiscount,
    PerUnitBilling,
    Price,
    UsagePrice,
)
from rillet.testing.server.routing import Refusal, invalid
from rillet.values import Money

_WIDE = Context(prec=80)


@attrs.frozen(kw_only=True)
class LineAmounts:
    """What one line comes to: `net` is without the discount and the tax, `whole` with the tax."""

    gross: Money
    discount: Money
    tax: Money

    @property
    def net(self) -> Money:
        """What is earned."""
        return Money(total([self.gross.amount, -self.discount.amount]), self.gross.currency)

    @property
    def whole(self) -> Money:
        """What is to be paid."""
        return Money(total([self.net.amount, self.tax.amount]), self.gross.currency)


def line_amounts(
    quantity: Decimal, price: Money, where: str, *, discount: Discount | None = None, tax: ItemTax | None = None
) -> LineAmounts:
    """The amounts of a line that Rillet prices. Refuses a quantity, discount or tax that cannot be."""
    if quantity <= 0:
        raise invalid("quantity must be greater than 0", f"{where}.quantity")
    gross = rounded(_WIDE.multiply(quantity, price.amount), price.currency)
    taken = discount_of(gross, discount, f"{where}.discount")
    net = total([gross.amount, -taken.amount])
    return LineAmounts(gross=gross, discount=taken, tax=item_tax(Money(net, price.currency), tax, f"{where}.tax_rate"))


def rounded(amount: Decimal, currency: str) -> Money:
    """An amount with the places of its currency."""
    place = Decimal(1).scaleb(-places(currency))
    return Money(amount.quantize(place, rounding=ROUND_HALF_UP, context=_WIDE), currency)


def rate_of(gross: Money, quantity: Decimal) -> Money:
    """What one unit costs."""
    return rounded(_WIDE.divide(gross.amount, quantity), gross.currency)


def discount_of(gross: Money, discount: Discount | None, where: str) -> Money:
    """How much a discount takes off."""
    if discount is None:
        return Money(Decimal(0), gross.currency)
    if isinstance(discount, AmountDiscount):
        if discount.amount_off.currency != gross.currency:
            raise invalid(f"The discount must be in {gross.currency}", f"{where}.amount_off")
        return discount.amount_off
    if isinstance(discount, PercentageDiscount):
        return _share(gross, discount.percentage_off, f"{where}.percentage_off")
    raise unknown_kind(discount, f"{where}.type")


def currency_of(price: Price, where: str) -> str:
    """The currency that a price is in. Refuses a kind of price that does not exist, and a tier without a price."""
    if isinstance(price, FixedRecurringPrice | OneTimePrice):
        return price.amount.currency
    if isinstance(price, UsagePrice):
        return _usage_currency(price.billing_scheme, f"{where}.billing_scheme")
    raise unknown_kind(price, f"{where}.type")


def contract_value(
    price: Price, quantity: Decimal, discount: Discount | None, *, start: date, end: date | None, where: str
) -> Money:
    """What an item is worth over its days. Refuses a quantity, price or discount that cannot be.

    A recurring price counts once for each interval that begins in these days, once where there is no end; usage counts
    nothing, since nobody knows it yet.
    """
    if quantity <= 0:
        raise invalid("quantity must be greater than 0", f"{where}.quantity")
    currency = currency_of(price, f"{where}.price")
    if not isinstance(price, FixedRecurringPrice | OneTimePrice):
        return Money(Decimal(0), currency)
    times = 1 if isinstance(price, OneTimePrice) else _intervals(price.interval_months, start, end, f"{where}.price")
    gross = rounded(_WIDE.multiply(quantity * times, price.amount.amount), currency)
    return Money(total([gross.amount, -discount_of(gross, discount, f"{where}.discount").amount]), currency)


def one_currency(amounts: Iterable[Money], where: str) -> str:
    """The currency of all `amounts`. Refuses two of them."""
    found = sorted({money.currency for money in amounts})
    if len(found) != 1:
        raise invalid(f"{where} must have one currency, not {', '.join(found) or 'none'}", where)
    return found[0]


def summed(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of amounts in `currency`."""
    return Money(total(money.amount for money in amounts), currency)


def with_shares_of(items: Sequence[InvoiceItem], tax: Money) -> tuple[InvoiceItem, ...]:
    """`items` with the tax of their whole invoice divided among them by what they come to, the last takes the rest."""
    whole = total(item.total_amount.amount for item in items)
    left, shared = tax.amount, list[InvoiceItem]()
    for item in items[:-1]:
        part = rounded(_WIDE.divide(_WIDE.multiply(tax.amount, item.total_amount.amount), whole or 1), tax.currency)
        shared.append(attrs.evolve(item, taxed_amount=part))
        left = total([left, -part.amount])
    return (*shared, attrs.evolve(items[-1], taxed_amount=Money(left, tax.currency)))


def status_of(whole: Decimal, *, paid: Decimal, credited: Decimal) -> InvoiceStatus:
    """The status of an invoice by what was paid and credited; a payment tells more than a credit."""
    settled = total([paid, credited]) == whole
    if paid:
        return InvoiceStatus.PAID if settled else InvoiceStatus.PARTIALLY_PAID
    if credited:
        return InvoiceStatus.CREDITED if settled else InvoiceStatus.PARTIALLY_CREDITED
    return InvoiceStatus.UNPAID


def unknown_kind(value: object, where: str) -> Refusal:
    """The refusal of a member of a union that does not exist."""
    kind = value.kind if isinstance(value, UnknownVariant) else None
    return invalid(f"{kind or 'null'} is not one of the kinds that there are", where)


def item_tax(net: Money, tax: ItemTax | None, where: str) -> Money:
    """The tax that comes on top of a line."""
    if tax is None:
        return Money(Decimal(0), net.currency)
    share = _share(net, tax.percentage, f"{where}.percentage")
    if tax.tax_amount is None:
        return share
    if tax.tax_amount.currency != net.currency:
        raise invalid(f"The tax must be in {net.currency}", f"{where}.tax_amount")
    return tax.tax_amount


def _share(amount: Money, percentage: Decimal, where: str) -> Money:
    if not 0 <= percentage <= 100:
        raise invalid("must be between 0 and 100", where)
    return rounded(_WIDE.multiply(amount.amount, percentage).scaleb(-2, _WIDE), amount.currency)


def _usage_currency(scheme: BillingScheme, where: str) -> str:
    if isinstance(scheme, PerUnitBilling):
        return scheme.amount.currency
    if isinstance(scheme, UnknownVariant):
        raise unknown_kind(scheme, f"{where}.type")
    if any(tier.flat_price is None and tier.per_unit_price is None for tier in scheme.tiers):
        raise invalid("Each tier must have a flat_price or a per_unit_price", f"{where}.tiers")
    prices = [price for tier in scheme.tiers for price in (tier.flat_price, tier.per_unit_price) if price is not None]
    return one_currency(prices, f"{where}.tiers")


def _intervals(months: int, start: date, end: date | None, where: str) -> int:
    if months < 1:
        raise invalid("interval_months must be at least 1", f"{where}.interval_months")
    if end is None:
        return 1
    span = relativedelta(end, start)
    return (span.years * 12 + span.months) // months + 1
