"""Pages that are read without msgspec: arrays of parts that were met before are not parsed again.

Parts say nothing but texts, such as the field values of a line, and the same arrays of them stand in many objects. Before
a page is parsed such an array is cut out of its text, and ``NaN``, which is no JSON, is left in its place. The parser asks
what that means, and is given the objects that were made of the same text before.

No more and no less can come of it than of the whole text, whatever a service sends:

- Where a text begins with that of an array, the array ends where that one ended.
- A constant that the service sent, a name that stands twice in an object, and an array among fields that nobody knows leave
  the reader more or fewer arrays than were cut out. Then the page is read as any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from clientkit.codec.arrays import ArrayReader
from clientkit.codec.effort import Effort
from clientkit.codec.readers import ReaderOfDicts
from clientkit.codec.remembered import remember
from clientkit.codec.rules import Fields, Rules, element_of, without_none
from clientkit.codec.sharing import are_shared
from clientkit.codec.text import has_surrogates, make_room, parse_text
from clientkit.overriding import override

# The JSON of most arrays of parts is shorter, and a service decides how long it is.
_LONGEST = 2_000


class PageReader:
    """Reads pages of one class, whose items are under one name. Their arrays of a class of parts are under one name too."""

    def __init__(self, kind: type[Any], items_key: str, arrays: _Arrays, rules: Rules) -> None:
        self._items_key, self._arrays = items_key, arrays
        self._items = ArrayReader(kind, rules, lambda: rules.hook_of(kind), make=_ReaderOfCutPages)
        self.effort = Effort()

    @classmethod
    def of(cls, kind: type[Any], items_key: str, rules: Rules) -> PageReader | None:
        """The reader of pages of a class; None where there is nothing to cut out of them."""
        arrays = [_Arrays(name, part, kind, rules) for name, part in _ReaderOfCutPages(rules).arrays(kind).items()]
        return cls(kind, items_key, arrays[0], rules) if arrays else None

    def read(self, content: bytes) -> tuple[dict[str, object], tuple[Any, ...]] | None:
        """A page's fields without its items, and the items. None for what has to be read as any other page."""
        if self.effort.is_left() or has_surrogates(content):
            return None
        taken = list[object]()
        try:
            make_room(content)
            text, cut_out = self._arrays.cut(str(content, "utf-8"))
            following = iter(cut_out)
            body = cast("dict[str, object]", parse_text(text, lambda _: next(following)))
            items = self._items(cast("list[object]", body.pop(self._items_key)), taken)
        except Exception:  # noqa: BLE001 - whatever it was, it is said better where the page is read as any other
            return None
        if len(taken) != len(cut_out):
            return None
        self.effort.paid()
        return body, items

    def learn(self, body: object, items: object) -> None:
        """Take in that `read` had to leave a page."""
        del body, items
        self.effort.was_in_vain()


class _Arrays(dict[str, "tuple[Any, ...] | None"]):
    """Arrays of one class of parts, by their JSON text between the brackets; None for what is not to be shared."""

    def __init__(self, name: str, part: type[Any], within: type[Any], rules: Rules) -> None:
        super().__init__()
        self._before, self._instead = f'"{name}":[', f'"{name}":NaN'
        self._read = _ReaderOfParts(rules, within).array_reader(part)
        self._extra = Fields.of(part, rules).extra
        self._effort, self._new = Effort(), 0

    def cut(self, text: str) -> tuple[str, Sequence[object]]:
        """The text with ``NaN`` for each array that may be shared, and these in their order."""
        if self._effort.is_left():
            return text, ()
        first, *pieces = text.split(self._before)
        left, cut_out, self._new = [first], list[object](), 0
        for piece in pieces:
            array, _, after = piece.partition("]")
            if (made := self[array]) is None:
                left += self._before, piece
            else:
                left += self._instead, after
                cut_out.append(made)
        # What is met for the first time costs more here than where it stands.
        if self._new * 4 > len(pieces) * 3:
            self._effort.was_in_vain()
        else:
            self._effort.paid()
        return "".join(left), cut_out

    def __missing__(self, array: str) -> tuple[Any, ...] | None:
        self._new += 1
        made = self._made(array)
        if len(array) <= _LONGEST:
            remember(self, array, made)
        return made

    def _made(self, array: str) -> tuple[Any, ...] | None:
        try:
            made: tuple[Any, ...] = self._read(parse_text(f"[{array}]"), None)
        except Exception:  # noqa: BLE001 - it ends elsewhere, or does not fit, and is read where it stands
            return None
        return made if are_shared(made, self._extra) else None


class _ReaderOfParts(ReaderOfDicts):
    """The reader of an array within another class, so that equal parts of several arrays are one object."""

    def __init__(self, rules: Rules, within: type[Any]) -> None:
        super().__init__(rules)
        self._within.append(within)


class _ReaderOfCutPages(ReaderOfDicts):
    """The reader of items from which arrays of parts were cut out: it takes what stands for them, and notes it."""

    def arrays(self, kind: type[Any]) -> Mapping[str, type[Any]]:
        """The classes of the parts in a class's arrays, by the arrays' JSON names where these are those of one class."""
        parts = dict[str, set[type[Any]]]()
        for name, part in self._arrays_in(kind):
            parts.setdefault(name, set()).add(part)
        return {name: each.pop() for name, each in parts.items() if len(each) == 1}

    def _arrays_in(self, kind: type[Any]) -> Iterator[tuple[str, type[Any]]]:
        self._within.append(kind)
        for field in Fields.of(kind, self._rules).told:
            wanted, _ = without_none(field.type)
            if (part := self._part(wanted)) is not None:
                yield self._rules.wire_name(field), part
            elif (inner := self._in_line(element_of(wanted) or wanted)) is not None:
                yield from self._arrays_in(inner)
        self._within.pop()

    @override
    def _value(self, variable: str, wanted: Any, depth: int) -> None:
        if self._part(wanted) is not None:
            # The parser itself makes no tuples.
            self._put(depth, f"if {variable}.__class__ is tuple: taken.append(None)", "else:")
            depth += 1
        super()._value(variable, wanted, depth)
