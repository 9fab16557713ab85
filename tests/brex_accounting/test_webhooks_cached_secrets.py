"""Secrets that are fetched from Brex, once, and again where a signature is of none of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import attrs
import pytest

from brex_accounting.webhook_secrets import WebhookSecret, WebhookSecretStatus
from brex_accounting.webhooks import AsyncSecretCache, Event, SecretCache
from clientkit.errors import Call, ServerError
from clientkit.webhooks import (
    WebhookSecretError,
    WrongSignatureError,
)
from clientkit.wire import Answer
from support.brex.webhook_vectors import (
    BODY,
    NEXT_SECRET,
    NEXT_SIGNATURE,
    OTHER,
    READY,
    SECRET,
    SENT,
    headers,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@attrs.define
class Brex:
    """The endpoint of the secrets, and how often it was asked."""

    secrets: list[WebhookSecret]
    asked: int = 0

    def list(self) -> tuple[WebhookSecret, ...]:
        self.asked += 1
        return tuple(self.secrets)

    async def alist(self) -> tuple[WebhookSecret, ...]:
        await asyncio.sleep(0)
        return self.list()


def secret(text: str, status: WebhookSecretStatus = WebhookSecretStatus.ACTIVE) -> WebhookSecret:
    return WebhookSecret(secret=text, status=status)


Verifier = Callable[[dict[str, str]], Event]


@pytest.fixture(params=["blocking", "awaitable"])
def cached(request: pytest.FixtureRequest) -> Callable[[Brex, Clock], Verifier]:
    def make(brex: Brex, clock: Clock) -> Verifier:
        if request.param == "blocking":
            cache = SecretCache(brex.list, clock=clock)
            return lambda sent: cache.verify(iter(sent.items()), BODY, now=SENT)
        acache = AsyncSecretCache(brex.alist, clock=clock)
        return lambda sent: asyncio.run(acache.verify(iter(sent.items()), BODY, now=SENT))

    return make


Cached = Callable[[Brex, Clock], Verifier]


def test_secrets_are_fetched_once(cached: Cached) -> None:
    brex, clock = Brex([secret(SECRET)]), Clock()
    check = cached(brex, clock)
    assert [check(headers()) for _ in range(3)] == [READY] * 3
    assert brex.asked == 1


def test_a_failed_verification_fetches_once_more(cached: Cached) -> None:
    brex, clock = Brex([secret(SECRET)]), Clock()
    check = cached(brex, clock)
    check(headers())
    brex.secrets = [secret(NEXT_SECRET)]
    clock.now += 60
    assert check(headers(NEXT_SIGNATURE)) == READY
    assert brex.asked == 2


def test_strangers_cannot_make_it_ask_all_the_time(cached: Cached) -> None:
    brex, clock = Brex([secret(SECRET)]), Clock()
    check = cached(brex, clock)
    for _ in range(100):
        with pytest.raises(WrongSignatureError):
            check(headers(OTHER))
        clock.now += 1
    assert brex.asked == 2


def test_a_revoked_secret_stops_counting(cached: Cached) -> None:
    brex, clock = Brex([secret(SECRET), secret(NEXT_SECRET, WebhookSecretStatus.PENDING_REVOKE)]), Clock()
    check = cached(brex, clock)
    assert check(headers(NEXT_SIGNATURE)) == READY
    brex.secrets[1] = secret(NEXT_SECRET, WebhookSecretStatus.REVOKED)
    clock.now += 3600
    with pytest.raises(WrongSignatureError):
        check(headers(NEXT_SIGNATURE))
    assert check(headers()) == READY


def test_without_any_usable_secret_nothing_verifies(cached: Cached) -> None:
    brex, clock = Brex([secret(SECRET, WebhookSecretStatus.REVOKED)]), Clock()
    with pytest.raises(WebhookSecretError, match="no secret"):
        cached(brex, clock)(headers())


def test_an_error_of_the_fetch_comes_through() -> None:
    failure = ServerError(Call(service="Brex", method="GET", path="/v1/webhooks/secrets"), Answer(status=503))

    def fetch() -> tuple[WebhookSecret, ...]:
        raise failure

    with pytest.raises(ServerError):
        SecretCache(fetch).verify(headers(), BODY)


def test_many_threads_with_a_new_signature_fetch_once() -> None:
    brex, clock, barrier, found = Brex([secret(SECRET)]), Clock(), threading.Barrier(20), list[Event]()
    cache = SecretCache(brex.list, clock=clock)
    cache.verify(headers(), BODY, now=SENT)
    brex.secrets = [secret(NEXT_SECRET)]
    clock.now += 60

    def check() -> None:
        barrier.wait()
        found.append(cache.verify(headers(NEXT_SIGNATURE), BODY, now=SENT))

    threads = [threading.Thread(target=check) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, brex.asked) == ([READY] * 20, 2)


def test_many_tasks_with_a_new_signature_fetch_once() -> None:
    async def scenario() -> tuple[list[Event], int]:
        brex, clock = Brex([secret(SECRET)]), Clock()
        cache = AsyncSecretCache(brex.alist, clock=clock)
        await cache.verify(headers(), BODY, now=SENT)
        brex.secrets = [secret(NEXT_SECRET)]
        clock.now += 60
        found = await asyncio.gather(*(cache.verify(headers(NEXT_SIGNATURE), BODY, now=SENT) for _ in range(20)))
        return found, brex.asked

    assert asyncio.run(scenario()) == ([READY] * 20, 2)
