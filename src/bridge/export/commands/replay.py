"""``replay`` and ``dismiss``: one record, taken up again or taken out of the queue."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from brex_accounting import ReviewStatus
from bridge.export.commands.app import (
    COULD_NOT_RUN,
    INCOMPLETE,
    CsvFile,
    JournalOf,
    Json,
    NamespaceName,
    RatesFile,
    SettingsFile,
    app,
    console,
    expected_errors,
    opened_export,
)
from bridge.export.commands.print_outcome import print_outcome
from bridge.export.engine.dismissing import DismissalError
from bridge.export.engine.replaying import dismissal_of
from bridge.export.reporting import tables
from bridge.export.reporting.report import ExportOutcome, Posted, RecordResult
from bridge.export.watching.graceful_stop import GracefulStop
from bridge.settings.values import SettingsError

_SAME_AS_DISMISS = "The same as dismiss. Reports records that were booked by hand as done, and posts nothing."


_Records = Annotated[list[str], typer.Argument(metavar="RECORD…", help="The ids of records in Brex, such as accr_…")]


@app.command()
def replay(
    records: _Records,
    settings: SettingsFile,
    journal: JournalOf,
    rates: RatesFile = None,
    csv: CsvFile = None,
    *,
    namespace: NamespaceName = "",
    anew: Annotated[
        bool, typer.Option("--anew", help="Post again although an attempt is undecided. Check in Rillet first.")
    ] = False,
    adopt: Annotated[
        str | None,
        typer.Option(
            "--adopt",
            metavar="ID",
            help="The object in Rillet that an undecided attempt created. It is compared first.",
        ),
    ] = None,
    even_dismissed: Annotated[
        bool,
        typer.Option(
            "--even-dismissed", help="Post a record that was dismissed. Take back first what was booked by hand."
        ),
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            help="Your e-mail address or name, which the journal keeps if a dismissal is undone or an attempt is given up; "
            "of other replays it keeps the process alone. By default: user, host and process.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Export records again. Finishes an interrupted attempt, or posts again what was deleted in Rillet.

    Never posts twice what Rillet still has. A dismissed record needs --even-dismissed: what was booked for it by hand
    cannot be found. Of several records, one that cannot be replayed does not stop the others. Needs the same variables
    as plan. Exit status 0: all are in Rillet; 1: some were refused, held or failed; 2: could not run.
    """
    ids = list(dict.fromkeys(records))
    if anew and adopt is not None:
        raise typer.BadParameter("either it was found (--adopt), or it is to be posted again (--anew)")
    if adopt is not None and len(ids) > 1:
        raise typer.BadParameter("--adopt names what one record made; replay that record alone")
    stopping = GracefulStop()
    opened = opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True, sleep=stopping.sleep)
    with expected_errors(), opened as prepared:
        dismissed = [each for each in ids if even_dismissed and dismissal_of(each, prepared.journal) is not None]
        try:
            with stopping:
                outcome = (
                    prepared.replay(ids[0], anew=anew, adopt=adopt, even_dismissed=even_dismissed, by=by)
                    if len(ids) == 1
                    else prepared.replay_all(ids, anew=anew, even_dismissed=even_dismissed, by=by)
                )
        except SettingsError:
            raise
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        title = f"Replay of {ids[0]}" if len(ids) == 1 else f"Replay of {len(ids)} records"
        print_outcome(
            outcome,
            as_json=as_json,
            csv=csv,
            table=lambda found: Group(tables.records_table(title, found), *_taken_up(found, dismissed)),
        )
        if not outcome.complete:
            raise typer.Exit(INCOMPLETE)


def _taken_up(outcome: ExportOutcome, dismissed: Collection[str]) -> Iterator[Text]:
    """What comes next for records that were dismissed: Brex was told that they are done."""
    results: list[RecordResult] = [*outcome.posted, *outcome.held, *outcome.refused, *outcome.failed]
    for result in results:
        record = result.record
        if record.id not in dismissed or record.review_status != ReviewStatus.EXPORTED:
            continue
        if isinstance(result, Posted):
            yield Text(f"Brex has {record.id} as exported since it was dismissed, so nothing has to be reported.")
        else:
            yield Text(
                f"{record.id} is not dismissed any more, but Brex has it as exported, so an export does not post it: "
                f"replay it again once it can be posted."
            )


@app.command()
@app.command("mark-exported", help=_SAME_AS_DISMISS)
def dismiss(
    records: _Records,
    settings: SettingsFile,
    journal: JournalOf,
    why: Annotated[str, typer.Option("--why", help="The reason, which the journal keeps.")],
    csv: CsvFile = None,
    *,
    rates: RatesFile = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Your e-mail address or name. By default: user, host and process.")
    ] = None,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Take records out of the queue. For records that were booked by hand; Brex is told that they are done.

    replay --even-dismissed takes one up again. All or nothing: if one of them was posted already, or is unknown, it is
    named and nothing is done. Needs the same variables as plan.
    """
    with (
        expected_errors(),
        opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True) as prepared,
    ):
        try:
            outcome = prepared.dismiss_all(records, why=why, by=by)
        except DismissalError as error:
            tables.errors(console(stderr=True), error.problems)
            raise typer.Exit(COULD_NOT_RUN) from None
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        title = f"Dismissed: {outcome.counts.nothing}"
        print_outcome(outcome, as_json=as_json, csv=csv, table=lambda found: tables.records_table(title, found))
        if not outcome.complete:
            raise typer.Exit(INCOMPLETE)
