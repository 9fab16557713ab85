"""``demo``: the whole of it in a minute, without an account."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from bridge.export import show
from bridge.export.commands.app import INCOMPLETE, Json, app, ending_well, print_json
from bridge.export.commands.progress_display import shown_progress
from clientkit.money import decimal_text, total


@app.command()
def demo(
    records: Annotated[int, typer.Option(min=1, max=20_000, help="How many good records the company has.")] = 400,
    seed: Annotated[int, typer.Option(help="Another seed, other records.")] = 1,
    *,
    as_json: Json = False,
) -> None:
    """Export a made-up company between two stand-ins on loopback, and prove that the books are right."""
    from bridge.export.demo.run import Demo

    with ending_well(), Demo(records=records, seed=seed) as company:
        quiet = Console(quiet=as_json)
        quiet.print(company.introduction)
        with shown_progress() as advance:
            first = company.export().run(progress=advance)
        second = company.export().run()
        proof = company.proof()
        difference = total(row.difference for row in proof)
        if as_json:
            print_json({**first.as_json(), "second_run": second.as_json(), "difference": decimal_text(difference)})
        else:
            console = Console()
            console.print(show.export_table(first), show.proof_table(proof), sep="\n")
            again = second.counts.posted + second.counts.adopted
            console.print(
                f"Difference over all accounts: {difference:.2f}", style="bold green" if not difference else "bold red"
            )
            console.print(f"Running the export a second time posted {again} records.")
        if difference or second.posted or first.stopped or first.failed:
            raise typer.Exit(INCOMPLETE)
