"""Straight-line readers: for each attrs class one function, generated once, that reads its parsed JSON.

They do what the codec's cattrs hooks do, field by field in one function, for the case that everything fits. Where
something does not, they raise, and the codec reads the value again with the hooks that know how to name the place.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Union, get_args, get_origin

import attrs

Hook = Callable[[Any, Any], Any]


def make_reader(
    kind: type[Any],
    *,
    hook_of: Callable[[Any], Hook],
    wire_name: Callable[[attrs.Attribute[Any]], str],
    extra_key: str,
) -> Hook:
    """A function that reads a mapping as `kind`; `hook_of` gives the hook of each type that is not read in line."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(attrs.resolve_types(kind))
    names: dict[str, Any] = {"kind": kind, "known": frozenset(map(wire_name, fields)) - {extra_key}}
    lines = ["def read(value, _):", "    if type(value) is not dict: raise TypeError", "    get = value.get"]
    arguments = list[str]()
    for index, field in enumerate(fields):
        argument = field.alias or field.name
        if wire_name(field) == extra_key:
            lines.append(
                "    extra = {} if value.keys() <= known else {k: v for k, v in value.items() if k not in known}"
            )
            arguments.append(f"{argument}=extra")
            continue
        lines += [f"    f{index} = get({wire_name(field)!r})", *_field(index, field, wire_name(field), names, hook_of)]
        arguments.append(f"{argument}=f{index}")
    lines.append(f"    return kind({', '.join(arguments)})")
    exec("\n".join(lines), names)  # noqa: S102 - the text is made of attribute names alone, as in attrs itself
    reader: Hook = names["read"]
    return reader


def _field(
    index: int, field: attrs.Attribute[Any], wire: str, names: dict[str, Any], hook_of: Callable[[Any], Hook]
) -> list[str]:
    """The lines that turn ``f<index>`` from parsed JSON into the field's value."""
    wanted, optional = _without_none(field.type)
    variable = f"f{index}"
    if field.default is attrs.NOTHING:
        if optional:
            names[f"h{index}"] = hook_of(field.type)
            return [f"    {variable} = h{index}(value[{wire!r}], None)"]
        return [f"    if {variable} is None: raise KeyError", *_value(index, wanted, names, hook_of, indent="    ")]
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # it is a class, whatever its stub says
        names[f"d{index}"] = default.factory
        absent = f"        {variable} = d{index}()"
    else:
        names[f"d{index}"] = default
        absent = f"        {variable} = d{index}"
    return [
        f"    if {variable} is None:",
        absent,
        "    else:",
        *_value(index, wanted, names, hook_of, indent="        "),
    ]


def _value(index: int, wanted: Any, names: dict[str, Any], hook_of: Callable[[Any], Hook], *, indent: str) -> list[str]:
    variable = f"f{index}"
    if wanted is str or wanted is bool or wanted is int:
        return [f"{indent}if type({variable}) is not {wanted.__name__}: {_hooked(index, wanted, names, hook_of)}"]
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        # The table of members first: calling the class takes several times as long.
        names[f"m{index}"] = wanted._value2member_map_.get
        return [f"{indent}{variable} = m{index}({variable}) or {_call(index, wanted, names, hook_of)}"]
    if get_origin(wanted) in {tuple, Sequence}:
        element = get_args(wanted)[0]
        names[f"h{index}"] = hook_of(element)
        return [
            f"{indent}if type({variable}) is not list: raise TypeError",
            f"{indent}{variable} = tuple([h{index}(each, None) for each in {variable}])",
        ]
    return [f"{indent}{variable} = {_call(index, wanted, names, hook_of)}"]


def _call(index: int, wanted: Any, names: dict[str, Any], hook_of: Callable[[Any], Hook]) -> str:
    names[f"h{index}"], names[f"t{index}"] = hook_of(wanted), wanted
    return f"h{index}(f{index}, t{index})"


def _hooked(index: int, wanted: Any, names: dict[str, Any], hook_of: Callable[[Any], Hook]) -> str:
    return f"f{index} = {_call(index, wanted, names, hook_of)}"


def _without_none(kind: Any) -> tuple[Any, bool]:
    """A type without its None, where nothing else is united in it."""
    if get_origin(kind) in {Union, types.UnionType}:
        others = [each for each in get_args(kind) if each is not type(None)]
        if len(others) == 1 and len(others) < len(get_args(kind)):
            return others[0], True
    return kind, False
