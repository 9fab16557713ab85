"""Contracts (https://docs.api.rillet.com/reference/list-all-contracts).

A contract is created and amended in a scope, and its class says which: `NewFullContract` is invoiced by Rillet,
`NewRevenueRecognitionOnlyContract` by another system.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

import attrs

from clientkit.codec import Extra, always_sent, as_number, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from rillet._paging import KEYSET, checked_limit
from rillet.receivables.amendments import AmendmentPreview, ContractAmendment
from rillet.receivables.invoices import InvoiceItem, InvoiceStatus
from rillet.receivables.invoicing import InvoiceSchedule, Invoicing, UsageCommitment, UsageConfiguration
from rillet.receivables.items import ItemTax
from rillet.receivables.pricing import Discount, Price, RevenuePattern
from rillet.values import ExchangeRate, ExternalReference, FieldAssignment, Money


class ContractStatus(OpenEnum):
    """Where a contract is in its life."""

    ACTIVE = "ACTIVE"
    IN_EFFECT = "IN_EFFECT"
    CANCELLED = "CANCELLED"
    ENDED = "ENDED"
    AMENDED = "AMENDED"


class ContractItemStatus(OpenEnum):
    """Whether an item counts, or a later version of it does."""

    AMENDED = "AMENDED"
    ACTIVE = "ACTIVE"


@attrs.frozen(kw_only=True)
class ContractItem(Model):
    """One line of a contract; `amending` is the id of the item that this one takes the place of."""

    id: str
    product_id: str
    price: Price
    quantity: Decimal = attrs.field(metadata=as_number())
    total_value: Money
    revenue_pattern: RevenuePattern
    discount: Discount | None = None
    tax_rate: ItemTax | None = None
    start_date: date
    end_date: date | None = None
    status: ContractItemStatus
    amending: str | None = None
    fields: tuple[FieldAssignment, ...] = ()
    external_references: tuple[ExternalReference, ...] = ()
    usage_minimum_commitment: UsageCommitment | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class ContractInvoice(Model):
    """An invoice of a contract, made or scheduled."""

    id: str
    invoice_number: str | None = None
    invoice_date: date
    due_date: date
    status: InvoiceStatus
    total: Money
    taxed_amount: Money
    items: tuple[InvoiceItem, ...] = ()
    external_references: tuple[ExternalReference, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Contract(Model):
    """What was agreed with a customer. Which scope it was made in does not come back.

    `invoicing` is None where another system invoices, `invoices` where the contract was read from a list.
    """

    id: str
    customer_id: str
    subsidiary_id: str
    name: str
    items: tuple[ContractItem, ...]
    status: ContractStatus
    start_date: date
    end_date: date | None = None
    close_date: date | None = None
    invoicing: Invoicing | None = None
    usage_configuration: UsageConfiguration | None = None
    total_value: Money
    external_references: tuple[ExternalReference, ...] = ()
    exchange_rate: ExchangeRate | None = None
    invoices: tuple[ContractInvoice, ...] | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewContractItem(Input):
    """One line of a contract that Rillet invoices; its days are the contract's when left out.

    `usage_minimum_commitment` goes with a usage price, where the contract has no commitment of its own.
    """

    product_id: str
    price: Price
    quantity: Decimal = attrs.field(metadata=as_number())
    revenue_pattern: RevenuePattern
    discount: Discount | None = None
    tax_rate: ItemTax | None = None
    start_date: date | None = None
    end_date: date | None = None
    external_reference: ExternalReference | None = None
    fields: Sequence[FieldAssignment] = ()
    usage_minimum_commitment: UsageCommitment | None = None


@attrs.frozen(kw_only=True)
class NewFullContract(Input):
    """A contract that Rillet invoices and accounts for; without `end_date` it is open-ended.

    Rillet looks up an `exchange_rate` that is left out where the currencies differ.
    """

    name: str
    close_date: date
    start_date: date
    end_date: date | None = None
    items: Sequence[NewContractItem]
    invoicing: Invoicing | None = None
    usage_configuration: UsageConfiguration | None = None
    external_references: Sequence[ExternalReference] = ()
    customer_id: str
    subsidiary_id: str | None = None
    exchange_rate: ExchangeRate | None = None
    scope: Literal["FULL"] = attrs.field(default="FULL", metadata=always_sent())


@attrs.frozen(kw_only=True)
class NewExternalContractItem(Input):
    """One line of a contract that another system invoices; its days are the contract's when left out.

    The invoice schedule names the line by the id of its `external_reference`.
    """

    product_id: str
    price: Money
    discount: Discount | None = None
    revenue_pattern: RevenuePattern
    start_date: date | None = None
    end_date: date | None = None
    external_reference: ExternalReference


@attrs.frozen(kw_only=True)
class NewRevenueRecognitionOnlyContract(Input):
    """A contract that another system invoices, to recognise its revenue. `close_date` is `start_date` when left out."""

    name: str
    close_date: date | None = None
    start_date: date
    end_date: date | None = None
    items: Sequence[NewExternalContractItem]
    invoice_schedule: InvoiceSchedule
    external_references: Sequence[ExternalReference]
    customer_id: str
    subsidiary_id: str | None = None
    scope: Literal["REVENUE_RECOGNITION_ONLY"] = attrs.field(default="REVENUE_RECOGNITION_ONLY", metadata=always_sent())


NewContract: TypeAlias = NewFullContract | NewRevenueRecognitionOnlyContract


class ContractOperations:
    """The endpoints under ``/contracts``. A contract cannot be replaced: amend it, or end it."""

    @listing
    def list(
        self,
        *,
        subsidiary_id: str | None = None,
        customer_id: str | None = None,
        status: ContractStatus | None = None,
        start_date_after: date | None = None,
        start_date_from: date | None = None,
        start_date_before: date | None = None,
        start_date_to: date | None = None,
        end_date_after: date | None = None,
        end_date_from: date | None = None,
        end_date_before: date | None = None,
        end_date_to: date | None = None,
        limit: int | None = None,
    ) -> PageRequest[Contract]:
        """Contracts, newest first, without their invoices.

        Args:
            subsidiary_id: Only contracts of this subsidiary.
            customer_id: Only contracts with this customer.
            status: Only contracts of this status.
            start_date_after: Only contracts that start after this day.
            start_date_from: Only contracts that start on this day or after.
            start_date_before: Only contracts that start before this day.
            start_date_to: Only contracts that start on this day or before.
            end_date_after: Only contracts that end after this day.
            end_date_from: Only contracts that end on this day or after.
            end_date_before: Only contracts that end before this day.
            end_date_to: Only contracts that end on this day or before.
            limit: Contracts per page, 1 to 100.
        """
        query = {
            "subsidiary_id": subsidiary_id,
            "customer_id": customer_id,
            "status": status,
            "start_date.gt": start_date_after,
            "start_date.gte": start_date_from,
            "start_date.lt": start_date_before,
            "start_date.lte": start_date_to,
            "end_date.gt": end_date_after,
            "end_date.gte": end_date_from,
            "end_date.lt": end_date_before,
            "end_date.lte": end_date_to,
            "limit": checked_limit(limit),
        }
        return PageRequest(path="/contracts", item=Contract, items_key="contracts", paging=KEYSET, query=query, key=_id)

    @operation
    def get(self, contract_id: str) -> Request[Contract]:
        """One contract with its invoices. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/contracts/{segment(contract_id)}", returns=Contract)

    @operation
    def create(self, contract: NewContract, *, idempotency_key: str | None = None) -> Request[Contract]:
        """Create a contract in the scope of its class.

        Args:
            contract: The contract.
            idempotency_key: Under the same key Rillet creates one contract only, for 24 hours; made up when left out.
        """
        return post("/contracts", Contract, contract, idempotency_key)

    @operation
    def delete(self, contract_id: str) -> Request[None]:
        """Delete a contract. No invoice or revenue schedule should need it any more."""
        return Request(method="DELETE", path=f"/contracts/{segment(contract_id)}")

    @operation
    def amend(
        self, contract_id: str, amendment: ContractAmendment, *, idempotency_key: str | None = None
    ) -> Request[Contract]:
        """Change a contract from a day on, in the scope that it was created in; what was before stays.

        See https://docs.api.rillet.com/reference/amend-a-contract.

        Args:
            contract_id: The contract.
            amendment: The change.
            idempotency_key: As in `create`.
        """
        return post(f"/contracts/{segment(contract_id)}/amendments", Contract, amendment, idempotency_key)

    @operation
    def preview_amendment(
        self, contract_id: str, amendment: AmendmentPreview, *, idempotency_key: str | None = None
    ) -> Request[Contract]:
        """What a contract would be after an amendment; nothing is changed.

        See https://docs.api.rillet.com/reference/preview-contract-amendment.
        """
        path = f"/contracts/{segment(contract_id)}/amendments/preview"
        return post(path, Contract, amendment, idempotency_key)

    @operation
    def end(self, contract_id: str, end_date: date) -> Request[None]:
        """Give an open-ended contract its last day.

        See https://docs.api.rillet.com/reference/end-an-open-ended-contract.
        """
        return Request(method="PUT", path=f"/contracts/{segment(contract_id)}/end", body={"end_date": end_date})


def _id(contract: Contract) -> str:
    return contract.id


class Contracts(ContractOperations, SyncResource):
    """Contracts, blocking."""


class AsyncContracts(ContractOperations, AsyncResource):
    """Contracts, to be awaited."""
