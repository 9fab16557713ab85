"""The tax of a line: what the billing system has worked out, or else what Rillet's tax rate comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

import attrs

from bridge.billing.context import Context
from bridge.billing.documents import SoldLine
from bridge.billing.settings import TaxKind
from bridge.billing.values import CreditNote, Invoice, Line, TaxStatus
from bridge.datatable import trimmed
from bridge.decisions import ReasonCode
from bridge.master_data import TaxRate
from clientkit.money import is_rounded, places, product, rounded, total
from rillet import ItemTax, TaxType

_PER_CENT = Decimal("0.01")
_STANDING: Mapping[TaxStatus, str] = MappingProxyType(
    {TaxStatus.TAXED: "taxed", TaxStatus.EXEMPT: "exempt from tax", TaxStatus.REVERSE_CHARGE: "under reverse charge"}
)


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
            text = f"its tax is not told, and {_unmatched(line, context)}; add one, or set the line's tax to 0 if there is none"
            context.refuse(ReasonCode.UNKNOWN_TAX_CODE, text, line)
            return None
    problem = _problem(amount, rate, line, context, needs_rate=needs_rate)
    if problem is not None:
        context.refuse(*problem, line)
        return None
    kind = TaxType.VAT if settings.tax_kind is TaxKind.VAT else TaxType.SALES_TAX
    return LineTax(amount=amount, rate=None if rate is None else ItemTax.of(rate, type=kind))


def rounded_as_told(invoice: Invoice | CreditNote, sold: Sequence[SoldLine | None]) -> list[SoldLine | None]:
    """The lines with taxes that come to the total which the billing system tells, where it rounds the tax of a whole document.

    The taxes that it does not tell may then be less than a unit away from what the rates come to before any rounding. What is
    missing is put on the biggest of them, a unit on each. A total that rounding does not explain is left for its refusal.
    """
    lines = [each for each in sold if each is not None]
    if invoice.total is None or len(lines) < len(invoice.lines) or not is_rounded(invoice.total, invoice.currency):
        return list(sold)
    unit = Decimal((0, (1,), -places(invoice.currency)))
    apart = total((invoice.total, *(amount.copy_negate() for each in lines for amount in (each.net, each.tax))))
    free = [number for number, line in enumerate(invoice.lines) if line.tax is None and lines[number].tax]
    exact = total(_exactly(rate.percentage, lines[each].net) for each in free if (rate := lines[each].rate) is not None)
    rest = total((exact, apart.copy_negate(), *(lines[each].tax.copy_negate() for each in free)))
    if not apart or rest.copy_abs() >= unit:
        return list(sold)
    free.sort(key=lambda number: lines[number].tax.copy_abs(), reverse=True)
    for number in free[: int(apart.copy_abs() / unit)]:
        tax = total((lines[number].tax, unit.copy_sign(apart)))
        lines[number] = attrs.evolve(lines[number], tax=tax)
    return list(lines)


def _rate(line: Line, context: Context) -> TaxRate | None:
    """The rate of the first rule that fits."""
    customer = context.invoice.customer
    country, category = _country(context), _category(line)
    for rule in context.settings.taxes:
        fits = rule.category in {None, category} and rule.country in {None, country}
        if rule.status is customer.tax_status and fits:
            break
    else:
        return None
    if context.refuse_unread("tax rate", rule.code, line=line):
        return None
    rate = context.catalogue.tax_rate(rule.code)
    if rate is None:
        text = f"{context.ledger} has no single tax rate {rule.code!r}, which [[taxes]] names; create it there, or name the id of one"
        context.refuse(ReasonCode.UNKNOWN_TAX_CODE, text, line)
    elif rate.percentage and rule.status is not TaxStatus.TAXED:
        text = (
            f"its customer is {_STANDING[rule.status]}, and [[taxes]] has {_shown(rate)} for such customers; name a code of 0 % "
            f"there"
        )
        context.refuse(ReasonCode.TAX_DIFFERS, text, line)
    return rate


def _problem(
    amount: Decimal, rate: TaxRate | None, line: Line, context: Context, *, needs_rate: bool
) -> tuple[ReasonCode, str] | None:
    currency, status = context.invoice.currency, context.invoice.customer.tax_status
    if amount and status is not TaxStatus.TAXED:
        text = (
            f"its customer is {_STANDING[status]}, and a line has a tax of {context.amount(amount)} {currency}; set the tax to 0, or the "
            f"customer's tax status to taxed"
        )
        return ReasonCode.TAX_DIFFERS, text
    if amount and rate is None and needs_rate:
        text = (
            f"a line has a tax of {context.amount(amount)} {currency}, which Rillet takes with a tax rate here, and "
            f"{_unmatched(line, context)}; add one"
        )
        return ReasonCode.UNKNOWN_TAX_CODE, text
    if amount and rate is None and context.settings.taxes:
        text = f"a line has a tax of {context.amount(amount)} {currency}, and {_unmatched(line, context)}, which would tell its rate; add one"
        return ReasonCode.UNKNOWN_TAX_CODE, text
    if rate is None or line.tax is None:
        return None
    unit = Decimal((0, (1,), -places(currency)))
    expected = _worked_out(rate, line, currency)
    if total((amount, expected.copy_negate())).copy_abs() > unit:
        text = (
            f"a line of {context.amount(line.amount)} {currency} has a tax of {context.amount(amount)}, and {_shown(rate)} comes to "
            f"{context.amount(expected)}; correct its tax, or the code for such lines in [[taxes]]"
        )
        return ReasonCode.TAX_DIFFERS, text
    return None


def _unmatched(line: Line, context: Context) -> str:
    """That no rule fits, and what it would have to fit."""
    country, category = _country(context), _category(line)
    where = f"in {country}" if country else "without a country"
    what = f"a product of the tax category {category!r}" if category else "a product without a tax category"
    status = _STANDING[context.invoice.customer.tax_status]
    return f"no entry of [[taxes]] is for a customer {where} who is {status}, and {what}"


def _country(context: Context) -> str | None:
    address = context.invoice.customer.address
    return None if address is None else address.country.upper()


def _category(line: Line) -> str | None:
    return None if line.product is None else line.product.tax_category


def _shown(rate: TaxRate) -> str:
    return f"{rate.code} ({trimmed(rate.percentage)} % in {rate.country})"


def _worked_out(rate: TaxRate, line: Line, currency: str) -> Decimal:
    """The tax at a rate, rounded to the currency, halves up."""
    return rounded(_exactly(rate.percentage, line.amount), currency)


def _exactly(percentage: Decimal, amount: Decimal) -> Decimal:
    return product(product(amount, percentage), _PER_CENT)
