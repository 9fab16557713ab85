"""What others wrote is shown as they wrote it: rich takes none of it for markup."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from brex_accounting import NewFieldValue
from brex_accounting.testing.records import card_expense, gl, reimbursement
from bridge import RECORD_COLUMNS
from bridge.export import Disagreement, Verdict
from bridge.export.reporting import tables
from bridge.export.reporting.csv_reports import outcome_report, plan_report
from bridge.export.reporting.report_json import refused_json
from bridge.field_sync import FieldChange
from bridge.plan import kind_name
from rillet.testing import vendor
from support.companies.changing import companies
from support.companies.changing_records import bill, charge, payment, payout, reimbursed
from support.companies.exported import Company

HOSTILE = "[/red]Ada \x1b[2J"


def shown(*parts: RenderableType, width: int = 300) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(*parts)
    return console.export_text()


@pytest.mark.parametrize("coding", ["61000", HOSTILE])
def test_a_merchants_name_is_no_markup(company: Company, coding: str) -> None:
    company.brex.add(card_expense("5", coding=[gl(coding)], merchant=HOSTILE, record_id="accr_1"))
    export = company.export()
    text = shown(tables.plan_table(export.plan()), tables.export_table(export.run()))
    assert text.count("[/red]Ada ") >= 2
    assert "\x1b[2J" not in text


def test_a_plan_names_vendors_and_accounts_and_breaks_no_id(company: Company) -> None:
    company.rillet.put(vendor("Cumulus Cloud"))
    company.brex.add(
        card_expense("1234.50", coding=[gl("61000")], merchant="Cumulus Cloud", record_id=f"accr_{'7' * 32}")
    )
    plan = company.export().plan()

    texts = [shown(tables.plan_table(plan), width=width) for width in (60, 80, 200)]
    for text in texts:
        assert f"accr_{'7' * 32}" in text
        assert "Cumulus Cloud" in text
    text = texts[-1]
    assert "debit  1,234.50 USD 61000 Software" in text
    assert "credit 1,234.50 USD 21120 Brex Card" in text
    assert {row[6] for row in plan_report(plan).rows} == {"Cumulus Cloud"}


def test_a_refused_record_is_told_with_what_people_know_it_by(company: Company) -> None:
    record_id = f"accr_{'7' * 32}"
    company.brex.add(card_expense("64.90", merchant="Skyline Air", record_id=record_id))
    plan = company.export().plan()

    for width in (80, 200):
        lines = [" ".join(line.split()) for line in shown(tables.plan_table(plan), width=width).splitlines()]
        (first,) = [place for place, line in enumerate(lines) if line.startswith(f"{record_id} 64.90 USD")]
        assert lines[first + 1].startswith("Skyline Air, Ada Example, 2026-02-")
    report = plan_report(plan)
    assert {row[-3:] for row in report.rows} == {
        ("Skyline Air", "Ada Example", plan.refused[0].record.erp_posting_date.date())
    }
    outcome = company.export().run()
    (told,) = [each for each in outcome_report(outcome).rows if each[3] == "refused"]
    assert told[-3:] == report.rows[0][-3:]
    (refused,) = refused_json(outcome.refused)
    day = str(plan.refused[0].record.erp_posting_date.date())
    assert (refused["merchant"], refused["person"], refused["day"]) == ("Skyline Air", "Ada Example", day)


def test_ids_and_reasons_are_no_markup() -> None:
    found = [Disagreement(record_id=HOSTILE, verdict=Verdict.ONLY_IN_BREX, text=HOSTILE)]
    assert (
        shown(tables.verify_table(found, 1, None), tables.history_table(HOSTILE, [])).count("[/red]Ada \ufffd[2J") == 3
    )


def test_long_lists_of_names_are_cut() -> None:
    names = [f"Vendor {number}" for number in range(25)]
    change = FieldChange(name="Vendor", created=tuple(NewFieldValue(value=each) for each in names))
    text = shown(tables.field_changes_table([change]))
    assert "Vendor 9" in text
    assert "Vendor 10" not in text
    assert "… and 15 more" in text


def test_no_changes_are_told_as_such() -> None:
    assert "Brex has what Rillet has." in shown(tables.field_changes_table(()))
    assert "Nothing was changed." in shown(tables.field_changes_table((), applied=True))


def test_a_notebook_shows_what_an_export_came_to(company: Company) -> None:
    company.brex.add(card_expense("1234.50", coding=[gl("61000")]), card_expense("5", coding=[gl("nowhere")]))
    outcome = company.export().run()
    assert {row[0]: row[1] for row in outcome.table.rows} | {"Requests sent": "", "Seconds": ""} == {
        "Posted": "1",
        "Vendors created": str(outcome.counts.created_vendors),
        "Refused": "1",
        "Reported to Brex": "1",
        "Spending posted USD": "1,234.50",
        "Requests sent": "",
        "Seconds": "",
    }
    assert "<td>Spending posted USD</td><td>1,234.50</td>" in outcome._repr_html_()
    html = outcome._repr_html_()
    assert "<td>refused</td><td>1</td><td>5.00</td>" in html
    assert "<td>all records</td><td>2</td><td>1,239.50</td>" in html
    assert "it is coded to &#x27;nowhere&#x27;, which is no account of Rillet" in html
    assert "1,234.50" in shown(outcome)


def test_a_printed_outcome_has_the_counts_and_the_first_refusals(company: Company) -> None:
    spent = [card_expense("5", coding=[gl(f"9{n}")], memo="Dinner with Bob", record_id=f"accr_{n}") for n in range(30)]
    company.brex.add(card_expense("1234.50", coding=[gl("61000")], record_id="accr_good"), *spent)
    export = company.export()
    plan, outcome = export.plan(), export.run()

    lines = str(outcome).splitlines()
    assert lines[:2] == ["Export", "  Posted               1"]
    assert "  Spending posted USD  1,234.50" in lines
    start = lines.index("Refused:")
    assert lines[start + 1] == "  accr_0: it is coded to '90', which is no account of Rillet"
    assert lines[start + 6 :] == ["  … and 25 more"]
    assert repr(outcome).startswith("<ExportOutcome: 1 posted, ")
    assert "30 refused" in repr(outcome)
    assert str(plan).splitlines()[0] == "1 to post, 30 refused, 0 with nothing to do"
    assert str(plan).splitlines()[-1] == "  … and 11 more"
    assert all(len(text) < 5_000 for text in (str(outcome), str(plan), repr(outcome), repr(plan)))


def test_one_result_is_shown_in_short_and_without_the_person(company: Company) -> None:
    bad = reimbursement("5", coding=[gl("9" * 2_000)], record_id="accr_bad")
    company.brex.add(bad, reimbursement("7", coding=[gl("61000")], record_id="accr_good"))
    export = company.export()
    plan, outcome = export.plan(), export.run()
    (refused,), (posted,) = outcome.refused, outcome.posted
    user = bad.user
    assert user is not None
    for each in (refused, posted, *plan.posts, *plan.refused):
        for text in (str(each), repr(each)):
            assert len(text) <= 400
            assert not any(secret in text for secret in (user.email, user.first_name.strip()))
    assert repr(refused) == "<Refuse accr_bad: unknown_account>"
    assert str(refused).startswith("accr_bad: it is coded to '999")
    assert repr(posted) == f"<Posted accr_good: create, reimbursements {posted.id}>"
    assert repr(plan.posts[0]) == "<Post accr_good: create, reimbursement of 2026-02-03>"


def test_a_plan_and_an_outcome_are_rows_with_their_amounts_and_reasons(company: Company) -> None:
    good = card_expense("1234.50", coding=[gl("61000")], merchant="Air", user="Ada Example", record_id="accr_good")
    company.brex.add(good, card_expense("5", coding=[gl("nowhere")], record_id="accr_bad"))
    export = company.export()
    plan, outcome = export.plan(), export.run()
    for rows, became in ((plan.rows(), "post"), (outcome.rows(), "posted")):
        assert {tuple(row) for row in rows} == {tuple(RECORD_COLUMNS)}
        told = {str(row["record_id"]): row for row in rows}
        fine, bad = told["accr_good"], told["accr_bad"]
        assert (fine["outcome"], fine["amount"], fine["currency"]) == (became, Decimal("1234.50"), "USD")
        assert (fine["merchant"], fine["person"], fine["impact_date"]) == ("Air", "Ada Example", date(2026, 2, 3))
        assert (fine["subsidiary"], bad["subsidiary"]) == ("Example Inc.", None)
        assert (bad["outcome"], bad["code"], bad["amount"]) == ("refused", "unknown_account", Decimal(5))
        assert "which is no account of Rillet" in str(bad["why"])
        assert all(
            isinstance(each, kind) for row in rows for name, kind in RECORD_COLUMNS.items() if (each := row[name])
        )
    (posted,) = outcome.posted
    assert [row["id"] for row in outcome.rows() if row["outcome"] == "posted"] == [posted.id]


def test_a_notebook_shows_what_sort_of_record_would_be_posted_and_whose(company: Company) -> None:
    company.brex.add(card_expense("5", coding=[gl("61000")], merchant="Air", user="Ada Example", record_id="accr_1"))
    html = company.export().plan()._repr_html_()
    assert "<td>CARD_EXPENSE_POST</td><td>Air</td><td>Ada Example</td><td>5.00 USD</td><td>post</td>" in html


def test_a_plan_and_an_outcome_call_kinds_alike_so_that_they_can_be_grouped(tmp_path: Path) -> None:
    with companies(tmp_path) as make:
        changing = make(bill(), payment(), charge(), reimbursed("20", source_id="expense1"), payout("20"))
        plan, outcome = changing.export().plan(), changing.run()
    kinds = {
        "b1": "bill",
        "p1": "bill payment",
        "k1": "charge",
        "r1": "reimbursement",
        "o1": "reimbursement payment",
    }
    for rows in (plan.rows(), outcome.rows()):
        assert {row["record_id"]: row["kind"] for row in rows} == kinds
    report = outcome_report(outcome)
    at = report.headings.index("Kind")
    assert {row[0]: row[at] for row in report.rows if row[0]} == kinds
    assert {each.record.id: each.kind.count("/") for each in outcome.posted}["p1"] == 2


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("journal-entries", "journal entry"),
        ("vendor-credits", "vendor credit"),
        ("bills/91cb/payments", "bill payment"),
        ("address", "address"),
        ("", ""),
    ],
)
def test_a_kind_in_words_has_no_id(kind: str, name: str) -> None:
    assert kind_name(kind) == name
