"""The records of one run in the order of work, as tasks. A plan walks the same way with a sender that does not send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeAlias

from brex_accounting import Record
from bridge.books import Books
from bridge.callers import Zones
from bridge.decisions import Decision, Post, Reason, ReasonCode, Refuse
from bridge.documents.protocol import Found, parts_of
from bridge.documents.record_digest import record_digest
from bridge.export.engine.attempts import in_summaries
from bridge.export.engine.bill_numbers import BillNumbers
from bridge.export.engine.claims import Claims
from bridge.export.engine.deciding import Decisions
from bridge.export.engine.facts import Standing
from bridge.export.engine.holding import Hold
from bridge.export.engine.kept_books import KeptBooks, Reading
from bridge.export.engine.looked_up import check_marks
from bridge.export.engine.new_records import NewRecords
from bridge.export.engine.origins import NotedTask, Origins
from bridge.export.engine.own_receipts import OwnReceipts
from bridge.export.engine.paid import with_what_is_paid
from bridge.export.engine.run_marks import changes_since, receipts_left, refused_changes
from bridge.export.engine.saved_plan import Permits, permits_all
from bridge.export.engine.sender import Sender
from bridge.export.engine.standing import State, state_of, telling
from bridge.export.engine.survey import ONE_PAGE, RecordQueue, Survey, ignore, moves_money
from bridge.export.engine.tasks.bill_payment import BillPayer
from bridge.export.engine.tasks.protocol import Task, TaskContext
from bridge.export.engine.tasks.receipts import Download, ReceiptUploader
from bridge.export.engine.tasks.record import RecordTask
from bridge.export.engine.tasks.summary import (
    MOST_COLLECTED,
    SUMMARISED,
    OpenSummaryTask,
    SummaryCollector,
    check_summaries,
)
from bridge.export.engine.tasks.vendor import VendorCreator, settle_found_vendors
from bridge.export.ledgers.own import looked_up, snapshot_of, with_bills_of
from bridge.export.ledgers.protocol import Ledger, LookUp, RefreshableLedger, SelectiveLedger, UnreadableObjectError
from bridge.export.owners import check_clock, check_owner, check_use, counts_versions, use_of
from bridge.export.reporting.report import CreatedVendor, Warned
from bridge.export.sources.brex import is_early
from bridge.export.sources.protocol import CodingSource, Source
from bridge.mapping import Bridge
from bridge.settings.check import Problem, check, check_for_all
from bridge.settings.check_source import SourceFields, check_source
from bridge.settings.values import Settings, SettingsError

#: Adds to a snapshot of the books what payments look for.
WithBills: TypeAlias = Callable[[Books], Books]


class Walk:
    """One run's way through the records of a source.

    `created` is told of each vendor that is created, `warn` of what a person should look at. With `kept` books, what is new
    goes before everything else; see `kept_books`.
    """

    def __init__(
        self,
        source: Source,
        sender: Sender,
        bridge: Bridge,
        *,
        download: Download | OwnReceipts | None,
        hold: Hold,
        created: Callable[[CreatedVendor], object],
        warn: Callable[[Warned], object],
        permits: Permits = permits_all,
        kept: KeptBooks | None = None,
        claims: Claims | None = None,
    ) -> None:
        self._source, self._sender, self._bridge, self._hold = source, sender, bridge, hold
        self._download, self._warn, self._permits, self._claims = download, warn, permits, claims
        self._ledger, self._journal = sender.ledger, sender.journal
        self._decisions = Decisions(bridge, self._journal, warn, BillNumbers(self._ledger))
        self._vendors = VendorCreator(sender, created)
        self._receipts_left: Mapping[str, datetime] = {}
        self._reading: Reading | None = None
        if kept is not None and isinstance(self._ledger, RefreshableLedger) and not bridge.settings.summarise:
            self._reading = kept.reading(self._ledger, self._journal)

    def begin(
        self,
        *,
        ids: Sequence[str] | None = None,
        updated_after: datetime | None = None,
        changed_since: datetime | None = None,
        replayed: Sequence[Record] = (),
        failed: Collection[str] = (),
        see: Callable[[Record], object] = ignore,
    ) -> None:
        """Read the books and see what waits; `replayed` are the only records then, whatever their state.

        Records that `failed` the last time come behind the others. `see` is shown each record.

        Raises:
            SettingsError: The settings name what the ledger does not have.
            ApiError: The source or the ledger cannot be read.
            JournalError: The journal cannot be read, or belongs to another company.
        """
        check_use(use_of(self._source), self._journal, binds=not self._sender.is_dry)
        if self._reading is None or not self._reading.is_owned:
            check_owner(self._source, self._ledger, self._journal, binds=not self._sender.is_dry)
            if self._reading is not None:
                self._reading.own()
        if (told := check_clock(self._journal)) is not None:
            self._warn(Warned(record_id="", code="clock", text=told))
        self._new: NewRecords | None = None
        if self._reading is not None and self._reading.has_books:
            self._new = NewRecords(
                self._reading, self._bridge, self._journal, prepare=self._prepared, check=self._refuse_problems
            )
        self._books = self._read() if self._new is None else self._new.books
        fields = fields_of(self._source, self._bridge.settings)
        self._is_replay = bool(replayed)
        if changed_since is None and ids is None:
            changed_since = changes_since(self._journal)
        self._queue = RecordQueue(
            self._source,
            ids=ids,
            updated_after=updated_after,
            changed_since=changed_since,
            keeps=MOST_COLLECTED if self._bridge.settings.summarise else ONE_PAGE,
            also=() if ids is not None or updated_after is not None else self._left(),
            only=replayed,
        )
        self.survey: Survey = self._queue.survey(self._journal, failed, partial(_show, (fields.see, see)))
        self._payer = BillPayer(self._sender, self.survey.alike)
        self._fields = fields
        found = self._found_by_check(self._books)
        if self._new is not None and _problems(found):
            # They may be those of books that are not of now.
            self._new, self._books = None, self._read()
            found = self._found_by_check(self._books)
        self._refuse(found)
        for each in found:
            self._warn(Warned(record_id="", code="settings", text=each))
        if self._new is not None:
            self._looked = LookUp()
        elif self._reading is not None:
            self._looked = self._reading.look_up_anew(self.survey)
        else:
            self._looked = self._look_up(self.survey)
        self._origins = Origins(self._source, self._journal, self._looked)
        check_summaries(self._bridge.settings, self._journal, self._looked.by_subject)
        settle_found_vendors(self._sender, self._books)

    @property
    def books(self) -> Books:
        """The books as they were read."""
        return self._books

    def _refuse_problems(self, books: Books) -> None:
        """Compare the settings with both sides. Raises `SettingsError` for what is wrong."""
        self._refuse(self._found_by_check(books))

    def _refuse(self, found: Sequence[Problem]) -> None:
        if problems := _problems(found):
            raise SettingsError(problems)

    def _found_by_check(self, books: Books) -> tuple[Problem, ...]:
        settings = self._bridge.settings
        return (*check(settings, books), *check_source(settings, books, self._fields, self._bridge.zones))

    def _read(self) -> Books:
        return snapshot_of(self._ledger) if self._reading is None else self._reading.anew()

    def uncarried(self) -> tuple[Warned, ...]:
        """Which values of fields were carried nowhere, with the number of records."""
        return tuple(
            Warned(
                record_id="", code="not_carried", text=f"values that are not carried over: {field} ({_records(count)})"
            )
            for field, count in sorted(self._not_carried().items())
        )

    def _not_carried(self) -> Counter[str]:
        new = Counter[str]() if self._new is None else Counter(self._new.not_carried)
        return self._decisions.not_carried + new

    def batches(self, with_bills: WithBills) -> Iterator[tuple[Iterator[Task], TaskContext]]:
        """The tasks in the order of work, those of a batch after all of the batch before."""
        survey = self.survey
        if self._new is not None:
            survey = yield from self._on_kept_books(self._new)
            if not survey.count and not survey.open_summaries:
                return
            self._read_anew(survey)
        summaries, books = self._looked.by_subject, self._books
        known = [each for each in survey.open_summaries if each.subject not in self._looked.unreadable]
        if known:
            opened = (OpenSummaryTask(attempt=each, found=summaries.get(each.subject, ())) for each in known)
            yield opened, self._context(books)
        if survey.withdrawn:
            yield self._tasks(survey.withdrawn, books), self._context(books)
            # What they paid can be changed now.
            self._looked = self._look_up(survey)
        is_selective = isinstance(self._ledger, SelectiveLedger)
        if survey.has_new_bills and (survey.documents or survey.late) and not is_selective:
            # The numbers of bills are compared with those that are there.
            books = with_bills_of(self._ledger, books)
        for batch in (survey.documents, survey.late):
            if batch:
                tasks = (NotedTask(task=each, origins=self._origins) for each in self._tasks(batch, books))
                yield tasks, self._context(books)
        paying: Books | None = None
        for batch in (survey.begun_payments, survey.payments):
            if batch:
                # What payments are for is in the ledger now, that of this run too.
                paying = paying or with_bills(self._with_what_is_paid(survey))
                yield self._tasks(batch, paying), self._context(paying)

    def _on_kept_books(self, new: NewRecords) -> Generator[tuple[Iterator[Task], TaskContext], None, Survey]:
        """The tasks for what is new; returns what is left."""
        tasks = new.tasks(self._queue.pages(self.survey.documents), self.survey)
        yield (NotedTask(task=each, origins=self._origins) for each in tasks), self._context(self._books)
        survey = self.survey.without(new.done)
        # What is paid can hardly be changed, so payments wait where anything else is left.
        if not survey.payments or survey.open_summaries or survey.count > len(survey.payments):
            return survey
        books = new.books_of_payments(survey)
        if books is not None:
            yield new.payments(self._queue.pages(survey.payments), survey, books), self._context(books)
        return survey.without(new.done)

    def _with_what_is_paid(self, survey: Survey) -> Books:
        return with_what_is_paid(self._books, survey.paying, self._ledger, self._journal, self._looked)

    def _read_anew(self, survey: Survey) -> None:
        """Go on with what is there now, for the records that are left. Raises `SettingsError` and `ApiError`."""
        self._books = self._read()
        self._refuse_problems(self._books)
        self._looked = self._look_up(survey)
        self._origins.look_again(self._looked)

    def _left(self) -> Sequence[str]:
        """What earlier runs have not ended, or have refused to change, whatever the source says."""
        refused = refused_changes(self._journal)
        self._receipts_left = receipts_left(self._journal)
        return list(dict.fromkeys([*self._journal.unfinished(), *refused, *self._receipts_left]))

    def _look_up(self, survey: Survey) -> LookUp:
        if survey.since is None:
            return LookUp()
        return looked_up(self._ledger, survey.subjects, since=survey.since, sources=survey.sources)

    def _context(self, books: Books) -> TaskContext:
        sender = self._sender
        receipts, settings = None, self._bridge.settings
        if settings.receipts and self._download is not None:
            receipts = ReceiptUploader(self._download, sender, settings)
        return TaskContext(
            sender,
            settings,
            books,
            vendors=self._vendors,
            payments=self._payer,
            receipts=receipts,
            hold=self._hold,
            wording=self._bridge.wording,
            permits=self._permits,
            claims=self._claims,
        )

    def _tasks(self, batch: Sequence[str], books: Books) -> Iterator[Task]:
        collector = SummaryCollector(self._bridge.settings, self._journal, books, partial(self._keeps_apart, books))
        for page in self._queue.pages(batch):
            yield from collector.tasks(self._prepared(page, books, self._decisions, self._looked))
        yield from collector.rest()

    def _keeps_apart(self, books: Books, post: Post) -> str | None:
        """Why a record is not summarised: it is held, or it is not as planned."""
        return self._hold(post) or self._permits(post.record.id, SUMMARISED, post, books)

    def _prepared(self, page: Sequence[Record], books: Books, decisions: Decisions, looked: LookUp) -> list[RecordTask]:
        ids = [each.id for each in page]
        attempts = self._journal.attempts_of(ids)
        members = self._journal.memberships(in_summaries(attempts))
        prepared = list[RecordTask]()
        self._origins.learn([each for each in page if not attempts.get(each.id)], self._bridge.settings, books)
        is_counted = counts_versions(self._source)
        for record in page:
            found = tuple(map(self._sender.as_left, looked.by_subject.get(record.id, ())))
            made = attempts.get(record.id, ())
            unknown: str | None = None
            try:
                check_marks(record.id, found, self._ledger)
                state = state_of(made, self._ledger, members.get(record.id, ()), found=telling(record, found))
            except UnreadableObjectError as error:
                state, unknown = State(), str(error)
            content = record_digest(record)
            # Until an open attempt is settled, nobody knows what stands, and so what has changed.
            is_same = state.is_of(record, content, is_counted=is_counted)
            is_settled = not any(each.is_open or self._sender.has_sent_again(each) for each in made)
            is_unchanged = _is_unchanged(record, state, is_same=is_same) and is_settled
            decision = (
                None
                if is_unchanged
                else decisions.of(
                    record, state, found, books, looked=looked, origins=self._origins, ledger=self._ledger
                )
            )
            unreadable = looked.unreadable
            unread = unreadable.get(record.id) or unreadable.get(record.source_id or "")
            if unread is not None or unknown is not None:
                # Nothing is summarised either.
                reason = Reason(code=ReasonCode.UNREADABLE, text=unknown or str(unread))
                decision = Refuse(record=record, reasons=(reason,))
            prepared.append(
                RecordTask(
                    record=record,
                    decision=decision,
                    content=content,
                    offered=self._source.is_offered(record),
                    asked=self._is_replay or self._is_posted_early(record, state),
                    found=found,
                    unmarked=looked.unmarked,
                    alike=_alike(decision, looked) if state.standing is Standing.NEW else (),
                    unread=unread,
                    receipts_left=record.id in self._receipts_left,
                    is_counted=is_counted,
                )
            )
        return prepared

    def _is_posted_early(self, record: Record, state: State) -> bool:
        is_new = state.standing is Standing.NEW
        return is_new and is_early(record, self._bridge.settings.bill_timing)


def checked_books(ledger: Ledger, settings: Settings) -> Books:
    """A snapshot of a ledger. Raises `SettingsError` where the settings name what it does not have."""
    books = snapshot_of(ledger)
    if problems := check_for_all(settings, books):
        raise SettingsError(problems)
    return books


def fields_with_values(settings: Settings) -> frozenset[str]:
    """The fields of a source of which the settings name values."""
    return frozenset(each.when.field for each in settings.entities if each.when is not None and each.when.field)


def fields_of(source: Source, settings: Settings) -> SourceFields:
    """The fields of a source, with the values of those of which the settings name values."""
    return SourceFields(source.fields(fields_with_values(settings)) if isinstance(source, CodingSource) else ())


def compared(settings: Settings, books: Books, source: Source, zones: Zones) -> tuple[Problem, ...]:
    """Everything that settings name and either side does not have, as far as it tells without its records."""
    return (*check(settings, books), *check_source(settings, books, fields_of(source, settings), zones))


def _show(lookers: Iterable[Callable[[Record], object]], record: Record) -> None:
    for look in lookers:
        look(record)


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count} records"


def _problems(found: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(each for each in found if not each.is_warning)


def _is_unchanged(record: Record, state: State, *, is_same: bool) -> bool:
    """Whether the record says what it said when it was posted, or nothing is to be done for it at all."""
    if state.standing is Standing.DISMISSED:
        return True
    if state.standing is not Standing.POSTED or state.is_begun:
        return False
    if not moves_money(record):
        # Both sides may agree on nothing, which the mapping tells.
        return False
    return is_same


def _alike(decision: Decision | None, looked: LookUp) -> tuple[Found, ...]:
    """Entries that say what would be posted, and do not tell for which record they were made."""
    if not isinstance(decision, Post) or not looked.unmarked:
        return ()
    forms = [each.form() for each in parts_of(decision.document)]
    return tuple(each for each in looked.unmarked if any(each.form.equals(form) for form in forms))
