"""What travels with a record: receipts, the person who spent, links back, service periods; and what a replay brings back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from brex_accounting import Record, RecordType
from brex_accounting.testing.records import card_expense, dimension, gl, record, reimbursement
from bridge import CardHolder, ClosedPeriod, Intercompany, SettingsError, When, read_settings
from rillet import Period
from support.companies.whole import US, WholeCompany, bill, in_dollars, moved, paid

LINK = "https://brex.example.com/{id}"


def with_receipt(company: WholeCompany, record: Record) -> None:
    receipt = company.brex_side.receipt_files.add(f"receipt of {record.id}", b"%PDF-1.4 x")
    company.brex_side.add(attrs.evolve(record, receipts=(receipt,)))


@pytest.mark.parametrize(
    ("record", "settings"),
    [
        (reimbursement("20", coding=[gl("63000")], record_id="accr_1"), {}),
        (moved("CARD_PAYMENT", "20", record_id="accr_1"), {}),
        (moved("CARD_PAYMENT", "20", record_id="accr_1"), {"summarise": ("CARD_PAYMENT",)}),
        (moved("BILL_EXPENSE", "20", credit=[gl("63000")], record_id="accr_1", vendor="Acme"), {}),
    ],
)
def test_a_receipt_that_rillet_does_not_take_is_listed_with_a_link(
    record: Record, settings: dict[str, Any], tmp_path: Path
) -> None:
    company = WholeCompany(place=tmp_path, record_link=LINK, **settings)
    with_receipt(company, record)
    outcome = company.run()
    assert outcome.complete
    (listed,) = outcome.unattached
    assert (listed.record_id, listed.receipt_id) == ("accr_1", "receipt of accr_1")
    assert (listed.code, listed.link) == ("not_taken", "https://brex.example.com/accr_1")
    assert company.rillet_side.attachments == ()


def test_a_correction_lists_no_receipts_that_are_attached(tmp_path: Path) -> None:
    company = WholeCompany(place=tmp_path, closed_period=ClosedPeriod.FIRST_OPEN_DAY)
    with_receipt(company, bill())
    assert company.run().unattached == ()
    company.rillet_side.close_books(date(2026, 2, 28))
    changed = attrs.evolve(company.brex_side.records["accr_b1"], line_items=bill("120").line_items)
    company.offer(attrs.evolve(changed, amount=bill("120").amount, version=9))
    outcome = company.run()
    assert [each.step for each in outcome.posted] == ["correcting entry"]
    assert outcome.unattached == ()
    assert len(company.rillet_side.attachments) == 1


def test_a_change_after_the_close_is_corrected_on_the_first_open_day(tmp_path: Path) -> None:
    company = WholeCompany(bill(), place=tmp_path, closed_period=ClosedPeriod.FIRST_OPEN_DAY)
    company.posted()
    company.rillet_side.close_books(date(2026, 2, 28))
    company.offer(bill("120", version=9))
    assert company.posted() == {"accr_b1": "journal-entries"}
    assert company.balances() == in_dollars(_21100="-120", _61000="120")
    (entry,) = company.rillet_side.journal_entries
    assert entry.date == date(2026, 3, 1)
    assert company.disagreements() == []


def test_opening_payables_are_cleared_up_to_a_day(tmp_path: Path) -> None:
    begun = attrs.evolve(US, since=date(2026, 3, 1))
    late = paid("100", posted_at=datetime(2026, 3, 5, tzinfo=UTC))
    assert WholeCompany(bill(), late, entities=[begun]).refused() == {"accr_p1": ["bill_not_found"]}
    clearing = attrs.evolve(begun, opening_payables_until=date(2026, 3, 31))
    company = WholeCompany(bill(), late, entities=[clearing], place=tmp_path)
    assert company.posted() == {"accr_p1": "journal-entries"}
    assert company.balances() == in_dollars(_11100="-100", _21100="100")
    assert company.disagreements() == []
    later = paid("100", "accr_p2", posted_at=datetime(2026, 4, 1, tzinfo=UTC))
    company.offer(later)
    assert company.refused() == {"accr_p2": ["bill_not_found"]}


@pytest.mark.parametrize(
    ("told", "text"),
    [(CardHolder.NONE, "Lunch"), (CardHolder.NAME, "Lunch (Grace Hopper)"), (CardHolder.ID, "Lunch ({id})")],
)
def test_the_card_holder_is_on_what_is_posted_as_the_settings_say(told: CardHolder, text: str) -> None:
    spent = card_expense("20", coding=[gl("63000")], record_id="accr_1", user="Grace Hopper", memo="Lunch")
    assert spent.user is not None
    company = WholeCompany(spent, card_holder=told)
    company.posted()
    assert company.rillet_side.charges[0].items[0].description == text.replace("{id}", spent.user.id)


@pytest.mark.parametrize("memo", ["  ", "", None])
def test_blank_text_is_no_text(memo: str | None) -> None:
    company = WholeCompany(card_expense("20", coding=[gl("63000")], memo=memo, merchant="Corner Bakery"))
    company.posted()
    assert company.rillet_side.charges[0].items[0].description == "Corner Bakery"


def test_a_journal_entry_and_a_vendor_credit_link_back() -> None:
    records = (
        moved("CARD_PAYMENT", "20", record_id="accr_1"),
        moved("BILL_EXPENSE", "20", credit=[gl("63000")], record_id="accr_2", vendor="Acme"),
    )
    company = WholeCompany(*records, record_link=LINK)
    company.posted()
    assert company.rillet_side.journal_entries[0].attachment_url == "https://brex.example.com/accr_1"
    memo = company.rillet_side.vendor_credits[0].memo or ""
    assert memo.endswith(" https://brex.example.com/accr_2")
    assert memo.startswith("Brex accr_2: Vendor credit (v2 ")


YEAR = Period(start=date(2026, 10, 1), end=date(2027, 9, 30))


@pytest.mark.parametrize(
    "amortized",
    [
        {"start_date": "2026-10-01", "end_date": "2027-09-30"},
        {"startDate": "2026-10-01T00:00:00Z", "endDate": "2027-09-30T00:00:00Z", "method": "straight line"},
        {"service_start": "2026-10", "service_end": "2027-09"},
    ],
)
def test_amortization_at_brex_is_the_service_period_in_rillet(amortized: dict[str, str]) -> None:
    first, *rest = bill().line_items
    lines = (attrs.evolve(first, extra={"amortization": amortized}), *rest)
    company = WholeCompany(attrs.evolve(bill(), line_items=lines))
    company.posted()
    assert company.rillet_side.bills[0].items[0].service_period == YEAR


@pytest.mark.parametrize(
    ("untold", "listed"),
    [
        (None, []),
        ({}, []),
        ({"months": 12}, ["amortization"]),
        ({"start": "soon", "end": "late"}, ["amortization"]),
        ({"start": "2026-10-01", "end": "2026-09-30"}, ["amortization"]),
        ("monthly", ["amortization"]),
    ],
)
def test_what_cannot_be_read_as_amortization_is_no_service_period_and_is_listed(
    untold: object, listed: list[str]
) -> None:
    first, *rest = bill().line_items
    lines = (attrs.evolve(first, extra={"amortization": untold}), *rest)
    company = WholeCompany(attrs.evolve(bill(), line_items=lines))
    warned = [f"values that are not carried over: {each} (1 record)" for each in listed]
    assert list(company.export().plan().warnings) == warned
    assert [each.text for each in company.run().warnings] == warned
    assert company.rillet_side.bills[0].items[0].service_period is None


@pytest.mark.parametrize(("is_debtors", "listed"), [(False, []), (True, ["amortization"])])
def test_amortization_of_a_debtors_line_is_listed(is_debtors: bool, listed: list[str]) -> None:
    germany = attrs.evolve(US, name="Germany", subsidiary="Example GmbH", when=When(field="LEGAL_ENTITY", value="DE"))
    owed = Intercompany(payer="US", debtor="Germany", due_from="12500", due_to="11900")
    of_two = record(
        RecordType.CARD_EXPENSE_POST,
        debits=[("60", [gl("61000")]), ("40", [gl("61000"), dimension("LEGAL_ENTITY", "DE")])],
        credits=[("100", ())],
        vendor="Acme",
    )
    amortized = {"amortization": {"start": "2026-10-01", "end": "2027-09-30"}}
    lines = list(of_two.line_items)
    lines[is_debtors] = attrs.evolve(lines[is_debtors], extra=amortized)
    company = WholeCompany(
        attrs.evolve(of_two, line_items=tuple(lines)),
        subsidiaries=("Example Inc.", "Example GmbH"),
        entities=(US, germany),
        intercompany=(owed,),
    )
    outcome = company.run()
    assert outcome.complete, outcome
    assert [each.text for each in outcome.warnings if each.code == "not_carried"] == [
        f"values that are not carried over: {each} (1 record)" for each in listed
    ]
    periods = [each.service_period for each in company.rillet_side.charges[0].items]
    assert periods == ([None, None] if is_debtors else [YEAR, None])


def of_service(*values: tuple[str, str]) -> Record:
    coding = [gl("61000"), *(dimension(field, value) for field, value in values)]
    return card_expense("1200", coding=coding, record_id="accr_1", merchant="Acme")


def test_two_fields_tell_the_service_period() -> None:
    company = WholeCompany(
        of_service(("Start", "2026-10-01"), ("End", "2027-09")), service_period_fields=("Start", "End")
    )
    company.posted()
    assert company.rillet_side.charges[0].items[0].service_period == YEAR


@pytest.mark.parametrize(
    "values",
    [
        [("Start", "2026-10-01")],
        [("Start", "2026-10-01"), ("End", "next year")],
        [("Start", "2026-10-01"), ("End", "2026-09-30")],
        [("Start", "2026-13-01"), ("End", "2026-09-30")],
    ],
)
def test_a_service_period_that_is_none_is_refused(values: list[tuple[str, str]]) -> None:
    company = WholeCompany(of_service(*values), service_period_fields=("Start", "End"))
    assert company.refused() == {"accr_1": ["service_period"]}


def test_a_service_period_needs_two_fields() -> None:
    text = """
    service_period_fields = ["Start"]
    [[entities]]
    name = "US"
    subsidiary = "Example Inc."
    card_account = "21120"
    reimbursement_account = "21340"
    """
    with pytest.raises(SettingsError, match="that of the first day and that of the last"):
        read_settings(text)


def test_a_changed_amortization_is_a_change_of_the_record(tmp_path: Path) -> None:
    company = WholeCompany(bill(), place=tmp_path)
    company.posted()
    first, *rest = bill().line_items
    told = {"amortization": {"start": "2026-10-01", "end": "2027-09-30"}}
    company.offer(attrs.evolve(bill(version=9), line_items=(attrs.evolve(first, extra=told), *rest)))
    assert company.run().complete


@pytest.mark.parametrize("which", ["accr_1", "accr_3"])
def test_one_replay_brings_a_deleted_summary_back(which: str, tmp_path: Path) -> None:
    records = [moved("CARD_PAYMENT", amount, record_id=f"accr_{amount}") for amount in ("1", "2", "3")]
    company = WholeCompany(*records, place=tmp_path, summarise=("CARD_PAYMENT",))
    company.posted()
    (entry,) = company.rillet_side.journal_entries
    company.rillet.journal_entries.delete(entry.id)
    assert {each.record_id for each in company.disagreements()} == {"accr_1", "accr_2", "accr_3"}
    outcome = company.export().replay(which)
    assert outcome.complete, outcome
    assert sorted(each.record.id for each in outcome.posted) == ["accr_1", "accr_2", "accr_3"]
    (again,) = company.rillet_side.journal_entries
    assert again.name.endswith("2026-02-03 Example Inc. USD, 3 records")
    assert company.balances() == in_dollars(_11100="-6", _21120="6")
    assert company.disagreements() == []
    assert not company.run().posted
