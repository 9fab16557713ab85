"""Encoders: for each class that requests carry a shadow, a msgspec struct of the same fields, that is filled and written.

A generated function fills it, and looks on the way whether msgspec would write the object as the hooks do: every object and
value has exactly the class that its field names, no amount needs more than digits and a point, times are in UTC, and
nothing is unknown. Texts are looked at afterwards, in the bytes: msgspec writes characters beyond ASCII as they are. What
is otherwise is left to the writers of text, so the bytes are always theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, TypeAlias, get_args, get_origin

import attrs
import msgspec

from clientkit.codec.fields import is_always_sent, is_number
from clientkit.codec.rules import Fields, Rules, without_none
from clientkit.codec.sharing import NO_EXTRA

#: Writes a value; None for what is left to the writers of text.
Encode: TypeAlias = Callable[[Any], "bytes | None"]

_CENT, _ONE = Decimal("0.01"), Decimal(1)
#: Amounts with so many digits before the point are written out by the hooks, which look at their size.
_MOST_DIGITS = 14
_encode = msgspec.json.Encoder().encode


class _UnsupportedError(Exception):
    """A class of which msgspec would not write every object as the hooks do."""


class Encoders:
    """The encoders of all classes."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._made = dict[type[Any], Encode | None]()

    def of(self, kind: type[Any]) -> Encode | None:
        """The encoder of a class; None for one that is left to the writers of text."""
        if kind not in self._made:
            try:
                self._made[kind] = _Maker(self._rules).encoder(kind)
            except _UnsupportedError:
                self._made[kind] = None
        return self._made[kind]


class _Maker:
    """Writes the function that fills the shadow of one class and has it encoded."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._names: dict[str, Any] = {
            "Decimal": Decimal, "datetime": datetime, "date": date, "UTC": UTC, "no_extra": NO_EXTRA, "cent": _CENT, "one": _ONE,
            "encode": _encode,
        }  # fmt: skip
        self._variables = 0
        self._within = list[type[Any]]()

    def encoder(self, kind: type[Any]) -> Encode:
        lines = [
            *self._object(kind, "value"),
            "content = encode(value)",
            r"return content if content.isascii() and b'\x7f' not in content else None",
        ]
        text = "\n    ".join(["def encoded(value):", *lines])
        exec(text, self._names)  # noqa: S102 - the text is made of attribute names alone, as in attrs itself
        made: Encode = self._names["encoded"]
        return made

    def _object(self, kind: type[Any], source: str) -> Sequence[str]:
        """Lines that put the shadow of the object in `source` in its place."""
        if kind in self._within:
            raise _UnsupportedError
        fields = Fields.of(kind, self._rules)
        lines = [_unless(f"{source}.__class__ is {self._named(kind)}")]
        if fields.extra is not None:
            extra = self._variable()
            lines += [
                f"{extra} = {source}.{fields.extra.name}",
                f"if {extra} is not no_extra and {extra} != {{}}: return None",
            ]
        self._within.append(kind)
        # In the order of the hooks: what may be left out comes last.
        told = sorted(fields.told, key=_may_be_left_out)
        variables = [self._variable() for _ in told]
        for field, variable in zip(told, variables, strict=True):
            lines += [f"{variable} = {source}.{field.name}", *self._field(field, variable)]
        self._within.pop()
        shadow = msgspec.defstruct(
            kind.__name__,
            [(each.name, Any, _default(each)) if _may_be_left_out(each) else (each.name, Any) for each in told],
            rename={each.name: self._rules.wire_name(each) for each in told},
            omit_defaults=True,
            gc=False,
        )
        # By position, which takes half the time of names.
        return [*lines, f"{source} = {self._named(shadow)}({', '.join(variables)})"]

    def _field(self, field: attrs.Attribute[Any], variable: str) -> Sequence[str]:
        within = list(self._within)
        try:
            return self._told(field, variable)
        except _UnsupportedError:
            if not _may_be_left_out(field):
                raise
            self._within = within
            # It is left out in most cases.
            return [_unless(f"{variable} is {self._named(_default(field))}")]

    def _told(self, field: attrs.Attribute[Any], variable: str) -> Sequence[str]:
        wanted, is_optional = without_none(field.type)
        lines = self._value(wanted, variable, is_number=is_number(field))
        if is_optional or field.default is None:
            lines = [f"if {variable} is not None:", *(f"    {line}" for line in lines)]
        if _may_be_left_out(field) and (default := _default(field)) is not None:
            # msgspec leaves out what is the default itself, and the hooks what equals it.
            name = self._named(default)
            is_alike = f"not {variable}" if default == () else f"{variable} == {name}"
            lines = [f"if {variable} is not {name} and {is_alike}: return None", *lines]
        return lines

    def _value(self, wanted: Any, variable: str, *, is_number: bool = False) -> Sequence[str]:
        """Lines that put what msgspec writes as the hooks write a `wanted` in its place."""
        condition = None if is_number else self._condition(wanted, variable)
        if condition is not None:
            return [_unless(condition)]
        if get_origin(wanted) in {tuple, Sequence}:
            return self._array(get_args(wanted)[0], variable)
        if isinstance(wanted, type) and attrs.has(wanted) and self._rules.is_plain(wanted):
            return self._object(wanted, variable)
        raise _UnsupportedError

    def _condition(self, wanted: Any, variable: str) -> str | None:
        """What has to be true of a value that msgspec is given as it is; None for one that is made of others."""
        if wanted is datetime:
            return f"{variable}.__class__ is datetime and {variable}.tzinfo is UTC"
        if wanted is Decimal:
            of_places = f"({variable}.same_quantum(cent) or {variable}.same_quantum(one))"
            return f"{variable}.__class__ is Decimal and {of_places} and {variable}.adjusted() < {_MOST_DIGITS}"
        if _is_enum_of_texts(wanted):
            return f"{variable}.__class__ is {self._named(wanted)}"
        if wanted is str or _is_literal(wanted):
            return f"{variable}.__class__ is str"
        return f"{variable}.__class__ is {wanted.__name__}" if wanted in {bool, int, date} else None

    def _array(self, wanted: Any, variable: str) -> Sequence[str]:
        each, made = self._variable(), self._variable()
        return [
            _unless(f"{variable}.__class__ is tuple or {variable}.__class__ is list"),
            f"{made} = []",
            f"for {each} in {variable}:",
            *(f"    {line}" for line in self._value(wanted, each)),
            f"    {made}.append({each})",
            # The default is the empty tuple itself.
            f"{variable} = {made} or ()",
        ]

    def _variable(self) -> str:
        self._variables += 1
        return f"v{self._variables}"

    def _named(self, value: object) -> str:
        name = f"n{len(self._names)}"
        self._names[name] = value
        return name


def _unless(condition: str) -> str:
    return f"if not ({condition}): return None"


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal and all(isinstance(each, str) for each in get_args(kind))


def _is_enum_of_texts(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum) and all(isinstance(each.value, str) for each in kind)


def _may_be_left_out(field: attrs.Attribute[Any]) -> bool:
    return field.default is not attrs.NOTHING and not is_always_sent(field)


def _default(field: attrs.Attribute[Any]) -> object:
    default: Any = field.default
    if isinstance(default, attrs.Factory) and default.factory is tuple:  # type: ignore[arg-type]  # it is a class
        return ()
    if default is None or default == () or isinstance(default, str | bool | int | Decimal | Enum):
        return default
    raise _UnsupportedError
