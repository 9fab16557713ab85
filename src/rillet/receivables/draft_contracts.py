"""Draft contracts, which wait for somebody's approval (https://docs.api.rillet.com/reference/create-a-draft-contract)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TypedDict, Unpack

import attrs

from clientkit.codec import Extra, as_number, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from clientkit.sequences import CallSequence, ask
from rillet._modify import replacement
from rillet._paging import KEYSET, checked_limit
from rillet.receivables.pricing import Discount, Price
from rillet.values import ExternalReference, Money


class ContractScope(OpenEnum):
    """Who invoices a contract: Rillet, or another system."""

    FULL = "FULL"
    REVENUE_RECOGNITION_ONLY = "REVENUE_RECOGNITION_ONLY"


@attrs.frozen(kw_only=True)
class DraftContractItem(Model):
    """One line of a draft; an update gives every line a new `id`."""

    id: str
    product_id: str
    price: Price
    quantity: Decimal = attrs.field(metadata=as_number())
    discount: Discount | None = None
    start_date: date | None = None
    end_date: date | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class DraftContract(Model):
    """A contract that a person has yet to approve in Rillet.

    `scope` is None for imported drafts whose scope the API has no word for.
    """

    id: str
    external_references: tuple[ExternalReference, ...] = ()
    subsidiary_id: str
    customer_id: str
    name: str
    amount: Money
    close_date: date
    start_date: date | None = None
    end_date: date | None = None
    scope: ContractScope | None = None
    items: tuple[DraftContractItem, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewDraftContractItem(Input):
    """One line to draft."""

    product_id: str
    price: Price
    quantity: Decimal = attrs.field(metadata=as_number())
    discount: Discount | None = None
    start_date: date | None = None
    end_date: date | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewDraftContract(Input):
    """A contract to draft, or what a draft is to be: an update replaces the whole draft by this."""

    external_references: Sequence[ExternalReference] = ()
    subsidiary_id: str
    customer_id: str
    name: str
    amount: Money
    close_date: date
    start_date: date | None = None
    end_date: date | None = None
    scope: ContractScope
    items: Sequence[NewDraftContractItem]
    extra: Extra = unknown_fields()


class DraftContractChanges(TypedDict, total=False):
    """What `modify` can change of a draft contract: fields of `NewDraftContract`. None empties one.

    Lines that were read can stand beside new ones.
    """

    external_references: Sequence[ExternalReference] | None
    subsidiary_id: str
    customer_id: str
    name: str
    amount: Money
    close_date: date
    start_date: date | None
    end_date: date | None
    scope: ContractScope
    items: Sequence[NewDraftContractItem | DraftContractItem]


class DraftContractOperations:
    """The endpoints under ``/draft-contracts``."""

    @listing
    def list(
        self, *, subsidiary_id: str | None = None, customer_id: str | None = None, limit: int | None = None
    ) -> PageRequest[DraftContract]:
        """Draft contracts, newest first.

        Args:
            subsidiary_id: Only drafts of this subsidiary.
            customer_id: Only drafts for this customer.
            limit: Drafts per page, 1 to 100.
        """
        query = {"subsidiary_id": subsidiary_id, "customer_id": customer_id, "limit": checked_limit(limit)}
        return PageRequest(
            path="/draft-contracts",
            item=DraftContract,
            items_key="draft_contracts",
            paging=KEYSET,
            query=query,
            key=_id,
        )

    @operation
    def get(self, draft_contract_id: str) -> Request[DraftContract]:
        """One draft. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/draft-contracts/{segment(draft_contract_id)}", returns=DraftContract)

    @operation
    def create(self, draft_contract: NewDraftContract, *, idempotency_key: str | None = None) -> Request[DraftContract]:
        """Draft a contract. A draft that has one of its external references (type and id) is replaced.

        Args:
            draft_contract: The draft; without an external reference each call makes another one.
            idempotency_key: Under the same key Rillet drafts once only, for 24 hours; made up when left out.
        """
        return post("/draft-contracts", DraftContract, draft_contract, idempotency_key)

    @operation
    def update(self, draft_contract_id: str, draft_contract: NewDraftContract) -> Request[DraftContract]:
        """Replace a draft with all its lines and references. To change a part of it, use `modify`."""
        path = f"/draft-contracts/{segment(draft_contract_id)}"
        return Request(method="PUT", path=path, returns=DraftContract, body=draft_contract)

    @operation
    def delete(self, draft_contract_id: str) -> Request[None]:
        """Reject a draft: it is deleted with its lines and references."""
        return Request(method="DELETE", path=f"/draft-contracts/{segment(draft_contract_id)}")

    @several
    def modify(
        self,
        /,
        draft_contract_id: str,
        *,
        based_on: DraftContract | None = None,
        **changes: Unpack[DraftContractChanges],
    ) -> CallSequence[DraftContract]:
        """Change a part of a draft: read it, change the fields named, write the whole back.

        Rillet has no lock. A change that somebody else makes in the moment between this read and this write is lost,
        and nothing shows it; one made before, since you read `based_on`, stops the call. A
        draft whose scope did not come back needs one among the changes.

        Args:
            draft_contract_id: The draft.
            based_on: What the changes were decided upon; nothing is written where the draft differs from it by now.
            **changes: Fields of `NewDraftContract` and their new values.

        Raises:
            TypeError: A change names no field of `NewDraftContract`.
            ValueError: The result cannot be sent: a value of a wrong type, or none where one is required.
            ObjectChangedError: The draft is not what `based_on` was.
        """
        current = yield from ask(DraftContractOperations.get.build(draft_contract_id))
        new = replacement(current, NewDraftContract, changes, based_on=based_on)
        return (yield from ask(DraftContractOperations.update.build(draft_contract_id, new)))


def _id(draft_contract: DraftContract) -> str:
    return draft_contract.id


class DraftContracts(DraftContractOperations, SyncResource):
    """Draft contracts, blocking."""


class AsyncDraftContracts(DraftContractOperations, AsyncResource):
    """Draft contracts, to be awaited."""
