"""Reading arrays of one class, such as a page's items: long ones in one loop that learns what the service sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clientkit.codec.readers import ReaderOfDicts
from clientkit.codec.rules import Hook, Rules

#: From so many elements on, a loop of its own is worth making.
_LONG = 50
#: Where a class has more fields that nobody knows, their names may be data, and are not learnt.
MOST_UNKNOWN = 32


class ArrayReader:
    """Reads an array of a class as a tuple. `one` gives the reader of one element, and `make` begins the one of long arrays."""

    def __init__(
        self, kind: type[Any], rules: Rules, one: Callable[[], Hook], *, make: type[ReaderOfDicts] = ReaderOfDicts
    ) -> None:
        self._kind, self._rules, self._one, self._make = kind, rules, one, make
        self._unknown = dict[type[Any], frozenset[str] | None]()
        self._reader: tuple[Hook, dict[type[Any], set[str]]] | None = None

    def __call__(self, values: list[object], taken: list[object] | None = None) -> tuple[object, ...]:
        """The elements; raises whatever says that one of them does not fit. `taken` is for the reader to note things."""
        if len(values) < _LONG:
            read, kind = self._one(), self._kind
            return tuple([read(value, kind) for value in values])
        read, met = self._reader or self._made()
        items: tuple[object, ...] = read(values, taken)
        if any(met.values()):
            self._learn(met)
        return items

    def _made(self) -> tuple[Hook, dict[type[Any], set[str]]]:
        reader = self._make(self._rules, self._unknown)
        self._reader = reader.array_reader(self._kind), reader.met or {}
        return self._reader

    def _learn(self, met: dict[type[Any], set[str]]) -> None:
        for kind, names in met.items():
            known = self._unknown.get(kind, frozenset())
            if names and known is not None:
                # A copy at once: another thread may be reading.
                found = known | frozenset(names)
                self._unknown[kind] = found if len(found) <= MOST_UNKNOWN else None
        self._reader = None
