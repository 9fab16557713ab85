"""Webhooks: who is let in, what becomes of each event, and that none is taken twice or lost."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import brex_accounting.webhooks
from bridge.export import (
    WebhookApp,
    WebhookReceiver,
    announcing,
)
from clientkit import codec
from clientkit.errors import ApiError, BadRequestError, Call
from clientkit.problems import Problem
from clientkit.testing import json_answer
from support.asgi import Answered, Ask, ask, delivered

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
OTHER = "whsec_ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A="
READY = {
    "event_type": "ACCOUNTING_RECORD_READY_FOR_EXPORT",
    "accountingRecordIds": ["accr_1", "accr_2"],
    "companyId": "cuacc_1",
}

Headers = Mapping[str, str]
verified = partial(brex_accounting.webhooks.verify, secrets=SECRET, now=NOW)


@attrs.define
class Told:
    """Keeps what it is told; `failures` are raised first, one for each call."""

    failures: list[Exception] = attrs.field(factory=list[Exception])
    ids: list[tuple[str, ...]] = attrs.field(factory=list[tuple[str, ...]])

    def __call__(self, record_ids: Iterable[str]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.ids.append(tuple(record_ids))


def event(body: object = READY, *, id: str = "msg_1", secret: str = SECRET, at: datetime = NOW) -> Ask:
    """A signed event of Brex's."""
    content = codec.write(body)
    headers = brex_accounting.webhooks.sign(secret, content, id=id, timestamp=at)
    return Ask(headers=headers, chunks=(content,))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def app(told: Told) -> WebhookApp:
    return WebhookApp({"/brex": WebhookReceiver(verified, announcing(told))})


def test_records_that_became_ready_are_told_and_the_answer_is_empty(app: WebhookApp, told: Told) -> None:
    answered = ask(app, event())

    assert (answered.status, answered.body) == (200, b"")
    assert told.ids == [("accr_1", "accr_2")]


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        (404, attrs.evolve(event(), path="/")),
        (404, attrs.evolve(event(), path="/brex/")),
        (404, attrs.evolve(event(), path="/rillet")),
        (405, attrs.evolve(event(), method="GET")),
        (405, attrs.evolve(event(), method="PUT")),
        (400, Ask()),
        (400, attrs.evolve(event(), headers={"Webhook-Id": "msg_1"})),
        (401, event(secret=OTHER)),
        (401, attrs.evolve(event(), chunks=(codec.write({**READY, "companyId": "cuacc_2"}),))),
        (400, event(at=NOW - timedelta(minutes=6))),
        (400, event(at=NOW + timedelta(minutes=6))),
        (413, attrs.evolve(event(), chunks=(b"x" * 2_000_001,))),
        (413, attrs.evolve(event(), hangs_up=True)),
        (413, attrs.evolve(event(), headers={**event().headers, "Content-Length": "9" * 5_000})),
        (500, event({"event_type": "ACCOUNTING_RECORD_READY_FOR_EXPORT"})),
        (500, event(["not", "an", "event"])),
    ],
)
def test_whatever_is_not_an_event_of_brex_is_turned_away(
    app: WebhookApp, told: Told, caplog: pytest.LogCaptureFixture, status: int, asked: Ask
) -> None:
    answered = ask(app, asked)

    assert (answered.status, answered.body) == (status, b"")
    assert answered.headers.get(b"allow") == (b"POST" if status == 405 else None)
    assert told.ids == []
    assert bool(caplog.records) is (status not in {404, 405})
    assert SECRET.removeprefix("whsec_") not in caplog.text


def test_a_body_that_is_too_long_is_not_read_to_its_end(told: Told) -> None:
    app = WebhookApp({"/brex": WebhookReceiver(verified, announcing(told))}, most_bytes=10)

    answered = ask(app, Ask(chunks=[b"123456"] * 100))

    assert (answered.status, answered.read) == (413, 2)


def test_a_body_of_the_most_bytes_is_read(told: Told) -> None:
    content = codec.write(READY)
    app = WebhookApp({"/brex": WebhookReceiver(verified, announcing(told))}, most_bytes=len(content))

    assert ask(app, event()).status == 200


@given(st.lists(st.integers(0, len(codec.write(READY))), max_size=8))
def test_how_a_body_is_cut_makes_no_difference(cuts: list[int]) -> None:
    content, told = codec.write(READY), Told()
    app = WebhookApp({"/brex": WebhookReceiver(verified, announcing(told))})
    edges = [0, *sorted(cuts), len(content)]

    asked = attrs.evolve(event(), chunks=[content[low:high] for low, high in pairwise(edges)])

    assert ask(app, asked).status == 200
    assert told.ids == [("accr_1", "accr_2")]


NAMES = st.sampled_from(["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "Content-Type"])
VALUES = st.text(st.characters(max_codepoint=255), max_size=40) | st.sampled_from(
    ["msg_1", str(int(NOW.timestamp())), "v1,AAAA", event().headers["Webhook-Signature"]]
)


@given(st.dictionaries(NAMES, VALUES), st.binary(max_size=60))
def test_a_stranger_is_never_let_in(headers: dict[str, str], body: bytes) -> None:
    told = Told()
    app = WebhookApp({"/brex": WebhookReceiver(verified, announcing(told))})

    assert ask(app, Ask(headers=headers, chunks=(body,))).status in {400, 401}
    assert told.ids == []


def test_the_same_event_twice_is_told_once_and_answered_twice(app: WebhookApp, told: Told) -> None:
    assert [ask(app, event()).status, ask(app, event(at=NOW + timedelta(seconds=5))).status] == [200, 200]
    assert len(told.ids) == 1


def test_the_same_event_at_the_same_time_is_told_once(app: WebhookApp, told: Told) -> None:
    async def deliver_all() -> list[Answered]:
        return await asyncio.gather(*(delivered(app, event()) for _ in range(20)))

    assert {each.status for each in asyncio.run(deliver_all())} == {200}
    assert len(told.ids) == 1


def test_another_event_with_the_same_records_is_told_too(app: WebhookApp, told: Told) -> None:
    ask(app, event())
    ask(app, event(id="msg_2"))

    assert len(told.ids) == 2


def test_an_event_that_could_not_be_handled_is_handled_when_it_comes_again(
    app: WebhookApp, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    told.failures.append(RuntimeError("the handler has a bug"))

    assert ask(app, event()).status == 500
    assert "the handler has a bug" in caplog.text
    assert ask(app, event()).status == 200
    assert told.ids == [("accr_1", "accr_2")]


def test_what_a_service_answered_to_a_handler_is_not_logged(
    app: WebhookApp, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    call = Call(service="Brex", method="GET", path="/v2/users/me")
    answer = json_answer(400, {"message": "Ada Example"})
    told.failures.append(BadRequestError(call, answer, problem=Problem(detail="Ada Example")))

    assert ask(app, event()).status == 503

    lines = [each.getMessage() for each in caplog.records if each.levelno >= logging.INFO]
    assert [each for each in lines if "Ada" in each] == []
    assert 'Answered 503 at /brex: BadRequestError service=Brex request="GET /v2/users/me" status=400' in lines[0]


def test_a_second_delivery_waits_for_what_becomes_of_the_first_and_is_handled_if_that_fails() -> None:
    handled, second = list[str](), list[threading.Thread]()

    def handle(event: brex_accounting.webhooks.Event) -> None:
        if not second:
            second.append(threading.Thread(target=ask, args=(app, asked)))
            second[0].start()
            # It would be over by now if it did not wait.
            second[0].join(0.2)
            raise RuntimeError("the handler has a bug")
        handled.append(event.id)

    asked, app = event(), WebhookApp({"/brex": WebhookReceiver(verified, handle)})

    assert ask(app, asked).status == 500
    second[0].join()
    assert handled == ["msg_1"]


def test_a_forgery_does_not_use_up_the_id_of_an_event(app: WebhookApp, told: Told) -> None:
    assert ask(app, event(secret=OTHER)).status == 401
    assert ask(app, event()).status == 200
    assert len(told.ids) == 1


def test_brex_not_giving_its_secrets_is_answered_so_that_the_event_comes_again(told: Told) -> None:
    def fetch() -> Sequence[brex_accounting.WebhookSecret]:
        raise ApiError("GET /v1/webhooks/secrets was not answered")

    cache = brex_accounting.webhooks.SecretCache(fetch)
    app = WebhookApp({"/brex": WebhookReceiver(cache.verify, announcing(told))})

    assert ask(app, event()).status == 503


def test_a_secret_that_is_not_usable_is_no_fault_of_the_sender(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    verify = partial(brex_accounting.webhooks.verify, secrets="whsec_?")
    app = WebhookApp({"/brex": WebhookReceiver(verify, announcing(told))})

    assert ask(app, event()).status == 500
    assert "a secret is empty or not base64" in caplog.text


def test_other_events_of_brex_are_let_pass(app: WebhookApp, told: Told) -> None:
    assert ask(app, event({"event_type": "USER_UPDATED", "user_id": "cuuser_1"})).status == 200
    assert told.ids == []


@pytest.mark.parametrize(("company_id", "count"), [("cuacc_1", 1), ("cuacc_2", 0)])
def test_records_of_another_company_are_let_pass(
    told: Told, company_id: str, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    app = WebhookApp({"/brex": WebhookReceiver(verified, announcing(told, company_id=company_id))})

    assert ask(app, event()).status == 200
    assert len(told.ids) == count
    warnings = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert len(warnings) == 1 - count
    assert all("event_id=msg_1 company_id=cuacc_1; only those of cuacc_2" in each for each in warnings)


def test_an_application_under_a_path_of_another_one(app: WebhookApp, told: Told) -> None:
    assert ask(app, attrs.evolve(event(), path="/hooks/brex", root_path="/hooks")).status == 200
    assert len(told.ids) == 1


def test_the_log_of_an_application_under_a_path_has_the_whole_path(
    app: WebhookApp, caplog: pytest.LogCaptureFixture
) -> None:
    assert ask(app, attrs.evolve(event(secret=OTHER), path="/hooks/brex", root_path="/hooks")).status == 401

    assert "Answered 401 at /hooks/brex: " in caplog.text


def test_a_server_may_start_and_end_it(app: WebhookApp) -> None:
    incoming = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = list[dict[str, object]]()

    async def live() -> None:
        async def receive() -> Mapping[str, object]:
            return incoming.pop(0)

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        await app({"type": "lifespan"}, receive, send)

    asyncio.run(live())

    assert sent == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]


def test_other_protocols_are_not_spoken(app: WebhookApp) -> None:
    async def never(*_: object) -> Mapping[str, object]:
        raise AssertionError

    async def nothing(_: dict[str, object]) -> None:
        raise AssertionError

    with pytest.raises(ValueError, match="not websocket"):
        asyncio.run(app({"type": "websocket", "path": "/brex"}, never, nothing))
