"""The command brex-rillet, against stand-ins on loopback."""

from __future__ import annotations

import csv
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from typing_extensions import override

import brex_accounting.testing
import rillet.testing
from brex_accounting import Record, RecordType
from brex_accounting.testing.records import card_expense
from bridge.export.commands import app as command_app
from bridge.export.commands import progress_display
from bridge.export.commands.progress_display import telling_of_requests
from bridge.export.reporting import audit_log
from clientkit import Answer
from clientkit.testing import Action, Asked, Fault, Respond
from support.commands import invoke
from support.companies.exported import REFERENCE_TYPE, SETTINGS_TEXT, Company, expense

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
    for told in (
        "line 1: unknown key repotr_refusals",
        "line 4: entities[0].name: 7 is not a text",
        "line 5: entities[0].subsidiary: Rillet has no subsidiary 'Exampel Inc.'",
        "line 6: entities[0].card_account: Rillet has no account with the code or id '99999'",
        "line 9: accounts[0].entity: 'UK' is no entity of the settings",
        "line 10: accounts[0].account: Rillet has no account with the code or id '77777'",
    ):
        assert told in said
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


class Holding(rillet.testing.StandIn):
    """Answers no charge before it is told to, and sends a process two signals with the sixth."""

    process: subprocess.Popen[str]

    def __init__(self) -> None:
        super().__init__(reference_types={REFERENCE_TYPE}, vendors=[rillet.testing.vendor("Cumulus Cloud")])
        self.released, self.held = threading.Event(), itertools.count(1)

    @override
    def take(self, asked: Asked) -> tuple[Answer | None, Action | None]:
        if asked.path == "/charges" and asked.method == "POST" and not self.released.is_set():
            if next(self.held) == 6:
                # Two of one kind may arrive as one.
                os.kill(self.process.pid, signal.SIGTERM)
                os.kill(self.process.pid, signal.SIGINT)
            self.released.wait(timeout=300)
        return super().take(asked)


def test_a_second_signal_ends_it_though_requests_are_in_flight(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(SETTINGS_TEXT, encoding="utf-8")
    records = [expense(number) for number in range(1, 7)]
    standin = Holding()
    company = Company(brex=brex_accounting.testing.StandIn(records, rate_limit=None), rillet=standin)
    with company.brex.serve() as brex_url, standin.serve() as rillet_url:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "BREX_TOKEN": company.brex.token,
            "BREX_BASE_URL": brex_url,
            "RILLET_API_KEY": standin.api_key,
            "RILLET_BASE_URL": rillet_url,
        }
        command = [sys.executable, "-c", "from bridge.export.cli import main; main()"]
        with subprocess.Popen(
            [*command, "export", "--settings", str(path), "--journal", str(tmp_path / "journal.db"), "--json"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            standin.process = process
            stdout, stderr = process.communicate(timeout=300)
        standin.released.set()

    assert process.returncode == 1, stderr
    found = json.loads(stdout)
    assert found["stopped"] == "it was interrupted"
    assert "Traceback" not in stderr
    assert [each["code"] for each in found["failed"]] == ["interrupted"] * 6
    assert company.export().run().complete
    assert company.posted_references() == company.exported() == sorted(record.id for record in records)


class Signalling(rillet.testing.StandIn):
    """Sends a signal to a process when the third charge arrives, and answers all the same."""

    process: subprocess.Popen[str]

    @override
    def respond(self, asked: Asked) -> Answer:
        answer = super().respond(asked)
        if asked.path == "/charges" and asked.method == "POST" and len(self.charges) == 3:
            os.kill(self.process.pid, signal.SIGINT)
        return answer


def test_ctrl_c_ends_cleanly_with_what_was_done_so_far(tmp_path: Path) -> None:
    records = [expense(number) for number in range(1, 41)]
    path = tmp_path / "settings.toml"
    path.write_text(SETTINGS_TEXT, encoding="utf-8")
    company = Company(
        brex=brex_accounting.testing.StandIn(records, rate_limit=None),
        rillet=Signalling(reference_types={REFERENCE_TYPE}),
    )
    assert isinstance(company.rillet, Signalling)
    with company.brex.serve() as brex_url, company.rillet.serve() as rillet_url:
        environment = {
            **os.environ,
            "BREX_TOKEN": company.brex.token,
            "BREX_BASE_URL": brex_url,
            "RILLET_API_KEY": company.rillet.api_key,
            "RILLET_BASE_URL": rillet_url,
        }
        command = [sys.executable, "-c", "from bridge.export.cli import main; main()"]
        with subprocess.Popen(
            [*command, "export", "--settings", str(path), "--json"],
            env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            company.rillet.process = process
            stdout, stderr = process.communicate(timeout=300)

    assert process.returncode == 1, stderr
    found = json.loads(stdout)
    assert "interrupted" in found["stopped"]
    assert "Traceback" not in stderr
    assert found["reported"] == [each["record_id"] for each in found["posted"]]
    assert sorted(found["reported"]) == company.exported()
    assert 3 <= len(found["posted"]) < 40

    assert company.export().run().complete
    assert company.posted_references() == company.exported() == sorted(record.id for record in records)


def test_the_demo_proves_a_zero_difference() -> None:
    result = invoke("demo", "--records", "60", "--seed", "3", "--json")

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert Decimal(found["difference"]) == 0
    assert len(found["posted"]) == 60
    assert found["second_run"]["posted"] == []
    codes = {reason["code"] for each in found["refused"] for reason in each["reasons"]}
    assert {"closed_period", "unbalanced", "no_exchange_rate", "ambiguous_vendor"} <= codes
    # Companies book a reimbursement when it is approved, so the record of its payment is nothing to do.
    assert ["basis" in each["why"] for each in found["nothing"]] == [True]
    assert set(found["amounts"]) == {"EUR", "USD"}


@pytest.fixture(scope="module")
def demonstrated() -> dict[str, Any]:
    result = invoke("demo", "--records", "64", "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_demo_shows_what_becomes_of_every_type(demonstrated: dict[str, Any]) -> None:
    types = demonstrated["types"]

    assert list(types) == [each.value for each in RecordType]
    became = Counter(kind for kinds in types.values() for kind in kinds)
    assert became.keys() == {
        *("charges", "reimbursements", "bills", "vendor-credits", "payments", "journal-entries", "refused", "nothing")
    }
    counted = {kind: sum(kinds.get(kind, 0) for kinds in types.values()) for kind in became}
    assert counted.pop("refused") == len(demonstrated["refused"])
    assert counted.pop("nothing") == len(demonstrated["nothing"]) == 1
    assert sum(counted.values()) == len(demonstrated["posted"])
    assert types["INVOICE"].keys() == {"journal-entries"}
    assert types["INVOICE_PAYMENT"] == {"refused": 1}
    assert types["REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT"] == {"payments": 1}


def test_the_demo_has_an_expense_of_two_companies(demonstrated: dict[str, Any]) -> None:
    assert demonstrated["of_two_companies"] >= 1
    lines = [line for each in demonstrated["posted"] for line in each["postings"]]
    due = {
        account: sum(Decimal(each["amount"]) for each in lines if each["account"] == account)
        for account in ("12900", "21950")
    }
    assert due["12900"] == due["21950"] > 0


def test_the_demo_has_vat_and_reverse_charges(demonstrated: dict[str, Any]) -> None:
    lines = [line for each in demonstrated["posted"] for line in each["postings"]]

    assert {"14000", "22500", "22600"} <= {line["account"] for line in lines}
    booked = {(each["account"], each["side"], each["amount"]) for each in lines}
    deducted = {(side, amount) for account, side, amount in booked if account == "14000"}
    owed = {
        ("DEBIT" if side == "CREDIT" else "CREDIT", amount) for account, side, amount in booked if account == "22600"
    }
    assert deducted == owed


def test_the_demo_replaces_a_corrected_bill_and_posts_nothing_else(demonstrated: dict[str, Any]) -> None:
    bill, third = demonstrated["corrected_bill"], demonstrated["third_run"]

    assert third["replaced"] == 1
    (replaced,) = third["posted"]
    assert (replaced["record_id"], replaced["kind"]) == (bill["record_id"], "bills")
    (payable,) = [each for each in replaced["postings"] if each["account"] == "21100"]
    assert (payable["side"], payable["amount"]) == ("CREDIT", bill["after"])
    assert Decimal(bill["after"]) > Decimal(bill["before"])


def test_the_demo_shows_what_a_person_looks_for() -> None:
    result = invoke("demo", env={"COLUMNS": "200"})

    assert result.exit_code == 0, result.output
    shown = result.stdout.partition("Among them, in Rillet")[2].partition("expenses of two companies")[0]
    money = r"[\d,]+\.\d\d"
    for name, line in {
        "German bill's payment": rf"Halden Robotics GmbH paid {money} EUR for bill R-\d+ of .+, from 11200 Operating Bank EUR",
        "Vendor credit": rf".+ owes Halden Robotics (GmbH|Inc) {money} (EUR|USD) by credit R-\d+ of 2026-\d\d-\d\d",
        "Intercompany expense": rf"Of {money} USD that Halden Robotics Inc paid by card, {money} USD are an expense of Halden "
        r"Robotics GmbH, which owes them on 21950 Due to Affiliates",
        "Paid-out reimbursement": rf"\w+ \w+ got {money} (EUR|USD) back on 2026-\d\d-\d\d, from .+",
        "Service period": rf"Bill R-\d+ of .+ has {money} (EUR|USD) for service from 2026-10-01 to 2027-09-30, over which .+",
    }.items():
        assert re.search(rf"^ *{name} +{line} *$", shown, re.MULTILINE), (name, shown)
    assert "Difference over all accounts: 0.00" in result.stdout


def test_the_demos_examples_are_what_was_posted(demonstrated: dict[str, Any]) -> None:
    examples, posted = demonstrated["examples"], demonstrated["posted"]

    (payout,) = [each for each in posted if each["kind"].startswith("reimbursements/")]
    (paid,) = [each for each in payout["postings"] if each["account"] == "11900"]
    assert f" got {Decimal(paid['amount']):,} " in examples["Paid-out reimbursement"]
    (credit,) = [each for each in posted if each["kind"] == "vendor-credits"]
    (payable,) = [each for each in credit["postings"] if each["account"] == "21100"]
    assert f" {Decimal(payable['amount']):,} EUR by credit " in examples["Vendor credit"]
    owed = [line["amount"] for each in posted for line in each["postings"] if line["account"] == "21950"]
    assert any(f", {Decimal(each):,} USD are an expense of" in examples["Intercompany expense"] for each in owed)


def test_the_demo_as_a_table_shows_the_reconciliation() -> None:
    result = invoke("demo", "--records", "60", env={"COLUMNS": "80"})

    assert result.exit_code == 0, result.output
    types = result.stdout.partition("What became of each type of record: 19")[2].partition("Running the export")[0]
    assert "…" not in types
    assert [line.split()[0] for line in types.splitlines() if re.search(r"^ [A-Z_]+ +[a-z ]+ \d+ *$", line)] == [
        each.value for each in RecordType
    ]
    assert "replaced 1 bill in Rillet and posted 0 other records" in result.stdout
    assert "the limit is raised" in " ".join(result.stdout.split())
    assert "Reconciliation 2026-09-01 to 2026-10-30" in " ".join(result.stdout.split())
    assert "Difference over all accounts: 0.00" in result.stdout
    assert "second time posted 0 records" in result.stdout


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
