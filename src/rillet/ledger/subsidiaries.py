"""Subsidiaries, the legal entities of an organization (https://docs.api.rillet.com/reference/list-all-subsidiaries)."""

from __future__ import annotations

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Model
from clientkit.requests import PageRequest, Request, segment
from rillet._paging import WHOLE


class SubsidiaryType(OpenEnum):
    """What kind of unit a subsidiary is."""

    LEGAL_ENTITY = "LEGAL_ENTITY"


@attrs.frozen(kw_only=True)
class Subsidiary(Model):
    """A legal entity with books of its own, in its own currency (ISO 4217) and time zone (IANA name)."""

    id: str
    trade_name: str
    currency: str
    timezone: str
    type: SubsidiaryType | None = None
    extra: Extra = unknown_fields()


class SubsidiaryOperations:
    """The endpoints under ``/subsidiaries``."""

    @listing
    def list(self) -> PageRequest[Subsidiary]:
        """Every subsidiary, in one answer."""
        return PageRequest(path="/subsidiaries", item=Subsidiary, items_key="subsidiaries", paging=WHOLE)

    @operation
    def get(self, subsidiary_id: str) -> Request[Subsidiary]:
        """One subsidiary. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/subsidiaries/{segment(subsidiary_id)}", returns=Subsidiary)


class Subsidiaries(SubsidiaryOperations, SyncResource):
    """Subsidiaries, blocking."""


class AsyncSubsidiaries(SubsidiaryOperations, AsyncResource):
    """Subsidiaries, to be awaited."""
