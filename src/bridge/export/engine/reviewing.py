"""Holding and approving the posting of one record of an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.decisions import Post, Refuse
from bridge.export.engine import approvals
from bridge.export.engine.approvals import Review
from bridge.export.engine.standing import state_of

if TYPE_CHECKING:
    from bridge.export.engine.export import Export


def hold_record(export: Export, record_id: str, *, by: str, why: str) -> Review:
    """See `Export.hold`."""
    _check_journal(export)
    return approvals.hold(export.journal, export.record(record_id).id, by=by, why=why)


def approve_record(export: Export, record_id: str, *, by: str) -> Review:
    """See `Export.approve`."""
    _check_journal(export)
    record, ledger, journal = export.record(record_id), export.ledger, export.journal
    books = ledger.with_reimbursements(ledger.with_bills(export.books()))
    members = journal.memberships([record_id]).get(record_id, ())
    state = state_of(journal.attempts(record_id), ledger, members)
    decision = export.bridge.outcome(record, books, posted_on=state.day, followed=export.followed(record))
    if isinstance(decision, Post):
        return approvals.approve(journal, decision, by=by)
    why = "; ".join(map(str, decision.reasons)) if isinstance(decision, Refuse) else decision.why
    raise ValueError(f"there is nothing to approve for {record_id}: {why}")


def _check_journal(export: Export) -> None:
    if export.journal.forgets:
        raise ValueError("approvals need a journal, which keeps who gave them")
