"""What a billing system knows, in values that belong to no vendor: customers, products, invoices and credit notes.

Amounts are decimals in major units of their ISO 4217 currency; times are aware.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

import attrs

from bridge.values import ExchangeRate
from clientkit.money import total


class TaxStatus(StrEnum):
    """How a customer is taxed.

    ``taxed``: as the products are. ``exempt``: not at all. ``reverse_charge``: not by the seller; the customer owes the tax.
    """

    TAXED = "taxed"
    EXEMPT = "exempt"
    REVERSE_CHARGE = "reverse_charge"


class InvoiceStatus(StrEnum):
    """Where an invoice stands in the billing system.

    ``draft``: it may still change, and the customer does not have it. ``open``: it is finalized or sent. ``paid``: it is
    settled in the billing system. ``void``: it was issued by mistake and counts no longer. ``uncollectible``: nobody expects
    the money, but the customer still owes it.
    """

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


@attrs.frozen(kw_only=True)
class PostalAddress:
    """Where somebody is; `country` is an ISO 3166 alpha-2 code. A ledger may want more of it than a billing system has."""

    line1: str = ""
    line2: str | None = None
    city: str = ""
    state: str = ""
    zip_code: str = ""
    country: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether it has everything that Rillet wants of an address."""
        return all((self.line1, self.city, self.state, self.zip_code, self.country))


@attrs.frozen(kw_only=True)
class Customer:
    """Somebody who is invoiced. `id` is the billing system's; `currency` is the one that it bills the customer in."""

    id: str
    name: str
    email: str | None = None
    currency: str | None = None
    tax_status: TaxStatus = attrs.field(default=TaxStatus.TAXED, converter=TaxStatus)
    address: PostalAddress | None = None
    shipping_address: PostalAddress | None = None
    link: str | None = None


@attrs.frozen(kw_only=True)
class Product:
    """Something that is sold. `tax_category` says how it is taxed, in the billing system's words."""

    id: str
    name: str
    description: str = ""
    tax_category: str | None = None


@attrs.frozen(kw_only=True)
class Line:
    """One line of an invoice or a credit note.

    `amount` is what it comes to after discounts and without tax, negative where it takes something back; `unit_price` is
    what one unit costs, where the billing system tells. `tax` is the tax on top of it, None where nobody has worked it out.
    `start` and `end` are the first and the last day of the service. `credited_product` is that of the invoice's line which a
    line of a credit note takes back, and counts where it names no product itself.
    """

    id: str
    amount: Decimal
    description: str = ""
    product: Product | None = None
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    tax: Decimal | None = None
    start: date | None = None
    end: date | None = None
    credited_product: Product | None = None


@attrs.frozen(kw_only=True)
class Invoice:
    """An invoice as the billing system has it.

    `total` is what the customer pays, with tax, where the billing system tells. `entity` is the company that sells, where
    there are several. `created_at` bounds how old anything may be that was posted for it. A changed invoice has a later
    `updated_at`, by which an older copy is told; without one, every copy that says something else counts as changed.
    """

    id: str
    customer: Customer
    lines: tuple[Line, ...]
    currency: str
    issued: date
    updated_at: datetime | None = None
    status: InvoiceStatus = attrs.field(default=InvoiceStatus.OPEN, converter=InvoiceStatus)
    number: str | None = None
    due: date | None = None
    total: Decimal | None = None
    exchange_rate: ExchangeRate | None = None
    entity: str | None = None
    created_at: datetime | None = None
    link: str | None = None

    @property
    def net(self) -> Decimal:
        """What its lines come to without tax."""
        return total(each.amount for each in self.lines)


@attrs.frozen(kw_only=True)
class CreditNote:
    """What a customer has to pay less, in lines with positive amounts.

    `applied` is how much of it pays the invoice `invoice_id`, with tax; all of it where None. Without an invoice it is
    applied to none.
    """

    id: str
    customer: Customer
    lines: tuple[Line, ...]
    currency: str
    issued: date
    updated_at: datetime | None = None
    invoice_id: str | None = None
    applied: Decimal | None = None
    is_void: bool = False
    number: str | None = None
    total: Decimal | None = None
    exchange_rate: ExchangeRate | None = None
    entity: str | None = None
    created_at: datetime | None = None
    link: str | None = None


def changed_at(value: Invoice | CreditNote) -> datetime:
    """When a value was last changed; where nobody tells, the beginning of the day on which it was issued."""
    day = value.issued
    return value.updated_at or datetime(day.year, day.month, day.day, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class UnreadableInvoice:
    """An invoice that cannot be read, and why; `id` is None where it has none."""

    id: str | None
    why: str
