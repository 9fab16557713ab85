"""Requests to an ASGI application, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import attrs

from bridge.export import WebhookApp


@attrs.frozen(kw_only=True)
class Ask:
    """A request, with its body in the pieces in which it arrives."""

    path: str = "/brex"
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    chunks: Sequence[bytes] = (b"",)
    method: str = "POST"
    root_path: str = ""
    hangs_up: bool = False


@attrs.frozen
class Answered:
    status: int
    headers: Mapping[bytes, bytes]
    body: bytes
    read: int


async def delivered(app: WebhookApp, asked: Ask) -> Answered:
    """One request at the level of ASGI."""
    incoming: list[dict[str, object]] = [
        {"type": "http.request", "body": chunk, "more_body": number < len(asked.chunks) or asked.hangs_up}
        for number, chunk in enumerate(asked.chunks, 1)
    ]
    incoming.append({"type": "http.disconnect"})
    unread, sent = list(incoming), list[dict[str, object]]()

    async def receive() -> Mapping[str, object]:
        return unread.pop(0)

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in asked.headers.items()]
    scope = {"type": "http", "method": asked.method, "path": asked.path, "root_path": asked.root_path}
    await app({**scope, "headers": headers}, receive, send)
    start, end = sent
    return Answered(
        cast("int", start["status"]),
        dict(cast("Iterable[tuple[bytes, bytes]]", start["headers"])),
        cast("bytes", end["body"]),
        len(incoming) - len(unread),
    )


def ask(app: WebhookApp, asked: Ask) -> Answered:
    return asyncio.run(delivered(app, asked))
