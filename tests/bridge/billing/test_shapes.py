"""What a billing system of one's own may get wrong: one invoice is named, and the others go on."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from bridge.billing import Customer, InvoiceStatus, Product, SyncError, TaxStatus
from support.billing.company import ACME, Seller, invoice, line, note

NAIVE, MOMENT = datetime(2026, 3, 2), datetime(2026, 3, 2, tzinfo=UTC)  # noqa: DTZ001 - without a zone on purpose


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"id": ""}, "it has no id"),
        ({"customer": Customer(id="", name="Acme")}, "its customer has no id"),
        ({"lines": (line("1.00", Product(id="", name="Seats")),)}, "the product 'Seats' of a line has no id"),
        ({"currency": "usd"}, "its currency is 'usd', not a code of ISO 4217 such as USD"),
        ({"currency": "XQZ"}, "its currency is 'XQZ', not a code of ISO 4217 such as USD"),
        ({"currency": "XXX"}, "its currency is 'XXX', not a code of ISO 4217 such as USD"),
        ({"currency": "XAU"}, "its currency is 'XAU', not a code of ISO 4217 such as USD"),
        ({"updated_at": NAIVE}, "its updated_at is 2026-03-02 00:00:00, without a time zone"),
        ({"created_at": NAIVE}, "its created_at is 2026-03-02 00:00:00, without a time zone"),
        ({"issued": MOMENT}, f"its issued is {MOMENT!r}, not a date"),
        ({"due": MOMENT}, f"its due is {MOMENT!r}, not a date"),
        ({"lines": (line("1.00", start=MOMENT),)}, f"its start is {MOMENT!r}, not a date"),
        ({"total": 119.0}, "its total is 119.0, not a Decimal"),
        ({"exchange_rate": Decimal("1.08")}, "its exchange_rate is Decimal('1.08'), not an ExchangeRate"),
    ],
)
def test_an_invoice_of_another_shape_is_named(seller: Seller, wrong: dict[str, Any], why: str) -> None:
    bad = attrs.evolve(invoice(1), **wrong)
    seller.rates = lambda _base, _target, _day: Decimal(2)
    seller.put(bad, invoice(2))

    plan, outcome = seller.sync().plan(), seller.sync().run()

    assert [each.text for each in plan.unreadable] == [why]
    assert [(each.subject, each.error, each.text) for each in outcome.problems] == [
        (bad.id, SyncError.INVALID_INVOICE, why)
    ]
    assert [each.invoice_number for each in seller.books.invoices] == ["A-002"]


def test_a_credit_note_of_another_shape_is_named(seller: Seller) -> None:
    applied: Any = "all"
    seller.put(invoice(1), note(1, applied=applied))

    (problem,) = seller.sync().run().problems

    assert problem.text == "its applied is 'all', not a Decimal"
    assert len(seller.books.invoices) == 1


def test_a_credit_note_in_no_currency_is_named(seller: Seller) -> None:
    seller.put(invoice(1), note(1, currency="XTS"))

    (problem,) = seller.sync().run().problems

    assert (problem.subject, problem.text) == ("cn_1", "its currency is 'XTS', not a code of ISO 4217 such as USD")


def test_an_invoice_in_a_currency_that_was_withdrawn_since_is_posted(seller: Seller) -> None:
    seller.rates = lambda _base, _target, _day: Decimal("0.6")
    seller.put(invoice(1, currency="BGN"))

    assert seller.sync().run().complete
    assert [each.total.currency for each in seller.books.invoices] == ["BGN"]


def test_a_credit_note_with_the_id_of_a_voids_own_one_is_named(seller: Seller) -> None:
    """The credit of the void would take its place in Rillet."""
    seller.put(invoice(1), attrs.evolve(note(1), id="in_1/void"))

    (problem,) = seller.sync().run().problems

    assert problem.text == (
        "its id 'in_1/void' is that of the credit note which the sync makes for a voided invoice; give it another one"
    )
    assert seller.books.credit_memos == ()


def test_a_status_may_be_written_as_a_text(seller: Seller) -> None:
    """A void one that counted as open would be posted."""
    void: Any = "void"
    exempt: Any = "exempt"
    seller.put(invoice(1, status=void), invoice(2, customer=attrs.evolve(ACME, tax_status=exempt)))

    assert (seller.invoices["in_1"].status, seller.invoices["in_2"].customer.tax_status) == (
        InvoiceStatus.VOID,
        TaxStatus.EXEMPT,
    )
    assert seller.sync().run().complete
    assert [(each.invoice_number, each.total.amount) for each in seller.books.invoices] == [("A-002", Decimal(100))]
    with pytest.raises(ValueError, match="'sent' is not a valid InvoiceStatus"):
        attrs.evolve(invoice(1), status="sent")
