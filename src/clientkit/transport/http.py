"""Transports with real connections, blocking and awaited, over connections of their own or the caller's httpx client.

httpx is imported with the first real connection: what runs in process, such as tests against a stand-in, never pays for
it. httpx logs the URL of every request at level INFO; from the requests of this file its log gets the URL without the
query, which may be a permission (a presigned link) or hold other people's data.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from clientkit.errors import ConfigurationError
from clientkit.telemetry import unseen
from clientkit.transport.bodies import CODING, Body
from clientkit.transport.bounds import Bounds, bounded, is_ours
from clientkit.wire import Answer, Outgoing, TransportFailure

if TYPE_CHECKING:
    import asyncio

    import httpx

    from clientkit.transport.pools import AsyncPools

_Opened: TypeAlias = "dict[asyncio.AbstractEventLoop, tuple[httpx.AsyncClient, AsyncPools]]"

_Extensions: TypeAlias = dict[str, object]

_SENDING: Mapping[str, Any] = {"stream": True, "follow_redirects": False}

_CLOSED = "this client was closed, and so were its twins of with_options: build another one"


class HttpTransport:
    """Real connections, kept and used again; safe to share between threads, and a process that was forked has its own.

    `proxies` says whether the environment's proxy and certificate variables count. With `client`, an httpx client of
    the caller's, its connections are used instead; it is left open, and each read has the attempt's time of its own.
    Raises `ConfigurationError` where the environment names what cannot be used, and when it is used after `close`.
    """

    def __init__(self, *, proxies: bool = True, client: httpx.Client | None = None) -> None:
        from clientkit.transport.proxies import WayOut

        logging.getLogger("httpx").addFilter(_cut_queries)
        self._is_own = client is None
        if client is None:
            self._way_out = WayOut.of_environment() if proxies else WayOut.direct()
        self._http = client or self._opened()
        self._process = os.getpid()
        self._inherited = list[object]()
        self._is_closed = False

    def send(self, outgoing: Outgoing) -> Answer:
        """The answer, read up to the bound."""
        import httpx

        client = self._client()
        with bounded(outgoing) as bounds:
            try:
                extensions: _Extensions = {"trace": bounds.trace, "timeout": _timeouts(outgoing)}
                response = self._response(client, outgoing, extensions)
                try:
                    headers = _headers(response)
                    body = Body(outgoing, headers)
                    for chunk in response.iter_raw():
                        if body.is_full(chunk):
                            break
                        _check(bounds)
                    return body.answer(response.status_code, headers)
                finally:
                    response.close()
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
                raise _failure(error, bounds, is_own=self._is_own) from error

    def close(self) -> None:
        """Close every connection of its own."""
        self._is_closed = True
        if self._is_own and self._process == os.getpid():
            self._http.close()

    def _response(self, client: httpx.Client, outgoing: Outgoing, extensions: _Extensions) -> httpx.Response:
        from clientkit.transport.clients import bare_request, own_request

        if outgoing.is_link:
            request = bare_request(outgoing, extensions)
            if self._is_own:
                # What traces and logs httpx's clients would keep the link, which is a permission.
                return self._pools.handle_request(request)
            with unseen():
                return client.send(request, **_SENDING, auth=None)
        build = own_request if self._is_own else partial(_merged, client)
        return client.send(build(outgoing, extensions), **_SENDING)

    def _client(self) -> httpx.Client:
        if self._is_closed or self._http.is_closed:
            raise ConfigurationError(_CLOSED)
        if self._is_own and self._process != os.getpid():
            # Two processes would read each other's answers. Closing is the parent's business, and letting go is, too.
            self._inherited.append(self._http)
            self._http, self._process = self._opened(), os.getpid()
        return self._http

    def _opened(self) -> httpx.Client:
        from clientkit.transport.clients import OwnClient
        from clientkit.transport.pools import Pools

        self._pools = Pools(self._way_out)
        return OwnClient(self._pools)


class AsyncHttpTransport:
    """`HttpTransport` to be awaited; each event loop has its own connections. A `client` belongs to one loop."""

    def __init__(self, *, proxies: bool = True, client: httpx.AsyncClient | None = None) -> None:
        from clientkit.transport.proxies import WayOut

        logging.getLogger("httpx").addFilter(_cut_queries)
        self._given = client
        if client is None:
            self._way_out = WayOut.of_environment() if proxies else WayOut.direct()
        self._opened: _Opened = {}
        self._process = os.getpid()
        self._inherited = list[object]()
        self._is_closed = False

    async def send(self, outgoing: Outgoing) -> Answer:
        """The answer, read up to the bound."""
        import asyncio

        import httpx

        client = self._client()
        with bounded(outgoing) as bounds:
            try:
                async with asyncio.timeout(outgoing.timeout):
                    return await self._sent(client, outgoing, bounds)
            except TimeoutError as error:
                raise TransportFailure(
                    "no whole answer came in time", sent=self._may_have_been_sent(bounds), late=True
                ) from error
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
                raise _failure(error, bounds, is_own=self._given is None) from error

    async def aclose(self) -> None:
        """Close every connection of its own."""
        self._is_closed = True
        if self._process != os.getpid():
            return
        running = _running_loop()
        for loop, (client, pools) in list(self._opened.items()):
            if loop is running:
                await client.aclose()
            else:
                pools.abandon()
        self._opened.clear()

    async def _sent(self, client: httpx.AsyncClient, outgoing: Outgoing, bounds: Bounds) -> Answer:
        extensions: _Extensions = {"trace": bounds.atrace, "timeout": _timeouts(outgoing)}
        response = await self._response(client, outgoing, extensions)
        try:
            headers = _headers(response)
            body = Body(outgoing, headers)
            async for chunk in response.aiter_raw():
                if body.is_full(chunk):
                    break
                _check(bounds)
            return body.answer(response.status_code, headers)
        finally:
            await response.aclose()

    async def _response(self, client: httpx.AsyncClient, outgoing: Outgoing, extensions: _Extensions) -> httpx.Response:
        from clientkit.transport.clients import bare_request, own_request

        if outgoing.is_link:
            request = bare_request(outgoing, extensions)
            if self._given is None:
                return await self._opened[_running_loop()][1].handle_async_request(request)
            with unseen():
                return await client.send(request, **_SENDING, auth=None)
        build = own_request if self._given is None else partial(_merged, client)
        return await client.send(build(outgoing, extensions), **_SENDING)

    def _may_have_been_sent(self, bounds: Bounds) -> bool:
        return bounds.sent or self._given is not None

    def _client(self) -> httpx.AsyncClient:
        if self._is_closed or (self._given is not None and self._given.is_closed):
            raise ConfigurationError(_CLOSED)
        if self._given is not None:
            return self._given
        if self._process != os.getpid():
            self._inherited.append(self._opened)
            self._opened, self._process = {}, os.getpid()
        loop = _running_loop()
        if loop not in self._opened:
            self._open(loop)
        return self._opened[loop][0]

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        from clientkit.transport.clients import OwnAsyncClient
        from clientkit.transport.pools import AsyncPools

        for other in [each for each in self._opened if each.is_closed()]:
            self._opened.pop(other)[1].abandon()
        pools = AsyncPools(self._way_out)
        self._opened[loop] = OwnAsyncClient(pools), pools


def _running_loop() -> asyncio.AbstractEventLoop:
    import asyncio

    return asyncio.get_running_loop()


def _cut_queries(record: logging.LogRecord) -> bool:
    """A filter of httpx' logger, which it leaves alone where somebody else in this process uses httpx."""
    import httpx

    if is_ours() and isinstance(record.args, tuple):
        record.args = tuple(each.copy_with(query=None) if isinstance(each, httpx.URL) else each for each in record.args)
    return True


def _merged(client: httpx.Client | httpx.AsyncClient, outgoing: Outgoing, extensions: _Extensions) -> httpx.Request:
    """The request with what a caller's client adds."""
    return client.build_request(
        outgoing.method,
        outgoing.url,
        headers={**outgoing.headers, "Accept-Encoding": CODING},
        content=outgoing.content,
        extensions=extensions,
    )


def _timeouts(outgoing: Outgoing) -> dict[str, float]:
    return dict.fromkeys(("connect", "read", "write", "pool"), outgoing.timeout)


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _check(bounds: Bounds) -> None:
    # A body that drips resets the read timeout of another's client with every byte.
    if time.monotonic() > bounds.end:
        raise TransportFailure("the answer did not end in time", sent=True, late=True)


def _failure(error: Exception, bounds: Bounds, *, is_own: bool) -> TransportFailure:
    import httpx

    reason = f"{type(error).__name__}: {error}".rstrip(": ")
    is_before = isinstance(
        error,
        httpx.ConnectError
        | httpx.ConnectTimeout
        | httpx.PoolTimeout
        | httpx.UnsupportedProtocol
        | httpx.InvalidURL
        | UnicodeError,
    )
    sent = bounds.sent or not (is_own or is_before)
    return TransportFailure(reason, sent=sent, late=isinstance(error, httpx.TimeoutException))
