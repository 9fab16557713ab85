"""A typed client of the Rillet Accounting API, blocking and asynchronous.

Names load their module when they are first used, so importing the package costs next to nothing::

    import rillet

    with rillet.Client.from_env() as client:
        for account in client.accounts.list():
            print(account.code, account.name)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
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
    from rillet.client import AsyncClient, Client
    from rillet.errors import ExternalReferenceTypeNotFoundError
    from rillet.ledger.accounts import Account, AccountOperations, AccountStatus, AccountType
    from rillet.ledger.book_periods import BookPeriod, BookPeriodOperations, BookStatus
    from rillet.ledger.fields import (
        Field,
        FieldDisplay,
        FieldOperations,
        FieldRule,
        FieldSettings,
        FieldUpdate,
        FieldValue,
        NewField,
        NewFieldValue,
    )
    from rillet.ledger.organization import Organization, OrganizationOperations
    from rillet.ledger.subsidiaries import Subsidiary, SubsidiaryOperations, SubsidiaryType
    from rillet.payables.charges import Charge, ChargeOperations, NewCharge
    from rillet.payables.items import ExpenseItem, NewExpenseItem
    from rillet.payables.reimbursements import NewReimbursement, Reimbursement, ReimbursementOperations
    from rillet.payables.vendors import NewVendor, Vendor, VendorOperations
    from rillet.reports import AccountBalance, ReportOperations, ReportPeriod, TrialBalance, TrialBalanceTotals
    from rillet.values import (
        Address,
        DocumentStatus,
        ExchangeRate,
        ExpenseTax,
        ExternalReference,
        FieldAssignment,
        Money,
        Period,
        TaxCoverage,
        TaxType,
    )

_HOMES = {
    "clientkit.errors": ("AnswerError", "AnswerTimeoutError", "AnswerTooLargeError", "ApiError", "BadRequestError", "ConfigurationError", "ConflictError", "ConnectionLostError", "DeadlineExceededError", "ForbiddenError", "NoAnswerError", "NotFoundError", "NotSentError", "PagingError", "Problem", "RateLimitedError", "RedirectError", "ServerError", "StatusError", "UnauthorizedError", "UnprocessableError", "UnreadableAnswerError", "Violation",),
    "clientkit.exchange": ("Answered", "Options", "RetryPolicy",),
    "clientkit.pacing": ("Pacer",),
    "clientkit.paging": ("AsyncPager", "Pager",),
    "clientkit.requests": ("Page", "Request",),
    "rillet.client": ("AsyncClient", "Client",),
    "rillet.errors": ("ExternalReferenceTypeNotFoundError",),
    "rillet.ledger.accounts": ("Account", "AccountOperations", "AccountStatus", "AccountType",),
    "rillet.ledger.book_periods": ("BookPeriod", "BookPeriodOperations", "BookStatus",),
    "rillet.ledger.fields": ("Field", "FieldDisplay", "FieldOperations", "FieldRule", "FieldSettings", "FieldUpdate", "FieldValue", "NewField", "NewFieldValue",),
    "rillet.ledger.organization": ("Organization", "OrganizationOperations",),
    "rillet.ledger.subsidiaries": ("Subsidiary", "SubsidiaryOperations", "SubsidiaryType",),
    "rillet.payables.charges": ("Charge", "ChargeOperations", "NewCharge",),
    "rillet.payables.items": ("ExpenseItem", "NewExpenseItem",),
    "rillet.payables.reimbursements": ("NewReimbursement", "Reimbursement", "ReimbursementOperations",),
    "rillet.payables.vendors": ("NewVendor", "Vendor", "VendorOperations",),
    "rillet.reports": ("AccountBalance", "ReportOperations", "ReportPeriod", "TrialBalance", "TrialBalanceTotals",),
    "rillet.values": ("Address", "DocumentStatus", "ExchangeRate", "ExpenseTax", "ExternalReference", "FieldAssignment", "Money", "Period", "TaxCoverage", "TaxType",),
}  # fmt: skip

__all__ = [
    "Account", "AccountBalance", "AccountOperations", "AccountStatus", "AccountType", "Address", "AnswerError",
    "AnswerTimeoutError", "AnswerTooLargeError", "Answered", "ApiError", "AsyncClient", "AsyncPager",
    "BadRequestError", "BookPeriod", "BookPeriodOperations", "BookStatus", "Charge", "ChargeOperations", "Client",
    "ConfigurationError", "ConflictError", "ConnectionLostError", "DeadlineExceededError", "DocumentStatus",
    "ExchangeRate", "ExpenseItem", "ExpenseTax", "ExternalReference", "ExternalReferenceTypeNotFoundError", "Field",
    "FieldAssignment", "FieldDisplay", "FieldOperations", "FieldRule", "FieldSettings", "FieldUpdate", "FieldValue",
    "ForbiddenError", "Money", "NewCharge", "NewExpenseItem", "NewField", "NewFieldValue", "NewReimbursement",
    "NewVendor", "NoAnswerError", "NotFoundError", "NotSentError", "Options", "Organization",
    "OrganizationOperations", "Pacer", "Page", "Pager", "PagingError", "Period", "Problem", "RateLimitedError",
    "RedirectError", "Reimbursement", "ReimbursementOperations", "ReportOperations", "ReportPeriod", "Request",
    "RetryPolicy", "ServerError", "StatusError", "Subsidiary", "SubsidiaryOperations", "SubsidiaryType",
    "TaxCoverage", "TaxType", "TrialBalance", "TrialBalanceTotals", "UnauthorizedError", "UnprocessableError",
    "UnreadableAnswerError", "Vendor", "VendorOperations", "Violation",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__, _HOMES)
