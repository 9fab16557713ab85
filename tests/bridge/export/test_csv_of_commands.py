"""Every command that prints rows gives them as JSON and as CSV alike."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import typer

import brex_accounting.testing
import rillet.testing
from brex_accounting import ReviewStatus
from brex_accounting.testing.records import card_expense
from bridge.export.commands.every import app
from bridge.export.reporting.csv_reports import outcome_report
from bridge.export.reporting.report_json import saved_plan_json
from support.commands import invoke
from support.companies.exported import REFERENCE_TYPE, SETTINGS_TEXT, Company, expense

if TYPE_CHECKING:
    from click import Command

#: Commands without --csv, and why.
NO_ROWS = {
    "approve": "a sentence",
    "approve-plan": "a sentence",
    "close-package": "it writes files",
    "demo": "a demonstration",
    "hold": "a sentence",
    "init": "a settings file",
    "mcp": "it serves",
    "serve": "it serves",
}
#: Commands without rows that have something for programs all the same.
JSON_ALONE = {"demo", "close-package"}

Run = Callable[..., Any]


def commands() -> dict[str, Command]:
    def walked(group: Any, before: str) -> Iterator[tuple[str, Command]]:
        for name, each in group.commands.items():
            if hasattr(each, "commands"):
                yield from walked(each, f"{before}{name} ")
            else:
                yield f"{before}{name}", each

    return dict(walked(typer.main.get_command(app), ""))


def options(command: Command) -> set[str]:
    return {option for each in command.params for option in each.opts}


def test_every_command_has_both_or_a_reason() -> None:
    every = commands()

    assert {name for name, each in every.items() if "--csv" not in options(each)} == set(NO_ROWS)
    without = {name for name, each in every.items() if "--json" not in options(each)}
    assert without == set(NO_ROWS) - JSON_ALONE


@pytest.fixture
def company() -> Company:
    made = Company(
        brex=brex_accounting.testing.StandIn(rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}),
    )
    made.brex.add(expense(1), card_expense("5", record_id="accr_bad", merchant="=1+1"))
    return made


@pytest.fixture
def run(company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    settings, file = tmp_path / "settings.toml", tmp_path / "rows.csv"
    settings.write_text(SETTINGS_TEXT, encoding="utf-8")

    def call(*arguments: str, status: int = 0, asks: bool = True) -> list[dict[str, str]]:
        """The rows of the file."""
        of_settings = ("--settings", str(settings)) if asks else ()
        done = invoke(*arguments, *of_settings, "--csv", str(file))
        assert done.exit_code == status, done.output
        assert done.stderr.endswith(f"Written to {file}.\n"), done.stderr
        return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))

    with ExitStack() as stack:
        monkeypatch.setenv("BREX_TOKEN", company.brex.token)
        monkeypatch.setenv("BREX_BASE_URL", stack.enter_context(company.brex.serve()))
        monkeypatch.setenv("RILLET_API_KEY", company.rillet.api_key)
        monkeypatch.setenv("RILLET_BASE_URL", stack.enter_context(company.rillet.serve()))
        yield call


def test_a_record_is_followed_through_the_files(company: Company, run: Run, tmp_path: Path) -> None:
    journal = ("--journal", str(tmp_path / "journal.db"))
    planned = run("plan", status=1)
    lines = [row for row in planned if row["Record"] == "accr_001"]
    assert {row["Side"] for row in lines} == {"DEBIT", "CREDIT"}
    assert len({row["Amount"] for row in lines}) == 1
    refused = [row for row in planned if row["Record"] == "accr_bad"]
    assert refused
    assert all(row["Outcome"] == "refused" and row["Code"] and row["Why"] for row in refused)

    assert [(row["Record amount"], row["Record currency"]) for row in refused] == [
        ("5", "USD"),
        *[("", "")] * (len(refused) - 1),
    ]
    assert sum(Decimal(row["Record amount"] or 0) for row in planned) == Decimal("15.00")

    exported = run("export", *journal, status=1)
    assert sum(Decimal(row["Record amount"] or 0) for row in exported) == Decimal("15.00")
    (charge,) = company.rillet.charges
    assert [(row["Record"], row["Became"], row["Id"]) for row in exported if row["Became"] == "posted"] == [
        ("accr_001", "posted", charge.id)
    ]
    assert {row["Record"] for row in exported if row["Became"] == "refused"} == {"accr_bad"}

    (attempt,) = run("history", "accr_001", *journal, asks=False)
    assert (attempt["What"], attempt["State"], attempt["Id"]) == ("attempt", "POSTED", charge.id)
    assert {row["What"] for row in run("history", "accr_bad", *journal, asks=False)} == {"refusal"}
    explained = run("explain", "accr_001", *journal)
    assert [row["Side"] for row in explained] == ["DEBIT", "CREDIT"]
    assert run("verify", *journal) == []


def test_more_rows_than_a_table_has_are_all_there(company: Company, run: Run) -> None:
    company.brex.add(*(card_expense("5", record_id=f"accr_bad_{number}") for number in range(50)))
    rows = run("export", status=1)
    assert len({row["Record"] for row in rows if row["Became"] == "refused"}) == 51


def test_what_a_plan_left_out_is_in_both_files_of_its_export(company: Company, run: Run, tmp_path: Path) -> None:
    company.brex.add(expense(2, "1234.50", merchant=""), expense(3))
    settings, journal, plan = (str(tmp_path / each) for each in ("settings.toml", "journal.db", "plan.json"))
    both = ("--settings", settings, "--journal", journal)
    # The first record is in the journal when the plan is made, and offered again by Brex.
    assert invoke("export", *both).exit_code == 1
    company.brex.add(
        expense(4), attrs.evolve(company.brex.records["accr_001"], review_status=ReviewStatus.READY_FOR_EXPORT)
    )
    assert invoke("plan", *both, "--out", plan).exit_code == 1
    assert invoke("approve-plan", plan, "--by", "grace@example.com").exit_code == 0
    (tmp_path / "rows.csv").unlink(missing_ok=True)

    done = invoke("export", *both, "--plan", plan, "--json", "--csv", str(tmp_path / "rows.csv"))

    assert done.exit_code == 1
    told = json.loads(done.stdout)
    posted = [each["record_id"] for each in told["posted"]]
    assert posted == ["accr_004"]
    refused = {each["record_id"]: each for each in told["plan"]["refused"]}
    assert (refused["accr_002"]["amount"], refused["accr_002"]["currency"]) == ("1234.50", "USD")
    assert "it names no merchant" in refused["accr_002"]["why"]
    (nothing,) = told["plan"]["nothing"]
    assert (nothing["record_id"], "charge" in nothing["why"]) == ("accr_001", True)
    rows = list(csv.DictReader((tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines()))
    became = {row["Record"]: (row["Became"], row["Record amount"], row["Why"]) for row in rows if row["Record"]}
    assert became == {
        "accr_004": ("posted", "10.00", ""),
        "accr_002": ("refused or held in the plan", "1234.50", refused["accr_002"]["why"]),
        "accr_bad": ("refused or held in the plan", "5.00", refused["accr_bad"]["why"]),
        "accr_001": ("no step in the plan", "", nothing["why"]),
    }


def test_the_warnings_of_a_plan_are_in_both_files_of_its_export(company: Company) -> None:
    export = company.export()
    unread = attrs.evolve(export.plan(), warnings=("accr_9: it cannot be read: a day is missing",))
    plan = export.saved(unread)

    assert saved_plan_json(plan)["warnings"] == list(unread.warnings)
    assert ("warning of the plan", unread.warnings[0]) in [
        (row[3], row[9]) for row in outcome_report(export.run(), plan=plan).rows
    ]


@pytest.mark.parametrize("told", [None, "", "1"])
def test_a_file_for_excel_begins_with_a_byte_order_mark(
    company: Company, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, told: str | None
) -> None:
    if told is not None:
        monkeypatch.setenv("BREX_RILLET_CSV_BOM", told)
    plan, lines = tmp_path / "plan.csv", tmp_path / "lines.csv"
    places = ("--csv", str(plan), "--lines", str(lines))
    assert invoke("plan", "--settings", str(tmp_path / "settings.toml"), *places).exit_code == 1
    for each in (plan, lines):
        assert each.read_bytes().startswith(b"\xef\xbb\xbfRecord," if told else b"Record,")


def test_rates_are_an_option_of_every_command_that_prepares_records() -> None:
    taking = {name for name, each in commands().items() if "--rates" in options(each)}
    assert {"plan", "export", "check", "approve", "hold", "dismiss", "replay", "explain", "reconcile"} <= taking


def test_rates_that_cannot_be_read_are_told_by_a_check(tmp_path: Path, run: Run) -> None:
    rates = tmp_path / "rates.csv"
    rates.write_text("base,target,date,rate\nEUR,USD,2026-02-03,many\n", encoding="utf-8")
    done = invoke("check", "--settings", str(tmp_path / "settings.toml"), "--rates", str(rates))
    assert done.exit_code == 2
    assert "many" in done.stderr


def test_rows_are_written_beside_the_json(company: Company, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "plan.csv"
    done = invoke("plan", "--settings", str(tmp_path / "settings.toml"), "--json", "--csv", str(file))
    assert {each["record_id"] for each in json.loads(done.stdout)["posts"]} == {"accr_001"}
    assert "accr_001" in file.read_text(encoding="utf-8")


def test_a_folder_that_is_not_there_is_told_before_anything_is_posted(
    company: Company, tmp_path: Path, run: Run
) -> None:
    target = str(tmp_path / "missing" / "rows.csv")
    done = invoke("export", "--settings", str(tmp_path / "settings.toml"), "--csv", target)
    assert done.exit_code == 2
    assert "there is no folder" in done.stderr
    assert not company.rillet.charges
