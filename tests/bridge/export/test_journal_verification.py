"""What verify sees beyond charges: bills that Brex finds by no state, payments without a reference, summaries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from brex_accounting import Exported, ExportSuccess, Record, RecordType
from brex_accounting.testing.records import gl, record
from bridge import Bridge, Post, Settings, summarise
from bridge.export import Export, RilletLedger, load_books, verify
from bridge.export.engine.attempts import summary_subject
from bridge.export.engine.calls import drive
from bridge.export.engine.sender import Intent, Sender
from bridge.export.journal.sql import SqlJournal
from support.companies.exported import REFERENCE_TYPE, SETTINGS, US, Company, expense

NOW = datetime(2026, 2, 1, tzinfo=UTC)
WHOLE = attrs.evolve(SETTINGS, entities=(attrs.evolve(US, bank_account="11100", accounts_payable_account="21100"),))
SUMMARISING = attrs.evolve(WHOLE, summarise=("CARD_EXPENSE_POST",))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqlJournal]:
    with SqlJournal(str(tmp_path / "journal.db"), now=lambda: NOW) as opened:
        yield opened


def export(company: Company, journal: SqlJournal, settings: Settings = WHOLE) -> Export:
    return Export(company.brex.client(sleep=lambda _: None), company.rillet.client(), Bridge(settings), journal=journal)


def disagreements(company: Company, journal: SqlJournal, *, by_reference: bool = True) -> dict[str, str]:
    kind = REFERENCE_TYPE if by_reference else None
    found = verify(company.brex.client(), company.rillet.client(), journal, kind)
    return {each.record_id: each.text for each in found}


def bill(record_id: str = "accr_bill") -> Record:
    return record(
        RecordType.BILL_EXPENSE,
        debits=[("10", [gl("62000")])],
        credits=[("10", ())],
        vendor="Cumulus Cloud",
        record_id=record_id,
        source_id=f"expense_{record_id}",
    )


def payment() -> Record:
    lines = [("10", ())]
    return record(
        RecordType.BILL_EXPENSE_PAYMENT,
        debits=lines,
        credits=lines,
        record_id="accr_paid",
        source_id="expense_accr_bill",
    )


def report(company: Company, record_id: str) -> None:
    """Tell Brex by hand that a record is exported."""
    done = Exported(accounting_record_id=record_id, success=ExportSuccess(reference_id="by hand"))
    company.brex.client().export_results.report([done])


def posted_summary(company: Company, journal: SqlJournal, *records: Record) -> str:
    """The id of the journal entry of a summary that is posted, and reported to Brex."""
    books, bridge = load_books(company.rillet.client()), Bridge(SUMMARISING)
    outcomes = [bridge.outcome(each, books) for each in records]
    (summary,) = summarise((each for each in outcomes if isinstance(each, Post)), books)
    intent = Intent(
        subject=summary_subject(summary.digest),
        version=0,
        kind="journal-entries",
        request=summary.document.create(),
        members=summary.members,
    )
    attempt = drive(Sender(RilletLedger(company.rillet.client(), "brex"), journal).send(intent))
    company.brex.add(*records)
    for each in records:
        report(company, each.id)
    journal.reported(each.id for each in records)
    return attempt.object_id or ""


def test_an_exported_bill_that_the_journal_does_not_know_is_seen(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1))
    export(company, journal).run()
    company.brex.add(bill("accr_other"))
    report(company, "accr_other")

    assert disagreements(company, journal) == {"accr_other": "Brex has it as exported; Rillet has nothing for it"}


@pytest.mark.parametrize("by_reference", [True, False])
def test_a_payment_is_looked_for_on_its_bill(company: Company, journal: SqlJournal, *, by_reference: bool) -> None:
    company.brex.add(bill(), payment())
    assert export(company, journal).run().complete
    assert disagreements(company, journal, by_reference=by_reference) == {}
    client, (posted,) = company.rillet.client(), company.rillet.bills
    (paid,) = client.bills.list_payments(posted.id)

    client.bills.delete_payment(posted.id, paid.id)
    found = disagreements(company, journal, by_reference=by_reference)
    assert found.keys() == {"accr_paid"}
    assert found["accr_paid"] == f"it was posted as bills/{posted.id}/payments {paid.id}; Rillet no longer has it"

    client.bills.delete(posted.id)
    assert disagreements(company, journal, by_reference=by_reference).keys() == {"accr_bill", "accr_paid"}


@pytest.mark.parametrize("by_reference", [True, False])
def test_a_summary_is_looked_for_once_for_all_its_members(
    company: Company, journal: SqlJournal, *, by_reference: bool
) -> None:
    records = [expense(number) for number in range(1, 4)]
    entry_id = posted_summary(company, journal, *records)
    path = f"/journal-entries/{entry_id}"

    # The listing shows it with all the others.
    asked = len(company.rillet.asked)
    assert disagreements(company, journal, by_reference=by_reference) == {}
    assert [each.path for each in company.rillet.asked[asked:]].count(path) == 0

    company.rillet.client().journal_entries.delete(entry_id)
    asked = len(company.rillet.asked)
    found = disagreements(company, journal, by_reference=by_reference)
    assert [each.path for each in company.rillet.asked[asked:]].count(path) == 1
    gone = f"it was posted as journal-entries {entry_id}; Rillet no longer has it"
    assert found == {each.id: gone for each in records}


def test_a_member_that_is_also_posted_alone_is_double(company: Company, journal: SqlJournal, tmp_path: Path) -> None:
    records = [expense(number) for number in range(1, 4)]
    posted_summary(company, journal, *records)
    company.brex.add(expense(2))
    with SqlJournal(str(tmp_path / "other.db"), now=lambda: NOW) as other:
        assert export(company, other).run().complete

    found = disagreements(company, journal)

    assert found.keys() == {"accr_002"}
    assert "Rillet has it 2 times" in found["accr_002"]
