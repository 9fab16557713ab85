"""A blocking client whose requests an event loop sends, for threads beside that loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Awaitable
from typing import TypeVar

from clientkit.client import AsyncBaseClient, BaseClient
from clientkit.transport import AsyncTransport
from clientkit.wire import Answer, Outgoing, TransportFailure

B = TypeVar("B", bound=BaseClient)
T = TypeVar("T")

# Seconds beyond an attempt's own timeout, after which its loop is taken for stopped.
_GRACE = 10.0


def blocking_client(client: AsyncBaseClient, kind: type[B], loop: asyncio.AbstractEventLoop) -> B:
    """A blocking client with the settings, the pace and the connections of one to be awaited, which belong to `loop`.

    It is for other threads than the loop's, and closing it closes nothing.
    """

    def sleep(seconds: float) -> None:
        _carried_out(client._sleep(seconds), loop, seconds + _GRACE)

    twin = object.__new__(kind)
    twin.__dict__.update(
        _context=client._context,
        _transport=_LoopTransport(client._transport, loop),
        _sleep=sleep,
        _owns_transport=False,
    )
    return twin


class _LoopTransport:
    def __init__(self, transport: AsyncTransport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop

    def send(self, outgoing: Outgoing) -> Answer:
        return _carried_out(self._transport.send(outgoing), self._loop, outgoing.timeout + _GRACE)

    def close(self) -> None:
        """The connections are the other client's."""


async def _awaited(work: Awaitable[T]) -> T:
    return await work


def _carried_out(work: Awaitable[T], loop: asyncio.AbstractEventLoop, seconds: float) -> T:
    """What a coroutine of the loop comes to. Raises `TransportFailure` where the loop does not carry it out."""
    carrying = _awaited(work)
    try:
        future = asyncio.run_coroutine_threadsafe(carrying, loop)
    except RuntimeError:
        carrying.close()
        if asyncio.iscoroutine(work):
            work.close()
        raise TransportFailure("the event loop is closed", sent=False) from None
    try:
        return future.result(timeout=seconds)
    except concurrent.futures.CancelledError:
        raise TransportFailure("the event loop has stopped", sent=True) from None
    except concurrent.futures.TimeoutError:
        if future.done():
            # It is what the work itself has raised.
            raise
        future.cancel()
        raise TransportFailure("the event loop does not go on", sent=True, late=True) from None
