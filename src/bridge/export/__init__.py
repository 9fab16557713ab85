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
    from bridge.export.attempts import posting_key, vendor_key
    from bridge.export.load import Existing, load_books, posted_before, ready_records
    from bridge.export.outcome import ExportOutcome, Failed, Posted, Unreported
    from bridge.export.run import Export
    from bridge.export.shift import Progress

_HOMES = {
    "bridge.export.attempts": ("posting_key", "vendor_key",),
    "bridge.export.load": ("Existing", "load_books", "posted_before", "ready_records",),
    "bridge.export.outcome": ("ExportOutcome", "Failed", "Posted", "Unreported",),
    "bridge.export.run": ("Export",),
    "bridge.export.shift": ("Progress",),
}  # fmt: skip

__all__ = [
    "Existing", "Export", "ExportOutcome", "Failed", "Posted", "Progress", "Unreported", "load_books",
    "posted_before", "posting_key", "ready_records", "vendor_key",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__, _HOMES)
