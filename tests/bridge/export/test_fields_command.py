"""The commands sync-fields and explain, against stand-ins on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

import brex_accounting.testing
import rillet.testing
from brex_accounting.testing.records import card_expense, gl
from bridge.export import SqlJournal
from bridge.export.field_updates import read_fields
from rillet import NewVendor, TaxRate
from support.commands import invoke
from support.companies.exported import REFERENCE_TYPE, Company, expense

SETTINGS = """\
reference_type = "brex"
vendor_field = "VENDOR"
tax_field = "TAX"

[[entities]]
name = "US"
subsidiary = "Example Inc."
card_account = "21120"
reimbursement_account = "21340"
"""
VAT = TaxRate(id="rate-1", code="DE19", country="DE", description="Germany VAT", percentage=Decimal("19.0000"))

Run = Callable[..., Any]


@pytest.fixture
def company() -> Company:
    made = Company(
        brex=brex_accounting.testing.StandIn(rate_limit=None),
        rillet=rillet.testing.StandIn(reference_types={REFERENCE_TYPE}, tax_rates=[VAT]),
    )
    for name in ("Cumulus Cloud", "[/red]Ada", "Twin", "twin"):
        made.rillet.client().vendors.create(NewVendor(name=name))
    return made


@pytest.fixture
def run(company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    path = tmp_path / "settings.toml"

    def call(*arguments: str, settings: str = SETTINGS) -> Any:
        path.write_text(settings, encoding="utf-8")
        return invoke(*arguments, "--settings", str(path))

    with ExitStack() as stack:
        monkeypatch.setenv("BREX_TOKEN", company.brex.token)
        monkeypatch.setenv("BREX_BASE_URL", stack.enter_context(company.brex.serve()))
        monkeypatch.setenv("RILLET_API_KEY", company.rillet.api_key)
        monkeypatch.setenv("RILLET_BASE_URL", stack.enter_context(company.rillet.serve()))
        yield call


@pytest.fixture
def integration(company: Company) -> str:
    return company.brex.client().integrations.create(vendor="RILLET", vendor_account_id="org-1").id


def offered(company: Company, remote_id: str) -> list[str]:
    (found,) = (each for each in read_fields(company.brex.client()) if each.field.remote_id == remote_id)
    return [value.value for value in found.values if not value.is_disabled]


def test_without_apply_the_changes_are_shown_and_nothing_is_written(
    company: Company, run: Run, integration: str
) -> None:
    result = run("sync-fields", "--integration", integration)
    assert result.exit_code == 0, result.output
    for text in ("To change in Brex", "GL Account", "create the field", "[/red]Ada", "DE19 (19 %) Germany VAT"):
        assert text in result.stdout
    assert read_fields(company.brex.client()) == ()


def test_apply_writes_and_a_second_run_has_nothing_to_do(company: Company, run: Run, integration: str) -> None:
    first = run("sync-fields", "--integration", integration, "--apply")
    assert first.exit_code == 0, first.output
    assert "Changed in Brex" in first.stdout
    vendors = offered(company, "VENDOR")
    assert {"Cumulus Cloud", "[/red]Ada"} < set(vendors)
    assert len(set(vendors)) == len(vendors)
    assert offered(company, "TAX") == ["DE19 (19 %) Germany VAT"]

    asked = len(company.brex.asked)
    again = run("sync-fields", "--integration", integration, "--apply", "--json")
    assert json.loads(again.stdout) == {"applied": True, "changes": []}
    assert {each.method for each in company.brex.asked[asked:]} == {"GET"}
    assert "Brex has what Rillet has" in run("sync-fields", "--integration", integration).stdout


def test_approvals_of_the_settings_ask_for_no_journal(company: Company, run: Run, integration: str) -> None:
    settings = f"{SETTINGS}\n[[approvals]]\nabove = 300\n"

    result = run("sync-fields", "--integration", integration, "--apply", settings=settings)

    assert result.exit_code == 0, result.output
    assert offered(company, "TAX") == ["DE19 (19 %) Germany VAT"]


def test_json_names_every_value(company: Company, run: Run, integration: str) -> None:
    run("sync-fields", "--integration", integration, "--apply")
    company.rillet.client().vendors.create(NewVendor(name="Late"))
    found = json.loads(run("sync-fields", "--integration", integration, "--json").stdout)
    assert found == {
        "applied": False,
        "changes": [
            {
                "field": "Vendor",
                "create_field": False,
                "rename_field": None,
                "enable_field": False,
                "values": {"create": ["Late"], "rename": [], "enable": [], "disable": []},
            }
        ],
    }


def test_an_integration_that_brex_does_not_have_ends_with_2(run: Run) -> None:
    result = run("sync-fields", "--integration", "nobody", "--apply")
    assert result.exit_code == 2
    assert "integration" in result.stderr


def test_the_journal_knows_the_integration(company: Company, run: Run, tmp_path: Path) -> None:
    journal = str(tmp_path / "journal.db")
    SqlJournal(journal).close()
    unknown, none = run("sync-fields", "--journal", journal), run("sync-fields")
    assert (unknown.exit_code, none.exit_code) == (2, 2)
    assert "integration create" in unknown.stderr
    assert "--integration" in none.stderr

    made = invoke("integration", "create", "--vendor", "rillet", "--vendor-account", "1", "--journal", journal)
    assert made.exit_code == 0, made.output
    done = run("sync-fields", "--journal", journal, "--apply")
    assert done.exit_code == 0, done.output
    assert "Cumulus Cloud" in offered(company, "VENDOR")


def test_settings_that_rillet_does_not_fit_end_with_2_and_write_nothing(
    company: Company, run: Run, integration: str
) -> None:
    result = run("sync-fields", "--integration", integration, "--apply", settings=SETTINGS.replace("21120", "99999"))
    assert result.exit_code == 2
    assert "99999" in result.stderr
    assert read_fields(company.brex.client()) == ()


def test_explain_tells_how_each_line_was_coded(company: Company, run: Run) -> None:
    company.brex.add(card_expense("12", coding=[gl("61000")], merchant="[/red]Ada", record_id="accr_1"))
    result, found = run("explain", "accr_1"), json.loads(run("explain", "accr_1", "--json").stdout)
    assert result.exit_code == 0, result.output
    assert "coded to 61000 Software in Brex" in result.stdout
    assert "for the vendor [/red]Ada" in result.stdout
    assert found["summary"].startswith("a charge, which counts on ")
    assert [(each["side"], each["amount"], each["account"].split()[0]) for each in found["lines"]] == [
        ("DEBIT", "12", "61000"),
        ("CREDIT", "12", "21120"),
    ]
    assert (found["refused"], found["posted"]) == (False, None)


def test_explain_ends_with_1_for_a_refused_record_and_with_2_for_an_unknown_one(company: Company, run: Run) -> None:
    company.brex.add(card_expense("5", record_id="accr_bad"))
    refused, unknown = run("explain", "accr_bad"), run("explain", "accr_none")
    assert (refused.exit_code, unknown.exit_code) == (1, 2)
    assert "refused, because" in refused.stdout
    assert "Brex has no record accr_none" in unknown.stderr


def test_with_a_journal_explain_tells_what_became_of_the_record(company: Company, run: Run, tmp_path: Path) -> None:
    journal = str(tmp_path / "journal.db")
    receipt = company.brex.receipt_files.add("receipt_1", b"%PDF-")
    company.brex.add(attrs.evolve(expense(1), receipts=(receipt,)))
    assert run("export", "--journal", journal).exit_code == 0
    (charge,) = company.rillet.charges
    result = run("explain", "accr_001", "--journal", journal)
    assert result.exit_code == 0, result.output
    assert f"In Rillet it is charges {charge.id}. Files of receipts there: 1." in result.stdout
    assert "a charge, which counts on 2026-02-03" in result.stdout
    found = json.loads(run("explain", "accr_001", "--journal", journal, "--json").stdout)
    assert found["posted"] == {"kind": "charges", "id": charge.id, "files": 1, "is_there": True}


def test_explain_says_that_the_document_was_deleted_in_the_ledger(company: Company, run: Run, tmp_path: Path) -> None:
    journal = str(tmp_path / "journal.db")
    company.brex.add(expense(1))
    assert run("export", "--journal", journal).exit_code == 0
    (charge,) = company.rillet.charges
    company.rillet.client().charges.delete(charge.id)

    result = run("explain", "accr_001", "--journal", journal)

    assert result.exit_code == 0, result.output
    assert f"In Rillet it was charges {charge.id}, which was deleted there. replay posts it again." in result.stdout
    assert "In Rillet it is" not in result.stdout
    found = json.loads(run("explain", "accr_001", "--journal", journal, "--json").stdout)
    assert found["posted"] == {"kind": "charges", "id": charge.id, "files": 0, "is_there": False}


def test_explain_names_the_document_and_neither_its_correction_nor_what_was_deleted(
    company: Company, run: Run, tmp_path: Path
) -> None:
    journal = str(tmp_path / "journal.db")

    def posted(record_id: str) -> Any:
        return json.loads(run("explain", record_id, "--journal", journal, "--json").stdout)["posted"]

    company.brex.add(expense(1), expense(2))
    assert run("export", "--journal", journal).exit_code == 0
    ids = {each.external_references[0].id: each.id for each in company.rillet.charges}
    assert posted("accr_002") == {"kind": "charges", "id": ids["accr_002"], "files": 0, "is_there": True}

    company.brex.add(attrs.evolve(expense(1, "12.00"), version=3), attrs.evolve(expense(2, "0"), version=3))
    changing = 'on_change = "correct"\non_delete = "delete"\n' + SETTINGS
    assert run("export", "--journal", journal, settings=changing).exit_code == 0

    assert len(company.rillet.journal_entries) == 1
    assert posted("accr_001") == {"kind": "charges", "id": ids["accr_001"], "files": 0, "is_there": True}
    assert posted("accr_002") is None
