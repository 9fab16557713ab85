"""A credit note that cannot be applied to its invoice is not posted either."""

from __future__ import annotations

from decimal import Decimal

import attrs
import pytest

from bridge.billing import CreditNote, Customer, Invoice, InvoiceStatus, SyncError
from support.billing.company import ACME, Seller, invoice, note

MISSING = "the invoice in_1 that it pays is not in Rillet; sync that one first"
BETA = Customer(id="cus_2", name="Beta")
FOR_IN_1 = note(1)


@pytest.mark.parametrize("with_journal", [True, False])
@pytest.mark.parametrize(
    ("made", "given", "text"),
    [
        (None, FOR_IN_1, MISSING),
        (invoice(1, status=InvoiceStatus.DRAFT), FOR_IN_1, MISSING),
        (invoice(1, status=InvoiceStatus.VOID), FOR_IN_1, MISSING),
        (
            invoice(1),
            attrs.evolve(FOR_IN_1, customer=BETA),
            "its customer is cus_2, and that of the invoice in_1 that it pays is cus_1; correct one of them",
        ),
        (
            invoice(1),
            attrs.evolve(FOR_IN_1, currency="EUR"),
            "its currency is EUR, and that of the invoice in_1 that it pays is USD; correct one of them",
        ),
    ],
    ids=["unknown", "draft", "void", "customer", "currency"],
)
def test_a_note_that_cannot_be_applied_is_refused_before_anything_is_posted(
    seller: Seller, made: Invoice | None, given: CreditNote, text: str, *, with_journal: bool
) -> None:
    if not with_journal:
        seller.journal = None
    seller.rates = lambda base, target, day: Decimal("1.10")
    seller.put(*(() if made is None else (made,)), given)

    plan, outcome = seller.sync().plan(), seller.sync().run()

    assert [reason.text for each in plan.credit_notes.refused for reason in each.reasons] == [text]
    assert [(each.subject, each.error, each.text) for each in outcome.problems] == [
        ("credit-note:cn_1", SyncError.INVALID_INVOICE, text)
    ]
    assert seller.books.credit_memos == ()
    # Corrected, both are there, and nothing is due of what the note takes back.
    seller.put(invoice(1), attrs.evolve(FOR_IN_1, customer=ACME))
    assert seller.sync().plan().complete
    assert seller.sync().run().complete
    assert [each.amount_due.amount for each in seller.books.invoices] == [Decimal("107.10")]


def test_a_note_without_an_invoice_in_another_currency_than_its_customers_new_invoice_is_refused_with_it(
    seller: Seller,
) -> None:
    seller.rates = lambda base, target, day: Decimal("1.10")
    seller.put(invoice(1), attrs.evolve(FOR_IN_1, invoice_id=None, currency="EUR"))

    plan, outcome = seller.sync().plan(), seller.sync().run()

    advice = "link another customer, or set check_currency to false"
    texts = {
        "invoice:in_1": f"it is in USD, and the credit note cn_1 of the same customer in EUR; {advice}",
        "credit-note:cn_1": f"it is in EUR, and the invoice in_1 of the same customer in USD; {advice}",
    }
    refused = (*plan.invoices.refused, *plan.credit_notes.refused)
    assert {each.record.id: each.reasons[0].text for each in refused} == texts
    assert {each.subject: each.text for each in outcome.problems} == texts
    assert (seller.books.invoices, seller.books.credit_memos) == ((), ())
    # In Rillet already, the invoice tells the customer's currency.
    euros = seller.notes.pop("cn_1")
    assert seller.sync().run().complete
    seller.put(euros)
    assert [each.subject for each in seller.sync().run().problems] == ["credit-note:cn_1"]
