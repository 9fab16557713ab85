"""The law of the mapping: what Rillet books for a payload is what the lines of the record say."""

from __future__ import annotations

from fractions import Fraction

from bridge import (
    CodedRecord,
    Findings,
    Payload,
    Post,
    Posting,
    effect,
    summed,
)
from bridge.coding import code
from bridge.decisions import BillPayload, BillPaymentPayload, BillReplacement
from bridge_cases import (
    Case,
)
from bridge_oracle import Entry, Ledger, account_named, booked, entity_of, told
from clientkit import codec


def coded(case: Case) -> CodedRecord:
    """The record after coding."""
    found = code(case.record, case.world.settings, case.world.books, Findings())
    assert found is not None
    return found


def as_ledger(postings: frozenset[Posting]) -> Ledger:
    ledger = dict[Entry, Fraction]()
    for each in postings:
        fields = frozenset((field.field_id, field.field_value_id) for field in each.fields)
        ledger[each.account, each.side.value, each.currency, fields] = Fraction(each.amount)
    assert len(ledger) == len(postings)
    return ledger


def body(payload: Payload) -> object:
    """What is sent of a payload."""
    match payload:
        case BillPayload():
            return payload.bill
        case BillReplacement():
            return payload.update
        case BillPaymentPayload():
            return payload.payment
        case _:
            return payload


def holds(case: Case, post: Post) -> bool:
    """Whether record and payload say the same: to the bridge, and to the oracle, which reads the JSON of both."""
    world = case.world
    said, done = summed(coded(case).postings(world.books)), summed(effect(post.payload))
    oracle = told(world.settings, world.books, case.json)
    entity = entity_of(world.settings, case.json)
    assert entity.accounts_payable_account is not None
    assert entity.tax_account is not None
    sent = booked(
        codec.dumps(body(post.payload)),
        payable=account_named(world.books, entity.accounts_payable_account).code,
        vat_account=account_named(world.books, entity.tax_account).code,
        tax_rates=world.books.tax_rates,
    )
    return said == done and as_ledger(done) == oracle and sent == oracle
