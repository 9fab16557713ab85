"""A typed client of the Brex Accounting API, blocking and asynchronous.

Names load their module when they are first used, so importing the package costs next to nothing::

    import brex_accounting

    with brex_accounting.Client.from_env() as client:
        for record in client.records.list(review_status="READY_FOR_EXPORT"):
            print(record.id, record.amount.amount, record.amount.currency)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from brex_accounting.client import AsyncClient, Client
    from brex_accounting.errors import DuplicateRecordsError, RecordsNotFoundError, RecordsNotReadyError
    from brex_accounting.export_results import (
        Exported,
        ExportFailure,
        ExportReport,
        ExportResultOperations,
        ExportSuccess,
        NotExported,
    )
    from brex_accounting.records import (
        EARLIEST,
        Amount,
        FieldValueRef,
        LineItem,
        Receipt,
        Record,
        RecordOperations,
        RecordType,
        RecordVendor,
        ReviewStatus,
        Side,
        SourceType,
        User,
    )
    from clientkit.errors import (
        AnswerError,
        AnswerTimeoutError,
        AnswerTooLargeError,
        ApiError,
        BadRequestError,
        ConfigurationError,
        ConflictError,
        ConnectionLostError,
        DeadlineExceededError,
        ForbiddenError,
        NoAnswerError,
        NotFoundError,
        NotSentError,
        PagingError,
        Problem,
        RateLimitedError,
        RedirectError,
        ServerError,
        StatusError,
        UnauthorizedError,
        UnprocessableError,
        UnreadableAnswerError,
        Violation,
    )
    from clientkit.exchange import Answered, Options, RetryPolicy
    from clientkit.pacing import Pacer
    from clientkit.paging import AsyncPager, Pager
    from clientkit.requests import Page, Request

_HOMES = {
    "brex_accounting.client": ("AsyncClient", "Client",),
    "brex_accounting.errors": ("DuplicateRecordsError", "RecordsNotFoundError", "RecordsNotReadyError",),
    "brex_accounting.export_results": ("ExportFailure", "ExportReport", "ExportResultOperations", "ExportSuccess", "Exported", "NotExported",),
    "brex_accounting.records": ("Amount", "EARLIEST", "FieldValueRef", "LineItem", "Receipt", "Record", "RecordOperations", "RecordType", "RecordVendor", "ReviewStatus", "Side", "SourceType", "User",),
    "clientkit.errors": ("AnswerError", "AnswerTimeoutError", "AnswerTooLargeError", "ApiError", "BadRequestError", "ConfigurationError", "ConflictError", "ConnectionLostError", "DeadlineExceededError", "ForbiddenError", "NoAnswerError", "NotFoundError", "NotSentError", "PagingError", "Problem", "RateLimitedError", "RedirectError", "ServerError", "StatusError", "UnauthorizedError", "UnprocessableError", "UnreadableAnswerError", "Violation",),
    "clientkit.exchange": ("Answered", "Options", "RetryPolicy",),
    "clientkit.pacing": ("Pacer",),
    "clientkit.paging": ("AsyncPager", "Pager",),
    "clientkit.requests": ("Page", "Request",),
}  # fmt: skip

__all__ = [
    "Amount", "AnswerError", "AnswerTimeoutError", "AnswerTooLargeError", "Answered", "ApiError", "AsyncClient",
    "AsyncPager", "BadRequestError", "Client", "ConfigurationError", "ConflictError", "ConnectionLostError",
    "DeadlineExceededError", "DuplicateRecordsError", "EARLIEST", "ExportFailure", "ExportReport",
    "ExportResultOperations", "ExportSuccess", "Exported", "FieldValueRef", "ForbiddenError", "LineItem",
    "NoAnswerError", "NotExported", "NotFoundError", "NotSentError", "Options", "Pacer", "Page", "Pager",
    "PagingError", "Problem", "RateLimitedError", "Receipt", "Record", "RecordOperations", "RecordType",
    "RecordVendor", "RecordsNotFoundError", "RecordsNotReadyError", "RedirectError", "Request", "RetryPolicy",
    "ReviewStatus", "ServerError", "Side", "SourceType", "StatusError", "UnauthorizedError", "UnprocessableError",
    "UnreadableAnswerError", "User", "Violation",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__, _HOMES)
