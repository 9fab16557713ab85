"""Records that the ledger has already: on which day they stand, and what tells whether they were changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from brex_accounting import Amount, Receipt, Record, RecordType, RecordVendor, ReviewStatus, Side, SourceType
from brex_accounting.testing.records import card_expense, gl
from bridge import Basis, Bridge, ClosedPeriod, ForeignCurrency, Post, ReasonCode, Skip, SkipCode, record_digest
from support.companies.small import (
    BO,
    BOOKS,
    BRITAIN,
    ENTITY,
    WHOLE,
    billed,
    books,
    bridge,
    codes,
    expense,
    posted,
    reimbursed,
)
from support.laws.records import Case, good_cases

MOVING = bridge(closed_period=ClosedPeriod.FIRST_OPEN_DAY)
#: Closed up to the end of February; the record counts on its third day.
CLOSED = books(last_closed=date(2026, 2, 28))
FEBRUARY, MARCH, APRIL = date(2026, 2, 5), date(2026, 3, 1), date(2026, 4, 7)


@pytest.mark.parametrize(
    ("company", "kept", "posted_on", "day"),
    [
        (bridge(), BOOKS, FEBRUARY, date(2026, 2, 3)),
        (MOVING, BOOKS, MARCH, date(2026, 2, 3)),
        (bridge(), CLOSED, FEBRUARY, FEBRUARY),
        (MOVING, CLOSED, FEBRUARY, FEBRUARY),
        (MOVING, CLOSED, MARCH, MARCH),
        (MOVING, CLOSED, APRIL, APRIL),
        (MOVING, CLOSED, None, MARCH),
    ],
)
def test_what_is_there_stays_on_its_day_where_its_own_is_closed(
    company: Bridge, kept: Any, posted_on: date | None, day: date
) -> None:
    assert posted(company.outcome(expense(), kept, posted_on=posted_on)).document.impact_date == day


def test_what_stands_on_an_open_day_does_not_move_into_a_closed_period() -> None:
    assert codes(bridge().outcome(expense(), CLOSED, posted_on=MARCH)) == [ReasonCode.CLOSED_PERIOD]
    # What is not there yet needs an open period.
    assert codes(bridge().outcome(expense(), CLOSED)) == [ReasonCode.CLOSED_PERIOD]


def test_a_bill_in_a_closed_period_that_stays_as_it_is_needs_no_open_period() -> None:
    for closed_period in ClosedPeriod:
        company = Bridge(attrs.evolve(WHOLE.settings, closed_period=closed_period))
        outcome = company.outcome(billed(), CLOSED, posted_on=date(2026, 2, 3))
        assert posted(outcome).document == posted(company.outcome(billed(), BOOKS)).document


def test_a_record_that_stays_on_its_day_in_the_ledger_is_converted_at_the_rate_of_its_own() -> None:
    asked = list[date]()

    def rates(_base: str, _target: str, day: date) -> Decimal:
        asked.append(day)
        return Decimal("0.8")

    british = attrs.evolve(ENTITY, subsidiary=BRITAIN.id)
    for kind in ForeignCurrency:
        settings = attrs.evolve(
            MOVING.settings, entities=(british,), foreign_currency=kind, closed_period=ClosedPeriod.FIRST_OPEN_DAY
        )
        post = posted(Bridge(settings, rates=rates).outcome(expense(), CLOSED, posted_on=APRIL))
        assert post.document.impact_date == APRIL
        assert set(asked) == {date(2026, 2, 3)}


def test_a_changed_setting_takes_nothing_out_of_the_books() -> None:
    later = bridge(entities=(attrs.evolve(ENTITY, since=date(2026, 3, 1)),))
    skipped = later.outcome(expense(), BOOKS)
    assert isinstance(skipped, Skip)
    assert (skipped.code, skipped.why) == (SkipCode.BEFORE_START, "it counts before 2026-03-01, where US starts")
    assert posted(later.outcome(expense(), BOOKS, posted_on=FEBRUARY)).document.impact_date == date(2026, 2, 3)
    of_cash = bridge(reimbursement_basis=Basis.CASH)
    other = of_cash.outcome(reimbursed(), BOOKS)
    assert isinstance(other, Skip)
    assert other.code is SkipCode.OTHER_BASIS
    there = posted(of_cash.outcome(reimbursed(), BOOKS, posted_on=FEBRUARY))
    assert there.document.form() == posted(bridge().outcome(attrs.evolve(reimbursed()), BOOKS)).document.form()


def test_a_record_that_moves_no_money_any_more_is_nothing_to_post() -> None:
    outcome = bridge().outcome(expense("0"), BOOKS, posted_on=FEBRUARY)
    assert isinstance(outcome, Skip)
    assert outcome.code is SkipCode.NO_MONEY


@given(good_cases(), st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.booleans())
def test_what_is_posted_on_a_day_stays_there_as_long_as_nothing_changes(case: Case, closed: date, moves: bool) -> None:
    """Mapping once more what is there on the day that the mapping gave it changes nothing."""
    choice = ClosedPeriod.FIRST_OPEN_DAY if moves else ClosedPeriod.REFUSE
    settings = attrs.evolve(case.world.settings, closed_period=choice)
    company = Bridge(settings, rates=case.world.bridge.rates)
    kept = attrs.evolve(case.world.books, last_closed=closed)
    first = company.outcome(case.record, kept)
    assume(isinstance(first, Post))
    assert isinstance(first, Post)
    day = first.document.impact_date
    assert day is not None
    assert company.outcome(case.record, kept, posted_on=day) == first
    later = attrs.evolve(kept, last_closed=max(closed, day) + timedelta(days=40))
    again = company.outcome(case.record, later, posted_on=day)
    # Its own day is closed by now, too, and so it stays where it is.
    assert posted(again).document.impact_date == day


SHOP = RecordVendor(id="pmch_1", name="Sample Stationery", email="ap@stationery.example")


def other(name: str) -> dict[str, Any]:
    return {name: "other"}


def bought() -> Record:
    return attrs.evolve(
        card_expense("100.00", coding=[gl("6100")], record_id="accr_1", memo="Dinner"),
        original_amount=Amount(amount=Decimal(90), currency="EUR"),
        due_at=datetime(2026, 3, 5, tzinfo=UTC),
        invoice_number="R-17",
        source_id="expense_1",
        user=BO,
        vendor=SHOP,
    )


LATER = datetime(2026, 5, 1, 12, tzinfo=UTC)
IN_ITS_LIFE: dict[str, Any] = {
    "id": "accr_2",
    "version": 9,
    "review_status": ReviewStatus.EXPORTED,
    "updated_at": LATER,
    "receipts": (Receipt(id="receipt_1", download_uris=("https://example.com/1",)),),
    "amount": Amount(amount=Decimal(100), currency="USD"),
    "erp_posting_date": bought().erp_posting_date.astimezone(timezone(timedelta(hours=5))),
    "user": attrs.evolve(BO, status="DISABLED", role="ADMIN", manager_id="cuuser_ada"),
    "vendor": attrs.evolve(SHOP, phone="1"),
    "extra": {"new": 1},
}


@pytest.mark.parametrize("field", IN_ITS_LIFE)
def test_what_only_tracks_a_records_life_is_not_in_its_digest(field: str) -> None:
    changed = attrs.evolve(bought(), **{field: IN_ITS_LIFE[field]})
    assert record_digest(changed) == record_digest(bought())
    assert len(record_digest(changed)) == 20


FIRST, LAST = bought().line_items
REF = FIRST.accounting_field_values[0]
CHANGES: list[dict[str, Any]] = [
    {"amount": Amount(amount=Decimal("100.01"), currency="USD")},
    {"amount": Amount(amount=Decimal(100), currency="EUR")},
    {"original_amount": None},
    {"type": RecordType.CARD_EXPENSE_REFUND},
    {"source_type": SourceType.BILL},
    {"source_id": None},
    {"erp_posting_date": LATER},
    {"posted_at": LATER},
    {"due_at": None},
    {"invoice_number": "R-18"},
    {"memo": "Lunch"},
    {"user": None},
    {"vendor": None},
    *({"user": attrs.evolve(BO, **other(name))} for name in (
        "id", "first_name", "last_name", "email", "department_id", "department_name", "location_id", "location_name",
    )),
    *({"vendor": attrs.evolve(SHOP, **other(name))} for name in ("id", "name", "email")),
    {"line_items": (LAST, FIRST)},
    {"line_items": (FIRST,)},
    *({"line_items": (attrs.evolve(FIRST, **change), LAST)} for change in (
        {"type": Side.CREDIT},
        {"amount": Amount(amount=Decimal(99), currency="USD")},
        {"original_amount": Amount(amount=Decimal(90), currency="EUR")},
        {"memo": "Taxi"},
        {"accounting_field_values": ()},
        {"accounting_field_values": (REF, REF)},
    )),
    *({"line_items": (attrs.evolve(FIRST, accounting_field_values=(attrs.evolve(REF, **other(name)),)), LAST)} for name in (
        "brex_field_id", "remote_field_id", "field_name",
        "brex_field_value_id", "remote_field_value_id", "field_value_name",
    )),
]  # fmt: skip


def test_whatever_the_mapping_may_look_at_is_in_the_digest() -> None:
    digests = [record_digest(bought()), *(record_digest(attrs.evolve(bought(), **change)) for change in CHANGES)]
    assert len(set(digests)) == len(digests)


def test_what_is_no_amount_has_a_digest() -> None:
    for amount in (Decimal("NaN"), Decimal("1e400"), Decimal("-0.00")):
        assert record_digest(attrs.evolve(bought(), amount=Amount(amount=amount, currency="USD")))
    negative, zero = (
        record_digest(attrs.evolve(bought(), amount=Amount(amount=Decimal(each), currency="USD")))
        for each in ("-0.00", "0")
    )
    assert negative == zero


@given(good_cases())
def test_records_with_one_digest_are_mapped_alike(case: Case) -> None:
    record = case.record
    trailing = attrs.evolve(
        record,
        version=7,
        updated_at=LATER,
        line_items=tuple(
            attrs.evolve(line, amount=attrs.evolve(line.amount, amount=line.amount.amount * Decimal("1.000")))
            for line in record.line_items
        ),
    )
    assert record_digest(trailing) == record_digest(record)
    first = posted(case.world.bridge.outcome(record, case.world.books)).document
    second = posted(case.world.bridge.outcome(trailing, case.world.books)).document
    assert first.form() == second.form()
