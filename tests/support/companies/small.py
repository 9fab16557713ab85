"""A small company for the tests of the bridge: its books in Rillet, its settings, and records of its spending."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs

from brex_accounting import Amount, FieldValueRef, Record, RecordType, User
from brex_accounting.testing.records import card_expense, dimension, gl, record
from brex_accounting.testing.records import reimbursement as reimbursement_record
from bridge import Books, Bridge, Decision, Entity, FieldMapping, Post, ReasonCode, Refuse, Settings
from rillet import (
    Account,
    AccountStatus,
    AccountType,
    Bill,
    BillStatus,
    ExpenseItem,
    ExternalReference,
    Field,
    FieldDisplay,
    FieldRule,
    FieldSettings,
    FieldValue,
    Money,
    NewCharge,
    NewReimbursement,
    Subsidiary,
    Vendor,
)


def account(
    code: str,
    name: str,
    type_: AccountType = AccountType.EXPENSE,
    *,
    subtype: str | None = None,
    status: AccountStatus = AccountStatus.ACTIVE,
) -> Account:
    return Account(
        id=f"id-{code}",
        code=code,
        name=name,
        type=type_,
        subtype=subtype,
        status=status,
        intercompany=False,
    )


def field(name: str, *values: str, gone: Sequence[str] = (), mandatory: bool = False) -> Field:
    return Field(
        id=f"field-{name}",
        name=name,
        values=tuple(FieldValue(id=f"value-{each}", name=each, deactivated=each in gone) for each in (*values, *gone)),
        settings=FieldSettings(expenses=FieldRule(mandatory=mandatory, display=FieldDisplay.STANDALONE)),
    )


def vendor(vendor_id: str, name: str, *, email: str | None = None, brex: str | None = None) -> Vendor:
    references = () if brex is None else (ExternalReference(type="brex", id=brex),)
    return Vendor(id=vendor_id, name=name, email=email, external_references=references)


TRAVEL = account("6100", "Travel")
MEALS = account("6200", "Meals")
OLD = account("6900", "Old Software", status=AccountStatus.INACTIVE)
CARD = account("21120", "Brex Card", AccountType.LIABILITY, subtype="Credit Card")
PAYABLE = account("21340", "Employee Reimbursements Payable", AccountType.LIABILITY)
BANK = account("11100", "Operating Bank", AccountType.ASSET, subtype="Bank")
RECEIVABLE = account("12600", "Due from Employees", AccountType.ASSET)
CLEARING = account("11900", "Cash Clearing", AccountType.ASSET)
REWARDS = account("71000", "Card Rewards", AccountType.INCOME)
OWED = account("20000", "Accounts Payable", AccountType.LIABILITY, subtype="Accounts Payable")
AMERICA = Subsidiary(id="sub-us", trade_name="Example Inc.", currency="USD", timezone="America/New_York")
BRITAIN = Subsidiary(id="sub-uk", trade_name="Example Ltd", currency="GBP", timezone="Europe/London")
DEPARTMENT = field("Department", "Sales", "Operations", gone=["Legacy"])
STATIONERY = vendor("v-stationery", "Sample Stationery")
ADA = vendor("v-ada", "Ada Example", email="ada_example@example.com")

BO = User(id="cuuser_bo", first_name="Bo ", last_name="Sample", email="bo@example.com")

BOOKS = Books(
    accounts=(TRAVEL, MEALS, OLD, CARD, PAYABLE, BANK, RECEIVABLE, CLEARING, REWARDS, OWED),
    subsidiaries=(AMERICA, BRITAIN),
    fields=(DEPARTMENT,),
    vendors=(STATIONERY, ADA),
)
ENTITY = Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340")
SETTINGS = Settings(entities=(ENTITY,), fields=(FieldMapping(brex="Team", rillet="Department"),))
BRIDGE = Bridge(SETTINGS)
#: With an account for every role.
WHOLE_ENTITY = attrs.evolve(
    ENTITY,
    bank_account="11100",
    personal_expense_receivable_account="12600",
    rewards_account="71000",
    clearing_account="11900",
    accounts_payable_account="20000",
)
WHOLE = Bridge(attrs.evolve(SETTINGS, entities=(WHOLE_ENTITY,)))
WHOLE_UK = Bridge(attrs.evolve(SETTINGS, entities=(attrs.evolve(WHOLE_ENTITY, subsidiary="Example Ltd"),)))


def bridge(**changes: Any) -> Bridge:
    """The company's bridge with other settings."""
    return Bridge(attrs.evolve(SETTINGS, **changes))


def books(**changes: Any) -> Books:
    """The company's books with something else in them."""
    return attrs.evolve(BOOKS, **changes)


def team(value: str | None, *, name: str | None = None) -> FieldValueRef:
    """A line's value of the Brex field that goes to Rillet's Department."""
    return dimension("Team", value, name=name)


def expense(amount: Decimal | str = "42.75", *coding: FieldValueRef) -> Record:
    """A card expense that is fit to be posted; travel, if nothing else is said."""
    return card_expense(amount, coding=coding or (gl("6100"),))


def reimbursed(amount: Decimal | str = "42.75", *coding: FieldValueRef, user: User | str = "Ada Example") -> Record:
    """A reimbursement that is fit to be posted."""
    return reimbursement_record(
        amount, coding=coding or (gl("6100"),), user=user, type=RecordType.REIMBURSEMENT_EXPENSE_APPROVAL
    )


def moved(
    kind: RecordType, amount: str = "10", *, debit: Sequence[FieldValueRef] = (), credit: Sequence[FieldValueRef] = ()
) -> Record:
    """Money that moves from one account to another."""
    return record(kind, debits=[(amount, debit)], credits=[(amount, credit)], record_id="accr_moved")


def billed(amount: str = "10") -> Record:
    """A bill of a vendor, for travel."""
    return record(
        RecordType.BILL_EXPENSE,
        debits=[(amount, [gl("6100")])],
        credits=[(amount, ())],
        vendor="Sample Stationery",
        record_id="accr_bill",
        source_id="expense_bill",
        invoice_number="R-17",
        due_at=datetime(2026, 3, 5, tzinfo=UTC),
    )


def paid(
    amount: str = "10",
    currency: str = "USD",
    *,
    debit: Sequence[FieldValueRef] = (),
    credit: Sequence[FieldValueRef] = (),
) -> Record:
    """The payment of that bill."""
    return record(
        RecordType.BILL_EXPENSE_PAYMENT,
        debits=[(amount, debit)],
        credits=[(amount, credit)],
        currency=currency,
        record_id="accr_paid",
        source_id="expense_bill",
    )


def owed(*, subsidiary_id: str = "sub-us") -> Bill:
    """That bill as Rillet has it."""
    return Bill(
        id="b-1",
        vendor_id="v-stationery",
        expense_number="R-17",
        items=(ExpenseItem(id="i-1", account_code="6100", amount=Money(Decimal(10), "USD")),),
        bill_date=date(2026, 2, 3),
        due_date=date(2026, 3, 5),
        status=BillStatus.UNPAID,
        subsidiary_id=subsidiary_id,
        external_references=(
            ExternalReference(type="brex", id="accr_bill"),
            ExternalReference(type="brex", id="expense_bill"),
        ),
    )


def first_line(found: Record, **changes: Any) -> Record:
    """The record with something else in its first line."""
    first, *rest = found.line_items
    return attrs.evolve(found, line_items=(attrs.evolve(first, **changes), *rest))


def last_line(found: Record, *coding: FieldValueRef) -> Record:
    """The record with another coding of its last line, which is the card's or the employee's."""
    *rest, last = found.line_items
    return attrs.evolve(found, line_items=(*rest, attrs.evolve(last, accounting_field_values=coding)))


def dollars(amount: str, currency: str = "USD") -> Amount:
    return Amount(amount=Decimal(amount), currency=currency)


def on(day: date, record: Record) -> Record:
    """The record as one that counts on another day."""
    return attrs.evolve(
        record, erp_posting_date=record.erp_posting_date.replace(year=day.year, month=day.month, day=day.day)
    )


def posted(outcome: Decision) -> Post:
    """The outcome, which has to be a post."""
    assert isinstance(outcome, Post), outcome
    return outcome


def document(outcome: Decision) -> NewCharge | NewReimbursement:
    """The charge or reimbursement that is to be posted."""
    payload = posted(outcome).payload
    assert isinstance(payload, NewCharge | NewReimbursement), payload
    return payload


def codes(outcome: Decision) -> list[ReasonCode]:
    """The reasons of the outcome, which has to be a refusal."""
    assert isinstance(outcome, Refuse), outcome
    return [reason.code for reason in outcome.reasons]
