"""Makers: functions with the arguments of a frozen class that make its objects in a third of the time.

A frozen class sets each attribute of a new object through a function that gets round its own check. A maker sets the
attributes of a twin, a subclass with the same layout that is not frozen, and gives that its class at the end.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable
from types import GenericAlias
from typing import Any, ParamSpec, TypeVar, cast

import attrs

P = ParamSpec("P")
T = TypeVar("T")

# To type checkers it is a function.
_FACTORY: Any = attrs.Factory
_twins = dict[type[Any], type[Any]]()


def has_twin(kind: type[Any]) -> bool:
    """Whether nothing but setting attributes happens where an object of the class is made."""
    return (
        not hasattr(kind, "__attrs_post_init__")
        and _only_sets_attributes(kind)
        and all(field.init for field in attrs.fields(kind))
    )


def twin(kind: type[Any]) -> type[Any]:
    """A subclass with the same layout whose attributes can be set; an object of it can become one of the class."""
    if kind not in _twins:
        unfrozen = {
            "__init__": object.__init__,
            "__setattr__": object.__setattr__,
            "__delattr__": object.__delattr__,
        }
        _twins[kind] = type(kind.__name__, (kind,), {"__slots__": (), "__module__": kind.__module__, **unfrozen})
    return _twins[kind]


def maker(kind: Callable[P, T]) -> Callable[P, T]:
    """A function that makes objects of a frozen class as attrs' constructor does; the class where that does more."""
    if not isinstance(kind, type) or not _is_made_by_attrs(kind) or not _only_sets_attributes(kind):
        return kind
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    # No argument begins with an underscore: attrs takes it off the name of a field.
    names: dict[str, Any] = {"_kind": kind, "_twin": twin(kind), "_unset": object()}
    arguments, values = list[str](), dict[str, str]()
    for number, field in enumerate(fields):
        argument, default = field.alias or field.name, f"_default_{number}"
        values[field.name] = argument if field.init else default
        names[default] = field.default
        if isinstance(field.default, _FACTORY):
            factory = cast("Any", field.default).factory
            # ``dict[str, object]()`` takes four times as long as ``dict()``: it tries to write the parameters into what it made.
            names[default] = factory.__origin__ if isinstance(factory, GenericAlias) else factory
            values[field.name] = (
                f"{default}() if {argument} is _unset else {argument}" if field.init else f"{default}()"
            )
            default = "_unset"
        if field.init:
            arguments.append(argument if field.default is attrs.NOTHING else f"{argument}={default}")
    lines = [
        f"def make({'*, ' if fields[0].kw_only else ''}{', '.join(arguments)}):",
        "    _made = _twin()",
        *(f"    _made.{name} = {value}" for name, value in values.items()),
        "    _made.__class__ = _kind",
        *(["    _made.__attrs_post_init__()"] if hasattr(kind, "__attrs_post_init__") else []),
        "    return _made",
    ]
    exec("\n".join(lines), names)  # noqa: S102 - the text is made of attribute names alone, as in attrs itself
    made: Callable[P, T] = names["make"]
    return made


def _is_made_by_attrs(kind: type[Any]) -> bool:
    """Whether the class has the constructor of attrs, and nothing of its own where objects or subclasses are made."""
    code = getattr(vars(kind).get("__init__"), "__code__", None)
    makes_objects: object = kind.__new__
    return (
        code is not None
        and code.co_filename.startswith("<attrs generated")
        and makes_objects is object.__new__
        and type(kind) in {type, ABCMeta}
        and not hasattr(kind.__init_subclass__, "__func__")
    )


def _only_sets_attributes(kind: type[Any]) -> bool:
    """Whether attrs' constructor neither converts nor validates."""
    return not hasattr(kind, "__attrs_pre_init__") and all(
        each.validator is None and each.converter is None and not getattr(each.default, "takes_self", False)
        for each in attrs.fields(kind)
    )
