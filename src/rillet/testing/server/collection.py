"""Objects by id, and lists of them in pages the way Rillet pages (https://docs.api.rillet.com/docs/getting-started)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar, cast

import attrs

from rillet.testing.server.routing import Call, not_found

_CURSOR_LIFETIME = timedelta(hours=2)


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
        self._rows[value.id] = _Row(value, created, self._changes)
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
        rows = sorted(self._rows.values(), key=lambda row: _place(row, order), reverse=True)
        rest = [
            row
            for row in rows
            if (after is None or _place(row, order) < after) and changed(row.value) and keep(row.value)
        ]
        pagination: dict[str, object] = {}
        if len(rest) > limit:
            pagination["next_cursor"] = self._cursor(_place(rest[limit - 1], order), order)
        return {self._key: [self.show(row.value) for row in rest[:limit]], "pagination": pagination}

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


def _place(row: _Row[S], order: str) -> int:
    return row.updated if order == "updated" else row.created


def _changed_after(call: Call) -> Callable[[Stored], bool]:
    bound = call.instant("updated.gt")

    def changed(value: Stored) -> bool:
        # Some objects do not say when they were changed, and their lists ignore the parameter.
        updated: datetime | None = getattr(value, "updated_at", None)
        return bound is None or updated is None or updated > bound

    return changed
