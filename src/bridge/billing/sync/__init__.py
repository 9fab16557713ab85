"""Run the sync of invoices: the part of billing that reads, writes and waits.

`InvoiceSync` syncs one billing system with one Rillet organization. Implement `BillingSystem` for a billing system of yours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from bridge.billing.sync.invoice_sync import InvoiceSync
    from bridge.billing.sync.ledger import BillingLedger
    from bridge.billing.sync.linking import LinkError
    from bridge.billing.sync.outcome import SyncOutcome, SyncProblem
    from bridge.billing.sync.payments import DoubleInvoiceError, PaymentWatcher, PollOutcome, Undelivered
    from bridge.billing.sync.planned import PlannedAmounts, SyncPlan
    from bridge.billing.sync.protocol import BillingSystem, ListedInvoices

# Made by docs/make_exports.py from the imports above.
_HOMES = {
    "bridge.billing.sync.invoice_sync": ("InvoiceSync",),
    "bridge.billing.sync.ledger": ("BillingLedger",),
    "bridge.billing.sync.linking": ("LinkError",),
    "bridge.billing.sync.outcome": ("SyncOutcome", "SyncProblem",),
    "bridge.billing.sync.payments": ("DoubleInvoiceError", "PaymentWatcher", "PollOutcome", "Undelivered",),
    "bridge.billing.sync.planned": ("PlannedAmounts", "SyncPlan",),
    "bridge.billing.sync.protocol": ("BillingSystem", "ListedInvoices",),
}  # fmt: skip
__all__ = [
    "BillingLedger", "BillingSystem", "DoubleInvoiceError", "InvoiceSync", "LinkError", "ListedInvoices",
    "PaymentWatcher", "PlannedAmounts", "PollOutcome", "SyncOutcome", "SyncPlan", "SyncProblem", "Undelivered",
]  # fmt: skip
# End of what is made.

if not TYPE_CHECKING:
    # Type checkers take a name that is not there for an error, where they do not see that names load.
    __getattr__, __dir__ = lazy(__name__, _HOMES)
