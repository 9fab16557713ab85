"""The made-up company of the notebooks: what its people spent from January to March 2026, and its books."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import brex_accounting
import brex_accounting.testing
import rillet.testing
from brex_accounting import Record, ReviewStatus
from brex_accounting.testing.records import card_expense, card_refund, dimension, gl
from bridge import Bridge, Entity, Settings
from rillet import AccountType

#: Merchant, account, department, and the cheapest and dearest purchase in dollars.
_MERCHANTS = (
    ("Cumulus Cloud", "61000", "Engineering", 180, 420),
    ("Pixel Design Tools", "61000", "Marketing", 30, 90),
    ("Skyline Air", "62000", "Sales", 150, 640),
    ("Harbour Hotel", "62000", "Sales", 120, 380),
    ("Corner Cafe", "63000", "Engineering", 8, 60),
)
_PEOPLE = ("Ada Example", "Ben Sample", "Cleo Test")
_FIRST_DAY, _DAYS = date(2026, 1, 2), 88
_TODAY = datetime(2026, 4, 2, 9, tzinfo=UTC)
SUBSIDIARY = Entity(
    name="US",
    subsidiary="Example Inc.",
    card_account="21120",
    reimbursement_account="21340",
    accrual_account="22000",
    uncoded_account="69000",
)


def brex_account(seed: int = 7) -> brex_accounting.testing.StandIn:
    """A stand-in of Brex with 60 records, the same for the same seed."""
    return brex_accounting.testing.StandIn(_spending(random.Random(seed)))  # noqa: S311 - it is no secret


def rillet_books() -> rillet.testing.StandIn:
    """A stand-in of Rillet with the company's chart of accounts and empty books."""
    accounts = [
        *rillet.testing.chart_of_accounts(),
        rillet.testing.account("22000", "Accrued Expenses", AccountType.LIABILITY, "Other Current Liability"),
        rillet.testing.account("69000", "Spending to be Coded"),
    ]
    return rillet.testing.StandIn(reference_types={"brex"}, accounts=accounts, now=lambda: _TODAY)


def bridge() -> Bridge:
    """The mapping between them."""
    return Bridge(Settings(entities=(SUBSIDIARY,)))


def usd(amount: Decimal) -> str:
    """An amount as people write it."""
    return f"{amount:,.2f}"


def _spending(chance: random.Random) -> Sequence[Record]:
    records = list[Record]()
    for number in range(60):
        merchant, account, department, low, high = chance.choice(_MERCHANTS)
        amount = Decimal(chance.randint(low * 100, high * 100)).scaleb(-2)
        day = _FIRST_DAY + timedelta(days=number * _DAYS // 60)
        at = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
        # Some is not coded, and the last of March is still with the people who spent it.
        is_coded = number % 12 != 5
        coding = [gl(account), dimension("Department", department, field_name="Department", name=department)]
        build = card_refund if number % 20 == 11 else card_expense
        records.append(
            build(
                amount,
                coding=coding if is_coded else coding[1:],
                merchant=merchant,
                user=chance.choice(_PEOPLE),
                record_id=f"accr_{number:03}",
                posted_at=at,
                review_status=ReviewStatus.REVIEW if number >= 56 else ReviewStatus.READY_FOR_EXPORT,
            )
        )
    return records
