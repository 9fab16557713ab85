"""What became of each record as flat rows, for frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bridge.plan import RECORD_COLUMNS, kind_name, record_row, refused_row, skipped_row

if TYPE_CHECKING:
    from bridge.export.reporting.report import ExportOutcome, Posted

Row = dict[str, object]


def outcome_rows(outcome: ExportOutcome) -> Iterator[Row]:
    """A row for each record that was read, those that could not be read too."""
    yield from map(_of_posted, outcome.posted)
    yield from map(refused_row, (*outcome.held, *outcome.refused))
    yield from map(skipped_row, outcome.nothing)
    for failed in outcome.failed:
        yield record_row(failed.record) | {"outcome": "failed", "code": failed.code, "why": failed.why}
    for held in outcome.elsewhere:
        yield record_row(held.record) | {"outcome": "elsewhere", "why": held.why}
    for unread in outcome.unreadable:
        yield _without_record(unread.record_id) | {"outcome": "unreadable", "why": unread.why}
    known = {each.id: each for each in outcome.not_reached_records}
    for record_id in outcome.not_reached:
        record = known.get(record_id)
        row = _without_record(record_id) if record is None else record_row(record)
        yield row | {"outcome": "not reached"}


def _of_posted(posted: Posted) -> Row:
    return {
        **record_row(posted.record),
        "outcome": "adopted" if posted.adopted else "posted",
        "step": posted.step,
        "impact_date": None if posted.posted is None else posted.posted.impact_date,
        "subsidiary": posted.subsidiary,
        "kind": kind_name(posted.kind),
        "id": posted.id,
    }


def _without_record(record_id: str) -> Row:
    return {**dict.fromkeys(RECORD_COLUMNS), "record_id": record_id}
