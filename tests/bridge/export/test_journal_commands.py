"""The commands that write and read the journal, against stand-ins on loopback."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest

import brex_accounting
from brex_accounting import Record, ReviewStatus
from brex_accounting.testing.records import card_expense
from clientkit import Answer
from clientkit.testing import AnswerLost, Asked, Fault, Respond
from support.commands import invoke
from support.companies.changing_records import bill, payment
from support.companies.exported import SETTINGS_TEXT, Company, expense

Run = Callable[..., Any]


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "journal.db")


def reopen(company: Company, record_id: str) -> None:
    """Let Brex offer a record again, as after a person's edit."""
    record = company.brex.records[record_id]
    company.brex.add(attrs.evolve(record, review_status=ReviewStatus.READY_FOR_EXPORT, version=record.version + 1))


def test_history_tells_what_was_sent_and_what_came_back(company: Company, run: Run) -> None:
    company.brex.add(expense(1))
    assert run("export").exit_code == 0
    (charge,) = company.rillet.charges

    shown, found = run("history", "accr_001"), json.loads(run("history", "accr_001", "--json").stdout)

    assert shown.exit_code == 0
    assert f"charges {charge.id}" in " ".join(shown.stdout.split())
    (attempt,) = found["attempts"]
    assert attempt["state"] == "POSTED"
    record, expense_id, mark = json.loads(attempt["payload"])["external_references"]
    assert record == {"type": "brex", "id": "accr_001"}
    assert expense_id == {"type": "brex", "id": company.brex.records["accr_001"].source_id}
    assert re.fullmatch("accr_001 v2 [0-9a-f]{12}", mark["id"])
    assert json.loads(attempt["answer"])["id"] == charge.id


def test_history_and_the_report_link_a_payment_and_its_record(company: Company, run: Run, tmp_path: Path) -> None:
    company.brex.add(bill("40"), payment("40"))
    settings = tmp_path / "settings.toml"
    links = 'record_link = "https://brex.example/{id}"\nrillet_link = "https://rillet.example/{kind}/{id}"\n'
    accounts = 'bank_account = "11100"\naccounts_payable_account = "21100"\n'
    settings.write_text(links + SETTINGS_TEXT + accounts, encoding="utf-8")
    report = json.loads(run("export", "--json").stdout)
    (there,) = company.rillet.bills
    (paid,) = company.rillet.client().bills.list_payments(there.id)

    shown = run("history", "p1", "--settings", str(settings)).stdout
    found = json.loads(run("history", paid.id, "--settings", str(settings), "--json").stdout)

    links_of_both = ["https://brex.example/p1", f"https://rillet.example/bills/{there.id}/payments/{paid.id}"]
    assert [line.strip() for line in shown.splitlines() if "https://" in line] == links_of_both
    (attempt,) = found["attempts"]
    assert [attempt["record_link"], attempt["rillet_link"]] == links_of_both
    (posted,) = [each for each in report["posted"] if each["record_id"] == "p1"]
    assert [posted["record_link"], posted["rillet_link"]] == links_of_both
    assert "record_link" not in json.loads(run("history", "p1", "--json").stdout)["attempts"][0]


def test_history_of_a_record_tells_of_its_receipts(company: Company, run: Run) -> None:
    receipt = company.brex.receipt_files.add("receipt_1", b"%PDF-")
    company.brex.add(attrs.evolve(expense(1), receipts=(receipt,)), expense(2))
    assert run("export").exit_code == 0
    (object_id,) = {each.document_id for each in company.rillet.attachments}

    shown, found = run("history", "accr_001"), json.loads(run("history", "accr_001", "--json").stdout)

    assert [each["object_id"] for each in found["attempts"]] == [object_id] * 2
    assert json.loads(found["attempts"][1]["payload"])["filename"] == "receipt_1.pdf"
    assert "accr_001: 2 attempts" in shown.stdout
    assert len(json.loads(run("history", "accr_002", "--json").stdout)["attempts"]) == 1


def test_history_of_an_unknown_record_ends_with_1(company: Company, run: Run) -> None:
    company.brex.add(expense(1))
    run("export")

    result = run("history", "accr_999")

    assert result.exit_code == 1
    assert "does not know accr_999" in result.stderr


@pytest.mark.place
@pytest.mark.parametrize("command", [["history", "accr_001"], ["replay", "accr_001"], ["verify"]])
def test_a_journal_that_is_not_there_is_not_made(run: Run, place: str, command: list[str]) -> None:
    result = run(*command)

    assert result.exit_code == 2
    assert " ".join(result.stderr.split()) == (
        f"there is no journal at {place}: check the path, or begin one with export, hold or billing sync"
    )
    assert not Path(place).exists()


@pytest.mark.place
def test_an_export_says_that_it_begins_a_journal(run: Run, place: str) -> None:
    first, second = run("export"), run("export")

    assert f"A new journal is begun at {place}.\n" in first.stderr
    assert "journal" not in second.stderr


@pytest.mark.place
def test_a_plan_begins_no_journal_and_says_what_it_does_not_know(
    company: Company, run: Run, place: str, tmp_path: Path
) -> None:
    company.brex.add(expense(1))
    before = sorted(tmp_path.iterdir())

    result = run("plan", "--json")

    assert result.exit_code == 0
    planned = json.loads(result.stdout)
    assert [each["record_id"] for each in planned["posts"]] == ["accr_001"]
    assert planned["warnings"][0].startswith(f"there is no journal at {place}, so this is what a first run would do")
    assert sorted(tmp_path.iterdir()) == before
    run("export")
    assert json.loads(run("plan", "--json").stdout)["warnings"] == []


@pytest.mark.place
def test_the_history_in_a_file_that_cannot_be_written_is_read_from_a_copy(
    company: Company, run: Run, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.brex.add(expense(1))
    run("export")
    file = Path(place)
    before, names = file.read_bytes(), sorted(each.name for each in file.parent.iterdir())

    def read_only(path: object, mode: int) -> bool:
        # Whoever runs the tests may write everything.
        return mode != os.W_OK

    monkeypatch.setattr(os, "access", read_only)
    with closing(sqlite3.connect(file)) as other:
        # Nothing could write the file itself.
        other.execute("BEGIN EXCLUSIVE")
        result = run("history", "accr_001")

    assert result.exit_code == 0, result.output
    assert "attempt 1: POSTED" in result.stdout
    assert (file.read_bytes(), sorted(each.name for each in file.parent.iterdir())) == (before, names)


def test_all_agree_after_an_export(company: Company, run: Run, records: list[Record]) -> None:
    company.brex.add(*records)
    run("export")

    result = run("verify")

    assert result.exit_code == 0, result.output
    assert "agree" in result.stdout


def test_verify_names_what_is_missing_double_unreported_or_unknown(company: Company, run: Run) -> None:
    company.brex.add(*(expense(number) for number in range(1, 6)))
    run("export")
    client = company.rillet.client()
    charges = {each.external_references[0].id: each for each in company.rillet.charges}
    client.charges.delete(charges["accr_001"].id)
    (sent,) = [asked for asked in company.rillet.asked if asked.path == "/charges" and b"accr_002" in asked.content]
    company.rillet.respond(
        Asked(
            method="POST",
            path="/charges",
            headers={**sent.headers, "idempotency-key": "another"},
            content=sent.content,
        )
    )
    reopen(company, "accr_003")
    company.brex.add(expense(6))
    company.brex.client().export_results.report(
        [
            brex_accounting.Exported(
                accounting_record_id="accr_006", success=brex_accounting.ExportSuccess(reference_id="by hand")
            )
        ]
    )

    shown, found = run("verify"), json.loads(run("verify", "--json").stdout)["disagreements"]

    assert shown.exit_code == 1
    texts = {each["record_id"]: each["text"] for each in found}
    assert sorted(texts) == ["accr_001", "accr_002", "accr_003", "accr_006"]
    assert f"it was posted as charges {charges['accr_001'].id}; Rillet no longer has it" in texts["accr_001"]
    assert "Rillet has it 2 times" in texts["accr_002"]
    assert "Brex has it as READY_FOR_EXPORT" in texts["accr_003"]
    assert texts["accr_006"] == "Brex has it as exported; Rillet has nothing for it"
    assert {each["record_id"]: each["verdict"] for each in found} == {
        "accr_001": "deleted_in_rillet",
        "accr_002": "posted_several_times",
        "accr_003": "not_reported",
        "accr_006": "only_in_brex",
    }


def test_verify_names_an_open_attempt_and_replay_finishes_it(company: Company, run: Run) -> None:
    company.brex.add(expense(1), expense(2))
    # One answer to the charge is lost and the next is no answer at all, so the call gives up.
    garbage = Respond(Answer(status=200, headers={"content-type": "text/html"}, content=b"<html>"))

    def is_charge(asked: Asked) -> bool:
        return asked.path == "/charges" and b"accr_001" in asked.content

    company.rillet.faults += [Fault(AnswerLost(), matches=is_charge), Fault(garbage, matches=is_charge)]
    assert run("export").exit_code == 1
    assert len(company.rillet.charges) == 2

    verified = run("verify")
    assert verified.exit_code == 1
    assert "does not know what came of the attempt" in " ".join(verified.stdout.split())

    assert run("replay", "accr_001").exit_code == 0
    assert run("verify").exit_code == 0
    assert len(company.rillet.charges) == 2
    assert company.exported() == ["accr_001", "accr_002"]


def test_replay_posts_anew_only_what_was_deleted_in_rillet(company: Company, run: Run) -> None:
    company.brex.add(expense(1))
    run("export")
    (first,) = company.rillet.charges

    assert run("replay", "accr_001").exit_code == 0
    assert [each.id for each in company.rillet.charges] == [first.id]

    company.rillet.client().charges.delete(first.id)
    reports = len(company.brex.asked)
    assert run("replay", "accr_001").exit_code == 0

    (second,) = company.rillet.charges
    assert second.id != first.id
    states = [each["state"] for each in json.loads(run("history", "accr_001", "--json").stdout)["attempts"]]
    assert states == ["ABANDONED", "POSTED"]
    # Brex has it as exported, so there is nothing to tell.
    assert all(asked.method == "GET" for asked in company.brex.asked[reports:])


def test_replay_of_an_unknown_record_ends_with_2(company: Company, run: Run) -> None:
    company.brex.add(expense(1))
    run("export")

    result = run("replay", "accr_999")

    assert result.exit_code == 2
    assert "Brex has no record accr_999" in result.stderr


def test_verify_does_not_agree_with_what_it_did_not_compare(company: Company, run: Run, tmp_path: Path) -> None:
    company.brex.add(expense(1), expense(2))
    assert run("export").exit_code == 0

    agreed = run("verify")
    assert agreed.exit_code == 0
    assert "Compared: 2 records that this journal knows, since " in " ".join(agreed.stdout.split())
    told = json.loads(run("verify", "--json").stdout)
    assert (told["disagreements"], told["compared"]) == ([], 2)

    with company.rillet.client() as client:
        client.charges.delete(company.rillet.charges[0].id)
    another = ("--settings", str(tmp_path / "settings.toml"), "--journal", str(tmp_path / "another.db"))
    assert invoke("export", *another).exit_code == 0
    nothing = invoke("verify", *another)

    assert nothing.exit_code == 1
    assert "Nothing was compared." in nothing.stdout
    assert "agree" not in nothing.stdout
    assert json.loads(invoke("verify", *another, "--json").stdout)["compared"] == 0


def test_a_record_that_was_booked_by_hand_is_dismissed_and_taken_up_again(company: Company, run: Run) -> None:
    company.brex.add(expense(1))
    company.brex.faults.append(Fault(Respond(Answer(status=503)), matches=lambda asked: True, times=9))
    assert run("export").exit_code != 0
    company.brex.faults.clear()

    dismissed = run("dismiss", "accr_001", "--why", "booked by hand as JE-12")

    assert dismissed.exit_code == 0, dismissed.output
    told = company.brex.results["accr_001"]
    assert isinstance(told, brex_accounting.Exported)
    assert (told.success.reference_id, told.success.deep_link_url) == (None, None)
    assert company.exported() == ["accr_001"]
    assert company.posts() == []
    rows = [line.split() for line in dismissed.stdout.splitlines() if line.strip()]
    assert rows[0] == ["Dismissed:", "1"]
    assert rows[-1] == [
        "accr_001",
        "10.00",
        "USD",
        *["a", "person", "booked", "it:", "booked", "by", "hand", "as", "JE-12"],
        "now",
    ]
    history = run("history", "accr_001").stdout
    assert "booked by hand as JE-12" in history
    assert "told to Brex" in history
    assert run("verify").exit_code == 0

    # Brex may offer it again, as after an edit; it stays dismissed.
    reopen(company, "accr_001")
    assert run("export").exit_code == 0
    assert company.posts() == []
    assert company.exported() == ["accr_001"]

    again = run("dismiss", "accr_001", "--why", "booked by hand as JE-13")
    assert again.stdout.split()[-1] == "JE-13"

    refused = run("replay", "accr_001")
    assert refused.exit_code == 2
    words = " ".join(refused.stderr.replace("│", " ").split())
    assert "booked by hand as JE-13" in words
    assert "--even-dismissed" in words
    assert company.posts() == []

    taken_up = run("replay", "accr_001", "--even-dismissed", "--by", "heinz@example.com", "--json")

    assert taken_up.exit_code == 0, taken_up.output
    (charge,) = company.rillet.charges
    assert [each["id"] for each in json.loads(taken_up.stdout)["posted"]] == [charge.id]
    history = run("history", "accr_001").stdout
    assert history.count("attempt 1: DISMISSED, AND TAKEN UP AGAIN") == 2
    assert "UTC by heinz@example.com" in history
    attempts = json.loads(run("history", "accr_001", "--json").stdout)["attempts"]
    assert [(each["purpose"], each["state"]) for each in attempts] == [
        ("dismissal", "ABANDONED"),
        ("dismissal", "ABANDONED"),
        ("document", "POSTED"),
    ]
    assert ["booked by hand as JE-12" in each["error"] for each in attempts[:2]] == [True, False]
    assert run("verify").exit_code == 0


def test_what_was_posted_is_not_dismissed(company: Company, run: Run) -> None:
    company.brex.add(expense(1))
    run("export")

    result = run("dismiss", "accr_001", "--why", "by hand")

    assert result.exit_code == 2
    assert "was posted by this export" in " ".join(result.stderr.split())
    (attempt,) = json.loads(run("history", "accr_001", "--json").stdout)["attempts"]
    assert attempt["state"] == "POSTED"


def test_a_dismissal_says_why(company: Company, run: Run) -> None:
    company.brex.add(expense(1))
    # The journal has to be there.
    assert run("export").exit_code == 0
    company.brex.add(expense(2))

    result = run("dismiss", "accr_002", "--why", " ")

    assert result.exit_code == 2
    assert "say why" in result.stderr
    assert company.exported() == ["accr_001"]


def test_history_shows_refusals(company: Company, run: Run) -> None:
    company.brex.add(card_expense("5", record_id="accr_bad"))
    for _ in range(2):
        assert run("export").exit_code == 1

    shown, found = run("history", "accr_bad"), json.loads(run("history", "accr_bad", "--json").stdout)

    assert shown.exit_code == 0
    assert "accr_bad was refused" in shown.stdout
    assert "code it in Brex" in " ".join(shown.stdout.split())
    # What was said last time already is said once, with the time of the last.
    (refusal,) = found["refusals"]
    assert found["attempts"] == []
    assert [each["code"] for each in refusal["reasons"]] == ["uncoded_line"]
    assert refusal["version"] == 2
    assert refusal["at"] <= refusal["last_at"]


def test_without_the_extra_the_option_says_how_to_get_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "bridge.export.journal.sql", raising=False)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)

    result = run("export")

    assert result.exit_code == 2
    assert 'pip install "brex-rillet[export]"' in " ".join(result.stderr.split())
