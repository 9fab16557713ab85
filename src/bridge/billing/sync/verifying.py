"""Whether journal, billing system and Rillet tell the same story."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.billing.documents import CREDIT_NOTE, INVOICE, subject_of
from bridge.billing.settings import BillingSettings, OnVoid
from bridge.billing.sync.ledger import BillingLedger
from bridge.billing.sync.mapping import InvoiceMapping
from bridge.billing.sync.protocol import BillingSystem
from bridge.billing.sync.reading import Waiting, read_known, there
from bridge.billing.sync.records import ListedRecords, record_of, record_of_subject
from bridge.billing.sync.voids import subject_of_void
from bridge.callers import Rates
from bridge.export.journal.protocol import Journal
from bridge.export.reporting.disagreements import Verdict
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
    found = verify(source, ledger, journal, settings.reference_type, bridge=bridge)
    return (*found, *_not_credited(known, settings, journal, billing))


def _not_credited(
    known: Waiting, settings: BillingSettings, journal: Journal, billing: BillingSystem
) -> Iterator[Disagreement]:
    """The voided invoices that are in Rillet without the credit memo that the settings want."""
    if settings.on_void is not OnVoid.CREDIT:
        return
    placed = there(journal, known.voided)
    memos = {subject: subject_of_void(known.invoices[subject].id) for subject in sorted(placed)}
    # What was begun, posted or dismissed has its own line where anything is wrong with it.
    attempted = {subject for subject, made in journal.attempts_of(memos.values()).items() if not made[-1].was_undone}
    for subject, memo in memos.items():
        if memo not in attempted:
            text = f"it is void in {billing.name}, and Rillet has no credit memo for it; sync it by itself"
            yield Disagreement(record_id=subject, verdict=Verdict.CHANGED_IN_BREX, text=text)
