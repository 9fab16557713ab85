"""What the other side does to a connection: however it answers, a call ends in time and gets its own answer or an error."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import resource
import socket
import ssl
import sys
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from clientkit import Request, errors
from clientkit.requests import follow
from support.callers import ASK, GRACE, Caller, drip, echo, numbered
from support.raw_server import Script, head_of, ok, raw_server, tls_pair
from support.shop import AsyncShop, Shop, connect

# --- time ---------------------------------------------------------------------------------------


_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
# Without the time of day, which would be in the names of the tests: every worker has to know them by the same.
_PACKED = gzip.compress(b"{}", mtime=0)

DRIPS = {
    "nothing": drip(b"", b""),
    "status line": drip(b"HTTP/1.1 200 O"),
    "header": drip(b"HTTP/1.1 200 OK\r\nX-Drip: "),
    "interim answers": drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "interim answers without a pause": drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500, pause=0.0),
    "body": drip(_OK + b"Content-Length: 100000\r\n\r\n", b" "),
    "chunk extension": drip(_OK + b"Transfer-Encoding: chunked\r\n\r\n2;x="),
    "chunks of nothing": drip(_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "trailer": drip(_OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Drip: "),
    "head of gzip": drip(_OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\0", b"a"),
    "gzip of nothing": drip(_OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"", mtime=0)),
}


@pytest.mark.parametrize("name", DRIPS)
def test_no_answer_keeps_a_call_beyond_its_time(caller: Caller, name: str) -> None:
    with raw_server(DRIPS[name]) as url:
        client = caller.client(url, timeout=10, deadline=0.3)
        started = time.monotonic()
        with pytest.raises((errors.AnswerTimeoutError, errors.ConnectionLostError)):
            caller.ask(client)
        assert time.monotonic() - started < 0.3 + GRACE


def test_a_server_that_takes_nothing_keeps_no_call(caller: Caller) -> None:
    def script(connection: socket.socket, over: threading.Event) -> None:
        over.wait()

    request = Request(method="PUT", path="/x", returns=object, body=b"0" * 20_000_000)
    with raw_server(script) as url:
        client = caller.client(url, timeout=10, deadline=0.3)
        started = time.monotonic()
        with pytest.raises(errors.AnswerTimeoutError):
            caller.ask(client, request)
        assert time.monotonic() - started < 0.3 + GRACE


def test_a_handshake_that_does_not_end_keeps_no_call(caller: Caller) -> None:
    with raw_server(drip(b"", b"")) as url:
        client = caller.client(url.replace("http:", "https:"), timeout=10, deadline=0.3)
        started = time.monotonic()
        with pytest.raises(errors.NotSentError):
            caller.ask(client)
        assert time.monotonic() - started < 0.3 + GRACE


def test_a_name_that_does_not_resolve_is_left_behind(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def never(*_: Any, **__: Any) -> Any:
        over.wait()
        raise OSError("too late")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    client = caller.client("https://shop.test", timeout=10, deadline=0.3)
    started = time.monotonic()
    with pytest.raises(errors.NotSentError):
        caller.ask(client)
    caller.close()
    assert time.monotonic() - started < 0.3 + GRACE
    over.set()


@pytest.mark.parametrize("name", ["a..b.example", "xn--zzzzzz-.example", "a" * 70 + ".example", "nowhere.invalid"])
def test_a_host_that_cannot_be_one_is_declared(caller: Caller, name: str) -> None:
    with pytest.raises((errors.NotSentError, errors.ConfigurationError)):
        caller.ask(caller.client(f"https://{name}", timeout=5))
    with pytest.raises((errors.NotSentError, ValueError)):
        caller.ask(caller.client("https://shop.test", timeout=5), follow(f"https://{name}/file"))


# --- whose answer it is -------------------------------------------------------------------------


def _twice(parts: Callable[[bytes], list[bytes]]) -> Script:
    """The first answer of a connection comes twice, sent in the parts that it is cut into."""

    def script(connection: socket.socket, over: threading.Event) -> None:
        head = head_of(connection)
        if not head:
            return
        answer = ok(json.dumps(head.split(b" ")[1].decode()).encode())
        for part in parts(answer):
            connection.sendall(part)
        while head := head_of(connection):
            connection.sendall(ok(json.dumps(head.split(b" ")[1].decode()).encode()))

    return script


DOUBLES = {
    "whole": _twice(lambda answer: [answer * 2]),
    "half": _twice(lambda answer: [answer + answer[:9]]),
    "a line": _twice(lambda answer: [answer + b"\r\n"]),
}


@pytest.mark.parametrize("name", DOUBLES)
def test_what_is_left_over_is_no_answer_to_the_next_request(caller: Caller, name: str) -> None:
    with raw_server(DOUBLES[name]) as url:
        client = caller.client(url)
        assert [caller.ask(client, numbered(number)) for number in range(4)] == [f"/{number}" for number in range(4)]


@pytest.mark.parametrize("name", DOUBLES)
def test_nor_is_it_over_tls(caller: Caller, name: str, trusting: ssl.SSLContext) -> None:
    with raw_server(DOUBLES[name], tls=trusting) as url:
        client = caller.client(url)
        assert [caller.ask(client, numbered(number)) for number in range(4)] == [f"/{number}" for number in range(4)]


def test_a_body_where_none_belongs_is_no_answer_to_the_next_request(caller: Caller) -> None:
    def script(connection: socket.socket, over: threading.Event) -> None:
        while head := head_of(connection):
            is_first = b"DELETE" in head
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n" + ok(b'"old"') if is_first else ok(b'"new"'))

    with raw_server(script) as url:
        client = caller.client(url)
        caller.ask(client, Request(method="DELETE", path="/x"))
        assert caller.ask(client) == "new"


def test_a_connection_over_tls_is_used_again(caller: Caller, trusting: ssl.SSLContext) -> None:
    opened = list[object]()

    def script(connection: socket.socket, over: threading.Event) -> None:
        opened.append(connection)
        while head_of(connection):
            connection.sendall(ok(b'"' + b"x" * 100_000 + b'"'))

    with raw_server(script, tls=trusting) as url:
        client = caller.client(url)
        assert [len(caller.ask(client)) for _ in range(3)] == [100_000] * 3
    assert len(opened) == 1


def test_a_large_body_goes_out_over_tls(caller: Caller, trusting: ssl.SSLContext) -> None:
    def script(connection: socket.socket, over: threading.Event) -> None:
        got, wanted = b"", 3_000_000
        while len(got) < wanted and (more := connection.recv(65_536)):
            got += more
        connection.sendall(ok(b"%d" % got.count(b"\x01")))

    with raw_server(script, tls=trusting) as url:
        body = b"\x01" * 3_000_000
        assert caller.ask(caller.client(url), Request(method="PUT", path="/x", returns=object, body=body)) >= 2_900_000


def test_a_certificate_that_nobody_trusts(caller: Caller) -> None:
    server, _ = tls_pair()
    with (
        raw_server(lambda connection, _: head_of(connection), tls=server) as url,
        pytest.raises(errors.NotSentError, match=r"(?i)certificate"),
    ):
        caller.ask(caller.client(url))


def test_an_answer_that_tls_does_not_end_is_not_whole(caller: Caller, trusting: ssl.SSLContext) -> None:
    def script(connection: socket.socket, over: threading.Event) -> None:
        head_of(connection)
        connection.sendall(_OK + b'\r\n{"a": 1}')
        # Closed below TLS, as somebody on the way can do it; without a length nothing else tells the end.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

    with raw_server(script, tls=trusting) as url, pytest.raises(errors.ConnectionLostError):
        caller.ask(caller.client(url))


# --- memory -------------------------------------------------------------------------------------


def _answers(body: bytes, *lines: str) -> Script:
    def script(connection: socket.socket, over: threading.Event) -> None:
        while head_of(connection):
            connection.sendall(ok(body, *lines))

    return script


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform != "darwin" else 1024**2)


@pytest.fixture(scope="module")
def packed() -> bytes:
    """128 MiB of blanks."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([packer.compress(b" " * 2**22) for _ in range(32)]) + packer.flush()


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_bomb_takes_no_more_than_the_bound(caller: Caller, packed: bytes, layers: int) -> None:
    bomb = packed
    for _ in range(layers - 1):
        bomb = gzip.compress(bomb, 9)
    with raw_server(_answers(bomb, "Content-Encoding: " + ", ".join(["gzip"] * layers))) as url:
        client = caller.client(url, max_answer_bytes=1_000_000)
        before = _peak()
        with pytest.raises((errors.AnswerTooLargeError, errors.ConnectionLostError)):
            caller.ask(client)
        assert _peak() - before < 50


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_a_packing_that_nobody_asked_for_is_refused(caller: Caller, coding: str) -> None:
    with (
        raw_server(_answers(b"{}", f"Content-Encoding: {coding}")) as url,
        pytest.raises(errors.ConnectionLostError, match="gzip was asked for"),
    ):
        caller.ask(caller.client(url))


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(b'["a", 1]', mtime=0),
        gzip.compress(b'["a"', mtime=0) + gzip.compress(b", 1]", mtime=0),
        gzip.compress(b'["a", 1]', 0, mtime=0),
    ],
    ids=["one member", "two members", "stored"],
)
def test_gzip_is_unpacked(caller: Caller, packed: bytes) -> None:
    with raw_server(_answers(packed, "Content-Encoding: gzip")) as url:
        assert caller.ask(caller.client(url)) == ["a", 1]


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"[1]", mtime=0)[:-1], gzip.compress(b"[1]", mtime=0) + b"x", b"[1]"],
    ids=["cut", "with a byte behind it", "not packed"],
)
def test_gzip_that_is_not_whole_is_no_answer(caller: Caller, packed: bytes) -> None:
    with (
        raw_server(_answers(packed, "Content-Encoding: gzip")) as url,
        pytest.raises(errors.ConnectionLostError, match="DecodingError"),
    ):
        caller.ask(caller.client(url))


def test_a_head_without_end_is_not_kept(caller: Caller) -> None:
    with (
        raw_server(drip(b"HTTP/1.1 200 OK\r\nX-Long: ", b"a" * 65_536, pause=0.0)) as url,
        pytest.raises(errors.ConnectionLostError),
    ):
        caller.ask(caller.client(url, timeout=10))


def test_no_cookie_is_kept(caller: Caller) -> None:
    heads = list[bytes]()

    def script(connection: socket.socket, over: threading.Event) -> None:
        while head := head_of(connection):
            heads.append(head)
            connection.sendall(ok(b"{}", f"Set-Cookie: c{len(heads)}={'x' * 100}"))

    with raw_server(script) as url:
        client = caller.client(url)
        for _ in range(3):
            caller.ask(client)
    assert len(heads) == 3
    assert not any(b"cookie:" in head.lower() for head in heads)


# --- processes and event loops ------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_that_was_forked_reads_its_own_answers() -> None:
    with raw_server(echo) as url, Shop(connect(url)) as shop:
        shop.execute(ASK)
        children = list[int]()
        for child in range(1, 4):
            pid = os.fork()
            if pid == 0:
                wrong = 1
                with suppress(BaseException):
                    numbers = range(child * 1000, child * 1000 + 20)
                    wrong = sum(shop.execute(numbered(number)) != f"/{number}" for number in numbers)
                    shop.close()
                os._exit(min(wrong, 1))
            children.append(pid)
        assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0, 0, 0]
        # What the children closed was their own.
        assert shop.execute(numbered(7)) == "/7"


def test_a_client_serves_one_event_loop_after_the_other() -> None:
    with raw_server(echo) as url:
        shop = AsyncShop(connect(url))

        async def count() -> object:
            return await shop.execute(numbered(1)), await shop.execute(numbered(2))

        assert [asyncio.run(count()) for _ in range(3)] == [("/1", "/2")] * 3
        asyncio.run(shop.aclose())


def test_a_client_serves_two_event_loops_at_once() -> None:
    with raw_server(echo) as url:
        shop = AsyncShop(connect(url))
        inner = list[object]()

        async def outer() -> object:
            first = await shop.execute(numbered(1))
            await asyncio.to_thread(lambda: inner.append(asyncio.run(shop.execute(numbered(2)))))
            second = await shop.execute(numbered(3))
            await shop.aclose()
            return first, second

        assert asyncio.run(outer()) == ("/1", "/3")
        assert inner == ["/2"]


def test_closing_in_the_middle_of_a_call_ends_it(caller: Caller) -> None:
    arrived = threading.Event()

    def script(connection: socket.socket, over: threading.Event) -> None:
        head_of(connection)
        arrived.set()
        over.wait()

    with raw_server(script) as url:
        client = caller.client(url, timeout=1)
        outcome = list[errors.ApiError]()

        def ask() -> None:
            try:
                caller.ask(client)
            except errors.ApiError as error:
                outcome.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        arrived.wait()
        if isinstance(client, Shop):
            client.close()
        asking.join()
    assert [isinstance(error, errors.NoAnswerError) for error in outcome] == [True]
