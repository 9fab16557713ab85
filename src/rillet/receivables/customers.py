"""Customers (https://docs.api.rillet.com/reference/list-all-customers)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypedDict, Unpack

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from clientkit.sequences import CallSequence, ask, ask_all
from rillet._modify import replacement
from rillet._paging import KEYSET, checked_limit
from rillet.values import Address, ExternalReference, FieldAssignment


class CustomerEmailType(OpenEnum):
    """In which line of the mail an address stands."""

    MAIN_SENDER = "MAIN_SENDER"
    CC = "CC"
    BCC = "BCC"


@attrs.frozen(kw_only=True)
class CustomerEmail(Model):
    """Where a customer's invoices are mailed to."""

    email: str
    type: CustomerEmailType
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Customer(Model):
    """Somebody who is invoiced. Names are not unique; `payment_terms` are days."""

    id: str
    name: str
    name_on_invoice: str | None = None
    address: Address | None = None
    shipping_address: Address | None = None
    emails: tuple[CustomerEmail, ...] = ()
    external_references: tuple[ExternalReference, ...] = ()
    payment_terms: int | None = None
    send_invoices_automatically: bool = False
    send_payment_reminders: bool = False
    fields: tuple[FieldAssignment, ...] = ()
    updated_at: datetime | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewCustomer(Input):
    """A customer to create, or what a customer is to be: an update replaces the whole customer by this.

    `send_invoices_automatically` mails each invoice on its date, `send_payment_reminders` again while it is unpaid.
    """

    name: str
    name_on_invoice: str | None = None
    address: Address | None = None
    shipping_address: Address | None = None
    emails: Sequence[CustomerEmail] = ()
    external_references: Sequence[ExternalReference] = ()
    payment_terms: int | None = None
    send_invoices_automatically: bool = False
    send_payment_reminders: bool = False
    fields: Sequence[FieldAssignment] = ()
    extra: Extra = unknown_fields()


class PaymentType(OpenEnum):
    """What a customer pays with."""

    CARD = "CARD"
    BANK_ACCOUNT = "BANK_ACCOUNT"
    OTHER = "OTHER"


@attrs.frozen(kw_only=True)
class PaymentMethod(Model):
    """What a customer's invoices are paid with by themselves; where it is not `chargeable`, the customer has to act."""

    chargeable: bool
    payment_type: PaymentType
    last_four_digits: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class PaymentSetup(Model):
    """Where the customer has to go to set up, or change, the payment method."""

    setup_url: str
    extra: Extra = unknown_fields()


class CustomerChanges(TypedDict, total=False):
    """What `modify` can change of a customer: fields of `NewCustomer`. None empties one."""

    name: str
    name_on_invoice: str | None
    address: Address | None
    shipping_address: Address | None
    emails: Sequence[CustomerEmail] | None
    external_references: Sequence[ExternalReference] | None
    payment_terms: int | None
    send_invoices_automatically: bool | None
    send_payment_reminders: bool | None
    fields: Sequence[FieldAssignment] | None


class CustomerOperations:
    """The endpoints under ``/customers``."""

    @listing
    def list(
        self,
        *,
        search: str | None = None,
        external_reference_type: str | None = None,
        external_reference_id: str | None = None,
        updated_after: datetime | None = None,
        sort_by: Literal["created", "updated"] | None = None,
        limit: int | None = None,
    ) -> PageRequest[Customer]:
        """Customers, newest first. This is the only list of Rillet's that can be searched by external reference.

        Args:
            search: Only customers with this in their name.
            external_reference_type: Only customers with a reference of this type and `external_reference_id`.
            external_reference_id: Goes with `external_reference_type`; Rillet takes both or neither.
            updated_after: Only customers changed after this moment, which is itself excluded.
            sort_by: The moment that orders them, latest first; ``created`` when left out.
            limit: Customers per page, 1 to 100.

        Raises:
            ValueError: Type and id of an external reference are not given together.
        """
        if (external_reference_type is None) != (external_reference_id is None):
            raise ValueError("external_reference_type and external_reference_id go together; one of them is missing")
        query = {
            "search": search,
            "external_reference_type": external_reference_type,
            "external_reference_id": external_reference_id,
            "updated.gt": updated_after,
            "sort_by": sort_by,
            "limit": checked_limit(limit),
        }
        return PageRequest(path="/customers", item=Customer, items_key="customers", paging=KEYSET, query=query, key=_id)

    @operation
    def get(self, customer_id: str) -> Request[Customer]:
        """One customer. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/customers/{segment(customer_id)}", returns=Customer)

    @operation
    def create(self, customer: NewCustomer, *, idempotency_key: str | None = None) -> Request[Customer]:
        """Create a customer. Rillet does not mind two customers of one name or one reference; use `find` first.

        Args:
            customer: The customer.
            idempotency_key: Under the same key Rillet creates one customer only, for 24 hours; made up when left out.
        """
        return post("/customers", Customer, customer, idempotency_key)

    @operation
    def update(self, customer_id: str, customer: NewCustomer) -> Request[Customer]:
        """Replace a customer: what is left out becomes empty. To change a part of it, use `modify`."""
        return Request(method="PUT", path=f"/customers/{segment(customer_id)}", returns=Customer, body=customer)

    @operation
    def delete(self, customer_id: str) -> Request[None]:
        """Delete a customer. No active contract or open invoice should name it any more."""
        return Request(method="DELETE", path=f"/customers/{segment(customer_id)}")

    @operation
    def payment_method(self, customer_id: str) -> Request[PaymentMethod]:
        """What the customer's invoices are paid with by themselves.

        See https://docs.api.rillet.com/reference/get-payment-method.
        """
        return Request(method="GET", path=f"/customers/{segment(customer_id)}/settings/payment", returns=PaymentMethod)

    @operation
    def set_up_auto_payment(
        self, customer_id: str, *, subsidiary_id: str | None = None, idempotency_key: str | None = None
    ) -> Request[PaymentSetup]:
        """Begin to set up, or to change, automatic payment: the customer has to visit the address that comes back.

        Args:
            customer_id: The customer.
            subsidiary_id: The subsidiary that is paid.
            idempotency_key: As in `create`.
        """
        body = None if subsidiary_id is None else {"subsidiary_id": subsidiary_id}
        return post(f"/customers/{segment(customer_id)}/settings/payment", PaymentSetup, body, idempotency_key)

    @several
    def find(self, reference: ExternalReference) -> CallSequence[tuple[Customer, ...]]:
        """Every customer with this external reference: type and id count, the link does not.

        Rillet does not promise that there is one at most: look how many come back.
        """
        named = CustomerOperations.list.build(
            external_reference_type=reference.type, external_reference_id=reference.id, limit=100
        )
        return tuple((yield from ask_all(named)))

    @several
    def modify(
        self, /, customer_id: str, *, based_on: Customer | None = None, **changes: Unpack[CustomerChanges]
    ) -> CallSequence[Customer]:
        """Change a part of a customer: read it, change the fields named, write the whole back.

        Rillet has no lock. A change that somebody else makes in the moment between this read and this write is lost,
        and nothing shows it; one made before, since you read `based_on`, stops the call.

        Args:
            customer_id: The customer.
            based_on: What the changes were decided upon; nothing is written where the customer differs from it by now.
            **changes: Fields of `NewCustomer` and their new values.

        Raises:
            TypeError: A change names no field of `NewCustomer`.
            ValueError: The result cannot be sent: a value of a wrong type, or none where one is required.
            ObjectChangedError: The customer is not what `based_on` was.
        """
        current = yield from ask(CustomerOperations.get.build(customer_id))
        new = replacement(current, NewCustomer, changes, based_on=based_on)
        return (yield from ask(CustomerOperations.update.build(customer_id, new)))


def _id(customer: Customer) -> str:
    return customer.id


class Customers(CustomerOperations, SyncResource):
    """Customers, blocking."""


class AsyncCustomers(CustomerOperations, AsyncResource):
    """Customers, to be awaited."""
