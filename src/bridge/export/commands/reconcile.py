"""``reconcile``: Brex beside Rillet for a month, every difference down to its records."""

from __future__ import annotations

from rich.console import Console

from bridge.closing import Reconciliation
from bridge.closing import reconcile as reconciled
from bridge.export.closing import read_snapshot
from bridge.export.commands.app import (
    CsvFile,
    JournalPlace,
    Json,
    NamespaceName,
    RatesFile,
    SettingsFile,
    app,
    end,
    expected_errors,
    opened_export,
    write_csv,
)
from bridge.export.commands.month import Month


@app.command()
def reconcile(
    period: Month,
    settings: SettingsFile,
    journal: JournalPlace = None,
    rates: RatesFile = None,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Compare Brex and Rillet for a month. Account by account, each difference traced to its cause. Changes nothing.

    Needs the same variables as plan. Exit status 0: every difference is traced to a record or an object; 1: one is
    unexplained, or a record cannot be read; 2: could not run.
    """
    with (
        expected_errors(),
        opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True) as prepared,
    ):
        found = reconciled(read_snapshot(prepared, period))
        write_csv(csv, found.to_csv)
        end(found.as_json(), as_json=as_json, show=lambda out: _print(out, found), is_good=found.is_explained)


def _print(out: Console, found: Reconciliation) -> None:
    out.print(found)
    if any(row.parts for row in found.rows):
        out.print(found.differences)
    if found.records or found.rows:
        out.print(found.totals)
    for each in found.unread:
        out.print(f"{each.record_id or 'A record'} cannot be read: {each.why}", style="red", markup=False)
    for left in found.unread_objects:
        out.print(f"{left.ref} of Rillet cannot be read: {left.why}", style="yellow", markup=False)
