"""Usage of contract items (https://docs.api.rillet.com/reference/upsert-a-usage-record)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import attrs

from clientkit.codec import Extra, as_number, unknown_fields
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, segment
from rillet._paging import KEYSET, checked_limit


@attrs.frozen(kw_only=True)
class Usage(Model):
    """How much was used on one day; a contract item has one such row for each day at most."""

    date: dt.date
    quantity: Decimal = attrs.field(metadata=as_number())
    extra: Extra = unknown_fields()


def _positive(_: object, attribute: attrs.Attribute[Decimal], value: Decimal) -> None:
    if not value > 0:
        raise ValueError(f"{attribute.name} is {value}; usage is more than 0, and none at all is deleted")


@attrs.frozen(kw_only=True)
class NewUsage(Input):
    """How much was used on one day: `quantity` is more than 0, else `ValueError`."""

    date: dt.date
    quantity: Decimal = attrs.field(metadata=as_number(), validator=_positive)


@attrs.frozen(kw_only=True)
class UsageRecords(Model):
    """The rows of usage as Rillet has them after a change."""

    usage: tuple[Usage, ...] = ()
    extra: Extra = unknown_fields()


class ContractItemOperations:
    """The endpoints under ``/contract-items``. The items themselves come with their contract."""

    @listing
    def list_usage(self, contract_item_id: str, *, limit: int | None = None) -> PageRequest[Usage]:
        """The usage of a contract item, newest day first.

        Args:
            contract_item_id: The item.
            limit: Rows per page, 1 to 100.
        """
        path = f"/contract-items/{segment(contract_item_id)}/usage"
        return PageRequest(
            path=path, item=Usage, items_key="usage", paging=KEYSET, query={"limit": checked_limit(limit)}, key=_day
        )

    @operation
    def record_usage(self, contract_item_id: str, usage: Sequence[NewUsage]) -> Request[UsageRecords]:
        """Say how much was used on the days of `usage`: new rows are added, those of the same day overwritten.

        Sending the same rows twice changes nothing. Raises `ValueError` where there is no row.
        """
        if not usage:
            raise ValueError("there is no usage to record")
        path = f"/contract-items/{segment(contract_item_id)}/usage"
        return Request(method="PATCH", path=path, returns=UsageRecords, body={"usage": usage}, repeatable=True)

    @operation
    def delete_usage(self, contract_item_id: str, date: dt.date) -> Request[None]:
        """Delete the usage of one day."""
        path = f"/contract-items/{segment(contract_item_id)}/usage"
        return Request(method="DELETE", path=path, query={"date": date})


def _day(usage: Usage) -> str:
    return usage.date.isoformat()


class ContractItems(ContractItemOperations, SyncResource):
    """Usage of contract items, blocking."""


class AsyncContractItems(ContractItemOperations, AsyncResource):
    """Usage of contract items, to be awaited."""
