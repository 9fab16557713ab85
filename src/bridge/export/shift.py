"""The work of one run: posting outcome by outcome, and reporting to Brex in batches."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import brex_accounting
import rillet
from brex_accounting import Exported, ExportFailure, ExportSuccess, NotExported, Record, ReportStatus
from bridge.export.load import Existing
from bridge.export.outcome import ExportOutcome, Failed, Posted, Unreported
from bridge.results import Nothing, Outcome, Payload, PlannedVendor, Post, Reason, ReasonCode, Refused
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
from rillet import ExternalReferenceTypeNotFoundError, NewCharge, NewReimbursement, Vendor

#: Told after each record: how many are done, of how many, and the id of the last.
Progress: TypeAlias = Callable[[int, int, str], None]

_KEYS = uuid.UUID("5d4f5a0e-3c0b-5a51-9c1d-0b7a4c1f2e6d")
_FAILURES_IN_A_ROW = 3


def silent(done: int, of: int, record_id: str) -> None:
    """Shows no progress."""
    del done, of, record_id


def posting_key(record: Record) -> str:
    """The idempotency key of a record's posting: the same for the same version, whoever sends it."""
    return str(uuid.uuid5(_KEYS, f"record/{record.id}/{record.version}"))


def vendor_key(planned: PlannedVendor) -> str:
    """The idempotency key of a vendor's creation."""
    return str(uuid.uuid5(_KEYS, f"vendor/{planned.key}"))


class Shift:
    """One run in progress; `outcome` is what it came to so far."""

    def __init__(
        self,
        brex: brex_accounting.Client,
        rillet: rillet.Client,
        settings: Settings,
        there: Mapping[str, tuple[Existing, ...]],
        *,
        batch: int,
    ) -> None:
        self._brex, self._rillet, self._settings, self._there, self._batch = brex, rillet, settings, there, batch
        self._posted = list[Posted]()
        self._vendors = dict[str, Vendor]()
        self._refused = list[Refused]()
        self._nothing = list[Nothing]()
        self._failed = list[Failed]()
        self._pending = list[Exported | NotExported]()
        self._reported = list[str]()
        self._unreported = list[Unreported]()
        self._failures_in_a_row = 0
        self._stopped: str | None = None
        self._current: Record | None = None

    def work(self, outcomes: Iterable[Outcome], count: int, progress: Progress) -> None:
        """Carry out every outcome, then report what is left to report, also after an interruption."""
        try:
            for done, outcome in enumerate(outcomes, start=1):
                self._current = outcome.record
                self._carry_out(outcome)
                self._current = None
                if len(self._pending) >= self._batch:
                    self._report()
                progress(done, count, outcome.record.id)
                if self._stopped is not None:
                    break
        except KeyboardInterrupt:
            self._stopped = "it was interrupted"
            if self._current is not None:
                self._fail(self._current, "the run was interrupted while it was posted; the next run looks for it")
        try:
            self._report()
        except KeyboardInterrupt:
            self._stopped = "it was interrupted while it reported to Brex; the next run reports the rest"
            self._give_up_reporting(self._stopped)

    def outcome(self) -> ExportOutcome:
        """What was done so far."""
        return ExportOutcome(
            posted=tuple(self._posted),
            created_vendors=tuple(self._vendors.values()),
            refused=tuple(self._refused),
            nothing=tuple(self._nothing),
            failed=tuple(self._failed),
            reported=tuple(self._reported),
            unreported=tuple(self._unreported),
            stopped=self._stopped,
        )

    def _carry_out(self, outcome: Outcome) -> None:
        existing = self._there.get(outcome.record.id)
        if existing:
            self._adopt(outcome.record, existing)
            return
        match outcome:
            case Post():
                self._post(outcome)
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
            self._done(Posted(record=record, kind=first.kind, id=first.id, adopted=True))

    def _post(self, post: Post) -> None:
        try:
            vendor_id = post.vendor if isinstance(post.vendor, str) else self._vendor(post.vendor).id
            payload = post.for_vendor(vendor_id)
            kind, created = self._create(payload, posting_key(post.record))
        except (UnauthorizedError, ForbiddenError, ExternalReferenceTypeNotFoundError) as error:
            # The next record would meet the same answer.
            self._fail(post.record, str(error))
            self._stopped = str(error)
        except (NoAnswerError, ServerError, RateLimitedError, ConflictError, UnreadableAnswerError) as error:
            self._fail(post.record, f"{error} The next run looks for it.")
            self._failures_in_a_row += 1
            if self._failures_in_a_row >= _FAILURES_IN_A_ROW:
                self._stopped = f"{self._failures_in_a_row} records in a row failed, the last with: {error}"
        except StatusError as error:
            reason = Reason(code=ReasonCode.REJECTED_BY_RILLET, text=str(error))
            self._refuse(Refused(record=post.record, reasons=(reason,)))
        else:
            self._failures_in_a_row = 0
            if not created:
                self._fail(post.record, f"Rillet accepted it without an id, so it is not reported; look under {kind}")
                return
            self._done(Posted(record=post.record, kind=kind, id=created, payload=payload))

    def _vendor(self, planned: PlannedVendor) -> Vendor:
        vendor = self._vendors.get(planned.key)
        if vendor is None:
            vendor = self._rillet.vendors.create(planned.vendor, idempotency_key=vendor_key(planned))
            self._vendors[planned.key] = vendor
        return vendor

    def _create(self, payload: Payload, key: str) -> tuple[str, str]:
        match payload:
            case NewCharge():
                return "charges", self._rillet.charges.create(payload, idempotency_key=key).id
            case NewReimbursement():
                return "reimbursements", self._rillet.reimbursements.create(payload, idempotency_key=key).id

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
        if not self._pending:
            return
        try:
            outcomes = self._brex.export_results.report_all(self._pending)
        except ApiError as error:
            self._give_up_reporting(str(error))
            self._stopped = self._stopped or f"Brex could not be told: {error}"
            return
        for each in outcomes:
            if each.status in {ReportStatus.REPORTED, ReportStatus.ALREADY_EXPORTED}:
                self._reported.append(each.accounting_record_id)
            else:
                state = f"; it is {each.review_status}" if each.review_status else ""
                why = f"Brex does not take the result: {each.error or each.status.value}{state}"
                self._unreported.append(Unreported(record_id=each.accounting_record_id, why=why))
        self._pending.clear()

    def _give_up_reporting(self, why: str) -> None:
        self._unreported += [Unreported(record_id=each.accounting_record_id, why=why) for each in self._pending]
        self._pending.clear()
