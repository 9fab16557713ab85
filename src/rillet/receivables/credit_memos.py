"""Credit memos (https://docs.api.rillet.com/reference/list-all-credit-memos)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NoReturn

import attrs

from clientkit.codec import Extra, as_number, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from clientkit.sequences import CallSequence, ask_all
from rillet._paging import KEYSET, checked_limit
from rillet.errors import NotModifiableError
from rillet.receivables.items import ItemRevenue, ItemTax, TaxesUpdate
from rillet.values import Address, ExchangeRate, ExternalReference, FieldAssignment, Money


class CreditMemoStatus(OpenEnum):
    """How far a credit memo is used up."""

    UNAPPLIED = "UNAPPLIED"
    PARTIALLY_APPLIED = "PARTIALLY_APPLIED"
    APPLIED = "APPLIED"
    REFUNDED = "REFUNDED"


@attrs.frozen(kw_only=True)
class CreditMemoItem(Model):
    """One line of a credit memo. Its price and tax rate, as they were sent, do not come back."""

    id: str
    description: str | None = None
    revenue: ItemRevenue | None = None
    total_amount: Money
    taxed_amount: Money | None = None
    net_amount: Money
    quantity: Decimal = attrs.field(metadata=as_number())
    product_id: str
    fields: tuple[FieldAssignment, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class CreditMemoApplication(Model):
    """How much of a credit memo pays one invoice."""

    id: str
    credit_memo_id: str
    invoice_id: str
    invoice_number: str | None = None
    amount: Money
    application_date: date
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class CreditMemo(Model):
    """What a customer has to pay less. `remaining_amount` is not applied to any invoice yet."""

    id: str
    subsidiary_id: str
    credit_memo_number: str
    customer_id: str
    items: tuple[CreditMemoItem, ...]
    credit_memo_date: date
    address: Address | None = None
    status: CreditMemoStatus
    net_amount: Money
    total: Money
    applied_amount: Money
    remaining_amount: Money
    applications: tuple[CreditMemoApplication, ...] = ()
    exchange_rate: ExchangeRate | None = None
    taxed_amount: Money
    external_references: tuple[ExternalReference, ...] = ()
    updated_at: datetime | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class CreditMemoItemPrice(Input):
    """What is credited at which price: `amount_per_unit`, not rounded, is the rate that the credit memo shows."""

    product_id: str
    quantity: Decimal = attrs.field(metadata=as_number())
    amount_per_unit: Money


@attrs.frozen(kw_only=True)
class NewCreditMemoItem(Input):
    """One line to credit."""

    description: str
    price: CreditMemoItemPrice
    revenue: ItemRevenue | None = None
    tax_rate: ItemTax | None = None
    fields: Sequence[FieldAssignment] = ()


@attrs.frozen(kw_only=True)
class NewCreditMemo(Input):
    """A credit memo to create; Rillet numbers it where `credit_memo_number` is left out."""

    credit_memo_number: str | None = None
    customer_id: str
    subsidiary_id: str | None = None
    credit_memo_date: date
    items: Sequence[NewCreditMemoItem]
    external_references: Sequence[ExternalReference] = ()
    exchange_rate: ExchangeRate | None = None


@attrs.frozen(kw_only=True)
class CreditMemoUpdate(Input):
    """What a credit memo is to be, whole."""

    items: Sequence[NewCreditMemoItem]
    credit_memo_date: date
    external_references: Sequence[ExternalReference] = ()


@attrs.frozen(kw_only=True)
class NewCreditMemoApplication(Input):
    """How much of a credit memo is to pay one invoice; `amount` is rounded to its currency."""

    invoice_id: str
    amount: Money
    application_date: date


class CreditMemoOperations:
    """The endpoints under ``/credit-memos``."""

    @listing
    def list(
        self,
        *,
        subsidiary_id: str | None = None,
        updated_after: datetime | None = None,
        limit: int | None = None,
    ) -> PageRequest[CreditMemo]:
        """Credit memos, newest first.

        Args:
            subsidiary_id: Only credit memos of this subsidiary.
            updated_after: Only credit memos changed after this moment, which is itself excluded.
            limit: Credit memos per page, 1 to 100.
        """
        query = {"subsidiary_id": subsidiary_id, "updated.gt": updated_after, "limit": checked_limit(limit)}
        return PageRequest(
            path="/credit-memos", item=CreditMemo, items_key="credit_memos", paging=KEYSET, query=query, key=_id
        )

    @operation
    def get(self, credit_memo_id: str) -> Request[CreditMemo]:
        """One credit memo. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/credit-memos/{segment(credit_memo_id)}", returns=CreditMemo)

    @operation
    def create(self, credit_memo: NewCreditMemo, *, idempotency_key: str | None = None) -> Request[CreditMemo]:
        """Create a credit memo; it pays nothing until it is applied.

        Args:
            credit_memo: The credit memo.
            idempotency_key: Under the same key Rillet creates one only, for 24 hours; made up when left out.
        """
        return post("/credit-memos", CreditMemo, credit_memo, idempotency_key)

    @operation
    def update(self, credit_memo_id: str, credit_memo: CreditMemoUpdate) -> Request[CreditMemo]:
        """Replace a credit memo: what is left out becomes empty."""
        path = f"/credit-memos/{segment(credit_memo_id)}"
        return Request(method="PUT", path=path, returns=CreditMemo, body=credit_memo)

    @operation
    def delete(self, credit_memo_id: str) -> Request[None]:
        """Delete a credit memo that is applied to no invoice, and take back its postings."""
        return Request(method="DELETE", path=f"/credit-memos/{segment(credit_memo_id)}")

    @operation
    def update_taxes(
        self, credit_memo_id: str, taxes: TaxesUpdate, *, idempotency_key: str | None = None
    ) -> Request[CreditMemo]:
        """Replace the taxes on lines of a credit memo by those that another tax engine worked out.

        See https://docs.api.rillet.com/reference/update-taxes-for-a-credit-memo.
        """
        return post(f"/credit-memos/{segment(credit_memo_id)}/taxes", CreditMemo, taxes, idempotency_key)

    @operation
    def apply(
        self,
        credit_memo_id: str,
        applications: Sequence[NewCreditMemoApplication],
        *,
        idempotency_key: str | None = None,
    ) -> Request[CreditMemo]:
        """Say which invoices the credit memo pays, all of them: an application that is not named here is removed.

        See https://docs.api.rillet.com/reference/apply-credit-memo.

        Args:
            credit_memo_id: The credit memo.
            applications: Every application that there is to be, those of today too.
            idempotency_key: As in `create`.

        Raises:
            ValueError: There is no application; to remove them all, use `delete_applications`.
        """
        if not applications:
            raise ValueError("there is no application; to remove them all, use delete_applications")
        path = f"/credit-memos/{segment(credit_memo_id)}/applications"
        return post(path, CreditMemo, {"applications": applications}, idempotency_key)

    @operation
    def delete_applications(self, credit_memo_id: str) -> Request[None]:
        """Remove every application: the invoices owe again what the credit memo had paid."""
        return Request(method="DELETE", path=f"/credit-memos/{segment(credit_memo_id)}/applications")

    @several
    def find(self, reference: ExternalReference, *, updated_after: datetime) -> CallSequence[tuple[CreditMemo, ...]]:
        """Every credit memo with this reference that was changed after a moment.

        Rillet cannot search credit memos by reference, so all that were changed since are read, 100 to a request; and
        it lets two have the same reference: look how many come back.

        Args:
            reference: Its type and id count, its link does not.
            updated_after: A moment shortly before the credit memo can have been created.
        """
        changed = CreditMemoOperations.list.build(updated_after=updated_after, limit=100)
        found = yield from ask_all(changed, where=lambda each: reference.is_among(each.external_references))
        return tuple(found)

    def modify(self, credit_memo_id: str, **changes: object) -> NoReturn:
        """Refuse: a credit memo cannot be written back from what was read, and an update replaces it whole.

        Raises:
            NotModifiableError: Always, and nothing is sent. Build the whole `CreditMemoUpdate` for `update` instead.
        """
        raise NotModifiableError(
            f"credit memo {credit_memo_id}", tuple(changes), missing=("items[].price", "items[].tax_rate")
        )


def _id(credit_memo: CreditMemo) -> str:
    return credit_memo.id


class CreditMemos(CreditMemoOperations, SyncResource):
    """Credit memos, blocking."""


class AsyncCreditMemos(CreditMemoOperations, AsyncResource):
    """Credit memos, to be awaited."""
