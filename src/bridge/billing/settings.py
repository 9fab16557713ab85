"""What the sync of a billing system has to be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

import attrs

from bridge.billing.values import TaxStatus
from bridge.settings.mistakes import Mistake, repeated
from bridge.settings.toml_file import read_toml


class Scope(StrEnum):
    """Who sends invoices to customers.

    ``external``: the billing system; Rillet records them under their own numbers, with the amounts and taxes that the
    customer was sent. ``full``: Rillet; it numbers and sends them, and works with its tax rates.
    """

    EXTERNAL = "external"
    FULL = "full"


class TaxKind(StrEnum):
    """Which kind of tax is on the invoices."""

    VAT = "vat"
    SALES_TAX = "sales_tax"


class OnInvoiceChange(StrEnum):
    """What to do with an invoice that is in Rillet and was changed in the billing system.

    ``replace``: it is deleted and posted again, where nothing pays it and its period is open; otherwise it is refused.
    ``refuse``: a person decides. There are no correcting entries: the billing system corrects an invoice with a credit note.
    """

    REPLACE = "replace"
    REFUSE = "refuse"


class OnVoid(StrEnum):
    """What to do with an invoice that is in Rillet and was voided in the billing system.

    ``delete``: it is deleted there, where nothing pays it and its period is open; otherwise it is refused. ``credit``: a
    credit memo of all of it is posted and applied. ``refuse``: a person decides.
    """

    DELETE = "delete"
    CREDIT = "credit"
    REFUSE = "refuse"


class SettledElsewhere(StrEnum):
    """What to do with payments that Rillet tells of an invoice that the billing system has as settled already.

    ``leave``: nothing. ``tell``: they are told like any other.
    """

    LEAVE = "leave"
    TELL = "tell"


@attrs.frozen(kw_only=True)
class CustomerLink:
    """Which customer of Rillet a customer of the billing system is.

    - `billing`: the id of the customer in the billing system.
    - `rillet`: the id of the customer in Rillet.
    """

    billing: str
    rillet: str


@attrs.frozen(kw_only=True)
class ProductLink:
    """Which product of Rillet a product of the billing system is.

    - `billing`: the product's id or name in the billing system.
    - `rillet`: the product's id or name in Rillet.
    """

    billing: str
    rillet: str


@attrs.frozen(kw_only=True)
class TaxCode:
    """Rillet's tax rate for some lines. Everything that is given must hold; the first that holds counts.

    - `code`: the code or id of the tax rate in Rillet.
    - `status`: the tax status of the customer.
    - `category`: the tax category of the product; any if left out.
    - `country`: the country of the customer's address (ISO 3166 alpha-2); any if left out.
    """

    code: str
    status: TaxStatus = TaxStatus.TAXED
    category: str | None = None
    country: str | None = None


@attrs.frozen(kw_only=True)
class BillingEntity:
    """Which subsidiary of Rillet a company of the billing system is.

    - `name`: what the invoice's `entity` says; in Stripe's JSON it is in the ``metadata``.
    - `subsidiary`: the trade name or id of the subsidiary.
    """

    name: str
    subsidiary: str


@attrs.frozen(kw_only=True)
class BillingSettings:
    """The settings of a sync of invoices.

    - `reference_type`: the type of external reference that links Rillet's objects to the billing system's. Create it once
      in Rillet, under Settings → External References.
    - `subsidiary`: the subsidiary (trade name or id) of invoices that name no entity; not needed if there is only one.
    - `customers`, `products`: links that are not external references in Rillet.
    - `create_customers`, `create_products`: create customers or products that are not linked. A product gets a fixed price;
      if Rillet has one active product of the same name, that one is used instead.
    - `default_product`: the product (id or name) of lines whose product is not mapped.
    - `revenue_account`: the account (code or id) of created products.
    - `taxes`: which tax rate applies to which customers and products.
    - `tax_kind`: which kind of tax Rillet is told for lines with a tax rate, of all invoices and credit notes.
    - `check_currency`: refuse an invoice whose currency is not the customer's in Rillet.
    - `since`: ignore invoices that were issued before this day.
    - `on_change`: ``replace`` deletes a changed invoice and posts it again if it is unpaid; ``refuse`` leaves it to a user.
    - `rillet_link`: the address of an object in Rillet for people, with ``{id}`` (and ``{kind}``) in it.
    """

    reference_type: str = "sequencehq"
    subsidiary: str | None = None
    entities: tuple[BillingEntity, ...] = ()
    scope: Scope = Scope.EXTERNAL
    customers: tuple[CustomerLink, ...] = ()
    products: tuple[ProductLink, ...] = ()
    create_customers: bool = False
    create_products: bool = False
    default_product: str | None = None
    revenue_account: str | None = None
    taxes: tuple[TaxCode, ...] = ()
    tax_kind: TaxKind = TaxKind.VAT
    check_currency: bool = True
    since: date | None = None
    on_change: OnInvoiceChange = OnInvoiceChange.REPLACE
    on_void: OnVoid = OnVoid.DELETE
    settled_elsewhere: SettledElsewhere = SettledElsewhere.LEAVE
    rillet_link: str | None = None


# Why there are no correcting entries.
_NO_CORRECTION = "an invoice is corrected by a credit note of the billing system; use replace or refuse"


def read_billing_settings(text: str, source: str = "settings") -> BillingSettings:
    """Settings from the text of a TOML file; `source` is its name in messages.

    Raises:
        SettingsError: With every wrong key, wrong type and missing value, each with its place.
    """
    return read_toml(text, BillingSettings, source, inconsistencies_of)


def inconsistencies_of(settings: BillingSettings) -> Iterator[Mistake]:
    """What is wrong between the values."""
    yield from repeated("customers", (each.billing for each in settings.customers))
    yield from repeated("products", (each.billing for each in settings.products))
    yield from repeated("entities", (each.name for each in settings.entities))
    yield from repeated("taxes", ((each.status, each.category, each.country) for each in settings.taxes))
    if settings.create_products and settings.revenue_account is None:
        text = "products that are created need the revenue_account that they earn on"
        yield Mistake(text, ("create_products",), about=(("revenue_account",),))
    if settings.on_change not in list(OnInvoiceChange):
        # Code may give the choice of an export.
        yield Mistake(_NO_CORRECTION, ("on_change",))
