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
    from bridge.export.engine.attempts import (
        Attempt,
        AttemptState,
        Journal,
        JournalError,
        NoJournal,
        posting_key,
        vendor_key,
    )
    from bridge.export.engine.export import Export, UnknownRecordError
    from bridge.export.field_updates import apply_field_changes, read_fields
    from bridge.export.file_rates import FileRates
    from bridge.export.journal.sql import SqlJournal
    from bridge.export.ledgers.rillet import (
        Existing,
        load_books,
        posted_before,
        ready_records,
        records_in,
        with_bills,
        zone_of,
    )
    from bridge.export.reporting.progress import Progress
    from bridge.export.reporting.report import Attached, Counts, ExportOutcome, Failed, Posted, Unattached, Unreported
    from bridge.export.reporting.verification import Disagreement, verify
    from bridge.export.watching.graceful_stop import Stopping
    from bridge.export.watching.loop import Announcements, watch
    from bridge.export.watching.webhooks import WebhookApp, WebhookReceiver, announcing, log_rillet_event

_HOMES = {
    "bridge.export.engine.attempts": ("Attempt", "AttemptState", "Journal", "JournalError", "NoJournal", "posting_key", "vendor_key",),
    "bridge.export.field_updates": ("apply_field_changes", "read_fields",),
    "bridge.export.file_rates": ("FileRates",),
    "bridge.export.journal.sql": ("SqlJournal",),
    "bridge.export.ledgers.rillet": ("Existing", "load_books", "posted_before", "ready_records", "records_in", "with_bills", "zone_of",),
    "bridge.export.reporting.report": ("Attached", "Counts", "ExportOutcome", "Failed", "Posted", "Unattached", "Unreported",),
    "bridge.export.reporting.progress": ("Progress",),
    "bridge.export.engine.export": ("Export", "UnknownRecordError",),
    "bridge.export.watching.graceful_stop": ("Stopping",),
    "bridge.export.reporting.verification": ("Disagreement", "verify",),
    "bridge.export.watching.loop": ("Announcements", "watch",),
    "bridge.export.watching.webhooks": ("WebhookApp", "WebhookReceiver", "announcing", "log_rillet_event",),
}  # fmt: skip

__all__ = [
    "Announcements", "Attached", "Attempt", "AttemptState", "Counts", "Disagreement", "Existing", "Export",
    "ExportOutcome", "Failed", "FileRates", "Journal", "JournalError", "NoJournal", "Posted", "Progress",
    "SqlJournal", "Stopping", "Unattached", "UnknownRecordError", "Unreported", "WebhookApp", "WebhookReceiver",
    "announcing", "apply_field_changes", "load_books", "log_rillet_event", "posted_before", "posting_key",
    "read_fields", "ready_records", "records_in", "vendor_key", "verify", "watch", "with_bills", "zone_of",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__, _HOMES)
