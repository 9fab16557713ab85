"""What would end the program, raised in the middle of a run: no thread posts on once the run is over, and nothing twice."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import NoReturn

import pytest
from typing_extensions import override

from bridge.export import Attempt, Progress, Sent, SqlJournal, StopCode
from support.pocket import PocketLedger, export_to, spent

BAD = "accr_2"
IN_FLIGHT = 4


def leave() -> NoReturn:
    sys.exit("licence expired")


def interrupt() -> NoReturn:
    raise KeyboardInterrupt


class Leaving(PocketLedger):
    """Sends nothing before so many are in flight; the one then fails, and the others go on when somebody says so."""

    def __init__(self, fail: Callable[[], NoReturn]) -> None:
        super().__init__()
        self._fail = fail
        self._all_there = threading.Barrier(IN_FLIGHT)
        self.may_go_on = threading.Event()
        self.is_second = False

    @override
    def send(self, attempt: Attempt) -> Sent:
        if not self.is_second:
            self._all_there.wait(timeout=30)
            if attempt.subject == BAD:
                self._fail()
            self.may_go_on.wait(timeout=30)
        return super().send(attempt)


@pytest.mark.parametrize(
    ("fail", "why"),
    [
        (leave, "Leaving.send of your program failed: SystemExit: licence expired"),
        (interrupt, "Leaving.send of your program failed: KeyboardInterrupt"),
    ],
)
def test_a_ledger_that_ends_its_thread_ends_the_run_once_the_others_are_done(
    journal: SqlJournal, fail: Callable[[], NoReturn], why: str
) -> None:
    ledger = Leaving(fail)
    exporting = export_to(ledger, spent(8), journal=journal, in_flight=IN_FLIGHT)

    def settled(progress: Progress) -> None:
        if progress.record_id == BAD:
            ledger.may_go_on.set()

    try:
        first = exporting.run(progress=settled)
        there = ledger.subjects()
    finally:
        ledger.may_go_on.set()
    ledger.is_second = True
    second = exporting.run()

    assert [(each.record.id, each.code) for each in first.failed] == [(BAD, "interrupted")]
    assert why in first.failed[0].why
    assert (first.stop_code, first.counts.posted, there) == (StopCode.INTERRUPTED, 3, ["accr_1", "accr_3", "accr_4"])
    assert why in (first.stopped or "")
    assert (second.counts.posted, second.complete) == (5, True)
    assert ledger.subjects() == [f"accr_{number}" for number in range(1, 9)]
    assert exporting.verify() == ()


def test_what_ends_the_program_waits_for_what_is_in_flight(journal: SqlJournal) -> None:
    ledger = Leaving(leave)
    exporting = export_to(ledger, spent(8), journal=journal, in_flight=IN_FLIGHT)

    def ends_the_program(_: Progress) -> NoReturn:
        ledger.may_go_on.set()
        leave()

    with pytest.raises(SystemExit, match="licence expired"):
        exporting.run(progress=ends_the_program)
    assert ledger.subjects() == ["accr_1", "accr_3", "accr_4"]

    ledger.is_second = True
    assert exporting.run().complete
    assert ledger.subjects() == [f"accr_{number}" for number in range(1, 9)]
