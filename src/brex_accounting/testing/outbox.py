"""The stand-in's events, which wait in an outbox until the test has them delivered.

::

    client.webhook_subscriptions.create(NewWebhookSubscription(url=URL, event_types=[READY]))
    standin.outbox.listen(URL, receiver)
    standin.add(card_expense("42.75"))
    standin.outbox.deliver_due()

Brex leaves delivery to Svix, whose defaults are kept here (https://docs.svix.com/retries), but for one: no address is
given up after five days of failures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import urlsplit

import attrs

from brex_accounting.testing.webhooks import WebhookManagement
from brex_accounting.webhook_secrets import WebhookSecretStatus
from brex_accounting.webhook_subscriptions import WebhookEventType, WebhookSubscription, WebhookSubscriptionStatus
from brex_accounting.webhooks import sign
from clientkit import codec
from clientkit.addresses import is_loopback
from clientkit.overriding import override
from clientkit.testing import PostTo, Receive, outbox

#: The waits before each attempt; the first one is made at once.
SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
#: How long a receiver may take to answer.
TIMEOUT = timedelta(seconds=15)


@attrs.define(kw_only=True)
class Delivery(outbox.Delivery):
    """One event on its way to one subscription: the same id and body in every attempt, signed anew with its time."""

    subscription_id: str


class Outbox(outbox.Outbox[Delivery]):
    """Every delivery, oldest first. Nothing is sent before the test says so."""

    def __init__(self, now: Callable[[], datetime], webhooks: WebhookManagement) -> None:
        super().__init__(now)
        self._webhooks = webhooks
        self._receivers = dict[str, Receive]()
        self._numbers = count(1)

    def listen(self, url: str, receiver: str | Receive) -> None:
        """Say who answers at `url`; an attempt where nobody listens gets no answer, for nothing leaves this machine.

        Args:
            url: The https address of a subscription, as it was given to the API.
            receiver: An ``http`` address on loopback, or a function that takes headers and body and gives a status; an
                `OSError` is no answer.

        Raises:
            ValueError: An address that is not on loopback.
        """
        if isinstance(receiver, str):
            parts = urlsplit(receiver)
            if parts.scheme != "http" or not is_loopback(parts.hostname or ""):
                raise ValueError(f"a receiver is a function or an http address on loopback, not {receiver!r}")
            receiver = PostTo(receiver, timeout=TIMEOUT)
        self._receivers[url] = receiver

    def emit(self, event: WebhookEventType, account_id: str, body: Mapping[str, object]) -> None:
        """Put an event of an account into the outbox of every active subscription that wants it."""
        content, now = codec.write({"event_type": event.value, **body}), self._now()
        message_id = f"msg_{account_id.removeprefix('cuacc_')}_{next(self._numbers):06}"
        self.deliveries.extend(
            Delivery(id=message_id, subscription_id=each.id, body=content, next_attempt=now)
            for each in self._webhooks.subscriptions_of(account_id)
            if each.status == WebhookSubscriptionStatus.ACTIVE and event in each.event_types
        )

    @override
    def deliver_due(self) -> tuple[Delivery, ...]:
        """Make every attempt whose time has come by the stand-in's clock, each once; what was attempted.

        What waits for a subscription that was deleted or is inactive is dropped.
        """
        return super().deliver_due()

    def redeliver(self, delivery: Delivery) -> None:
        """Attempt once more what was delivered or has failed, with the same id: Brex may send an event twice."""
        self._attempt(delivery, self._now())

    @override
    def _attempt(self, delivery: Delivery, now: datetime) -> None:
        delivery.next_attempt = None
        subscription = self._webhooks.subscriptions.get(delivery.subscription_id)
        if subscription is None or subscription.status != WebhookSubscriptionStatus.ACTIVE:
            return
        delivery.answers.append(self._sent(delivery, subscription, now))
        if not delivery.has_arrived and len(delivery.answers) < len(SCHEDULE):
            delivery.next_attempt = now + SCHEDULE[len(delivery.answers)]

    def _sent(self, delivery: Delivery, subscription: WebhookSubscription, now: datetime) -> int | None:
        receive = self._receivers.get(subscription.url)
        if receive is None:
            return None
        try:
            return receive(self._headers(delivery, now), delivery.body)
        except OSError:
            return None

    def _headers(self, delivery: Delivery, now: datetime) -> Mapping[str, str]:
        """Those of one attempt, with a signature for each secret that signs: two while secrets are rotated."""
        headers = {"Content-Type": "application/json"}
        signatures = list[str]()
        for each in self._webhooks.secrets:
            if each.status != WebhookSecretStatus.REVOKED:
                headers |= sign(each.secret, delivery.body, id=delivery.id, timestamp=now)
                signatures.append(headers["Webhook-Signature"])
        return {**headers, "Webhook-Signature": " ".join(signatures)}
