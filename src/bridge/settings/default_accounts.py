"""Which account of the settings stands for the lines of a record that nobody codes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from brex_accounting import RecordType, Side
from bridge.settings.choices import Role

_Type = RecordType

#: By record type, the role of the lines on each side that have no general ledger account. A line on a side that is not
#: here has to be coded.
ROLES: Mapping[str, Mapping[Side, Role]] = MappingProxyType(
    {
        _Type.CARD_EXPENSE_POST: {Side.CREDIT: Role.CARD},
        _Type.CARD_EXPENSE_REFUND: {Side.DEBIT: Role.CARD},
        _Type.CARD_EXPENSE_REPAYMENT: {Side.DEBIT: Role.BANK, Side.CREDIT: Role.PERSONAL_EXPENSE_RECEIVABLE},
        _Type.CARD_PAYMENT: {Side.DEBIT: Role.CARD, Side.CREDIT: Role.BANK},
        _Type.CARD_PAYMENT_REFUND: {Side.DEBIT: Role.BANK, Side.CREDIT: Role.CARD},
        _Type.REWARD_REDEMPTION: {Side.DEBIT: Role.CARD, Side.CREDIT: Role.REWARDS},
        _Type.REIMBURSEMENT_EXPENSE_APPROVAL: {Side.CREDIT: Role.REIMBURSEMENT},
        _Type.REIMBURSEMENT_EXPENSE_POST: {Side.CREDIT: Role.REIMBURSEMENT},
        _Type.REIMBURSEMENT_EXPENSE_REPAYMENT: {Side.DEBIT: Role.BANK},
        _Type.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT: {
            Side.DEBIT: Role.REIMBURSEMENT,
            Side.CREDIT: Role.CLEARING,
        },
        _Type.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT_REVERSAL: {
            Side.DEBIT: Role.CLEARING,
            Side.CREDIT: Role.REIMBURSEMENT,
        },
        _Type.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN: {Side.DEBIT: Role.CLEARING, Side.CREDIT: Role.BANK},
        _Type.REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND: {Side.DEBIT: Role.BANK, Side.CREDIT: Role.CLEARING},
        _Type.BILL_EXPENSE: {Side.CREDIT: Role.ACCOUNTS_PAYABLE},
        _Type.BILL_EXPENSE_PAYMENT: {Side.DEBIT: Role.ACCOUNTS_PAYABLE, Side.CREDIT: Role.BANK},
        _Type.BILL_EXPENSE_CARD_PAYMENT: {Side.DEBIT: Role.ACCOUNTS_PAYABLE, Side.CREDIT: Role.CARD},
    }
)


def role_of(type: str, side: Side) -> Role | None:
    """What the lines on this side of a record stand for where nobody codes them, None where they have to be coded."""
    return ROLES.get(type, {}).get(side)
