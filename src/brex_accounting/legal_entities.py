"""The legal entities of an account, each with books of its own (https://developer.brex.com/openapi/team_api)."""

from __future__ import annotations

from datetime import datetime

import attrs

from brex_accounting._paging import PAGING
from brex_accounting.company import Address
from clientkit.codec import Extra, unknown_fields, wire_name
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Model
from clientkit.requests import PageRequest, Request, segment


class LegalEntityStatus(OpenEnum):
    """How far Brex has verified an entity."""

    UNSUBMITTED = "UNSUBMITTED"
    UNVERIFIED = "UNVERIFIED"
    IN_PROGRESS = "IN_PROGRESS"
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"


@attrs.frozen(kw_only=True)
class LegalEntity(Model):
    """A legal entity. Expenses name it by `id` in their spending and billing entity."""

    id: str
    display_name: str = attrs.field(metadata=wire_name("displayName"))
    status: LegalEntityStatus
    billing_address: Address | None = attrs.field(default=None, metadata=wire_name("billingAddress"))
    created_at: datetime | None = attrs.field(default=None, metadata=wire_name("createdAt"))
    is_default: bool = attrs.field(default=False, metadata=wire_name("isDefault"))
    extra: Extra = unknown_fields()


class LegalEntityOperations:
    """The endpoints under ``/v2/legal_entities``; they need the scope ``legal_entities.readonly``."""

    @listing
    def list(self, *, limit: int | None = None) -> PageRequest[LegalEntity]:
        """Legal entities, `limit` on a page."""
        return PageRequest(
            path="/v2/legal_entities",
            item=LegalEntity,
            items_key="items",
            paging=PAGING,
            query={"limit": limit},
            key=_id,
        )

    @operation
    def get(self, legal_entity_id: str) -> Request[LegalEntity]:
        """One legal entity. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/v2/legal_entities/{segment(legal_entity_id)}", returns=LegalEntity)


def _id(legal_entity: LegalEntity) -> str:
    return legal_entity.id


class LegalEntities(LegalEntityOperations, SyncResource):
    """Legal entities, blocking."""


class AsyncLegalEntities(LegalEntityOperations, AsyncResource):
    """Legal entities, to be awaited."""
