"""What was read of a ledger, kept between runs, so that a record that is new costs a few requests.

Only what is new is posted on kept books: a record that nothing is known of, that the mapping takes without a warning, and
that a look at the ledger does not find. Everything else, and whatever the ledger rejects then, waits for the end of the
run, when everything is read anew. Deletions do not show in what is kept, and all that rests on an absence is looked for
in what changed since, so that what was deleted makes nothing look new.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import attrs

from brex_accounting import RecordType
from bridge.books import Books
from bridge.decisions import Post
from bridge.documents.protocol import Found, Ref
from bridge.export.engine.paid import with_known_bills
from bridge.export.engine.survey import Survey
from bridge.export.journal.protocol import Journal
from bridge.export.ledgers.own import snapshot_of
from bridge.export.ledgers.protocol import LookUp, RefreshableLedger
from bridge.export.ledgers.refreshing import changed_after
from bridge.export.owners import ledger_owner
from bridge.unreadable import UnreadableEntry

_MAX_AGE = timedelta(minutes=5)
# A record that is announced was posted within a month in most cases.
_BEHIND = timedelta(days=31)
_CLOCK_MARGIN = timedelta(days=1)
_EVERYTHING = datetime(1970, 1, 1, tzinfo=UTC)
# Beyond it the objects of a kind are forgotten, and those that the next run needs are read; each takes some kilobytes.
_MOST_KEPT = 10_000


@attrs.define(kw_only=True)
class _Kind:
    """The objects of one kind that changed after `since`; those that were deleted meanwhile are among them."""

    since: datetime
    read_at: datetime
    aged: float
    found: dict[Ref, Found] = attrs.field(factory=dict[Ref, Found])
    unreadable: dict[object, UnreadableEntry] = attrs.field(factory=dict[object, UnreadableEntry])

    @property
    def listed(self) -> Iterator[Found | UnreadableEntry]:
        yield from self.found.values()
        yield from self.unreadable.values()


@attrs.define(kw_only=True)
class _Snapshot:
    """Books, and apart from them the accounts that pay bills: payments alone are decided with these, as in any run."""

    books: Books
    read_at: datetime
    aged: float
    paying_accounts: frozenset[str] | None = None


class KeptBooks:
    """The books of one ledger, kept in this process for the runs of its exports; for any thread.

    Give one to each export of a tenant, or to the one that is kept: ``Export(…, kept=KeptBooks())``. A run then reads the
    last closed period and what changed since the run before, and posts what is new. The rest of the books is up to
    `max_age` old. Closed periods, and objects of the kinds that are posted, are looked at in each run; so are the bill
    and its payments for each payment of a bill. What is refused, changed or found is decided on books that are read
    anew, and so are payments beside anything of that. With `summarise` in the settings nothing is kept.

    Args:
        max_age: How old the chart of accounts, fields, vendors and the rest may be.
        clock: Seconds on a monotonic clock.
    """

    def __init__(self, max_age: timedelta = _MAX_AGE, *, clock: Callable[[], float] = time.monotonic) -> None:
        if max_age < timedelta(0):
            raise ValueError(f"books cannot be {max_age} old")
        self._max_age, self._clock = max_age.total_seconds(), clock
        self._guard = threading.RLock()
        self._owner: str | None = None
        self._asked_at = 0.0
        self._ledger: object = None
        self._snapshot: _Snapshot | None = None
        self._kinds = dict[str, _Kind]()

    def forget(self) -> None:
        """Read everything anew in the next run."""
        with self._guard:
            self._owner, self._ledger, self._snapshot = None, None, None
            self._kinds.clear()

    def reading(self, ledger: RefreshableLedger, journal: Journal) -> Reading:
        """What a run reads, and keeps."""
        with self._guard:
            for kind in [kind for kind, each in self._kinds.items() if len(each.found) > _MOST_KEPT]:
                del self._kinds[kind]
        return Reading(self, ledger, journal)

    def _is_old(self, aged: float) -> bool:
        return self._clock() - aged > self._max_age


class Reading:
    """What one run reads of a ledger whose books are kept. Its methods raise `ApiError`."""

    def __init__(self, kept: KeptBooks, ledger: RefreshableLedger, journal: Journal) -> None:
        self._kept, self._ledger, self._journal = kept, ledger, journal
        self._fresh = set[str]()
        self._is_refreshed = False

    @property
    def is_owned(self) -> bool:
        """Whether the owner of the books was asked a moment ago, and is that of what is kept."""
        kept = self._kept
        with kept._guard:
            return self._ledger is kept._ledger and not kept._is_old(kept._asked_at)

    @property
    def has_books(self) -> bool:
        """Whether there are books that were kept."""
        return self._kept._snapshot is not None

    def own(self) -> None:
        """Remember whose the books are, which was just compared with the journal's; what is kept of another one is forgotten."""
        kept = self._kept
        with kept._guard:
            owner = ledger_owner(self._ledger, self._journal)
            owner = None if owner is None else f"{owner}, by {self._ledger.reference_type}"
            if owner != kept._owner or (owner is None and self._ledger is not kept._ledger):
                kept.forget()
            kept._owner, kept._ledger, kept._asked_at = owner, self._ledger, kept._clock()

    def books(self) -> Books:
        """The books that were kept, with the closed periods as they are now; refreshed where they are too old."""
        kept = self._kept
        with kept._guard:
            had = kept._snapshot
            if had is not None and not kept._is_old(had.aged):
                return self._ledger.with_closed_periods(had.books)
            return self.refreshed()

    def refreshed(self) -> Books:
        """The books as they are now, but for vendors that were deleted; read once for a run."""
        kept = self._kept
        with kept._guard:
            had = kept._snapshot
            if had is None:
                return self.anew()
            if not self._is_refreshed:
                self._keep(lambda: self._ledger.refreshed(had.books, read_at=had.read_at))
            return had.books if kept._snapshot is None else kept._snapshot.books

    def anew(self) -> Books:
        """Everything, read anew and kept."""
        with self._kept._guard:
            return self._keep(lambda: snapshot_of(self._ledger))

    def with_numbers(self, books: Books, posts: Sequence[Post]) -> Books | None:
        """The books with every bill, for numbers that come twice; None where one of them cannot be read."""
        kinds = {post.document.kind for post in posts if post.record.type == RecordType.BILL_EXPENSE}
        with self._kept._guard:
            kept = [self._current(kind, _EVERYTHING) for kind in sorted(kinds)]
        if any(each.unreadable for each in kept):
            return None
        return self._ledger.with_numbers(books, [each for one in kept for each in one.found.values()])

    @property
    def kinds_of_entries(self) -> frozenset[str]:
        """The kinds that any record may have an object of."""
        return frozenset(self._ledger.kinds_of_entries)

    def with_known_bills(self, books: Books, survey: Survey) -> Books | None:
        """The books with the bills that are paid, as the journal knows them, and the accounts that pay bills.

        None where the bills are not known; see `paid.with_known_bills`. Raises `JournalError` too.
        """
        kept, looked = self._kept, self.look_up((), survey)
        with kept._guard:
            snapshot = kept._snapshot
            if snapshot is not None and snapshot.paying_accounts is not None:
                books = attrs.evolve(books, paying_accounts=snapshot.paying_accounts)
            found = with_known_bills(books, survey.paying, self._ledger, self._journal, looked)
            if snapshot is not None and found is not None:
                snapshot.paying_accounts = found.paying_accounts
            return found

    def look_up(self, kinds: Collection[str], survey: Survey) -> LookUp:
        """What there is for records: of these kinds as it is now, and of the others as it was a while ago."""
        if survey.since is None:
            return LookUp()
        ledger, kept = self._ledger, self._kept
        after = survey.since - _CLOCK_MARGIN
        with kept._guard:
            listed = [
                each
                for kind in ledger.kinds_looked_at
                for each in (self._current(kind, after) if kind in kinds else self._recent(kind, after)).listed
            ]
        return ledger.look_up(listed, survey.subjects, survey.sources)

    def look_up_anew(self, survey: Survey) -> LookUp:
        """What there is for records, all of it read anew and kept, with what changed some days before."""
        ledger, kept = self._ledger, self._kept
        since = survey.since or self._journal.now()
        with kept._guard:
            kept._kinds.clear()
            first = min(since, self._journal.now()) - _CLOCK_MARGIN - _BEHIND
            listed = [each for kind in ledger.kinds_looked_at for each in self._current(kind, first).listed]
        return ledger.look_up(listed, survey.subjects, survey.sources)

    def _keep(self, read: Callable[[], Books]) -> Books:
        began, aged = self._journal.now(), self._kept._clock()
        books = read()
        self._kept._snapshot = _Snapshot(books=books, read_at=began, aged=aged)
        self._is_refreshed = True
        return books

    def _recent(self, kind: str, since: datetime) -> _Kind:
        had = self._kept._kinds.get(kind)
        if had is not None and had.since <= since and not self._kept._is_old(had.aged):
            return had
        return self._current(kind, since)

    def _current(self, kind: str, since: datetime) -> _Kind:
        kept = self._kept
        had = kept._kinds.get(kind)
        if had is not None and had.since <= since and kind in self._fresh:
            return had
        began, aged = self._journal.now(), kept._clock()
        if had is None or had.since > since:
            found = _Kind(since=since, read_at=began, aged=aged)
            after = since
        else:
            times = (self._ledger.changed_at(each) for each in had.found.values())
            after = max(changed_after(times, had.read_at) or had.since, had.since)
            found = attrs.evolve(had, read_at=began, aged=aged)
        for each in self._ledger.changed(kind, after):
            if isinstance(each, UnreadableEntry):
                found.unreadable[each.id or each.texts] = each
            else:
                found.found[each.ref] = each
                found.unreadable.pop(each.ref.id, None)
        kept._kinds[kind] = found
        self._fresh.add(kind)
        return found
