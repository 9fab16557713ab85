"""``brex-rillet demo``: what it exports, shows and proves."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from brex_accounting import RecordType
from support.commands import invoke


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
