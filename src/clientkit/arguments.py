"""Values of a wrong type, refused where they enter and by the name of the field or argument that they stand in.

Type checkers see them before; this is for notebooks, and for programs without a type checker, in which a text in the place
of a day would otherwise fail in the depths of a library, or reach a service.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs

P = ParamSpec("P")
T = TypeVar("T")

#: Says what is wrong with a value, after the place in it; None where it fits.
_Check: TypeAlias = Callable[[object], str | None]

_TEXTS = (str, bytes, bytearray)
# The usual sequences, which need no look at an abstract class.
_LISTS: frozenset[type] = frozenset({tuple, list})
# Classes within classes are looked at in one expression down to here.
_DEEPEST = 3
# What people have at hand instead, and how they get what is wanted.
_HINTS: Mapping[type, str] = {
    date: ", such as date(2026, 1, 31)",
    datetime: ", such as datetime(2026, 1, 31, tzinfo=UTC)",
    Decimal: ', such as Decimal("19.99")',
}


def checked_fields(value: object) -> None:
    """Raises `TypeError` with the field's name where a field of an attrs object holds what its annotation does not allow."""
    fits = _fitting_of.get(type(value))
    if fits is not None and fits(value):
        return
    problem = _fields_check(type(value))(value)
    if problem is not None:
        raise TypeError(f"{type(value).__name__}{problem}")


def checked_arguments(function: Callable[P, T]) -> Callable[P, T]:
    """`function`, which is a method, but a `TypeError` names the argument whose type its annotation does not allow."""
    names = [name for name, each in inspect.signature(function).parameters.items() if each.kind is not each.VAR_KEYWORD]

    @functools.cache
    def checks() -> Mapping[str, _Check]:
        try:
            hints = get_type_hints(function)
        except NameError:
            # Annotations that cannot be read here, as of a class inside of a function, are left to type checkers.
            return {}
        found = {name: _check(hints[name]) for name in names[1:] if name in hints}
        return {name: check for name, check in found.items() if check is not None}

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        known = checks()
        for name, value in (*zip(names, args, strict=False), *kwargs.items()):
            check = known.get(name)
            problem = check(value) if check is not None else None
            if problem is not None:
                raise TypeError(f"{function.__qualname__}: {_placed(name, problem)}")
        return function(*args, **kwargs)

    return call


def _check(annotation: object) -> _Check | None:
    """What looks at values of an annotation; None where everything fits, or nothing can be said."""
    origin: Any = get_origin(annotation)
    arguments = get_args(annotation)
    if origin in {Union, types.UnionType}:
        return _union_check(arguments)
    if origin is Literal:
        return _literal_check(arguments)
    kind = _as_class(origin) or _as_class(annotation)
    # Whether an object follows a protocol cannot be asked of each.
    if kind is None or kind is object or getattr(kind, "_is_protocol", False):
        return None
    return _sequence_check(arguments[0]) if arguments and _is_sequence(kind) else _class_check(kind)


def _as_class(annotation: object) -> type | None:
    return annotation if isinstance(annotation, type) else None


def _is_sequence(kind: type) -> bool:
    return issubclass(kind, Sequence)


def _class_check(kind: type) -> _Check:
    fields = _fields_check if attrs.has(kind) else None

    def check(value: object) -> str | None:
        # Mostly it is of the class itself, which is told at once.
        if value.__class__ is not kind and not _is_of(value, kind):
            return f"{_named(kind)} is wanted{_HINTS.get(kind, '')}, not {_named(type(value))}{_own_id(value, kind)}"
        return fields(type(value))(value) if fields is not None else None

    return check


def _is_of(value: object, kind: type) -> bool:
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, datetime):
        # Which day a moment is depends on the zone, so it is no day.
        return kind is datetime
    # An open enumeration equals its text.
    return isinstance(value, str if issubclass(kind, StrEnum) else kind)


def _union_check(members: tuple[object, ...]) -> _Check | None:
    may_be_none = types.NoneType in members
    checks = [_check(each) for each in members if each is not types.NoneType]
    known = [each for each in checks if each is not None]
    if len(known) < len(checks):
        return None
    if len(known) == 1:
        # Whoever made it a union has None in it.
        only = known[0]
        return lambda value: None if value is None else only(value)
    named = " or ".join(_shown(each) for each in members if each is not types.NoneType)

    def check(value: object) -> str | None:
        if value is None and may_be_none:
            return None
        problems = list[str]()
        for each in known:
            problem = each(value)
            if problem is None:
                return None
            problems.append(problem)
        # Of one of the classes, but something in it is wrong.
        inside = next((each for each in problems if each.startswith((".", "["))), None)
        return inside or f"{named} is wanted, not {_named(type(value))}"

    return check


def _sequence_check(element: object) -> _Check:
    check_one = _check(element)

    def check(value: object) -> str | None:
        if value.__class__ not in _LISTS and (isinstance(value, _TEXTS) or not isinstance(value, Sequence)):
            return f"a list of {_shown(element)} is wanted, not {_named(type(value))}"
        if check_one is None:
            return None
        for index, each in enumerate(cast("Sequence[object]", value)):
            problem = check_one(each)
            if problem is not None:
                return _placed(f"[{index}]", problem)
        return None

    return check


def _literal_check(values: tuple[object, ...]) -> _Check:
    def check(value: object) -> str | None:
        return None if value in values else f"one of {', '.join(map(repr, values))} is wanted"

    return check


_of_fields = dict[type, _Check]()
_fitting_of = dict[type, Callable[[object], bool]]()


def _fields_check(kind: type) -> _Check:
    """Looks at all fields of a class; what its own fields hold is looked at too."""
    known = _of_fields.get(kind)
    if known is None:
        known = _of_fields[kind] = _made_fields_check(kind)
    return known


def _made_fields_check(kind: type[Any]) -> _Check:
    attributes: tuple[attrs.Attribute[Any], ...] = attrs.fields(attrs.resolve_types(kind))
    checks = [(each.name, found) for each in attributes if (found := _check(each.type)) is not None]
    _fitting_of[kind] = _fitting(kind)

    def check(value: object) -> str | None:
        for name, check_one in checks:
            problem = check_one(getattr(value, name))
            if problem is not None:
                return f".{_placed(name, problem)}"
        return None

    return check


def _fitting(kind: type[Any]) -> Callable[[object], bool]:
    """Whether each field is just of the class that its annotation names: the usual case, told by one expression."""
    names: dict[str, Any] = {"dict": dict, "lists": _LISTS}
    text = f"lambda value: {_all_fit(kind, 'value', names)}"
    fits: Callable[[object], bool] = eval(text, names)  # noqa: S307 - of attribute names alone, as in attrs itself
    return fits


def _all_fit(kind: type[Any], place: str, names: dict[str, Any]) -> str:
    """What is true where all fields of an object of an attrs class fit; `names` gets what it looks at."""
    parts = (_fits(each.type, f"{place}.{each.name}", names) for each in attrs.fields(attrs.resolve_types(kind)))
    return " and ".join(filter(None, parts)) or "True"


def _fits(annotation: object, place: str, names: dict[str, Any]) -> str:
    """What is true where the value in a place fits; empty where everything does."""
    check = _check(annotation)
    if check is None:
        return ""
    name = f"n{len(names)}"
    names[name] = check
    careful = f"{name}({place}) is None"
    arguments = get_args(annotation)
    if get_origin(annotation) in {Union, types.UnionType}:
        others = [each for each in arguments if each is not types.NoneType]
        inside = _fits(others[0], place, names) if len(others) == 1 else careful
        return f"({place} is None or {inside})" if types.NoneType in arguments else inside
    kind = _as_class(get_origin(annotation)) or _as_class(annotation)
    if kind is None or place.count(".") > _DEEPEST:
        return careful
    if inspect.isabstract(kind):
        usual = f"{place}.__class__ in lists and not {place}" if _is_sequence(kind) else f"{place}.__class__ is dict"
        return f"({usual} or {careful})" if _is_sequence(kind) or issubclass(dict, kind) else careful
    if arguments:
        return careful
    names[name] = kind
    inside = f" and {_all_fit(kind, place, names)}" if attrs.has(kind) else ""
    return f"{place}.__class__ is {name}{inside}"


def _placed(place: str, problem: str) -> str:
    """`problem` of what stands at `place`; one that begins with a place inside of it goes on from there."""
    return f"{place}{problem}" if problem.startswith((".", "[")) else f"{place}: {problem}"


def _own_id(value: object, wanted: type) -> str:
    return "; pass its .id" if wanted is str and hasattr(value, "id") else ""


def _shown(annotation: object) -> str:
    if get_origin(annotation) in {Union, types.UnionType}:
        return " or ".join(map(_shown, get_args(annotation)))
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _named(kind: type) -> str:
    name = "None" if kind is types.NoneType else kind.__name__
    return name if kind is types.NoneType else f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
