"""The law of movements of money: whose they are, and what they book, told by an oracle that shares no code with the bridge.

``LAW_EXAMPLES=10000`` in the environment makes it a long run.
"""

from __future__ import annotations

import attrs
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from bridge import Post, ReasonCode, Refuse, Settings
from bridge.documents.rillet_entries import JournalEntryDocument
from bridge.documents.rillet_payments import BillPaymentDocument, ReimbursementPaymentDocument
from support.laws.law import sent
from support.laws.movements import MOVEMENTS, MovementCase, is_payment, movement_cases, waits
from support.laws.oracle import UNCODED, account_named, booked, coding_of, told
from support.laws.whose import whose


@settings(max_examples=settings().max_examples // 2)
@pytest.mark.parametrize("kind", MOVEMENTS)
@given(data=st.data())
def test_a_movement_is_booked_where_it_belongs_and_refused_where_nothing_tells(kind: str, data: st.DataObject) -> None:
    check(kind, data.draw(movement_cases(kind)))


def check(kind: str, case: MovementCase) -> None:
    """The law for one movement."""
    world = case.world
    outcome = world.bridge.outcome(case.record, world.books, followed=case.followed)
    owners = () if waits(case) else whose(world.settings, world.books, case.json, case.told)
    payment = is_payment(case, owners[0]) if owners else None
    event(f"{type(outcome).__name__} {'payment' if payment else len(owners)}")
    if not owners or payment is None:
        assert isinstance(outcome, Refuse), outcome
        assert outcome.reasons
        return
    (entity, *_) = owners
    alone = attrs.evolve(world.settings, entities=(attrs.evolve(entity, when=None, movements=None),))
    if takes_itself_back(kind, case, alone):
        assert isinstance(outcome, Refuse), outcome
        assert ReasonCode.OWN_ACCOUNT in {each.code for each in outcome.reasons}
        return
    assert isinstance(outcome, Post), outcome
    document = outcome.document
    assert isinstance(document, BillPaymentDocument | ReimbursementPaymentDocument) is payment
    if payment:
        document_id = getattr(document, "bill_id", None) or getattr(document, "reimbursement_id", None)
        assert document_id in {"bill-0", "reimbursement-0"}
    else:
        (home,) = (each.id for each in world.books.subsidiaries if entity.subsidiary in {each.id, each.trade_name})
        assert isinstance(document, JournalEntryDocument)
        assert document.subsidiary_id == home
    named = entity.reimbursement_account if kind.startswith("REIMB") else entity.accounts_payable_account
    assert named is not None
    assert entity.tax_account is not None
    asked = booked(
        sent(outcome),
        payable=account_named(world.books, named).code,
        vat_account=account_named(world.books, entity.tax_account).code,
        tax_rates=world.books.tax_rates,
    )
    assert asked == told(alone, world.books, case.json)


def takes_itself_back(kind: str, case: MovementCase, alone: Settings) -> bool:
    """Whether a line is coded to the account of those on the other side, which nobody codes.

    What is booked does not tell: a tax may take all that such a line has.
    """
    if len(UNCODED[kind]) != 1:
        return False
    ((side, key),) = UNCODED[kind].items()
    (entity,) = alone.entities
    own = account_named(case.world.books, getattr(entity, key)).code
    return any(
        account_named(case.world.books, chosen).code == own
        for line in case.json["line_items"]
        if line["type"] != side
        and line["amount"]["amount"]
        and (chosen := coding_of(alone, case.world.books, case.json, line)[0]) is not None
    )
