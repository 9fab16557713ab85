"""``close-status``: how far a month is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import attrs
import typer
from rich.console import Console

from bridge.closing import CloseStatus
from bridge.export.closing import nobody_knows, read_snapshot
from bridge.export.commands.app import (
    JournalPlace,
    Json,
    NamespaceName,
    RatesFile,
    SettingsFile,
    app,
    csv_bytes,
    end,
    expected_errors,
    opened_export,
    tell_written,
)
from bridge.export.commands.month import (
    PREPAIDS_FROM,
    RECEIPTS_FROM,
    SAMPLE,
    Month,
    PrepaidsFrom,
    ReceiptsFrom,
    Sample,
    SampleAbove,
    Seed,
    judging,
    purchases_of,
)

_SHOWN_OF_SAMPLE = 5


@app.command()
def close_status(
    period: Month,
    settings: SettingsFile,
    journal: JournalPlace = None,
    rates: RatesFile = None,
    *,
    namespace: NamespaceName = "",
    receipts_from: ReceiptsFrom = RECEIPTS_FROM,
    prepaids_from: PrepaidsFrom = PREPAIDS_FROM,
    sample: Sample = SAMPLE,
    sample_above: SampleAbove = None,
    seed: Seed = "",
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write each part to a CSV file in this folder.", file_okay=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """List what is open for a month. Unposted records, missing receipts, likely duplicates, cut-off, an audit sample.

    Needs the same variables as plan. Purchase dates are read if the token may read expenses. Changes nothing. Exit
    status 0: everything is in the books; 1: something is not; 2: could not run.
    """
    with (
        expected_errors(),
        opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True) as prepared,
    ):
        bought = purchases_of(period)
        judge = judging(receipts_from, prepaids_from, sample, sample_above, seed, bought)
        status = judge(read_snapshot(prepared, period, bought=bought or nobody_knows))
        if csv is not None:
            csv.mkdir(parents=True, exist_ok=True)
            for name, report in status.reports.items():
                (csv / f"{name}.csv").write_bytes(csv_bytes(report.to_csv()))
            tell_written(csv)
        end(status.as_json(), as_json=as_json, show=lambda out: _print(out, status), is_good=status.is_complete)


def _print(out: Console, status: CloseStatus) -> None:
    out.print(status)
    for name, report in status.reports.items():
        # The sample is for another day; what has to be done before the close must not be lost above it.
        shown = report.rows[:_SHOWN_OF_SAMPLE] if name == "audit_sample" else report.rows
        if report.rows:
            out.print(attrs.evolve(report, rows=shown))
        if more := len(report.rows) - len(shown):
            out.print(f"… and {more} more; --csv and --json have them all")
    if not status.checked_purchases:
        out.print("Days of purchase are not checked: the token may not read expenses.")
