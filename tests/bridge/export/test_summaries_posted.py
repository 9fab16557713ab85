"""Summarised posting between the stand-ins: each record is in one entry, whatever happens, and is told to Brex."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from typer.testing import CliRunner
from typing_extensions import override

import brex_accounting
from brex_accounting import Record, RecordType
from brex_accounting.testing.records import record
from bridge import Bridge, Settings, SettingsError, digest_of
from bridge.export import Export, ExportOutcome, load_books, verify
from bridge.export.commands.every import app
from bridge.export.engine.attempts import AttemptState
from bridge.export.journal.protocol import Journal
from bridge.export.journal.sql import SqlJournal
from clientkit import Answer
from clientkit.testing import AnswerLost, Asked, Fault, RequestLost, Respond
from support.clocks import ManualClock
from support.companies.exported import REFERENCE_TYPE, SETTINGS, US, Company, expense, records_in, refusal
from support.proof import prove

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("clock")
WHOLE = attrs.evolve(
    SETTINGS,
    entities=(attrs.evolve(US, bank_account="11100", accounts_payable_account="21100"),),
    summarise=("CARD_EXPENSE_POST", "CARD_PAYMENT"),
)


def export(company: Company, journal: Journal | None, settings: Settings = WHOLE) -> Export:
    clients = company.brex.client(sleep=lambda _: None), company.rillet.client(sleep=lambda _: None)
    return Export(*clients, Bridge(settings), journal=journal)


def run(company: Company, journal: Journal | None, settings: Settings = WHOLE) -> ExportOutcome:
    return export(company, journal, settings).run()


def card_payment() -> Record:
    lines = [("7", ())]
    return record(RecordType.CARD_PAYMENT, debits=lines, credits=lines, record_id="accr_card")


def is_entry(asked: Asked) -> bool:
    return asked.path == "/journal-entries" and asked.method == "POST"


def agree(company: Company, journal: Journal) -> bool:
    brex, client = company.brex.client(), company.rillet.client()
    exported = records_in(brex, brex_accounting.ReviewStatus.EXPORTED)
    rows = prove(exported, WHOLE, load_books(client), client, first=date(2026, 1, 1), last=date(2026, 12, 31))
    return not any(row.difference for row in rows) and verify(brex, client, journal, REFERENCE_TYPE) == ()


def lose(company: Company, *, carried_out: bool) -> None:
    company.rillet.faults.append(Fault(AnswerLost() if carried_out else RequestLost(), matches=is_entry, times=5))


def test_records_of_one_day_become_one_entry_and_each_is_told_to_brex(company: Company, journal: SqlJournal) -> None:
    records = [expense(number, f"{number}.25") for number in range(1, 8)]
    company.brex.add(*records, card_payment(), expense(8))
    company.brex.add(attrs.evolve(expense(9), line_items=expense(9).line_items[:1]))

    outcome = run(company, journal)

    (entry,) = company.rillet.journal_entries
    assert {(each.kind, each.id) for each in outcome.posted} == {("journal-entries", entry.id)}
    assert outcome.counts.posted == 9
    # A record that cannot be posted is refused alone.
    assert [each.record.id for each in outcome.refused] == ["accr_009"]
    assert company.rillet.charges == ()
    assert company.exported() == sorted([*(each.id for each in records), "accr_008", "accr_card"])
    assert agree(company, journal)
    assert run(company, journal).posted == ()


def test_ten_thousand_records_take_fewer_than_fifty_requests(company: Company, journal: SqlJournal) -> None:
    company.brex.add(*(expense(number) for number in range(10_000)))

    outcome = run(company, journal)

    assert outcome.complete
    assert outcome.counts.reported == 10_000
    assert len(company.rillet.asked) < 20
    assert outcome.requests == len(company.rillet.asked) + len(company.brex.asked) < 50
    assert company.rillet.ledger.balance("61000") == Decimal(100_000)
    assert len(company.exported()) == 10_000


def test_a_summary_needs_a_journal(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1))
    with pytest.raises(SettingsError, match="journal"):
        run(company, None)
    # A plan says what a run would do, and a run would not begin.
    with pytest.raises(SettingsError, match="journal"):
        export(company, None).plan()
    assert company.posts() == []
    assert len(export(company, journal).plan().posts) == 1
    assert company.posts() == []


@pytest.mark.parametrize("later", [0, 25])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_summary_without_an_outcome_is_settled_before_anything_else(
    company: Company, journal: SqlJournal, clock: ManualClock, later: int, *, carried_out: bool
) -> None:
    company.brex.add(expense(1), expense(2))
    lose(company, carried_out=carried_out)
    assert len(run(company, journal).failed) == 2
    company.rillet.faults.clear()
    # Another record would make another summary of it.
    company.brex.add(expense(3))
    clock.advance(later * 3600)
    sent = len([each for each in company.rillet.asked if is_entry(each)])

    outcome = run(company, journal)

    assert outcome.complete, outcome
    entries = len(company.rillet.journal_entries)
    assert entries == (1 if later and not carried_out else 2)
    assert company.exported() == ["accr_001", "accr_002", "accr_003"]
    keys = [each.headers["idempotency-key"] for each in company.rillet.asked if is_entry(each)]
    resent = not later and not carried_out
    assert len(keys) == sent + resent + 1
    assert (keys[sent] == keys[0]) == resent
    states = [each.state for each in journal.attempts("accr_001")]
    if carried_out:
        assert states == ["ADOPTED"]
    else:
        assert states == (["ABANDONED", "POSTED"] if later else ["POSTED"])
    assert company.rillet.ledger.balance("61000") == 30
    assert agree(company, journal)


@pytest.mark.parametrize("later", [0, 25])
def test_a_summary_that_another_exporter_is_settling_is_left_to_it_with_its_members(
    company: Company, journal: SqlJournal, tmp_path: Path, clock: ManualClock, later: int
) -> None:
    company.brex.add(expense(1), expense(2))
    lose(company, carried_out=True)
    run(company, journal)
    company.rillet.faults.clear()
    clock.advance(later * 3600)
    (attempt,) = journal.attempts("accr_001")

    with SqlJournal(str(tmp_path / "journal.db"), now=clock) as other:
        other.claim(attempt.subject)
        outcome = run(company, journal)
        other.release(attempt.subject)

    assert [each.code for each in outcome.failed] == ["open_summary", "open_summary"]
    assert run(company, journal).complete
    assert company.rillet.ledger.balance("61000") == 20
    assert agree(company, journal)


@pytest.mark.parametrize("later", [0, 25])
@pytest.mark.parametrize("carried_out", [True, False])
def test_replaying_a_member_settles_its_summary_first(
    company: Company, journal: SqlJournal, clock: ManualClock, later: int, *, carried_out: bool
) -> None:
    company.brex.add(expense(1), expense(2))
    lose(company, carried_out=carried_out)
    run(company, journal)
    company.rillet.faults.clear()
    clock.advance(later * 3600)

    assert export(company, journal).replay("accr_001").complete
    assert company.exported() == ["accr_001"]

    assert run(company, journal).complete
    assert company.rillet.ledger.balance("61000") == 20
    assert agree(company, journal)


def test_a_member_is_never_posted_again_also_when_it_is_no_longer_summarised(
    company: Company, journal: SqlJournal
) -> None:
    company.brex.add(expense(1), expense(2))
    lose(company, carried_out=True)
    run(company, journal)
    company.rillet.faults.clear()

    alone = attrs.evolve(WHOLE, summarise=())
    assert run(company, journal, alone).complete

    assert len(company.rillet.journal_entries) == 1
    assert company.rillet.charges == ()
    assert agree(company, journal)


def test_a_record_that_was_posted_alone_is_not_summarised(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1))
    stuck = Fault(Respond(Answer(status=500)), matches=lambda asked: asked.method == "POST", times=1000)
    company.brex.faults.append(stuck)
    run(company, journal, attrs.evolve(WHOLE, summarise=()))
    company.brex.faults.clear()
    company.brex.add(expense(2))

    assert run(company, journal).complete

    assert len(company.rillet.charges) == len(company.rillet.journal_entries) == 1
    assert company.rillet.ledger.balance("61000") == 20


def test_a_record_that_another_exporter_has_in_hand_is_left_to_it(
    company: Company, journal: SqlJournal, tmp_path: Path, clock: ManualClock
) -> None:
    company.brex.add(expense(1), expense(2))
    with SqlJournal(str(tmp_path / "journal.db"), now=clock) as other:
        other.claim("accr_002")
        outcome = run(company, journal)
        assert [each.holder for each in outcome.elsewhere] == [other.who, other.who]
        assert outcome.failed == ()
        assert company.posts() == []
        other.release("accr_002")
    assert run(company, journal).complete


class Overtaken(SqlJournal):
    """A journal that another exporter overtakes between the reading of the queue and the claim."""

    overtake: Callable[[], object]

    @override
    def claim_all(self, subjects: Sequence[str]) -> frozenset[str]:
        self.overtake()
        return super().claim_all(subjects)


def test_what_another_exporter_has_summarised_meanwhile_is_not_summarised_again(
    company: Company, tmp_path: Path, clock: ManualClock
) -> None:
    company.brex.add(expense(1), expense(2))
    place = str(tmp_path / "journal.db")
    with SqlJournal(place, now=clock) as other, Overtaken(place, now=clock) as journal:

        def overtake() -> None:
            journal.overtake = lambda: None
            company.brex.add(expense(3))
            assert run(company, other).complete

        journal.overtake = overtake
        assert len(run(company, journal).elsewhere) == 2
        assert run(company, journal).complete

    assert len(company.rillet.journal_entries) == 1
    assert company.rillet.ledger.balance("61000") == 30


def test_a_summary_that_the_journal_does_not_know_stops_summarising(
    company: Company, journal: SqlJournal, tmp_path: Path, clock: ManualClock
) -> None:
    company.brex.add(expense(1), expense(2))
    stuck = Fault(Respond(Answer(status=500)), matches=lambda asked: asked.method == "POST", times=1000)
    company.brex.faults.append(stuck)
    with SqlJournal(str(tmp_path / "lost.db"), now=clock) as lost:
        run(company, lost)
    company.brex.faults.clear()
    (entry,) = company.rillet.journal_entries
    company.brex.add(expense(3))

    with pytest.raises(SettingsError, match=entry.id):
        run(company, journal)

    assert len(company.rillet.journal_entries) == 1
    company.rillet.client().journal_entries.delete(entry.id)
    assert run(company, journal).complete
    assert company.rillet.ledger.balance("61000") == 30


def test_what_rillet_rejects_is_no_members_fault_for_certain(company: Company, journal: SqlJournal) -> None:
    settings = attrs.evolve(WHOLE, report_refusals=True)
    company.brex.add(expense(1), expense(2))
    company.rillet.faults.append(Fault(Respond(refusal(400)), matches=is_entry))

    outcome = run(company, journal, settings)

    assert [each.code for each in outcome.failed] == ["summary_rejected"] * 2
    assert outcome.reported == ()
    assert run(company, journal, settings).complete
    assert [each.state for each in journal.attempts("accr_001")] == [AttemptState.REJECTED, AttemptState.POSTED]


def test_a_summary_that_was_deleted_is_posted_anew_as_one(company: Company, journal: SqlJournal) -> None:
    company.brex.add(expense(1), expense(2))
    run(company, journal)
    (entry,) = company.rillet.journal_entries
    company.rillet.client().journal_entries.delete(entry.id)

    for each in ("accr_001", "accr_002"):
        assert export(company, journal).replay(each).complete

    (anew,) = company.rillet.journal_entries
    assert digest_of(anew.name) is not None
    assert agree(company, journal)


def test_history_lists_the_members_of_an_entry(company: Company, journal: SqlJournal, tmp_path: Path) -> None:
    company.brex.add(expense(1), expense(2))
    run(company, journal)
    (entry,) = company.rillet.journal_entries
    place = str(tmp_path / "journal.db")

    def history(wanted: str, *options: str) -> str:
        result = CliRunner().invoke(app, ["history", wanted, "--journal", place, *options])
        assert result.exit_code == 0, result.output
        return result.stdout

    found = json.loads(history(entry.id, "--json"))
    assert [each["record_id"] for each in found["members"]] == ["accr_001", "accr_002"]
    assert [each["object_id"] for each in found["attempts"]] == [entry.id]
    assert "accr_002 v2" in history(entry.id)
    of_record = json.loads(history("accr_002", "--json"))
    assert [each["object_id"] for each in of_record["attempts"]] == [entry.id]
    assert of_record["attempts"][0]["reported_at"] is not None


def test_records_of_a_lapsed_day_are_found_by_what_is_attempted(
    company: Company, journal: SqlJournal, clock: ManualClock
) -> None:
    company.brex.add(expense(1))
    lose(company, carried_out=True)
    run(company, journal)
    company.rillet.faults.clear()
    clock.advance(24 * 3600)
    # The record changed after its summary was posted.
    company.brex.add(attrs.evolve(expense(1), version=3, updated_at=clock() + timedelta(days=3)))

    assert [each.adopted for each in run(company, journal).posted] == [True]
    assert len(company.rillet.journal_entries) == 1
