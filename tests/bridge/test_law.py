"""The law of the mapping: what Rillet books for a payload is what the lines of the record say."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

import attrs
import pytest
from hypothesis import Phase, event, find, given, settings

from bridge import (
    DEFAULT_MAPPERS,
    Bridge,
    CodedRecord,
    Context,
    Findings,
    Mapper,
    Payload,
    Post,
    Posting,
    Refused,
    effect,
    summed,
)
from bridge.coding import code
from bridge_oracle import Entry, Ledger, booked, entity_of, told
from bridge_worlds import RATE, Case, doubtful_cases, good_cases
from clientkit import codec
from rillet import Account, Money, NewCharge, NewExpenseItem


def coded(case: Case) -> tuple[CodedRecord, Account]:
    """The record after coding, and the account of the lines that nobody codes."""
    found = code(case.record, case.world.settings, case.world.books, Findings())
    assert found is not None
    entity = entity_of(case.world.settings, case.json)
    role = entity.card_account if case.json["type"].startswith("CARD") else entity.reimbursement_account
    offsetting = case.world.books.account(role)
    assert offsetting is not None
    return found, offsetting


def as_ledger(postings: frozenset[Posting]) -> Ledger:
    ledger = dict[Entry, Fraction]()
    for each in postings:
        fields = frozenset((field.field_id, field.field_value_id) for field in each.fields)
        ledger[each.account, each.side.value, each.currency, fields] = Fraction(each.amount)
    assert len(ledger) == len(postings)
    return ledger


def holds(case: Case, post: Post) -> bool:
    """Whether record and payload say the same: to the bridge, and to the oracle, which reads the JSON of both."""
    record, offsetting = coded(case)
    said, done = summed(record.postings(offsetting)), summed(effect(post.payload))
    oracle = told(case.world.settings, case.world.books, case.json)
    return said == done and as_ledger(done) == oracle and booked(codec.dumps(post.payload)) == oracle


@settings(max_examples=300)
@given(good_cases())
def test_every_good_record_becomes_a_payload_that_books_what_it_says(case: Case) -> None:
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    assert isinstance(outcome, Post), outcome
    event(case.json["type"])
    assert holds(case, outcome)


@settings(max_examples=400)
@given(doubtful_cases())
def test_what_is_posted_says_what_the_record_says_and_what_is_refused_has_a_reason(case: Case) -> None:
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    event(type(outcome).__name__)
    if isinstance(outcome, Post):
        assert holds(case, outcome)
    elif isinstance(outcome, Refused):
        assert outcome.reasons
    else:
        assert told(case.world.settings, case.world.books, case.json) == {}


@given(good_cases())
def test_the_payload_is_of_the_records_entity_and_day(case: Case) -> None:
    outcome = case.world.bridge.outcome(case.record, case.world.books)
    assert isinstance(outcome, Post)
    payload = outcome.payload
    entity = entity_of(case.world.settings, case.json)
    subsidiary = next(each for each in case.world.books.subsidiaries if entity.subsidiary in {each.id, each.trade_name})
    assert payload.subsidiary_id == subsidiary.id
    assert isinstance(payload, NewCharge) == case.json["type"].startswith("CARD")
    assert payload.impact_date is not None
    assert payload.impact_date.isoformat() == "2026-02-03"
    currency = case.json["amount"]["currency"]
    if currency == subsidiary.currency:
        assert payload.exchange_rate is None
    else:
        assert payload.exchange_rate is not None
        rate = payload.exchange_rate
        assert (rate.base, rate.target, rate.rate, rate.date) == (
            currency,
            subsidiary.currency,
            RATE,
            payload.impact_date,
        )
    assert [reference.id for reference in payload.external_references] == (
        ["accr_1"] if case.world.settings.reference_type else []
    )


def search(broken: Callable[[Case], Post | None]) -> Case:
    """A good record for which the law does not hold; raises where there is none."""

    def is_caught(case: Case) -> bool:
        post = broken(case)
        return post is not None and not holds(case, post)

    # The first counterexample will do, and it is the same in every run.
    unhurried = settings(database=None, derandomize=True, max_examples=1000, phases=[Phase.generate])
    return find(good_cases(), is_caught, settings=unhurried)


def mapped(case: Case, mapper: Mapper) -> Post | None:
    outcome = Bridge(
        case.world.settings,
        mappers=dict.fromkeys(DEFAULT_MAPPERS, mapper),
        rates=case.world.bridge.rates,
    ).outcome(case.record, case.world.books)
    return outcome if isinstance(outcome, Post) else None


def per_item(change: Callable[[NewExpenseItem], NewExpenseItem]) -> Callable[[Payload], Payload]:
    return lambda payload: attrs.evolve(payload, items=tuple(change(item) for item in payload.items))


def with_amount(change: Callable[[Decimal], Decimal]) -> Callable[[Payload], Payload]:
    return per_item(lambda item: attrs.evolve(item, amount=Money(change(item.amount.amount), item.amount.currency)))


def on_another_account(payload: Payload) -> Payload:
    if isinstance(payload, NewCharge):
        return attrs.evolve(payload, credit_card_account_code="elsewhere")
    return attrs.evolve(payload, payable_account_code="elsewhere")


def fields_shifted(payload: Payload) -> Payload:
    shifted = [payload.items[-1].fields, *(item.fields for item in payload.items[:-1])]
    return attrs.evolve(
        payload,
        items=tuple(attrs.evolve(item, fields=fields) for item, fields in zip(payload.items, shifted, strict=True)),
    )


MISTAKES: dict[str, Callable[[Payload], Payload]] = {
    "drops a line": lambda payload: attrs.evolve(payload, items=payload.items[1:]),
    "drops the last line": lambda payload: attrs.evolve(payload, items=payload.items[:-1]),
    "repeats a line": lambda payload: attrs.evolve(payload, items=(*payload.items, payload.items[0])),
    "swaps the sides": with_amount(lambda amount: -amount),
    "loses the sign": with_amount(abs),
    "rounds up": with_amount(lambda amount: amount.quantize(Decimal(1), ROUND_CEILING)),
    "goes through a short float": with_amount(lambda amount: Decimal(f"{float(amount):.6g}")),
    "takes another line account": per_item(lambda item: attrs.evolve(item, account_code="elsewhere")),
    "takes another card account": on_another_account,
    "drops the fields": per_item(lambda item: attrs.evolve(item, fields=())),
    "drops one field": per_item(lambda item: attrs.evolve(item, fields=item.fields[:1])),
    "gives a line its neighbour's fields": fields_shifted,
    "takes another currency": per_item(lambda item: attrs.evolve(item, amount=Money(item.amount.amount, "EUR"))),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_the_law_finds_a_mistake_of_a_mapper(mistake: Callable[[Payload], Payload]) -> None:
    def broken(record: CodedRecord, context: Context, findings: Findings) -> Post | None:
        post = DEFAULT_MAPPERS[record.record.type](record, context, findings)
        return None if post is None else attrs.evolve(post, payload=mistake(post.payload))

    search(lambda case: mapped(case, broken))


MISCODINGS: dict[str, Callable[[CodedRecord], CodedRecord]] = {
    "drops the fields": lambda record: attrs.evolve(
        record, lines=tuple(attrs.evolve(line, fields=()) for line in record.lines)
    ),
    "codes all lines like the first": lambda record: attrs.evolve(
        record,
        lines=tuple(
            attrs.evolve(line, account=next(each.account for each in record.lines if each.is_coded))
            if line.is_coded
            else line
            for line in record.lines
        ),
    ),
    "loses balanced lines": lambda record: attrs.evolve(record, lines=()),
}


@pytest.mark.parametrize("mistake", MISCODINGS.values(), ids=MISCODINGS.keys())
def test_the_oracle_finds_a_mistake_of_the_coding(mistake: Callable[[CodedRecord], CodedRecord]) -> None:
    def broken(record: CodedRecord, context: Context, findings: Findings) -> Post | None:
        return DEFAULT_MAPPERS[record.record.type](mistake(record), context, findings)

    case = search(lambda case: mapped(case, broken))
    # Seen from the coding alone all is well: record and payload are wrong in the same way.
    record, offsetting = coded(case)
    post = mapped(case, broken)
    assert post is not None
    assert summed(mistake(record).postings(offsetting)) == summed(effect(post.payload))
