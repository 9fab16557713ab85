"""``sync-fields``: what Rillet has becomes what spenders can choose in Brex."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

import brex_accounting
from bridge.export.commands.app import (
    COULD_NOT_RUN,
    INCOMPLETE,
    CsvFile,
    Json,
    NamespaceName,
    SettingsFile,
    app,
    console,
    expected_errors,
    opened_export,
    print_json,
    write_csv,
)
from bridge.export.field_updates import apply_field_changes, read_fields
from bridge.export.integrations import known_integrations
from bridge.export.journal.protocol import Journal, JournalError
from bridge.export.reporting import tables
from bridge.export.reporting.csv_reports import field_changes_report
from bridge.export.watching.graceful_stop import GracefulStop
from bridge.field_sync import FieldChange, plan_field_sync


@app.command()
def sync_fields(
    settings: SettingsFile,
    integration: Annotated[
        str | None,
        typer.Option(help="The id of the accounting integration that new fields belong to. --journal knows it too."),
    ] = None,
    journal: Annotated[
        str | None, typer.Option("--journal", help="The journal that knows the active integration.")
    ] = None,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    apply: Annotated[bool, typer.Option("--apply", help="Change Brex instead of only showing the changes.")] = False,
    as_json: Json = False,
) -> None:
    """Bring Rillet's master data into Brex's fields. That is accounts, subsidiaries, fields, vendors and tax rates.

    Without --apply, the changes are only shown. Needs the same variables as plan. Ctrl-C ends it cleanly, and the next
    run does the rest. Exit status 0: done, or shown; 1: ended early; 2: could not run.
    """
    if integration is None and journal is None:
        raise typer.BadParameter("--integration says which one, or --journal, where the command integration keeps it")
    with (
        expected_errors(),
        opened_export(settings, journal, namespace=namespace, is_there=True, posts=False) as prepared,
        brex_accounting.Client.from_env() as brex,
    ):
        belongs_to = integration or _active(prepared.journal)
        books = prepared.books()
        planned = changes = plan_field_sync(books, read_fields(brex), prepared.bridge.settings, belongs_to)
        if apply and planned:
            try:
                with Progress(console=Console(stderr=True)) as bar, GracefulStop() as stopping:
                    task = bar.add_task("Writing values", total=None)
                    changes = apply_field_changes(
                        brex,
                        planned,
                        progress=lambda done, of: bar.update(task, completed=done, total=of),
                        stop=stopping,
                    )
            except KeyboardInterrupt:
                text = "Interrupted. What Brex has taken stays; another run does the rest."
                tables.errors(console(stderr=True), [text])
                raise typer.Exit(COULD_NOT_RUN) from None
        if as_json:
            print_json({"applied": apply, "changes": _json(changes)})
        else:
            console().print(tables.field_changes_table(changes, applied=apply))
        write_csv(csv, lambda: field_changes_report(changes).to_csv())
        if apply and changes != planned:
            raise typer.Exit(INCOMPLETE)


def _active(journal: Journal) -> str:
    found = next((each.id for each in known_integrations(journal) if each.is_active), None)
    if found is None:
        raise JournalError("the journal knows no active integration: run integration create or reactivate first")
    return found


def _json(changes: Sequence[FieldChange]) -> list[dict[str, object]]:
    return [
        {
            "field": change.name,
            "create_field": change.new is not None,
            "rename_field": change.renamed,
            "enable_field": change.is_enabled,
            "values": {what: list(names) for what, names in change.names.items()},
        }
        for change in changes
    ]
