"""A typed client of the Brex Accounting API, blocking and asynchronous.

A name loads its module when it is first used, so importing the package is fast::

    import brex_accounting

    with brex_accounting.Client.from_env() as client:
        for record in client.records.list(review_status="READY_FOR_EXPORT"):
            print(record.id, record.amount.amount, record.amount.currency)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from brex_accounting.auth import Credential, UserToken
    from brex_accounting.client import AsyncClient, Client
    from brex_accounting.company import Address, Company, CompanyOperations
    from brex_accounting.errors import (
        ActiveIntegrationExistsError,
        DuplicateRecordsError,
        IntegrationNotActiveError,
        RecordsNotFoundError,
        RecordsNotReadyError,
        VendorAccountMismatchError,
    )
    from brex_accounting.expenses import (
        Expense,
        ExpenseDetail,
        ExpenseOperations,
        ExpensePaymentStatus,
        ExpenseStatus,
        ExpenseType,
        Merchant,
        MinorAmount,
    )
    from brex_accounting.export_results import (
        Exported,
        ExportFailure,
        ExportReport,
        ExportResultOperations,
        ExportSuccess,
        NotExported,
        ReportOutcome,
        ReportStatus,
    )
    from brex_accounting.field_values import (
        FieldValue,
        FieldValueBatch,
        FieldValueChange,
        FieldValueId,
        FieldValueOperations,
        FieldValueUpdate,
        NewFieldValue,
    )
    from brex_accounting.fields import Field, FieldGroup, FieldOperations, NewField
    from brex_accounting.flat_lines import LINE_COLUMNS, ChartAccount, lines
    from brex_accounting.integrations import Integration, IntegrationOperations, IntegrationStatus
    from brex_accounting.legal_entities import LegalEntity, LegalEntityOperations, LegalEntityStatus
    from brex_accounting.oauth import (
        AsyncOAuthClient,
        AuthorizationError,
        ConsentRequiredError,
        OAuthApp,
        OAuthClient,
        Pkce,
        check_state,
        new_state,
    )
    from brex_accounting.receipts import ReceiptFile, ReceiptOperations
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
    from brex_accounting.renewing import ClientCredentials, OAuth
    from brex_accounting.token_file import FileTokenStore
    from brex_accounting.token_status import TokenKind, TokenStatus
    from brex_accounting.tokens import LockingTokenStore, MemoryTokenStore, Tokens, TokenStore
    from brex_accounting.users import TeamUser, UserOperations, UserStatus
    from brex_accounting.webhook_groups import (
        WebhookGroup,
        WebhookGroupMember,
        WebhookGroupMemberType,
        WebhookGroupOperations,
    )
    from brex_accounting.webhook_secrets import WebhookSecret, WebhookSecretOperations, WebhookSecretStatus
    from brex_accounting.webhook_subscriptions import (
        NewWebhookSubscription,
        WebhookEventType,
        WebhookSubscription,
        WebhookSubscriptionOperations,
        WebhookSubscriptionStatus,
        WebhookSubscriptionUpdate,
    )
    from clientkit.call_context import Options, RetryPolicy
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
        RateLimitedError,
        RedirectError,
        ServerError,
        StatusError,
        UnauthorizedError,
        UnprocessableError,
        UnreadableAnswerError,
    )
    from clientkit.pacing import Pacer
    from clientkit.paging import AsyncPager, Pager
    from clientkit.problems import Problem, Violation
    from clientkit.requests import Download, Page, Request
    from clientkit.tolerance import Unreadable
    from clientkit.verdicts import Verdict
    from clientkit.webhooks import (
        DuplicateWebhookError,
        Headers,
        MalformedWebhookError,
        SeenIds,
        SeenStore,
        StaleWebhookError,
        UnreadableWebhookError,
        WebhookError,
        WebhookSecretError,
        WrongSignatureError,
    )
    from clientkit.wire import Answered

# Made by docs/make_exports.py from the imports above.
_HOMES = {
    "brex_accounting.auth": ("Credential", "UserToken",),
    "brex_accounting.client": ("AsyncClient", "Client",),
    "brex_accounting.company": ("Address", "Company", "CompanyOperations",),
    "brex_accounting.errors": (
        "ActiveIntegrationExistsError", "DuplicateRecordsError", "IntegrationNotActiveError", "RecordsNotFoundError",
        "RecordsNotReadyError", "VendorAccountMismatchError",
    ),
    "brex_accounting.expenses": (
        "Expense", "ExpenseDetail", "ExpenseOperations", "ExpensePaymentStatus", "ExpenseStatus", "ExpenseType",
        "Merchant", "MinorAmount",
    ),
    "brex_accounting.export_results": (
        "ExportFailure", "ExportReport", "ExportResultOperations", "ExportSuccess", "Exported", "NotExported",
        "ReportOutcome", "ReportStatus",
    ),
    "brex_accounting.field_values": (
        "FieldValue", "FieldValueBatch", "FieldValueChange", "FieldValueId", "FieldValueOperations", "FieldValueUpdate",
        "NewFieldValue",
    ),
    "brex_accounting.fields": ("Field", "FieldGroup", "FieldOperations", "NewField",),
    "brex_accounting.flat_lines": ("ChartAccount", "LINE_COLUMNS", "lines",),
    "brex_accounting.integrations": ("Integration", "IntegrationOperations", "IntegrationStatus",),
    "brex_accounting.legal_entities": ("LegalEntity", "LegalEntityOperations", "LegalEntityStatus",),
    "brex_accounting.oauth": (
        "AsyncOAuthClient", "AuthorizationError", "ConsentRequiredError", "OAuthApp", "OAuthClient", "Pkce",
        "check_state", "new_state",
    ),
    "brex_accounting.receipts": ("ReceiptFile", "ReceiptOperations",),
    "brex_accounting.records": (
        "Amount", "EARLIEST", "FieldValueRef", "LineItem", "Receipt", "Record", "RecordOperations", "RecordType",
        "RecordVendor", "ReviewStatus", "Side", "SourceType", "User",
    ),
    "brex_accounting.renewing": ("ClientCredentials", "OAuth",),
    "brex_accounting.token_file": ("FileTokenStore",),
    "brex_accounting.token_status": ("TokenKind", "TokenStatus",),
    "brex_accounting.tokens": ("LockingTokenStore", "MemoryTokenStore", "TokenStore", "Tokens",),
    "brex_accounting.users": ("TeamUser", "UserOperations", "UserStatus",),
    "brex_accounting.webhook_groups": (
        "WebhookGroup", "WebhookGroupMember", "WebhookGroupMemberType", "WebhookGroupOperations",
    ),
    "brex_accounting.webhook_secrets": ("WebhookSecret", "WebhookSecretOperations", "WebhookSecretStatus",),
    "brex_accounting.webhook_subscriptions": (
        "NewWebhookSubscription", "WebhookEventType", "WebhookSubscription", "WebhookSubscriptionOperations",
        "WebhookSubscriptionStatus", "WebhookSubscriptionUpdate",
    ),
    "clientkit.call_context": ("Options", "RetryPolicy",),
    "clientkit.errors": (
        "AnswerError", "AnswerTimeoutError", "AnswerTooLargeError", "ApiError", "BadRequestError", "ConfigurationError",
        "ConflictError", "ConnectionLostError", "DeadlineExceededError", "ForbiddenError", "NoAnswerError",
        "NotFoundError", "NotSentError", "PagingError", "RateLimitedError", "RedirectError", "ServerError",
        "StatusError", "UnauthorizedError", "UnprocessableError", "UnreadableAnswerError",
    ),
    "clientkit.pacing": ("Pacer",),
    "clientkit.paging": ("AsyncPager", "Pager",),
    "clientkit.problems": ("Problem", "Violation",),
    "clientkit.requests": ("Download", "Page", "Request",),
    "clientkit.tolerance": ("Unreadable",),
    "clientkit.verdicts": ("Verdict",),
    "clientkit.webhooks": (
        "DuplicateWebhookError", "Headers", "MalformedWebhookError", "SeenIds", "SeenStore", "StaleWebhookError",
        "UnreadableWebhookError", "WebhookError", "WebhookSecretError", "WrongSignatureError",
    ),
    "clientkit.wire": ("Answered",),
}  # fmt: skip
__all__ = [
    "ActiveIntegrationExistsError", "Address", "Amount", "AnswerError", "AnswerTimeoutError", "AnswerTooLargeError",
    "Answered", "ApiError", "AsyncClient", "AsyncOAuthClient", "AsyncPager", "AuthorizationError", "BadRequestError",
    "ChartAccount", "Client", "ClientCredentials", "Company", "CompanyOperations", "ConfigurationError",
    "ConflictError", "ConnectionLostError", "ConsentRequiredError", "Credential", "DeadlineExceededError", "Download",
    "DuplicateRecordsError", "DuplicateWebhookError", "EARLIEST", "Expense", "ExpenseDetail", "ExpenseOperations",
    "ExpensePaymentStatus", "ExpenseStatus", "ExpenseType", "ExportFailure", "ExportReport", "ExportResultOperations",
    "ExportSuccess", "Exported", "Field", "FieldGroup", "FieldOperations", "FieldValue", "FieldValueBatch",
    "FieldValueChange", "FieldValueId", "FieldValueOperations", "FieldValueRef", "FieldValueUpdate", "FileTokenStore",
    "ForbiddenError", "Headers", "Integration", "IntegrationNotActiveError", "IntegrationOperations",
    "IntegrationStatus", "LINE_COLUMNS", "LegalEntity", "LegalEntityOperations", "LegalEntityStatus", "LineItem",
    "LockingTokenStore", "MalformedWebhookError", "MemoryTokenStore", "Merchant", "MinorAmount", "NewField",
    "NewFieldValue", "NewWebhookSubscription", "NoAnswerError", "NotExported", "NotFoundError", "NotSentError", "OAuth",
    "OAuthApp", "OAuthClient", "Options", "Pacer", "Page", "Pager", "PagingError", "Pkce", "Problem",
    "RateLimitedError", "Receipt", "ReceiptFile", "ReceiptOperations", "Record", "RecordOperations", "RecordType",
    "RecordVendor", "RecordsNotFoundError", "RecordsNotReadyError", "RedirectError", "ReportOutcome", "ReportStatus",
    "Request", "RetryPolicy", "ReviewStatus", "SeenIds", "SeenStore", "ServerError", "Side", "SourceType",
    "StaleWebhookError", "StatusError", "TeamUser", "TokenKind", "TokenStatus", "TokenStore", "Tokens",
    "UnauthorizedError", "UnprocessableError", "Unreadable", "UnreadableAnswerError", "UnreadableWebhookError", "User",
    "UserOperations", "UserStatus", "UserToken", "VendorAccountMismatchError", "Verdict", "Violation", "WebhookError",
    "WebhookEventType", "WebhookGroup", "WebhookGroupMember", "WebhookGroupMemberType", "WebhookGroupOperations",
    "WebhookSecret", "WebhookSecretError", "WebhookSecretOperations", "WebhookSecretStatus", "WebhookSubscription",
    "WebhookSubscriptionOperations", "WebhookSubscriptionStatus", "WebhookSubscriptionUpdate", "WrongSignatureError",
    "check_state", "lines", "new_state",
]  # fmt: skip
# End of what is made.

if not TYPE_CHECKING:
    # Type checkers take a name that is not there for an error, where they do not see that names load.
    __getattr__, __dir__ = lazy(__name__, _HOMES)
