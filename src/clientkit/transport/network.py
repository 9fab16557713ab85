"""Opening connections, for both drivers of httpcore."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Sequence
from weakref import WeakSet

import httpcore

from clientkit.drivers import pause
from clientkit.overriding import override
from clientkit.transport.bounds import is_public_only, left
from clientkit.transport.resolving import Address, public_only, resolve, resolve_async
from clientkit.transport.streams import AsyncStream, Stream, mapped


class Network(httpcore.NetworkBackend):
    """Opens connections. `to_proxy` says that they lead to a proxy, which may stand in a private network."""

    def __init__(self, *, to_proxy: bool = False) -> None:
        self._to_proxy = to_proxy

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> Stream:
        with mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
            addresses = _allowed(host, resolve(host, port, left(timeout)), to_proxy=self._to_proxy)
            last: OSError = OSError(f"{host} has no address")
            for position, (family, address) in enumerate(addresses):
                connecting = _new_socket(family)
                try:
                    seconds = left(timeout)
                    # An address that does not answer leaves time for those behind it.
                    connecting.settimeout(seconds if seconds is None else seconds / (len(addresses) - position))
                    connecting.connect(address)
                except OSError as error:
                    connecting.close()
                    last = error
                else:
                    return Stream(connecting)
            raise last

    @override
    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class AsyncNetwork(httpcore.AsyncNetworkBackend):
    """`Network` for one event loop. It knows its sockets, so that they can be closed when the loop is gone."""

    def __init__(self, sockets: WeakSet[socket.socket], *, to_proxy: bool = False) -> None:
        self._sockets, self._to_proxy = sockets, to_proxy

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> AsyncStream:
        import asyncio

        loop = asyncio.get_running_loop()
        with mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
            addresses = _allowed(host, await resolve_async(host, port), to_proxy=self._to_proxy)
            last: OSError = OSError(f"{host} has no address")
            for position, (family, address) in enumerate(addresses):
                connecting = _new_socket(family)
                try:
                    seconds = left(timeout)
                    share = seconds if seconds is None else seconds / (len(addresses) - position)
                    connecting.setblocking(False)  # noqa: FBT003 - the socket's own interface
                    async with asyncio.timeout(share):
                        await loop.sock_connect(connecting, address)
                except OSError as error:
                    connecting.close()
                    last = error
                except BaseException:
                    connecting.close()
                    raise
                else:
                    self._sockets.add(connecting)
                    return AsyncStream(connecting)
            raise last

    @override
    async def sleep(self, seconds: float) -> None:
        await pause(seconds)


def _allowed(host: str, addresses: Sequence[Address], *, to_proxy: bool) -> Sequence[Address]:
    return public_only(host, addresses) if is_public_only() and not to_proxy else addresses


def _new_socket(family: socket.AddressFamily) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
