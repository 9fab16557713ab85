"""What invoices should come to in the books, worked out in whole cents and by other means than the bridge's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

import rillet.testing
from bridge.billing import CreditNote, Invoice, InvoiceStatus, Line, TaxStatus
from rillet import Side

Books = Mapping[tuple[str, str, str], int]
#: Per cent by the product's category; everything else is 19.
PER_CENT = {"books": 7}


def cents(amount: Decimal) -> int:
    whole = amount * 100
    assert whole == int(whole)
    return int(whole)


def tax_of(line: Line, status: TaxStatus) -> int:
    """The tax of a line: told, or the rate's, halves away from zero."""
    if line.tax is not None:
        return cents(line.tax)
    if status is not TaxStatus.TAXED:
        return 0
    category = line.product.tax_category if line.product is not None else None
    exact = cents(line.amount) * PER_CENT.get(category or "", 19)
    sign, size = (-1, -exact) if exact < 0 else (1, exact)
    return sign * ((size + 50) // 100)


def expected(
    values: Iterable[Invoice | CreditNote], accounts: Mapping[str, str], subsidiaries: Mapping[str | None, str]
) -> Books:
    """Debits less credits in cents, by subsidiary, account and currency; `accounts` are those of products."""
    sums = Counter[tuple[str, str, str]]()
    for value in values:
        if isinstance(value, Invoice) and value.status in {InvoiceStatus.DRAFT, InvoiceStatus.VOID}:
            continue
        sign = 1 if isinstance(value, Invoice) else -1
        place = subsidiaries[value.entity]
        for line in value.lines:
            net, tax = cents(line.amount), tax_of(line, value.customer.tax_status)
            revenue = accounts[line.product.id if line.product is not None else ""]
            sums[place, "12000", value.currency] += sign * (net + tax)
            sums[place, revenue, value.currency] -= sign * net
            sums[place, "22500", value.currency] -= sign * tax
    return {key: amount for key, amount in sums.items() if amount}


def booked(books: rillet.testing.StandIn) -> Books:
    """The same, as the stand-in's ledger has it."""
    sums = Counter[tuple[str, str, str]]()
    for each in books.ledger.postings:
        signed = cents(each.amount.amount) * (1 if each.side is Side.DEBIT else -1)
        sums[each.subsidiary_id, each.account_code, each.amount.currency] += signed
    return {key: amount for key, amount in sums.items() if amount}
