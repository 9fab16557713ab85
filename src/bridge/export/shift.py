"""The work of one run: posting outcome by outcome, and reporting to Brex in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import brex_accounting
import rillet
from brex_accounting import Exported, ExportFailure, ExportSuccess, NotExported, Record, ReportStatus
from bridge.export.attempts import Attempt, AttemptState, Journal, JournalError, vendor_subject
from bridge.export.load import Existing, payments_like
from bridge.export.outcome import ExportOutcome, Failed, Posted, Unreported
from bridge.export.posting import NoIdError, Poster
from bridge.results import (
    BillPayload,
    BillPaymentPayload,
    Nothing,
    Outcome,
    Payload,
    PlannedVendor,
    Post,
    Reason,
    ReasonCode,
    Refused,
)
from bridge.settings import Settings
from clientkit.errors import (
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
    VendorOperations,
)

#: Told after each record: how many are done, of how many, and the id of the last.
Progress: TypeAlias = Callable[[int, int, str], None]

_TAKEN = frozenset({ReportStatus.REPORTED, ReportStatus.ALREADY_EXPORTED})
_FAILURES_IN_A_ROW = 3
_INTERRUPTED = "it was interrupted"


def silent(done: int, of: int, record_id: str) -> None:
    """Shows no progress."""
    del done, of, record_id


def never() -> bool:
    """Does not ask to stop."""
    return False


class _BusyError(Exception):
    """Another exporter has the subject in hand."""


class Shift:
    """One run in progress; `outcome` is what it came to so far."""

    def __init__(
        self,
        brex: brex_accounting.Client,
        rillet: rillet.Client,
        settings: Settings,
        there: Mapping[str, tuple[Existing, ...]],
        *,
        journal: Journal,
        batch: int,
        reports: bool = True,
    ) -> None:
        self._brex, self._rillet, self._settings, self._there, self._batch = brex, rillet, settings, there, batch
        self._journal, self._poster, self._reports = journal, Poster(rillet, journal), reports
        self._posted = list[Posted]()
        self._vendors = list[Vendor]()
        self._vendor_ids = dict[str, str]()
        self._refused = list[Refused]()
        self._nothing = list[Nothing]()
        self._failed = list[Failed]()
        self._pending = list[Exported | NotExported]()
        self._reported = list[str]()
        self._unreported = list[Unreported]()
        self._failures_in_a_row = 0
        self._stopped: str | None = None
        self._current: Record | None = None

    def work(
        self, outcomes: Iterable[Outcome], count: int, progress: Progress, stop: Callable[[], bool] = never
    ) -> None:
        """Carry out every outcome until `stop` says so, then report what is left to report, also after an interruption."""
        try:
            for done, outcome in enumerate(outcomes, start=1):
                self._current = outcome.record
                self._carry_out(outcome)
                self._current = None
                if len(self._pending) >= self._batch:
                    self._report()
                progress(done, count, outcome.record.id)
                if stop() and self._stopped is None and done < count:
                    self._stopped = _INTERRUPTED
                if self._stopped is not None:
                    break
        except KeyboardInterrupt:
            self._stopped = _INTERRUPTED
            if self._current is not None:
                self._fail(self._current, "the run was interrupted while it was posted; the next run looks for it")
        except (ApiError, JournalError) as error:
            self._stopped = str(error)
            if self._current is not None:
                self._fail(self._current, str(error))
        try:
            self._report()
        except KeyboardInterrupt:
            self._stopped = "it was interrupted while it reported to Brex; the next run reports the rest"
            self._give_up_reporting(self._stopped)

    def outcome(self) -> ExportOutcome:
        """What was done so far."""
        return ExportOutcome(
            posted=tuple(self._posted),
            created_vendors=tuple(self._vendors),
            refused=tuple(self._refused),
            nothing=tuple(self._nothing),
            failed=tuple(self._failed),
            reported=tuple(self._reported),
            unreported=tuple(self._unreported),
            stopped=self._stopped,
        )

    def _carry_out(self, outcome: Outcome) -> None:
        subject = outcome.record.id
        if not isinstance(outcome, Post) and subject not in self._there and not self._journal.attempts(subject):
            self._conclude(outcome)
            return
        if not self._journal.claim(subject):
            self._fail(outcome.record, "another exporter has it in hand; the next run sees what came of it")
            return
        try:
            self._resume(outcome)
        finally:
            self._journal.release(subject)

    def _resume(self, outcome: Outcome) -> None:
        """Finish what was attempted before; where there is nothing to finish, carry the outcome out."""
        record = outcome.record
        attempts = self._journal.attempts(record.id)
        last = attempts[-1] if attempts else None
        existing = self._there.get(record.id)
        if last is not None and last.is_there:
            self._done(Posted(record=record, kind=last.kind, id=last.object_id or "", adopted=True))
        elif existing:
            self._adopt(record, existing)
        elif last is None or last.state is not AttemptState.OPEN:
            self._conclude(outcome)
        elif last.is_fresh(self._journal.now()):
            self._post(record, None, lambda: self._poster.send_again(last))
        elif self._settings.reference_type is None:
            why = (
                f"what came of an attempt of {last.intended_at:%Y-%m-%d %H:%M} UTC is unknown, Rillet no longer knows its "
                f"key, and without reference_type it cannot be looked up; look for it in Rillet, and where it is not there, "
                f"replay it anew"
            )
            self._fail(record, why)
        else:
            self._poster.abandon(last, "Rillet no longer knows its key and has nothing that refers to the record")
            self._conclude(outcome)

    def _conclude(self, outcome: Outcome) -> None:
        match outcome:
            case Post():
                self._post(outcome.record, outcome.payload, lambda: self._send(outcome))
            case Refused():
                self._refuse(outcome)
            case Nothing():
                self._nothing.append(outcome)

    def _adopt(self, record: Record, existing: tuple[Existing, ...]) -> None:
        first, *others = existing
        if others:
            where = " and ".join(f"{each.kind} {each.id}" for each in existing)
            self._fail(record, f"Rillet has it {len(existing)} times, as {where}; delete all but one")
        else:
            self._poster.adopt(record.id, record.version, first.kind, first.id)
            self._done(Posted(record=record, kind=first.kind, id=first.id, adopted=True))

    def _send(self, post: Post) -> Attempt:
        vendor = self._vendor(post.vendor) if isinstance(post.vendor, PlannedVendor) else post.vendor
        kind, request = self._create(post.payload if vendor is None else post.for_vendor(vendor))
        if isinstance(post.payload, BillPaymentPayload):
            for paid in payments_like(self._rillet, post.payload):
                if all(paid != each.id for each in self._posted):
                    return self._poster.adopt(post.record.id, post.record.version, kind, paid)
        return self._poster.send_anew(post.record.id, post.record.version, kind, request)

    def _post(self, record: Record, payload: Payload | None, send: Callable[[], Attempt]) -> None:
        try:
            attempt = send()
        except (UnauthorizedError, ForbiddenError, ExternalReferenceTypeNotFoundError) as error:
            # The next record would meet the same answer.
            self._fail(record, str(error))
            self._stopped = str(error)
        except (NoAnswerError, ServerError, RateLimitedError, ConflictError, UnreadableAnswerError) as error:
            self._fail(record, f"{error} The next run looks for it.")
            self._failures_in_a_row += 1
            if self._failures_in_a_row >= _FAILURES_IN_A_ROW:
                self._stopped = f"{self._failures_in_a_row} records in a row failed, the last with: {error}"
        except StatusError as error:
            reason = Reason(code=ReasonCode.REJECTED_BY_RILLET, text=str(error))
            self._refuse(Refused(record=record, reasons=(reason,)))
        except (_BusyError, NoIdError) as error:
            self._fail(record, str(error))
        else:
            self._failures_in_a_row = 0
            adopted = attempt.state is AttemptState.ADOPTED
            payload = None if adopted else payload
            posted_id = attempt.object_id or ""
            self._done(Posted(record=record, kind=attempt.kind, id=posted_id, payload=payload, adopted=adopted))

    def _vendor(self, planned: PlannedVendor) -> str:
        """The id of a vendor that Rillet did not have when the run began; created where nobody has done so since."""
        known = self._vendor_ids.get(planned.key)
        if known is not None:
            return known
        subject = vendor_subject(planned)
        if not self._journal.claim(subject):
            raise _BusyError("another exporter is creating its vendor; the next run finds it")
        try:
            attempts = self._journal.attempts(subject)
            last = attempts[-1] if attempts else None
            # What is older than a run was seen not to be in the books.
            if last is not None and last.is_fresh(self._journal.now()) and last.is_there:
                vendor_id = last.object_id or ""
            else:
                vendor_id = self._create_vendor(planned, last)
        finally:
            self._journal.release(subject)
        self._vendor_ids[planned.key] = vendor_id
        return vendor_id

    def _create_vendor(self, planned: PlannedVendor, last: Attempt | None) -> str:
        if last is not None and last.state is AttemptState.OPEN and last.is_fresh(self._journal.now()):
            created = self._poster.send_again(last)
        else:
            if last is not None and last.state is AttemptState.OPEN:
                self._poster.abandon(last, "Rillet no longer knows its key and has no such vendor")
            request = VendorOperations.create.build(planned.vendor)
            created = self._poster.send_anew(vendor_subject(planned), 0, "vendors", request)
        vendor_id = created.object_id or ""
        self._vendors.append(Vendor(id=vendor_id, name=planned.vendor.name))
        return vendor_id

    def _create(self, payload: Payload) -> tuple[str, Request[Any]]:
        """The kind of the object, and the request that creates it; the key comes with the attempt."""
        match payload:
            case NewCharge():
                return "charges", ChargeOperations.create.build(payload)
            case NewReimbursement():
                return "reimbursements", ReimbursementOperations.create.build(payload)
            case NewJournalEntry():
                return "journal-entries", JournalEntryOperations.create.build(payload)
            case BillPayload():
                return "bills", BillOperations.create.build(payload.bill)
            case BillPaymentPayload():
                kind = f"bills/{payload.bill_id}/payments"
                return kind, BillOperations.create_payment.build(payload.bill_id, payload.payment)

    def _done(self, posted: Posted) -> None:
        self._posted.append(posted)
        template = self._settings.rillet_link
        link = template.replace("{kind}", posted.kind).replace("{id}", posted.id) if template else None
        success = ExportSuccess(reference_id=posted.id, deep_link_url=link)
        self._pending.append(Exported(accounting_record_id=posted.record.id, success=success))

    def _refuse(self, refused: Refused) -> None:
        self._refused.append(refused)
        if self._settings.report_refusals:
            message = "; ".join(str(reason) for reason in refused.reasons)
            failure = ExportFailure(error_message=message.encode("ascii", "replace").decode())
            self._pending.append(NotExported(accounting_record_id=refused.record.id, failure=failure))

    def _fail(self, record: Record, why: str) -> None:
        self._failed.append(Failed(record=record, why=why))

    def _report(self) -> None:
        if not self._reports:
            self._pending.clear()
        if not self._pending:
            return
        try:
            outcomes = self._brex.export_results.report_all(self._pending)
        except ApiError as error:
            self._give_up_reporting(str(error))
            self._stopped = self._stopped or f"Brex could not be told: {error}"
            return
        taken = [each.accounting_record_id for each in outcomes if each.status in _TAKEN]
        for each in outcomes:
            if each.status in _TAKEN:
                self._reported.append(each.accounting_record_id)
            else:
                state = f"; it is {each.review_status}" if each.review_status else ""
                why = f"Brex does not take the result: {each.error or each.status.value}{state}"
                self._unreported.append(Unreported(record_id=each.accounting_record_id, why=why))
        self._pending.clear()
        try:
            self._journal.reported(taken)
        except JournalError as error:
            self._stopped = self._stopped or str(error)

    def _give_up_reporting(self, why: str) -> None:
        self._unreported += [Unreported(record_id=each.accounting_record_id, why=why) for each in self._pending]
        self._pending.clear()
