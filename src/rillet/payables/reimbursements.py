"""Reimbursements to employees (https://docs.api.rillet.com/reference/list-all-reimbursements)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.requests import PageRequest, Request, post, segment
from rillet._paging import KEYSET
from rillet.payables.items import ExpenseItem, NewExpenseItem
from rillet.values import DocumentStatus, ExchangeRate, ExternalReference


@attrs.frozen(kw_only=True)
class Reimbursement:
    """What an employee gets back; the employee is a vendor.

    Rillet's own description demands a ``bill_date`` that it does not define: `reimbursement_date` is optional here,
    and anything else that comes is in `extra`. The payable account does not come back.
    """

    id: str
    vendor_id: str
    items: tuple[ExpenseItem, ...]
    status: DocumentStatus
    reimbursement_date: date | None = None
    impact_date: date | None = None
    subsidiary_id: str | None = None
    external_references: tuple[ExternalReference, ...] = ()
    exchange_rate: ExchangeRate | None = None
    updated_at: datetime | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewReimbursement:
    """A reimbursement to post: its lines are debited, the payable account is credited with their sum.

    `impact_date` is `reimbursement_date` when left out. `exchange_rate` is accepted by the service since September
    2026, though its published description does not have it.
    """

    vendor_id: str
    items: Sequence[NewExpenseItem]
    reimbursement_date: date
    payable_account_code: str
    impact_date: date | None = None
    subsidiary_id: str | None = None
    external_references: Sequence[ExternalReference] = ()
    exchange_rate: ExchangeRate | None = None


class ReimbursementOperations:
    """The endpoints under ``/reimbursements``. A reimbursement cannot be changed: delete it and create another."""

    @listing
    def list(
        self,
        *,
        subsidiary_id: str | None = None,
        updated_after: datetime | None = None,
        limit: int | None = None,
    ) -> PageRequest[Reimbursement]:
        """Reimbursements, newest first.

        Args:
            subsidiary_id: Only reimbursements of this subsidiary.
            updated_after: Only reimbursements changed after this moment, which is itself excluded.
            limit: Reimbursements per page, 1 to 100.
        """
        query = {"subsidiary_id": subsidiary_id, "updated.gt": updated_after, "limit": limit}
        return PageRequest(
            path="/reimbursements", item=Reimbursement, items_key="reimbursements", paging=KEYSET, query=query, key=_id
        )

    @operation
    def get(self, reimbursement_id: str) -> Request[Reimbursement]:
        """One reimbursement. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/reimbursements/{segment(reimbursement_id)}", returns=Reimbursement)

    @operation
    def create(self, reimbursement: NewReimbursement, *, idempotency_key: str | None = None) -> Request[Reimbursement]:
        """Post a reimbursement.

        Args:
            reimbursement: The reimbursement.
            idempotency_key: Under the same key Rillet posts once only, for 24 hours; made up when left out.
        """
        return post("/reimbursements", Reimbursement, reimbursement, idempotency_key)

    @operation
    def delete(self, reimbursement_id: str) -> Request[None]:
        """Delete a reimbursement and take back its postings."""
        return Request(method="DELETE", path=f"/reimbursements/{segment(reimbursement_id)}")


def _id(reimbursement: Reimbursement) -> str:
    return reimbursement.id


class Reimbursements(ReimbursementOperations, SyncResource):
    """Reimbursements, blocking."""


class AsyncReimbursements(ReimbursementOperations, AsyncResource):
    """Reimbursements, to be awaited."""
