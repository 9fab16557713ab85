"""An httpx client of the caller's: it carries the calls and stays the caller's."""

from __future__ import annotations

import gzip
import socket
import threading
from typing import Any

import attrs
import httpx
import pytest

from clientkit import errors
from clientkit.requests import Request, follow
from support.callers import Caller
from support.raw_server import head_of, ok, raw_server
from support.shop import SERVICE, Shop, connect


def test_an_httpx_client_of_the_callers_carries_the_calls(caller: Caller) -> None:
    heads = list[bytes]()

    def script(connection: socket.socket, over: threading.Event) -> None:
        while head := head_of(connection):
            heads.append(head)
            connection.sendall(ok(gzip.compress(b'"packed"'), "Content-Encoding: gzip"))

    with raw_server(script) as url:
        mine = caller.http_client(headers={"X-Gateway-Key": "for the gateway"}, trust_env=False)
        client = caller.client(url, http_client=mine)
        assert caller.ask(client) == "packed"
        link = caller.ask(client, follow(f"{url}/file?s=1"))
        caller.finish(client)
        assert not mine.is_closed
        caller.finish(_Closing(mine))
    assert link.content == b'"packed"'
    assert [b"x-gateway-key" in head.lower() for head in heads] == [True, False]
    assert b"authorization: bearer" in heads[0].lower()
    with pytest.raises(errors.ConfigurationError, match="closed"):
        caller.ask(client)


@pytest.mark.parametrize("named", [{}, {"User-Agent": "shop/1", "connection": "close"}])
def test_a_connection_of_its_own_carries_what_a_plain_httpx_client_sends(caller: Caller, named: dict[str, str]) -> None:
    heads = list[bytes]()

    def script(connection: socket.socket, over: threading.Event) -> None:
        while head := head_of(connection):
            heads.append(head)
            connection.sendall(ok(b"{}"))

    request = Request(method="DELETE", path="/x", query={"q": "ä b"}, idempotency_key="k", returns=object)
    with raw_server(script) as url:
        mine = caller.http_client(trust_env=False)
        for http_client in (None, mine):
            service = attrs.evolve(SERVICE, headers=named)
            caller.ask(caller.client(url, service=service, http_client=http_client), request)
        caller.finish(_Closing(mine))
    own, plain = heads
    assert own == plain
    assert own.lower().count(b"user-agent:") == own.lower().count(b"connection:") == 1


class _Closing:
    def __init__(self, client: Any) -> None:
        self.close = getattr(client, "close", None)
        self.aclose = getattr(client, "aclose", None)


def test_a_transport_and_an_httpx_client_are_one_too_many() -> None:
    with httpx.Client() as mine, pytest.raises(errors.ConfigurationError, match="not both"):
        Shop(connect(), _Nowhere(), http_client=mine)


class _Nowhere:
    def send(self, outgoing: Any) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is held."""
