"""Looking up the addresses of a host, in a thread that is left behind when time is over.

Nothing can interrupt the system's resolver, and a pool's threads would be waited for at exit.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from typing import TypeAlias

from clientkit.addresses import is_public

#: Family and address, as `socket.socket` and `connect` take them.
Address: TypeAlias = tuple[socket.AddressFamily, tuple[str | int | bytes, ...]]
_Found: TypeAlias = "list[Address] | OSError | UnicodeError"


def resolve(host: str, port: int, seconds: float | None) -> list[Address]:
    """The addresses of a host. Raises `OSError`, also `TimeoutError`, and `UnicodeError` for what is no name."""
    came = list[_Found]()
    has_come = threading.Event()

    def deliver(found: _Found) -> None:
        came.append(found)
        has_come.set()

    _look_up(host, port, deliver)
    if not has_come.wait(seconds):
        raise TimeoutError(f"the address of {host} did not come in time")
    return _given(came[0])


async def resolve_async(host: str, port: int) -> list[Address]:
    """`resolve`, to be awaited and cancelled."""
    import asyncio

    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[_Found] = loop.create_future()

    def deliver(found: _Found) -> None:
        if not waiting.done():
            waiting.set_result(found)

    def hand_over(found: _Found) -> None:
        # The loop may be closed by the time that the resolver comes back.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, found)

    _look_up(host, port, hand_over)
    return _given(await waiting)


def public_only(host: str, addresses: Sequence[Address]) -> list[Address]:
    """Those of a host's addresses that the whole internet can reach. Raises `OSError` if there are none."""
    kept = [each for each in addresses if is_public(str(each[1][0]))]
    if not kept:
        raise OSError(f"{host} is not a public address, and a link is followed to public hosts alone")
    return kept


def _look_up(host: str, port: int, tell: Callable[[_Found], object]) -> None:
    def work() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            tell([(family, address) for family, _, _, _, address in infos])
        except (OSError, UnicodeError) as error:
            tell(error)

    threading.Thread(target=work, name=f"resolve {host}", daemon=True).start()


def _given(found: _Found) -> list[Address]:
    if isinstance(found, OSError | UnicodeError):
        raise found
    return found
