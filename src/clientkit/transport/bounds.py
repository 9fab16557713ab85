"""What one attempt may take, as the code sees it that reads and writes on its behalf."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from clientkit.wire import Outgoing


class Bounds:
    """The `end` of an attempt on the monotonic clock, where it may go, and whether its request has been `sent`."""

    def __init__(self, end: float, *, public_only: bool) -> None:
        self.end, self.public_only, self.sent = end, public_only, False

    def trace(self, event: str, info: dict[str, object]) -> None:
        """Learn from httpcore's events when the service may have seen the request."""
        method: object = getattr(info.get("request"), "method", b"")
        # A proxy is asked for a tunnel before anything is sent to the service.
        if event.endswith("send_request_headers.started") and method != b"CONNECT":
            self.sent = True

    async def atrace(self, event: str, info: dict[str, object]) -> None:
        """`trace` for the asynchronous driver."""
        self.trace(event, info)


_current: ContextVar[Bounds | None] = ContextVar("_current", default=None)


@contextmanager
def bounded(outgoing: Outgoing) -> Generator[Bounds]:
    """The bounds of this attempt, for everything that is called within."""
    bounds = Bounds(time.monotonic() + outgoing.timeout, public_only=outgoing.public_only)
    token = _current.set(bounds)
    try:
        yield bounds
    finally:
        _current.reset(token)


def is_ours() -> bool:
    """Whether an attempt of this SDK is under way here."""
    return _current.get() is not None


def is_public_only() -> bool:
    """Whether the attempt may reach public addresses alone."""
    bounds = _current.get()
    return bounds is not None and bounds.public_only


def left(timeout: float | None) -> float | None:
    """Seconds that a read or a write may take now. Raises `TimeoutError` if there are none."""
    bounds = _current.get()
    if bounds is None:
        return timeout
    seconds = bounds.end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time of the attempt is over")
    return seconds if timeout is None else min(seconds, timeout)
