"""The close of a month, as pure functions of a snapshot of both sides."""

from __future__ import annotations

from bridge.closing.accruals import Accrual, AccrualPlan, AccruedRecord, NotAccrued, accrue
from bridge.closing.duplicates import PossibleDuplicate, possible_duplicates
from bridge.closing.exchange import ExchangeDifference, ExchangeDifferences, NotSettled, exchange_differences
from bridge.closing.package import AuditEntry, ClosePackage, Provenance, close_package
from bridge.closing.period import Period, month, month_of
from bridge.closing.plots import Bar, Panel, Plot
from bridge.closing.reconciliation import AccountReconciliation, Difference, Reconciliation, reconcile
from bridge.closing.report import Report
from bridge.closing.sample import Sampled, audit_sample
from bridge.closing.snapshot import (
    AccountLine,
    ClosingRecord,
    DebtorShare,
    DifferenceKind,
    LedgerEntry,
    Snapshot,
    UnreadRecord,
)
from bridge.closing.spending import MonthlySpending
from bridge.closing.status import CloseStatus, CutOff, close_status

__all__ = [
    "AccountLine", "AccountReconciliation", "Accrual", "AccrualPlan", "AccruedRecord", "AuditEntry", "Bar",
    "ClosePackage", "CloseStatus", "ClosingRecord", "CutOff", "DebtorShare", "Difference", "DifferenceKind",
    "ExchangeDifference", "ExchangeDifferences", "LedgerEntry", "MonthlySpending", "NotAccrued", "NotSettled", "Panel",
    "Period", "Plot", "PossibleDuplicate", "Provenance", "Reconciliation", "Report", "Sampled", "Snapshot",
    "UnreadRecord", "accrue", "audit_sample", "close_package", "close_status", "exchange_differences", "month",
    "month_of", "possible_duplicates", "reconcile",
]  # fmt: skip
