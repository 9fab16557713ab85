"""Telling Brex what became of its records.

https://developer.brex.com/openapi/accounting_api/accounting-records/reportaccountingexportresults
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from enum import Enum

import attrs

from brex_accounting.errors import DuplicateRecordsError, RecordsNotFoundError, RecordsNotReadyError
from brex_accounting.records import Record, RecordOperations, ReviewStatus
from clientkit.codec import Extra, always_sent, unknown_fields
from clientkit.endpoints import AsyncResource, SyncResource, operation, several
from clientkit.errors import (
    AnswerTimeoutError,
    BadRequestError,
    ConflictError,
    ConnectionLostError,
    DeadlineExceededError,
    ServerError,
    StatusError,
    UnprocessableError,
    UnreadableAnswerError,
)
from clientkit.model import Input, Model
from clientkit.requests import Request
from clientkit.sequences import CallSequence, ask, ask_all

# Brex documents no bound; this is the one on the ids of a query.
_BATCH = 500
_MOST_LOSSES = 5

_NAMING = (DuplicateRecordsError, RecordsNotFoundError, RecordsNotReadyError)
# Refusals that one bad result can bring upon a whole call. A bare 404 is not among them: it is a wrong base URL.
_OF_ONE_RECORD = (BadRequestError, ConflictError, RecordsNotFoundError, UnprocessableError)


@attrs.frozen(kw_only=True)
class ExportSuccess(Input):
    """Where a record went: the ERP's id of it, and a link to it that Brex's dashboard shows."""

    reference_id: str | None = None
    deep_link_url: str | None = None


@attrs.frozen(kw_only=True)
class ExportFailure(Input):
    """Why a record could not be exported, in words that a bookkeeper can act on."""

    error_message: str


@attrs.frozen(kw_only=True)
class Exported(Input):
    """A record that arrived in the ERP."""

    accounting_record_id: str
    success: ExportSuccess = attrs.field(factory=ExportSuccess, metadata=always_sent())


@attrs.frozen(kw_only=True)
class NotExported(Input):
    """A record that could not be exported. It seems to leave the queue, so report only what will not pass."""

    accounting_record_id: str
    failure: ExportFailure


@attrs.frozen(kw_only=True)
class ExportReport(Model):
    """The records that a report changed."""

    updated_accounting_record_ids: tuple[str, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class _Results:
    results: Sequence[Exported | NotExported]


class ExportResultOperations:
    """The endpoint ``/v3/accounting/records/export-results``."""

    @operation
    def report(self, results: Sequence[Exported | NotExported]) -> Request[ExportReport]:
        """Report outcomes, each record once. One record that Brex does not accept seems to reject the whole call.

        A repetition after a lost answer is not sent by itself: it may be answered with `RecordsNotReadyError` for
        records that the first attempt did change. Read the records again in that case.

        Args:
            results: At least one outcome.

        Raises:
            ValueError: There is no result, or a record is named twice.
            RecordsNotReadyError: Records are not ready for export, perhaps exported already.
            RecordsNotFoundError: Records do not exist.
        """
        ids = [result.accounting_record_id for result in results]
        if not ids:
            raise ValueError("there is no result to report")
        twice = sorted(each for each, count in Counter(ids).items() if count > 1)
        if twice:
            raise ValueError(f"results name these records twice: {', '.join(twice)}")
        path = "/v3/accounting/records/export-results"
        return Request(method="POST", path=path, returns=ExportReport, body=_Results(results=tuple(results)))

    @several
    def report_all(
        self, results: Sequence[Exported | NotExported], *, batch: int = _BATCH
    ) -> CallSequence[tuple[ReportOutcome, ...]]:
        """Report any number of outcomes; results that Brex does not take keep none of the others back.

        Where Brex refuses a call, the records that it names are taken out, or the call is cut in halves until the bad
        result is alone. After a lost answer the records are read, and what is still ready is sent again.

        Args:
            results: Outcomes; one that is there twice counts once.
            batch: How many go into one call. Brex documents no bound.

        Returns:
            What came of each record, in the order of `results`.

        Raises:
            ValueError: Two different results of one record.
            ApiError: Brex cannot be reached, does not let the token in, or loses answer upon answer. Nothing is known to
                be wrong with the results: calling again with the same ones finds out what was taken.
        """
        return (yield from _Reporting(results, batch).calls())


class ReportStatus(Enum):
    """What came of one result.

    ``REPORTED``: Brex took it; after a lost answer, as far as the record tells. ``ALREADY_EXPORTED``: the record was
    exported before, and this result changed nothing. ``NOT_READY``: Brex does not take it in the state that the record
    is in. ``NOT_FOUND``: there is no such record. ``REFUSED``: Brex does not take the result even alone.
    """

    REPORTED = "REPORTED"
    ALREADY_EXPORTED = "ALREADY_EXPORTED"
    NOT_READY = "NOT_READY"
    NOT_FOUND = "NOT_FOUND"
    REFUSED = "REFUSED"


@attrs.frozen(kw_only=True)
class ReportOutcome(Model):
    """What came of one result: the record's state where it had to be read, and Brex's reason where there is one."""

    accounting_record_id: str
    status: ReportStatus
    review_status: ReviewStatus | None = None
    error: StatusError | None = None


class _Reporting:
    """One `report_all`: calls that are refused are cut down until every good result is through."""

    def __init__(self, results: Sequence[Exported | NotExported], batch: int) -> None:
        self._wanted = _by_record(results)
        ids = tuple(self._wanted)
        self._outcomes = dict[str, ReportOutcome]()
        self._batches = deque[Sequence[str]](ids[start : start + batch] for start in range(0, len(ids), batch))
        self._unclear = list[str]()
        # Records of calls that may have been carried out: an export that is found later may be ours.
        self._in_doubt = set[str]()

    def calls(self) -> CallSequence[tuple[ReportOutcome, ...]]:
        losses = 0
        while self._batches:
            batch = self._batches.popleft()
            request = ExportResultOperations.report.build([self._wanted[each] for each in batch])
            try:
                report = yield from ask(request)
            except (AnswerTimeoutError, ConnectionLostError, DeadlineExceededError, ServerError, UnreadableAnswerError):
                losses += 1
                if losses > _MOST_LOSSES:
                    raise
                yield from self._find_out(batch)
                continue
            except StatusError as error:
                self._cut_down(batch, error)
            else:
                self._take_in(batch, report)
            losses = 0
        records = yield from self._read(self._unclear)
        for each in self._unclear:
            self._settle_by(each, records.get(each))
        return tuple(self._outcomes[each] for each in self._wanted)

    def _take_in(self, batch: Sequence[str], report: ExportReport) -> None:
        updated = set(report.updated_accounting_record_ids)
        for each in batch:
            if each in updated:
                self._settle(each, ReportStatus.REPORTED)
            else:
                self._in_doubt.add(each)
                self._unclear.append(each)

    def _find_out(self, batch: Sequence[str]) -> CallSequence[None]:
        """After a lost answer: what left the queue is settled, the rest is sent again."""
        records = yield from self._read(batch)
        queued = [each for each in batch if each not in records or _is_ready(records[each])]
        # A call changes all of its records or none: where one is still ready, the others were not ready before it.
        self._in_doubt.update(queued or batch)
        self._send_again(queued)
        for each in set(batch).difference(queued):
            self._settle_by(each, records[each])

    def _cut_down(self, batch: Sequence[str], error: StatusError) -> None:
        """After a refusal: what it names is taken out; where it names nothing, each half is sent alone."""
        if not isinstance(error, _OF_ONE_RECORD) and error.status != 413:
            raise error
        if len(batch) == 1:
            self._give_up(batch[0], error)
            return
        listed = set(error.record_ids) if isinstance(error, _NAMING) else set[str]()
        named = [each for each in batch if each in listed]
        if not named:
            middle = len(batch) // 2
            self._send_again(batch[:middle])
            self._send_again(batch[middle:])
            return
        self._send_again([each for each in batch if each not in listed])
        for each in named:
            if isinstance(error, DuplicateRecordsError):
                self._send_again((each,))
            else:
                self._give_up(each, error)

    def _give_up(self, record_id: str, error: StatusError) -> None:
        if isinstance(error, RecordsNotReadyError):
            self._unclear.append(record_id)
        else:
            missing = isinstance(error, RecordsNotFoundError)
            self._settle(record_id, ReportStatus.NOT_FOUND if missing else ReportStatus.REFUSED, error=error)

    def _send_again(self, batch: Sequence[str]) -> None:
        if batch:
            self._batches.append(batch)

    def _read(self, ids: Sequence[str]) -> CallSequence[dict[str, Record]]:
        records = yield from ask_all(RecordOperations.list.build(ids=ids))
        return {record.id: record for record in records}

    def _settle_by(self, record_id: str, record: Record | None) -> None:
        state = None if record is None else record.review_status
        exported = isinstance(self._wanted[record_id], Exported)
        in_doubt = record_id in self._in_doubt
        if state == ReviewStatus.EXPORTED:
            status = ReportStatus.REPORTED if in_doubt and exported else ReportStatus.ALREADY_EXPORTED
        elif in_doubt and not exported and state not in {None, ReviewStatus.READY_FOR_EXPORT}:
            status = ReportStatus.REPORTED
        else:
            status = ReportStatus.NOT_READY
        self._settle(record_id, status, review_status=state)

    def _settle(
        self,
        record_id: str,
        status: ReportStatus,
        *,
        review_status: ReviewStatus | None = None,
        error: StatusError | None = None,
    ) -> None:
        self._outcomes[record_id] = ReportOutcome(
            accounting_record_id=record_id, status=status, review_status=review_status, error=error
        )


def _by_record(results: Sequence[Exported | NotExported]) -> dict[str, Exported | NotExported]:
    wanted = dict[str, Exported | NotExported]()
    for result in results:
        if wanted.setdefault(result.accounting_record_id, result) != result:
            raise ValueError(f"there are two different results of record {result.accounting_record_id}")
    return wanted


def _is_ready(record: Record) -> bool:
    return record.review_status == ReviewStatus.READY_FOR_EXPORT


class ExportResults(ExportResultOperations, SyncResource):
    """Export results, blocking."""


class AsyncExportResults(ExportResultOperations, AsyncResource):
    """Export results, to be awaited."""
