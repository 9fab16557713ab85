"""The cases of https://github.com/standard-webhooks/standard-webhooks, whose scheme Brex signs with, and Brex's own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import webhooks
from brex_accounting.webhook_subscriptions import WebhookEventType
from brex_accounting.webhooks import Event, OtherEvent, RecordsReadyForExport
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
from support.brex.webhook_vectors import (
    BODY,
    NEXT_SECRET,
    NEXT_SIGNATURE,
    OTHER,
    READY,
    SECRET,
    SENT,
    SIGNATURE,
    headers,
)


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


@pytest.mark.parametrize("wrong", ["a.b", "", "msg_ü", "msg\n1"])
def test_nothing_is_signed_under_an_id_that_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII without a dot"):
        webhooks.sign(SECRET, b"{}", id=wrong, timestamp=SENT)
