"""Whose journal a sync uses: one kept for invoices, of this billing system and this organization."""

from __future__ import annotations

from bridge.billing.sync.ledger import BillingLedger
from bridge.billing.sync.protocol import BillingSystem
from bridge.export.journal.protocol import Journal
from bridge.export.owners import JournalUse, check_owner, check_use


def check_journal(billing: BillingSystem | None, ledger: BillingLedger, journal: Journal, *, binds: bool) -> None:
    """Refuse the journal of an export, of another organization, or of another account of a billing system that is `Owned`.

    With `binds` a journal that is nobody's yet is theirs from now on.

    Raises:
        JournalError: It is another one's, or cannot be read or written.
        ApiError: A service cannot be asked whose it is.
    """
    check_use(JournalUse.BILLING, journal, binds=False)
    check_owner(billing, ledger, journal, binds=binds)
    check_use(JournalUse.BILLING, journal, binds=binds)
