"""The company that a token belongs to (https://developer.brex.com/openapi/team_api)."""

from __future__ import annotations

import attrs

from clientkit.codec import Extra, unknown_fields, wire_name
from clientkit.endpoints import AsyncResource, SyncResource, operation
from clientkit.model import Model
from clientkit.requests import Request


@attrs.frozen(kw_only=True)
class Address(Model):
    """A postal address; `country` is ISO 3166-1 alpha-2, `state` two letters in the United States."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    postal_code: str | None = None
    phone_number: str | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class Company(Model):
    """A company. Events name it by its `id`, so this tells which token an event is for."""

    id: str
    legal_name: str
    mailing_address: Address | None = None
    account_type: str | None = attrs.field(default=None, metadata=wire_name("accountType"))
    extra: Extra = unknown_fields()


class CompanyOperations:
    """The endpoint ``/v2/company``."""

    @operation
    def get(self) -> Request[Company]:
        """The token's company. Raises `ForbiddenError` without the scope ``companies.readonly``."""
        return Request(method="GET", path="/v2/company", returns=Company)


class CompanyResource(CompanyOperations, SyncResource):
    """The company, blocking."""


class AsyncCompanyResource(CompanyOperations, AsyncResource):
    """The company, to be awaited."""
