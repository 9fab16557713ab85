"""A vendor of a caller's own ledger is created once, whatever became of the answer, also by a ledger that knows no keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from bridge import Books, Reference
from bridge.export import Ability, Attempt, Sent, SqlJournal
from support.pocket import PocketLedger, entry_of_merchant, export_to, spent


@attrs.frozen(kw_only=True)
class Supplier:
    id: str
    name: str
    email: str | None = None
    external_references: tuple[Reference, ...] = ()


class Listing(PocketLedger):
    """Lists its vendors; the first answer to a creation of one is lost, before or after it was carried out."""

    def __init__(self, *, arrives: bool, abilities: Any) -> None:
        super().__init__()
        self.arrives, self.abilities, self.asked = arrives, abilities, 0

    def snapshot(self) -> Books:
        vendors = tuple(Supplier(id=key, name=name) for key, name in self.vendors.items())
        return attrs.evolve(super().snapshot(), vendors=vendors)

    def ability(self, kind: str) -> Ability:
        made: Ability = self.abilities(kind)
        return made

    def send(self, attempt: Attempt) -> Sent:
        if attempt.kind != "vendors":
            return super().send(attempt)
        self.asked += 1
        if self.asked > 1:
            return super().send(attempt)
        if self.arrives:
            super().send(attempt)
        raise TimeoutError("no answer")


def no_keys(_: str) -> Ability:
    return Ability(is_found=True, deletes=True)


def keys(_: str) -> Ability:
    return Ability(is_found=True, deletes=True, honours_key=True)


def of_entries_alone(kind: str) -> Ability:
    return {"entries": Ability(is_found=True, deletes=True)}[kind]


@pytest.mark.parametrize("arrives", [True, False], ids=["the answer is lost", "the request is lost"])
@pytest.mark.parametrize("abilities", [no_keys, of_entries_alone])
def test_a_vendor_whose_answer_was_lost_is_looked_for_before_it_is_created_again(
    tmp_path: Path, arrives: bool, abilities: Any
) -> None:
    ledger = Listing(arrives=arrives, abilities=abilities)
    with SqlJournal(str(tmp_path / "j.db")) as journal:
        export = export_to(ledger, spent(2), journal=journal, mapper=entry_of_merchant, in_flight=1)

        first = export.run()
        told = [each.why for each in first.failed]
        assert (len(told), len(ledger.entries), len(ledger.vendors)) == (2, 0, int(arrives))
        assert "knows no keys, so it is not sent again. The next run looks for it." in told[1]
        assert export.run().complete
        assert not any(each.is_open for each in journal.walk())

    assert list(ledger.vendors.values()) == ["Cumulus Cloud"]
    assert ledger.subjects() == ["accr_1", "accr_2"]


def test_a_ledger_that_honours_keys_is_sent_the_same_again(tmp_path: Path) -> None:
    ledger = Listing(arrives=False, abilities=keys)
    with SqlJournal(str(tmp_path / "j.db")) as journal:
        export = export_to(ledger, spent(2), journal=journal, mapper=entry_of_merchant, in_flight=1)

        outcome = export.run()

        assert ([each.record.id for each in outcome.posted], len(ledger.vendors)) == (["accr_2"], 1)
        assert export.run().complete
    assert len(ledger.entries) == 2
