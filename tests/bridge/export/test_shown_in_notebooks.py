"""What a notebook keeps of a value: a short text, and where it is shown as a table, the first rows of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

import brex_accounting
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, DataTable
from bridge.closing import Snapshot, close_status, month
from bridge.export import Export
from bridge.export.closing import read_snapshot
from support.companies.exported import SETTINGS, Company

formatters: Any = pytest.importorskip("IPython.core.formatters", reason="IPython comes with the extra docs")
POSTED = datetime(2026, 10, 31, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
ADA = brex_accounting.User(id="usr_1", first_name="Ada", last_name="Lane", email="ada@example.test")


def shown(value: object) -> dict[str, str]:
    data: dict[str, str] = formatters.DisplayFormatter().format(value)[0]
    return data


def expense(number: int) -> brex_accounting.Record:
    return card_expense(
        "42.75",
        coding=[gl("61100")],
        record_id=f"accr_{number:03}",
        posted_at=POSTED,
        erp_posting_date=POSTED,
        user=ADA,
    )


@pytest.fixture
def snapshot(company: Company) -> Snapshot:
    company.brex.add(*map(expense, range(50)))
    return read_snapshot(Export(company.brex.client(), company.rillet.client(), Bridge(SETTINGS)), month("2026-10"))


def test_a_record_is_short_and_names_no_address() -> None:
    record = expense(1)
    text = shown(record)["text/plain"]
    assert text == repr(record)
    assert text.startswith("Record(id='accr_001', amount=42.75 USD, type=CARD_EXPENSE_POST, ")
    assert len(text) <= 400
    assert "ada@example.test" not in text


def test_any_value_of_a_service_is_short(company: Company) -> None:
    report = company.rillet.client().reports.income_statement(from_date=FIRST, to_date=LAST)
    assert len(repr(report)) > 400
    assert len(shown(report)["text/plain"]) <= 400
    assert "<table>" in shown(report)["text/html"]


def test_a_trial_balance_is_short(company: Company) -> None:
    balance = company.rillet.client().reports.trial_balance(from_date=FIRST, to_date=LAST)
    assert repr(balance) == f"<TrialBalance 2026-10-01 to 2026-10-31: {len(balance.accounts)} accounts in USD>"
    assert len(shown(balance)["text/plain"]) <= 400


def test_a_table_is_short() -> None:
    assert shown(DataTable.of("Records", [expense(1)]))["text/plain"] == "<DataTable Records: 1 row>"
    assert (
        repr(DataTable(title="Two\nlines", headings=("A",), rows=(("x",), ("y",)))) == "<DataTable Two lines: 2 rows>"
    )


def test_a_snapshot_is_short_and_a_table_of_its_records(snapshot: Snapshot) -> None:
    data = shown(snapshot)
    assert data["text/plain"] == "<Snapshot: 2026-10: 50 records, 0 objects only in the ledger>"
    assert "<td>accr_000</td><td>2026-10-31</td><td>CARD_EXPENSE_POST</td><td>42.75 USD</td>" in data["text/html"]
    assert data["text/html"].count("<tr>") == 42
    assert "ada@example.test" not in data["text/html"]
    assert len(str(snapshot)) < 3_000


def test_what_is_in_a_snapshot_is_short(snapshot: Snapshot) -> None:
    assert repr(snapshot.records[0]) == "<ClosingRecord accr_000 of 2026-10-31: 42.75 USD>"
    assert "ada@example.test" not in repr(close_status(snapshot).missing_receipts)
