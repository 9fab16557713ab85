"""What passes between an exchange and the wire: one attempt, its answer, and the steps that a driver carries out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Generic, NamedTuple, TypeAlias, TypeVar
from urllib.parse import quote

import attrs

T = TypeVar("T")


_HIDDEN = b"[hidden]"


def _without_query(url: str) -> str:
    return repr(url.partition("?")[0])


@attrs.frozen(kw_only=True, eq=False)
class Outgoing:
    """One attempt, ready for the wire.

    `timeout` bounds it as a whole, in seconds. With `is_link` it goes to a host that an answer named, which gets nothing
    but these headers; with `public_only` it may reach addresses of the public internet alone.
    """

    method: str
    # A query may hold a permission (see `Request.link`), and other people's data.
    url: str = attrs.field(repr=_without_query)
    # The token is in the headers and must not reach a log through a repr.
    headers: Mapping[str, str] = attrs.field(repr=False)
    content: bytes | None = attrs.field(default=None, repr=False)
    timeout: float
    max_answer_bytes: int
    is_link: bool = False
    public_only: bool = False


@attrs.frozen(kw_only=True)
class Answer:
    """What came back: header names in lower case, the body decoded from its transfer and content encoding.

    `oversized` says that the body was cut off at the client's bound.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    # Fresh tokens and people's data, which a traceback with local variables would show.
    content: bytes = attrs.field(default=b"", repr=False)
    oversized: bool = False


def without(answer: Answer, secrets: Iterable[str]) -> Answer:
    """The answer with a mark wherever one of these texts stands in its body or headers, also as JSON and HTML write it."""
    content = answer.content
    headers: dict[str, str] = dict(answer.headers)
    for secret in secrets:
        for form in {secret, secret.replace("/", "\\/"), secret.replace("&", "&amp;"), quote(secret, safe="")}:
            content = content.replace(form.encode(), _HIDDEN)
            headers = {name: value.replace(form, _HIDDEN.decode()) for name, value in headers.items()}
    return attrs.evolve(answer, content=content, headers=headers)


class TransportFailure(Exception):  # noqa: N818 - not one of the SDK's errors: the exchange turns it into one
    """No answer. `sent` tells whether the service may have seen the request, `late` whether time ran out."""

    def __init__(self, reason: str, *, sent: bool, late: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.sent, self.late = reason, sent, late


#: What an attempt came to. It is sent into a `Flow`, never thrown.
Exchanged: TypeAlias = Answer | TransportFailure


class Send(NamedTuple):
    """Send this, and come back with what was `Exchanged`."""

    outgoing: Outgoing


class Wait(NamedTuple):
    """Do nothing for this many seconds; `is_unsent` tells that nothing of the call was sent before."""

    seconds: float
    is_unsent: bool = False


class Consult(NamedTuple):
    """Ask a pace that is kept outside this process, and come back with what it said. The call may take a moment."""

    call: Callable[[], float | None]


@attrs.frozen(kw_only=True)
class Answered(Generic[T]):
    """The value of one call together with the status, headers, trace id and bytes that it came with."""

    value: T
    status: int
    headers: Mapping[str, str]
    trace_id: str | None
    content: bytes = attrs.field(default=b"", repr=False)


#: What should happen next.
Step: TypeAlias = Send | Wait | Consult
#: What a step came to: None after a `Wait`.
Came: TypeAlias = Exchanged | float | None
#: What should happen next, and in the end a value. Whoever drives it sends in what came of each step.
Flow: TypeAlias = Generator[Step, Came, T]


def attempt(outgoing: Outgoing) -> Flow[Exchanged]:
    """A single attempt of a flow; use it with ``yield from``."""
    exchanged = yield Send(outgoing)
    if isinstance(exchanged, Answer | TransportFailure):
        return exchanged
    raise RuntimeError("whoever drives a flow has to send in what came of each attempt")


def consult(call: Callable[[], float | None]) -> Flow[float | None]:
    """Ask a pace outside this process; use it with ``yield from``."""
    said = yield Consult(call)
    if isinstance(said, Answer | TransportFailure):
        raise TypeError("whoever drives a flow has to send in what the pace said")
    return said
