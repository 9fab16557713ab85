"""A record's own postings balance, whatever its type and its mapper, or are refused."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from brex_accounting import RecordType
from brex_accounting.testing.records import card_expense, gl
from bridge import DEFAULT_MAPPERS, Bridge, Findings, Post, effect, summed
from bridge.decisions import Skip
from bridge.mappers.draft import Draft
from bridge.mapping import Mapper
from support.companies.small import BOOKS, WHOLE

ADDED = attrs.evolve(card_expense("20", coding=[gl("6100")], record_id="accr_1"), type=RecordType("HOLOGRAM"))


@pytest.mark.parametrize("kind", ["CARD_EXPENSE_POST", "REIMBURSEMENT_EXPENSE_APPROVAL", "BILL_EXPENSE"])
def test_an_added_type_stands_for_the_account_of_its_mapper(kind: str) -> None:
    bridge = Bridge(WHOLE.settings, mappers={**DEFAULT_MAPPERS, ADDED.type: DEFAULT_MAPPERS[kind]})
    coded = bridge.coded(ADDED, BOOKS, Findings())
    outcome = bridge.outcome(ADDED, BOOKS)
    assert coded is not None
    assert isinstance(outcome, Post), outcome
    assert len(coded.postings(BOOKS)) == 2
    assert summed(coded.postings(BOOKS)) == summed(effect(outcome.document))


def own(draft: Draft) -> Skip:
    raise NotImplementedError(draft)


@pytest.mark.parametrize("mapper", [own, DEFAULT_MAPPERS["CARD_PAYMENT"]])
def test_what_no_line_stands_for_is_refused_and_not_left_out(mapper: Mapper) -> None:
    coded = Bridge(WHOLE.settings, mappers={**DEFAULT_MAPPERS, ADDED.type: mapper}).coded(ADDED, BOOKS, Findings())
    assert coded is not None
    with pytest.raises(ValueError, match="the postings of accr_1 do not balance: debit 20, credit 0"):
        coded.postings(BOOKS)
    assert [(each.account, each.amount) for each in coded.known_postings(BOOKS)] == [("6100", Decimal(20))]
