"""Bank transactions (https://docs.api.rillet.com/reference/list-all-bank-transactions)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, TypedDict, Unpack

import attrs

from clientkit.codec import Extra, unknown_fields
from clientkit.endpoints import AsyncResource, SyncResource, listing, operation, several
from clientkit.model import Input, Model
from clientkit.requests import PageRequest, Request, post, segment
from clientkit.sequences import CallSequence, ask
from rillet._modify import replacement
from rillet._paging import KEYSET, checked_limit
from rillet.values import ExternalReference, Money


@attrs.frozen(kw_only=True)
class BankTransaction(Model):
    """One line of a bank statement.

    `name` describes it, `merchant` is the other party, `net_amount` has the `fee` taken off already. An `excluded`
    transaction takes no part in reconciliation.
    """

    id: str
    bank_account_id: str
    date: date
    name: str
    merchant: str = ""
    net_amount: Money
    fee: Money | None = None
    pending: bool = False
    excluded: bool = False
    subsidiary_id: str | None = None
    external_references: tuple[ExternalReference, ...] = ()
    extra: Extra = unknown_fields()


@attrs.frozen(kw_only=True)
class NewBankTransaction(Input):
    """A bank transaction to create; `fee` is zero when left out."""

    bank_account_id: str
    date: date
    name: str
    merchant: str
    net_amount: Money
    fee: Money | None = None
    pending: bool | None = None
    excluded: bool | None = None
    external_references: Sequence[ExternalReference] = ()


@attrs.frozen(kw_only=True)
class BankTransactionUpdate(Input):
    """What a bank transaction is to be: an update replaces all of it by this.

    Rillet's document demands `bank_account_id` without describing it, so sending it is the safe way.
    """

    bank_account_id: str | None = None
    date: date
    name: str
    merchant: str
    net_amount: Money
    fee: Money | None = None
    pending: bool | None = None
    excluded: bool | None = None
    external_references: Sequence[ExternalReference] = ()
    extra: Extra = unknown_fields()


class BankTransactionChanges(TypedDict, total=False):
    """What `modify` can change of a bank transaction: fields of `BankTransactionUpdate`. None empties one."""

    bank_account_id: str | None
    date: date
    name: str
    merchant: str
    net_amount: Money
    fee: Money | None
    pending: bool | None
    excluded: bool | None
    external_references: Sequence[ExternalReference] | None


class BankTransactionOperations:
    """The endpoints under ``/bank-transactions``."""

    @listing
    def list(
        self,
        *,
        bank_account_id: str | None = None,
        subsidiary_id: str | None = None,
        updated_after: datetime | None = None,
        from_date: date | None = None,
        to_date: date | None = None,
        sort_by: Literal["created", "updated"] | None = None,
        limit: int | None = None,
    ) -> PageRequest[BankTransaction]:
        """Bank transactions, newest first.

        Args:
            bank_account_id: Only transactions of this bank account.
            subsidiary_id: Only transactions of this subsidiary.
            updated_after: Only transactions changed after this moment, which is itself excluded.
            from_date: Only transactions of this day or later.
            to_date: Only transactions of this day or earlier.
            sort_by: What "newest" goes by.
            limit: Transactions per page, 1 to 100.
        """
        query = {
            "bank_account_id": bank_account_id,
            "subsidiary_id": subsidiary_id,
            "updated.gt": updated_after,
            "date.gte": from_date,
            "date.lte": to_date,
            "sort_by": sort_by,
            "limit": checked_limit(limit),
        }
        return PageRequest(
            path="/bank-transactions",
            item=BankTransaction,
            items_key="bank_transactions",
            paging=KEYSET,
            query=query,
            key=_id,
        )

    @operation
    def get(self, bank_transaction_id: str) -> Request[BankTransaction]:
        """One bank transaction. Raises `NotFoundError` where there is none with this id."""
        path = f"/bank-transactions/{segment(bank_transaction_id)}"
        return Request(method="GET", path=path, returns=BankTransaction)

    @operation
    def create(
        self, bank_transaction: NewBankTransaction, *, idempotency_key: str | None = None
    ) -> Request[BankTransaction]:
        """Create a bank transaction that the bank's feed does not bring.

        Args:
            bank_transaction: The bank transaction.
            idempotency_key: Under the same key Rillet creates one only, for 24 hours; made up when left out.
        """
        return post("/bank-transactions", BankTransaction, bank_transaction, idempotency_key)

    @operation
    def update(self, bank_transaction_id: str, bank_transaction: BankTransactionUpdate) -> Request[BankTransaction]:
        """Replace a bank transaction: what is left out becomes empty. To change a part of it, see ``modify``."""
        path = f"/bank-transactions/{segment(bank_transaction_id)}"
        return Request(method="PUT", path=path, returns=BankTransaction, body=bank_transaction)

    @operation
    def delete(self, bank_transaction_id: str) -> Request[None]:
        """Delete a bank transaction."""
        return Request(method="DELETE", path=f"/bank-transactions/{segment(bank_transaction_id)}")

    @several
    def modify(
        self,
        /,
        bank_transaction_id: str,
        *,
        based_on: BankTransaction | None = None,
        **changes: Unpack[BankTransactionChanges],
    ) -> CallSequence[BankTransaction]:
        """Change some fields of a bank transaction and keep the others: read it, change it, write it whole.

        Rillet has no lock. A change that somebody else makes in the moment between this read and this write is lost,
        and nothing shows it; one made before, since you read `based_on`, stops the call.

        Args:
            bank_transaction_id: The bank transaction.
            based_on: The bank transaction as you know it; the call is refused if it has been changed since.
            changes: Fields of `BankTransactionUpdate` and their new values; None empties one.

        Raises:
            ObjectChangedError: The bank transaction is no longer what `based_on` was; nothing was written.
            TypeError: A change names a field that `BankTransactionUpdate` does not have.
            ValueError: A new value cannot be sent.
        """
        current = yield from ask(BankTransactionOperations.get.build(bank_transaction_id))
        new = replacement(current, BankTransactionUpdate, changes, based_on=based_on)
        return (yield from ask(BankTransactionOperations.update.build(bank_transaction_id, new)))


def _id(bank_transaction: BankTransaction) -> str:
    return bank_transaction.id


class BankTransactions(BankTransactionOperations, SyncResource):
    """Bank transactions, blocking."""


class AsyncBankTransactions(BankTransactionOperations, AsyncResource):
    """Bank transactions, to be awaited."""
