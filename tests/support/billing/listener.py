"""A billing system that is told of payments, and payments that it is told of."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import attrs

import rillet.webhooks
from bridge.billing import PaymentStatus
from bridge.billing.sync import ListedInvoices, PaymentWatcher
from bridge.export import WebhookReceiver
from clientkit.webhooks import DuplicateWebhookError
from rillet import InvoicePayment, Money, NewInvoicePayment
from rillet.testing import SECRET
from support.billing.company import CASH, DAY, SETTINGS, Seller


class Listener:
    """A billing system that is told of payments, by webhooks of the stand-in and by polling."""

    def __init__(self, seller: Seller, *, subscribed: bool = True, **settings: Any) -> None:
        self.seller, self.told, self.broken = seller, list[PaymentStatus](), False
        self.watcher = PaymentWatcher(
            seller.books.client(),
            attrs.evolve(SETTINGS, **settings),
            self._take,
            billing=self,
            journal=seller.journal,
        )
        self.receiver = WebhookReceiver(partial(rillet.webhooks.verify, secrets=SECRET), self.watcher.handle)
        if subscribed:
            seller.books.outbox.subscribe(self.receive)

    name = "Sequence"

    def invoices(self, *, ids: Any, updated_after: Any) -> Any:
        return ListedInvoices(self.seller.invoices.values()).invoices(ids=ids, updated_after=updated_after)

    def credit_notes(self, *, ids: Any, updated_after: Any) -> Any:
        del ids, updated_after
        return ()

    def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        try:
            self.receiver([(name.encode(), value.encode()) for name, value in headers.items()], body)
        except DuplicateWebhookError:
            return 200
        except Exception:  # noqa: BLE001 - a receiver answers whatever happens
            return 500
        return 200

    def _take(self, status: PaymentStatus) -> None:
        if self.broken:
            raise RuntimeError("the billing system is down")
        self.told.append(status)

    @property
    def states(self) -> list[tuple[str, str, Decimal, Decimal]]:
        return [(each.invoice, each.status.value, each.paid, each.outstanding) for each in self.told]


def pay(seller: Seller, amount: str, number: str = "A-001") -> InvoicePayment:
    made = next(each for each in seller.books.invoices if each.invoice_number == number)
    seller.clock.advance(60)
    payment = NewInvoicePayment(amount=Money(Decimal(amount), made.total.currency), date=DAY, account_code=CASH)
    return seller.books.client().invoice_payments.create(made.id, payment)
