"""What is never shown: the token, in no repr, error, log or traceback."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from clientkit import (
    Answer,
    ConfigurationError,
    Options,
    Outgoing,
    Request,
    RetryPolicy,
    TransportFailure,
    errors,
)
from clientkit.call_context import BearerToken
from clientkit.client import (
    new_call_context,
)
from clientkit.testing import Fault, Respond, json_answer
from clientkit.transport import InProcess
from support.shop import SERVICE, TOKEN, AsyncShop, ItemOperations, Shop, ShopStandIn, connect

GET = ItemOperations.get.build("a")
ONCE = Options(retry=RetryPolicy(attempts=1))


def _refuse(_: Outgoing) -> Answer:
    raise TransportFailure("broke off", sent=True)


def _garbage(_: Outgoing) -> Answer:
    return Answer(status=200, content=b"<html>")


def _unauthorized(_: Outgoing) -> Answer:
    return Answer(status=401, headers={"set-cookie": "c"})


def _bug(_: Outgoing) -> Answer:
    raise ZeroDivisionError("a bug of a transport")


_NAIVE: Request[None] = Request(method="GET", path="/x", query={"since": datetime(2026, 1, 1)})  # noqa: DTZ001 - the case

_UNWRITABLE: Request[None] = Request(method="POST", path="/x", body=object())


@pytest.mark.parametrize(
    ("handle", "request_", "options"),
    [
        (_refuse, GET, ONCE),
        (_refuse, GET, Options(deadline=1e-9)),
        (_garbage, GET, ONCE),
        (_unauthorized, GET, ONCE),
        (_bug, GET, ONCE),
        (_garbage, _NAIVE, ONCE),
        (_garbage, _UNWRITABLE, ONCE),
    ],
)
def test_no_traceback_shows_the_token_even_with_local_variables(
    handle: Callable[[Outgoing], Answer], request_: Request[object], options: Options
) -> None:
    shop = Shop(connect(options=options), InProcess(handle))
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
        shop.execute(request_)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "in execute" in shown
    assert TOKEN not in shown


def _holders() -> Iterator[object]:
    made = connect()
    yield made
    yield made.authorization
    yield BearerToken(TOKEN)
    yield Shop(made, ShopStandIn().transport())
    yield Shop(made, ShopStandIn().transport()).items
    yield AsyncShop(made, ShopStandIn().async_transport())
    yield Outgoing(
        method="GET",
        url="https://shop.test",
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=1,
        max_answer_bytes=1,
    )


@pytest.mark.parametrize("holder", list(_holders()), ids=lambda holder: type(holder).__name__)
def test_nothing_that_holds_the_token_shows_it(holder: object) -> None:
    assert TOKEN not in f"{holder!r} {holder!s} {holder}"


def test_a_client_shows_where_it_sends() -> None:
    assert repr(Shop(connect(), ShopStandIn().transport())) == "support.Shop(base_url='https://shop.test')"


@pytest.mark.parametrize("base_url", ["ftp://shop.test", "http://shop.test"])
def test_a_client_that_cannot_be_built_does_not_say_its_token(base_url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        new_call_context(SERVICE, base_url=base_url, token=TOKEN)
    assert TOKEN not in str(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        new_call_context(SERVICE, base_url="https://shop.test", token=f"{TOKEN}\n")
    assert TOKEN not in str(caught.value)


def test_a_connection_without_a_token_sends_no_such_header() -> None:
    standin = ShopStandIn()
    Shop(new_call_context(SERVICE, base_url="https://shop.test", token=None), standin.transport()).items.get("a")
    assert "authorization" not in standin.asked[0].headers


def test_no_log_shows_the_token(caplog: pytest.LogCaptureFixture) -> None:
    standin = ShopStandIn()
    with caplog.at_level(logging.DEBUG), standin.serve() as url, Shop(connect(url)) as shop:
        shop.items.get("a")
    assert any(record.name == "clientkit" for record in caplog.records)
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_client_refuses_to_be_copied_over(twin: Callable[[object], object]) -> None:
    for client in (Shop(connect(), ShopStandIn().transport()), AsyncShop(connect(), ShopStandIn().async_transport())):
        with pytest.raises(TypeError, match="holds open connections and a token"):
            twin(client)


def test_a_refused_log_on_is_told_to_check_what_logs_on() -> None:
    standin = ShopStandIn()
    standin.faults.append(Fault(Respond(json_answer(401, {"code": "BAD_PASSWORD"}))))
    context = new_call_context(SERVICE, base_url="https://shop.test", token=None)
    with pytest.raises(errors.UnauthorizedError, match="sent without a token: check what logs on") as raised:
        Shop(context, standin.transport()).items.get("a")
    assert "of this environment" not in str(raised.value)
