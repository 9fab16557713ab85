"""The units of work of a run: each is claimed, carried out in some thread, and tells what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import attrs

import rillet
from brex_accounting import Record
from bridge.decisions import (
    BillPayload,
    BillPaymentPayload,
    BillReplacement,
    Outcome,
    Payload,
    PlannedVendor,
    Post,
    Reason,
    ReasonCode,
    Refused,
)
from bridge.export.engine.attempts import Attempt, AttemptState, Journal, JournalError, open_summary, telling
from bridge.export.engine.claims import BusyError
from bridge.export.engine.sender import NoIdError, Poster, was_not_carried_out
from bridge.export.engine.tasks.bill_payment import Payments
from bridge.export.engine.tasks.receipts import Attaching
from bridge.export.engine.tasks.vendor import NewVendors
from bridge.export.ledgers.rillet import Existing
from bridge.export.reporting.report import Failed, Posted, Result
from bridge.settings.values import Settings
from clientkit.errors import (
    AnswerError,
    ApiError,
    ConflictError,
    ForbiddenError,
    NoAnswerError,
    RateLimitedError,
    ServerError,
    StatusError,
    UnauthorizedError,
    UnreadableAnswerError,
)
from clientkit.requests import Request
from rillet import (
    BillOperations,
    ChargeOperations,
    ExternalReferenceTypeNotFoundError,
    JournalEntryOperations,
    NewCharge,
    NewJournalEntry,
    NewReimbursement,
    ReimbursementOperations,
    Vendor,
)

#: The next record would meet the same answer.
_HOPELESS = (UnauthorizedError, ForbiddenError, ExternalReferenceTypeNotFoundError)
#: Nothing is known to be wrong with the record.
_PASSING = (NoAnswerError, ServerError, RateLimitedError, ConflictError, UnreadableAnswerError)


@attrs.frozen(kw_only=True)
class Stop:
    """Why nothing else should be begun; `code` holds nothing that a service answered."""

    code: str
    why: str


@attrs.frozen(kw_only=True)
class Done:
    """What came of a unit of work.

    `setback` says that it failed for a reason that may be the service's; several in a row end the run. `trace_id` is that
    of Rillet's last answer. `reports` says whether Brex waits to be told of the records.
    """

    results: tuple[Result, ...]
    stop: Stop | None = None
    setback: bool = False
    trace_id: str | None = None
    reports: bool = True


class Desk:
    """What all units of work of a run share; for any thread.

    `created` is told of each vendor that is created. Without `receipts` none are attached.
    """

    def __init__(
        self,
        client: rillet.Client,
        journal: Journal,
        settings: Settings,
        created: Callable[[Vendor], object],
        receipts: Attaching | None,
    ) -> None:
        self.rillet, self.journal, self.settings, self.receipts = client, journal, settings, receipts
        self.poster = Poster(client, journal)
        self.vendors = NewVendors(self.poster, journal, created)
        self.payments = Payments(client, journal, self.poster)


class Task(Protocol):
    """A unit of work, for one record or several. It raises for nothing that a service or the journal does."""

    @property
    def records(self) -> tuple[Record, ...]:
        """The records that it is about."""
        ...

    def carry_out(self, desk: Desk) -> Done:
        """Do it, in whatever thread this is; what came of each record."""
        ...


@attrs.frozen(kw_only=True)
class RecordTask:
    """One record's way into Rillet: what was attempted before is finished, and where there is nothing, it is begun.

    `existing` is what Rillet was seen to have for it; `reports` says whether Brex waits to be told.
    """

    outcome: Outcome
    existing: tuple[Existing, ...] = ()
    reports: bool = True

    @property
    def records(self) -> tuple[Record, ...]:
        """The one record."""
        return (self.outcome.record,)

    def carry_out(self, desk: Desk) -> Done:
        """Claim the record and do what is left to do for it."""
        return attrs.evolve(self._carry_out(desk), reports=self.reports)

    def _carry_out(self, desk: Desk) -> Done:
        subject = self.outcome.record.id
        try:
            if not isinstance(self.outcome, Post) and not self.existing and not desk.journal.attempts(subject):
                return Done(results=(self.outcome,))
            if not desk.journal.claim(subject):
                return self._failed("busy", "another exporter has it in hand; the next run sees what came of it")
        except JournalError as error:
            return self._journal_failed(error)
        try:
            done = self._with_receipts(self._resume(desk), desk)
        except JournalError as error:
            done = self._journal_failed(error)
        try:
            desk.journal.release(subject)
        except JournalError as error:
            done = attrs.evolve(done, stop=done.stop or Stop(code="journal", why=str(error)))
        return done

    def _with_receipts(self, done: Done, desk: Desk) -> Done:
        """Attach the receipts of a record that is in Rillet, before Brex is told of it."""
        posted = done.results[0]
        if desk.receipts is None or not isinstance(posted, Posted):
            return done
        try:
            attached = desk.receipts.attach(posted.record, posted.kind, posted.id)
        except (ApiError, BusyError) as error:
            where = f"it is in Rillet as {posted.kind} {posted.id}"
            why = f"{where}, but not all its receipts are attached; the next run attaches them: {error}"
            return attrs.evolve(unsent(error, self.records), results=self._failed("receipts", why).results)
        return attrs.evolve(done, results=(attrs.evolve(posted, receipts=attached),))

    def _resume(self, desk: Desk) -> Done:
        record = self.outcome.record
        attempts = desk.journal.attempts(record.id)
        last = telling(attempts)
        if last is not None and last.is_there:
            desk.payments.note(last)
            return self._posted(last, adopted=True)
        if open_summary(attempts) is not None:
            # It stands for other records too, and what Rillet has of it is not found by any of them.
            return self._failed("open_summary", "it is unknown what came of its summary; the next run finds out")
        if self.existing:
            return self._adopt(desk)
        if last is None or last.state is not AttemptState.OPEN:
            return self._conclude(desk)
        return self._finish(last, desk)

    def _finish(self, last: Attempt, desk: Desk) -> Done:
        """Settle the attempt whose outcome is unknown and of which Rillet was seen to have nothing."""
        if last.is_fresh(desk.journal.now()):
            return self._sent(lambda: desk.payments.send_again(last), None)
        if desk.settings.reference_type is None:
            why = (
                f"what came of an attempt of {last.intended_at:%Y-%m-%d %H:%M} UTC is unknown, Rillet no longer knows its "
                f"key, and without reference_type it cannot be looked up; look for it in Rillet, and where it is not there, "
                f"replay it anew"
            )
            return self._failed("unknown_attempt", why)
        desk.poster.abandon(last, "Rillet no longer knows its key and has nothing that refers to the record")
        return self._conclude(desk)

    def _conclude(self, desk: Desk) -> Done:
        post = self.outcome
        if not isinstance(post, Post):
            return Done(results=(post,))
        return self._sent(lambda: self._send(post, desk), post.payload)

    def _adopt(self, desk: Desk) -> Done:
        record, (first, *others) = self.outcome.record, self.existing
        if others:
            where = " and ".join(f"{each.kind} {each.id}" for each in self.existing)
            return self._failed("double", f"Rillet has it {len(self.existing)} times, as {where}; delete all but one")
        version = self._version_of(first, desk)
        return self._posted(desk.poster.adopt(record.id, version, first.kind, first.id), adopted=True)

    def _version_of(self, existing: Existing, desk: Desk) -> int:
        """The version of the record that an object in Rillet is taken to show."""
        del existing, desk
        return self.outcome.record.version

    def _send(self, post: Post, desk: Desk) -> Attempt:
        vendor = desk.vendors.id_of(post.vendor) if isinstance(post.vendor, PlannedVendor) else post.vendor
        kind, request = creation(post.payload if vendor is None else post.for_vendor(vendor))
        record, payload = post.record, post.payload
        if isinstance(payload, BillPaymentPayload):
            return desk.payments.send(record, payload, kind, request)
        return desk.poster.send_anew(record.id, record.version, kind, request)

    def _sent(self, send: Callable[[], Attempt], payload: Payload | None) -> Done:
        try:
            attempt = send()
        except (ApiError, BusyError) as error:
            return unsent(error, self.records)
        return self._posted(attempt, payload, adopted=attempt.state is AttemptState.ADOPTED)

    def _posted(self, attempt: Attempt, payload: Payload | None = None, *, adopted: bool) -> Done:
        posted = Posted(
            record=self.outcome.record,
            kind=attempt.kind,
            id=attempt.object_id or "",
            payload=None if adopted else payload,
            adopted=adopted,
        )
        return Done(results=(posted,), trace_id=attempt.trace_id)

    def _failed(self, code: str, why: str) -> Done:
        return Done(results=(Failed(record=self.outcome.record, why=why, code=code),))

    def _journal_failed(self, error: JournalError) -> Done:
        return attrs.evolve(self._failed("journal", str(error)), stop=Stop(code="journal", why=str(error)))


def unsent(error: ApiError | BusyError, records: Sequence[Record]) -> Done:
    """What came of records whose request was not answered with an object: refused by Rillet, or to be tried again."""
    text, code = str(error), _code(error)
    trace_id = error.trace_id if isinstance(error, AnswerError) else None
    if isinstance(error, StatusError) and was_not_carried_out(error) and not isinstance(error, _HOPELESS):
        reason = Reason(code=ReasonCode.REJECTED_BY_RILLET, text=text)
        return Done(results=tuple(Refused(record=each, reasons=(reason,)) for each in records), trace_id=trace_id)
    stop, setback = None, False
    if isinstance(error, BusyError | NoIdError):
        code = "busy" if isinstance(error, BusyError) else "no_id"
    elif isinstance(error, (*_PASSING, StatusError)) and not isinstance(error, _HOPELESS):
        text, setback = f"{text} The next run looks for it.", True
    else:
        stop = Stop(code=code, why=text)
    results = tuple(Failed(record=each, why=text, code=code) for each in records)
    return Done(results=results, stop=stop, setback=setback, trace_id=trace_id)


def creation(payload: Payload) -> tuple[str, Request[Any]]:
    """The kind of the object, and the request that creates or replaces it; the key comes with the attempt."""
    match payload:
        case NewCharge():
            return "charges", ChargeOperations.create.build(payload)
        case NewReimbursement():
            return "reimbursements", ReimbursementOperations.create.build(payload)
        case NewJournalEntry():
            return "journal-entries", JournalEntryOperations.create.build(payload)
        case BillPayload():
            return "bills", BillOperations.create.build(payload.bill)
        case BillReplacement():
            return "bills", BillOperations.update.build(payload.bill_id, payload.update)
        case BillPaymentPayload():
            kind = f"bills/{payload.bill_id}/payments"
            return kind, BillOperations.create_payment.build(payload.bill_id, payload.payment)


def _code(error: Exception) -> str:
    return type(error).__name__
