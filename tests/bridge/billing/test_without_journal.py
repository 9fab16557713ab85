"""A sync that remembers nothing: what it has posted is found in Rillet by its references alone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

import rillet
from bridge.billing import InvoiceStatus, OnVoid, TaxCode
from bridge.export import NoJournal
from rillet import Money, NewInvoicePayment
from support.billing.company import CASH, DAY, TYPE, Seller, changed, invoice, line, note, posts
from support.billing.listener import Listener


@pytest.fixture
def forgetful(seller: Seller) -> Seller:
    seller.journal = NoJournal()
    return seller


@pytest.mark.parametrize("updated_at", [invoice().updated_at, None], ids=["the same moment", "an unknown one"])
def test_an_invoice_that_changes_several_times_within_a_day_is_there_each_time(
    forgetful: Seller, updated_at: datetime | None
) -> None:
    """All have the same version, so that the first keys answer with what was deleted since."""
    for amount in (100, 200, 300, 400):
        forgetful.put(invoice(1, line(str(amount)), updated_at=updated_at))

        assert forgetful.sync().run().complete
        assert [each.subtotal.amount for each in forgetful.books.invoices] == [amount]
        assert forgetful.sync().run().posted == 0


@pytest.mark.parametrize("id", ["in 1", "a v1", "x v2 0123456789ab", "invoice:in_1", "2026/001", "accr_1"])
def test_whatever_an_id_looks_like_its_invoice_is_found(forgetful: Seller, id: str) -> None:
    forgetful.put(invoice(1, id=id), note(1, invoice_id=id))
    assert forgetful.sync().run().complete
    before = posts(forgetful.books)

    assert forgetful.sync().run().complete
    assert posts(forgetful.books) == before
    assert [each.amount_due.amount for each in forgetful.books.invoices] == [Decimal("107.10")]


@pytest.mark.parametrize("id", ["in 1", "a v1"])
def test_whatever_an_id_looks_like_its_payment_is_told(seller: Seller, id: str) -> None:
    seller.put(invoice(1, id=id))
    seller.journal = NoJournal()
    seller.sync().run()
    listener = Listener(seller, subscribed=False)
    (made,) = seller.books.invoices
    payment = NewInvoicePayment(amount=Money(Decimal(119), "USD"), date=DAY, account_code=CASH)
    seller.books.client().invoice_payments.create(made.id, payment)

    assert listener.watcher.poll().complete
    assert listener.states == [(id, "paid", Decimal(119), Decimal(0))]


@pytest.mark.parametrize("knows", [True, False], ids=["with the journal", "without it"])
def test_a_changed_setting_rewrites_only_what_no_journal_knows(seller: Seller, *, knows: bool) -> None:
    seller.put(invoice())
    assert seller.sync().run().complete
    seller.journal = seller.journal if knows else NoJournal()

    assert seller.sync(taxes=(TaxCode(code="DE7"),)).run().complete
    assert [each.total.amount for each in seller.books.invoices] == [Decimal(119 if knows else 107)]


class TestVerify:
    def test_what_agrees_is_no_disagreement(self, forgetful: Seller) -> None:
        forgetful.put(invoice(1), invoice(2, status=InvoiceStatus.DRAFT), invoice(3, status=InvoiceStatus.VOID), note())
        assert forgetful.sync().run().complete

        assert forgetful.sync().verify() == ()

    def test_what_was_changed_on_either_side_is_named(self, forgetful: Seller) -> None:
        forgetful.put(*(invoice(number) for number in range(1, 5)))
        assert forgetful.sync().run().complete
        client, by_number = forgetful.books.client(), {each.invoice_number: each for each in forgetful.books.invoices}
        client.invoices.delete(by_number["A-002"].id)
        forgetful.put(
            changed(forgetful.invoices["in_1"], lines=(line("200.00"),)),
            changed(forgetful.invoices["in_3"], status=InvoiceStatus.VOID),
        )

        found = {each.record_id: each.verdict.value for each in forgetful.sync().verify()}

        # Whether the second one was ever there nobody remembers; the next sync posts it.
        assert found == {"invoice:in_1": "changed_at_source", "invoice:in_3": "changed_at_source"}

    def test_a_credited_void_agrees(self, forgetful: Seller) -> None:
        forgetful.put(invoice())
        forgetful.sync().run()
        forgetful.put(changed(forgetful.invoices["in_1"], status=InvoiceStatus.VOID))
        assert forgetful.sync(on_void=OnVoid.CREDIT).run().complete

        assert forgetful.sync(on_void=OnVoid.CREDIT).verify() == ()

    def test_an_invoice_that_is_there_twice_is_named(self, forgetful: Seller) -> None:
        forgetful.put(invoice())
        forgetful.sync().run()
        (made,) = forgetful.books.invoices
        forgetful.books.client().invoices.create(
            rillet.NewRevenueRecognitionOnlyInvoice(
                customer_id=made.customer_id,
                due_date=made.due_date,
                invoice_date=made.invoice_date,
                invoice_number="A-001",
                items=(
                    rillet.NewExternalInvoiceItem(
                        product_id=made.items[0].product_id,
                        description="A line",
                        quantity=Decimal(1),
                        total_amount=Money(Decimal(119), "USD"),
                        tax_amount=Money(Decimal(19), "USD"),
                        revenue=made.items[0].revenue,
                    ),
                ),
                external_references=(rillet.ExternalReference(type=TYPE, id="in_1"),),
                subsidiary_id=made.subsidiary_id,
            )
        )

        assert [each.verdict for each in forgetful.sync().verify()] == ["posted_several_times"]
