"""What Brex signs its events with (https://developer.brex.com/openapi/webhooks_api/webhook-subscriptions)."""

from __future__ import annotations

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, operation
from clientkit.model import Model
from clientkit.requests import Request


class WebhookSecretStatus(OpenEnum):
    """Whether a secret signs: ``PENDING_REVOKE`` still does while secrets are rotated, ``REVOKED`` does not."""

    ACTIVE = "ACTIVE"
    PENDING_REVOKE = "PENDING_REVOKE"
    REVOKED = "REVOKED"


@attrs.frozen(kw_only=True)
class WebhookSecret(Model):
    """A signing secret, which its repr does not show."""

    secret: str = attrs.field(repr=False)
    status: WebhookSecretStatus
    extra: Extra = unknown_fields()


class WebhookSecretOperations:
    """The endpoint ``/v1/webhooks/secrets``."""

    @operation
    def list(self) -> Request[tuple[WebhookSecret, ...]]:
        """All secrets, in one answer. While Brex rotates them, events carry the signatures of two."""
        return Request(method="GET", path="/v1/webhooks/secrets", returns=tuple[WebhookSecret, ...])


class WebhookSecrets(WebhookSecretOperations, SyncResource):
    """Webhook secrets, blocking."""


class AsyncWebhookSecrets(WebhookSecretOperations, AsyncResource):
    """Webhook secrets, to be awaited."""
