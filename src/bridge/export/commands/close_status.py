"""``close-status``: how far a month is."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

import brex_accounting
from bridge.closing import CloseStatus
from bridge.closing import close_status as status_of
from bridge.export.closing import read_purchases, read_snapshot
from bridge.export.commands.app import (
    INCOMPLETE,
    JournalPlace,
    Json,
    RatesFile,
    SettingsFile,
    app,
    console,
    expected_errors,
    opened_export,
    print_json,
)
from bridge.export.commands.month import Month, write_csv


def amount_of(text: str) -> Decimal:
    """The amount of an option. Raises `typer.BadParameter`."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"an amount is a number such as 75 or 99.50, not {text!r}")
    return amount


@app.command()
def close_status(
    period: Month,
    settings: SettingsFile,
    journal: JournalPlace = None,
    rates: RatesFile = None,
    *,
    receipts_from: Annotated[
        Decimal, typer.Option(parser=amount_of, metavar="AMOUNT", help="From which amount on a receipt is needed.")
    ] = Decimal(75),
    prepaids_from: Annotated[
        Decimal,
        typer.Option(parser=amount_of, metavar="AMOUNT", help="From which amount on a service period is needed."),
    ] = Decimal(5000),
    sample: Annotated[int, typer.Option(min=0, help="How many records the audit sample has beside large ones.")] = 25,
    sample_above: Annotated[
        Decimal | None, typer.Option(parser=amount_of, metavar="AMOUNT", help="From which amount on all are in it.")
    ] = None,
    seed: Annotated[str, typer.Option(help="Another text, another sample.")] = "",
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write each part as a file into this folder.", file_okay=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what of a month is not in the books, lacks a receipt, looks double, or lies across its end, and an audit sample.

    Needs the same variables as plan. Days of purchase are read where the token may read expenses. Changes nothing. Exit
    status 0: everything is in the books; 1: something is not; 2: could not look.
    """
    with expected_errors(), opened_export(settings, journal, rates=rates, is_there=True) as prepared:
        with brex_accounting.Client.from_env() as brex:
            bought = read_purchases(brex, period)
        snapshot = read_snapshot(prepared, period) if bought is None else read_snapshot(prepared, period, bought=bought)
        status = status_of(
            snapshot,
            receipts_from=receipts_from,
            prepaids_from=prepaids_from,
            sample_size=sample,
            sample_above=sample_above,
            seed=seed,
            checked_purchases=bought is not None,
        )
        if csv is not None:
            csv.mkdir(parents=True, exist_ok=True)
            for name, report in status.reports.items():
                write_csv(csv / f"{name}.csv", report.to_csv())
        if as_json:
            print_json(status.as_json())
        else:
            _print(status)
        if not status.is_complete:
            raise typer.Exit(INCOMPLETE)


def _print(status: CloseStatus) -> None:
    out = console()
    out.print(status)
    for report in status.reports.values():
        if report.rows:
            out.print(report)
    if not status.checked_purchases:
        out.print("Days of purchase are not checked: the token may not read expenses.")
