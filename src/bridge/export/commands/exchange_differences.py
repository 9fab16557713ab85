"""``exchange-differences``: what settled items have left in the books, and the entry for it."""

from __future__ import annotations

from rich.console import Console

from bridge.closing import ExchangeDifferences
from bridge.closing import exchange_differences as differences_of
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
def exchange_differences(
    period: Month,
    settings: SettingsFile,
    journal: JournalPlace = None,
    rates: RatesFile = None,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Show a month's exchange differences. Of bills, reimbursements and card records, with the entry. Posts nothing.

    Needs the same variables as plan. --csv writes the entry. Exit status 0: there are none; 1: there are some, or some
    cannot be told yet; 2: could not run.
    """
    with (
        expected_errors(),
        opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True) as prepared,
    ):
        found = differences_of(read_snapshot(prepared, period))
        write_csv(csv, found.reports["exchange_entry"].to_csv)
        is_good = not found.items and not found.left_out
        end(found.as_json(), as_json=as_json, show=lambda out: _print(out, found), is_good=is_good)


def _print(out: Console, found: ExchangeDifferences) -> None:
    first, *others = found.reports.values()
    out.print(first)
    for report in others:
        if report.rows:
            out.print(report)
