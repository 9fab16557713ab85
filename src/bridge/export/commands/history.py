"""``history``, ``replay`` and ``verify``: what the journal can tell, and mend."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import attrs
import typer

from bridge.export.commands.app import (
    INCOMPLETE,
    JournalOf,
    Json,
    RatesFile,
    RecordId,
    SettingsFile,
    app,
    console,
    ending_well,
    opened_export,
    opened_journal,
    print_json,
    print_outcome,
)
from bridge.export.engine.attempts import Attempt, files_of
from bridge.export.reporting import tables
from bridge.export.reporting.verification import verify as find_disagreements
from bridge.export.watching.graceful_stop import Stopping


@app.command()
def history(
    record: Annotated[str, typer.Argument(metavar="ID", help="The id of a record in Brex, or of an object in Rillet.")],
    journal: JournalOf,
    *,
    as_json: Json = False,
) -> None:
    """Show every attempt to post a record and its receipts: what was sent when and by whom, and what came back.

    For an object of Rillet: the attempts that led to it, and of a summary all records that it is for. --json has the
    bytes of both. Exit status 1: the journal does not know the id.
    """
    with ending_well(), opened_journal(journal, is_there=True) as opened:
        made = opened.attempts(record)
        attempts = (*made, *files_of(opened, made)) or opened.by_object(record)
        of_record = any(each.subject == record for each in attempts)
        members = [] if of_record else [each for attempt in attempts for each in opened.members(attempt.subject)]
        if as_json:
            shown = [{"record_id": each.record_id, "version": each.version} for each in members]
            print_json({"id": record, "attempts": [_attempt_json(each) for each in attempts], "members": shown})
        elif attempts:
            console().print(tables.history_table(record, attempts, members))
        else:
            tables.errors(console(stderr=True), [f"The journal does not know {record}."])
        if not attempts:
            raise typer.Exit(INCOMPLETE)


@app.command()
def replay(
    record: RecordId,
    settings: SettingsFile,
    journal: JournalOf,
    rates: RatesFile = None,
    *,
    anew: Annotated[bool, typer.Option("--anew", help="You looked: Rillet does not have it.")] = False,
    as_json: Json = False,
) -> None:
    """Export one record again: finish what was cut off, post anew what was deleted in Rillet.

    What Rillet still has is not posted a second time. Needs the same variables as plan.
    """
    stopping = Stopping()
    opened = opened_export(settings, journal, rates=rates, is_there=True, sleep=stopping.sleep)
    with ending_well(), opened as prepared:
        with stopping:
            outcome = prepared.replay(record, anew=anew)
        print_outcome(outcome, as_json=as_json)
        if not outcome.complete:
            raise typer.Exit(INCOMPLETE)


@app.command()
def verify(settings: SettingsFile, journal: JournalOf, *, as_json: Json = False) -> None:
    """Walk the journal, Brex and Rillet, and print every disagreement. Changes nothing.

    Needs the same variables as plan. Exit status 0: all agree; 1: there is a disagreement; 2: could not look.
    """
    with ending_well(), opened_export(settings, journal, is_there=True) as prepared:
        reference_type = prepared.bridge.settings.reference_type
        found = find_disagreements(prepared.brex, prepared.rillet, prepared.journal, reference_type)
        if as_json:
            print_json({"disagreements": [{"record_id": each.record_id, "text": each.text} for each in found]})
        else:
            console().print(tables.verify_table(found))
        if found:
            raise typer.Exit(INCOMPLETE)


def _attempt_json(attempt: Attempt) -> dict[str, object]:
    names = (field.name for field in attrs.fields(Attempt) if field.name != "members")
    values = ((name, getattr(attempt, name)) for name in names)
    return {name: _plain(value) for name, value in values}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
