"""Credits of vendors, to be applied to bills (https://docs.api.rillet.com/reference/list-all-vendor-credits)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypedDict, Unpack

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from clientkit.sequences import CallSequence, ask
from rillet._modify import replacement
from rillet._paging import KEYSET, checked_limit
from rillet.values import ExpenseTax, FieldAssignment, Money


class VendorCreditStatus(OpenEnum):
    """How far a vendor credit is used up; Rillet sets it."""

    UNAPPLIED = "UNAPPLIED"
    PARTIALLY_APPLIED = "PARTIALLY_APPLIED"
    APPLIED = "APPLIED"
    REFUNDED = "REFUNDED"


@attrs.frozen(kw_only=True)
class VendorCreditItem(Model):
    """One posted line; `net_amount` and `tax_amount` are Rillet's split of `amount`."""

    id: str
    account_code: str
    amount: Money
    description: str | None = None
    tax_rate: ExpenseTax | None = None
    fields: tuple[FieldAssignment, ...] = ()
    net_amount: Money | None = None
    tax_amount: Money | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class VendorCreditApplication(Model):
    """The part of a vendor credit that settles a bill; `bill_number` is the bill's expense number."""

    id: str
    vendor_credit_id: str
    bill_id: str
    amount: Money
    application_date: date
    bill_number: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class VendorCredit(Model):
    """What a vendor owes, as Rillet has it; `remaining_amount` can still be applied to bills.

    `credit_number` is the vendor's own number, `gl_impact_date` the day it counts in the general ledger.
    """

    id: str
    vendor_id: str
    credit_number: str
    gl_impact_date: date
    line_items: tuple[VendorCreditItem, ...]
    status: VendorCreditStatus
    applied_amount: Money
    remaining_amount: Money
    amount: Money | None = None
    memo: str | None = None
    applications: tuple[VendorCreditApplication, ...] = ()
    organization_id: str | None = None
    subsidiary_id: str | None = None
    updated_at: datetime | None = None
    date: date
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewVendorCreditItem(Input):
    """One line to post: `amount` (rounded to its currency) credits `account_code`."""

    account_code: str
    amount: Money
    description: str | None = None
    tax_rate: ExpenseTax | None = None
    fields: Sequence[FieldAssignment] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewVendorCredit(Input):
    """A vendor credit to post."""

    vendor_id: str
    subsidiary_id: str
    credit_number: str
    gl_impact_date: date
    line_items: Sequence[NewVendorCreditItem]
    memo: str | None = None
    date: date


@attrs.frozen(kw_only=True)
class VendorCreditUpdate(Input):
    """What a vendor credit is to be: an update replaces all of it by this. Its subsidiary stays."""

    vendor_id: str
    credit_number: str
    gl_impact_date: date
    line_items: Sequence[NewVendorCreditItem]
    memo: str | None = None
    date: date
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewVendorCreditApplication(Input):
    """The part of a vendor credit that is to settle a bill."""

    bill_id: str
    amount: Money


@attrs.frozen(kw_only=True)
class _Applications:
    applications: Sequence[NewVendorCreditApplication]


class VendorCreditChanges(TypedDict, total=False):
    """What `modify` can change of a vendor credit: fields of `VendorCreditUpdate`. None empties one.

    Lines that were read can stand beside new ones.
    """

    vendor_id: str
    credit_number: str
    gl_impact_date: date
    line_items: Sequence[NewVendorCreditItem | VendorCreditItem]
    memo: str | None
    date: date


class VendorCreditOperations:
    """The endpoints under ``/vendor-credits``."""

    @listing
    def list(
        self,
        *,
        vendor_id: str | None = None,
        subsidiary_id: str | None = None,
        updated_after: datetime | None = None,
        limit: int | None = None,
    ) -> PageRequest[VendorCredit]:
        """Vendor credits, newest first.

        Args:
            vendor_id: Only credits of this vendor.
            subsidiary_id: Only credits of this subsidiary.
            updated_after: Only credits changed after this moment, which is itself excluded.
            limit: Credits per page, 1 to 100.
        """
        query = {
            "vendor_id": vendor_id,
            "subsidiary_id": subsidiary_id,
            "updated.gt": updated_after,
            "limit": checked_limit(limit),
        }
        return PageRequest(
            path="/vendor-credits", item=VendorCredit, items_key="vendor_credits", paging=KEYSET, query=query, key=_id
        )

    @operation
    def get(self, vendor_credit_id: str) -> Request[VendorCredit]:
        """One vendor credit. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/vendor-credits/{segment(vendor_credit_id)}", returns=VendorCredit)

    @operation
    def create(self, vendor_credit: NewVendorCredit, *, idempotency_key: str | None = None) -> Request[VendorCredit]:
        """Post a vendor credit.

        Args:
            vendor_credit: The vendor credit.
            idempotency_key: Under the same key Rillet posts once only, for 24 hours; made up when left out.
        """
        return post("/vendor-credits", VendorCredit, vendor_credit, idempotency_key)

    @operation
    def update(self, vendor_credit_id: str, vendor_credit: VendorCreditUpdate) -> Request[VendorCredit]:
        """Replace a vendor credit: what is left out becomes empty. To change a part of it, see ``modify``."""
        path = f"/vendor-credits/{segment(vendor_credit_id)}"
        return Request(method="PUT", path=path, returns=VendorCredit, body=vendor_credit)

    @operation
    def delete(self, vendor_credit_id: str) -> Request[None]:
        """Delete a vendor credit that is applied to no bill, and take back its postings."""
        return Request(method="DELETE", path=f"/vendor-credits/{segment(vendor_credit_id)}")

    @operation
    def apply(
        self,
        vendor_credit_id: str,
        applications: Sequence[NewVendorCreditApplication],
        *,
        idempotency_key: str | None = None,
    ) -> Request[VendorCredit]:
        """Settle bills with a vendor credit (https://docs.api.rillet.com/reference/apply-vendor-credit).

        The document does not say whether `applications` are added to earlier ones or replace them, as those of a
        credit memo do: look at the `applications` that come back. They cannot be deleted.

        Args:
            vendor_credit_id: The vendor credit.
            applications: Which bills, and how much of each.
            idempotency_key: Under the same key Rillet applies once only, for 24 hours; made up when left out.
        """
        body = _Applications(applications=applications)
        return post(f"/vendor-credits/{segment(vendor_credit_id)}/applications", VendorCredit, body, idempotency_key)

    @several
    def modify(
        self, /, vendor_credit_id: str, *, based_on: VendorCredit | None = None, **changes: Unpack[VendorCreditChanges]
    ) -> CallSequence[VendorCredit]:
        """Change some fields of a vendor credit and keep the others: read it, change it, write it whole.

        Lines that were read can stand in ``line_items`` beside new ones. Rillet has no lock. A change that somebody
        else makes in the moment between this read and this write is lost, and nothing shows it; one made before, since
        you read `based_on`, stops the call.

        Args:
            vendor_credit_id: The vendor credit.
            based_on: The vendor credit as you know it; the call is refused if it has been changed since.
            changes: Fields of `VendorCreditUpdate` and their new values; None empties one.

        Raises:
            ObjectChangedError: The vendor credit is no longer what `based_on` was; nothing was written.
            TypeError: A change names a field that `VendorCreditUpdate` does not have.
            ValueError: A new value cannot be sent.
        """
        current = yield from ask(VendorCreditOperations.get.build(vendor_credit_id))
        new = replacement(current, VendorCreditUpdate, changes, based_on=based_on)
        return (yield from ask(VendorCreditOperations.update.build(vendor_credit_id, new)))


def _id(vendor_credit: VendorCredit) -> str:
    return vendor_credit.id


class VendorCredits(VendorCreditOperations, SyncResource):
    """Vendor credits, blocking."""


class AsyncVendorCredits(VendorCreditOperations, AsyncResource):
    """Vendor credits, to be awaited."""
