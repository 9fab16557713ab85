"""Tables as people see them in a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

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
