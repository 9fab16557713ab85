"""A typed client of the Rillet Accounting API, blocking and asynchronous.

A name loads its module when it is first used, so importing the package is fast::

    import rillet

    with rillet.Client.from_env() as client:
        for account in client.accounts.list():
            print(account.code, account.name)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from clientkit.call_context import Options, RetryPolicy
    from clientkit.codec.unions import UnknownVariant
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
    from clientkit.forms import Multipart
    from clientkit.pacing import Pacer
    from clientkit.paging import AsyncPager, Pager
    from clientkit.problems import Problem, Violation
    from clientkit.requests import Page, Request
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
    from rillet.client import AsyncClient, Client
    from rillet.errors import ExternalReferenceTypeNotFoundError, NotModifiableError, ObjectChangedError
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
    from rillet.ledger.journal_entries import (
        JournalEntry,
        JournalEntryItem,
        JournalEntryOperations,
        JournalEntryUpdate,
        NewJournalEntry,
        NewJournalEntryItem,
        RelatedEntity,
        RelatedEntityType,
        Side,
    )
    from rillet.ledger.organization import Organization, OrganizationOperations
    from rillet.ledger.subsidiaries import Subsidiary, SubsidiaryOperations, SubsidiaryType
    from rillet.ledger.tax_rates import TaxRate, TaxRateOperations
    from rillet.payables.bills import Bill, BillChanges, BillOperations, BillPayment, BillStatus, BillUpdate, NewBill
    from rillet.payables.charges import Charge, ChargeOperations, NewCharge
    from rillet.payables.items import ExpenseItem, NewExpenseItem
    from rillet.payables.payments import ClearingStatus, NewPayment
    from rillet.payables.reimbursements import (
        NewReimbursement,
        Reimbursement,
        ReimbursementOperations,
        ReimbursementPayment,
    )
    from rillet.payables.vendor_credits import (
        NewVendorCredit,
        NewVendorCreditApplication,
        NewVendorCreditItem,
        VendorCredit,
        VendorCreditApplication,
        VendorCreditChanges,
        VendorCreditItem,
        VendorCreditOperations,
        VendorCreditStatus,
        VendorCreditUpdate,
    )
    from rillet.payables.vendors import NewVendor, Vendor, VendorChanges, VendorOperations
    from rillet.receivables.amendments import (
        AddedItem,
        AmendedItem,
        AmendmentEffectiveFrom,
        AmendmentItem,
        AmendmentPreview,
        ChangedItem,
        ContractAmendment,
        FullContractAmendment,
        RevenueRecognitionOnlyContractAmendment,
        TerminatedItem,
    )
    from rillet.receivables.contract_items import ContractItemOperations, NewUsage, Usage, UsageRecords
    from rillet.receivables.contracts import (
        Contract,
        ContractInvoice,
        ContractItem,
        ContractItemStatus,
        ContractOperations,
        ContractStatus,
        NewContract,
        NewContractItem,
        NewExternalContractItem,
        NewFullContract,
        NewRevenueRecognitionOnlyContract,
    )
    from rillet.receivables.credit_memos import (
        CreditMemo,
        CreditMemoApplication,
        CreditMemoItem,
        CreditMemoItemPrice,
        CreditMemoOperations,
        CreditMemoStatus,
        CreditMemoUpdate,
        NewCreditMemo,
        NewCreditMemoApplication,
        NewCreditMemoItem,
    )
    from rillet.receivables.customers import (
        Customer,
        CustomerChanges,
        CustomerEmail,
        CustomerEmailType,
        CustomerOperations,
        NewCustomer,
        PaymentMethod,
        PaymentSetup,
        PaymentType,
    )
    from rillet.receivables.draft_contracts import (
        ContractScope,
        DraftContract,
        DraftContractChanges,
        DraftContractItem,
        DraftContractOperations,
        NewDraftContract,
        NewDraftContractItem,
    )
    from rillet.receivables.invoice_payments import (
        InvoicePayment,
        InvoicePaymentOperations,
        InvoicePaymentStatus,
        NewInvoicePayment,
    )
    from rillet.receivables.invoices import (
        FullInvoiceUpdate,
        Invoice,
        InvoiceItem,
        InvoiceItemPrice,
        InvoiceItemUpdate,
        InvoiceOperations,
        InvoiceStatus,
        InvoiceUpdate,
        InvoicingBankAccount,
        NewArOnlyInvoice,
        NewExternalInvoiceItem,
        NewFullInvoice,
        NewInvoice,
        NewInvoiceItem,
        NewRevenueRecognitionOnlyInvoice,
        RevenueRecognitionOnlyInvoiceUpdate,
    )
    from rillet.receivables.invoicing import (
        CommitmentCycle,
        CommitmentFrequency,
        InvoiceSchedule,
        Invoicing,
        MinimumCommitmentInvoicing,
        MonthlyInvoicing,
        MonthlyProratedInvoicing,
        QuarterlyInvoicing,
        ScheduledInvoice,
        ScheduledInvoiceItem,
        SemiAnnualInvoicing,
        UsageCommitment,
        UsageConfiguration,
        UsageCycle,
        UsageFrequency,
        UsageInvoiceDate,
        UsageInvoicing,
        YearlyInvoicing,
        month_day,
    )
    from rillet.receivables.items import ItemRevenue, ItemTax, ItemTaxesUpdate, TaxesUpdate
    from rillet.receivables.pricing import (
        AmountDiscount,
        BillingScheme,
        Discount,
        FixedRecurringPrice,
        OneTimePrice,
        PercentageDiscount,
        PerUnitBilling,
        Price,
        RevenuePattern,
        Tier,
        TieredBilling,
        TierMode,
        UsagePrice,
    )
    from rillet.receivables.products import NewProduct, Product, ProductChanges, ProductOperations, ProductStatus
    from rillet.reports import ReportOperations
    from rillet.reports.arr_waterfall import CustomerRevenue, MonthlyRevenue
    from rillet.reports.journal_entries import ReportingJournalEntry, ReportingJournalEntryItem
    from rillet.reports.statements import (
        BalanceSheet,
        BreakdownAmount,
        BreakdownBy,
        BreakdownMargin,
        BreakdownType,
        CashFlowStatement,
        ExecutivePL,
        IncomeStatement,
        ReportAccount,
        ReportBreakdown,
        ReportGroup,
        ReportLine,
        ReportLines,
        ReportSummary,
    )
    from rillet.reports.trial_balance import AccountBalance, ReportPeriod, TrialBalance, TrialBalanceTotals
    from rillet.service import ServiceOperations
    from rillet.treasury.bank_accounts import BankAccount, BankAccountOperations, BankAccountStatus, NewBankAccount
    from rillet.treasury.bank_transactions import (
        BankTransaction,
        BankTransactionChanges,
        BankTransactionOperations,
        BankTransactionUpdate,
        NewBankTransaction,
    )
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

# Made by docs/make_exports.py from the imports above.
_HOMES = {
    "clientkit.call_context": ("Options", "RetryPolicy",),
    "clientkit.codec.unions": ("UnknownVariant",),
    "clientkit.errors": (
        "AnswerError", "AnswerTimeoutError", "AnswerTooLargeError", "ApiError", "BadRequestError", "ConfigurationError",
        "ConflictError", "ConnectionLostError", "DeadlineExceededError", "ForbiddenError", "NoAnswerError",
        "NotFoundError", "NotSentError", "PagingError", "RateLimitedError", "RedirectError", "ServerError",
        "StatusError", "UnauthorizedError", "UnprocessableError", "UnreadableAnswerError",
    ),
    "clientkit.forms": ("Multipart",),
    "clientkit.pacing": ("Pacer",),
    "clientkit.paging": ("AsyncPager", "Pager",),
    "clientkit.problems": ("Problem", "Violation",),
    "clientkit.requests": ("Page", "Request",),
    "clientkit.tolerance": ("Unreadable",),
    "clientkit.verdicts": ("Verdict",),
    "clientkit.webhooks": (
        "DuplicateWebhookError", "Headers", "MalformedWebhookError", "SeenIds", "SeenStore", "StaleWebhookError",
        "UnreadableWebhookError", "WebhookError", "WebhookSecretError", "WrongSignatureError",
    ),
    "clientkit.wire": ("Answered",),
    "rillet.client": ("AsyncClient", "Client",),
    "rillet.errors": ("ExternalReferenceTypeNotFoundError", "NotModifiableError", "ObjectChangedError",),
    "rillet.ledger.accounts": ("Account", "AccountOperations", "AccountStatus", "AccountType",),
    "rillet.ledger.book_periods": ("BookPeriod", "BookPeriodOperations", "BookStatus",),
    "rillet.ledger.fields": (
        "Field", "FieldDisplay", "FieldOperations", "FieldRule", "FieldSettings", "FieldUpdate", "FieldValue",
        "NewField", "NewFieldValue",
    ),
    "rillet.ledger.journal_entries": (
        "JournalEntry", "JournalEntryItem", "JournalEntryOperations", "JournalEntryUpdate", "NewJournalEntry",
        "NewJournalEntryItem", "RelatedEntity", "RelatedEntityType", "Side",
    ),
    "rillet.ledger.organization": ("Organization", "OrganizationOperations",),
    "rillet.ledger.subsidiaries": ("Subsidiary", "SubsidiaryOperations", "SubsidiaryType",),
    "rillet.ledger.tax_rates": ("TaxRate", "TaxRateOperations",),
    "rillet.payables.bills": (
        "Bill", "BillChanges", "BillOperations", "BillPayment", "BillStatus", "BillUpdate", "NewBill",
    ),
    "rillet.payables.charges": ("Charge", "ChargeOperations", "NewCharge",),
    "rillet.payables.items": ("ExpenseItem", "NewExpenseItem",),
    "rillet.payables.payments": ("ClearingStatus", "NewPayment",),
    "rillet.payables.reimbursements": (
        "NewReimbursement", "Reimbursement", "ReimbursementOperations", "ReimbursementPayment",
    ),
    "rillet.payables.vendor_credits": (
        "NewVendorCredit", "NewVendorCreditApplication", "NewVendorCreditItem", "VendorCredit",
        "VendorCreditApplication", "VendorCreditChanges", "VendorCreditItem", "VendorCreditOperations",
        "VendorCreditStatus", "VendorCreditUpdate",
    ),
    "rillet.payables.vendors": ("NewVendor", "Vendor", "VendorChanges", "VendorOperations",),
    "rillet.receivables.amendments": (
        "AddedItem", "AmendedItem", "AmendmentEffectiveFrom", "AmendmentItem", "AmendmentPreview", "ChangedItem",
        "ContractAmendment", "FullContractAmendment", "RevenueRecognitionOnlyContractAmendment", "TerminatedItem",
    ),
    "rillet.receivables.contract_items": ("ContractItemOperations", "NewUsage", "Usage", "UsageRecords",),
    "rillet.receivables.contracts": (
        "Contract", "ContractInvoice", "ContractItem", "ContractItemStatus", "ContractOperations", "ContractStatus",
        "NewContract", "NewContractItem", "NewExternalContractItem", "NewFullContract",
        "NewRevenueRecognitionOnlyContract",
    ),
    "rillet.receivables.credit_memos": (
        "CreditMemo", "CreditMemoApplication", "CreditMemoItem", "CreditMemoItemPrice", "CreditMemoOperations",
        "CreditMemoStatus", "CreditMemoUpdate", "NewCreditMemo", "NewCreditMemoApplication", "NewCreditMemoItem",
    ),
    "rillet.receivables.customers": (
        "Customer", "CustomerChanges", "CustomerEmail", "CustomerEmailType", "CustomerOperations", "NewCustomer",
        "PaymentMethod", "PaymentSetup", "PaymentType",
    ),
    "rillet.receivables.draft_contracts": (
        "ContractScope", "DraftContract", "DraftContractChanges", "DraftContractItem", "DraftContractOperations",
        "NewDraftContract", "NewDraftContractItem",
    ),
    "rillet.receivables.invoice_payments": (
        "InvoicePayment", "InvoicePaymentOperations", "InvoicePaymentStatus", "NewInvoicePayment",
    ),
    "rillet.receivables.invoices": (
        "FullInvoiceUpdate", "Invoice", "InvoiceItem", "InvoiceItemPrice", "InvoiceItemUpdate", "InvoiceOperations",
        "InvoiceStatus", "InvoiceUpdate", "InvoicingBankAccount", "NewArOnlyInvoice", "NewExternalInvoiceItem",
        "NewFullInvoice", "NewInvoice", "NewInvoiceItem", "NewRevenueRecognitionOnlyInvoice",
        "RevenueRecognitionOnlyInvoiceUpdate",
    ),
    "rillet.receivables.invoicing": (
        "CommitmentCycle", "CommitmentFrequency", "InvoiceSchedule", "Invoicing", "MinimumCommitmentInvoicing",
        "MonthlyInvoicing", "MonthlyProratedInvoicing", "QuarterlyInvoicing", "ScheduledInvoice",
        "ScheduledInvoiceItem", "SemiAnnualInvoicing", "UsageCommitment", "UsageConfiguration", "UsageCycle",
        "UsageFrequency", "UsageInvoiceDate", "UsageInvoicing", "YearlyInvoicing", "month_day",
    ),
    "rillet.receivables.items": ("ItemRevenue", "ItemTax", "ItemTaxesUpdate", "TaxesUpdate",),
    "rillet.receivables.pricing": (
        "AmountDiscount", "BillingScheme", "Discount", "FixedRecurringPrice", "OneTimePrice", "PerUnitBilling",
        "PercentageDiscount", "Price", "RevenuePattern", "Tier", "TierMode", "TieredBilling", "UsagePrice",
    ),
    "rillet.receivables.products": ("NewProduct", "Product", "ProductChanges", "ProductOperations", "ProductStatus",),
    "rillet.reports": ("ReportOperations",),
    "rillet.reports.arr_waterfall": ("CustomerRevenue", "MonthlyRevenue",),
    "rillet.reports.journal_entries": ("ReportingJournalEntry", "ReportingJournalEntryItem",),
    "rillet.reports.statements": (
        "BalanceSheet", "BreakdownAmount", "BreakdownBy", "BreakdownMargin", "BreakdownType", "CashFlowStatement",
        "ExecutivePL", "IncomeStatement", "ReportAccount", "ReportBreakdown", "ReportGroup", "ReportLine",
        "ReportLines", "ReportSummary",
    ),
    "rillet.reports.trial_balance": ("AccountBalance", "ReportPeriod", "TrialBalance", "TrialBalanceTotals",),
    "rillet.service": ("ServiceOperations",),
    "rillet.treasury.bank_accounts": ("BankAccount", "BankAccountOperations", "BankAccountStatus", "NewBankAccount",),
    "rillet.treasury.bank_transactions": (
        "BankTransaction", "BankTransactionChanges", "BankTransactionOperations", "BankTransactionUpdate",
        "NewBankTransaction",
    ),
    "rillet.values": (
        "Address", "DocumentStatus", "ExchangeRate", "ExpenseTax", "ExternalReference", "FieldAssignment", "Money",
        "Period", "TaxCoverage", "TaxType",
    ),
}  # fmt: skip
__all__ = [
    "Account", "AccountBalance", "AccountOperations", "AccountStatus", "AccountType", "AddedItem", "Address",
    "AmendedItem", "AmendmentEffectiveFrom", "AmendmentItem", "AmendmentPreview", "AmountDiscount", "AnswerError",
    "AnswerTimeoutError", "AnswerTooLargeError", "Answered", "ApiError", "AsyncClient", "AsyncPager", "BadRequestError",
    "BalanceSheet", "BankAccount", "BankAccountOperations", "BankAccountStatus", "BankTransaction",
    "BankTransactionChanges", "BankTransactionOperations", "BankTransactionUpdate", "Bill", "BillChanges",
    "BillOperations", "BillPayment", "BillStatus", "BillUpdate", "BillingScheme", "BookPeriod", "BookPeriodOperations",
    "BookStatus", "BreakdownAmount", "BreakdownBy", "BreakdownMargin", "BreakdownType", "CashFlowStatement",
    "ChangedItem", "Charge", "ChargeOperations", "ClearingStatus", "Client", "CommitmentCycle", "CommitmentFrequency",
    "ConfigurationError", "ConflictError", "ConnectionLostError", "Contract", "ContractAmendment", "ContractInvoice",
    "ContractItem", "ContractItemOperations", "ContractItemStatus", "ContractOperations", "ContractScope",
    "ContractStatus", "CreditMemo", "CreditMemoApplication", "CreditMemoItem", "CreditMemoItemPrice",
    "CreditMemoOperations", "CreditMemoStatus", "CreditMemoUpdate", "Customer", "CustomerChanges", "CustomerEmail",
    "CustomerEmailType", "CustomerOperations", "CustomerRevenue", "DeadlineExceededError", "Discount", "DocumentStatus",
    "DraftContract", "DraftContractChanges", "DraftContractItem", "DraftContractOperations", "DuplicateWebhookError",
    "ExchangeRate", "ExecutivePL", "ExpenseItem", "ExpenseTax", "ExternalReference",
    "ExternalReferenceTypeNotFoundError", "Field", "FieldAssignment", "FieldDisplay", "FieldOperations", "FieldRule",
    "FieldSettings", "FieldUpdate", "FieldValue", "FixedRecurringPrice", "ForbiddenError", "FullContractAmendment",
    "FullInvoiceUpdate", "Headers", "IncomeStatement", "Invoice", "InvoiceItem", "InvoiceItemPrice",
    "InvoiceItemUpdate", "InvoiceOperations", "InvoicePayment", "InvoicePaymentOperations", "InvoicePaymentStatus",
    "InvoiceSchedule", "InvoiceStatus", "InvoiceUpdate", "Invoicing", "InvoicingBankAccount", "ItemRevenue", "ItemTax",
    "ItemTaxesUpdate", "JournalEntry", "JournalEntryItem", "JournalEntryOperations", "JournalEntryUpdate",
    "MalformedWebhookError", "MinimumCommitmentInvoicing", "Money", "MonthlyInvoicing", "MonthlyProratedInvoicing",
    "MonthlyRevenue", "Multipart", "NewArOnlyInvoice", "NewBankAccount", "NewBankTransaction", "NewBill", "NewCharge",
    "NewContract", "NewContractItem", "NewCreditMemo", "NewCreditMemoApplication", "NewCreditMemoItem", "NewCustomer",
    "NewDraftContract", "NewDraftContractItem", "NewExpenseItem", "NewExternalContractItem", "NewExternalInvoiceItem",
    "NewField", "NewFieldValue", "NewFullContract", "NewFullInvoice", "NewInvoice", "NewInvoiceItem",
    "NewInvoicePayment", "NewJournalEntry", "NewJournalEntryItem", "NewPayment", "NewProduct", "NewReimbursement",
    "NewRevenueRecognitionOnlyContract", "NewRevenueRecognitionOnlyInvoice", "NewUsage", "NewVendor", "NewVendorCredit",
    "NewVendorCreditApplication", "NewVendorCreditItem", "NoAnswerError", "NotFoundError", "NotModifiableError",
    "NotSentError", "ObjectChangedError", "OneTimePrice", "Options", "Organization", "OrganizationOperations", "Pacer",
    "Page", "Pager", "PagingError", "PaymentMethod", "PaymentSetup", "PaymentType", "PerUnitBilling",
    "PercentageDiscount", "Period", "Price", "Problem", "Product", "ProductChanges", "ProductOperations",
    "ProductStatus", "QuarterlyInvoicing", "RateLimitedError", "RedirectError", "Reimbursement",
    "ReimbursementOperations", "ReimbursementPayment", "RelatedEntity", "RelatedEntityType", "ReportAccount",
    "ReportBreakdown", "ReportGroup", "ReportLine", "ReportLines", "ReportOperations", "ReportPeriod", "ReportSummary",
    "ReportingJournalEntry", "ReportingJournalEntryItem", "Request", "RetryPolicy", "RevenuePattern",
    "RevenueRecognitionOnlyContractAmendment", "RevenueRecognitionOnlyInvoiceUpdate", "ScheduledInvoice",
    "ScheduledInvoiceItem", "SeenIds", "SeenStore", "SemiAnnualInvoicing", "ServerError", "ServiceOperations", "Side",
    "StaleWebhookError", "StatusError", "Subsidiary", "SubsidiaryOperations", "SubsidiaryType", "TaxCoverage",
    "TaxRate", "TaxRateOperations", "TaxType", "TaxesUpdate", "TerminatedItem", "Tier", "TierMode", "TieredBilling",
    "TrialBalance", "TrialBalanceTotals", "UnauthorizedError", "UnknownVariant", "UnprocessableError", "Unreadable",
    "UnreadableAnswerError", "UnreadableWebhookError", "Usage", "UsageCommitment", "UsageConfiguration", "UsageCycle",
    "UsageFrequency", "UsageInvoiceDate", "UsageInvoicing", "UsagePrice", "UsageRecords", "Vendor", "VendorChanges",
    "VendorCredit", "VendorCreditApplication", "VendorCreditChanges", "VendorCreditItem", "VendorCreditOperations",
    "VendorCreditStatus", "VendorCreditUpdate", "VendorOperations", "Verdict", "Violation", "WebhookError",
    "WebhookSecretError", "WrongSignatureError", "YearlyInvoicing", "month_day",
]  # fmt: skip
# End of what is made.

if not TYPE_CHECKING:
    # Type checkers take a name that is not there for an error, where they do not see that names load.
    __getattr__, __dir__ = lazy(__name__, _HOMES)
