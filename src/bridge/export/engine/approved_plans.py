"""The approved plans that a journal has seen carried out: who approved them, when, and which records they are about."""

from __future__ import annotations

import json
from datetime import datetime

import attrs

from bridge.export.engine.saved_plan import SavedPlan
from bridge.export.journal.marks import damaged, texts_at
from bridge.export.journal.protocol import Journal
from clientkit import codec
from clientkit.codec import CodecError

_PLANS, _PREFIX = "approved plans", "approved plan:"


@attrs.frozen(kw_only=True)
class ApprovedPlan:
    """A plan that `by` approved and an export began to carry out; times are UTC, and `records` the ids of its records.

    A record that had changed since was not posted by it, but refused.
    """

    digest: str
    by: str
    at: datetime
    made_by: str
    made_at: datetime
    records: tuple[str, ...] = attrs.field(repr=False)

    @property
    def name(self) -> str:
        """By what a person finds its file: when it was made, by whom, and its digest."""
        return f"the plan {self.digest} that {self.made_by} made {self.made_at:%Y-%m-%d %H:%M} UTC"


def note_plan(journal: Journal, plan: SavedPlan) -> None:
    """Remember an approved plan that is about to be carried out. Raises `JournalError`."""
    approval = plan.approval
    if approval is None or journal.forgets:
        return
    told = ApprovedPlan(
        digest=approval.digest,
        by=approval.by,
        at=approval.at,
        made_by=plan.made_by,
        made_at=plan.made_at,
        records=tuple(each.record_id for each in plan.steps),
    )
    name = f"{approval.digest} {approval.at.isoformat()}"
    journal.set_mark(f"{_PREFIX}{name}", codec.dumps(told).decode())
    known = texts_at(journal, _PLANS)
    if name not in known:
        journal.set_mark(_PLANS, json.dumps([*known, name]))


def approved_plans(journal: Journal) -> tuple[ApprovedPlan, ...]:
    """All that were carried out with this journal, in the order in which that began. Raises `JournalError`."""
    return tuple(_plan(journal, f"{_PREFIX}{name}") for name in texts_at(journal, _PLANS))


def plans_of(journal: Journal, record_id: str) -> tuple[ApprovedPlan, ...]:
    """Those that are about a record. Raises `JournalError`."""
    return tuple(each for each in approved_plans(journal) if record_id in each.records)


def _plan(journal: Journal, name: str) -> ApprovedPlan:
    try:
        return codec.loads((journal.mark(name) or "").encode(), ApprovedPlan)
    except CodecError:
        raise damaged(name) from None
