"""Webhooks of several tenants at one address: each goes to its own tenant, or is answered as is declared."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

import brex_accounting.testing
import brex_accounting.webhooks
import rillet.testing
import rillet.webhooks
from brex_accounting import NewWebhookSubscription, WebhookEventType
from bridge.export import SecretsError, SharedAddress, Tenant, WebhookApp, WebhookReceiver
from clientkit import ApiError, codec
from clientkit.webhooks import DuplicateWebhookError, WrongSignatureError
from rillet import NewVendor
from support.asgi import Ask, ask
from support.companies.exported import SETTINGS, expense

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://example.com/brex"
READY = "ACCOUNTING_RECORD_READY_FOR_EXPORT"


def secret(number: int) -> str:
    return base64.b64encode(bytes([number] * 32)).decode()


class Service:
    """What the tenants of one application were told; each has a secret and may have a company."""

    def __init__(self, secrets: Mapping[str, str], companies: Mapping[str, str] | None = None) -> None:
        self.told = dict[str, list[tuple[str, ...]]]()
        self.deleted = dict[str, list[object]]()
        self.app = WebhookApp(
            {
                "/brex": SharedAddress(
                    {tenant: WebhookReceiver(_brex(each), self._teller(tenant)) for tenant, each in secrets.items()},
                    company_ids=companies,
                ),
                "/rillet": SharedAddress(
                    {tenant: WebhookReceiver(_rillet(each), self._noter(tenant)) for tenant, each in secrets.items()}
                ),
            }
        )

    def _teller(self, tenant: str) -> Callable[[brex_accounting.webhooks.Event], None]:
        def tell(event: brex_accounting.webhooks.Event) -> None:
            ids = event.record_ids if isinstance(event, brex_accounting.webhooks.RecordsReadyForExport) else ("other",)
            self.told.setdefault(tenant, []).append(ids)

        return tell

    def _noter(self, tenant: str) -> Callable[[rillet.webhooks.Event], None]:
        return lambda event: self.deleted.setdefault(tenant, []).append(event.data)

    def take(self, signed_with: str, *, id: str = "msg_1", event: str = READY, **body: object) -> int:
        """An event of Brex's."""
        content = codec.write({"event_type": event, "accountingRecordIds": ["accr_1"], **body})
        headers = brex_accounting.webhooks.sign(signed_with, content, id=id, timestamp=NOW)
        return ask(self.app, Ask(headers=headers, chunks=(content,))).status

    def at(self, path: str) -> Callable[[Mapping[str, str], bytes], int]:
        """What a stand-in delivers to."""
        return lambda headers, body: ask(self.app, Ask(path=path, headers=headers, chunks=(body,))).status


def _brex(given: str) -> Callable[[Iterable[tuple[bytes, bytes]], bytes], brex_accounting.webhooks.Event]:
    return lambda headers, body: brex_accounting.webhooks.verify(headers, body, given, now=NOW)


def _rillet(given: str) -> Callable[[Iterable[tuple[bytes, bytes]], bytes], rillet.webhooks.Event]:
    return lambda headers, body: rillet.webhooks.verify(headers, body, given)


SECRETS = {"acme": secret(1), "bolt": secret(2), "cargo": secret(3)}


def test_the_events_of_brex_stand_ins_reach_their_tenants() -> None:
    service = Service(SECRETS, {"acme": "company_acme", "bolt": "company_bolt"})
    for number, (tenant, each) in enumerate(SECRETS.items()):
        standin = brex_accounting.testing.StandIn(
            now=lambda: NOW, rate_limit=None, secret=each, company_id=f"company_{tenant}"
        )
        standin.client().webhook_subscriptions.create(
            NewWebhookSubscription(url=URL, event_types=[WebhookEventType.ACCOUNTING_RECORD_READY_FOR_EXPORT])
        )
        standin.outbox.listen(URL, service.at("/brex"))
        standin.add(expense(number))
        # What one tenant has seen is new to the others, also under the same id.
        standin.outbox.deliveries[0].id = "msg_1"

        (delivery,) = standin.outbox.deliver_due()
        standin.outbox.redeliver(delivery)

        assert delivery.answers == [200, 200]
    assert service.told == {"acme": [("accr_000",)], "bolt": [("accr_001",)], "cargo": [("accr_002",)]}


def test_the_events_of_rillet_stand_ins_reach_their_tenants() -> None:
    service = Service(SECRETS)
    for tenant, each in SECRETS.items():
        standin = rillet.testing.StandIn(rate_limit=None)
        standin.outbox.subscribe(service.at("/rillet"), secret=each)
        with standin.client() as client:
            made = client.vendors.create(NewVendor(name=f"Vendor of {tenant}"))
            client.vendors.delete(made.id)
        assert [each.answers for each in standin.outbox.deliver_due()] == [[200], [200]]
        assert service.deleted[tenant][-1] == made.id
    assert {tenant: len(each) for tenant, each in service.deleted.items()} == {"acme": 2, "bolt": 2, "cargo": 2}


def test_the_company_tells_the_tenants_of_one_secret_apart() -> None:
    service = Service(dict.fromkeys(SECRETS, secret(1)), {"acme": "company_1", "bolt": "company_2"})

    assert service.take(secret(1), id="msg_1", companyId="company_2") == 200
    assert service.take(secret(1), id="msg_2", companyId="company_1") == 200
    assert service.take(secret(1), id="msg_3", event="USER_UPDATED", company_id="company_1") == 200
    # The third has no company id, so it is whose company nobody else is.
    assert service.take(secret(1), id="msg_4", companyId="company_9") == 200

    ready = [("accr_1",)]
    assert service.told == {"bolt": ready, "acme": [*ready, ("other",)], "cargo": ready}


@pytest.mark.parametrize(
    ("companies", "signed_with", "body", "status"),
    [
        ({"acme": "company_1", "bolt": "company_2"}, secret(1), {"companyId": "company_9"}, 404),
        # With Acme's secret nobody speaks for Bolt.
        ({"acme": "company_1", "bolt": "company_2"}, secret(1), {"companyId": "company_2"}, 404),
        ({}, secret(9), {"companyId": "company_1"}, 401),
        ({"acme": "company_1"}, secret(9), {"companyId": "company_1"}, 401),
    ],
)
def test_an_event_of_nobody_is_answered_as_declared(
    companies: Mapping[str, str], signed_with: str, body: Mapping[str, str], status: int
) -> None:
    service = Service(SECRETS, companies)

    assert service.take(signed_with, **body) == status

    assert service.told == {}


def test_an_event_that_does_not_say_whose_it_is_goes_to_nobody() -> None:
    service = Service(dict.fromkeys(SECRETS, secret(1)), {"acme": "company_1", "bolt": "company_2"})

    assert service.take(secret(1)) == 404

    assert service.told == {}


def test_every_tenant_is_asked_whoever_it_is() -> None:
    asked = list[str]()

    def receiver(tenant: str) -> WebhookReceiver[brex_accounting.webhooks.Event]:
        def verify(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> brex_accounting.webhooks.Event:
            asked.append(tenant)
            return _brex(SECRETS[tenant])(headers, body)

        return WebhookReceiver(verify, lambda _: None)

    address = SharedAddress({tenant: receiver(tenant) for tenant in SECRETS})
    content = codec.write({"event_type": READY, "accountingRecordIds": ["accr_1"]})
    for each in (*SECRETS.values(), secret(9)):
        headers = brex_accounting.webhooks.sign(each, content, id="msg_1", timestamp=NOW)
        given: Any = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        with suppress(WrongSignatureError, DuplicateWebhookError):
            address(given, content)

    assert asked == [*SECRETS] * 4


@pytest.mark.parametrize(
    ("broken", "status"),
    [("not base64!", 500), (None, 503)],
    ids=["a secret that cannot be used", "one that is missing"],
)
def test_the_secrets_of_one_tenant_stop_nobody_else(broken: str | None, status: int) -> None:
    def verify(headers: Iterable[tuple[bytes, bytes]], body: bytes) -> brex_accounting.webhooks.Event:
        tenant = Tenant(name="acme", settings=SETTINGS, secrets=lambda _, __: broken)
        return _brex(tenant.secret("brex_webhook_secret"))(headers, body)

    told = list[object]()
    receivers = {
        "acme": WebhookReceiver(verify, told.append),
        "bolt": WebhookReceiver(_brex(secret(2)), told.append),
    }
    app = WebhookApp({"/brex": SharedAddress(receivers)})
    content = codec.write({"event_type": READY, "accountingRecordIds": ["accr_1"]})

    def take(signed_with: str) -> int:
        headers = brex_accounting.webhooks.sign(signed_with, content, id="msg_1", timestamp=NOW)
        return ask(app, Ask(headers=headers, chunks=(content,))).status

    assert take(secret(2)) == 200
    assert len(told) == 1
    # It may be Acme's, so it comes again when its secret is mended.
    assert take(secret(1)) == status


def test_what_a_request_lacks_is_a_bad_request() -> None:
    assert ask(Service(SECRETS).app, Ask(chunks=(b"{}",))).status == 400
    assert issubclass(SecretsError, ApiError)
