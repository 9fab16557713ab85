"""The export that runs the mapping: the only part of the bridge that reads, writes and waits.

::

    from bridge import Bridge, read_settings
    from bridge.export import Export

    outcome = Export(brex_client, rillet_client, Bridge(settings)).run()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from bridge.export.attempts import Attempt, AttemptState, Journal, JournalError, NoJournal, posting_key, vendor_key
    from bridge.export.journal import SqlJournal
    from bridge.export.load import Existing, load_books, posted_before, ready_records, records_in, with_bills, zone_of
    from bridge.export.outcome import ExportOutcome, Failed, Posted, Unreported
    from bridge.export.run import Export, UnknownRecordError
    from bridge.export.shift import Progress
    from bridge.export.stopping import Stopping
    from bridge.export.verification import Disagreement, verify

_HOMES = {
    "bridge.export.attempts": ("Attempt", "AttemptState", "Journal", "JournalError", "NoJournal", "posting_key", "vendor_key",),
    "bridge.export.journal": ("SqlJournal",),
    "bridge.export.load": ("Existing", "load_books", "posted_before", "ready_records", "records_in", "with_bills", "zone_of",),
    "bridge.export.outcome": ("ExportOutcome", "Failed", "Posted", "Unreported",),
    "bridge.export.run": ("Export", "UnknownRecordError",),
    "bridge.export.shift": ("Progress",),
    "bridge.export.stopping": ("Stopping",),
    "bridge.export.verification": ("Disagreement", "verify",),
}  # fmt: skip

__all__ = [
    "Attempt", "AttemptState", "Disagreement", "Existing", "Export", "ExportOutcome", "Failed", "Journal",
    "JournalError", "NoJournal", "Posted", "Progress", "SqlJournal", "Stopping", "UnknownRecordError", "Unreported",
    "load_books", "posted_before", "posting_key", "ready_records", "records_in", "vendor_key", "verify",
    "with_bills", "zone_of",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__, _HOMES)
