"""Straight-line writers: for each class that requests carry one function, generated once, that makes its JSON text.

They write what the codec's hooks and `write` do, byte for byte, for the case that every value has the class that its field
names. Where one has not, they raise, and the hooks write it or say what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from json.encoder import encode_basestring_ascii
from typing import Any, TypeAlias, TypeVar, get_args, get_origin

import attrs

from clientkit.codec.fields import is_always_sent, is_number
from clientkit.codec.rules import Fields, Rules, without_none
from clientkit.codec.text import instant_text, text_of
from clientkit.money import sent_text

T = TypeVar("T")
Text: TypeAlias = Callable[[Any], str]


def _amount(value: Decimal) -> str:
    # A short text without an exponent is that of an amount of a size that may leave.
    if value.__class__ is Decimal and len(text := str(value)) < 17 and "E" not in text and value.is_finite():
        return text
    return sent_text(value)


def _quoted_amount(value: Decimal) -> str:
    return f'"{_amount(value)}"'


def _moment(value: datetime) -> str:
    return encode_basestring_ascii(instant_text(_a(datetime, value)))


def _day(value: date) -> str:
    return f'"{_a(date, value).isoformat()}"'


def _member(value: Enum) -> str:
    text: str = value.value
    return encode_basestring_ascii(text)


def _a(kind: type[T], value: T) -> T:
    if value.__class__ is not kind:
        raise TypeError
    return value


def _listed(value: Sequence[T]) -> Sequence[T]:
    if value.__class__ is not tuple and value.__class__ is not list:
        raise TypeError
    return value


#: What writes a value of each type. One of another class raises.
_WRITE: Mapping[Any, Text] = {
    str: encode_basestring_ascii,
    int: lambda value: int.__repr__(_a(int, value)),
    bool: lambda value: "true" if _a(bool, value) else "false",
    Decimal: _quoted_amount,
    datetime: _moment,
    date: _day,
}


class Writers:
    """The writers of all classes. `hook_of` gives the hook of a type whose values are not written field by field."""

    def __init__(self, rules: Rules, hook_of: Callable[[Any], Callable[[Any], object]]) -> None:
        self.rules, self._hook_of = rules, hook_of
        self._made = dict[type[Any], Text]()

    def of(self, kind: type[Any]) -> Text:
        """The function that writes a `kind` as JSON text."""
        if kind not in self._made:
            # A class that contains itself finds its writer when it is needed.
            self._made[kind] = lambda value: self._made[kind](value)  # noqa: PLW0108 - another one by then
            self._made[kind] = self._make(kind)
        return self._made[kind]

    def _make(self, kind: type[Any]) -> Text:
        names: dict[str, Any] = {"kind": kind, "listed": _listed, "text_of": text_of}
        fields = Fields.of(kind, self.rules)
        lines = ["def write(value):", "    if value.__class__ is not kind: raise TypeError", "    text = ''"]
        if fields.extra is not None:
            # They may have a known field's name, and then stand in its place.
            whole = _named(self._hook_of(kind), names)
            lines.append(f"    if value.{fields.extra.name} != {{}}: return text_of({whole}(value))")
        # In the order of the hooks: what may be left out comes last.
        for field in sorted(fields.told, key=_may_be_left_out):
            lines += [f"    {line}" for line in self._field(field, names)]
        lines.append("    return '{' + text[1:] + '}'")
        exec("\n".join(lines), names)  # noqa: S102 - the text is made of attribute names alone, as in attrs itself
        made: Text = names["write"]
        return made

    def _field(self, field: attrs.Attribute[Any], names: dict[str, Any]) -> list[str]:
        wanted, optional = without_none(field.type)
        key = f",{encode_basestring_ascii(self.rules.wire_name(field))}:"
        text = self._text(wanted, "x", names, is_number=is_number(field))
        if optional and (field.default is not None or is_always_sent(field)):
            text = f"('null' if x is None else {text})"
        line = f"text += {key!r} + {text}"
        if not _may_be_left_out(field):
            return [f"x = value.{field.name}", line]
        default: Any = field.default
        is_made = isinstance(default, attrs.Factory)  # type: ignore[arg-type]  # it is a class, whatever its stub says
        absent = "None" if default is None else f"{_named(default.factory if is_made else default, names)}"
        differs = "is not None" if default is None else f"!= {absent}{'()' if is_made else ''}"
        return [f"x = value.{field.name}", f"if x {differs}: {line}"]

    def _text(self, wanted: Any, variable: str, names: dict[str, Any], *, is_number: bool = False) -> str:
        if is_number:
            return f"{_named(_amount, names)}({variable})" if wanted is Decimal else f"text_of({variable})"
        if wanted in _WRITE:
            return f"{_named(_WRITE[wanted], names)}({variable})"
        if isinstance(wanted, type) and issubclass(wanted, Enum):
            return f"{_named(_member, names)}({variable})"
        if get_origin(wanted) in {tuple, Sequence}:
            element = self._text(get_args(wanted)[0], "each", names)
            return f"'[' + ','.join([{element} for each in listed({variable})]) + ']'"
        if isinstance(wanted, type) and attrs.has(wanted) and self.rules.is_plain(wanted):
            return f"{_named(self.of(wanted), names)}({variable})"
        return f"text_of({_named(self._hook_of(wanted), names)}({variable}))"


def _may_be_left_out(field: attrs.Attribute[Any]) -> bool:
    return field.default is not attrs.NOTHING and not is_always_sent(field)


def _named(value: object, names: dict[str, Any]) -> str:
    name = f"n{len(names)}"
    names[name] = value
    return name
