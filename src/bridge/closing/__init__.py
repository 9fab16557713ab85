"""Reports for closing a month, as pure functions of a snapshot of Brex and Rillet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
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
        UnreadObject,
        UnreadRecord,
    )
    from bridge.closing.spending import MonthlySpending
    from bridge.closing.status import CloseStatus, CutOff, close_status

# Made by docs/make_exports.py from the imports above.
_HOMES = {
    "bridge.closing.accruals": ("Accrual", "AccrualPlan", "AccruedRecord", "NotAccrued", "accrue",),
    "bridge.closing.duplicates": ("PossibleDuplicate", "possible_duplicates",),
    "bridge.closing.exchange": ("ExchangeDifference", "ExchangeDifferences", "NotSettled", "exchange_differences",),
    "bridge.closing.package": ("AuditEntry", "ClosePackage", "Provenance", "close_package",),
    "bridge.closing.period": ("Period", "month", "month_of",),
    "bridge.closing.plots": ("Bar", "Panel", "Plot",),
    "bridge.closing.reconciliation": ("AccountReconciliation", "Difference", "Reconciliation", "reconcile",),
    "bridge.closing.report": ("Report",),
    "bridge.closing.sample": ("Sampled", "audit_sample",),
    "bridge.closing.snapshot": (
        "AccountLine", "ClosingRecord", "DebtorShare", "DifferenceKind", "LedgerEntry", "Snapshot", "UnreadObject",
        "UnreadRecord",
    ),
    "bridge.closing.spending": ("MonthlySpending",),
    "bridge.closing.status": ("CloseStatus", "CutOff", "close_status",),
}  # fmt: skip
__all__ = [
    "AccountLine", "AccountReconciliation", "Accrual", "AccrualPlan", "AccruedRecord", "AuditEntry", "Bar",
    "ClosePackage", "CloseStatus", "ClosingRecord", "CutOff", "DebtorShare", "Difference", "DifferenceKind",
    "ExchangeDifference", "ExchangeDifferences", "LedgerEntry", "MonthlySpending", "NotAccrued", "NotSettled", "Panel",
    "Period", "Plot", "PossibleDuplicate", "Provenance", "Reconciliation", "Report", "Sampled", "Snapshot",
    "UnreadObject", "UnreadRecord", "accrue", "audit_sample", "close_package", "close_status", "exchange_differences",
    "month", "month_of", "possible_duplicates", "reconcile",
]  # fmt: skip
# End of what is made.

if not TYPE_CHECKING:
    # Type checkers take a name that is not there for an error, where they do not see that names load.
    __getattr__, __dir__ = lazy(__name__, _HOMES)
