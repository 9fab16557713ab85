"""The records of a run that are new, posted on kept books before everything else; `kept_books` says what that is safe for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import attrs

from brex_accounting import Record, RecordType
from bridge.books import Books
from bridge.decisions import Post, Refuse, Skip, SkipCode
from bridge.documents.protocol import PlannedVendor, parts_of
from bridge.export.engine.attempts import Attempt, last_attempt
from bridge.export.engine.calls import Calls
from bridge.export.engine.deciding import Decisions
from bridge.export.engine.kept_books import Reading
from bridge.export.engine.own_documents import tried
from bridge.export.engine.survey import Survey, pays_a_bill, settles
from bridge.export.engine.tasks.protocol import Done, Task, TaskContext
from bridge.export.engine.tasks.record import RecordTask
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.protocol import LookUp
from bridge.export.reporting.report import Warned
from bridge.followed import follows
from bridge.mapping import Bridge
from bridge.settings.check_source import uncarried

#: Makes tasks of records, on these books, with these decisions and after this look at the ledger.
Prepare: TypeAlias = Callable[[Sequence[Record], Books, Decisions, LookUp], Sequence[RecordTask]]

# What nothing becomes of, and what the source does not hear of.
_LEFT_ALONE = frozenset({SkipCode.BEFORE_START, SkipCode.OTHER_BASIS, SkipCode.NOT_READY})


class NewRecords:
    """Hands out tasks for what is new, and for what has not changed; `books` are those that were kept.

    `check` raises `SettingsError` where the settings do not fit books that were read meanwhile. `done` are the records that
    need nothing else in this run, with the fields of each whose values are carried nowhere.
    """

    def __init__(
        self, reading: Reading, bridge: Bridge, journal: Journal, *, prepare: Prepare, check: Callable[[Books], None]
    ) -> None:
        self._reading, self._bridge, self._journal = reading, bridge, journal
        self._prepare, self._check = prepare, check
        self._warned = set[str]()
        self._decisions = Decisions(bridge, journal, self._note_warning)
        self.books = reading.books()
        self.done = dict[str, frozenset[str]]()

    @property
    def not_carried(self) -> Mapping[str, int]:
        """How many of the records that are done have values of a field that are carried nowhere."""
        return Counter(field for fields in self.done.values() for field in fields)

    def tasks(self, pages: Iterable[Sequence[Record]], survey: Survey) -> Iterator[Task]:
        """The tasks for these records, as far as they are new or unchanged. Raises `ApiError`, `JournalError` and `SettingsError`."""
        for page in pages:
            attempts = self._journal.attempts_of([each.id for each in page])
            simple = [each for each in page if not settles(each) and not follows(each) and not _is_open(attempts, each)]
            posts = self._posts([each for each in simple if not attempts.get(each.id)])
            books = self.books
            bills = [each for each in simple if each.type == RecordType.BILL_EXPENSE]
            numbered = self._reading.with_numbers(books, posts) if bills else None
            others = [each for each in simple if each.type != RecordType.BILL_EXPENSE]
            looked = self._reading.look_up(_kinds(posts) | self._reading.kinds_of_entries, survey)
            unchanged = list[Record]()
            for records, shown in ((others, books), (bills, numbered)):
                for task in self._prepare(records, shown, self._decisions, looked) if shown is not None else ():
                    made = attempts.get(task.record.id, ())
                    if _is_unchanged(task, made):
                        unchanged.append(task.record)
                    elif not made and self._is_simple(task):
                        yield self._task(task, books)
            # Behind the others, so that a short slice of time gets to what is new.
            for each in unchanged:
                self.done[each.id] = frozenset()
                yield NothingToDo(record=each)

    def books_of_payments(self, survey: Survey) -> Books | None:
        """The books with the bills that are paid; None where they are not known. Raises `ApiError` and `JournalError`."""
        return self._reading.with_known_bills(self.books, survey)

    def payments(self, pages: Iterable[Sequence[Record]], survey: Survey, books: Books) -> Iterator[Task]:
        """The tasks for new payments of bills, on books that have these bills.

        Each is looked for among the payments of its bill before it is made. Entries are looked at where one is to be
        posted beside it: others correct a payment that was made before, and the journal, which knows the bill, tells.

        Raises `ApiError`, `JournalError` and `SettingsError`.
        """
        for page in pages:
            bills = [each for each in page if pays_a_bill(each)]
            looked = self._reading.look_up(_kinds(self._mapped(bills, books)), survey)
            for task in self._prepare(bills, books, self._decisions, looked):
                if self._is_simple(task):
                    yield self._task(task, books)

    def _task(self, task: RecordTask, books: Books) -> NewRecordTask:
        is_posted = isinstance(task.decision, Post)
        lost = uncarried(task.record, self._bridge.settings, books) if is_posted else frozenset[str]()
        return NewRecordTask(task=task, not_carried=lost, done=self.done)

    def _posts(self, records: Sequence[Record]) -> list[Post]:
        """What would be posted; by the books of now where a vendor would be created, which has to be right at once."""
        posts = self._mapped(records, self.books)
        if not any(isinstance(each.document.party, PlannedVendor) for each in posts):
            return posts
        refreshed = self._reading.refreshed()
        if refreshed is self.books:
            return posts
        self._check(refreshed)
        self.books = refreshed
        return self._mapped(records, self.books)

    def _mapped(self, records: Sequence[Record], books: Books) -> list[Post]:
        outcomes = (tried(self._bridge.outcome(each, books), self._bridge) for each in records)
        return [each for each in outcomes if isinstance(each, Post)]

    def _is_simple(self, task: RecordTask) -> bool:
        """Whether it posts something new without a warning, or nothing becomes of its record."""
        if task.unread is not None or task.found or task.alike or task.receipts_left or task.record.id in self._warned:
            return False
        if isinstance(task.decision, Skip):
            return task.decision.code in _LEFT_ALONE
        return isinstance(task.decision, Post) and (task.offered or task.asked)

    def _note_warning(self, warned: Warned) -> None:
        self._warned.add(warned.record_id)


@attrs.frozen(kw_only=True)
class NewRecordTask:
    """A task on kept books: what it comes to counts, unless it is a refusal, which waits for books that are read anew."""

    task: RecordTask
    not_carried: frozenset[str]
    done: dict[str, frozenset[str]]

    @property
    def records(self) -> tuple[Record, ...]:
        """Those of the task."""
        return self.task.records

    def carry_out(self, context: TaskContext) -> Calls[Done]:
        """Carry it out; a refusal is left for later."""
        done = yield from self.task.carry_out(context)
        if any(isinstance(each, Refuse) for each in done.results):
            return Done(results=(), later=True)
        self.done[self.task.record.id] = self.not_carried
        return done


@attrs.frozen(kw_only=True)
class NothingToDo:
    """A record that was posted and has not changed since, and of which its source does not wait to hear."""

    record: Record

    @property
    def records(self) -> tuple[Record, ...]:
        """The one record."""
        return (self.record,)

    def carry_out(self, context: TaskContext) -> Calls[Done]:
        """Do nothing."""
        del context
        yield from ()
        return Done(results=(), reports=False)


def _is_unchanged(task: RecordTask, attempts: Sequence[Attempt]) -> bool:
    """Whether the journal has it as posted, the record says what it said then, and nobody waits to hear of it."""
    last = last_attempt(attempts)
    if last is None or not last.is_there or task.decision is not None:
        return False
    return not (task.offered or task.asked or task.receipts_left or task.unread is not None)


def _kinds(posts: Iterable[Post]) -> frozenset[str]:
    return frozenset(part.kind for post in posts for part in parts_of(post.document))


def _is_open(attempts: Mapping[str, Sequence[Attempt]], record: Record) -> bool:
    return any(each.is_open for each in attempts.get(record.id, ()))
