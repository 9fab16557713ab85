"""A function from request to answer, in process or as a server on loopback, and what goes wrong between."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias, cast
from urllib.parse import parse_qs, urlsplit, urlunsplit

import attrs

from clientkit import codec
from clientkit.overriding import override
from clientkit.transport import AsyncInProcess, InProcess
from clientkit.wire import Answer, Outgoing, TransportFailure


@attrs.frozen(kw_only=True)
class Asked:
    """A request as a service sees it: header names in lower case, each query name with all its values."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    content: bytes = b""

    def one(self, name: str) -> str | None:
        """The value of a query parameter that is given at most once."""
        values = self.query.get(name)
        return values[0] if values else None

    def json(self) -> object:
        """The body as parsed JSON, numbers exact. Raises `clientkit.CodecError`."""
        return codec.parse(self.content)


@attrs.frozen
class Respond:
    """Answer this instead of handling the request."""

    answer: Answer


@attrs.frozen
class RequestLost:
    """Break the connection before the request is handled."""


@attrs.frozen
class AnswerLost:
    """Handle the request, then break the connection instead of answering."""


@attrs.frozen
class AnswerTruncated:
    """Handle the request, then break the connection in the middle of the answer's body."""


Action: TypeAlias = Respond | RequestLost | AnswerLost | AnswerTruncated


def _always(_: Asked) -> bool:
    return True


@attrs.define
class Fault:
    """Something that goes wrong with the next `times` requests that match."""

    action: Action
    matches: Callable[[Asked], bool] = attrs.field(default=_always, kw_only=True)
    times: int = attrs.field(default=1, kw_only=True)


class StandIn:
    """An offline service: subclasses answer in `respond`, this class carries requests there and faults between.

    `asked` lists every request that arrived, in order. One request is handled at a time.
    """

    def __init__(self) -> None:
        self.asked = list[Asked]()
        self.faults = list[Fault]()
        self._lock = threading.RLock()

    def respond(self, asked: Asked) -> Answer:
        """The answer to one request."""
        raise NotImplementedError

    def transport(self) -> InProcess:
        """A transport for a blocking client that reaches this stand-in without a network."""
        return InProcess(self._in_process)

    def async_transport(self) -> AsyncInProcess:
        """A transport for an asynchronous client that reaches this stand-in without a network."""
        return AsyncInProcess(self._in_process)

    @contextmanager
    def serve(self, *, port: int = 0) -> Generator[str]:
        """A real HTTP server on loopback for as long as the context lasts; gives its base URL.

        Each call has a free port of its own, unless `port` names one, such as that of a server that has ended.
        """
        server = _Server(("127.0.0.1", port), _Handler)
        server.standin = self
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def take(self, asked: Asked) -> tuple[Answer | None, Action | None]:
        """Handle one request: its answer, and what goes wrong with it. No answer where it was not handled."""
        with self._lock:
            self.asked.append(asked)
            action = self._fault_for(asked)
            if isinstance(action, Respond):
                return action.answer, None
            if isinstance(action, RequestLost):
                return None, action
            return self.respond(asked), action

    def _fault_for(self, asked: Asked) -> Action | None:
        for fault in self.faults:
            if fault.times > 0 and fault.matches(asked):
                fault.times -= 1
                return fault.action
        return None

    def _in_process(self, outgoing: Outgoing) -> Answer:
        parts = urlsplit(outgoing.url)
        headers = {name.lower(): value for name, value in outgoing.headers.items()}
        answer, action = self.take(_asked(outgoing.method, parts.path, parts.query, headers, outgoing.content or b""))
        if answer is None or action is not None:
            raise TransportFailure(f"the stand-in was told to break the connection ({action})", sent=True)
        limit = outgoing.max_answer_bytes
        return attrs.evolve(answer, content=answer.content[:limit], oversized=len(answer.content) > limit)


def no_wait(_: float) -> None:
    """A `sleep` that takes no time, for a client of a stand-in."""


async def no_async_wait(_: float) -> None:
    """`no_wait` for an asynchronous client; other tasks get their turn."""
    await asyncio.sleep(0)


def json_answer(status: int, body: object, *, content_type: str = "application/json", **headers: str) -> Answer:
    """An answer with a JSON body; header names are given with underscores for dashes."""
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return Answer(status=status, headers={"content-type": content_type, **named}, content=_compact(body))


def _compact(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode() if not isinstance(body, bytes) else body


def _asked(method: str, path: str, query: str, headers: Mapping[str, str], content: bytes) -> Asked:
    values = {name: tuple(each) for name, each in parse_qs(query, keep_blank_values=True).items()}
    return Asked(method=method, path=path, query=values, headers=headers, content=content)


#: Takes the headers and the body of a webhook and gives the status of the answer; an `OSError` is no answer.
Receive: TypeAlias = Callable[[Mapping[str, str], bytes], int]

_CONNECTIONS = {"http": HTTPConnection, "https": HTTPSConnection}


class PostTo:
    """A `Receive` at a URL. A redirect is an answer like any other.

    Raises `ValueError` for an address that is neither http nor https.
    """

    def __init__(self, url: str, *, timeout: timedelta) -> None:
        self._parts, self._seconds = urlsplit(url), timeout.total_seconds()
        if self._parts.scheme not in _CONNECTIONS or not self._parts.netloc:
            raise ValueError(f"a webhook needs an HTTP address, not {url!r}")

    def __call__(self, headers: Mapping[str, str], body: bytes) -> int:
        """Post once."""
        place = self._parts.netloc
        connection = _CONNECTIONS[self._parts.scheme](place, timeout=self._seconds)
        try:
            connection.request(
                "POST", urlunsplit(("", "", self._parts.path or "/", self._parts.query, "")), body, dict(headers)
            )
            status: int = connection.getresponse().status
        except HTTPException as error:
            raise OSError(f"{place} did not answer in HTTP") from error
        else:
            return status
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    standin: StandIn
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open = set[socket.socket]()

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    @override
    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    @override
    def server_close(self) -> None:
        super().server_close()
        # Kept-alive connections would otherwise hold their threads until the client lets go.
        for request in list(self._open):
            _hang_up(request)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        content = self.rfile.read(int(headers.get("content-length", "0")))
        standin = cast("_Server", self.server).standin
        answer, action = standin.take(_asked(self.command, parts.path, parts.query, headers, content))
        if answer is None or isinstance(action, AnswerLost):
            self._break_off()
            return
        body = answer.content
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers_into(body[: len(body) // 2] if action is not None else body)
        if action is not None:
            self._break_off()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names

    def end_headers_into(self, body: bytes) -> None:
        """Headers and body in one write: two would wait for each other in the kernel (Nagle, delayed ACK)."""
        buffered = cast("list[bytes]", self.__dict__.pop("_headers_buffer", []))
        self.wfile.write(b"".join([*buffered, b"\r\n", body]))

    def _break_off(self) -> None:
        self.close_connection = True
        _hang_up(self.connection)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Stand-ins are quiet; `StandIn.asked` is the log."""


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
