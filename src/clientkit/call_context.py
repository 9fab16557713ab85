"""What a call needs besides its request: the service, who asks, how long and how often, and whose clocks."""

from __future__ import annotations

import email.utils
import re
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

import attrs

from clientkit.errors import StatusError
from clientkit.overriding import override
from clientkit.pacing import Pacing
from clientkit.wire import Answer, Exchanged, Flow

if TYPE_CHECKING:
    from clientkit.problems import Problem

# Enough to pass any ceiling, and far from what a float cannot hold.
_DOUBLINGS = 64


class Refusal(NamedTuple):
    """The service answered 401 or 403 to an attempt with this ``Authorization`` header."""

    header: str
    status: int

    @override
    def __repr__(self) -> str:
        # The token is in the header and must not reach a log.
        return f"Refusal(status={self.status})"


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

    A 429 of a service whose limit is known (see `Pacer`) does not count as an attempt: it is waited out within the
    deadline, unless `attempts` is 1, which means never to repeat.

    `attempts` counts the first one. The wait before retry n is random between half of and all of ``base * 2**(n-1)``
    seconds, at most `ceiling`; a ``Retry-After`` of up to `longest_server_wait` seconds goes first.
    """

    attempts: int = attrs.field(default=5, validator=attrs.validators.ge(1))
    base: float = attrs.field(default=0.5, validator=attrs.validators.ge(0))
    ceiling: float = attrs.field(default=30.0, validator=attrs.validators.ge(0))
    longest_server_wait: float = attrs.field(default=60.0, validator=attrs.validators.ge(0))

    def wait(self, retry: int, exchanged: Exchanged, *, wall_time: float, chance: float) -> float:
        """Seconds to wait before retry number `retry` (the first is 1); `jitter` is in [0, 1)."""
        told = self._told(exchanged, wall_time)
        if told is not None:
            return told
        full = min(self.ceiling, self.base * 2.0 ** min(retry - 1, _DOUBLINGS))
        return full * (0.5 + chance / 2)

    def window_wait(
        self, before: int, exchanged: Exchanged, window: float, *, wall_time: float, chance: float
    ) -> float:
        """Seconds to wait after a 429 of a service that allows so many requests in `window` seconds.

        A ``Retry-After`` is believed once; `before` is how many 429 this call has had before. Else it is a quarter to
        three quarters of the window, so that those who share the limit come back at different times.
        """
        told = self._told(exchanged, wall_time)
        if told is not None and before == 0:
            return told
        return max(told or 0.0, window * (0.25 + chance / 2))

    def _told(self, exchanged: Exchanged, wall_time: float) -> float | None:
        told = _retry_after(exchanged, wall_time) if isinstance(exchanged, Answer) else None
        return None if told is None or told > self.longest_server_wait else told


# What the SDK, or HTTP itself, says of a request.
_RESERVED = frozenset(
    {
        "accept", "authorization", "connection", "content-length", "content-type", "host", "idempotency-key",
        "transfer-encoding", "user-agent", "x-rillet-api-version",
    }
)  # fmt: skip
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _checked_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if name.lower() in _RESERVED:
            raise ValueError(f"the header {name} is set by the SDK; another value would change what a request means")
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a header")
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"the header {name} holds characters that no header has (a line break?)")
    return dict(headers)


@attrs.frozen(kw_only=True)
class Options:
    """What a user may set per client or, through ``with_options``, per call.

    `timeout` bounds one attempt and `deadline` the whole call with its waits, both in seconds. An answer larger than
    `max_answer_bytes` is not read to its end. `headers` go with every request to the service, for a gateway for instance;
    those that the SDK sets itself cannot be replaced (`ValueError`).
    """

    timeout: float = attrs.field(default=30.0, validator=attrs.validators.gt(0))
    deadline: float = attrs.field(default=300.0, validator=attrs.validators.gt(0))
    retry: RetryPolicy = RetryPolicy()
    max_answer_bytes: int = attrs.field(default=64 * 1024 * 1024, validator=attrs.validators.gt(0))
    # A gateway's header can be a secret.
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False, hash=False, converter=_checked_headers)


class ProblemReader(Protocol):
    """Reads the body of an error answer; it never raises."""

    def __call__(self, answer: Answer, /) -> Problem:
        """What the body says."""
        ...


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Service:
    """What the floor has to know about a service.

    `read_problem` reads the body of an error answer; `error_types` and `advice` are by error code.
    `key_conflict` says whether a 409 means that the first request under the same key is still running.
    """

    name: str
    headers: Mapping[str, str]
    trace_header: str
    read_problem: ProblemReader
    error_types: Mapping[str, type[StatusError]] = attrs.field(factory=dict[str, type[StatusError]])
    advice: Mapping[str, str] = attrs.field(factory=dict[str, str])
    key_conflict: bool = False


class Clocks(NamedTuple):
    """Where time and chance come from; tests bring their own."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]
    chance: Callable[[], float]


class Meter:
    """How many attempts went out, over all calls of a client."""

    def __init__(self) -> None:
        self.sent = 0
        self._lock = threading.Lock()

    def count(self) -> None:
        """One more."""
        with self._lock:
            self.sent += 1


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CallContext:
    """Everything one call needs besides its request. Without an authorization no such header is sent."""

    service: Service
    base_url: str
    authorization: Authorization | None
    options: Options
    pacer: Pacing | None
    clocks: Clocks
    meter: Meter = attrs.field(factory=Meter)


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
