"""Serving an application over HTTP from a thread of the process; the only file that knows uvicorn."""

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

# Requests at one time, beyond which a sender is told to come again (503), and seconds for those in hand at the end.
_MOST_AT_ONCE = 64
_SECONDS_TO_END = 10


@contextmanager
def listening(app: App, host: str, port: int) -> Generator[str]:
    """Serve an application for as long as the context lasts; gives its address. Port 0 is one that is free.

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
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as door:
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=_MOST_AT_ONCE,
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
