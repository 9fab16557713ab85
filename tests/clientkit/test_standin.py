"""What stand-ins of services are made of."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientkit import Answer, CodecError, TransportFailure
from clientkit.testing import AnswerTruncated, Asked, Fault, RequestLost, Respond, StandIn, json_answer
from clientkit.wire import Outgoing
from support.endpoint_runner import Runner
from support.shop import TOKEN, Shop, ShopStandIn


def _outgoing(url: str, method: str = "GET") -> Outgoing:
    return Outgoing(method=method, url=url, headers={"X-Name": "v"}, timeout=5.0, max_answer_bytes=100)


def test_a_base_class_answers_nothing() -> None:
    with pytest.raises(NotImplementedError):
        StandIn().respond(Asked(method="GET", path="/"))


def test_it_lists_what_was_asked_in_order(run: Runner[Shop], standin: ShopStandIn) -> None:
    run.call(lambda shop: shop.items.get("a"))
    run.call(lambda shop: shop.items.get("b"))
    run.call(lambda shop: shop.items.get("c"))
    assert [asked.path for asked in standin.asked] == ["/items/a", "/items/b", "/items/c"]
    assert all(asked.headers["authorization"] == f"Bearer {TOKEN}" for asked in standin.asked)


def test_a_request_keeps_repeated_and_empty_query_values() -> None:
    standin = ShopStandIn()
    standin.transport().send(_outgoing("https://shop.test/items/a?ids=1&ids=2&note=&on=x%20y"))
    (asked,) = standin.asked
    assert asked.query == {"ids": ("1", "2"), "note": ("",), "on": ("x y",)}
    assert (asked.one("ids"), asked.one("note"), asked.one("gone")) == ("1", "", None)
    assert asked.headers == {"x-name": "v"}


def test_a_body_that_is_no_json() -> None:
    with pytest.raises(CodecError):
        Asked(method="POST", path="/", content=b"{").json()


def test_faults_are_used_up_in_order() -> None:
    standin = ShopStandIn()
    standin.faults += [
        Fault(Respond(Answer(status=500)), times=2),
        Fault(RequestLost()),
        Fault(AnswerTruncated(), times=0),
    ]
    outcomes = list[object]()
    for _ in range(5):
        try:
            outcomes.append(standin.transport().send(_outgoing("https://shop.test/items/a")).status)
        except TransportFailure as failure:
            outcomes.append(failure.sent)
    assert outcomes == [500, 500, True, 200, 200]


def test_a_request_that_was_lost_was_not_handled(run: Runner[Shop], standin: ShopStandIn) -> None:
    handled = list[str]()
    original = standin.respond

    def respond(asked: Asked) -> Answer:
        handled.append(asked.path)
        return original(asked)

    standin.respond = respond  # type: ignore[method-assign]  # a spy
    standin.faults.append(Fault(RequestLost()))
    run.call(lambda shop: shop.items.get("a"))
    assert (len(standin.asked), handled) == (2, ["/items/a"])


def test_one_request_is_handled_at_a_time() -> None:
    class Adding(StandIn):
        total = 0

        def respond(self, asked: Asked) -> Answer:
            before = self.total
            self.total = before + 1
            return json_answer(200, before)

    standin = Adding()
    with standin.serve() as url, httpx.Client() as http, ThreadPoolExecutor(4) as pool:

        def ask(_: int) -> int:
            return int(http.post(url, content=b"{}").text)

        answers = sorted(pool.map(ask, range(60)))
    assert answers == list(range(60))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_served_stand_in_speaks_http(method: str) -> None:
    standin = ShopStandIn()
    standin.answers[method, "/x"] = json_answer(207, {"a": 1}, x_trace="t")
    with standin.serve() as url:
        answer = httpx.request(method, f"{url}/x", content=b"body")
    assert (answer.status_code, answer.json(), answer.headers["x-trace"]) == (207, {"a": 1}, "t")
    assert standin.asked[0].content == b"body"


def test_an_answer_without_content_has_no_length() -> None:
    standin = ShopStandIn()
    with standin.serve() as url:
        answer = httpx.delete(f"{url}/items/a")
    assert answer.status_code == 204
    assert "content-length" not in answer.headers


def test_a_stand_in_is_served_again_at_the_same_port() -> None:
    standin = ShopStandIn()
    standin.answers["GET", "/x"] = json_answer(200, {})
    with standin.serve() as url:
        assert httpx.get(f"{url}/x").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/x")
    with standin.serve(port=httpx.URL(url).port or 0) as again:
        assert again == url
        assert httpx.get(f"{url}/x").status_code == 200


def test_a_server_that_is_over_lets_go_of_kept_connections() -> None:
    standin = ShopStandIn()
    with httpx.Client() as http:
        with standin.serve() as url:
            assert http.get(f"{url}/items/a").status_code == 200
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.1", port)):
            pass
        with pytest.raises(httpx.TransportError):
            http.get(f"{url}/items/a")


def test_a_client_that_hangs_up_disturbs_nobody() -> None:
    standin = ShopStandIn()
    with standin.serve() as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST /x HTTP/1.1\r\ncontent-length: nonsense\r\n\r\n")
            assert connection.recv(10) == b""
        assert httpx.get(f"{url}/items/a").status_code == 200


@given(st.binary(max_size=30), st.integers(1, 20))
def test_an_answer_in_process_is_cut_at_the_bound_as_over_sockets(content: bytes, bound: int) -> None:
    standin = ShopStandIn()
    standin.answers["GET", "/x"] = Answer(status=200, content=content)
    outgoing = Outgoing(method="GET", url="https://shop.test/x", headers={}, timeout=1, max_answer_bytes=bound)
    answer = standin.transport().send(outgoing)
    assert (answer.content, answer.oversized) == (content[:bound], len(content) > bound)


def test_json_answers() -> None:
    answer = json_answer(400, {"a": [1, None]}, content_type="application/problem+json", Retry_After="3")
    assert answer.headers == {"content-type": "application/problem+json", "retry-after": "3"}
    assert answer.content == b'{"a":[1,null]}'
    assert json_answer(200, b"raw").content == b"raw"
