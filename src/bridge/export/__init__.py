"""Run an export of Brex records to Rillet: the part of the bridge that reads, writes and waits.

::

    from bridge import Bridge, read_settings
    from bridge.export import Export

    outcome = Export(brex_client, rillet_client, Bridge(settings)).run()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientkit._lazy import lazy

if TYPE_CHECKING:
    from bridge.export.engine.approvals import (
        ApprovalError,
        ChangedSinceSeenError,
        NothingToApproveError,
        Review,
        ReviewStep,
        SelfApprovalError,
        UnnamedApproverError,
        content_of,
        reviews,
    )
    from bridge.export.engine.async_export import AsyncExport
    from bridge.export.engine.attempts import Attempt, AttemptState, Purpose, posting_key, vendor_key
    from bridge.export.engine.dismissing import DismissalError
    from bridge.export.engine.export import Export, UnknownRecordError
    from bridge.export.engine.kept_books import KeptBooks
    from bridge.export.engine.replaying import AdoptionError
    from bridge.export.engine.saved_plan import PlanApproval, PlanError, PlannedStep, SavedPlan
    from bridge.export.field_updates import apply_field_changes, read_fields
    from bridge.export.file_rates import FileRates
    from bridge.export.journal.no_journal import NoJournal
    from bridge.export.journal.protocol import (
        Held,
        Journal,
        JournalError,
        Latest,
        Listed,
        ListingJournal,
        Refusal,
        WrongJournalError,
    )
    from bridge.export.journal.sql import SqlJournal
    from bridge.export.journal.sql_pacing import SqlPaces
    from bridge.export.journal.sql_seen import SqlSeenIds
    from bridge.export.ledgers.own import WrongAnswerError
    from bridge.export.ledgers.protocol import (
        Ability,
        AccruingLedger,
        File,
        ForeseeingLedger,
        Ledger,
        LookUp,
        RefreshableLedger,
        SelectiveLedger,
        Sent,
    )
    from bridge.export.ledgers.rillet import RilletLedger
    from bridge.export.ledgers.rillet_books import load_books, with_bills
    from bridge.export.owners import Owned, Owner
    from bridge.export.reporting.disagreements import Verdict
    from bridge.export.reporting.progress import Progress
    from bridge.export.reporting.report import (
        Attached,
        Counts,
        CreatedVendor,
        Elsewhere,
        ExportOutcome,
        Failed,
        Posted,
        StopCode,
        Unattached,
        Unread,
        Unreported,
        Warned,
    )
    from bridge.export.reporting.verification import Disagreement, Verified, verify
    from bridge.export.sources.brex import BrexSource
    from bridge.export.sources.protocol import Answer, Page, Source, Told, Unreadable
    from bridge.export.tenants.encrypted_file import EncryptedSecrets
    from bridge.export.tenants.keyring_secrets import KeyringSecrets
    from bridge.export.tenants.reading import Tenants, UnknownTenantError, read_tenants
    from bridge.export.tenants.secrets import Secrets, SecretsError, SecretsUnavailableError, environment_secrets
    from bridge.export.tenants.tenant import Tenant
    from bridge.export.time_zones import zone_of
    from bridge.export.watching.graceful_stop import GracefulStop
    from bridge.export.watching.loop import Announcements, async_watch, watch
    from bridge.export.watching.shared_address import SharedAddress
    from bridge.export.watching.webhooks import WebhookApp, WebhookReceiver, announcing, log_rillet_event
    from clientkit.webhooks import UnknownRecipientError

# Made by docs/make_exports.py from the imports above.
_HOMES = {
    "bridge.export.engine.approvals": (
        "ApprovalError", "ChangedSinceSeenError", "NothingToApproveError", "Review", "ReviewStep", "SelfApprovalError",
        "UnnamedApproverError", "content_of", "reviews",
    ),
    "bridge.export.engine.async_export": ("AsyncExport",),
    "bridge.export.engine.attempts": ("Attempt", "AttemptState", "Purpose", "posting_key", "vendor_key",),
    "bridge.export.engine.dismissing": ("DismissalError",),
    "bridge.export.engine.export": ("Export", "UnknownRecordError",),
    "bridge.export.engine.kept_books": ("KeptBooks",),
    "bridge.export.engine.replaying": ("AdoptionError",),
    "bridge.export.engine.saved_plan": ("PlanApproval", "PlanError", "PlannedStep", "SavedPlan",),
    "bridge.export.field_updates": ("apply_field_changes", "read_fields",),
    "bridge.export.file_rates": ("FileRates",),
    "bridge.export.journal.no_journal": ("NoJournal",),
    "bridge.export.journal.protocol": (
        "Held", "Journal", "JournalError", "Latest", "Listed", "ListingJournal", "Refusal", "WrongJournalError",
    ),
    "bridge.export.journal.sql": ("SqlJournal",),
    "bridge.export.journal.sql_pacing": ("SqlPaces",),
    "bridge.export.journal.sql_seen": ("SqlSeenIds",),
    "bridge.export.ledgers.own": ("WrongAnswerError",),
    "bridge.export.ledgers.protocol": (
        "Ability", "AccruingLedger", "File", "ForeseeingLedger", "Ledger", "LookUp", "RefreshableLedger",
        "SelectiveLedger", "Sent",
    ),
    "bridge.export.ledgers.rillet": ("RilletLedger",),
    "bridge.export.ledgers.rillet_books": ("load_books", "with_bills",),
    "bridge.export.owners": ("Owned", "Owner",),
    "bridge.export.reporting.disagreements": ("Verdict",),
    "bridge.export.reporting.progress": ("Progress",),
    "bridge.export.reporting.report": (
        "Attached", "Counts", "CreatedVendor", "Elsewhere", "ExportOutcome", "Failed", "Posted", "StopCode",
        "Unattached", "Unread", "Unreported", "Warned",
    ),
    "bridge.export.reporting.verification": ("Disagreement", "Verified", "verify",),
    "bridge.export.sources.brex": ("BrexSource",),
    "bridge.export.sources.protocol": ("Answer", "Page", "Source", "Told", "Unreadable",),
    "bridge.export.tenants.encrypted_file": ("EncryptedSecrets",),
    "bridge.export.tenants.keyring_secrets": ("KeyringSecrets",),
    "bridge.export.tenants.reading": ("Tenants", "UnknownTenantError", "read_tenants",),
    "bridge.export.tenants.secrets": ("Secrets", "SecretsError", "SecretsUnavailableError", "environment_secrets",),
    "bridge.export.tenants.tenant": ("Tenant",),
    "bridge.export.time_zones": ("zone_of",),
    "bridge.export.watching.graceful_stop": ("GracefulStop",),
    "bridge.export.watching.loop": ("Announcements", "async_watch", "watch",),
    "bridge.export.watching.shared_address": ("SharedAddress",),
    "bridge.export.watching.webhooks": ("WebhookApp", "WebhookReceiver", "announcing", "log_rillet_event",),
    "clientkit.webhooks": ("UnknownRecipientError",),
}  # fmt: skip
__all__ = [
    "Ability", "AccruingLedger", "AdoptionError", "Announcements", "Answer", "ApprovalError", "AsyncExport", "Attached",
    "Attempt", "AttemptState", "BrexSource", "ChangedSinceSeenError", "Counts", "CreatedVendor", "Disagreement",
    "DismissalError", "Elsewhere", "EncryptedSecrets", "Export", "ExportOutcome", "Failed", "File", "FileRates",
    "ForeseeingLedger", "GracefulStop", "Held", "Journal", "JournalError", "KeptBooks", "KeyringSecrets", "Latest",
    "Ledger", "Listed", "ListingJournal", "LookUp", "NoJournal", "NothingToApproveError", "Owned", "Owner", "Page",
    "PlanApproval", "PlanError", "PlannedStep", "Posted", "Progress", "Purpose", "RefreshableLedger", "Refusal",
    "Review", "ReviewStep", "RilletLedger", "SavedPlan", "Secrets", "SecretsError", "SecretsUnavailableError",
    "SelectiveLedger", "SelfApprovalError", "Sent", "SharedAddress", "Source", "SqlJournal", "SqlPaces", "SqlSeenIds",
    "StopCode", "Tenant", "Tenants", "Told", "Unattached", "UnknownRecipientError", "UnknownRecordError",
    "UnknownTenantError", "UnnamedApproverError", "Unread", "Unreadable", "Unreported", "Verdict", "Verified", "Warned",
    "WebhookApp", "WebhookReceiver", "WrongAnswerError", "WrongJournalError", "announcing", "apply_field_changes",
    "async_watch", "content_of", "environment_secrets", "load_books", "log_rillet_event", "posting_key", "read_fields",
    "read_tenants", "reviews", "vendor_key", "verify", "watch", "with_bills", "zone_of",
]  # fmt: skip
# End of what is made.

if not TYPE_CHECKING:
    # Type checkers take a name that is not there for an error, where they do not see that names load.
    _load, __dir__ = lazy(__name__, _HOMES)

    def __getattr__(name: str) -> object:
        try:
            return _load(name)
        except ModuleNotFoundError as error:
            if name not in {"SqlJournal", "SqlPaces", "SqlSeenIds"} or error.name != "sqlalchemy":
                raise
            from bridge.export.journal import missing

            return {
                "SqlJournal": missing.SqlJournal,
                "SqlPaces": missing.SqlPaces,
                "SqlSeenIds": missing.SqlSeenIds,
            }[name]
