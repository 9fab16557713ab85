"""Careful readers: they read on where something does not fit, so that an error names every place.

The codec uses them for what the straight-line readers refused, and they take and refuse the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, cast, get_args, get_origin

import attrs

from clientkit.field_problems import CodecError, FieldProblem, Key, problems_of, wrong

#: Reads parsed JSON as a type.
Structure: TypeAlias = Callable[[object, Any], object]
Hook: TypeAlias = Callable[[object, object], object]

#: Reading ends with so many problems, so that a million wrong elements cost no more than right ones.
MOST_PROBLEMS = 10

_MISSING: object = object()

# The step that leads to a part of an array or object, the part's parsed JSON, and its type.
_Part: TypeAlias = tuple[str | int, object, Any]


def maker(kind: Any) -> Callable[[object], object]:
    """What makes an array's values into a `kind`."""
    made_of: Callable[[object], object] = cast("Any", list if get_origin(kind) is list else tuple)
    return made_of


def array_reader(kind: Any, structure: Structure) -> Hook:
    """Reads an array as a list or tuple."""
    made_of = maker(kind)
    element: Any = (get_args(kind) or (object,))[0]

    def read(value: object, _: object) -> object:
        if not isinstance(value, list):
            raise wrong(value, "an array")
        parts = ((index, each, element) for index, each in enumerate(cast("list[object]", value)))
        return made_of(_read_parts(parts, structure))

    return read


def mapping_reader(kind: Any, structure: Structure) -> Hook:
    """Reads an object as a mapping, whose keys are texts."""
    element: Any = (get_args(kind) or (object,))[-1]

    def read(value: object, _: object) -> object:
        if not isinstance(value, dict):
            raise wrong(value, "an object")
        found = cast("dict[str, object]", value)
        values = _read_parts(((Key(name), each, element) for name, each in found.items()), structure)
        return dict(zip(found, values, strict=True))

    return read


def object_reader(
    kind: type[Any],
    structure: Structure,
    *,
    wire_name: Callable[[attrs.Attribute[Any]], str],
    extra_key: str,
) -> Hook:
    """Reads an object as an attrs class."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(attrs.resolve_types(kind))
    known = frozenset(map(wire_name, fields)) - {extra_key}

    def read(value: object, _: object) -> object:
        if not isinstance(value, dict):
            raise wrong(value, "an object")
        found = cast("dict[str, object]", value)
        arguments = dict[str, object]()
        names, parts = list[str](), list[_Part]()
        for field in fields:
            name, wire = field.alias or field.name, wire_name(field)
            if wire == extra_key:
                arguments[name] = {key: each for key, each in found.items() if key not in known}
            elif field.default is attrs.NOTHING or found.get(wire) is not None:
                names.append(name)
                parts.append((wire, found.get(wire, _MISSING), field.type))
        return kind(**arguments, **dict(zip(names, _read_parts(parts, structure), strict=True)))

    return read


def _read_parts(parts: Iterable[_Part], structure: Structure) -> list[object]:
    values = list[object]()
    problems = list[FieldProblem]()
    for step, value, kind in parts:
        if value is _MISSING:
            problems.append(FieldProblem(path=(step,), text="required field missing"))
            continue
        try:
            values.append(structure(value, kind))
        except Exception as error:  # noqa: BLE001 - whatever it was, it is a problem of this part
            problems += problems_of(error, kind, (step,))
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        raise CodecError.of(*problems[:MOST_PROBLEMS])
    return values
