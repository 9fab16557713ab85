# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false
# Arrow has no types of its own.
"""Values of the services as Arrow tables (the ``frames`` extra): exact decimals, aware times, names of fields as in Python.

::

    table = to_arrow(client.accounts.list(), Account)
    polars.from_arrow(table)          # or table.to_pandas(), or duckdb.sql('select * from "table"')

A decimal is ``decimal128(38, 9)``, or text in a column that holds more digits than that; a time is a timestamp in UTC, an
enum is text, a value inside of another is a struct, and what the class does not know is JSON text in ``extra``.

In a table of `rows_to_arrow` a column of decimals is ``decimal128(18, 4)``, with which pandas can calculate. It is wider
where its values need more: ``decimal128(18, 9)``, then ``(28, 9)``, then ``(38, 9)``. Nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from clientkit._lazy import of_extra

if TYPE_CHECKING:
    import pyarrow  # noqa: ICN001 - signatures in the reference say whose table it is

__all__ = ["rows_to_arrow", "schema_of", "to_arrow"]


def schema_of(kind: type[object]) -> pyarrow.Schema:
    """The columns of a class of values, before anything is read.

    Raises:
        TypeError: It is no class of values.
        ModuleNotFoundError: The extra is not installed.
    """
    return _tables().schema(kind)


def to_arrow(values: Iterable[object], kind: type[object] | None = None) -> pyarrow.Table:
    """Values of one class as a table.

    Args:
        values: A list, or a listing such as ``client.accounts.list()``.
        kind: Their class. Needed where there may be none, because an empty list does not tell.

    Raises:
        TypeError: They are of several classes, or there is none and no `kind`.
        ValueError: An amount inside of a value has more digits than the column; it would be rounded.
        ModuleNotFoundError: The extra is not installed.
    """
    return _tables().table_of_values(values, kind)


def rows_to_arrow(
    rows: Sequence[Mapping[str, object]], columns: Mapping[str, type[object]] | None = None
) -> pyarrow.Table:
    """Flat rows, such as those of `brex_accounting.lines`, as a table.

    A column without a value has the type that `columns` names, or else the type ``null``, which joins with any other.

    Args:
        rows: Mappings from the name of a column to its value.
        columns: The types of columns that are there even if there is no row, or no value, such as
            `brex_accounting.LINE_COLUMNS`.

    Raises:
        ModuleNotFoundError: The extra is not installed.
    """
    return _tables().table_of_rows(rows, columns or {})


def _tables() -> ModuleType:
    return of_extra("clientkit.arrow_tables", needs="pyarrow", what="frames", extra="frames")
