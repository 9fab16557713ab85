"""Bank accounts (https://docs.api.rillet.com/reference/list-all-bank-accounts)."""

from __future__ import annotations

from datetime import date

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from rillet._paging import WHOLE


class BankAccountStatus(OpenEnum):
    """Whether a bank account is in use."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


@attrs.frozen(kw_only=True)
class BankAccount(Model):
    """A bank account and the general ledger account behind it; `currency` is an ISO 4217 code.

    `mask` are the last digits of its number. `transactions_start_date` is the first day whose transactions are
    tracked; older accounts have none.
    """

    id: str
    name: str
    currency: str
    bank_name: str
    status: BankAccountStatus
    subsidiary_id: str | None = None
    account_code: str | None = None
    mask: str | None = None
    transactions_start_date: date | None = None
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewBankAccount(Input):
    """A bank account to create; `transactions_start_date` is today when left out."""

    name: str
    currency: str
    bank_name: str
    subsidiary_id: str
    account_code: str
    mask: str | None = None
    transactions_start_date: date | None = None


class BankAccountOperations:
    """The endpoints under ``/bank-accounts``. A bank account cannot be changed."""

    @listing
    def list(self, *, subsidiary_id: str | None = None) -> PageRequest[BankAccount]:
        """Bank accounts, in one answer.

        Args:
            subsidiary_id: Only accounts of this subsidiary.
        """
        query = {"subsidiary_id": subsidiary_id}
        return PageRequest(path="/bank-accounts", item=BankAccount, items_key="accounts", paging=WHOLE, query=query)

    @operation
    def get(self, bank_account_id: str) -> Request[BankAccount]:
        """One bank account. Raises `NotFoundError` where there is none with this id."""
        return Request(method="GET", path=f"/bank-accounts/{segment(bank_account_id)}", returns=BankAccount)

    @operation
    def create(self, bank_account: NewBankAccount, *, idempotency_key: str | None = None) -> Request[BankAccount]:
        """Create a bank account.

        Args:
            bank_account: The bank account.
            idempotency_key: Under the same key Rillet creates one account only, for 24 hours; made up when left out.
        """
        return post("/bank-accounts", BankAccount, bank_account, idempotency_key)

    @operation
    def delete(self, bank_account_id: str) -> Request[None]:
        """Delete a bank account."""
        return Request(method="DELETE", path=f"/bank-accounts/{segment(bank_account_id)}")


class BankAccounts(BankAccountOperations, SyncResource):
    """Bank accounts, blocking."""


class AsyncBankAccounts(BankAccountOperations, AsyncResource):
    """Bank accounts, to be awaited."""
