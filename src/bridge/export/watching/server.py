"""Serving an application over HTTP from a thread of the process; with ``connections.py`` what knows uvicorn."""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from contextlib import contextmanager
from typing import Any, TypeAlias

from clientkit.errors import ConfigurationError

#: An ASGI application.
_Message: TypeAlias = MutableMapping[str, Any]
App: TypeAlias = Callable[
    [_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]
]

# Seconds for the requests that are in hand at the end.
_SECONDS_TO_END = 10


@contextmanager
def listening(app: App, host: str, port: int) -> Generator[str]:
    """Serve an application for as long as the context lasts; gives its address. Port 0 is one that is free.

    A request has 20 seconds to come whole, and of 64 connections the one that has waited longest gives way to the next.

    Raises:
        ConfigurationError: The extra that this needs is not installed.
        OSError: Nothing can listen at this host and port.
    """
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        if error.name != "uvicorn":
            raise
        extra = 'pip install "brex-rillet[serve]"'
        raise ConfigurationError(f"listening needs the serve extra. Install it with: {extra}") from None
    from bridge.export.watching.connections import BoundedProtocol

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as door:
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=BoundedProtocol,
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_SECONDS_TO_END,
            )
        )
        # Outside of the main thread uvicorn leaves signals alone.
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, name="http server", daemon=True)
        thread.start()
        try:
            shown = f"[{host}]" if family == socket.AF_INET6 else host
            yield f"http://{shown}:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
