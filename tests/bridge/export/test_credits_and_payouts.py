"""Documents that are turned round, and payments that settle reimbursements and bills: what the ledger says of them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import rillet
from brex_accounting import Record
from brex_accounting.testing.records import gl, reimbursement
from bridge import OnChange, Payouts
from bridge.export import Verdict
from rillet import BillStatus, DocumentStatus
from support.companies.whole import US, WholeCompany, bill, in_dollars, moved, paid, payout

MEALS = reimbursement("20", coding=[gl("63000")], record_id="accr_r1", source_id="expense_1")


def credit(amount: str = "100", account: str = "61000", **more: Any) -> Record:
    """What Acme gives back."""
    details: dict[str, Any] = {"invoice_number": "CN-1", "vendor": "Acme", **more}
    return moved("BILL_EXPENSE", amount, credit=[gl(account)], record_id="accr_b1", source_id="bill1", **details)


@pytest.mark.parametrize(
    ("turned", "kind", "balances"),
    [
        (credit(), "vendor-credits", in_dollars(_21100="100", _61000="-100")),
        (
            moved("BILL_EXPENSE", "100", [gl("21100")], [gl("61000")], record_id="accr_1", vendor="Acme"),
            "vendor-credits",
            in_dollars(_21100="100", _61000="-100"),
        ),
        (
            moved("REIMBURSEMENT_EXPENSE_APPROVAL", "30", credit=[gl("63000")], record_id="accr_1", user="Ada Example"),
            "reimbursements",
            in_dollars(_21340="30", _63000="-30"),
        ),
        (
            moved("CARD_EXPENSE_REFUND", "50", debit=[gl("61000")], record_id="accr_1", vendor="Acme"),
            "charges",
            in_dollars(_21120="-50", _61000="50"),
        ),
        (
            moved("CARD_EXPENSE_POST", "7", credit=[gl("61000")], record_id="accr_1", vendor="Acme"),
            "charges",
            in_dollars(_21120="7", _61000="-7"),
        ),
    ],
)
def test_a_document_that_is_turned_round_is_booked(
    turned: Record, kind: str, balances: dict[str, Decimal], tmp_path: Path
) -> None:
    company = WholeCompany(turned, place=tmp_path)
    assert list(company.posted().values()) == [kind]
    assert company.balances() == balances
    assert company.disagreements() == []
    assert not company.run().posted


@pytest.mark.parametrize(
    "unclear",
    [
        moved("CARD_EXPENSE_POST", "7", record_id="accr_1", vendor="Acme"),
        moved("CARD_EXPENSE_POST", "7", credit=[gl("21120")], record_id="accr_1", vendor="Acme"),
    ],
)
def test_an_expense_that_nobody_codes_is_not_taken_for_its_opposite(unclear: Record) -> None:
    assert WholeCompany(unclear).refused() == {"accr_1": ["uncoded_line"]}


def test_a_vendor_credit_is_found_again_without_a_journal_by_its_memo() -> None:
    company = WholeCompany(credit())
    assert company.posted() == {"accr_b1": "vendor-credits"}
    company.rillet_side.idempotency_keys.forget_all()
    company.offer(credit())
    again = company.run()
    assert [each.adopted for each in again.posted] == [True]
    (there,) = company.rillet_side.vendor_credits
    assert there.memo is not None
    assert there.memo.startswith("Brex accr_b1: Vendor credit (v")
    assert there.credit_number == "CN-1"


def test_a_vendor_credit_that_changes_is_replaced_and_one_that_was_edited_is_not(tmp_path: Path) -> None:
    company = WholeCompany(credit(), place=tmp_path)
    company.posted()
    company.offer(credit("120", "62000", version=7))
    assert company.posted() == {"accr_b1": "vendor-credits"}
    assert company.balances() == in_dollars(_21100="120", _62000="-120")
    assert company.disagreements() == []
    (there,) = company.rillet_side.vendor_credits
    item = rillet.NewVendorCreditItem(account_code="61000", amount=rillet.Money(Decimal(120), "USD"))
    company.rillet.vendor_credits.modify(there.id, line_items=[item])
    assert [each.verdict for each in company.disagreements()] == [Verdict.CHANGED_IN_RILLET]
    company.offer(credit("130", version=9))
    assert company.refused() == {"accr_b1": ["changed_on_both_sides"]}
    assert company.balances() == in_dollars(_21100="120", _61000="-120")


def test_a_vendor_credit_becomes_a_bill_and_is_deleted_and_replayed(tmp_path: Path) -> None:
    company = WholeCompany(credit(), place=tmp_path)
    company.posted()
    company.offer(bill("120", version=7))
    assert company.posted() == {"accr_b1": "bills"}
    assert company.balances() == in_dollars(_21100="-120", _61000="120")
    company.offer(credit("80", version=12))
    assert company.posted() == {"accr_b1": "vendor-credits"}
    (there,) = company.rillet_side.vendor_credits
    company.rillet.vendor_credits.delete(there.id)
    assert [each.verdict for each in company.disagreements()] == [Verdict.DELETED_IN_RILLET]
    assert not company.export().replay("accr_b1").posted[0].adopted
    assert company.balances() == in_dollars(_21100="80", _61000="-80")
    assert company.disagreements() == []


def test_a_vendor_credit_is_corrected_where_the_settings_say_so(tmp_path: Path) -> None:
    company = WholeCompany(credit(), place=tmp_path, on_change=OnChange.CORRECT)
    company.posted()
    company.offer(credit("130", version=7))
    assert company.posted() == {"accr_b1": "journal-entries"}
    assert company.balances() == in_dollars(_21100="130", _61000="-130")
    assert company.disagreements() == []


@pytest.mark.parametrize("has_journal", [True, False])
def test_a_payout_pays_its_reimbursement(has_journal: bool, tmp_path: Path) -> None:
    company = WholeCompany(MEALS, payout("20"), place=tmp_path if has_journal else None)
    planned = company.export().plan()
    assert len(planned.posts) == 2
    kinds = company.posted()
    (there,) = company.rillet_side.reimbursements
    assert kinds == {"accr_r1": "reimbursements", "accr_o1": f"reimbursements/{there.id}/payments"}
    assert [post.document.postings() for post in planned.posts] != []
    assert there.status is DocumentStatus.PAID
    assert company.balances() == in_dollars(_11900="-20", _63000="20")
    assert not company.run().posted


def test_a_payout_of_an_earlier_export_pays_its_reimbursement_in_parts(tmp_path: Path) -> None:
    company = WholeCompany(MEALS, place=tmp_path)
    company.posted()
    company.offer(payout("15"))
    company.posted()
    assert company.rillet_side.reimbursements[0].status is DocumentStatus.PARTIALLY_PAID
    company.offer(payout("5", "accr_o2"))
    company.posted()
    (there,) = company.rillet_side.reimbursements
    assert there.status is DocumentStatus.PAID
    assert company.balances() == in_dollars(_11900="-20", _63000="20")


@pytest.mark.parametrize(
    ("settings", "offered"),
    [
        ({}, payout("20", source="expense_of_before")),
        ({"payouts": Payouts.JOURNAL_ENTRY}, payout("20")),
        ({}, payout("21")),
        ({}, payout("20", debit=[gl("12500")])),
    ],
)
def test_a_payout_that_no_payment_can_tell_is_an_entry_as_before(
    settings: dict[str, Any], offered: Record, tmp_path: Path
) -> None:
    company = WholeCompany(MEALS, offered, place=tmp_path, **settings)
    assert company.posted()["accr_o1"] == "journal-entries"
    assert company.rillet_side.reimbursements[0].status is DocumentStatus.UNPAID
    amount = offered.amount.amount
    assert company.balances()["11900"] == -amount
    assert company.disagreements() == []


def test_a_payout_that_was_deleted_is_named_and_replayed_and_one_that_changes_is_posted_anew(tmp_path: Path) -> None:
    company = WholeCompany(MEALS, payout("20"), place=tmp_path)
    company.posted()
    (there,) = company.rillet_side.reimbursements
    (payment,) = company.rillet.reimbursements.list_payments(there.id)
    company.rillet.reimbursements.delete_payment(there.id, payment.id)
    assert [each.verdict for each in company.disagreements()] == [Verdict.DELETED_IN_RILLET]
    assert not company.export().replay("accr_o1").posted[0].adopted
    assert company.rillet_side.reimbursements[0].status is DocumentStatus.PAID
    company.offer(payout("15", version=9))
    company.posted()
    assert company.balances() == in_dollars(_11900="-15", _21340="-5", _63000="20")
    assert company.disagreements() == []


@pytest.mark.parametrize(("behind_a_bank_account", "status"), [(True, BillStatus.PAID), (False, BillStatus.UNPAID)])
def test_a_card_pays_a_bill_where_the_account_allows(
    behind_a_bank_account: bool, status: BillStatus, tmp_path: Path
) -> None:
    company = WholeCompany(bill("70"), paid("70", type="BILL_EXPENSE_CARD_PAYMENT"), place=tmp_path)
    if behind_a_bank_account:
        company.rillet.bank_accounts.create(
            rillet.NewBankAccount(
                name="Brex card",
                currency="USD",
                bank_name="Brex",
                subsidiary_id=company.rillet_side.subsidiaries[0].id,
                account_code=US.card_account,
            )
        )
    company.posted()
    assert company.rillet_side.bills[0].status is status
    assert company.balances() == in_dollars(_21120="-70", _61000="70")
    assert company.disagreements() == []
