"""Outcomes as values: they never raise, do not depend on order, and travel between processes."""

from __future__ import annotations

import decimal
import itertools
import pickle
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from multiprocessing import get_context
from typing import Any

import attrs
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from brex_accounting import RecordType, Side
from brex_accounting.testing.records import card_refund
from bridge import (
    DEFAULT_MAPPERS,
    Basis,
    Bridge,
    ClosedPeriod,
    Draft,
    FieldAssignment,
    Findings,
    ForeignCurrency,
    Post,
    Posting,
    ReasonCode,
    Refuse,
    SettingsError,
    Skip,
    SkipCode,
    When,
    effect,
    explain,
    summed,
)
from bridge.coding import code
from bridge.followed import followed_in
from bridge.settings.choices import OtherTypes
from rillet import FieldAssignment as RilletAssignment
from rillet import Money, NewCharge, NewExpenseItem
from support.companies.small import (
    BO,
    BOOKS,
    BRIDGE,
    DEPARTMENT,
    ENTITY,
    SETTINGS,
    WHOLE,
    account,
    billed,
    books,
    bridge,
    codes,
    document,
    expense,
    moved,
    owed,
    paid,
    posted,
    reimbursed,
)
from support.laws.oracle import Json
from support.laws.records import Case, decoded, doubtful_cases, good_cases

IN_POUNDS = attrs.evolve(SETTINGS, entities=(attrs.evolve(ENTITY, subsidiary="Example Ltd"),))
CONVERTING = attrs.evolve(IN_POUNDS, foreign_currency=ForeignCurrency.SUBSIDIARY)
IN_BERLIN = attrs.evolve(SETTINGS, time_zone="Europe/Berlin")


def test_every_value_pickles() -> None:
    unknown = attrs.evolve(expense(), type=RecordType("NEW"))
    sideways = attrs.evolve(expense(), line_items=(attrs.evolve(expense().line_items[0], type=Side("SIDEWAYS")),))
    records = [
        expense(),
        reimbursed(user=BO),
        unknown,
        sideways,
        expense("0"),
    ]
    others = WHOLE.plan([moved(RecordType.CARD_PAYMENT), billed(), paid()], books(bills=(owed(),)))
    assert len({type(post.payload) for post in others.posts}) == 3
    plan = BRIDGE.plan(records, BOOKS)
    kinds = {type(outcome) for outcome in plan.outcomes}
    assert kinds == {Post, Refuse, Skip}
    coded = code(expense(), SETTINGS, BOOKS, Findings())
    assert coded is not None
    effects = effect(plan.posts[0].payload)
    values = [
        plan,
        others,
        coded,
        effects,
        SETTINGS,
        BOOKS,
        When(currency="USD"),
        Draft(coded=coded, settings=SETTINGS, books=BOOKS),
    ]
    for value in [*values, *ReasonCode, *SkipCode, *Basis, *ClosedPeriod]:
        assert pickle.loads(pickle.dumps(value)) == value
    again: SettingsError = pickle.loads(pickle.dumps(SettingsError(("one", "two"))))
    assert again.problems == ("one", "two")
    assert str(again) == "one; two"
    there = pickle.loads(pickle.dumps(BRIDGE))
    assert there.outcome(records[0], BOOKS) == plan.outcomes[0]


def test_a_process_pool_gives_the_same_outcomes() -> None:
    records = [expense(), reimbursed(user=BO), moved(RecordType.CARD_PAYMENT), billed(), paid(), expense("1.005")]
    kept = books(bills=(owed(),))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        there = list(pool.map(WHOLE.outcome, records, itertools.repeat(kept)))
    assert there == [WHOLE.outcome(record, kept) for record in records]
    assert [type(outcome) for outcome in there] == [Post] * 5 + [Refuse]


@given(st.lists(doubtful_cases(), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_an_outcome_depends_on_nothing_but_the_record_what_it_follows_and_the_books(
    cases: list[Case], random: Any
) -> None:
    world = cases[0].world
    records = [case.record for case in cases]
    shuffled = random.sample(records, len(records))
    kept = attrs.evolve(
        world.books,
        accounts=tuple(random.sample(world.books.accounts, len(world.books.accounts))),
        subsidiaries=tuple(reversed(world.books.subsidiaries)),
        vendors=tuple(reversed(world.books.vendors)),
    )
    followed = followed_in(shuffled)
    alone = {each: world.bridge.outcome(each, world.books, followed=followed.get(each.id)) for each in records}
    plan = world.bridge.plan(shuffled, kept)
    assert list(plan.outcomes) == [alone[record] for record in shuffled]
    assert len(plan.posts) + len(plan.refused) + len(plan.nothing) == len(cases)


@given(good_cases(), st.integers(1, 6))
def test_an_outcome_does_not_depend_on_the_callers_decimal_context(case: Case, precision: int) -> None:
    outcome = posted(case.world.bridge.outcome(case.record, case.world.books))
    effects = effect(outcome.payload)
    with decimal.localcontext() as context:
        context.prec = precision
        assert posted(case.world.bridge.outcome(case.record, case.world.books)) == outcome
        assert effect(outcome.payload) == effects


texts = st.one_of(
    st.sampled_from(["", " ", "6100", "id-21120", "GL_ACCOUNT", "Team", "value-Sales", "USD", "JPY"]),
    st.text(max_size=5),
)
maybe = st.none() | texts
amounts = st.one_of(
    st.decimals(-(10**18) + 1, 10**18 - 1, places=2),
    st.sampled_from(
        [Decimal(0), Decimal("-0.00"), Decimal("1E+17"), Decimal("1E-28"), Decimal("999999999999999999.9")]
    ),
)
moneys = st.fixed_dictionaries({"amount": amounts, "currency": texts})
refs = st.fixed_dictionaries(
    {"brex_field_id": texts, "remote_field_id": maybe, "brex_field_value_id": maybe, "remote_field_value_id": maybe},
    optional={"field_name": maybe, "field_value_name": maybe, "type": texts},
)
lines = st.fixed_dictionaries(
    {
        "id": texts,
        "type": st.sampled_from(["DEBIT", "CREDIT"]) | texts,
        "amount": moneys,
        "accounting_field_values": st.lists(refs, max_size=4),
    },
    optional={"memo": maybe},
)
moments = st.datetimes(timezones=st.timezones() | st.just(None)).map(
    lambda moment: moment.isoformat() if moment.utcoffset() is not None else f"{moment.isoformat()}+14:00"
)
people = st.none() | st.fixed_dictionaries(
    {"id": texts}, optional={"email": texts, "first_name": texts, "last_name": texts, "location_name": maybe}
)
merchants = st.none() | st.fixed_dictionaries({"id": texts, "name": texts}, optional={"email": maybe})
arbitrary = st.fixed_dictionaries(
    {
        "id": texts,
        "amount": moneys,
        "type": st.sampled_from([*DEFAULT_MAPPERS, "INVOICE"]) | texts,
        "review_status": st.just("READY_FOR_EXPORT") | texts,
        "source_type": texts,
        "erp_posting_date": moments,
        "updated_at": moments,
        "version": st.integers(),
        "posted_at": moments,
        "line_items": st.lists(lines, max_size=4),
        "user": people,
        "vendor": merchants,
        "memo": maybe,
    }
)


@settings(max_examples=3 * settings().max_examples)
@given(arbitrary, st.sampled_from(ClosedPeriod), st.sampled_from(Basis), st.sampled_from(OtherTypes), maybe)
def test_an_outcome_never_raises_for_what_a_record_holds(
    json: Json, closed_period: ClosedPeriod, basis: Basis, other_types: OtherTypes, default_vendor: str | None
) -> None:
    record = decoded(json)
    company = bridge(
        closed_period=closed_period,
        reimbursement_basis=basis,
        other_types=other_types,
        default_vendor=default_vendor,
        entities=(ENTITY, attrs.evolve(ENTITY, name="Yen", when=When(currency="JPY"))),
    )
    outcome = company.outcome(record, BOOKS)
    event(type(outcome).__name__)
    assert outcome.record is record
    if isinstance(outcome, Refuse):
        assert outcome.reasons
        assert all(str(reason) and reason.text == str(reason) for reason in outcome.reasons)
    elif isinstance(outcome, Skip):
        assert outcome.why


def test_an_integrator_adds_a_mapper() -> None:
    def payment(draft: Draft) -> Post | Skip | None:
        if draft.record.memo is None:
            draft.refuse(ReasonCode.TYPE_NOT_SUPPORTED, "mine")
            return None
        return DEFAULT_MAPPERS["CARD_EXPENSE_POST"](draft)

    company = Bridge(SETTINGS, mappers={**DEFAULT_MAPPERS, RecordType("HOLOGRAM"): payment})
    paid = attrs.evolve(expense(), type=RecordType("HOLOGRAM"))
    assert codes(company.outcome(paid, BOOKS)) == [ReasonCode.TYPE_NOT_SUPPORTED]
    assert isinstance(document(company.outcome(attrs.evolve(paid, memo="yes"), BOOKS)), NewCharge)
    assert codes(BRIDGE.outcome(attrs.evolve(paid, memo="yes"), BOOKS)) == [ReasonCode.TYPE_NOT_SUPPORTED]


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("CARD_EXPENSE_PSOT", "CARD_EXPENSE_POST"),
        ("card_expense_post", "CARD_EXPENSE_POST"),
        ("REIMBURSEMENT_EXPENSE_APROVAL", "REIMBURSEMENT_EXPENSE_APPROVAL"),
    ],
)
def test_a_misspelt_record_type_is_refused_when_the_bridge_is_made(misspelt: str, meant: str) -> None:
    own = DEFAULT_MAPPERS["CARD_EXPENSE_POST"]
    with pytest.raises(
        ValueError, match=rf"'{misspelt}' \(did you mean '{meant}'\?\); give a newer type as RecordType"
    ):
        Bridge(SETTINGS, mappers={**DEFAULT_MAPPERS, misspelt: own})


def test_all_unknown_record_types_are_named_also_those_that_look_like_none() -> None:
    own = DEFAULT_MAPPERS["CARD_EXPENSE_POST"]
    with pytest.raises(ValueError, match="no record type of Brex: 'HOLOGRAM', 'BILL_EXPENCE'"):
        Bridge(SETTINGS, mappers={"HOLOGRAM": own, "BILL_EXPENSE": own, "BILL_EXPENCE": own})


def gives_nonsense(*_: object) -> Any:
    return "a charge"


def gives_too_much(*_: object) -> Decimal:
    return Decimal("1e400")


def raises(*_: object) -> Any:
    raise LookupError("no such thing")


@pytest.mark.parametrize(
    ("company", "words"),
    [
        (Bridge(SETTINGS, mappers={"CARD_EXPENSE_POST": raises}), "the mapper of CARD_EXPENSE_POST failed: LookupError: no such"),
        (Bridge(SETTINGS, mappers={"CARD_EXPENSE_POST": gives_nonsense}), "the mapper of CARD_EXPENSE_POST gave 'a charge'"),
        (Bridge(IN_POUNDS, rates=raises), "the source of exchange rates failed: LookupError: no such thing"),
        (Bridge(IN_POUNDS, rates=gives_nonsense), "the source of exchange rates failed: TypeError: 'a charge' is not a Decimal"),
        (Bridge(IN_POUNDS, rates=gives_too_much), "the source of exchange rates failed: ValueError: 1E+400 is too large"),
        (Bridge(CONVERTING, rates=raises), "the source of exchange rates failed: LookupError: no such thing"),
        (Bridge(IN_BERLIN, zones=raises), "the source of time zones failed: LookupError: no such thing"),
        (Bridge(IN_BERLIN, zones=gives_nonsense), "gave 'a charge' for 'Europe/Berlin', which is no time zone"),
    ],
)  # fmt: skip
def test_what_the_caller_brings_along_fails_for_one_record_alone(company: Bridge, words: str) -> None:
    outcome = company.outcome(expense(), BOOKS)
    assert codes(outcome) == [ReasonCode.MAPPER_FAILED]
    assert words in str(outcome)
    assert explain(expense(), company, BOOKS).is_refused


def test_a_plan_sorts_the_outcomes() -> None:
    good, bad, idle = expense(), expense("5"), expense("0")
    bad = attrs.evolve(bad, vendor=None)
    plan = BRIDGE.plan([bad, good, idle], BOOKS)
    assert [post.record for post in plan.posts] == [good]
    assert [refused.record for refused in plan.refused] == [bad]
    assert [nothing.record for nothing in plan.nothing] == [idle]
    assert [type(each) for each in plan.outcomes] == [Refuse, Post, Skip]
    assert plan.new_vendors == ()


def test_the_effect_of_a_charge_and_of_a_reimbursement() -> None:
    sales = FieldAssignment(field_id=DEPARTMENT.id, field_value_id="value-Sales")
    in_sales = RilletAssignment(field_id=DEPARTMENT.id, field_value_id="value-Sales")
    charge = document(BRIDGE.outcome(expense(), BOOKS))
    items = (
        NewExpenseItem(account_code="6100", amount=Money(Decimal(10), "USD"), fields=(in_sales,)),
        NewExpenseItem(account_code="6200", amount=Money(Decimal("-2.5"), "USD")),
        NewExpenseItem(account_code="6200", amount=Money(Decimal(0), "USD")),
        NewExpenseItem(account_code="6200", amount=Money(Decimal(-3), "EUR")),
    )
    assert set(effect(attrs.evolve(charge, items=items))) == {
        posting("6100", Side.DEBIT, "10", fields=frozenset({sales})),
        posting("6200", Side.CREDIT, "2.5"),
        posting("6200", Side.CREDIT, "3", "EUR"),
        posting("21120", Side.CREDIT, "7.5"),
        posting("21120", Side.DEBIT, "3", "EUR"),
    }
    repaid = document(BRIDGE.outcome(reimbursed("4"), BOOKS))
    assert set(effect(repaid)) == {posting("6100", Side.DEBIT, "4"), posting("21340", Side.CREDIT, "4")}
    refunded = posted(BRIDGE.outcome(card_refund("4", coding=expense().line_items[0].accounting_field_values), BOOKS))
    assert set(effect(refunded.payload)) == {posting("6100", Side.CREDIT, "4"), posting("21120", Side.DEBIT, "4")}


def posting(
    number: str, side: Side, amount: str, currency: str = "USD", fields: frozenset[FieldAssignment] = frozenset()
) -> Posting:
    return Posting(account=number, side=side, amount=Decimal(amount), currency=currency, fields=fields)


postings = st.lists(
    st.builds(
        Posting,
        account=st.sampled_from("12"),
        side=st.sampled_from(Side),
        amount=st.decimals(0, 10**6, places=3),
        currency=st.sampled_from(["USD", "JPY"]),
    ),
    max_size=6,
)


@given(postings, postings, st.randoms(use_true_random=False))
def test_sums_do_not_depend_on_order_or_on_how_lines_are_split(
    some: list[Posting], others: list[Posting], random: Any
) -> None:
    both = [*some, *others]
    assert summed(random.sample(both, len(both))) == summed(both)
    assert summed([*summed(some), *summed(others)]) == summed(both)
    halves = [attrs.evolve(each, amount=each.amount / 2) for each in both]
    assert summed([*halves, *halves]) == summed(both)
    assert all(each.amount for each in summed(both))
    assert len({(each.account, each.side, each.currency) for each in summed(both)}) == len(summed(both))


@pytest.mark.parametrize("subtype", ["Credit Card", "credit card", None])
def test_only_the_subtype_credit_card_takes_charges(subtype: str | None) -> None:
    kept = books(accounts=(*BOOKS.accounts, attrs.evolve(account("21120", "Brex Card"), subtype=subtype)))
    outcome = BRIDGE.outcome(expense(), kept)
    assert isinstance(outcome, Post) == (subtype == "Credit Card")
