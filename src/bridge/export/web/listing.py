"""One page of the overview, and how many records stand where, without reading the whole journal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import attrs

from bridge.export.engine.approvals import held_by_hand
from bridge.export.journal.protocol import Journal, Listed, ListingJournal
from bridge.export.web.overview import Row, Status, counted, in_order, overview, row_by_journal, row_with
from bridge.export.web.readings import QueueReading

# A letter, or more of a day than its year; amounts have neither.
_SAYS_MORE = re.compile(r"[A-Za-z]|\d-\d")
_MAY_BE_WITHDRAWN = (Status.REFUSED, Status.HELD)


@attrs.frozen(kw_only=True)
class Listing:
    """The `rows` of one page from row `first` on, of `count` that fit, and how many records of all stand where."""

    rows: Sequence[Row]
    first: int
    count: int
    counts: Mapping[Status, int]


def listing(
    journal: Journal,
    reading: QueueReading | None = None,
    read_at: datetime | None = None,
    *,
    status: Status | None = None,
    words: str = "",
    first: int = 0,
    size: int = 50,
) -> Listing:
    """The rows of `overview` that have the status and the words, `size` of them from row `first` on, the newest day first.

    Behind the last row it is the last page. Raises `JournalError`.
    """
    if not isinstance(journal, ListingJournal) or not _are_found_by_database(words):
        return _of_all(overview(journal, reading, read_at), status=status, words=words, first=first, size=size)
    counts = Counter({Status(each): count for each, count in journal.counts().items()})
    changed, before = _changed(journal, reading, read_at, counts)
    counts.subtract(before.values())
    counts.update(row.status for row in changed.values())
    if words:
        latest = journal.latest_of([each for each in journal.searched(words.split()) if each not in changed])
        rows = [*changed.values(), *map(row_by_journal, latest)]
        return _of_all(in_order(rows), status=status, words=words, first=first, size=size, counts=counts)
    count = counts.total() if status is None else counts[status]
    first = _page_start(first, size, count)
    # Those whose row is another one than the journal's are taken out of its list, and put where they belong.
    more = sum(each is status or status is None for each in before.values())
    listed = journal.newest(status=None if status is None else status.value, limit=first + size + more)
    found = [_Place(day=_day(each), record_id=each.record_id) for each in listed if each.record_id not in before]
    found += [
        _Place(day=row.day or date.min, record_id=row.record_id)
        for row in changed.values()
        if status is None or row.status is status
    ]
    shown = [each.record_id for each in sorted(found, reverse=True)[first : first + size]]
    rest = {each.record_id: each for each in journal.latest_of([each for each in shown if each not in changed])}
    known = {**changed, **{each: row_by_journal(latest) for each, latest in rest.items()}}
    return Listing(
        rows=[known[each] for each in shown if each in known],
        first=first,
        count=count,
        counts=_of_each(counts),
    )


@attrs.frozen(order=True)
class _Place:
    day: date
    record_id: str


def _changed(
    journal: ListingJournal, reading: QueueReading | None, read_at: datetime | None, counts: Mapping[Status, int]
) -> tuple[dict[str, Row], dict[str, Status]]:
    """The rows that not the journal's table alone decides, and the status that this table has of them."""
    held = frozenset(held_by_hand(journal))
    ids = dict.fromkeys([*held, *journal.were_held()])
    read = None
    if reading is not None and read_at is not None:
        read = reading, read_at
        ids |= dict.fromkeys([*reading.decisions, *reading.facts])
        for each in _MAY_BE_WITHDRAWN:
            if counts[each]:
                ids |= dict.fromkeys(row.record_id for row in journal.newest(status=each, limit=counts[each]))
    latest = {each.record_id: each for each in journal.latest_of(ids)}
    rows = {each: row_with(each, latest.get(each), journal, read, is_held=each in held) for each in ids}
    before = {record_id: row_by_journal(each).status for record_id, each in latest.items()}
    return {record_id: row for record_id, row in rows.items() if row is not None}, before


def _are_found_by_database(words: str) -> bool:
    """Whether a database can look for them: a number may be the sum of lines, and databases fold few letters as Python does."""
    return all(each.isascii() and _SAYS_MORE.search(each) for each in words.split())


def _of_all(
    rows: list[Row],
    *,
    status: Status | None,
    words: str,
    first: int,
    size: int,
    counts: Mapping[Status, int] | None = None,
) -> Listing:
    found = [row for row in rows if (status is None or row.status is status) and row.matches(words)]
    first = _page_start(first, size, len(found))
    return Listing(
        rows=found[first : first + size],
        first=first,
        count=len(found),
        counts=_of_each(counted(rows) if counts is None else counts),
    )


def _of_each(counts: Mapping[Status, int]) -> Mapping[Status, int]:
    return {each: counts[each] for each in Status}


def _page_start(first: int, size: int, count: int) -> int:
    return min(first, max(count - 1, 0) // size * size)


def _day(listed: Listed) -> date:
    try:
        return date.fromisoformat(listed.day)
    except ValueError:
        return date.min
