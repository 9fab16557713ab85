"""What is posted for a record: the document, its lines, its days, its entity and its rate."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brex_accounting import Record, RecordType, RecordVendor, ReviewStatus
from brex_accounting.testing.records import card_expense, card_refund, dimension, gl, reimbursement
from bridge import Basis, Bridge, ClosedPeriod, Decision, Entity, FieldMapping, ReasonCode, Skip, SkipCode, When
from rillet import (
    ExchangeRate,
    ExternalReference,
    FieldAssignment,
    Money,
    NewCharge,
    NewExpenseItem,
    NewReimbursement,
)
from support.companies.small import (
    AMERICA,
    BO,
    BOOKS,
    BRIDGE,
    BRITAIN,
    CARD,
    DEPARTMENT,
    ENTITY,
    MEALS,
    PAYABLE,
    SETTINGS,
    account,
    books,
    bridge,
    codes,
    document,
    dollars,
    expense,
    field,
    first_line,
    last_line,
    on,
    posted,
    reimbursed,
    team,
)

CLOSED = date(2026, 2, 28)


def entities(*made: Entity) -> Bridge:
    return bridge(entities=made)


def test_a_card_expense_is_a_charge() -> None:
    bought = card_expense(
        "42.75",
        splits=[("40", [gl("6100", "Travel"), team("value-Sales")]), ("2.75", [gl("id-6200")])],
        record_id="accr_9",
        posted_at=datetime(2026, 2, 3, 11, tzinfo=UTC),
        erp_posting_date=datetime(2026, 2, 5, tzinfo=UTC),
    )
    post = posted(bridge(record_link="https://example.com/records/{id}?a={id}").outcome(bought, BOOKS))
    assert post.record is bought
    assert post.document.party == "v-stationery"
    assert post.payload == NewCharge(
        vendor_id="v-stationery",
        items=(
            NewExpenseItem(
                account_code="6100",
                amount=Money(Decimal(40), "USD"),
                description="Sample Stationery",
                fields=(FieldAssignment(field_id=DEPARTMENT.id, field_value_id="value-Sales"),),
            ),
            NewExpenseItem(account_code="6200", amount=Money(Decimal("2.75"), "USD"), description="Sample Stationery"),
        ),
        charge_date=date(2026, 2, 3),
        impact_date=date(2026, 2, 5),
        credit_card_account_code="21120",
        subsidiary_id="sub-us",
        external_references=(
            ExternalReference(type="brex", id="accr_9", url="https://example.com/records/accr_9?a=accr_9"),
            ExternalReference(type="brex", id=f"{bought.source_id}"),
            ExternalReference(type="brex", id=f"accr_9 v2 {post.document.form().digest()}"),
        ),
    )


def test_a_refund_is_a_charge_with_negative_lines() -> None:
    payload = document(BRIDGE.outcome(card_refund("9.50", coding=[gl("6100")]), BOOKS))
    assert isinstance(payload, NewCharge)
    assert [item.amount for item in payload.items] == [Money(Decimal("-9.50"), "USD")]
    assert payload.credit_card_account_code == CARD.code


@pytest.mark.parametrize(
    ("basis", "kind"),
    [
        (Basis.ACCRUAL, RecordType.REIMBURSEMENT_EXPENSE_APPROVAL),
        (Basis.CASH, RecordType.REIMBURSEMENT_EXPENSE_POST),
    ],
)
def test_a_reimbursement_is_of_the_basis_of_the_settings(basis: Basis, kind: RecordType) -> None:
    company = bridge(reimbursement_basis=basis, reference_type=None)
    paid = reimbursement("30", coding=[gl("6200")], user="Ada Example", type=kind, memo="Dinner")
    post = posted(company.outcome(paid, BOOKS))
    assert post.payload == NewReimbursement(
        vendor_id="v-ada",
        items=(NewExpenseItem(account_code=MEALS.code, amount=Money(Decimal(30), "USD"), description="Dinner"),),
        reimbursement_date=date(2026, 2, 3),
        impact_date=date(2026, 2, 3),
        payable_account_code=PAYABLE.code,
        subsidiary_id="sub-us",
    )


def test_a_line_is_described_by_its_memo_or_the_records_or_the_merchant() -> None:
    described = card_expense("5", splits=[("2", [gl("6100")]), ("3", [gl("6100")])], memo="Offsite")
    described = attrs.evolve(described, vendor=RecordVendor(id="pmch_1", name="Hotel "))
    described = first_line(described, memo="Taxi")
    plain = attrs.evolve(described, memo=None)
    assert [item.description for item in document(BRIDGE.outcome(described, BOOKS)).items] == ["Taxi", "Offsite"]
    assert [item.description for item in document(BRIDGE.outcome(plain, BOOKS)).items] == ["Taxi", "Hotel"]
    nameless = attrs.evolve(plain, vendor=None)
    by_default = document(bridge(default_vendor="v-ada").outcome(nameless, BOOKS))
    assert [item.description for item in by_default.items] == ["Taxi", None]


def test_a_value_that_is_given_twice_is_sent_once() -> None:
    twice = expense("5", gl("6100"), team("value-Sales"), team(None, name="SALES"))
    payload = document(BRIDGE.outcome(twice, BOOKS))
    assert [item.fields for item in payload.items] == [
        (FieldAssignment(field_id=DEPARTMENT.id, field_value_id="value-Sales"),)
    ]


def test_a_field_is_mapped_by_its_own_id_or_by_the_settings_and_else_left_out() -> None:
    own = dimension(DEPARTMENT.id, "value-Operations")
    other = dimension("Department", "value-Operations")
    empty = team(None)
    unmapped = bridge(fields=())
    lines = document(unmapped.outcome(expense("5", gl("6100"), own), BOOKS)).items
    assert [each.field_value_id for each in lines[0].fields] == ["value-Operations"]
    for ref in (other, empty):
        assert document(unmapped.outcome(expense("5", gl("6100"), ref), BOOKS)).items[0].fields == ()
    assert document(BRIDGE.outcome(expense("5", gl("6100"), empty), BOOKS)).items[0].fields == ()


def test_the_mapping_of_the_settings_wins_over_the_fields_own_id() -> None:
    region = field("Region", "North")
    company = bridge(fields=(FieldMapping(brex=DEPARTMENT.id, rillet="Region"),))
    coded = expense("5", gl("6100"), dimension(DEPARTMENT.id, "value-North"))
    payload = document(company.outcome(coded, books(fields=(DEPARTMENT, region))))
    assert payload.items[0].fields == (FieldAssignment(field_id=region.id, field_value_id="value-North"),)


def test_a_line_coded_to_the_card_account_itself_is_one_of_the_cards() -> None:
    own = last_line(expense(), gl("id-21120"))
    assert document(BRIDGE.outcome(own, BOOKS)).items == document(BRIDGE.outcome(expense(), BOOKS)).items


def test_an_empty_choice_of_an_account_is_none() -> None:
    empty = attrs.evolve(gl(""), brex_field_value_id=None)
    assert codes(BRIDGE.outcome(expense("5", empty), BOOKS)) == [ReasonCode.UNCODED_LINE]
    assert document(BRIDGE.outcome(last_line(expense(), empty), BOOKS)).items


@pytest.mark.parametrize("status", ReviewStatus)
def test_where_a_record_stands_in_its_life_is_no_question_of_its_mapping(status: ReviewStatus) -> None:
    waiting = attrs.evolve(expense(), review_status=status)
    ready = attrs.evolve(waiting, review_status=ReviewStatus.READY_FOR_EXPORT)
    assert posted(BRIDGE.outcome(waiting, BOOKS)).document == posted(BRIDGE.outcome(ready, BOOKS)).document


def test_a_record_without_money_is_nothing_to_post() -> None:
    free = card_expense("0", coding=[gl("6100")])
    for empty in (free, attrs.evolve(free, line_items=()), attrs.evolve(free, vendor=None)):
        outcome = BRIDGE.outcome(empty, books(last_closed=CLOSED))
        assert isinstance(outcome, Skip)
        assert "no money" in outcome.why
        assert outcome.code is SkipCode.NO_MONEY


def test_zero_lines_are_left_out() -> None:
    zeros = card_expense("5", splits=[("5", [gl("6100")]), ("0", [gl("6200")]), ("0.00", [])])
    assert [item.account_code for item in document(BRIDGE.outcome(zeros, BOOKS)).items] == ["6100"]


def test_the_books_of_an_entity_start_on_a_day() -> None:
    company = entities(attrs.evolve(ENTITY, since=date(2026, 2, 1)))
    early, late = on(date(2026, 1, 31), expense("5", gl("7777"))), on(date(2026, 2, 1), expense())
    outcome = company.outcome(early, BOOKS)
    assert isinstance(outcome, Skip)
    assert "before 2026-02-01, where US starts" in outcome.why
    posted(company.outcome(late, BOOKS))


def test_entities_claim_records_by_field_value_currency_and_location() -> None:
    uk = attrs.evolve(ENTITY, name="UK", subsidiary="sub-uk", card_account="id-21130")
    kept = books(accounts=(*BOOKS.accounts, account("21130", "Brex Card UK", subtype="Credit Card")))
    london = attrs.evolve(BO, location_id="loc-1", location_name="London")

    def outcome_where(when: When, bought: Record) -> Decision:
        company = Bridge(
            attrs.evolve(SETTINGS, entities=(ENTITY, attrs.evolve(uk, when=when))),
            rates=lambda _base, _target, _day: Decimal("0.8"),
        )
        return company.outcome(bought, kept)

    def card_account_where(when: When, bought: Record) -> str:
        payload = document(outcome_where(when, bought))
        assert isinstance(payload, NewCharge)
        return payload.credit_card_account_code

    legal = expense("5", gl("6100"), dimension("Legal", "le_uk", field_name="Legal Entity", name="UK"))
    assert card_account_where(When(field="Legal", value="le_uk"), legal) == "21130"
    assert card_account_where(When(field="Legal Entity", value="UK"), legal) == "21130"
    assert card_account_where(When(field="extended_field_legal", value="efo_le_uk"), legal) == "21130"
    assert codes(outcome_where(When(field="Legal", value="le_us"), legal)) == [ReasonCode.UNKNOWN_ENTITY]
    assert card_account_where(When(field="Legal", value="le_uk"), expense()) == "21120"
    british = card_expense("5", "GBP", coding=[gl("6100")])
    assert card_account_where(When(currency="USD"), expense()) == "21130"
    assert card_account_where(When(currency="GBP"), british) == "21130"
    assert card_account_where(When(currency="EUR"), british) == "21120"
    travelled = attrs.evolve(expense(), user=london)
    assert card_account_where(When(location="London"), travelled) == "21130"
    assert card_account_where(When(location="loc-1"), travelled) == "21130"
    assert card_account_where(When(location="Paris"), travelled) == "21120"
    nobodys = outcome_where(When(location="London"), attrs.evolve(expense(), user=None))
    assert codes(nobodys) == [ReasonCode.UNKNOWN_ENTITY]
    assert card_account_where(When(location="London", currency="EUR"), travelled) == "21120"
    assert card_account_where(When(location="London", currency="USD"), travelled) == "21130"


def test_a_closed_period_moves_a_record_to_the_first_open_day_if_the_settings_say_so() -> None:
    company = bridge(closed_period=ClosedPeriod.FIRST_OPEN_DAY)
    kept = books(last_closed=date(2026, 2, 28))
    for day, counts in (
        (date(2026, 2, 3), date(2026, 3, 1)),
        (date(2026, 2, 28), date(2026, 3, 1)),
        (date(2026, 3, 1), date(2026, 3, 1)),
        (date(2026, 3, 2), date(2026, 3, 2)),
    ):
        payload = document(company.outcome(on(day, expense()), kept))
        assert payload.impact_date == counts
        assert isinstance(payload, NewCharge)
        assert payload.charge_date == date(2026, 2, 3)
    assert document(company.outcome(expense(), BOOKS)).impact_date == date(2026, 2, 3)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 2, 3, 0, 0, tzinfo=UTC), date(2026, 2, 3)),
        (datetime(2026, 2, 3, 23, 59, 59, 999_999, tzinfo=UTC), date(2026, 2, 3)),
        (datetime(2026, 2, 3, 20, tzinfo=timezone(timedelta(hours=-5))), date(2026, 2, 4)),
        (datetime(2026, 2, 3, 1, tzinfo=timezone(timedelta(hours=2))), date(2026, 2, 2)),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), date(1, 1, 1)),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))), date(9999, 12, 31)),
    ],
)
def test_days_are_those_of_utc(moment: datetime, day: date) -> None:
    payload = document(BRIDGE.outcome(attrs.evolve(expense(), erp_posting_date=moment, posted_at=moment), BOOKS))
    assert isinstance(payload, NewCharge)
    assert (payload.charge_date, payload.impact_date) == (day, day)


def test_the_rate_is_that_of_the_transactions_day_also_where_the_record_counts_later() -> None:
    asked = list[tuple[str, str, date]]()

    def rates(base: str, target: str, day: date) -> Decimal:
        asked.append((base, target, day))
        return Decimal("0.79")

    settings = attrs.evolve(
        SETTINGS,
        entities=(attrs.evolve(ENTITY, subsidiary=BRITAIN.trade_name),),
        closed_period=ClosedPeriod.FIRST_OPEN_DAY,
    )
    company, kept = Bridge(settings, rates=rates), books(last_closed=CLOSED)
    for each in (expense(), reimbursed()):
        payload = document(company.outcome(each, kept))
        day = date(2026, 2, 3)
        assert payload.exchange_rate == ExchangeRate(base="USD", target="GBP", rate=Decimal("0.79"), date=day)
    assert set(asked) == {("USD", "GBP", date(2026, 2, 3))}


def test_no_rate_is_asked_for_where_the_currencies_are_the_same() -> None:
    def rates(base: str, target: str, day: date) -> Decimal:
        raise AssertionError(f"{base} to {target} on {day}")

    assert document(Bridge(SETTINGS, rates=rates).outcome(expense(), BOOKS)).exchange_rate is None
    assert AMERICA.currency == "USD"


@given(st.integers(1, 10**18 - 1), st.integers(1, 10**18 - 1))
def test_sums_may_be_larger_than_any_amount(first: int, second: int) -> None:
    large = card_expense("1", splits=[("1", [gl("6100")])])
    debit, credit = large.line_items
    lines = tuple(attrs.evolve(debit, amount=dollars(str(units))) for units in (first, second))
    outcome = BRIDGE.outcome(attrs.evolve(large, line_items=(*lines, credit)), BOOKS)
    assert f"debits {first + second}, credits 1" in str(outcome)
