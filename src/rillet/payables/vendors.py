"""Vendors (https://docs.api.rillet.com/reference/list-all-vendors)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypedDict, Unpack

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from clientkit.sequences import CallSequence, ask, ask_all
from rillet._modify import replacement
from rillet._paging import KEYSET, checked_limit
from rillet.values import Address, ExternalReference, FieldAssignment


@attrs.frozen(kw_only=True)
class Vendor(Model):
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
class NewVendor(Input):
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
    extra: Extra = unknown_fields()


class VendorChanges(TypedDict, total=False):
    """What `modify` can change of a vendor: fields of `NewVendor`. None empties one."""

    name: str
    account_code: str | None
    address: Address | None
    email: str | None
    payment_terms: int | None
    external_references: Sequence[ExternalReference] | None
    ten_ninety_nine_eligible: bool | None
    tax_id: str | None
    fields: Sequence[FieldAssignment] | None


class VendorOperations:
    """The endpoints under ``/vendors``. Vendors cannot be searched; list them and keep what you need."""

    @listing
    def list(self, *, updated_after: datetime | None = None, limit: int | None = None) -> PageRequest[Vendor]:
        """Vendors, newest first.

        Args:
            updated_after: Only vendors changed after this moment, which is itself excluded.
            limit: Vendors per page, 1 to 100.
        """
        query = {"updated.gt": updated_after, "limit": checked_limit(limit)}
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
        """Replace a vendor: what is left out becomes empty. To change a part of it, see ``modify``."""
        return Request(method="PUT", path=f"/vendors/{segment(vendor_id)}", returns=Vendor, body=vendor)

    @operation
    def delete(self, vendor_id: str) -> Request[None]:
        """Delete a vendor."""
        return Request(method="DELETE", path=f"/vendors/{segment(vendor_id)}")

    @several
    def find(
        self, *, name: str | None = None, reference: ExternalReference | None = None
    ) -> CallSequence[tuple[Vendor, ...]]:
        """Every vendor of this name, with this reference, or, where both are given, with both.

        Rillet cannot search vendors, so all of them are read, 100 to a request. Neither names nor references are
        unique: look how many come back.

        Args:
            name: Upper and lower case, blanks and the ways Unicode writes one letter make no difference.
            reference: Its type and id count, its link does not.
        """
        found = yield from ask_all(VendorOperations.list.build(limit=100), where=_wanted(name, reference))
        return tuple(found)

    @several
    def modify(
        self, /, vendor_id: str, *, based_on: Vendor | None = None, **changes: Unpack[VendorChanges]
    ) -> CallSequence[Vendor]:
        """Change some fields of a vendor and keep the others: read it, change it, write it whole.

        Rillet has no lock. A change that somebody else makes in the moment between this read and this write is lost,
        and nothing shows it; one made before, since you read `based_on`, stops the call.

        Args:
            vendor_id: The vendor.
            based_on: The vendor as you know it; the call is refused if it has been changed since.
            changes: Fields of `NewVendor` and their new values; None empties one.

        Raises:
            ObjectChangedError: The vendor is no longer what `based_on` was; nothing was written.
            TypeError: A change names a field that `NewVendor` does not have.
            ValueError: A new value cannot be sent.
        """
        current = yield from ask(VendorOperations.get.build(vendor_id))
        new = replacement(current, NewVendor, changes, based_on=based_on)
        return (yield from ask(VendorOperations.update.build(vendor_id, new)))


def _id(vendor: Vendor) -> str:
    return vendor.id


def _wanted(name: str | None, reference: ExternalReference | None) -> Callable[[Vendor], bool]:
    if name is None and reference is None:
        raise TypeError("find takes a name, a reference, or both")
    normal = None if name is None else _normal(name)

    def is_wanted(vendor: Vendor) -> bool:
        named = normal is None or _normal(vendor.name) == normal
        return named and (reference is None or reference.is_among(vendor.external_references))

    return is_wanted


def _normal(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class Vendors(VendorOperations, SyncResource):
    """Vendors, blocking."""


class AsyncVendors(VendorOperations, AsyncResource):
    """Vendors, to be awaited."""
