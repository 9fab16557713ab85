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
    from bridge.export.field_updates import apply_field_changes, read_fields
    from bridge.export.file_rates import FileRates
    from bridge.export.journal import SqlJournal
    from bridge.export.load import Existing, load_books, posted_before, ready_records, records_in, with_bills, zone_of
    from bridge.export.outcome import Attached, Counts, ExportOutcome, Failed, Posted, Unattached, Unreported
    from bridge.export.progress import Progress
    from bridge.export.run import Export, UnknownRecordError
    from bridge.export.stopping import Stopping
    from bridge.export.verification import Disagreement, verify
    from bridge.export.watching import Announcements, watch
    from bridge.export.webhooks import WebhookApp, WebhookReceiver, announcing, log_rillet_event

_HOMES = {
    "bridge.export.attempts": ("Attempt", "AttemptState", "Journal", "JournalError", "NoJournal", "posting_key", "vendor_key",),
    "bridge.export.field_updates": ("apply_field_changes", "read_fields",),
    "bridge.export.file_rates": ("FileRates",),
    "bridge.export.journal": ("SqlJournal",),
    "bridge.export.load": ("Existing", "load_books", "posted_before", "ready_records", "records_in", "with_bills", "zone_of",),
    "bridge.export.outcome": ("Attached", "Counts", "ExportOutcome", "Failed", "Posted", "Unattached", "Unreported",),
    "bridge.export.progress": ("Progress",),
    "bridge.export.run": ("Export", "UnknownRecordError",),
    "bridge.export.stopping": ("Stopping",),
    "bridge.export.verification": ("Disagreement", "verify",),
    "bridge.export.watching": ("Announcements", "watch",),
    "bridge.export.webhooks": ("WebhookApp", "WebhookReceiver", "announcing", "log_rillet_event",),
}  # fmt: skip

__all__ = [
    "Announcements", "Attached", "Attempt", "AttemptState", "Counts", "Disagreement", "Existing", "Export",
    "ExportOutcome", "Failed", "FileRates", "Journal", "JournalError", "NoJournal", "Posted", "Progress",
    "SqlJournal", "Stopping", "Unattached", "UnknownRecordError", "Unreported", "WebhookApp", "WebhookReceiver",
    "announcing", "apply_field_changes", "load_books", "log_rillet_event", "posted_before", "posting_key",
    "read_fields", "ready_records", "records_in", "vendor_key", "verify", "watch", "with_bills", "zone_of",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__, _HOMES)
