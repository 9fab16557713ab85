"""``verify``: whether journal, Brex and Rillet tell the same story."""

from __future__ import annotations

from bridge.export.commands.app import (
    CsvFile,
    JournalOf,
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
from bridge.export.reporting import tables
from bridge.export.reporting.csv_reports import verify_report


@app.command()
def verify(
    settings: SettingsFile,
    journal: JournalOf,
    rates: RatesFile = None,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Compare the journal, Brex and Rillet by content. Shows every disagreement, and changes nothing.

    Needs the same variables as plan. Exit status 0: all agree; 1: something disagrees; 2: could not run.
    """
    with (
        expected_errors(),
        opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True) as prepared,
    ):
        found = prepared.verify()
        shown = [{"record_id": each.record_id, "verdict": each.verdict.value, "text": each.text} for each in found]
        write_csv(csv, lambda: verify_report(found).to_csv())
        end(
            {"disagreements": shown},
            as_json=as_json,
            show=lambda out: out.print(tables.verify_table(found)),
            is_good=not found,
        )
