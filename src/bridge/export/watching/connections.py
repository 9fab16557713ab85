"""Connections that cannot keep others out: each has some seconds for a whole request, and the oldest that waits gives way."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from typing_extensions import override
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

#: Connections at one time, beyond which a sender is told to come again (503), and seconds for a request to come whole.
MOST_AT_ONCE = 64
SECONDS_FOR_A_REQUEST = 20.0

_UNFINISHED = frozenset({h11.IDLE, h11.SEND_BODY})


class BoundedProtocol(H11Protocol):
    """uvicorn's protocol, which itself waits for the rest of a request for as long as the sender likes."""

    seconds = SECONDS_FOR_A_REQUEST

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.waits_since = self.loop.time()
        self._deadline: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()
        ours: list[BoundedProtocol] = [each for each in self.connections if isinstance(each, BoundedProtocol)]
        waiting = sorted((each for each in ours if each is not self and each.is_waiting), key=_waits_since)
        too_many = max(len(self.connections) - MOST_AT_ONCE, 0)
        for each in waiting[:too_many]:
            each.give_up()
        # Where whole requests take all places, uvicorn answers this one with 503.
        self.limit_concurrency = None if len(self.connections) <= MOST_AT_ONCE else 0

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._deadline is None:
            self._wait()
        super().data_received(data)
        if not self.is_waiting:
            self._stop_waiting()

    @property
    def is_waiting(self) -> bool:
        """Whether no whole request is in hand."""
        return self.conn.their_state in _UNFINISHED

    def give_up(self) -> None:
        """Close it at once; what reads its request is told that the sender hung up."""
        self.connections.discard(self)
        self._stop_waiting()
        self.transport.abort()

    def _wait(self) -> None:
        self.waits_since = self.loop.time()
        self._deadline = self.loop.call_later(self.seconds, self.give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _waits_since(protocol: BoundedProtocol) -> float:
    return protocol.waits_since
