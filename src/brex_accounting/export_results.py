"""Telling Brex what became of its records.

https://developer.brex.com/openapi/accounting_api/accounting-records/reportaccountingexportresults
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import attrs

from clientkit.codec import Extra, always_sent, unknown_fields
from clientkit.endpoints import AsyncResource, SyncResource, operation
from clientkit.requests import Request


@attrs.frozen(kw_only=True)
class ExportSuccess:
    """Where a record went: the ERP's id of it, and a link to it that Brex's dashboard shows."""

    reference_id: str | None = None
    deep_link_url: str | None = None


@attrs.frozen(kw_only=True)
class ExportFailure:
    """Why a record could not be exported, in words that a bookkeeper can act on."""

    error_message: str


@attrs.frozen(kw_only=True)
class Exported:
    """A record that arrived in the ERP."""

    accounting_record_id: str
    success: ExportSuccess = attrs.field(factory=ExportSuccess, metadata=always_sent())


@attrs.frozen(kw_only=True)
class NotExported:
    """A record that could not be exported. It seems to leave the queue, so report only what will not pass."""

    accounting_record_id: str
    failure: ExportFailure


@attrs.frozen(kw_only=True)
class ExportReport:
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


class ExportResults(ExportResultOperations, SyncResource):
    """Export results, blocking."""


class AsyncExportResults(ExportResultOperations, AsyncResource):
    """Export results, to be awaited."""
