"""Connections that are kept and used again: httpcore's pools behind httpx's interface for transports.

A connection on which more came than the one answer is closed: those bytes would be taken for the answer to the next
request (RFC 9112, section 9.2). h11 holds them, and httpcore does not look there
(https://github.com/encode/httpcore/discussions/1131).
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterable, AsyncIterator, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast
from weakref import WeakSet

import httpcore
import httpx

from clientkit.overriding import override
from clientkit.transport.network import AsyncNetwork, Network
from clientkit.transport.proxies import WayOut

_LIMITS: Mapping[str, Any] = {"max_connections": 100, "max_keepalive_connections": 20, "keepalive_expiry": 5.0}

_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


class Pools(httpx.BaseTransport):
    """The connections of a blocking client."""

    def __init__(self, way_out: WayOut) -> None:
        self._way_out = way_out
        self._direct = httpcore.ConnectionPool(ssl_context=way_out.certificates, network_backend=Network(), **_LIMITS)
        self._by_proxy = _sync_proxy_pool(way_out)

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        pool = self._direct
        if self._by_proxy is not None and self._way_out.goes_by_proxy(request.url.scheme, request.url.host):
            pool = self._by_proxy
        with _as_httpx():
            response = pool.handle_request(_request(request))
        return _response(response, _Stream(response))

    @override
    def close(self) -> None:
        self._direct.close()
        if self._by_proxy is not None:
            self._by_proxy.close()


class AsyncPools(httpx.AsyncBaseTransport):
    """The connections of one event loop."""

    def __init__(self, way_out: WayOut) -> None:
        self._way_out = way_out
        self._sockets = WeakSet[socket.socket]()
        self._direct = httpcore.AsyncConnectionPool(
            ssl_context=way_out.certificates, network_backend=AsyncNetwork(self._sockets), **_LIMITS
        )
        self._by_proxy = _async_proxy_pool(way_out, AsyncNetwork(self._sockets, to_proxy=True))

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        pool = self._direct
        if self._by_proxy is not None and self._way_out.goes_by_proxy(request.url.scheme, request.url.host):
            pool = self._by_proxy
        with _as_httpx():
            response = await pool.handle_async_request(_request(request))
        return _response(response, _AsyncStream(response))

    @override
    async def aclose(self) -> None:
        await self._direct.aclose()
        if self._by_proxy is not None:
            await self._by_proxy.aclose()

    def abandon(self) -> None:
        """Close every connection where there is no event loop any more."""
        for each in list(self._sockets):
            each.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    @override
    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from cast("Iterable[bytes]", self._response.stream)
        _spoil_if_more_came(self._response)

    @override
    def close(self) -> None:
        self._response.close()


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for part in cast("AsyncIterable[bytes]", self._response.stream):
                yield part
        _spoil_if_more_came(self._response)

    @override
    async def aclose(self) -> None:
        await self._response.aclose()


def _spoil_if_more_came(response: httpcore.Response) -> None:
    """Before the connection goes back into the pool, so that no other request can take it."""
    stream: Any = _extensions(response).get("network_stream")
    try:
        # httpcore shows its parser to nobody. If it is elsewhere one day, no connection is used again, which is safe.
        held: Any = response.stream
        more, _ = held._stream._connection._h11_state.trailing_data
    except AttributeError:
        more = b"unknown"
    if more and stream is not None:
        stream.is_spoiled = True


@contextmanager
def _as_httpx() -> Generator[None]:
    try:
        yield
    except _ERRORS as error:
        kind: type[httpx.TransportError] = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from error


def _request(request: httpx.Request) -> httpcore.Request:
    url = httpcore.URL(
        scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
    )
    stream = cast("Iterable[bytes] | AsyncIterable[bytes]", request.stream)
    return httpcore.Request(
        request.method, url, headers=request.headers.raw, content=stream, extensions=dict(request.extensions)
    )


def _extensions(response: httpcore.Response) -> dict[str, Any]:
    return dict(cast("Mapping[str, Any]", response.extensions))  # pyright: ignore[reportUnknownMemberType] - httpcore's own


def _response(response: httpcore.Response, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> httpx.Response:
    return httpx.Response(response.status, headers=response.headers, stream=stream, extensions=_extensions(response))


def _sync_proxy_pool(way_out: WayOut) -> httpcore.ConnectionPool | None:
    proxy = way_out.proxy
    if proxy is None:
        return None
    network = Network(to_proxy=True)
    if proxy.is_socks:
        return httpcore.SOCKSProxy(
            proxy.url,
            proxy_auth=proxy.credentials,
            ssl_context=way_out.certificates,
            network_backend=network,
            **_LIMITS,
        )
    return httpcore.HTTPProxy(
        proxy.url, proxy_auth=proxy.credentials, ssl_context=way_out.certificates, network_backend=network, **_LIMITS
    )


def _async_proxy_pool(way_out: WayOut, network: AsyncNetwork) -> httpcore.AsyncConnectionPool | None:
    proxy = way_out.proxy
    if proxy is None:
        return None
    if proxy.is_socks:
        return httpcore.AsyncSOCKSProxy(
            proxy.url,
            proxy_auth=proxy.credentials,
            ssl_context=way_out.certificates,
            network_backend=network,
            **_LIMITS,
        )
    return httpcore.AsyncHTTPProxy(
        proxy.url, proxy_auth=proxy.credentials, ssl_context=way_out.certificates, network_backend=network, **_LIMITS
    )
