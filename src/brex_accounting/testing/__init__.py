"""An offline stand-in of Brex for tests: `StandIn`, and builders of records in `brex_accounting.testing.records`."""

from __future__ import annotations

from brex_accounting.testing import records
from brex_accounting.testing.oauth import AuthorizationServer, Rotation
from brex_accounting.testing.outbox import Delivery, Outbox
from brex_accounting.testing.receipts import ReceiptFiles
from brex_accounting.testing.standin import TOKEN, StandIn
from clientkit.testing import DeliveryStatus

__all__ = [
    "AuthorizationServer",
    "Delivery",
    "DeliveryStatus",
    "Outbox",
    "ReceiptFiles",
    "Rotation",
    "StandIn",
    "TOKEN",
    "records",
]
