"""``check``: whether keys, settings and both services fit, before anything is exported."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from bridge.export.commands.app import INCOMPLETE, Json, app, console, expected_errors, print_json
from bridge.export.commands.month import CsvFile, write_csv
from bridge.export.time_zones import zone_of

AnySettingsFile = Annotated[
    Path, typer.Option("--settings", help="The settings, a TOML file.", exists=True, dir_okay=False, readable=True)
]


@app.command()
def check(settings: AnySettingsFile, csv: CsvFile = None, *, as_json: Json = False) -> None:
    """Look at the keys, the settings and both services, and name every mistake with its line. Changes nothing.

    What no API can read, such as whether the reference type exists, is shown as "not verifiable". Needs the same variables
    as plan; BREX_WEBHOOK_SECRET is compared where it is set. Exit status 0: nothing is wrong; 1: something is.
    """
    from bridge.export.commands.setup_check import check_setup

    with expected_errors():
        text = settings.read_text(encoding="utf-8")
        found = check_setup(text=text, source=str(settings), environment=os.environ, zones=zone_of)
        write_csv(csv, found.to_csv())
        if as_json:
            print_json(found.as_json())
        else:
            console().print(found)
        if found.has_problems:
            raise typer.Exit(INCOMPLETE)
