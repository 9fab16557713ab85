from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import rillet
from rillet import ExternalReference, Money
from rillet.treasury.bank_accounts import AsyncBankAccounts, BankAccounts, BankAccountStatus, NewBankAccount
from rillet.treasury.bank_transactions import (
    AsyncBankTransactions,
    BankTransactions,
    BankTransactionUpdate,
    NewBankTransaction,
)
from support.scripted import WAYS, on, scripted, target

pytestmark = pytest.mark.parametrize("way", WAYS)

ACCOUNT: dict[str, Any] = {
    "id": "ba1",
    "name": "Operating",
    "currency": "USD",
    "bank_name": "Brex Cash",
    "status": "ACTIVE",
    "transactions_start_date": None,
}
USD_9 = {"amount": "9.00", "currency": "USD"}
TRANSACTION: dict[str, Any] = {
    "id": "bt1",
    "bank_account_id": "ba1",
    "subsidiary_id": "s1",
    "date": "2026-03-05",
    "name": "Card payment",
    "merchant": "Brex",
    "net_amount": USD_9,
    "fee": {"amount": "0", "currency": "USD"},
    "pending": False,
    "excluded": True,
}


def accounts(client: rillet.Client) -> BankAccounts:
    return on(client, BankAccounts, AsyncBankAccounts)


def transactions(client: rillet.Client) -> BankTransactions:
    return on(client, BankTransactions, AsyncBankTransactions)


def test_bank_accounts_come_under_the_key_of_the_chart_of_accounts(way: str) -> None:
    other = {**ACCOUNT, "id": "ba2", "status": "FROZEN", "mask": "4242", "transactions_start_date": "2026-01-01"}
    with scripted(way, {"accounts": [ACCOUNT, other]}) as (run, service):
        found = run.call(lambda client: accounts(client).list(subsidiary_id="s1"))
    assert target(service.only) == ("GET", "/bank-accounts", {"subsidiary_id": "s1"})
    assert [account.status for account in found] == [BankAccountStatus.ACTIVE, "FROZEN"]
    assert [account.transactions_start_date for account in found] == [None, date(2026, 1, 1)]
    assert [account.mask for account in found] == [None, "4242"]


def test_a_bank_account_is_read(way: str) -> None:
    with scripted(way, ACCOUNT) as (run, service):
        assert run.call(lambda client: accounts(client).get("ba1")).bank_name == "Brex Cash"
    assert target(service.only) == ("GET", "/bank-accounts/ba1", {})


def test_a_bank_account_is_created_under_its_key(way: str) -> None:
    new = NewBankAccount(
        name="Operating",
        currency="USD",
        bank_name="Brex Cash",
        subsidiary_id="s1",
        account_code="11100",
        transactions_start_date=date(2026, 1, 1),
    )
    with scripted(way, ACCOUNT) as (run, service):
        run.call(lambda client: accounts(client).create(new, idempotency_key="k1"))
    assert target(service.only) == ("POST", "/bank-accounts", {})
    assert service.only.headers["idempotency-key"] == "k1"
    assert service.only.json() == {
        "name": "Operating",
        "currency": "USD",
        "bank_name": "Brex Cash",
        "subsidiary_id": "s1",
        "account_code": "11100",
        "transactions_start_date": "2026-01-01",
    }


def test_a_bank_account_is_deleted(way: str) -> None:
    with scripted(way, None) as (run, service):
        run.call(lambda client: accounts(client).delete("ba1"))
    assert target(service.only) == ("DELETE", "/bank-accounts/ba1", {})


def test_a_bank_transaction_is_read(way: str) -> None:
    full = {**TRANSACTION, "external_references": [{"type": "plaid", "id": "p1"}], "matched": ["je1"]}
    with scripted(way, full) as (run, service):
        found = run.call(lambda client: transactions(client).get("bt1"))
    assert target(service.only) == ("GET", "/bank-transactions/bt1", {})
    assert (found.date, found.pending, found.excluded) == (date(2026, 3, 5), False, True)
    assert found.fee == Money(Decimal(0), "USD")
    assert found.external_references == (ExternalReference(type="plaid", id="p1"),)
    assert found.extra == {"matched": ["je1"]}


def test_every_filter_goes_under_its_own_name(way: str) -> None:
    with scripted(way, {"bank_transactions": [TRANSACTION]}) as (run, service):
        found = run.call(
            lambda client: transactions(client).list(
                bank_account_id="ba1",
                subsidiary_id="s1",
                updated_after=datetime(2026, 1, 1, tzinfo=UTC),
                from_date=date(2026, 1, 1),
                to_date=date(2026, 1, 31),
                sort_by="created",
                limit=10,
            )
        )
    assert [transaction.id for transaction in found] == ["bt1"]
    assert target(service.only) == (
        "GET",
        "/bank-transactions",
        {
            "bank_account_id": "ba1",
            "subsidiary_id": "s1",
            "updated.gt": "2026-01-01T00:00:00Z",
            "date.gte": "2026-01-01",
            "date.lte": "2026-01-31",
            "sort_by": "created",
            "limit": "10",
        },
    )


def test_a_bank_transaction_is_created_under_its_key(way: str) -> None:
    new = NewBankTransaction(
        bank_account_id="ba1",
        date=date(2026, 3, 5),
        name="Card payment",
        merchant="Brex",
        net_amount=Money(Decimal("9.00"), "USD"),
        pending=False,
    )
    with scripted(way, TRANSACTION) as (run, service):
        run.call(lambda client: transactions(client).create(new, idempotency_key="k1"))
    assert target(service.only) == ("POST", "/bank-transactions", {})
    assert service.only.headers["idempotency-key"] == "k1"
    assert service.only.json() == {
        "bank_account_id": "ba1",
        "date": "2026-03-05",
        "name": "Card payment",
        "merchant": "Brex",
        "net_amount": USD_9,
        "pending": False,
    }


def test_an_update_replaces_the_whole_transaction(way: str) -> None:
    whole = BankTransactionUpdate(
        date=date(2026, 3, 5), name="Card payment", merchant="Brex", net_amount=Money(Decimal("9.00"), "USD")
    )
    with scripted(way, TRANSACTION) as (run, service):
        run.call(lambda client: transactions(client).update("bt1", whole))
    assert target(service.only) == ("PUT", "/bank-transactions/bt1", {})
    assert service.only.json() == {
        "date": "2026-03-05",
        "name": "Card payment",
        "merchant": "Brex",
        "net_amount": USD_9,
    }


def test_modify_sends_the_bank_account_and_both_switches_along(way: str) -> None:
    with scripted(way, TRANSACTION, TRANSACTION) as (run, service):
        run.call(lambda client: transactions(client).modify("bt1", excluded=False))
    assert [asked.method for asked in service.asked] == ["GET", "PUT"]
    kept = {name: value for name, value in TRANSACTION.items() if name not in {"id", "subsidiary_id"}}
    assert service.asked[1].json() == {**kept, "excluded": False}


def test_a_bank_transaction_is_deleted(way: str) -> None:
    with scripted(way, None) as (run, service):
        run.call(lambda client: transactions(client).delete("bt1"))
    assert target(service.only) == ("DELETE", "/bank-transactions/bt1", {})
