"""``hold``, ``approve`` and ``approve-plan``: four eyes on what is posted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from bridge.export.commands.app import (
    JournalOf,
    NamespaceName,
    RatesFile,
    RecordId,
    SettingsFile,
    app,
    console,
    expected_errors,
    opened_export,
)
from bridge.export.engine.saved_plan import SavedPlan
from clientkit.showing import on_one_line

By = Annotated[str, typer.Option("--by", help="Who you are, as Brex knows you: an e-mail address, or a name.")]


@app.command()
def hold(
    record: RecordId,
    settings: SettingsFile,
    journal: JournalOf,
    by: By,
    why: Annotated[str, typer.Option("--why", help="Why it is held; the journal keeps it.")],
    *,
    namespace: NamespaceName = "",
) -> None:
    """Hold the posting of a record until somebody else approves it. Needs the same variables as plan."""
    with expected_errors(), opened_export(settings, journal, namespace=namespace, is_there=True) as prepared:
        try:
            made = prepared.hold(record, by=by, why=why)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        console().print(Text(on_one_line(f"{record} is held by {made.by}: {made.why}")))


@app.command()
def approve(
    record: RecordId,
    settings: SettingsFile,
    journal: JournalOf,
    by: By,
    rates: RatesFile = None,
    *,
    namespace: NamespaceName = "",
) -> None:
    """Approve what is to be posted for a record, as plan shows it now; the next run posts it.

    Nobody approves what is their own spending, or what they have held. The approval lapses where the record or what is
    posted for it changes. Needs the same variables as plan.
    """
    with (
        expected_errors(),
        opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True) as prepared,
    ):
        try:
            made = prepared.approve(record, by=by)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        told = f"{record} is approved by {made.by}; {made.prepared_by} has prepared it."
        console().print(Text(on_one_line(told)))


@app.command("approve-plan")
def approve_plan(
    plan: Annotated[
        Path, typer.Argument(metavar="FILE", help="What plan --out wrote.", exists=True, dir_okay=False, writable=True)
    ],
    by: By,
) -> None:
    """Approve a plan that was written down, as it is; export --plan carries it out. It asks nobody and needs no keys.

    The approval is written into the file, and lapses where the file is edited. What has to be approved record by record
    waits for that all the same.
    """
    with expected_errors():
        told = SavedPlan.from_json(plan.read_text(encoding="utf-8")).approved(by=by, at=datetime.now(UTC))
        plan.write_text(told.to_json(), encoding="utf-8")
        console().print(Text(on_one_line(f"{len(told.steps)} steps are approved by {by.strip()}.")))
