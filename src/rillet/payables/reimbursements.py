"""Reimbursements to employees (https://docs.api.rillet.com/reference/list-all-reimbursements)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from clientkit.sequences import CallSequence, ask_all
from rillet._paging import KEYSET, WHOLE, checked_limit
from rillet.payables.items import ExpenseItem, NewExpenseItem
from rillet.payables.payments import ClearingStatus, NewPayment
from rillet.values import DocumentStatus, ExchangeRate, ExternalReference, Money


@attrs.frozen(kw_only=True)
class Reimbursement(Model):
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
class NewReimbursement(Input):
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


@attrs.frozen(kw_only=True)
class ReimbursementPayment(Model):
    """Money that went to an employee for a reimbursement."""

    id: str
    status: ClearingStatus
    reimbursement_id: str | None = None
    amount: Money
    date: date | None = None
    account_code: str | None = None
    extra: Extra = unknown_fields()


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
        query = {"subsidiary_id": subsidiary_id, "updated.gt": updated_after, "limit": checked_limit(limit)}
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

    @listing
    def list_payments(self, reimbursement_id: str) -> PageRequest[ReimbursementPayment]:
        """The payments of one reimbursement, in one answer.

        The service has this and the next two since 2026, though its published description does not.
        """
        path = f"/reimbursements/{segment(reimbursement_id)}/payments"
        return PageRequest(path=path, item=ReimbursementPayment, items_key="payments", paging=WHOLE)

    @operation
    def create_payment(
        self, reimbursement_id: str, payment: NewPayment, *, idempotency_key: str | None = None
    ) -> Request[ReimbursementPayment]:
        """Record a payment.

        Args:
            reimbursement_id: The reimbursement.
            payment: The payment.
            idempotency_key: Under the same key Rillet records once only, for 24 hours; made up when left out.
        """
        path = f"/reimbursements/{segment(reimbursement_id)}/payments"
        return post(path, ReimbursementPayment, payment, idempotency_key)

    @operation
    def delete_payment(self, reimbursement_id: str, payment_id: str) -> Request[None]:
        """Delete a payment that is not cleared yet, and take back its postings."""
        path = f"/reimbursements/{segment(reimbursement_id)}/payments/{segment(payment_id)}"
        return Request(method="DELETE", path=path)

    @several
    def find(self, reference: ExternalReference, *, updated_after: datetime) -> CallSequence[tuple[Reimbursement, ...]]:
        """Every reimbursement with this reference that was changed after a moment.

        Rillet cannot search reimbursements by reference, so all that were changed since are read, 100 to a request; and
        it lets two reimbursements have the same reference: look how many come back.

        Args:
            reference: Its type and id count, its link does not.
            updated_after: A moment shortly before the reimbursement can have been created.
        """
        changed = ReimbursementOperations.list.build(updated_after=updated_after, limit=100)
        found = yield from ask_all(changed, where=lambda each: reference.is_among(each.external_references))
        return tuple(found)


def _id(reimbursement: Reimbursement) -> str:
    return reimbursement.id


class Reimbursements(ReimbursementOperations, SyncResource):
    """Reimbursements, blocking."""


class AsyncReimbursements(ReimbursementOperations, AsyncResource):
    """Reimbursements, to be awaited."""
