"""What the generated readers and writers have to know of the codec, and of each class's fields."""

from __future__ import annotations

import types
from collections.abc import Callable, MutableSequence, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple, Union, get_args, get_origin

import attrs

from clientkit.codec.fields import is_number

Hook = Callable[[Any, Any], Any]

#: Objects of fewer fields are parsed as fast as an array of them is looked up by its JSON text.
_FEW = 3


class Rules(NamedTuple):
    """What the readers have to know of the codec.

    `hook_of` gives the hook of a type that is not read in line, `is_plain` says whether a class is read field by field,
    and `wire_name` the JSON name of a field, `extra_key` for the one that keeps unknown fields.
    """

    hook_of: Callable[[Any], Hook]
    is_plain: Callable[[type[Any]], bool]
    wire_name: Callable[[attrs.Attribute[Any]], str]
    extra_key: str


class Fields(NamedTuple):
    """A class's fields: those of the JSON, and the one that keeps what the class does not know."""

    told: tuple[attrs.Attribute[Any], ...]
    extra: attrs.Attribute[Any] | None

    @classmethod
    def of(cls, kind: type[Any], rules: Rules) -> Fields:
        """The fields of a class."""
        fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(attrs.resolve_types(kind))
        told = tuple(field for field in fields if rules.wire_name(field) != rules.extra_key)
        return cls(told=told, extra=next((field for field in fields if field not in told), None))

    @property
    def are_required(self) -> bool:
        """Whether an object without one of them is refused, so that the number of its keys tells of others."""
        return all(field.default is attrs.NOTHING for field in self.told)

    @property
    def amount(self) -> attrs.Attribute[Any] | None:
        """The amount that is a JSON number, where the others are texts and no field may be left out."""
        amounts = [field for field in self.told if field.type is Decimal and is_number(field)]
        others = [field for field in self.told if field not in amounts]
        is_one = len(amounts) == 1 and self.are_required and all(field.type is str for field in others)
        return amounts[0] if is_one else None

    @property
    def telling(self) -> attrs.Attribute[Any] | None:
        """The field by which most objects are told apart, where there is an id."""
        ids = [field for field in self.told if field.name == "id" or field.name.endswith("_id")]
        return next((field for field in ids if field.name == "id"), ids[-1] if ids else None)

    @property
    def are_texts(self) -> bool:
        """Whether all of them are texts in JSON, so that objects with equal texts are equal."""
        return bool(self.told) and all(_is_text(without_none(field.type)[0]) for field in self.told)

    @property
    def are_many_texts(self) -> bool:
        """Whether they are texts, and so many that arrays of such objects are looked up by their JSON text."""
        return len(self.told) > _FEW and self.are_texts


def without_none(kind: Any) -> tuple[Any, bool]:
    """A type without its None, where nothing else is united in it, and whether it had one."""
    if get_origin(kind) in {Union, types.UnionType}:
        others = [each for each in get_args(kind) if each is not type(None)]
        if len(others) == 1 and len(others) < len(get_args(kind)):
            return others[0], True
    return kind, False


def element_of(kind: Any) -> Any:
    """The type of the elements of an array that is kept as a tuple; None for what is none."""
    return get_args(kind)[0] if get_origin(kind) in {tuple, Sequence} else None


def is_array(kind: Any) -> bool:
    """Whether a type is one of arrays, whose elements are all of one type."""
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    return origin in {list, Sequence, MutableSequence} or (origin is tuple and arguments[1:] in {(), (...,)})


def _is_text(kind: Any) -> bool:
    return kind in {str, date, datetime} or (isinstance(kind, type) and issubclass(kind, Enum))
