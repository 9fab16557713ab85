"""Bills, vendor credits and journal entries for the tests of the Rillet stand-in."""

from __future__ import annotations

from decimal import Decimal

import attrs

from rillet import (
    BillUpdate,
    Money,
    NewBill,
    NewExpenseItem,
    NewJournalEntry,
    NewJournalEntryItem,
    NewPayment,
    NewVendorCredit,
    NewVendorCreditItem,
    Side,
)
from support.rillet.books import AMERICA, DAY, HOTEL, TRAVEL, item

BANK, CLEARING, PAYABLES, REWARDS = "11100", "11900", "21100", "48000"

BILL = NewBill(
    vendor_id=HOTEL.id,
    expense_number="R-1",
    items=[item("100.00")],
    bill_date=DAY,
    due_date=DAY.replace(day=31),
    subsidiary_id=AMERICA.id,
)
CREDIT = NewVendorCredit(
    vendor_id=HOTEL.id,
    subsidiary_id=AMERICA.id,
    credit_number="G-1",
    gl_impact_date=DAY,
    line_items=[NewVendorCreditItem(account_code=TRAVEL, amount=Money(Decimal("30.00"), "USD"))],
    date=DAY,
)


def dollars(amount: str) -> Money:
    """An amount in the American subsidiary's currency."""
    return Money(Decimal(amount), "USD")


def bill(*items: NewExpenseItem, vendor_id: str = HOTEL.id) -> NewBill:
    """A bill with these lines."""
    return attrs.evolve(BILL, items=items or BILL.items, vendor_id=vendor_id)


def bill_update(*items: NewExpenseItem) -> BillUpdate:
    """What makes a bill into one with these lines."""
    return BillUpdate(
        vendor_id=HOTEL.id, expense_number="R-2", items=items, bill_date=DAY, due_date=DAY.replace(day=31)
    )


def credit(amount: str) -> NewVendorCredit:
    """A vendor credit over this amount."""
    return attrs.evolve(CREDIT, line_items=[NewVendorCreditItem(account_code=TRAVEL, amount=dollars(amount))])


def payment(amount: str, currency: str = "USD", account_code: str = BANK) -> NewPayment:
    """A payment from the bank."""
    return NewPayment(amount=Money(Decimal(amount), currency), account_code=account_code, date=DAY)


def line(code: str, amount: str, currency: str = "USD") -> NewJournalEntryItem:
    """One line: a debit, or a credit where the amount is negative."""
    value = Decimal(amount)
    side = Side.DEBIT if value >= 0 else Side.CREDIT
    return NewJournalEntryItem(account_code=code, amount=Money(abs(value), currency), side=side)


def entry(*lines: NewJournalEntryItem) -> NewJournalEntry:
    """A journal entry with these lines."""
    return NewJournalEntry(
        name="Accrual",
        currency="USD",
        items=lines or [line(TRAVEL, "40.00"), line(CLEARING, "-40.00")],
        subsidiary_id=AMERICA.id,
        date=DAY,
    )
