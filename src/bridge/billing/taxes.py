"""The tax of a line: what the billing system has worked out, or else what Rillet's tax rate comes to."""

from __future__ import annotations

from decimal import Decimal

import attrs

from bridge.billing.context import Context
from bridge.billing.settings import TaxKind
from bridge.billing.values import Line, TaxStatus
from bridge.datatable import trimmed
from bridge.decisions import ReasonCode
from bridge.master_data import TaxRate
from clientkit.money import places, product, rounded, total
from rillet import ItemTax, TaxType

_PER_CENT = Decimal("0.01")


@attrs.frozen(kw_only=True)
class LineTax:
    """What the tax of a line comes to, and the rate, where one is known."""

    amount: Decimal
    rate: ItemTax | None = None


def tax_of(line: Line, context: Context, *, needs_rate: bool) -> LineTax | None:
    """The tax of a line by the status of its customer and the category of its product; None with a reason in the context.

    A tax that the billing system tells is what the customer was sent, and is posted to the last unit. It may differ from what
    the tax rate comes to by one unit of rounding. `needs_rate` tells that Rillet cannot take a tax without its rate.
    """
    status, settings = context.invoice.customer.tax_status, context.settings
    before = len(context.findings.reasons)
    rate = _rate(line, context)
    if len(context.findings.reasons) > before:
        return None
    amount = line.tax
    if amount is None:
        amount = _worked_out(rate, line, context.invoice.currency) if rate is not None else Decimal(0)
        if rate is None and status is TaxStatus.TAXED and settings.taxes:
            category = line.product.tax_category if line.product is not None else None
            text = f"no tax code fits a taxed customer and the category {category!r}; add one to [[taxes]]"
            context.refuse(ReasonCode.UNKNOWN_TAX_CODE, text, line)
            return None
    problem = _problem(amount, rate, line, context, needs_rate=needs_rate)
    if problem is not None:
        context.refuse(*problem, line)
        return None
    kind = TaxType.VAT if settings.tax_kind is TaxKind.VAT else TaxType.SALES_TAX
    return LineTax(amount=amount, rate=None if rate is None else ItemTax.of(rate, type=kind))


def _rate(line: Line, context: Context) -> TaxRate | None:
    """The rate of the first rule that fits."""
    customer = context.invoice.customer
    country = customer.address.country if customer.address is not None else None
    category = line.product.tax_category if line.product is not None else None
    for rule in context.settings.taxes:
        fits = rule.category in {None, category} and rule.country in {None, country}
        if rule.status is customer.tax_status and fits:
            break
    else:
        return None
    rate = context.catalogue.tax_rate(rule.code)
    if rate is None:
        text = f"the tax code {rule.code!r} is not that of one tax rate of {context.ledger}"
        context.refuse(ReasonCode.UNKNOWN_TAX_CODE, text, line)
    elif rate.percentage and rule.status is not TaxStatus.TAXED:
        text = f"the tax code {rule.code!r} is for customers who are {rule.status}, and is {trimmed(rate.percentage)} %"
        context.refuse(ReasonCode.TAX_DIFFERS, text, line)
    return rate


def _problem(
    amount: Decimal, rate: TaxRate | None, line: Line, context: Context, *, needs_rate: bool
) -> tuple[ReasonCode, str] | None:
    currency, status = context.invoice.currency, context.invoice.customer.tax_status
    if amount and status is not TaxStatus.TAXED:
        return ReasonCode.TAX_DIFFERS, f"its customer is {status}, and a line has a tax of {amount:f} {currency}"
    if amount and rate is None and needs_rate:
        return ReasonCode.UNKNOWN_TAX_CODE, "Rillet takes its tax with a tax code alone; add one to [[taxes]]"
    if rate is None or line.tax is None:
        return None
    unit = Decimal((0, (1,), -places(currency)))
    expected = _worked_out(rate, line, currency)
    if total((amount, expected.copy_negate())).copy_abs() > unit:
        text = f"it has a tax of {amount:f} {currency}, and {rate.code} comes to {expected:f}"
        return ReasonCode.TAX_DIFFERS, text
    return None


def _worked_out(rate: TaxRate, line: Line, currency: str) -> Decimal:
    """The tax at a rate, rounded to the currency, halves up."""
    return rounded(product(product(line.amount, rate.percentage), _PER_CENT), currency)
