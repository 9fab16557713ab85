"""What waits at the source: read once to see it, and again to hand it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime

import attrs

from brex_accounting import Record, RecordType
from bridge.documents.record_digest import record_digest
from bridge.export.engine.attempts import Attempt, has_failed, in_summaries, last_attempt, open_summary
from bridge.export.journal.protocol import Journal
from bridge.export.sources.protocol import Page, Source, Unreadable
from bridge.followed import follows
from bridge.mappers.summaries import Member
from bridge.totals import Total, sum_of, total_of

ONE_PAGE = 500
_PAYOUT = RecordType.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT


@attrs.frozen(kw_only=True)
class Survey:
    """The records that a run is about, by their ids.

    `withdrawn` are payments and the like that were begun and move no money any more: they go first, since nothing that
    is paid can be changed. `documents` is everything but payments and other records that follow one, which come last,
    because that is there then; those that failed the last time are `late`, so that they keep no others from their turn.
    `begun_payments` are those with an attempt in the journal. `paying` has the types of payments of bills and
    reimbursements, each with the ids that the source has for what they pay. `since`: no object of them is older in the ledger.
    `sources` are the ids that several records of the source share, and `alike` counts for a payment those of the same
    bill, day and amount that the source has as done. `unchanged` are in the ledger and read only to be compared, and say
    what they said then, as far as the journal knows; `waiting` is the number of the others and what they are about.
    """

    withdrawn: tuple[str, ...]
    documents: tuple[str, ...]
    late: tuple[str, ...]
    begun_payments: tuple[str, ...]
    payments: tuple[str, ...]
    open_summaries: tuple[Attempt, ...]
    unreadable: tuple[Unreadable, ...]
    since: datetime | None
    sources: frozenset[str]
    alike: Mapping[str, int]
    has_new_bills: bool
    waiting: Total
    unchanged: frozenset[str] = frozenset()
    paying: Mapping[RecordType, frozenset[str]] = attrs.field(factory=dict[RecordType, frozenset[str]])

    @property
    def batches(self) -> tuple[tuple[str, ...], ...]:
        """The records in the order of work."""
        return self.withdrawn, self.documents, self.late, self.begun_payments, self.payments

    def without(self, done: Collection[str]) -> Survey:
        """What is left when these records are done."""
        left = [tuple(each for each in batch if each not in done) for batch in self.batches]
        withdrawn, documents, late, begun_payments, payments = left
        return attrs.evolve(
            self,
            withdrawn=withdrawn,
            documents=documents,
            late=late,
            begun_payments=begun_payments,
            payments=payments,
        )

    @property
    def subjects(self) -> frozenset[str]:
        """All of them."""
        return frozenset(record_id for batch in self.batches for record_id in batch)

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(map(len, self.batches))


def pays_a_bill(record: Record) -> bool:
    """Whether a record is about a bill that has to be in the ledger already."""
    return record.type == RecordType.BILL_EXPENSE_PAYMENT


def settles(record: Record) -> bool:
    """Whether a record may be the payment of a bill or of a reimbursement, which are looked for in the ledger first."""
    return pays_a_bill(record) or record.type in {RecordType.BILL_EXPENSE_CARD_PAYMENT, _PAYOUT}


def moves_money(record: Record) -> bool:
    """Whether there is anything on a line of a record; without it nothing is to be posted."""
    return any(each.amount.amount for each in record.line_items)


def ignore(record: Record) -> None:
    """Looks at no record."""
    del record


class RecordQueue:
    """The records of a source that a run is about, each handed out once.

    Records leave the queue while it is read, and nobody says that a source's cursors survive that. What is missed is read
    again, until a reading brings nothing else. A queue of up to `keeps` records is kept, and read only once. `also` are
    records that are not finished, whatever the source says; `only` is the whole queue where it is given.
    """

    def __init__(
        self,
        source: Source,
        *,
        ids: Sequence[str] | None = None,
        updated_after: datetime | None = None,
        changed_since: datetime | None = None,
        keeps: int = ONE_PAGE,
        also: Sequence[str] = (),
        only: Sequence[Record] = (),
    ) -> None:
        self._source, self._ids, self._keeps = source, ids, keeps
        self._updated_after, self._changed_since, self._only = updated_after, changed_since, only
        self._also, self._unfinished = tuple(also), frozenset(also)
        self._kept: list[Record] | None = []
        self._met = set[str | None]()

    def survey(
        self, journal: Journal, failed: Collection[str] = (), see: Callable[[Record], object] = ignore
    ) -> Survey:
        """Read the queue once; `failed` are records that failed the last time, `see` is shown each record.

        Raises `ApiError` and `JournalError`.
        """
        documents, late = dict[str, None](), dict[str, None]()
        withdrawn, begun, payments = dict[str, None](), dict[str, None](), dict[str, None]()
        summaries, unreadable = dict[str, Attempt](), dict[str | None, Unreadable]()
        times, sources, seen, counted = list[datetime](), set[str](), set[str](), set[str]()
        paying = dict[RecordType, frozenset[str]]()
        alike, keys = Counter[tuple[object, ...]](), dict[str, tuple[object, ...]]()
        unchanged, new_bills, waiting = set[str](), 0, Total()
        for page in self._read():
            unreadable.update((each.id, each) for each in page.unreadable)
            for other in page.others:
                # One that is asked for by its id comes later, and is a record of the run then.
                if settles(other) and other.id not in seen and other.id not in counted:
                    counted.add(other.id)
                    alike[_payment_key(other)] += 1
            records = [each for each in page.records if each.id not in seen]
            seen.update(each.id for each in records)
            attempts = journal.attempts_of([each.id for each in records])
            self._keep(records, see)
            unchanged.update(self._unchanged(records, attempts, journal))
            waiting = sum_of((waiting, total_of(each for each in records if each.id not in unchanged)))
            for record in records:
                made = attempts.get(record.id, ())
                if settles(record):
                    paying[record.type] = paying.get(record.type, frozenset()) | sources_of(record)
                    keys[record.id] = _payment_key(record)
                    alike[keys[record.id]] += not self._source.is_offered(record) and record.id not in counted
                if settles(record) or follows(record):
                    (payments if not made else begun if moves_money(record) else withdrawn)[record.id] = None
                else:
                    (late if record.id in failed or has_failed(made) else documents)[record.id] = None
                last = last_attempt(made)
                if last is None or not last.is_there:
                    new_bills += record.type == RecordType.BILL_EXPENSE
                    # Neither the journal nor the record's last change bounds how old an object may be: anybody may have
                    # posted it at any time since the record exists.
                    times += [record.posted_at, record.updated_at, *(each.intended_at for each in made)]
                if record.source_id is not None:
                    sources.add(record.source_id)
                if (summary := open_summary(made)) is not None:
                    summaries[summary.subject] = summary
        return Survey(
            withdrawn=tuple(withdrawn),
            documents=tuple(documents),
            late=tuple(late),
            begun_payments=tuple(begun),
            payments=tuple(payments),
            open_summaries=tuple(summaries.values()),
            unreadable=(*unreadable.values(), *self._unknown()),
            since=min(times, default=None),
            sources=frozenset(sources),
            alike={record_id: alike[key] for record_id, key in keys.items()},
            has_new_bills=new_bills > 0,
            waiting=waiting,
            unchanged=frozenset(unchanged),
            paying=paying,
        )

    def pages(self, batch: Sequence[str]) -> Iterator[Sequence[Record]]:
        """The records with these ids, in pages; in a page, oldest posting first, so that a refund follows its expense."""
        left, found = set(batch), True
        while left and found:
            found = False
            for page in [Page(records=tuple(self._kept))] if self._kept is not None else self._read():
                records = {each.id: each for each in page.records if each.id in left}
                if records:
                    found = True
                    left.difference_update(records)
                    yield sorted(records.values(), key=lambda record: (record.erp_posting_date, record.id))

    def _unchanged(
        self, records: Sequence[Record], attempts: Mapping[str, Sequence[Attempt]], journal: Journal
    ) -> Iterator[str]:
        """The records that are read only to be compared and are as they were posted."""
        members = journal.memberships(in_summaries(attempts))
        for each in records:
            is_waiting = self._only or self._source.is_offered(each) or each.id in self._unfinished
            if not is_waiting and _is_as_posted(each, attempts.get(each.id, ()), members.get(each.id, ())):
                yield each.id

    def _keep(self, records: Sequence[Record], see: Callable[[Record], object]) -> None:
        for record in records:
            see(record)
        if self._kept is not None:
            self._kept.extend(records)
            if len(self._kept) > self._keeps:
                self._kept = None

    def _read(self) -> Iterator[Page]:
        if self._only:
            yield Page(records=tuple(self._only))
            return
        if self._ids is not None:
            yield from self._named(self._ids)
            return
        yield from self._source.pages(ids=None, updated_after=self._updated_after, changed_since=self._changed_since)
        if self._also:
            yield from self._named(self._also)

    def _unknown(self) -> Iterator[Unreadable]:
        """The ids that were asked for and that the source does not have."""
        why = f"{self._source.name} has no record with this id"
        return (Unreadable(id=each, why=why) for each in dict.fromkeys(self._ids or ()) if each not in self._met)

    def _named(self, ids: Sequence[str]) -> Iterator[Page]:
        for page in self._source.pages(ids=ids, updated_after=None, changed_since=None):
            self._met.update(each.id for each in (*page.records, *page.others))
            self._met.update(each.id for each in page.unreadable)
            wanted = (each for each in page.records if self._source.is_offered(each) or self._source.is_taken(each))
            yield attrs.evolve(page, records=tuple(wanted))


def sources_of(record: Record) -> frozenset[str]:
    """The id that the source has for what a record is about, where it has one."""
    return frozenset() if record.source_id is None else frozenset({record.source_id})


def _is_as_posted(record: Record, attempts: Sequence[Attempt], members: Sequence[tuple[str, Member]]) -> bool:
    """Whether what the journal has of a record is settled, and the record says what it said then."""
    last = last_attempt(attempts)
    if last is None or any(each.is_open for each in attempts):
        return False
    if last.was_dismissed:
        return True
    if not last.was_carried_out or last.deletes == moves_money(record):
        return False
    entry = next((member for summary, member in members if summary == last.subject), last)
    return record.version <= entry.version if entry.content is None else entry.content == record_digest(record)


def _payment_key(record: Record) -> tuple[object, ...]:
    amount = record.amount
    return record.type, record.source_id, record.erp_posting_date.date(), amount.amount, amount.currency
