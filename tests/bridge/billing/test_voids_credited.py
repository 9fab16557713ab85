"""Voided invoices that are credited: once, in one run, whatever the journal knows and however the billing system is read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import attrs
import pytest

from bridge.billing import InvoiceStatus, OnVoid
from bridge.billing.sync import ListedInvoices
from bridge.export import NoJournal
from clientkit.testing import Asked, Fault, RequestLost
from rillet import CreditMemoStatus, Money, NewCreditMemoApplication, NewInvoicePayment
from support.billing.company import (
    CASH,
    DAY,
    RECEIVABLE,
    SUBSCRIPTIONS,
    TAXES,
    ChangedInvoices,
    Seller,
    changed,
    invoice,
    line,
    note,
    posts,
)

CREDIT = {"on_void": OnVoid.CREDIT}
VOID = InvoiceStatus.VOID


@pytest.fixture(params=[ListedInvoices, ChangedInvoices], ids=["read whole", "read what changed"])
def read(request: pytest.FixtureRequest, seller: Seller) -> Seller:
    seller.system = request.param
    return seller


@pytest.fixture(params=[True, False], ids=["a new journal", "no journal"])
def voided(request: pytest.FixtureRequest, read: Seller) -> Seller:
    """A voided invoice that is in Rillet, and of which this journal knows nothing."""
    journal, read.journal = read.journal, NoJournal()
    read.put(invoice(1), invoice(2))
    assert read.sync().run().complete
    read.put(changed(read.invoices["in_1"], status=VOID))
    read.journal = journal if request.param else NoJournal()
    return read


def is_memo(asked: Asked) -> bool:
    return (asked.method, asked.path) == ("POST", "/credit-memos")


def assert_credited(seller: Seller) -> None:
    (memo,) = seller.books.credit_memos
    made = next(each for each in seller.books.invoices if each.invoice_number == "A-001")
    assert (memo.credit_memo_number, memo.status) == ("A-001-VOID", CreditMemoStatus.APPLIED)
    assert [(each.invoice_id, each.amount.amount) for each in memo.applications] == [(made.id, Decimal("119.00"))]
    assert made.amount_due.amount == 0


class TestFoundInRillet:
    def test_one_run_credits_it(self, voided: Seller) -> None:
        outcome = voided.sync(**CREDIT).run()

        assert outcome.complete
        assert_credited(voided)
        assert voided.balance(RECEIVABLE) == Decimal("119.00")
        assert voided.sync(**CREDIT).verify() == ()

    def test_later_runs_do_nothing_more(self, voided: Seller) -> None:
        voided.sync(**CREDIT).run()
        before = posts(voided.books)

        assert voided.sync(**CREDIT).run().complete
        assert voided.sync(**CREDIT).run().posted == 0
        assert posts(voided.books) == before
        assert_credited(voided)

    def test_the_plan_says_so_before(self, voided: Seller) -> None:
        plan = voided.sync(**CREDIT).plan()

        assert [each.record.id for each in plan.credit_notes.posts] == ["credit-note:in_1/void"]
        assert (plan.invoices.posts, plan.invoices.refused) == ((), ())
        voided.sync(**CREDIT).run()
        assert voided.sync(**CREDIT).plan().credit_notes.posts == ()

    def test_a_sync_of_it_alone_credits_it(self, voided: Seller) -> None:
        assert voided.sync(**CREDIT).sync("in_1").complete

        assert_credited(voided)

    def test_what_was_changed_too_is_not_credited_where_it_stays_as_it_was(self, voided: Seller) -> None:
        """It is paid in part, so that its amounts cannot be changed: a memo of other amounts would leave a difference."""
        made = next(each for each in voided.books.invoices if each.invoice_number == "A-001")
        payment = NewInvoicePayment(amount=Money(Decimal(19), "USD"), date=DAY, account_code=CASH)
        voided.books.client().invoice_payments.create(made.id, payment)
        voided.put(changed(voided.invoices["in_1"], lines=(line("200.00"),)))
        assert voided.sync(**CREDIT).plan().credit_notes.posts == ()

        outcome = voided.sync(**CREDIT).run()

        assert [each.subject for each in outcome.problems] == ["invoice:in_1"]
        assert voided.books.credit_memos == ()


class TestKnownToTheJournal:
    @pytest.fixture
    def known(self, read: Seller) -> Seller:
        read.put(invoice(1))
        assert read.sync().run().complete
        read.clock.advance(3600)
        read.put(attrs.evolve(read.invoices["in_1"], status=VOID, updated_at=read.clock()))
        return read

    def test_verify_names_a_void_that_is_not_credited(self, known: Seller) -> None:
        (found,) = known.sync(**CREDIT).verify()

        assert (found.record_id, found.verdict) == ("invoice:in_1", "changed_at_source")
        assert found.text == "it is void in Sequence, and Rillet has no credit memo for it; sync it by itself"
        assert known.sync(**CREDIT).run().complete
        assert known.sync(**CREDIT).verify() == ()

    def test_one_that_a_person_booked_by_hand_is_left_to_them(self, seller: Seller) -> None:
        seller.put(invoice(1))
        seller.sync().dismiss("in_1", why="booked by hand")
        seller.put(changed(seller.invoices["in_1"], status=VOID))

        assert seller.sync(**CREDIT).run().complete
        assert seller.books.credit_memos == ()

    @pytest.mark.parametrize("path", ["/credit-memos", "/applications"])
    def test_a_memo_that_failed_comes_with_the_next_run(self, known: Seller, path: str) -> None:
        def matches(asked: Asked) -> bool:
            return asked.method == "POST" and asked.path.endswith(path)

        known.books.faults.append(Fault(RequestLost(), matches=matches, times=99))
        assert not known.sync(**CREDIT).run().complete
        known.books.faults.clear()
        known.clock.advance(timedelta(days=3).total_seconds())

        assert known.sync(**CREDIT).run().complete
        assert_credited(known)

    def test_a_memo_that_another_sync_left_open_is_finished(self, known: Seller) -> None:
        """That other one has read the billing system on, so that nothing but the open attempt tells of the invoice."""
        known.books.faults.append(Fault(RequestLost(), matches=is_memo, times=99))
        known.sync(**CREDIT).run()
        known.books.faults.clear()
        assert known.journal is not None
        known.journal.set_mark("billing read until", (known.clock() + timedelta(days=2)).isoformat())
        known.clock.advance(timedelta(days=3).total_seconds())

        assert known.sync(**CREDIT).run().complete
        assert_credited(known)

    def test_what_is_credited_already_is_not_credited_twice(self, seller: Seller) -> None:
        seller.put(invoice(1), note(1))
        assert seller.sync(**CREDIT).run().complete
        seller.put(changed(seller.invoices["in_1"], status=VOID))
        (made,) = seller.books.invoices
        text = f"Rillet has credited 11.90 USD of its invoice {made.id} already; take that back there, or credit the rest by hand"

        plan, outcome = seller.sync(**CREDIT).plan(), seller.sync(**CREDIT).run()

        assert [reason.text for each in plan.credit_notes.refused for reason in each.reasons] == [text]
        assert [(each.subject, each.text) for each in outcome.problems] == [("credit-note:in_1/void", text)]
        assert [each.credit_memo_number for each in seller.books.credit_memos] == ["C-001"]
        # Taken back, all of it is credited.
        (memo,) = seller.books.credit_memos
        client = seller.books.client()
        client.credit_memos.delete_applications(memo.id)
        assert seller.sync(**CREDIT).run().complete
        assert [each.amount_due.amount for each in seller.books.invoices] == [0]

    def test_what_a_person_has_credited_by_hand_is_done(self, seller: Seller) -> None:
        seller.put(invoice(1), note(1, line("100.00"), invoice_id=None))
        assert seller.sync(**CREDIT).run().complete
        ((made,), (memo,)) = seller.books.invoices, seller.books.credit_memos
        by_hand = NewCreditMemoApplication(invoice_id=made.id, amount=Money(Decimal(119), "USD"), application_date=DAY)
        seller.books.client().credit_memos.apply(memo.id, [by_hand])
        seller.put(changed(seller.invoices["in_1"], status=VOID))

        outcome = seller.sync(**CREDIT).run()

        assert outcome.complete
        assert outcome.credit_notes is not None
        assert [each.why for each in outcome.credit_notes.nothing] == [
            f"nothing is left to credit of Rillet's invoice {made.id}"
        ]
        assert seller.sync(**CREDIT).verify() == ()

    def test_an_invoice_that_is_void_no_more_is_named_as_long_as_it_is_credited(self, known: Seller) -> None:
        assert known.sync(**CREDIT).run().complete
        known.clock.advance(3600)
        known.put(attrs.evolve(known.invoices["in_1"], status=InvoiceStatus.OPEN, updated_at=known.clock()))

        (problem,) = known.sync(**CREDIT).run().problems

        assert problem.subject == "credit-note:in_1/void"
        assert "the invoice in_1 is not void any more, so nothing is left to post of it" in problem.text
        assert "take back what it pays and delete it by hand" in problem.text
        assert [each.record_id for each in known.sync(**CREDIT).verify()] == ["credit-note:in_1/void"]
        (memo,) = known.books.credit_memos
        client = known.books.client()
        client.credit_memos.delete_applications(memo.id)
        client.credit_memos.delete(memo.id)
        assert known.sync(**CREDIT).run().complete
        assert known.balance(RECEIVABLE) == Decimal("119.00")
        assert known.sync(**CREDIT).verify() == ()

    def test_a_memo_has_the_exchange_rate_of_its_invoice(self, seller: Seller) -> None:
        """The euro is worth more by the day of the void, which must leave nothing in the books of the subsidiary."""
        seller.rates = lambda base, target, day: Decimal("1.08") if day == DAY else Decimal("1.20")
        seller.put(invoice(1, currency="EUR"))
        assert seller.sync().run().complete
        seller.put(attrs.evolve(seller.invoices["in_1"], status=VOID, updated_at=datetime(2026, 3, 9, tzinfo=UTC)))

        assert seller.sync(**CREDIT).run().complete

        rate = seller.books.credit_memos[0].exchange_rate
        assert rate is not None
        assert rate.rate == Decimal("1.08")
        assert [seller.balance(code) for code in (RECEIVABLE, TAXES, SUBSCRIPTIONS)] == [0, 0, 0]
        assert seller.sync(**CREDIT).verify() == ()

    def test_a_voided_invoice_that_is_touched_again_keeps_its_memo(self, known: Seller) -> None:
        assert known.sync(**CREDIT).run().complete
        before = posts(known.books)
        known.clock.advance(timedelta(days=5).total_seconds())
        known.put(attrs.evolve(known.invoices["in_1"], updated_at=known.clock()))

        assert known.sync(**CREDIT).run().complete
        assert posts(known.books) == before
        assert known.books.credit_memos[0].credit_memo_date == date(2026, 3, 10)
        assert known.sync(**CREDIT).verify() == ()
