"""Reports, one module for each family (https://docs.api.rillet.com/reference/retrieve-trial-balance-report)."""

from __future__ import annotations

from clientkit.endpoints import AsyncResource, SyncResource
from rillet.reports.arr_waterfall import ArrWaterfallOperations
from rillet.reports.journal_entries import ReportingJournalEntryOperations
from rillet.reports.statements import StatementOperations
from rillet.reports.trial_balance import (
    AccountBalance,
    ReportPeriod,
    TrialBalance,
    TrialBalanceOperations,
    TrialBalanceTotals,
)

__all__ = [
    "AccountBalance", "AsyncReports", "ReportOperations", "ReportPeriod", "Reports", "TrialBalance",
    "TrialBalanceTotals",
]  # fmt: skip


class ReportOperations(
    TrialBalanceOperations, StatementOperations, ArrWaterfallOperations, ReportingJournalEntryOperations
):
    """The endpoints under ``/reports``."""


class Reports(ReportOperations, SyncResource):
    """Reports, blocking."""


class AsyncReports(ReportOperations, AsyncResource):
    """Reports, to be awaited."""
