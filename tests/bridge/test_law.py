"""The law of the mapping: what Rillet books for a payload is what the lines of the record say.

``LAW_EXAMPLES=10000`` in the environment makes it a long run.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bridge import Post, Refused
from bridge.decisions import BillPayload, BillPaymentPayload, BillReplacement
from bridge_cases import BILL_PAYMENTS, BILLS, JOURNAL_ENTRIES, TYPES, Case, doubtful_cases, good_cases
from bridge_law import body, holds
from bridge_oracle import entity_of, told
from bridge_worlds import RATE
from clientkit import codec
from rillet import Bill, BillStatus, BillUpdate, ExpenseItem, NewBill


@pytest.mark.parametrize("kind", TYPES)
@given(data=st.data())
def test_every_good_record_becomes_a_payload_that_books_what_it_says(kind: str, data: st.DataObject) -> None:
    case = data.draw(good_cases([kind]))
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    assert isinstance(outcome, Post), outcome
    assert holds(case, outcome)


@settings(max_examples=2 * settings().max_examples)
@given(doubtful_cases())
def test_what_is_posted_says_what_the_record_says_and_what_is_refused_has_a_reason(case: Case) -> None:
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    event(f"{type(outcome).__name__} {case.json['type']}")
    if isinstance(outcome, Post):
        assert holds(case, outcome)
    elif isinstance(outcome, Refused):
        assert outcome.reasons
    else:
        assert told(case.world.settings, case.world.books, case.json) == {}


def in_rillet(made: NewBill | BillUpdate, subsidiary_id: str | None) -> Bill:
    """The bill that Rillet has after this was sent."""
    items = tuple(
        ExpenseItem(
            id=f"item-{number}",
            account_code=each.account_code,
            amount=each.amount,
            description=each.description,
            tax_rate=each.tax_rate,
            fields=tuple(each.fields),
        )
        for number, each in enumerate(made.items)
    )
    return Bill(
        id="bill-1",
        vendor_id=made.vendor_id,
        expense_number=made.expense_number,
        items=items,
        bill_date=made.bill_date,
        due_date=made.due_date,
        impact_date=made.impact_date,
        status=BillStatus.UNPAID,
        subsidiary_id=subsidiary_id,
        external_references=tuple(made.external_references),
        exchange_rate=made.exchange_rate,
    )


@given(good_cases(BILLS), good_cases(BILLS))
def test_a_bill_that_is_replaced_books_what_its_record_says_and_is_replaced_once(case: Case, other: Case) -> None:
    world = attrs.evolve(case.world, settings=attrs.evolve(case.world.settings, reference_type="brex"))
    case = attrs.evolve(case, world=world)
    first = world.bridge.outcome(case.record, world.books)
    strange = other.world.bridge.outcome(other.record, other.world.books)
    assert isinstance(first, Post)
    assert isinstance(strange, Post)
    assert isinstance(first.payload, BillPayload)
    assert isinstance(strange.payload, BillPayload)
    made, subsidiary = first.payload.bill, first.payload.bill.subsidiary_id
    before = attrs.evolve(made, items=strange.payload.bill.items, exchange_rate=None)
    newer = attrs.evolve(case, json=case.json | {"version": 3})

    def outcome_beside(bill: Bill) -> Post:
        outcome = world.bridge.outcome(newer.record, attrs.evolve(world.books, bills=(bill,)))
        assert isinstance(outcome, Post), outcome
        return outcome

    assert isinstance(outcome_beside(in_rillet(made, subsidiary)).payload, BillPayload)
    replaced = outcome_beside(in_rillet(before, subsidiary))
    event(type(replaced.payload).__name__)
    if isinstance(replaced.payload, BillReplacement):
        assert holds(newer, replaced)
        shown = in_rillet(replaced.payload.update, subsidiary)
        again = attrs.evolve(case, json=case.json | {"version": 4})
        settled = world.bridge.outcome(again.record, attrs.evolve(world.books, bills=(shown,)))
        assert isinstance(settled, Post)
        assert isinstance(settled.payload, BillPayload)


@given(good_cases())
def test_the_payload_is_of_the_records_entity_and_day(case: Case) -> None:
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    assert isinstance(outcome, Post)
    kind, currency = case.json["type"], case.json["amount"]["currency"]
    entity = entity_of(case.world.settings, case.json)
    subsidiary = next(each for each in case.world.books.subsidiaries if entity.subsidiary in {each.id, each.trade_name})
    sent: Any = codec.parse(codec.dumps(body(outcome.payload)))
    assert str(outcome.impact_date) == "2026-02-03"
    assert sent.get("impact_date", sent.get("date")) == "2026-02-03"
    if kind in BILL_PAYMENTS:
        assert isinstance(outcome.payload, BillPaymentPayload)
        assert outcome.payload.bill_id == "bill-1"
        assert sent.keys() == {"amount", "account_code", "date"}
        return
    assert sent["subsidiary_id"] == subsidiary.id
    rate = sent.get("exchange_rate")
    if currency == subsidiary.currency:
        assert rate is None
    else:
        assert (rate["base"], rate["target"], rate["date"]) == (currency, subsidiary.currency, "2026-02-03")
        assert Decimal(rate["rate"]) == RATE
    if kind in JOURNAL_ENTRIES:
        assert sent["name"].startswith("Brex accr_1: ")
        assert sent["currency"] == currency
        assert "external_references" not in sent
        return
    linked = ["accr_1", "expense_1", "accr_1 v2"] if kind in BILLS else ["accr_1"]
    assert [reference["id"] for reference in sent.get("external_references", [])] == (
        linked if case.world.settings.reference_type else []
    )
