"""A service for two tenants: Brex's webhooks tell what is ready, and one export of each tenant posts it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import attrs

import brex_accounting.testing
import brex_accounting.webhooks
import rillet.testing
from brex_accounting import NewWebhookSubscription, WebhookEventType
from brex_accounting.testing.records import card_expense, gl
from bridge import Bridge, Entity, Settings
from bridge.export import Announcements, Export, KeptBooks, SqlJournal, WebhookReceiver, announcing
from clientkit.webhooks import WebhookError

US = Entity(name="US", subsidiary="Example Inc.", card_account="21120", reimbursement_account="21340")


@attrs.frozen
class Tenant:
    """What belongs to one company. With keys: `Client.from_env(prefix="ACME_")` of both services."""

    name: str
    brex: brex_accounting.testing.StandIn
    books: rillet.testing.StandIn
    announced: Announcements = attrs.field(factory=Announcements)
    kept: KeptBooks = attrs.field(factory=KeptBooks)


def receive(tenant: Tenant, headers: Mapping[str, str], body: bytes) -> int:
    """The endpoint ``/brex/<tenant>`` of any framework: the status to answer with."""
    secrets = [each.secret for each in tenant.brex.client().webhook_secrets.list()]
    receiver = WebhookReceiver(
        partial(brex_accounting.webhooks.verify, secrets=secrets), announcing(tenant.announced.tell)
    )
    try:
        receiver([(name.encode(), value.encode()) for name, value in headers.items()], body)
    except WebhookError as error:
        return error.answer_status
    return 200


def export(tenant: Tenant, journals: str) -> str:
    """One run: what was announced, each record once, in a journal that all tenants share."""
    with SqlJournal(journals, namespace=tenant.name) as journal:
        bridge = Bridge(Settings(entities=(US,)))
        exporting = Export(tenant.brex.client(), tenant.books.client(), bridge, journal=journal, kept=tenant.kept)
        return f"{tenant.name}: {exporting.run().counts.posted} posted"


def main() -> None:
    """Both tenants, a forged webhook, and a second run that has nothing to do."""
    tenants = [
        Tenant(name, brex_accounting.testing.StandIn(), rillet.testing.StandIn(reference_types={"brex"}))
        for name in ("acme", "beta")
    ]
    with tempfile.TemporaryDirectory() as folder:
        journals = str(Path(folder) / "exports.db")
        for tenant in tenants:
            url = f"https://exports.example/brex/{tenant.name}"
            new = NewWebhookSubscription(url=url, event_types=[WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT])
            tenant.brex.client().webhook_subscriptions.create(new)
            tenant.brex.outbox.listen(url, partial(receive, tenant))
            tenant.brex.add(card_expense("42.75", coding=[gl("61000")], merchant="Cumulus Cloud"))
            (delivery,) = tenant.brex.outbox.deliver_due()
            print(f"{tenant.name}: the webhook was answered with {delivery.answers}")
            print(export(tenant, journals))
            print(export(tenant, journals))
    print("forged:", receive(tenants[0], {"webhook-id": "msg_1"}, b"{}"))


if __name__ == "__main__":
    main()
