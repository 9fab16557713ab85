"""Tables as people see them in a terminal."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from brex_accounting.testing.records import card_expense
from bridge import DataTable

RECORD = "accr_30ab28ed322d5a27968b97655ac4b5de"


@pytest.mark.parametrize("width", [80, 110])
def test_an_id_stays_in_one_piece(width: int) -> None:
    table = DataTable(
        title="Reconciliation",
        headings=("Account", "Kind", "Record", "Why"),
        rows=(
            ("Halden Robotics GmbH 21130 Brex Card DE", "not exported", RECORD, "Brex has it in REVIEW since Monday"),
        ),
    )
    shown = io.StringIO()

    Console(file=shown, width=width).print(table)

    assert RECORD in shown.getvalue()
    assert all(len(line) <= width for line in shown.getvalue().splitlines())


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_amount_day_or_id_is_cut_however_narrow_the_terminal_is(width: int) -> None:
    cells = (
        RECORD,
        "CARD_EXPENSE_POST",
        "EXPORTED",
        "Ada Example",
        "2026-10-08",
        "15",
        "1,234.56",
        "1,250.00 CAD",
        "CAD",
    )
    headings = ("Record", "Type", "Status", "Owner", "Day", "Age", "Amount", "Billed", "Currency")
    why = "it is in CAD, Halden Robotics Inc keeps its books in USD, and for 2026-10-08 no exchange rate is given"
    table = DataTable(title="Not in the books: 1", headings=(*headings, "Why"), rows=((*cells, why),))
    out = io.StringIO()

    Console(file=out, width=width).print(table)

    lines = out.getvalue().splitlines()
    assert all(len(line) <= width for line in lines)
    assert all(any(cell in line for line in lines) for cell in cells)
    assert all(any(heading in line for line in lines) for heading in (*headings, "Why"))
    assert all(word in out.getvalue() for word in why.split())


def test_a_list_of_values_becomes_a_table() -> None:
    records = [card_expense("1234.5", record_id=f"accr_{n}", user="Ada Example") for n in range(50)]
    table = DataTable.of("Records", records)
    shown = dict(zip(table.headings, table.rows[49], strict=True))
    assert (len(table.rows), shown["id"], shown["amount"]) == (50, "accr_49", "1,234.50 USD")
    assert shown["user"] == "Ada Example"
    assert "and 10 more" in table._repr_html_()
    Console(file=io.StringIO()).print(table)
    assert DataTable.of("Nothing", []).rows == ()


def test_none_is_an_empty_cell() -> None:
    table = DataTable(title="Rows", headings=("A", "B"), rows=[("a", None), [None, "b"]])

    assert table.rows == (("a", ""), ("", "b"))
    assert "<td>a</td><td></td>" in table._repr_html_()
    assert "a" in str(table)


@pytest.mark.parametrize("cell", [Decimal("1.50"), 3, date(2026, 1, 2), b"text"])
def test_a_cell_that_is_no_text_is_refused_where_the_table_is_made(cell: Any) -> None:
    with pytest.raises(TypeError, match=f"row 2, column 1 has {type(cell).__name__}"):
        DataTable(title="Rows", headings=("A",), rows=(("a",), (cell,)))
