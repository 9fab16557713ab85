"""What the lines of contracts, invoices and credit memos share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

import attrs

from clientkit.codec import Extra, as_number, unknown_fields
from clientkit.model import Input, Model
from rillet.receivables.pricing import RevenuePattern
from rillet.values import Money, Period, TaxType


@attrs.frozen(kw_only=True)
class ItemRevenue(Model):
    """Over which days and on which account a line earns.

    Left out, `period` is the day of the document, and `pattern` and `account_code` are the product's.
    """

    period: Period | None = None
    pattern: RevenuePattern | None = None
    account_code: str | None = None
    extra: Extra = unknown_fields()


class _Rate(Protocol):
    """What counts of a `TaxRate`."""

    @property
    def percentage(self) -> Decimal: ...
    @property
    def country(self) -> str: ...
    @property
    def description(self) -> str: ...


@attrs.frozen(kw_only=True)
class ItemTax(Model):
    """The tax on one line: `percentage` is 0 to 100, `country` an ISO 3166 alpha-2 code.

    Rillet works out a `tax_amount` that is left out, except where taxes are updated or a contract is amended.
    """

    percentage: Decimal = attrs.field(metadata=as_number())
    country: str
    type: TaxType
    description: str
    tax_amount: Money | None = None
    extra: Extra = unknown_fields()

    @classmethod
    def of(cls, rate: _Rate, *, type: TaxType = TaxType.VAT, tax_amount: Money | None = None) -> ItemTax:
        """The tax of a predefined rate, which tells everything but its `type`.

        Args:
            rate: A `TaxRate`, one of ``client.tax_rates.list()``.
            type: Whether it is a VAT or a sales tax.
            tax_amount: What it comes to; Rillet works it out when left out.
        """
        return cls(
            percentage=rate.percentage,
            country=rate.country,
            type=type,
            description=rate.description,
            tax_amount=tax_amount,
        )


@attrs.frozen(kw_only=True)
class ItemTaxesUpdate(Input):
    """The taxes that the line `id` is to have, each with its amount.

    Rillet's description asks for one ``tax_rate`` and defines a list of ``tax_rates``; send the list, and the single
    one only where the service insists.
    """

    id: str
    tax_rates: Sequence[ItemTax] | None = None
    tax_rate: ItemTax | None = None


@attrs.frozen(kw_only=True)
class TaxesUpdate(Input):
    """Taxes from another tax engine, for the lines of one invoice or credit memo."""

    taxes_calculated_at: datetime
    items: Sequence[ItemTaxesUpdate]
