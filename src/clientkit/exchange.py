"""One call to a service: retries, pacing, idempotency and the deadline, as a generator that performs no I/O.

The generator yields what should happen next (`Send` or `Wait`) and is driven by a loop that knows how to do it: one
blocks, the other awaits (`clientkit.transport`). It is the shape of ``httpx.Auth.auth_flow``, with waiting added. Its
boundary is an `Answer`, not a library's response object.
"""

from __future__ import annotations

import email.utils
import logging
import threading
import uuid
from collections.abc import Callable, Generator, Mapping
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, cast

import attrs

from clientkit import codec
from clientkit.errors import (
    AnswerTimeoutError,
    AnswerTooLargeError,
    Attempt,
    ConnectionLostError,
    DeadlineExceededError,
    NoAnswerError,
    NotSentError,
    Problem,
    StatusError,
    UnreadableAnswerError,
    error_type,
)
from clientkit.pacing import Pacer
from clientkit.requests import Download, Form, Multipart, Request

T = TypeVar("T")

_log = logging.getLogger("clientkit")

# Enough to pass any ceiling, and far from what a float cannot hold.
_DOUBLINGS = 64

_LINK_ADVICE = "The link carries its own permission, which may have expired: ask the service for a new link."


def _without_query(url: str) -> str:
    return repr(url.partition("?")[0])


@attrs.frozen(kw_only=True)
class Outgoing:
    """One attempt, ready for the wire. `timeout` bounds it as a whole, in seconds."""

    method: str
    # A query may hold a permission (see `Request.link`), and other people's data.
    url: str = attrs.field(repr=_without_query)
    # The token is in the headers and must not reach a log through a repr.
    headers: Mapping[str, str] = attrs.field(repr=False)
    content: bytes | None = attrs.field(default=None, repr=False)
    timeout: float
    max_answer_bytes: int


@attrs.frozen(kw_only=True)
class Answer:
    """What came back: header names in lower case, the body decoded from its transfer and content encoding.

    `oversized` says that the body was cut off at the client's bound.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    content: bytes = b""
    oversized: bool = False


class TransportFailure(Exception):  # noqa: N818 - not one of the SDK's errors: the exchange turns it into one
    """No answer. `sent` tells whether the service may have seen the request, `late` whether time ran out."""

    def __init__(self, reason: str, *, sent: bool, late: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.sent, self.late = reason, sent, late


@attrs.frozen
class Send:
    """Send this, and come back with its `Answer` or throw a `TransportFailure`."""

    outgoing: Outgoing


@attrs.frozen
class Wait:
    """Do nothing for this many seconds."""

    seconds: float


@attrs.frozen(kw_only=True)
class Answered(Generic[T]):
    """The value of one call together with the status, headers, trace id and bytes that it came with."""

    value: T
    status: int
    headers: Mapping[str, str]
    trace_id: str | None
    content: bytes = attrs.field(default=b"", repr=False)


Flow: TypeAlias = Generator[Send | Wait, Answer | None, T]


@attrs.frozen(kw_only=True)
class Refusal:
    """The service answered 401 or 403 to an attempt with this ``Authorization`` header."""

    header: str = attrs.field(repr=False)
    status: int


class Authorization(Protocol):
    """Where the value of the ``Authorization`` header comes from. Its repr must not show the token."""

    def header(self) -> str:
        """The value for the next attempt."""
        ...

    def renew(self, refusal: Refusal | None, seconds: float) -> Flow[bool]:
        """Take part in a call, within `seconds`: before each attempt, and once after a refusal.

        Whether there is now a token that was not refused, so that the request is worth repeating.
        """
        ...


class BearerToken:
    """A token that stays the same for the client's life."""

    def __init__(self, token: str) -> None:
        self._token = token

    def header(self) -> str:
        """``Bearer`` and the token."""
        return f"Bearer {self._token}"

    def renew(self, refusal: Refusal | None, seconds: float) -> Flow[bool]:  # noqa: ARG002 - there is no other token
        """False: there is no other token."""
        yield from ()
        return False

    def __repr__(self) -> str:
        return "BearerToken(…)"


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often and after which waits a call is repeated.

    `attempts` counts the first one. The wait before retry n is random between half of and all of ``base * 2**(n-1)``
    seconds, at most `ceiling`; a ``Retry-After`` of up to `longest_server_wait` seconds goes first.
    """

    attempts: int = attrs.field(default=5, validator=attrs.validators.ge(1))
    base: float = attrs.field(default=0.5, validator=attrs.validators.ge(0))
    ceiling: float = attrs.field(default=30.0, validator=attrs.validators.ge(0))
    longest_server_wait: float = attrs.field(default=60.0, validator=attrs.validators.ge(0))

    def wait(self, retry: int, answer: Answer | None, *, wall_time: float, jitter: float) -> float:
        """Seconds to wait before retry number `retry` (the first is 1); `jitter` is in [0, 1)."""
        told = _retry_after(answer, wall_time) if answer is not None else None
        if told is not None and told <= self.longest_server_wait:
            return told
        full = min(self.ceiling, self.base * 2.0 ** min(retry - 1, _DOUBLINGS))
        return full * (0.5 + jitter / 2)


@attrs.frozen(kw_only=True)
class Options:
    """What a user may set per client or, through ``with_options``, per call.

    `timeout` bounds one attempt and `deadline` the whole call with its waits, both in seconds. An answer larger than
    `max_answer_bytes` is not read to its end.
    """

    timeout: float = attrs.field(default=30.0, validator=attrs.validators.gt(0))
    deadline: float = attrs.field(default=300.0, validator=attrs.validators.gt(0))
    retry: RetryPolicy = RetryPolicy()
    max_answer_bytes: int = attrs.field(default=64 * 1024 * 1024, validator=attrs.validators.gt(0))


@attrs.frozen(kw_only=True)
class Service:
    """What the floor has to know about a service.

    `read_problem` reads the body of an error answer and never raises; `error_types` and `advice` are by error code.
    `key_conflict` says whether a 409 means that the first request under the same key is still running.
    """

    name: str
    headers: Mapping[str, str]
    trace_header: str
    read_problem: Callable[[Answer], Problem]
    error_types: Mapping[str, type[StatusError]] = attrs.field(factory=dict[str, type[StatusError]])
    advice: Mapping[str, str] = attrs.field(factory=dict[str, str])
    key_conflict: bool = False


@attrs.frozen(kw_only=True)
class Clocks:
    """Where time and chance come from; tests bring their own."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]
    jitter: Callable[[], float]


class Meter:
    """How many attempts went out, over all calls of a client."""

    def __init__(self) -> None:
        self.sent = 0
        self._lock = threading.Lock()

    def count(self) -> None:
        """One more."""
        with self._lock:
            self.sent += 1


@attrs.frozen(kw_only=True)
class Connection:
    """Everything one call needs besides its request. Without an authorization no such header is sent."""

    service: Service
    base_url: str
    authorization: Authorization | None
    options: Options
    pacer: Pacer | None
    clocks: Clocks
    meter: Meter = attrs.field(factory=Meter)


def exchange(request: Request[T], connection: Connection) -> Flow[Answered[T]]:
    """Send `request` as often as it takes and is safe, and read the answer.

    Raises `NoAnswerError` or `AnswerError`; the module of the errors draws the tree.
    """
    if request.takes_key and request.idempotency_key is None:
        # Once per call, outside the loop: every attempt must carry the same key.
        request = attrs.evolve(request, idempotency_key=str(uuid.uuid4()))
    call = _Call(request, connection)
    while True:
        seconds = call.reserve()
        if seconds:
            yield Wait(seconds)
        yield from call.renew(None)
        outgoing = call.outgoing()
        connection.meter.count()
        answer: Answer | None = None
        failure: TransportFailure | None = None
        try:
            answer = yield Send(outgoing)
        except TransportFailure as error:
            failure = error
        if answer is not None:
            call.log(str(answer.status))
            if call.succeeded(answer):
                return call.read(answer)
            if (yield from call.authorized_anew(outgoing, answer)):
                continue
        elif failure is not None:
            call.log(failure.reason)
        yield Wait(call.next_wait(answer, failure))


class _Call(Generic[T]):
    """The state of one call: its attempts and its deadline."""

    def __init__(self, request: Request[T], connection: Connection) -> None:
        self.request, self.connection = request, connection
        self.options, self.service = connection.options, connection.service
        self.now = connection.clocks.monotonic
        self.end = self.now() + self.options.deadline
        self.attempts: tuple[Attempt, ...] = ()
        self.maybe_done = False
        self.was_refused = False
        self.url = request.link or connection.base_url + request.target()
        self.content, self.content_type = _encoded(request.body)

    def reserve(self) -> float:
        """Seconds until the pacer lets the next attempt go."""
        pacer = self.connection.pacer
        if pacer is None or self.request.link is not None:
            return 0.0
        seconds = pacer.reserve(self.now(), self.end)
        if seconds is None:
            raise self.too_late(f"keeping to {pacer.limit} requests in {pacer.window:g} s takes longer", None)
        return seconds

    def renew(self, refusal: Refusal | None) -> Flow[bool]:
        """Let the authorization fetch another token, in the time that the call has left."""
        authorization = self.connection.authorization
        if authorization is None or self.request.link is not None:
            return False
        return (yield from authorization.renew(refusal, self.end - self.now()))

    def authorized_anew(self, outgoing: Outgoing, answer: Answer) -> Flow[bool]:
        """Whether this answer was about a token for which there is now another one; at most once for each call."""
        if answer.status not in {401, 403} or "Authorization" not in outgoing.headers or self.was_refused:
            return False
        self.was_refused = True
        refusal = Refusal(header=outgoing.headers["Authorization"], status=answer.status)
        return (yield from self.renew(refusal))

    def outgoing(self) -> Outgoing:
        left = self.end - self.now()
        if left <= 0:
            raise self.too_late("no time is left for an attempt", None)
        request = self.request
        # Nothing may be raised while `headers` holds the token: a traceback with local variables would show it.
        headers = {"Accept": request.accept}
        if request.link is None:
            headers |= self.service.headers
            if self.connection.authorization is not None:
                headers["Authorization"] = self.connection.authorization.header()
        if request.idempotency_key is not None:
            headers["Idempotency-Key"] = request.idempotency_key
        if self.content_type is not None:
            headers["Content-Type"] = self.content_type
        return Outgoing(
            method=request.method,
            url=self.url,
            headers=headers,
            content=self.content,
            timeout=min(self.options.timeout, left),
            max_answer_bytes=self.options.max_answer_bytes,
        )

    def succeeded(self, answer: Answer) -> bool:
        """Whether the call is over; a DELETE whose first answer was lost finds nothing the second time."""
        is_bare_delete = self.request.method == "DELETE" and self.request.returns is None
        gone = answer.status == 404 and is_bare_delete and self.maybe_done
        return gone or 200 <= answer.status < 300

    def next_wait(self, answer: Answer | None, failure: TransportFailure | None) -> float:
        """Seconds until the next attempt; raises when there is none."""
        tried = len(self.attempts) + 1
        repeatable = self._may_repeat(answer, failure)
        if not repeatable or tried >= self.options.retry.attempts:
            raise self.error(answer, failure)
        clocks = self.connection.clocks
        seconds = self.options.retry.wait(tried, answer, wall_time=clocks.wall(), jitter=clocks.jitter())
        if self.now() + seconds >= self.end:
            raise self.too_late("the next attempt would come after it", self.error(answer, failure))
        outcome = failure.reason if failure is not None else f"answered {answer.status if answer else '?'}"
        self.attempts = (*self.attempts, Attempt(outcome=outcome, waited=seconds))
        turned_away = answer.status == 429 if answer is not None else failure is not None and not failure.sent
        self.maybe_done = self.maybe_done or not turned_away
        return seconds

    def _may_repeat(self, answer: Answer | None, failure: TransportFailure | None) -> bool:
        if answer is None:
            return self.request.is_repeatable or (failure is not None and not failure.sent)
        if answer.status == 429:
            # Turned away before anything was carried out, so a repetition is safe even without a key.
            return True
        if answer.status == 409:
            return self.service.key_conflict and self.request.idempotency_key is not None
        return answer.status in {408, 500, 502, 503, 504} and self.request.is_repeatable

    def error(self, answer: Answer | None, failure: TransportFailure | None) -> Exception:
        where: dict[str, Any] = {"service": self.service.name, "method": self.request.method, "path": self.request.path}
        if answer is None:
            reason = failure.reason if failure is not None else "none"
            lost = NotSentError if failure is not None and not failure.sent else ConnectionLostError
            kind = AnswerTimeoutError if failure is not None and failure.late and failure.sent else lost
            error = kind(**where, reason=reason, attempts=self.attempts)
            error.__cause__ = failure
            return error
        problem = self.service.read_problem(answer)
        code = problem.code or ""
        advice = _LINK_ADVICE if self.request.link is not None else self.service.advice.get(code, "")
        return self.service.error_types.get(code, error_type(answer.status))(
            **where, **self._facts(answer), problem=problem, advice=advice
        )

    def too_late(self, why: str, cause: Exception | None) -> NoAnswerError:
        error = DeadlineExceededError(
            service=self.service.name,
            method=self.request.method,
            path=self.request.path,
            reason=f"the deadline of {self.options.deadline:g} s passed: {why}",
            attempts=self.attempts,
        )
        error.__cause__ = cause
        return error

    def read(self, answer: Answer) -> Answered[T]:
        """The value of a success."""
        return Answered(
            value=self._value(answer),
            status=answer.status,
            headers=answer.headers,
            trace_id=answer.headers.get(self.service.trace_header),
            content=answer.content,
        )

    def _value(self, answer: Answer) -> T:
        returns = self.request.returns
        if returns is None:
            return cast("T", None)
        if answer.oversized:
            raise self._unreadable(answer, f"it is larger than {self.options.max_answer_bytes} bytes")
        if returns is bytes:
            return cast("T", answer.content)
        if returns is Download:
            return cast("T", Download(content=answer.content, content_type=answer.headers.get("content-type")))
        kind = answer.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise self._unreadable(answer, f"its content type is {kind!r}, not JSON")
        try:
            return codec.structure(codec.parse(answer.content), returns)
        except codec.CodecError as error:
            raise self._unreadable(answer, str(error)) from error

    def _unreadable(self, answer: Answer, reason: str) -> UnreadableAnswerError:
        kind = AnswerTooLargeError if answer.oversized else UnreadableAnswerError
        return kind(
            service=self.service.name,
            method=self.request.method,
            path=self.request.path,
            reason=reason,
            **self._facts(answer),
        )

    def _facts(self, answer: Answer) -> dict[str, Any]:
        return {
            "status": answer.status,
            "headers": answer.headers,
            "content": answer.content,
            "trace_id": answer.headers.get(self.service.trace_header),
            "attempts": self.attempts,
        }

    def log(self, outcome: str) -> None:
        _log.debug("%s %s %s: %s", self.service.name, self.request.method, self.request.path, outcome)


def _encoded(body: object) -> tuple[bytes | None, str | None]:
    """The bytes of a body and their content type."""
    if body is None:
        return None, None
    if isinstance(body, Multipart):
        return body.encode(), f"multipart/form-data; boundary={body.boundary}"
    if isinstance(body, Form):
        return body.encode(), "application/x-www-form-urlencoded"
    if isinstance(body, bytes):
        return body, "application/json"
    return codec.dumps(body), "application/json"


def _retry_after(answer: Answer, wall_time: float) -> float | None:
    value = answer.headers.get("retry-after")
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        parsed = email.utils.parsedate_tz(value)
        return None if parsed is None else max(0.0, email.utils.mktime_tz(parsed) - wall_time)
    except (ValueError, OverflowError, IndexError):
        # A date that no calendar has, which must not hide the answer it came with.
        return None
