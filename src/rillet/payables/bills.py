"""Bills of vendors and their payments (https://docs.api.rillet.com/reference/list-all-bills)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypedDict, Unpack

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.forms import Multipart
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from clientkit.sequences import CallSequence, ask, ask_all
from rillet._modify import replacement
from rillet._paging import KEYSET, WHOLE, checked_limit
from rillet.payables.items import ExpenseItem, NewExpenseItem
from rillet.payables.payments import ClearingStatus, NewPayment
from rillet.values import ExchangeRate, ExternalReference, Money


class BillStatus(OpenEnum):
    """How far a bill is settled, by payments or by vendor credits; Rillet sets it."""

    UNPAID = "UNPAID"
    PAID = "PAID"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    CREDITED = "CREDITED"
    PARTIALLY_CREDITED = "PARTIALLY_CREDITED"
    APPLIED = "APPLIED"


@attrs.frozen(kw_only=True)
class Bill(Model):
    """What is owed to a vendor; there is no total, the lines carry the amounts.

    `expense_number` is the vendor's own number of the bill, `impact_date` the day it counts in the general ledger.
    """

    id: str
    vendor_id: str
    expense_number: str
    items: tuple[ExpenseItem, ...]
    bill_date: date
    due_date: date
    status: BillStatus
    impact_date: date | None = None
    subsidiary_id: str | None = None
    external_references: tuple[ExternalReference, ...] = ()
    exchange_rate: ExchangeRate | None = None
    updated_at: datetime | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewBill(Input):
    """A bill to post: its lines are debited, the payable account that Rillet is set up with is credited.

    Lines of one bill should share one currency. `impact_date` is `bill_date` when left out.
    """

    vendor_id: str
    expense_number: str
    items: Sequence[NewExpenseItem]
    bill_date: date
    due_date: date
    impact_date: date | None = None
    subsidiary_id: str | None = None
    external_references: Sequence[ExternalReference] = ()
    exchange_rate: ExchangeRate | None = None


@attrs.frozen(kw_only=True)
class BillUpdate(Input):
    """What a bill is to be: an update replaces the whole bill by this. Its subsidiary stays."""

    vendor_id: str
    expense_number: str
    items: Sequence[NewExpenseItem]
    bill_date: date
    due_date: date
    impact_date: date | None = None
    external_references: Sequence[ExternalReference] = ()
    exchange_rate: ExchangeRate | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class BillPayment(Model):
    """Money that went to a vendor for a bill."""

    id: str
    status: ClearingStatus
    bill_id: str
    amount: Money
    date: date | None = None
    account_code: str | None = None
    extra: Extra = unknown_fields()


class BillChanges(TypedDict, total=False):
    """What `modify` can change of a bill: fields of `BillUpdate`. None empties one.

    Lines that were read can stand beside new ones.
    """

    vendor_id: str
    expense_number: str
    items: Sequence[NewExpenseItem | ExpenseItem]
    bill_date: date
    due_date: date
    impact_date: date | None
    external_references: Sequence[ExternalReference] | None
    exchange_rate: ExchangeRate | None


class BillOperations:
    """The endpoints under ``/bills``, payments of a bill included."""

    @listing
    def list(
        self,
        *,
        subsidiary_id: str | None = None,
        vendor_id: str | None = None,
        status: BillStatus | None = None,
        updated_after: datetime | None = None,
        limit: int | None = None,
    ) -> PageRequest[Bill]:
        """Bills, newest first.

        Args:
            subsidiary_id: Only bills of this subsidiary.
            vendor_id: Only bills of this vendor.
            status: Only bills that are settled so far.
            updated_after: Only bills changed after this moment, which is itself excluded. A payment changes its bill.
            limit: Bills per page, 1 to 100.
        """
        query = {
            "subsidiary_id": subsidiary_id,
            "vendor_id": vendor_id,
            "status": status,
            "updated.gt": updated_after,
            "limit": checked_limit(limit),
        }
        return PageRequest(path="/bills", item=Bill, items_key="bills", paging=KEYSET, query=query, key=_id)

    @operation
    def get(self, bill_id: str) -> Request[Bill]:
        """One bill. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/bills/{segment(bill_id)}", returns=Bill)

    @operation
    def create(self, bill: NewBill, *, idempotency_key: str | None = None) -> Request[Bill]:
        """Post a bill. Rillet does not compare external references: two calls under two keys make two bills.

        Args:
            bill: The bill.
            idempotency_key: Under the same key Rillet posts once only, for 24 hours; made up when left out.
        """
        return post("/bills", Bill, bill, idempotency_key)

    @operation
    def update(self, bill_id: str, bill: BillUpdate) -> Request[Bill]:
        """Replace a bill: what is left out becomes empty. To change a part of it, see ``modify``."""
        return Request(method="PUT", path=f"/bills/{segment(bill_id)}", returns=Bill, body=bill)

    @operation
    def delete(self, bill_id: str) -> Request[None]:
        """Delete a bill without payments and take back its postings."""
        return Request(method="DELETE", path=f"/bills/{segment(bill_id)}")

    @operation
    def upload_document(
        self, bill_id: str, filename: str, content: bytes, content_type: str, *, idempotency_key: str | None = None
    ) -> Request[None]:
        """Attach a document, for instance the vendor's invoice; Rillet neither lists nor deletes documents.

        Args:
            bill_id: The bill.
            filename: What Rillet shows.
            content: The file's bytes.
            content_type: For instance ``application/pdf``.
            idempotency_key: Under the same key Rillet attaches once only, for 24 hours; made up when left out.
        """
        return Request(
            method="POST",
            path=f"/bills/{segment(bill_id)}",
            body=Multipart(filename=filename, content=content, content_type=content_type),
            takes_key=True,
            idempotency_key=idempotency_key,
        )

    @listing
    def list_payments(self, bill_id: str) -> PageRequest[BillPayment]:
        """The payments of one bill, in one answer; there is no listing of the payments of all bills."""
        path = f"/bills/{segment(bill_id)}/payments"
        return PageRequest(path=path, item=BillPayment, items_key="payments", paging=WHOLE)

    @operation
    def create_payment(
        self, bill_id: str, payment: NewPayment, *, idempotency_key: str | None = None
    ) -> Request[BillPayment]:
        """Record a payment (https://docs.api.rillet.com/reference/create-a-bill-payment).

        Args:
            bill_id: The bill.
            payment: The payment.
            idempotency_key: Under the same key Rillet records once only, for 24 hours; made up when left out.
        """
        return post(f"/bills/{segment(bill_id)}/payments", BillPayment, payment, idempotency_key)

    @operation
    def delete_payment(self, bill_id: str, payment_id: str) -> Request[None]:
        """Delete a payment that is not cleared yet, and take back its postings."""
        path = f"/bills/{segment(bill_id)}/payments/{segment(payment_id)}"
        return Request(method="DELETE", path=path)

    @several
    def find(self, reference: ExternalReference, *, updated_after: datetime) -> CallSequence[tuple[Bill, ...]]:
        """Every bill with this reference that was changed after a moment.

        Rillet cannot search bills by reference, so all that were changed since are read, 100 to a request; and it
        lets two bills have the same reference: look how many come back.

        Args:
            reference: Its type and id count, its link does not.
            updated_after: A moment shortly before the bill can have been created.
        """
        changed = BillOperations.list.build(updated_after=updated_after, limit=100)
        found = yield from ask_all(changed, where=lambda each: reference.is_among(each.external_references))
        return tuple(found)

    @several
    def modify(
        self, /, bill_id: str, *, based_on: Bill | None = None, **changes: Unpack[BillChanges]
    ) -> CallSequence[Bill]:
        """Change some fields of a bill and keep the others: read it, change it, write it whole.

        Lines that were read can stand in ``items`` beside new ones. Rillet has no lock. A change that somebody else
        makes in the moment between this read and this write is lost, and nothing shows it; one made before, since you
        read `based_on`, stops the call.

        Args:
            bill_id: The bill.
            based_on: The bill as you know it; the call is refused if it has been changed since.
            changes: Fields of `BillUpdate` and their new values; None empties one.

        Raises:
            ObjectChangedError: The bill is no longer what `based_on` was; nothing was written.
            TypeError: A change names a field that `BillUpdate` does not have.
            ValueError: A new value cannot be sent.
        """
        current = yield from ask(BillOperations.get.build(bill_id))
        new = replacement(current, BillUpdate, changes, based_on=based_on)
        return (yield from ask(BillOperations.update.build(bill_id, new)))


def _id(bill: Bill) -> str:
    return bill.id


class Bills(BillOperations, SyncResource):
    """Bills, blocking."""


class AsyncBills(BillOperations, AsyncResource):
    """Bills, to be awaited."""
