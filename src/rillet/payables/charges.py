"""Credit card charges (https://docs.api.rillet.com/reference/list-all-charges)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.forms import Multipart
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from clientkit.sequences import CallSequence, ask_all
from rillet._paging import KEYSET, checked_limit
from rillet.payables.items import ExpenseItem, NewExpenseItem
from rillet.values import DocumentStatus, ExchangeRate, ExternalReference


@attrs.frozen(kw_only=True)
class Charge(Model):
    """A card transaction as Rillet has it; there is no total, the lines carry the amounts.

    `charge_date` is the day of the purchase, `impact_date` the day it counts in the general ledger.
    """

    id: str
    vendor_id: str
    items: tuple[ExpenseItem, ...]
    charge_date: date
    credit_card_account_code: str | None = None
    status: DocumentStatus
    impact_date: date | None = None
    subsidiary_id: str | None = None
    external_references: tuple[ExternalReference, ...] = ()
    exchange_rate: ExchangeRate | None = None
    updated_at: datetime | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewCharge(Input):
    """A charge to post: its lines are debited, the card account is credited with their sum.

    `credit_card_account_code` must be an account of subtype ``Credit Card``. Lines of one charge should share one
    currency; negative lines make it a refund. `impact_date` is `charge_date` when left out.
    """

    vendor_id: str
    items: Sequence[NewExpenseItem]
    charge_date: date
    credit_card_account_code: str
    impact_date: date | None = None
    subsidiary_id: str | None = None
    external_references: Sequence[ExternalReference] = ()
    exchange_rate: ExchangeRate | None = None


class ChargeOperations:
    """The endpoints under ``/charges``. A charge cannot be changed: delete it and create another."""

    @listing
    def list(
        self,
        *,
        subsidiary_id: str | None = None,
        updated_after: datetime | None = None,
        limit: int | None = None,
    ) -> PageRequest[Charge]:
        """Charges, newest first.

        Args:
            subsidiary_id: Only charges of this subsidiary.
            updated_after: Only charges changed after this moment, which is itself excluded.
            limit: Charges per page, 1 to 100.
        """
        query = {"subsidiary_id": subsidiary_id, "updated.gt": updated_after, "limit": checked_limit(limit)}
        return PageRequest(path="/charges", item=Charge, items_key="charges", paging=KEYSET, query=query, key=_id)

    @operation
    def get(self, charge_id: str) -> Request[Charge]:
        """One charge. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/charges/{segment(charge_id)}", returns=Charge)

    @operation
    def create(self, charge: NewCharge, *, idempotency_key: str | None = None) -> Request[Charge]:
        """Post a charge. Rillet does not compare external references: two calls under two keys make two charges.

        Args:
            charge: The charge.
            idempotency_key: Under the same key Rillet posts once only, for 24 hours; made up when left out.
        """
        return post("/charges", Charge, charge, idempotency_key)

    @operation
    def delete(self, charge_id: str) -> Request[None]:
        """Delete a charge and take back its postings."""
        return Request(method="DELETE", path=f"/charges/{segment(charge_id)}")

    @operation
    def upload_document(
        self, charge_id: str, filename: str, content: bytes, content_type: str, *, idempotency_key: str | None = None
    ) -> Request[None]:
        """Attach a receipt. The service has this since 2026, though its published description does not.

        Args:
            charge_id: The charge.
            filename: What Rillet shows.
            content: The file's bytes.
            content_type: ``application/pdf``, ``image/jpeg`` or ``image/png``.
            idempotency_key: Under the same key Rillet attaches once only, for 24 hours; made up when left out.
        """
        return Request(
            method="POST",
            path=f"/charges/{segment(charge_id)}",
            body=Multipart(filename=filename, content=content, content_type=content_type),
            takes_key=True,
            idempotency_key=idempotency_key,
        )

    @several
    def find(self, reference: ExternalReference, *, updated_after: datetime) -> CallSequence[tuple[Charge, ...]]:
        """Every charge with this reference that was changed after a moment.

        Rillet cannot search charges by reference, so all that were changed since are read, 100 to a request; and it
        lets two charges have the same reference: look how many come back.

        Args:
            reference: Its type and id count, its link does not.
            updated_after: A moment shortly before the charge can have been created.
        """
        changed = ChargeOperations.list.build(updated_after=updated_after, limit=100)
        found = yield from ask_all(changed, where=lambda each: reference.is_among(each.external_references))
        return tuple(found)


def _id(charge: Charge) -> str:
    return charge.id


class Charges(ChargeOperations, SyncResource):
    """Charges, blocking."""


class AsyncCharges(ChargeOperations, AsyncResource):
    """Charges, to be awaited."""
