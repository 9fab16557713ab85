"""Where Brex sends its events (https://developer.brex.com/openapi/webhooks_api/webhook-subscriptions)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from brex_accounting._paging import PAGING
from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Input, Model
from clientkit.overriding import override
from clientkit.requests import PageRequest, Request, post, segment


class WebhookEventType(OpenEnum):
    """The events of all of Brex's APIs. A subscription receives those that its token's scopes reach."""

    ACCOUNTING_RECORD_READY_FOR_EXPORT = "ACCOUNTING_RECORD_READY_FOR_EXPORT"
    EXPENSE_PAYMENT_UPDATED = "EXPENSE_PAYMENT_UPDATED"
    USER_UPDATED = "USER_UPDATED"
    TRANSFER_PROCESSED = "TRANSFER_PROCESSED"
    TRANSFER_FAILED = "TRANSFER_FAILED"
    REFERRAL_CREATED = "REFERRAL_CREATED"
    REFERRAL_ACTIVATED = "REFERRAL_ACTIVATED"
    REFERRAL_APPLICATION_STATUS_CHANGED = "REFERRAL_APPLICATION_STATUS_CHANGED"
    PARTNERSHIP_INTEGRATION_CONNECTION_UPDATED = "PARTNERSHIP_INTEGRATION_CONNECTION_UPDATED"
    EMBEDDED_ACCOUNT_UPDATED = "EMBEDDED_ACCOUNT_UPDATED"
    EMBEDDED_BILLING_GROUP_UPDATED = "EMBEDDED_BILLING_GROUP_UPDATED"
    EMBEDDED_BILLING_STATEMENT_UPDATED = "EMBEDDED_BILLING_STATEMENT_UPDATED"
    EMBEDDED_CARD_AUTHORIZATION = "EMBEDDED_CARD_AUTHORIZATION"
    EMBEDDED_CARD_SHIPPING_UPDATED = "EMBEDDED_CARD_SHIPPING_UPDATED"
    EMBEDDED_CARD_TRANSACTION_UPDATED = "EMBEDDED_CARD_TRANSACTION_UPDATED"
    EMBEDDED_CARD_UPDATED = "EMBEDDED_CARD_UPDATED"
    EMBEDDED_DISPUTE_UPDATED = "EMBEDDED_DISPUTE_UPDATED"
    EMBEDDED_FRAUD_ALERT = "EMBEDDED_FRAUD_ALERT"
    EMBEDDED_LEGAL_ENTITY_UPDATED = "EMBEDDED_LEGAL_ENTITY_UPDATED"
    EMBEDDED_USER_STATUS_UPDATED = "EMBEDDED_USER_STATUS_UPDATED"


class WebhookSubscriptionStatus(OpenEnum):
    """Whether events are sent."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


@attrs.frozen(kw_only=True)
class WebhookSubscription(Model):
    """An address that receives events, of the accounts of a group where one is named."""

    id: str
    url: str
    event_types: tuple[WebhookEventType, ...]
    status: WebhookSubscriptionStatus
    group_id: str | None = None
    extra: Extra = unknown_fields()


def _check(subscription: NewWebhookSubscription | WebhookSubscriptionUpdate) -> None:
    if not subscription.url.startswith("https://"):
        raise ValueError(f"Brex sends events to https addresses alone, not to {subscription.url!r}")
    if not subscription.event_types:
        raise ValueError("event_types holds at least one event type")


@attrs.frozen(kw_only=True)
class NewWebhookSubscription(Input):
    """An https address to register, and at least one event; `group_id` is for partners."""

    url: str
    event_types: Sequence[WebhookEventType]
    group_id: str | None = None

    @override
    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        _check(self)


@attrs.frozen(kw_only=True)
class WebhookSubscriptionUpdate(Input):
    """What a subscription is to become as a whole; a group that is left out may be taken away."""

    url: str
    event_types: Sequence[WebhookEventType]
    status: WebhookSubscriptionStatus
    group_id: str | None = None

    @override
    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        _check(self)


class WebhookSubscriptionOperations:
    """The endpoints under ``/v1/webhooks``."""

    @listing
    def list(self, *, limit: int | None = None) -> PageRequest[WebhookSubscription]:
        """Subscriptions, `limit` on a page."""
        return PageRequest(
            path="/v1/webhooks",
            item=WebhookSubscription,
            items_key="items",
            paging=PAGING,
            query={"limit": limit},
            key=_id,
        )

    @operation
    def get(self, subscription_id: str) -> Request[WebhookSubscription]:
        """One subscription. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/v1/webhooks/{segment(subscription_id)}", returns=WebhookSubscription)

    @operation
    def create(
        self, subscription: NewWebhookSubscription, *, idempotency_key: str | None = None
    ) -> Request[WebhookSubscription]:
        """Register an address.

        Args:
            subscription: The address and its events.
            idempotency_key: Under the same key Brex registers once only; made up when left out.
        """
        return post("/v1/webhooks", WebhookSubscription, subscription, idempotency_key)

    @operation
    def update(self, subscription_id: str, subscription: WebhookSubscriptionUpdate) -> Request[WebhookSubscription]:
        """Replace a subscription as a whole, for instance to stop it for a while."""
        path = f"/v1/webhooks/{segment(subscription_id)}"
        return Request(method="PUT", path=path, returns=WebhookSubscription, body=subscription)

    @operation
    def delete(self, subscription_id: str) -> Request[None]:
        """Remove a subscription; events that are not delivered yet are lost."""
        return Request(method="DELETE", path=f"/v1/webhooks/{segment(subscription_id)}")


def _id(subscription: WebhookSubscription) -> str:
    return subscription.id


class WebhookSubscriptions(WebhookSubscriptionOperations, SyncResource):
    """Webhook subscriptions, blocking."""


class AsyncWebhookSubscriptions(WebhookSubscriptionOperations, AsyncResource):
    """Webhook subscriptions, to be awaited."""
