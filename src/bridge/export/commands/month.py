"""What the commands of a close have in common: their month, and files for spreadsheets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bridge.closing import Period, month


def period_of(text: str) -> Period:
    """The month of an option. Raises `typer.BadParameter`."""
    try:
        return month(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Month = Annotated[
    Period, typer.Option("--period", metavar="MONTH", parser=period_of, help="The month, such as 2026-10.")
]
CsvFile = Annotated[Path | None, typer.Option("--csv", help="Write it to this file as well.", dir_okay=False)]


def write_csv(path: Path | None, text: str) -> None:
    """Write a report where a file is given."""
    if path is not None:
        path.write_text(text, encoding="utf-8", newline="")
