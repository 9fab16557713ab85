"""The stand-in's room of the integration with an ERP."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import count

import attrs

from brex_accounting.integrations import Integration, IntegrationStatus
from brex_accounting.testing.routes import Refusal, body_of, invalid, ok
from clientkit import codec
from clientkit.testing import Asked, Route
from clientkit.wire import Answer

_PATH = "/v3/accounting/integration"


class AccountingIntegrations:
    """Integrations by id, of which one at most is active.

    Brex documents the key ``integration_id`` and shows the key ``id`` in its examples; `id_key` says which one the
    stand-in answers with.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.by_id = dict[str, Integration]()
        self.id_key = "integration_id"
        self._now, self._numbers = now, count(1)

    def routes(self) -> Sequence[Route]:
        """The endpoints of this room."""
        return (
            Route("POST", _PATH, self._create),
            Route("POST", f"{_PATH}/{{integration_id}}/disconnect", self._disconnect),
            Route("POST", f"{_PATH}/{{integration_id}}/reactivate", self._reactivate),
        )

    def _create(self, asked: Asked, _: Mapping[str, str]) -> Answer:
        body = body_of(asked)
        vendor, account = body.get("vendor"), body.get("vendor_account_id")
        if not isinstance(vendor, str) or not isinstance(account, str):
            raise invalid("vendor and vendor_account_id are text")
        active = self._active()
        if active is None:
            active = Integration(
                id=f"int_{next(self._numbers)}",
                vendor=vendor,
                vendor_account_id=account,
                status=IntegrationStatus.ACTIVE,
                created_at=self._now(),
            )
        elif active.vendor != vendor:
            raise self._other_is_active(active, vendor)
        elif active.vendor_account_id != account:
            raise Refusal(
                409,
                "VENDOR_ACCOUNT_ID_MISMATCH",
                "The vendor is connected with another account",
                {
                    "existing_integration_id": active.id,
                    "existing_vendor_account_id": active.vendor_account_id,
                    "requested_vendor_account_id": account,
                },
            )
        return self._kept(active)

    def _disconnect(self, _: Asked, segments: Mapping[str, str]) -> Answer:
        integration = self._known(segments)
        if integration.status != IntegrationStatus.ACTIVE:
            raise Refusal(
                409,
                "INTEGRATION_NOT_ACTIVE",
                "The integration is not active",
                {"integration_id": integration.id, "current_status": integration.status.value},
            )
        return self._kept(attrs.evolve(integration, status=IntegrationStatus.DISABLED))

    def _reactivate(self, _: Asked, segments: Mapping[str, str]) -> Answer:
        integration = self._known(segments)
        active = self._active()
        if active is not None:
            raise self._other_is_active(active, integration.vendor)
        return self._kept(attrs.evolve(integration, status=IntegrationStatus.ACTIVE))

    def _active(self) -> Integration | None:
        return next((each for each in self.by_id.values() if each.status == IntegrationStatus.ACTIVE), None)

    def _known(self, segments: Mapping[str, str]) -> Integration:
        integration = self.by_id.get(segments["integration_id"])
        if integration is None:
            raise Refusal(404, "NOT_FOUND", "There is no integration with this id")
        return integration

    def _other_is_active(self, active: Integration, requested: str) -> Refusal:
        details = {
            "existing_integration_id": active.id,
            "existing_vendor": active.vendor,
            "requested_vendor": requested,
        }
        return Refusal(409, "ACTIVE_INTEGRATION_EXISTS", "Another integration is active", details)

    def _kept(self, integration: Integration) -> Answer:
        self.by_id[integration.id] = integration
        shown = codec.structure(codec.unstructure(integration), dict[str, object])
        shown[self.id_key] = shown.pop("integration_id")
        return ok(shown)
