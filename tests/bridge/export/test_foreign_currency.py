"""Records in foreign currencies, from the files of a company to the trial balance, over sockets."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from brex_accounting import Record, RecordType, ReviewStatus
from brex_accounting.testing.records import card_expense, card_refund, gl, record, reimbursement
from bridge import RateTable, read_settings
from bridge.export.ledgers.rillet_books import load_books
from support.commands import invoke
from support.companies.exported import Company, records_in
from support.proof import AccountProof, prove

SETTINGS = """\
reference_type = "brex"
foreign_currency = "{}"

[[entities]]
name = "US"
subsidiary = "Example Inc."
card_account = "21120"
reimbursement_account = "21340"
bank_account = "11100"
accounts_payable_account = "21100"
"""
RATES = """\
Date,USD,JPY,BHD,GBP,
2026-02-02,1.0856,163.25,0.40931,0.8650,
2026-01-30,1.0791,162.77,N/A,0.8644,
"""
CODING = [gl("61000")]
#: Midnight in UTC is that day in every time zone.
SUNDAY, TUESDAY = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 3, tzinfo=UTC)


def foreign_records() -> list[Record]:
    thirds = [(each, CODING) for each in ("3.33", "3.33", "3.34")]
    return [
        card_expense("10", "EUR", splits=thirds, record_id="accr_1", erp_posting_date=TUESDAY),
        card_expense("10", "EUR", splits=thirds, record_id="accr_2", erp_posting_date=SUNDAY),
        card_expense("1801", "JPY", coding=CODING, record_id="accr_3", erp_posting_date=TUESDAY),
        card_expense("7.125", "BHD", coding=CODING, record_id="accr_4", erp_posting_date=TUESDAY),
        card_refund("5.55", "GBP", coding=CODING, record_id="accr_5", erp_posting_date=SUNDAY),
        card_expense("42.75", coding=CODING, record_id="accr_6", erp_posting_date=TUESDAY),
        reimbursement(
            "19.99",
            "GBP",
            coding=CODING,
            record_id="accr_7",
            erp_posting_date=TUESDAY,
            type=RecordType.REIMBURSEMENT_EXPENSE_APPROVAL,
        ),
        record(
            RecordType.CARD_PAYMENT,
            debits=[("100.01", ())],
            credits=[("33.34", ()), ("66.67", ())],
            currency="EUR",
            record_id="accr_8",
            erp_posting_date=TUESDAY,
        ),
        *(
            record(
                kind,
                debits=[("99.99", coding)],
                credits=[("99.99", ())],
                currency="EUR",
                vendor="Sample Stationery",
                record_id=record_id,
                source_id="expense_bill",
                erp_posting_date=TUESDAY,
            )
            for kind, coding, record_id in (
                (RecordType.BILL_EXPENSE, CODING, "accr_9"),
                (RecordType.BILL_EXPENSE_PAYMENT, (), "accr_10"),
            )
        ),
    ]


@pytest.fixture
def paths(company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the rates, while both services listen."""
    (tmp_path / "rates.csv").write_text(RATES, encoding="utf-8")
    with company.brex.serve() as brex, company.rillet.serve() as books:
        monkeypatch.setenv("BREX_TOKEN", company.brex.token)
        monkeypatch.setenv("BREX_BASE_URL", brex)
        monkeypatch.setenv("RILLET_API_KEY", company.rillet.api_key)
        monkeypatch.setenv("RILLET_BASE_URL", books)
        yield tmp_path


def called(paths: Path, *words: str, mode: str = "subsidiary") -> Any:
    """What the command with these words ends with and prints."""
    settings = paths / "settings.toml"
    settings.write_text(SETTINGS.format(mode), encoding="utf-8")
    return invoke(*words, "--settings", str(settings))


def proof_of(company: Company, mode: str) -> tuple[AccountProof, ...]:
    client = company.rillet.client()
    exported = records_in(company.brex.client(), ReviewStatus.EXPORTED)
    return prove(
        exported,
        read_settings(SETTINGS.format(mode)),
        load_books(client),
        client,
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
        rates=RateTable.read(RATES),
    )


@pytest.mark.parametrize("mode", ["subsidiary", "document"])
def test_foreign_records_arrive_and_the_books_are_right(company: Company, paths: Path, mode: str) -> None:
    company.brex.add(*foreign_records())

    result = called(paths, "export", "--rates", str(paths / "rates.csv"), mode=mode)

    assert result.exit_code == 0, result.output
    assert len(company.exported()) == 10
    books = company.rillet
    items = [each.items for each in books.charges] + [each.items for each in books.reimbursements]
    assert {item.amount.currency for each in items for item in each} == (
        {"USD"} if mode == "subsidiary" else {"USD", "EUR", "JPY", "BHD", "GBP"}
    )
    assert [each.status for each in books.bills] == ["PAID"]
    rows = proof_of(company, mode)
    assert [row.difference for row in rows] == [0] * len(rows)
    by_account = {row.account: row for row in rows}
    # 99.99 EUR at 1.0856.
    assert by_account["21100"].rillet_debit == by_account["21100"].rillet_credit == Decimal("108.55")
    assert {row.currency for row in rows} == {"USD"}


def test_the_proof_finds_what_was_converted_at_another_rate(company: Company, paths: Path) -> None:
    company.brex.add(*foreign_records())
    other = paths / "other.csv"
    other.write_text(RATES.replace("163.25", "163.35"), encoding="utf-8")

    assert called(paths, "export", "--rates", str(other)).exit_code == 0

    assert {row.account for row in proof_of(company, "subsidiary") if row.difference} == {"21120", "61000"}


def test_plan_and_replay_take_rates_too(company: Company, paths: Path) -> None:
    company.brex.add(*foreign_records()[:1])
    rates, journal = ("--rates", str(paths / "rates.csv")), ("--journal", str(paths / "journal.db"))

    planned = called(paths, "plan", "--json", *rates)
    assert planned.exit_code == 0
    assert {each["currency"] for each in json.loads(planned.stdout)["posts"][0]["postings"]} == {"USD"}

    assert called(paths, "export", *journal).exit_code == 1
    assert company.rillet.charges == ()
    assert called(paths, "replay", "accr_1", *journal, *rates).exit_code == 0
    assert len(company.rillet.charges) == 1


def test_without_rates_foreign_records_are_refused_and_the_rest_is_posted(company: Company, paths: Path) -> None:
    company.brex.add(*foreign_records())
    result = called(paths, "export", "--json")
    assert result.exit_code == 1
    assert len(json.loads(result.stdout)["refused"]) == 9
    assert company.exported() == ["accr_6"]


@pytest.mark.place
@pytest.mark.parametrize(("mode", "rate"), [("subsidiary", ""), ("document", "1 EUR = 1.0856 USD of 2026-02-03")])
def test_the_lines_of_a_plan_say_the_rate_that_is_sent(company: Company, paths: Path, mode: str, rate: str) -> None:
    company.brex.add(*foreign_records())
    lines = paths / "lines.csv"

    called(paths, "plan", "--rates", str(paths / "rates.csv"), "--lines", str(lines), mode=mode)

    rows = csv.DictReader(lines.read_text(encoding="utf-8").splitlines())
    assert {row["Rate"] for row in rows if row["Record"] == "accr_1"} == {rate}


def test_rates_that_cannot_be_read_end_the_command_with_their_lines(company: Company, paths: Path) -> None:
    company.brex.add(*foreign_records())
    (paths / "rates.csv").write_text(RATES.replace("163.25", "163;25"), encoding="utf-8")
    result = called(paths, "export", "--rates", str(paths / "rates.csv"))
    assert result.exit_code == 2
    assert "line 2: '163;25' is not a rate" in result.stderr
    assert company.posts() == []
