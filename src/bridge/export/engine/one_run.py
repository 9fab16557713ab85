"""One run from its beginning to its end: the walk, what becomes of the records, and what it leaves for the next one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import closing, nullcontext
from datetime import datetime

import attrs

from brex_accounting import Record
from bridge.books import Books
from bridge.export.engine.approved_plans import note_plan
from bridge.export.engine.attempts import ACCRUALS
from bridge.export.engine.claims import Claims
from bridge.export.engine.holding import Hold
from bridge.export.engine.kept_books import KeptBooks
from bridge.export.engine.own_receipts import OwnReceipts
from bridge.export.engine.run_marks import note_receipts
from bridge.export.engine.runner import Runner, never
from bridge.export.engine.saved_plan import Permits, SavedPlan, permits_all
from bridge.export.engine.sender import Sender
from bridge.export.engine.tasks.receipts import Download
from bridge.export.engine.walk import Walk
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.protocol import AccruingLedger, Ledger
from bridge.export.reporting.progress import ShowProgress, silent
from bridge.export.reporting.report import CreatedVendor, Warned
from bridge.export.sources.protocol import Source
from bridge.mapping import Bridge
from clientkit.observing import is_work
from clientkit.stopping import StoppedError, stopping


@attrs.frozen(kw_only=True)
class RunParts:
    """What every run of an export works with; `Export` explains it."""

    source: Source
    ledger: Ledger
    bridge: Bridge
    journal: Journal
    batch: int
    in_flight: int
    clock: Callable[[], float]
    hold: Hold
    download: Download | OwnReceipts | None
    kept: KeptBooks | None

    def walk(
        self,
        sender: Sender,
        created: Callable[[CreatedVendor], object],
        warn: Callable[[Warned], object],
        permits: Permits = permits_all,
        *,
        kept: KeptBooks | None = None,
        claims: Claims | None = None,
    ) -> Walk:
        """A way through the records, which `sender` posts; without `kept` books they are read anew."""
        return Walk(
            self.source,
            sender,
            self.bridge,
            download=self.download,
            hold=self.hold,
            created=created,
            warn=warn,
            permits=permits,
            kept=kept,
            claims=claims,
        )

    @is_work("bridge.export.run")
    def carry_out(
        self,
        *,
        ids: Sequence[str] | None = None,
        updated_after: datetime | None = None,
        changed_since: datetime | None = None,
        replayed: Sequence[Record] = (),
        failed: Collection[str] = (),
        keep: int | None = None,
        progress: ShowProgress = silent,
        stop: Callable[[], bool] = never,
        plan: SavedPlan | None = None,
    ) -> Runner:
        """Export what waits; `Walk.begin` and `Export.run` explain the arguments, and what it raises."""
        permits = permits_all if plan is None else plan.permits
        claims = Claims(self.journal, hands_on=True)
        runner = Runner(
            self.source,
            self.ledger,
            self.bridge.settings,
            journal=self.journal,
            claims=claims,
            batch=self.batch,
            in_flight=self.in_flight,
            clock=self.clock,
            wording=self.bridge.wording,
            keep=keep,
            progress=progress,
            stop=stop,
        )
        # What a person replays or has approved is compared with what is there now.
        kept = self.kept if plan is None and not replayed else None
        walk = self.walk(
            Sender(self.ledger, self.journal, defers=True),
            runner.created,
            runner.warn,
            permits,
            kept=kept,
            claims=claims,
        )
        # The end of a run gives back what is left; an exception must not keep it either.
        with closing(claims):
            with nullcontext() if stop is never else stopping(_tolerant(stop)):
                try:
                    walk.begin(
                        ids=ids,
                        updated_after=updated_after,
                        changed_since=changed_since,
                        replayed=replayed,
                        failed=failed,
                        see=runner.unreached.see,
                    )
                except (StoppedError, KeyboardInterrupt):
                    # Nothing was sent, which the outcome says as well as an exception, and a notebook shows it.
                    runner.interrupt()
                    return runner
                if plan is not None:
                    note_plan(self.journal, plan)
                runner.begin(walk.survey)
                runner.work_all(walk.batches(_as_they_are))
            for each in walk.uncarried():
                runner.warn(each)
            runner.finish()
            with runner.ending_without_journal():
                self._take_out_of_accruals(runner)
                note_receipts(self.journal, runner.receipts_left)
        return runner

    def _take_out_of_accruals(self, runner: Runner) -> None:
        """What was accrued and has arrived in the same month must not count twice in it."""
        if self.journal.forgets or not isinstance(self.ledger, AccruingLedger) or not self.journal.mark(ACCRUALS):
            return
        from bridge.export.closing.accruing import failures_to_take_out

        for text in failures_to_take_out(self.ledger, self.journal):
            runner.warn(Warned(record_id="", code="accrual", text=text))


def _tolerant(stop: Callable[[], bool]) -> Callable[[], bool]:
    """What asks in any thread. One that raises counts as asking; the runner asks again, and says so."""

    def asks() -> bool:
        try:
            return stop()
        except Exception:  # noqa: BLE001 - it is the caller's
            return True

    return asks


def _as_they_are(books: Books) -> Books:
    return books
