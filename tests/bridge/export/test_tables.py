"""What others wrote is shown as they wrote it: rich takes none of it for markup."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType

from brex_accounting import NewFieldValue
from brex_accounting.testing.records import card_expense, gl
from bridge.export import Disagreement, Verdict
from bridge.export.reporting import tables
from bridge.field_sync import FieldChange
from support.companies.exported import Company

HOSTILE = "[/red]Ada \x1b[2J"


def shown(*parts: RenderableType) -> str:
    console = Console(width=300, file=io.StringIO(), record=True)
    console.print(*parts)
    return console.export_text()


@pytest.mark.parametrize("coding", ["61000", HOSTILE])
def test_a_merchants_name_is_no_markup(company: Company, coding: str) -> None:
    company.brex.add(card_expense("5", coding=[gl(coding)], merchant=HOSTILE, record_id="accr_1"))
    export = company.export()
    text = shown(tables.plan_table(export.plan()), tables.export_table(export.run()))
    assert text.count("[/red]Ada ") >= 2
    assert "\x1b[2J" not in text


def test_ids_and_reasons_are_no_markup() -> None:
    found = [Disagreement(record_id=HOSTILE, verdict=Verdict.ONLY_IN_BREX, text=HOSTILE)]
    assert shown(tables.verify_table(found), tables.history_table(HOSTILE, [])).count("[/red]Ada \ufffd[2J") == 3


def test_long_lists_of_names_are_cut() -> None:
    names = [f"Vendor {number}" for number in range(25)]
    change = FieldChange(name="Vendor", created=tuple(NewFieldValue(value=each) for each in names))
    text = shown(tables.field_changes_table([change]))
    assert "Vendor 9" in text
    assert "Vendor 10" not in text
    assert "… and 15 more" in text


def test_no_changes_are_told_as_such() -> None:
    assert "Brex has what Rillet has." in shown(tables.field_changes_table(()))
    assert "Nothing was changed." in shown(tables.field_changes_table((), applied=True))


def test_a_notebook_shows_what_an_export_came_to(company: Company) -> None:
    company.brex.add(card_expense("1234.50", coding=[gl("61000")]), card_expense("5", coding=[gl("nowhere")]))
    outcome = company.export().run()
    assert {row[0]: row[1] for row in outcome.table.rows} | {"Requests sent": "", "Seconds": ""} == {
        "Posted": "1",
        "Vendors created": str(outcome.counts.created_vendors),
        "Refused": "1",
        "Reported to Brex": "1",
        "Amount USD": "1,234.50",
        "Requests sent": "",
        "Seconds": "",
    }
    assert "<td>Amount USD</td><td>1,234.50</td>" in outcome._repr_html_()
    assert "1,234.50" in shown(outcome)
