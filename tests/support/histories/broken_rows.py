"""For each row of the tables: how it may be wrong, and the shortest history in which the judge sees it."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import attrs

from bridge.export.engine import next_step
from bridge.export.engine.facts import AttemptFacts, Facts, Settlement, Step
from bridge.export.engine.next_step import Row
from support.histories.actions import Action, History
from support.histories.world import Setup


@dataclass(frozen=True)
class Broken:
    """A row with a wrong step, or left out where that is None; `actions` are names and numbers, `said` what is found."""

    id: str
    step: Settlement | Step | None
    actions: str
    said: str
    journal: bool = True
    settings: Mapping[str, str | None] = field(default_factory=dict[str, str | None])

    @property
    def history(self) -> History:
        """The history, which ends with two runs."""
        told = (each.split() for each in self.actions.split(", "))
        actions = (Action(name, (*map(int, numbers), *[0] * (4 - len(numbers)))) for name, *numbers in told)
        return History(0, Setup(journal=self.journal, summarise=False, settings=self.settings), tuple(actions))


_WITHOUT_REFERENCES: Mapping[str, str | None] = {"reference_type": None}

# `add` takes kind (charge, refund, owed, bill, paid, entry), amount, account and day; `edit` which record, amount, account
# and 4 for an offered record, 1 for an exported one, both with the same head; `run_cut` dies before (0) or after (1) the
# n-th write, counted from 0; `wait 1` is longer than Rillet keeps a key.
BROKEN: Sequence[Broken] = (
    Broken("A1", Settlement.SEND, "add 0, attach 0 1, run, offer 0", "attached 2 times"),
    Broken("A1k", Settlement.SEND, "add 0, add 0 0 0 7, add 0 0 0 7, run_beside 1", "is there twice"),
    Broken("A7", Settlement.ADOPT, "add 3, run, edit 0 1 1 4, run_cut 0 0", "Brex is told"),
    Broken("A8", Settlement.ABANDON, "add 0, run, edit 0 1 1 4, run_cut 0 1", "nobody deleted it"),
    Broken("A9", Settlement.ADOPT, "add 3, run, edit 0 1 1 4, run_cut 0 0", "Brex is told"),
    Broken("A2", Settlement.SEND_AGAIN, "add 0, run_cut 1 1, wait 1", "the run makes"),
    Broken("A3", Settlement.KEEP, "add 0, attach 0 1", "attached 0 times"),
    Broken("A4", Settlement.ABANDON_AND_SEND, "add 0, run_cut 1 1", "the run makes", settings=_WITHOUT_REFERENCES),
    Broken("A5", Settlement.UNDECIDABLE, "add 0, run_cut 1 0, wait 1", "fails without any trouble"),
    Broken("A5d", Settlement.KEEP, "add 0, attach 0 1, run_cut 2 0, wait 1", "attached 0 times"),
    Broken(
        "A6", Settlement.ABANDON_AND_SEND, "add 0, run_cut 1 1, wait 1", "the run makes", settings=_WITHOUT_REFERENCES
    ),
    Broken("D1", Step.KEEP, "add 0, dismiss 0, offer 0", "is dismissed, and Brex is not told"),
    Broken("X1", Step.KEEP, "add 0, run, copy 0, offer 0", "Rillet has it twice", journal=False),
    Broken("N1u", Step.NOTHING, "add 4 0 0 1, run, zero 1 0", "the run does not say so", journal=False),
    Broken("N1", None, "add 0, zero 0 1", "fails without any trouble"),
    Broken("N2", Step.NOTHING, "add 0, spoil 0 1", "the run says that there is nothing to do"),
    Broken(
        "N3",
        Step.CREATE,
        "add 0, run, zero 0 1, run_cut 0 1, edit 0 0 0 4, book 0 0",
        "the run makes",
        settings={"on_delete": "delete"},
    ),
    Broken("N4n", None, "add 0, run, delete 0, edit 0 1 1 1", "a person deleted it", journal=False),
    Broken("N4a", Step.CREATE, "add 5, run, rename 0, offer 0", "an entry that says the same is there", journal=False),
    Broken("N4h", None, "add 0, approve 0", "waits for an approval"),
    Broken("N4", Step.NOTHING, "add 0", "the run says that there is nothing to do"),
    Broken("N5", Step.CREATE, "add 0, book 0 0", "the run makes", journal=False),
    Broken("N6", Step.ADOPT, "add 0, book 0 1", "Brex is told"),
    Broken("S1", None, "add 0, run, delete 0, zero 0 1", "both have nothing"),
    Broken("S2", Step.CREATE, "add 0, run, delete 0, edit 0 1 1 4", "a person deleted it"),
    Broken("S3u", Step.CREATE, "add 0, run", "fails without any trouble"),
    Broken("S5", Step.KEEP, "add 0, run, delete 0, offer 0", "Brex is told"),
    Broken(
        "S3",
        Step.REPLACE,
        "add 3, run, recode 0 1 1, offer 0",
        "what a person made of bill1 is overwritten",
        journal=False,
    ),
    Broken("S4", Step.KEEP, "add 0, run, spoil 0 1", "Brex is told"),
    Broken("S6", None, "add 3, run, recode 0 1 0, edit 0 0 1 4", "and the run says ['changed_after_export']"),
    Broken("S7", Step.REPLACE, "add 3, run, recode 0 2 1, edit 0 1 1 4", "what a person made of bill1 is overwritten"),
    Broken("S8h", None, "add 3, run, approve 0, edit 0 1 1 4", "waits for an approval"),
    Broken("S8", Step.CREATE, "add 3, run, edit 0 1 1 4", "the run makes"),
    Broken("S9", Step.CREATE, "add 0, run, edit 0 1 1 4", "the run makes"),
    Broken("S11", Step.REPLACE, "add 3, run, edit 0 1 1 4", "on_change is correct", settings={"on_change": "correct"}),
    Broken("S10", Step.NOTHING, "add 0, run, zero 0 1", "Brex is told", settings={"on_delete": "delete"}),
    Broken("S12", Step.KEEP, "add 0, run, edit 0 1 1 4", "Brex is told", settings={"on_change": "refuse"}),
)


@contextmanager
def tables(broken: Broken | None = None) -> Generator[set[str]]:
    """The tables with a broken row, or as they are; gives the ids of the rows that are reached."""
    reached, kept = set[str](), (next_step.SETTLING, next_step.DOCUMENTS, next_step.row_of)

    def row_of(table: Sequence[Row], facts: AttemptFacts | Facts) -> Row:
        row = kept[2](table, facts)
        reached.add(row.id)
        return row

    try:
        next_step.row_of = row_of
        if broken is not None:
            next_step.SETTLING, next_step.DOCUMENTS = (_with(broken, each) for each in kept[:2])
        yield reached
    finally:
        next_step.SETTLING, next_step.DOCUMENTS, next_step.row_of = kept


def _with(broken: Broken, table: Sequence[Row]) -> Sequence[Row]:
    if broken.step is None:
        return tuple(row for row in table if row.id != broken.id)
    return tuple(attrs.evolve(row, step=broken.step) if row.id == broken.id else row for row in table)
