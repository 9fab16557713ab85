"""Vendors (https://docs.api.rillet.com/reference/list-all-vendors)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.requests import PageRequest, Request, post, segment
from rillet._paging import KEYSET
from rillet.values import Address, ExternalReference, FieldAssignment


@attrs.frozen(kw_only=True)
class Vendor:
    """Somebody who is paid: a supplier, a merchant, or an employee with reimbursements.

    Names are not unique. `account_code` is the default expense account, `payment_terms` are days (0 to 180); `email`
    may be an empty text.
    """

    id: str
    name: str
    account_code: str | None = None
    address: Address | None = None
    email: str | None = None
    payment_terms: int | None = None
    external_references: tuple[ExternalReference, ...] = ()
    ten_ninety_nine_eligible: bool | None = None
    tax_id: str | None = None
    fields: tuple[FieldAssignment, ...] = ()
    updated_at: datetime | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewVendor:
    """A vendor to create, or what a vendor is to be: an update replaces the whole vendor by this."""

    name: str
    account_code: str | None = None
    address: Address | None = None
    email: str | None = None
    payment_terms: int | None = None
    external_references: Sequence[ExternalReference] = ()
    ten_ninety_nine_eligible: bool | None = None
    tax_id: str | None = None
    fields: Sequence[FieldAssignment] = ()


class VendorOperations:
    """The endpoints under ``/vendors``. Vendors cannot be searched; list them and keep what you need."""

    @listing
    def list(self, *, updated_after: datetime | None = None, limit: int | None = None) -> PageRequest[Vendor]:
        """Vendors, newest first.

        Args:
            updated_after: Only vendors changed after this moment, which is itself excluded.
            limit: Vendors per page, 1 to 100.
        """
        query = {"updated.gt": updated_after, "limit": limit}
        return PageRequest(path="/vendors", item=Vendor, items_key="vendors", paging=KEYSET, query=query, key=_id)

    @operation
    def get(self, vendor_id: str) -> Request[Vendor]:
        """One vendor. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/vendors/{segment(vendor_id)}", returns=Vendor)

    @operation
    def create(self, vendor: NewVendor, *, idempotency_key: str | None = None) -> Request[Vendor]:
        """Create a vendor. Rillet does not mind two vendors of one name or one reference; look first.

        Args:
            vendor: The vendor.
            idempotency_key: Under the same key Rillet creates one vendor only, for 24 hours; made up when left out.
        """
        return post("/vendors", Vendor, vendor, idempotency_key)

    @operation
    def update(self, vendor_id: str, vendor: NewVendor) -> Request[Vendor]:
        """Replace a vendor: what is left out becomes empty."""
        return Request(method="PUT", path=f"/vendors/{segment(vendor_id)}", returns=Vendor, body=vendor)

    @operation
    def delete(self, vendor_id: str) -> Request[None]:
        """Delete a vendor."""
        return Request(method="DELETE", path=f"/vendors/{segment(vendor_id)}")


def _id(vendor: Vendor) -> str:
    return vendor.id


class Vendors(VendorOperations, SyncResource):
    """Vendors, blocking."""


class AsyncVendors(VendorOperations, AsyncResource):
    """Vendors, to be awaited."""
