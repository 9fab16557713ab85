"""The close of a month, as pure functions of a snapshot of both sides."""

from __future__ import annotations

from bridge.closing.accruals import Accrual, AccrualPlan, AccruedRecord, NotAccrued, accrue
from bridge.closing.period import Period, month, month_of
from bridge.closing.reconciliation import AccountReconciliation, Difference, Reconciliation, reconcile
from bridge.closing.snapshot import (
    AccountLine,
    ClosingRecord,
    DifferenceKind,
    LedgerEntry,
    Snapshot,
    UnreadRecord,
)

__all__ = [
    "AccountLine", "AccountReconciliation", "Accrual", "AccrualPlan", "AccruedRecord", "ClosingRecord", "Difference",
    "DifferenceKind", "LedgerEntry", "NotAccrued", "Period", "Reconciliation", "Snapshot", "UnreadRecord", "accrue", "month",
    "month_of", "reconcile",
]  # fmt: skip
