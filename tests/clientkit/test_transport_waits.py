"""Services that nobody reaches, and services that let one wait."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from clientkit import Options, Request, RetryPolicy, errors
from support.shop import AsyncShop, Item, ItemOperations, Shop, connect

GET = ItemOperations.get.build("a")
UNKEYED = Request(method="POST", path="/items", returns=Item, body={})


_ONCE = Options(retry=RetryPolicy(attempts=1))
_IMPATIENT = Options(retry=RetryPolicy(attempts=1), timeout=0.1)


# --- connections that do not come about -------------------------------------------------------


@contextmanager
def _nobody_listens() -> Generator[str]:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


WAYS = pytest.mark.parametrize("call", [False, True], ids=["blocking", "awaitable"])


def _call(awaitable: bool, base_url: str, request: Request[Any], options: Options = _ONCE) -> object:
    if not awaitable:
        with Shop(connect(base_url, options=options)) as shop:
            return shop.execute(request)

    async def main() -> object:
        async with AsyncShop(connect(base_url, options=options)) as shop:
            return await shop.execute(request)

    return asyncio.run(main())


@WAYS
def test_nobody_listens(call: bool) -> None:
    options = Options(retry=RetryPolicy(attempts=3, base=0.0))
    with (
        _nobody_listens() as base_url,
        pytest.raises(errors.NotSentError, match="The service never saw the request") as caught,
    ):
        _call(call, base_url, UNKEYED, options)
    assert len(caught.value.attempts) == 2


@WAYS
def test_a_url_that_no_library_sends(call: bool) -> None:
    request: Request[None] = Request(method="GET", path="/items", query={"ids": ["x" * 100] * 1_000})
    with pytest.raises(errors.NotSentError, match="InvalidURL"):
        _call(call, "http://127.0.0.1:1", request)


@WAYS
def test_a_closed_client_says_so(call: bool) -> None:
    async def awaiting() -> None:
        shop = AsyncShop(connect("http://127.0.0.1:1"))
        await shop.aclose()
        await shop.with_options(timeout=1).execute(GET)

    def blocking() -> None:
        shop = Shop(connect("http://127.0.0.1:1"))
        shop.close()
        shop.with_options(timeout=1).execute(GET)

    with pytest.raises(errors.ConfigurationError, match="was closed"):
        asyncio.run(awaiting()) if call else blocking()


# --- services that let one wait --------------------------------------------------------------------


@contextmanager
def _server(serve: Callable[[socket.socket, threading.Event], object]) -> Generator[tuple[str, threading.Event]]:
    """A server of a single connection; the event is set when the test is over."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError), listening.accept()[0] as connection:
                connection.recv(65_536)
                serve(connection, over)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", over
        finally:
            over.set()
            thread.join()


_LENGTH = 300
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % _LENGTH


def _silent(_: socket.socket, over: threading.Event) -> None:
    over.wait()


def _silent_after_headers(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(_HEAD)
    over.wait()


def _dripping(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(_HEAD)
    for _ in range(_LENGTH):
        connection.sendall(b" ")
        if over.wait(0.01):
            return


@WAYS
@pytest.mark.parametrize("serve", [_silent, _silent_after_headers, _dripping], ids=lambda serve: serve.__name__)
def test_an_answer_that_does_not_come_in_time(
    call: bool, serve: Callable[[socket.socket, threading.Event], None]
) -> None:
    with _server(serve) as (base_url, _), pytest.raises(errors.AnswerTimeoutError):
        _call(call, base_url, GET, _IMPATIENT)


def test_a_call_can_be_cancelled() -> None:
    arrived = threading.Event()

    def serve(_: socket.socket, over: threading.Event) -> None:
        arrived.set()
        over.wait()

    async def main(base_url: str) -> None:
        async with AsyncShop(connect(base_url)) as shop:
            task = asyncio.create_task(shop.execute(GET))
            await asyncio.to_thread(arrived.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with _server(serve) as (base_url, _):
        asyncio.run(main(base_url))
    assert arrived.is_set()
