"""Several receivers of Rillet's webhooks at once, as behind a load balancer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pytest

import rillet.webhooks
from bridge.billing import PaymentStatus
from bridge.billing.sync import PaymentWatcher
from bridge.export import WebhookApp, WebhookReceiver
from rillet.testing import SECRET
from support.asgi import Ask, ask
from support.billing.company import SETTINGS, Seller
from support.billing.listener import pay


def test_what_another_receiver_has_in_hand_comes_again_without_an_alarm(
    synced: Seller, caplog: pytest.LogCaptureFixture
) -> None:
    told, arrived, answers = list[PaymentStatus](), list[Ask](), list[int]()

    def receiver() -> WebhookApp:
        watcher = PaymentWatcher(synced.books.client(), SETTINGS, deliver, journal=synced.journal)
        verify = partial(rillet.webhooks.verify, secrets=SECRET, now=synced.clock())
        return WebhookApp({"/rillet": WebhookReceiver(verify, watcher.handle)})

    def deliver(status: PaymentStatus) -> None:
        """The other receiver gets the same event at the same moment."""
        told.append(status)
        answers.append(ask(second, arrived[0]).status)

    def send(headers: Mapping[str, str], body: bytes) -> int:
        arrived.append(Ask(path="/rillet", headers=headers, chunks=(body,)))
        return ask(first, arrived[0]).status

    first, second = receiver(), receiver()
    synced.books.outbox.subscribe(send)
    pay(synced, "119.00")
    with caplog.at_level("INFO", logger="bridge.export.watching"):
        synced.books.outbox.deliver_due()

    assert (answers, ask(second, arrived[0]).status, len(told)) == ([503], 200, 1)
    (logged,) = (each for each in caplog.records if "503" in each.getMessage())
    assert (logged.levelname, logged.exc_info) == ("INFO", None)
    assert "so that it comes again: another process tells of this invoice" in logged.getMessage()
