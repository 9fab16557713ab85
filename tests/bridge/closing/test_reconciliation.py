"""The reconciliation of a month: the right value for each kind of difference, and how it is shown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from rich.console import Console

from brex_accounting import LineItem, Record, ReviewStatus
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, ChosenAccount
from bridge.closing import DifferenceKind, Period, Reconciliation, accrue, month, reconcile
from bridge.export import NoJournal, zone_of
from bridge.export.closing import read_snapshot
from clientkit import Answer
from clientkit.money import total
from clientkit.testing import Asked, Fault, Respond
from rillet import JournalEntryUpdate, Money, NewJournalEntry, NewJournalEntryItem
from rillet import Side as RilletSide
from support.companies.changing import EXPORTED, Company, MakeCompany
from support.companies.changing_records import charge, entry

FEBRUARY, MARCH = month("2026-02"), month("2026-03")
_K = DifferenceKind
#: Account, kind, amount and record.
Shown = list[tuple[str, str, str, str | None]]


def reconciled(company: Company, period: Period = FEBRUARY, bridge: Bridge | None = None) -> Reconciliation:
    return reconcile(read_snapshot(company.export(bridge), period))


def parts(found: Reconciliation) -> Shown:
    return [(row.account, part.kind.value, f"{part.amount.normalize():f}", part.record_id) for row, part in found.parts]


def test_a_month_that_agrees_has_no_difference(make: MakeCompany) -> None:
    company = make(charge(), entry("40"))
    assert company.run().complete

    found = reconciled(company)

    assert [(row.account, row.name, row.brex, row.rillet) for row in found.rows] == [
        ("11100", "Operating Account", Decimal(-40), Decimal(-40)),
        ("21120", "Brex Card", Decimal(-60), Decimal(-60)),
        ("61000", "Software", Decimal(100), Decimal(100)),
    ]
    assert parts(found) == []
    assert found.is_explained
    assert found.table.title == "Reconciliation 2026-02: no difference"
    later = reconcile(read_snapshot(company.export(), month("2027-03")))
    assert later.rows == ()
    assert later.table.title == "Reconciliation 2027-03: neither side has anything"


def test_the_rules_of_a_program_count_in_the_comparison_too(make: MakeCompany) -> None:
    company = make(charge())

    def travel(record: Record, line: LineItem) -> ChosenAccount:
        return ChosenAccount("62000", f"{record.id} {line.id} is travel")

    bridge = Bridge(company.settings, choose_account=travel)
    assert company.export(bridge).run().complete

    found = reconciled(company, bridge=bridge)

    assert [(row.account, row.brex, row.rillet) for row in found.rows] == [
        ("21120", Decimal(-100), Decimal(-100)),
        ("62000", Decimal(100), Decimal(100)),
    ]
    assert parts(found) == []


def test_what_lies_in_another_month_is_named_in_both(make: MakeCompany) -> None:
    company = make(charge(), closed_period="first_open_day")
    company.close_books(date(2026, 2, 28))
    assert company.run().complete

    assert parts(reconciled(company)) == [
        ("21120", "other_period", "-100", "k1"),
        ("61000", "other_period", "100", "k1"),
    ]
    assert parts(reconciled(company, MARCH)) == [
        ("21120", "other_period", "100", "k1"),
        ("61000", "other_period", "-100", "k1"),
    ]


def test_a_correction_in_the_next_month_is_named_in_both(make: MakeCompany) -> None:
    company = make(charge())
    company.run()
    company.close_books(date(2026, 2, 28))
    company.change(charge("120"))
    company.set(on_change="correct", closed_period="first_open_day")
    assert company.run().complete

    assert parts(reconciled(company)) == [("21120", "other_period", "-20", "k1"), ("61000", "other_period", "20", "k1")]
    assert parts(reconciled(company, MARCH)) == [
        ("21120", "other_period", "20", "k1"),
        ("61000", "other_period", "-20", "k1"),
    ]


@pytest.mark.parametrize("journal", [True, False])
def test_a_deleted_document_of_which_a_correction_is_left_is_named_as_deleted(
    make: MakeCompany, *, journal: bool
) -> None:
    company = make(charge(), journal=journal, on_change="correct")
    company.run()
    posted = company.ids["k1"]
    company.change(charge("120"))
    assert company.run().complete
    company.ids["k1"] = posted
    company.delete("k1")

    assert parts(reconciled(company)) == [
        ("21120", "deleted_in_rillet", "-100", "k1"),
        ("61000", "deleted_in_rillet", "100", "k1"),
    ]


def test_a_summary_that_a_person_changed_is_named_by_its_entry(make: MakeCompany) -> None:
    company = make(charge("5"), charge("6", id="k2"), summarise=("CARD_EXPENSE_POST",))
    assert company.run().complete
    company.edit_entry(company.ids["k1"], account="62000")

    found = reconciled(company)

    assert parts(found) == [("21120", "changed_in_rillet", "-11", None), ("62000", "changed_in_rillet", "11", None)]
    assert {part.object for _, part in found.parts} == {f"journal-entries {company.ids['k1']}"}


def test_a_summary_that_was_deleted_is_named_by_its_records(make: MakeCompany) -> None:
    company = make(charge("5"), charge("6", id="k2"), summarise=("CARD_EXPENSE_POST",))
    company.run()
    company.delete("k1")

    assert {(each[1], each[3]) for each in parts(reconciled(company))} == {
        ("deleted_in_rillet", "k1"),
        ("deleted_in_rillet", "k2"),
    }


def test_what_no_journal_knows_of_may_have_been_dismissed(make: MakeCompany) -> None:
    company = make(charge())
    company.dismiss("k1")
    company.journal = NoJournal()

    found = reconciled(company)

    assert {(part.record_id, part.kind.value) for _, part in found.parts} == {("k1", "deleted_in_rillet")}
    (why,) = {part.why for _, part in found.parts}
    assert "it was deleted, was dismissed, or was never posted" in why
    assert accrue(read_snapshot(company.export(), FEBRUARY)).accruals == ()


def test_what_was_dismissed_stands_beside_the_entry_that_a_person_made(make: MakeCompany) -> None:
    company = make(charge())
    company.dismiss("k1")
    lines = (("61000", RilletSide.DEBIT), ("21120", RilletSide.CREDIT))
    items = [
        NewJournalEntryItem(account_code=code, side=side, amount=Money(Decimal(100), "USD")) for code, side in lines
    ]
    by_hand = NewJournalEntry(name="JE-12", currency="USD", date=date(2026, 2, 3), items=items)
    company.to_rillet.journal_entries.create(by_hand)

    found = reconciled(company)

    assert [row.difference for row in found.rows] == [0, 0]
    assert parts(found)[2:] == [
        ("61000", "dismissed", "100", "k1"),
        ("61000", "only_in_rillet", "-100", None),
    ]
    by = f"dismissed by {company.journal.who} on 2026-03-02: booked by hand as JE-12"
    assert {part.why for _, part in found.parts} == {by, "JE-12"}


def test_a_charge_in_euros_agrees_at_the_rate_of_its_day(make: MakeCompany) -> None:
    thirds = [(each, [gl("61000")]) for each in ("3.33", "3.33", "3.34")]
    company = make(card_expense("10", "EUR", splits=thirds, record_id="k1"))
    bridge = Bridge(company.settings, rates=lambda base, target, day: Decimal("1.0856"))
    assert company.export(bridge).run().complete

    found = reconciled(company, bridge=bridge)

    assert [(row.account, row.currency, row.brex, row.rillet) for row in found.rows] == [
        ("21120", "USD", Decimal("-10.86"), Decimal("-10.86")),
        ("61000", "USD", Decimal("10.86"), Decimal("10.86")),
    ]
    assert parts(found) == []
    # Where nobody tells a rate now, that of the charge counts.
    assert parts(reconciled(company)) == []


def test_a_euro_that_nobody_can_convert_stays_in_its_currency(make: MakeCompany) -> None:
    company = make(charge("10", currency="EUR"))

    found = reconciled(company)

    assert [(row.currency, row.brex) for row in found.rows] == [("EUR", Decimal(-10)), ("EUR", Decimal(10))]
    assert {part.kind for _, part in found.parts} == {_K.NOT_EXPORTED}


def test_what_only_the_trial_balance_has_is_unexplained_where_brex_knows_the_account(make: MakeCompany) -> None:
    company = make(charge())
    company.run()
    ledger = company.rillet.ledger
    accounts = {each.code: each for each in company.rillet.accounts}
    strangers = [
        attrs.evolve(each, account_code=code, account_id=accounts[code].id, document_id="an invoice")
        for each, code in zip(ledger.postings, ("61000", "41000"), strict=True)
    ]
    ledger.post("an invoice", strangers)

    found = reconciled(company)

    assert parts(found) == [("41000", "other_documents", "100", None), ("61000", "unexplained", "-100", None)]
    assert not found.is_explained
    assert [row.unexplained for row in found.rows] == [0, 0, -100]
    assert found.table.title == "Reconciliation 2026-02: a difference is unexplained"


def test_entries_that_mirror_documents_are_counted_once(make: MakeCompany) -> None:
    """Whether Rillet reports the entries of charges, too, is not documented."""
    company = make(charge())
    company.run()
    subsidiary = company.rillet.subsidiaries[0].id

    def line(code: str, side: str) -> dict[str, object]:
        amount = {"amount": "100", "currency": "USD"}
        return {
            "id": f"{code} line",
            "local_amount": amount,
            "reporting_amount": amount,
            "account_code": code,
            "side": side,
        }

    mirror = {"id": "e1", "name": "Charge", "subsidiary_id": subsidiary, "date": "2026-02-03"}
    entries = [{**mirror, "items": [line("61000", "DEBIT"), line("21120", "CREDIT")]}]
    content = json.dumps({"journal_entries": entries, "pagination": {}}).encode()
    answer = Answer(status=200, headers={"content-type": "application/json"}, content=content)

    def is_report(asked: Asked) -> bool:
        return asked.path == "/reports/journal-entries"

    company.rillet.faults.append(Fault(Respond(answer), matches=is_report, times=9))

    assert parts(reconciled(company)) == []


def test_a_record_that_cannot_be_read_leaves_the_month_open(make: MakeCompany) -> None:
    company = make(charge())
    company.run()
    content = json.dumps({"items": [{"id": "k2"}], "has_next_page": False, "next_cursor": None}).encode()
    answer = Answer(status=200, headers={"content-type": "application/json"}, content=content)
    company.brex.faults.append(Fault(Respond(answer), matches=lambda asked: asked.path == "/v3/accounting/records"))

    found = reconciled(company)

    assert [each.record_id for each in found.unread] == ["k2"]
    assert not found.is_explained
    assert found.table.title == "Reconciliation 2026-02: 1 record cannot be read"


def test_the_csv_has_a_line_for_each_difference_and_no_formulas(make: MakeCompany) -> None:
    company = make(charge())
    company.run()
    company.change(charge("120"), EXPORTED)
    found = reconciled(company)
    cells = list(csv.DictReader(io.StringIO(found.to_csv())))

    assert [(each["account"], each["difference"], each["kind"], each["amount"], each["record"]) for each in cells] == [
        ("21120", "-20", "changed_in_brex", "-20", "k1"),
        ("61000", "20", "changed_in_brex", "20", "k1"),
    ]
    row = attrs.evolve(found.rows[0], name="=HYPERLINK(1)")
    shown = next(csv.DictReader(io.StringIO(attrs.evolve(found, rows=(row,)).to_csv())))
    assert (shown["name"], shown["brex"]) == ("'=HYPERLINK(1)", "-120")


def test_a_column_of_the_csv_adds_up_where_an_account_has_several_differences(make: MakeCompany) -> None:
    company = make(charge("100", id="k1"), charge("20.50", id="k2"))
    found = reconciled(company)
    cells = list(csv.DictReader(io.StringIO(found.to_csv())))

    card = [each for each in cells if each["account"] == "21120"]
    assert [(each["brex"], each["rillet"], each["difference"], each["amount"]) for each in card] == [
        ("-120.50", "0", "-120.50", "-100"),
        ("", "", "", "-20.50"),
    ]
    for row in found.rows:
        told = [each for each in cells if each["account"] == row.account]
        assert total(Decimal(each["difference"] or 0) for each in told) == row.difference
        assert total(Decimal(each["amount"]) for each in told) == row.difference


def test_it_is_flat_rows_with_amounts_as_they_are(make: MakeCompany) -> None:
    company = make(charge("100", id="k1"), charge("20.50", id="k2"))
    found = reconciled(company)

    accounts = {str(each["account"]): each for each in found.flat_rows()}
    assert accounts["21120"] == {
        "subsidiary": "Example Inc.",
        "account": "21120",
        "name": "Brex Card",
        "currency": "USD",
        "brex": Decimal("-120.50"),
        "rillet": Decimal(0),
        "difference": Decimal("-120.50"),
        "unexplained": Decimal(0),
    }
    differences = found.reports["differences"].flat_rows()
    assert {(each["account"], each["record"], each["amount"]) for each in differences} >= {
        ("21120", "k1", Decimal(-100)),
        ("21120", "k2", Decimal("-20.50")),
    }
    assert {tuple(each) for each in differences} == {
        ("subsidiary", "account", "name", "currency", "what", "amount", "record", "rillet", "why")
    }


def test_it_adds_up_what_brex_offered_beside_the_books(make: MakeCompany) -> None:
    company = make(
        charge("100"),
        charge("11", id="k2"),
        charge("7", "99999", id="k3"),
        charge("5", "99999", id="k4"),
        charge("3", id="k5", review_status=ReviewStatus.REVIEW),
    )
    company.run()
    company.dismiss("k4")
    company.delete("k2")

    found = reconciled(company)

    assert found.totals.title == "Totals of 2026-02"
    assert found.totals.headings == ("Records of the month", "Records", "USD")
    assert found.totals.rows == (
        ("in Rillet", "1", "100.00"),
        ("refused", "1", "7.00"),
        ("dismissed", "1", "5.00"),
        ("not ready in Brex, or waiting for the next run", "1", "3.00"),
        ("deleted in Rillet", "1", "11.00"),
        ("all records", "5", "126.00"),
        ("difference between Brex and Rillet, debits", "", "26.00"),
        ("unexplained", "", "0.00"),
    )
    shown = json.loads(json.dumps(found.as_json()))
    assert shown["unexplained"] == {"USD": "0"}
    assert shown["records"]["dismissed"] == {"records": 1, "amounts": {"USD": "5"}}


def test_what_waits_for_an_approval_is_told_from_what_is_refused(make: MakeCompany) -> None:
    company = make(charge("100"))
    company.export().hold("k1", by="grace", why="is this ours?")

    assert company.run().held
    assert reconciled(company).totals.rows[0] == ("held for an approval", "1", "100.00")


def test_a_notebook_shows_it(make: MakeCompany) -> None:
    company = make(charge())

    shown = reconciled(company)

    assert "<caption>Reconciliation 2026-02: differences on 2 accounts, all explained</caption>" in shown._repr_html_()
    console = Console(width=300, record=True)
    console.print(shown.differences)
    assert "it waits for the next run" in console.export_text()


@pytest.mark.parametrize("text", ["2026", "2026-13", "02-2026", "february"])
def test_a_period_is_a_month(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        month(text)


def test_periods_are_months_or_spans_of_days() -> None:
    assert str(FEBRUARY) == "2026-02"
    assert FEBRUARY.next_day == date(2026, 3, 1)
    assert str(attrs.evolve(FEBRUARY, last=date(2026, 2, 20))) == "2026-02-01 to 2026-02-20"


def test_the_command_tells_the_differences(make: MakeCompany, command: Callable[..., Any], tmp_path: Path) -> None:
    company = make(charge())
    file = tmp_path / "february.csv"

    result = command(company, "reconcile", "--period", "2026-02", "--csv", str(file))

    assert result.exit_code == 0, result.output
    assert "it waits for the next run" in result.stdout
    assert file.read_text().count("not_exported") == 2

    shown = json.loads(command(company, "reconcile", "--period", "2026-02", "--json").stdout)
    assert shown["explained"]
    assert [(each["account"], each["difference"]) for each in shown["accounts"]] == [
        ("21120", "-100"),
        ("61000", "100"),
    ]


def test_the_command_ends_with_1_where_something_is_unexplained(make: MakeCompany, command: Callable[..., Any]) -> None:
    company = make(charge())
    company.run()
    (debit, credit) = company.rillet.ledger.postings
    company.rillet.ledger.post(
        "a person", [attrs.evolve(debit, document_id="x"), attrs.evolve(credit, document_id="x")]
    )

    result = command(company, "reconcile", "--period", "2026-02")

    assert result.exit_code == 1
    assert "unexplained" in result.stdout
    assert command(company, "reconcile", "--period", "2026").exit_code == 2


def test_a_day_is_that_of_the_settings_time_zone(make: MakeCompany) -> None:
    late = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)
    company = make(charge(erp_posting_date=late), time_zone="Europe/Berlin")
    company.export(_in_berlin(company)).run()

    assert [row.brex for row in reconciled(company, MARCH, _in_berlin(company)).rows] == [-100, 100]
    assert reconciled(company, FEBRUARY, _in_berlin(company)).rows == ()


def _in_berlin(company: Company) -> Bridge:
    return Bridge(company.settings, zones=zone_of)


def test_an_entry_that_a_person_renamed_is_still_that_of_its_record(make: MakeCompany) -> None:
    company = make(entry("40"))
    company.run()
    found = company.to_rillet.journal_entries.get(company.ids["e1"])
    items = [NewJournalEntryItem(account_code=i.account_code, side=i.side, amount=i.amount) for i in found.items]
    update = JournalEntryUpdate(name="reviewed", currency="USD", date=found.date, items=items)
    company.to_rillet.journal_entries.update(found.id, update)

    # Renamed, so that only the journal tells for which record it was made.
    assert parts(reconciled(company)) == []
