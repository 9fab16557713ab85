"""Carrying requests over the wire: the same behaviour blocking and awaited, in process and over sockets."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clientkit import Answer, Options, Outgoing, Request, RetryPolicy, TransportFailure, errors
from clientkit.drivers import drive, drive_async, over, over_async
from clientkit.exchange import call_flow
from clientkit.requests import follow
from clientkit.testing import AnswerLost, AnswerTruncated, Fault, RequestLost, Respond, json_answer
from clientkit.testing.standin import _Server
from clientkit.transport import HttpTransport, InProcess
from support.endpoint_runner import Runner, runner
from support.shop import AsyncShop, Item, ItemOperations, NewItem, Shop, ShopStandIn, connect

GET = ItemOperations.get.build("a")
KEYED = ItemOperations.create.build(NewItem(price=Decimal(1)))
UNKEYED = Request(method="POST", path="/items", returns=Item, body={})

FAULTS = pytest.mark.parametrize(
    "action", [RequestLost(), AnswerLost(), AnswerTruncated()], ids=lambda action: type(action).__name__
)


@pytest.fixture(params=["blocking-over-sockets", "awaitable-over-sockets"])
def wired(request: pytest.FixtureRequest, standin: ShopStandIn) -> Iterator[Runner[Shop]]:
    with runner(request.param, standin, _shop, _async_shop) as made:
        yield made


_ONCE = Options(retry=RetryPolicy(attempts=1))


def _shop(base_url: str, **wired: Any) -> Shop:
    return Shop(connect(base_url, options=_ONCE), **wired)


def _async_shop(base_url: str, **wired: Any) -> AsyncShop:
    return AsyncShop(connect(base_url, options=_ONCE), **wired)


# --- faults on the way ---------------------------------------------------------------------


@FAULTS
@pytest.mark.parametrize("request_", [GET, KEYED], ids=["GET", "POST with key"])
def test_a_broken_connection_is_got_over(
    run: Runner[Shop], standin: ShopStandIn, action: RequestLost, request_: Request[Item]
) -> None:
    standin.faults.append(Fault(action, times=2))
    assert run.call(lambda shop: shop.execute(request_)).price == Decimal("1.10")
    assert len(standin.asked) == 3
    assert len({asked.headers.get("idempotency-key") for asked in standin.asked}) == 1


@FAULTS
def test_what_may_have_been_carried_out_is_not_sent_again(
    run: Runner[Shop], standin: ShopStandIn, action: RequestLost
) -> None:
    standin.faults.append(Fault(action))
    with pytest.raises(errors.ConnectionLostError, match="look before repeating it"):
        run.call(lambda shop: shop.execute(UNKEYED))
    assert len(standin.asked) == 1


def test_a_deletion_whose_answer_was_lost(run: Runner[Shop], standin: ShopStandIn) -> None:
    standin.faults.append(Fault(AnswerLost()))
    standin.faults.append(Fault(Respond(Answer(status=404))))
    assert run.call(lambda shop: shop.items.delete("a")) is None
    assert len(standin.asked) == 2


def test_a_fault_meets_only_what_it_is_meant_for(run: Runner[Shop], standin: ShopStandIn) -> None:
    standin.faults.append(Fault(Respond(Answer(status=418)), matches=lambda asked: asked.method == "DELETE"))
    assert run.call(lambda shop: shop.items.get("a")).id == "a"
    with pytest.raises(errors.StatusError, match="answered 418"):
        run.call(lambda shop: shop.items.delete("a"))
    assert run.call(lambda shop: shop.items.delete("a")) is None


# --- answers that are not what was asked for ---------------------------------------------------


def test_an_html_page_instead_of_json(run: Runner[Shop], standin: ShopStandIn) -> None:
    page = Answer(status=200, headers={"content-type": "text/html; charset=utf-8"}, content=b"<html>Sign in</html>")
    standin.answers["GET", "/items/a"] = page
    with pytest.raises(errors.UnreadableAnswerError, match="content type is 'text/html', not JSON") as caught:
        run.call(lambda shop: shop.items.get("a"))
    assert caught.value.content == page.content


def test_an_error_page_of_a_gateway(run: Runner[Shop], standin: ShopStandIn) -> None:
    standin.answers["GET", "/items/a"] = Answer(status=502, headers={"content-type": "text/html"}, content=b"<html>")
    with pytest.raises(errors.ServerError, match="answered 502 after 5 attempts"):
        run.call(lambda shop: shop.items.get("a"))
    assert len(standin.asked) == 5


def test_json_that_is_cut_off_under_its_own_length(run: Runner[Shop], standin: ShopStandIn) -> None:
    standin.answers["GET", "/items/a"] = Answer(
        status=200, headers={"content-type": "application/json"}, content=b'{"id'
    )
    with pytest.raises(errors.UnreadableAnswerError, match="not JSON"):
        run.call(lambda shop: shop.items.get("a"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(run: Runner[Shop], standin: ShopStandIn, status: int) -> None:
    other = ShopStandIn()
    with other.serve() as elsewhere:
        standin.answers["GET", "/items/a"] = Answer(status=status, headers={"location": f"{elsewhere}/items/a"})
        with pytest.raises(errors.RedirectError, match="Set base_url") as caught:
            run.call(lambda shop: shop.items.get("a"))
    assert caught.value.headers["location"].startswith(elsewhere)
    assert len(standin.asked) == 1
    assert not other.asked


def test_an_answer_beyond_the_bound(run: Runner[Shop], standin: ShopStandIn) -> None:
    standin.answers["GET", "/items/a"] = json_answer(200, {"id": "a", "price": "1", "note": "x" * 1_000_000})
    with pytest.raises(errors.AnswerTooLargeError, match="larger than 1000 bytes") as caught:
        run.call(lambda shop: shop.with_options(max_answer_bytes=1_000).items.get("a"))
    assert len(caught.value.content) == 1_000
    assert len(run.call(lambda shop: shop.items.get("a")).note or "") == 1_000_000


def test_an_answer_of_exactly_the_bound(run: Runner[Shop], standin: ShopStandIn) -> None:
    answer = json_answer(200, {"id": "a", "price": "1"})
    standin.answers["GET", "/items/a"] = answer
    bound = len(answer.content)
    assert run.call(lambda shop: shop.with_options(max_answer_bytes=bound).items.get("a")).id == "a"
    with pytest.raises(errors.AnswerTooLargeError):
        run.call(lambda shop: shop.with_options(max_answer_bytes=bound - 1).items.get("a"))


def test_a_small_answer_that_unpacks_to_a_large_one(wired: Runner[Shop], standin: ShopStandIn) -> None:
    packed = gzip.compress(b'{"id": "a", "price": "1", "note": "%s"}' % (b"x" * 5_000_000))
    standin.answers["GET", "/items/a"] = Answer(status=200, headers={"content-encoding": "gzip"}, content=packed)
    with pytest.raises(errors.AnswerTooLargeError):
        wired.call(lambda shop: shop.with_options(max_answer_bytes=100_000).items.get("a"))
    assert len(packed) < 10_000


def test_an_answer_that_does_not_unpack(wired: Runner[Shop], standin: ShopStandIn) -> None:
    standin.answers["GET", "/items/a"] = Answer(status=200, headers={"content-encoding": "gzip"}, content=b"no gzip")
    with pytest.raises(errors.ConnectionLostError, match="DecodingError"):
        wired.call(lambda shop: shop.items.get("a"))


# --- what arrives ----------------------------------------------------------------------------


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(item_id=_TEXT.filter(lambda text: text not in {"", ".", ".."}), value=_TEXT)
@example(item_id="a/../b?c#d%2e", value="a+b c&d=e%20")
@example(item_id="...", value="")
def test_any_path_and_query_arrives_as_it_was_meant(
    wired: Runner[Shop], standin: ShopStandIn, item_id: str, value: str
) -> None:
    request = ItemOperations.get.build(item_id)
    asking = Request(method="GET", path=request.path, returns=Item, query={"q": value})
    wired.call(lambda shop: shop.execute(asking))
    asked = standin.asked[-1]
    assert asked.path == f"/items/{quote(item_id, safe='')}"
    assert asked.query == {"q": (value,)}
    assert asked.one("q") == value
    assert asked.one("other") is None


def test_headers_and_body_arrive(run: Runner[Shop], standin: ShopStandIn) -> None:
    run.call(lambda shop: shop.execute(Request(method="PUT", path="/items/a", returns=Item, body={"note": "schön"})))
    (asked,) = standin.asked
    assert (asked.method, asked.json()) == ("PUT", {"note": "schön"})
    assert asked.headers["authorization"].startswith("Bearer ")
    assert (asked.headers["x-version"], asked.headers["content-type"]) == ("1", "application/json")
    assert "bearer" not in repr(asked).lower()


WAYS = pytest.mark.parametrize("call", [False, True], ids=["blocking", "awaitable"])


# --- the pool ----------------------------------------------------------------------------------------


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The connections that servers of stand-ins accept, as they come."""
    accepted, original = list[object](), _Server.process_request

    def process(self: Any, request: Any, address: Any) -> None:
        accepted.append(address)
        original(self, request, address)

    monkeypatch.setattr(_Server, "process_request", process)
    return accepted


def test_connections_are_used_again_also_with_other_options(wired: Runner[Shop], connections: list[object]) -> None:
    for _ in range(3):
        wired.call(lambda shop: shop.items.get("a"))
    wired.call(lambda shop: shop.with_options(timeout=9).items.get("a"))
    assert len(connections) == 1


def test_an_answer_that_was_not_read_to_its_end_costs_its_connection_alone(
    wired: Runner[Shop], standin: ShopStandIn, connections: list[object]
) -> None:
    standin.answers["GET", "/items/a"] = json_answer(200, {"id": "a", "price": "1", "note": "x" * 3_000_000})
    with pytest.raises(errors.AnswerTooLargeError):
        wired.call(lambda shop: shop.with_options(max_answer_bytes=10).items.get("a"))
    assert wired.call(lambda shop: shop.items.get("b")).id == "b"
    assert len(connections) == 2


def test_threads_share_one_client(standin: ShopStandIn) -> None:
    with standin.serve() as base_url, Shop(connect(base_url)) as shop, ThreadPoolExecutor(4) as pool:
        ids = [f"i{number}" for number in range(40)]
        assert [item.id for item in pool.map(shop.items.get, ids)] == ids


# --- the loops ------------------------------------------------------------------------------------------


def test_what_a_transport_raises_besides_failures_is_not_caught_and_ends_the_call() -> None:
    def bug(_: Outgoing) -> Answer:
        raise ZeroDivisionError

    flow = call_flow(GET, connect())
    with pytest.raises(ZeroDivisionError):
        drive(flow, over(InProcess(bug), lambda _: None))
    with pytest.raises(StopIteration):
        next(flow)


@WAYS
def test_interrupting_a_wait_ends_the_call(call: bool, standin: ShopStandIn) -> None:
    standin.faults.append(Fault(RequestLost()))

    def interrupt(_: float) -> None:
        raise InterruptedError

    async def interrupt_async(_: float) -> None:
        raise InterruptedError

    flow = call_flow(GET, connect())
    with pytest.raises(InterruptedError):
        asyncio.run(drive_async(flow, over_async(standin.async_transport(), interrupt_async))) if call else drive(
            flow, over(standin.transport(), interrupt)
        )
    with pytest.raises(StopIteration):
        next(flow)


def test_transports_in_process_hold_nothing_to_close(standin: ShopStandIn) -> None:
    standin.transport().close()
    asyncio.run(standin.async_transport().aclose())
    assert not standin.asked


def test_a_failure_tells_what_happened() -> None:
    failure = TransportFailure("broke off", sent=True)
    assert (str(failure), failure.sent, failure.late) == ("broke off", True, False)


def test_no_query_of_a_request_reaches_a_log(
    wired: Runner[Shop], standin: ShopStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with standin.serve() as url:
        wired.call(lambda shop: shop.execute(Request(method="GET", path="/items/a", query={"owner": "private"})))
        wired.call(lambda shop: shop.execute(follow(f"{url}/file?signature=private")))
    assert [asked.query for asked in standin.asked] == [{"owner": ("private",)}, {"signature": ("private",)}]
    lines = [record.getMessage() for record in caplog.records if record.name == "httpx"]
    assert [line.rpartition(' "')[0] for line in lines] == [f"HTTP Request: GET {wired.client.base_url}/items/a"]
    assert "private" not in caplog.text


def test_the_log_of_other_users_of_httpx_stays_whole(standin: ShopStandIn, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="httpx")
    HttpTransport().close()
    HttpTransport().close()
    with standin.serve() as url, httpx.Client(trust_env=False) as http:
        http.get(f"{url}/items/a?mine=shown")
    logging.getLogger("httpx").info("closed")
    assert f"GET {url}/items/a?mine=shown" in caplog.text
    assert len(logging.getLogger("httpx").filters) == 1
