"""Card expenses and their refunds as Rillet charges."""

from __future__ import annotations

from brex_accounting import RecordType, Side
from bridge.coding import CodedRecord
from bridge.decisions import Findings, Post, ReasonCode
from bridge.mappers import draft
from bridge.mappers.draft import Context
from bridge.settings.values import Role
from bridge.vendors import matching
from rillet import NewCharge

_CARD_SUBTYPE = "Credit Card"


def charge(coded: CodedRecord, context: Context, findings: Findings) -> Post | None:
    """A card expense as a charge, a refund as a charge with negative lines.

    The lines that nobody codes are the card's: on the credit side of an expense, on the debit side of a refund.
    """
    record = coded.record
    card = draft.role_account(coded.entity, Role.CARD, context, findings)
    vendor = matching.merchant(record, context.settings, context.books, findings)
    impact = draft.impact_date(record, context, findings)
    rate = draft.exchange_rate(coded, impact, context, findings)
    if card is None:
        return None
    if card.subtype != _CARD_SUBTYPE:
        text = f"the card account {card.code} {card.name} has the subtype {card.subtype!r}, not {_CARD_SUBTYPE!r}"
        findings.add(ReasonCode.NOT_A_CARD_ACCOUNT, text)
    side = Side.DEBIT if record.type == RecordType.CARD_EXPENSE_REFUND else Side.CREDIT
    items = draft.items(coded, offsetting=card, side=side, context=context, findings=findings)
    if vendor is None:
        return None
    payload = NewCharge(
        vendor_id=draft.vendor_id(vendor),
        items=items,
        charge_date=draft.day_of(record.posted_at, context.zone),
        impact_date=impact,
        credit_card_account_code=card.code,
        subsidiary_id=coded.subsidiary.id,
        external_references=draft.references(record, context.settings),
        exchange_rate=rate,
    )
    return Post(record=record, payload=payload, vendor=vendor)
