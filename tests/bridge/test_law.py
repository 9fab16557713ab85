"""The law of the mapping: what Rillet books for a document is what the lines of the record say.

``LAW_EXAMPLES=10000`` in the environment makes it a long run.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bridge import Basis, Post, Refuse, SkipCode
from bridge.documents.rillet import BillDocument
from bridge.documents.rillet_forms import form_of_bytes, found
from bridge.documents.rillet_payments import BillPaymentDocument, BillPaymentPayload
from clientkit import codec
from rillet import Bill, BillStatus, BillUpdate, ExpenseItem, NewBill
from support.laws.law import holds, holds_of_two, sent
from support.laws.oracle import entity_of, told
from support.laws.records import (
    BILL_PAYMENTS,
    BILLS,
    CASH,
    CHARGES,
    JOURNAL_ENTRIES,
    REIMBURSEMENTS,
    TYPES,
    Case,
    doubtful_cases,
    good_cases,
    shared_cases,
)
from support.laws.strategies import RATE


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("kind", [*CHARGES, *REIMBURSEMENTS, *BILLS])
@given(data=st.data())
def test_a_record_of_two_entities_books_in_both_what_it_says(kind: str, turned: bool, data: st.DataObject) -> None:
    case = data.draw(shared_cases([kind], turned=turned))
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    assert isinstance(outcome, Post), outcome
    assert holds_of_two(case, outcome)


# Once for each of the types, which share most of the code.
@settings(max_examples=settings().max_examples // 2)
@pytest.mark.parametrize("kind", TYPES)
@given(data=st.data())
def test_every_good_record_becomes_a_document_that_books_what_it_says(kind: str, data: st.DataObject) -> None:
    case = data.draw(good_cases([kind]))
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    assert isinstance(outcome, Post), outcome
    assert holds(case, outcome)


@pytest.mark.parametrize("kind", [*CHARGES, *REIMBURSEMENTS, *BILLS])
@given(data=st.data())
def test_a_document_that_is_turned_round_books_what_it_says_too(kind: str, data: st.DataObject) -> None:
    case = data.draw(good_cases([kind], turned=True))
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    assert isinstance(outcome, Post), outcome
    assert holds(case, outcome)
    assert sum(each.amount for each in outcome.document.spent()) * (-1 if kind != CHARGES[1] else 1) >= 0
    if kind in BILLS:
        entity = entity_of(case.world.settings, case.json)
        home = case.world.books.subsidiary(entity.subsidiary)
        assert home is not None
        is_foreign = case.json["amount"]["currency"] != home.currency
        assert outcome.document.kind == ("journal-entries" if is_foreign else "vendor-credits")
        document = outcome.document.with_vendor("v-1")
        told_again = form_of_bytes(document.kind, sent(outcome))
        assert told_again is not None
        assert told_again.equals(document.form())


@given(good_cases(BILL_PAYMENTS, in_parts=True))
def test_a_payment_with_a_fee_or_a_discount_books_what_it_says_in_two_parts(case: Case) -> None:
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    assert isinstance(outcome, Post), outcome
    assert isinstance(outcome.document, BillPaymentDocument)
    assert outcome.document.rest() is not None
    assert holds(case, outcome)


@settings(max_examples=2 * settings().max_examples)
@given(doubtful_cases())
def test_what_is_posted_says_what_the_record_says_and_what_is_refused_has_a_reason(case: Case) -> None:
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    event(f"{type(outcome).__name__} {case.json['type']}")
    if isinstance(outcome, Post):
        assert holds(case, outcome)
    elif isinstance(outcome, Refuse):
        assert outcome.reasons
    elif outcome.code is SkipCode.OTHER_BASIS:
        # The record of the settings' own basis is posted instead.
        basis = case.world.settings.reimbursement_basis
        assert case.json["type"] == (REIMBURSEMENTS[0] if basis is Basis.CASH else CASH)
    else:
        assert outcome.code is SkipCode.NO_MONEY
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
def test_a_bill_that_is_replaced_books_what_its_record_says_and_is_what_was_wanted(case: Case, other: Case) -> None:
    world = attrs.evolve(case.world, settings=attrs.evolve(case.world.settings, reference_type="brex"))
    case = attrs.evolve(case, world=world)
    first = world.bridge.outcome(case.record, world.books)
    strange = other.world.bridge.outcome(other.record, other.world.books)
    assert isinstance(first, Post)
    assert isinstance(strange, Post)
    assert isinstance(first.document, BillDocument)
    assert isinstance(strange.document, BillDocument)
    subsidiary = first.document.subsidiary_id
    newer = attrs.evolve(case, json=case.json | {"version": 3})
    outcome = world.bridge.outcome(newer.record, world.books)
    assert isinstance(outcome, Post), outcome
    document = outcome.document.with_vendor("v-1")

    def replaced(before: BillDocument) -> tuple[BillUpdate, bytes]:
        bill = before.with_vendor("v-1").payload.bill
        present = found("bills", in_rillet(bill, subsidiary), reference_type="brex")
        request = document.replace(present)
        assert isinstance(request.body, BillUpdate)
        return request.body, codec.dumps(request.body)

    unchanged = found(
        "bills", in_rillet(first.document.with_vendor("v-1").payload.bill, subsidiary), reference_type="brex"
    )
    assert unchanged.form.equals(document.form())
    assert unchanged.is_as_marked
    update, content = replaced(attrs.evolve(first.document, items=strange.document.items, exchange_rate=None))
    assert holds(newer, outcome, content)
    shown = found("bills", in_rillet(update, subsidiary), reference_type="brex")
    assert shown.form.equals(document.form())
    assert shown.is_as_marked
    assert shown.mark is not None
    assert shown.mark.version == 3
    assert shown.sources == {"expense_1"}
    told_again = form_of_bytes("bills", content)
    assert told_again is not None
    assert told_again.equals(shown.form)


@given(good_cases())
def test_the_document_is_of_the_records_entity_and_day(case: Case) -> None:
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    assert isinstance(outcome, Post)
    kind, currency = case.json["type"], case.json["amount"]["currency"]
    entity = entity_of(case.world.settings, case.json)
    subsidiary = next(each for each in case.world.books.subsidiaries if entity.subsidiary in {each.id, each.trade_name})
    made: Any = codec.parse(sent(outcome))
    assert str(outcome.document.impact_date) == "2026-02-03"
    assert made.get("impact_date", made.get("date")) == "2026-02-03"
    if kind in BILL_PAYMENTS:
        assert isinstance(outcome.payload, BillPaymentPayload)
        assert outcome.payload.bill_id == "bill-1"
        assert made.keys() == {"amount", "account_code", "date"}
        return
    assert made["subsidiary_id"] == subsidiary.id
    rate = made.get("exchange_rate")
    if currency == subsidiary.currency:
        assert rate is None
    else:
        assert (rate["base"], rate["target"], rate["date"]) == (currency, subsidiary.currency, "2026-02-03")
        assert Decimal(rate["rate"]) == RATE
    if kind in JOURNAL_ENTRIES:
        assert made["name"].startswith("Brex accr_1: ")
        assert made["currency"] == currency
        assert "external_references" not in made
        return
    linked = ["accr_1", "expense_1", f"accr_1 v2 {outcome.document.with_vendor('v-1').form().digest()}"]
    assert [reference["id"] for reference in made.get("external_references", [])] == (
        linked if case.world.settings.reference_type else []
    )
