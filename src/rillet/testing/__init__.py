"""An offline stand-in of Rillet for tests, and builders of the master data that it starts with."""

from __future__ import annotations

from clientkit.testing import DeliveryStatus
from rillet.ledger.journal_entries import Side
from rillet.testing.builders import account, chart_of_accounts, field, organization, subsidiary, vendor
from rillet.testing.ledger.general_ledger import Ledger, Posting
from rillet.testing.server.attachments import Attachment
from rillet.testing.server.idempotency import IdempotencyKeys
from rillet.testing.server.outbox import SECRET, Delivery, Outbox, Subscription
from rillet.testing.standin import RATE_LIMIT, StandIn

__all__ = [
    "Attachment",
    "Delivery",
    "DeliveryStatus",
    "IdempotencyKeys",
    "Ledger",
    "Outbox",
    "Posting",
    "RATE_LIMIT",
    "SECRET",
    "Side",
    "StandIn",
    "Subscription",
    "account",
    "chart_of_accounts",
    "field",
    "organization",
    "subsidiary",
    "vendor",
]
