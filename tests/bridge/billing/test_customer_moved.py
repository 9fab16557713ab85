"""What the billing system says later of a customer or a product does not change an invoice that was issued."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from typing_extensions import override

from bridge.billing import Customer, InvoiceStatus, OnVoid, PostalAddress, TaxCode, TaxStatus
from bridge.export import Attempt, SqlJournal
from support.billing.company import ACME, BOOK, SEATS, Seller, changed, invoice, line, note, posts

HERE = attrs.evolve(ACME, address=PostalAddress(country="DE"))
BY_COUNTRY = (
    TaxCode(code="DE19", country="DE"),
    TaxCode(code="DE0", country="JP"),
    TaxCode(code="DERC", status=TaxStatus.REVERSE_CHARGE),
)
LATER = (
    attrs.evolve(HERE, address=PostalAddress(country="JP")),
    attrs.evolve(HERE, address=PostalAddress(country="FR")),
    attrs.evolve(HERE, tax_status=TaxStatus.REVERSE_CHARGE),
    attrs.evolve(HERE, tax_status=TaxStatus.EXEMPT, name="Acme Holding", email=None, currency="EUR"),
)
later = pytest.mark.parametrize("customer", LATER, ids=["other tax", "no tax entry", "reverse charge", "exempt"])
MOMENTS = pytest.mark.parametrize("moment", [invoice().updated_at, None], ids=["updated_at", "no updated_at"])


@later
@MOMENTS
@pytest.mark.parametrize("tax", [None, Decimal("19.00")], ids=["computed", "told"])
def test_an_issued_invoice_stays_when_its_customer_moves(
    seller: Seller, customer: Customer, moment: datetime | None, tax: Decimal | None
) -> None:
    seller.put(invoice(1, line("100.00", tax=tax), customer=HERE, updated_at=moment))
    assert seller.sync(taxes=BY_COUNTRY).run().complete
    before = posts(seller.books)
    seller.put(invoice(1, line("100.00", tax=tax), customer=customer, updated_at=moment))
    sync = seller.sync(taxes=BY_COUNTRY)

    planned, outcome = sync.plan(), sync.run()

    assert (planned.complete, planned.invoices.posts) == (True, ())
    assert (outcome.complete, outcome.posted, outcome.problems) == (True, 0, ())
    assert posts(seller.books) == before
    assert [each.total.amount for each in seller.books.invoices] == [Decimal(119)]
    assert sync.verify() == ()
    assert sync.sync("in_1").complete
    assert posts(seller.books) == before


@later
def test_a_later_moment_alone_is_no_change_of_the_invoice(seller: Seller, customer: Customer) -> None:
    """A billing system may count the change of a customer as one of its invoices."""
    seller.put(invoice(customer=HERE))
    assert seller.sync(taxes=BY_COUNTRY).run().complete
    before = posts(seller.books)
    seller.put(changed(seller.invoices["in_1"], customer=customer))

    assert str(seller.sync(taxes=BY_COUNTRY).run()).startswith("Sync: 0 posted")
    assert posts(seller.books) == before


def test_a_credit_note_stays_when_its_customer_moves(seller: Seller) -> None:
    seller.put(invoice(customer=HERE), note(customer=HERE))
    assert seller.sync(taxes=BY_COUNTRY).run().complete
    before = posts(seller.books)
    seller.put(invoice(customer=LATER[0]), note(customer=LATER[0]))

    assert seller.sync(taxes=BY_COUNTRY).run().complete
    assert posts(seller.books) == before
    assert seller.sync(taxes=BY_COUNTRY).verify() == ()


def test_the_credit_of_a_void_takes_back_what_was_posted_or_nothing(seller: Seller) -> None:
    how: dict[str, Any] = {"taxes": BY_COUNTRY, "on_void": OnVoid.CREDIT}
    seller.put(invoice(customer=HERE))
    assert seller.sync(**how).run().complete
    seller.put(changed(invoice(customer=LATER[0]), status=InvoiceStatus.VOID))

    planned, outcome = seller.sync(**how).plan(), seller.sync(**how).run()

    (made,) = seller.books.invoices
    why = (
        f"a credit of all of it comes to 100.00 USD now, and Rillet's invoice {made.id} to 119.00; give its customer the "
        "country and tax status of the invoice's day, or enter the credit memo by hand"
    )
    assert [each.text for each in outcome.problems] == [why]
    assert not planned.complete
    assert seller.books.credit_memos == ()
    seller.put(changed(invoice(customer=HERE), status=InvoiceStatus.VOID))
    assert seller.sync(**how).run().complete
    assert [each.amount_due.amount for each in seller.books.invoices] == [0]


def test_an_invoice_stays_when_a_product_is_taxed_otherwise(seller: Seller) -> None:
    seller.put(invoice(1, line("100.00", BOOK)))
    assert seller.sync().run().complete
    before = posts(seller.books)
    seller.put(invoice(1, line("100.00", attrs.evolve(BOOK, tax_category=None, name="Manual"))))

    assert seller.sync().run().complete
    assert posts(seller.books) == before


@pytest.mark.parametrize(
    "change",
    [
        {"customer": Customer(id="cus_2", name="Beta")},
        {"number": "A-100"},
        {"lines": (line("200.00"),)},
        {"lines": (line("100.00", tax=Decimal("19.01")),)},
        {"lines": (line("100.00", attrs.evolve(SEATS, id="prod_9", name="Chairs")),)},
    ],
    ids=["another customer", "number", "amount", "tax", "product"],
)
def test_a_change_of_the_invoice_itself_is_posted(seller: Seller, change: Mapping[str, Any]) -> None:
    seller.put(invoice(customer=HERE))
    assert seller.sync().run().complete
    seller.put(attrs.evolve(invoice(customer=HERE), **change))

    outcome = seller.sync().run()

    assert (outcome.complete, outcome.posted) == (True, 1)


class TestEarlierJournal:
    """A journal of an earlier version has digests of everything that an invoice said, its customer's data too."""

    #: What an earlier version wrote for `invoice(1)`.
    CONTENT = "32b67fb088000d690f92"

    def test_what_is_unchanged_stays_whatever_the_settings_say_now(self, tmp_path: Path) -> None:
        seller, content = Seller(), self.CONTENT

        class Earlier(SqlJournal):
            @override
            def attempts_of(self, subjects: Iterable[str]) -> Mapping[str, tuple[Attempt, ...]]:
                found = super().attempts_of(subjects)
                if "invoice:in_1" not in found:
                    return found
                return {
                    **found,
                    "invoice:in_1": tuple(attrs.evolve(each, content=content) for each in found["invoice:in_1"]),
                }

        with Earlier(str(tmp_path / "journal.db"), now=seller.clock) as journal:
            seller.journal = journal
            seller.put(invoice())
            assert seller.sync().run().complete
            before = posts(seller.books)

            outcome = seller.sync(taxes=(TaxCode(code="DE7"),)).run()

            assert (outcome.complete, outcome.posted) == (True, 0)
            assert posts(seller.books) == before
            seller.put(invoice(1, line("200.00")))
            assert seller.sync().run().posted == 1
