"""When bills are posted, what is written for a person to post by hand, and subsidiaries as values of Brex's fields."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from brex_accounting import Record, ReviewStatus
from brex_accounting.testing.records import card_expense, gl
from bridge import BillTiming, Entity, SettingsError, When, plan_field_sync
from bridge.closing.delimited import delimited
from bridge.export.ledgers.rillet_books import load_books
from bridge.export.reporting.journal_lines import journal_lines
from rillet import BillStatus
from support.companies.whole import US, WholeCompany, bill, in_dollars, paid

SUBMITTED = attrs.evolve(bill(), review_status=ReviewStatus.REVIEW)


def test_a_bill_is_posted_on_approval_unless_the_settings_say_otherwise() -> None:
    company = WholeCompany(SUBMITTED)
    assert company.posted() == {}
    assert company.balances() == {}


@pytest.mark.parametrize("has_journal", [True, False])
def test_a_bill_is_posted_on_submission_once_and_told_when_it_is_approved(has_journal: bool, tmp_path: Path) -> None:
    company = WholeCompany(SUBMITTED, place=tmp_path if has_journal else None, bill_timing=BillTiming.SUBMISSION)
    assert company.posted() == {"accr_b1": "bills"}
    assert [each.id for each in company.brex_side.records.values() if each.review_status != ReviewStatus.REVIEW] == []
    assert not company.run().posted
    company.offer(SUBMITTED, review_status=ReviewStatus.READY_FOR_EXPORT)
    outcome = company.run()
    assert [each.adopted for each in outcome.posted] == [True]
    assert company.brex_side.records["accr_b1"].review_status == "EXPORTED"
    assert company.balances() == in_dollars(_21100="-100", _61000="100")


def test_a_submitted_bill_that_is_edited_before_its_approval_is_replaced(tmp_path: Path) -> None:
    company = WholeCompany(SUBMITTED, place=tmp_path, bill_timing=BillTiming.SUBMISSION)
    company.posted()
    company.offer(attrs.evolve(bill("120", version=5), review_status=ReviewStatus.REVIEW))
    company.run()
    assert company.balances() == in_dollars(_21100="-120", _61000="120")
    company.offer(bill("120", version=6))
    company.offer(paid("120"))
    company.run()
    assert company.rillet_side.bills[0].status is BillStatus.PAID


@pytest.mark.parametrize(
    "untold",
    [
        attrs.evolve(bill(), review_status=ReviewStatus.PREPARE),
        attrs.evolve(card_expense("5", coding=[gl("61000")]), review_status=ReviewStatus.REVIEW),
    ],
)
def test_what_nobody_has_submitted_is_left_alone(untold: Record) -> None:
    assert WholeCompany(untold, bill_timing=BillTiming.SUBMISSION).posted() == {}


def test_a_state_that_does_not_tell_is_refused_at_the_start() -> None:
    strange = attrs.evolve(bill(), review_status=ReviewStatus("IN_LIMBO"))
    company = WholeCompany(strange, card_expense("5", coding=[gl("61000")]), bill_timing=BillTiming.SUBMISSION)
    with pytest.raises(SettingsError, match="accr_b1 is in the state IN_LIMBO"):
        company.run()
    assert company.balances() == {}


def test_what_would_be_posted_is_written_line_by_line() -> None:
    company = WholeCompany(bill("100.10", memo="=Licences"), paid("100.10"))
    export = company.export()
    headings, rows = journal_lines(export.plan(), export.books())
    text = delimited(headings, rows)
    first, *lines = text.split("\r\n")
    assert first.startswith("Record,Step,Document,Day,Subsidiary,Vendor,Account,Account name,Debit,Credit,Currency")
    expected = "accr_b1,create,bill,2026-02-03,Example Inc.,Acme,61000,Software,100.10,,USD,,'=Licences,"
    assert lines[0] == expected
    assert len(lines) == 5
    assert company.balances() == {}


def test_a_file_holds_nothing_that_a_terminal_would_follow() -> None:
    text = delimited(["Merchant\x1b[31m"], [["Acme \x1b[31m\u202e"], ["two\r\nlines"], ["\t=1+1"]])
    assert text == 'Merchant\ufffd[31m\r\nAcme \ufffd[31m\ufffd\r\n"two\nlines"\r\n\'\ufffd=1+1\r\n'


def test_subsidiaries_become_values_of_the_field_that_tells_entities_apart() -> None:
    german = attrs.evolve(
        US, name="Germany", subsidiary="Example GmbH", when=When(field="LEGAL_ENTITY", value="halden")
    )
    entities: tuple[Entity, ...] = (US, german)
    company = WholeCompany(subsidiaries=("Example Inc.", "Example GmbH"), entities=entities)
    books = load_books(company.rillet)
    changes = plan_field_sync(books, (), company.settings, "integration-1")
    (change,) = (each for each in changes if each.new is not None and each.new.remote_id == "LEGAL_ENTITY")
    ids = {each.value: each.remote_id for each in change.created}
    home = books.subsidiary("Example Inc.")
    assert home is not None
    assert ids == {"Example GmbH": "halden", "Example Inc.": home.id}
