"""Each thing that Brex's own integration asks a company for changes what is posted."""

from __future__ import annotations

from datetime import date
from typing import Any

import attrs

from brex_accounting import Record, RecordType
from brex_accounting.testing.records import dimension, gl
from bridge import Bridge, Nothing, Outcome, Post, When, effect
from bridge_company import BOOKS, SETTINGS, WHOLE_ENTITY, account, books, document, expense, moved, posted, reimbursed

OTHER = "99000"
KEPT = books(accounts=(*BOOKS.accounts, account(OTHER, "Another", subtype="Credit Card")))


def outcome(record: Record, **changes: Any) -> Outcome:
    """The outcome for an entity with something else in its settings."""
    return Bridge(attrs.evolve(SETTINGS, entities=(attrs.evolve(WHOLE_ENTITY, **changes),))).outcome(record, KEPT)


def accounts(record: Record, **changes: Any) -> set[str]:
    """The accounts that a record is posted to."""
    return {posting.account for posting in effect(posted(outcome(record, **changes)).payload)}


def test_cards_payable_account() -> None:
    assert accounts(expense()) == {"6100", "21120"}
    assert accounts(expense(), card_account=OTHER) == {"6100", OTHER}


def test_reimbursements_payable_account() -> None:
    assert accounts(reimbursed()) == {"6100", "21340"}
    assert accounts(reimbursed(), reimbursement_account=OTHER) == {"6100", OTHER}


def test_personal_expense_receivable_account() -> None:
    repaid = moved(RecordType.CARD_EXPENSE_REPAYMENT)
    assert accounts(repaid) == {"11100", "12600"}
    assert accounts(repaid, personal_expense_receivable_account=OTHER) == {"11100", OTHER}


def test_rewards_account() -> None:
    redeemed = moved(RecordType.REWARD_REDEMPTION)
    assert accounts(redeemed) == {"21120", "71000"}
    assert accounts(redeemed, rewards_account=OTHER) == {"21120", OTHER}


def test_manual_payments_account() -> None:
    payment = moved(RecordType.CARD_PAYMENT)
    assert accounts(payment) == {"21120", "11100"}
    assert accounts(payment, bank_account=OTHER) == {"21120", OTHER}


def test_cash_clearing_account() -> None:
    payout = moved(RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT)
    assert accounts(payout) == {"21340", "11900"}
    assert accounts(payout, clearing_account=OTHER) == {"21340", OTHER}


def test_accounts_payable_account() -> None:
    by_card = moved(RecordType.BILL_EXPENSE_CARD_PAYMENT)
    assert accounts(by_card) == {"20000", "21120"}
    assert accounts(by_card, accounts_payable_account=OTHER) == {OTHER, "21120"}


def test_sync_from_date() -> None:
    assert isinstance(outcome(expense(), since=date(2026, 2, 3)), Post)
    assert isinstance(outcome(expense(), since=date(2026, 2, 4)), Nothing)


def test_subsidiary_override() -> None:
    euros = attrs.evolve(BOOKS.subsidiaries[0], id="sub-de", trade_name="Example GmbH")
    kept = attrs.evolve(KEPT, subsidiaries=(*KEPT.subsidiaries, euros))
    german = attrs.evolve(WHOLE_ENTITY, name="DE", subsidiary="Example GmbH", when=When(field="Legal", value="de"))
    company = Bridge(attrs.evolve(SETTINGS, entities=(WHOLE_ENTITY, german)))
    assert document(company.outcome(expense(), kept)).subsidiary_id == "sub-us"
    claimed = expense("5", gl("6100"), dimension("Legal", "de"))
    assert document(company.outcome(claimed, kept)).subsidiary_id == "sub-de"
