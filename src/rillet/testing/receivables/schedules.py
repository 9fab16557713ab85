"""When a contract is invoiced and when it is earned: the schedules of the stand-in, worked out anew whenever they are read.

Rillet documents the days of invoices (`Invoicing`) and the two patterns of revenue (`RevenuePattern`), and no amounts. The
stand-in's choice: an invoice is for the intervals of a price that begin before the next one, and the first one also for those
before it. What an item is worth is divided evenly, and what rounding leaves over is carried on, so that the parts sum up to the
whole. An item without an end is scheduled for a year. What is scheduled stays unbilled: how Rillet bills it is not documented.
"""

from __future__ import annotations

import calendar
import uuid
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

import attrs
from dateutil.relativedelta import relativedelta

from clientkit.codec.unions import UnknownVariant
from rillet.receivables.contracts import Contract, ContractInvoice, ContractItem, ContractItemStatus
from rillet.receivables.invoices import InvoiceItem, InvoiceStatus
from rillet.receivables.invoicing import (
    Invoicing,
    MonthlyInvoicing,
    MonthlyProratedInvoicing,
    QuarterlyInvoicing,
    SemiAnnualInvoicing,
    YearlyInvoicing,
)
from rillet.receivables.items import ItemRevenue
from rillet.receivables.pricing import FixedRecurringPrice, RevenuePattern, UsagePrice
from rillet.receivables.products import Product
from rillet.testing.receivables.amounts import item_tax, rounded, summed
from rillet.values import Money, Period

_YEAR, _DAY = relativedelta(years=1), timedelta(days=1)
_IDS = uuid.UUID("6f0e5c1c-4f5b-4a57-9b6f-0f3c8e6c7c11")


@attrs.frozen(kw_only=True)
class ScheduledRevenue:
    """What is earned in the month that begins on `month`, on the account `account_code`."""

    month: date
    account_code: str
    amount: Money


def invoice_days(invoicing: Invoicing, first: date, last: date) -> tuple[date, ...]:
    """The days on which a contract is invoiced, from `first` to `last`; its first day where there is none in between.

    A day that a month does not have is its last one. Raises `ValueError` for a `month_day` that no year has.
    """
    match invoicing:
        case MonthlyInvoicing() | MonthlyProratedInvoicing():
            anchor, months = date(first.year, 1, 1), 1
            day = invoicing.day
        case QuarterlyInvoicing() | SemiAnnualInvoicing() | YearlyInvoicing():
            # A leap year, so that it has the 29th of February.
            found = date.fromisoformat(f"2000-{invoicing.month_day.removeprefix('--')}")
            anchor, day = date(first.year - 1, found.month, 1), found.day
            months = {"QUARTERLY": 3, "SEMI_ANNUAL": 6}.get(invoicing.interval, 12)
        case _:
            return (first,)
    days = list[date]()
    step = anchor
    while step <= last:
        days.append(step.replace(day=min(day, calendar.monthrange(step.year, step.month)[1])))
        step += relativedelta(months=months)
    return tuple(each for each in days if first <= each <= last) or (first,)


def scheduled_invoices(contract: Contract, product: Callable[[str], Product]) -> tuple[ContractInvoice, ...]:
    """The invoices that Rillet will make for a contract, oldest first; none where another system invoices it."""
    items = [each for each in contract.items if each.status is ContractItemStatus.ACTIVE]
    if contract.invoicing is None or isinstance(contract.invoicing, UnknownVariant) or not items:
        return ()
    days = invoice_days(contract.invoicing, contract.start_date, max(_last(each) for each in items))
    lines = dict[date, list[InvoiceItem]]()
    for item in items:
        for day, line in _lines(item, days, product(item.product_id)):
            lines.setdefault(day, []).append(line)
    terms = timedelta(days=contract.invoicing.payment_terms)
    return tuple(
        _invoice(contract, number, day, day + terms, lines[day]) for number, day in enumerate(sorted(lines), start=1)
    )


def earned(revenues: Iterable[tuple[ItemRevenue, Money]]) -> tuple[ScheduledRevenue, ...]:
    """When these amounts are earned, in the order of months and accounts."""
    sums = dict[tuple[date, str, str], Decimal]()
    for revenue, amount in revenues:
        for month, part in _months(revenue, amount):
            key = (month, revenue.account_code or "", amount.currency)
            sums[key] = sums.get(key, Decimal(0)) + part
    return tuple(
        ScheduledRevenue(month=month, account_code=account, amount=Money(amount, currency))
        for (month, account, currency), amount in sorted(sums.items())
        if amount
    )


def revenue_of_item(item: ContractItem, product: Product) -> tuple[ItemRevenue, Money]:
    """What an item of a contract earns, and when."""
    return _revenue(item, product, item.start_date, _last(item)), item.total_value


def _lines(item: ContractItem, days: Sequence[date], product: Product) -> Iterator[tuple[date, InvoiceItem]]:
    """What an item brings to each invoice: the intervals of its price that begin before the next one."""
    if isinstance(item.price, UsagePrice):
        # Nobody knows yet how much is used.
        return
    begins = list(_begins(item))
    billed = [days[max(bisect_right(days, each) - 1, 0)] for each in begins]
    # Without an end, an item is worth one interval.
    whole = item.total_value if item.end_date is not None else _times(item.total_value, len(begins))
    parts = _parts(whole, [1] * len(begins))
    for day in sorted(set(billed)):
        mine = [index for index, each in enumerate(billed) if each == day]
        net = summed([parts[index] for index in mine], whole.currency)
        tax = item_tax(net, item.tax_rate, "tax_rate")
        end = begins[mine[-1] + 1] - _DAY if mine[-1] + 1 < len(begins) else _last(item)
        yield (
            day,
            InvoiceItem(
                id=_id(item.id, day),
                description=product.name,
                revenue=_revenue(item, product, begins[mine[0]], end),
                total_amount=summed([net, tax], net.currency),
                taxed_amount=tax,
                quantity=item.quantity,
                product_id=item.product_id,
                fields=item.fields,
            ),
        )


def _begins(item: ContractItem) -> Iterator[date]:
    """The days on which an interval of a price begins."""
    yield item.start_date
    if isinstance(item.price, FixedRecurringPrice):
        number = 1
        while (begin := item.start_date + relativedelta(months=number * item.price.interval_months)) <= _last(item):
            yield begin
            number += 1


def _last(item: ContractItem) -> date:
    return item.end_date or item.start_date + _YEAR - _DAY


def _revenue(item: ContractItem, product: Product, start: date, end: date) -> ItemRevenue:
    return ItemRevenue(
        period=Period(start=start, end=max(start, end)),
        pattern=item.revenue_pattern,
        account_code=product.account_code,
    )


def _invoice(
    contract: Contract, number: int, day: date, due_date: date, items: Sequence[InvoiceItem]
) -> ContractInvoice:
    currency = items[0].total_amount.currency
    return ContractInvoice(
        id=_id(contract.id, day),
        # SPEC requires a number, and nobody documents that of an invoice which is not made yet.
        invoice_number=f"SCHEDULED-{number}",
        invoice_date=day,
        due_date=due_date,
        status=InvoiceStatus.UNBILLED,
        total=summed([each.total_amount for each in items], currency),
        taxed_amount=summed([each.taxed_amount for each in items if each.taxed_amount is not None], currency),
        items=tuple(items),
    )


def _months(revenue: ItemRevenue, amount: Money) -> Iterator[tuple[date, Decimal]]:
    """DAILY: equally per day; EVEN_PERIOD: equally for each calendar month."""
    period = revenue.period
    if period is None:
        return
    months, day = list[date](), period.start.replace(day=1)
    while day <= period.end:
        months.append(day)
        day += relativedelta(months=1)
    weights = [1] * len(months)
    if revenue.pattern is not RevenuePattern.EVEN_PERIOD:
        ends = [min(each + relativedelta(months=1) - _DAY, period.end) for each in months]
        weights = [(end - max(each, period.start)).days + 1 for each, end in zip(months, ends, strict=True)]
    for month, part in zip(months, _parts(amount, weights), strict=True):
        yield month, part.amount


def _parts(whole: Money, weights: Sequence[int]) -> tuple[Money, ...]:
    """An amount divided by weights; what rounding leaves over is carried on."""
    parts, before, done = list[Money](), Decimal(0), 0
    for weight in weights:
        done += weight
        until = rounded(whole.amount * done / sum(weights), whole.currency).amount
        parts.append(Money(until - before, whole.currency))
        before = until
    return tuple(parts)


def _times(amount: Money, number: int) -> Money:
    return Money(amount.amount * number, amount.currency)


def _id(of: str, day: date) -> str:
    return str(uuid.uuid5(_IDS, f"{of} {day}"))
