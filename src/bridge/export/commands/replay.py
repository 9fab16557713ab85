"""``replay`` and ``dismiss``: one record, taken up again or taken out of the queue."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.export.commands.app import (
    INCOMPLETE,
    JournalOf,
    Json,
    NamespaceName,
    RatesFile,
    RecordId,
    SettingsFile,
    app,
    expected_errors,
    opened_export,
    print_outcome,
)
from bridge.export.engine.replaying import AdoptionError
from bridge.export.watching.graceful_stop import Stopping


@app.command()
def replay(
    record: RecordId,
    settings: SettingsFile,
    journal: JournalOf,
    rates: RatesFile = None,
    *,
    namespace: NamespaceName = "",
    anew: Annotated[
        bool, typer.Option("--anew", help="Post again although an attempt is undecided. Check in Rillet first.")
    ] = False,
    adopt: Annotated[
        str | None,
        typer.Option(
            "--adopt", metavar="ID", help="The object in Rillet that an undecided attempt made. It is looked at."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Export one record again: finish what was cut off, post anew what was deleted in Rillet.

    What Rillet still has is not posted a second time. Needs the same variables as plan.
    """
    if anew and adopt is not None:
        raise typer.BadParameter("either it was found (--adopt), or it is to be posted again (--anew)")
    stopping = Stopping()
    opened = opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True, sleep=stopping.sleep)
    with expected_errors(), opened as prepared:
        try:
            with stopping:
                outcome = prepared.replay(record, anew=anew, adopt=adopt)
        except AdoptionError as error:
            raise typer.BadParameter(str(error)) from error
        print_outcome(outcome, as_json=as_json)
        if not outcome.complete:
            raise typer.Exit(INCOMPLETE)


@app.command()
def dismiss(
    record: RecordId,
    settings: SettingsFile,
    journal: JournalOf,
    why: Annotated[str, typer.Option("--why", help="Why the export is not to post it; the journal keeps it.")],
    *,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Take a record out of the queue that was booked by hand. Brex is told that it is done; replay takes it up again.

    Needs the same variables as plan.
    """
    with expected_errors(), opened_export(settings, journal, namespace=namespace, is_there=True) as prepared:
        try:
            outcome = prepared.dismiss(record, why=why)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        print_outcome(outcome, as_json=as_json)
        if not outcome.complete:
            raise typer.Exit(INCOMPLETE)
