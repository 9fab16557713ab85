"""What a person reads who asks where a number comes from."""

from __future__ import annotations

import pickle

import attrs
import pytest
from hypothesis import given

from brex_accounting import Record, RecordType, ReviewStatus
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Post, effect
from bridge.explanations import explain
from bridge.settings import AccountRule
from bridge_company import BOOKS, BRIDGE, SETTINGS, WHOLE, billed, books, expense, moved, owed, paid, reimbursed, team
from bridge_worlds import Case, doubtful_cases

RULED = Bridge(
    attrs.evolve(SETTINGS, accounts=(AccountRule(account="6200", instead_of="6100"), AccountRule(account="6200")))
)


def test_an_explanation_says_of_each_line_why_it_is_where_it_is() -> None:
    record = card_expense(
        "42.75",
        splits=[("40", [gl("id-6100", "Travel"), team("value-Sales")]), ("2.75", [gl("6200")])],
        record_id="accr_9",
    )
    explained = explain(record, BRIDGE, BOOKS)
    assert str(explained) == (
        "accr_9: a charge, which counts on 2026-02-03\n"
        "  debit 40 USD on 6100 Travel (Department: Sales): coded to Travel (id-6100) in Brex\n"
        "  debit 2.75 USD on 6200 Meals: coded to 6200 in Brex\n"
        "  credit 42.75 USD on 21120 Brex Card: nobody coded it, so it is the card account of US"
    )
    assert explained.headings == ("Line", "Side", "Amount", "Account", "Fields", "Why")
    assert explained.rows[0][1:] == (
        "debit", "40 USD", "6100 Travel", "Department: Sales", "coded to Travel (id-6100) in Brex",
    )  # fmt: skip
    assert [row[0] for row in explained.rows] == [line.id for line in record.line_items]
    assert pickle.loads(pickle.dumps(explained)) == explained


@pytest.mark.parametrize(
    ("record", "company", "summary", "why"),
    [
        (reimbursed(), BRIDGE, "a reimbursement, which", "coded to 6100 in Brex"),
        (moved(RecordType.CARD_PAYMENT), WHOLE, "a journal entry, which", "so it is the card account of US"),
        (moved(RecordType.CARD_PAYMENT), BRIDGE, "refused, because it needs", "the card account"),
        (moved(RecordType.REWARD_REDEMPTION), BRIDGE, "refused, because it needs", "the card account"),
        (moved(RecordType.CARD_PAYMENT_REFUND), BRIDGE, "refused, because", "name no bank_account of US"),
        (billed(), WHOLE, "a bill, which", "coded to 6100"),
        (paid(), WHOLE, "a payment of the bill b-1, which", "so it is the accounts payable account of US"),
        (expense("5", gl(None)), BRIDGE, "refused, because a debit line", "nobody coded it"),
        (expense("5", gl("7777")), BRIDGE, "refused, because", "coded to 7777 in Brex, which is no account of Rillet"),
        (expense("5"), RULED, "a charge", "the rule accounts[0] of the settings, instead of 6100"),
        (expense("5", gl(None)), RULED, "a charge", "the rule accounts[1] of the settings, because nobody coded it"),
        (attrs.evolve(expense(), review_status=ReviewStatus.PREPARE), BRIDGE, "nothing to post, because it is PREPARE", "coded to"),
    ],
)  # fmt: skip
def test_every_way_to_an_account_has_its_reason(record: Record, company: Bridge, summary: str, why: str) -> None:
    explained = explain(record, company, books(bills=(owed(),)))
    assert explained.summary.startswith(summary)
    assert why in explained.lines[0].why


@given(doubtful_cases())
def test_what_is_explained_is_what_is_posted(case: Case) -> None:
    world = case.world
    explained = explain(case.record, world.bridge, world.books)
    outcome = world.bridge.outcome(case.record, world.books)
    assert str(explained).count("\n") == len(explained.lines)
    if isinstance(outcome, Post):
        told = {(line.account.split()[0], line.side) for line in explained.lines if line.amount}
        assert told == {(posting.account, posting.side) for posting in effect(outcome.payload)}
