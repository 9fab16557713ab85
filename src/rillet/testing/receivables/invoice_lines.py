"""Invoices and their lines, made from what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import attrs

from clientkit.money import total
from rillet.receivables.customers import Customer
from rillet.receivables.invoices import (
    Invoice,
    InvoiceItem,
    InvoiceStatus,
    InvoicingBankAccount,
    NewExternalInvoiceItem,
    NewInvoiceItem,
)
from rillet.receivables.items import TaxesUpdate
from rillet.testing.receivables.amounts import line_amounts, one_currency, rate_of, summed, with_shares_of
from rillet.testing.receivables.books import ReceivablesBooks
from rillet.testing.server.routing import invalid
from rillet.values import ExchangeRate, ExternalReference, Money


@attrs.frozen(kw_only=True)
class InvoiceHead:
    """Everything of an invoice but what follows from its lines and its payments."""

    id: str
    number: str
    customer: Customer
    subsidiary_id: str
    day: date
    due_date: date | None
    references: Sequence[ExternalReference]
    exchange_rate: ExchangeRate | None = None
    contract_id: str | None = None
    purchase_order_number: str | None = None
    memo: str | None = None
    bank_account: InvoicingBankAccount | None = None


def invoice_of(head: InvoiceHead, items: Sequence[InvoiceItem], *, tax: Money | None = None) -> Invoice:
    """An unpaid invoice. `tax` is that of all lines together, for lines that name none of their own."""
    if not items:
        raise invalid("items must not be empty", "items")
    currency = one_currency([item.total_amount for item in items], "items")
    if tax is not None:
        items = _with_whole_tax(items, tax, currency)
    nothing = Money(Decimal(0), currency)
    bare = Invoice(
        id=head.id,
        subsidiary_id=head.subsidiary_id,
        invoice_number=head.number,
        customer_id=head.customer.id,
        contract_id=head.contract_id,
        items=(),
        due_date=head.due_date or head.day,
        invoice_date=head.day,
        customer_address=head.customer.address,
        shipping_address=head.customer.shipping_address,
        bank_account=head.bank_account,
        status=InvoiceStatus.UNPAID,
        net_amount=nothing,
        amount_due=nothing,
        total=nothing,
        payment_terms=terms(head.day, head.due_date),
        subtotal=nothing,
        total_discount=nothing,
        purchase_order_number=head.purchase_order_number,
        exchange_rate=head.exchange_rate,
        taxed_amount=nothing,
        memo=head.memo,
        external_references=tuple(head.references),
    )
    return with_items(bare, items)


def with_items(invoice: Invoice, items: Sequence[InvoiceItem]) -> Invoice:
    """An invoice with other lines, and the sums that follow from them. Refuses a sum below zero."""
    currency = invoice.total.currency
    whole = summed([item.total_amount for item in items], currency)
    if whole.amount < 0:
        raise invalid("An invoice cannot come to less than 0", "items")
    tax = summed([item.taxed_amount for item in items if item.taxed_amount is not None], currency)
    discount = summed([item.total_discount for item in items if item.total_discount is not None], currency)
    net = Money(total([whole.amount, -tax.amount]), currency)
    return attrs.evolve(
        invoice,
        items=tuple(items),
        net_amount=net,
        amount_due=whole,
        total=whole,
        subtotal=Money(total([net.amount, discount.amount]), currency),
        total_discount=discount,
        taxed_amount=tax,
    )


def terms(day: date, due_date: date | None) -> int:
    """How many days an invoice leaves for its payment."""
    return max(0, ((due_date or day) - day).days)


def priced_item(receivables: ReceivablesBooks, asked: NewInvoiceItem, day: date, where: str) -> InvoiceItem:
    """A line that Rillet works out."""
    price = asked.price
    product = receivables.product(price.product_id, f"{where}.price")
    receivables.check_fields(asked.fields, f"{where}.fields")
    amounts = line_amounts(price.quantity, price.amount_per_unit, where, discount=price.discount, tax=asked.tax_rate)
    receivables.books.check_rounded(
        [(f"{where}.price.discount.amount_off", amounts.discount), (f"{where}.tax_rate.tax_amount", amounts.tax)]
    )
    return InvoiceItem(
        id=receivables.books.new_id(),
        description=asked.description,
        revenue=receivables.revenue(asked.revenue, product, day, where),
        total_amount=amounts.whole,
        total_discount=amounts.discount,
        taxed_amount=amounts.tax,
        gross_rate=rate_of(amounts.gross, price.quantity),
        quantity=price.quantity,
        product_id=product.id,
        fields=tuple(asked.fields),
    )


def external_item(
    receivables: ReceivablesBooks,
    asked: NewExternalInvoiceItem,
    day: date,
    where: str,
    *,
    discount: Money | None = None,
) -> InvoiceItem:
    """A line that another system worked out: its `total_amount` holds its tax, and its discount is off already."""
    if asked.quantity <= 0:
        raise invalid("quantity must be greater than 0", f"{where}.quantity")
    nothing = Money(Decimal(0), asked.total_amount.currency)
    taken, tax = discount or nothing, asked.tax_amount or nothing
    receivables.books.check_rounded(
        [
            (f"{where}.total_amount", asked.total_amount),
            (f"{where}.tax_amount", tax),
            (f"{where}.discount_amount", taken),
        ]
    )
    one_currency([asked.total_amount, tax, taken], where)
    product = receivables.product(asked.product_id, where)
    receivables.check_fields(asked.fields, f"{where}.fields")
    receivables.books.check_references(asked.external_references)
    gross = Money(total([asked.total_amount.amount, -tax.amount, taken.amount]), asked.total_amount.currency)
    return InvoiceItem(
        id=receivables.books.new_id(),
        description=asked.description,
        revenue=receivables.revenue(asked.revenue, product, day, where),
        total_amount=asked.total_amount,
        total_discount=taken,
        taxed_amount=tax,
        gross_rate=rate_of(gross, asked.quantity),
        quantity=asked.quantity,
        product_id=product.id,
        external_references=tuple(asked.external_references),
        fields=tuple(asked.fields),
    )


def with_tax(item: InvoiceItem, tax: Money) -> InvoiceItem:
    """A line that earns what it did, with another tax on top."""
    before = item.taxed_amount.amount if item.taxed_amount is not None else Decimal(0)
    whole = Money(total([item.total_amount.amount, -before, tax.amount]), tax.currency)
    return attrs.evolve(item, total_amount=whole, taxed_amount=tax)


def taxes_of(asked: TaxesUpdate, lines: Sequence[str], currency: str) -> dict[str, Money]:
    """The new tax of each line that is named; the list of rates and the single rate are both understood."""
    if not asked.items:
        raise invalid("items must not be empty", "items")
    taxes = dict[str, Money]()
    for index, item in enumerate(asked.items):
        where = f"items[{index}]"
        if item.id not in lines:
            raise invalid(f"Item {item.id} not found", f"{where}.id")
        rates = item.tax_rates if item.tax_rates is not None else [item.tax_rate]
        amounts = [rate.tax_amount if rate is not None else None for rate in rates]
        given = [amount for amount in amounts if amount is not None]
        if len(given) < len(amounts):
            raise invalid("tax_amount must not be null", f"{where}.tax_rate")
        taxes[item.id] = summed(given, one_currency([*given, Money(Decimal(0), currency)], f"{where}.tax_rate"))
    return taxes


def _with_whole_tax(items: Sequence[InvoiceItem], tax: Money, currency: str) -> Sequence[InvoiceItem]:
    one_currency([tax, Money(Decimal(0), currency)], "tax_amount")
    of_lines = total(item.taxed_amount.amount for item in items if item.taxed_amount is not None)
    if of_lines == 0:
        return with_shares_of(items, tax)
    if of_lines != tax.amount:
        raise invalid(f"tax_amount is {tax.amount}, but that of the items together {of_lines}", "tax_amount")
    return items
