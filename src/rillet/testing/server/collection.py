"""Objects by id, and lists of them in pages the way Rillet pages (https://docs.api.rillet.com/docs/getting-started)."""

from __future__ import annotations

import base64
import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Generic, Protocol, TypeVar, cast

import attrs

from rillet.testing.server.routing import Call, not_found

_CURSOR_LIFETIME = timedelta(hours=2)
# Orders of fewer places are never made anew.
_FEWEST = 100


class Stored(Protocol):
    """What a collection keeps."""

    @property
    def id(self) -> str:
        """Where it is found again."""
        ...


S = TypeVar("S", bound=Stored)


@attrs.frozen
class _Row(Generic[S]):
    value: S
    created: int
    updated: int


class Collection(Generic[S]):
    """Objects of one kind, in the order of their creation.

    Args:
        noun: What one is called in a 404.
        key: Where the list stands in an answer.
        show: An object as JSON values.
        now: The stand-in's clock, which cursors grow old by.
        values: Objects that are there from the beginning.
        place: What lists are ordered by, the highest first, where it is not the order of creation.
    """

    def __init__(
        self,
        noun: str,
        key: str,
        show: Callable[[S], dict[str, object]],
        now: Callable[[], datetime],
        values: Iterable[S] = (),
        *,
        place: Callable[[S], int] | None = None,
    ) -> None:
        self._noun, self._key, self._now, self._given_place = noun, key, now, place
        self.show = show
        self._rows = dict[str, _Row[S]]()
        self._orders = {"created": _Order(), "updated": _Order()}
        self._changes = 0
        for value in values:
            self.put(value)

    def put(self, value: S) -> dict[str, object]:
        """Add an object, or replace the one with its id; what an answer shows of it."""
        self._changes += 1
        before = self._rows.get(value.id)
        created = self._changes if before is None else before.created
        if self._given_place is not None:
            created = self._given_place(value)
        row = self._rows[value.id] = _Row(value, created, self._changes)
        for order, places in self._orders.items():
            if before is None or _place(before, order) != _place(row, order):
                places.add(_place(row, order), value.id, self._places(order))
        return self.show(value)

    def get(self, id: str) -> S:
        """The object with this id. Refuses with a 404."""
        if id not in self._rows:
            raise not_found(f"{self._noun} {id}")
        return self._rows[id].value

    def remove(self, id: str) -> None:
        """Forget an object. Refuses with a 404."""
        self.get(id)
        del self._rows[id]

    def __iter__(self) -> Iterator[S]:
        return iter([row.value for row in self._rows.values()])

    def __contains__(self, id: object) -> bool:
        return id in self._rows

    def whole(self, call: Call) -> dict[str, object]:
        """A list that comes in one answer, filtered by ``updated.gt``."""
        changed = _changed_after(call)
        return {self._key: [self.show(value) for value in self if changed(value)]}

    def page(self, call: Call, keep: Callable[[S], bool] = bool) -> dict[str, object]:
        """A page of what `keep` and ``updated.gt`` let through, newest first.

        A cursor that is older than two hours or unknown gives the first page again, without an error. A `limit`
        outside 1 to 100 is refused; what Rillet does is not documented.
        """
        changed = _changed_after(call)
        limit = call.number("limit", least=1, most=100, default=25)
        order = "updated" if call.asked.one("sort_by") == "updated" else "created"
        after = self._position(call.asked.one("cursor"), order)
        wanted = (row for row in self._newest_first(order, after) if changed(row.value) and keep(row.value))
        rest = list(islice(wanted, limit + 1))
        pagination: dict[str, object] = {}
        if len(rest) > limit:
            pagination["next_cursor"] = self._cursor(_place(rest[limit - 1], order), order)
        return {self._key: [self.show(row.value) for row in rest[:limit]], "pagination": pagination}

    def _newest_first(self, order: str, after: int | None) -> Iterator[_Row[S]]:
        for place, row_id in self._orders[order].before(after):
            row = self._rows.get(row_id)
            if row is not None and _place(row, order) == place:
                yield row

    def _places(self, order: str) -> Iterator[tuple[int, str]]:
        return ((_place(row, order), row_id) for row_id, row in self._rows.items())

    def _cursor(self, place: int, order: str) -> str:
        text = json.dumps([self._key, order, place, self._now().isoformat()])
        return base64.urlsafe_b64encode(text.encode()).decode()

    def _position(self, cursor: str | None, order: str) -> int | None:
        try:
            key, found_order, place, made = json.loads(base64.urlsafe_b64decode(cursor or ""))
            fresh = self._now() - datetime.fromisoformat(made) <= _CURSOR_LIFETIME
        except (TypeError, ValueError):
            return None
        known = (key, found_order) == (self._key, order) and isinstance(place, int)
        return cast("int", place) if known and fresh else None


class _Order:
    """Places and the ids at them, in order. What left its place stays in it, until most places are empty."""

    def __init__(self) -> None:
        self._places = list[tuple[int, str]]()
        self._most = _FEWEST

    def add(self, place: int, id: str, present: Iterable[tuple[int, str]]) -> None:
        """Put an id in a place; `present` is all that is there, this one too."""
        at = bisect_left(self._places, (place, id))
        # It may come back to a place that it left.
        if self._places[at : at + 1] != [(place, id)]:
            self._places.insert(at, (place, id))
        if len(self._places) > self._most:
            self._places = sorted(present)
            self._most = max(_FEWEST, 2 * len(self._places))

    def before(self, place: int | None) -> Iterator[tuple[int, str]]:
        """What is before a place, or everything, the last one first."""
        end = len(self._places) if place is None else bisect_left(self._places, (place, ""))
        return (self._places[number] for number in range(end - 1, -1, -1))


def _place(row: _Row[S], order: str) -> int:
    return row.updated if order == "updated" else row.created


def _changed_after(call: Call) -> Callable[[Stored], bool]:
    bound = call.instant("updated.gt")

    def changed(value: Stored) -> bool:
        # Some objects do not say when they were changed, and their lists ignore the parameter.
        updated: datetime | None = getattr(value, "updated_at", None)
        return bound is None or updated is None or updated > bound

    return changed
