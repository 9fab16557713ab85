"""A bill that is edited in Brex after its export, its payment, and what Rillet and the journal say of both."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import attrs

from brex_accounting import Record, RecordType, ReviewStatus
from brex_accounting.testing.records import gl, record
from bridge.export import load_books, verify
from bridge.export.journal.protocol import Journal
from support.companies.exported import REFERENCE_TYPE, SETTINGS, US, Company
from support.proof import prove

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHOLE = attrs.evolve(SETTINGS, entities=(attrs.evolve(US, bank_account="11100", accounts_payable_account="21100"),))
READY, EXPORTED = ReviewStatus.READY_FOR_EXPORT, ReviewStatus.EXPORTED


def bill(amount: str = "10", version: int = 2, status: ReviewStatus = READY, *, days: int = 0) -> Record:
    made = record(
        RecordType.BILL_EXPENSE,
        debits=[(amount, [gl("62000")])],
        credits=[(amount, ())],
        vendor="Cumulus Cloud",
        record_id="accr_bill",
        source_id="expense_bill",
        version=version,
        review_status=status,
    )
    # An export finds what changed after it was exported by the time of the change.
    return attrs.evolve(made, updated_at=NOW + timedelta(days=days))


def payment(amount: str = "10") -> Record:
    lines = [(amount, ())]
    return record(
        RecordType.BILL_EXPENSE_PAYMENT, debits=lines, credits=lines, record_id="accr_paid", source_id="expense_bill"
    )


def owed(company: Company) -> Decimal:
    """What the one bill in Rillet is about."""
    (found,) = company.rillet.bills
    return sum((item.amount.amount for item in found.items), Decimal(0))


def sent(company: Company) -> list[str]:
    """The methods of what was sent to bills."""
    return [each.method for each in company.rillet.asked if each.path.startswith("/bills") and each.method != "GET"]


def agree(company: Company, journal: Journal) -> bool:
    """Whether everything adds up, in the trial balance and in the journal."""
    brex, client = company.brex.client(), company.rillet.client()
    rows = prove(
        tuple(each for each in company.brex.records.values() if each.review_status == "EXPORTED"),
        WHOLE,
        load_books(client),
        client,
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
    )
    return not any(row.difference for row in rows) and verify(brex, client, journal, REFERENCE_TYPE) == ()
