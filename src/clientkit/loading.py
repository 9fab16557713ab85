# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false
# Arrow has no types of its own.
"""Listings as resources of dlt (https://dlthub.com/docs), for `rillet.loading` and `brex_accounting.loading`.

This file alone knows dlt. The columns are those of `clientkit.frames`: amounts are decimals of 38 digits with 9 after the
point, times are in UTC, a value inside of another is a column with ``__`` in its name, and lists are tables of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import attrs

from clientkit._lazy import of_extra

if TYPE_CHECKING:
    from dlt.extract.resource import DltResource
    from dlt.extract.source import DltSource

#: What changed in these seconds before the newest change is read again; the service may have shown it late.
_OVERLAP = 60.0
_BATCH = 1000


@attrs.frozen(kw_only=True)
class Listed:
    """A listing: the name of its table, the class of its values, and how it is read.

    `read` is given the moment after which changes are wanted, None for everything. `is_incremental` says that it looks.
    """

    name: str
    kind: type[object]
    read: Callable[[datetime | None], Iterable[object]]
    is_incremental: bool = False


@attrs.frozen(kw_only=True)
class Reported:
    """A report of a period: the name of its table, its class, and how it is read."""

    name: str
    kind: type[object]
    read: Callable[[date, date], object]


def source_of(
    name: str,
    listed: Iterable[Listed],
    reported: Iterable[Reported] = (),
    periods: Iterable[tuple[date, date]] = (),
) -> DltSource:
    """A source with a resource for each listing, and for each report its periods. Raises `ModuleNotFoundError` without the extra."""
    dlt = of_extra("dlt", needs="dlt", what="sources of dlt", extra="dlt")
    days = tuple(periods)
    resources = [_listing(dlt, each) for each in listed]
    resources += [_report(dlt, each, days) for each in reported if days]
    source: DltSource = dlt.source(lambda: resources, name=name, section=name)()
    return source


def _listing(dlt: Any, listed: Listed) -> DltResource:
    hints = {
        "name": listed.name,
        "primary_key": "id",
        "columns": _columns(listed.kind),
        "nested_hints": _nested(listed.kind),
    }
    if not listed.is_incremental:

        def everything() -> Iterator[list[dict[str, object]]]:
            yield from _batches(listed.read(None), listed.kind)

        replaced: DltResource = dlt.resource(everything, write_disposition="replace", **hints)
        return replaced
    since = dlt.sources.incremental("updated_at", lag=_OVERLAP, on_cursor_value_missing="include")

    def changed(updated_at: Any = since) -> Iterator[list[dict[str, object]]]:
        yield from _batches(listed.read(updated_at.last_value), listed.kind)

    merged: DltResource = dlt.resource(changed, write_disposition="merge", **hints)
    return merged


def _report(dlt: Any, reported: Reported, periods: tuple[tuple[date, date], ...]) -> DltResource:
    def each_period() -> Iterator[list[dict[str, object]]]:
        for first, last in periods:
            (row,) = _rows([reported.read(first, last)], reported.kind)
            yield [{**row, "from_date": first, "to_date": last}]

    days = {name: {"name": name, "data_type": "date", "nullable": False} for name in ("from_date", "to_date")}
    made: DltResource = dlt.resource(
        each_period,
        name=reported.name,
        primary_key=("from_date", "to_date"),
        write_disposition="merge",
        columns={**_columns(reported.kind), **days},
        nested_hints=_nested(reported.kind),
    )
    return made


def _batches(values: Iterable[object], kind: type[object]) -> Iterator[list[dict[str, object]]]:
    left = iter(values)
    while some := list(islice(left, _BATCH)):
        yield _rows(some, kind)


def _rows(values: Iterable[object], kind: type[object]) -> list[dict[str, object]]:
    from clientkit.arrow_tables import exact_rows

    return exact_rows(values, kind)


def _columns(kind: type[object]) -> dict[str, dict[str, object]]:
    from clientkit.frames import schema_of

    return dict(_hints(schema_of(kind), ""))


def _nested(kind: type[object]) -> dict[tuple[str, ...], dict[str, object]]:
    from clientkit.frames import schema_of

    return {path: {"columns": columns} for path, columns in _lists(schema_of(kind), ())}


def _hints(fields: Iterable[Any], within: str) -> Iterator[tuple[str, dict[str, object]]]:
    """The columns of a table, those of values inside of others with the names that dlt gives them."""
    import pyarrow as pa

    for each in fields:
        name = f"{within}{each.name}"
        if pa.types.is_struct(each.type):
            yield from _hints(each.type, f"{name}__")
        elif not pa.types.is_list(each.type):
            yield name, {"name": name, **_hint(each.type)}


def _lists(fields: Iterable[Any], within: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The columns of the tables that dlt makes of lists, by their place."""
    import pyarrow as pa

    for each in fields:
        path = (*within, each.name)
        if pa.types.is_struct(each.type):
            yield from _lists(each.type, path)
        elif pa.types.is_list(each.type):
            inner = each.type.value_type
            if pa.types.is_struct(inner):
                yield path, dict(_hints(inner, ""))
                yield from _lists(inner, path)
            else:
                yield path, {"value": {"name": "value", **_hint(inner)}}


def _hint(arrow: Any) -> dict[str, object]:
    import pyarrow as pa

    if pa.types.is_decimal(arrow):
        return {"data_type": "decimal", "precision": arrow.precision, "scale": arrow.scale}
    for is_of, told in (
        (pa.types.is_boolean, "bool"),
        (pa.types.is_integer, "bigint"),
        (pa.types.is_timestamp, "timestamp"),
        (pa.types.is_date, "date"),
    ):
        if is_of(arrow):
            return {"data_type": told}
    return {"data_type": "text"}
