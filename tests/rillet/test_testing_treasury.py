"""The stand-in's bank accounts, bank transactions, tax rates and service, four ways each."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import attrs
import pytest

from rillet import (
    BadRequestError,
    BankAccountStatus,
    BankTransaction,
    BankTransactionUpdate,
    Client,
    ExternalReference,
    NewBankAccount,
    NewBankTransaction,
    NotFoundError,
    TaxRate,
    UnauthorizedError,
)
from rillet.testing import StandIn
from support.clocks import ManualClock
from support.endpoint_runner import Runner
from support.rillet.books import AMERICA, DAY, GERMANY, START, books
from support.rillet.documents import BANK, BILL, CLEARING, dollars, payment

CHECKING = NewBankAccount(
    name="Checking", currency="USD", bank_name="First", subsidiary_id=AMERICA.id, account_code=BANK
)
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def client(standin: StandIn) -> Client:
    return standin.client()


def moved(bank_account_id: str, amount: str = "-12.50", on: date = DAY) -> NewBankTransaction:
    return NewBankTransaction(
        bank_account_id=bank_account_id, date=on, name="CARD 1234", merchant="Adlon", net_amount=dollars(amount)
    )


def update(amount: str) -> BankTransactionUpdate:
    return BankTransactionUpdate(date=NEXT, name="Renamed", merchant="", net_amount=dollars(amount), excluded=True)


def test_a_bank_account_from_beginning_to_end(run: Runner[Client], standin: StandIn) -> None:
    made = run.call(lambda client: client.bank_accounts.create(attrs.evolve(CHECKING, mask="1234")))
    started = attrs.evolve(CHECKING, subsidiary_id=GERMANY.id, transactions_start_date=DAY)
    there = run.call(lambda client: client.bank_accounts.create(started))

    assert (made.name, made.bank_name, made.currency, made.mask) == ("Checking", "First", "USD", "1234")
    assert (made.status, made.account_code, made.subsidiary_id) == (BankAccountStatus.ACTIVE, BANK, AMERICA.id)
    assert (made.transactions_start_date, there.transactions_start_date) == (START.date(), DAY)
    assert run.call(lambda client: client.bank_accounts.get(made.id)) == made
    assert run.call(lambda client: client.bank_accounts.list()) == [made, there] == list(standin.bank_accounts)
    assert run.call(lambda client: client.bank_accounts.list(subsidiary_id=GERMANY.id)) == [there]

    run.call(lambda client: client.bank_accounts.delete(made.id))
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.bank_accounts.get(made.id))


@pytest.mark.parametrize(
    "asked", [attrs.evolve(CHECKING, subsidiary_id="none"), attrs.evolve(CHECKING, account_code="00000")]
)
def test_bank_accounts_are_checked(standin: StandIn, client: Client, asked: NewBankAccount) -> None:
    with pytest.raises(BadRequestError):
        client.bank_accounts.create(asked)
    assert standin.bank_accounts == ()


def test_a_bank_account_makes_its_ledger_account_hold_money(client: Client) -> None:
    owed = client.bills.create(BILL)
    with pytest.raises(BadRequestError, match="bank account"):
        client.bills.create_payment(owed.id, payment("1.00", account_code=CLEARING))
    client.bank_accounts.create(attrs.evolve(CHECKING, account_code=CLEARING))
    assert client.bills.create_payment(owed.id, payment("1.00", account_code=CLEARING)).account_code == CLEARING


def test_a_transaction_from_beginning_to_end(run: Runner[Client], standin: StandIn) -> None:
    account = run.call(lambda client: client.bank_accounts.create(CHECKING))
    references = [ExternalReference(type="brex", id="t1")]
    asked = attrs.evolve(moved(account.id), fee=dollars("0.50"), pending=True, external_references=references)
    made = run.call(lambda client: client.bank_transactions.create(asked))

    assert (made.bank_account_id, made.subsidiary_id) == (account.id, AMERICA.id)
    assert (made.name, made.merchant, made.date) == ("CARD 1234", "Adlon", DAY)
    assert (made.net_amount, made.fee, made.pending, made.excluded) == (dollars("-12.5"), dollars("0.5"), True, False)
    assert made.external_references == tuple(references)
    assert run.call(lambda client: client.bank_transactions.get(made.id)) == made
    assert standin.bank_transactions == (made,)
    assert standin.ledger.postings == ()

    changed = run.call(lambda client: client.bank_transactions.update(made.id, update("3.00")))
    assert changed == BankTransaction(
        id=made.id,
        bank_account_id=account.id,
        date=NEXT,
        name="Renamed",
        net_amount=dollars("3"),
        fee=dollars("0"),
        excluded=True,
        subsidiary_id=AMERICA.id,
    )
    with pytest.raises(BadRequestError, match="with transactions"):
        run.call(lambda client: client.bank_accounts.delete(account.id))
    run.call(lambda client: client.bank_transactions.delete(made.id))
    with pytest.raises(NotFoundError):
        run.call(lambda client: client.bank_transactions.delete(made.id))
    run.call(lambda client: client.bank_accounts.delete(account.id))


def test_transactions_are_filtered(run: Runner[Client]) -> None:
    here = run.call(lambda client: client.bank_accounts.create(CHECKING))
    abroad = run.call(lambda client: client.bank_accounts.create(attrs.evolve(CHECKING, subsidiary_id=GERMANY.id)))
    first = run.call(lambda client: client.bank_transactions.create(moved(here.id)))
    second = run.call(lambda client: client.bank_transactions.create(moved(abroad.id, on=NEXT)))

    def listed(
        *,
        bank_account_id: str | None = None,
        subsidiary_id: str | None = None,
        from_date: date | None = None,
        to_date: date | None = None,
        limit: int | None = None,
    ) -> list[str]:
        rows = run.call(
            lambda client: client.bank_transactions.list(
                bank_account_id=bank_account_id,
                subsidiary_id=subsidiary_id,
                from_date=from_date,
                to_date=to_date,
                limit=limit,
            )
        )
        return [each.id for each in rows]

    assert listed() == listed(limit=1) == [second.id, first.id]
    assert listed(bank_account_id=here.id) == listed(subsidiary_id=AMERICA.id) == listed(to_date=DAY) == [first.id]
    assert (
        listed(bank_account_id=abroad.id) == listed(subsidiary_id=GERMANY.id) == listed(from_date=NEXT) == [second.id]
    )
    run.call(lambda client: client.bank_transactions.update(first.id, update("1.00")))
    by_update = run.call(lambda client: client.bank_transactions.list(sort_by="updated"))
    assert [each.id for each in by_update] == [first.id, second.id]


def test_transactions_changed_since() -> None:
    clock = ManualClock(START)
    client = books(clock).client()
    account = client.bank_accounts.create(CHECKING)
    old = client.bank_transactions.create(moved(account.id))
    clock.advance(60)
    new = client.bank_transactions.create(moved(account.id))

    assert [each.id for each in client.bank_transactions.list(updated_after=START)] == [new.id]
    client.bank_transactions.modify(old.id, based_on=old, name="Renamed")
    assert {each.id for each in client.bank_transactions.list(updated_after=START)} == {old.id, new.id}


def test_transactions_are_checked(client: Client) -> None:
    account = client.bank_accounts.create(CHECKING)
    for wrong in (
        moved("none"),
        moved(account.id, "0.001"),
        attrs.evolve(moved(account.id), fee=dollars("0.001")),
        attrs.evolve(moved(account.id), external_references=[ExternalReference(type="unheard-of", id="1")]),
    ):
        with pytest.raises(BadRequestError):
            client.bank_transactions.create(wrong)
    assert list(client.bank_transactions.list()) == []


def test_a_tax_rate_is_created_and_changed_by_a_person() -> None:
    standin = StandIn()
    rate = TaxRate(id="rate-1", code="DE19", country="DE", description="USt 19 %", percentage=Decimal(19))
    standin.put(rate)
    standin.put(changed := attrs.evolve(rate, percentage=Decimal(16)))

    assert list(standin.client().tax_rates.list()) == [changed]


def test_only_master_data_is_put() -> None:
    with pytest.raises(TypeError, match="accounts, fields, subsidiaries, tax rates and vendors, not 'DE19'"):
        StandIn().put("DE19")  # type: ignore[arg-type]


def test_tax_rates_by_country() -> None:
    rates = [
        TaxRate(id=code, code=code, country=code[:2], description="VAT", percentage=Decimal("19.0000"))
        for code in ("DE19", "GB20")
    ]
    client = StandIn(tax_rates=rates).client()
    assert list(client.tax_rates.list()) == rates
    assert list(client.tax_rates.list(country="GB")) == rates[1:]


def test_nobody_has_tax_rates_from_the_beginning(run: Runner[Client]) -> None:
    assert run.call(lambda client: client.tax_rates.list()) == []


def test_the_service_is_there_and_knows_its_key(run: Runner[Client], standin: StandIn) -> None:
    run.call(lambda client: client.service.health())
    run.call(lambda client: client.service.check_api_key())
    standin.api_key = "changed"
    with pytest.raises(UnauthorizedError):
        run.call(lambda client: client.service.check_api_key())
