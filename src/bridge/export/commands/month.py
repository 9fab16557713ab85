"""What the commands of a close have in common: their month, and what counts as large."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Annotated

import typer

import brex_accounting
from bridge.closing import CloseStatus, Period, Snapshot, close_status, month
from bridge.export.closing import Bought, read_purchases


def period_of(text: str) -> Period:
    """The month of an option. Raises `typer.BadParameter`."""
    try:
        return month(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def amount_of(text: str) -> Decimal:
    """The amount of an option. Raises `typer.BadParameter`."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"an amount is a number such as 75 or 99.50, not {text!r}")
    return amount


Month = Annotated[
    Period, typer.Option("--period", metavar="MONTH", parser=period_of, help="The month, such as 2026-10.")
]
ReceiptsFrom = Annotated[
    Decimal, typer.Option(parser=amount_of, metavar="AMOUNT", help="The amount from which a receipt is required.")
]
PrepaidsFrom = Annotated[
    Decimal,
    typer.Option(parser=amount_of, metavar="AMOUNT", help="The amount from which a service period is required."),
]
Sample = Annotated[int, typer.Option(min=0, help="How many records the audit sample has, besides large ones.")]
SampleAbove = Annotated[
    Decimal | None,
    typer.Option(parser=amount_of, metavar="AMOUNT", help="The amount from which every record is in the sample."),
]
Seed = Annotated[str, typer.Option(help="Another text gives another sample.")]

RECEIPTS_FROM, PREPAIDS_FROM, SAMPLE = Decimal(75), Decimal(5000), 25


def judging(  # noqa: PLR0917 - in the order of the options
    receipts_from: Decimal,
    prepaids_from: Decimal,
    sample: int,
    sample_above: Decimal | None,
    seed: str,
    bought: Bought | None,
) -> Callable[[Snapshot], CloseStatus]:
    """How far a month is, by what the options say; `bought` knows days of purchase, where they could be read."""
    return partial(
        close_status,
        receipts_from=receipts_from,
        prepaids_from=prepaids_from,
        sample_size=sample,
        sample_above=sample_above,
        seed=seed,
        checked_purchases=bought is not None,
    )


def purchases_of(period: Period) -> Bought | None:
    """Days of purchase, where the token may read them."""
    with brex_accounting.Client.from_env() as brex:
        return read_purchases(brex, period)
