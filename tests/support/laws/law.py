"""The law of the mapping: what Rillet books for a document is what the lines of the record say."""

from __future__ import annotations

from collections import defaultdict
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
from bridge.documents.rillet_intercompany import IntercompanyDocument
from clientkit import codec
from support.laws.oracle import Entry, Ledger, account_named, booked, entity_of, told, told_of_two
from support.laws.records import (
    Case,
    SharedCase,
)


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


def balances(ledger: Ledger) -> Ledger:
    """What is left of debits and credits, on the side where it is."""
    left = dict[Entry, Fraction]()
    for (account, side, currency, fields), amount in ledger.items():
        key = account, "DEBIT", currency, fields
        left[key] = left.get(key, Fraction(0)) + (amount if side == "DEBIT" else -amount)
    return {key: amount for key, amount in left.items() if amount}


def sent(post: Post) -> bytes:
    """What is sent to create the document."""
    return codec.dumps(post.document.with_vendor("v-1").create().body)


def of_the_rest(post: Post) -> list[bytes]:
    """What is sent besides, of a document in two parts."""
    rest = post.document.rest() if isinstance(post.document, InTwoParts) else None
    return [] if rest is None else [codec.dumps(rest.create().body)]


def holds(case: Case, post: Post, content: bytes | None = None) -> bool:
    """Whether record and document say the same: to the bridge, and to the oracle, which reads the JSON of both.

    `content` is what is sent of the document, if it is not created. A payment with its rest is compared by balances: what is
    on both sides of its bank, such as a charge that was taken back, is one amount there.
    """
    world = case.world
    in_parts = isinstance(post.document, InTwoParts)
    said, done = summed(coded(case).postings(world.books)), summed(post.document.postings())
    assert done == summed(effect(post.payload))
    oracle = told(world.settings, world.books, case.json)
    entity = entity_of(world.settings, case.json)
    assert entity.accounts_payable_account is not None
    assert entity.tax_account is not None
    asked = defaultdict[Entry, Fraction](Fraction)
    for each in (*([sent(post)] if content is None else [content]), *of_the_rest(post)):
        of_one = booked(
            each,
            payable=account_named(world.books, entity.accounts_payable_account).code,
            vat_account=account_named(world.books, entity.tax_account).code,
            tax_rates=world.books.tax_rates,
        )
        for entry, amount in of_one.items():
            asked[entry] += amount
    if in_parts:
        return balances(as_ledger(said)) == balances(as_ledger(done)) == balances(oracle) == balances(asked)
    return (
        said == done
        and as_ledger(done) == oracle
        and {entry: amount for entry, amount in asked.items() if amount} == oracle
    )


def holds_of_two(case: SharedCase, post: Post) -> bool:
    """Whether record and documents say the same in the books of each entity, and balance there."""
    world, document = case.world, post.document
    assert isinstance(document, IntercompanyDocument)
    payer, debtor = coded(case).shares()
    made = [document.payer, document.rest()]
    oracle = told_of_two(world.settings, world.books, case.json, case.debtor)
    contents = [sent(post), *of_the_rest(post)]
    assert summed(document.postings()) == summed(effect(post.payload))
    for share, part, told_of_it, content, entity in zip(
        (payer, debtor), made, oracle, contents, (case.payer, case.debtor), strict=True
    ):
        assert entity.accounts_payable_account is not None
        assert entity.tax_account is not None
        asked = booked(
            content,
            payable=account_named(world.books, entity.accounts_payable_account).code,
            vat_account=account_named(world.books, entity.tax_account).code,
            tax_rates=world.books.tax_rates,
        )
        said, done = summed(share.postings(world.books)), summed(part.postings())
        if not (said == done and as_ledger(done) == told_of_it == asked):
            return False
        sums = defaultdict[str, Fraction](Fraction)
        for (_, side, currency, _), amount in asked.items():
            sums[currency] += amount if side == "DEBIT" else -amount
        if any(sums.values()):
            return False
    return True
