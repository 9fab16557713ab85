"""The canonical forms of Rillet's receivables: of what is sent, of what Rillet has, and of the bytes of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeAlias, cast

import attrs

from bridge.datatable import trimmed
from bridge.documents.form import Form, FormLine, form
from clientkit import codec
from clientkit.money import product, rounded, total
from rillet import (
    CreditMemo,
    CreditMemoItem,
    ExchangeRate,
    Invoice,
    InvoiceItem,
    ItemRevenue,
    NewCreditMemo,
    NewCreditMemoItem,
    NewExternalInvoiceItem,
    NewFullInvoice,
    NewInvoiceItem,
    NewRevenueRecognitionOnlyInvoice,
)

INVOICES, CREDIT_MEMOS, CUSTOMERS, PRODUCTS = "invoices", "credit-memos", "customers", "products"
#: What a credit memo pays of invoices: a part of the credit memo, which Rillet writes as a whole.
APPLICATIONS = "credit-memo-applications"
#: Where taxes are in a form; which account Rillet posts them to is its own affair.
TAX = "tax"

NewInvoice: TypeAlias = NewFullInvoice | NewRevenueRecognitionOnlyInvoice
_Item: TypeAlias = InvoiceItem | CreditMemoItem | NewExternalInvoiceItem | NewInvoiceItem | NewCreditMemoItem


@attrs.frozen(kw_only=True)
class _Sold:
    """What a line says about the books: `net` of a product without its `tax`, on `account`, in a service period."""

    product: str
    account: str
    net: Decimal
    tax: Decimal
    currency: str
    period: str | None


def form_of_invoice(value: Invoice | NewInvoice) -> Form:
    """What an invoice says about the books: its lines, taxes and head. One that Rillet numbers says no number when it is sent."""
    head = {
        "day": value.invoice_date.isoformat(),
        "due": (value.due_date or value.invoice_date).isoformat(),
        "party": value.customer_id,
        "subsidiary": value.subsidiary_id,
        "rate": _rate(value.exchange_rate),
        "number": None if isinstance(value, NewFullInvoice) else value.invoice_number,
    }
    return _form(INVOICES, list(map(_sold, value.items)), head, sign=-1)


def form_of_credit_memo(value: CreditMemo | NewCreditMemo) -> Form:
    """What a credit memo says about the books; its number is nobody's business but Rillet's where it was left out."""
    head = {
        "day": value.credit_memo_date.isoformat(),
        "party": value.customer_id,
        "subsidiary": value.subsidiary_id,
        "rate": _rate(value.exchange_rate),
        "number": value.credit_memo_number,
    }
    return _form(CREDIT_MEMOS, list(map(_sold, value.items)), head, sign=1)


def form_of_application(memo_id: str, invoice_id: str, amount: Decimal, currency: str) -> Form:
    """What a credit memo pays of one invoice. It moves nothing in the ledger: both sides are receivable."""
    head = {"memo": memo_id, "invoice": invoice_id, "amount": trimmed(amount), "currency": currency}
    return form(APPLICATIONS, (), head)


def kind_of_application(invoice_id: str) -> str:
    """The kind of what credit memos pay of one invoice of Rillet's: applications have no id by which they could be asked for."""
    return f"{APPLICATIONS}:{invoice_id}"


def form_of_master(kind: str) -> Form:
    """What a customer or a product says about the books: nothing. Whatever is linked is left as it is."""
    return form(kind, (), {})


def form_of_receivable(kind: str, content: bytes) -> Form | None:
    """What a request or an answer says, by the kind of object; None where that cannot be read or tells nothing."""
    if kind in {CUSTOMERS, PRODUCTS}:
        return form_of_master(kind)
    try:
        read: object = codec.parse(content)
        fields = cast("dict[str, object]", read) if isinstance(read, dict) else {}
        value = _sale(kind, fields)
    except codec.CodecError:
        return None
    if isinstance(value, CreditMemo | NewCreditMemo):
        return form_of_credit_memo(value)
    # An application is written whole, so its bytes do not tell which one of them was meant.
    return None if value is None else form_of_invoice(value)


def _sale(kind: str, fields: Mapping[str, object]) -> Invoice | NewInvoice | CreditMemo | NewCreditMemo | None:
    """What Rillet has, where it has an id, or else what is sent. Raises `CodecError`."""
    has_id = "id" in fields
    if kind == CREDIT_MEMOS:
        return codec.structure(fields, CreditMemo) if has_id else codec.structure(fields, NewCreditMemo)
    if kind != INVOICES:
        return None
    if has_id:
        return codec.structure(fields, Invoice)
    if fields.get("scope") == "FULL":
        return codec.structure(fields, NewFullInvoice)
    return codec.structure(fields, NewRevenueRecognitionOnlyInvoice)


def _form(kind: str, sold: Sequence[_Sold], head: dict[str, str | None], *, sign: int) -> Form:
    lines = [
        FormLine(account=account, amount=amount if sign > 0 else amount.copy_negate(), currency=each.currency)
        for each in sold
        for account, amount in ((each.account, each.net), (TAX, each.tax))
    ]
    periods = [f"{each.account} {each.period} {trimmed(each.net)}" for each in sold if each.period is not None]
    told = "; ".join(sorted(periods)) if len(periods) == len(sold) else None
    products = "; ".join(sorted(f"{each.product} {trimmed(each.net)}" for each in sold)) or None
    currency = " ".join(sorted({each.currency for each in sold})) or None
    return form(kind, lines, {**head, "currency": currency, "periods": told, "products": products})


def _sold(item: _Item) -> _Sold:
    revenue = item.revenue
    match item:
        case InvoiceItem() | CreditMemoItem():
            tax = item.taxed_amount.amount if item.taxed_amount is not None else Decimal(0)
            whole = item.total_amount
            return _line(item.product_id, revenue, total((whole.amount, tax.copy_negate())), tax, whole.currency)
        case NewExternalInvoiceItem():
            tax = item.tax_amount.amount if item.tax_amount is not None else Decimal(0)
            whole = item.total_amount
            return _line(item.product_id, revenue, total((whole.amount, tax.copy_negate())), tax, whole.currency)
        case NewInvoiceItem() | NewCreditMemoItem():
            price = item.price.amount_per_unit
            net = rounded(product(item.price.quantity, price.amount), price.currency)
            told = item.tax_rate.tax_amount if item.tax_rate is not None else None
            tax = told.amount if told is not None else Decimal(0)
            return _line(item.price.product_id, revenue, net, tax, price.currency)


def _line(product_id: str, revenue: ItemRevenue | None, net: Decimal, tax: Decimal, currency: str) -> _Sold:
    period = revenue.period if revenue is not None else None
    return _Sold(
        product=product_id,
        account=revenue.account_code or "" if revenue is not None else "",
        net=net,
        tax=tax,
        currency=currency,
        period=None if period is None else f"{period.start}/{period.end}",
    )


def _rate(rate: ExchangeRate | None) -> str | None:
    return None if rate is None else f"{rate.base} {rate.target} {trimmed(rate.rate)} {rate.date}"


def day_of(form: Form) -> date | None:
    """The day on which a form counts in the books."""
    told = form.head.get("day")
    return None if told is None else date.fromisoformat(told)
