"""Pages that msgspec decodes: each object into a struct, and from there into its class.

A class that pages hold has a shadow, a msgspec struct of the same fields. It names the types that msgspec checks exactly as
the codec does: texts, true and false, enums, days, and arrays and objects of these. All else stays parsed JSON in the
struct, and is read from there by the lines of the default reader: msgspec would take ``1_000`` for an amount, and rounds
the seventh digit of a second.

A shadow refuses what its class does not know, so nothing is lost. The default reader reads such a page, and what was
unknown in it becomes a field of the shadow, so that the next page is fast again.

A part that says nothing but texts, such as a vendor, stays JSON text in the struct, and so does an array of longer ones,
such as the field values of a line. Where the same text was met before, its objects are taken, and nothing is decoded again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, NamedTuple, cast

import attrs
import msgspec

from clientkit.codec.arrays import MOST_UNKNOWN
from clientkit.codec.effort import Effort
from clientkit.codec.readers import ReaderOfDicts, Unknown
from clientkit.codec.remembered import remember
from clientkit.codec.rules import Fields, Hook, Rules, element_of, without_none
from clientkit.codec.sharing import NO_EXTRA_NAME, SharedExtra, all_texts, are_shared
from clientkit.codec.text import make_room, number
from clientkit.overriding import override

# The JSON of most vendors, users and arrays of field values is shorter, and a service decides how long it is.
_LONGEST_PART = 1_000

# What msgspec takes in no name of a field.
_UNNAMEABLE = re.compile(r'["\\\x00-\x1f]')

_cut = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class PageReader:
    """Reads pages of one class, whose items are under one name, and learns the fields that nobody knows."""

    def __init__(self, kind: type[Any], items_key: str, rules: Rules) -> None:
        self._kind, self._items_key, self._rules = kind, items_key, rules
        self._unknown = dict[type[Any], frozenset[str]]()
        self._fields = dict[type[Any], Fields]()
        # None before the first page. All at once: a thread that reads while another one learns must not have some of each.
        self._made: _Made | None = None
        # A page that the shadow refuses is read twice.
        self.effort = Effort()

    def read(self, content: bytes) -> tuple[dict[str, object], tuple[Any, ...]] | None:
        """A page's fields without its items, and the items. None for what the default reader has to look at."""
        if self.effort.is_left():
            return None
        try:
            make_room(content)
            decode, read, beside = self._made or self._make(frozenset(_cut(content)) - {self._items_key})
            page = decode(content)
            items: tuple[Any, ...] = read(page.items, None)
        except Exception:  # noqa: BLE001 - whatever it was, the default reader says it better
            return None
        self.effort.paid()
        return {
            name: found for name, field in beside.items() if (found := getattr(page, field)) is not msgspec.UNSET
        }, items

    def learn(self, body: Iterable[str], items: Sequence[object]) -> None:
        """Take in what a page had that `read` did not understand: its names, and its items as the default reader read them."""
        known = frozenset(self._made.beside) if self._made is not None else None
        beside, found = (known or frozenset()) | (frozenset(body) - {self._items_key}), dict(self._unknown)
        for item in items:
            self._collect(item, found)
        if (beside != known or found != self._unknown) and all(map(_are_few, [beside, *found.values()])):
            self._unknown = found
            self._make(beside)
            return
        self.effort.was_in_vain()

    def _collect(self, value: object, found: dict[type[Any], frozenset[str]]) -> None:
        if isinstance(value, tuple):
            for each in cast("tuple[object, ...]", value):
                self._collect(each, found)
        elif attrs.has(type(value)):
            kind: type[Any] = type(value)
            fields = self._fields.get(kind) or self._fields.setdefault(kind, Fields.of(kind, self._rules))
            if fields.extra is not None and (extra := getattr(value, fields.extra.name)):
                found[kind] = found.get(kind, frozenset()) | extra.keys()
            for field in fields.told:
                self._collect(getattr(value, field.name), found)

    def _make(self, beside: frozenset[str]) -> _Made:
        if not _are_few(beside):
            raise ValueError("a page is not expected to have so many fields, or such names")
        reader = _ReaderOfStructs(self._rules, self._unknown)
        fields = {name: f"beside_{index}" for index, name in enumerate(sorted(beside))}
        page = msgspec.defstruct(
            "Page",
            [("items", list[reader.shadow(self._kind)]), *((field, Any, msgspec.UNSET) for field in fields.values())],  # type: ignore[misc]  # a type made at run time
            rename={"items": self._items_key} | {field: name for name, field in fields.items()},
            forbid_unknown_fields=True,
            kw_only=True,
            gc=False,
        )
        decode = msgspec.json.Decoder(page, float_hook=number).decode
        self._made = _Made(decode, reader.array_reader(self._kind), fields)
        return self._made


class _Made(NamedTuple):
    """What reads a page: the decoder, the reader of its items, and the struct's names of what is beside them."""

    decode: Callable[[bytes], Any]
    read: Hook
    beside: Mapping[str, str]


def _are_few(names: Collection[str]) -> bool:
    return len(names) <= MOST_UNKNOWN and not any(map(_UNNAMEABLE.search, names))


class _ReaderOfStructs(ReaderOfDicts):
    """The reader of shadows: what msgspec has checked needs no line."""

    def __init__(self, rules: Rules, unknown: Unknown) -> None:
        super().__init__(rules)
        self.names["UNSET"] = msgspec.UNSET
        self._unknown = unknown
        self._parts = dict[tuple[Any, bool], dict[bytes, Any]]()

    def shadow(self, kind: type[Any]) -> Any:
        """The struct of a class, and of the classes in it that are read in line."""
        fields = Fields.of(kind, self._rules)
        self._within.append(kind)
        told: list[Any] = [(field.name, *self._told(field)) for field in fields.told]
        self._within.pop()
        unknown = self._unknown_of(kind)
        names = {field.name: self._rules.wire_name(field) for field in fields.told}
        return msgspec.defstruct(
            kind.__name__,
            [*told, *((name, Any, msgspec.UNSET) for name in unknown)],
            rename=names | unknown,
            forbid_unknown_fields=fields.extra is not None,
            kw_only=True,
            # It lives until its object is made, and there is no way from what it holds back to it.
            gc=False,
        )

    def _told(self, field: attrs.Attribute[Any]) -> tuple[Any, ...]:
        wanted, optional = without_none(field.type)
        checked = self._checked(wanted)
        if checked is not msgspec.Raw and (optional or field.default is not attrs.NOTHING):
            checked |= None
        return (checked,) if field.default is attrs.NOTHING else (checked, None)

    def _checked(self, wanted: Any) -> Any:
        """The type that msgspec reads where `wanted` is wanted."""
        if _is_checked(wanted):
            return wanted
        if wanted is datetime:
            return str
        if self._part(wanted) is not None:
            return msgspec.Raw
        if (element := element_of(wanted)) is not None:
            return list[self._checked(element)]  # type: ignore[misc]  # a type made at run time
        part = self._in_line(wanted)
        if part is None:
            return Any
        return msgspec.Raw if self._is_looked_up(part) else self.shadow(part)

    def _unknown_of(self, kind: type[Any]) -> dict[str, str]:
        """The JSON names of what a class does not know, by their names in the shadow."""
        return {f"unknown_{index}": name for index, name in enumerate(sorted(self._unknown.get(kind) or ()))}

    @override
    def _field(self, field: attrs.Attribute[Any], source: str, depth: int) -> str:
        wanted, _ = without_none(field.type)
        if _is_checked(wanted) and (field.default is attrs.NOTHING or field.default is None):
            return f"{source}.{field.name}"
        return super()._field(field, source, depth)

    @override
    def _value(self, variable: str, wanted: Any, depth: int) -> None:
        if self._part(wanted) is not None:
            self._put(depth, f"{variable} = {self._looked_up(wanted, variable, optional=False)}")
        elif _is_checked(element_of(wanted)):
            self._put(depth, f"{variable} = tuple({variable})")
        elif not _is_checked(wanted):
            super()._value(variable, wanted, depth)

    @override
    def _value_if(self, condition: str, variable: str, wanted: Any, depth: int) -> None:
        part = self._in_line(wanted)
        if self._part(wanted) is not None or (part is not None and self._is_looked_up(part)):
            self._put(depth, f"if {condition}: {variable} = {self._looked_up(wanted, variable, optional=True)}")
        else:
            super()._value_if(condition, variable, wanted, depth)

    @override
    def _object(self, kind: type[Any], source: str, target: str, depth: int) -> None:
        if self._within and self._is_looked_up(kind):
            self._put(depth, f"{target} = {self._looked_up(kind, source, optional=False)}")
        else:
            super()._object(kind, source, target, depth)

    def _is_looked_up(self, part: type[Any]) -> bool:
        return Fields.of(part, self._rules).are_texts

    def _looked_up(self, wanted: Any, source: str, *, optional: bool) -> str:
        if (wanted, optional) not in self._parts:
            self._parts[wanted, optional] = self._parts_of(wanted, optional=optional)
        return f"{self._name(self._parts[wanted, optional])}[bytes({source})]"

    def _parts_of(self, wanted: Any, *, optional: bool) -> dict[bytes, Any]:
        if (part := element_of(wanted)) is None:
            return _Parts(wanted, self._rules, self._unknown, optional=optional)
        return _Arrays(_Parts(part, self._rules, self._unknown, optional=False), optional=optional)

    @override
    def _check_class(self, source: str, name: str, depth: int) -> None:
        pass

    @override
    def _required(self, field: attrs.Attribute[Any], source: str) -> str:
        return f"{source}.{field.name}"

    @override
    def _optional(self, field: attrs.Attribute[Any], source: str, variable: str, absent: str, depth: int) -> None:
        self._value_if(
            f"({variable} := {source}.{field.name}) is not None", variable, without_none(field.type)[0], depth
        )
        if absent != "None":
            self._put(depth, f"if {variable} is None: {variable} = {absent}")

    @override
    def _counted(self, fields: Fields, source: str, depth: int) -> str | None:
        return None

    @override
    def _all_told(self, kind: type[Any], fields: Fields, source: str) -> Sequence[str]:
        return [f"{source}.{name} is UNSET" for name in self._unknown_of(kind)]

    @override
    def _extra(self, kind: type[Any], fields: Fields, source: str, depth: int) -> str:
        unknown = self._unknown_of(kind)
        if not unknown:
            return NO_EXTRA_NAME
        variable = self._variable()
        parts = ((key, f"{source}.{name} is not UNSET", f"{source}.{name}") for name, key in unknown.items())
        self._collect(variable, parts, depth)
        return variable


class _Parts(dict[bytes, Any]):
    """Objects within others that say nothing but texts, by their JSON: equal bytes are equal objects."""

    def __init__(self, kind: type[Any], rules: Rules, unknown: Unknown, *, optional: bool) -> None:
        super().__init__()
        reader = _ReaderOfStructs(rules, unknown)
        shadow = reader.shadow(kind)
        self._decode = msgspec.json.Decoder(shadow | None if optional else shadow, float_hook=number).decode
        self._read = reader.reader(kind)
        self.extra = Fields.of(kind, rules).extra

    def __missing__(self, content: bytes) -> object:
        decoded = self._decode(content)
        made = None if decoded is None else self._read(decoded, None)
        if made is not None and self.extra is not None:
            extra = getattr(made, self.extra.name)
            if extra.__class__ is not SharedExtra:
                if not all_texts(extra):
                    return made
                # Several objects will hold it.
                made = attrs.evolve(made, **{self.extra.name: SharedExtra(extra)})
        if len(content) <= _LONGEST_PART:
            remember(self, content, made)
        return made


class _Arrays(dict[bytes, "tuple[Any, ...] | None"]):
    """Arrays of parts by their JSON."""

    def __init__(self, parts: _Parts, *, optional: bool) -> None:
        super().__init__()
        array: Any = list[msgspec.Raw]
        self._cut: Callable[[bytes], Any] = msgspec.json.Decoder(array | None if optional else array).decode
        self._parts = parts

    def __missing__(self, content: bytes) -> tuple[Any, ...] | None:
        cut = self._cut(content)
        made = None if cut is None else tuple([self._parts[bytes(each)] for each in cut])
        if len(content) <= _LONGEST_PART and (made is None or are_shared(made, self._parts.extra)):
            remember(self, content, made)
        return made


def _is_checked(wanted: Any) -> bool:
    """Whether msgspec reads it as the codec does."""
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return all(isinstance(member.value, str) for member in wanted)
    return wanted is str or wanted is bool or wanted is date
