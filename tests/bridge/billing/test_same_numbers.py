"""One invoice under two ids, as in a file that was exported twice, is posted once."""

from __future__ import annotations

import attrs
import pytest

from bridge.billing import Customer, Invoice, InvoiceStatus, SyncError
from support.billing.company import Seller, changed, invoice, line, note

TEXT = "the invoice in_{} has the same customer and the same number A-001; correct one of them"
TWIN = attrs.evolve(invoice(2), number="A-001")


def test_of_two_invoices_of_one_number_the_first_is_posted(seller: Seller) -> None:
    seller.put(invoice(1), TWIN)

    plan, outcome = seller.sync().plan(), seller.sync().run()

    assert [each.record.id for each in plan.invoices.refused] == ["invoice:in_2"]
    assert [(each.subject, each.error, each.text) for each in outcome.problems] == [
        ("invoice:in_2", SyncError.INVALID_INVOICE, TEXT.format(1))
    ]
    assert len(seller.books.invoices) == 1


def test_the_one_that_is_in_rillet_stays_whatever_comes_first(seller: Seller) -> None:
    seller.put(TWIN)
    assert seller.sync().run().complete
    seller.invoices = {"in_1": invoice(1), "in_2": changed(TWIN, lines=(line("200.00"),))}

    outcome = seller.sync().run()

    assert [(each.subject, each.text) for each in outcome.problems] == [("invoice:in_1", TEXT.format(2))]
    assert [each.subtotal.amount for each in seller.books.invoices] == [200]
    # Once one of them is corrected both are there.
    seller.put(attrs.evolve(invoice(1), number="A-002"))
    assert seller.sync().run().complete
    assert sorted(each.invoice_number for each in seller.books.invoices) == ["A-001", "A-002"]


@pytest.mark.parametrize(
    "other",
    [
        attrs.evolve(TWIN, customer=Customer(id="cus_2", name="Beta")),
        attrs.evolve(TWIN, status=InvoiceStatus.VOID),
        attrs.evolve(TWIN, status=InvoiceStatus.DRAFT),
        attrs.evolve(TWIN, number=None),
    ],
    ids=["of another customer", "void", "a draft", "without a number"],
)
def test_what_is_another_invoice_is_no_double(seller: Seller, other: Invoice) -> None:
    seller.put(invoice(1), other)

    assert seller.sync().run().complete


def test_an_invoice_without_a_number_has_its_id_as_number(seller: Seller) -> None:
    seller.put(attrs.evolve(invoice(1), id="A-002", number=None), invoice(2))

    plan, outcome = seller.sync().plan(), seller.sync().run()

    assert [each.record.id for each in plan.invoices.refused] == ["invoice:in_2"]
    assert [(each.subject, each.text) for each in outcome.problems] == [
        ("invoice:in_2", "the invoice A-002 has the same customer and the same number A-002; correct one of them")
    ]
    assert [each.invoice_number for each in seller.books.invoices] == ["A-002"]


def test_of_two_credit_notes_of_one_number_the_first_is_posted(seller: Seller) -> None:
    seller.put(invoice(1), note(1), attrs.evolve(note(2), number="C-001"))

    plan, outcome = seller.sync().plan(), seller.sync().run()

    assert [each.record.id for each in plan.credit_notes.refused] == ["credit-note:cn_2"]
    assert [(each.subject, each.text) for each in outcome.problems] == [
        (
            "credit-note:cn_2",
            "the credit note cn_1 has the same customer and the same number C-001; correct one of them",
        )
    ]
    assert len(seller.books.credit_memos) == 1
