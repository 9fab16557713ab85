"""``plan`` and ``export``: what would be done, and doing it."""

from __future__ import annotations

import typer

from bridge.decisions import PlannedVendor
from bridge.export.commands.app import (
    INCOMPLETE,
    JournalPlace,
    Json,
    RatesFile,
    SettingsFile,
    app,
    console,
    ending_well,
    opened_export,
    print_json,
    print_outcome,
)
from bridge.export.commands.export_watch import Interval, Listen, Watch, address_of, interval_of, keep_exporting
from bridge.export.commands.logs import AtLevel, LogJson, LogLevel, logging_to_stderr
from bridge.export.commands.progress_display import shown_progress
from bridge.export.reporting import tables
from bridge.export.reporting.report import nothing_json, postings_json, refused_json
from bridge.export.watching.graceful_stop import Stopping
from bridge.mapping import Plan


@app.command()
def plan(
    settings: SettingsFile, journal: JournalPlace = None, rates: RatesFile = None, *, as_json: Json = False
) -> None:
    """Show what an export would post. Nothing is sent to Rillet or reported to Brex.

    Needs BREX_TOKEN and RILLET_API_KEY; BREX_BASE_URL, RILLET_ENVIRONMENT and RILLET_BASE_URL where they apply.
    """
    with ending_well(), opened_export(settings, journal, rates=rates) as export:
        planned = export.plan()
        if as_json:
            print_json(_plan_json(planned))
        else:
            console().print(tables.plan_table(planned))
        if planned.refused:
            raise typer.Exit(INCOMPLETE)


@app.command()
def export(
    settings: SettingsFile,
    journal: JournalPlace = None,
    rates: RatesFile = None,
    log_level: AtLevel = LogLevel.WARNING,
    *,
    watch: Watch = False,
    interval: Interval = "1h",
    listen: Listen = None,
    log_json: LogJson = False,
    as_json: Json = False,
) -> None:
    """Post every ready record of Brex to Rillet, and tell Brex. Ctrl-C and SIGTERM end it cleanly.

    With a journal, a run goes on where an earlier one was cut off, and history, replay and verify can tell of it. --json
    has every record and so takes memory for each; the tables hold the first 40 of each sort, and all are counted.

    With --watch it prints a line for each run, an object for each with --json, and ends with status 0 at a signal.

    Needs the same variables as plan. Exit status 0: all exported; 1: some refused; 2: could not run.
    """
    every, place = interval_of(interval), None if listen is None else address_of(listen)
    if place is not None and not watch:
        raise typer.BadParameter("--listen needs --watch")
    stopping = Stopping()
    with ending_well(), opened_export(settings, journal, rates=rates, sleep=stopping.sleep) as prepared:
        if watch:
            with logging_to_stderr(log_level, as_json=log_json):
                keep_exporting(prepared, stopping, interval=every, listen=place, as_json=as_json)
            return
        keep = None if as_json else tables.MOST_ROWS
        with logging_to_stderr(log_level, as_json=log_json), shown_progress() as advance, stopping:
            outcome = prepared.run(keep=keep, progress=advance, stop=stopping)
        print_outcome(outcome, as_json=as_json)
        if not outcome.complete:
            raise typer.Exit(INCOMPLETE)


def _plan_json(planned: Plan) -> dict[str, object]:
    return {
        "posts": [
            {
                "record_id": post.record.id,
                "vendor": {"create": post.vendor.vendor.name}
                if isinstance(post.vendor, PlannedVendor)
                else post.vendor,
                "impact_date": str(post.impact_date),
                "postings": postings_json(post.payload),
            }
            for post in planned.posts
        ],
        "create_vendors": [each.vendor.name for each in planned.new_vendors],
        "refused": refused_json(planned.refused),
        "nothing": nothing_json(planned.nothing),
    }
