"""From Brex records to Rillet payloads: pure functions, and in `bridge.export` the shell that runs an export.

Nothing outside `bridge.export` touches a network, a file, a clock or the environment::

    from bridge import Bridge, read_settings

    outcome = Bridge(read_settings(text)).outcome(record, books)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from bridge.books import Books, normalised
    from bridge.charges import charge
    from bridge.coding import CodedLine, CodedRecord
    from bridge.documents import Context, Rates
    from bridge.plan import DEFAULT_MAPPERS, Bridge, Mapper, Plan
    from bridge.postings import Posting, effect, summed
    from bridge.reimbursements import reimbursement
    from bridge.results import Findings, Nothing, Outcome, Payload, PlannedVendor, Post, Reason, ReasonCode, Refused
    from bridge.settings import (
        Basis,
        ClosedPeriod,
        Entity,
        FieldMapping,
        Settings,
        SettingsError,
        When,
        check,
        read_settings,
    )

_HOMES = {
    "bridge.books": ("Books", "normalised",),
    "bridge.charges": ("charge",),
    "bridge.coding": ("CodedLine", "CodedRecord",),
    "bridge.documents": ("Context", "Rates",),
    "bridge.plan": ("Bridge", "DEFAULT_MAPPERS", "Mapper", "Plan",),
    "bridge.postings": ("Posting", "effect", "summed",),
    "bridge.reimbursements": ("reimbursement",),
    "bridge.results": ("Findings", "Nothing", "Outcome", "Payload", "PlannedVendor", "Post", "Reason", "ReasonCode", "Refused",),
    "bridge.settings": ("Basis", "ClosedPeriod", "Entity", "FieldMapping", "Settings", "SettingsError", "When", "check", "read_settings",),
}  # fmt: skip

__all__ = [
    "Basis", "Books", "Bridge", "ClosedPeriod", "CodedLine", "CodedRecord", "Context", "DEFAULT_MAPPERS", "Entity",
    "FieldMapping", "Findings", "Mapper", "Nothing", "Outcome", "Payload", "Plan", "PlannedVendor", "Post",
    "Posting", "Rates", "Reason", "ReasonCode", "Refused", "Settings", "SettingsError", "When", "charge", "check",
    "effect", "normalised", "read_settings", "reimbursement", "summed",
]  # fmt: skip

__getattr__, __dir__ = lazy(__name__, _HOMES)
