"""Creating one thing in Rillet once: what was attempted before is finished before anything is attempted anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeGuard

import attrs

import rillet
from bridge.export.engine.attempts import Attempt, AttemptState, Journal, attempt_key
from bridge.mappers.summaries import Member
from clientkit import codec
from clientkit.codec import Extra, unknown_fields
from clientkit.errors import (
    AnswerError,
    ApiError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    StatusError,
    UnauthorizedError,
)
from clientkit.requests import Request, segment

_TIMED_OUT = 408


@attrs.frozen(kw_only=True)
class Created:
    """What counts of Rillet's answer to a creation; the rest is kept as it came."""

    id: str = ""
    extra: Extra = unknown_fields()


class NoIdError(ApiError):
    """Rillet reported success without an id, so nobody can tell where the object is."""


def is_part(attempt: Attempt) -> bool:
    """Whether what it made is a part of another object, such as a payment, which cannot be read alone."""
    return "/" in attempt.kind


def is_deleted(client: rillet.Client, attempt: Attempt) -> bool:
    """Whether an object that the journal has as posted is gone from Rillet; a part of another object counts as there."""
    if not attempt.is_there or attempt.object_id is None or is_part(attempt):
        return False
    try:
        client.execute(Request(method="GET", path=f"/{attempt.kind}/{segment(attempt.object_id)}", returns=Created))
    except NotFoundError:
        return True
    return False


class Poster:
    """Sends attempts and keeps the journal; the caller has claimed the subject."""

    def __init__(self, client: rillet.Client, journal: Journal) -> None:
        self._client, self._journal = client, journal

    def send_anew(
        self, subject: str, version: int, kind: str, request: Request[Any], *, members: tuple[Member, ...] = ()
    ) -> Attempt:
        """Make the next attempt for a version: its bytes are those of `request`. Raises as `send_again`.

        `members` are the records of a summary.
        """
        number = self._next_number(subject, version, self._journal.attempts(subject))
        attempt = Attempt(
            subject=subject,
            version=version,
            number=number,
            kind=kind,
            path=request.path,
            payload=codec.dumps(request.body),
            key="" if request.method == "PUT" else attempt_key(subject, version, number),
            intended_at=self._journal.now(),
            intended_by=self._journal.who,
            method=request.method,
            members=members,
        )
        self._journal.intend(attempt)
        return self.send_again(attempt)

    def send_again(self, attempt: Attempt) -> Attempt:
        """Send an attempt's bytes under its key, and write down what came of it.

        Raises:
            ApiError: As the client does. The attempt is settled where Rillet did not carry it out for certain.
            NoIdError: Rillet answered without an id.
            JournalError: The outcome cannot be written down.
        """
        request = Request(
            method=attempt.method,
            path=attempt.path,
            returns=Created,
            body=attempt.payload,
            takes_key=not attempt.replaces,
            idempotency_key=attempt.key or None,
        )
        try:
            answered = self._client.answer(request)
        except ApiError as error:
            state = AttemptState.REJECTED if was_not_carried_out(error) else AttemptState.OPEN
            self.note_error(attempt, error, state)
            raise
        if not answered.value.id:
            nameless = NoIdError(f"Rillet accepted it without an id, so it is not reported; look under {attempt.kind}")
            self.note_error(attempt, nameless, AttemptState.OPEN, answer=answered.content, trace_id=answered.trace_id)
            raise nameless
        posted = attrs.evolve(
            attempt,
            state=AttemptState.POSTED,
            object_id=answered.value.id,
            answer=answered.content,
            trace_id=answered.trace_id,
            error=None,
        )
        return self.settle(posted)

    def adopt(self, subject: str, version: int, kind: str, object_id: str) -> Attempt:
        """Write down that Rillet has the object already: as the outcome of the open attempt, or for itself."""
        attempts = self._journal.attempts(subject)
        attempt = attempts[-1] if attempts else None
        if attempt is None or attempt.state is not AttemptState.OPEN:
            attempt = Attempt(
                subject=subject,
                version=version,
                number=self._next_number(subject, version, attempts),
                kind=kind,
                path=f"/{kind}",
                payload=b"",
                key="",
                intended_at=self._journal.now(),
                intended_by=self._journal.who,
            )
            self._journal.intend(attempt)
        return self.settle(attrs.evolve(attempt, state=AttemptState.ADOPTED, kind=kind, object_id=object_id))

    def abandon(self, attempt: Attempt, why: str) -> None:
        """Write down that an attempt left nothing in Rillet, so that another one may be made."""
        self.settle(attrs.evolve(attempt, state=AttemptState.ABANDONED, error=why))

    def note_error(
        self,
        attempt: Attempt,
        error: ApiError,
        state: AttemptState,
        *,
        answer: bytes | None = None,
        trace_id: str | None = None,
    ) -> None:
        """Write down that an attempt failed; one that is ``OPEN`` is not settled by it."""
        if isinstance(error, AnswerError):
            answer, trace_id = error.content, error.trace_id
        noted = attrs.evolve(attempt, state=state, answer=answer, trace_id=trace_id, error=str(error))
        if state is AttemptState.OPEN:
            self._journal.note(noted)
        else:
            self.settle(noted)

    def settle(self, attempt: Attempt) -> Attempt:
        """Write down what came of an attempt, and when."""
        settled = attrs.evolve(attempt, settled_at=self._journal.now(), settled_by=self._journal.who)
        self._journal.note(settled)
        return settled

    @staticmethod
    def _next_number(subject: str, version: int, attempts: Iterable[Attempt]) -> int:
        # A record also has the attempts of its summaries.
        return 1 + sum((each.subject, each.version) == (subject, version) for each in attempts)


def was_refused(error: ApiError) -> TypeGuard[StatusError]:
    """Whether the last sending was refused for what it is. A refused token says nothing about it."""
    unclear = UnauthorizedError | ForbiddenError | ConflictError | RateLimitedError | ServerError
    return isinstance(error, StatusError) and not isinstance(error, unclear) and 400 <= error.status != _TIMED_OUT


def was_not_carried_out(error: ApiError) -> bool:
    """Whether Rillet certainly created nothing. The page of a proxy says nothing about earlier sendings."""
    return was_refused(error) and (not error.content or "json" in error.headers.get("content-type", ""))
