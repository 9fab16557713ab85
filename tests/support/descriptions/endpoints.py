"""Every endpoint of the `rillet` package, and arguments to build its request with."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union

import attrs

import rillet
from clientkit.codec.unions import UnknownVariant
from clientkit.endpoints import Listing, Operation
from clientkit.requests import PageRequest, Request

#: Texts that have to be of a certain form, by the name of their parameter or field.
_TEXTS: Mapping[str, str] = {
    "content_type": "application/pdf",
    "month": "2026-03",
    "month_day": "--03-14",
}


@dataclass(frozen=True)
class Endpoint:
    """One endpoint, by the name under which people find it."""

    name: str
    build: Callable[..., Request[Any] | PageRequest[Any]]

    def requests(self, *, full: bool) -> list[Request[Any]]:
        """Its requests with all arguments or with the required ones; one for each variant of a union."""
        return [each.at(None) if isinstance(each, PageRequest) else each for each in self._built(full=full)]

    def listing(self) -> PageRequest[Any] | None:
        """What it builds with its required arguments, if that is a listing."""
        built = self._built(full=False)[0]
        return built if isinstance(built, PageRequest) else None

    def _built(self, *, full: bool) -> list[Request[Any] | PageRequest[Any]]:
        hints = typing.get_type_hints(getattr(self.build, "func"))  # noqa: B009 - a partial, by contract
        given = dict[str, list[object]]()
        for parameter in inspect.signature(self.build).parameters.values():
            if parameter.name != "idempotency_key" and (full or parameter.default is inspect.Parameter.empty):
                given[parameter.name] = samples(hints[parameter.name], parameter.name, full=full)
        return [self.build(**arguments) for arguments in _combined(given)]


def endpoints() -> list[Endpoint]:
    """Everything marked as an endpoint in any module of the package."""
    found = dict[str, Endpoint]()
    for module in pkgutil.walk_packages(rillet.__path__, "rillet."):
        if module.name.startswith("rillet.testing"):
            continue
        for owner in vars(importlib.import_module(module.name)).values():
            if isinstance(owner, type) and owner.__module__.startswith("rillet."):
                for name, value in vars(owner).items():
                    if isinstance(value, Operation | Listing):
                        full = f"{owner.__name__}.{name}"
                        found[full] = Endpoint(full, value.build)
    return sorted(found.values(), key=lambda each: each.name)


def samples(kind: Any, name: str, *, full: bool) -> list[object]:
    """Values of a type: one for each member of a union; objects with all their fields, or with the required ones."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {Union, types.UnionType}:
        members = [each for each in arguments if each not in {types.NoneType, UnknownVariant}]
        return [value for each in members for value in samples(each, name, full=full)]
    if origin is Literal:
        return list(arguments)
    if isinstance(origin, type) and issubclass(origin, Sequence):
        values = samples(arguments[0], name, full=full)
        return [values * 2 if len(values) == 1 else values]
    if isinstance(kind, type) and attrs.has(kind):
        return list(_objects(kind, full=full))
    return _scalars(kind, name)


def _scalars(kind: Any, name: str) -> list[object]:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)
    by_type: Mapping[Any, object] = {
        bool: True,
        int: 7,
        str: _TEXTS.get(name, name),
        bytes: b"%PDF",
        Decimal: Decimal("12.50"),
        date: date(2026, 3, 14),
        datetime: datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC),
    }
    return [by_type[kind]]


def _objects(kind: type[Any], *, full: bool) -> Iterator[object]:
    given = dict[str, list[object]]()
    for field in attrs.fields(attrs.resolve_types(kind)):
        if field.name != "extra" and (full or field.default is attrs.NOTHING):
            given[field.alias or field.name] = samples(field.type, field.name, full=full)
    for arguments in _combined(given):
        yield kind(**arguments)


def _combined(given: Mapping[str, Sequence[object]]) -> Iterator[dict[str, object]]:
    """Every value at least once, without every combination."""
    for index in range(max((len(values) for values in given.values()), default=1)):
        yield {name: values[index % len(values)] for name, values in given.items()}
