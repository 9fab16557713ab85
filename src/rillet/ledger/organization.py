"""The organization that the API key belongs to (https://docs.api.rillet.com/reference/retrieve-an-organization)."""

from __future__ import annotations

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.endpoints import AsyncResource, SyncResource, operation
from clientkit.model import Model
from clientkit.requests import Request


@attrs.frozen(kw_only=True)
class Organization(Model):
    """A customer of Rillet; `currency` (ISO 4217) is the one that consolidated reports are in."""

    id: str
    trade_name: str
    currency: str
    timezone: str
    extra: Extra = unknown_fields()


class OrganizationOperations:
    """The endpoint ``/organizations/self``."""

    @operation
    def get(self) -> Request[Organization]:
        """The organization of this API key: a cheap way to see that a key works and whose it is."""
        return Request(method="GET", path="/organizations/self", returns=Organization)


class OrganizationResource(OrganizationOperations, SyncResource):
    """The organization, blocking."""


class AsyncOrganizationResource(OrganizationOperations, AsyncResource):
    """The organization, to be awaited."""
