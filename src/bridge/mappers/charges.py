"""Card expenses and their refunds as Rillet charges."""

from __future__ import annotations

from bridge.decisions import Post, ReasonCode
from bridge.documents.rillet import ChargeDocument
from bridge.mappers.draft import Draft
from bridge.mappers.expense_lines import expense_lines
from bridge.settings.choices import Role

_CARD_SUBTYPE = "Credit Card"


def charge(draft: Draft) -> Post | None:
    """A card expense as a charge, a refund as a charge with negative lines.

    The lines that nobody codes are the card's: on the credit side of an expense, on the debit side of a refund. Turned
    round, an expense has negative lines, and a refund that was taken back positive ones.
    """
    card = draft.account(Role.CARD)
    if card is not None and card.subtype != _CARD_SUBTYPE:
        text = f"the card account {card.code} {card.name} has the subtype {card.subtype!r}, not {_CARD_SUBTYPE!r}"
        draft.refuse(ReasonCode.NOT_A_CARD_ACCOUNT, text)
    return draft.finish(
        ChargeDocument,
        party=draft.merchant(),
        items=expense_lines(draft, against=card, role=Role.CARD),
        account=card and card.code,
        charge_date=draft.day_of(draft.coded.record.posted_at),
    )
