"""What a credit memo pays is compared with the billing system in each run, and a difference is named."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

from bridge.billing import SyncError
from bridge.billing.sync import SyncProblem
from rillet import Money, NewCreditMemoApplication
from support.billing.company import DAY, Seller, invoice, line, note

NOTE = note(1, line("20.00"))


def differing(seller: Seller) -> SyncProblem:
    """The problem of the application, which the plan has too."""
    plan, outcome = seller.sync().plan(), seller.sync().run()
    assert not plan.complete
    assert not outcome.complete
    assert (plan.differing[0].subject, plan.differing[0].text) == (
        outcome.problems[0].subject,
        outcome.problems[0].text,
    )
    return outcome.problems[0]


@pytest.fixture
def credited(seller: Seller) -> Seller:
    seller.put(invoice(1), NOTE)
    assert seller.sync().run().complete
    assert seller.sync().plan().complete
    return seller


@pytest.mark.parametrize("with_journal", [True, False])
def test_another_amount_is_named_until_it_is_applied_in_rillet(credited: Seller, *, with_journal: bool) -> None:
    if not with_journal:
        credited.journal = None
    ((made,), (memo,)) = credited.books.invoices, credited.books.credit_memos
    credited.put(attrs.evolve(NOTE, applied=Decimal("5.00"), updated_at=credited.clock()))

    for _ in range(2):
        problem = differing(credited)

        assert problem.error is SyncError.INVALID_INVOICE
        assert problem.subject == f"application:cn_1/{made.id}"
        assert problem.text == (
            f"its credit memo {memo.id} pays 23.80 USD of the invoice {made.id}, and by the billing system 5.00 USD; apply 5.00 USD "
            f"of it there, or correct the credit note"
        )
    five = NewCreditMemoApplication(invoice_id=made.id, amount=Money(Decimal("5.00"), "USD"), application_date=DAY)
    credited.books.client().credit_memos.apply(memo.id, [five])
    assert credited.sync().plan().complete
    assert credited.sync().run().complete
    assert credited.books.invoices[0].amount_due.amount == Decimal("114.00")


def test_more_of_it_is_named_as_long_as_it_is_due(credited: Seller) -> None:
    credited.put(attrs.evolve(NOTE, applied=Decimal("5.00"), updated_at=credited.clock()))
    ((made,), (memo,)) = credited.books.invoices, credited.books.credit_memos
    five = NewCreditMemoApplication(invoice_id=made.id, amount=Money(Decimal("5.00"), "USD"), application_date=DAY)
    credited.books.client().credit_memos.apply(memo.id, [five])
    assert credited.sync().run().complete
    credited.put(attrs.evolve(NOTE, applied=Decimal("10.00"), updated_at=credited.clock()))

    assert "pays 5.00 USD" in differing(credited).text
    assert credited.books.invoices[0].amount_due.amount == Decimal("114.00")


@pytest.mark.parametrize("change", [{"invoice_id": None}, {"applied": Decimal(0)}], ids=["no invoice", "nothing"])
def test_what_is_for_no_invoice_any_more_is_named(credited: Seller, change: dict[str, Any]) -> None:
    credited.put(attrs.evolve(NOTE, updated_at=credited.clock(), **change))

    assert "pays 23.80 USD" in differing(credited).text
    (memo,) = credited.books.credit_memos
    credited.books.client().credit_memos.delete_applications(memo.id)
    assert credited.sync().run().complete
    assert credited.sync().plan().complete
    assert credited.books.invoices[0].amount_due.amount == Decimal("119.00")


def test_what_a_person_has_taken_back_is_named_with_the_note_as_it_was(credited: Seller) -> None:
    ((made,), (memo,)) = credited.books.invoices, credited.books.credit_memos
    credited.books.client().credit_memos.delete_applications(memo.id)

    problem = differing(credited)

    assert problem.subject == f"application:cn_1/{made.id}"
    assert problem.text.endswith("and Rillet no longer has it; enter it there by hand")
    again = NewCreditMemoApplication(invoice_id=made.id, amount=Money(Decimal("23.80"), "USD"), application_date=DAY)
    credited.books.client().credit_memos.apply(memo.id, [again])
    assert credited.sync().run().complete
