"""Whatever fails, and whenever an exporter is killed: in the end each record is in Rillet once and Brex knows.

The long run is asked for with ``BREX_RILLET_SCHEDULES``, such as 1000.
"""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from brex_accounting import Record, RecordType
from clientkit.testing import AnswerLost, RequestLost
from support.companies.exported import expense
from support.faults.drips import DripPlace
from support.faults.harness import Exporters, exporters, play
from support.faults.schedules import (
    DAY,
    PAUSE,
    Doubled,
    Drip,
    Kill,
    Run,
    Schedule,
    Trouble,
    card_payment,
    refund,
    schedule,
    unpaid_bill,
)
from support.postgres import empty
from support.sizes import size

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the harness forks its exporters")

SCHEDULES = size("BREX_RILLET_SCHEDULES", quick=10, full=50)
PORTIONS = 5

#: The journal is asked to claim record and vendor, to write down the vendor's intent and outcome, to release the vendor,
#: to write down the record's intent, and here, when Rillet has the charge, its outcome.
OUTCOME = 6


def seeds(portion: int, count: int) -> range:
    return range(portion, max(count, PORTIONS), PORTIONS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exporters]:
    with exporters(tmp_path_factory.mktemp("exporters")) as running:
        yield running


@pytest.fixture(params=["bill", "charge", "journal entry"])
def edited(request: pytest.FixtureRequest) -> tuple[Record, Record]:
    """A record before and after somebody edits it: one of each way to change what stands."""
    make = {"bill": unpaid_bill, "charge": refund, "journal entry": card_payment}[request.param]
    return make(random.Random(1)), make(random.Random(2))


@pytest.fixture
def lost_outcome() -> Schedule:
    """An exporter dies between Rillet's answer and its own note, and the next one comes when Rillet knows no key."""
    return Schedule(records=[expense(1)], runs=[Run(dies_at=(OUTCOME, False), pause=DAY)])


def test_a_lost_outcome_is_found(server: Exporters, tmp_path: Path, lost_outcome: Schedule) -> None:
    assert play(lost_outcome, server, str(tmp_path / "journal.db")) == []


def test_a_lost_outcome_of_a_summary_is_found(server: Exporters, tmp_path: Path) -> None:
    # Asked to claim the members and to write down the intent, and then the outcome.
    lost = Schedule(
        records=[expense(1), expense(2)],
        runs=[Run(dies_at=(2, False), pause=DAY)],
        summarise=(RecordType.CARD_EXPENSE_POST,),
    )

    assert play(lost, server, str(tmp_path / "journal.db")) == []


@pytest.mark.parametrize("pause", [PAUSE, DAY])
@pytest.mark.parametrize("write", [1, 2, 3])
def test_the_answer_to_another_write_is_told_to_nobody(
    server: Exporters, tmp_path: Path, *, write: int, pause: timedelta
) -> None:
    # The writes are a vendor, a charge, a vendor and a charge; in groups of two Brex is told.
    doubled = Schedule(
        records=[expense(1), expense(2, "250.00", "Skyline Air")],
        runs=[Run(of_writes={write: Doubled()}, pause=pause)],
    )

    assert play(doubled, server, str(tmp_path / "journal.db")) == []


@pytest.mark.parametrize("awaits", [False, True], ids=["blocking", "awaited"])
@pytest.mark.parametrize("place", DripPlace)
def test_answers_that_drip_are_lost_answers(
    server: Exporters, tmp_path: Path, place: DripPlace, *, awaits: bool
) -> None:
    # The writes are a vendor and a charge.
    drips = dict[int, Trouble].fromkeys(range(2), Drip(place))
    dripping = Schedule(records=[expense(1)], runs=[Run(of_writes=drips, pause=DAY)])

    assert play(dripping, server, str(tmp_path / "journal.db"), awaits=awaits) == []


@pytest.mark.parametrize("pause", [PAUSE, DAY])
@pytest.mark.parametrize(
    "trouble", [AnswerLost(), Doubled(), RequestLost(), Kill(after=True), Kill(after=False)], ids=str
)
@pytest.mark.parametrize("write", [0, 1])
def test_a_lost_outcome_of_a_change_is_found(
    server: Exporters, tmp_path: Path, edited: tuple[Record, Record], trouble: Trouble, *, write: int, pause: timedelta
) -> None:
    before, after = edited
    # The first write of the second run is the PUT or the DELETE; the next one posts anew, or tells Brex.
    runs = [Run(), Run(of_writes={write: trouble, write + 1: trouble}, pause=pause)]
    changed = Schedule(records=[before], runs=runs, edited=after)

    assert play(changed, server, str(tmp_path / "journal.db")) == []


@pytest.mark.parametrize("keeps", [False, True], ids=["fresh books", "kept books"])
def test_the_harness_finds_the_double_of_a_journal_without_intents(
    server: Exporters, tmp_path: Path, lost_outcome: Schedule, *, keeps: bool
) -> None:
    place = str(tmp_path / "journal.db")

    wrong = play(lost_outcome, server, place, journal="without intents", looks_up=False, keeps=keeps)

    assert "Rillet has ['accr_001', 'accr_001']" in wrong
    assert any("trial balance" in each for each in wrong)
    assert any("older than a day" in each for each in wrong)


def test_the_harness_finds_the_loss_of_a_journal_that_counts_on_success(server: Exporters, tmp_path: Path) -> None:
    dies_before_it_sends = Schedule(records=[expense(1)], runs=[Run(dies_at=(OUTCOME - 1, True))])

    wrong = play(dies_before_it_sends, server, str(tmp_path / "journal.db"), journal="too hopeful")

    assert "Rillet has []" in wrong


def test_random_schedules_find_a_journal_without_intents(server: Exporters, tmp_path: Path) -> None:
    found = (
        play(schedule(seed), server, str(tmp_path / f"{seed}.db"), journal="without intents", looks_up=False)
        for seed in itertools.count()
    )

    assert any(found)


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_every_record_is_exported_once(server: Exporters, tmp_path: Path, portion: int) -> None:
    for seed in seeds(portion, SCHEDULES):
        wrong = play(schedule(seed), server, str(tmp_path / f"{seed}.db"))
        assert wrong == [], f"seed {seed}"


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_every_record_is_exported_once_by_two_exporters(server: Exporters, tmp_path: Path, portion: int) -> None:
    for seed in seeds(portion, SCHEDULES // 5):
        wrong = play(schedule(seed, exporters=2), server, str(tmp_path / f"{seed}.db"))
        assert wrong == [], f"seed {seed}"


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_every_record_is_exported_once_by_two_exporters_on_postgresql(
    server: Exporters, databases: str, portion: int
) -> None:
    for seed in seeds(portion, SCHEDULES // 10):
        empty(databases)
        wrong = play(schedule(seed, exporters=2), server, databases)
        assert wrong == [], f"seed {seed}"


@pytest.mark.parametrize("exporters", [1, 2])
def test_every_record_is_exported_once_on_kept_books(server: Exporters, tmp_path: Path, exporters: int) -> None:
    for seed in range(max(SCHEDULES // 10, 1)):
        wrong = play(schedule(seed, exporters=exporters), server, str(tmp_path / f"{seed}.db"), keeps=True)
        assert wrong == [], f"seed {seed}"
