"""TLS without I/O: what both kinds of streams do alike."""

from __future__ import annotations

import contextlib
import functools
import ssl
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import httpcore

R = TypeVar("R")


class Tls:
    """A TLS connection without I/O: each call yields bytes to send, or None for bytes to be received."""

    def __init__(self, context: ssl.SSLContext, hostname: str | None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)

    def shake_hands(self) -> Generator[bytes | None, bytes | None, None]:
        """The handshake."""
        yield from self._call(self._object.do_handshake)

    def read(self, max_bytes: int) -> Generator[bytes | None, bytes | None, bytes]:
        """Some bytes; none where the other side has ended the connection properly."""
        try:
            return (yield from self._call(functools.partial(self._object.read, max_bytes)))
        except ssl.SSLZeroReturnError:
            return b""

    def write(self, buffer: bytes) -> Generator[bytes | None, bytes | None, None]:
        """All of the bytes."""
        rest = memoryview(buffer)
        while rest:
            written = yield from self._call(functools.partial(self._object.write, rest))
            rest = rest[written:]

    def info(self, name: str, *, is_spoiled: bool) -> Any:
        """What this layer knows; None for what the layer below has to tell."""
        if name == "ssl_object":
            return self._object
        if name == "is_readable" and (is_spoiled or self._incoming.pending or self._object.pending()):
            return True
        return None

    def _call(self, step: Callable[[], R]) -> Generator[bytes | None, bytes | None, R]:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                yield from self._flushed()
                if got := (yield None):
                    self._incoming.write(got)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                # What is wrong is told to the other side.
                with contextlib.suppress(httpcore.NetworkError, httpcore.TimeoutException):
                    yield from self._flushed()
                raise
            else:
                yield from self._flushed()
                return result

    def _flushed(self) -> Generator[bytes | None, bytes | None, None]:
        if waiting := self._outgoing.read():
            yield waiting
