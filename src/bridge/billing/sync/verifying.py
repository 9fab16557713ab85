"""Whether journal, billing system and Rillet tell the same story."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from bridge.billing.documents import CREDIT_NOTE, INVOICE, subject_of
from bridge.billing.settings import BillingSettings, OnVoid
from bridge.billing.sync.already_credited import credited_already
from bridge.billing.sync.former_credits import with_found
from bridge.billing.sync.ledger import BillingLedger
from bridge.billing.sync.mapping import InvoiceMapping
from bridge.billing.sync.protocol import BillingSystem
from bridge.billing.sync.reading import Waiting, crediting, read_known, read_waiting, there
from bridge.billing.sync.records import EARLIEST, ListedRecords, record_of_subject
from bridge.billing.sync.voids import subject_of_void
from bridge.callers import Rates
from bridge.export.journal.protocol import Journal
from bridge.export.reporting.disagreements import Verdict
from bridge.export.reporting.verification import Disagreement, Verified, verified

# What the billing system has itself; it knows nothing of the rest.
_OF_BILLING = (subject_of(INVOICE, ""), subject_of(CREDIT_NOTE, ""))


def verify_sync(
    billing: BillingSystem, ledger: BillingLedger, journal: Journal, settings: BillingSettings, rates: Rates
) -> Verified:
    """Every disagreement, and how many invoices and credit notes were compared; see `bridge.export.verify`.

    Without a journal nobody knows what was ever posted, so that what Rillet does not have counts as waiting.
    Raises `ApiError` and `JournalError`.
    """
    known = _everything(billing, ledger, journal, settings) if journal.forgets else read_known(billing, journal)
    known = with_found(known, known.invoices.keys() - known.credited_before, ledger)
    # Those are in Rillet, whatever the journal knows of them.
    found_there = {subject_of_void(known.invoices[each].id) for each in known.restored}
    known = attrs.evolve(known, taken=known.taken | found_there)
    values = known.values
    records = known.records_of(values)
    subjects = dict.fromkeys(each.subject for each in journal.walk())
    others = [each for each in subjects if not each.startswith(_OF_BILLING)]
    records += [record_of_subject(subject, is_taken=subject in known.taken) for subject in others]
    source = ListedRecords(records, name=billing.name)
    bridge = InvoiceMapping(settings, values, rates, is_plan=True)
    seen = verified(source, ledger, journal, settings.reference_type, bridge=bridge)
    found, compared = seen.disagreements, len(subjects) - len(others)
    if journal.forgets:
        waiting = [each for each in found if each.verdict is Verdict.ONLY_AT_SOURCE]
        found, compared = tuple(each for each in found if each not in waiting), len(values) - len(waiting)
    found = (*found, *_not_credited(known, settings, journal, billing, ledger))
    return Verified(disagreements=found, compared=compared, since=seen.since)


def _everything(billing: BillingSystem, ledger: BillingLedger, journal: Journal, settings: BillingSettings) -> Waiting:
    """All that the billing system has, as if it were in Rillet."""
    waiting = read_waiting(billing, journal, settings)
    voided = waiting.voided if settings.on_void is OnVoid.CREDIT else frozenset[str]()
    placed = ledger.find(voided, since=EARLIEST).by_subject if voided else ()
    waiting = crediting(waiting, settings, placed)
    return attrs.evolve(waiting, taken=frozenset(waiting.values))


def _not_credited(
    known: Waiting, settings: BillingSettings, journal: Journal, billing: BillingSystem, ledger: BillingLedger
) -> Iterator[Disagreement]:
    """The voided invoices that are in Rillet without the credit memo that the settings want."""
    if settings.on_void is not OnVoid.CREDIT:
        return
    placed = there(journal, known.voided)
    memos = {subject: subject_of_void(known.invoices[subject].id) for subject in sorted(placed)}
    # What was begun, posted or dismissed has its own line where anything is wrong with it.
    attempted = {subject for subject, made in journal.attempts_of(memos.values()).items() if not made[-1].was_undone}
    left = {subject: memo for subject, memo in memos.items() if memo not in attempted}
    hindered = credited_already([known.invoices[each] for each in left], ledger, journal)
    for subject, memo in left.items():
        if not isinstance(hindered.get(memo), str):
            text = f"it is void in {billing.name}, and Rillet has no credit memo for it; sync it by itself"
            yield Disagreement(record_id=subject, verdict=Verdict.CHANGED_AT_SOURCE, text=text)
