"""``accrue``: a month's spending that is not in the books, as one journal entry for each subsidiary."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from bridge.closing import AccrualPlan
from bridge.closing import accrue as planned_accruals
from bridge.export.closing import AccrualOutcome, post_accruals, read_snapshot
from bridge.export.closing.accruing import closed_for
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
from bridge.export.commands.month import Month
from bridge.export.ledgers.protocol import AccruingLedger


@app.command()
def accrue(
    period: Month,
    settings: SettingsFile,
    journal: JournalOf,
    rates: RatesFile = None,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    apply: Annotated[bool, typer.Option("--apply", help="Post the entries instead of only showing them.")] = False,
    as_json: Json = False,
) -> None:
    """Accrue a month's unposted spending. Each entry is reversed on the next day; without --apply, it is only shown.

    A later run updates them, and an export removes from them whatever it posts into the month. Needs the same variables
    as plan. Exit status 0: shown or posted; 1: some spending cannot be accrued, the month is closed, or an entry was not
    posted; 2: could not run.
    """
    with (
        expected_errors(),
        opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True) as prepared,
    ):
        snapshot = read_snapshot(prepared, period)
        plan = planned_accruals(snapshot)
        closed = closed_for(plan.period, snapshot.books.last_closed) if plan.accruals else None
        refused = None if closed is None else f"{closed[0].upper()}{closed[1:]}."
        write_csv(csv, plan.to_csv)
        ledger = prepared.ledger
        outcome = (
            post_accruals(ledger, prepared.journal, plan) if apply and isinstance(ledger, AccruingLedger) else None
        )
        steps = [] if outcome is None else outcome.as_json()
        end(
            {**plan.as_json(), "refused": refused, "applied": apply, "steps": steps},
            as_json=as_json,
            show=lambda out: _print(out, plan, outcome, refused),
            is_good=not plan.left_out and refused is None and (outcome is None or outcome.complete),
        )


def _print(out: Console, plan: AccrualPlan, outcome: AccrualOutcome | None, refused: str | None) -> None:
    out.print(plan)
    if plan.left_out:
        out.print(plan.reports["not_accrued"])
    if outcome is not None:
        out.print(outcome)
    elif refused is not None:
        out.print(Text(refused, style="bold yellow"))
