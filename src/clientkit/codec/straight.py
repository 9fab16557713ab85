"""The reader of each type that gives up where something does not fit, made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, cast, get_args

import attrs

from clientkit.codec.arrays import ArrayReader
from clientkit.codec.careful import maker
from clientkit.codec.fields import EXTRA_KEY, name_of
from clientkit.codec.readers import ReaderOfDicts
from clientkit.codec.rules import Hook, Rules, is_array, without_none
from clientkit.codec.scalars import SCALARS, is_enum, to_enum
from clientkit.field_problems import wrong


class StraightReaders:
    """The readers of all types; `other` gives the reader of one that is none of those known here."""

    def __init__(self, other: Callable[[Any], Hook]) -> None:
        self.rules = Rules(hook_of=self.of, is_plain=self._is_plain, wire_name=name_of, extra_key=EXTRA_KEY)
        self._other = other
        self._taught = dict[Any, Hook]()
        self._made = dict[Any, Hook]()
        self._unfinished = set[Any]()
        self._making = RLock()

    def structure(self, value: object, kind: Any) -> object:
        """Parsed JSON as a `kind`; raises whatever says that it does not fit."""
        return self.of(kind)(value, kind)

    def of(self, kind: Any) -> Hook:
        """The reader of a `kind`."""
        return self._made.get(kind) or self._make(kind)

    def teach(self, kind: Any, read: Hook) -> None:
        """Read a `kind` by `read` from now on."""
        self._taught[kind] = read
        # Others hold the reader that it had.
        self._made = {}

    def is_taught(self, kind: Any) -> bool:
        """Whether a `kind` is read in a way of its own."""
        return kind in self._taught

    def _is_plain(self, kind: type[Any]) -> bool:
        return kind not in self._taught

    def _make(self, kind: Any) -> Hook:
        with self._making:
            if kind in self._unfinished:
                # A class that contains itself: its reader is found when it is needed.
                return self.structure
            self._unfinished.add(kind)
            try:
                self._made[kind] = made = self._taught.get(kind) or self._reader(kind)
            finally:
                self._unfinished.discard(kind)
            return made

    def _reader(self, kind: Any) -> Hook:
        wanted, is_optional = without_none(kind)
        if is_optional:
            read = self.of(wanted)
            return lambda value, _: None if value is None else read(value, wanted)
        if kind in SCALARS:
            return SCALARS[kind]
        if is_enum(kind):
            return to_enum
        if attrs.has(kind):
            return ReaderOfDicts(self.rules).reader(kind)
        return self._array_reader(kind) if is_array(kind) else self._other(kind)

    def _array_reader(self, kind: Any) -> Hook:
        # Not cattrs' own: it takes anything that can be iterated over, so text would become a list of its characters.
        made_of = maker(kind)
        element: Any = (get_args(kind) or (object,))[0]
        read = self.of(element)

        def read_each(values: list[object]) -> object:
            return made_of([read(value, element) for value in values])

        read_all: Callable[[list[object]], object] = read_each
        if made_of is tuple and attrs.has(element) and element not in self._taught:
            read_all = ArrayReader(element, self.rules, lambda: self.of(element))

        def structure_array(value: object, _: object) -> object:
            if not isinstance(value, list):
                raise wrong(value, "an array")
            return read_all(cast("list[object]", value))

        return structure_array
