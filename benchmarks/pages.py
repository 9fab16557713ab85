"""Pages as the services answer them: 100 objects each, many distinct pages, so that no cache sees the same page twice in a row."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import attrs

from brex_accounting import RecordVendor, User
from brex_accounting.records import RecordOperations
from brex_accounting.testing.records import card_expense, dimension, gl
from clientkit import codec
from clientkit.requests import PageRequest
from rillet.ledger.journal_entries import JournalEntry, JournalEntryItem, JournalEntryOperations, Side
from rillet.receivables.invoices import Invoice, InvoiceItem, InvoiceOperations, InvoiceStatus
from rillet.values import Address, ExternalReference, FieldAssignment, Money

PAGES, OBJECTS = 40, 100
_START = datetime(2026, 2, 3, 11, 0, 0, 500_000, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Sample:
    """Pages of one listing, and how they are read."""

    title: str
    listing: PageRequest[object]
    contents: Sequence[bytes]

    @property
    def shape(self) -> object:
        """What a page is read as."""
        return self.listing.at(None).returns


def samples() -> Iterator[Sample]:
    """Brex's records, Rillet's journal entries and invoices."""
    yield _sample("Brex records", RecordOperations.list.build(), _record)
    yield _sample("Rillet journal entries", JournalEntryOperations.list.build(), _journal_entry)
    yield _sample("Rillet invoices", InvoiceOperations.list.build(), _invoice)


def _sample(title: str, listing: PageRequest[object], make: Callable[[random.Random], object]) -> Sample:
    chance = random.Random(title)
    contents = []
    for number in range(PAGES):
        items = [codec.unstructure(make(chance)) for _ in range(OBJECTS)]
        page = {listing.items_key: items, "next_cursor": str(number), "pagination": {"next_cursor": str(number)}}
        contents.append(codec.write(page))
    return Sample(title=title, listing=listing, contents=contents)


def _id(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _amount(chance: random.Random) -> Decimal:
    return Decimal(chance.randrange(100, 1_000_000)).scaleb(-2)


def _record(chance: random.Random) -> object:
    number = chance.randrange(40)
    amounts = [_amount(chance) for _ in range(chance.choice([1, 1, 1, 2, 4]))]
    coding = [gl(f"6{chance.randrange(20):02}00"), dimension("Department", f"dep_{chance.randrange(9)}")]
    made = card_expense(str(sum(amounts)), splits=[(str(each), coding) for each in amounts])
    return attrs.evolve(
        made,
        vendor=RecordVendor(id=f"vendor_{number}", name=f"Vendor {number}"),
        user=User(
            id=f"cuuser_{number}", first_name="Ada", last_name=f"Example {number}", email=f"a{number}@example.com"
        ),
        updated_at=_START + timedelta(seconds=chance.randrange(10**7)),
    )


def _money(chance: random.Random) -> Money:
    return Money(_amount(chance), "USD")


def _fields(chance: random.Random) -> tuple[FieldAssignment, ...]:
    return (FieldAssignment(field_id="f-1", field_value_id=f"v-{chance.randrange(9)}"),)


def _journal_entry(chance: random.Random) -> object:
    lines = tuple(
        JournalEntryItem(
            id=_id(chance),
            amount=_money(chance),
            account_code=f"6{chance.randrange(20):02}00",
            side=Side(chance.choice(["DEBIT", "CREDIT"])),
            account_id=_id(chance),
            description="Travel to the customer",
            fields=_fields(chance),
        )
        for _ in range(4)
    )
    return JournalEntry(
        id=_id(chance),
        name="Brex card payment",
        currency="USD",
        items=lines,
        subsidiary_id="a3c2be7f-0000-4000-8000-000000000001",
        updated_at=_START + timedelta(seconds=chance.randrange(10**7)),
        date=date(2026, 1, 1) + timedelta(days=chance.randrange(300)),
    )


def _invoice(chance: random.Random) -> object:
    home = Address(line1="1 Example Street", city="Sampleton", state="TN", zip_code="37000", country="US")
    lines = tuple(
        InvoiceItem(
            id=_id(chance),
            description="Seats",
            total_amount=_money(chance),
            total_discount=Money(Decimal("0.00"), "USD"),
            taxed_amount=_money(chance),
            gross_rate=_money(chance),
            quantity=Decimal(chance.randrange(1, 40)),
            product_id=_id(chance),
            fields=_fields(chance),
        )
        for _ in range(3)
    )
    return Invoice(
        id=_id(chance),
        subsidiary_id="a3c2be7f-0000-4000-8000-000000000001",
        invoice_number=f"INV-{chance.randrange(10**6)}",
        customer_id=_id(chance),
        items=lines,
        due_date=date(2026, 3, 1) + timedelta(days=chance.randrange(300)),
        invoice_date=date(2026, 2, 1) + timedelta(days=chance.randrange(300)),
        address=home,
        customer_address=attrs.evolve(home, city=f"Town {chance.randrange(40)}"),
        status=InvoiceStatus("UNPAID"),
        net_amount=_money(chance),
        amount_due=_money(chance),
        total=_money(chance),
        payment_terms=30,
        subtotal=_money(chance),
        total_discount=Money(Decimal("0.00"), "USD"),
        taxed_amount=_money(chance),
        external_references=(ExternalReference(type="brex", id=_id(chance)),),
        updated_at=_START + timedelta(seconds=chance.randrange(10**7)),
    )
