"""The cases of https://github.com/standard-webhooks/standard-webhooks, whose scheme Brex signs with, and Brex's own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import webhooks
from brex_accounting.webhook_secrets import WebhookSecret, WebhookSecretStatus
from brex_accounting.webhook_subscriptions import WebhookEventType
from brex_accounting.webhooks import AsyncSecretCache, Event, OtherEvent, RecordsReadyForExport, SecretCache
from clientkit.errors import Call, ServerError
from clientkit.webhooks import (
    DuplicateWebhookError,
    MalformedWebhookError,
    SeenIds,
    StaleWebhookError,
    UnreadableWebhookError,
    WebhookError,
    WebhookSecretError,
    WrongSignatureError,
)
from clientkit.wire import Answer

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
NEXT_SECRET = "whsec_ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A="
BODY = (
    b'{"event_type":"ACCOUNTING_RECORD_READY_FOR_EXPORT",'
    b'"accountingRecordIds":["accr_abc123","accr_def456"],"companyId":"cuacc_123"}'
)
SIGNATURE = "v1,WDDx68K85fNZrKvc0Xm3RJDaU3DgszqC0On4lV1fkMM="
NEXT_SIGNATURE = "v1,faqfXaFXOJD9lkIGHU+S6FizzjIBQTQKnGaoSyqL3tc="
OTHER = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
SENT = datetime.fromtimestamp(1_767_225_600, UTC)
READY = RecordsReadyForExport(
    id="msg_synthetic0001", sent_at=SENT, record_ids=("accr_abc123", "accr_def456"), company_id="cuacc_123"
)


def headers(signature: str = SIGNATURE, **changes: str | None) -> dict[str, str]:
    found = {"id": "msg_synthetic0001", "timestamp": "1767225600", "signature": signature, **changes}
    return {f"Webhook-{name.title()}": value for name, value in found.items() if value is not None}


def verify(sent: dict[str, str], body: bytes = BODY, **changes: object) -> Event:
    arguments = {"secrets": SECRET, "now": SENT, **changes}
    event: Event = webhooks.verify(sent, body, **arguments)  # type: ignore[arg-type]  # by name just above  # pyright: ignore[reportArgumentType]
    return event


def raw_headers(body: bytes, *, id: str = "msg_1", seconds: str = "1767225600") -> dict[str, str]:
    """Headers signed without the package, whatever they hold."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    text = base64.b64encode(hmac.new(key, f"{id}.{seconds}.".encode() + body, hashlib.sha256).digest()).decode()
    return headers(f"v1,{text}", id=id, timestamp=seconds)


def test_a_vector_verifies() -> None:
    assert verify(headers()) == READY


def test_a_published_vector_of_the_scheme_is_signed_alike() -> None:
    signed = webhooks.sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        b'{"test": 2432232314}',
        id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=datetime.fromtimestamp(1_614_265_330, UTC),
    )
    assert signed["Webhook-Signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_prefix_of_a_secret_may_be_missing() -> None:
    assert verify(headers(), secrets=SECRET.removeprefix("whsec_")) == READY


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_header(name: str, value: str | None) -> None:
    sent = {key: text for key, text in headers().items() if key != f"Webhook-{name.title()}"}
    if value is not None:
        sent[f"Webhook-{name.title()}"] = value
    with pytest.raises(MalformedWebhookError, match=f"Webhook-{name.title()} is missing"):
        verify(sent)


@pytest.mark.parametrize(
    "signature",
    [
        OTHER,
        SIGNATURE[:8],
        "v1,",
        "v1",
        ",",
        SIGNATURE.removeprefix("v1,"),
        SIGNATURE.replace("v1,", "v2,"),
        SIGNATURE.replace("v1,", "v1a,"),
        SIGNATURE.replace("v1,", "V1,"),
        SIGNATURE.replace("v1,", "v1="),
        SIGNATURE.removesuffix("="),
        SIGNATURE + "=",
        SIGNATURE.replace("fkMM=", "fkMN="),
        f"{OTHER},{SIGNATURE}",
    ],
)
def test_a_wrong_signature(signature: str) -> None:
    with pytest.raises(WrongSignatureError):
        verify(headers(signature))


def test_one_of_several_signatures_is_enough() -> None:
    several = " ".join([OTHER, OTHER.replace("v1", "v2"), SIGNATURE, OTHER])
    assert verify(headers(several)) == READY


def test_while_secrets_are_rotated_either_of_two_is_enough() -> None:
    both = [SECRET, NEXT_SECRET]
    assert verify(headers(SIGNATURE), secrets=both) == READY
    assert verify(headers(NEXT_SIGNATURE), secrets=both) == READY
    assert verify(headers(f"{SIGNATURE} {NEXT_SIGNATURE}"), secrets=NEXT_SECRET) == READY
    with pytest.raises(WrongSignatureError):
        verify(headers(NEXT_SIGNATURE), secrets=SECRET)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_timestamp_too_far_from_now(seconds: int) -> None:
    now = SENT + timedelta(seconds=seconds)
    with pytest.raises(StaleWebhookError):
        verify(headers(), now=now)
    assert verify(headers(), now=now, tolerance=None) == READY
    assert verify(headers(), now=now, tolerance=timedelta(hours=1)) == READY


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_timestamp_just_near_enough(seconds: int) -> None:
    assert verify(headers(), now=SENT + timedelta(seconds=seconds)) == READY


def test_a_changed_timestamp_or_id_is_no_longer_signed() -> None:
    with pytest.raises(WrongSignatureError):
        verify(headers(timestamp="946684800"), tolerance=None)
    with pytest.raises(WrongSignatureError):
        verify(headers(id="msg_synthetic0002"))


@pytest.mark.parametrize("seconds", ["hello", "1.5", "-1", "1e9", "99999999999999", " 1", "0x10", "1_000", "NaN"])
def test_a_signed_timestamp_that_is_no_number_of_seconds(seconds: str) -> None:
    with pytest.raises(MalformedWebhookError):
        verify(raw_headers(BODY, seconds=seconds), tolerance=None)


def test_a_signature_cannot_be_cut_another_way() -> None:
    body = b'5.{"event_type":"USER_UPDATED"}'
    sent = raw_headers(body)
    moved = headers(sent["Webhook-Signature"], id=f"{sent['Webhook-Id']}.1767225600", timestamp="5")
    with pytest.raises(MalformedWebhookError):
        verify(moved, body.removeprefix(b"5."), tolerance=None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"accr_1"',
        b"{",
        b"{}",
        b"\xff",
        b'{"event_type": 1}',
        b'{"event_type": null}',
        b'{"event_type": "ACCOUNTING_RECORD_READY_FOR_EXPORT"}',
        b'{"event_type": "ACCOUNTING_RECORD_READY_FOR_EXPORT", "companyId": "c", "accountingRecordIds": "accr_1"}',
        b'{"event_type": "ACCOUNTING_RECORD_READY_FOR_EXPORT", "companyId": 1, "accountingRecordIds": []}',
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_signed_body_that_is_no_event(body: bytes) -> None:
    seen = SeenIds()
    with pytest.raises(UnreadableWebhookError, match="webhook msg_1 is not an event"):
        verify(raw_headers(body), body, seen=seen)
    assert seen.add("msg_1"), "an event that could not be read was not received"


def test_nothing_is_parsed_before_the_signature_was_found_right() -> None:
    with pytest.raises(WrongSignatureError):
        verify(headers(timestamp="hello"), b"{")


def test_snake_case_is_understood_too() -> None:
    body = b'{"event_type":"ACCOUNTING_RECORD_READY_FOR_EXPORT","accounting_record_ids":["a"],"company_id":"c"}'
    event = verify(raw_headers(body), body)
    assert isinstance(event, RecordsReadyForExport)
    assert (event.record_ids, event.company_id) == (("a",), "c")


def test_an_older_page_names_no_company() -> None:
    body = b'{"event_type":"ACCOUNTING_RECORD_READY_FOR_EXPORT","accounting_record_ids":["a"]}'
    event = verify(raw_headers(body), body)
    assert isinstance(event, RecordsReadyForExport)
    assert (event.record_ids, event.company_id) == (("a",), None)


@pytest.mark.parametrize("kind", ["USER_UPDATED", "NOT_KNOWN_YET"])
def test_other_events_keep_their_whole_body(kind: str) -> None:
    body = json.dumps({"event_type": kind, "user_id": "cuuser_1", "company_id": "c", "n": [1, None]}).encode()
    event = verify(raw_headers(body), body)
    assert event == OtherEvent(id="msg_1", sent_at=SENT, type=WebhookEventType(kind), body=json.loads(body))
    assert isinstance(hash(event), int)


def test_svix_headers_count_only_where_they_are_asked_for() -> None:
    svix = {name.replace("Webhook", "svix"): value for name, value in headers().items()}
    with pytest.raises(MalformedWebhookError):
        verify(svix)
    assert verify(svix, svix_headers=True) == READY
    assert verify({**svix, **headers()}, svix_headers=True) == READY
    with pytest.raises(WrongSignatureError):
        verify({**svix, **headers(OTHER)}, svix_headers=True)


def test_a_second_delivery_is_a_duplicate_until_it_is_discarded() -> None:
    seen = SeenIds()
    assert verify(headers(), seen=seen) == READY
    with pytest.raises(DuplicateWebhookError):
        verify(headers(), seen=seen)
    seen.discard(READY.id)
    assert verify(headers(), seen=seen) == READY


def test_what_is_refused_was_not_seen() -> None:
    seen = SeenIds()
    with pytest.raises(WrongSignatureError):
        verify(headers(OTHER), seen=seen)
    with pytest.raises(StaleWebhookError):
        verify(headers(), seen=seen, now=SENT + timedelta(days=1))
    assert verify(headers(), seen=seen) == READY


@pytest.mark.parametrize("secrets", ["", "whsec_", "whsec_123", [], [SECRET, "?"]])
def test_a_secret_that_cannot_be_used(secrets: object) -> None:
    with pytest.raises(WebhookSecretError):
        verify(headers(), secrets=secrets)


@given(
    st.binary(),
    st.from_regex(r"[A-Za-z0-9_]{1,40}", fullmatch=True),
    st.datetimes(datetime(1970, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is given beside
)
def test_what_sign_makes_verifies(rest: bytes, id: str, moment: datetime) -> None:
    body = json.dumps({"event_type": "USER_UPDATED", "rest": rest.hex()}).encode()
    event = webhooks.verify(
        webhooks.sign(SECRET, body, id=id, timestamp=moment), body, SECRET, now=moment, tolerance=timedelta(seconds=1)
    )
    assert (event.id, event.sent_at) == (id, moment.replace(microsecond=0))


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_a_mutated_body_never_verifies(place: int, change: int) -> None:
    mutated = bytearray(BODY)
    mutated[place] ^= change
    with pytest.raises(WrongSignatureError):
        verify(headers(), bytes(mutated))


@given(st.sampled_from(sorted(headers())), st.integers(0, 60), st.characters(codec="utf-8"))
def test_a_mutated_header_never_verifies(name: str, place: int, letter: str) -> None:
    sent = headers()
    text = sent[name]
    place %= len(text)
    mutated = text[:place] + letter + text[place + 1 :]
    if mutated == text:
        assert verify({**sent, name: mutated}) == READY
        return
    with pytest.raises(WebhookError):
        verify({**sent, name: mutated}, tolerance=None)


@given(st.dictionaries(st.sampled_from(sorted(headers())), st.text() | st.none() | st.binary()), st.binary())
def test_garbage_ends_in_one_exception(garbage: dict[str, str], body: bytes) -> None:
    with pytest.raises(WebhookError):
        verify({**headers(), **garbage}, body)


@given(st.binary())
def test_signed_garbage_ends_in_one_exception(body: bytes) -> None:
    with pytest.raises(UnreadableWebhookError):
        verify(raw_headers(body), body)


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
