"""The law of the mapping: what Rillet books for a document is what the lines of the record say."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from bridge import (
    CodedRecord,
    Findings,
    Post,
    Posting,
    effect,
    summed,
)
from bridge.coding import code
from bridge.documents.protocol import InTwoParts
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


def sent(post: Post) -> bytes:
    """What is sent to create the document."""
    return codec.dumps(post.document.with_vendor("v-1").create().body)


def of_the_rest(post: Post) -> list[bytes]:
    """What is sent besides, of a document in two parts."""
    rest = post.document.rest() if isinstance(post.document, InTwoParts) else None
    return [] if rest is None else [codec.dumps(rest.create().body)]


def holds(case: Case, post: Post, content: bytes | None = None) -> bool:
    """Whether record and document say the same: to the bridge, and to the oracle, which reads the JSON of both.

    `content` is what is sent of the document, if it is not created.
    """
    world = case.world
    said, done = summed(coded(case).postings(world.books)), summed(post.document.postings())
    assert done == summed(effect(post.payload))
    oracle = told(world.settings, world.books, case.json)
    entity = entity_of(world.settings, case.json)
    assert entity.accounts_payable_account is not None
    assert entity.tax_account is not None
    asked = Counter[Entry]()
    for each in (*([sent(post)] if content is None else [content]), *of_the_rest(post)):
        of_one = booked(
            each,
            payable=account_named(world.books, entity.accounts_payable_account).code,
            vat_account=account_named(world.books, entity.tax_account).code,
            tax_rates=world.books.tax_rates,
        )
        for entry, amount in of_one.items():
            asked[entry] += amount  # type: ignore[assignment]  # a Counter adds fractions too
    return said == done and as_ledger(done) == oracle and asked == oracle
