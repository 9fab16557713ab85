"""The stand-in's records in the order of a listing, so that a page takes as long among many records as among few."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from heapq import merge

import attrs

from brex_accounting.records import Record
from clientkit.overriding import override

#: What a bound on ``updated_at`` asks of a moment.
BOUNDS: Mapping[str, Callable[[datetime, datetime], bool]] = {
    "gt": lambda moment, bound: moment > bound,
    "gte": lambda moment, bound: moment >= bound,
    "lt": lambda moment, bound: moment < bound,
    "lte": lambda moment, bound: moment <= bound,
}


def place_of(record: Record) -> str:
    """Where a record stands in every listing."""
    # Neither part changes when a record does, so a page is never shifted by what happens between two calls.
    return f"{record.posted_at.astimezone(UTC).isoformat(timespec='microseconds')} {record.id}"


@attrs.define(eq=False)
class _Group:
    """The records of one status and one source: their places, and the moments at which they changed, both in order."""

    places: list[str] = attrs.field(factory=list[str])
    moments: list[datetime] = attrs.field(factory=list[datetime])

    def count(self, bounds: Mapping[str, datetime]) -> int:
        first, end = 0, len(self.moments)
        for name, bound in bounds.items():
            at = (bisect_right if name in {"gt", "lte"} else bisect_left)(self.moments, bound)
            first, end = (max(first, at), end) if name in {"gt", "gte"} else (first, min(end, at))
        return max(end - first, 0)

    def after(self, place: str) -> Iterator[str]:
        return map(self.places.__getitem__, range(bisect_right(self.places, place), len(self.places)))


class RecordIndex(MutableMapping[str, Record]):
    """Records by id, as a mapping that keeps their order in listings whatever is put in or taken out."""

    def __init__(self) -> None:
        self._by_id = dict[str, Record]()
        self._groups = defaultdict[tuple[str, str], _Group](_Group)

    @override
    def __getitem__(self, record_id: str) -> Record:
        return self._by_id[record_id]

    @override
    def __setitem__(self, record_id: str, record: Record) -> None:
        if (old := self._by_id.get(record_id)) is not None:
            self._leave(old)
        group = self._groups[_group_of(record)]
        insort(group.places, place_of(record))
        insort(group.moments, record.updated_at)
        self._by_id[record_id] = record

    @override
    def __delitem__(self, record_id: str) -> None:
        self._leave(self._by_id.pop(record_id))

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    @override
    def __len__(self) -> int:
        return len(self._by_id)

    def _leave(self, record: Record) -> None:
        group = self._groups[_group_of(record)]
        del group.places[bisect_left(group.places, place_of(record))]
        del group.moments[bisect_left(group.moments, record.updated_at)]

    def count(self, is_wanted: Callable[[str, str], bool], bounds: Mapping[str, datetime]) -> int:
        """How many records have a wanted status and source, and changed within these bounds."""
        return sum(group.count(bounds) for group in self._wanted(is_wanted))

    def after(
        self, place: str, is_wanted: Callable[[str, str], bool], bounds: Mapping[str, datetime]
    ) -> Iterator[Record]:
        """The records behind a place that have a wanted status and source, and changed within these bounds."""
        for each in merge(*(group.after(place) for group in self._wanted(is_wanted))):
            record = self._by_id[each.partition(" ")[2]]
            if all(BOUNDS[name](record.updated_at, bound) for name, bound in bounds.items()):
                yield record

    def _wanted(self, is_wanted: Callable[[str, str], bool]) -> list[_Group]:
        return [group for (status, source), group in self._groups.items() if is_wanted(status, source)]


def _group_of(record: Record) -> tuple[str, str]:
    return record.review_status, record.source_type
