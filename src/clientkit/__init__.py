"""The floor that the clients of both services stand on: what any JSON API client needs.

Users of the clients meet a few of these names (`Pager`, `Page`, `Options`, the errors) through ``rillet`` and
``brex_accounting``, which offer them as their own. Integrators declare endpoints of their own with the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from clientkit.client import AsyncBaseClient, BaseClient
    from clientkit.codec import Extra, Shape, always_sent, as_number, unknown_fields, wire_name
    from clientkit.connection import Authorization, Clocks, Options, Refusal, RetryPolicy, Service
    from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
    from clientkit.enums import OpenEnum
    from clientkit.errors import (
        AnswerError,
        AnswerTimeoutError,
        AnswerTooLargeError,
        ApiError,
        Attempt,
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
        Verdict,
        Violation,
    )
    from clientkit.field_problems import CodecError, FieldProblem
    from clientkit.pacing import Pacer
    from clientkit.paging import AsyncPager, Pager
    from clientkit.requests import (
        AsyncExecutor,
        Download,
        Executor,
        Form,
        Multipart,
        Page,
        PageRequest,
        Paging,
        Request,
        follow,
        segment,
    )
    from clientkit.transport import AsyncInProcess, AsyncTransport, InProcess, Transport
    from clientkit.unions import UnknownVariant, tagged_union
    from clientkit.wire import Answer, Answered, Outgoing, TransportFailure

_HOMES = {
    "clientkit.client": ("AsyncBaseClient", "BaseClient",),
    "clientkit.codec": ("Extra", "Shape", "always_sent", "as_number", "unknown_fields", "wire_name",),
    "clientkit.connection": ("Authorization", "Clocks", "Options", "Refusal", "RetryPolicy", "Service",),
    "clientkit.endpoints": ("AsyncResource", "SyncResource", "listing", "operation",),
    "clientkit.enums": ("OpenEnum",),
    "clientkit.errors": ("AnswerError", "AnswerTimeoutError", "AnswerTooLargeError", "ApiError", "Attempt", "BadRequestError", "ConfigurationError", "ConflictError", "ConnectionLostError", "DeadlineExceededError", "ForbiddenError", "NoAnswerError", "NotFoundError", "NotSentError", "PagingError", "Problem", "RateLimitedError", "RedirectError", "ServerError", "StatusError", "UnauthorizedError", "UnprocessableError", "UnreadableAnswerError", "Verdict", "Violation",),
    "clientkit.field_problems": ("CodecError", "FieldProblem",),
    "clientkit.pacing": ("Pacer",),
    "clientkit.paging": ("AsyncPager", "Pager",),
    "clientkit.requests": ("AsyncExecutor", "Download", "Executor", "Form", "Multipart", "Page", "PageRequest", "Paging", "Request", "follow", "segment",),
    "clientkit.transport": ("AsyncInProcess", "AsyncTransport", "InProcess", "Transport",),
    "clientkit.unions": ("UnknownVariant", "tagged_union",),
    "clientkit.wire": ("Answer", "Answered", "Outgoing", "TransportFailure",),
}  # fmt: skip

__all__ = [
    "Answer", "AnswerError", "AnswerTimeoutError", "AnswerTooLargeError", "Answered", "ApiError", "AsyncBaseClient",
    "AsyncExecutor", "AsyncInProcess", "AsyncPager", "AsyncResource", "AsyncTransport", "Attempt", "Authorization",
    "BadRequestError", "BaseClient", "Clocks", "CodecError", "ConfigurationError", "ConflictError",
    "ConnectionLostError", "DeadlineExceededError", "Download", "Executor", "Extra", "FieldProblem", "ForbiddenError",
    "Form", "InProcess", "Multipart", "NoAnswerError", "NotFoundError", "NotSentError", "OpenEnum", "Options", "Outgoing",
    "Pacer", "Page", "PageRequest", "Pager", "Paging", "PagingError", "Problem", "RateLimitedError",
    "RedirectError", "Refusal", "Request", "RetryPolicy", "ServerError", "Service", "Shape", "StatusError",
    "SyncResource", "Transport", "TransportFailure", "UnauthorizedError", "UnknownVariant", "UnprocessableError",
    "UnreadableAnswerError", "Verdict", "Violation", "always_sent", "as_number", "follow", "listing", "operation",
    "segment", "tagged_union", "unknown_fields", "wire_name",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__, _HOMES)
