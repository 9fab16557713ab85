"""Answers that drip: nothing but the time of the attempt ends them, and that time is simulated.

A server marks an answer with a header. The connection of the client then cuts it up: it gives what comes before the drip at once,
and after it one drop at a time, without an end. No drop takes time; each brings the end of the attempt nearer.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import repeat
from unittest import mock
from weakref import WeakKeyDictionary

import attrs
import httpcore

from clientkit import Answer
from clientkit.transport import bounds
from clientkit.transport.bounds import left
from clientkit.transport.streams import AsyncStream, Stream, mapped

# Seconds of the attempt that a drop takes, and how many there are where nothing ends them.
_DROP, _MOST = 0.05, 100_000
_MARK = "x-drip"


class DripPlace(StrEnum):
    """Where an answer begins to drip."""

    STATUS_LINE = "status line"
    INTERIM_ANSWER = "interim answer"
    HEADERS = "headers"
    BODY = "body"
    CHUNK_EXTENSION = "chunk extension"
    TRAILERS = "trailers"


def marked(answer: Answer, place: DripPlace) -> Answer:
    """The answer, to be sent; it drips at the client."""
    return attrs.evolve(answer, headers={**answer.headers, _MARK: place.value})


def cut_up(answer: bytes) -> tuple[bytes, Iterator[bytes]]:
    """What of a marked answer comes at once, and its drops."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    told = {name.strip().lower(): (line, value.strip()) for line in lines for name, _, value in [line.partition(b":")]}
    place = DripPlace(told.pop(_MARK.encode())[1].decode())
    told.pop(b"content-length", None)
    start = b"\r\n".join([status, *(line for line, _ in told.values())])
    chunked = start + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    letters = repeat(b"a", _MOST)
    match place:
        case DripPlace.STATUS_LINE:
            return status[:-1], letters
        case DripPlace.INTERIM_ANSWER:
            early = b"HTTP/1.1 103 Early Hints\r\n\r\n"
            return early, repeat(early, _MOST)
        case DripPlace.HEADERS:
            return start + b"\r\nX-Slow: ", letters
        case DripPlace.BODY:
            length = len(body) + _MOST
            return start + b"\r\nContent-Length: %d\r\n\r\n" % length + body, repeat(b" ", _MOST)
        case DripPlace.CHUNK_EXTENSION:
            return chunked + b"%x;slow=" % len(body), letters
        case DripPlace.TRAILERS:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            return chunked + chunk + b"0\r\nX-Slow: ", letters


@contextmanager
def dripping() -> Generator[None]:
    """Let marked answers drip, over connections of both drivers."""
    left_over = WeakKeyDictionary[object, Iterator[bytes]]()
    read, read_async = Stream.read, AsyncStream.read

    def next_drop(stream: object) -> bytes | None:
        if stream not in left_over:
            return None
        # No one else can bring the end of an attempt nearer.
        current = bounds._current.get()
        assert current is not None
        current.end -= _DROP
        with mapped(httpcore.ReadTimeout, httpcore.ReadError):
            left(None)
        return next(left_over[stream], b"")

    def first_part(stream: object, got: bytes) -> bytes:
        if f"\r\n{_MARK}:".encode() not in got.lower():
            return got
        at_once, left_over[stream] = cut_up(got)
        return at_once

    def blocking(self: Stream, max_bytes: int, timeout: float | None = None) -> bytes:
        drop = next_drop(self)
        return first_part(self, read(self, max_bytes, timeout)) if drop is None else drop

    async def awaited(self: AsyncStream, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        drop = next_drop(self)
        return first_part(self, await read_async(self, max_bytes, timeout)) if drop is None else drop

    with mock.patch.object(Stream, "read", blocking), mock.patch.object(AsyncStream, "read", awaited):
        yield
