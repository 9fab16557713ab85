"""The body of an answer as it arrives: bounded in size, before and after it is unpacked."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from clientkit.wire import Answer, Outgoing, TransportFailure

#: What the services are asked for; anything else is refused.
CODING = "gzip"

_NONE = frozenset({"", "identity"})
_GZIP = frozenset({"gzip", "x-gzip"})
# What packing can add to bytes that it cannot make smaller.
_OVERHEAD = 65_536


class Body:
    """The bytes of one answer, at most one more than its bound. Raises `TransportFailure` for what cannot be unpacked."""

    def __init__(self, outgoing: Outgoing, headers: Mapping[str, str]) -> None:
        self._limit = outgoing.max_answer_bytes
        self._kept = bytearray()
        self._arrived = 0
        coding = headers.get("content-encoding", "").strip().lower()
        if coding not in _NONE | _GZIP:
            raise TransportFailure(f"the answer is packed as {coding[:40]!r}, and {CODING} was asked for", sent=True)
        self._is_packed = coding in _GZIP
        self._unpacker = _new_unpacker()
        self._is_at_start = True

    def is_full(self, chunk: bytes) -> bool:
        """Take the next bytes; whether no more are wanted."""
        self._arrived += len(chunk)
        if self._is_packed:
            self._unpack(chunk)
        else:
            self._kept += chunk[: self._limit + 1 - len(self._kept)]
        return self._is_over()

    def answer(self, status: int, headers: Mapping[str, str]) -> Answer:
        """The answer with this body."""
        is_over = self._is_over()
        if self._is_packed and not is_over and not self._is_at_start:
            raise TransportFailure("DecodingError: the answer's gzip does not come to its end", sent=True)
        return Answer(status=status, headers=headers, content=bytes(self._kept[: self._limit]), oversized=is_over)

    def _is_over(self) -> bool:
        return len(self._kept) > self._limit or self._arrived > self._limit + self._limit // 1_000 + _OVERHEAD

    def _unpack(self, chunk: bytes) -> None:
        try:
            while chunk and len(self._kept) <= self._limit:
                self._is_at_start = False
                self._kept += self._unpacker.decompress(chunk, self._limit + 1 - len(self._kept))
                chunk = self._unpacker.unconsumed_tail
                if self._unpacker.eof:
                    # Several members in a row are one body (RFC 1952, section 2.2).
                    chunk, self._unpacker = self._unpacker.unused_data, _new_unpacker()
                    self._is_at_start = True
        except zlib.error as error:
            raise TransportFailure(
                f"DecodingError: the answer's gzip cannot be unpacked ({error})", sent=True
            ) from error


def _new_unpacker() -> zlib._Decompress:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
