"""``demo --billing``: invoices go out, payments come back, and receivables are what is open."""

from __future__ import annotations

import typer

from bridge.datatable import DataTable, money
from bridge.export.commands.app import INCOMPLETE, console, print_json
from bridge.export.commands.progress_display import shown_progress
from bridge.export.demo.billing import BillingDemo
from clientkit.money import decimal_text, total

_RECEIVABLES = ("Subsidiary", "Currency", "Receivable account in Rillet", "Open invoices", "Difference")


def show_billing(*, invoices: int, seed: int, as_json: bool) -> None:
    """Run the demonstration of billing and print it."""
    with BillingDemo(invoices=invoices, seed=seed) as demo:
        out = console(quiet=as_json)
        out.print(
            f"{len(demo.invoices)} invoices and {len(demo.notes)} credit notes of a billing system wait for Rillet, "
            f"a stand-in on loopback."
        )
        with shown_progress(what="invoices", verb="Syncing") as advance:
            first = demo.sync().run(progress=advance)
        second = demo.sync().run()
        came_back = demo.collect()
        proof = demo.proof()
        difference = total(each.difference.copy_abs() for each in proof)
        if as_json:
            print_json(
                {
                    "posted": first.posted,
                    "problems": [each.text for each in first.problems],
                    "second_run_posted": second.posted,
                    "statuses_back": came_back,
                    "receivables": [
                        {
                            "subsidiary": each.subsidiary,
                            "currency": each.currency,
                            "receivable": decimal_text(each.receivable),
                            "open": decimal_text(each.open),
                        }
                        for each in proof
                    ],
                    "difference": decimal_text(difference),
                }
            )
        out.print(
            f"{first.posted} of them were posted, and a second sync posted {second.posted}.\n"
            f"Then customers paid, and Rillet told the billing system of {came_back} invoices by webhook."
        )
        rows = tuple(
            (
                each.subsidiary,
                each.currency,
                *(money(amount, each.currency) for amount in (each.receivable, each.open, each.difference)),
            )
            for each in proof
        )
        out.print(DataTable(title="Receivables", headings=_RECEIVABLES, rows=rows))
        out.print(
            f"Difference over all subsidiaries: {difference:.2f}", style="bold red" if difference else "bold green"
        )
        if difference or second.posted or not first.complete:
            raise typer.Exit(INCOMPLETE)
