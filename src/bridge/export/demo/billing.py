"""The demonstration of billing: invoices go out, payments come back, and receivables beside the sum of open invoices."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from types import TracebackType
from typing import Self

import attrs

import rillet
import rillet.testing
import rillet.webhooks
from bridge.billing.payment_status import PaymentStatus
from bridge.billing.settings import read_billing_settings
from bridge.billing.sync.invoice_sync import InvoiceSync
from bridge.billing.sync.payments import PaymentWatcher
from bridge.billing.sync.protocol import ListedInvoices
from bridge.billing.values import CreditNote, Customer, Invoice, Line, Product, TaxStatus
from bridge.export.demo import company
from bridge.export.watching.webhooks import WebhookReceiver
from bridge.values import ExchangeRate
from clientkit.errors import ApiError
from clientkit.money import rounded, total
from clientkit.pacing import Pacer
from clientkit.webhooks import DuplicateWebhookError
from rillet.testing import SECRET

_RAISED_LIMIT = 60_000
_FIRST_DAY, _LAST_DAY = date(2026, 9, 1), date(2026, 9, 30)
_RECEIVABLE, _BANK = "13000", "11100"
_FREE = rillet.TaxRate(
    id=company.id_of("tax rate", "DERC"), code="DERC", country="DE", description="Reverse charge", percentage=Decimal(0)
)
#: The settings, as ``brex-rillet demo --billing --serve`` writes them.
SETTINGS = """\
reference_type = "sequencehq"
create_customers = true
create_products = true
revenue_account = "41000"

[[entities]]
name = "US"
subsidiary = "Halden Robotics Inc"

[[entities]]
name = "DE"
subsidiary = "Halden Robotics GmbH"

[[taxes]]
code = "DE19"

[[taxes]]
code = "DE0"
status = "exempt"

[[taxes]]
code = "DERC"
status = "reverse_charge"
"""
_SETTINGS = read_billing_settings(SETTINGS)
_PRODUCTS = (
    Product(id="prod_1", name="Gripper subscription"),
    Product(id="prod_2", name="Pallet Cell lease"),
    Product(id="prod_3", name="Training day"),
)
_EURO_IN_DOLLARS = Decimal("1.0837")


@attrs.frozen(kw_only=True)
class OpenInvoices:
    """One subsidiary: what is on its receivable account, and what its open invoices come to, in its currency."""

    subsidiary: str
    currency: str
    receivable: Decimal
    open: Decimal

    @property
    def difference(self) -> Decimal:
        """What they differ by."""
        return total((self.receivable, self.open.copy_negate()))


class BillingDemo:
    """Rillet on loopback for as long as the context lasts, and a billing system in memory that is told what was paid."""

    def __init__(self, *, invoices: int, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - nothing is secret here
        self._now = datetime(2026, 9, 30, 12, tzinfo=UTC)
        self.invoices = {each.id: each for each in map(self._invoice, range(1, invoices + 1))}
        # Parts of what is in another currency are rounded each by itself, which leaves cents of exchange that nobody owes.
        domestic = [each for each in self.invoices.values() if each.exchange_rate is None]
        self.notes = {each.id: each for each in map(self._note, domestic[::9])}
        self.told = dict[str, PaymentStatus]()
        self.rillet = rillet.testing.StandIn(
            organization=company.ORGANIZATION,
            subsidiaries=company.SUBSIDIARIES,
            accounts=company.ACCOUNTS,
            tax_rates=(*company.TAX_RATES, _FREE),
            reference_types={_SETTINGS.reference_type},
            rate_limit=(_RAISED_LIMIT, 60.0),
            now=lambda: self._now,
        )
        self.rillet.close_books(company.CLOSED_THROUGH)
        self._stack = ExitStack()

    def sync(self) -> InvoiceSync:
        """The sync that ``brex-rillet billing sync`` runs."""
        billing = ListedInvoices(self.invoices.values(), self.notes.values(), name="the billing system")
        return InvoiceSync(billing, self.client, _SETTINGS)

    def collect(self) -> int:
        """Let most customers pay; how many statuses came back by webhook."""
        self.rillet.outbox.deliver_due()
        for made in list(self.client.invoices.list(limit=100)):
            if made.amount_due.amount > 0 and self._chance.random() < 0.7:
                is_foreign = made.exchange_rate is not None
                part = Decimal(1) if is_foreign or self._chance.random() < 0.8 else Decimal("0.5")
                amount = rillet.Money(rounded(made.amount_due.amount * part, made.total.currency), made.total.currency)
                payment = rillet.NewInvoicePayment(amount=amount, date=_LAST_DAY, account_code=_BANK)
                self._now += timedelta(seconds=1)
                self.client.invoice_payments.create(made.id, payment)
        self.rillet.outbox.deliver_due()
        return len(self.told)

    def proof(self) -> tuple[OpenInvoices, ...]:
        """Rillet's receivable accounts beside what the billing system has as open after what it was told."""
        return tuple(self._open(each) for each in self.client.subsidiaries.list())

    def _open(self, subsidiary: rillet.Subsidiary) -> OpenInvoices:
        entity = next(each.name for each in _SETTINGS.entities if each.subsidiary == subsidiary.trade_name)
        balance = self.client.reports.trial_balance(
            from_date=_FIRST_DAY, to_date=_LAST_DAY, subsidiary_id=subsidiary.id
        )
        receivable = (each.ending_balance.amount for each in balance.accounts if each.code == _RECEIVABLE)
        mine = (each for each in self.invoices.values() if each.entity == entity)
        return OpenInvoices(
            subsidiary=subsidiary.trade_name,
            currency=subsidiary.currency,
            receivable=total(receivable),
            open=total(self._left(each) for each in mine),
        )

    def _left(self, invoice: Invoice) -> Decimal:
        """What a customer still owes, in the currency of the subsidiary, as the billing system knows it."""
        told = self.told.get(invoice.id)
        left = invoice.total or Decimal(0) if told is None else told.outstanding
        rate = invoice.exchange_rate
        return left if rate is None else rounded(left * rate.rate, rate.target)

    def _invoice(self, number: int) -> Invoice:
        entity = self._chance.choice(["US", "DE"])
        is_foreign = entity == "US" and self._chance.random() < 0.3
        currency = "USD" if entity == "US" and not is_foreign else "EUR"
        # Nothing is taxed in America here; in Germany what a customer is decides.
        status = TaxStatus.EXEMPT if entity == "US" else self._chance.choice(list(TaxStatus))
        customer = Customer(
            id=f"cus_{entity}_{currency}_{status.value}",
            name=f"{entity} customer, {status.value.replace('_', ' ')}, {currency}",
            tax_status=status,
            currency=currency,
        )
        issued = _FIRST_DAY + timedelta(days=self._chance.randrange(28))
        lines = tuple(self._line(index, status) for index in range(1, self._chance.randint(1, 3) + 1))
        moment = datetime(issued.year, issued.month, issued.day, tzinfo=UTC)
        rate = ExchangeRate(base="EUR", target="USD", rate=_EURO_IN_DOLLARS, date=issued)
        return Invoice(
            id=f"in_{number}",
            number=f"HR-{number:04d}",
            customer=customer,
            lines=lines,
            currency=currency,
            issued=issued,
            due=issued + timedelta(days=30),
            total=total(amount for each in lines for amount in (each.amount, each.tax or Decimal(0))),
            exchange_rate=rate if is_foreign else None,
            entity=entity,
            created_at=moment,
            updated_at=moment,
        )

    def _line(self, number: int, status: TaxStatus) -> Line:
        amount = Decimal(self._chance.randint(10_00, 9_000_00)).scaleb(-2)
        tax = rounded(amount * Decimal("0.19"), "EUR") if status is TaxStatus.TAXED else Decimal(0)
        return Line(id=f"il_{number}", amount=amount, product=self._chance.choice(_PRODUCTS), tax=tax)

    def _note(self, invoice: Invoice) -> CreditNote:
        """A credit note of the first line of an invoice."""
        return CreditNote(
            id=f"cn_{invoice.id}",
            number=f"C-{invoice.number}",
            customer=invoice.customer,
            lines=invoice.lines[:1],
            currency=invoice.currency,
            issued=invoice.issued,
            invoice_id=invoice.id,
            exchange_rate=invoice.exchange_rate,
            entity=invoice.entity,
            created_at=invoice.created_at,
            updated_at=invoice.updated_at,
        )

    def _take(self, status: PaymentStatus) -> None:
        self.told[status.invoice] = status

    def _receive(self, headers: Mapping[str, str], body: bytes) -> int:
        try:
            self._receiver([(name.encode(), value.encode()) for name, value in headers.items()], body)
        except DuplicateWebhookError:
            return 200
        except ApiError:
            return 500
        return 200

    def __enter__(self) -> Self:
        url = self._stack.enter_context(self.rillet.serve())
        client = rillet.Client(self.rillet.api_key, base_url=url, pacer=Pacer(_RAISED_LIMIT))
        self.client = self._stack.enter_context(client)
        watcher = PaymentWatcher(self.client, _SETTINGS, self._take)
        self._receiver = WebhookReceiver(partial(rillet.webhooks.verify, secrets=SECRET), watcher.handle)
        self.rillet.outbox.subscribe(self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)
