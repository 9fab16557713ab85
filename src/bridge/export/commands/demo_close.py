"""``demo --close``: a controller's first day of a close, between the two stand-ins."""

from __future__ import annotations

import typer

from bridge.closing import accrue, close_status, reconcile
from bridge.export.closing import read_snapshot
from bridge.export.commands.app import INCOMPLETE, console, print_json


def show_close(*, records: int, seed: int, as_json: bool) -> None:
    """Export a month of which some is late, disturb it on both sides, and explain every difference."""
    from bridge.export.demo.close import PERIOD, delay_some, disturb
    from bridge.export.demo.run import Demo

    with Demo(records=records, seed=seed) as company:
        out = console(quiet=as_json)
        out.print(company.introduction)
        late = delay_some(company)
        exported = company.export().run()
        done = disturb(company, exported)
        snapshot = read_snapshot(company.export(), PERIOD)
        found, plan, status = reconcile(snapshot), accrue(snapshot), close_status(snapshot)
        out.print(f"{len(late)} card expenses are still in review. Since the export:")
        for name, what in done.items():
            out.print(f"- {name} {what}")
        out.print(found, found.differences, status, plan, sep="\n")
        named = {part.record_id or (part.object or "").rpartition(" ")[2] for _, part in found.parts}
        missed = sorted({*late, *done} - named)
        out.print("Every difference has its record or object." if not missed else f"Not found: {', '.join(missed)}")
        if as_json:
            parts = {"reconciliation": found.as_json(), "accruals": plan.as_json(), "status": status.as_json()}
            print_json({"late": list(late), "done": done, "missed": missed, **parts})
        if missed or not found.is_explained:
            raise typer.Exit(INCOMPLETE)
