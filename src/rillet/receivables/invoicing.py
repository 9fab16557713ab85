"""When a contract is invoiced, by Rillet or by another system (https://docs.api.rillet.com/reference/create-a-contract).

`Invoicing` is a union told apart by its interval; an interval that this release does not know is an `UnknownVariant`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

import attrs

from clientkit.codec import Extra, always_sent, as_number, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.codec.unions import UnknownVariant, tagged_union
from clientkit.model import Input, Model
from rillet.values import ExternalReference, Money

# A leap year, so that it has the 29th of February.
_ANY_YEAR = 2000


def month_day(month: int, day: int) -> str:
    """A day of every year as Rillet writes it: ``--06-15``. Raises `ValueError` for a day that no year has."""
    return f"--{date(_ANY_YEAR, month, day):%m-%d}"


@attrs.frozen(kw_only=True)
class MonthlyInvoicing(Model):
    """An invoice on this `day` of every month; `payment_terms` are days."""

    payment_terms: int
    day: int
    interval: Literal["MONTHLY"] = attrs.field(default="MONTHLY", metadata=always_sent())
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class MonthlyProratedInvoicing(Model):
    """`MonthlyInvoicing` with first and last months in part, for usage products with a minimum commitment alone."""

    payment_terms: int
    day: int
    interval: Literal["MONTHLY_PRORATED"] = attrs.field(default="MONTHLY_PRORATED", metadata=always_sent())
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class QuarterlyInvoicing(Model):
    """An invoice on `month_day` (``--06-15``, see `month_day`) and every three months from there."""

    payment_terms: int
    month_day: str
    interval: Literal["QUARTERLY"] = attrs.field(default="QUARTERLY", metadata=always_sent())
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class SemiAnnualInvoicing(Model):
    """An invoice on `month_day` (``--06-15``, see `month_day`) and every six months from there."""

    payment_terms: int
    month_day: str
    interval: Literal["SEMI_ANNUAL"] = attrs.field(default="SEMI_ANNUAL", metadata=always_sent())
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class YearlyInvoicing(Model):
    """An invoice every year on `month_day` (``--06-15``, see `month_day`)."""

    payment_terms: int
    month_day: str
    interval: Literal["YEARLY"] = attrs.field(default="YEARLY", metadata=always_sent())
    extra: Extra = unknown_fields()


Invoicing: TypeAlias = (
    MonthlyInvoicing
    | MonthlyProratedInvoicing
    | QuarterlyInvoicing
    | SemiAnnualInvoicing
    | YearlyInvoicing
    | UnknownVariant
)

tagged_union(Invoicing, "interval")


class UsageFrequency(OpenEnum):
    """How often usage is invoiced."""

    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    SEMI_ANNUAL = "SEMI_ANNUAL"
    YEARLY = "YEARLY"


class UsageInvoiceDate(OpenEnum):
    """On which day around the end of a usage cycle its invoice is made."""

    FIRST_DAY_OF_NEXT_CYCLE = "FIRST_DAY_OF_NEXT_CYCLE"
    LAST_DAY_OF_CURRENT_CYCLE = "LAST_DAY_OF_CURRENT_CYCLE"


class UsageCycle(OpenEnum):
    """Where a usage cycle begins.

    ``CALENDAR`` is for monthly invoices of contracts that do not start on the first of a month.
    """

    CALENDAR = "CALENDAR"
    SUBSCRIPTION_ANNIVERSARY = "SUBSCRIPTION_ANNIVERSARY"


class CommitmentFrequency(OpenEnum):
    """How often a minimum commitment is invoiced; ``MONTHLY_PRORATED`` goes with calendar cycles alone."""

    MONTHLY = "MONTHLY"
    MONTHLY_PRORATED = "MONTHLY_PRORATED"
    QUARTERLY = "QUARTERLY"
    SEMI_ANNUAL = "SEMI_ANNUAL"
    YEARLY = "YEARLY"


class CommitmentCycle(OpenEnum):
    """How often a minimum commitment begins anew."""

    MONTHLY = "MONTHLY"
    CONTRACT = "CONTRACT"


@attrs.frozen(kw_only=True)
class UsageInvoicing(Model):
    """When usage is invoiced; `payment_terms` are days and the same wherever one contract names them."""

    frequency: UsageFrequency
    payment_terms: int
    invoice_date: UsageInvoiceDate
    cycle: UsageCycle
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class MinimumCommitmentInvoicing(Model):
    """When a minimum commitment is invoiced; `payment_terms` are days."""

    frequency: CommitmentFrequency
    payment_terms: int
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class UsageCommitment(Model):
    """The least that is paid for usage, rounded to its currency, and the code of the account that it earns on."""

    amount: Money
    revenue_account: str
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class UsageConfiguration(Model):
    """How a contract with usage products is invoiced.

    `contract_level_minimum_commitment` is shared by all items with a usage price; where it is set, no item has a
    commitment of its own.
    """

    usage_invoicing: UsageInvoicing
    minimum_commitment_invoicing: MinimumCommitmentInvoicing | None = None
    minimum_commitment_cycle: CommitmentCycle | None = None
    contract_level_minimum_commitment: UsageCommitment | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class ScheduledInvoiceItem(Input):
    """One line of a scheduled invoice; the amounts are rounded to their currency.

    `contract_item_reference` is the id of the external reference of the contract's item.
    """

    description: str
    contract_item_reference: str
    quantity: Decimal = attrs.field(metadata=as_number())
    total_amount: Money
    tax_amount: Money | None = None
    discount_amount: Money | None = None
    external_references: Sequence[ExternalReference] = attrs.field(default=(), metadata=always_sent())


@attrs.frozen(kw_only=True)
class ScheduledInvoice(Input):
    """An invoice that another system sends for a contract. `due_date` is `invoice_date` when left out."""

    due_date: date | None = None
    invoice_date: date
    invoice_number: str
    tax_amount: Money | None = None
    items: Sequence[ScheduledInvoiceItem]
    external_references: Sequence[ExternalReference] = attrs.field(default=(), metadata=always_sent())


@attrs.frozen(kw_only=True)
class InvoiceSchedule(Input):
    """All invoices that another system sends for a contract."""

    invoices: Sequence[ScheduledInvoice] = ()
