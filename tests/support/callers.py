"""Calls of one client in both colours, and what servers do to them."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from typing import Any

import httpx

from clientkit import Options, Request, RetryPolicy
from clientkit.call_context import Service
from support.raw_server import Script, head_of, ok
from support.shop import SERVICE, AsyncShop, Shop, connect

ASK = Request(method="GET", path="/x", returns=object)
ONCE = RetryPolicy(attempts=1)
#: Seconds beyond its deadline that a call may take at most, as the documentation promises.
GRACE = 2.0


class Caller:
    """Calls with one client, blocking or awaited."""

    def __init__(self, is_awaited: bool) -> None:
        self._loop = asyncio.Runner() if is_awaited else None
        self._open = list[Any]()

    def client(self, url: str, *, service: Service = SERVICE, http_client: Any = None, **bounds: Any) -> Any:
        made = connect(url, service=service, options=Options(retry=ONCE, **bounds))
        client: Any = (
            Shop(made, http_client=http_client) if self._loop is None else AsyncShop(made, http_client=http_client)
        )
        self._open.append(client)
        return client

    def http_client(self, **settings: Any) -> Any:
        return httpx.Client(**settings) if self._loop is None else httpx.AsyncClient(**settings)

    def ask(self, client: Any, request: Request[Any] = ASK) -> Any:
        return client.execute(request) if self._loop is None else self._loop.run(client.execute(request))

    def finish(self, client: Any) -> None:
        if self._loop is not None:
            self._loop.run(client.aclose())
        else:
            client.close()

    def close(self) -> None:
        while self._open:
            self.finish(self._open.pop())
        if self._loop is not None:
            self._loop.close()


def drip(first: bytes, drop: bytes = b"a", *, pause: float = 0.01) -> Script:
    def script(connection: socket.socket, over: threading.Event) -> None:
        head_of(connection)
        connection.sendall(first)
        while not over.wait(pause):
            connection.sendall(drop)

    return script


def numbered(number: int) -> Request[Any]:
    return Request(method="GET", path=f"/{number}", returns=object)


def echo(connection: socket.socket, over: threading.Event) -> None:
    while head := head_of(connection):
        connection.sendall(ok(json.dumps(head.split(b" ")[1].decode()).encode()))
