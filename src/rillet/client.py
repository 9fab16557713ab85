"""The two clients of the Rillet Accounting API (https://docs.api.rillet.com)."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from clientkit.call_context import CallContext, Clocks, Options, Service
from clientkit.client import (
    AsyncBaseClient,
    BaseClient,
    LazyResource,
    checked_base_url,
    checked_token,
    from_environment,
    new_call_context,
    or_problem,
    user_agent,
    without_problem,
)
from clientkit.drivers import pause
from clientkit.errors import ConfigurationError
from clientkit.pacing import Paces, Pacing, pacer_for
from clientkit.transport import AsyncTransport, Transport
from rillet.errors import ERROR_TYPES, read_problem

if TYPE_CHECKING:
    import httpx

    from rillet.ledger.accounts import Accounts, AsyncAccounts
    from rillet.ledger.book_periods import AsyncBookPeriods, BookPeriods
    from rillet.ledger.fields import AsyncFields, Fields
    from rillet.ledger.journal_entries import AsyncJournalEntries, JournalEntries
    from rillet.ledger.organization import AsyncOrganizationResource, OrganizationResource
    from rillet.ledger.subsidiaries import AsyncSubsidiaries, Subsidiaries
    from rillet.ledger.tax_rates import AsyncTaxRates, TaxRates
    from rillet.payables.bills import AsyncBills, Bills
    from rillet.payables.charges import AsyncCharges, Charges
    from rillet.payables.reimbursements import AsyncReimbursements, Reimbursements
    from rillet.payables.vendor_credits import AsyncVendorCredits, VendorCredits
    from rillet.payables.vendors import AsyncVendors, Vendors
    from rillet.receivables.contract_items import AsyncContractItems, ContractItems
    from rillet.receivables.contracts import AsyncContracts, Contracts
    from rillet.receivables.credit_memos import AsyncCreditMemos, CreditMemos
    from rillet.receivables.customers import AsyncCustomers, Customers
    from rillet.receivables.draft_contracts import AsyncDraftContracts, DraftContracts
    from rillet.receivables.invoice_payments import AsyncInvoicePayments, InvoicePayments
    from rillet.receivables.invoices import AsyncInvoices, Invoices
    from rillet.receivables.products import AsyncProducts, Products
    from rillet.reports import AsyncReports, Reports
    from rillet.service import AsyncServiceResource, ServiceResource
    from rillet.treasury.bank_accounts import AsyncBankAccounts, BankAccounts
    from rillet.treasury.bank_transactions import AsyncBankTransactions, BankTransactions

Environment: TypeAlias = Literal["production", "sandbox"]

BASE_URLS: Mapping[str, str] = {
    "production": "https://api.rillet.com",
    "sandbox": "https://sandbox.api.rillet.com",
}
KNOWN_API_VERSIONS = frozenset({"3", "4"})

# 60 requests in any 60 seconds; the documents do not say whether per key or per organization.
_RATE_LIMIT = 60
# Seconds: how much longer one request may be on its way to Rillet than another; it costs less than a hundredth of the pace.
_MARGIN = 0.5


@or_problem
def _connect(
    *,
    api_key: str,
    environment: str,
    base_url: str | None,
    api_version: str,
    options: Options | None,
    pacer: Pacing | Paces | None,
    clocks: Clocks | None,
) -> CallContext:
    if environment not in BASE_URLS:
        raise ConfigurationError(f"environment is {environment!r}; Rillet has 'production' and 'sandbox'")
    if not (api_version.isascii() and api_version.isdecimal()):
        raise ConfigurationError(f"api_version is {api_version!r}; Rillet's versions are whole numbers such as '4'")
    if api_version not in KNOWN_API_VERSIONS:
        known = " and ".join(sorted(KNOWN_API_VERSIONS))
        warnings.warn(
            f"version {api_version} of Rillet's API is unknown to this release, which was written for {known}",
            stacklevel=4,
        )
    service = Service(
        name="Rillet",
        headers={"X-Rillet-API-Version": api_version, "User-Agent": user_agent()},
        trace_header="x-trace-id",
        read_problem=read_problem,
        error_types=ERROR_TYPES,
        key_conflict=True,
    )
    url = base_url or BASE_URLS[environment]
    return new_call_context(
        service,
        base_url=url,
        token=checked_token(api_key, "api_key"),
        options=options,
        pacer=pacer_for(pacer, url, api_key, _RATE_LIMIT, margin=_MARGIN),
        clocks=clocks,
    )


_OPTIONAL = ("environment", "base_url", "api_version")


def _from_env(prefix: str) -> dict[str, str]:
    optional = {name: os.environ.get(f"{prefix}RILLET_{name.upper()}") for name in _OPTIONAL}
    if url := optional["base_url"]:
        checked_base_url(url, f"{prefix}RILLET_BASE_URL")
    # Last, as no frame of an error may hold it.
    key = checked_token(from_environment(f"{prefix}RILLET_API_KEY"), f"{prefix}RILLET_API_KEY")
    return {"api_key": key, **{name: value for name, value in optional.items() if value}}


class Client(BaseClient):
    """A blocking client of one Rillet organization.

    Args:
        api_key: The organization's API key. It never appears in a repr, a log or an error.
        environment: ``production`` or ``sandbox``.
        base_url: Used instead of the environment's address; https, or http on loopback for a stand-in.
        api_version: Sent as ``X-Rillet-API-Version`` with every request, so that a new default of Rillet's changes nothing.
        options: Timeout, deadline, retries and the limit on an answer's size.
        pacer: The rate limit. By default all clients of this process with the same key share 60 requests in 60 seconds.
            `Paces` such as `clientkit.RedisPaces` share it with other processes and machines.
        transport: Used instead of real connections, for instance `rillet.testing.StandIn().transport()`.
        http_client: Your own httpx client for the connections, for instance with a client certificate or a gateway's
            headers. You have to close it, and `timeout` then limits each read and not the attempt as a whole.
        clocks: Used instead of the machine's clocks, for tests.
        sleep: Used instead of `time.sleep`, for tests.

    Raises:
        ConfigurationError: The key, the environment or the base URL cannot be used.
    """

    def __init__(
        self,
        api_key: str,
        *,
        environment: Environment = "production",
        base_url: str | None = None,
        api_version: str = "4",
        options: Options | None = None,
        pacer: Pacing | Paces | None = None,
        transport: Transport | None = None,
        http_client: httpx.Client | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        made = _connect(
            api_key=api_key,
            environment=environment,
            base_url=base_url,
            api_version=api_version,
            options=options,
            pacer=pacer,
            clocks=clocks,
        )
        # A traceback with local variables would show it.
        del api_key
        super().__init__(without_problem(made), transport, http_client=http_client, sleep=sleep)

    @classmethod
    def from_env(
        cls,
        *,
        prefix: str = "",
        pacer: Pacing | Paces | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> Self:
        """A client from ``RILLET_API_KEY``, and ``RILLET_ENVIRONMENT``, ``RILLET_BASE_URL`` and ``RILLET_API_VERSION`` if set.

        With a `prefix` such as ``ACME_`` it is ``ACME_RILLET_API_KEY`` and so on, for each of several tenants.
        `sleep` waits so many seconds, and may raise what a call then raises.

        Raises:
            ConfigurationError: The key is not set, or one of the four cannot be used.
        """
        return cls(**_from_env(prefix), pacer=pacer, sleep=sleep)  # type: ignore[arg-type]  # the constructor checks the text

    accounts: LazyResource[Accounts] = LazyResource("rillet.ledger.accounts", "Accounts")
    bank_accounts: LazyResource[BankAccounts] = LazyResource("rillet.treasury.bank_accounts", "BankAccounts")
    bank_transactions: LazyResource[BankTransactions] = LazyResource(
        "rillet.treasury.bank_transactions", "BankTransactions"
    )
    bills: LazyResource[Bills] = LazyResource("rillet.payables.bills", "Bills")
    book_periods: LazyResource[BookPeriods] = LazyResource("rillet.ledger.book_periods", "BookPeriods")
    charges: LazyResource[Charges] = LazyResource("rillet.payables.charges", "Charges")
    contract_items: LazyResource[ContractItems] = LazyResource("rillet.receivables.contract_items", "ContractItems")
    contracts: LazyResource[Contracts] = LazyResource("rillet.receivables.contracts", "Contracts")
    credit_memos: LazyResource[CreditMemos] = LazyResource("rillet.receivables.credit_memos", "CreditMemos")
    customers: LazyResource[Customers] = LazyResource("rillet.receivables.customers", "Customers")
    draft_contracts: LazyResource[DraftContracts] = LazyResource("rillet.receivables.draft_contracts", "DraftContracts")
    fields: LazyResource[Fields] = LazyResource("rillet.ledger.fields", "Fields")
    invoice_payments: LazyResource[InvoicePayments] = LazyResource(
        "rillet.receivables.invoice_payments", "InvoicePayments"
    )
    invoices: LazyResource[Invoices] = LazyResource("rillet.receivables.invoices", "Invoices")
    journal_entries: LazyResource[JournalEntries] = LazyResource("rillet.ledger.journal_entries", "JournalEntries")
    organization: LazyResource[OrganizationResource] = LazyResource(
        "rillet.ledger.organization", "OrganizationResource"
    )
    products: LazyResource[Products] = LazyResource("rillet.receivables.products", "Products")
    reimbursements: LazyResource[Reimbursements] = LazyResource("rillet.payables.reimbursements", "Reimbursements")
    reports: LazyResource[Reports] = LazyResource("rillet.reports", "Reports")
    service: LazyResource[ServiceResource] = LazyResource("rillet.service", "ServiceResource")
    subsidiaries: LazyResource[Subsidiaries] = LazyResource("rillet.ledger.subsidiaries", "Subsidiaries")
    tax_rates: LazyResource[TaxRates] = LazyResource("rillet.ledger.tax_rates", "TaxRates")
    vendor_credits: LazyResource[VendorCredits] = LazyResource("rillet.payables.vendor_credits", "VendorCredits")
    vendors: LazyResource[Vendors] = LazyResource("rillet.payables.vendors", "Vendors")


class AsyncClient(AsyncBaseClient):
    """An asynchronous client of one Rillet organization; its arguments are those of `Client`."""

    def __init__(
        self,
        api_key: str,
        *,
        environment: Environment = "production",
        base_url: str | None = None,
        api_version: str = "4",
        options: Options | None = None,
        pacer: Pacing | Paces | None = None,
        transport: AsyncTransport | None = None,
        http_client: httpx.AsyncClient | None = None,
        clocks: Clocks | None = None,
        sleep: Callable[[float], Awaitable[object]] = pause,
    ) -> None:
        made = _connect(
            api_key=api_key,
            environment=environment,
            base_url=base_url,
            api_version=api_version,
            options=options,
            pacer=pacer,
            clocks=clocks,
        )
        # A traceback with local variables would show it.
        del api_key
        super().__init__(without_problem(made), transport, http_client=http_client, sleep=sleep)

    @classmethod
    def from_env(cls, *, prefix: str = "", pacer: Pacing | Paces | None = None) -> Self:
        """As `Client.from_env`."""
        return cls(**_from_env(prefix), pacer=pacer)  # type: ignore[arg-type]  # as above

    accounts: LazyResource[AsyncAccounts] = LazyResource("rillet.ledger.accounts", "AsyncAccounts")
    bank_accounts: LazyResource[AsyncBankAccounts] = LazyResource("rillet.treasury.bank_accounts", "AsyncBankAccounts")
    bank_transactions: LazyResource[AsyncBankTransactions] = LazyResource(
        "rillet.treasury.bank_transactions", "AsyncBankTransactions"
    )
    bills: LazyResource[AsyncBills] = LazyResource("rillet.payables.bills", "AsyncBills")
    book_periods: LazyResource[AsyncBookPeriods] = LazyResource("rillet.ledger.book_periods", "AsyncBookPeriods")
    charges: LazyResource[AsyncCharges] = LazyResource("rillet.payables.charges", "AsyncCharges")
    contract_items: LazyResource[AsyncContractItems] = LazyResource(
        "rillet.receivables.contract_items", "AsyncContractItems"
    )
    contracts: LazyResource[AsyncContracts] = LazyResource("rillet.receivables.contracts", "AsyncContracts")
    credit_memos: LazyResource[AsyncCreditMemos] = LazyResource("rillet.receivables.credit_memos", "AsyncCreditMemos")
    customers: LazyResource[AsyncCustomers] = LazyResource("rillet.receivables.customers", "AsyncCustomers")
    draft_contracts: LazyResource[AsyncDraftContracts] = LazyResource(
        "rillet.receivables.draft_contracts", "AsyncDraftContracts"
    )
    fields: LazyResource[AsyncFields] = LazyResource("rillet.ledger.fields", "AsyncFields")
    invoice_payments: LazyResource[AsyncInvoicePayments] = LazyResource(
        "rillet.receivables.invoice_payments", "AsyncInvoicePayments"
    )
    invoices: LazyResource[AsyncInvoices] = LazyResource("rillet.receivables.invoices", "AsyncInvoices")
    journal_entries: LazyResource[AsyncJournalEntries] = LazyResource(
        "rillet.ledger.journal_entries", "AsyncJournalEntries"
    )
    organization: LazyResource[AsyncOrganizationResource] = LazyResource(
        "rillet.ledger.organization", "AsyncOrganizationResource"
    )
    products: LazyResource[AsyncProducts] = LazyResource("rillet.receivables.products", "AsyncProducts")
    reimbursements: LazyResource[AsyncReimbursements] = LazyResource(
        "rillet.payables.reimbursements", "AsyncReimbursements"
    )
    reports: LazyResource[AsyncReports] = LazyResource("rillet.reports", "AsyncReports")
    service: LazyResource[AsyncServiceResource] = LazyResource("rillet.service", "AsyncServiceResource")
    subsidiaries: LazyResource[AsyncSubsidiaries] = LazyResource("rillet.ledger.subsidiaries", "AsyncSubsidiaries")
    tax_rates: LazyResource[AsyncTaxRates] = LazyResource("rillet.ledger.tax_rates", "AsyncTaxRates")
    vendor_credits: LazyResource[AsyncVendorCredits] = LazyResource(
        "rillet.payables.vendor_credits", "AsyncVendorCredits"
    )
    vendors: LazyResource[AsyncVendors] = LazyResource("rillet.payables.vendors", "AsyncVendors")
