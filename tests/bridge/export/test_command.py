"""The command brex-rillet, against stand-ins on loopback."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from brex_accounting import Record
from brex_accounting.testing.records import card_expense
from bridge.export.commands import app as command_app
from bridge.export.commands import progress_display
from bridge.export.commands.progress_display import telling_of_requests
from bridge.export.reporting import audit_log
from clientkit import Answer
from clientkit.testing import Fault, Respond
from support.commands import invoke
from support.companies.exported import SETTINGS_TEXT, Company, expense

Run = Callable[..., Any]


@pytest.fixture
def environment(company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        found = {
            "BREX_TOKEN": company.brex.token,
            "BREX_BASE_URL": stack.enter_context(company.brex.serve()),
            "RILLET_API_KEY": company.rillet.api_key,
            "RILLET_BASE_URL": stack.enter_context(company.rillet.serve()),
        }
        for name, value in found.items():
            monkeypatch.setenv(name, value)
        yield found


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Run:
    del environment

    def call(command: str, *arguments: str, settings: str = SETTINGS_TEXT, columns: str | None = None) -> Any:
        path = tmp_path / "settings.toml"
        path.write_text(settings, encoding="utf-8")
        return invoke(command, "--settings", str(path), *arguments, env={"COLUMNS": columns})

    return call


def test_export_posts_everything_and_ends_with_0(company: Company, run: Run, records: list[Record]) -> None:
    company.brex.add(*records)

    result = run("export")

    assert result.exit_code == 0, result.output
    assert "Posted" in result.stdout
    assert "17.50" in result.stdout
    assert company.exported() == company.posted_references() == sorted(record.id for record in records)


@pytest.mark.parametrize("command", ["plan", "verify", "reconcile"])
def test_a_command_that_reads_for_long_says_so_before_its_end(
    command: str, company: Company, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.brex.add(expense(1))
    journal = ["--journal", str(tmp_path / "journal.db")]
    assert run("export", *journal).exit_code == 0
    said, told = list[int](), threading.Event()

    def say(requests: int) -> None:
        said.append(requests)
        told.set()

    monkeypatch.setattr(command_app, "telling_of_requests", partial(telling_of_requests, first=0, say=say))
    # Rillet answers only once something was said, and fails if nothing is.
    company.rillet.faults.append(Fault(Respond(Answer(status=403)), matches=lambda _: not told.wait(30), times=99))

    result = run(command, *journal, *(["--period", "2026-02"] if command == "reconcile" else []))

    assert result.exit_code == 0, result.output
    assert said[0] >= 0


def test_a_piped_export_says_something_while_it_reads(
    company: Company, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.brex.add(expense(1))
    told = threading.Event()
    monkeypatch.setattr(progress_display, "telling_of_requests", partial(telling_of_requests, first=0))
    logged = audit_log.working

    def working(requests: int) -> None:
        logged(requests)
        told.set()

    monkeypatch.setattr(audit_log, "working", working)
    company.rillet.faults.append(Fault(Respond(Answer(status=403)), matches=lambda _: not told.wait(30), times=99))

    result = run("export")

    assert result.exit_code == 0, result.output
    assert re.search(r"INFO bridge.export.reporting.progress working requests=\d+", result.stderr)


def test_what_goes_on_is_told_in_intervals_until_the_end(company: Company) -> None:
    said, twice = list[int](), threading.Event()

    def say(requests: int) -> None:
        said.append(requests)
        if len(said) == 2:
            twice.set()

    with telling_of_requests(company.export(), first=0, every=0.001, say=say):
        assert twice.wait(30)
    count = len(said)
    assert said[:2] == [0, 0]
    with telling_of_requests(company.export(), first=60, say=say):
        pass
    assert len(said) == count


def test_standard_error_hears_of_it_in_words(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    told = ""
    with telling_of_requests(company.export(), first=0):
        while not told:
            told = capsys.readouterr().err
    assert told.splitlines()[0] == "still working: 0 requests sent so far"


def test_export_with_refusals_ends_with_1_and_gives_the_reasons(company: Company, run: Run) -> None:
    company.brex.add(expense(1), card_expense("5", record_id="accr_bad"))

    result = run("export")

    assert result.exit_code == 1
    assert "accr_bad" in result.stdout
    assert "code it in" in result.stdout


def test_json_is_all_that_stdout_holds(company: Company, run: Run) -> None:
    company.brex.add(expense(1), card_expense("5", record_id="accr_bad"))

    found = json.loads(run("export", "--json").stdout)

    assert [each["record_id"] for each in found["posted"]] == ["accr_001"]
    assert [each["record_id"] for each in found["refused"]] == ["accr_bad"]
    assert found["amounts"] == {"USD": "10.00"}


def test_the_log_is_on_stderr_as_json_where_it_is_asked_for(company: Company, run: Run) -> None:
    company.brex.add(expense(1))

    lines = [json.loads(line) for line in run("export", "--log-level", "info", "--log-json").stderr.splitlines()]

    assert [each["decision"] for each in lines] == ["vendor_created", "posted", "reported"]
    assert lines[1]["record_id"] == "accr_001"
    assert {each["level"] for each in lines} == {"INFO"}


def test_plan_shows_the_postings_and_sends_nothing(company: Company, run: Run) -> None:
    company.brex.add(expense(1))

    shown, found = run("plan"), json.loads(run("plan", "--json").stdout)

    assert shown.exit_code == 0
    assert "accr_001" in shown.stdout
    assert "Cumulus Cloud" in shown.stdout
    assert found["create_vendors"] == ["Cumulus Cloud"]
    assert {(each["account"], each["side"], each["amount"]) for each in found["posts"][0]["postings"]} == {
        ("61000", "DEBIT", "10.00"),
        ("21120", "CREDIT", "10.00"),
    }
    assert company.posts() == []
    assert company.exported() == []


def test_plan_writes_lines_that_a_person_can_post_by_hand(company: Company, run: Run, tmp_path: Path) -> None:
    company.brex.add(expense(1))
    as_text, as_book = tmp_path / "lines.csv", tmp_path / "lines.xlsx"

    assert run("plan", "--lines", str(as_text)).exit_code == 0
    assert run("plan", "--lines", str(as_book)).exit_code == 0

    headings, *rows = csv.reader(as_text.read_text(encoding="utf-8-sig").splitlines())
    told = [dict(zip(headings, row, strict=True)) for row in rows]
    assert [(each["Record"], each["Account"], each["Debit"], each["Credit"], each["Currency"]) for each in told] == [
        ("accr_001", "61000", "10.00", "", "USD"),
        ("accr_001", "21120", "", "10.00", "USD"),
    ]
    assert {each["Subsidiary"] for each in told} == {"Example Inc."}
    assert {each["Vendor"] for each in told} == {"Cumulus Cloud"}
    with ZipFile(as_book) as book:
        texts = book.read("xl/sharedStrings.xml").decode()
        numbers = book.read("xl/worksheets/sheet1.xml").decode()
    assert all(f">{each}<" in texts for each in ("Debit", "accr_001", "61000", "21120", "Example Inc."))
    assert len(re.findall(r"<v>10(?:\.00)?</v>", numbers)) >= 2
    assert company.posts() == []


def test_plan_with_refusals_ends_with_1(company: Company, run: Run) -> None:
    company.brex.add(card_expense("5", record_id="accr_bad"))

    assert run("plan").exit_code == 1


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (SETTINGS_TEXT.replace("card_account", "card_acount"), "settings.toml line 6: entities[0]"),
        (SETTINGS_TEXT.replace('"21120"', '"99999"'), "entities[0].card_account: Rillet has no account"),
        (
            SETTINGS_TEXT.replace('"21120"', "21120"),
            "settings.toml line 6: entities[0].card_account: 21120 is not a text",
        ),
        (
            f"{SETTINGS_TEXT}\n[[approvals]]\nabove = 300\n",
            "settings.toml: approvals: they need a journal, which keeps who gave them; give --journal",
        ),
        ("nonsense", "settings.toml"),
    ],
)
def test_wrong_settings_end_with_2_and_are_named_with_their_place(run: Run, settings: str, expected: str) -> None:
    result = run("export", settings=settings)

    assert result.exit_code == 2
    assert expected in " ".join(result.stderr.split())


WRONG = """\
repotr_refusals = true
gl_field = "GL_ACOUNT"
[[entities]]
name = 7
subsidiary = "Exampel Inc."
card_account = "99999"
reimbursement_account = "21340"
[[accounts]]
entity = "UK"
account = "77777"
"""


@pytest.mark.parametrize("command", ["export", "plan"])
def test_everything_wrong_with_settings_is_told_in_one_go(company: Company, run: Run, command: str) -> None:
    company.brex.add(expense(1))

    result = run(command, settings=WRONG)

    assert result.exit_code == 2
    said = " ".join(result.stderr.split())
    told = (
        "line 1: unknown key repotr_refusals",
        "line 4: entities[0].name: 7 is not a text",
        "line 5: entities[0].subsidiary: Rillet has no subsidiary 'Exampel Inc.'",
        "line 6: entities[0].card_account: Rillet has no account with the code or id '99999'",
        "line 9: accounts[0].entity: 'UK' is no entity of the settings",
        "line 10: accounts[0].account: Rillet has no account with the code or id '77777'",
    )
    places = [said.index(each) for each in told]
    assert places == sorted(places)
    assert company.posts() == []


def test_mistakes_in_the_file_are_told_where_nobody_can_be_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BREX_TOKEN")

    result = run("export", settings=WRONG)

    assert result.exit_code == 2
    assert "entities[0].name: 7 is not a text" in " ".join(result.stderr.split())


def test_a_missing_variable_ends_with_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RILLET_API_KEY")

    result = run("export")

    assert result.exit_code == 2
    assert "RILLET_API_KEY is not set" in result.stderr


def test_missing_variables_of_both_services_are_told_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BREX_TOKEN")
    monkeypatch.delenv("RILLET_API_KEY")

    result = run("export")

    assert result.exit_code == 2
    assert "BREX_TOKEN is not set; the environment variable RILLET_API_KEY is not set" in " ".join(
        result.stderr.split()
    )


def test_a_wrong_token_ends_with_2_and_does_not_show_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREX_TOKEN", "bxt_private")

    result = run("export")

    assert result.exit_code == 2
    assert "403" in result.stderr
    assert "bxt_private" not in result.output


def test_html_from_a_gateway_ends_with_2(company: Company, run: Run) -> None:
    page = Answer(status=200, headers={"content-type": "text/html"}, content=b"<html>maintenance</html>")
    company.rillet.faults.append(Fault(Respond(page), times=1000))

    result = run("export")

    assert result.exit_code == 2
    assert "text/html" in result.stderr


def test_an_early_end_ends_with_1_and_says_why(company: Company, run: Run) -> None:
    company.brex.add(expense(1))
    company.rillet.reference_types.clear()

    result = run("export")

    assert result.exit_code == 1
    assert "The run ended early" in result.stdout


@pytest.mark.place
@pytest.mark.parametrize("folders", [1, 30])
def test_a_path_stays_whole_where_there_is_no_terminal(tmp_path: Path, folders: int) -> None:
    missing = tmp_path.joinpath(*["folder"] * folders, "settings.toml")
    code = "from bridge.export.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, "plan", "--settings", str(missing)]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)

    assert done.returncode == 2
    assert str(missing) in done.stderr


def test_tables_are_as_wide_as_the_user_says_or_as_their_text(run: Run, company: Company) -> None:
    company.brex.add(expense(1))
    lines = {name: run("plan", columns=name).stdout.splitlines() for name in (None, "40")}
    assert all(len(line) <= 40 for line in lines["40"])
    assert len(lines[None]) < len(lines["40"])


def test_without_the_extra_the_command_says_how_to_get_it() -> None:
    code = "import sys; sys.modules['typer'] = None; from bridge.export.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)

    assert done.returncode == 2
    assert done.stderr == 'brex-rillet needs its command line extra. Install it with: pip install "brex-rillet[cli]"\n'
