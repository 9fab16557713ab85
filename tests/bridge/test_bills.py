"""A bill that Rillet has in an older version: when it is replaced, by what, and when that is refused."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import Record, RecordVendor
from brex_accounting.testing.records import dimension, gl
from bridge import (
    BillPayload,
    BillReplacement,
    Books,
    Bridge,
    ClosedPeriod,
    Nothing,
    PlannedVendor,
    ReasonCode,
    effect,
)
from bridge.coding import code
from bridge.decisions import Findings
from bridge.mappers.bills import version_shown
from bridge.postings import summed
from bridge_company import BOOKS, WHOLE, WHOLE_UK, billed, books, codes, dollars, first_line, owed, posted
from rillet import Bill, BillStatus, ExternalReference, Period

OTHERS = (
    ExternalReference(type="crm", id="deal-7", url="https://example.com/deal-7"),
    ExternalReference(type="brex", id="somebody's note"),
)


def edited(amount: str = "12", version: int = 3) -> Record:
    """The bill's record after an edit in Brex."""
    return attrs.evolve(billed(amount), version=version)


def first_version(**changes: Any) -> Bill:
    """What Rillet has after the export of the record's version 2."""
    made = posted(WHOLE.outcome(billed(), BOOKS)).payload
    assert isinstance(made, BillPayload)
    (item,) = owed().items
    bill = attrs.evolve(
        owed(),
        items=(attrs.evolve(item, description="Sample Stationery"),),
        impact_date=date(2026, 2, 3),
        external_references=tuple(made.bill.external_references),
    )
    return attrs.evolve(bill, **changes)


def having(*bills: Bill) -> Books:
    return books(bills=bills)


def replaced(record: Record, present: Bill, by: Bridge = WHOLE) -> BillReplacement:
    payload = posted(by.outcome(record, having(present))).payload
    assert isinstance(payload, BillReplacement), payload
    return payload


def is_left_alone(record: Record, present: Bill, by: Bridge = WHOLE) -> bool:
    return isinstance(posted(by.outcome(record, having(present))).payload, BillPayload)


def test_a_newer_version_replaces_the_bill() -> None:
    replacement = replaced(edited(), first_version())

    assert replacement.bill_id == "b-1"
    assert [(item.account_code, item.amount.amount) for item in replacement.update.items] == [("6100", Decimal(12))]
    assert replacement.update.impact_date == date(2026, 2, 3)
    ids = [each.id for each in replacement.update.external_references]
    assert ids == ["accr_bill", "expense_bill", "accr_bill v3"]


def test_the_bill_says_which_version_it_shows() -> None:
    present = first_version()
    assert version_shown(present, billed(), WHOLE.settings) == 2
    after = attrs.evolve(
        present, external_references=tuple(replaced(edited(version=10), present).update.external_references)
    )
    assert version_shown(after, billed(), WHOLE.settings) == 10
    assert version_shown(owed(), billed(), WHOLE.settings) is None
    strange = attrs.evolve(owed(), external_references=(ExternalReference(type="brex", id="accr_bill vague"),))
    assert version_shown(strange, billed(), WHOLE.settings) is None


@pytest.mark.parametrize("version", [1, 2])
def test_an_equal_or_older_version_changes_nothing(version: int) -> None:
    assert is_left_alone(edited(version=version), first_version())


def test_a_bill_that_does_not_tell_its_version_is_replaced() -> None:
    replaced(edited(version=1), owed())


def test_a_version_that_changes_nothing_on_the_bill_changes_nothing_in_rillet() -> None:
    unedited = edited("10")
    assert is_left_alone(unedited, first_version())
    # Nor does it matter then that the bill could not be replaced.
    assert is_left_alone(unedited, first_version(status=BillStatus.PAID))


def test_replacing_can_be_switched_off() -> None:
    company = Bridge(attrs.evolve(WHOLE.settings, replace_bills=False))
    assert is_left_alone(edited(), first_version(), company)
    without = Bridge(attrs.evolve(WHOLE.settings, reference_type=None))
    assert is_left_alone(edited(), first_version(), without)


def test_two_bills_for_one_record_are_left_to_people() -> None:
    twice = having(first_version(), first_version(id="b-2"))
    assert isinstance(posted(WHOLE.outcome(edited(), twice)).payload, BillPayload)


def test_what_brex_does_not_know_stays() -> None:
    (item,) = first_version().items
    period = Period(start=date(2026, 1, 1), end=date(2026, 12, 31))
    present = first_version(
        items=(
            attrs.evolve(item, id="i-0", account_code="6200"),
            attrs.evolve(item, service_period=period, extra={"line": "kept"}),
        ),
        bill_date=date(2026, 1, 28),
        due_date=date(2026, 2, 27),
        external_references=(*first_version().external_references, *OTHERS),
        extra={"approved_by": "Ada"},
    )
    update = replaced(attrs.evolve(edited("10"), due_at=None), present).update

    assert update.extra == {"approved_by": "Ada"}
    assert (update.bill_date, update.due_date) == (date(2026, 1, 28), date(2026, 2, 27))
    assert tuple(update.external_references)[3:] == OTHERS
    (kept,) = update.items
    assert kept.service_period == period
    assert kept.extra == {"line": "kept"}


def test_what_a_line_has_besides_is_kept_once() -> None:
    (item,) = first_version().items
    periods = [Period(start=date(2026, month, 1), end=date(2026, month, 28)) for month in (1, 2)]
    present = first_version(items=[attrs.evolve(item, service_period=each) for each in periods])
    first, rest = billed("30").line_items
    alike = [attrs.evolve(first, id=f"l-{number}", amount=dollars("10")) for number in range(3)]
    record = attrs.evolve(edited("30"), line_items=(*alike, rest))

    assert [each.service_period for each in replaced(record, present).update.items] == [*periods, None]


def test_what_brex_knows_is_replaced() -> None:
    record = attrs.evolve(
        edited(),
        due_at=datetime(2026, 4, 1, tzinfo=UTC),
        invoice_number="R-18",
        erp_posting_date=datetime(2026, 2, 9, tzinfo=UTC),
        vendor=RecordVendor(id="vendor_1", name="New Ltd"),
    )
    present = first_version()
    post = posted(WHOLE.outcome(record, having(present)))

    payload = post.for_vendor("v-9")
    assert isinstance(post.vendor, PlannedVendor)
    assert isinstance(payload, BillReplacement)
    assert payload.update.vendor_id == "v-9"
    assert payload.update.expense_number == "R-18"
    assert payload.update.due_date == date(2026, 4, 1)
    assert payload.update.impact_date == post.impact_date == date(2026, 2, 9)
    assert pickle.loads(pickle.dumps(post)) == post


@pytest.mark.parametrize("status", [each for each in BillStatus if each != BillStatus.UNPAID])
def test_a_bill_that_is_settled_is_not_replaced(status: BillStatus) -> None:
    outcome = WHOLE.outcome(edited(), having(first_version(status=status)))
    assert codes(outcome) == [ReasonCode.BILL_NOT_REPLACEABLE]


def test_a_bill_does_not_change_its_subsidiary() -> None:
    outcome = WHOLE_UK.outcome(edited(), having(first_version()))
    assert ReasonCode.BILL_NOT_REPLACEABLE in codes(outcome)


def test_a_bill_in_a_closed_period_is_not_replaced() -> None:
    moving = Bridge(attrs.evolve(WHOLE.settings, closed_period=ClosedPeriod.FIRST_OPEN_DAY))
    closed = attrs.evolve(having(first_version()), last_closed=date(2026, 2, 28))
    assert codes(moving.outcome(edited(), closed)) == [ReasonCode.BILL_NOT_REPLACEABLE]
    # Neither does one move into a closed period.
    open_bill = having(first_version(impact_date=date(2026, 3, 2)))
    assert codes(WHOLE.outcome(edited(), attrs.evolve(open_bill, last_closed=date(2026, 2, 28)))) == [
        ReasonCode.CLOSED_PERIOD
    ]


amounts = st.decimals(min_value="0.01", max_value="9999999", places=2)


@given(before=amounts, after=amounts, version=st.integers(1, 9))
def test_after_a_replacement_the_bill_books_what_the_record_says(before: Decimal, after: Decimal, version: int) -> None:
    present = first_version()
    (item,) = present.items
    present = attrs.evolve(present, items=(attrs.evolve(item, amount=attrs.evolve(item.amount, amount=before)),))
    record = edited(str(after), version)
    record = attrs.evolve(record, amount=dollars(str(after)))
    coded = code(record, WHOLE.settings, BOOKS, Findings())
    assert coded is not None
    payload = posted(WHOLE.outcome(record, having(present))).payload

    assert isinstance(payload, BillReplacement) == (version > 2 and before != after)
    if isinstance(payload, BillReplacement):
        assert summed(effect(payload)) == summed(coded.postings(BOOKS))
        # What was written is what is there: the same record once more changes nothing.
        line = attrs.evolve(item, amount=payload.update.items[0].amount)
        written = attrs.evolve(present, items=(line,), external_references=tuple(payload.update.external_references))
        assert is_left_alone(attrs.evolve(record, version=version + 1), written)


@pytest.mark.parametrize("closed_period", ClosedPeriod)
def test_a_bill_in_a_closed_period_that_stays_as_it_is_needs_no_open_period(closed_period: ClosedPeriod) -> None:
    company = Bridge(attrs.evolve(WHOLE.settings, closed_period=closed_period))
    closed = attrs.evolve(having(first_version()), last_closed=date(2026, 2, 28))
    post = posted(company.outcome(edited("10"), closed))
    assert isinstance(post.payload, BillPayload)
    assert post.impact_date == date(2026, 2, 3)
    # What is not there yet does need one.
    assert (codes if closed_period is ClosedPeriod.REFUSE else posted)(
        company.outcome(edited("10"), attrs.evolve(BOOKS, last_closed=date(2026, 2, 28)))
    )


def test_a_bill_that_was_moved_to_an_open_day_stays_there() -> None:
    moving = Bridge(attrs.evolve(WHOLE.settings, closed_period=ClosedPeriod.FIRST_OPEN_DAY))
    moved = first_version(impact_date=date(2026, 3, 1))
    assert is_left_alone(edited("10"), moved, moving) is False
    for last_closed in (date(2026, 2, 28), date(2026, 3, 31)):
        outcome = moving.outcome(edited("10"), attrs.evolve(having(moved), last_closed=last_closed))
        assert isinstance(posted(outcome).payload, BillPayload)


def test_a_version_without_money_does_not_leave_what_was_owed() -> None:
    outcome = WHOLE.outcome(edited("0"), having(first_version()))
    assert codes(outcome) == [ReasonCode.BILL_NOT_REPLACEABLE]
    assert "delete it in Rillet" in str(outcome)
    assert isinstance(WHOLE.outcome(edited("0"), BOOKS), Nothing)


def test_what_rillet_tells_besides_is_no_difference() -> None:
    in_pounds = Bridge(attrs.evolve(WHOLE_UK.settings, fields=()), rates=lambda _base, _target, _day: Decimal("0.8"))
    coding = [gl("6100"), dimension("field-Department", "value-Sales")]
    made = posted(in_pounds.outcome(first_line(billed(), accounting_field_values=coding), BOOKS)).payload
    assert isinstance(made, BillPayload)
    assert made.bill.exchange_rate is not None
    (item,) = made.bill.items
    (there,) = owed().items
    present = first_version(
        subsidiary_id="sub-uk",
        exchange_rate=attrs.evolve(made.bill.exchange_rate, extra={"source": "MANUAL"}),
        items=(
            attrs.evolve(
                there,
                description=item.description,
                fields=tuple(attrs.evolve(each, extra={"name": "Sales"}) for each in item.fields),
            ),
        ),
    )
    newer = first_line(edited("10"), accounting_field_values=coding)
    assert item.fields
    assert is_left_alone(newer, present, in_pounds)
