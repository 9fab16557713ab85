"""What can go wrong between a client and a service.

::

    ApiError
    ├── ConfigurationError          the client cannot be built: no token, an unsafe base URL
    ├── NoAnswerError               no answer came back
    │   ├── NotSentError            no connection: the service never saw the request
    │   ├── ConnectionLostError     sent, perhaps carried out, the answer is lost
    │   ├── AnswerTimeoutError      sent, perhaps carried out, the answer did not come in time
    │   └── DeadlineExceededError   the call's own deadline passed, between or during attempts
    ├── AnswerError                 an answer came back
    │   ├── StatusError             its status is not a success
    │   │   ├── RedirectError       3xx; never followed, so that a token cannot reach another host
    │   │   ├── BadRequestError     400
    │   │   ├── UnauthorizedError   401
    │   │   ├── ForbiddenError      403
    │   │   ├── NotFoundError       404
    │   │   ├── ConflictError       409
    │   │   ├── UnprocessableError  422
    │   │   ├── RateLimitedError    429
    │   │   └── ServerError         5xx
    │   └── UnreadableAnswerError   a success, but not what is documented
    │       └── AnswerTooLargeError larger than the client's bound
    └── PagingError                 a listing that does not come to an end

Every error pickles, and none holds a token: request headers are not kept. What to do next does not follow from the
class alone, because a proxy answers with the same statuses as the service: ask `ApiError.verdict`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import attrs

from clientkit import codec
from clientkit.field_problems import shortened
from clientkit.overriding import override
from clientkit.verdicts import READS, TURNED_AWAY, UNDECIDED, Verdict
from clientkit.wire import Answer

if TYPE_CHECKING:
    from clientkit.problems import Problem, Violation

E = TypeVar("E", bound="ApiError")

_KEPT_BYTES = 16_384
_NOTHING_DONE = "Nothing of it was carried out, so repeating it is safe."


class ApiError(Exception):
    """The base class of all errors in a call to a service.

    `is_unsent` tells that nothing of the call reached the service, or all of it was turned away, whatever the verdict.
    """

    is_unsent: bool = False

    @property
    def verdict(self) -> Verdict:
        """What follows from the error: `UNCLEAR` unless its class knows better."""
        return Verdict.UNCLEAR

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, self.__dict__.copy())


def _rebuild(kind: type[E], args: tuple[object, ...], state: dict[str, object]) -> E:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(ApiError, ValueError):
    """The client cannot be made from its arguments; the message names the argument or variable."""

    @property
    @override
    def verdict(self) -> Verdict:
        """`FATAL`."""
        return Verdict.FATAL


class EarlierTry(NamedTuple):
    """One earlier attempt of the same call: its outcome, and how many seconds were waited afterwards."""

    outcome: str
    waited: float


class Call(NamedTuple):
    """Which call an error is about: the service's name, the request, and the attempts before the one that failed.

    `path` is relative to the service's base URL, or the address of a link at another host.
    """

    service: str
    method: str
    path: str
    attempts: tuple[EarlierTry, ...] = ()


class _CallError(ApiError):
    """An error of one call."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.call = call

    @property
    @override
    def verdict(self) -> Verdict:
        """`UNCLEAR`, but `PASSING` of a call that changes nothing, or of which nothing reached the service."""
        return Verdict.PASSING if self.is_unsent or self.method in READS else Verdict.UNCLEAR

    @property
    def service(self) -> str:
        """The service's name, as in ``Rillet``."""
        return self.call.service

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.call.method

    @property
    def path(self) -> str:
        """The request's path."""
        return self.call.path

    @property
    def attempts(self) -> tuple[EarlierTry, ...]:
        """The attempts before the one that failed."""
        return self.call.attempts

    def _describe(self, what: str, advice: str) -> None:
        tried = f" after {len(self.attempts) + 1} attempts" if self.attempts else ""
        said = f"{shortened(what)}{self._trace()}{tried}"
        self.args = (f"{self.service}: {self.method} {self.path} {_open(said)}. {advice}".strip(),)

    def _trace(self) -> str:
        return ""


class NoAnswerError(_CallError):
    """No answer came back, so what the service did with the request is unknown (but see `NotSentError`)."""

    advice = (
        "The service may have carried the request out: look before repeating it, "
        "unless it is a read or carries an idempotency key."
    )

    def __init__(self, call: Call, reason: str, *, is_unsent: bool = False) -> None:
        super().__init__(call)
        self.reason, self.is_unsent = reason, is_unsent
        self._describe(f"got no answer: {reason}", _NOTHING_DONE if is_unsent else self.advice)


class NotSentError(NoAnswerError):
    """No connection could be made. The service never received the request, and repeating it is safe."""

    advice = "The service never saw the request. Check the base URL, the network and the proxy, then repeat it."

    @property
    @override
    def verdict(self) -> Verdict:
        """`PASSING`."""
        return Verdict.PASSING


class ConnectionLostError(NoAnswerError):
    """The connection broke after the request, or part of it, had been sent."""


class AnswerTimeoutError(NoAnswerError):
    """The answer did not come within the attempt's timeout."""


class DeadlineExceededError(NoAnswerError):
    """The call's total deadline passed. Raise it with ``client.with_options(deadline=…)``."""


class AnswerError(_CallError):
    """An answer came back, but not the expected one.

    `answer` is kept without cookies and with the start of its body alone; `trace_id` is what the service's support
    asks for. `is_from_service` says that the service refused in its own words: the body is a JSON object, and not a
    page of a proxy, nothing at all, or what another host says about a link.
    """

    def __init__(self, call: Call, answer: Answer, trace_id: str | None = None) -> None:
        super().__init__(call)
        headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
        self.answer = attrs.evolve(answer, headers=headers, content=answer.content[:_KEPT_BYTES])
        self.trace_id = trace_id
        # Decided here, because the start of a long body is no JSON.
        self.is_from_service = (
            not self._is_elsewhere
            and not 200 <= answer.status < 300
            and codec.is_json(answer.headers.get("content-type", "application/json"))
            and _is_object(answer.content)
        )

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.answer.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers: names in lower case, cookies left out."""
        return self.answer.headers

    @property
    def content(self) -> bytes:
        """The start of the body."""
        return self.answer.content

    @property
    def _is_elsewhere(self) -> bool:
        # The path of a link is the address of another host (see `clientkit.requests.follow`).
        return not self.path.startswith("/")

    @override
    def _trace(self) -> str:
        return f" (trace id {self.trace_id})" if self.trace_id else ""


class StatusError(AnswerError):
    """The service answered with an error status; `problem` is what its body said."""

    advice = ""

    def __init__(
        self,
        call: Call,
        answer: Answer,
        trace_id: str | None = None,
        *,
        problem: Problem | None = None,
        advice: str = "",
    ) -> None:
        super().__init__(call, answer, trace_id)
        if problem is None:
            # Loaded with the first error, as everything about problems.
            from clientkit.problems import Problem

            problem = Problem()
        self.problem = problem
        parts = (_open(part or "") for part in (self.problem.title, self.problem.detail))
        said = ": ".join(dict.fromkeys(part for part in parts if part))
        said += "".join(f"; {violation}" for violation in self.problem.violations)
        code = f" [{self.problem.code}]" if self.problem.code else ""
        self._describe(f"answered {self.status}{code}{': ' + said if said else ''}", advice or self.advice)

    @property
    @override
    def verdict(self) -> Verdict:
        """By status and body.

        `FATAL` are 401 and 403, `PASSING` is 429; a page of a proxy with these statuses is `UNCLEAR`, a bare answer
        counts as the service's. `REFUSED` is any other 4xx in the service's own words, but for 407, which only a proxy
        answers, and 408 and 409, which do not tell what became of the request. The rest is `UNCLEAR`, or of a read `PASSING`.
        """
        is_bare = not self.content and not self._is_elsewhere
        if self.status in TURNED_AWAY and (self.is_from_service or is_bare):
            return TURNED_AWAY[self.status]
        if 400 <= self.status < 500 and self.status not in UNDECIDED and self.is_from_service:
            return Verdict.REFUSED
        return super().verdict

    @property
    def code(self) -> str | None:
        """The service's own name of the error, to compare with."""
        return self.problem.code

    @property
    def violations(self) -> tuple[Violation, ...]:
        """The fields that the service refused, where it names them."""
        return self.problem.violations

    @property
    def details(self) -> Mapping[str, object]:
        """What else the body said, as parsed JSON."""
        return self.problem.details


class RedirectError(StatusError):
    """3xx. A redirect is never followed, because the token would be sent to another host."""

    advice = "Set base_url to the address that the service really has."


class BadRequestError(StatusError):
    """400: the request breaks a rule of the service; `violations` names the fields if the service does."""


class UnauthorizedError(StatusError):
    """401: the token is missing, wrong, or revoked."""

    advice = "Check that the token is the one of this environment and has not been revoked."


class ForbiddenError(StatusError):
    """403: the token does not permit this; some services give this answer to an expired token too."""

    advice = "Check the token's scopes and its age."


class NotFoundError(StatusError):
    """404: nothing has this id, or it was deleted."""


class ConflictError(StatusError):
    """409: the request is not possible in the object's current state."""


class UnprocessableError(StatusError):
    """422: the request is well-formed, but not acceptable."""


class RateLimitedError(StatusError):
    """429: more requests than the service allows, even after the client's own waiting."""

    advice = "Another program may share the limit; lower the client's pace or try later."


class ServerError(StatusError):
    """5xx: the service failed; what it did with the request is unknown."""

    advice = "Try again later; give the trace id to the service's support if it lasts."


class UnreadableAnswerError(AnswerError):
    """The service reported success, but the body does not have the documented shape."""

    def __init__(self, call: Call, answer: Answer, trace_id: str | None = None, *, reason: str) -> None:
        super().__init__(call, answer, trace_id)
        self.reason = reason
        self._describe(
            f"answered {self.status} with a body that cannot be read: {reason}",
            "If the request writes, it was carried out. The start of the body is in `content`.",
        )


class AnswerTooLargeError(UnreadableAnswerError):
    """The answer is larger than the client's limit (``max_answer_bytes``)."""


class PagingError(ApiError):
    """A listing repeats itself instead of ending. What was read so far is right, and the rest is missing."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"listing {path}: {reason}")
        self.path, self.reason = path, reason

    @property
    @override
    def verdict(self) -> Verdict:
        """`PASSING`: it is a read."""
        return Verdict.PASSING


def _open(text: str) -> str:
    """A text that goes on: without the full stop that a service may end it with."""
    return text if text.endswith("...") else text.removesuffix(".")


def _is_object(content: bytes) -> bool:
    try:
        return isinstance(codec.parse(content), dict)
    except codec.CodecError:
        return False


_BY_STATUS: dict[int, type[StatusError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableError,
    429: RateLimitedError,
}


def error_type(status: int) -> type[StatusError]:
    """The exception that stands for a status, where the service's code does not tell more."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:
        return RedirectError
    return ServerError if status >= 500 else StatusError
