"""``reconcile``: Brex beside Rillet for a month, every difference down to its records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.closing import Period, Reconciliation, month
from bridge.closing import reconcile as reconciled
from bridge.export.closing import read_snapshot
from bridge.export.commands.app import (
    INCOMPLETE,
    JournalPlace,
    Json,
    RatesFile,
    SettingsFile,
    app,
    console,
    expected_errors,
    opened_export,
    print_json,
)


def period_of(text: str) -> Period:
    """The month of an option. Raises `typer.BadParameter`."""
    try:
        return month(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Month = Annotated[
    Period, typer.Option("--period", metavar="MONTH", parser=period_of, help="The month, such as 2026-10.")
]
CsvFile = Annotated[Path | None, typer.Option("--csv", help="Write it to this file as well.", dir_okay=False)]


@app.command()
def reconcile(
    period: Month,
    settings: SettingsFile,
    journal: JournalPlace = None,
    rates: RatesFile = None,
    csv: CsvFile = None,
    *,
    as_json: Json = False,
) -> None:
    """Compare Brex and Rillet account by account for a month, and say where each difference comes from. Changes nothing.

    Needs the same variables as plan. Exit status 0: every difference has its record or object; 1: one is unexplained, or a
    record cannot be read; 2: could not look.
    """
    with expected_errors(), opened_export(settings, journal, rates=rates, is_there=True) as prepared:
        found = reconciled(read_snapshot(prepared, period))
        if csv is not None:
            csv.write_text(found.to_csv(), encoding="utf-8", newline="")
        if as_json:
            print_json(found.as_json())
        else:
            _print(found)
        if not found.is_explained:
            raise typer.Exit(INCOMPLETE)


def _print(found: Reconciliation) -> None:
    out = console()
    out.print(found)
    if any(row.parts for row in found.rows):
        out.print(found.differences)
    for each in found.unread:
        out.print(f"{each.record_id or 'A record'} cannot be read: {each.why}", style="red", markup=False)
