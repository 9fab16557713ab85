"""The stand-in's bank accounts and bank transactions; a bank's transactions post nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import attrs

from rillet.testing.ledger.books import Books
from rillet.testing.server.collection import Collection
from rillet.testing.server.routing import Call, Route, invalid, not_found
from rillet.testing.server.wire_forms import plain
from rillet.treasury.bank_accounts import BankAccount, BankAccountStatus, NewBankAccount
from rillet.treasury.bank_transactions import BankTransaction, BankTransactionUpdate, NewBankTransaction
from rillet.values import ExternalReference, Money


@attrs.frozen(kw_only=True)
class _Kept:
    """A bank transaction, and the moment of its last change, which Rillet filters by and does not show."""

    transaction: BankTransaction
    updated_at: datetime

    @property
    def id(self) -> str:
        return self.transaction.id


class TreasuryEndpoints:
    """Bank accounts and what moves on them.

    A bank account with transactions cannot be deleted, which is the stand-in's own rule.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self._transactions = Collection[_Kept]("Bank transaction", "bank_transactions", _show, books.now)

    @property
    def transactions(self) -> tuple[BankTransaction, ...]:
        """Bank transactions, oldest first."""
        return tuple(each.transaction for each in self._transactions)

    def routes(self) -> Iterator[Route]:
        """Every route of this family."""
        yield Route("GET", "/bank-accounts", self._list_accounts)
        yield Route("POST", "/bank-accounts", self._create_account)
        yield Route("GET", "/bank-accounts/{bank_account_id}", self._account)
        yield Route("DELETE", "/bank-accounts/{bank_account_id}", self._delete_account)
        yield Route("GET", "/bank-transactions", self._list)
        yield Route("POST", "/bank-transactions", self._create)
        yield Route("GET", "/bank-transactions/{bank_transaction_id}", self._get)
        yield Route("PUT", "/bank-transactions/{bank_transaction_id}", self._update)
        yield Route("DELETE", "/bank-transactions/{bank_transaction_id}", self._delete)

    def _list_accounts(self, call: Call) -> object:
        wanted = call.asked.one("subsidiary_id")
        return {
            "accounts": [
                plain(each) for each in self._books.bank_accounts.values() if wanted in {None, each.subsidiary_id}
            ]
        }

    def _create_account(self, call: Call) -> object:
        asked = call.body(NewBankAccount)
        made = BankAccount(
            id=self._books.new_id(),
            name=asked.name,
            currency=asked.currency,
            bank_name=asked.bank_name,
            status=BankAccountStatus.ACTIVE,
            subsidiary_id=self._books.subsidiary(asked.subsidiary_id).id,
            account_code=self._books.account(asked.account_code, "account_code").code,
            mask=asked.mask,
            transactions_start_date=asked.transactions_start_date or self._books.now().date(),
        )
        self._books.bank_accounts[made.id] = made
        return plain(made)

    def _account(self, call: Call) -> object:
        return plain(self._found_account(call))

    def _found_account(self, call: Call) -> BankAccount:
        found = self._books.bank_accounts.get(call.ids["bank_account_id"])
        if found is None:
            raise not_found(f"Bank account {call.ids['bank_account_id']}")
        return found

    def _delete_account(self, call: Call) -> object:
        account = self._found_account(call)
        if any(each.bank_account_id == account.id for each in self.transactions):
            raise invalid("Bank accounts with transactions cannot be deleted")
        del self._books.bank_accounts[account.id]
        return None

    def _list(self, call: Call) -> object:
        account, subsidiary = call.asked.one("bank_account_id"), call.asked.one("subsidiary_id")
        first, last = call.day("date.gte"), call.day("date.lte")

        def wanted(kept: _Kept) -> bool:
            found = kept.transaction
            return (
                account in {None, found.bank_account_id}
                and subsidiary in {None, found.subsidiary_id}
                and (first is None or first <= found.date)
                and (last is None or found.date <= last)
            )

        return self._transactions.page(call, wanted)

    def _get(self, call: Call) -> object:
        return _show(self._found(call))

    def _found(self, call: Call) -> _Kept:
        return self._transactions.get(call.ids["bank_transaction_id"])

    def _create(self, call: Call) -> object:
        asked = call.body(NewBankTransaction)
        return self._put(self._books.new_id(), asked, asked.bank_account_id)

    def _update(self, call: Call) -> object:
        """As asked and nothing else; Rillet's document demands the bank account and does not describe it."""
        old = self._found(call).transaction
        asked = call.body(BankTransactionUpdate)
        return self._put(old.id, asked, asked.bank_account_id or old.bank_account_id)

    def _put(self, id: str, asked: NewBankTransaction | BankTransactionUpdate, bank_account_id: str) -> object:
        account = self._books.bank_accounts.get(bank_account_id)
        if account is None:
            raise invalid(f"Bank account {bank_account_id} not found", "bank_account_id")
        fee = asked.fee or Money(Decimal(0), asked.net_amount.currency)
        self._books.check_rounded([("net_amount", asked.net_amount), ("fee", fee)])
        references: tuple[ExternalReference, ...] = tuple(asked.external_references)
        self._books.check_references(references)
        made = BankTransaction(
            id=id,
            bank_account_id=account.id,
            date=asked.date,
            name=asked.name,
            merchant=asked.merchant,
            net_amount=asked.net_amount,
            fee=fee,
            pending=bool(asked.pending),
            excluded=bool(asked.excluded),
            subsidiary_id=account.subsidiary_id,
            external_references=references,
        )
        return self._transactions.put(_Kept(transaction=made, updated_at=self._books.now()))

    def _delete(self, call: Call) -> object:
        self._transactions.remove(self._found(call).id)
        return None


def _show(kept: _Kept) -> dict[str, object]:
    empty: dict[str, object] = {"external_references": [], "pending": False, "excluded": False, "merchant": ""}
    return {**empty, **plain(kept.transaction)}
