"""``close-package``: everything that is handed over for a month, as a workbook and as a page."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from bridge.closing import ClosePackage
from bridge.export.closing import check_extra, page, provenance, read_package, workbook
from bridge.export.commands.app import (
    JournalPlace,
    Json,
    NamespaceName,
    RatesFile,
    SettingsFile,
    app,
    end,
    expected_errors,
    opened_export,
)
from bridge.export.commands.month import (
    PREPAIDS_FROM,
    RECEIPTS_FROM,
    SAMPLE,
    Month,
    PrepaidsFrom,
    ReceiptsFrom,
    Sample,
    SampleAbove,
    Seed,
    judging,
    purchases_of,
)
from clientkit.showing import plain


@app.command()
def close_package(
    period: Month,
    settings: SettingsFile,
    by: Annotated[str, typer.Option("--by", help="Who prepares the package; it names them.")],
    journal: JournalPlace = None,
    rates: RatesFile = None,
    *,
    to: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", help="The folder to write to.", file_okay=False)
    ] = Path(),
    namespace: NamespaceName = "",
    months: Annotated[int, typer.Option(min=1, max=24, help="How many months of spending to show.")] = 6,
    receipts_from: ReceiptsFrom = RECEIPTS_FROM,
    prepaids_from: PrepaidsFrom = PREPAIDS_FROM,
    sample: Sample = SAMPLE,
    sample_above: SampleAbove = None,
    seed: Seed = "",
    as_json: Json = False,
) -> None:
    """Write a month's close package. close-MONTH.xlsx and close-MONTH.html have all reports, with plots and sources.

    The same state always gives the same files, byte for byte. Needs the extra close and the same variables as plan.
    Changes nothing in Brex or Rillet. Exit status 0: every difference is explained, and everything is in the books; 1:
    something is open; 2: could not run.
    """
    with (
        expected_errors(),
        opened_export(settings, journal, namespace=namespace, rates=rates, is_there=True) as prepared,
    ):
        check_extra()
        try:
            origin = provenance(by, settings.read_bytes())
        except ValueError as error:
            raise typer.BadParameter(str(error)) from error
        bought = purchases_of(period)
        judge = judging(receipts_from, prepaids_from, sample, sample_above, seed, bought)
        package = read_package(prepared, period, origin, months=months, bought=bought, status=judge)
        written = write_package(package, to)
        value: dict[str, object] = {
            "period": str(period),
            "complete": package.is_complete,
            "explained": package.reconciliation.is_explained,
            "settings_sha256": origin.settings_digest,
            "by": origin.by,
            "files": {str(path): digest for path, digest in written.items()},
        }
        end(value, as_json=as_json, show=lambda out: show_package(out, package, written), is_good=package.is_complete)


def write_package(package: ClosePackage, folder: Path) -> dict[Path, str]:
    """Write both files; the SHA-256 of each."""
    contents = {
        folder / f"close-{package.period}.xlsx": workbook(package),
        folder / f"close-{package.period}.html": page(package).encode("utf-8"),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        path.write_bytes(content)
    return {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}


def show_package(out: Console, package: ClosePackage, written: dict[Path, str]) -> None:
    """What was written, for people."""
    out.print(package)
    for path, digest in written.items():
        out.print(Text(plain(f"{path}  SHA-256 {digest}")))
