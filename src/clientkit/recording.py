"""Turning an exchange with a service into a test: what was sent and answered, without credentials, and played again.

::

    recorder = Recorder(HttpTransport())
    client = rillet.Client(key, transport=recorder)
    client.vendors.list().collect()
    recorder.save(Path("vendors.json"))

    client = rillet.Client("any", transport=Replay.of(Path("vendors.json")))   # in the test

Of headers only the kind of a body is kept. In bodies and addresses everything whose name speaks of a secret becomes ``…``,
and signed links lose their query. Names and amounts of people stay: look at the file before you keep it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, urlsplit

import attrs

from clientkit.codec.text import parse, write
from clientkit.field_problems import CodecError
from clientkit.wire import Answer, Outgoing

if TYPE_CHECKING:
    from clientkit.transport import Transport

__all__ = ["Exchange", "Recorder", "Replay", "ReplayError"]

_SECRET = re.compile(
    r"secret|token|password|authorization|api_?key|signature|credential|client_id|refresh", re.IGNORECASE
)
# Where a listing goes on is named a token too, and is none.
_NO_SECRET = frozenset({"next_cursor", "page_token", "next_page_token"})
_SIGNED = re.compile(r"(https?://[^\s?\"]+)\?[^\s\"]*")
_HIDDEN = "…"


@attrs.frozen(kw_only=True)
class Exchange:
    """One request and its answer, as a test keeps them; `sent` and `content` are parsed JSON, or text where it is none."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    sent: object = None
    status: int
    content_type: str = "application/json"
    content: object = None


class ReplayError(AssertionError):
    """A request differs from the recorded one, or no recorded request is left."""


class Recorder:
    """A transport that passes everything on and remembers it. An attempt without an answer leaves nothing."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.exchanges = list[Exchange]()

    def send(self, outgoing: Outgoing) -> Answer:
        """Send, and keep what was answered."""
        answer = self._transport.send(outgoing)
        method, path, query, sent = _asked(outgoing)
        kind = answer.headers.get("content-type", "application/json")
        self.exchanges.append(
            Exchange(
                method=method,
                path=path,
                query=query,
                sent=sent,
                status=answer.status,
                content_type=kind,
                content=_body(answer.content),
            )
        )
        return answer

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def save(self, path: Path) -> None:
        """Write the exchanges as JSON. Raises `OSError`."""
        written = [json.loads(write(attrs.asdict(each))) for each in self.exchanges]
        path.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


class Replay:
    """A transport that gives the recorded answers to the recorded requests, in their order."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._left = list(exchanges)

    @classmethod
    def of(cls, path: Path) -> Replay:
        """What `Recorder.save` has written. Raises `OSError`, and `CodecError` for another file."""
        found = parse(path.read_bytes())
        if not isinstance(found, Sequence):
            raise CodecError(f"{path} holds no list of exchanges")
        return cls(_exchange(cast("Mapping[str, object]", each)) for each in cast("Sequence[object]", found))

    @property
    def is_done(self) -> bool:
        """Whether every answer was given."""
        return not self._left

    def send(self, outgoing: Outgoing) -> Answer:
        """The next answer. Raises `ReplayError` for another request."""
        asked = _asked(outgoing)
        if not self._left:
            raise ReplayError(f"nothing is recorded after the last exchange for {asked[0]} {asked[1]}")
        kept = self._left.pop(0)
        wanted = (kept.method, kept.path, kept.query, kept.sent)
        for name, was, now in zip(("method", "path", "query", "body"), wanted, asked, strict=True):
            if was != now:
                raise ReplayError(f"{kept.method} {kept.path} was recorded with the {name} {was!r}, not {now!r}")
        content = kept.content.encode() if isinstance(kept.content, str) else write(kept.content)
        headers = {"content-type": kept.content_type}
        return Answer(status=kept.status, headers=headers, content=b"" if kept.content is None else content)

    def close(self) -> None:
        """Nothing is held."""


def _exchange(kept: Mapping[str, object]) -> Exchange:
    query = tuple((str(name), str(value)) for name, value in cast("Sequence[Sequence[object]]", kept["query"]))
    return Exchange(
        method=str(kept["method"]),
        path=str(kept["path"]),
        query=query,
        sent=kept["sent"],
        status=int(str(kept["status"])),
        content_type=str(kept["content_type"]),
        content=kept["content"],
    )


def _asked(outgoing: Outgoing) -> tuple[str, str, tuple[tuple[str, str], ...], object]:
    parts = urlsplit(outgoing.url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = () if outgoing.is_link else tuple((name, _HIDDEN if _is_secret(name) else value) for name, value in pairs)
    return outgoing.method, parts.path, query, _body(outgoing.content or b"")


def _body(content: bytes) -> object:
    if not content:
        return None
    try:
        return _clean(parse(content))
    except CodecError:
        return _HIDDEN


def _clean(value: object) -> object:
    if isinstance(value, Mapping):
        named = cast("Mapping[str, object]", value).items()
        return {name: _HIDDEN if _is_secret(name) and isinstance(each, str) else _clean(each) for name, each in named}
    if isinstance(value, list | tuple):
        return [_clean(each) for each in cast("Sequence[object]", value)]
    return _SIGNED.sub(r"\1", value) if isinstance(value, str) else value


def _is_secret(name: str) -> bool:
    return name not in _NO_SECRET and _SECRET.search(name) is not None
