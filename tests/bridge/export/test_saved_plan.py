"""A plan that is made in one place, approved by a person, and carried out in another, as long as nothing changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

import rillet
import rillet.testing
from brex_accounting import Record
from brex_accounting.testing.records import card_expense, gl
from bridge.closing import Provenance, month
from bridge.export import Export, PlanError, SavedPlan, SqlJournal
from bridge.export.closing import read_package
from bridge.export.demo.run import Demo
from bridge.export.reporting.csv_reports import history_report
from bridge.export.reporting.history import history_of, plan_text
from bridge.settings.choices import ClosedPeriod, OnChange
from bridge.settings.values import Settings
from support.clocks import ManualClock
from support.commands import invoke
from support.companies.changing import companies
from support.companies.changing_records import bill, charge, payment, payout, reimbursed
from support.companies.exported import REFERENCE_TYPE, SETTINGS, Company, expense
from support.companies.keeping import with_vendors

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS_TEXT = """\
reference_type = "brex"
report_refusals = true

[[entities]]
name = "US"
subsidiary = "Example Inc."
card_account = "21120"
reimbursement_account = "21340"
"""


def made(export: Export) -> SavedPlan:
    """The plan of an export, as another process reads it."""
    return SavedPlan.from_json(export.saved(export.plan()).to_json())


def test_a_plan_comes_back_from_json_as_it_was(company: Company, records: list[Record]) -> None:
    company.brex.add(*records, expense(9, merchant=""))
    export = company.export()
    saved = export.saved(export.plan())
    back = SavedPlan.from_json(saved.to_json())
    assert back == saved
    assert back.digest == saved.digest
    assert [each.record_id for each in back.steps] == [each.id for each in records]
    assert back.steps[0].new_vendor == "Cumulus Cloud"
    assert [each["amount"] for each in back.steps[0].postings] == ["1.50", "1.50"]
    assert "accr_009" in back.refused


def test_what_is_planned_is_posted_and_nothing_else(company: Company, records: list[Record]) -> None:
    company.brex.add(*records)
    plan = made(company.export())
    company.brex.add(expense(8))
    outcome = company.export().run(plan=plan)
    assert outcome.complete
    # The first of them has created the vendor meanwhile; that is as planned.
    assert company.posted_references() == company.exported() == sorted(each.id for each in records)
    assert company.export().run(plan=plan).counts.posted == 0


Change = Callable[[Company], object]


def _other_amount(company: Company) -> None:
    before = company.brex.records["accr_001"]
    after = attrs.evolve(expense(1, "11.00"), version=before.version + 1, review_status=before.review_status)
    company.brex.add(attrs.evolve(after, updated_at=before.updated_at + timedelta(days=1)))


def _other_memo(company: Company) -> None:
    company.brex.add(attrs.evolve(company.brex.records["accr_001"], memo="something else"))


def _closed(company: Company) -> None:
    company.rillet.close_books(date(2026, 12, 31))


def _account_inactive(company: Company) -> None:
    with company.rillet.client() as client:
        account = next(each for each in client.accounts.list() if each.code == "61000")
    company.rillet.put(attrs.evolve(account, status=rillet.AccountStatus.INACTIVE))


@pytest.mark.parametrize("change", [_other_amount, _other_memo])
def test_a_record_that_changed_is_refused_and_brex_is_not_told(company: Company, change: Change) -> None:
    settings = attrs.evolve(SETTINGS, report_refusals=True)
    company.brex.add(expense(1), expense(2))
    plan = made(company.export(settings))
    change(company)
    outcome = company.export(settings).run(plan=plan)
    assert [each.record.id for each in outcome.posted] == ["accr_002"]
    (refused,) = outcome.refused
    (reason,) = refused.reasons
    assert (refused.record.id, reason.code) == ("accr_001", "changed_since_plan")
    assert reason.text.startswith("changed since the plan of ")
    assert company.exported() == ["accr_002"]
    assert not outcome.unreported
    assert company.brex.records["accr_001"].review_status == "READY_FOR_EXPORT"


@pytest.mark.parametrize("change", [_closed, _account_inactive])
def test_books_that_no_longer_take_it_refuse_it(company: Company, change: Change) -> None:
    company.brex.add(expense(1))
    plan = made(company.export())
    change(company)
    outcome = company.export().run(plan=plan)
    assert not outcome.posted
    assert len(outcome.refused) == 1
    assert not company.rillet.charges


def test_a_day_that_moves_with_the_books_is_not_what_was_planned(company: Company) -> None:
    settings = attrs.evolve(SETTINGS, closed_period=ClosedPeriod.FIRST_OPEN_DAY)
    company.brex.add(expense(1))
    plan = made(company.export(settings))
    _closed(company)
    outcome = company.export(settings).run(plan=plan)
    assert [each.code for refused in outcome.refused for each in refused.reasons] == ["changed_since_plan"]
    assert not company.rillet.charges


def test_a_correction_of_what_was_planned_as_new_is_refused(company: Company, tmp_path: Path) -> None:
    company.brex.add(expense(1))
    settings = attrs.evolve(SETTINGS, on_change=OnChange.REPLACE)
    bridge = company.export(settings).bridge
    plan = made(company.export(settings))
    with SqlJournal(str(tmp_path / "journal.db")) as journal:
        export = Export(company.brex.client(sleep=lambda _: None), company.rillet.client(), bridge, journal=journal)
        assert export.run().counts.posted == 1
        _other_amount(company)
        assert len(made(export).steps) == 1
        outcome = export.run(plan=plan)
    assert [each.code for refused in outcome.refused for each in refused.reasons] == ["changed_since_plan"]
    assert len(company.rillet.charges) == 1
    assert company.rillet.charges[0].items[0].amount.amount == 10


@pytest.mark.parametrize(
    "other", [attrs.evolve(SETTINGS, reference_type=None), attrs.evolve(SETTINGS, report_refusals=True)]
)
def test_other_settings_carry_nothing_out(company: Company, other: Settings) -> None:
    company.brex.add(expense(1))
    plan = made(company.export())
    with pytest.raises(PlanError, match="settings have changed"):
        company.export(other).run(plan=plan)
    assert not company.posts()


def test_a_plan_of_another_company_carries_nothing_out(company: Company) -> None:
    company.brex.add(expense(1))
    plan = made(company.export())
    other = Company(brex=company.brex, rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}, seed=7))
    with pytest.raises(PlanError, match="this plan is for"):
        other.export().run(plan=plan)
    assert not other.posts()


def test_an_approval_is_for_the_plan_as_it_is(company: Company) -> None:
    company.brex.add(expense(1), expense(2))
    plan = made(company.export())
    with pytest.raises(PlanError, match="nobody has approved"):
        plan.check_approved()
    with pytest.raises(PlanError, match="say who"):
        plan.approved(by=" ", at=NOW)
    approved = SavedPlan.from_json(plan.approved(by="grace@example.com", at=NOW).to_json())
    approved.check_approved()
    edited = json.loads(approved.to_json())
    edited["steps"] = edited["steps"][:1]
    with pytest.raises(PlanError, match=r"edited after grace@example\.com"):
        SavedPlan.from_json(json.dumps(edited)).check_approved()


@pytest.mark.parametrize("text", ["", "{}", "[]", "nonsense", '{"format": 1}'])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="no plan"):
        SavedPlan.from_json(text)


def test_a_plan_of_another_format_is_refused(company: Company) -> None:
    text = made(company.export()).to_json().replace('"format": 1', '"format": 2')
    with pytest.raises(PlanError, match="format 2"):
        SavedPlan.from_json(text)


def test_the_records_are_the_plan_s(company: Company) -> None:
    plan = made(company.export())
    with pytest.raises(ValueError, match="a plan says which records"):
        company.export().run(plan=plan, ids=["accr_1"])


def test_summaries_have_the_members_that_are_as_planned(company: Company, tmp_path: Path) -> None:
    settings = attrs.evolve(SETTINGS, summarise=("CARD_EXPENSE_POST",))
    company.brex.add(*(expense(number) for number in range(4)))
    with SqlJournal(str(tmp_path / "journal.db"), now=ManualClock(NOW)) as journal:
        bridge = company.export(settings).bridge
        export = Export(company.brex.client(sleep=lambda _: None), company.rillet.client(), bridge, journal=journal)
        plan = made(export)
        assert {each.step for each in plan.steps} == {"summary"}
        _other_memo(company)
        company.brex.add(expense(7))
        outcome = export.run(plan=plan)
    assert [each.record.id for each in outcome.refused] == ["accr_001"]
    assert sorted(each.record.id for each in outcome.posted) == ["accr_000", "accr_002", "accr_003"]
    assert len(company.rillet.journal_entries) == 1


MEALS = reimbursed("20", source_id="expense1")


def test_payments_of_what_is_in_the_same_plan_are_posted_too(tmp_path: Path) -> None:
    with companies(tmp_path) as make:
        changing = make(bill(), payment(), MEALS, payout("20"))
        plan = made(changing.export())
        assert {each.record_id: each.target for each in plan.steps} == dict.fromkeys(("b1", "p1", "r1", "o1"))
        outcome = changing.export().run(plan=plan)
        assert outcome.complete
        assert sorted(each.record.id for each in outcome.posted) == ["b1", "o1", "p1", "r1"]
        assert changing.books() == {"11100": -100, "11900": -20, "61000": 120}
        assert changing.export().run().counts.posted == 0


def test_a_payment_whose_bill_is_not_as_planned_is_not_posted(tmp_path: Path) -> None:
    with companies(tmp_path) as make:
        changing = make(bill(), payment(), MEALS, payout("20"))
        plan = made(changing.export())
        for each in (bill("99"), reimbursed("19", source_id="expense1")):
            changing.change(each)
        outcome = changing.export().run(plan=plan)
        assert not outcome.posted
        assert sorted(each.record.id for each in outcome.refused) == ["b1", "o1", "p1", "r1"]
        assert changing.books() == {}


def test_a_payment_of_another_bill_than_planned_is_not_posted(tmp_path: Path) -> None:
    with companies(tmp_path) as make:
        changing = with_vendors(make(bill()))
        assert changing.run().complete
        changing.change(payment())
        plan = made(changing.export())
        (step,) = plan.steps
        assert step.target == changing.ids["b1"]
        other = attrs.evolve(plan, steps=(attrs.evolve(step, target="another"),))
        (refused,) = changing.export().run(plan=other).refused
        (reason,) = refused.reasons
        assert "what it pays" in reason.text
        assert changing.export().run(plan=plan).complete


def keys_of(company: Company, brex_url: str, rillet_url: str) -> dict[str, str]:
    """The variables of the company's stand-ins."""
    return {
        "BREX_TOKEN": company.brex.token,
        "BREX_BASE_URL": brex_url,
        "RILLET_API_KEY": company.rillet.api_key,
        "RILLET_BASE_URL": rillet_url,
    }


def test_a_plan_in_three_processes(company: Company, tmp_path: Path) -> None:
    company.brex.add(*(expense(number) for number in range(3)))
    settings, plan = tmp_path / "settings.toml", tmp_path / "plan.json"
    settings.write_text(SETTINGS_TEXT, encoding="utf-8")
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        keys = keys_of(company, brex_url, rillet_url)

        def command(*arguments: str) -> subprocess.CompletedProcess[str]:
            program = [sys.executable, "-c", "from bridge.export.cli import main; main()", *arguments]
            return subprocess.run(program, env={**os.environ, **keys}, capture_output=True, text=True)

        made = command("plan", "--settings", str(settings), "--out", str(plan))
        assert made.returncode == 0, made.stderr
        early = command("export", "--settings", str(settings), "--plan", str(plan))
        approved = command("approve-plan", str(plan), "--by", "grace@example.com")
        _other_amount(company)
        carried_out = command("export", "--settings", str(settings), "--plan", str(plan), "--json")
    assert (early.returncode, early.stderr.strip()) == (
        2,
        "nobody has approved this plan; run approve-plan with its file and --by",
    )
    assert approved.returncode == 0, approved.stderr
    first, *table = [line.split() for line in approved.stdout.splitlines() if line.strip()]
    assert " ".join(first) == "3 steps are approved by grace@example.com."
    assert ["create", "3", "30.00"] in table
    told = json.loads(carried_out.stdout)
    assert carried_out.returncode == 1
    assert [each["record_id"] for each in told["refused"]] == ["accr_001"]
    assert company.posted_references() == company.exported() == ["accr_000", "accr_002"]


def test_the_debits_of_reverse_charges_explain_what_the_records_do_not_sum_up_to() -> None:
    with Demo(records=40, seed=1) as shown:
        export = shown.export()
        plan = export.plan()
        saved = SavedPlan.from_json(export.saved(plan).to_json())

    at = saved.table.headings.index("Debits EUR")
    rows = {row[0]: Decimal(row[at].replace(",", "")) for row in saved.table.rows}
    assert list(rows) == ["create", "of which reverse charges"]
    assert rows["of which reverse charges"] > 0
    assert rows["create"] - rows["of which reverse charges"] == plan.totals["post"].amounts["EUR"]


def test_export_of_a_plan_lists_what_the_plan_refused(company: Company, tmp_path: Path) -> None:
    refused = [card_expense("10.00", coding=[gl("99999")], record_id=f"accr_{n:03d}") for n in (1, 2, 3)]
    company.brex.add(expense(0), *refused, expense(4, merchant=""))
    settings, plan = tmp_path / "settings.toml", tmp_path / "plan.json"
    settings.write_text(SETTINGS_TEXT, encoding="utf-8")
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        keys = keys_of(company, brex_url, rillet_url)
        invoke("plan", "--settings", str(settings), "--out", str(plan), env=keys)
        invoke("approve-plan", str(plan), "--by", "grace@example.com")
        told = invoke("export", "--settings", str(settings), "--plan", str(plan), env=keys)

    # What is left for a person.
    assert told.exit_code == 1, told.output
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert "Refused or held in the plan, so not carried out: 4" in lines
    why = "it is coded to '99999', which is no account of Rillet"
    assert f"3 records, such as accr_001 {why}" in lines
    assert any(line.startswith("accr_004 10.00 USD it names no merchant") for line in lines)


def test_a_reason_that_two_lines_share_is_in_the_plan_once(company: Company) -> None:
    company.brex.add(
        card_expense("20.00", splits=[("12.00", [gl("99999")]), ("8.00", [gl("99999")])], record_id="accr_1")
    )

    plan = made(company.export())

    assert plan.refused == {"accr_1": "it is coded to '99999', which is no account of Rillet"}
    assert plan.refused_amounts == {"accr_1": "20.00 USD"}


def test_an_unapproved_plan_begins_no_journal(company: Company, tmp_path: Path) -> None:
    company.brex.add(expense(1))
    plan, journal, settings = (tmp_path / each for each in ("plan.json", "export.db", "settings.toml"))
    settings.write_text(SETTINGS_TEXT, encoding="utf-8")
    export = company.export()
    plan.write_text(export.saved(export.plan()).to_json(), encoding="utf-8")

    told = invoke("export", "--settings", str(settings), "--plan", str(plan), "--journal", str(journal))

    assert told.exit_code == 2
    assert "approve-plan" in told.stderr
    assert not journal.exists()


def test_the_journal_keeps_who_approved_the_plan_of_a_record(tmp_path: Path) -> None:
    with companies(tmp_path) as make:
        changing = make(bill(), charge())
        plan = made(changing.export()).approved(by="grace", at=NOW)
        assert changing.export().run(plan=plan).complete
        changing.export().run(plan=plan)
        changing.change(charge(id="k2"))
        changing.run()
        (known,) = history_of(changing.journal, "b1").plans
        (row,) = [
            each
            for each in history_report(history_of(changing.journal, "b1"), lambda _: {}).rows
            if each[0] == "plan approved"
        ]
        package = read_package(changing.export(), month("2026-02"), Provenance(by="Ada", settings_digest="0"))

        assert (known.by, known.at, known.digest) == ("grace", NOW, plan.digest)
        assert set(known.records) == {"b1", "k1"}
        assert plan_text(known) == (
            f"2026-03-01 12:00:00 UTC: grace approved it with the plan {plan.digest} that {plan.made_by} made"
            f" {plan.made_at:%Y-%m-%d %H:%M} UTC"
        )
        assert row[1] == "b1"
        assert history_of(changing.journal, "k2").plans == ()
        trail = package.reports["audit_trail"]
        assert [each[:3] for each in trail.rows] == [("b1", "plan approved", "grace"), ("k1", "plan approved", "grace")]
