"""Books for the tests of the Rillet client, and the documents that go into them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import attrs

from rillet import (
    Account,
    AccountType,
    ExchangeRate,
    ExternalReference,
    FieldAssignment,
    Money,
    NewCharge,
    NewExpenseItem,
    NewReimbursement,
)
from rillet.testing import StandIn, account, chart_of_accounts, field, subsidiary, vendor
from support.clocks import ManualClock

START = datetime(2026, 4, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 14)
AMERICA = subsidiary("Example Inc.", "USD")
GERMANY = subsidiary("Example GmbH", "EUR")
HOTEL = vendor("Hotel Adlon")
EMPLOYEE = vendor("Erika Mustermann", email="erika@example.com")
CARD, PAYABLE, TRAVEL, CLOSED_ACCOUNT = "21120", "21340", "62000", "69000"
DEPARTMENT = field("Department", ["Engineering", "Sales"], deactivated=["Sales"])
ENGINEERING = FieldAssignment(field_id=DEPARTMENT.id, field_value_id=DEPARTMENT.values[0].id)
SALES = FieldAssignment(field_id=DEPARTMENT.id, field_value_id=DEPARTMENT.values[1].id)
EUR_TO_USD = ExchangeRate(base="EUR", target="USD", rate=Decimal("1.0837"), date=DAY)


def accounts() -> Sequence[Account]:
    """The chart, and an account that takes no postings any more."""
    return (*chart_of_accounts(), account(CLOSED_ACCOUNT, "Old Software", AccountType.EXPENSE, active=False))


def books(now: Callable[[], datetime] | None = None, *, rate_limit: tuple[int, float] | None = None) -> StandIn:
    """A company with an American and a German subsidiary."""
    return StandIn(
        subsidiaries=[AMERICA, GERMANY],
        accounts=accounts(),
        fields=[DEPARTMENT],
        vendors=[HOTEL, EMPLOYEE],
        reference_types={"brex"},
        rate_limit=rate_limit,
        now=now or ManualClock(START),
    )


def item(amount: str, currency: str = "USD", code: str = TRAVEL, *fields: FieldAssignment) -> NewExpenseItem:
    """One line."""
    return NewExpenseItem(account_code=code, amount=Money(Decimal(amount), currency), fields=fields)


CHARGE = NewCharge(
    vendor_id=HOTEL.id,
    items=[item("149.50")],
    charge_date=DAY,
    credit_card_account_code=CARD,
    subsidiary_id=AMERICA.id,
)
REIMBURSEMENT = NewReimbursement(
    vendor_id=EMPLOYEE.id,
    items=[item("12.30")],
    reimbursement_date=DAY,
    payable_account_code=PAYABLE,
    subsidiary_id=AMERICA.id,
)


def charge(*items: NewExpenseItem, reference: str | None = None, subsidiary_id: str = AMERICA.id) -> NewCharge:
    """A charge with these lines."""
    references = [] if reference is None else [ExternalReference(type="brex", id=reference)]
    return attrs.evolve(
        CHARGE, items=items or CHARGE.items, external_references=references, subsidiary_id=subsidiary_id
    )
