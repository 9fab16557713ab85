"""Receiving Brex's webhooks: checking who sent them, and reading them.

Brex signs as https://www.standardwebhooks.com says: the headers ``Webhook-Id``, ``Webhook-Timestamp`` (Unix seconds) and
``Webhook-Signature`` (https://developer.brex.com/docs/webhooks)::

    event = webhooks.verify(request.headers, request.body, secrets)
    if isinstance(event, webhooks.RecordsReadyForExport):
        for record in client.records.list(ids=event.record_ids):
            ...

Answer 200 soon, work afterwards: Brex sends an event again that it takes for lost. The errors, and what to answer to
each, are in `clientkit.webhooks`.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias, TypedDict, Unpack, cast

import attrs

from brex_accounting.webhook_secrets import WebhookSecret, WebhookSecretStatus
from brex_accounting.webhook_subscriptions import WebhookEventType
from clientkit import codec
from clientkit.codec import Extra, unknown_fields
from clientkit.drivers import drive, drive_async
from clientkit.model import Model
from clientkit.webhooks import (
    Headers,
    Keys,
    MalformedWebhookError,
    SeenStore,
    UnreadableWebhookError,
    WrongSignatureError,
    check_body,
    check_id,
    check_new,
    check_time,
    pairs,
    pick,
)

__all__ = [
    "AsyncSecretCache",
    "CacheSettings",
    "Event",
    "OtherEvent",
    "RecordsReadyForExport",
    "SecretCache",
    "TOLERANCE",
    "sign",
    "verify",
]

TOLERANCE = timedelta(minutes=5)

_PREFIX = "whsec_"
_HEADERS = ("Webhook-Id", "Webhook-Timestamp", "Webhook-Signature")
_EITHER_HEADERS = tuple(zip(_HEADERS, ("Svix-Id", "Svix-Timestamp", "Svix-Signature"), strict=True))
# This API is an alpha, and Brex's other events are written in snake case.
_FIELDS = {"accountingRecordIds": "record_ids", "accounting_record_ids": "record_ids", "companyId": "company_id"}
_SECONDS = re.compile(r"[0-9]{1,11}")


@attrs.frozen(kw_only=True)
class RecordsReadyForExport(Model):
    """Records that became ``READY_FOR_EXPORT``; bills are not among them, they have to be polled.

    `id` is the same when Brex sends the event again, `sent_at` (UTC) the time of this delivery. `company_id` is the `id`
    of the company, which tells the token to read the records with; None where the event does not say it, as an older page of
    Brex's has it.
    """

    id: str
    sent_at: datetime
    record_ids: tuple[str, ...]
    company_id: str | None = None


@attrs.frozen(kw_only=True)
class OtherEvent(Model):
    """Any other event of Brex's, with its whole body as parsed JSON."""

    id: str
    sent_at: datetime
    type: WebhookEventType
    body: Extra = attrs.field(hash=False)


Event: TypeAlias = RecordsReadyForExport | OtherEvent


@attrs.frozen(kw_only=True)
class _Rules:
    tolerance: timedelta | None
    seen: SeenStore | None
    svix_headers: bool


@attrs.frozen(kw_only=True)
class _Body:
    event_type: WebhookEventType
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class _Ready:
    record_ids: tuple[str, ...]
    company_id: str | None = None


class CacheSettings(TypedDict, total=False):
    """The arguments that both caches of secrets take by name; `SecretCache` explains them."""

    tolerance: timedelta | None
    seen: SeenStore | None
    svix_headers: bool
    max_age: timedelta
    pause: timedelta
    clock: Callable[[], float]


def verify(
    headers: Headers,
    body: bytes,
    secrets: str | Iterable[str],
    *,
    tolerance: timedelta | None = TOLERANCE,
    now: datetime | None = None,
    seen: SeenStore | None = None,
    svix_headers: bool = False,
) -> Event:
    """The event, once it is certain that Brex sent it, in time, and for the first time.

    Args:
        headers: The request's headers, in any case and any of the usual shapes.
        body: The body exactly as it came. JSON that was parsed and written again has other bytes.
        secrets: The endpoint's secrets, with or without ``whsec_``; during a rotation there are two.
        tolerance: How far the delivery's time may be from `now`, before or after; None for any time.
        now: Instead of the machine's clock; with a time zone.
        seen: Where ids are remembered, so that a second delivery raises. Discard an id there if handling it fails.
        svix_headers: Whether ``Svix-Id`` and its siblings will do where Brex's headers are missing.

    Raises:
        WebhookError: The request must not be acted upon; `clientkit.webhooks` draws the tree.
    """
    keys = Keys(secrets, prefix=_PREFIX)
    # From here on, a traceback with local variables would show them.
    del secrets
    rules = _Rules(tolerance=tolerance, seen=seen, svix_headers=svix_headers)
    return _verified(headers, body, keys, rules, now)


def sign(secret: str, body: bytes, *, id: str, timestamp: datetime) -> dict[str, str]:
    """The headers that Brex would send with `body`, for tests of a receiver.

    Raises `WebhookSecretError` for a secret that is not usable, `ValueError` for an id that `verify` refuses.
    """
    check_id(id)
    seconds = str(int(timestamp.timestamp()))
    signature = Keys(secret, prefix=_PREFIX).sign(_signed(id, seconds, body))
    return dict(zip(_HEADERS, (id, seconds, f"v1,{signature}"), strict=True))


class _Cache:
    """The keys as they were fetched last, and the rule for fetching them again."""

    def __init__(
        self,
        *,
        tolerance: timedelta | None = TOLERANCE,
        seen: SeenStore | None = None,
        svix_headers: bool = False,
        max_age: timedelta = timedelta(hours=1),
        pause: timedelta = timedelta(minutes=1),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules = _Rules(tolerance=tolerance, seen=seen, svix_headers=svix_headers)
        self._max_age, self._pause, self._clock = max_age.total_seconds(), pause.total_seconds(), clock
        self._keys: Keys | None = None
        self._fetched_at = 0.0

    def _verifying(
        self, headers: Headers, body: bytes, now: datetime | None
    ) -> Generator[Keys | None, Keys | None, Event]:
        """The event. Yields the keys with which no signature fitted, None before the first ones, to get fresh ones."""
        kept = pairs(headers)
        keys = yield from _fresh(None)
        try:
            return _verified(kept, body, keys, self._rules, now)
        except WrongSignatureError:
            newer = yield from _fresh(keys)
            if newer is keys:
                raise
        return _verified(kept, body, newer, self._rules, now)

    def _current(self, failed: Keys | None) -> Keys | None:
        """The keys, unless they have to be fetched; with `failed` no signature fitted."""
        if self._keys is None:
            return None
        # Anybody can send a wrong signature; the pause keeps strangers from using up the rate limit.
        longest = self._pause if failed is self._keys else self._max_age
        return self._keys if self._clock() - self._fetched_at < longest else None

    def _take(self, secrets: Iterable[WebhookSecret]) -> Keys:
        usable = [each.secret for each in secrets if each.status != WebhookSecretStatus.REVOKED]
        self._keys, self._fetched_at = Keys(usable, prefix=_PREFIX), self._clock()
        return self._keys


def _fresh(failed: Keys | None) -> Generator[Keys | None, Keys | None, Keys]:
    keys = yield failed
    if keys is None:
        raise RuntimeError("whoever verifies has to send keys in")
    return keys


class SecretCache(_Cache):
    """Verifies webhooks with secrets that are fetched from Brex, kept, and fetched again when no signature fits.

    ::

        secrets = webhooks.SecretCache(client.webhook_secrets.list)
        event = secrets.verify(request.headers, request.body)

    Args:
        fetch: Gives the secrets. Its errors come through; answer 503 then, and Brex sends the event again.
        tolerance: As in `verify`; so are `seen` and `svix_headers`.
        max_age: When secrets are fetched again in any case, so that a revoked one stops counting.
        pause: The shortest time between two fetches because no signature fitted.
        clock: Seconds on a monotonic clock; for tests.
    """

    def __init__(self, fetch: Callable[[], Iterable[WebhookSecret]], **settings: Unpack[CacheSettings]) -> None:
        super().__init__(**settings)
        self._fetch = fetch
        self._lock = threading.Lock()

    def verify(self, headers: Headers, body: bytes, *, now: datetime | None = None) -> Event:
        """As the function `verify`, with Brex's secrets of today. Safe to call from several threads."""
        return drive(self._verifying(headers, body, now), self._fresh)

    def _fresh(self, failed: Keys | None) -> Keys:
        with self._lock:
            return self._current(failed) or self._take(self._fetch())


class AsyncSecretCache(_Cache):
    """`SecretCache` for an asynchronous client: ``AsyncSecretCache(aclient.webhook_secrets.list)``."""

    def __init__(
        self, fetch: Callable[[], Awaitable[Iterable[WebhookSecret]]], **settings: Unpack[CacheSettings]
    ) -> None:
        super().__init__(**settings)
        self._fetch = fetch
        self._lock = asyncio.Lock()

    def verify(self, headers: Headers, body: bytes, *, now: datetime | None = None) -> Coroutine[Any, Any, Event]:
        """As `SecretCache.verify`, to be awaited by the tasks of one event loop."""
        return drive_async(self._verifying(headers, body, now), self._fresh)

    async def _fresh(self, failed: Keys | None) -> Keys:
        async with self._lock:
            return self._current(failed) or self._take(await self._fetch())


def _signed(id: str, seconds: str, body: bytes) -> bytes:
    return b".".join((id.encode(), seconds.encode(), body))


def _verified(headers: Headers, body: bytes, keys: Keys, rules: _Rules, now: datetime | None) -> Event:
    content = check_body(body)
    webhook_id, seconds, signatures = pick(headers, *(_EITHER_HEADERS if rules.svix_headers else _HEADERS))
    given = [each[3:] for each in signatures.split(" ") if each.startswith("v1,")]
    keys.check(_signed(webhook_id, seconds, content), given)
    if "." in webhook_id or not _SECONDS.fullmatch(seconds):
        # With a dot in the id, one signature would fit two ways to cut the signed text.
        raise MalformedWebhookError(f"Webhook-Id or Webhook-Timestamp is not of its form: {webhook_id!r}, {seconds!r}")
    sent_at = datetime.fromtimestamp(int(seconds), UTC)
    check_time(sent_at, tolerance=rules.tolerance, now=now)
    event = _event(webhook_id, sent_at, content)
    check_new(webhook_id, rules.seen)
    return event


def _event(id: str, sent_at: datetime, content: bytes) -> Event:
    try:
        found = codec.parse(content)
        fields = _fields(found)
        if fields.get("event_type") != WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT.value:
            body = codec.structure(found, _Body)
            fields = {"event_type": body.event_type.value, **body.extra}
            return OtherEvent(id=id, sent_at=sent_at, type=body.event_type, body=fields)
        ready = codec.structure({_FIELDS.get(name, name): value for name, value in fields.items()}, _Ready)
    except codec.CodecError as error:
        raise UnreadableWebhookError(f"the body of the webhook {id} is not an event of Brex's: {error}") from error
    return RecordsReadyForExport(id=id, sent_at=sent_at, record_ids=ready.record_ids, company_id=ready.company_id)


def _fields(found: object) -> dict[str, object]:
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}
