"""Creations of a caller's own ledger that fail in a row: they end the run where the ledger cannot be read either."""

from __future__ import annotations

from typing_extensions import override

from bridge import Books
from bridge.export import Attempt, Sent, SqlJournal, StopCode
from clientkit import ApiError
from support.pocket import PocketLedger, export_to, spent


class Failing(PocketLedger):
    """Answers so many creations with an error, and has no `owner`; from then on nothing can be read where it `goes_down`."""

    fails = 10
    goes_down = False

    @override
    def snapshot(self) -> Books:
        if self.goes_down and self.fails < 10:
            raise ApiError("Pocket answered 500")
        return super().snapshot()

    @override
    def send(self, attempt: Attempt) -> Sent:
        if self.fails:
            self.fails -= 1
            raise ApiError(f"{attempt.subject} was answered with 500")
        return super().send(attempt)


def test_the_run_goes_on_while_the_ledger_can_be_read(journal: SqlJournal) -> None:
    outcome = export_to(Failing(), spent(12), journal=journal, in_flight=1).run()

    assert (outcome.stop_code, outcome.counts.failed, outcome.counts.posted) == (None, 10, 2)


def test_the_run_ends_where_the_ledger_cannot_be_read_either(journal: SqlJournal) -> None:
    ledger = Failing()
    ledger.goes_down = True

    outcome = export_to(ledger, spent(12), journal=journal, in_flight=1).run()

    assert (outcome.stop_code, outcome.counts.failed) == (StopCode.LEDGER_DOWN, 3)
    assert "Pocket cannot be read either: Pocket answered 500" in (outcome.stopped or "")
