"""One call, driven by hand: no network, no waiting, no clock but the test's own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit import (
    Answer,
    Exchanged,
    Options,
    Pacer,
    Request,
    RetryPolicy,
    TransportFailure,
    errors,
)
from clientkit.forms import Multipart
from clientkit.requests import Download, follow
from clientkit.testing import json_answer
from support.exchanges import GET, KEYED, LOST, OK, UNKEYED, World
from support.exchanges import status_answer as _status
from support.shop import TOKEN, Item, ItemOperations, NewItem, OutOfStockError

DELETE = ItemOperations.delete.build("a")
PUT = Request(method="PUT", path="/items/a", returns=Item, body={})
PATCH = Request(method="PATCH", path="/items/a", returns=Item, body={})

UNSENT = TransportFailure("refused", sent=False)
LATE = TransportFailure("too slow", sent=True, late=True)
NO_ROUTE = TransportFailure("no route in time", sent=False, late=True)


def _told(step: Exchanged) -> str:
    return str(step.status) if isinstance(step, Answer) else step.reason


# --- what is sent --------------------------------------------------------------------------


def test_one_attempt_carries_all_it_needs() -> None:
    world = World([OK])
    answered = world.run(KEYED)
    (sent,) = world.sent
    assert (sent.method, sent.url, sent.content) == ("POST", "https://shop.test/items", b'{"price":"1"}')
    assert sent.headers == {
        "Accept": "application/json", "X-Version": "1", "Authorization": f"Bearer {TOKEN}", "Idempotency-Key": "k",
        "Content-Type": "application/json",
    }  # fmt: skip
    assert (answered.value.id, answered.status, answered.trace_id) == ("a", 200, "t-9")
    assert answered.headers["x-trace"] == "t-9"
    assert not world.waits


def test_a_request_without_a_body_has_no_content_type() -> None:
    world = World([OK])
    world.run(GET)
    assert world.sent[0].content is None
    assert "Content-Type" not in world.sent[0].headers
    assert "Idempotency-Key" not in world.sent[0].headers


def test_a_file_is_sent_as_multipart() -> None:
    world = World([Answer(status=204)])
    body = Multipart(filename="a.pdf", content=b"%PDF", content_type="application/pdf")
    world.run(Request(method="POST", path="/files", body=body))
    assert world.sent[0].content == body.encode()
    assert world.sent[0].headers["Content-Type"] == f"multipart/form-data; boundary={body.boundary}"


def test_a_link_is_followed_without_the_token_and_without_a_slot_of_the_pace() -> None:
    world = World([Answer(status=200, headers={"content-type": "application/pdf"}, content=b"%PDF")])
    pacer = Pacer(1)
    value = world.run(follow("https://files.test/f?sig=s"), world.context(pacer=pacer)).value
    assert value == Download(content=b"%PDF", content_type="application/pdf")
    assert world.sent[0].url == "https://files.test/f?sig=s"
    assert world.sent[0].headers == {"Accept": "*/*"}
    assert "sig=s" not in repr(world.sent[0])
    assert pacer.reserve(world.time) == 0


def test_a_link_that_has_expired_is_told_with_advice() -> None:
    with pytest.raises(
        errors.ForbiddenError, match=r"GET https://files\.test/f answered 403.*ask the service for a new link"
    ):
        World([Answer(status=403)]).run(follow("https://files.test/f?sig=s"))


@pytest.mark.parametrize("step", [LOST, _status(503), _status(409)])
def test_all_attempts_of_one_call_carry_one_key_and_one_body(step: Exchanged) -> None:
    world = World([step, step, OK])
    world.run(ItemOperations.create.build(NewItem(price=Decimal(1))))
    keys = {sent.headers["Idempotency-Key"] for sent in world.sent}
    assert len(world.sent) == 3
    assert len(keys) == len({sent.content for sent in world.sent}) == 1
    other = World([OK])
    other.run(ItemOperations.create.build(NewItem(price=Decimal(1))))
    assert other.sent[0].headers["Idempotency-Key"] not in keys


# --- what is repeated -------------------------------------------------------------------------


def _repeats(request: Request[Any], step: Exchanged, **changes: Any) -> bool:
    world = World([step, OK])
    try:
        world.run(request, world.context(**changes))
    except errors.ApiError:
        assert len(world.sent) == 1
        return False
    assert len(world.sent) == 2
    return True


_SAFE: list[Request[Any]] = [GET, PUT, DELETE, KEYED]
_UNSAFE: list[Request[Any]] = [UNKEYED, PATCH]


@pytest.mark.parametrize("step", [LOST, LATE, *(_status(each) for each in (408, 500, 502, 503, 504))], ids=_told)
def test_what_may_have_been_carried_out_is_repeated_only_where_that_is_safe(step: Exchanged) -> None:
    assert [_repeats(request, step) for request in _SAFE] == [True] * len(_SAFE)
    assert [_repeats(request, step) for request in _UNSAFE] == [False] * len(_UNSAFE)


@pytest.mark.parametrize("step", [UNSENT, NO_ROUTE, _status(429)], ids=_told)
@pytest.mark.parametrize("request_", [*_SAFE, *_UNSAFE], ids=lambda request: request.method)
def test_what_was_not_carried_out_is_always_repeated(request_: Request[Any], step: Exchanged) -> None:
    assert _repeats(request_, step)


@pytest.mark.parametrize("status", [301, 302, 304, 307, 308, 400, 401, 402, 403, 404, 405, 410, 412, 422, 501, 505])
@pytest.mark.parametrize("request_", [*_SAFE, *_UNSAFE], ids=lambda request: request.method)
def test_what_would_be_answered_alike_is_not_repeated(request_: Request[Any], status: int) -> None:
    assert not _repeats(request_, _status(status))


def test_a_conflict_is_a_running_key_only_where_the_service_says_so() -> None:
    assert _repeats(KEYED, _status(409))
    assert not _repeats(KEYED, _status(409), key_conflict=False)
    assert not any(_repeats(request, _status(409)) for request in [GET, PUT, UNKEYED])


@given(attempts=st.integers(1, 8))
def test_the_last_attempt_is_the_last(attempts: int) -> None:
    world = World([_status(503)] * attempts)
    policy = RetryPolicy(attempts=attempts, base=0.0)
    with pytest.raises(errors.ServerError) as caught:
        world.run(GET, world.context(Options(retry=policy)))
    assert len(world.sent) == attempts
    assert [attempt.outcome for attempt in caught.value.attempts] == ["answered 503"] * (attempts - 1)
    assert ("after" in str(caught.value)) == (attempts > 1)


def test_the_attempts_before_stand_on_the_error() -> None:
    world = World([UNSENT, _status(500, retry_after="3"), LATE], jitter=0.0)
    with pytest.raises(errors.AnswerTimeoutError, match="after 3 attempts") as caught:
        world.run(GET, world.context(Options(retry=RetryPolicy(attempts=3))))
    assert caught.value.attempts == (
        errors.EarlierTry(outcome="refused", waited=0.25), errors.EarlierTry(outcome="answered 500", waited=3.0),
    )  # fmt: skip
    assert caught.value.__cause__ is LATE


# --- a deletion whose answer was lost ------------------------------------------------------------


@pytest.mark.parametrize("step", [LOST, LATE, _status(503)], ids=_told)
def test_a_deletion_that_may_have_happened_finds_nothing_the_second_time(step: Exchanged) -> None:
    assert World([step, _status(404)]).run(DELETE).value is None
    told = Answer(status=404, content=b'{"message": "there is no such item"}')
    answered = World([step, told]).run(Request(method="DELETE", path="/items/a", returns=bytes))
    assert (answered.value, answered.content, answered.status) == (b"", b"", 404)


@pytest.mark.parametrize("step", [UNSENT, _status(429)], ids=_told)
def test_a_deletion_that_cannot_have_happened_finds_nothing_to_delete(step: Exchanged) -> None:
    for script in ([_status(404)], [step, _status(404)]):
        with pytest.raises(errors.NotFoundError):
            World(script).run(DELETE)


def test_only_a_deletion_without_an_answer_may_find_nothing() -> None:
    answering = Request(method="DELETE", path="/items/a", returns=Item)
    for request in (GET, PUT, answering):
        with pytest.raises(errors.NotFoundError):
            World([LOST, _status(404)]).run(request)


# --- what comes back ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (UNSENT, errors.NotSentError), (NO_ROUTE, errors.NotSentError), (LOST, errors.ConnectionLostError),
        (LATE, errors.AnswerTimeoutError), (_status(302, location="https://evil.test"), errors.RedirectError),
        (_status(400), errors.BadRequestError), (_status(401), errors.UnauthorizedError), (_status(403), errors.ForbiddenError),
        (_status(404), errors.NotFoundError), (_status(409), errors.ConflictError), (_status(422), errors.UnprocessableError),
        (_status(429), errors.RateLimitedError), (_status(500), errors.ServerError), (_status(418), errors.StatusError),
    ],
)  # fmt: skip
def test_each_outcome_has_its_error(step: Exchanged, kind: type[errors.ApiError]) -> None:
    world = World([step])
    with pytest.raises(errors.ApiError) as caught:
        world.run(UNKEYED, world.context(Options(retry=RetryPolicy(attempts=1))))
    assert type(caught.value) is kind
    assert "Shop: POST /items" in str(caught.value)


def test_the_service_names_its_own_errors_and_advice() -> None:
    with pytest.raises(OutOfStockError, match=r"\[out_of_stock\].*Wait for the next delivery\."):
        World([json_answer(400, {"code": "out_of_stock"})]).run(GET)
    with pytest.raises(errors.ConflictError, match=r"Thaw it first\.$"):
        World([json_answer(409, {"code": "frozen"}, x_trace="t-3")]).run(GET)


@pytest.mark.parametrize("content", [b"", b"<html>Bad gateway</html>", b"[1]", b"\xff\xfe"])
def test_an_error_page_is_still_an_error(content: bytes) -> None:
    answer = Answer(status=400, headers={"content-type": "text/html", "x-trace": "t-3"}, content=content)
    with pytest.raises(errors.BadRequestError, match="trace id t-3") as caught:
        World([answer]).run(GET)
    assert (caught.value.content, caught.value.trace_id) == (content, "t-3")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            Answer(status=200, headers={"content-type": "text/html"}, content=b"<html>"),
            r"content type is 'text/html', not JSON",
        ),
        (Answer(status=200, content=b"<html>"), "not JSON"),
        (Answer(status=200), "not JSON"),
        (Answer(status=204), "not JSON"),
        (json_answer(200, {"id": 1, "price": "1"}), r"1 is not text @ \$\.id"),
        (json_answer(200, []), "is not an object"),
    ],
)
def test_a_success_that_cannot_be_read(answer: Answer, reason: str) -> None:
    world = World([answer])
    with pytest.raises(errors.UnreadableAnswerError, match=reason) as caught:
        world.run(KEYED)
    assert "If the request writes, it was carried out" in str(caught.value)
    assert len(world.sent) == 1


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])
def test_json_has_several_content_types(kind: str) -> None:
    assert World([attrs.evolve(OK, headers={"content-type": kind})]).run(GET).value.id == "a"


def test_an_answer_beyond_the_bound() -> None:
    cut_off = attrs.evolve(OK, content=OK.content[:5], oversized=True)
    with pytest.raises(errors.AnswerTooLargeError, match="larger than 5 bytes"):
        World([cut_off]).run(GET, World([]).context(Options(max_answer_bytes=5)))
    assert World([cut_off]).run(DELETE).value is None


def test_bytes_come_as_they_are() -> None:
    answer = Answer(status=200, headers={"content-type": "text/csv"}, content=b"\xff,")
    assert World([answer]).run(Request(method="GET", path="/csv", returns=bytes, accept="text/csv")).value == b"\xff,"


# --- bounds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: Options(timeout=0), lambda: Options(timeout=-1), lambda: Options(deadline=0), lambda: Options(max_answer_bytes=0),
        lambda: RetryPolicy(attempts=0), lambda: RetryPolicy(base=-1), lambda: RetryPolicy(ceiling=-1),
        lambda: RetryPolicy(longest_server_wait=-1),
    ],
)  # fmt: skip
def test_bounds_that_are_none_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="must be >"):
        make()


def test_the_log_tells_each_attempt(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "clientkit"):
        World([LOST, _status(503), OK]).run(GET)
    assert caplog.messages == [f"Shop GET /items/a: {outcome}" for outcome in ("broke off", "503", "200")]
