"""The JSON Schema of values, for OpenAPI descriptions. It says what `Model.to_dict` writes and `Model.from_dict` reads."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

import attrs

from clientkit.codec.enums import OpenEnum
from clientkit.codec.fields import EXTRA_KEY, name_of
from clientkit.codec.rules import is_array

Schema: TypeAlias = dict[str, object]

_PLAIN: Mapping[object, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    Decimal: {"type": "string", "format": "decimal", "pattern": r"^-?\d+(\.\d+)?$"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    type(None): {"type": "null"},
}


def object_schema(kind: type[Any], nested: Callable[[type[Any]], object]) -> Schema:
    """The schema of an attrs class; `nested` gives that of a class in it, such as a reference."""
    fields = [each for each in attrs.fields(attrs.resolve_types(kind)) if name_of(each) != EXTRA_KEY]
    schema: Schema = {
        "type": "object",
        "title": kind.__name__,
        "properties": {name_of(each): _schema(each.type, nested) for each in fields},
    }
    if required := [name_of(each) for each in fields if each.default is attrs.NOTHING]:
        schema["required"] = required
    if kind.__doc__:
        schema["description"] = kind.__doc__.partition("\n\n")[0]
    return schema


def _schema(kind: Any, nested: Callable[[type[Any]], object]) -> object:
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if origin in {Union, types.UnionType}:
        return {"anyOf": [_schema(each, nested) for each in arguments]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if is_array(kind):
        return {"type": "array", "items": _schema(arguments[0], nested) if arguments else {}}
    return _class_schema(origin, nested) if isinstance(origin, type) else {}


def _class_schema(kind: type[Any], nested: Callable[[type[Any]], object]) -> object:
    if issubclass(kind, Enum):
        values: list[object] = [each.value for each in kind]
        # A service may add values, which are kept as they come.
        return {"type": "string", "examples" if issubclass(kind, OpenEnum) else "enum": values}
    if issubclass(kind, Mapping):
        return {"type": "object"}
    return nested(kind) if attrs.has(kind) else {}
