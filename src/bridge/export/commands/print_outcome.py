"""How the commands that post end: what became of each record, for people, for programs and for spreadsheets."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Group, RenderableType

from bridge.export.commands.app import console, drop_output, print_json, write_csv
from bridge.export.engine.saved_plan import SavedPlan
from bridge.export.reporting import tables
from bridge.export.reporting.csv_reports import outcome_report
from bridge.export.reporting.report import ExportOutcome
from bridge.export.reporting.report_json import saved_plan_json


def print_outcome(
    outcome: ExportOutcome,
    *,
    as_json: bool,
    csv: Path | None = None,
    table: Callable[[ExportOutcome], RenderableType] = tables.export_table,
    plan: SavedPlan | None = None,
) -> None:
    """What an export came to, for people as this `table` or for programs; nothing where nobody reads it any more.

    `plan` is the one that was carried out: what it left out is told too. Raises `OSError` where it cannot be written, with
    what became of the records all the same.
    """
    try:
        if as_json:
            print_json(outcome.as_json() | ({} if plan is None else {"plan": saved_plan_json(plan)}))
        else:
            left = () if plan is None or not plan.refused else (_refused_in(plan),)
            console().print(Group(table(outcome), *left))
            sys.stdout.flush()
        write_csv(csv, lambda: outcome_report(outcome, plan=plan).to_csv())
    except BrokenPipeError:
        drop_output()
    except OSError as error:
        drop_output()
        counts = outcome.counts
        numbers = f"posted {counts.posted}, held {counts.held}, refused {counts.refused}, failed {counts.failed}"
        raise OSError(f"The run is over ({numbers}), but its outcome cannot be written: {error}") from error


def _refused_in(plan: SavedPlan) -> RenderableType:
    return tables.planned_refusals_table(plan.refused, plan.refused_amounts)
