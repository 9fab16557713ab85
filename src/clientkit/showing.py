"""Values as tables for notebooks and terminals, bounded: a notebook keeps what it shows, invisibly and for long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import attrs

from clientkit.field_problems import shortened
from clientkit.money import money_digits

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

#: Title, headings and rows.
TableParts: TypeAlias = tuple[str, Sequence[str], Sequence[Sequence[str]]]


#: Of long lists the first rows are shown, of long texts the first characters.
MOST_ROWS = 40
_MOST_TEXT = 80
_MOST_REPR = _MOST_OF_A_LINE = 400
# Other people's texts must not move anything, nor turn the order of letters round.
_TURNS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_LINE_ENDS = (0x2028, 0x2029)
_CONTROLS = {code: "\ufffd" for code in (*range(32), *range(127, 160), *_TURNS, *_LINE_ENDS) if code != ord("\n")}


def in_short(text: str) -> str:
    """A text in one line of bounded length."""
    return shortened(on_one_line(text), _MOST_OF_A_LINE)


def first_of(names: Sequence[str], most: int = 5) -> str:
    """The first of many names and how many more there are, for the text of a reason."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def bounded(value: object) -> str:
    """The repr of a value, or its start; notebooks keep it beside the table, where nobody sees it."""
    return shortened(repr(value), _MOST_REPR)


def brief(value: object) -> str:
    """As `bounded`, with what is inside of the value named as its table names it: no more of a person than can be seen."""
    kind = type(value)
    if not attrs.has(kind):
        return bounded(value)
    told = {name: getattr(value, name) for name in shown_fields(kind)}
    parts = (f"{name}={_in_brief(each)}" for name, each in told.items() if _is_told(each))
    return shortened(f"{kind.__name__}({', '.join(parts)})", _MOST_REPR)


def _in_brief(value: object) -> str:
    is_plain = isinstance(value, str | int | Decimal) and not isinstance(value, Enum)
    return repr(value) if is_plain else on_one_line(cell(value))


def html_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of texts, none of which is taken for markup; of many rows the first `MOST_ROWS` and how many are left."""
    shown = [_row("td", row) for row in rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        more = f"… and {len(rows) - MOST_ROWS} more"
        shown.append(f'<tr><td colspan="{max(len(headings), 1)}">{more}</td></tr>')
    head = f"<thead>{_row('th', headings)}</thead>" if headings else ""
    return f"<table><caption>{_text(title)}</caption>{head}<tbody>{''.join(shown)}</tbody></table>"


def html_of(tables: Iterable[TableParts]) -> str:
    """Tables for a notebook."""
    return "".join(html_table(*each) for each in tables)


def rich_of(tables: Iterable[TableParts]) -> Group:
    """Tables for a terminal."""
    from rich.console import Group

    return Group(*(rich_table(*each) for each in tables))


def rich_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table for a terminal, as `html_table` is one for a notebook."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Text(on_one_line(title), style="bold")
    made = Table(title=shown, title_justify="left", box=box.SIMPLE_HEAD, show_header=bool(headings))
    for heading in headings:
        made.add_column(Text(plain(heading)))
    for row in rows[:MOST_ROWS]:
        made.add_row(*(Text(plain(each)) for each in row))
    if len(rows) > MOST_ROWS:
        made.caption = f"… and {len(rows) - MOST_ROWS} more"
    return made


def tables_of(value: object) -> Iterator[TableParts]:
    """The fields of a value and what they hold, and those of its lists that are tables as tables below."""
    kind = type(value)
    names = shown_fields(kind)
    cells = {name: getattr(value, name) for name in names}
    tables = {name: each for name, each in cells.items() if is_list_of_values(each)}
    yield (
        kind.__name__,
        (),
        [(name, cell(each)) for name, each in cells.items() if _is_told(each) and name not in tables],
    )
    for name, each in tables.items():
        yield table_of(name, each)


def html_list(title: str, values: Iterable[object], *, more: bool = False) -> str:
    """Values as a table for a notebook, as `table_of` makes it."""
    return html_table(*table_of(title, values, more=more))


def table_of(title: str, values: Iterable[object], *, more: bool = False) -> TableParts:
    """Values of one or of several kinds as a table, a column for each field that any of them has; `more` tells of others."""
    found = list(islice(values, MOST_ROWS + 1)) if not isinstance(values, Sequence) else [*values]
    names, rows = columns_of(found[:MOST_ROWS])
    rows += [[] for _ in found[MOST_ROWS:]]
    return f"{title}: {'the first ' if more else ''}{len(found)}", names, rows


def columns_of(values: Sequence[object]) -> tuple[list[str], list[list[str]]]:
    """The fields that any of the values has, and a row of cells for each value."""
    names = list(dict.fromkeys(name for each in values for name in shown_fields(type(each))))
    names = [name for name in names if any(_is_told(getattr(each, name, None)) for each in values)]
    return names, [[cell(getattr(each, name, None)) for name in names] for each in values]


def shown_fields(kind: type[object]) -> tuple[str, ...]:
    """The fields of a class that its repr shows: neither secrets nor what it does not know."""
    if not attrs.has(kind):
        return ()
    return tuple(each.name for each in attrs.fields(cast("type[Any]", kind)) if each.repr)


def is_list_of_values(value: object) -> bool:
    """Whether it is a list of such values, at least one."""
    if not isinstance(value, tuple):
        return False
    first = next(iter(cast("tuple[object, ...]", value)), None)
    return attrs.has(type(first))


def cell(value: object) -> str:
    """A value in short: amounts and days as they are written, lists by their length where they hold more than texts."""
    match value:
        case None:
            text = ""
        case Enum():
            text = str(value.value)
        case Decimal():
            text = f"{value:f}"
        case date():
            text = value.isoformat()
        case tuple() | list():
            text = _listed(cast("Sequence[object]", value))
        case Mapping():
            text = f"{len(cast('Mapping[object, object]', value))} entries"
        case _ if attrs.has(type(value)):
            text = _named(value)
        case _:
            text = str(value)
    return shortened(text, _MOST_TEXT)


def _listed(items: Sequence[object]) -> str:
    is_plain = all(isinstance(each, str | int | Decimal) for each in items)
    return ", ".join(map(cell, items)) if is_plain else f"{len(items)} item{'s' if len(items) > 1 else ''}"


def _named(value: object) -> str:
    """A value inside of another: an amount with the digits of its currency, else what names it."""
    match getattr(value, "amount", None), getattr(value, "currency", None):
        case Decimal() as amount, str() as currency if amount.is_finite():
            return f"{money_digits(amount, currency)} {currency}"
        case _:
            pass
    if type(value).__str__ is not object.__str__:
        return shortened(str(value), _MOST_TEXT)
    if full_name := getattr(value, "full_name", None):
        return cell(full_name)
    names = shown_fields(type(value))
    first = next((each for each in ("name", "field_name", "legal_name", "id", "type", "amount") if each in names), None)
    told = getattr(value, first, None) if first is not None else None
    return cell(told) if told is not None else type(value).__name__


def _is_told(value: object) -> bool:
    return value is not None and value != ()


def _row(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{_text(each)}</{tag}>" for each in cells) + "</tr>"


def plain(text: str) -> str:
    """A text without control characters, apart from line ends: nothing in it moves a cursor."""
    return text.translate(_CONTROLS)


def on_one_line(text: str) -> str:
    """A text of others inside of a line of ours: it cannot look like a line of its own."""
    return plain(text.replace("\r\n", " ").replace("\n", " "))


def _text(text: str) -> str:
    return escape(plain(text)).replace("\n", "<br>")
