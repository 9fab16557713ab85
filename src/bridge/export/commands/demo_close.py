"""``demo --close``: a controller's first day of a close, between the two stand-ins."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typer

from bridge.closing import ClosePackage
from bridge.export.closing import MissingExtraError, provenance, read_package
from bridge.export.commands.app import INCOMPLETE, console, print_json
from bridge.export.commands.close_package import write_package


def show_close(*, records: int, seed: int, to: Path | None, as_json: bool) -> None:
    """Export a month of which some is late, disturb it on both sides, explain every difference, and write the package."""
    from bridge.export.demo import company as books
    from bridge.export.demo.close import PERIOD, delay_some, disturb
    from bridge.export.demo.run import Demo

    with Demo(records=records, seed=seed) as company:
        out = console(quiet=as_json)
        out.print(company.introduction)
        late = delay_some(company)
        exported = company.export().run()
        done = disturb(company, exported)
        origin = provenance("brex-rillet demo", books.SETTINGS.encode("utf-8"))
        package = read_package(company.export(), PERIOD, origin)
        found, plan, status = package.reconciliation, package.accruals, package.status
        out.print(f"{len(late)} card expenses are still in review. Since the export:")
        for name, what in done.items():
            out.print(f"- {name} {what}")
        out.print(found, found.differences, status, plan, sep="\n")
        named = {part.record_id or (part.object or "").rpartition(" ")[2] for _, part in found.parts}
        missed = sorted({*late, *done} - named)
        out.print("Every difference has its record or object." if not missed else f"Not found: {', '.join(missed)}")
        written, why = _written(package, to)
        out.print("The package:" if written else why, *written, sep="\n", markup=False, soft_wrap=True)
        if as_json:
            parts = {"reconciliation": found.as_json(), "accruals": plan.as_json(), "status": status.as_json()}
            print_json({"late": list(late), "done": done, "missed": missed, "files": written, **parts})
        if missed or not found.is_explained:
            raise typer.Exit(INCOMPLETE)


def _written(package: ClosePackage, to: Path | None) -> tuple[list[str], str]:
    """The files of the package, or why there are none; without a folder they are in a new one."""
    try:
        return [str(path) for path in write_package(package, to or Path(tempfile.mkdtemp(prefix="close-")))], ""
    except MissingExtraError as error:
        return [], f"The package is not written: {error}"
