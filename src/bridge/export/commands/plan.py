"""``plan``: what an export would do, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import attrs
import typer

from bridge.closing.delimited import delimited
from bridge.closing.report import Report
from bridge.export.commands.app import (
    INCOMPLETE,
    CsvFile,
    JournalPlace,
    Json,
    NamespaceName,
    PaceAt,
    RatesFile,
    SettingsFile,
    Since,
    app,
    console,
    csv_bytes,
    expected_errors,
    is_missing,
    moment_of,
    opened_export,
    print_json,
    tell_written,
    without_journal,
    write_csv,
)
from bridge.export.engine.export import Export
from bridge.export.reporting import tables
from bridge.export.reporting.csv_reports import plan_report
from bridge.export.reporting.journal_lines import journal_lines
from bridge.export.reporting.report_json import plan_json
from bridge.plan import Plan

Lines = Annotated[
    Path | None,
    typer.Option(
        "--lines",
        metavar="FILE",
        help="Write the lines to be posted: a workbook if FILE ends in .xlsx, else CSV.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Save the plan, to be approved and then carried out by export --plan."),
]


@app.command()
def plan(
    settings: SettingsFile,
    journal: JournalPlace = None,
    rates: RatesFile = None,
    since: Since = None,
    lines: Lines = None,
    *,
    out: Out = None,
    csv: CsvFile = None,
    namespace: NamespaceName = "",
    pace: PaceAt = None,
    as_json: Json = False,
) -> None:
    """Show what an export would do, step by step. Nothing is sent to Rillet or reported to Brex.

    A journal that is not there is not begun: the plan is that of a first export, and says so.

    --lines writes every line to be posted, with debit and credit, to a file from which a person can post by hand. A
    workbook needs the extra excel.

    Needs BREX_TOKEN and RILLET_API_KEY, and BREX_BASE_URL, RILLET_ENVIRONMENT and RILLET_BASE_URL if they apply. Exit
    status 0: all would be exported; 1: some are refused, held or cannot be read; 2: could not run.
    """
    changed_since = moment_of(since)
    opened = opened_export(settings, journal, namespace=namespace, rates=rates, pace=pace, creates=False)
    with expected_errors(), opened as export:
        planned = export.plan(changed_since=changed_since)
        if journal is not None and is_missing(journal):
            planned = attrs.evolve(planned, warnings=(without_journal(journal), *planned.warnings))
        if lines is not None:
            lines.write_bytes(_lines_file(planned, export, is_workbook=lines.suffix.lower() == ".xlsx"))
            tell_written(lines)
        if out is not None:
            out.write_text(export.saved(planned).to_json(), encoding="utf-8")
            tell_written(out)
        if as_json:
            print_json(plan_json(planned))
        else:
            console().print(tables.plan_table(planned))
        write_csv(csv, lambda: plan_report(planned).to_csv())
        if planned.refused or planned.held or planned.unreadable:
            raise typer.Exit(INCOMPLETE)


def _lines_file(planned: Plan, export: Export, *, is_workbook: bool) -> bytes:
    """The lines that would be posted, for spreadsheets."""
    headings, rows = journal_lines(planned, planned.books or export.books())
    if not is_workbook:
        return csv_bytes(delimited(headings, rows))
    from bridge.export.closing.workbook import workbook_of

    report = Report(title="Lines to post", headings=tuple(headings), rows=tuple(rows))
    now = export.journal.now()
    return workbook_of({"lines": report}, title="Lines to post", by="brex-rillet plan", day=now.date())
