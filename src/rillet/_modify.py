"""Changing a part of an object where Rillet's PUT replaces the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar, cast, get_args

import attrs

from clientkit import codec
from rillet.errors import ObjectChangedError

C = TypeVar("C", bound=attrs.AttrsInstance)
N = TypeVar("N", bound=attrs.AttrsInstance)

_EXTRA = "extra"


def replacement(current: C, kind: type[N], changes: Mapping[str, object], *, based_on: C | None = None) -> N:
    """What `current` is to be: a `kind` with the fields of `current`, except for `changes`.

    Fields that `kind` does not have are Rillet's own (ids of lines, status) and left out; unknown ones are kept. Lines
    that were read can stand in `changes` beside new ones.

    Raises:
        TypeError: A change names no field of `kind`.
        ValueError: The result cannot be sent: a value of a wrong type, or none where one is required.
        ObjectChangedError: `current` is not what `based_on` was.
    """
    known = [name for name in attrs.fields_dict(kind) if name != _EXTRA]
    unknown = [name for name in changes if name not in known]
    if unknown:
        raise TypeError(f"{kind.__name__} has no {' and no '.join(unknown)}; it has {', '.join(known)}")
    if based_on is not None and based_on != current:
        raise ObjectChangedError(type(current).__name__, tuple(_differences(based_on, current)))
    try:
        made = _made(kind, {**_values(current), **changes})
        # The codec is strict, so what it reads back has the types that the class declares.
        codec.structure(codec.parse(codec.dumps(made)), kind)
    except (AttributeError, TypeError, ValueError) as error:
        changed = f" with this {', '.join(changes)}" if changes else ""
        raise ValueError(f"the {kind.__name__} cannot be sent{changed}: {error}") from error
    return made


def _values(value: attrs.AttrsInstance) -> dict[str, object]:
    return {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}


def _differences(before: attrs.AttrsInstance, after: attrs.AttrsInstance) -> Iterator[str]:
    now = _values(after)
    return (name for name, value in _values(before).items() if value != now.get(name))


def _made(kind: type[N], values: Mapping[str, object]) -> N:
    # What is None stays out: the class has a default that says "empty", or refuses to be made without the field.
    fields = attrs.fields_dict(attrs.resolve_types(kind)).items()
    return kind(**{name: _as(field.type, values[name]) for name, field in fields if values.get(name) is not None})


def _as(annotation: object, value: object) -> object:
    """`value`, with what was read turned into the class that is sent in its place."""
    if isinstance(value, list | tuple):
        return tuple(_as(annotation, each) for each in cast("list[object]", value))
    classes = list(_classes(annotation))
    if not attrs.has(type(value)) or type(value) in classes or len(classes) != 1:
        return value
    return _made(classes[0], _values(cast("attrs.AttrsInstance", value)))


def _classes(annotation: object) -> Iterator[type[attrs.AttrsInstance]]:
    if isinstance(annotation, type) and attrs.has(annotation):
        yield annotation
    for each in get_args(annotation):
        yield from _classes(each)
