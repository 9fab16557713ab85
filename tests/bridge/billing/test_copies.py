"""Several copies of one invoice or credit note in one run."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs
import pytest

from bridge.billing import CreditNote, Invoice, InvoiceStatus, SyncError
from bridge.billing.sync import InvoiceSync, ListedInvoices
from support.billing.company import SETTINGS, Seller, changed, invoice, line, note

ONE, OTHER = invoice(1), invoice(1, line("200.00"))
WHY = (
    "it is there twice, one of 100.00 USD and one of 200.00 USD without tax, which differ in lines; no updated_at tells which "
    "is newer, so leave the wrong one out"
)


def sync_of(seller: Seller, *invoices: Invoice, notes: Sequence[CreditNote] = ()) -> InvoiceSync:
    return InvoiceSync(ListedInvoices(invoices, notes), seller.books.client(), SETTINGS, journal=seller.journal)


@pytest.mark.parametrize("told", [True, False], ids=["changed at the same time", "without a time"])
def test_two_copies_that_contradict_each_other_are_no_invoice(seller: Seller, *, told: bool) -> None:
    copies = (ONE, OTHER) if told else (attrs.evolve(each, updated_at=None) for each in (ONE, OTHER))
    sync = sync_of(seller, *copies, invoice(2))

    plan, outcome = sync.plan(), sync.run()

    assert [(each.subject, each.text) for each in plan.unreadable] == [("in_1", WHY)]
    assert [(each.subject, each.error, each.text) for each in outcome.problems] == [
        ("in_1", SyncError.INVALID_INVOICE, WHY)
    ]
    assert [each.invoice_number for each in seller.books.invoices] == ["A-002"]
    # It is named once, though the second run asks for it again by its id.
    assert len(sync_of(seller, ONE, OTHER, invoice(2)).run().problems) == 1


def test_what_was_posted_stays_as_long_as_its_copies_contradict_each_other(seller: Seller) -> None:
    assert sync_of(seller, ONE).run().complete

    assert not sync_of(seller, ONE, OTHER).run().complete
    assert [each.total.amount for each in seller.books.invoices] == [Decimal("119.00")]


@pytest.mark.parametrize("again", [ONE, attrs.evolve(ONE, status=InvoiceStatus.PAID, link="https://pay.example/1")])
def test_two_copies_that_say_the_same_are_one(seller: Seller, again: Invoice) -> None:
    assert sync_of(seller, ONE, again).run().complete
    assert [each.invoice_number for each in seller.books.invoices] == ["A-001"]


@pytest.mark.parametrize("turned", [False, True])
def test_a_newer_copy_decides(seller: Seller, *, turned: bool) -> None:
    copies = [ONE, OTHER, changed(ONE, lines=(line("300.00"),))]

    assert sync_of(seller, *(reversed(copies) if turned else copies)).run().complete
    assert [each.total.amount for each in seller.books.invoices] == [Decimal("357.00")]


def test_credit_notes_are_compared_too(seller: Seller) -> None:
    outcome = sync_of(seller, ONE, notes=[note(1), note(1, line("20.00"))]).run()

    assert [(each.subject, "it is there twice" in each.text) for each in outcome.problems] == [("cn_1", True)]
    assert seller.books.credit_memos == ()
