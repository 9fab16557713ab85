"""Whatever happens on both sides between runs: the books say what Brex says, or somebody is told, and no work is lost.

``BREX_RILLET_HISTORIES=10000`` plays so many histories, ``BREX_RILLET_HISTORY=17`` the one with that seed, and
``BREX_RILLET_FIRST_HISTORY`` begins elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import attrs
import pytest

from bridge.export import ExportOutcome
from bridge.export.engine.next_step import DOCUMENTS, SETTLING
from support.companies.changing import EXPORTED
from support.companies.changing_records import charge
from support.histories.actions import Action, history_of, perform, with_shares
from support.histories.broken_rows import BROKEN, Broken, tables
from support.histories.judge import Judge
from support.histories.play import expect_good_ends, play, shrunk
from support.histories.world import Journals, Setup, World, world
from support.sizes import size

# Workers share them.
PORTIONS = 4


def seeds() -> range:
    one = os.environ.get("BREX_RILLET_HISTORY")
    first = int(one or os.environ.get("BREX_RILLET_FIRST_HISTORY", "0"))
    return range(first, first + (1 if one else size("BREX_RILLET_HISTORIES", quick=20, full=200)))


@pytest.fixture(scope="module")
def journals(tmp_path_factory: pytest.TempPathFactory) -> Journals:
    return Journals(tmp_path_factory.mktemp("histories"))


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_every_history_ends_well(journals: Journals, portion: int) -> None:
    expect_good_ends([history_of(each) for each in seeds()[portion::PORTIONS]], journals)


def test_every_history_ends_well_on_books_that_are_kept(journals: Journals) -> None:
    """One in ten of them: what was read is kept from run to run, and never gets too old."""
    histories = map(history_of, seeds()[:: 10 if len(seeds()) > 1 else 1])
    kept = [replace(each, setup=replace(each.setup, keeps=True, summarise=False)) for each in histories]
    expect_good_ends(kept, journals)


def test_every_history_ends_well_with_records_of_two_entities(journals: Journals) -> None:
    """One in four of them."""
    expect_good_ends([with_shares(history_of(each)) for each in seeds()[:: 4 if len(seeds()) > 1 else 1]], journals)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.id)
def test_a_broken_row_is_found(journals: Journals, broken: Broken) -> None:
    with tables() as reached:
        assert play(broken.history, journals).problems == []
    assert broken.id in reached

    with tables(broken):
        problems = play(broken.history, journals).problems

    assert any(broken.said in each for each in problems), problems


def test_every_row_is_broken() -> None:
    assert sorted(each.id for each in BROKEN) == sorted(row.id for row in (*SETTLING, *DOCUMENTS))


def a_world_after(journals: Journals, tamper: Callable[[World], None]) -> list[str]:
    """What the judge says of a run that posted a charge, and then did something else."""
    with world(Setup(journal=False, summarise=False), journals) as made:
        perform(made, Action("add", (0, 0, 0, 0)))
        judge = Judge(made)
        made.export().run()
        judge.before()
        tamper(made)
        return judge.after(ExportOutcome(), is_clean=True, verdicts={})


def does_nothing(made: World) -> None:
    del made


def posts_twice(made: World) -> None:
    (posted,) = made.rillet.charges
    twin = attrs.evolve(posted, id="twin")
    made.rillet._payables.charges.put(twin)
    made.rillet.ledger.post(
        "twin", [attrs.evolve(each, document_id="twin") for each in made.rillet.ledger.of(posted.id)]
    )


def deletes(made: World) -> None:
    (posted,) = made.rillet.charges
    made.company.to_rillet.charges.delete(posted.id)


def misses_a_change(made: World) -> None:
    changed = charge("40", id="charge1", version=5, updated_at=made.clock())
    made.brex.add(changed)
    made.edited.add("charge1")


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        pytest.param(does_nothing, None, id="nothing"),
        pytest.param(posts_twice, "the run makes", id="twice"),
        pytest.param(deletes, "the run makes", id="deleted"),
    ],
)
def test_the_judge_sees_what_a_run_must_not_do(
    journals: Journals, tamper: Callable[[World], None], said: str | None
) -> None:
    problems = a_world_after(journals, tamper)
    assert any(said in each for each in problems) if said is not None else problems == []


def test_the_judge_sees_that_brex_is_told_too_much(journals: Journals) -> None:
    with world(Setup(journal=True, summarise=False), journals) as made:
        perform(made, Action("add", (0, 0, 0, 0)))
        judge = Judge(made)
        judge.before()
        ready = made.brex.records["charge1"]
        made.brex.add(attrs.evolve(ready, review_status=EXPORTED))

        (problem, *_) = judge.after(ExportOutcome(), is_clean=True, verdicts={})

    assert "charge1: Brex is told that it is exported; Rillet has nothing" in problem


def test_the_judge_sees_that_a_change_is_not_said(journals: Journals) -> None:
    with world(Setup(journal=True, summarise=False), journals) as made:
        perform(made, Action("add", (0, 0, 0, 0)))
        made.export().run()
        judge = Judge(made)
        judge.before()
        judge.after(ExportOutcome(), is_clean=True, verdicts={})
        misses_a_change(made)
        judge.before()

        problems = judge.after(ExportOutcome(), is_clean=True, verdicts={})

    assert [each.rpartition(", and ")[2] for each in problems] == ["the run does not say so", "verify does not say so"]


def test_the_judge_sees_that_a_persons_work_is_lost(journals: Journals) -> None:
    with world(Setup(journal=False, summarise=False), journals) as made:
        perform(made, Action("add", (0, 0, 0, 0)))
        made.export().run()
        judge = Judge(made)
        perform(made, Action("recode", (0, 1, 1, 0)))
        judge.before()
        deletes(made)

        problems = judge.after(ExportOutcome(), is_clean=True, verdicts={})

    assert any("what a person made of charge1 is deleted" in each for each in problems)


def test_a_history_is_made_as_short_as_can_be() -> None:
    history = history_of(3)
    wanted = {history.actions[0], history.actions[-1]}

    short = shrunk(history, lambda each: wanted <= set(each.actions))

    assert set(short.actions) == wanted


def test_a_seed_gives_the_same_history() -> None:
    assert [history_of(each) for each in range(20)] == [history_of(each) for each in range(20)]
