"""A billing company's task: an invoice goes into Rillet, and what is paid there comes back."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import rillet.testing
import rillet.webhooks
from bridge.billing import BillingSettings, Customer, Invoice, Line, PaymentStatus, Product
from bridge.billing.sync import InvoiceSync, ListedInvoices, PaymentWatcher
from bridge.export import SqlJournal, WebhookReceiver
from rillet import Money, NewInvoicePayment
from rillet.testing import SECRET

INVOICE = Invoice(
    id="in_1",
    number="A-001",
    customer=Customer(id="cus_1", name="Acme", email="ap@acme.example"),
    lines=(Line(id="il_1", amount=Decimal("100.00"), product=Product(id="prod_1", name="Seats")),),
    currency="USD",
    issued=date(2026, 3, 2),
    updated_at=datetime(2026, 3, 2, tzinfo=UTC),
)
SETTINGS = BillingSettings(create_customers=True, create_products=True, revenue_account="41000")


def tell(status: PaymentStatus) -> None:
    """What the billing system does with a status."""
    print(f"{status.invoice} is {status.status}: {status.paid} {status.currency} paid, {status.outstanding} left")


def main() -> None:
    """Out and back."""
    books = rillet.testing.StandIn(reference_types={"sequencehq"})
    client = books.client()
    with tempfile.TemporaryDirectory() as folder, SqlJournal(str(Path(folder) / "billing.db")) as journal:
        sync = InvoiceSync(ListedInvoices([INVOICE]), client, SETTINGS, journal=journal)
        print(sync.run().posted, "posted, receivable", books.ledger.balance("12000"))
        print(sync.run().posted, "posted by the second run")

        watcher = PaymentWatcher(client, SETTINGS, tell, journal=journal)
        receiver = WebhookReceiver(partial(rillet.webhooks.verify, secrets=SECRET), watcher.handle)

        def receive(headers: dict[str, str], body: bytes) -> int:
            receiver([(name.encode(), value.encode()) for name, value in headers.items()], body)
            return 200

        books.outbox.subscribe(lambda headers, body: receive(dict(headers), body))
        (posted,) = client.invoices.list()
        paid = NewInvoicePayment(amount=Money(Decimal(40), "USD"), date=date(2026, 3, 9), account_code="11100")
        client.invoice_payments.create(posted.id, paid)
        books.outbox.deliver_due()


if __name__ == "__main__":
    main()
