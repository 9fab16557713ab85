"""Reading Brex's queue page by page: once to see what waits, and again to hand it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

import brex_accounting
from brex_accounting import Record, ReviewStatus, SourceType
from bridge.export.engine.attempts import Attempt, Journal, open_summary, telling
from bridge.export.engine.tasks.bill import is_outdated
from bridge.export.ledgers.rillet import pays_a_bill
from clientkit.paging import Pager

ONE_PAGE = 500


def never_replaced(record: Record) -> bool:
    """Replaces no bill."""
    del record
    return False


class Reading:
    """The records that wait when it is made, or those of `ids` among them, each handed out once.

    Records leave the queue while it is read, and nobody says that Brex's cursors survive that. What is missed is read
    again, until a reading brings nothing else.

    `others` and `payments` are the ids of what waits to be handed out, payments of bills apart; `attempted` are payments
    with an attempt in the journal. `unclear` are the records of which the journal cannot tell where in Rillet they are,
    and nothing that is there of them is older than `since`, or than `bills_since` where it is a bill. `summaries` are the
    attempts of their summaries whose outcome is unknown.

    `replaceable` tells of which records Rillet has a bill that newer versions replace: those are handed out also where
    Brex has them as exported, if the journal has an older version. A queue of up to `keeps` records is kept, and read only
    once.

    Raises:
        ApiError: Brex cannot be read.
        JournalError: The journal cannot be read.
    """

    def __init__(
        self,
        brex: brex_accounting.Client,
        journal: Journal,
        *,
        updated_after: datetime | None = None,
        ids: Sequence[str] | None = None,
        replaceable: Callable[[Record], bool] = never_replaced,
        keeps: int = ONE_PAGE,
    ) -> None:
        self._brex, self._updated_after, self._ids, self._replaceable = brex, updated_after, ids, replaceable
        self._keeps = keeps
        self._is_blank = next(journal.walk(), None) is None
        self._kept: list[Record] | None = []
        self.others, self.payments, self.attempted = set[str](), set[str](), set[str]()
        self.unclear = set[str]()
        self.since: datetime | None = None
        self.bills_since: datetime | None = None
        self.summaries = dict[str, Attempt]()
        for page in self._pages():
            fresh = (each for each in page if each.id not in self.others and each.id not in self.payments)
            self._look_at(list(fresh), journal)
        self.count = len(self.others) + len(self.payments)

    def pages(self, waiting: set[str]) -> Iterator[Sequence[Record]]:
        """The records with these ids, in pages, and takes them out; in a page, oldest posting first: refunds follow."""
        found = True
        while waiting and found:
            found = False
            for page in [self._kept] if self._kept is not None else self._pages():
                records = [each for each in page if each.id in waiting]
                if records:
                    found = True
                    waiting.difference_update(each.id for each in records)
                    yield sorted(records, key=lambda record: (record.erp_posting_date, record.id))

    def _look_at(self, records: Sequence[Record], journal: Journal) -> None:
        attempts = journal.attempts_of([each.id for each in records])
        records = [each for each in records if _is_ready(each) or is_outdated(each, attempts.get(each.id, ()))]
        self._keep(records)
        for record in records:
            (self.payments if pays_a_bill(record) else self.others).add(record.id)
            made = attempts.get(record.id, ())
            if made and pays_a_bill(record):
                self.attempted.add(record.id)
            last = telling(made)
            if last is None or not last.is_there:
                self.unclear.add(record.id)
                # A record may have changed after an attempt; its object is as old as the attempt then.
                times = [record.updated_at, *(attempt.intended_at for attempt in made)]
                if self._is_blank:
                    # Whoever posted it wrote nothing down, or it is lost.
                    times += [record.posted_at]
                self.since = min(times) if self.since is None else min(self.since, *times)
                if self._replaceable(record):
                    # Also without an attempt that is known: the bill may show a version of long ago.
                    times += [record.posted_at]
                self.bills_since = min(times) if self.bills_since is None else min(self.bills_since, *times)
            if (summary := open_summary(made)) is not None:
                self.summaries[summary.subject] = summary

    def _keep(self, records: Iterable[Record]) -> None:
        if self._kept is not None:
            self._kept.extend(records)
            if len(self._kept) > self._keeps:
                self._kept = None

    def _pages(self) -> Iterator[Sequence[Record]]:
        for listing in self._listings():
            for page in listing.pages():
                yield [each for each in page.items if _is_ready(each) or self._may_be_replaced(each)]

    def _may_be_replaced(self, record: Record) -> bool:
        return record.review_status == ReviewStatus.EXPORTED and self._replaceable(record)

    def _listings(self) -> Iterator[Pager[Record]]:
        records, updated_after = self._brex.records, self._updated_after
        if self._ids is not None:
            yield records.list(ids=self._ids)
            return
        yield records.list(review_status=ReviewStatus.READY_FOR_EXPORT, updated_after=updated_after)
        # Brex does not find bills by their state.
        yield records.list(source_type=SourceType.BILL, updated_after=updated_after)


def _is_ready(record: Record) -> bool:
    return record.review_status == ReviewStatus.READY_FOR_EXPORT
