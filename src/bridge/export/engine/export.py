"""The run of an export: every record that is offered or has changed into the ledger, once, and its source told of it.

`docs/exactly-once.md` says what keeps a record from being posted twice. `plan` is the same walk with a sender that does
not send.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import brex_accounting
from brex_accounting import Record
from bridge.books import Books
from bridge.export.engine.approvals import Review, holding_by
from bridge.export.engine.claims import Holders
from bridge.export.engine.dismissing import dismiss_records
from bridge.export.engine.holding import Hold, guarded, holds_nothing
from bridge.export.engine.kept_books import KeptBooks
from bridge.export.engine.one_run import RunParts
from bridge.export.engine.origins import Origins
from bridge.export.engine.own_receipts import OwnReceipts
from bridge.export.engine.parts import check_parts, check_run, check_sides, checked_by
from bridge.export.engine.planning import planned
from bridge.export.engine.replaying import check_dismissed, replay_several, taken_up
from bridge.export.engine.reviewing import approve_record, hold_record
from bridge.export.engine.run_marks import note_changes
from bridge.export.engine.runner import never
from bridge.export.engine.saved_plan import SavedPlan, owners_of
from bridge.export.engine.tasks.receipts import LARGEST_FILE, Download
from bridge.export.engine.walk import checked_books
from bridge.export.journal.namespaces import tenant_of
from bridge.export.journal.no_journal import for_exporter
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.own import looked_up
from bridge.export.ledgers.protocol import Ledger
from bridge.export.ledgers.rillet import ledger_of
from bridge.export.reporting.progress import ShowProgress, silent
from bridge.export.reporting.progress_bar import progress_bar
from bridge.export.reporting.report import ExportOutcome
from bridge.export.reporting.verification import Disagreement, verify
from bridge.export.sources.brex import BrexSource
from bridge.export.sources.protocol import Source
from bridge.followed import Followed, follows
from bridge.mapping import Bridge
from bridge.plan import Plan
from bridge.settings.values import SettingsError
from clientkit.observing import is_work

if TYPE_CHECKING:
    import rillet

_BATCH = 100
_IN_FLIGHT = 6
_A_YEAR = timedelta(days=366)


class UnknownRecordError(LookupError):
    """The source has no record with this id."""


class Export:
    """An export between one Brex account and one Rillet organization, or between another source and ledger.

    Any thread may call it. Runs at the same time keep off what the other has in hand, as two exports with one journal do.

    Args:
        brex: The client of the Brex account, or a `Source`.
        rillet: The client of the Rillet organization, or a `Ledger`.
        bridge: The mapping and its settings.
        journal: Stores every attempt, so that a run continues where an earlier one was cut off; see `SqlJournal`. All
            exporters of one account share one. Without a journal, external references and keys prevent double postings.
        batch: How many results are reported to the source in one request.
        in_flight: How many records are posted at a time. A few are enough for all of Rillet's 60 requests a minute, however
            long an answer takes.
        hold: Returns why a posting has to wait for an approval, or None if it need not. It applies in addition to the
            `approvals` of the settings, which need a journal (`SettingsError` without one).
        receipts: Returns the files of a record from a store of your own, also where Brex has no receipt; by default they
            are those of Brex. If it fails, its record is posted all the same, and the outcome lists the receipt.
        clock: Seconds on a monotonic clock, for `Progress` and `ExportOutcome.seconds`.
        kept: Caches the books between runs, so that a new record costs a few requests; by default each run reads them.
    """

    def __init__(
        self,
        brex: brex_accounting.Client | Source,
        rillet: rillet.Client | Ledger,
        bridge: Bridge,
        *,
        journal: Journal | None = None,
        batch: int = _BATCH,
        in_flight: int = _IN_FLIGHT,
        hold: Hold = holds_nothing,
        receipts: Download | None = None,
        clock: Callable[[], float] = time.monotonic,
        kept: KeptBooks | None = None,
    ) -> None:
        check_parts(
            bridge=bridge,
            journal=journal,
            batch=batch,
            in_flight=in_flight,
            kept=kept,
            hold=hold,
            receipts=receipts,
            clock=clock,
        )
        self.bridge, self.batch, self.in_flight, self._clock = bridge, batch, in_flight, clock
        self._kept = kept
        timing = bridge.settings.bill_timing
        self.source: Source = BrexSource(brex, timing) if isinstance(brex, brex_accounting.Client) else brex
        self.ledger: Ledger = ledger_of(rillet, bridge.settings.reference_type)
        check_sides(self.source, self.ledger)
        self._holders = Holders(for_exporter(journal))
        if bridge.settings.approvals and self.journal.forgets:
            raise SettingsError(("approvals: they need a journal, which keeps who gave them",))
        self._hold = guarded(holding_by(bridge.settings, self.journal, hold))
        self._download: Download | OwnReceipts | None = None if receipts is None else OwnReceipts(receipts)
        # What a journal would know: those that failed come behind the others the next time.
        self._failed: frozenset[str] = frozenset()
        if receipts is None and isinstance(brex, brex_accounting.Client):
            self._download = brex.with_options(max_answer_bytes=LARGEST_FILE).receipts.download

    @property
    def journal(self) -> Journal:
        """The journal, with claims of this export's own."""
        return self._holders.journal

    def __repr__(self) -> str:
        return (
            f"<Export from {type(self.source).__name__} to {type(self.ledger).__name__}, {type(self.journal).__name__}>"
        )

    @is_work("bridge.export.plan")
    def plan(self, *, updated_after: datetime | None = None, changed_since: datetime | None = None) -> Plan:
        """What `run` would do, step by step; nothing is posted, written down or reported.

        Raises:
            SettingsError: The settings name what the ledger does not have.
            ApiError: The source or the ledger cannot be read.
            JournalError: The journal cannot be read.
        """
        return planned(self._parts(), updated_after=updated_after, changed_since=changed_since)

    def saved(self, plan: Plan) -> SavedPlan:
        """A plan that was just made, as a value to be kept, approved and carried out elsewhere by ``run(plan=…)``.

        Raises:
            SettingsError: The settings name what the ledger does not have.
            ApiError: A service cannot say whose it is, or the books cannot be read.
        """
        return SavedPlan.of(
            plan,
            self.bridge.settings,
            self.books(),
            owners=owners_of(self.source, self.ledger),
            at=self.journal.now(),
            by=self.journal.who,
        )

    def run(
        self,
        *,
        plan: SavedPlan | None = None,
        ids: Sequence[str] | None = None,
        updated_after: datetime | None = None,
        changed_since: datetime | None = None,
        keep: int | None = None,
        progress: ShowProgress | bool = silent,
        stop: Callable[[], bool] = never,
    ) -> ExportOutcome:
        """Export everything that is offered, and what changed after its export. One bad record does not stop the others.

        Records are read, posted and reported page by page. An interruption (Ctrl-C) ends it cleanly, even before the first
        record: what was posted is reported, and the outcome says so. `stop` is called before each record, and in any thread twice a second while a
        request waits for the rate limit. When it returns True, such requests are not sent, their records are left to the next
        run, and what is in flight is finished first. A request in flight takes at most its client's `timeout` and is not
        repeated; telling the source takes at most its `deadline`.

        Args:
            plan: Only what this plan posts, and only where nothing has changed since: what has is refused, and the source
                is not told. The books are read anew.
            ids: Only these records. Those that the source does not have are listed as `unreadable`.
            updated_after: Of the records that are offered only those that changed after this moment.
            changed_since: Compare records that were exported before and changed after this moment. When left out, the
                journal remembers until when an earlier run has read them; without a journal none are read.
            keep: How many entries of each sort the outcome holds; all when left out, which takes memory for each record.
            progress: Told after each record; True shows a bar on a terminal or in a notebook, else lines.
            stop: Whether to end early.

        Raises:
            PlanError: The plan is for other settings or another company; nothing was posted.
            SettingsError: The settings name what the ledger does not have; nothing was posted.
            ApiError: The source or the ledger cannot be read; nothing was posted.
            JournalError: The journal cannot be read; nothing was posted. One that fails later ends the run: `stop_code`.
        """
        check_run(plan=plan, ids=ids, keep=keep, progress=progress, stop=stop)
        if plan is not None:
            if ids is not None or updated_after is not None or changed_since is not None:
                raise ValueError("a plan says which records; ids, updated_after and changed_since do not go with it")
            plan.check_owners(owners_of(self.source, self.ledger), self.bridge.settings)
            ids = [each.record_id for each in plan.steps]
        began = self.journal.now()
        bar = progress_bar() if progress is True else nullcontext(progress or silent)
        with bar as show, self._holders.one() as journal, tenant_of(journal):
            runner = self._parts(journal).carry_out(
                ids=ids,
                updated_after=updated_after,
                changed_since=changed_since,
                keep=keep,
                progress=show,
                stop=stop,
                plan=plan,
                failed=self._failed,
            )
        self._failed = runner.failed
        if ids is None and updated_after is None and not (runner.is_stopped or runner.has_changes_left):
            with runner.ending_without_journal():
                note_changes(self.journal, began, runner.refused_changes)
        return runner.outcome()

    def replay(
        self,
        record_id: str,
        *,
        anew: bool = False,
        adopt: str | None = None,
        even_dismissed: bool = False,
        by: str | None = None,
    ) -> ExportOutcome:
        """Export one record, whatever its state: what was cut off is finished, what the ledger lost is posted anew.

        What the journal has as posted is looked for in the ledger; it is posted again only where somebody deleted it
        there. Where that was a summary, all its members are posted again as one. Its source is told where the record still
        waits.

        A record that was dismissed is taken up again only if `even_dismissed` confirms it. What a person booked for it by
        hand cannot be found, so it would be in the books twice. The journal keeps `by` whom the replay was begun where it
        undoes something, such as a dismissal; who runs the export, when left out.

        `anew` and `adopt` are for an attempt whose key is too old to be sent again and that no look-up finds: `anew` says
        that a person looked for what it made and did not find it, `adopt` is the id of the object that a person found. As
        long as the key lives, it decides.

        Raises:
            UnknownRecordError: The source has no such record.
            AdoptionError: The object with the id `adopt` cannot be what was posted, or nothing is undecided; nothing was
                posted.
            ValueError: Both `anew` and `adopt` are given, `by` is blank, or the record was dismissed and that is not
                confirmed; nothing was posted.
            SettingsError: The settings name what the ledger does not have; nothing was posted.
            ApiError: The source or the ledger cannot be read; nothing was posted.
            JournalError: The journal cannot be read; nothing was posted.
        """
        if anew and adopt is not None:
            raise ValueError("either it was found, or it is to be posted anew")
        by = checked_by(by)
        if not even_dismissed:
            check_dismissed(record_id, self.journal)
        return self._replayed(taken_up(self, [self.record(record_id)], anew=anew, adopt=adopt, by=by))

    def replay_all(
        self, record_ids: Sequence[str], *, anew: bool = False, even_dismissed: bool = False, by: str | None = None
    ) -> ExportOutcome:
        """Export several records, whatever their state: what `replay` does, with one look at the ledger for all.

        One that cannot be replayed does not stop the others: what the source does not have is `unreadable` in the outcome,
        and what was dismissed and is not confirmed is `failed`.

        Raises:
            ValueError: There is no record, or `by` is blank; nothing was posted.
            SettingsError: The settings name what the ledger does not have; nothing was posted.
            ApiError: The source or the ledger cannot be read; nothing was posted.
            JournalError: The journal cannot be read; nothing was posted.
        """
        return replay_several(
            self, record_ids, self._replayed, anew=anew, even_dismissed=even_dismissed, by=checked_by(by)
        )

    def dismiss(self, record_id: str, *, why: str, by: str | None = None) -> ExportOutcome:
        """Take a record out of the queue that a person has booked by hand. `replay` takes it up again.

        The source is told that it is done, without an object of the ledger, and the journal keeps why, and `by` whom; by who
        runs the export when left out.

        Raises:
            UnknownRecordError: The source has no such record.
            ValueError: This export has posted it or may have, `why` is empty, or there is no journal to keep it.
            SettingsError: The settings name what the ledger does not have.
            ApiError: The source or the ledger cannot be read.
            JournalError: The journal cannot be read or written.
        """
        known = [self.record(record_id)]
        return self._replayed(dismiss_records(self, [record_id], why=why, by=by, known=known))

    def dismiss_all(self, record_ids: Sequence[str], *, why: str, by: str | None = None) -> ExportOutcome:
        """Take records out of the queue that a person has booked by hand, all of them or none.

        What `dismiss` does, with one look at the ledger for all.

        Raises:
            DismissalError: For some of them it cannot be done, each with its reason; nothing was dismissed.
            ValueError: There is no record, `why` is empty, or there is no journal to keep it.
            SettingsError: The settings name what the ledger does not have.
            ApiError: The source or the ledger cannot be read.
            JournalError: The journal cannot be read or written.
        """
        return self._replayed(dismiss_records(self, record_ids, why=why, by=by))

    def hold(self, record_id: str, *, by: str, why: str) -> Review:
        """Hold the posting of a record until somebody other than `by` approves it.

        Of a record that is posted already, only a change can be held, once Brex has it.

        Raises:
            UnknownRecordError: The source has no such record.
            ValueError: It is posted as it is or dismissed, or there is no name, no reason, or no journal to keep it.
            ApiError: The source cannot be read.
            JournalError: The journal cannot be read or written.
        """
        return hold_record(self, record_id, by=by, why=why)

    def approve(self, record_id: str, *, by: str, seen: str | None = None) -> Review:
        """Approve what is to be posted for a record, as it is now; the next run posts it. It lapses where that changes.

        `seen` is the `content_of` what the person has looked at: where something else is to be posted by now, nothing is
        approved.

        Raises:
            UnknownRecordError: The source has no such record.
            SelfApprovalError: Who approves has held it, or it is that person's spending.
            NothingToApproveError: There is nothing to post for it, as where it is posted as it is or dismissed.
            ChangedSinceSeenError: It is not what was `seen`.
            UnnamedApproverError: There is no name.
            ValueError: There is no journal to keep it. The four errors above are subclasses of it.
            SettingsError: The settings name what the ledger does not have.
            ApiError: The source or the ledger cannot be read.
            JournalError: The journal cannot be read or written.
        """
        return approve_record(self, record_id, by=by, seen=seen).review

    def _replayed(self, records: Sequence[Record]) -> ExportOutcome:
        with self._holders.one() as journal, tenant_of(journal):
            runner = self._parts(journal).carry_out(replayed=records, failed=self._failed)
        self._failed = runner.failed
        return runner.outcome()

    def _parts(self, journal: Journal | None = None) -> RunParts:
        return RunParts(
            source=self.source,
            ledger=self.ledger,
            bridge=self.bridge,
            journal=journal or self.journal,
            batch=self.batch,
            in_flight=self.in_flight,
            clock=self._clock,
            hold=self._hold,
            download=self._download,
            kept=self._kept,
        )

    def verify(self) -> tuple[Disagreement, ...]:
        """Every disagreement between journal, source and ledger; see `verify`. Raises `ApiError` and `JournalError`."""
        return verify(self.source, self.ledger, self.journal, self.bridge.settings.reference_type, bridge=self.bridge)

    def books(self) -> Books:
        """A snapshot of the ledger. Raises `SettingsError` where the settings name what it does not have."""
        return checked_books(self.ledger, self.bridge.settings)

    def record(self, record_id: str) -> Record:
        """One record of the source, whatever its state. Raises `UnknownRecordError` and `ApiError`."""
        found = self.records([record_id])
        if not found:
            raise UnknownRecordError(f"{self.source.name} has no {self.bridge.wording.named(record_id)}")
        return found[0]

    def records(self, ids: Sequence[str]) -> list[Record]:
        """Those records that the source has, whatever their state. Raises `ApiError`."""
        pages = self.source.pages(ids=ids, updated_after=None, changed_since=None) if ids else ()
        return [each for page in pages for each in page.records if each.id in ids]

    def followed(self, record: Record, books: Books) -> Followed | None:
        """What is known of the record that this one follows, such as the reimbursement of a payout; None where it follows none.

        It is None too for a payment whose bill is in `books`, where the mapping finds it.

        Raises `ApiError` and `JournalError`.
        """
        if not follows(record) or record.source_id is None:
            return None
        looked = looked_up(self.ledger, [record.id], since=record.posted_at - _A_YEAR, sources=[record.source_id])
        origins = Origins(self.source, self.journal, looked)
        origins.learn([record], self.bridge.settings, books)
        return origins.of(record)
