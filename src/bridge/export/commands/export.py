"""``export``: post what is ready, and tell Brex."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    approved_plan,
    expected_errors,
    moment_of,
    opened_export,
)
from bridge.export.commands.export_watch import (
    Interval,
    KeepFields,
    Listen,
    Watch,
    address_of,
    interval_of,
    keep_exporting,
)
from bridge.export.commands.logs import AtLevel, LogJson, LogLevel, logging_to_stderr
from bridge.export.commands.print_outcome import print_outcome
from bridge.export.commands.progress_display import shown_progress
from bridge.export.engine.kept_books import KeptBooks
from bridge.export.reporting import tables
from bridge.export.watching.graceful_stop import GracefulStop

PlanFile = Annotated[
    Path | None,
    typer.Option(
        "--plan",
        metavar="FILE",
        help="Post only what this approved plan says and what has not changed since.",
        exists=True,
        dir_okay=False,
        readable=True,
    ),
]


@app.command()
def export(
    settings: SettingsFile,
    journal: JournalPlace = None,
    rates: RatesFile = None,
    since: Since = None,
    log_level: AtLevel = LogLevel.WARNING,
    *,
    plan: PlanFile = None,
    csv: CsvFile = None,
    namespace: NamespaceName = "",
    pace: PaceAt = None,
    watch: Watch = False,
    interval: Interval = None,
    listen: Listen = None,
    sync_fields: KeepFields = None,
    log_json: LogJson = False,
    as_json: Json = False,
) -> None:
    """Post all records that are ready in Brex. Corrects those that changed, and reports to Brex. Ctrl-C ends it cleanly.

    With a journal, a run continues where an earlier one was interrupted, and history, replay and verify work. --json
    and --csv contain every record, so they need memory for each one. The tables show the first 40 of each kind and
    count all.

    What was exported before and has not changed in Brex is not looked at: verify finds what somebody deleted in Rillet.

    With --watch it prints a line for each run (with --json, an object), and ends with status 0 at Ctrl-C or SIGTERM.

    Needs the same variables as plan. Exit status 0: all exported; 1: some were refused, held or failed, or were refused
    when the plan was made; 2: could not run.
    """
    changed_since = moment_of(since)
    every, place = interval_of(interval or "1h"), None if listen is None else address_of(listen)
    for option, value in (("--listen", listen), ("--interval", interval)):
        if value is not None and not watch:
            raise typer.BadParameter(f"{option} needs --watch")
    if sync_fields is not None and not watch:
        raise typer.BadParameter("--sync-fields needs --watch; the command sync-fields does it once")
    if csv is not None and watch:
        raise typer.BadParameter("--watch has no end, and so no file; --json prints an object for each run")
    if plan is not None and (watch or since is not None):
        raise typer.BadParameter("--plan says which records; --watch and --since do not go with it")
    stopping = GracefulStop()
    with expected_errors():
        # Before a journal is begun.
        planned = None if plan is None else approved_plan(plan)
    with (
        expected_errors(),
        opened_export(
            settings,
            journal,
            namespace=namespace,
            rates=rates,
            pace=pace,
            sleep=stopping.sleep,
            kept=KeptBooks() if watch else None,
            tells=False,
        ) as prepared,
    ):
        if watch:
            with logging_to_stderr(log_level, as_json=log_json):
                keep_exporting(prepared, stopping, interval=every, listen=place, as_json=as_json, fields_of=sync_fields)
            return
        keep = None if as_json or csv is not None else tables.MOST_ROWS
        with (
            logging_to_stderr(log_level, as_json=log_json),
            shown_progress(logs=True, reads=prepared) as advance,
            stopping,
        ):
            outcome = prepared.run(
                plan=planned,
                changed_since=changed_since,
                keep=keep,
                progress=advance,
                stop=stopping,
            )
        print_outcome(outcome, as_json=as_json, csv=csv, plan=planned)
        if not outcome.complete or (planned is not None and planned.refused):
            raise typer.Exit(INCOMPLETE)
