"""How far a month is: each part with the right rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from brex_accounting import Expense, Receipt, Record, RecordType, ReviewStatus
from brex_accounting.testing.records import card_expense, gl, record
from bridge import ApprovalRule, Bridge, ReasonCode
from bridge.closing import CloseStatus, DifferenceKind, accrue, audit_sample, close_status, reconcile
from bridge.export import SqlJournal
from bridge.export.closing import Bought, read_purchases, read_snapshot
from clientkit import Answer
from clientkit.testing import Asked, Fault, Respond
from rillet import Period
from support.closing.company import FEBRUARY, accruing
from support.companies.changing import Company, MakeCompany, reasons
from support.companies.changing_records import bill, charge, entry, reimbursed

RECEIPT = [Receipt(id="receipt1")]


def on(day: int, month: int = 2) -> dict[str, Any]:
    moment = datetime(2026, month, day, tzinfo=UTC)
    return {"erp_posting_date": moment, "posted_at": moment}


def status(company: Company, bought: Bought | None = None, **options: Any) -> CloseStatus:
    known = {} if bought is None else {"bought": bought}
    snapshot = read_snapshot(company.export(Bridge(company.settings)), FEBRUARY, **known)
    return close_status(snapshot, checked_purchases=bought is not None, **options)


def rows(found: CloseStatus, name: str, *headings: str) -> list[tuple[object, ...]]:
    report = found.reports[name]
    return [tuple(row[report.headings.index(each)] for each in headings) for row in report.rows]


def test_what_is_not_in_the_books_has_reason_owner_age_and_amount(make: MakeCompany) -> None:
    company = make(
        attrs.evolve(charge(id="k1", **on(20), user="Grace Hopper"), review_status=ReviewStatus.REVIEW),
        charge("7", "99999", id="k2", **on(28)),
        charge("5", id="k3"),
        record_link="https://brex.example/{id}",
    )
    company.run()

    found = status(company)

    assert rows(found, "not_in_the_books", "Record", "Status", "Owner", "Day", "Age", "Amount", "Link") == [
        ("k1", "REVIEW", "Grace Hopper", date(2026, 2, 20), 9, Decimal(100), "https://brex.example/k1"),
        ("k2", "READY_FOR_EXPORT", "Ada Example", date(2026, 2, 28), 1, Decimal(7), "https://brex.example/k2"),
    ]
    assert [each.why for each in found.waiting] == [
        "Brex has it in REVIEW",
        "it is coded to '99999', which is no account of Rillet",
    ]
    assert not found.is_complete
    assert found.table.rows[0] == ("Not in the books", "2", "107.00 USD")


def test_it_ties_to_the_reconciliation(make: MakeCompany) -> None:
    company = make(charge("7", "99999", id="k2"), charge("5", id="k3"), reimbursed(), entry())
    company.run()
    company.delete("k3")
    snapshot = read_snapshot(company.export(), FEBRUARY)

    waiting = {each.record.id: each.record.amount.amount for each in close_status(snapshot).waiting}

    kinds = {DifferenceKind.NOT_EXPORTED, DifferenceKind.DELETED_IN_RILLET}
    debits = dict[str | None, Decimal]()
    for _, part in reconcile(snapshot).parts:
        if part.kind in kinds and part.amount > 0:
            debits[part.record_id] = debits.get(part.record_id, Decimal(0)) + part.amount
    assert waiting == debits == {"k2": 7, "k3": 5}


def test_a_month_in_which_all_is_booked_or_dismissed_is_complete(make: MakeCompany) -> None:
    company = make(charge(id="k1"), charge("7", "99999", id="k2"))
    company.run()
    company.dismiss("k2")

    found = status(company)

    assert [each.record.id for each in found.waiting] == ["k2"]
    assert rows(found, "not_in_the_books", "Record") == []
    assert rows(found, "dismissed", "Record", "Amount") == [("k2", 7)]
    assert found.table.rows[:2] == (("Not in the books", "0", ""), ("Dismissed", "1", "7.00 USD"))
    assert found.is_complete


def test_a_refused_record_whose_lines_cancel_out_is_open(make: MakeCompany) -> None:
    uncoded = record(RecordType.INVOICE_PAYMENT, debits=[("5000", [])], credits=[("5000", [])], record_id="i1")
    company = make(charge(id="k1"), uncoded)
    assert [each.record.id for each in company.run().refused] == ["i1"]
    snapshot = read_snapshot(company.export(Bridge(company.settings)), FEBRUARY)

    found, compared = close_status(snapshot), reconcile(snapshot)

    assert rows(found, "not_in_the_books", "Record", "Kind", "Amount") == [("i1", "not_exported", 5000)]
    assert not found.is_complete
    assert [(row.account, row.difference, part.kind, part.record_id) for row, part in compared.parts] == [
        ("", Decimal(0), DifferenceKind.NOT_EXPORTED, "i1")
    ]
    assert next(part.why for _, part in compared.parts).endswith("; nobody has coded its 5,000.00 USD")


def test_what_was_dismissed_taken_up_again_and_refused_is_not_exported(make: MakeCompany) -> None:
    company = accruing(make, charge("7", "99999", id="k2"))
    company.run()
    company.dismiss("k2")
    assert reasons(company.replay("k2", even_dismissed=True)) == {"k2": [ReasonCode.UNKNOWN_ACCOUNT]}
    snapshot = read_snapshot(company.export(), FEBRUARY)

    (open_,) = close_status(snapshot).waiting

    assert (open_.record.id, open_.cause) == ("k2", DifferenceKind.NOT_EXPORTED)
    assert open_.why == "it is coded to '99999', which is no account of Rillet"
    assert [each.record_id for each in accrue(snapshot).left_out] + [
        one.record_id for each in accrue(snapshot).accruals for one in each.records
    ] == ["k2"]


def test_receipts_are_missing_from_the_threshold_on(make: MakeCompany) -> None:
    company = make(
        charge("75", id="k1"), charge("74.99", id="k2"), charge("900", id="k3", receipts=RECEIPT), entry("500"),
        reimbursed("80"), bill("90"),
    )  # fmt: skip

    assert rows(status(company), "missing_receipts", "Record", "Amount") == [("b1", 90), ("k1", 75), ("r1", 80)]
    assert rows(status(company, receipts_from=Decimal(80)), "missing_receipts", "Record") == [("b1",), ("r1",)]


def _merchant(name: str, id: str, amount: str, **more: Any) -> Record:
    return card_expense(amount, coding=[gl("61000")], merchant=name, record_id=id, **more)


def test_possible_duplicates_of_each_sort(make: MakeCompany) -> None:
    company = make(
        bill("100", id="b1", source="s1", vendor="ACME", **on(1)),
        bill("120", id="b2", source="s2", vendor="Acme", **on(25)),
        _merchant("Hotel", "k1", "80", **on(3)),
        _merchant("HOTEL", "k2", "80", **on(5), user="Grace Hopper"),
        _merchant("Hotel", "k3", "80", **on(20)),
        _merchant("Cab", "k4", "33", **on(10)),
        reimbursed("33", id="r1", **on(12)),
        reimbursed("33", id="r2", **on(12), user="Grace Hopper"),
    )

    assert rows(status(company), "possible_duplicates", "First", "Second", "Why") == [
        ("b1", "b2", "the same vendor and invoice number INV-1"),
        ("k1", "k2", "the same merchant, amount and days"),
        ("k4", "r1", "paid by card and reimbursed: the same person and amount"),
    ]


def _settled(id: str, settled: datetime, counts: datetime, **more: Any) -> Record:
    return charge(id=id, posted_at=settled, erp_posting_date=counts, **more)


JANUARY, FEBRUARY_DAY, MARCH_DAY = (datetime(2026, month, 28, tzinfo=UTC) for month in (1, 2, 3))


def test_what_lies_across_the_end_of_the_month(make: MakeCompany) -> None:
    company = make(
        _settled("k1", FEBRUARY_DAY, MARCH_DAY),
        _settled("k2", JANUARY, FEBRUARY_DAY),
        _settled("k3", FEBRUARY_DAY, FEBRUARY_DAY),
        _settled("k4", MARCH_DAY, MARCH_DAY),
    )

    found = status(company)

    assert rows(found, "cut_off", "Record", "Bought", "Settled", "Counts on", "Why") == [
        ("k2", "not checked", date(2026, 1, 28), date(2026, 2, 28), "settled on 2026-01-28, and counts on 2026-02-28"),
        ("k1", "not checked", date(2026, 2, 28), date(2026, 3, 28), "settled on 2026-02-28, and counts on 2026-03-28"),
    ]
    assert not found.checked_purchases
    assert reconcile(found.snapshot).is_explained


def test_days_of_purchase_come_from_the_expenses_of_brex(make: MakeCompany) -> None:
    company = make(_settled("k4", MARCH_DAY, MARCH_DAY, source_id="e4"), _settled("k5", FEBRUARY_DAY, FEBRUARY_DAY))
    company.brex.expenses.by_id["e4"] = Expense(id="e4", updated_at=MARCH_DAY, purchased_at=FEBRUARY_DAY)

    bought = read_purchases(company.to_brex, FEBRUARY)

    assert rows(status(company, bought), "cut_off", "Record", "Bought", "Why") == [
        ("k4", date(2026, 2, 28), "bought on 2026-02-28, and counts on 2026-03-28")
    ]


def test_a_token_without_the_scope_or_a_function_that_fails_checks_nothing(make: MakeCompany) -> None:
    company = make(_settled("k4", MARCH_DAY, MARCH_DAY))

    def is_expenses(asked: Asked) -> bool:
        return asked.path == "/v1/expenses"

    def failing(record: Record) -> date | None:
        raise LookupError(record.id)

    company.brex.faults.append(
        Fault(Respond(Answer(status=403, headers={}, content=b"")), matches=is_expenses, times=9)
    )

    assert read_purchases(company.to_brex, FEBRUARY) is None
    assert rows(status(company, failing), "cut_off", "Record") == []


def test_the_sample_has_the_large_ones_and_some_of_each_sort(make: MakeCompany) -> None:
    cards = [charge(str(10 + number), id=f"k{number}") for number in range(20)]
    owed = [reimbursed(str(10 + number), id=f"r{number}") for number in range(4)]
    company = make(*cards, *owed, charge("9000", id="large"), bill("50"))
    snapshot = read_snapshot(company.export(), FEBRUARY)

    def drawn(size: int, seed: str = "x") -> list[str]:
        sampled = audit_sample(snapshot.records, size=size, seed=seed, above=Decimal(9000))
        return [each.record.record.id for each in sampled]

    assert "large" in drawn(0)
    assert len(drawn(0)) == 1
    assert {each[0] for each in drawn(3)} == {"l", "k", "r", "b"}
    ten = drawn(10)
    assert (len(ten), sum(each[0] == "k" for each in ten), sum(each[0] == "r" for each in ten)) == (11, 8, 1)
    assert ten == drawn(10)
    assert ten != drawn(10, "y")
    assert len(drawn(1000)) == 26


def test_large_lines_without_a_service_period_may_be_prepaids(make: MakeCompany) -> None:
    company = make(
        bill("12000", id="b1"),
        bill("6000", id="b2", source="bill2", invoice_number="INV-2"),
        bill("4999", id="b3", source="bill3", invoice_number="INV-3"),
        charge("7000", "99999", id="k1"),
        reimbursed("5000"),
    )
    company.run()
    period = Period(start=date(2026, 2, 1), end=date(2027, 1, 31))
    company.recode("b2", "61000", service_period=period)

    found = status(company)

    assert rows(found, "no_service_period", "Record", "Amount") == [("b1", 12000), ("r1", 5000)]
    assert rows(status(company, prepaids_from=Decimal(12000)), "no_service_period", "Record") == [("b1",)]


def test_the_sample_links_to_receipt_and_entry(make: MakeCompany) -> None:
    company = make(charge(receipts=RECEIPT), rillet_link="https://rillet.example/{kind}/{id}", receipts=False)
    company.run()

    assert rows(status(company), "audit_sample", "Record", "Receipts", "Entries") == [
        ("k1", "receipt1", f"https://rillet.example/charges/{company.ids['k1']}")
    ]


def test_records_without_lines_are_nobodys_concern(make: MakeCompany) -> None:
    zero = record(RecordType.CARD_PAYMENT, debits=[("0", [])], credits=[("0", [])], record_id="z")
    company = make(zero, charge(id="old", posted_at=FEBRUARY_DAY - timedelta(days=90), erp_posting_date=JANUARY))

    found = status(company)

    assert [found.waiting, found.duplicates, found.cut_off] == [(), (), ()]
    assert found.is_complete


def test_the_command_writes_a_file_for_each_part(
    make: MakeCompany, command: Callable[..., Any], tmp_path: Path
) -> None:
    company = make(charge("100"), charge("8", id="k2"))
    folder = tmp_path / "february"

    result = command(company, "close-status", "--period", "2026-02", "--csv", str(folder), "--receipts-from", "99.50")

    assert result.exit_code == 1, result.output
    assert "it waits for the next run" in result.stdout
    assert "not checked" not in result.stdout
    (missing,) = csv.DictReader((folder / "missing_receipts.csv").read_text(encoding="utf-8").splitlines())
    assert (missing["Record"], missing["Amount"], missing["Day"]) == ("k1", "100", "2026-02-03")
    shown = json.loads(command(company, "close-status", "--period", "2026-02", "--json").stdout)
    assert [each["record"] for each in shown["not_in_the_books"]] == ["k1", "k2"]
    assert not shown["complete"]


def test_the_command_shows_the_first_of_the_sample(make: MakeCompany, command: Callable[..., Any]) -> None:
    company = make(*(charge("8", id=f"k{number}") for number in range(8)))

    result = command(company, "close-status", "--period", "2026-02")

    assert "Audit sample: 8" in result.stdout
    assert "… and 3 more; --csv and --json have them all" in result.stdout


@pytest.mark.parametrize("text", ["much", "-1", "NaN"])
def test_an_amount_is_a_number(make: MakeCompany, command: Callable[..., Any], text: str) -> None:
    assert command(make(), "close-status", "--period", "2026-02", "--receipts-from", text).exit_code == 2


def test_it_opens_a_part_of_a_shared_journal(make: MakeCompany, command: Callable[..., Any], tmp_path: Path) -> None:
    company = make(charge("7", "99999", id="k2"))
    place = str(tmp_path / "shared.db")
    company.journal = SqlJournal(place, namespace="other", now=company.clock)
    company.dismiss("k2")
    company.journal.close()

    parts = {
        name: command(company, "close-status", "--period", "2026-02", "--journal", place, "--namespace", name, "--json")
        for name in ("other", "mine")
    }

    assert {name: json.loads(each.stdout)["complete"] for name, each in parts.items()} == {"other": True, "mine": False}


def test_what_a_person_decided_since_the_last_run_is_told(make: MakeCompany) -> None:
    company = make(charge("600", **on(3)), charge("20", id="k2", **on(4)))
    company.settings = attrs.evolve(company.settings, approvals=(ApprovalRule(above=Decimal(500)),))
    company.export().hold("k2", by="grace@example.com", why="is this ours?")
    company.run()
    held = "it waits for an approval: it is above 500 USD"
    by_hand = "it waits for an approval: grace@example.com holds it: is this ours?"
    assert rows(status(company), "not_in_the_books", "Record", "Why") == [("k1", held), ("k2", by_hand)]

    company.export().approve("k1", by="grace@example.com")
    company.export().approve("k2", by="alan@example.com")

    told = [
        ("k1", "grace@example.com approved it; the next export posts it"),
        ("k2", "alan@example.com approved it; the next export posts it"),
    ]
    assert rows(status(company), "not_in_the_books", "Record", "Why") == told
    found = reconcile(read_snapshot(company.export(), FEBRUARY))
    assert {(part.record_id, part.why) for _, part in found.parts} == set(told)

    company.clock.advance(60)
    company.export().hold("k1", by="grace@example.com", why="wait")
    company.change(charge("25", id="k2", **on(4)))

    assert rows(status(company), "not_in_the_books", "Record", "Why") == [
        ("k1", "it waits for an approval: grace@example.com holds it: wait"),
        ("k2", "it waits for the next run"),
    ]
