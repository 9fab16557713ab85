"""A copy of an invoice that is older than what was posted changes nothing, and is said to be one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from bridge.billing import Customer, Invoice, InvoiceStatus, Product, SyncError, read_invoices_csv
from bridge.decisions import ReasonCode
from bridge.export import NoJournal, SqlJournal
from support.billing.company import RECEIVABLE, Seller, changed, invoice, line, note, posts

OLD = invoice(1)
NEW = changed(OLD, lines=(line("200.00"),))
TEXT = (
    "this copy of it was changed at 2026-03-02 00:00:00 UTC, and one of 2026-03-02 01:00:00 UTC was posted; it stays as it "
    "is, until there is a copy of then or later"
)


def assert_left_alone(seller: Seller) -> None:
    before = posts(seller.books)
    plan = seller.sync().plan()
    outcome = seller.sync().run()

    assert [(each.subject, each.error, each.text) for each in outcome.problems] == [
        ("invoice:in_1", SyncError.INVALID_INVOICE, TEXT)
    ]
    assert [reason.text for each in plan.invoices.refused for reason in each.reasons] == [TEXT]
    assert (plan.invoices.posts, plan.customers, plan.products) == ((), (), ())
    assert posts(seller.books) == before


@pytest.mark.parametrize("forgets", [False, True], ids=["a journal", "no journal"])
def test_an_older_copy_does_not_undo_a_newer_one(seller: Seller, *, forgets: bool) -> None:
    seller.journal = NoJournal() if forgets else seller.journal
    seller.put(NEW)
    assert seller.sync().run().complete
    seller.put(OLD)

    assert_left_alone(seller)
    assert seller.balance(RECEIVABLE) == Decimal("238.00")
    # With the newer copy everything is as it should be again.
    seller.put(NEW)
    assert seller.sync().run().complete


def test_nothing_is_created_for_an_older_copy(seller: Seller) -> None:
    seller.put(NEW)
    seller.sync().run()
    other = Customer(id="cus_9", name="Other")
    seller.put(attrs.evolve(OLD, customer=other, lines=(line("5", Product(id="prod_9", name="Manual")),)))

    assert_left_alone(seller)
    assert ([each.name for each in seller.books.customers], [each.name for each in seller.books.products]) == (
        ["Acme"],
        ["Seats"],
    )


def test_the_history_has_the_reason(seller: Seller) -> None:
    seller.put(NEW)
    seller.sync().run()
    seller.put(OLD)
    seller.sync().run()

    _, refusals = seller.sync().history("in_1")

    assert [each.reasons for each in refusals] == [((ReasonCode.OLDER_COPY, TEXT),)]


def test_an_older_copy_does_not_bring_back_what_was_voided(seller: Seller) -> None:
    seller.put(OLD)
    seller.sync().run()
    seller.put(changed(OLD, status=InvoiceStatus.VOID))
    assert seller.sync().run().complete
    seller.put(attrs.evolve(OLD, customer=Customer(id="cus_9", name="Other")))

    assert_left_alone(seller)
    assert seller.books.invoices == ()
    assert [each.name for each in seller.books.customers] == ["Acme"]


def test_an_older_copy_is_not_posted_for_what_a_person_deleted(seller: Seller) -> None:
    seller.put(NEW)
    seller.sync().run()
    (made,) = seller.books.invoices
    seller.books.client().invoices.delete(made.id)
    seller.put(OLD)

    (problem,) = seller.sync().sync("in_1").problems

    assert problem.text == TEXT
    assert seller.books.invoices == ()
    seller.put(NEW)
    assert seller.sync().sync("in_1").complete
    assert seller.balance(RECEIVABLE) == Decimal("238.00")


def test_an_older_copy_that_says_the_same_is_no_problem(seller: Seller) -> None:
    seller.put(changed(OLD))
    seller.sync().run()
    before = posts(seller.books)
    seller.put(attrs.evolve(OLD, lines=(line("100.00", description="In other words"),)))

    assert seller.sync().run().complete
    assert posts(seller.books) == before


def test_an_older_copy_of_a_credit_note_changes_nothing(seller: Seller) -> None:
    newer = note(1, line("20.00"), invoice_id=None)
    seller.put(OLD, newer)
    assert seller.sync().run().complete
    before = posts(seller.books)
    assert newer.updated_at is not None
    seller.put(attrs.evolve(newer, lines=(line("10.00"),), updated_at=datetime(2026, 3, 2, tzinfo=UTC)))

    (problem,) = seller.sync().run().problems

    assert problem.text.startswith("this copy of it was changed at 2026-03-02 00:00:00 UTC")
    assert posts(seller.books) == before


@pytest.mark.parametrize(
    ("posted", "given"),
    [
        (NEW, attrs.evolve(OLD, updated_at=NEW.updated_at)),
        (NEW, attrs.evolve(OLD, updated_at=None)),
        (attrs.evolve(NEW, updated_at=None), OLD),
        (attrs.evolve(NEW, updated_at=None), attrs.evolve(OLD, updated_at=None)),
    ],
    ids=["the same moment", "an unknown one", "after an unknown one", "both unknown"],
)
def test_where_no_moment_tells_the_content_does(seller: Seller, posted: Invoice, given: Invoice) -> None:
    seller.put(posted)
    seller.sync().run()
    seller.put(given)

    assert seller.sync().run().complete
    assert seller.balance(RECEIVABLE) == Decimal("119.00")


def test_a_sync_that_read_an_older_copy_before_another_one_posted_leaves_it(seller: Seller, tmp_path: Path) -> None:
    """Both have read the invoice; the one with the older copy comes to it last."""
    seller.put(OLD)
    seller.sync().run()
    seller.put(changed(NEW, updated_at=datetime(2026, 3, 2, 0, 30, tzinfo=UTC)), invoice(2))
    slow = seller.sync()
    with SqlJournal(str(tmp_path / "journal.db"), now=seller.clock, who="another sync") as other:
        journal, seller.journal = seller.journal, other
        seller.put(changed(OLD, lines=(line("300.00"),)))
        fast = seller.sync()
        seller.journal = journal
        done = list[bool]()

        def stop() -> bool:
            if not done:
                done.append(True)
                assert fast.run().complete
            return False

        outcome = slow.run(stop=stop)

    assert [each.subject for each in outcome.problems] == ["invoice:in_1"]
    assert "one of 2026-03-02 01:00:00 UTC was posted" in outcome.problems[0].text
    assert [each.subtotal.amount for each in seller.books.invoices if each.invoice_number == "A-001"] == [300]


def test_rows_without_a_time_of_their_change_have_none() -> None:
    heading = "invoice_id,issued,currency,customer_id,customer_name,amount"
    (without,) = read_invoices_csv(f"{heading}\nin_1,2026-03-02,USD,cus_1,Acme,100\n")
    (with_one,) = read_invoices_csv(f"{heading},updated_at\nin_1,2026-03-02,USD,cus_1,Acme,100,2026-03-05T12:00:00Z\n")

    assert isinstance(without, Invoice)
    assert isinstance(with_one, Invoice)
    assert (without.updated_at, with_one.updated_at) == (None, datetime(2026, 3, 5, 12, tzinfo=UTC))
