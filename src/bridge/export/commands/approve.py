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
from bridge.export.engine.reviewing import approve_record
from bridge.export.engine.saved_plan import SavedPlan
from bridge.export.reporting import tables
from clientkit.showing import on_one_line

By = Annotated[str, typer.Option("--by", help="Your e-mail address or name, as in Brex.")]


@app.command()
def hold(
    record: RecordId,
    settings: SettingsFile,
    journal: JournalOf,
    by: By,
    why: Annotated[str, typer.Option("--why", help="The reason, which the journal keeps.")],
    *,
    rates: RatesFile = None,
    namespace: NamespaceName = "",
) -> None:
    """Hold a record until somebody else approves it. Needs the same variables as plan.

    Begins a journal if there is none, so that a record can be held before the first export.
    """
    with expected_errors(), opened_export(settings, journal, namespace=namespace, rates=rates) as prepared:
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
    """Approve what plan shows for a record now. The next run posts it. Prints what is approved.

    You cannot approve your own spending, or a record that you put on hold. The approval lapses if the record or its
    posting changes. Needs the same variables as plan.
    """
    with (
        expected_errors(),
        opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True) as prepared,
    ):
        try:
            made = approve_record(prepared, record, by=by)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        review = made.review
        told = f"{review.with_before(f'{record} is approved by {review.by}')}. The next export posts it."
        console().print(Text(on_one_line(told)))
        console().print(tables.posting_table(made.post, made.books))


@app.command("approve-plan")
def approve_plan(
    plan: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="The file that plan --out wrote.", exists=True, dir_okay=False, writable=True
        ),
    ],
    by: By,
) -> None:
    """Approve a saved plan as a whole. export --plan carries it out. Works offline and needs no keys.

    The approval is stored in the file and lapses if the file is edited. Records that need an approval of their own
    still wait for it.
    """
    with expected_errors():
        told = SavedPlan.from_json(plan.read_text(encoding="utf-8")).approved(by=by, at=datetime.now(UTC))
        table = told.table
        plan.write_text(told.to_json(), encoding="utf-8")
        steps = "1 step is" if len(told.steps) == 1 else f"{len(told.steps)} steps are"
        console().print(Text(on_one_line(f"{steps} approved by {by.strip()}.")))
        console().print(table)
