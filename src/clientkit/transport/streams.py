"""Connections whose every read and write is bounded in time, for both drivers of httpcore.

A stream knows of all bytes that nobody has taken yet, those in TLS buffers included. httpcore asks for `is_readable`
before it uses a connection again, and closes one that has such bytes: they would be taken for the next answer.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from collections.abc import Generator
from typing import Any, TypeVar

import httpcore

from clientkit.drivers import drive, drive_async
from clientkit.overriding import override
from clientkit.transport.bounds import left
from clientkit.transport.tls import Tls

R = TypeVar("R")

_CHUNK = 65_536


class Stream(httpcore.NetworkStream):
    """A TCP connection that blocks."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.is_spoiled = False

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with mapped(httpcore.ReadTimeout, httpcore.ReadError):
            self._socket.settimeout(left(timeout))
            return self._socket.recv(max_bytes)

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        with mapped(httpcore.WriteTimeout, httpcore.WriteError):
            while rest:
                self._socket.settimeout(left(timeout))
                rest = rest[self._socket.send(rest) :]

    @override
    def close(self) -> None:
        _close(self._socket)

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> TlsStream:
        return TlsStream.opened(self, ssl_context, server_hostname, timeout)

    @override
    def get_extra_info(self, info: str) -> Any:
        return _info(self._socket, info, is_spoiled=self.is_spoiled)


class TlsStream(httpcore.NetworkStream):
    """TLS over any blocking stream, also over another TLS stream, as to a proxy."""

    def __init__(self, lower: httpcore.NetworkStream, tls: Tls) -> None:
        self._lower, self._tls = lower, tls
        self.is_spoiled = False

    @classmethod
    def opened(
        cls, lower: httpcore.NetworkStream, context: ssl.SSLContext, hostname: str | None, timeout: float | None
    ) -> TlsStream:
        """A stream after its handshake; the one below is closed where that fails."""
        stream = cls(lower, Tls(context, hostname))
        try:
            with mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
                stream._carry(stream._tls.shake_hands(), timeout)
        except BaseException:
            lower.close()
            raise
        return stream

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with mapped(httpcore.ReadTimeout, httpcore.ReadError):
            return self._carry(self._tls.read(max_bytes), timeout)

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with mapped(httpcore.WriteTimeout, httpcore.WriteError):
            self._carry(self._tls.write(buffer), timeout)

    @override
    def close(self) -> None:
        self._lower.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> TlsStream:
        return TlsStream.opened(self, ssl_context, server_hostname, timeout)

    @override
    def get_extra_info(self, info: str) -> Any:
        own = self._tls.info(info, is_spoiled=self.is_spoiled)
        return own if own is not None else self._lower.get_extra_info(info)

    def _carry(self, steps: Generator[bytes | None, bytes | None, R], timeout: float | None) -> R:
        def act(out: bytes | None) -> bytes | None:
            if out is None:
                return self._lower.read(_CHUNK, timeout)
            self._lower.write(out, timeout)
            return None

        return drive(steps, act)


class AsyncStream(httpcore.AsyncNetworkStream):
    """A TCP connection of an event loop. Who awaits bounds the time: an attempt ends as a whole."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.is_spoiled = False

    @override
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with mapped(httpcore.ReadTimeout, httpcore.ReadError):
            import asyncio

            # What is there already is read without a pause, in which the loop could end the attempt.
            left(timeout)
            return await asyncio.get_running_loop().sock_recv(self._socket, max_bytes)

    @override
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with mapped(httpcore.WriteTimeout, httpcore.WriteError):
            import asyncio

            await asyncio.get_running_loop().sock_sendall(self._socket, buffer)

    @override
    async def aclose(self) -> None:
        _close(self._socket)

    @override
    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncTlsStream:
        return await AsyncTlsStream.opened(self, ssl_context, server_hostname)

    @override
    def get_extra_info(self, info: str) -> Any:
        return _info(self._socket, info, is_spoiled=self.is_spoiled)


class AsyncTlsStream(httpcore.AsyncNetworkStream):
    """`TlsStream` for an event loop."""

    def __init__(self, lower: httpcore.AsyncNetworkStream, tls: Tls) -> None:
        self._lower, self._tls = lower, tls
        self.is_spoiled = False

    @classmethod
    async def opened(
        cls, lower: httpcore.AsyncNetworkStream, context: ssl.SSLContext, hostname: str | None
    ) -> AsyncTlsStream:
        """A stream after its handshake; the one below is closed where that fails."""
        stream = cls(lower, Tls(context, hostname))
        try:
            with mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
                await stream._carry(stream._tls.shake_hands())
        except BaseException:
            await lower.aclose()
            raise
        return stream

    @override
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with mapped(httpcore.ReadTimeout, httpcore.ReadError):
            return await self._carry(self._tls.read(max_bytes))

    @override
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with mapped(httpcore.WriteTimeout, httpcore.WriteError):
            await self._carry(self._tls.write(buffer))

    @override
    async def aclose(self) -> None:
        await self._lower.aclose()

    @override
    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncTlsStream:
        return await AsyncTlsStream.opened(self, ssl_context, server_hostname)

    @override
    def get_extra_info(self, info: str) -> Any:
        own = self._tls.info(info, is_spoiled=self.is_spoiled)
        return own if own is not None else self._lower.get_extra_info(info)

    async def _carry(self, steps: Generator[bytes | None, bytes | None, R]) -> R:
        async def act(out: bytes | None) -> bytes | None:
            if out is None:
                return await self._lower.read(_CHUNK)
            await self._lower.write(out)
            return None

        return await drive_async(steps, act)


def _close(connected: socket.socket) -> None:
    # Another thread that waits for bytes here learns of it at once.
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
    connected.close()


def _info(connected: socket.socket, name: str, *, is_spoiled: bool) -> Any:
    if name == "is_readable":
        return is_spoiled or _is_readable(connected)
    if name == "socket":
        return connected
    if name == "client_addr":
        return connected.getsockname()
    return connected.getpeername() if name == "server_addr" else None


def _is_readable(connected: socket.socket) -> bool:
    number = connected.fileno()
    if number < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([number], [], [], 0)[0])


@contextlib.contextmanager
def mapped(late: type[httpcore.TimeoutException], broken: type[httpcore.NetworkError]) -> Generator[None]:
    """What goes wrong within, as httpcore's errors."""
    try:
        yield
    except httpcore.TimeoutException as error:
        raise late(str(error)) from error
    except httpcore.NetworkError as error:
        raise broken(str(error)) from error
    except TimeoutError as error:
        raise late(str(error)) from error
    except (OSError, UnicodeError) as error:
        raise broken(str(error)) from error
