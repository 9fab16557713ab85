"""What a refusal of a changed record advises: nothing that is set already, and nothing that the ledger cannot do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import attrs
import pytest
from typing_extensions import override

from brex_accounting import Record, ReviewStatus
from brex_accounting.testing.records import card_expense, gl
from bridge import Books, ClosedPeriod, Found, Mapper, OnChange, OnDelete, Ref, Settings
from bridge.export import Ability, Export, SqlJournal
from support.own_entries import US, CorrectedEntry, EntryDocument, lines_of
from support.pocket import PocketLedger, export_to, spent

REMOVE = "delete or reverse by hand what there is of it"


class Pocket(PocketLedger):
    """A ledger whose periods close, whose entries get settled, and that may delete nothing."""

    closed: date | None = None
    settled = False
    deletes = True

    @override
    def ability(self, kind: str) -> Ability:
        return Ability(is_found=True, deletes=self.deletes)

    @override
    def snapshot(self) -> Books:
        return attrs.evolve(super().snapshot(), last_closed=self.closed)

    @override
    def get(self, ref: Ref) -> Found | None:
        found = super().get(ref)
        return None if found is None else attrs.evolve(found, is_free=not self.settled)


corrected: Mapper = lambda draft: draft.finish(CorrectedEntry, lines=lines_of(draft))  # noqa: E731
uncorrected: Mapper = lambda draft: draft.finish(EntryDocument, lines=lines_of(draft))  # noqa: E731


def export(ledger: Pocket, records: Sequence[Record], journal: SqlJournal, **options: Any) -> Export:
    mapper = options.pop("mapper", corrected)
    return export_to(
        ledger,
        records,
        journal=journal,
        mapper=mapper,
        settings=Settings(entities=(US,), reference_type=None, **options),
    )


def version(number: int, amount: str) -> list[Record]:
    return [card_expense(amount, coding=[gl("6100")], record_id="accr_1", version=number)]


def advice(ledger: Pocket, record: list[Record], journal: SqlJournal, **options: Any) -> str:
    outcome = export(ledger, record, journal, **options).run()
    ((reason,),) = [each.reasons for each in outcome.refused]
    return reason.text.rpartition("; ")[2]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, f"{REMOVE}, or set on_delete to delete"),
        ({"on_change": OnChange.CORRECT}, f"{REMOVE}, or set on_delete to delete"),
        ({"deletes": False}, REMOVE),
        ({"deletes": False, "on_delete": OnDelete.DELETE}, REMOVE),
    ],
    ids=["by default", "with corrections", "nothing is deleted", "nothing is deleted whatever is set"],
)
def test_a_withdrawn_record(journal: SqlJournal, options: dict[str, Any], text: str) -> None:
    ledger = Pocket()
    ledger.deletes = options.pop("deletes", True)
    assert export(ledger, spent(1), journal).run().complete

    assert advice(ledger, version(2, "0.00"), journal, **options) == text
    assert ledger.subjects() == ["accr_1"]

    # Once a person has done it, both agree.
    ledger.entries.clear()
    assert export(ledger, version(2, "0.00"), journal, **options).run().complete


@pytest.mark.parametrize(("how", "verdict"), [("gone", "only_in_rillet"), ("prepared", "not_reported")])
def test_only_a_record_whose_amount_is_zero_is_withdrawn(journal: SqlJournal, how: str, verdict: str) -> None:
    ledger = Pocket()
    assert export(ledger, spent(1), journal).run().complete
    (record,) = version(2, "1.00")
    prepared = attrs.evolve(record, review_status=ReviewStatus.PREPARE)
    again = export(ledger, [prepared] if how == "prepared" else [], journal, on_delete=OnDelete.DELETE)

    outcome = again.run()

    assert (outcome.complete, outcome.refused, ledger.subjects()) == (True, (), ["accr_1"])
    assert [each.verdict for each in again.verify()] == [verdict]


@pytest.mark.parametrize("on_change", list(OnChange))
def test_a_withdrawn_record_that_was_corrected(journal: SqlJournal, on_change: OnChange) -> None:
    ledger, removes = Pocket(), {"on_delete": OnDelete.DELETE}
    assert export(ledger, spent(1), journal).run().complete
    assert export(ledger, version(2, "9.00"), journal, on_change=OnChange.CORRECT).run().complete

    assert advice(ledger, version(3, "0.00"), journal, on_change=on_change, **removes) == REMOVE

    ledger.entries.clear()
    assert export(ledger, version(3, "0.00"), journal, **removes).run().complete


@pytest.mark.parametrize("on_change", list(OnChange))
@pytest.mark.parametrize(
    ("on_delete", "text"),
    [(OnDelete.REFUSE, f", and {REMOVE}, or set on_delete to delete"), (OnDelete.DELETE, "")],
)
def test_a_withdrawn_record_in_a_closed_period(
    journal: SqlJournal, on_change: OnChange, on_delete: OnDelete, text: str
) -> None:
    ledger = Pocket()
    assert export(ledger, spent(1), journal).run().complete
    ledger.closed = closing(ledger)

    told = advice(
        ledger,
        version(2, "0.00"),
        journal,
        on_change=on_change,
        on_delete=on_delete,
        closed_period=ClosedPeriod.FIRST_OPEN_DAY,
    )

    assert told.endswith(f", so reverse it by hand in an open period, or open its period{text}")

    ledger.closed = None
    again = export(ledger, version(2, "0.00"), journal, on_delete=OnDelete.DELETE).run()
    assert (again.complete, ledger.entries) == (True, {})


def test_a_withdrawn_record_that_is_settled(journal: SqlJournal) -> None:
    ledger = Pocket()
    assert export(ledger, spent(1), journal).run().complete
    ledger.settled = True

    told = advice(ledger, version(2, "0.00"), journal, on_delete=OnDelete.DELETE)

    assert told == "it is settled in Pocket, so take back what settles it"

    ledger.settled = False
    assert export(ledger, version(2, "0.00"), journal, on_delete=OnDelete.DELETE).run().complete


@pytest.mark.parametrize("state", ["left", "closed", "settled"])
def test_a_changed_record_that_nothing_corrects(journal: SqlJournal, state: str) -> None:
    ledger = Pocket()
    assert export(ledger, spent(1), journal, mapper=uncorrected).run().complete
    ledger.settled = state == "settled"
    ledger.closed = closing(ledger) if state == "closed" else None
    options = {"mapper": uncorrected, "on_change": OnChange.CORRECT, "closed_period": ClosedPeriod.FIRST_OPEN_DAY}

    told = advice(ledger, version(2, "9.00"), journal, **options)

    assert told.endswith("correct it by hand, which an entry of the difference cannot")


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ("left", "correct it by hand, or set on_change to correct"),
        ("closed", "so correct it by hand, or set on_change to correct"),
        ("settled", "so take back what settles it, or set on_change to correct"),
    ],
)
def test_a_changed_record_that_a_setting_would_correct(journal: SqlJournal, state: str, text: str) -> None:
    ledger = Pocket()
    assert export(ledger, spent(1), journal).run().complete
    ledger.settled = state == "settled"
    ledger.closed = closing(ledger) if state == "closed" else None
    ledger.deletes = state != "left"

    assert advice(ledger, version(2, "9.00"), journal).endswith(text)

    assert export(ledger, version(2, "9.00"), journal, on_change=OnChange.CORRECT).run().complete


def closing(ledger: Pocket) -> date:
    """The last day on which anything counts."""
    return max(each.day for each in ledger.entries.values())
