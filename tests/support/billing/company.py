"""A seller with a billing system on one side and a Rillet stand-in on the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
from typing_extensions import override

import rillet
import rillet.testing
from bridge.billing import (
    BillingSettings,
    CreditNote,
    Customer,
    Invoice,
    Line,
    Product,
    TaxCode,
    TaxStatus,
    UnreadableInvoice,
)
from bridge.billing.sync.invoice_sync import InvoiceSync
from bridge.billing.sync.protocol import ListedInvoices
from bridge.billing.values import changed_at
from bridge.callers import Rates, no_rates
from bridge.export import Journal
from rillet import ExternalReference, Money, NewCustomer, NewProduct, OneTimePrice, RevenuePattern, TaxRate
from rillet.testing import account, chart_of_accounts, subsidiary
from support.clocks import ManualClock

TYPE = "sequencehq"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = date(2026, 3, 2)
AMERICA, GERMANY = subsidiary("Example Inc.", "USD"), subsidiary("Example GmbH", "EUR")
RECEIVABLE, TAXES, CASH, SUBSCRIPTIONS, SERVICES = "12000", "22500", "11100", "41000", "42000"
RATES = (
    TaxRate(id="rate-19", code="DE19", country="DE", description="USt 19 %", percentage=Decimal("19.0000")),
    TaxRate(id="rate-7", code="DE7", country="DE", description="USt 7 %", percentage=Decimal("7.0000")),
    TaxRate(id="rate-0", code="DE0", country="DE", description="steuerfrei", percentage=Decimal("0.0000")),
    TaxRate(id="rate-rc", code="DERC", country="DE", description="Reverse Charge", percentage=Decimal("0.0000")),
)
TAX_CODES = (
    TaxCode(code="DE7", category="books"),
    TaxCode(code="DE19"),
    TaxCode(code="DE0", status=TaxStatus.EXEMPT),
    TaxCode(code="DERC", status=TaxStatus.REVERSE_CHARGE),
)
SETTINGS = BillingSettings(
    reference_type=TYPE,
    subsidiary="Example Inc.",
    create_customers=True,
    create_products=True,
    revenue_account=SUBSCRIPTIONS,
    taxes=TAX_CODES,
)
ACME = Customer(id="cus_1", name="Acme", email="ap@acme.example")
SEATS = Product(id="prod_1", name="Seats")
BOOK = Product(id="prod_2", name="Handbook", tax_category="books")


def line(amount: str | Decimal, product: Product | None = SEATS, *, id: str = "il_1", **more: Any) -> Line:
    """One line."""
    return attrs.evolve(Line(id=id, amount=Decimal(amount), product=product, description="A line"), **more)


def invoice(number: int = 1, *lines: Line, **more: Any) -> Invoice:
    """An invoice of 100 dollars with 19 % tax, unless told otherwise."""
    made = Invoice(
        id=f"in_{number}",
        number=f"A-{number:03d}",
        customer=ACME,
        lines=lines or (line("100.00"),),
        currency="USD",
        issued=DAY,
        due=DAY + timedelta(days=30),
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
        updated_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    return attrs.evolve(made, **more)


def note(number: int = 1, *lines: Line, **more: Any) -> CreditNote:
    """A credit note of a part of the invoice ``in_1``."""
    made = CreditNote(
        id=f"cn_{number}",
        number=f"C-{number:03d}",
        customer=ACME,
        lines=lines or (line("10.00"),),
        currency="USD",
        issued=DAY,
        invoice_id="in_1",
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
        updated_at=datetime(2026, 3, 3, tzinfo=UTC),
    )
    return attrs.evolve(made, **more)


def changed(of: Invoice, *, hours: int = 1, **more: Any) -> Invoice:
    """The invoice after it was changed in the billing system."""
    return attrs.evolve(of, **{"updated_at": changed_at(of) + timedelta(hours=hours), **more})


def standin(clock: ManualClock | None = None, **more: Any) -> rillet.testing.StandIn:
    """The books."""
    return rillet.testing.StandIn(
        subsidiaries=[AMERICA, GERMANY],
        accounts=(*chart_of_accounts(), account(SERVICES, "Services", rillet.AccountType.INCOME, "Revenue")),
        tax_rates=RATES,
        reference_types={TYPE},
        now=clock or ManualClock(NOW),
        **more,
    )


class ChangedInvoices(ListedInvoices):
    """A billing system that hands out what changed after a moment, as an API does."""

    @override
    def invoices(
        self, *, ids: Sequence[str] | None, updated_after: datetime | None
    ) -> Iterator[Invoice | UnreadableInvoice]:
        found = super().invoices(ids=ids, updated_after=None)
        yield from (each for each in found if _is_after(each, updated_after))

    @override
    def credit_notes(
        self, *, ids: Sequence[str] | None, updated_after: datetime | None
    ) -> Iterator[CreditNote | UnreadableInvoice]:
        found = super().credit_notes(ids=ids, updated_after=None)
        yield from (each for each in found if _is_after(each, updated_after))


def _is_after(value: Invoice | CreditNote | UnreadableInvoice, moment: datetime | None) -> bool:
    return moment is None or isinstance(value, UnreadableInvoice) or changed_at(value) > moment


@dataclass
class Seller:
    """The billing system's invoices, the books, and syncs between them; `system` is how it hands them out."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    invoices: dict[str, Invoice] = field(default_factory=dict[str, Invoice])
    notes: dict[str, CreditNote] = field(default_factory=dict[str, CreditNote])
    journal: Journal | None = None
    settings: BillingSettings = SETTINGS
    rates: Rates = no_rates
    system: type[ListedInvoices] = ListedInvoices

    def __post_init__(self) -> None:
        self.books = standin(self.clock)

    def put(self, *values: Invoice | CreditNote) -> None:
        """Have the billing system issue these, or change them."""
        for each in values:
            if isinstance(each, Invoice):
                self.invoices[each.id] = each
            else:
                self.notes[each.id] = each

    def sync(self, **settings: Any) -> InvoiceSync:
        """A sync of what there is now."""
        billing = self.system(self.invoices.values(), self.notes.values(), name="Sequence")
        return InvoiceSync(
            billing,
            self.books.client(),
            attrs.evolve(self.settings, **settings),
            journal=self.journal,
            rates=self.rates,
            in_flight=2,
            clock=lambda: 0.0,
        )

    def balance(self, code: str) -> Decimal:
        """What is on an account, debits positive."""
        return self.books.ledger.balance(code)

    def customer(self, name: str = "Acme", *references: str, email: str | None = None) -> rillet.Customer:
        """Have a customer in Rillet."""
        emails = (
            () if email is None else (rillet.CustomerEmail(email=email, type=rillet.CustomerEmailType.MAIN_SENDER),)
        )
        external = tuple(ExternalReference(type=TYPE, id=each) for each in references)
        return self.books.client().customers.create(NewCustomer(name=name, emails=emails, external_references=external))

    def product(self, name: str = "Seats", *references: str, account_code: str = SUBSCRIPTIONS) -> rillet.Product:
        """Have a product in Rillet."""
        return self.books.client().products.create(
            NewProduct(
                name=name,
                description=name,
                price=OneTimePrice(amount=Money(Decimal(1), "USD")),
                include_in_arr_mrr=False,
                revenue_pattern=RevenuePattern.DAILY,
                account_code=account_code,
                external_references=tuple(ExternalReference(type=TYPE, id=each) for each in references),
            )
        )


def posts(books: rillet.testing.StandIn) -> list[str]:
    """The paths of all requests that write."""
    return [f"{each.method} {each.path.split('/')[1]}" for each in books.asked if each.method != "GET"]


def ids(values: Iterable[object]) -> Sequence[str]:
    """The ids of some values."""
    return [getattr(each, "id") for each in values]  # noqa: B009 - they have nothing else in common
