"""The small values that Rillet's objects are made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import attrs

from clientkit.codec import Extra, as_number, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.model import Model
from clientkit.money import with_currency


@attrs.frozen
class Money(Model):
    """An amount in decimal major units (``Decimal("1.10")`` is one dollar ten) and its ISO 4217 currency code.

    Rillet pads nothing: ``10`` and ``10.00`` are the same amount, so compare `amount` as a decimal. Unknown fields make no
    difference between two amounts.
    """

    amount: Decimal
    currency: str
    extra: Extra = unknown_fields(compared=False)

    def __str__(self) -> str:
        return with_currency(self.amount, self.currency)

    def __format__(self, spec: str, /) -> str:
        return with_currency(self.amount, self.currency, spec)


@attrs.frozen(kw_only=True)
class ExternalReference(Model):
    """Where an object comes from: the `id` that another system gives it, and a link to it there.

    The `type` must exist in Rillet already (Settings → External References); only a person can create one.
    """

    type: str
    id: str
    url: str | None = None
    extra: Extra = unknown_fields()

    def is_among(self, references: Iterable[ExternalReference]) -> bool:
        """Whether one of `references` names the same object: type and id count, links do not."""
        return any((each.type, each.id) == (self.type, self.id) for each in references)


@attrs.frozen(kw_only=True)
class FieldAssignment(Model):
    """One value of one custom field (a dimension such as department), set on a line or on a vendor."""

    field_id: str
    field_value_id: str
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class ExchangeRate(Model):
    """How many units of `target`, the subsidiary's currency, one unit of `base`, the document's currency, buys.

    Rillet refuses the opposite direction, wants no rate where the currencies are the same, and wants one even
    where it is 1 across two currencies.
    """

    base: str
    target: str
    rate: Decimal
    date: date
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Period(Model):
    """Calendar days, the first and the last included."""

    start: date
    end: date
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Address(Model):
    """A postal address; `state` is a code such as ``TN``, `country` an ISO 3166 alpha-2 code."""

    line1: str
    city: str
    state: str
    zip_code: str
    country: str
    line2: str | None = None
    extra: Extra = unknown_fields()


class TaxType(OpenEnum):
    """Which kind of tax a line carries."""

    VAT = "VAT"
    SALES_TAX = "SALES_TAX"


class TaxCoverage(OpenEnum):
    """Whether a line's amount holds its tax already."""

    INCLUSIVE = "INCLUSIVE"
    EXCLUSIVE = "EXCLUSIVE"


@attrs.frozen(kw_only=True)
class ExpenseTax(Model):
    """The tax on one line of a charge, a reimbursement or a bill.

    Rillet wants every field, also beside a `tax_code`, which then overrides `percentage` (0 to 100), `country`
    (ISO 3166 alpha-2) and `description`.
    """

    tax_amount: Money
    percentage: Decimal = attrs.field(metadata=as_number())
    country: str
    type: TaxType
    description: str
    coverage: TaxCoverage
    tax_code: str | None = None
    extra: Extra = unknown_fields()


class DocumentStatus(OpenEnum):
    """How far a charge or a reimbursement is paid; Rillet sets it."""

    UNPAID = "UNPAID"
    PAID = "PAID"
    PARTIALLY_PAID = "PARTIALLY_PAID"
