"""The chart of accounts (https://docs.api.rillet.com/reference/list-all-accounts)."""

from __future__ import annotations

from datetime import datetime

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.codec.enums import OpenEnum
from clientkit.endpoints import AsyncResource, SyncResource, listing, several
from clientkit.model import Model
from clientkit.requests import PageRequest
from clientkit.sequences import CallSequence, ask_all
from rillet._paging import WHOLE


class AccountType(OpenEnum):
    """The five kinds of accounts."""

    ASSET = "ASSET"
    LIABILITY = "LIABILITY"
    EQUITY = "EQUITY"
    EXPENSE = "EXPENSE"
    INCOME = "INCOME"


class AccountStatus(OpenEnum):
    """Whether an account can be posted to."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


@attrs.frozen(kw_only=True)
class Account(Model):
    """One account of the general ledger.

    `id` never changes, `code` can be renumbered: keep the id, and send the code that it has today. `subtype` is free
    text such as ``Credit Card``, which a charge's card account must have.
    """

    id: str
    code: str
    name: str
    type: AccountType
    subtype: str | None = None
    status: AccountStatus
    intercompany: bool = False
    updated_at: datetime | None = None
    extra: Extra = unknown_fields()


class AccountOperations:
    """The endpoints under ``/accounts``. Rillet has none to create or change an account."""

    @listing
    def list(self, *, updated_after: datetime | None = None) -> PageRequest[Account]:
        """The chart of accounts, in one answer.

        Args:
            updated_after: Only accounts changed after this moment, which is itself excluded.
        """
        query = {"updated.gt": updated_after}
        return PageRequest(path="/accounts", item=Account, items_key="accounts", paging=WHOLE, query=query)

    @several
    def by_code(self) -> CallSequence[dict[str, Account]]:
        """The whole chart of accounts by the codes of today, inactive accounts included."""
        accounts = yield from ask_all(AccountOperations.list.build())
        return {account.code: account for account in accounts}


class Accounts(AccountOperations, SyncResource):
    """The chart of accounts, blocking."""


class AsyncAccounts(AccountOperations, AsyncResource):
    """The chart of accounts, to be awaited."""
