"""The foundation of both clients: what any client of a JSON API needs.

``rillet`` and ``brex_accounting`` re-export the names that their users need (`Pager`, `Page`, `Options`, the errors).
With the others, integrators build a client of another service:

- `Request`, `operation` and `listing` declare its endpoints, and `several` a method of several calls (`ask`, `ask_all`).
  `dumps` and `loads` write and read its JSON.
- A client is a `BaseClient` with a `Service`, a call context (`new_call_context`) and a `LazyResource` for each resource.
- An `Authorization` takes part in each call, as a `Flow` of `Send` and `Wait`; `call_flow` is a complete call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from clientkit.call_context import Authorization, CallContext, Clocks, Options, Refusal, RetryPolicy, Service
    from clientkit.client import AsyncBaseClient, BaseClient, LazyResource, from_environment, new_call_context
    from clientkit.codec import Extra, Shape, always_sent, as_number, dumps, loads, unknown_fields, wire_name
    from clientkit.codec.enums import OpenEnum
    from clientkit.codec.unions import UnknownVariant, tagged_union
    from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
    from clientkit.error_bodies import body_fields, field_text
    from clientkit.errors import (
        AnswerError,
        AnswerTimeoutError,
        AnswerTooLargeError,
        ApiError,
        BadRequestError,
        Call,
        ConfigurationError,
        ConflictError,
        ConnectionLostError,
        DeadlineExceededError,
        EarlierTry,
        ForbiddenError,
        NoAnswerError,
        NotFoundError,
        NotSentError,
        PagingError,
        RateLimitedError,
        RedirectError,
        ServerError,
        StatusError,
        UnauthorizedError,
        UnprocessableError,
        UnreadableAnswerError,
    )
    from clientkit.exchange import as_flow, call_flow
    from clientkit.field_problems import CodecError, FieldProblem
    from clientkit.forms import Form, Multipart
    from clientkit.model import Input, Model
    from clientkit.observing import labelled
    from clientkit.pacing import Pacer, Paces, Pacing
    from clientkit.paging import AsyncPager, Pager
    from clientkit.problems import Problem, Violation
    from clientkit.redis_pacing import RedisPaces
    from clientkit.redis_seen import RedisSeenIds
    from clientkit.requests import (
        AsyncExecutor,
        Download,
        Executor,
        Page,
        PageRequest,
        Paging,
        Request,
        follow,
        segment,
    )
    from clientkit.sequences import CallSequence, ask, ask_all
    from clientkit.shared_pacing import PaceStore, PaceStoreError, SharedPacer, SharedPaces
    from clientkit.stopping import StoppedError
    from clientkit.telemetry import instrument
    from clientkit.tolerance import Unreadable
    from clientkit.transport import AsyncInProcess, AsyncTransport, InProcess, Transport
    from clientkit.verdicts import Verdict
    from clientkit.webhooks import SeenStoreError, SharedSeenStore
    from clientkit.wire import Answer, Answered, Consult, Exchanged, Flow, Outgoing, Send, TransportFailure, Wait

# Made by docs/make_exports.py from the imports above.
_HOMES = {
    "clientkit.call_context": (
        "Authorization", "CallContext", "Clocks", "Options", "Refusal", "RetryPolicy", "Service",
    ),
    "clientkit.client": ("AsyncBaseClient", "BaseClient", "LazyResource", "from_environment", "new_call_context",),
    "clientkit.codec": ("Extra", "Shape", "always_sent", "as_number", "dumps", "loads", "unknown_fields", "wire_name",),
    "clientkit.codec.enums": ("OpenEnum",),
    "clientkit.codec.unions": ("UnknownVariant", "tagged_union",),
    "clientkit.endpoints": ("AsyncResource", "SyncResource", "listing", "operation", "several",),
    "clientkit.error_bodies": ("body_fields", "field_text",),
    "clientkit.errors": (
        "AnswerError", "AnswerTimeoutError", "AnswerTooLargeError", "ApiError", "BadRequestError", "Call",
        "ConfigurationError", "ConflictError", "ConnectionLostError", "DeadlineExceededError", "EarlierTry",
        "ForbiddenError", "NoAnswerError", "NotFoundError", "NotSentError", "PagingError", "RateLimitedError",
        "RedirectError", "ServerError", "StatusError", "UnauthorizedError", "UnprocessableError",
        "UnreadableAnswerError",
    ),
    "clientkit.exchange": ("as_flow", "call_flow",),
    "clientkit.field_problems": ("CodecError", "FieldProblem",),
    "clientkit.forms": ("Form", "Multipart",),
    "clientkit.model": ("Input", "Model",),
    "clientkit.observing": ("labelled",),
    "clientkit.pacing": ("Pacer", "Paces", "Pacing",),
    "clientkit.paging": ("AsyncPager", "Pager",),
    "clientkit.problems": ("Problem", "Violation",),
    "clientkit.redis_pacing": ("RedisPaces",),
    "clientkit.redis_seen": ("RedisSeenIds",),
    "clientkit.requests": (
        "AsyncExecutor", "Download", "Executor", "Page", "PageRequest", "Paging", "Request", "follow", "segment",
    ),
    "clientkit.sequences": ("CallSequence", "ask", "ask_all",),
    "clientkit.shared_pacing": ("PaceStore", "PaceStoreError", "SharedPacer", "SharedPaces",),
    "clientkit.stopping": ("StoppedError",),
    "clientkit.telemetry": ("instrument",),
    "clientkit.tolerance": ("Unreadable",),
    "clientkit.transport": ("AsyncInProcess", "AsyncTransport", "InProcess", "Transport",),
    "clientkit.verdicts": ("Verdict",),
    "clientkit.webhooks": ("SeenStoreError", "SharedSeenStore",),
    "clientkit.wire": (
        "Answer", "Answered", "Consult", "Exchanged", "Flow", "Outgoing", "Send", "TransportFailure", "Wait",
    ),
}  # fmt: skip
__all__ = [
    "Answer", "AnswerError", "AnswerTimeoutError", "AnswerTooLargeError", "Answered", "ApiError", "AsyncBaseClient",
    "AsyncExecutor", "AsyncInProcess", "AsyncPager", "AsyncResource", "AsyncTransport", "Authorization",
    "BadRequestError", "BaseClient", "Call", "CallContext", "CallSequence", "Clocks", "CodecError",
    "ConfigurationError", "ConflictError", "ConnectionLostError", "Consult", "DeadlineExceededError", "Download",
    "EarlierTry", "Exchanged", "Executor", "Extra", "FieldProblem", "Flow", "ForbiddenError", "Form", "InProcess",
    "Input", "LazyResource", "Model", "Multipart", "NoAnswerError", "NotFoundError", "NotSentError", "OpenEnum",
    "Options", "Outgoing", "PaceStore", "PaceStoreError", "Pacer", "Paces", "Pacing", "Page", "PageRequest", "Pager",
    "Paging", "PagingError", "Problem", "RateLimitedError", "RedirectError", "RedisPaces", "RedisSeenIds", "Refusal",
    "Request", "RetryPolicy", "SeenStoreError", "Send", "ServerError", "Service", "Shape", "SharedPacer", "SharedPaces",
    "SharedSeenStore", "StatusError", "StoppedError", "SyncResource", "Transport", "TransportFailure",
    "UnauthorizedError", "UnknownVariant", "UnprocessableError", "Unreadable", "UnreadableAnswerError", "Verdict",
    "Violation", "Wait", "always_sent", "as_flow", "as_number", "ask", "ask_all", "body_fields", "call_flow", "dumps",
    "field_text", "follow", "from_environment", "instrument", "labelled", "listing", "loads", "new_call_context",
    "operation", "segment", "several", "tagged_union", "unknown_fields", "wire_name",
]  # fmt: skip
# End of what is made.

if not TYPE_CHECKING:
    # Type checkers take a name that is not there for an error, where they do not see that names load.
    __getattr__, __dir__ = lazy(__name__, _HOMES)
