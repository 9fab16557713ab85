from __future__ import annotations

import base64
import hashlib
import hmac
import pickle
import re
import threading
import traceback
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.message import Message

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit import webhooks
from clientkit.errors import ApiError, ConfigurationError
from clientkit.webhooks import (
    DuplicateWebhookError,
    Headers,
    Keys,
    MalformedWebhookError,
    SeenIds,
    StaleWebhookError,
    WebhookError,
    WebhookSecretError,
    WrongSignatureError,
    check_body,
    check_new,
    check_time,
    pairs,
    pick,
)

KEY = bytes(range(32))
SECRET = base64.b64encode(KEY).decode()
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def signed(message: bytes, key: bytes = KEY) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def message_headers(**headers: str) -> Message:
    message = Message()
    for name, value in headers.items():
        message[name] = value
    return message


class Framework:
    """Headers that are not a mapping and give pairs, as those of Werkzeug do."""

    def __init__(self, *found: tuple[str, str]) -> None:
        self._found = found

    def items(self) -> Iterable[tuple[str, str]]:
        return iter(self._found)


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-id": "msg_1", "other": "x"},
        {"WEBHOOK-ID": "msg_1"},
        [("Webhook-Id", "msg_1")],
        [(b"webhook-id", b"msg_1"), (b"cookie", b"\xff")],
        (("Webhook-Id", "msg_1"), ("Webhook-Id", "msg_1")),
        iter([("Webhook-Id", "msg_1")]),
        message_headers(**{"Webhook-Id": "msg_1"}),
        httpx.Headers({"Webhook-Id": "msg_1"}),
        Framework(("Other", "x"), ("Webhook-Id", "msg_1")),
    ],
    ids=lambda headers: type(headers).__name__,
)
def test_headers_are_found_in_every_usual_shape(headers: Headers) -> None:
    assert pick(headers, "Webhook-Id") == ("msg_1",)


def test_the_first_of_several_names_counts() -> None:
    both = {"svix-id": "msg_2", "webhook-id": "msg_1"}
    assert pick(both, ("Webhook-Id", "Svix-Id")) == ("msg_1",)
    assert pick({"svix-id": "msg_2"}, ("Webhook-Id", "Svix-Id")) == ("msg_2",)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "missing or empty"),
        ({"webhook-id": ""}, "missing or empty"),
        ({"webhook-id": ["msg_1"]}, "missing or empty"),
        ({"webhook-id": None}, "missing or empty"),
        ([("webhook-id", "a"), ("Webhook-Id", "b")], "more than once"),
        ({"webhook-id": "msg\n1"}, "printable ASCII"),
        ({"webhook-id": "msg_ü"}, "printable ASCII"),
        ({"webhook-id": "\udcff"}, "printable ASCII"),
        (None, "neither a mapping nor pairs"),
        (7, "neither a mapping nor pairs"),
        ([1, 2], "neither a mapping nor pairs"),
        ("webhook-id: msg_1", "neither a mapping nor pairs"),
        ([("one", "two", "three")], "neither a mapping nor pairs"),
    ],
)
def test_headers_that_cannot_be_used(headers: Headers, reason: str) -> None:
    with pytest.raises(MalformedWebhookError, match=reason):
        pick(headers, "Webhook-Id")


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.binary() | st.floats(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.binary(), inner) | st.tuples(inner, inner),
    )
)
def test_garbage_for_headers_ends_in_one_exception(garbage: object) -> None:
    headers: Headers = garbage  # type: ignore[assignment]  # what a careless framework hands over  # pyright: ignore[reportAssignmentType]
    with pytest.raises(MalformedWebhookError):
        pick(headers, "X-Not-There")


def test_pairs_can_be_read_twice() -> None:
    kept = pairs(iter([("a", "1")]))
    assert pick(kept, "a") == pick(kept, "A") == ("1",)


@given(st.binary(min_size=1), st.binary())
def test_a_signature_is_the_base64_of_an_hmac(key: bytes, message: bytes) -> None:
    keys = Keys(base64.b64encode(key).decode())
    assert keys.sign(message) == signed(message, key)
    keys.check(message, [keys.sign(message)])


@given(st.binary(), st.data())
def test_a_changed_message_or_signature_never_fits(message: bytes, data: st.DataObject) -> None:
    keys = Keys(SECRET)
    good = keys.sign(message)
    place = data.draw(st.integers(0, len(good) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda each: each != good[place]))
    with pytest.raises(WrongSignatureError):
        keys.check(message, [good[:place] + letter + good[place + 1 :]])
    with pytest.raises(WrongSignatureError):
        keys.check(data.draw(st.binary().filter(lambda other: other != message)), [good])


def test_any_of_several_signatures_under_any_of_several_secrets() -> None:
    other = base64.b64encode(b"another key").decode()
    wrong = signed(b"message", b"a third key")
    for secrets in ([SECRET, other], [other, SECRET], (each for each in (other, SECRET))):
        Keys(secrets).check(b"message", [wrong, signed(b"message"), wrong])
    with pytest.raises(WrongSignatureError):
        Keys(other).check(b"message", [signed(b"message")])
    with pytest.raises(WrongSignatureError):
        Keys(SECRET).check(b"message", [])


def test_a_prefix_may_be_there() -> None:
    assert Keys(f"whsec_{SECRET}", prefix="whsec_").sign(b"") == Keys(SECRET, prefix="whsec_").sign(b"")


@pytest.mark.parametrize(
    "secrets",
    ["", "whsec_", "whsec_123", "not base64!", "AAAA\n", " AAAA", "AA=A", "AAA", "ÄÄÄÄ", "-_-_", [], [SECRET, ""]],
)
def test_a_secret_that_cannot_be_used_is_not_shown(secrets: str | Sequence[str]) -> None:
    with pytest.raises(WebhookSecretError) as caught:
        Keys(secrets, prefix="whsec_")
    assert isinstance(caught.value, ConfigurationError)
    assert "123" not in str(caught.value)


def test_neither_repr_nor_traceback_shows_a_secret() -> None:
    keys = Keys(SECRET)
    shown = [repr(keys)]
    for attempt in (lambda: keys.check(b"m", ["x"]), lambda: Keys([SECRET, "?"])):
        try:
            attempt()
        except WebhookError as error:
            frames = traceback.TracebackException.from_exception(error, capture_locals=True)
            shown += [line for frame in frames.stack[1:] if frame.locals for line in frame.locals.values()]
    assert len(shown) > 3
    assert not any(SECRET in line or repr(KEY) in line for line in shown)


@given(st.timedeltas(-timedelta(days=9), timedelta(days=9)), st.timedeltas(timedelta(0), timedelta(days=9)))
def test_the_tolerance_reaches_as_far_back_as_forward(distance: timedelta, tolerance: timedelta) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-7)))
    if abs(distance) <= tolerance:
        check_time(NOW + distance, tolerance=tolerance, now=elsewhere)
    else:
        with pytest.raises(StaleWebhookError):
            check_time(NOW + distance, tolerance=tolerance, now=elsewhere)


def test_a_stale_webhook_says_in_which_direction() -> None:
    with pytest.raises(StaleWebhookError, match="0:02:00 old"):
        check_time(NOW - 2 * MINUTE, tolerance=MINUTE, now=NOW)
    with pytest.raises(StaleWebhookError, match="0:02:00 ahead"):
        check_time(NOW + 2 * MINUTE, tolerance=MINUTE, now=NOW)


def test_without_a_tolerance_any_time_will_do() -> None:
    check_time(datetime.min.replace(tzinfo=UTC), tolerance=None, now=NOW)


def test_the_machines_clock_is_used_when_no_other_is_given() -> None:
    check_time(datetime.now(UTC), tolerance=timedelta(hours=1), now=None)
    with pytest.raises(StaleWebhookError):
        check_time(datetime(2020, 1, 1, tzinfo=UTC), tolerance=timedelta(hours=1), now=None)


def test_a_clock_without_zone_and_a_negative_tolerance_are_mistakes() -> None:
    with pytest.raises(ValueError, match="time zone"):
        check_time(NOW, tolerance=MINUTE, now=NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="accept nothing"):
        check_time(NOW, tolerance=-MINUTE, now=NOW)


def test_a_body_is_bytes() -> None:
    assert check_body(b"x") == check_body(bytearray(b"x")) == check_body(memoryview(b"x")) == b"x"
    for parsed in ("{}", 7, None):
        with pytest.raises(TypeError, match="bytes that came in"):
            check_body(parsed)


def test_an_id_is_new_once_and_again_when_discarded() -> None:
    seen = SeenIds()
    check_new("a", seen)
    with pytest.raises(DuplicateWebhookError, match="webhook a was received before") as caught:
        check_new("a", seen)
    assert caught.value.id == "a"
    seen.discard("a")
    seen.discard("never there")
    check_new("a", seen)
    check_new("a", None)


@given(st.integers(1, 5), st.lists(st.sampled_from("abcdefgh")))
def test_a_store_remembers_its_newest_ids(capacity: int, ids: list[str]) -> None:
    seen, newest = SeenIds(capacity), list[str]()
    for each in ids:
        assert seen.add(each) == (each not in newest)
        if each not in newest:
            newest = [*newest, each][-capacity:]


def test_a_store_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="remembers nothing"):
        SeenIds(0)


def test_of_many_threads_one_finds_an_id_new() -> None:
    seen, barrier, news = SeenIds(), threading.Barrier(20), list[bool]()

    def add() -> None:
        barrier.wait()
        news.append(seen.add("a"))

    threads = [threading.Thread(target=add) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(news) == [False] * 19 + [True]


def test_the_drawn_tree_is_the_real_one() -> None:
    drawn = re.findall(r"[├└]── (\w+)", webhooks.__doc__ or "")
    assert sorted(drawn) == sorted(each.__name__ for each in WebhookError.__subclasses__())


@pytest.mark.parametrize(
    "error", [MalformedWebhookError("m"), DuplicateWebhookError("msg_1"), WebhookSecretError("s")], ids=repr
)
def test_errors_pickle(error: WebhookError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.args, copy.__dict__) == (type(error), error.args, error.__dict__)
    assert isinstance(copy, ApiError)
