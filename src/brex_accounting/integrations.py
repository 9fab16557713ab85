"""The link between a Brex account and one account of an ERP.

https://developer.brex.com/openapi/accounting_api/accounting-integrations/createintegration
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

import attrs

from clientkit.codec import Extra, Shape, structure, unknown_fields, wire_name
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, operation
from clientkit.model import Model
from clientkit.overriding import override
from clientkit.requests import Request, segment


class IntegrationStatus(OpenEnum):
    """Whether records flow through an integration."""

    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"


@attrs.frozen(kw_only=True)
class Integration(Model):
    """A link to an ERP. Keep its `id`: no endpoint lists integrations; `create` with the same pair gives it back.

    `vendor` is the name that Brex gave to the ERP's maker, `vendor_account_id` the customer's account there.
    """

    id: str = attrs.field(metadata=wire_name("integration_id"))
    vendor: str
    vendor_account_id: str
    status: IntegrationStatus
    created_at: datetime
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class _NewIntegration:
    vendor: str
    vendor_account_id: str


class _IntegrationShape(Shape[Integration]):
    __slots__ = ()

    @override
    def read(self, value: object) -> Integration:
        # Brex documents the key integration_id and shows the key id in all its examples.
        return structure(_with_documented_key(value), Integration)


def _with_documented_key(value: object) -> object:
    if not isinstance(value, dict):
        return value
    found = cast("dict[str, object]", value)
    if "integration_id" in found or "id" not in found:
        return found
    return {"integration_id" if name == "id" else name: each for name, each in found.items()}


_INTEGRATION = _IntegrationShape()


class IntegrationOperations:
    """The endpoints under ``/v3/accounting/integration``. An account has at most one active integration."""

    @operation
    def create(
        self, *, vendor: str, vendor_account_id: str, idempotency_key: str | None = None
    ) -> Request[Integration]:
        """Link an account of an ERP, or get back the active integration if it is the same pair.

        Args:
            vendor: The name that Brex gave to the ERP's maker.
            vendor_account_id: The customer's account in the ERP.
            idempotency_key: Made up when left out. A repetition is harmless in any case: the pair is what counts.

        Raises:
            ActiveIntegrationExistsError: Another vendor is linked.
            VendorAccountMismatchError: The vendor is linked with another account.
        """
        return Request(
            method="POST",
            path="/v3/accounting/integration",
            returns=_INTEGRATION,
            body=_NewIntegration(vendor=vendor, vendor_account_id=vendor_account_id),
            takes_key=True,
            idempotency_key=idempotency_key,
        )

    @operation
    def disconnect(self, integration_id: str) -> Request[Integration]:
        """Unlink the ERP. Ask a person first.

        Records stop flowing. ERP makers warn that unlinking one system to link another wipes, for good, the account
        codes of past records, categorisation rules, field mappings and vendor links. Linking the same account again is
        said to keep them, and `reactivate` undoes a disconnection while nothing else is linked.

        Raises:
            IntegrationNotActiveError: It is not active, perhaps by a first attempt whose answer was lost.
            NotFoundError: There is no integration with this id.
        """
        path = f"/v3/accounting/integration/{segment(integration_id)}/disconnect"
        return Request(method="POST", path=path, returns=_INTEGRATION)

    @operation
    def reactivate(self, integration_id: str) -> Request[Integration]:
        """Link a disabled integration again.

        Raises:
            ActiveIntegrationExistsError: One is active already: another, or this one.
            NotFoundError: There is no integration with this id.
        """
        path = f"/v3/accounting/integration/{segment(integration_id)}/reactivate"
        return Request(method="POST", path=path, returns=_INTEGRATION)


class Integrations(IntegrationOperations, SyncResource):
    """Integrations, blocking."""


class AsyncIntegrations(IntegrationOperations, AsyncResource):
    """Integrations, to be awaited."""
