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
from bridge.export.reporting.verification import verified


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

    Only records that the journal knows are compared: what was exported without it before is not known to it. Needs the
    same variables as plan. Exit status 0: all that was compared agrees; 1: something disagrees, or the journal knows no
    exported record, so nothing was compared; 2: could not run.
    """
    with (
        expected_errors(),
        opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True) as prepared,
    ):
        seen = verified(
            prepared.source,
            prepared.ledger,
            prepared.journal,
            prepared.bridge.settings.reference_type,
            bridge=prepared.bridge,
        )
        found, compared, since = seen.disagreements, seen.compared, seen.since
        shown = [{"record_id": each.record_id, "verdict": each.verdict.value, "text": each.text} for each in found]
        write_csv(csv, lambda: verify_report(found).to_csv())
        end(
            {
                "disagreements": shown,
                "compared": compared,
                "since": None if since is None else since.isoformat(),
            },
            as_json=as_json,
            show=lambda out: out.print(tables.verify_table(found, compared, since)),
            is_good=not found and compared > 0,
        )
