"""``init``: a settings file from what both services have."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

import brex_accounting
import rillet
from bridge.export.commands.app import CONSENT_VARIABLE, app, console, expected_errors
from bridge.export.field_updates import read_fields
from bridge.export.ledgers.rillet_books import load_books
from bridge.field_sync import FieldWithValues
from bridge.settings.proposal import proposed_settings
from clientkit.errors import ApiError

Output = Annotated[
    Path | None, typer.Option("--output", dir_okay=False, help="The new file. Without it, the proposal is printed.")
]


@app.command()
def init(output: Output = None) -> None:
    """Propose a settings file. It draws on Rillet's accounts and subsidiaries and both services' fields. Changes nothing.

    Each conclusion has a comment. What only a person can know is left out. Read the file, then run check. Needs
    RILLET_API_KEY, and BREX_TOKEN for Brex's fields. An existing file is never overwritten.
    """
    if output is not None and output.exists():
        raise typer.BadParameter(f"{output} is there already; name a new file")
    with expected_errors():
        with rillet.Client.from_env() as client:
            books = load_books(client)
        fields, default_entity = _brex()
        text = proposed_settings(books, fields, default_entity=default_entity)
        if output is None:
            sys.stdout.write(text)
        else:
            output.write_text(text, encoding="utf-8")
            _tell(f"Written to {output}. Read it, and run: brex-rillet check --settings {output}")


def _brex() -> tuple[tuple[FieldWithValues, ...] | None, str | None]:
    """The fields of Brex and the name of its default entity, None where it cannot be asked, which is said."""
    if not (os.environ.get("BREX_TOKEN") or os.environ.get(CONSENT_VARIABLE)):
        _tell("BREX_TOKEN is not set, so Brex's fields are left out.")
        return None, None
    fields, default = None, None
    try:
        with brex_accounting.Client.from_env() as brex:
            fields = read_fields(brex)
            default = next((each.display_name for each in brex.legal_entities.list() if each.is_default), None)
    except ApiError as error:
        what = "Brex's fields are" if fields is None else "Which entity Brex calls its default is"
        _tell(f"{what} left out: {error}")
    return fields, default


def _tell(text: str) -> None:
    console(stderr=True).print(text, markup=False, highlight=False)
