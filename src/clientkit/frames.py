# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownParameterType=false, reportUnknownLambdaType=false
# Arrow has no types of its own.
"""Values of the services as Arrow tables (the ``frames`` extra): exact decimals, aware times, names of fields as in Python.

::

    table = to_arrow(client.accounts.list(), Account)
    polars.from_arrow(table)          # or table.to_pandas(), or duckdb.sql("select * from table")

A decimal is ``decimal128(38, 9)``, or text in a column that holds more digits than that; a time is a timestamp in UTC, an
enum is text, a value inside of another is a struct, and what the class does not know is JSON text in ``extra``.
"""

from __future__ import annotations

import json
import types
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import attrs

from clientkit.model import Model

try:
    import pyarrow as pa
except ModuleNotFoundError as missing:
    if missing.name != "pyarrow":
        raise
    raise ModuleNotFoundError(
        'frames need their extra. Install it with: pip install "brex-rillet[frames]"', name="pyarrow"
    ) from None

_PRECISION, _SCALE = 38, 9
_MOST = Decimal(10) ** (_PRECISION - _SCALE)


def schema_of(kind: type[object]) -> pa.Schema:
    """The columns of a class of values, before anything is read. Raises `TypeError` for another class."""
    if not attrs.has(kind):
        raise TypeError(f"{kind.__name__} is no class of values, such as rillet.Account")
    return pa.schema(_fields(kind, ()))


def to_arrow(values: Iterable[object], kind: type[object] | None = None) -> pa.Table:
    """Values of one class as a table.

    Args:
        values: A list, or a listing such as ``client.accounts.list()``.
        kind: Their class. Needed where there may be none, because an empty list does not tell.

    Raises:
        TypeError: They are of several classes, or there is none and no `kind`.
    """
    found = list(values)
    if kind is None:
        if not found:
            raise TypeError("an empty list does not tell the class of its values; name it: to_arrow(values, Account)")
        kind = type(found[0])
    strange = next((each for each in found if type(each) is not kind), None)
    if strange is not None:
        raise TypeError(f"all values of a table are of one class: {kind.__name__}, not {type(strange).__name__}")
    schema = schema_of(kind)
    columns = [(field.name, field.type) for field in schema]
    rows = [{name: _cell(getattr(each, name), arrow, within=False) for name, arrow in columns} for each in found]
    return _table(rows, schema)


def rows_to_arrow(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Flat rows, such as those of `brex_accounting.lines`, as a table; a column of which nothing is told is text."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    schema = pa.schema([pa.field(name, _type_of(column)) for name, column in columns.items()])
    return _table([{name: _plain(row.get(name)) for name in names} for row in rows], schema)


def _table(rows: list[dict[str, object]], schema: pa.Schema) -> pa.Table:
    columns = list[Any]()
    fields = list[Any]()
    for field in schema:
        column = [row.get(field.name) for row in rows]
        if pa.types.is_decimal(field.type) and not all(map(_fits, column)):
            column = [None if each is None else f"{each:f}" for each in cast("list[Decimal | None]", column)]
            field = pa.field(field.name, pa.string())  # noqa: PLW2901 - the same column in another type
        fields.append(field)
        columns.append(pa.array(column, type=field.type))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _fits(amount: object) -> bool:
    if not isinstance(amount, Decimal):
        return True
    exponent = amount.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_SCALE and abs(amount) < _MOST


def _type_of(column: Sequence[object]) -> Any:
    kinds = {type(each) for each in column if each is not None}
    if kinds <= {int} and kinds:
        return pa.int64()
    if kinds <= {int, Decimal} and kinds:
        return pa.decimal128(_PRECISION, _SCALE)
    for kind, arrow in ((bool, pa.bool_()), (datetime, pa.timestamp("us", tz="UTC")), (date, pa.date32())):
        if kinds == {kind}:
            return arrow
    return pa.string()


def _fields(kind: type[object], within: tuple[type[object], ...]) -> list[Any]:
    hints = get_type_hints(kind)
    return [
        pa.field(each.name, _arrow(hints[each.name], (*within, kind))) for each in attrs.fields(cast("type[Any]", kind))
    ]


def _arrow(hint: Any, within: tuple[type[object], ...]) -> Any:
    """The type of a column; what has no type of Arrow (unions, free JSON, a class inside of itself) is JSON text."""
    options = [each for each in get_args(hint) if each is not type(None)] if _is_union(hint) else [hint]
    if len(options) != 1:
        return pa.string()
    (one,) = options
    if get_origin(one) in {tuple, list, Sequence}:
        return pa.list_(_arrow(get_args(one)[0], within))
    if not isinstance(one, type):
        return pa.string()
    if attrs.has(one):
        return pa.string() if one in within else pa.struct(_fields(one, within))
    for known, arrow in (
        (bool, pa.bool_()),
        (int, pa.int64()),
        (Decimal, pa.decimal128(_PRECISION, _SCALE)),
        (datetime, pa.timestamp("us", tz="UTC")),
        (date, pa.date32()),
    ):
        if issubclass(one, known):
            return arrow
    return pa.string()


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in {Union, types.UnionType}


def _cell(value: object, arrow: Any, *, within: bool = True) -> object:
    if value is None:
        return None
    if pa.types.is_struct(arrow):
        return {each.name: _cell(getattr(value, each.name), each.type) for each in arrow}
    if pa.types.is_list(arrow):
        return [_cell(each, arrow.value_type) for each in cast("Sequence[object]", value)]
    if pa.types.is_string(arrow):
        return _text(value)
    if within and not _fits(value):
        raise ValueError(f"{value} inside of a value has more digits than decimal128(38, 9); it would be rounded")
    return _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value


def _text(value: object) -> str | None:
    """Text as it is, and everything else as JSON; nothing where there is nothing unknown."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and not value:
        return None
    if isinstance(value, Model):
        return value.to_json()
    return json.dumps(value, default=_as_json, ensure_ascii=False)


def _as_json(value: object) -> object:
    if isinstance(value, Model):
        return value.to_dict()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
