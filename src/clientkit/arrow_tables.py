# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownParameterType=false, reportUnknownLambdaType=false
# Arrow has no types of its own.
"""How values become Arrow tables. This file alone knows pyarrow; `clientkit.frames` is what programs import."""

from __future__ import annotations

import json
import types
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import attrs
import pyarrow as pa

from clientkit.model import Model

_PRECISION, _SCALE = 38, 9
_MOST = Decimal(10) ** (_PRECISION - _SCALE)
#: Precision and scale of a column of rows, the first that holds its values. A result has more digits than what it is made
#: of, and Arrow, with which pandas calculates, has 38 at most: 18 leave room for a product with any whole number.
_ROOMY = ((18, 4), (18, 9), (28, 9), (_PRECISION, _SCALE))


def schema(kind: type[object]) -> pa.Schema:
    """The columns of a class of values."""
    if not attrs.has(kind):
        raise TypeError(f"{kind.__name__} is no class of values, such as rillet.Account")
    return pa.schema(_fields(kind, ()))


def table_of_values(values: Iterable[object], kind: type[object] | None) -> pa.Table:
    """Values of one class as a table."""
    if isinstance(values, Model):
        name = type(values).__name__
        raise TypeError(
            f"{name} is one value; a table is of a list: [value], or what it lists, or rows_to_arrow of rows"
        )
    found = list(values)
    if kind is None:
        if not found:
            raise TypeError("an empty list does not tell the class of its values; name it: to_arrow(values, Account)")
        kind = type(found[0])
    strange = next((each for each in found if type(each) is not kind), None)
    if strange is not None:
        raise TypeError(f"all values of a table are of one class: {kind.__name__}, not {type(strange).__name__}")
    columns = schema(kind)
    rows = [
        {each.name: _cell(getattr(value, each.name), each.type, within=False) for each in columns} for value in found
    ]
    return _table(rows, columns)


def exact_rows(values: Iterable[object], kind: type[object]) -> list[dict[str, object]]:
    """Values as rows of plain values, nested as they are, without what is None.

    Raises `ValueError` for an amount that a column would round.
    """
    columns = [(each.name, each.type) for each in schema(kind)]
    return [_told({name: _cell(getattr(value, name), arrow) for name, arrow in columns}) for value in values]


def _told(row: Mapping[str, object]) -> dict[str, object]:
    return {name: _without_none(each) for name, each in row.items() if each is not None}


def _without_none(value: object) -> object:
    if isinstance(value, dict):
        return _told(cast("dict[str, object]", value))
    return [_without_none(each) for each in cast("list[object]", value)] if isinstance(value, list) else value


def table_of_rows(rows: Sequence[Mapping[str, object]], known: Mapping[str, type[object]]) -> pa.Table:
    """Flat rows as a table."""
    rows = list(rows)
    strange = next((each for each in cast("list[object]", rows) if not isinstance(each, Mapping)), None)
    if strange is not None:
        name = type(strange).__name__
        raise TypeError(
            f"rows are mappings, not {name}; make them by brex_accounting.lines of records, or by `rows` of a report, or use "
            "to_arrow for values as they are"
        )
    names = list(dict.fromkeys((*known, *(name for row in rows for name in row))))
    columns = {name: [row.get(name) for row in rows] for name in names}
    types = {
        name: _type_of(column) if any(each is not None for each in column) else _type_of_nothing(name, known)
        for name, column in columns.items()
    }
    fields = pa.schema([pa.field(name, arrow) for name, arrow in types.items()])
    return _table([{name: _plain(row.get(name)) for name in names} for row in rows], fields)


def _type_of_nothing(name: str, known: Mapping[str, type[object]]) -> Any:
    if known.get(name) is Decimal:
        return _decimal_type(())
    return _arrow(known[name], ()) if name in known else pa.null()


def _table(rows: list[dict[str, object]], columns: pa.Schema) -> pa.Table:
    cells = list[Any]()
    fields = list[Any]()
    for field in columns:
        column = [row.get(field.name) for row in rows]
        if pa.types.is_decimal(field.type) and not all(map(_fits, column)):
            column = [None if each is None else f"{each:f}" for each in cast("list[Decimal | None]", column)]
            field = pa.field(field.name, pa.string())  # noqa: PLW2901 - the same column in another type
        fields.append(field)
        cells.append(pa.array(column, type=field.type))
    return pa.Table.from_arrays(cells, schema=pa.schema(fields))


def _fits(amount: object) -> bool:
    if not isinstance(amount, Decimal):
        return True
    exponent = amount.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_SCALE and abs(amount) < _MOST


def _decimal_type(amounts: Iterable[int | Decimal]) -> Any:
    """The type of a column with these amounts: one that leaves room to calculate if they all fit into it."""
    scale, whole = 0, 0
    for each in amounts:
        _, digits, exponent = Decimal(each).as_tuple()
        if not isinstance(exponent, int):
            return pa.decimal128(_PRECISION, _SCALE)
        scale, whole = max(scale, -exponent), max(whole, len(digits) + exponent)
    fits = (each for each in _ROOMY if scale <= each[1] and whole <= each[0] - each[1])
    return pa.decimal128(*next(fits, (_PRECISION, _SCALE)))


def _type_of(column: Sequence[object]) -> Any:
    kinds = {type(each) for each in column if each is not None}
    if kinds <= {int} and kinds:
        return pa.int64()
    if kinds <= {int, Decimal} and kinds:
        return _decimal_type(cast("int | Decimal", each) for each in column if each is not None)
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
