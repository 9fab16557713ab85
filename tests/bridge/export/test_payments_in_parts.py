"""Payments that are more than a payment: a fee or a discount is an entry of its own, and both are there or nobody is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from brex_accounting import Record, RecordType
from brex_accounting.testing.records import Split, gl, record
from bridge import OnChange
from bridge.export import Verdict
from clientkit.testing import AnswerLost, Asked, Fault, Respond
from rillet import BillStatus
from support.companies.exported import refusal
from support.companies.whole import WholeCompany, bill, in_dollars


def with_fee(paid: str = "100", fee: str = "5", total: str = "105", version: int = 2) -> Record:
    """A payment of the bill, and what the bank took for it."""
    debits: Sequence[Split] = [(paid, ()), (fee, [gl("63000")])]
    return record(
        RecordType.BILL_EXPENSE_PAYMENT,
        debits=debits,
        credits=[(total, [])],
        record_id="accr_p1",
        source_id="bill1",
        version=version,
    )


def with_discount() -> Record:
    """A payment of less than was owed, because the vendor let the rest go."""
    return record(
        RecordType.BILL_EXPENSE_PAYMENT,
        debits=[("100", [])],
        credits=[("95", []), ("5", [gl("61000")])],
        record_id="accr_p1",
        source_id="bill1",
    )


FEE = in_dollars(_11100="-105", _61000="100", _63000="5")


@pytest.mark.parametrize("has_journal", [True, False])
def test_a_payment_with_a_fee_is_the_payment_and_an_entry(has_journal: bool, tmp_path: Path) -> None:
    company = WholeCompany(bill(), with_fee(), place=tmp_path if has_journal else None)
    planned = company.export().plan()
    assert len(planned.posts) == 2
    kinds = company.posted()
    assert kinds["accr_p1"].endswith("/payments")
    assert company.balances() == FEE
    assert company.rillet_side.bills[0].status is BillStatus.PAID
    assert company.brex_side.records["accr_p1"].review_status == "EXPORTED"
    company.rillet_side.idempotency_keys.forget_all()
    company.offer(with_fee())
    again = company.run()
    assert again.complete
    assert [each.record.id for each in again.posted] == ["accr_p1"]
    assert company.balances() == FEE
    if has_journal:
        assert company.disagreements() == []


def test_a_discount_is_an_entry_against_the_payable(tmp_path: Path) -> None:
    company = WholeCompany(bill(), with_discount(), place=tmp_path)
    company.posted()
    assert company.balances() == in_dollars(_11100="-95", _61000="95")
    assert company.disagreements() == []


def failing(company: WholeCompany, path: str, *, is_refused: bool) -> None:
    """Each attempt to post under this path is refused, or carried out with its answer lost."""

    def matches(asked: Asked) -> bool:
        return asked.method == "POST" and path in asked.path

    action = Respond(refusal(400)) if is_refused else AnswerLost()
    company.rillet_side.faults.append(Fault(action, matches=matches, times=1 if is_refused else 50))


@pytest.mark.parametrize("path", ["/payments", "/journal-entries"])
@pytest.mark.parametrize("is_refused", [True, False])
def test_what_fails_between_the_two_is_finished_by_the_next_run(path: str, is_refused: bool, tmp_path: Path) -> None:
    company = WholeCompany(bill(), with_fee(), place=tmp_path)
    failing(company, path, is_refused=is_refused)
    assert not company.run().complete
    assert company.brex_side.records["accr_p1"].review_status == "READY_FOR_EXPORT"
    company.rillet_side.faults.clear()
    company.run()
    # What was lost is settled by the first run, and what is left follows in the next.
    company.run()
    assert company.balances() == FEE
    assert company.brex_side.records["accr_p1"].review_status == "EXPORTED"
    assert company.disagreements() == []


def test_a_half_is_named_and_a_fee_that_changes_is_refused_or_corrected(tmp_path: Path) -> None:
    company = WholeCompany(bill(), with_fee(), place=tmp_path)
    failing(company, "/journal-entries", is_refused=True)
    company.run()
    assert [each.verdict for each in company.disagreements()] == [Verdict.HALF_POSTED]
    company.posted()
    company.offer(with_fee(fee="7", total="107", version=9))
    assert company.refused() == {"accr_p1": ["changed_after_export"]}
    company.settings = WholeCompany(on_change=OnChange.CORRECT).settings
    company.posted()
    assert company.balances() == in_dollars(_11100="-107", _61000="100", _63000="7")
    assert company.disagreements() == []


def test_without_anything_owed_it_is_no_payment() -> None:
    odd = record(
        RecordType.BILL_EXPENSE_PAYMENT,
        debits=[("5", [gl("63000")])],
        credits=[("5", [])],
        record_id="accr_p1",
        source_id="bill1",
    )
    assert WholeCompany(bill(), odd).refused() == {"accr_p1": ["not_a_payment"]}
