"""``demo``: the whole of it in a minute, without an account."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from bridge.closing import DifferenceKind, Reconciliation
from bridge.datatable import money
from bridge.documents.protocol import parts_of
from bridge.export.commands.app import INCOMPLETE, Json, app, console, expected_errors, print_json
from bridge.export.commands.progress_display import shown_progress
from bridge.export.reporting import tables
from clientkit.money import decimal_text, total

_RECORDS = 400


@app.command()
def demo(
    records: Annotated[
        int | None,
        typer.Option(
            min=1, max=20_000, help="How many good records or invoices the company has: 400, or few with --serve."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives other records.")] = 1,
    *,
    billing: Annotated[
        bool, typer.Option("--billing", help="Use billing instead: invoices going out and payments coming back.")
    ] = False,
    close: Annotated[
        bool, typer.Option("--close", help="Show a month's close instead, with differences on both sides.")
    ] = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep the stand-ins running instead, to try the other commands on.")
    ] = False,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            dir_okay=False,
            help="With --serve: where to write the company's settings. Exchange rates and invoices are beside it.",
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FOLDER", file_okay=False, help="With --close: the folder for the close package."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Export a made-up company and prove its books. Both services are stand-ins on loopback."""
    if settings is not None and not serve:
        raise typer.BadParameter("--settings needs --serve")
    if close and (billing or serve):
        raise typer.BadParameter(f"--close does not go with {'--billing' if billing else '--serve'}")
    if serve:
        from bridge.export.commands.demo_serve import FEW_INVOICES, FEW_RECORDS, serve_billing, serve_demo

        with expected_errors():
            if billing:
                serve_billing(invoices=records or FEW_INVOICES, seed=seed, settings=settings, as_json=as_json)
            else:
                serve_demo(records=records or FEW_RECORDS, seed=seed, settings=settings, as_json=as_json)
        return
    records = records or _RECORDS
    if billing:
        from bridge.export.commands.demo_billing import show_billing

        with expected_errors():
            show_billing(invoices=records, seed=seed, as_json=as_json)
        return
    if close:
        from bridge.export.commands.demo_close import show_close

        with expected_errors():
            show_close(records=records, seed=seed, to=to, as_json=as_json)
        return
    from bridge.export.demo.examples import Examples, examples_table
    from bridge.export.demo.run import Demo, became

    with expected_errors(), Demo(records=records, seed=seed) as company:
        out = console(quiet=as_json)
        out.print(company.introduction)
        with shown_progress() as advance:
            first = company.export().run(progress=advance)
        second = company.export().run()
        old, corrected = company.correct_a_bill()
        third = company.export().run()
        found = company.reconciliation()
        types, difference = became(first), _beyond_refused(found)
        again = second.counts.posted + second.counts.adopted
        replaced = sum(each.step == "replace" for each in third.posted)
        others = len(third.posted) - replaced
        examples = Examples(first, company.rillet_client).lines()
        shared = sum(each.document is not None and len(parts_of(each.document)) > 1 for each in first.posted)
        if as_json:
            print_json(
                {
                    **first.as_json(),
                    "types": types,
                    "of_two_companies": shared,
                    "examples": examples,
                    "second_run": second.as_json(),
                    "corrected_bill": {
                        "record_id": old.id,
                        "currency": old.amount.currency,
                        "before": decimal_text(old.amount.amount),
                        "after": decimal_text(corrected.amount.amount),
                    },
                    "third_run": {**third.as_json(), "replaced": replaced},
                    "difference": decimal_text(difference),
                }
            )
        currency = old.amount.currency
        before, after = (money(each.amount.amount, currency) for each in (old, corrected))
        out.print(tables.export_table(first), tables.types_table(types), examples_table(examples), sep="\n")
        out.print(
            f"{shared} expenses of two companies are in the books of both, as due from and due to.\n"
            f"Running the export a second time posted {again} records.\n"
            f"Then bill {old.invoice_number} was corrected in Brex, from {before} to {after} {currency}.\n"
            f"Running it once more replaced {replaced} bill in Rillet and posted {others} other records."
        )
        out.print(found)
        out.print("Where an account differs, records are refused and not in Rillet. Beside those:")
        out.print(f"Difference over all accounts: {difference:.2f}", style="bold red" if difference else "bold green")
        if difference or again or others or replaced != 1 or first.stopped or first.failed:
            raise typer.Exit(INCOMPLETE)


def _beyond_refused(found: Reconciliation) -> Decimal:
    """How far both sides are apart, whatever the sign, besides what is refused."""
    parts = (part for _, part in found.parts if part.kind is not DifferenceKind.NOT_EXPORTED)
    return total(part.amount.copy_abs() for part in parts)
