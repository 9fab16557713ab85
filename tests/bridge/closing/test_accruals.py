"""Accruals: what is posted, when it is posted, and what happens when something fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from brex_accounting import Record, ReviewStatus
from brex_accounting.testing.records import card_expense, dimension, gl
from bridge import FieldMapping
from bridge.closing import reconcile
from bridge.export import NoJournal, RilletLedger, SqlJournal
from bridge.export.closing import AccrualStep, post_accruals, read_snapshot, take_out_arrived
from clientkit import Answer
from clientkit.testing import AnswerLost, Asked, Fault, Respond
from rillet import FieldDisplay, FieldRule, FieldSettings, NewJournalEntry, NewJournalEntryItem
from rillet.testing import field
from support.closing.company import ACCRUED, FEBRUARY, MARCH, UNCODED, accruing, moved, planned, posted
from support.companies.changing import REFERENCE_TYPE, Company, MakeCompany
from support.companies.changing_records import bill, charge, entry, refund, reimbursed


def waiting(record: Record) -> Record:
    """The same, not yet ready for export."""
    return attrs.evolve(record, review_status=ReviewStatus.REVIEW)


def uncoded(amount: str, *, id: str) -> Record:
    return waiting(card_expense(amount, record_id=id))


def steps(company: Company) -> list[str]:
    return [each.step.value for each in posted(company).steps]


def is_entry(asked: Asked) -> bool:
    return asked.path.startswith("/journal-entries") and asked.method != "GET"


def test_one_entry_for_everything_that_is_missing(make: MakeCompany) -> None:
    company = accruing(
        make,
        waiting(charge("100")),
        waiting(refund("30", "62000")),
        waiting(reimbursed("20", "62000")),
        waiting(bill("500", "63000")),
        uncoded("7", id="k9"),
        waiting(entry("40")),
        charge("11", id="k2"),
    )
    assert company.run().complete

    assert steps(company) == ["create"]

    (made,) = (each for each in company.rillet.journal_entries if each.name.startswith("Brex accrual"))
    assert (made.date, made.reversal_date, made.currency) == (date(2026, 2, 28), date(2026, 3, 1), "USD")
    assert made.name == f"Brex accrual 2026-02 {company.rillet.subsidiaries[0].id}: 5 records"
    assert moved(company, FEBRUARY) == {
        "21120": -11, ACCRUED: -597, "61000": 111, "62000": -10, "63000": 500, UNCODED: 7,
    }  # fmt: skip
    assert moved(company, MARCH) == {ACCRUED: 597, "61000": -100, "62000": 10, "63000": -500, UNCODED: -7}
    assert steps(company) == ["keep"]


def test_the_reconciliation_shows_the_accrual_beside_its_records(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")))
    posted(company)

    found = reconcile(read_snapshot(company.export(), FEBRUARY))

    assert found.is_explained
    assert [(row.account, row.difference, [part.kind.value for part in row.parts]) for row in found.rows] == [
        ("21120", Decimal(-100), ["not_exported"]),
        (ACCRUED, Decimal(100), ["accrued"]),
        ("61000", Decimal(0), ["accrued", "not_exported"]),
    ]
    march = reconcile(read_snapshot(company.export(), MARCH))
    assert [(row.account, row.difference) for row in march.rows] == [(ACCRUED, Decimal(-100)), ("61000", Decimal(100))]


def test_neither_verify_nor_the_next_run_takes_it_for_a_record(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")))
    posted(company)

    assert company.verify() == {}
    assert company.run().counts.posted == 0
    company.change(charge("100"))
    assert [each.step for each in company.run().posted] == ["create"]
    assert moved(company, FEBRUARY) == {"21120": -100, "61000": 100}


def test_what_is_booked_by_hand_is_taken_out_too(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")), waiting(charge("30", id="k2")))
    posted(company)

    company.dismiss("k1")

    assert moved(company, FEBRUARY) == {ACCRUED: -30, "61000": 30}


def test_what_a_person_deleted_stays_deleted_until_somebody_accrues_again(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")), waiting(charge("30", id="k2")))
    (step,) = posted(company).steps
    company.to_rillet.journal_entries.delete(step.object_id or "")
    company.change(charge("100"))

    company.run()

    assert moved(company, FEBRUARY) == {"21120": -100, "61000": 100}
    assert steps(company) == ["create"]
    assert moved(company, FEBRUARY) == {"21120": -100, ACCRUED: -30, "61000": 130}


def test_an_entry_that_a_person_changed_is_brought_up_to_date(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")))
    (step,) = posted(company).steps
    company.edit_entry(step.object_id or "", amount="55")

    assert steps(company) == ["replace"]
    assert moved(company, FEBRUARY) == {ACCRUED: -100, "61000": 100}


def test_nothing_to_accrue_deletes_the_entry(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")))
    posted(company)
    company.brex.remove("k1")

    assert steps(company) == ["delete"]
    assert moved(company, FEBRUARY) == {}
    assert steps(company) == []


@pytest.mark.parametrize("days", [0, 2])
def test_a_lost_answer_posts_it_once(make: MakeCompany, days: int) -> None:
    company = accruing(make, waiting(charge("100")))
    company.rillet.faults.append(Fault(AnswerLost(), matches=is_entry, times=99))
    (failed,) = posted(company).steps
    assert failed.step is AccrualStep.FAILED
    company.rillet.faults.clear()
    company.clock.advance(days * 86_400)

    assert steps(company) == ["keep"]
    assert len(company.rillet.journal_entries) == 1
    assert [each.state.value for each in company.journal.walk()] == ["ADOPTED"]


def test_a_request_that_never_arrived_is_sent_again_under_its_key(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")))
    unavailable = Answer(status=503, headers={}, content=b"")
    company.rillet.faults.append(Fault(Respond(unavailable), matches=is_entry, times=99))
    assert steps(company) == ["failed"]
    company.rillet.faults.clear()

    assert steps(company) == ["keep"]
    (attempt,) = company.journal.walk()
    assert attempt.state.value == "POSTED"
    assert moved(company, FEBRUARY) == {ACCRUED: -100, "61000": 100}


def test_a_lost_answer_to_a_change_is_settled_by_what_is_there(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")))
    posted(company)
    company.change(waiting(charge("120")), ReviewStatus.REVIEW)
    company.rillet.faults.append(Fault(AnswerLost(), matches=is_entry, times=99))
    assert steps(company) == ["failed"]
    company.rillet.faults.clear()

    assert steps(company) == ["keep"]
    assert moved(company, FEBRUARY) == {ACCRUED: -120, "61000": 120}
    assert [each.state.value for each in company.journal.walk()] == ["POSTED", "POSTED"]


def test_a_run_goes_on_where_an_accrual_cannot_be_changed(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")))
    posted(company)
    company.change(charge("100"))
    refused = Answer(status=400, headers={"content-type": "application/problem+json"}, content=b'{"title": "No"}')
    company.rillet.faults.append(Fault(Respond(refused), matches=lambda asked: asked.method == "DELETE", times=9))

    outcome = company.run()

    assert [each.record.id for each in outcome.posted] == ["k1"]
    (warned,) = outcome.warnings
    assert warned.code == "accrual"
    assert "still holds what was posted" in warned.text
    company.rillet.faults.clear()
    # The next run does it, though it has nothing else to do.
    company.run()
    assert moved(company, FEBRUARY) == {"21120": -100, "61000": 100}


def test_two_entries_are_for_a_person(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")))
    posted(company)
    (made,) = company.rillet.journal_entries
    items = [NewJournalEntryItem(account_code=i.account_code, side=i.side, amount=i.amount) for i in made.items]
    twin = NewJournalEntry(name=made.name, currency="USD", items=items, date=made.date)
    company.to_rillet.journal_entries.create(twin)

    (step,) = posted(company).steps

    assert step.step is AccrualStep.FAILED
    assert "2 times" in step.why


def test_a_closed_month_takes_no_accrual(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")))
    company.close_books()

    (step,) = posted(company).steps

    assert (step.step, step.why) == (
        AccrualStep.FAILED,
        "the books are closed up to 2026-02-28, so nothing can be accrued on 2026-02-28",
    )
    assert [each for each in company.writes() if "journal" in each] == []


def test_what_arrives_after_the_close_stays_accrued(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")), closed_period="first_open_day")
    posted(company)
    company.close_books()
    company.change(charge("100"))

    assert [each.code for each in company.run().warnings] == ["moved"]

    assert moved(company, FEBRUARY) == {ACCRUED: -100, "61000": 100}
    assert moved(company, MARCH) == {"21120": -100, ACCRUED: 100}
    assert take_out_arrived(RilletLedger(company.to_rillet, REFERENCE_TYPE), company.journal) == ()


def test_euros_are_accrued_at_the_rate_of_their_day(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("10", currency="EUR")))

    (without,) = planned(company).left_out
    plan = planned(company, rates=lambda base, target, day: Decimal("1.0856"))

    assert (without.record_id, without.why) == ("k1", "no exchange rate into USD is known for it")
    assert [(line.account, line.amount, line.currency) for line in plan.accruals[0].lines] == [
        (ACCRUED, Decimal("-10.86"), "USD"),
        ("61000", Decimal("10.86"), "USD"),
    ]


def test_what_cannot_be_accrued_is_listed(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")), uncoded("7", id="k9"))
    (entity,) = company.settings.entities
    company.settings = attrs.evolve(company.settings, entities=(attrs.evolve(entity, uncoded_account=None),))

    (left_out,) = planned(company).left_out
    assert (left_out.record_id, left_out.why) == (
        "k9",
        "it is not coded, and the settings name no uncoded_account for US",
    )
    why = "Brex has it in REVIEW; a debit line has no general ledger account; code it in Brex"
    assert planned(company).reports["not_accrued"].rows == (("k9", Decimal(7), "USD", left_out.why, why),)
    company.settings = attrs.evolve(company.settings, entities=(attrs.evolve(entity, accrual_account=None),))
    assert {each.why for each in planned(company).left_out} == {"the settings name no accrual_account for US"}


def test_the_fields_of_coded_lines_are_on_the_entry(make: MakeCompany) -> None:
    coding = [gl("61000"), dimension("Team", "Sales")]
    company = accruing(make, waiting(card_expense("10", coding=coding, record_id="k1")), waiting(charge("5", id="k2")))
    team = field("Team", ["Sales"])
    rule = FieldRule(mandatory=True, display=FieldDisplay.STANDALONE)
    company.rillet._books.fields.put(attrs.evolve(team, settings=FieldSettings(expenses=rule)))
    company.settings = attrs.evolve(company.settings, fields=(FieldMapping(brex="Team", rillet="Team"),))

    assert steps(company) == ["create"]

    (made,) = company.rillet.journal_entries
    assert {(each.account_code, len(each.fields)) for each in made.items} == {("61000", 1), (ACCRUED, 0)}
    assert [each.why for each in planned(company).left_out] == [
        "Team is mandatory in Rillet, and a part on 61000 has no value"
    ]


def test_the_fields_of_what_nobody_has_coded_are_on_the_entry(make: MakeCompany) -> None:
    company = accruing(
        make,
        waiting(card_expense("310", coding=[dimension("Team", "Sales")], record_id="k1")),
        waiting(card_expense("-7", coding=[dimension("Team", "Sales")], record_id="k2")),
    )
    rule = FieldRule(mandatory=True, display=FieldDisplay.STANDALONE)
    company.rillet._books.fields.put(attrs.evolve(field("Team", ["Sales"]), settings=FieldSettings(expenses=rule)))
    company.settings = attrs.evolve(company.settings, fields=(FieldMapping(brex="Team", rillet="Team"),))

    assert planned(company).left_out == ()
    assert steps(company) == ["create"]

    (made,) = company.rillet.journal_entries
    assert {(each.account_code, len(each.fields)) for each in made.items} == {(UNCODED, 1), (ACCRUED, 0)}
    assert moved(company, FEBRUARY) == {ACCRUED: -303, UNCODED: 303}


def test_it_needs_a_journal(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("100")), journal=False)

    with pytest.raises(ValueError, match="needs a journal"):
        post_accruals(RilletLedger(company.to_rillet, REFERENCE_TYPE), NoJournal(), planned(company))


def test_another_exporter_may_have_it_in_hand(make: MakeCompany, tmp_path: Path) -> None:
    company = accruing(make, waiting(charge("100")))
    with SqlJournal(str(tmp_path / "journal0.db"), now=company.clock) as other:
        other.claim(f"accrual:2026-02/{company.rillet.subsidiaries[0].id}")
        (step,) = posted(company).steps

    assert step.why.startswith("another exporter has it in hand")


def test_the_plan_is_shown_as_table_csv_and_json(make: MakeCompany) -> None:
    company = accruing(make, waiting(charge("1234.5")), uncoded("7", id="k9"))

    plan = planned(company)

    assert plan.table.title == "Accruals 2026-02: 2 records"
    assert plan.table.rows == (
        ("Example Inc.", ACCRUED, "", "1,241.50", "USD", "2"),
        ("Example Inc.", "61000", "1,234.50", "", "USD", "1"),
        ("Example Inc.", UNCODED, "7.00", "", "USD", "1"),
    )
    assert "Example Inc.,k9,2,69000,7,USD,," in plan.to_csv().splitlines()
    shown: Any = plan.as_json()
    assert (shown["accruals"][0]["date"], shown["accruals"][0]["reversal_date"]) == ("2026-02-28", "2026-03-01")


def test_the_command_says_before_anything_is_posted_that_the_month_is_closed(
    make: MakeCompany, command: Callable[..., Any], tmp_path: Path
) -> None:
    company = accruing(make, waiting(charge("100")))
    company.close_books()
    asked = ("accrue", "--period", "2026-02", "--journal", str(tmp_path / "journal0.db"))
    more = f'accrual_account = "{ACCRUED}"\nuncoded_account = "{UNCODED}"\n'

    shown = command(company, *asked, more=more)

    why = "The books are closed up to 2026-02-28, so nothing can be accrued on 2026-02-28."
    assert shown.exit_code == 1
    assert why in " ".join(shown.stdout.split())
    assert json.loads(command(company, *asked, "--json", more=more).stdout)["refused"] == why


def test_the_command_shows_first_and_posts_when_it_is_told(
    make: MakeCompany, command: Callable[..., Any], tmp_path: Path
) -> None:
    company = accruing(make, waiting(charge("100")))
    asked = ("accrue", "--period", "2026-02", "--journal", str(tmp_path / "journal0.db"), "--json")
    more = f'accrual_account = "{ACCRUED}"\nuncoded_account = "{UNCODED}"\n'

    shown = command(company, *asked, more=more)
    assert shown.exit_code == 0, shown.output
    assert not json.loads(shown.stdout)["applied"]
    assert moved(company, FEBRUARY) == {}

    result = command(company, *asked, "--apply", more=more)
    assert [each["step"] for each in json.loads(result.stdout)["steps"]] == ["create"]
    assert moved(company, FEBRUARY) == {ACCRUED: -100, "61000": 100}

    without = command(company, *asked)
    assert without.exit_code == 1
    assert json.loads(without.stdout)["left_out"][0]["record_id"] == "k1"
