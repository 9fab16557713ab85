"""What employees paid themselves as Rillet reimbursements."""

from __future__ import annotations

from brex_accounting import RecordType, Side
from bridge.decisions import Nothing, Post, SkipCode
from bridge.documents.rillet import ReimbursementDocument
from bridge.mappers.draft import Draft
from bridge.mappers.expense_lines import expense_lines
from bridge.settings.values import Basis, Role

_RECORD_OF = {
    Basis.ACCRUAL: RecordType.REIMBURSEMENT_EXPENSE_APPROVAL,
    Basis.CASH: RecordType.REIMBURSEMENT_EXPENSE_POST,
}


def reimbursement(draft: Draft) -> Post | Nothing | None:
    """A reimbursement of the basis that the settings name. Brex has a record for each basis; both would count twice."""
    record, basis = draft.record, draft.settings.reimbursement_basis
    if record.type != _RECORD_OF[basis] and draft.posted_on is None:
        why = f"{record.type} is of the other basis; the settings say {basis}, which posts {_RECORD_OF[basis]}"
        return draft.skip(SkipCode.OTHER_BASIS, why)
    payable = draft.account(Role.REIMBURSEMENT)
    return draft.finish(
        ReimbursementDocument,
        party=draft.employee(),
        items=expense_lines(draft, against=payable, side=Side.CREDIT),
        account=payable and payable.code,
        reimbursement_date=draft.day_of(record.posted_at),
    )
