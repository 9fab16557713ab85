"""Changes of contracts from a day on (https://docs.api.rillet.com/reference/amend-a-contract)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

import attrs

from clientkit.codec import always_sent, as_number
from clientkit.codec.enums import OpenEnum
from clientkit.model import Input
from rillet.receivables.invoicing import InvoiceSchedule, Invoicing
from rillet.receivables.items import ItemTax
from rillet.receivables.pricing import Discount, Price, RevenuePattern
from rillet.values import ExternalReference, Money


class AmendmentEffectiveFrom(OpenEnum):
    """When an amended item changes: on the day of the amendment, or when its billing cycle is over."""

    AS_OF_AMENDMENT_DATE = "AS_OF_AMENDMENT_DATE"
    END_OF_CURRENT_BILLING_CYCLE = "END_OF_CURRENT_BILLING_CYCLE"


@attrs.frozen(kw_only=True)
class AmendedItem(Input):
    """A new item of a contract that Rillet invoices, or the new version of the item whose id is `amending`.

    `start_date` is not before the amendment; `end_date` is the contract's when left out. A `tax_rate` needs its amount.
    """

    product_id: str
    price: Price
    quantity: Decimal = attrs.field(metadata=as_number())
    revenue_pattern: RevenuePattern
    discount: Discount | None = None
    tax_rate: ItemTax | None = None
    start_date: date
    end_date: date | None = None
    effective_from: AmendmentEffectiveFrom | None = None
    amending: str | None = None


@attrs.frozen(kw_only=True)
class FullContractAmendment(Input):
    """A change of a contract that Rillet invoices; items that are not named stay as they are.

    `amendment_date` is not before the contract's last amendment.
    """

    amendment_date: date
    amendment_reason: str
    items: Sequence[AmendedItem]
    invoicing: Invoicing
    scope: Literal["FULL"] = attrs.field(default="FULL", metadata=always_sent())


@attrs.frozen(kw_only=True)
class AddedItem(Input):
    """An item that a contract invoiced elsewhere gets; it starts with the amendment and ends with the contract."""

    product_id: str
    price: Money
    discount: Discount | None = None
    revenue_pattern: RevenuePattern
    start_date: date | None = None
    end_date: date | None = None
    external_reference: ExternalReference
    type: Literal["NEW_ITEM"] = attrs.field(default="NEW_ITEM", metadata=always_sent())


@attrs.frozen(kw_only=True)
class ChangedItem(Input):
    """A change of the item whose external reference has the id `amending_reference`."""

    price: Money
    discount: Discount | None = None
    revenue_pattern: RevenuePattern | None = None
    amending_reference: str
    end_date: date | None = None
    type: Literal["AMENDING_ITEM"] = attrs.field(default="AMENDING_ITEM", metadata=always_sent())


@attrs.frozen(kw_only=True)
class TerminatedItem(Input):
    """The end of the item whose external reference has the id `external_reference`.

    Its revenue is recognised through `end_date`, which is the day of the amendment when left out.
    """

    external_reference: str
    end_date: date | None = None
    type: Literal["TERMINATED_ITEM"] = attrs.field(default="TERMINATED_ITEM", metadata=always_sent())


AmendmentItem: TypeAlias = AddedItem | ChangedItem | TerminatedItem


@attrs.frozen(kw_only=True)
class RevenueRecognitionOnlyContractAmendment(Input):
    """A change of a contract that another system invoices; items that are not named stay as they are."""

    amendment_date: date
    amendment_reason: str
    items: Sequence[AmendmentItem]
    invoice_schedule: InvoiceSchedule
    scope: Literal["REVENUE_RECOGNITION_ONLY"] = attrs.field(default="REVENUE_RECOGNITION_ONLY", metadata=always_sent())


ContractAmendment: TypeAlias = FullContractAmendment | RevenueRecognitionOnlyContractAmendment


@attrs.frozen(kw_only=True)
class AmendmentPreview(Input):
    """A change to try out on a contract that Rillet invoices; other contracts have no preview."""

    amendment_date: date
    items: Sequence[AmendedItem]
    invoicing: Invoicing
