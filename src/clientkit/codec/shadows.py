"""Pages that msgspec decodes: each object into a struct, and from there into its class.

A class that pages hold has a shadow, a msgspec struct of the same fields. It names the types that msgspec checks exactly as
the codec does: texts, true and false, enums, days, and arrays and objects of these. All else stays parsed JSON in the
struct, and is read from there by the lines of the default reader: msgspec would take ``1_000`` for an amount, and rounds
the seventh digit of a second.

A shadow refuses what its class does not know, so nothing is lost. The default reader reads such a page, and what was
unknown in it becomes a field of the shadow, so that the next page is fast again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, cast, get_args, get_origin

import attrs
import msgspec

from clientkit.codec.arrays import MOST_UNKNOWN
from clientkit.codec.readers import ReaderOfDicts
from clientkit.codec.rules import Fields, Hook, Rules, without_none
from clientkit.codec.sharing import NO_EXTRA_NAME
from clientkit.codec.text import make_room, number, parse
from clientkit.overriding import override

#: After so many pages that the shadow refused, few are tried, since each is read twice.
_MOST_IN_VAIN = 6

# What msgspec takes in no name of a field.
_UNNAMEABLE = re.compile(r'["\\\x00-\x1f]')

_cut = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class PageReader:
    """Reads pages of one class, and learns the fields that the class does not know."""

    def __init__(self, kind: type[Any], rules: Rules) -> None:
        self._kind, self._rules = kind, rules
        self._unknown = dict[type[Any], frozenset[str]]()
        self._fields = dict[type[Any], Fields]()
        # Both at once: a thread that reads while another one learns must not have one of each.
        self._pair = self._made()
        # The pages to leave to the default reader, after so many in vain.
        self._left, self._in_vain = 0, 0

    def read(self, content: bytes, items_key: str) -> tuple[dict[str, object], tuple[Any, ...]] | None:
        """A page's fields without its items, and the items. None for what the default reader has to look at."""
        if self._left > 0:
            self._left -= 1
            return None
        decode, read = self._pair
        try:
            make_room(content)
            fields = _cut(content)
            items: tuple[Any, ...] = read(decode(fields.pop(items_key)), None)
            body = {name: parse(bytes(raw)) for name, raw in fields.items()}
        except Exception:  # noqa: BLE001 - whatever it was, the default reader says it better
            return None
        self._in_vain = 0
        return body, items

    def learn(self, items: Sequence[object]) -> None:
        """Take in what a page had that `read` did not understand; `items` are as the default reader read them."""
        found = dict(self._unknown)
        for item in items:
            self._collect(item, found)
        if found != self._unknown and self._are_few(found):
            self._unknown = found
            self._pair = self._made()
            return
        self._in_vain += 1
        self._left = 2 ** min(self._in_vain, _MOST_IN_VAIN)

    def _are_few(self, unknown: Mapping[type[Any], frozenset[str]]) -> bool:
        return all(
            len(names) <= MOST_UNKNOWN and not any(_UNNAMEABLE.search(name) for name in names)
            for names in unknown.values()
        )

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

    def _made(self) -> tuple[Any, Hook]:
        reader = _ReaderOfStructs(self._rules, self._unknown)
        shadow = reader.shadow(self._kind)
        return msgspec.json.Decoder(list[shadow], float_hook=number).decode, reader.array_reader(self._kind)  # type: ignore[valid-type]


class _ReaderOfStructs(ReaderOfDicts):
    """The reader of shadows: what msgspec has checked needs no line."""

    def __init__(self, rules: Rules, unknown: Mapping[type[Any], frozenset[str]]) -> None:
        super().__init__(rules)
        self.names["UNSET"] = msgspec.UNSET
        self._unknown = unknown
        self._parts = dict[type[Any], dict[object, object]]()

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
            # What has no id is looked up by all that it says, and is never changed.
            frozen=True,
            kw_only=True,
            # It lives until its object is made, and there is no way from what it holds back to it.
            gc=False,
        )

    def _told(self, field: attrs.Attribute[Any]) -> tuple[Any, ...]:
        wanted, optional = without_none(field.type)
        checked = self._checked(wanted)
        if field.default is not attrs.NOTHING:
            return checked | None, None
        return (checked | None if optional else checked,)

    def _checked(self, wanted: Any) -> Any:
        """The type that msgspec reads where `wanted` is wanted."""
        if _is_checked(wanted):
            return wanted
        if wanted is datetime:
            return str
        if get_origin(wanted) in {tuple, Sequence}:
            return list[self._checked(get_args(wanted)[0])]  # type: ignore[misc]  # a type made at run time
        part = self._in_line(wanted)
        return Any if part is None else self.shadow(part)

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
        if get_origin(wanted) in {tuple, Sequence} and _is_checked(get_args(wanted)[0]):
            self._put(depth, f"{variable} = tuple({variable})")
        elif not _is_checked(wanted):
            super()._value(variable, wanted, depth)

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
        self._put(depth, f"else: {variable} = {absent}")

    @override
    def _counted(self, fields: Fields, source: str, depth: int) -> str | None:
        return None

    @override
    def _remembered(self, kind: type[Any]) -> dict[object, object]:
        return self._parts.setdefault(kind, {})

    @override
    def _copied(self, source: str) -> str:
        return source

    @override
    def _key(self, field: attrs.Attribute[Any] | None, source: str) -> str:
        return source if field is None else f"{source}.{field.name}"

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


def _is_checked(wanted: Any) -> bool:
    """Whether msgspec reads it as the codec does."""
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return all(isinstance(member.value, str) for member in wanted)
    return wanted is str or wanted is bool or wanted is date
