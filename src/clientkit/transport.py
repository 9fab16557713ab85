"""Carrying one attempt over the wire. The only file that knows httpx.

httpx is imported with the first real connection: what runs in process, such as tests against a stand-in, never pays for
it. httpx logs the URL of every request at level INFO; from the requests of this file its log gets the URL without the
query, which may be a permission (a presigned link) or hold other people's data.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from clientkit.wire import Answer, Outgoing, TransportFailure

if TYPE_CHECKING:
    import httpx


class Transport(Protocol):
    """Sends one attempt and waits for its answer. Raises `TransportFailure`."""

    def send(self, outgoing: Outgoing) -> Answer:
        """The answer, whatever its status."""
        ...

    def close(self) -> None:
        """Give back the connections."""
        ...


class AsyncTransport(Protocol):
    """Sends one attempt and awaits its answer. Raises `TransportFailure`."""

    async def send(self, outgoing: Outgoing) -> Answer:
        """The answer, whatever its status."""
        ...

    async def aclose(self) -> None:
        """Give back the connections."""
        ...


class HttpTransport:
    """Real connections, kept and used again; safe to share between threads.

    `proxies` says whether the environment's proxy and certificate variables count.
    """

    def __init__(self, *, proxies: bool = True) -> None:
        import httpx

        logging.getLogger("httpx").addFilter(_cut_queries)
        self._http = httpx.Client(follow_redirects=False, trust_env=proxies)

    def send(self, outgoing: Outgoing) -> Answer:
        """The answer, read up to the bound."""
        import httpx

        started = time.monotonic()
        try:
            with _discreetly():
                response = self._http.send(_request(self._http, outgoing), stream=True)
            try:
                body = _Body(outgoing, started)
                for chunk in response.iter_bytes():
                    if body.full(chunk):
                        break
                return body.answer(response)
            finally:
                response.close()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise _failure(error) from error

    def close(self) -> None:
        """Close every connection."""
        self._http.close()


class AsyncHttpTransport:
    """Real connections for one event loop, kept and used again; `proxies` as in `HttpTransport`."""

    def __init__(self, *, proxies: bool = True) -> None:
        import httpx

        logging.getLogger("httpx").addFilter(_cut_queries)
        self._http = httpx.AsyncClient(follow_redirects=False, trust_env=proxies)

    async def send(self, outgoing: Outgoing) -> Answer:
        """The answer, read up to the bound."""
        import httpx

        started = time.monotonic()
        try:
            with _discreetly():
                response = await self._http.send(_request(self._http, outgoing), stream=True)
            try:
                body = _Body(outgoing, started)
                async for chunk in response.aiter_bytes():
                    if body.full(chunk):
                        break
                return body.answer(response)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise _failure(error) from error

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


class InProcess:
    """A transport without a network: a function from request to answer, for a stand-in or a test of your own."""

    def __init__(self, handle: Callable[[Outgoing], Answer]) -> None:
        self._handle = handle

    def send(self, outgoing: Outgoing) -> Answer:
        """What the function answers."""
        return self._handle(outgoing)

    def close(self) -> None:
        """Nothing is held."""


class AsyncInProcess:
    """`InProcess` for an asynchronous client."""

    def __init__(self, handle: Callable[[Outgoing], Answer]) -> None:
        self._handle = handle

    async def send(self, outgoing: Outgoing) -> Answer:
        """What the function answers."""
        await asyncio.sleep(0)
        return self._handle(outgoing)

    async def aclose(self) -> None:
        """Nothing is held."""


_is_ours: ContextVar[bool] = ContextVar("_is_ours", default=False)


@contextmanager
def _discreetly() -> Generator[None]:
    token = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(token)


def _cut_queries(record: logging.LogRecord) -> bool:
    """A filter of httpx' logger, which it leaves alone where somebody else in this process uses httpx."""
    import httpx

    if _is_ours.get() and isinstance(record.args, tuple):
        record.args = tuple(each.copy_with(query=None) if isinstance(each, httpx.URL) else each for each in record.args)
    return True


class _Body:
    """The bytes of an answer as they arrive, up to the bound and the attempt's time."""

    def __init__(self, outgoing: Outgoing, started: float) -> None:
        self._limit, self._end = outgoing.max_answer_bytes, started + outgoing.timeout
        self._chunks = list[bytes]()
        self._size = 0

    def full(self, chunk: bytes) -> bool:
        self._chunks.append(chunk)
        self._size += len(chunk)
        if time.monotonic() > self._end:
            # A body that drips resets httpx's read timeout with every byte.
            raise TransportFailure("the answer did not end in time", sent=True, late=True)
        return self._size > self._limit

    def answer(self, response: httpx.Response) -> Answer:
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            content=b"".join(self._chunks)[: self._limit],
            oversized=self._size > self._limit,
        )


def _request(http: httpx.Client | httpx.AsyncClient, outgoing: Outgoing) -> httpx.Request:
    return http.build_request(
        outgoing.method,
        outgoing.url,
        headers=dict(outgoing.headers),
        content=outgoing.content,
        timeout=outgoing.timeout,
    )


def _failure(error: Exception) -> TransportFailure:
    import httpx

    reason = f"{type(error).__name__}: {error}".rstrip(": ")
    unsent = isinstance(
        error,
        httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol | httpx.InvalidURL,
    )
    return TransportFailure(reason, sent=not unsent, late=isinstance(error, httpx.TimeoutException))
