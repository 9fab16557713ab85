"""One call to a service: retries, pacing, idempotency and the deadline, as a generator that performs no I/O.

The generator yields what should happen next (a `Step`) and is driven by a loop that knows how to do it: one
blocks, the other awaits (`clientkit.drivers`). It is the shape of ``httpx.Auth.auth_flow``, with waiting added. Its
boundary is an `Answer`, not a library's response object.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Generic, TypeVar, cast
from urllib.parse import urlsplit

import attrs

from clientkit import codec
from clientkit.call_context import CallContext, Refusal
from clientkit.errors import (
    AnswerTimeoutError,
    AnswerTooLargeError,
    ApiError,
    Call,
    ConnectionLostError,
    DeadlineExceededError,
    EarlierTry,
    NoAnswerError,
    NotSentError,
    UnreadableAnswerError,
    error_type,
)
from clientkit.observing import ObservedCall, observed_call
from clientkit.pacing import Pacer, Pacing, are_seconds
from clientkit.requests import Download, Request, checked_link, leads_here
from clientkit.sequences import CallSequence, Failed
from clientkit.wire import (
    Answer,
    Answered,
    Exchanged,
    Flow,
    Outgoing,
    TransportFailure,
    Wait,
    attempt,
    consult,
    without,
)

T = TypeVar("T")

# Anything shorter stands in answers for other reasons.
_SHORTEST_SECRET = 8

# Seconds in the rate limit that a person notices.
_LONG_WAIT = 5.0

_log = logging.getLogger("clientkit")

_LOG_ON_ADVICE = "It was sent without a token: check what logs on, such as the name and the password."
_LINK_ADVICE = "The link carries its own permission, which may have expired: ask the service for a new link."


def call_flow(request: Request[T], context: CallContext) -> Flow[Answered[T]]:
    """Send `request` as often as it takes and is safe, and read the answer.

    It performs no I/O: a client drives it, or an `Authorization` that makes a call of its own, with ``yield from``.
    Raises `NoAnswerError` or `AnswerError`; the module of the errors draws the tree.
    """
    if request.takes_key and request.idempotency_key is None:
        # A call without a key does without it, and it takes a while to load.
        import uuid

        # Once per call, outside the loop: every attempt must carry the same key.
        request = attrs.evolve(request, idempotency_key=str(uuid.uuid4()))
    operation = request.operation or f"{context.service.name.lower()}.{request.method.lower()}"
    observed = observed_call(context.service.name, operation)
    try:
        answered = yield from _carried_out(request, context, observed)
    except BaseException as error:
        observed.ended(error)
        raise
    observed.ended(None)
    return answered


def _carried_out(request: Request[T], context: CallContext, observed: ObservedCall) -> Flow[Answered[T]]:
    exchange = _Exchange(request, context)
    while True:
        seconds = yield from exchange.reserve()
        if seconds:
            observed.waits(seconds)
            exchange.log_wait(seconds)
            yield Wait(seconds, is_unsent=not exchange.maybe_done)
        yield from exchange.renew(None)
        outgoing = exchange.outgoing()
        context.meter.count()
        observed.sends(outgoing)
        exchanged = yield from attempt(outgoing)
        observed.came(exchanged)
        if isinstance(exchanged, Answer):
            exchange.log(str(exchanged.status))
            if exchange.succeeded(exchanged):
                return exchange.read(exchanged)
            if (yield from exchange.authorized_anew(outgoing, exchanged)):
                continue
        else:
            exchange.log(exchanged.reason)
        seconds = yield from exchange.next_wait(exchanged)
        yield Wait(seconds, is_unsent=not exchange.maybe_done)


def as_flow(calls: CallSequence[T], context: CallContext) -> Flow[T]:
    """A sequence of calls as a part of one call, for an `Authorization` that makes calls of its own."""
    answer: object = None
    try:
        while True:
            try:
                request = calls.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            try:
                answer = (yield from call_flow(request, context)).value
            except ApiError as error:
                answer = Failed(error)
    finally:
        calls.close()


class _Exchange(Generic[T]):
    """The state of one call: its attempts and its deadline."""

    def __init__(self, request: Request[T], context: CallContext) -> None:
        self.request, self.context = request, context
        self.options, self.service = context.options, context.service
        self.now = context.clocks.monotonic
        self.end = self.now() + self.options.deadline
        self.attempts: tuple[EarlierTry, ...] = ()
        self.authorized_by = ""
        self.tried = self.turned_away = 0
        self.waited = 0.0
        self.maybe_done = False
        self.was_refused = False
        self.url = context.base_url + request.target()
        if request.link is not None:
            self.url = checked_link(request.link, context.base_url)
        self.content, self.content_type = _encoded(request.body)

    def reserve(self) -> Flow[float]:
        """Seconds until the pacer lets the next attempt go."""
        pacer = self.context.pacer
        if pacer is None or self.request.link is not None:
            return 0.0
        now = self.now()
        if type(pacer) is Pacer:
            seconds = pacer.reserve(now, self.end)
        else:
            ask = partial(self._slot, pacer, now)
            # A pace outside this process takes a moment to answer, for which no event loop may be held up.
            seconds = ask() if isinstance(pacer, Pacer) else (yield from consult(ask))
        if seconds is None:
            raise self.too_late(f"keeping to {pacer.limit} requests in {pacer.window:g} s takes longer", None)
        return seconds

    def _slot(self, pacer: Pacing, now: float) -> float | None:
        """What a pace of the caller's gives. Raises `NoAnswerError` where that is unusable, and for whatever it raises."""
        name = f"{type(pacer).__name__}.reserve"
        try:
            seconds = pacer.reserve(now, self.end)
        except ApiError:
            raise
        except Exception as error:
            raise self._without_turn(f"{name} raised {type(error).__name__}: {error}") from error
        if seconds is None or are_seconds(seconds):
            return seconds
        raise self._without_turn(f"{name} gave {seconds!r}, and it has to give seconds or None")

    def _without_turn(self, why: str) -> NoAnswerError:
        reason = f"nothing tells when its turn comes: {why}"
        return NoAnswerError(self.call, reason, is_unsent=not self.maybe_done)

    def renew(self, refusal: Refusal | None) -> Flow[bool]:
        """Let the authorization fetch another token, in the time that the call has left."""
        authorization = self.context.authorization
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
            headers |= self.options.headers
            headers |= self.service.headers
            if self.context.authorization is not None:
                headers["Authorization"] = self.authorized_by = self.context.authorization.header()
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
            is_link=request.link is not None,
            public_only=request.link is not None and not leads_here(self.context.base_url),
        )

    def succeeded(self, answer: Answer) -> bool:
        """Whether the call is over; a DELETE whose first answer was lost finds nothing the second time."""
        # What is to be read as an object has to be one.
        is_bare_delete = self.request.method == "DELETE" and self.request.returns in {None, bytes}
        gone = answer.status == 404 and is_bare_delete and self.maybe_done
        return gone or 200 <= answer.status < 300

    def next_wait(self, exchanged: Exchanged) -> Flow[float]:
        """Seconds until the next attempt; raises when there is none."""
        if isinstance(exchanged, Answer):
            outcome, turned_away = f"answered {exchanged.status}", exchanged.status == 429
        else:
            outcome, turned_away = exchanged.reason, not exchanged.sent
        window = self._window(exchanged)
        retry, clocks = self.options.retry, self.context.clocks
        wall_time, chance = clocks.wall(), clocks.chance()
        if window is None:
            self.tried += 1
        if not self._may_repeat(exchanged) or retry.attempts <= (1 if window is not None else self.tried):
            raise self.error(exchanged)
        if window is None:
            seconds = retry.wait(self.tried, exchanged, wall_time=wall_time, chance=chance)
        else:
            seconds = retry.window_wait(self.turned_away, exchanged, window, wall_time=wall_time, chance=chance)
            self.turned_away += 1
            yield from self._tell_the_others(seconds)
        self.waited += seconds
        if self.now() + seconds >= self.end or self.waited >= self.options.deadline:
            if window is not None and not self.maybe_done:
                # Every sending was turned away, so nothing is in doubt.
                raise self.error(exchanged)
            cause = self.error(exchanged)
            self.maybe_done = self.maybe_done or not turned_away
            raise self.too_late("the next attempt would come after it", cause)
        self.attempts = (*self.attempts, EarlierTry(outcome=outcome, waited=seconds))
        self.maybe_done = self.maybe_done or not turned_away
        return seconds

    def _window(self, exchanged: Exchanged) -> float | None:
        """The seconds in which the service counts requests, if that is why it turned this one away."""
        pacer = self.context.pacer
        is_about_pace = isinstance(exchanged, Answer) and exchanged.status == 429 and self.request.link is None
        return pacer.window if is_about_pace and pacer is not None else None

    def _tell_the_others(self, seconds: float) -> Flow[None]:
        pacer, now = self.context.pacer, self.now()
        if isinstance(pacer, Pacer):
            pacer.hold(now, seconds)
        elif pacer is not None:
            yield from consult(partial(self._hold, pacer, now, seconds))

    def _hold(self, pacer: Pacing, now: float, seconds: float) -> None:
        """Tell a pace of the caller's; where it fails, this call waits all the same."""
        try:
            pacer.hold(now, seconds)
        except Exception as error:  # noqa: BLE001 - it is the caller's
            _log.warning("%s.hold raised %s", type(pacer).__name__, type(error).__name__)

    def _may_repeat(self, exchanged: Exchanged) -> bool:
        if isinstance(exchanged, TransportFailure):
            return self.request.is_repeatable or not exchanged.sent
        if exchanged.status == 429:
            # Turned away before anything was carried out, so a repetition is safe even without a key.
            return True
        if exchanged.status == 409:
            return self.service.key_conflict and self.request.idempotency_key is not None
        return exchanged.status in {408, 500, 502, 503, 504} and self.request.is_repeatable

    @property
    def call(self) -> Call:
        """The call as its errors tell it, with the attempts so far."""
        return Call(
            service=self.service.name, method=self.request.method, path=self.request.path, attempts=self.attempts
        )

    def error(self, exchanged: Exchanged) -> Exception:
        if isinstance(exchanged, TransportFailure):
            error = _no_answer_type(exchanged)(self.call, exchanged.reason)
            error.__cause__ = exchanged
            return error
        exchanged = self._without_secrets(exchanged)
        problem = self.service.read_problem(exchanged)
        code = problem.code or ""
        kind = self.service.error_types.get(code, error_type(exchanged.status))
        advice = self._advice(code, exchanged.status)
        return kind(self.call, exchanged, self._trace_id(exchanged), problem=problem, advice=advice)

    def _advice(self, code: str, status: int) -> str:
        if self.request.link is not None:
            return _LINK_ADVICE
        is_log_on = status == 401 and self.context.authorization is None
        return self.service.advice.get(code, _LOG_ON_ADVICE if is_log_on else "")

    def too_late(self, why: str, cause: Exception | None) -> NoAnswerError:
        reason = f"the deadline of {self.options.deadline:g} s passed: {why}"
        error = DeadlineExceededError(self.call, reason, is_unsent=not self.maybe_done)
        error.__cause__ = cause
        return error

    def read(self, answer: Answer) -> Answered[T]:
        """The value of a success; empty of a deletion that found nothing, whose body tells of an error."""
        if answer.status == 404:
            answer = attrs.evolve(answer, content=b"", oversized=False)
        return Answered(
            value=self._value(answer),
            status=answer.status,
            headers=answer.headers,
            trace_id=self._trace_id(answer),
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
        kind = answer.headers.get("content-type", "application/json")
        if not codec.is_json(kind):
            named = kind.partition(";")[0].strip().lower()
            raise self._unreadable(answer, f"its content type is {named!r}, not JSON")
        try:
            return codec.loads(answer.content, returns)
        except codec.CodecError as error:
            raise self._unreadable(answer, str(error)) from error

    def _unreadable(self, answer: Answer, reason: str) -> UnreadableAnswerError:
        kind = AnswerTooLargeError if answer.oversized else UnreadableAnswerError
        answer = self._without_secrets(answer)
        return kind(self.call, answer, self._trace_id(answer), reason=reason)

    def _without_secrets(self, answer: Answer) -> Answer:
        """The answer without what the request was authorized by, which gateways repeat in their pages."""
        from clientkit.forms import Form

        given = [self.authorized_by.partition(" ")[2], urlsplit(self.request.link or "").query]
        if isinstance(self.request.body, Form):
            given += self.request.body.fields.values()
        return without(answer, [each for each in given if len(each) >= _SHORTEST_SECRET])

    def _trace_id(self, answer: Answer) -> str | None:
        return answer.headers.get(self.service.trace_header)

    def log_wait(self, seconds: float) -> None:
        """Say that the call waits for so long that somebody may look for a fault."""
        if seconds >= _LONG_WAIT:
            name, method, path = self.service.name, self.request.method, self.request.path
            _log.info("%s %s %s: waits %.0f s for its turn in the rate limit", name, method, path, seconds)

    def log(self, outcome: str) -> None:
        _log.debug("%s %s %s: %s", self.service.name, self.request.method, self.request.path, outcome)


def _no_answer_type(failure: TransportFailure) -> type[NoAnswerError]:
    if not failure.sent:
        return NotSentError
    return AnswerTimeoutError if failure.late else ConnectionLostError


def _encoded(body: object) -> tuple[bytes | None, str | None]:
    """The bytes of a body and their content type."""
    if body is None:
        return None, None
    # Most processes read first, and some never send a body.
    from clientkit.forms import Form, Multipart

    if isinstance(body, Multipart):
        return body.encode(), f"multipart/form-data; boundary={body.boundary}"
    if isinstance(body, Form):
        return body.encode(), "application/x-www-form-urlencoded"
    if isinstance(body, bytes):
        return body, "application/json"
    return codec.dumps(body), "application/json"
