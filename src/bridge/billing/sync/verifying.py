"""Whether journal, billing system and Rillet tell the same story."""

from __future__ import annotations

from bridge.billing.documents import CREDIT_NOTE, INVOICE, subject_of
from bridge.billing.settings import BillingSettings
from bridge.billing.sync.ledger import BillingLedger
from bridge.billing.sync.mapping import InvoiceMapping
from bridge.billing.sync.protocol import BillingSystem
from bridge.billing.sync.reading import read_known
from bridge.billing.sync.records import ListedRecords, record_of, record_of_subject
from bridge.callers import Rates
from bridge.export.journal.protocol import Journal
from bridge.export.reporting.verification import Disagreement, verify

# What the billing system has itself; it knows nothing of the rest.
_OF_BILLING = (subject_of(INVOICE, ""), subject_of(CREDIT_NOTE, ""))


def verify_sync(
    billing: BillingSystem, ledger: BillingLedger, journal: Journal, settings: BillingSettings, rates: Rates
) -> tuple[Disagreement, ...]:
    """Every disagreement; see `bridge.export.verify`. Raises `ApiError` and `JournalError`."""
    known = read_known(billing, journal)
    values = known.values
    records = [record_of(each, is_taken=subject in known.taken) for subject, each in values.items()]
    others = dict.fromkeys(each.subject for each in journal.walk() if not each.subject.startswith(_OF_BILLING))
    records += [record_of_subject(subject, is_taken=subject in known.taken) for subject in others]
    source = ListedRecords(records, name=billing.name)
    bridge = InvoiceMapping(settings, values, rates, is_plan=True)
    return verify(source, ledger, journal, settings.reference_type, bridge=bridge)
