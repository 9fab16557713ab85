"""The stand-in's webhooks: events that wait in an outbox until the test has them delivered.

::

    standin.outbox.subscribe(receiver, secret=SECRET)
    standin.client().vendors.create(NewVendor(name="Hotel Adlon"))
    standin.outbox.deliver_due()

Rillet's own rules are those of https://docs.api.rillet.com/docs/webhooks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import attrs

from clientkit.overriding import override
from clientkit.testing import PostTo, Receive, outbox
from clientkit.webhooks import Keys
from rillet.testing.server.routing import written
from rillet.webhooks import Entity, EventType, sign

#: Signs what the stand-in sends where a subscription brings no secret of its own.
SECRET = "c3RhbmQtaW4tc3RhbmQtaW4tc3RhbmQtaW4="  # noqa: S105 - signs nothing but the stand-in's events
#: Attempts in one group, and groups; an event that fails in all of them is marked failed.
GROUP_SIZE, GROUPS = 3, 5
#: How long a receiver may take to answer, and how many webhooks an organization may have.
TIMEOUT, MOST_SUBSCRIPTIONS = timedelta(seconds=30), 5

_FIRST_WAIT, _GROWTH = timedelta(seconds=10), 6


@attrs.frozen(kw_only=True)
class Subscription:
    """A receiver, the secret its deliveries are signed with, and what it wants to hear of; None is everything."""

    deliver: Receive
    secret: str = attrs.field(repr=False)
    events: frozenset[tuple[Entity, EventType]] | None = None

    def wants(self, entity: Entity, event: EventType) -> bool:
        """Whether this receiver has asked for such events."""
        return self.events is None or (entity, event) in self.events


@attrs.define(kw_only=True)
class Delivery(outbox.Delivery):
    """One event on its way to one receiver: the same id, time, body and signature in every attempt."""

    entity: Entity
    event: EventType
    timestamp: datetime
    subscription: Subscription

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every attempt, the signature among them."""
        signed = sign(
            self.subscription.secret,
            self.body,
            entity=self.entity,
            event=self.event,
            id=self.id,
            timestamp=self.timestamp,
        )
        return {"Content-Type": "application/json", **signed}


class Outbox(outbox.Outbox[Delivery]):
    """Who is told of what, and every delivery, oldest first.

    Nothing is sent before the test says so: `deliver_due` makes the attempts whose time has come by the stand-in's
    clock, each once.
    """

    def __init__(self, now: Callable[[], datetime], ids: Iterator[str], secret: str = SECRET) -> None:
        super().__init__(now)
        Keys(secret)
        self._ids, self.secret = ids, secret
        self.subscriptions = list[Subscription]()

    def subscribe(
        self,
        receiver: str | Receive,
        *,
        secret: str | None = None,
        events: Iterable[tuple[Entity, EventType]] | None = None,
    ) -> Subscription:
        """Have a receiver told of every event from now on, as a person sets it up in Rillet's settings.

        Args:
            receiver: Its URL, or a function that takes headers and body and gives a status. Rillet wants HTTPS; the
                stand-in also posts to an ``http`` address, because receivers under test have no certificate.
            secret: The signing token, base64; that of the stand-in when left out.
            events: The entities and events to be told of; all when left out.

        Raises:
            ValueError: A URL of another scheme, or a sixth receiver: Rillet allows five.
            WebhookSecretError: A secret that is not usable.
        """
        secret = secret or self.secret
        Keys(secret)
        if len(self.subscriptions) == MOST_SUBSCRIPTIONS:
            raise ValueError(f"an organization can have {MOST_SUBSCRIPTIONS} webhooks")
        deliver = PostTo(receiver, timeout=TIMEOUT) if isinstance(receiver, str) else receiver
        made = Subscription(deliver=deliver, secret=secret, events=None if events is None else frozenset(events))
        self.subscriptions.append(made)
        return made

    def rotate_secret(self, subscription: Subscription, secret: str) -> Subscription:
        """A new signing token for a receiver. As in Rillet the old one ends at once, also for what waits to be delivered.

        Raises:
            ValueError: The receiver is not, or not any more, one of this organization.
            WebhookSecretError: A secret that is not usable.
        """
        Keys(secret)
        made = attrs.evolve(subscription, secret=secret)
        self.subscriptions[self.subscriptions.index(subscription)] = made
        for each in self.deliveries:
            if each.subscription is subscription:
                each.subscription = made
        return made

    def emit(self, entity: Entity, event: EventType, body: object) -> None:
        """Put an event into the outbox of everybody who wants it; each delivery has an id of its own."""
        content, now = written(body).content, self._now()
        self.deliveries.extend(
            Delivery(
                id=next(self._ids),
                entity=entity,
                event=event,
                timestamp=now,
                body=content,
                subscription=each,
                next_attempt=now,
            )
            for each in self.subscriptions
            if each.wants(entity, event)
        )

    @override
    def _attempt(self, delivery: Delivery, now: datetime) -> None:
        try:
            answer = delivery.subscription.deliver(delivery.headers, delivery.body)
        except OSError:
            answer = None
        delivery.answers.append(answer)
        more = not delivery.has_arrived and len(delivery.answers) < GROUP_SIZE * GROUPS
        delivery.next_attempt = now + wait_after(len(delivery.answers)) if more else None


def wait_after(attempts: int) -> timedelta:
    """The wait after so many refused attempts; between groups, and in each, six times that of the group before.

    Rillet documents groups and growth, not lengths: the ten seconds and the factor are the stand-in's own.
    """
    wait: timedelta = _FIRST_WAIT * _GROWTH ** (attempts // GROUP_SIZE)
    return wait
