"""The invoices of the demonstration and its exchange rates as the files that ``brex-rillet billing`` reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.billing.values import Invoice, Line
from bridge.closing.delimited import Cell, delimited

_INVOICES = (
    "invoice_id", "number", "issued", "due", "currency", "entity", "customer_id", "customer_name", "tax_status", "line_id",
    "product_id", "product_name", "amount", "tax", "total",
)  # fmt: skip
_RATES = ("base", "target", "date", "rate")


def invoices_file(invoices: Iterable[Invoice]) -> str:
    """A CSV file with a row for each line."""
    return delimited(_INVOICES, [_row(each, line) for each in invoices for line in each.lines])


def rates_file(invoices: Iterable[Invoice]) -> str:
    """A CSV file with the exchange rates of invoices in another currency than their subsidiary's."""
    return delimited(_RATES, sorted(set(_rates(invoices))))


def _row(invoice: Invoice, line: Line) -> tuple[Cell, ...]:
    customer, product = invoice.customer, line.product
    sold = ("", "") if product is None else (product.id, product.name)
    head = (invoice.id, invoice.number or "", invoice.issued, invoice.due or "", invoice.currency, invoice.entity or "")
    told = ("" if each is None else f"{each:f}" for each in (line.amount, line.tax, invoice.total))
    return (*head, customer.id, customer.name, customer.tax_status.value, line.id, *sold, *told)


def _rates(invoices: Iterable[Invoice]) -> Iterator[tuple[str, ...]]:
    for each in invoices:
        if (rate := each.exchange_rate) is not None:
            yield rate.base, rate.target, rate.date.isoformat(), f"{rate.rate:f}"
