"""What employees paid themselves as Rillet reimbursements."""

from __future__ import annotations

from brex_accounting import RecordType, Side
from bridge.coding import CodedRecord
from bridge.decisions import Findings, Post, ReasonCode
from bridge.mappers import draft
from bridge.mappers.draft import Context
from bridge.settings.values import Basis, Role
from bridge.vendors import matching
from rillet import NewReimbursement

_RECORD_OF = {
    Basis.ACCRUAL: RecordType.REIMBURSEMENT_EXPENSE_APPROVAL,
    Basis.CASH: RecordType.REIMBURSEMENT_EXPENSE_POST,
}


def reimbursement(coded: CodedRecord, context: Context, findings: Findings) -> Post | None:
    """A reimbursement of the basis that the settings name. Brex has a record for each basis; both would count twice."""
    record, basis = coded.record, context.settings.reimbursement_basis
    if record.type != _RECORD_OF[basis]:
        text = f"{record.type} is of the other basis; the settings say {basis}, which posts {_RECORD_OF[basis]}"
        findings.add(ReasonCode.OTHER_BASIS, text)
    payable = draft.role_account(coded.entity, Role.REIMBURSEMENT, context, findings)
    vendor = matching.employee(record, context.settings, context.books, findings)
    impact = draft.impact_date(record, context, findings)
    rate = draft.exchange_rate(coded, impact, context, findings)
    if payable is None:
        return None
    items = draft.items(coded, offsetting=payable, side=Side.CREDIT, context=context, findings=findings)
    if vendor is None:
        return None
    payload = NewReimbursement(
        vendor_id=draft.vendor_id(vendor),
        items=items,
        reimbursement_date=draft.day_of(record.posted_at, context.zone),
        impact_date=impact,
        payable_account_code=payable.code,
        subsidiary_id=coded.subsidiary.id,
        external_references=draft.references(record, context.settings),
        exchange_rate=rate,
    )
    return Post(record=record, payload=payload, vendor=vendor)
