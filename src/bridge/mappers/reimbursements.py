"""What employees paid themselves as Rillet reimbursements."""

from __future__ import annotations

from bridge.decisions import Post
from bridge.documents.rillet import ReimbursementDocument
from bridge.mappers.draft import Draft
from bridge.mappers.expense_lines import expense_lines
from bridge.settings.choices import Role


def reimbursement(draft: Draft) -> Post | None:
    """A reimbursement, of the basis that the settings name."""
    payable = draft.account(Role.REIMBURSEMENT)
    return draft.finish(
        ReimbursementDocument,
        party=draft.employee(),
        items=expense_lines(draft, against=payable, role=Role.REIMBURSEMENT),
        account=payable and payable.code,
        reimbursement_date=draft.day_of(draft.record.posted_at),
    )
