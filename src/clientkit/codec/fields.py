"""What a model says of its fields: their JSON names, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

#: Fields of an answer that the class does not know, as parsed JSON (numbers with a fraction are `Decimal`).
Extra: TypeAlias = Mapping[str, object]

_WIRE = "clientkit.wire"
_ALWAYS = "clientkit.always"
_EXTRA = "clientkit.extra"
_AS_NUMBER = "clientkit.number"
EXTRA_KEY = "<unknown fields>"


def unknown_fields(*, compared: bool = True) -> Extra:
    """The `extra` field of a model: what the service sent beyond the documented fields, and whether it makes a difference."""
    found: Extra = attrs.field(factory=dict[str, object], repr=False, eq=compared, hash=False, metadata={_EXTRA: True})
    return found


def wire_name(name: str, *, always: bool = False) -> dict[object, object]:
    """Field metadata: the JSON name, where Python cannot or should not have it; `always` as in `always_sent`."""
    return {_WIRE: name, **(always_sent() if always else {})}


def always_sent() -> dict[object, object]:
    """Field metadata: written even when it equals its default (a union's discriminator, say)."""
    return {_ALWAYS: True}


def as_number() -> dict[object, object]:
    """Field metadata: a `Decimal` that is written as a JSON number; the others are written as text."""
    return {_AS_NUMBER: True}


def name_of(field: attrs.Attribute[Any]) -> str:
    """The name of a field in the JSON."""
    if field.metadata.get(_EXTRA, False):
        return EXTRA_KEY
    name: str = field.metadata.get(_WIRE, field.name)
    return name


def is_always_sent(field: attrs.Attribute[Any]) -> bool:
    """Whether a field is written even when it equals its default."""
    return bool(field.metadata.get(_ALWAYS, False))


def is_number(field: attrs.Attribute[Any]) -> bool:
    """Whether a decimal is written as a JSON number."""
    return bool(field.metadata.get(_AS_NUMBER, False))
