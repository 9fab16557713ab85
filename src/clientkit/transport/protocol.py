"""What an exchange needs of a transport, and transports without a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from clientkit.drivers import pause
from clientkit.wire import Answer, Outgoing


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
        await pause(0)
        return self._handle(outgoing)

    async def aclose(self) -> None:
        """Nothing is held."""
