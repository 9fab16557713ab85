"""``history``: what the journal can tell of a record or of an object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import attrs
import typer
from rich.text import Text

from bridge.export.commands.app import (
    INCOMPLETE,
    CsvFile,
    JournalOf,
    Json,
    NamespaceName,
    app,
    console,
    expected_errors,
    opened_journal,
    print_json,
    write_csv,
)
from bridge.export.engine.approvals import Review, lapsed_at
from bridge.export.engine.approved_plans import ApprovedPlan
from bridge.export.engine.attempts import Attempt, is_record
from bridge.export.journal.protocol import Refusal
from bridge.export.reporting import tables
from bridge.export.reporting.csv_reports import history_report
from bridge.export.reporting.history import became_of, history_of, plan_text, review_text
from bridge.settings.toml_file import read_settings
from bridge.settings.values import Settings
from clientkit.showing import plain


@app.command()
def history(
    record: Annotated[str, typer.Argument(metavar="ID", help="The id of a record in Brex or of an object in Rillet.")],
    journal: JournalOf,
    csv: CsvFile = None,
    *,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings", help="The settings file; its links to Brex and Rillet are shown.", exists=True, dir_okay=False
        ),
    ] = None,
    namespace: NamespaceName = "",
    as_json: Json = False,
) -> None:
    """Show every attempt to post a record. What was sent, when and by whom, what was answered, and all refusals.

    With an id of Rillet, it shows the attempts that led to the object; for a summary, all its records. --json includes
    the bytes of requests and answers. With --settings, each attempt has its record_link and rillet_link, even if Rillet
    has no field for a link, as for payments. Exit status 1: the journal does not know the id.
    """
    with expected_errors(), opened_journal(journal, namespace=namespace, is_there=True, only_reads=True) as opened:
        links = partial(_links, _settings(settings))
        found = history_of(opened, record)
        attempts, members, refusals, decided = found.attempts, found.members, found.refusals, found.reviews
        if as_json:
            shown = [{"record_id": each.record_id, "version": each.version} for each in members]
            print_json(
                {
                    "id": record,
                    "attempts": [
                        {**_attempt_json(each), "became": became_of(each, attempts), **links(each)} for each in attempts
                    ],
                    "members": shown,
                    "refusals": [_refusal_json(each) for each in refusals],
                    "reviews": [_review_json(each, refusals) for each in decided],
                    "plans": [_plan_json(each) for each in found.plans],
                }
            )
        elif not found.is_empty:
            if attempts or refusals:
                # A line that ended at the width of the terminal could end inside of an amount.
                console().print(
                    tables.history_table(record, attempts, members, refusals, lambda each: _told(links(each))),
                    crop=False,
                )
            for told in (*map(plan_text, found.plans), *(review_text(each, refusals) for each in decided)):
                console().print(Text(plain(told)))
        else:
            tables.errors(console(stderr=True), [f"The journal does not know {record}."])
        write_csv(csv, lambda: history_report(found, links).to_csv())
        if found.is_empty:
            raise typer.Exit(INCOMPLETE)


def _settings(path: Path | None) -> Settings | None:
    return None if path is None else read_settings(path.read_text(encoding="utf-8"), source=str(path))


def _links(settings: Settings | None, attempt: Attempt) -> dict[str, object]:
    """The addresses of the record and of the object, as far as the settings and the journal know them."""
    if settings is None:
        return {}
    is_there = attempt.is_there and attempt.object_id is not None
    return {
        "record_link": settings.record_address(attempt.subject) if is_record(attempt.subject) else None,
        "rillet_link": settings.object_address(attempt.kind, attempt.object_id or "") if is_there else None,
    }


def _told(links: Mapping[str, object]) -> list[str]:
    return [str(each) for each in links.values() if each is not None]


def _attempt_json(attempt: Attempt) -> dict[str, object]:
    names = (field.name for field in attrs.fields(Attempt) if field.name != "members")
    values = ((name, getattr(attempt, name)) for name in names)
    return {name: _plain(value) for name, value in values}


def _review_json(review: Review, refusals: Sequence[Refusal]) -> dict[str, object]:
    told = {name: _plain(getattr(review, name)) for name in ("step", "by", "at", "why", "prepared_by", "held_by")}
    return {**told, "lapsed_at": _plain(lapsed_at(review, refusals))}


def _plan_json(plan: ApprovedPlan) -> dict[str, object]:
    return {name: _plain(getattr(plan, name)) for name in ("digest", "by", "at", "made_by", "made_at")}


def _refusal_json(refusal: Refusal) -> dict[str, object]:
    return {
        "version": refusal.version,
        "at": refusal.at.isoformat(),
        "last_at": refusal.last_at.isoformat(),
        "by": refusal.by,
        "reasons": [{"code": code, "text": text} for code, text in refusal.reasons],
    }


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
