"""The one place from which an export writes: into the journal first, then to the ledger, then the outcome into the journal.

The order is the protocol. An intent that was written down and not sent is found and settled by the next run; a request
that was sent and not written down would be forgotten. An outcome that is lost is found again, so it may wait for a transaction
that comes anyway. Nothing else calls `Journal.intend` and `Journal.note`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from bridge.documents.protocol import Found, Ref
from bridge.export.engine.attempts import (
    PLANNED,
    Attempt,
    AttemptState,
    Purpose,
    attempt_key,
    is_part,
    is_receipt,
    is_record,
    is_summary,
)
from bridge.export.engine.calls import Calls, ask
from bridge.export.engine.own_forms import form_of
from bridge.export.engine.stands_for import other_on
from bridge.export.journal.protocol import DeferringJournal, Journal
from bridge.export.ledgers.own import ability_of
from bridge.export.ledgers.protocol import Ledger, NotSentError, Sent
from bridge.mappers.summaries import Member
from clientkit import codec
from clientkit.errors import AnswerError, ApiError
from clientkit.requests import Request
from clientkit.verdicts import Verdict


class NoIdError(ApiError):
    """The ledger reported success without an id, so nobody can tell where the object is."""


class OtherObjectError(ApiError):
    """The ledger answered with another object than the one that was sent to it, under this id where it is known."""

    def __init__(self, message: str, *, object_id: str | None = None) -> None:
        super().__init__(message)
        self.object_id = object_id


@attrs.frozen(kw_only=True)
class Intent:
    """What is to be sent for a subject, and what the journal keeps beside the bytes: see `Attempt`.

    `payload` is what the journal keeps where that is not the request's body; `after` is the number of an attempt that the
    next one follows although no journal knows it.
    """

    subject: str
    version: int
    kind: str
    request: Request[Any] = attrs.field(repr=False)
    purpose: Purpose = Purpose.DOCUMENT
    content: str | None = None
    source: str | None = None
    form: str | None = None
    members: tuple[Member, ...] = ()
    payload: bytes | None = attrs.field(default=None, repr=False)
    object_id: str | None = None
    after: int = 0


class Sender:
    """Sends attempts and keeps the journal; the caller has claimed the subject.

    With `defers` outcomes may wait in the journal until it is next used, or the caller has it write them.
    """

    is_dry = False

    def __init__(self, ledger: Ledger, journal: Journal, *, defers: bool = False) -> None:
        self.ledger, self.journal = ledger, journal
        self._deferring = journal if defers and isinstance(journal, DeferringJournal) else None
        self._sent_again, self._found = set[tuple[str, int, int]](), set[tuple[str, int, int]]()
        self._given = dict[tuple[str, str], tuple[str, int, int]]()

    def send(self, intent: Intent, *, by: Callable[[Attempt], Sent] | None = None) -> Calls[Attempt]:
        """Make the next attempt for a version and send it; raises as `send_again`."""
        attempt = self._attempt(intent)
        self.journal.intend(attempt)
        try:
            return (yield from self._send(attempt, by))
        except NotSentError as error:
            # Nobody has to look for what it made. An attempt that is sent again may have been carried out before.
            self._settle(attrs.evolve(attempt, state=AttemptState.REJECTED, error=str(error)))
            raise

    def send_again(self, attempt: Attempt, *, by: Callable[[Attempt], Sent] | None = None) -> Calls[Attempt]:
        """Send an attempt's bytes under its key, and write down what came of it.

        `by` sends it where the ledger's own `send` does not, such as a file.

        Raises:
            ApiError: As the ledger does. The attempt is settled where it was certainly not carried out.
            NoIdError: The ledger answered without an id.
            OtherObjectError: The ledger answered with something else than was sent.
            JournalError: The outcome cannot be written down.
        """
        sent = yield from self._send(attempt, by)
        self._sent_again.add(_place(attempt))
        return sent

    def has_sent_again(self, attempt: Attempt) -> bool:
        """Whether it is an attempt of an earlier run that this one has sent again, and the ledger took it."""
        return _place(attempt) in self._sent_again

    def has_found(self, attempt: Attempt) -> bool:
        """Whether it is an attempt of an earlier run of which this one has seen that the ledger took it."""
        return _place(attempt) in self._found

    def _send(self, attempt: Attempt, by: Callable[[Attempt], Sent] | None) -> Calls[Attempt]:
        carry_out = by or self.ledger.send
        try:
            sent = yield from ask(lambda: carry_out(attempt))
            self._check(attempt, sent)
        except ApiError as error:
            self._failed(attempt, error)
            raise
        settled = self._settled(
            attrs.evolve(
                attempt,
                state=AttemptState.POSTED,
                object_id=sent.id or attempt.object_id,
                answer=sent.content,
                trace_id=sent.trace_id,
                error=None,
                is_old_answer=sent.is_old,
            )
        )
        if self._deferring is not None and self._can_be_found(attempt):
            self._deferring.note_later(settled)
        else:
            self.journal.note(settled)
        return settled

    def adopt(self, intent: Intent, found: Found) -> Attempt:
        """Write down that the ledger has the object already."""
        attempt = attrs.evolve(self._attempt(intent), payload=b"", key="", method="POST", path=f"/{found.ref.kind}")
        self.journal.intend(attempt)
        return self._settle(
            attrs.evolve(
                attempt,
                state=AttemptState.ADOPTED,
                kind=found.ref.kind,
                object_id=found.ref.id,
                answer=_as_answer(found),
            )
        )

    def settle_as_found(self, attempt: Attempt, found: Found) -> Attempt:
        """Write down that what an open attempt was to make is there."""
        self._found.add(_place(attempt))
        sent = form_of(self.ledger, attempt.kind, attempt.payload)
        # Where it says something else, a person has changed it since, and that must not be forgotten.
        is_same = sent is None or sent.equals(found.form)
        answer = _as_answer(found) if is_same else None
        return self._settle(
            attrs.evolve(
                attempt,
                state=AttemptState.ADOPTED,
                kind=found.ref.kind,
                object_id=found.ref.id,
                answer=answer,
                error=None,
            )
        )

    def settle_as_there(self, attempt: Attempt, object_id: str) -> Attempt:
        """Write down that what an open attempt was to make is there, where the ledger shows no form of it."""
        return self._settle(attrs.evolve(attempt, state=AttemptState.ADOPTED, object_id=object_id, error=None))

    def abandon(self, attempt: Attempt, why: str, by: str | None = None) -> None:
        """Write down that an attempt left nothing in the ledger, so that another one may be made; `by` whom, as `dismiss`."""
        self._settle(attrs.evolve(attempt, state=AttemptState.ABANDONED, error=why), by)

    def confirm(self, attempt: Attempt, there: Found | None) -> Attempt:
        """Write down that a change whose answer was lost was carried out; `there` is the object as it was seen then."""
        # Only an answer would have told the id, and it is that of what was to be changed.
        object_id = attempt.object_id or attempt.target.id
        # An answer that came tells of an error, and nothing of the object.
        answer = None if there is None else _as_answer(there)
        if not attempt.deletes:
            self._found.add(_place(attempt))
        confirmed = attrs.evolve(attempt, state=AttemptState.POSTED, object_id=object_id, answer=answer, error=None)
        return self._settle(confirmed)

    def as_left(self, found: Found) -> Found:
        """What was found, as what was sent before has left it."""
        return found

    def restate(self, subject: str, content: str) -> None:
        """Write down that a record says in other words what stands."""
        self.journal.restate(subject, content)

    def dismiss(self, subject: str, version: int, why: str, by: str | None = None) -> Attempt:
        """Write down that a person has booked a record by hand; `by` whom it is dismissed, if not by who runs the export."""
        request = Request[None](method="POST", path="/dismissed")
        intent = Intent(subject=subject, version=version, kind="dismissed", request=request, purpose=Purpose.DISMISSAL)
        attempt = attrs.evolve(self._attempt(intent), payload=b"", key="", intended_by=by or self.journal.who)
        self.journal.intend(attempt)
        return self._settle(attrs.evolve(attempt, state=AttemptState.DISMISSED, error=why))

    def _attempt(self, intent: Intent) -> Attempt:
        made = self.journal.attempts(intent.subject)
        number = max(intent.after + 1, _next_number(intent.subject, intent.version, made))
        request = intent.request
        key = attempt_key(intent.subject, intent.version, number) if request.method == "POST" else ""
        body = codec.dumps(request.body) if request.body is not None else b""
        return Attempt(
            subject=intent.subject,
            version=intent.version,
            number=number,
            kind=intent.kind,
            path=request.path,
            payload=body if intent.payload is None else intent.payload,
            key=key,
            intended_at=self.journal.now(),
            intended_by=self.journal.who,
            method=request.method,
            purpose=intent.purpose,
            content=intent.content,
            source=intent.source,
            form=intent.form,
            members=intent.members,
            object_id=intent.object_id,
        )

    def _check(self, attempt: Attempt, sent: Sent) -> None:
        """Compare the answer with what was sent: it may be the answer to another request."""
        if (wrong := _wrong(sent)) is not None:
            method = "upload" if is_receipt(attempt.subject) else "send"
            raise OtherObjectError(f"{type(self.ledger).__name__}.{method} gave {wrong}.")
        if attempt.takes_id and not sent.id:
            where = f"look under {attempt.kind}"
            raise NoIdError(f"{self.ledger.name} accepted it without an id, so it is not reported; {where}")
        if attempt.method == "PUT" and sent.id != attempt.target.id:
            raise OtherObjectError(
                f"{self.ledger.name} answered with {sent.id} where {attempt.target.id} was to be changed"
            )
        if attempt.deletes and not sent.content:
            # There is nothing that could be about something else.
            return
        is_answer = self.ledger.answers(attempt, sent)
        if type(is_answer) is not bool:
            name = type(is_answer).__name__
            raise OtherObjectError(f"{type(self.ledger).__name__}.answers gave {name}, and it has to give a bool.")
        if not is_answer:
            raise OtherObjectError(
                f"{self.ledger.name} answered with {attempt.kind} {sent.id}, which is not what was sent.",
                object_id=sent.id,
            )
        self._check_id(attempt, sent.id)

    def _check_id(self, attempt: Attempt, object_id: str) -> None:
        """That nothing else has the object's id, as this run or the journal knows.

        A vendor may be one that is there, and be given for another name.
        """
        if attempt.deletes:
            self._given.pop((attempt.kind, attempt.target.id), None)
        elif attempt.method == "POST" and (is_record(attempt.subject) or is_summary(attempt.subject)):
            gave = f"{type(self.ledger).__name__}.send gave the id {object_id}"
            given = self._given.setdefault((attempt.kind, object_id), _place(attempt))
            if given != _place(attempt):
                raise OtherObjectError(f"{gave}, which it gave for {given[0]} before; look under {attempt.kind}.")
            if self._is_left_to_payments(attempt):
                return
            other = other_on(Ref(kind=attempt.kind, id=object_id), attempt.subject, self.journal)
            if other is not None:
                raise OtherObjectError(
                    f"{gave}, which the journal has for {other}; look under {attempt.kind}. It has to give the id of what "
                    f"it made, and no id may come twice, not even after a deletion. Mend it and run again."
                )

    def _is_left_to_payments(self, attempt: Attempt) -> bool:
        """Whether its key may have made a payment that another record has taken meanwhile, which `BillPayer` sees to."""
        if not is_part(attempt.kind):
            return False
        ability = ability_of(self.ledger, attempt.kind)
        return ability.honours_key and not ability.is_found

    def _failed(self, attempt: Attempt, error: ApiError) -> None:
        answer, trace_id = (error.content, error.trace_id) if isinstance(error, AnswerError) else (None, None)
        refused = error.verdict is Verdict.REFUSED
        state = AttemptState.REJECTED if refused else AttemptState.OPEN
        noted = attrs.evolve(attempt, state=state, answer=answer, trace_id=trace_id, error=str(error))
        if isinstance(error, OtherObjectError) and not attempt.is_change:
            noted = attrs.evolve(noted, object_id=error.object_id)
        if refused:
            self._settle(noted)
        else:
            self.journal.note(noted)

    def _can_be_found(self, attempt: Attempt) -> bool:
        """Whether a look-up and the key would tell that the ledger took an attempt, if its outcome were lost."""
        if attempt.method != "POST" or is_receipt(attempt.subject):
            return False
        try:
            ability = ability_of(self.ledger, attempt.kind)
        except Exception:  # noqa: BLE001 - the ledger took it, whatever a ledger of the caller's raises now
            return False
        return ability.is_found and ability.honours_key

    def _settle(self, attempt: Attempt, by: str | None = None) -> Attempt:
        settled = self._settled(attempt, by)
        self.journal.note(settled)
        return settled

    def _settled(self, attempt: Attempt, by: str | None = None) -> Attempt:
        return attrs.evolve(attempt, settled_at=self.journal.now(), settled_by=by or self.journal.who)


class DrySender(Sender):
    """Says what it would send, and writes neither to the ledger nor to the journal. `ids` of what would be made begin with ``planned``."""

    is_dry = True

    def __init__(self, ledger: Ledger, journal: Journal) -> None:
        super().__init__(ledger, journal)
        self._deleted = set[Ref]()

    def send_again(self, attempt: Attempt, *, by: Callable[[Attempt], Sent] | None = None) -> Calls[Attempt]:
        """As if the ledger had taken it."""
        del by
        yield from ()
        if attempt.deletes:
            self._deleted.add(attempt.target)
        object_id = attempt.object_id or (attempt.target.id if attempt.is_change else f"{PLANNED}{attempt.subject}")
        return attrs.evolve(attempt, state=AttemptState.POSTED, object_id=object_id)

    def send(self, intent: Intent, *, by: Callable[[Attempt], Sent] | None = None) -> Calls[Attempt]:
        """As if the ledger had taken it."""
        return (yield from self.send_again(self._attempt(intent), by=by))

    def as_left(self, found: Found) -> Found:
        """What was found, without its parts that would have been deleted."""
        return self.ledger.without(found, self._deleted)

    def restate(self, subject: str, content: str) -> None:
        """Writes nothing."""

    def adopt(self, intent: Intent, found: Found) -> Attempt:
        """As if it had been written down."""
        attempt = self._attempt(intent)
        return attrs.evolve(attempt, state=AttemptState.ADOPTED, kind=found.ref.kind, object_id=found.ref.id)

    def _settle(self, attempt: Attempt, by: str | None = None) -> Attempt:
        del by
        return attempt


def _wrong(sent: object) -> str | None:
    """What is wrong with a ledger's answer; None where nothing is. A ledger of the caller's may give anything."""
    if not isinstance(sent, Sent):
        return f"{type(sent).__name__}, and it has to give a Sent"
    return (
        _misfit("id", sent.id, str)
        or _misfit("content", sent.content, bytes)
        or _misfit("trace_id", sent.trace_id, str)
    )


def _misfit(name: str, given: object, wanted: type) -> str | None:
    if given is None or isinstance(given, wanted):
        return None
    return f"a Sent whose {name} is {type(given).__name__}, and it has to be {wanted.__name__}"


def _as_answer(found: Found) -> bytes | None:
    """An object as a ledger would have answered with it; None where the ledger does not show it."""
    return None if found.raw is None else codec.dumps(found.raw)


def _place(attempt: Attempt) -> tuple[str, int, int]:
    return attempt.subject, attempt.version, attempt.number


def _next_number(subject: str, version: int, attempts: Sequence[Attempt]) -> int:
    # A record also has the attempts of its summaries.
    return 1 + sum((each.subject, each.version) == (subject, version) for each in attempts)
